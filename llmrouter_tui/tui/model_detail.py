"""Everything about one model: how good it is at what, what that rests on, and what it costs. Pure."""

from collections import Counter
from collections.abc import Sequence

from llmrouter_tui.core.domain import Ability, Evidence, ModelView
from llmrouter_tui.core.dossier import Dossier, match_words
from llmrouter_tui.core.fluency import told
from llmrouter_tui.core.footprint import WHENCE
from llmrouter_tui.core.hosting import remedy
from llmrouter_tui.core.probing import against, shortly
from llmrouter_tui.tui import format as fmt
from llmrouter_tui.tui import models_text as mt
from llmrouter_tui.tui import roster, text
from llmrouter_tui.tui.heads import FACT, NAME, Part
from llmrouter_tui.tui.held import of
from llmrouter_tui.tui.models_text import Shown
from llmrouter_tui.tui.pools_text import place_name
from llmrouter_tui.tui.public_text import figures
from llmrouter_tui.tui.roster import SHOWN_TASKS
from llmrouter_tui.tui.text import Line, Look, Span

LABEL = 9
ORDER = ("rating", "vote", "judge", "profile", "benchmark", "affinity", "prior")
"""Kinds of evidence, the surest first."""
MEANINGS = {
    "rating": "your ratings",
    "vote": "your votes",
    "judge": "a judge's grades",
    "profile": "answers checked here",
    "benchmark": "public figures",
    "affinity": "what its name says",
    "prior": "what its size says",
}


# ── scores ────────────────────────────────────────────────────────────────────────────────────────────────────────


def scores(
    model: ModelView, cells: int, look: Look, public: Dossier | None = None, review: Sequence[Line] = ()
) -> list[Line]:
    """A line per task with what it rests on, then what was expected and seen, then the evidence behind each score, then
    what is publicly known."""
    if roster.embeds_only(model):
        return [(("It makes embeddings, and no text: there is nothing to score.", "soft"),)]
    told = [(), *figures(public, cells, look)] if public else []
    return [*_abilities(model, cells, look, review), *told]


def _abilities(model: ModelView, cells: int, look: Look, review: Sequence[Line]) -> list[Line]:
    known = [task for task in SHOWN_TASKS if task in model.abilities]
    if not known:
        return [(("Nothing is known of how good it is.", "soft"),)]
    bar = max(5, min(20, cells - 64))
    lines: list[Line] = [
        ((text.left("TASK", 12) + text.right("QUALITY", 7) + " " * (bar + 8) + "RESTS ON (n)", "head"),)
    ]
    lines += [_score(task, model.abilities[task], bar, cells, look) for task in known]
    if any(roster.guessed(model, task) for task in known):
        lines += [
            (),
            *_sentence("~ nobody has checked, graded or rated it: this is what its size and its name say.", cells),
        ]
    lines += _languages(model, cells)
    lines += [(), *review] if review else []
    lines += [(), text.spread((("EVIDENCE", "head"),), (("VALUE WEIGHT", "head"),), cells)]
    for task in known:
        lines += _evidence(task, model.abilities[task], cells)
    return lines


def _languages(model: ModelView, cells: int) -> list[Line]:
    """How it stands in the languages of which something is known."""
    if not model.languages:
        return []
    known = text.wrap(told(model.languages, text.signed), max(8, cells - 12))
    said = "Added to a quality of .50 when a request is in that language, by public figures."
    rows: list[Line] = [
        ((text.left("LANGUAGES" if i == 0 else "", 12), "head"), (part, "")) for i, part in enumerate(known)
    ]
    return [(), *rows, *_sentence(said, cells)]


def _score(task: str, ability: Ability, bar: int, cells: int, look: Look) -> Line:
    guess = roster.is_guess(ability)
    mean = f"{'~' if guess else ''}{text.fraction(ability.mean)}"
    head: Line = (
        (text.left(task, 12), "guess" if guess else ""),
        (text.right(mean, 7), "guess" if guess else "strong"),
        (f" ±{text.fraction(ability.uncertainty)}", "dim"),
        ("  ", ""),
        *quality_bar(ability.mean, ability.uncertainty, bar, look),
        ("  ", ""),
    )
    return text.clip_line((*head, *_shares(ability, cells - text.line_width(head))), cells, look.symbols.ellipsis)


