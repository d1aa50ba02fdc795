"""The answers of one model to our prompts: the list, and one of them with its verdict and its reason. Pure."""

from llmrouter_tui.core.grades import Grade
from llmrouter_tui.core.measuring import difficulty
from llmrouter_tui.core.probing import is_probe
from llmrouter_tui.core.profile import Result
from llmrouter_tui.core.prompt_set import prompt
from llmrouter_tui.core.prompts import Rubric
from llmrouter_tui.tui import format as fmt
from llmrouter_tui.tui import text
from llmrouter_tui.tui.bench_panes import WHY
from llmrouter_tui.tui.grades_text import Name, judged, mark_text
from llmrouter_tui.tui.heads import FIGURE, NAME, WORDS, Part
from llmrouter_tui.tui.models_text import speed_text
from llmrouter_tui.tui.prose import LABEL, block, labelled
from llmrouter_tui.tui.results_view import ResultsView, about, verdict_word
from llmrouter_tui.tui.text import Line, Look, Span

VERDICT, TASK, DIFF, TOOK, SPEED = 11, 9, 4, 6, 5
PROMPT, NARROW_PROMPT = 24, 18
REASON_FROM = 72
"""Cells from which the list says why."""


def glyph(result: Result, look: Look) -> Span:
    """What it came to, in a sign: ``✓``, ``✗``, ``≈`` for partly, ``○`` for no verdict."""
    symbols = look.symbols
    return {
        "right": (symbols.ok, "good"),
        "can": (symbols.ok, "good"),
        "cannot": (symbols.fail, "soft"),
        "wrong": (symbols.fail, "bad"),
        "partly": (symbols.close, "warn"),
        "failed": (symbols.fail, "bad"),
    }.get(verdict_word(result), (symbols.off, "soft"))


def verdict(result: Result, look: Look, grade: Grade | None = None) -> Span:
    """``✓ right``, ``✗ wrong``, ``≈ .50``, ``○ ungraded``, ``✗ failed``; of an answer that a judge graded its mark:
    ``○ 8/10``."""
    mark, role = glyph(result, look)
    word = verdict_word(result)
    if word == "ungraded" and grade is not None and grade.mark is not None:
        return f"{mark} {mark_text(grade.mark)}/10", "strong"
    return f"{mark} {text.fraction(result.passed) if word == 'partly' and result.passed else word}", role


def _prompt_cells(cells: int) -> int:
    return PROMPT if cells >= fmt.WIDE else NARROW_PROMPT


def head(cells: int) -> Line:
    """Titles of the list's columns."""
    titles = f"{text.left('VERDICT', VERDICT)} {text.left('PROMPT', _prompt_cells(cells))} {text.left('TASK', TASK)}"
    titles += f" {text.right('DIFF', DIFF)} {text.right('TOOK', TOOK)} {text.right('TOK/S', SPEED)}"
    return ((text.clip(f"{titles}  WHY" if cells >= REASON_FROM else titles, cells, ""), "head"),)


def row(result: Result, cells: int, look: Look, grade: Grade | None = None) -> Line:
    """One answer in a line."""
    said, role = verdict(result, look, grade)
    reason = result.reason if result.outcome != "ungraded" or grade is None else grade.reason
    hard, none = difficulty(result), look.symbols.none
    speed = speed_text(result.decode) if result.decode is not None else none
    wide = _prompt_cells(cells)
    line: Line = (
        (text.left(said, VERDICT), role),
        (f" {text.left(result.prompt, wide, look.symbols.ellipsis)}", "strong"),
        (f" {text.left(fmt.short_task(about(result), TASK), TASK)}", ""),
        (f" {text.right(text.fraction(hard) if hard is not None else none, DIFF)}", "soft"),
        (f" {text.right(text.seconds(result.seconds), TOOK)}", ""),
        (f" {text.right(speed, SPEED)}", "soft"),
        (f"  {text.tame(reason)}" if cells >= REASON_FROM else "", "soft"),
    )
    return text.clip_line(line, cells, look.symbols.ellipsis)


