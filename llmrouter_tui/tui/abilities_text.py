"""Abilities with their uncertainty as a plot: a dot and a whisker for each model on one task, or for each task of one
model, all on one axis from 0 to 1. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from llmrouter_tui.core.domain import Ability, ModelView
from llmrouter_tui.tui import format as fmt
from llmrouter_tui.tui import roster, text
from llmrouter_tui.tui.models_text import HEADS
from llmrouter_tui.tui.prose import soft
from llmrouter_tui.tui.rivals import Choices
from llmrouter_tui.tui.roster import SHOWN_TASKS
from llmrouter_tui.tui.text import Line, Look

MARKS = (("rating", "R"), ("vote", "V"), ("judge", "J"), ("profile", "P"), ("benchmark", "B"))
"""What an ability can rest on beside size and name, with the letter that stands for it."""
FIGURES, FIRST, RESTS = 11, 9, len(MARKS) + 2
"""Cells of ``.88 ±.05``, of ``12 of 14`` and of the letters, each with what parts it from the one before."""
LEAST_BAR, MOST_BAR = 15, 101
MOST_NAME = 24
COUNTED = 60
"""Cells from which it is told how often each was first."""
WORDY = 104
"""Cells from which sources are told in words, with their shares of the weight."""
SHARES = 34
MANY = 15
"""Lines under which the axis stands again."""


class Dot(NamedTuple):
    """One line of the plot."""

    name: str
    ability: Ability
    first: int
    """How often it was first lately, and of how many times that it could have been."""
    could: int
    here: bool = False
    """Whether it is the selected one."""
    best: bool = False
    """Whether it is what is chosen most."""


def of_task(task: str, models: Iterable[ModelView], choices: Choices, name: Mapping[str, str], here: str) -> list[Dot]:
    """All models that have an ability at a task, the best first."""
    favourite = choices.favourite(task)
    able = [model for model in models if task in model.abilities and not roster.embeds_only(model)]
    dots = [
        Dot(
            name.get(model.id, model.id),
            model.abilities[task],
            choices.chosen[model.id, task],
            choices.could[model.id, task],
            model.id == here,
            bool(favourite) and favourite is not None and favourite[0] == model.id,
        )
        for model in able
    ]
    return sorted(dots, key=lambda dot: (-dot.ability.mean, dot.name))


def of_model(model: ModelView, choices: Choices, here: str) -> list[Dot]:
    """All tasks of one model, in their usual order."""
    return [
        Dot(
            task,
            model.abilities[task],
            choices.chosen[model.id, task],
            choices.could[model.id, task],
            task == here,
            (choices.favourite(task) or ("", 0))[0] == model.id,
        )
        for task in SHOWN_TASKS
        if task in model.abilities and not roster.embeds_only(model)
    ]


# ── drawing ───────────────────────────────────────────────────────────────────────────────────────────────────────


def tabs(tasks: Sequence[str], chosen: str, cells: int) -> list[tuple[str, str, str]]:
    """``[coding] math  reasoning``: pieces that can be clicked; short names where there is little room."""
    long = sum(len(task) + 2 for task in tasks) <= cells
    pieces = []
    tight = cells < len(tasks) * 6
    for task in tasks:
        said = task if long else HEADS[task].lower()
        shown = f"[{said}]" if task == chosen else f"{said} " if tight else f" {said} "
        pieces.append((shown, "strong" if task == chosen else "soft", task))
    return pieces


def lines(dots: Sequence[Dot], about: str, cells: int, look: Look) -> list[Line]:
    """The axis, a line for each dot, and the axis again under many."""
    if not dots:
        return [(), (("Nothing is known of that.", "soft"),)]
    size, bar = _sizes(dots, cells)
    head = _head(about, size, bar, cells, look)
    out = [head, *(_row(dot, size, bar, cells, look) for dot in dots), *([head] if len(dots) > MANY else [])]
    return [text.clip_line(line, cells, look.symbols.ellipsis) for line in out]


def _sizes(dots: Sequence[Dot], cells: int) -> tuple[int, int]:
    """Cells of a name with its marks, and of the plot; odd, so that the middle has a cell of its own."""
    fixed = FIGURES + (FIRST if cells >= COUNTED else 0) + (SHARES if cells >= WORDY else RESTS)
    longest = max(text.width(dot.name) for dot in dots) + 3
    size = max(10, min(longest, MOST_NAME + 3, cells - fixed - LEAST_BAR))
    bar = max(LEAST_BAR, min(MOST_BAR, cells - fixed - size))
    return size, bar - (bar + 1) % 2


def _head(about: str, size: int, bar: int, cells: int, look: Look) -> Line:
    said = text.left(about, size) + _scale(bar) + text.right("MEAN   ±", FIGURES)
    said += text.right("FIRST", FIRST) if cells >= COUNTED else ""
    rests = "  RESTS ON" if cells >= WORDY else f"  {''.join(letter for _, letter in MARKS)}"
    return ((said + rests, "head"),)


def _scale(bar: int) -> str:
    """``0        .25        .5        .75        1``, each above its place."""
    marks = ((0.0, "0"), (0.25, ".25"), (0.5, ".5"), (0.75, ".75"), (1.0, "1")) if bar >= 21 else _FEW
    row = [" "] * bar
    for value, said in marks:
        begin = max(0, min(bar - len(said), round(value * (bar - 1)) - len(said) // 2))
        row[begin : begin + len(said)] = said
    return "".join(row)


_FEW = ((0.0, "0"), (0.5, ".5"), (1.0, "1"))


def _row(dot: Dot, size: int, bar: int, cells: int, look: Look) -> Line:
    guess = roster.is_guess(dot.ability)
    symbols = look.symbols
    name = text.left(fmt.short_model(dot.name, size - 3, symbols.ellipsis), size - 2)
    mean = f"{'~' if guess else ''}{text.fraction(dot.ability.mean)}"
    first = f"{dot.first} of {dot.could}" if dot.could else symbols.none
    return (
        (symbols.cursor if dot.here else " ", "key"),
        (symbols.ok if dot.best else " ", "good"),
        (name, "strong" if dot.here else "guess" if guess else ""),
        *whisker(dot.ability, guess, bar, look),
        (text.right(mean, 6), "guess" if guess else "strong"),
        (text.right(f"±{text.fraction(dot.ability.uncertainty)}", FIGURES - 6), "soft"),
        (text.right(first, FIRST) if cells >= COUNTED else "", "" if dot.first else "dim"),
        ("  ", ""),
        *(_shares(dot.ability) if cells >= WORDY else _letters(dot.ability, look)),
    )


def whisker(ability: Ability, guess: bool, bar: int, look: Look) -> Line:
    """0 to 1 from left to right: a standard deviation to both sides of the mean; hollow where it is only a guess."""
    plain = look.symbols.name == "ascii"
    fill, points, quarter = ("=", "O?", ":") if plain else ("━", "●○", "┊")
    low, at, high = (_place(ability.mean + side * ability.uncertainty, bar) for side in (-1, 0, 1))
    ground = [" "] * bar
    for value in (0.0, 0.25, 0.5, 0.75, 1.0):
        ground[_place(value, bar)] = quarter
    tone = "guess" if guess else "accent"
    return (
        ("".join(ground[:low]), "dim"),
        (fill * (at - low), tone),
        (points[guess], tone if guess else "strong"),
        (fill * (high - at), tone),
        ("".join(ground[high + 1 :]), "dim"),
    )


def _place(value: float, bar: int) -> int:
    return max(0, min(bar - 1, round(value * (bar - 1))))


def _weights(ability: Ability) -> dict[str, float]:
    weights: dict[str, float] = {}
    for item in ability.evidence:
        weights[item.source] = weights.get(item.source, 0.0) + item.weight
    return weights


def _letters(ability: Ability, look: Look) -> Line:
    weights = _weights(ability)
    known = "".join(letter if weights.get(source) else look.symbols.dot for source, letter in MARKS)
    return ((known, "soft"),)


def _shares(ability: Ability) -> Line:
    """``rating 25% benchmark 58%``: the heaviest sources, as many as fit."""
    weights = _weights(ability)
    total = sum(weights.values())
    said = ""
    for source, weight in sorted(weights.items(), key=lambda pair: -pair[1]):
        more = f"{said}  {source} {text.percent(weight / total)}".strip() if total else said
        if text.width(more) > SHARES - 2:
            break
        said = more
    return ((said or "nothing yet", "soft"),)


def legend(preference: float, looked_at: int, cells: int, look: Look) -> list[Line]:
    """What the marks mean."""
    plain = look.symbols.name == "ascii"
    dot, hollow, fill = ("O", "?", "=") if plain else ("●", "○", "━")
    said = (
        f"{dot} how good its answers are thought to be, 0 to 1; {fill} one standard deviation to both sides: two times "
        f"in three the truth is within. {hollow} ~ a guess from size and name. "
        f"{'FIRST: how often it came' if cells >= COUNTED else f'{look.symbols.ok} comes'} first "
        f"{'of the times it could have' if cells >= COUNTED else 'most'}, among the last {looked_at} choices of the "
        f"router, ranked anew at today's preference for quality ({text.fraction(preference)})"
        f"{f'; {look.symbols.ok} who does most' if cells >= COUNTED else ''}."
    )
    letters = " R your ratings, V your votes, J a judge, P checked by program, B public figures."
    return soft(said if cells >= WORDY else said + letters, cells)
