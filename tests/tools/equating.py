"""Brings the boards of one category onto one scale, from the figures of the catalog alone.

Strong models are reported on hard boards and small ones on easy boards, so a place between a board's anchors says
little by itself. Per category, the logit of the place of model m on board b is taken as

    offset_b + slope_b · ability_m + noise,      ability_m = traits_m · beta + rest

and all of it is fitted at once: offsets shrink to 0 (standard deviation 1), slopes to 1 (.15), the rest to 0 by its
own spread, so that boards which few models share move little, and boards without a model in common are tied by what
size, date and kind let expect. Noise is a board's own and has heavy tails (Student's t, 4 degrees of freedom): one odd
figure moves nothing. The scale is then laid so that over the figures of open chat models, by their weights, the mean
logit is what it was and the mean slope is 1.

The widths were chosen by figures left out (``equating_figures``): slopes of .08, .15, .2 and .3 and offsets of .7 to
1.5 differ by 1 to 3 %; without slopes the error is 15 % larger. To let noisy boards count less makes it 1 % smaller,
7 % for what is factual. A shift for figures that makers publish of their own models was tried and foretold no better.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from llmrouter_tui.core.ability import HOSTED_SIZE, KNEE, LARGEST, MIDDLE, SMALLEST, year_of
from llmrouter_tui.core.catalog import HIGHEST, LOWEST, Benchmarks, Entry, Equating, Figure, counts, leanings

CATEGORIES = (
    "chat", "factual", "reasoning", "math", "coding", "creative", "instruction", "multilingual", "tools", "vision",
)  # fmt: skip
"""What is equated. Figures of single languages are read against each other as they are."""
TRAITS = ("middle", "doubling", "below 4B", "year", "reasoner", "coder", "math", "base", "size unknown")

OFFSET_SD, SLOPE_SD = 1.0, 0.15
SLOPES = 0.4, 2.5
NOISE, NOISE_COUNT = 0.5, 5.0
"""Noise of a board before it is known, and the figures that this counts as."""
TAILS = 4.0
TRUSTED = 0.4
"""Noise, in logits of ability, up to which a board's figures count fully; beyond, by what they tell."""
TRAIT_RIDGE = 0.5
ROUNDS = 300


class Result(NamedTuple):
    """A figure: whose, where, the logit of its place between the anchors, and its weight in the category."""

    model: int
    board: str
    logit: float
    weight: float


class Subject(NamedTuple):
    """A model in one of its modes. ``open`` to run and made to chat, it is what a router is for; it is ``usual`` so in
    the mode it runs in by default."""

    id: str
    mode: str
    traits: tuple[float, ...]
    open: bool

    @property
    def usual(self) -> bool:
        return self.open and not self.mode


@dataclass
class Board:
    """What is found of a board; a place on it is ``offset + slope · ability``."""

    offset: float = 0.0
    slope: float = 1.0
    noise: float = NOISE**2
    figures: int = 0


@dataclass
class Fit:
    """What is found in a category: its boards, what traits are worth, each model's ability, and their rest's spread."""

    boards: dict[str, Board]
    beta: list[float] = field(default_factory=lambda: [0.0] * len(TRAITS))
    ability: dict[int, float] = field(default_factory=dict)
    spread: float = 0.5

    def expected(self, traits: Sequence[float]) -> float:
        return sum(b * t for b, t in zip(self.beta, traits, strict=True))

    def equating(self, board: str) -> Equating:
        found = self.boards[board]
        trust = (TRUSTED * found.slope) ** 2 / found.noise
        return Equating(-found.offset / found.slope, 1 / found.slope, min(1.0, trust))


def equate(entries: Iterable[Entry], benchmarks: Benchmarks) -> dict[str, dict[str, Equating]]:
    """By benchmark key and category, how results are brought onto the scale of the category."""
    people, figures = subjects(entries)
    found: dict[str, dict[str, Equating]] = defaultdict(dict)
    for category in CATEGORIES:
        results = results_of(people, figures, benchmarks, category)
        scale = fit(results, people) if results else Fit({})
        for key in sorted(scale.boards):
            found[key][category] = Equating(*(round(number, 3) for number in scale.equating(key)))
    return found