def notes(view: ResultsView) -> tuple[Part, ...]:
    """How many are listed, and in which order."""
    shown = Part(f"{len(view.ids)} of {len(view.known)} answers")
    return Part(f"filter {view.query}" if view.filtered else "", FIGURE), shown, Part(view.order, WORDS)


def answer_title(result: Result, look: Look, grade: Grade | None = None) -> tuple[Part, ...]:
    """``math-rolls  ✗ wrong``"""
    return Part(result.prompt, NAME), Part(verdict(result, look, grade)[0], NAME)


def answer(result: Result, now: float, cells: int, look: Look, name: Name, grade: Grade | None = None) -> list[Line]:
    """The verdict and why, what a judge said, the question, the whole answer, and how fast it was."""
    said, role = verdict(result, look, grade)
    lines = [
        *labelled("VERDICT", said, cells, role),
        *(labelled("WHY", _why(result), cells) if result.outcome != "ungraded" or grade is None else []),
        *(judged(grade, cells, name) if grade is not None else []),
        *labelled("TIMING", timing(result), cells, "soft"),
        *labelled(
            "ASKED", f"{text.ago(now - result.at)} ago ({text.when(result.at, look, full=False)})", cells, "soft"
        ),
        *_question(result, cells),
        (),
        (("ANSWER", "head"),),
    ]
    if not result.answer:
        return [*lines, (("there is none" if result.outcome == "failed" else "it was empty, or not kept", "dim"),)]
    return [*lines, *block(result.answer, cells)]


def _why(result: Result) -> str:
    if result.outcome == "failed":
        known = WHY.get(result.code, result.code.replace("_", " "))
        return f"{known}: {result.reason}" if result.reason else known
    if result.outcome == "timed":
        return result.reason or "only its speed is looked at"
    if result.outcome == "ungraded":
        return result.reason or "no program can tell: it waits for a judge"
    return result.reason or "not told"


def timing(result: Result) -> str:
    """``5.6s, TTFT 0.9s, writes 38 tok/s, reads 850 tok/s, 212 tokens (90 of thinking)``"""
    parts = [text.seconds(result.seconds)]
    parts += [f"TTFT {text.seconds(result.ttft)}"] if result.ttft is not None else []
    parts += [f"writes {speed_text(result.decode)} tok/s"] if result.decode is not None else []
    parts += [f"reads {speed_text(result.prefill)} tok/s"] if result.prefill is not None else []
    if result.completion_tokens is not None:
        thought = f" ({text.count(result.reasoning_tokens)} of thinking)" if result.reasoning_tokens else ""
        parts.append(f"{text.count(result.completion_tokens)} tokens{thought}")
    parts += [f"thought for {text.seconds(result.thought_seconds)}"] if result.thought_seconds else []
    return ", ".join(parts)


def _question(result: Result, cells: int) -> list[Line]:
    asked = prompt(result.prompt)
    if asked is None and (is_probe(result.prompt) or result.outcome == "timed"):
        return []
    if asked is None:
        return [(), (("QUESTION", "head"),), (("its prompt is no more in the set", "dim"),)]
    lines: list[Line] = []
    if asked.system:
        lines += [(), (("SYSTEM", "head"),), *block(asked.system, cells)]
    for number, turn in enumerate(asked.turns, 1):
        label = f"QUESTION {number} of {len(asked.turns)}" if len(asked.turns) > 1 else "QUESTION"
        lines += [(), ((label, "head"),), *block(_shortened(turn), cells)]
    if asked.tools:
        lines += [(), ((text.left("TOOLS", LABEL), "head"), (", ".join(tool.name for tool in asked.tools), ""))]
    if isinstance(asked.check, Rubric):
        lines += [(), (("A JUDGE LOOKS AT", "head"),), *block(asked.check.criteria, cells)]
    return lines


LONGEST = 4_000
"""Characters of a question that are shown: of a long document its beginning and its end."""


def _shortened(turn: str) -> str:
    if len(turn) <= LONGEST:
        return turn
    left_out = len(turn) - LONGEST
    return f"{turn[: LONGEST // 2]}\n[{left_out:,} characters left out]\n{turn[-LONGEST // 2 :]}"
