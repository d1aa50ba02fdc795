"""What Ask says around its texts: the route of a draft, the heads of answers, what a vote did. Pure."""

from collections.abc import Callable, Sequence

from llmrouter_tui.core.decision import Candidate, Decision, Effect
from llmrouter_tui.tui import format as fmt
from llmrouter_tui.tui import text
from llmrouter_tui.tui.ask_answers import MOST, Answer
from llmrouter_tui.tui.ask_image import MIB
from llmrouter_tui.tui.asks import LETTERS, Asks, Draft, Round
from llmrouter_tui.tui.explain import MADE_UP
from llmrouter_tui.tui.heads import FACT, FIGURE, NAME, WORDS, Part
from llmrouter_tui.tui.row import Row
from llmrouter_tui.tui.text import Line, Look

Name = Callable[[str], str]
EMPTY = "Type a prompt: here is who would answer it and why, before anything is sent."
RANKING_HIDDEN = "ranking hidden until you vote"
SIDES = {1: "", 2: "blind: 2 answers", 3: "blind: 3 answers"}
HIDDEN_WAITS = {"queue": "its turn", "load": "its model to load"}
MOODS = {"asked": "waits", "writing": "writes", "done": "", "failed": "failed", "stopped": "stopped"}


# ── the draft and its route ───────────────────────────────────────────────────────────────────────────────────


def notes(draft: Draft, name: Name, *, typing: bool) -> tuple[Part, ...]:
    """What else the draft has, in the head of its pane."""
    parts = [Part(whom(draft, name), FACT), Part(SIDES[draft.side_by_side], FIGURE)]
    if draft.system:
        parts.append(Part("system prompt", FACT))
    if draft.image:
        size = draft.image.size
        said = f"{size / MIB:.1f} MiB" if size >= MIB else f"{max(1, round(size / 1024))} KiB"
        parts.append(Part(f"image {text.clip(text.tame(draft.image.name), 24)} {said}", FACT))
    parts.append(Part("^j send, esc done" if typing else "⏎ write, ^j send", WORDS))
    return tuple(parts)


def whom(draft: Draft, name: Name) -> str:
    """Who may answer: ``auto``, or what the user picked or excluded."""
    if draft.picked:
        return " ".join(fmt.short_model(name(model), 20) for model in draft.picked)
    if draft.excluded:
        return f"auto without {len(draft.excluded)}"
    return "auto"


def route_lines(asks: Asks, cells: int, rows: int, look: Look, name: Name) -> list[Line]:
    """Who would answer the draft, and why: in two lines, or with the candidates in as many as there are."""
    if asks.problem:
        return _told(asks.problem, cells, "bad")[: max(1, rows)]
    decision = asks.route
    if decision is None:
        return _told(EMPTY, cells, "soft")[: max(1, rows)]
    if asks.round is not None and asks.round.hidden:
        return _kept_back(decision, cells, rows)
    lines = [_needs(decision, cells), _ranking(decision, cells, look, name)]
    chosen = next((one for one in decision.candidates if one.model == decision.chosen), None)
    if chosen is not None:
        lines.append(_expected(decision, chosen, cells))
    return lines[: max(1, rows)] if rows != 1 else [_ranking(decision, cells, look, name)]


def _kept_back(decision: Decision, cells: int, rows: int) -> list[Line]:
    """The route while names are hidden: who ranks where, is warm or busy would tell who writes which answer."""
    if rows == 1:
        analysis = decision.analysis
        about = f"{analysis.task}, difficulty {text.fraction(analysis.difficulty)}   "
        return [text.clip_line(((about, ""), (RANKING_HIDDEN, "soft")), cells)]
    return [_needs(decision, cells), text.clip_line(((RANKING_HIDDEN, "soft"),), cells)][: max(1, rows)]


def _needs(decision: Decision, cells: int) -> Line:
    analysis = decision.analysis
    shares = sorted(analysis.tasks.items(), key=lambda item: -item[1])
    tasks = "  ".join(f"{task} {text.fraction(share)}" for task, share in shares[:3] if share >= 0.05)
    needs = f"   needs {' '.join(sorted(analysis.needs))}" if analysis.needs else ""
    level = f"   difficulty {text.fraction(analysis.difficulty)} {analysis.level}"
    about = f"   prompt {text.tokens(analysis.prompt_tokens)}"
    return text.clip_line((("task ", "head"), (tasks, ""), (level, "soft"), (needs, "accent"), (about, "dim")), cells)


