"""How well public figures foretell each other, on anchors alone and equated:  python -m tests.tools.equating_figures

Figures are left out of the catalog, the scales are fitted to the others, and what the router then thinks of the model
foretells them. Left out are an eighth of all figures at a time (``random``), or of an eighth of the models all figures
on boards that are harder or easier than most (``hard``, ``easy``). Told are, for open chat models, the root of the
mean square error in logits (figures weighted as the router weighs them), and how often of two models on a board the
better one was foretold to be better. Seeded.

Last come pairs of one family in which the router thinks less of the clearly larger model.
"""

import math
import random
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import NamedTuple

from llmrouter_tui.catalog.snapshot import Snapshot, shipped
from llmrouter_tui.core.ability import abilities
from llmrouter_tui.core.catalog import CATEGORIES_OF, Benchmark, Benchmarks, Entry, known
from llmrouter_tui.core.domain import TASKS, ModelInfo
from llmrouter_tui.core.figures import EVERYDAY
from tests.tools.equating import Fit, Result, Subject, fit, results_of, subjects

FOLDS, SEED = 8, 7
ROUNDS = 100
HARD = 0.4
"""Offset beyond which a board is hard, or easy."""
SAME = 0.15
"""Logits within which two places are the same."""
FORETOLD = "chat", "factual", "reasoning", "math", "coding", "creative", "instruction", "multilingual"
CLEAR = 0.03
LARGER = 1.4
"""Total parameters of a clearly larger model by those of the smaller; it has no fewer active ones, too."""

_SIZE = re.compile(r"(?<![a-z0-9.])(\d+x)?e?\d+(\.\d+)?[bm](-a\d+(\.\d+)?b)?(?![a-z0-9])")


class Foretold(NamedTuple):
    """A figure that was left out, the place foretold on its board, and what was thought of the model."""

    result: Result
    place: float
    ability: float


class Score(NamedTuple):
    figures: int
    error: float
    """Logits."""
    order: float
    """Share of pairs."""


def thought(entry: Entry, benchmarks: Benchmarks) -> Mapping[str, float]:
    """What the router thinks of a model that is this entry, by task."""
    found = abilities(ModelInfo("a", entry.id, parameters=entry.parameters), known=known(entry, benchmarks))
    return {task: found[task].mean for task in TASKS}


def task_of(category: str) -> str:
    return next(task for task, categories in CATEGORIES_OF.items() if categories == (category,))


def held_out(
    snapshot: Snapshot, category: str, kind: str, *, folds: int = FOLDS, rounds: int = ROUNDS
) -> tuple[Score, Score] | None:
    """How well figures of a category that were left out are foretold: on anchors alone, and equated. None where there
    are none of the kind."""
    people, stripped = subjects(snapshot.entries.values())
    results = results_of(people, stripped, snapshot.benchmarks, category)
    anchors, equated = list[Foretold](), list[Foretold]()
    for held in _folds(results, people, kind, folds, rounds):
        scale = fit([r for i, r in enumerate(results) if i not in held], people, rounds)
        wanted: dict[int, list[Result]] = defaultdict(list)
        for r in (results[i] for i in held):
            if people[r.model].open and r.board in scale.boards:
                wanted[r.model].append(r)
        for found, lines in ((anchors, None), (equated, scale)):
            benchmarks = _on(snapshot.benchmarks, category, lines)
            for model, gone in wanted.items():
                ability = _without(stripped[model], {r.board for r in gone}, benchmarks, category)
                found += [Foretold(r, _place(lines, r.board, ability), ability) for r in gone]
    return (_score(anchors), _score(equated)) if anchors else None


def _without(entry: Entry, boards: set[str], benchmarks: Benchmarks, category: str) -> float:
    """What is thought of a model when its figures on these boards are not known, as the logit of a figure."""
    left = replace(entry, figures=tuple(f for f in entry.figures if f.key not in boards))
    mean = thought(left, benchmarks)[task_of(category)]
    return math.log(mean / (1 - mean)) - EVERYDAY


def _place(scale: Fit | None, key: str, ability: float) -> float:
    return ability if scale is None else scale.boards[key].offset + scale.boards[key].slope * ability


def _on(benchmarks: Benchmarks, category: str, scale: Fit | None) -> dict[str, Benchmark]:
    boards = scale.boards if scale else {}
    return {
        key: replace(b, equated={category: scale.equating(key)} if scale and key in boards else {})
        for key, b in benchmarks.items()
    }


