"""Where the time of an exchange went: in words, as a bar to scale, and each attempt. Pure."""

from collections.abc import Callable

from llmrouter_tui.core.decision import Attempt, Exchange
from llmrouter_tui.tui import text
from llmrouter_tui.tui.row import Row
from llmrouter_tui.tui.text import Line, Look
from llmrouter_tui.tui.widgets import chart

Name = Callable[[str], str]
Part = tuple[str, float, str]
"""What it was, seconds, role."""
LEAST = 0.05
"""Seconds below which a wait is not worth a word."""


def parts(exchange: Exchange) -> list[Part]:
    """From arrival to the last byte, one after the other; they add up to the whole. Empty while it runs,
    and of what was turned away before anything was tried."""
    if exchange.seconds is None or exchange.seconds <= 0 or not (exchange.attempts or exchange.decision):
        return []
    left = exchange.seconds
    found: list[Part] = []

    def take(what: str, seconds: float, role: str) -> None:
        nonlocal left
        seconds = max(0.0, min(left, seconds))
        left -= seconds
        if seconds > 0:
            found.append((what, seconds, role))

    last = exchange.attempts[-1] if exchange.attempts else None
    earlier = 0.0
    if exchange.ttft is not None and last is not None and last.ttft is not None:
        earlier = exchange.ttft - last.wait_seconds - last.ttft
    if len(exchange.attempts) > 1 and earlier > 0:
        take("failed tries", earlier, "bad")
    elif exchange.decision is not None and exchange.decision.seconds >= LEAST:
        take("decide", exchange.decision.seconds, "dim")
    if last is not None and last.wait_seconds >= LEAST:
        take("queue, load", last.wait_seconds, "fill1")
    if last is not None and last.ttft is not None:
        take("TTFT", last.ttft, "fill2")
    if exchange.outcome != "ok" and exchange.ttft is None:
        take("no answer", left, "bad")
    else:
        take("stream" if exchange.stream else "answer", left, "fill0")
    return found


def bar(exchange: Exchange, cells: int, look: Look) -> list[Line]:
    """``▓▓▒▒▒█████`` with the key below; nothing while it runs, and where there is hardly room."""
    found = parts(exchange)
    if not found or cells < 30:
        return []
    total = sum(seconds for _, seconds, _ in found)
    symbols = look.symbols
    drawn = chart.meter([(seconds, role) for _, seconds, role in found], total, cells, symbols)
    keys: list[tuple[str, str]] = []
    for index, (what, seconds, role) in enumerate(found):
        keys += [(symbols.fills[index % len(symbols.fills)], role), (f" {what} {text.seconds(seconds)}  ", "soft")]
    return [drawn, text.clip_line(tuple(keys), cells)]


def own(exchange: Exchange) -> str:
    """How much of the time to the first token was the model's own, where the rest is worth telling."""
    mine = exchange.attempts[-1].ttft if exchange.attempts else None
    if mine is None or exchange.ttft is None or exchange.ttft - mine < LEAST:
        return ""
    return f" (model {text.seconds(mine)})"


def words(row: Row, look: Look) -> list[str]:
    """Decision, wait, first token, tokens, total."""
    exchange, none = row.exchange, look.symbols.none
    said = [f"decide {exchange.decision.seconds * 1000:.0f}ms"] if exchange.decision else []
    waited = sum(attempt.wait_seconds for attempt in exchange.attempts)
    if waited >= LEAST:
        said.append(f"wait {text.seconds(waited)}")
    said.append(f"TTFT {text.seconds(exchange.ttft, none)}{own(exchange)}")
    said.append(f"{row.tokens}t")
    if row.decode is not None:
        said.append(f"{row.decode:.0f}t/s")
    return [*said, f"total {text.seconds(exchange.seconds, look.symbols.ellipsis)}"]


def attempt(tried: Attempt, name: Name, look: Look) -> tuple[str, str]:
    """``✗ qwen3:32b  waited 2.0s, TTFT 0.3s: timed out`` and its role."""
    symbols = look.symbols
    glyph = {"ok": symbols.ok, "failed": symbols.fail, "running": symbols.run}.get(tried.outcome, symbols.left)
    times = [f"waited {text.seconds(tried.wait_seconds)}"] if tried.wait_seconds >= LEAST else []
    times += [f"TTFT {text.seconds(tried.ttft)}"] if tried.ttft is not None else []
    said = tried.message or tried.code
    shown = "  ".join([f"{glyph} {name(tried.model)}", *([", ".join(times)] if times else [])])
    return f"{shown}: {text.tame(said)}" if said else shown, "bad" if tried.outcome == "failed" else "soft"
