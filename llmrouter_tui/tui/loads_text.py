"""What came into memory and what went, as text at a given width. Pure."""

from llmrouter_tui.core.domain import ResidencyEvent
from llmrouter_tui.tui import format as fmt
from llmrouter_tui.tui import models_text, text
from llmrouter_tui.tui.state import Store
from llmrouter_tui.tui.text import Line, Look

TURNS = 4
"""So many changes between the same two models within ``THRASH_SECONDS`` are worth a word."""
THRASH_SECONDS = 600.0


def event_lines(store: Store, now: float, cells: int, look: Look) -> list[Line]:
    """Warnings first, then loads and unloads, newest first."""
    lines: list[Line] = [((part, "warn"),) for said in thrash(store, now) for part in text.wrap(f"! {said}", cells)]
    lines += [_event(event, store, cells, look) for event in store.residency]
    return lines or [(("Nothing was loaded or unloaded yet.", "soft"),)]


def _event(event: ResidencyEvent, store: Store, cells: int, look: Look) -> Line:
    sign, role = {"load": ("+", "good"), "unload": ("-", "soft")}.get(event.kind, (look.symbols.fail, "bad"))
    name = 18 if cells >= 56 else 14
    took = text.seconds(event.seconds, "")
    why = " ".join(store.name(word) if word in store.models else word for word in text.tame(event.reason).split())
    if event.exchange_id and event.exchange_id[-4:] not in why:
        why = f"{why} {event.exchange_id[-4:]}".strip()
    line: Line = (
        (f"{text.when(event.at, look, full=cells >= 48)} ", "dim"),
        (f"{sign} ", role),
        (text.left(fmt.short_model(store.name(event.model), name, look.symbols.ellipsis), name), ""),
        (f" {text.left(models_text.place_name(event.pool), 4)} {text.right(took, 5)}  ", "dim"),
        (
            why if not event.kind.endswith("failed") else f"failed: {why}",
            role if event.kind.endswith("failed") else "soft",
        ),
    )
    return text.clip_line(line, cells, look.symbols.ellipsis)


def thrash(store: Store, now: float) -> list[str]:
    """Pairs of models that keep throwing each other out, in words."""
    last: dict[str, str] = {}
    turns: dict[tuple[str, str], int] = {}
    for event in reversed(store.residency):
        if event.kind != "load" or now - event.at > THRASH_SECONDS:
            continue
        before = last.get(event.pool)
        if before is not None and before != event.model:
            pair = (min(before, event.model), max(before, event.model))
            turns[pair] = turns.get(pair, 0) + 1
        last[event.pool] = event.model
    return [
        f"{store.name(one)} and {store.name(two)} took turns {count} times in 10 minutes. P pins one of them."
        for (one, two), count in turns.items()
        if count >= TURNS
    ]