def quality_bar(mean: float, spread: float, cells: int, look: Look) -> Line:
    """0 to 1 from left to right: sure up to one standard deviation below the mean, likely to one above it."""
    low = max(0, min(cells, round((mean - spread) * cells)))
    high = max(low, min(cells, round((mean + spread) * cells)))
    fills = look.symbols.fills
    return (
        (fills[0] * low, "fill0"),
        (fills[1] * (high - low), "fill2"),
        (look.symbols.free * (cells - high), "free"),
    )


def _shares(ability: Ability, room: int) -> list[Span]:
    """``benchmark 58% (6)  rating 25% (9)  prior 17%``: each source's share of the weight, and of how many
    observations."""
    weights: dict[str, float] = {}
    counts: Counter[str] = Counter()
    for item in ability.evidence:
        weights[item.source] = weights.get(item.source, 0.0) + item.weight
        counts[item.source] += item.count
    total = sum(weights.values())
    if total <= 0:
        return [("nothing yet", "dim")]
    said = {
        source: f"{source} {text.percent(weight / total)}{f' ({counts[source]})' if counts[source] else ''}"
        for source, weight in sorted(weights.items(), key=_heaviest)
    }
    gap = "  " if text.width("  ".join(said.values())) <= room else " "
    staying = sorted(said, key=lambda source: not counts[source])  # what was observed stays longest
    while len(said) > 1 and text.width(gap.join(said.values())) > room:
        del said[staying.pop()]
    return [(gap.join(said.values()), "soft")]


def _heaviest(pair: tuple[str, float]) -> float:
    return -pair[1]


def _evidence(task: str, ability: Ability, cells: int) -> list[Line]:
    lines: list[Line] = [((task, "title"), (f"  strength {ability.strength:.1f}", "dim"))]
    for item in sorted(ability.evidence, key=_rank):
        said = text.tame(item.note) or MEANINGS[item.source]
        tail: Line = ((text.right(text.fraction(item.value), 5), "strong"), (text.right(f"{item.weight:.1f}", 7), ""))
        start: Line = ((text.left(f"  {item.source}", 13), "soft"), (text.clip(said, cells - 13 - 12 - 1), "dim"))
        lines.append(text.spread(start, tail, cells))
    return lines


def _rank(item: Evidence) -> tuple[int, float]:
    return ORDER.index(item.source), -item.weight


# ── facts ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def facts(model: ModelView, shown: Shown, cells: int, course: Sequence[Line] = ()) -> list[Line]:
    """State, then how it goes (``course``), then size, abilities, memory, speed, use and price, one line each."""
    lines: list[Line] = []
    for label, said, role in (("STATE", *_state(model, shown)), *_problem(model)):
        lines += _fact(label, said, cells, role)
    lines += course
    for label, said, role in (
        ("SIZE", _size(model), ""),
        ("CONTEXT", _context(model), ""),
        ("CAN", _can(model), ""),
        *_probed(model, shown.look),
        *_match(model),
        ("MEMORY", *_memory(model, shown)),
        ("SPEED", *_speed(model)),
        *_tokens(model),
        ("LOADS", _loads(model), ""),
        ("USED", _used(model, shown), ""),
        ("YOU", _rated(model), ""),
        ("PRICE", _price(model), ""),
    ):
        lines += _fact(label, said, cells, role)
    return lines


def _fact(label: str, said: str, cells: int, role: str = "") -> list[Line]:
    parts = text.wrap(text.tame(said), max(8, cells - LABEL))
    return [((text.left(label if i == 0 else "", LABEL), "head"), (part, role)) for i, part in enumerate(parts)]


def _sentence(said: str, cells: int) -> list[Line]:
    return [((part, "soft"),) for part in text.wrap(said, cells)]


def _state(model: ModelView, shown: Shown) -> tuple[str, str]:
    said, role = mt.state_cell(model, shown, 40)
    parts = [said if not shown.asked else f"{said} asked, not confirmed yet"]
    if model.leases:
        parts.append(f"{model.leases} answer{'s' if model.leases > 1 else ''} in flight")
    if model.waiting:
        parts.append(f"{model.waiting} wait{'s' if model.waiting == 1 else ''} for it to load")
    if model.residency == "resident" and model.loadable:
        parts.append("loaded by this router" if model.ours else "loaded by somebody else")
    elif not model.loadable:
        parts.append(mt.why_not_load(model, shown.store))
    if model.pinned:
        there = model.residency in ("resident", "loading")
        parts.append(f"pinned: it {'stays in memory' if there else 'is loaded as soon as it can be'}")
    if not model.enabled:
        parts.append("no request goes to it" if said.endswith(" off") else "off: no request goes to it")
    return ", ".join(parts), role


