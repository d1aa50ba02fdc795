"""Why this model: one exchange as lines that add up. Pure.

Each row of the table is the five terms of a score, rounded so that what is shown adds up to what is shown; the ledger
shows the same score. What is not in the table is said below it: the task, the time, the words, the rating.
"""

from collections.abc import Callable, Mapping

from llmrouter_tui.core.decision import Candidate, Decision, Exchange
from llmrouter_tui.core.domain import ModelView
from llmrouter_tui.core.errors import STATUS
from llmrouter_tui.core.fluency import moved, moved_words
from llmrouter_tui.core.grades import Grade
from llmrouter_tui.core.kinds import likeliest
from llmrouter_tui.core.ranking import score_of
from llmrouter_tui.core.switches import heeding, heeding_words
from llmrouter_tui.core.vram import Placement
from llmrouter_tui.core.why import Instead, instead
from llmrouter_tui.tui import format as fmt
from llmrouter_tui.tui import ledger, pools_text, text
from llmrouter_tui.tui import timeline as times
from llmrouter_tui.tui.heads import FACT, NAME, WORDS, Part
from llmrouter_tui.tui.row import CLOSE_CALL, Row
from llmrouter_tui.tui.state import Store
from llmrouter_tui.tui.text import Line, Look, Span
from llmrouter_tui.tui.widgets import chart

Name = Callable[[str], str]
SHOWN = 6
"""Candidates in the table before the rest is only counted."""
TERMS = (("QUALITY", 7), ("SPEED", 5), ("CONT", 4), ("PIN", 4), ("COST", 4))
LABEL = 8
TIGHT = "\u00a0"
"""A space at which no line is broken."""
BAR = 16
"""Cells of the bar that shows the terms side by side where there is room."""
MADE_UP = "simulated model: made-up text"
"""Beside an answer of the demo."""


def explanation(
    row: Row, store: Store, cells: int, look: Look, today: Decision | None = None, grade: Grade | None = None
) -> list[Line]:
    """Everything there is to say about one exchange; ``grade``: what a judge said of its answer."""
    decision = row.exchange.decision
    lines: list[Line] = []
    if decision is None:
        lines += _paragraph(_undecided(row, store.name), cells)
    else:
        lines += _paragraph(sentence(decision, store.name, look), cells)
        lines += [(), *table(decision, store.name, cells, look, store.placements)]
        lines += [(), *analysis_lines(decision, store.name, cells, look)]
        lines += language_lines(decision, store, cells)
        lines += switch_lines(decision, store, cells)
        lines += rests_on(decision, store.models.get(decision.chosen), cells, look)
    if today is not None:
        lines += [(), *today_lines(today, decision, store.name, cells, look)]
    lines.append(())
    if row.waiting is not None:
        lines += labelled("WAITS", pools_text.named(fmt.why(row, look), store), cells, "run")
    lines += timeline(row, store.name, cells, look)
    lines += [(), *words(row, cells, look)]
    if store.service.demo and row.exchange.answer:
        lines += labelled("", MADE_UP, cells, "dim")
    lines += verdict(row, store.name, look)
    if grade is not None:
        lines += [*([] if row.exchange.rating else [()]), *graded(grade, store.name, cells)]
    return lines


def _paragraph(words_: str, cells: int) -> list[Line]:
    return [((part, "strong"),) for part in text.wrap(words_, cells)]


def _undecided(row: Row, name: Name) -> str:
    exchange = row.exchange
    if exchange.model:
        return f"The client asked for {name(exchange.model)} by name; nothing was compared."
    if exchange.outcome == "cancelled":
        return "The client left before a model was chosen."
    if exchange.outcome == "failed":
        return f"{_ended(exchange)}: {text.tame(exchange.message) or 'no reason was told'} [{exchange.code}]"
    return "Not decided yet."


def _ended(exchange: Exchange) -> str:
    """How it ended, or stands, where no model is known."""
    if exchange.outcome == "failed":
        return "Refused" if STATUS.get(exchange.code, 500) < 500 else "Failed"
    return "Cancelled" if exchange.outcome == "cancelled" else "Not decided yet"