def subjects(entries: Iterable[Entry]) -> tuple[list[Subject], list[Entry]]:
    """Every model in every mode that has figures, and the same as entries with just these figures."""
    people, stripped = [], []
    for entry in entries:
        for mode, figures in (("", entry.figures), *entry.modes.items()):
            if figures and entry.kind != "embedding":
                runs = entry.kind == "chat" and not entry.hosted
                people.append(Subject(entry.id, mode, _traits(entry, mode), runs))
                stripped.append(_in_mode(entry, mode))
    return people, stripped


def results_of(
    people: Sequence[Subject], stripped: Sequence[Entry], benchmarks: Benchmarks, category: str
) -> list[Result]:
    """All figures that count in a category."""
    found = []
    for model, entry in enumerate(stripped):
        for figure in entry.figures:
            benchmark = benchmarks.get(figure.key)
            if benchmark and category in benchmark.weights and counts(entry, figure.key):
                share = min(HIGHEST, max(LOWEST, benchmark.share(figure.value)))
                logit = math.log(share / (1 - share))
                found.append(Result(model, figure.key, logit, benchmark.weights[category]))
    return found


def fit(results: Sequence[Result], people: Sequence[Subject], rounds: int = ROUNDS) -> Fit:
    """The scale of a category, by rounds of conditional estimates."""
    found = Fit({board: Board() for board in sorted({r.board for r in results})})
    for r in results:
        found.boards[r.board].figures += 1
    trust = [1.0] * len(results)
    for _ in range(rounds):
        unsure = _abilities(found, results, people, trust)
        _prior(found, people, unsure)
        trust = _boards(found, results, people, trust, unsure)
    return _levelled(found, results, people)


def _traits(entry: Entry, mode: str) -> tuple[float, ...]:
    size = entry.parameters or HOSTED_SIZE
    doublings = math.log2(min(LARGEST, max(SMALLEST, size)) / 8e9)
    year = year_of(entry.released)
    kinds = leanings(entry, mode)
    named = (kind in kinds for kind in ("reasoner", "coder", "math"))
    return (
        1.0,
        doublings,
        min(0.0, doublings - math.log2(KNEE / 8e9)),
        year - MIDDLE if year else 0.0,
        *map(float, named),
        float(entry.kind == "base"),
        float(not entry.parameters),
    )


def _in_mode(entry: Entry, mode: str) -> Entry:
    """The entry as if this mode were its only one."""
    if not mode:
        return entry
    modes: dict[str, tuple[Figure, ...]] = {} if "reasoner" in leanings(entry, mode) else {"thinking": ()}
    return replace(entry, figures=entry.modes[mode], modes=modes)


def _abilities(
    found: Fit, results: Sequence[Result], people: Sequence[Subject], trust: Sequence[float]
) -> dict[int, float]:
    """Sets the ability of each model; gives back their variances."""
    precision: dict[int, float] = defaultdict(float)
    pulled: dict[int, float] = defaultdict(float)
    for r, trusted in zip(results, trust, strict=True):
        board = found.boards[r.board]
        weight = trusted / board.noise * board.slope
        precision[r.model] += weight * board.slope
        pulled[r.model] += weight * (r.logit - board.offset)
    unsure = {}
    for model in precision:
        total = precision[model] + 1 / found.spread
        found.ability[model] = (pulled[model] + found.expected(people[model].traits) / found.spread) / total
        unsure[model] = 1 / total
    return unsure


def _prior(found: Fit, people: Sequence[Subject], unsure: Mapping[int, float]) -> None:
    """What traits are worth, by least squares with a small ridge, and the spread of the rest."""
    models = list(found.ability)
    rest = {m: found.ability[m] - found.expected(people[m].traits) for m in models}
    for _ in range(3):
        for j in range(len(TRAITS)):
            told = [(m, people[m].traits[j]) for m in models if people[m].traits[j]]
            ridge = TRAIT_RIDGE * found.spread if j else 0.0
            if not told:
                continue
            pulled = sum(t * (rest[m] + found.beta[j] * t) for m, t in told)
            new = pulled / (sum(t * t for _, t in told) + ridge)
            for m, t in told:
                rest[m] -= (new - found.beta[j]) * t
            found.beta[j] = new
    found.spread = (sum(rest[m] ** 2 + unsure[m] for m in models) + 0.8) / (len(models) + 2)