def _folds(
    results: Sequence[Result], people: Sequence[Subject], kind: str, folds: int, rounds: int
) -> Iterator[set[int]]:
    dice = random.Random(SEED)
    if kind == "random":
        order = list(range(len(results)))
        dice.shuffle(order)
        yield from (set(order[k::folds]) for k in range(folds))
        return
    sign = -1 if kind == "hard" else 1
    far = {key for key, board in fit(results, people, rounds).boards.items() if sign * board.offset > HARD}
    models = sorted({r.model for r in results})
    dice.shuffle(models)
    for k in range(folds):
        chosen = set(models[k::folds])
        yield {i for i, r in enumerate(results) if r.model in chosen and r.board in far}


def _score(found: Sequence[Foretold]) -> Score:
    total = sum(f.result.weight for f in found)
    error = math.sqrt(sum(f.result.weight * (f.place - f.result.logit) ** 2 for f in found) / total)
    boards: dict[str, list[Foretold]] = defaultdict(list)
    for f in found:
        boards[f.result.board].append(f)
    right = of = 0.0
    for rows in boards.values():
        pairs = [
            a.ability > b.ability if a.result.logit > b.result.logit else b.ability > a.ability
            for a, b in combinations(rows, 2)
            if abs(a.result.logit - b.result.logit) > SAME
        ]
        if pairs:
            weight = rows[0].result.weight * len(rows)
            right += weight * sum(pairs) / len(pairs)
            of += weight
    return Score(len(found), error, right / of if of else 0.0)


class Violation(NamedTuple):
    """A task for which less is thought of the larger model of a family, by ``gap`` of quality."""

    task: str
    larger: str
    smaller: str
    gap: float


def families(snapshot: Snapshot) -> list[tuple[Entry, Entry]]:
    """Pairs (larger, smaller) of models to chat whose names differ in nothing but their size."""
    found: dict[str, list[Entry]] = defaultdict(list)
    for entry in snapshot.entries.values():
        if entry.kind == "chat" and entry.parameters and entry.figures:
            found[_SIZE.sub("*", entry.id)].append(entry)
    pairs = (
        (a, b) if (a.parameters or 0) > (b.parameters or 0) else (b, a)
        for members in found.values()
        for a, b in combinations(members, 2)
    )
    return [
        (a, b) for a, b in pairs if (a.parameters or 0) >= LARGER * (b.parameters or 0) and _active(a) >= _active(b)
    ]


def _active(entry: Entry) -> int:
    return entry.active_parameters or entry.parameters or 0


def violations(snapshot: Snapshot) -> list[Violation]:
    """All tasks and pairs of one family in which less is thought of the larger model; the worst first."""
    pairs = families(snapshot)
    means = {e.id: thought(e, snapshot.benchmarks) for pair in pairs for e in pair}
    found = [
        Violation(task, a.id, b.id, means[b.id][task] - means[a.id][task])
        for a, b in pairs
        for task in TASKS
        if means[b.id][task] > means[a.id][task]
    ]
    return sorted(found, key=lambda v: -v.gap)


def on_anchors(snapshot: Snapshot) -> Snapshot:
    """The same figures without their equating."""
    return replace(snapshot, benchmarks={k: replace(b, equated={}) for k, b in snapshot.benchmarks.items()})


def main() -> None:
    snapshot = shipped()
    print(f"{'left out':8} {'category':12} {'figures':>7}   anchors: error order   equated: error order")
    for kind in ("random", "hard", "easy"):
        told = [(c, scores) for c in FORETOLD if (scores := held_out(snapshot, c, kind))]
        for category, (before, after) in [*told, ("all", _together([scores for _, scores in told]))]:
            words = f"{before.error:16.2f} {before.order:5.3f} {after.error:16.2f} {after.order:5.3f}"
            print(f"{kind:8} {category:12} {after.figures:7} {words}", flush=True)
    pairs = len(families(snapshot)) * len(TASKS)
    for name, one in (("anchors", on_anchors(snapshot)), ("equated", snapshot)):
        found = violations(one)
        clear = sum(v.gap > CLEAR for v in found)
        print(f"{name}: of {pairs} pairs of one family, {len(found)} upside down, {clear} by more than {CLEAR}")
    for v in found[:15]:
        print(f"    {v.task:12} {v.smaller} is thought {v.gap:.3f} better than {v.larger}")


def _together(scores: Sequence[tuple[Score, Score]]) -> tuple[Score, Score]:
    """Of all categories, by their numbers of figures."""

    def of(parts: Sequence[Score]) -> Score:
        n = sum(p.figures for p in parts)
        error = math.sqrt(sum(p.figures * p.error**2 for p in parts) / n)
        return Score(n, error, sum(p.figures * p.order for p in parts) / n)

    return of([before for before, _ in scores]), of([after for _, after in scores])


if __name__ == "__main__":
    main()