def sentence(decision: Decision, name: Name, look: Look) -> str:
    """The choice in a sentence made from its numbers."""
    chosen = next((c for c in decision.candidates if c.model == decision.chosen), None)
    top = decision.candidates[0] if decision.candidates else None
    why = text.tame(decision.why)
    if chosen is None or top is None:
        return f"{name(decision.chosen)}: {why}"
    if len(decision.candidates) == 1 and why.startswith("rule unmet"):
        return f"{name(chosen.model)}: {why}."
    if len(decision.candidates) == 1:
        return f"{name(chosen.model)} was {'the ' if why.startswith('only ') else ''}{why}."
    if chosen.model != top.model:
        return (
            f"The top score was {name(top.model)} ({text.fraction(top.breakdown.score)}); "
            f"{name(chosen.model)} ({text.fraction(chosen.breakdown.score)}) was taken: {why}."
        )
    other = decision.candidates[1]
    if decision.margin < CLOSE_CALL:
        scored = "the same" if text.hundredths(decision.margin) == 0 else text.signed(-decision.margin)
        return f"{why[:1].upper()}{why[1:]}. A close call: {name(other.model)} scored {scored}."
    return f"{why[:1].upper()}{why[1:]}. Ahead of {name(other.model)} by {text.fraction(decision.margin)}."


# ── the table ─────────────────────────────────────────────────────────────────────────────────────────────────────


def table(
    decision: Decision, name: Name, cells: int, look: Look, placements: Mapping[str, Placement] | None = None
) -> list[Line]:
    """CANDIDATE, the five terms, = SCORE; then who is further below, the price of the runner-up (with what loading it
    means by ``placements``) and who was filtered out."""
    ranked = list(decision.candidates)
    shown = ranked[:SHOWN]
    chosen = next((c for c in ranked if c.model == decision.chosen), None)
    if chosen is not None and chosen not in shown:
        shown[-1] = chosen
    terms = sum(size + 1 for _, size in TERMS)
    room = cells - 1 - terms - 8
    label = max(10, min(20, room - 8))
    head = "".join(text.right(title, size + 1) for title, size in TERMS)
    lines: list[Line] = [((f" {text.left('CANDIDATE', label)}{head} = SCORE", "head"),)]
    lines += [_candidate(c, c is chosen, name, label, max(0, room - label), look) for c in shown]
    hidden = [c for c in ranked if c not in shown]
    if hidden:
        below = text.fraction(max(c.breakdown.score for c in hidden))
        lines.append(((f" {len(hidden)} more, at most {below}", "dim"),))
    if (other := instead(decision)) is not None:
        lines += price(other, name, cells, (placements or {}).get(other.model))
    if decision.filtered:
        alike: dict[str, list[str]] = {}
        for model, reason in decision.filtered:
            alike.setdefault(reason, []).append(name(model))
        gone = ", ".join(f"{', '.join(models)} ({reason})" for reason, models in alike.items())
        lines += labelled("OUT", text.tame(f"{len(decision.filtered)} filtered out: {gone}"), cells, "dim")
    return lines


def _candidate(candidate: Candidate, chosen: bool, name: Name, label: int, note: int, look: Look) -> Line:
    terms = candidate.breakdown
    shown, total = text.shares((terms.quality, terms.speed, terms.continuity, terms.pinned, terms.cost))
    said = candidate.note
    if chosen:
        both = f"chosen, {said}" if said else "chosen"
        said = both if text.width(both) < note else "chosen"
    spans: list[Span] = [
        (look.symbols.cursor if chosen else " ", "key"),
        (text.left(fmt.short_model(name(candidate.model), label), label), "strong" if chosen else ""),
    ]
    for (_, size), value in zip(TERMS, shown, strict=True):
        spans.append((text.right(value, size + 1), "dim" if value == ".00" else ""))
    spans.append((" = ", "dim"))
    spans.append((text.right(total, 5), "strong"))
    if note >= BAR + 12:
        parts = [terms.quality, terms.speed, terms.continuity, terms.pinned, terms.cost]
        fills = ("fill0", "fill1", "fill2", "fill3", "other")
        bar = chart.meter([(max(0.0, p), f) for p, f in zip(parts, fills, strict=True)], 1.0, BAR, look.symbols)
        spans += [("  ", ""), *bar]
        note -= BAR + 2
    if note > 1:
        spans.append((" " + text.clip(said, note - 1), "good" if chosen else "soft"))
    return tuple(spans)


def price(other: Instead, name: Name, cells: int, placement: Placement | None) -> list[Line]:
    """What the best other model would have meant: quality, seconds, memory; and who would leave for it now."""
    time = other.seconds
    parts = [f"predicted quality {text.fraction(other.predicted)} ({text.signed(other.quality)})"]
    parts.append("as fast" if abs(time) < 0.05 else f"{'+' if time > 0 else '-'}{text.seconds(abs(time))}")
    if other.footprint is not None:
        parts.append("memory in use already" if other.resident else f"{text.size(other.footprint)} more to load")
    if placement is not None and placement.evict and not other.resident:
        parts.append(f"which would now unload {' and '.join(map(name, placement.evict))}")
    return labelled("INSTEAD", f"{name(other.model)}: {', '.join(parts)}", cells, "soft")