def _ranking(decision: Decision, cells: int, look: Look, name: Name) -> Line:
    """The candidates in a line, the chosen one first."""
    line: Line = ((f"{look.symbols.arrow} ", "key"),)
    ranked = sorted(decision.candidates[:8], key=lambda one: one.model != decision.chosen)
    for at, one in enumerate(ranked):
        note = f" ({one.note})" if one.note else ""
        chosen = one.model == decision.chosen
        said: Line = (
            (fmt.short_model(name(one.model), 28), "strong" if chosen else ""),
            (f" {text.fraction(one.breakdown.score)}", "accent" if chosen else "soft"),
            (text.tame(note), "dim"),
        )
        longer: Line = (*line, ("   " if at else "", ""), *said)
        if at and text.line_width(longer) > cells:
            break
        line = longer
    return text.clip_line(line, cells)


def _expected(decision: Decision, chosen: Candidate, cells: int) -> Line:
    margin = f"   margin {text.signed(decision.margin)}" if len(decision.candidates) > 1 else ""
    soon = f"   whole answer in about {text.seconds(chosen.seconds.total)}"
    filtered = f"   {len(decision.filtered)} cannot" if decision.filtered else ""
    return text.clip_line((("why  ", "head"), (text.tame(decision.why), ""), (margin + soon + filtered, "soft")), cells)


def route_notes(asks: Asks) -> tuple[Part, ...]:
    """How long that took, in the head of its pane."""
    if asks.route is None or (asks.round is not None and asks.round.hidden):
        return (Part("updates as you type", WORDS),)
    return Part(f"decided in {max(1, round(asks.took * 1000))} ms", FACT), Part("updates as you type", WORDS)


# ── answers ───────────────────────────────────────────────────────────────────────────────────────────────────


def title(held: Round, at: int, row: Row | None, name: Name) -> tuple[Part, ...]:
    """Who answers; of a blind comparison the letter alone until it is over."""
    answer = held.answers[at]
    letter = f"{LETTERS[at]}  " if len(held.answers) > 1 else ""
    model = answering(answer, row)
    if held.hidden:
        return (Part(LETTERS[at], NAME),)
    won = held.voted is not None and bool(model) and held.voted.vote.winner == model
    who = fmt.short_model(name(model), 32) if model else "no model yet"
    return Part(letter + who, NAME), Part("best" if won else "", FIGURE)


def answering(answer: Answer, row: Row | None) -> str:
    """The model that answers, or is tried."""
    if row is not None and row.exchange.model:
        return row.exchange.model
    return answer.exchange.model if answer.exchange and answer.exchange.model else answer.model


def figures(answer: Answer, row: Row | None, look: Look, *, hidden: bool) -> tuple[Part, ...]:
    """How fast and how far: seconds, tokens a second, tokens, its state. Of a hidden one not how fast: that names it to
    who knows the models."""
    exchange = answer.exchange or (row.exchange if row else None)
    rate = exchange.decode_per_second if exchange else None
    tokens = row.tokens if row else (exchange.usage.completion_tokens or 0) if exchange else 0
    marks = {
        "asked": look.symbols.ghost,
        "writing": look.symbols.run,
        "done": look.symbols.ok,
        "failed": look.symbols.fail,
        "stopped": look.symbols.left,
    }
    state = " ".join(part for part in (marks[answer.state], MOODS[answer.state]) if part)
    seconds = exchange.seconds if exchange else None
    return (
        Part(text.seconds(seconds) if seconds is not None and not hidden else "", WORDS),
        Part(f"{rate:.0f} tok/s" if rate and not hidden else "", FACT),
        Part(text.tokens(tokens) if tokens else "", FACT),
        Part(state, NAME),
    )


