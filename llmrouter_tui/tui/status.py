"""The status line: one glance says whether it is well. Pure.

What does not fit goes in a fixed order: the clock, what was paid, the long words, the median, the requests per minute;
the proxy's state, ``DEMO``, what is down and whether prompts stay here always stay.
"""

from collections.abc import Sequence

from llmrouter_tui.core.domain import BackendView
from llmrouter_tui.core.memory_words import HELD_BRIEF
from llmrouter_tui.core.playback import Playing
from llmrouter_tui.core.spending_words import brief
from llmrouter_tui.tui import replay_text, spend_text, text
from llmrouter_tui.tui.state import Store
from llmrouter_tui.tui.text import Line, Look


def status_line(
    store: Store,
    now: float,
    cells: int,
    look: Look,
    *,
    crashed: str = "",
    connected: bool = True,
    demo: bool = False,
    watching: bool = False,
    playing: Playing | None = None,
) -> Line:
    """``llmrouter ● serving 127.0.0.1:11436  ollama ●  vllm ✗ down 12s   3 in flight  41/min  p50 0.8s 21:04``"""
    roomy = cells >= 100
    head: list[Line] = [((" llmrouter", "brand"),)]
    if demo or store.service.demo:
        head.append(((" DEMO ", "demo"),))
    if playing is not None and not crashed:
        head.append(replay_text.head(playing, look, roomy=roomy))
    else:
        head.append(service_text(store, look, roomy=roomy, crashed=crashed, connected=connected, watching=watching))
        if store.service.recording:
            head.append(((" REC ", "demo"),))
    if store.vram.held and not crashed:
        head.append(((HELD_BRIEF, "warn"),))
    if not crashed:
        head += [((said, "warn"),) for said in spend_text.chips(store)]
    figures = traffic(store, now, look, clock=roomy and playing is None)
    tail: Line = (*text.join(figures, "   " if roomy else "  "), (" ", ""))
    room = cells - text.line_width(text.join(head)) - text.line_width(tail) - (3 if roomy else 1)
    head.append(backends_text(list(store.backends.values()), now, look, room, roomy=roomy))
    gap = "  " if roomy else " "
    while figures and text.line_width(text.join(head, gap)) + text.line_width(tail) + 1 > cells:
        figures.pop()
        tail = (*text.join(figures), (" ", ""))
        room = cells - text.line_width(text.join(head[:-1], gap)) - text.line_width(tail) - 1 - len(gap)
        head[-1] = backends_text(list(store.backends.values()), now, look, room, roomy=roomy)
    return text.spread(text.join(head, gap), tail, cells)


def service_text(
    store: Store, look: Look, *, roomy: bool, crashed: str = "", connected: bool = True, watching: bool = False
) -> Line:
    """``● serving 127.0.0.1:11436``, ``● watching …``, ``○ starting``, ``✗ port 11436 is taken``."""
    service, symbols = store.service, look.symbols
    if crashed:
        return ((f"{symbols.down} proxy stopped", "bad"), ("  R restart  i details", "soft"))
    if not connected:
        return ((f"{symbols.down} out of reach", "bad"), (" trying again", "soft"))
    if not store.ready or service.state == "starting":
        return ((f"{symbols.off} starting", "warn"),)
    if service.state == "failed":
        taken = any(problem.code == "port_taken" for problem in service.problems)
        return ((f"{symbols.down} {f'port {service.port} is taken' if taken else 'not serving'}", "bad"),)
    if service.state == "stopping":
        return ((f"{symbols.off} stopping", "warn"),)
    verb = "watching " if watching else "serving "
    where = f"{service.host}:{service.port}" if roomy else f":{service.port}"
    return ((f"{symbols.up} ", "good"), (f"{verb if roomy else ''}{where}", ""))


def traffic(store: Store, now: float, look: Look, *, clock: bool) -> list[Line]:
    """Figures, the most important first."""
    running = store.in_flight
    figures: list[Line] = [((f"{running} in flight", "run" if running else "dim"),)]
    figures.append(((f"{store.rates.per_minute(now)}/min", ""),))
    p50 = store.rates.ttft_p50(now)
    if p50 is not None:
        figures.append((("p50 ", "dim"), (text.seconds(p50), "")))
    if paid := brief(store.spend):
        figures.append(((paid, "bad" if store.spend.spent else "dim"),))
    if clock:
        figures.append(((text.when(now, look, full=False), "dim"),))
    return figures


def backends_text(views: Sequence[BackendView], now: float, look: Look, room: int, *, roomy: bool) -> Line:
    """Each backend with its state; when they do not fit, only a count and what is down."""
    full = text.join([_backend(view, now, look, roomy=roomy) for view in views], "  " if roomy else " ")
    if text.line_width(full) <= room:
        return full
    down = [view for view in views if view.health == "down"]
    up = sum(1 for view in views if view.health == "up")
    spelled = f"{up} backend{'s' if up != 1 else ''} "
    brief = room < len(spelled) + 1 + sum(len(view.name) + 3 for view in down)
    short: list[Line] = [((f"{up} " if brief else spelled, ""), (look.symbols.up, "good"))]
    short += [_backend(view, now, look, roomy=False) for view in down]
    while len(short) > 1 and text.line_width(text.join(short)) > room:
        short.pop()
    if len(short) == 1 and down:
        short.append(((f"{len(down)} {look.symbols.down}", "bad"),))
    return text.join(short, " ")


def _backend(view: BackendView, now: float, look: Look, *, roomy: bool) -> Line:
    symbols = look.symbols
    if view.health == "up":
        return ((f"{view.name} ", ""), (symbols.up, "good"))
    if view.health == "starting":
        return ((f"{view.name} ", "dim"), (symbols.off, "warn"))
    since = f" down {text.span(now - view.since)}" if view.since and roomy else ""
    return ((f"{view.name} ", ""), (f"{symbols.down}{since}", "bad"))