# ── below the table ───────────────────────────────────────────────────────────────────────────────────────────────


def labelled(label: str, words_: str, cells: int, role: str = "", most: int = 0) -> list[Line]:
    """A label and text beside it, wrapped; ``most`` lines at most, the last one ending with an ellipsis."""
    parts = [part.replace(TIGHT, " ").strip() for part in text.wrap(words_, max(8, cells - LABEL - 1))]
    if most and len(parts) > most:
        parts = [*parts[: most - 1], text.clip(" ".join(parts[most - 1 :]), cells - LABEL - 1)]
    return [((text.left(label if i == 0 else "", LABEL) + " ", "head"), (part, role)) for i, part in enumerate(parts)]


def analysis_lines(decision: Decision, name: Name, cells: int, look: Look) -> list[Line]:
    """The task mix, the difficulty, what was needed, and the preference it was decided under."""
    analysis = decision.analysis
    mix = sorted(analysis.tasks.items(), key=lambda item: -item[1])
    shown, _ = text.shares(share for _, share in mix)
    tasks = "  ".join(f"{task} {share}" for (task, part), share in zip(mix, shown, strict=True) if part >= 0.045)
    kind = likeliest(analysis.kinds, analysis.task)
    lines = labelled("TASK", f"{tasks or analysis.task}{f'   mostly {kind}' if kind else ''}", cells)
    hard = f"{fmt.difficulty(analysis.difficulty, 5, look)} {analysis.level}"
    needs = ", ".join(sorted(analysis.needs)) or "nothing special"
    lines += labelled("HARD", f"{hard}   needs {needs}", cells)
    facts = [f"prompt {text.tokens(analysis.prompt_tokens)}", f"answer about {text.tokens(analysis.expected_tokens)}"]
    facts += [f"language {analysis.language}", f"preference {text.fraction(decision.preference)}"]
    if analysis.background:
        facts.append("a client's housekeeping")
    return lines + labelled("SIZE", "   ".join(facts), cells)


def language_lines(decision: Decision, store: Store, cells: int) -> list[Line]:
    """What the request's language did to the choice, where it did something."""
    found = moved(decision, {model.id: model.languages for model in store.models.values()})
    return labelled("LANGUAGE", moved_words(found, store.name, text.signed), cells, "soft") if found else []


def switch_lines(decision: Decision, store: Store, cells: int) -> list[Line]:
    """What the request said of thinking, and what that did to the models."""
    found = heeding(decision, {model.id: model.switches for model in store.models.values()})
    return labelled("ASKED", heeding_words(found, store.name, text.signed), cells, "soft") if found else []


def rests_on(decision: Decision, model: ModelView | None, cells: int, look: Look) -> list[Line]:
    """What the quality of the chosen model rests on, for this task."""
    ability = model.abilities.get(decision.analysis.task) if model else None
    if ability is None:
        return []
    head = f"{decision.analysis.task} {text.fraction(ability.mean)} ±{text.fraction(ability.uncertainty)} from "
    weights: dict[str, float] = {}
    sums: dict[str, float] = {}
    for evidence in ability.evidence:
        weights[evidence.source] = weights.get(evidence.source, 0.0) + evidence.weight
        sums[evidence.source] = sums.get(evidence.source, 0.0) + evidence.weight * evidence.value
    parts = [
        f"{source} {text.fraction(sums[source] / weight)} (weight {weight:.0f})".replace(" ", TIGHT)
        for source, weight in sorted(weights.items(), key=lambda item: -item[1])
        if weight >= 0.5
    ]
    return labelled("RESTS ON", head + (", ".join(parts) or "nothing yet"), cells, "soft")


def today_lines(today: Decision, then: Decision | None, name: Name, cells: int, look: Look) -> list[Line]:
    """What the same prompt would get now, beside what it got then."""
    same = then is not None and then.chosen == today.chosen
    now = f"now {'still ' if same else ''}{_choice(today, name, look)}: {text.tame(today.why)}"
    said = f"then {_choice(then, name, look)}, {now}" if then is not None else now
    return labelled("TODAY", said, cells, "key") + table(today, name, cells, look)


def _choice(decision: Decision, name: Name, look: Look) -> str:
    scored = score_of(decision.candidates, decision.chosen)
    return f"{name(decision.chosen)} ({look.symbols.none if scored is None else text.fraction(scored)})"