def _problem(model: ModelView) -> list[tuple[str, str, str]]:
    said = model.problem or ("" if model.healthy else f"{model.info.backend} is down")
    kept_in = [("WITHHELD", f"{model.withheld}. {remedy(model.withheld)}", "warn")] if model.withheld else []
    return ([("PROBLEM", said, "bad")] if said else []) + kept_in


def _size(model: ModelView) -> str:
    info = model.info
    parts = [f"{mt.parameters_text(info.parameters)} parameters" if info.parameters else "parameters not told"]
    if info.active_parameters and info.active_parameters != info.parameters:
        parts[0] += f" ({mt.parameters_text(info.active_parameters)} active)"
    if info.size_bytes:
        parts.append(f"{text.size(info.size_bytes)} of weights")
    parts.append(info.quantization or "quantization not told")
    if info.family:
        parts.append(f"{info.family} family")
    return ", ".join(parts)


def _context(model: ModelView) -> str:
    info = model.info
    if not info.context_length:
        return "not told"
    kv = f", {info.kv_bytes_per_token / 1024:.0f} KiB of memory a token" if info.kv_bytes_per_token else ""
    longest = info.longest_context or info.context_length
    most = f" of {text.count(longest)}" if longest > info.context_length else ""
    return f"{text.count(info.context_length)}{most} tokens{kv}"


def _can(model: ModelView) -> str:
    found = ", ".join(sorted(model.info.capabilities)) or "nothing told"
    whence = f"{model.info.backend} says so" if model.info.capabilities_known else "~ guessed from its name"
    return f"{found} ({'tried here' if model.info.probed else whence})"


def _probed(model: ModelView, look: Look) -> list[tuple[str, str, str]]:
    """What trying it showed, when, and where its backend says something else."""
    found = model.info.probed
    if not found:
        return []
    newest = text.moment(max(one.at for one in found), look)
    return [("PROBED", "; ".join((f"{shortly(found)} ({newest})", *against(found, model.info.backend))), "")]


def _match(model: ModelView) -> list[tuple[str, str, str]]:
    """Whose public figures count as its own, and by what."""
    if model.match is None:
        return []
    return [
        ("CATALOG", match_words(model.match), "strong" if model.match.by_user else "" if model.match.own else "guess")
    ]


def _memory(model: ModelView, shown: Shown) -> tuple[str, str]:
    if not model.info.local:
        where = "a provider runs it, prompts leave your machines" if model.info.hosted else "it runs on another machine"
        return f"none here: {where}", ""
    if model.footprint is None:
        return "not told", "dim"
    where = f" in {place_name(model.pool)}" if model.pool else ""
    guess = model.footprint_source == "estimated"
    whence = WHENCE.get(model.footprint_source, "")
    said = f"{mt.memory_text(model, shown.look.symbols.none)}{where}{f' ({whence})' if whence else ''}"
    others = [shown.store.name(id_) for id_ in of(model, shown.store.models.values()).ids if id_ != model.id]
    once = f", once for it and {' and '.join(others)}: the same weights" if others else ""
    return said + once, "guess" if guess else ""


def _speed(model: ModelView) -> tuple[str, str]:
    speed = model.speed
    decode, prefill = mt.speed_text(speed.decode), mt.speed_text(speed.prefill)
    if not speed.samples:
        return f"~{decode} tokens/s, prompt ~{prefill} tokens/s (guessed from its size)", "guess"
    first = f", first token {text.seconds(speed.ttft)}" if speed.ttft is not None else ""
    answers = f"{speed.samples} answer{'s' if speed.samples > 1 else ''}"
    return f"{decode} tokens/s, prompt {prefill} tokens/s{first} ({answers} measured)", ""


def _tokens(model: ModelView) -> list[tuple[str, str, str]]:
    """Only where it counts otherwise than estimates do."""
    ratio = model.speed.token_ratio
    return [] if ratio == 1.0 else [("TOKENS", f"counts {ratio:.2f} where we estimate one (measured)", "")]