def answer_lines(answer: Answer, row: Row | None, cells: int, look: Look, waits: str, *, demo: bool) -> list[Line]:
    """The answer as far as it is there; ``waits`` says what it waits for before its first word, ``demo`` that its model
    is simulated."""
    thought, said = answer.said
    lines: list[Line] = []
    if thought:
        lines += _thought(thought, cells, over=bool(said) or answer.over)
    body = answer.paper.lines(said, cells, look)
    lines += [*([()] if lines and body else []), *body]
    if not answer.over and not body and not thought:
        lines += _told(waits, cells, "run")
    if answer.cut:
        lines += [(), ((f"More came than the {text.count(MOST)} characters that are shown.", "warn"),)]
    if answer.state == "failed":
        lines += [*([()] if lines else []), *_told(answer.problem or "It failed.", cells, "bad")]
    elif answer.state == "stopped":
        lines += [*([()] if lines else []), *_told("Stopped; the model was let go.", cells, "warn")]
    elif answer.exchange is not None and answer.exchange.finish_reason == "length":
        lines += [(), *_told("Cut: it reached the most tokens that it may write.", cells, "warn")]
    elif answer.state == "done" and not said and not thought:
        lines.append((("The model answered nothing.", "warn"),))
    return [*_told(MADE_UP, cells, "dim"), *lines] if demo and (said or thought) else lines


def _told(said: str, cells: int, role: str) -> list[Line]:
    return [((part, role),) for part in text.wrap(text.tame(said), cells)]


def _thought(thought: str, cells: int, *, over: bool) -> list[Line]:
    """What it thinks: its end while it thinks, in a line once it speaks."""
    if over:
        return [((f"It thought first, in {text.count(len(thought))} characters.", "dim"),)]
    parts = text.wrap(text.tame(thought[-6 * cells :]), cells)
    return [(("It thinks:", "head"),), *(((part, "dim"),) for part in parts[-5:])]


def waits(held: Round, row: Row | None, rows: Sequence[Row | None], now: float, look: Look) -> str:
    """For how long it waits, for what, and how long that should take: as Routes says it. Of a hidden one without words
    that may name it, and with the longest of the expected times of all answers (``rows``), which tells none apart."""
    if row is None:
        return "Waiting for the first word."
    since = f"Waiting {text.span(now - row.exchange.at)}" if now - row.exchange.at >= 1 else "Waiting"
    waiting = row.waiting
    if waiting is None:
        return f"{since} for the first word."
    if not held.hidden:
        return f"{since}: {fmt.why(row, look)}"
    what = HIDDEN_WAITS.get(waiting.reason, "the first word")
    place = f", place {waiting.position} in the queue" if waiting.position else ""
    longest = max((one.waiting.expected_seconds or 0.0 for one in rows if one and one.waiting), default=0.0)
    about = f"; expected about {text.span(longest)}" if longest else ""
    return f"{since} for {what}{place}{about}."


# ── below ─────────────────────────────────────────────────────────────────────────────────────────────────────


def no_answers(readonly: bool, cells: int) -> list[Line]:
    """What stands where answers will."""
    if readonly:
        return _told(
            "This screen is read-only: nothing can be asked here. The route shows all the same.", cells, "soft"
        )
    lines: list[Line] = []
    for key, words in (
        ("^j", "sends the prompt: the answer shows here as it is written"),
        ("c", "compares two or three models, their names hidden until you vote"),
        ("m", "picks or excludes models"),
        ("S", "sets a system prompt"),
        ("f", "attaches an image"),
        ("esc", "leaves the prompt, for these keys and for the other pages"),
    ):
        lines.append(((f"{key:>4} ", "key"), (text.clip(words, max(8, cells - 5)), "soft")))
    return lines


def outcome(effects: Sequence[Effect], verdict: str, cells: int, look: Look, name: Name) -> Line:
    """What a vote said and moved, beside the buttons."""
    line: Line = ((verdict, "good"),)
    for effect in effects:
        longer: Line = (*line, (f"  {fmt.effect_text(effect, name, look)}", "soft"))
        if text.line_width(longer) > cells:
            break
        line = longer
    return text.clip_line(line, cells)


VERDICTS = {"better": "your vote: the best is", "tie": "your vote: a tie", "both_bad": "your vote: all bad"}


def verdict(held: Round, name: Name) -> str:
    """The vote in words."""
    if held.voted is None:
        return ""
    vote = held.voted.vote
    said = VERDICTS[vote.verdict]
    return f"{said} {fmt.short_model(name(vote.winner), 24)}" if vote.verdict == "better" else said