def timeline(row: Row, name: Name, cells: int, look: Look) -> list[Line]:
    """Where the time went, to scale where it is over, and each attempt when there was more than one."""
    exchange = row.exchange
    told = "  ".join(part.replace(" ", TIGHT) for part in times.words(row, look))
    lines = labelled("TIME", told, cells)
    indent: Span = (" " * (LABEL + 1), "")
    lines += [(indent, *line) for line in times.bar(exchange, cells - LABEL - 1, look)]
    if len(exchange.attempts) > 1 or exchange.outcome == "failed":
        for attempt in exchange.attempts:
            shown, role = times.attempt(attempt, name, look)
            lines += labelled("", shown, cells, role)
    if exchange.outcome == "failed" and (exchange.model or exchange.decision):  # else the first line said it
        lines += labelled("ERROR", text.tame(f"{exchange.message} [{exchange.code}]"), cells, "bad")
    return lines


def words(row: Row, cells: int, look: Look) -> list[Line]:
    """The prompt and the answer, as far as they were kept."""
    exchange = row.exchange
    if not exchange.prompt and not exchange.answer:
        return labelled("PROMPT", "not kept (privacy policy)", cells, "dim")
    lines = labelled("PROMPT", text.tame(exchange.prompt, look.symbols.enter), cells, "", most=3)
    if exchange.answer:
        lines += labelled("ANSWER", text.tame(exchange.answer, look.symbols.enter), cells, "soft", most=4)
    return lines


def verdict(row: Row, name: Name, look: Look) -> list[Line]:
    """What the user said and what it moved."""
    rating = row.exchange.rating
    lines: list[Line] = []
    if rating is not None:
        sign = {"up": "+ good", "down": "- bad"}.get(rating.rating or "", "note")
        said = "; ".join([*rating.reasons, *([text.tame(rating.comment)] if rating.comment else [])])
        role = "good" if rating.rating == "up" else "bad"
        lines.append(((text.left("YOU", LABEL) + " ", "head"), (sign, role), (f"  {said}", "soft")))
    elif row.asks and not row.pending:
        keys: Line = (("u ", "key"), ("good  ", "soft"), ("d ", "key"), ("bad", "soft"))
        lines.append(((text.left("YOU?", LABEL) + " ", "head"), ("a close call: was it good?  ", ""), *keys))
    for effect in row.effects:
        shown = fmt.effect_text(effect, name, look)
        lines.append(((text.left("EFFECT", LABEL) + " ", "head"), (shown, "strong")))
    return [(), *lines] if lines else lines


def graded(grade: Grade, name: Name, cells: int) -> list[Line]:
    """``JUDGE  phi4:14b 6/10  no edge cases``: the mark, and the beginning of the judge's reason; ``v`` goes there."""
    reason = next(iter(grade.reason.strip().splitlines()), "")
    said = "gave no grade" if grade.score is None else f"{grade.score:.3g}/10"
    yours = f", your mark {grade.overruled:.3g} stands" if grade.overruled is not None else ""
    wrong = "   !! you say otherwise" if grade.disagrees and grade.known_by == "user" else ""
    words = f"{name(grade.judge)} {said}{yours}{wrong}   {text.tame(reason)}"
    return labelled("JUDGE", words, cells, "warn" if grade.score is None or wrong else "soft", most=2)


def rated(row: Row, name: Name, look: Look, cells: int) -> Line:
    """The same in a few words, for beside the buttons: ``+ good  reasoning .81 → .82``. What moved goes where it does
    not fit, and the model's own name goes without saying."""
    rating = row.exchange.rating
    line: Line
    if rating is not None and rating.rating is not None:
        line = (("+ good", "good") if rating.rating == "up" else ("- bad", "bad"),)
    elif row.effects:
        line = (("taken back", "soft"),)
    else:
        asked = "a close call: was it good?"
        return ((asked, "key"),) if row.asks and not row.pending and len(asked) <= cells else ()
    for effect in row.effects:
        shown = fmt.effect_text(effect, lambda model: "" if model == row.model else name(model), look).strip()
        longer: Line = (*line, (f"  {shown}", "soft"))
        if text.line_width(longer) > cells:
            break
        line = longer
    return line


def title(row: Row, name: Name, look: Look) -> tuple[Part, ...]:
    """The head of the explanation: ``Why llama3.1:8b?  8f1d coding  21:03:52``."""
    exchange = row.exchange
    asked = f"Why {fmt.short_model(name(row.model), 24)}?" if row.model else _ended(exchange)
    task = exchange.decision.analysis.task if exchange.decision else ""
    return (
        Part(asked, NAME),
        Part(f"{row.id[-4:]} {task}".strip(), FACT),
        Part(text.when(exchange.at, look), WORDS),
    )


def figures(row: Row, look: Look) -> str:
    """Score and margin, for the head: ``.69 -.04 ≠``."""
    score = ledger.score(row)
    return f"{text.fraction(score)} {fmt.margin_text(ledger.margin(row), look)[0]}" if score is not None else ""