def _loads(model: ModelView) -> str:
    if not model.loadable:
        return "never: it is always there"
    if model.speed.load_samples:
        return f"{model.loads}, {text.seconds(model.speed.load_seconds)} each on average"
    return f"{model.loads}, ~{text.seconds(model.speed.load_seconds)} expected"


def _used(model: ModelView, shown: Shown) -> str:
    if model.last_used is None:
        return f"{text.count(model.used)} times" if model.used else "never yet"
    last = f"last {text.ago(shown.now - model.last_used)} ago ({text.when(model.last_used, shown.look)})"
    return f"{text.count(model.used)} times, {last}"


def _rated(model: ModelView) -> str:
    up, down = model.ratings_up, model.ratings_down
    return f"{up} good, {down} bad" if up + down else "not rated yet"


def _price(model: ModelView) -> str:
    info = model.info
    if info.price_in is None and info.price_out is None:
        return "costs no money" if info.local else "not told"
    by = {"": "its server", "you": "you"}.get(info.priced_by, info.priced_by)
    return f"${info.price_in or 0:g} a million tokens in, ${info.price_out or 0:g} out (told by {by})"


# ── in one ────────────────────────────────────────────────────────────────────────────────────────────────────────


def full(
    model: ModelView,
    shown: Shown,
    cells: int,
    public: Dossier | None = None,
    review: Sequence[Line] = (),
    course: Sequence[Line] = (),
) -> list[Line]:
    """Facts and scores one below the other, for narrow terminals."""
    return [*facts(model, shown, cells, course), (), *scores(model, cells, shown.look, public, review)]


def preview(
    model: ModelView, shown: Shown, cells: int, told: Sequence[tuple[str, str]] = (), rows: int = 4
) -> list[Line]:
    """The model in four lines or more, for below a list in a narrow terminal; ``told`` is what else there is to tell,
    by its label."""
    known = [] if roster.embeds_only(model) else sorted(model.abilities.items(), key=lambda pair: -pair[1].mean)
    best = [
        f"{task} {'~' if roster.is_guess(ability) else ''}{text.fraction(ability.mean)} "
        f"±{text.fraction(ability.uncertainty)}"
        for task, ability in known[:3]
    ]
    state, role = _state(model, shown)
    memory, _ = _memory(model, shown)
    said = model.problem or ("" if model.healthy else f"{model.info.backend} is down") or model.withheld
    lines: list[tuple[str, str, str]] = [
        ("STATE", said or state, "bad" if said else role),
        ("BEST AT", ", ".join(best) or "embeddings", ""),
        ("RESTS ON", rests_on(*known[0]) if known else "nothing: there is nothing to score", "soft"),
        ("MEMORY", f"{memory}; {mt.parameters_text(model.info.parameters)}, {_read_at_once(model)}", ""),
        *((label, words, "") for label, words in told if words),
    ]
    return [
        ((text.left(label, LABEL), "head"), (text.clip(text.tame(words), cells - LABEL), ink))
        for label, words, ink in lines[:rows]
    ]


def rests_on(task: str, ability: Ability) -> str:
    """``reasoning: benchmark .93 58%, rating .82 25%``: what each source says, and its share of the weight."""
    weights: dict[str, float] = {}
    sums: dict[str, float] = {}
    for item in ability.evidence:
        weights[item.source] = weights.get(item.source, 0.0) + item.weight
        sums[item.source] = sums.get(item.source, 0.0) + item.weight * item.value
    total = sum(weights.values())
    parts = [
        f"{source} {text.fraction(sums[source] / weight)} {text.percent(weight / total)}"
        for source, weight in sorted(weights.items(), key=_heaviest)
        if weight > 0
    ]
    return f"{task}: {', '.join(parts) or 'nothing yet'}"


def _read_at_once(model: ModelView) -> str:
    return f"{mt.context_text(model.info.context_length)} of context"


def title(model: ModelView, shown: Shown) -> tuple[Part, ...]:
    """``qwen3:32b  on ollama``."""
    name = fmt.short_model(shown.store.name(model.id), 30)
    return Part(name, NAME), Part(f"on {text.tame(model.info.backend)}", FACT)
