"""What would fit: what loading each model would mean now, as a list and in sentences. Pure.

The plans are the engine's (``core.vram.Placement``); nothing is planned here.
"""

from collections.abc import Iterable

from llmrouter_tui.core.domain import ModelView
from llmrouter_tui.core.memory_words import HELD_BRIEF, HELD_NOW
from llmrouter_tui.core.vram import Holder, Placement, PoolView
from llmrouter_tui.tui import format as fmt
from llmrouter_tui.tui import models_text, text
from llmrouter_tui.tui import pools_text as pt
from llmrouter_tui.tui.heads import WORDS, Part
from llmrouter_tui.tui.models_text import Shown
from llmrouter_tui.tui.text import Line

SHORTEST_NAME = 8
NAME_CELLS = 18
ROOMY = 72
"""Cells from which the list has a column for the context."""
PINNED = "pinned "


# ── the list ──────────────────────────────────────────────────────────────────────────────────────────────────────


def head(cells: int) -> Line:
    """Titles of the list's columns."""
    name, _ = _cells(cells)
    context = f"{'CTX':>5} " if cells >= ROOMY else ""
    titles = f"{text.left('MODEL', name)} {'NEEDS':>6} {context} {text.left('WHERE', pt.WHERE)} NOW"
    return ((text.left(titles, cells - 6), "head"), (text.right("COST", 6), "head"))


