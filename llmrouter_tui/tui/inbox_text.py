"""The inbox of Attention: each cause whole, with how often, since when and last, and the key that leads to its remedy.
Pure."""

from collections.abc import Sequence

from llmrouter_tui.tui import text
from llmrouter_tui.tui.actions import BY_ID
from llmrouter_tui.tui.attention import Cause
from llmrouter_tui.tui.text import Line, Look

REMEDIES = {
    "down:": "backends",
    "load:": "page.vram",
    "memory:": "page.vram",
    "judge:": "page.judge",
    "profile:": "page.profile",
    "problem:port_taken": "page.dash",
    "problem:not_serving": "page.dash",
    "problem:database": "settings",
    "command:": "page.log",
}
"""How a cause's key begins: the act that leads to what can be done."""
DETAIL = 6
"""Rows that the whole error takes at most; copying it has all."""


def remedy(cause: Cause) -> str:
    """The act that leads to what can be done about it; empty where its words have to do."""
    return next((act for begins, act in REMEDIES.items() if cause.key.startswith(begins)), "")


def entry(cause: Cause, cells: int, look: Look) -> list[Line]:
    """One cause on as many rows as it takes."""
    role = "bad" if cause.severity == "bad" else "warn"
    lines: list[Line] = [
        (("! " if at == 0 else "  ", role), (part, "strong"))
        for at, part in enumerate(text.wrap(text.tame(cause.message), cells - 2))
    ]
    lines.append((("  ", ""), (text.clip(times(cause, look), cells - 2), "soft")))
    hint = text.tame(cause.hint).strip("()")
    lines += [(("  ", ""), (part, "")) for part in (text.wrap(hint, cells - 2) if hint else ())]
    if act := remedy(cause):
        lines.append((("  ⏎ ", "key"), (text.clip(_where(act), cells - 4), "soft")))
    detail = [part for raw in cause.detail.splitlines() for part in text.wrap(text.tame(raw), cells - 2)]
    lines += [(("  ", ""), (part, "dim")) for part in detail[:DETAIL]]
    return [*lines, ()]


def _where(act: str) -> str:
    return f"goes to {BY_ID[act].label}" if act.startswith("page.") else f"opens {BY_ID[act].label}"


def times(cause: Cause, look: Look) -> str:
    """``5 times, first 21:00, last 21:04``."""
    often = "once" if cause.count == 1 else f"{cause.count:,} times"
    if not cause.since:
        return often
    first, last = (text.when(at, look) for at in (cause.since, max(cause.since, cause.last)))
    return f"{often}, first {first}, last {last}" if last != first else f"{often}, {first}"


def copied(causes: Sequence[Cause], look: Look) -> str:
    """All of them as they are copied, complete."""
    told = (f"{one.message}\n{times(one, look)}\n{one.hint}\n{one.detail}".strip() for one in causes)
    return "\n\n".join(told)