def _boards(
    found: Fit,
    results: Sequence[Result],
    people: Sequence[Subject],
    trust: Sequence[float],
    unsure: Mapping[int, float],
) -> list[float]:
    """Sets offset, slope and noise of each board; gives back how far each figure is to be trusted."""
    by_board: dict[str, list[int]] = defaultdict(list)
    for i, r in enumerate(results):
        by_board[r.board].append(i)
    trusted = list(trust)
    for key, rows in by_board.items():
        board = found.boards[key]
        _line(
            board,
            [(trust[i], found.ability[results[i].model], unsure[results[i].model], results[i].logit) for i in rows],
        )
        total = 0.0
        for i in rows:
            r = results[i]
            off = (r.logit - board.offset - board.slope * found.ability[r.model]) ** 2
            off += board.slope**2 * unsure[r.model]
            trusted[i] = (TAILS + 1) / (TAILS + off / board.noise)
            total += trusted[i] * off
        board.noise = (total + NOISE_COUNT * NOISE**2) / (len(rows) + NOISE_COUNT)
    return trusted


def _line(board: Board, rows: Iterable[tuple[float, float, float, float]]) -> None:
    """Offset and slope from (trust, ability, its variance, logit), shrunk to 0 and 1."""
    n, a, aa = 1 / OFFSET_SD**2, 0.0, 1 / SLOPE_SD**2
    y, ay = 0.0, 1 / SLOPE_SD**2
    for trust, ability, variance, logit in rows:
        weight = trust / board.noise
        n += weight
        a += weight * ability
        aa += weight * (ability * ability + variance)
        y += weight * logit
        ay += weight * ability * logit
    determinant = n * aa - a * a
    board.slope = min(SLOPES[1], max(SLOPES[0], (n * ay - a * y) / determinant))
    board.offset = (y - board.slope * a) / n


def _levelled(found: Fit, results: Sequence[Result], people: Sequence[Subject]) -> Fit:
    """The same with the scale laid by the figures of usual models: as they were, in the mean, and slope 1."""
    usual = [r for r in results if people[r.model].usual] or list(results)
    total = sum(r.weight for r in usual)
    stretch = sum(r.weight * found.boards[r.board].slope for r in usual) / total
    before = sum(r.weight * r.logit for r in usual) / total
    after = (
        sum(r.weight * (r.logit - found.boards[r.board].offset) / found.boards[r.board].slope for r in usual) / total
    )
    move = before - stretch * after
    for board in found.boards.values():
        board.offset -= board.slope / stretch * move
        board.slope /= stretch
    found.ability = {m: move + stretch * a for m, a in found.ability.items()}
    found.beta = [stretch * b for b in found.beta]
    found.beta[0] += move
    found.spread *= stretch**2
    return found


def main() -> None:
    """Prints what was found of the shipped figures."""
    from llmrouter_tui.catalog.snapshot import shipped

    snapshot = shipped()
    people, stripped = subjects(snapshot.entries.values())
    for category in CATEGORIES:
        results = results_of(people, stripped, snapshot.benchmarks, category)
        scale = fit(results, people)
        traits = "  ".join(f"{name} {b:+.2f}" for name, b in zip(TRAITS, scale.beta, strict=True))
        print(f"{category}: {traits}  spread {math.sqrt(scale.spread):.2f}")
        for key, board in sorted(scale.boards.items(), key=lambda item: item[1].offset):
            print(
                f"    {key:34} {board.figures:4} {board.offset:+6.2f} x{board.slope:.2f} ±{math.sqrt(board.noise):.2f}"
            )


if __name__ == "__main__":
    main()