def _cells(cells: int) -> tuple[int, int]:
    """Cells of the name and of what loading would mean."""
    name = min(22, max(14, cells // 3 - 2))
    context = 6 if cells >= ROOMY else 0
    return name, cells - name - 1 - 6 - context - 2 - pt.WHERE - 1 - 7


def row(placement: Placement, model: ModelView, cells: int, shown: Shown) -> Line:
    """One model: what it needs, where, what loading it now would mean, seconds."""
    name, look = shown.store.name, shown.look
    size, room = _cells(cells)
    said, role = verdict(placement, model, shown, room)
    cost = cost_text(placement, model, look.symbols.none)
    guessed = placement.source == "estimated"
    context = f"{models_text.context_text(placement.context_length, ''):>5} " if cells >= ROOMY else ""
    return (
        (text.left(fmt.short_model(name(model.id), size, look.symbols.ellipsis), size), "" if model.enabled else "dim"),
        (text.right(needs_text(placement), 7), "guess" if guessed else ""),
        (f" {context} {text.left(pt.places(placement.parts, placement.pool), pt.WHERE)} ", "soft"),
        (text.left(said, room, look.symbols.ellipsis), role),
        (text.right(cost, 7), "guess" if cost.startswith("~") else ""),
    )


def needs_text(placement: Placement) -> str:
    """``9.0G``, ``~3.3G`` for an estimate, ``?`` where it is not told."""
    if placement.needed is None:
        return "?"
    return f"{'~' if placement.source == 'estimated' else ''}{text.size(placement.needed)}"


def cost_text(placement: Placement, model: ModelView, none: str) -> str:
    """Seconds until it would be ready; ``~`` where it never was loaded here. Empty for one that is there."""
    if placement.verdict == "loaded":
        return ""
    known = placement.seconds is not None
    return f"{'~' if known and not model.speed.load_samples else ''}{text.seconds(placement.seconds, none)}"


def verdict(placement: Placement, model: ModelView, shown: Shown, room: int = 80) -> tuple[str, str]:
    """What loading it now would mean, in a few words, and whether it is pinned; where ``room`` is scarce, a name is cut
    and no count."""
    if not model.pinned or placement.verdict == "loaded":
        return _verdict(placement, model, shown, room)
    said, role = _verdict(placement, model, shown, room - len(PINNED))
    return PINNED + said, role


def _verdict(placement: Placement, model: ModelView, shown: Shown, room: int) -> tuple[str, str]:
    symbols = shown.look.symbols
    if shown.asked:
        return models_text.state_cell(model, shown)
    if placement.verdict == "loaded":
        said, role = models_text.state_cell(model, shown)
        return f"{said}{' pinned' if model.pinned else ''}", "dim" if role == "good" else role
    if not model.healthy:
        return f"{symbols.down} {model.info.backend} is down", "bad"
    if placement.verdict in ("evicts", "waits"):
        return _leaving(placement, shown, room), "warn"
    return {
        "fits": (f"{symbols.ok} fits{_beyond(placement)}", "good"),
        "too big": (f"{symbols.fail} too big: {pt.named(placement.reason, shown.store)}", "dim"),
        "full": (f"{symbols.fail} no room: {pt.named(placement.reason, shown.store)}", "dim"),
        "held": (f"{symbols.off} {HELD_BRIEF}", "dim"),
    }.get(placement.verdict, (f"? {_unknown(placement)}", "soft"))


def _leaving(placement: Placement, shown: Shown, room: int) -> str:
    """``↻ evicts phi4:14b +1``, ``↻ waits for phi4:14b``: who answers still comes first."""
    symbols = shown.look.symbols
    gone = [*placement.drain, *(model for model in placement.evict if model not in placement.drain)]
    if not gone:
        return f"{symbols.retry} waits its turn"
    begun = f"{symbols.retry} {'waits for' if placement.drain else 'evicts'} "
    more, later = f" +{len(gone) - 1}" if len(gone) > 1 else "", _beyond(placement)
    if room - text.width(begun + more + later) < SHORTEST_NAME:
        later = ""
    left = max(SHORTEST_NAME, min(NAME_CELLS, room - text.width(begun + more + later)))
    return f"{begun}{fmt.short_model(shown.store.name(gone[0]), left, symbols.ellipsis)}{more}{later}"


def _beyond(placement: Placement) -> str:
    """What of a model that is larger than its GPU goes elsewhere."""
    return f", {text.size(placement.spilled)} in RAM" if placement.spilled else ""


def _unknown(placement: Placement) -> str:
    return "size not told" if placement.needed is None else "memory not measured"


def notes(placements: Iterable[Placement], *, beside: bool) -> tuple[Part, ...]:
    """How many figures are guessed, and what enter does: it loads where the plan stands ``beside`` the list."""
    guessed = sum(1 for one in placements if one.source == "estimated")
    return Part(f"~ estimated for {guessed}" if guessed else ""), Part("⏎ load" if beside else "⏎ details", WORDS)


# ── sentences ─────────────────────────────────────────────────────────────────────────────────────────────────────


def why_not_load(placement: Placement | None, shown: Shown) -> str:
    """Why the router would refuse to load it now; empty when it would not."""
    if placement is None:
        return ""
    if placement.verdict == "held" or (shown.store.vram.held and placement.verdict != "loaded"):
        return HELD_NOW
    if placement.verdict in ("full", "too big"):
        return pt.named(placement.reason, shown.store) or "there is no room for it"
    return ""


def plan(
    placement: Placement, model: ModelView, shown: Shown, cells: int, whole: Placement | None = None
) -> list[Line]:
    """What loading the model would mean, in whole sentences."""
    return [((part, "soft"),) for part in text.wrap(sentences(placement, model, shown, whole), cells)]


def sentences(placement: Placement, model: ModelView, shown: Shown, whole: Placement | None = None) -> str:
    """The same as one text. ``whole``: what loading it with all the context that it can have would mean."""
    room = _room(placement, whole, shown)
    if placement.verdict == "loaded":
        return " ".join(filter(None, (_there(model, shown), room)))
    if refused := why_not_load(placement, shown):
        return " ".join(filter(None, (f"{refused[:1].upper()}{refused[1:]}.", room)))
    return " ".join(filter(None, (_first(placement, shown), _then(placement, model), room)))


def most_context(placement: Placement, model: ModelView) -> int | None:
    """The context of which it is worth to know whether it would fit: all that the model can have, where that is more
    than it would get, or where it cannot be loaded as things are. None for neither."""
    most = model.info.longest_context or model.info.context_length
    if not most or not model.loadable or not model.healthy or placement.verdict in ("held", "unknown"):
        return None
    refused = placement.verdict in ("full", "too big")
    return most if refused or most > (placement.context_length or most) else None


def _room(placement: Placement, whole: Placement | None, shown: Shown) -> str:
    """Which context there would be room for, once the router told."""
    if whole is None or not whole.context_length:
        return ""
    asked = models_text.context_text(whole.context_length)
    if whole.verdict not in ("full", "too big"):
        more = [shown.store.name(model) for model in whole.evict if model not in placement.evict]
        leave = f", once {' and '.join(more)} {'leave' if len(more) > 1 else 'leaves'}" if more else ""
        return f"Its whole {asked} of context would fit too{leave}."
    refused = placement.verdict in ("full", "too big")
    if whole.largest is None:
        return "With less context it would not fit either." if refused else ""
    largest = models_text.context_text(whole.largest)
    return f"With {largest} of context it would fit." if refused else f"Of its {asked} of context {largest} would fit."


def _first(placement: Placement, shown: Shown) -> str:
    """Who leaves before it is loaded, in their order."""
    name = shown.store.name
    leave = " then ".join(name(model) for model in placement.evict)
    wait = ", ".join(name(model) for model in placement.drain)
    if not placement.evict:
        return "Nobody has to leave." if placement.verdict != "waits" else "It waits its turn."
    several = len(placement.drain) > 1
    still = f" {wait} {'are' if several else 'is'} in use and waited for." if wait else ""
    return f"First {leave} leave{'' if len(placement.evict) > 1 else 's'}.{still}"


def _then(placement: Placement, model: ModelView) -> str:
    """What it takes, with what context, and how long until it is ready."""
    context = models_text.context_text(placement.context_length, "")
    whole = not placement.parts and not placement.spilled
    of_it = pt.of_context(placement.needed or 0, context, placement.cache if whole else None)
    joined = f"{', ' if 'of that' in of_it else ', with '}{of_it}" if of_it else ""
    return f"{_takes(placement)}{joined}.{_ready(placement, model)}"


def _takes(placement: Placement) -> str:
    """What of which memory it would take."""
    if not placement.needed:
        return "What it takes is not told, so it is tried"
    size, where = needs_text(placement), pt.place_name(placement.pool) or "memory"
    if placement.parts:
        return f"It takes {size} ({placement.source}): {pt.laid_out(placement.parts, placement.spilled)}"
    beyond = f", {text.size(placement.spilled)} of it in RAM" if placement.spilled else ""
    return f"It takes {size} of {where} ({placement.source}){beyond}"


def _ready(placement: Placement, model: ModelView) -> str:
    """How long until it is ready, and how that is known; of a load that has to wait, what of it is the load."""
    ready = cost_text(placement, model, "")
    if not ready or placement.seconds is None:
        return ""
    times, load = model.speed.load_samples, model.speed.load_seconds
    known = f"as {pt.counted(times, 'load')} took" if times else "as its size says"
    waits = placement.seconds - load >= max(2.0, load / 2)
    return (
        f" Ready in {ready}: the load takes {text.seconds(load)} of that, {known}."
        if waits
        else (f" Ready in {ready}, {known}.")
    )


def _there(model: ModelView, shown: Shown) -> str:
    """What keeps it in memory, or would take it out."""
    found = [
        (pool, holder) for pool in shown.store.vram.pools for holder in pt.tenants(pool) if model.id in holder.models
    ]
    if not found:
        return "It is in memory."
    pool, holder = found[0]
    where = " and ".join(_inside(one, held, alone=len(found) == 1) for one, held in found)
    vague = " (a guess: its server picks the GPU and does not tell which)" if holder.guessed else ""
    said = [
        f"In {where}{vague}: {_holding(holder, alone=len(found) == 1)}.",
        _staying(holder, pt.turns(pool).get(holder.models, "")),
    ]
    others = pt.names([other for other in holder.models if other != model.id], shown.store.name)
    return " ".join([*said, f"The same weights as {others}." if others else ""]).strip()


def _inside(pool: PoolView, holder: Holder, *, alone: bool) -> str:
    """``GPU1``; of one that lies in several pools ``GPU1 with 8.0G``."""
    name = pt.place_name(pool.device.pool)
    return name if alone else f"{name} with {pt.size_text(holder)}"


def _holding(holder: Holder, *, alone: bool) -> str:
    size = pt.size_text(holder) if alone else "size"
    size = f"{size} ({holder.source})" if holder.bytes else "size not told"
    context = models_text.context_text(holder.context_length, "")
    of_it = pt.of_context(holder.bytes, context, holder.cache if alone else None)
    return f"{size}, {of_it}" if of_it else size


def _staying(holder: Holder, turn: str) -> str:
    """Why it stays, or when it goes."""
    if holder.state != "resident":
        return f"It is {holder.state}."
    reasons = [pt.doing(holder, holder.idle_seconds)] if holder.leases else []
    reasons += ["pinned"] if holder.pinned else []
    ours = "" if holder.ours else " Somebody else loaded it."
    if reasons:
        return f"It stays: {', '.join(reasons)}.{ours}"
    return f"It is the {turn} where room is needed.{ours}" if turn else ours.strip()
