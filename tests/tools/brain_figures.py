"""Figures of the brain on public question sets: ``python -m tests.tools.brain_figures DATA [--weights FILE] WHAT…``.

DATA is the folder of the sets (``ulab.train.jsonl.gz`` …), WHAT some of: ``curve`` (grades arriving one at a time),
``calibration`` (predicted against observed quality, by decile), ``gain`` (over the best single model), ``latency``.
``--weights`` takes other weights than the shipped ones, such as those trained without one of the sets. Seeded.
"""

import argparse
import random
import statistics
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from llmrouter_tui.brain import load, weights
from llmrouter_tui.cli import evaluation
from llmrouter_tui.core.analysis import Analyst
from llmrouter_tui.core.classifier import Sorted, Weights, marks, sort_out
from llmrouter_tui.core.domain import Ability
from llmrouter_tui.core.lessons import Tally, learn
from llmrouter_tui.core.reading import clip, read_turn
from tests.core.formula import predicted_quality
from tests.tools.training import sets

SEEDS = 5
STEPS = (0, 100, 300, 1000, 3000)
REFIT_UNTIL, REFIT_EVERY = 50, 20
"""Each of the first grades is learned from at once, later ones by the score."""
TRIED = 0.1
"""Share of prompts on which the runner-up is tried, where exploration is switched on."""


class Bench:
    """One set, read by the analysis: test and training rows, and what is known of the models without grades."""

    def __init__(self, data: Path, name: str) -> None:
        facts = msgspec.json.decode((data / f"{name}.models.json").read_bytes(), type=dict[str, dict[str, Any]])
        self.name = name
        self.train, self.test = (_read(sets.load(data, name, split)) for split in ("train", "test"))
        self.models = sorted(self.test[0][1])
        before = evaluation.views({m: evaluation.info_of(m, facts[m]) for m in self.models}, {})
        self.priors: Mapping[str, Mapping[str, Ability]] = {m: view.abilities for m, view in before.items()}

    def score(self, tallies: Mapping[str, Tally]) -> float:
        """Mean grade on the test rows of the models that are predicted to be best."""
        return statistics.fmean(
            scores[max(quality, key=quality.__getitem__)] for quality, scores in self.predict(tallies)
        )

    def predict(self, tallies: Mapping[str, Tally]) -> Iterator[tuple[dict[str, float], Mapping[str, float]]]:
        lessons = learn(self.priors, tallies)
        for found, scores in self.test:
            yield {m: predicted_quality(found.kinds, found.easiness, lessons[m]) for m in self.models}, scores

    def share(self, score: float) -> float:
        """How far a score is on the way from a random model to the best single one."""
        return (score - self.random) / (self.best - self.random)

    @property
    def random(self) -> float:
        return statistics.fmean(x for _, scores in self.test for x in scores.values())

    @property
    def best(self) -> float:
        """The test score of the model that was best in training."""
        best = max(self.models, key=lambda m: statistics.fmean(scores[m] for _, scores in self.train))
        return statistics.fmean(scores[best] for _, scores in self.test)


def _read(rows: Iterable[sets.Row]) -> list[tuple[Sorted, dict[str, float]]]:
    return [(evaluation.sort_prompt(row.prompt), row.scores) for row in rows]


def all_grades(bench: Bench) -> dict[str, Tally]:
    tallies = {m: Tally() for m in bench.models}
    for found, scores in bench.train:
        for model, grade in scores.items():
            tallies[model].add(found.kinds, found.easiness, grade)
    return tallies


def curve(bench: Bench, tried: float) -> None:
    """Each prompt is answered by the model that looks best then (or, for a share, by the runner-up) and graded."""
    runs = [one_by_one(bench, seed, tried) for seed in range(SEEDS)]
    for step, shares in zip(STEPS, zip(*runs, strict=True), strict=True):
        if step <= len(bench.train):
            print(f"  {bench.name} after {step:5} grades, {tried:.0%} tried: share {statistics.fmean(shares):6.1%}"
                  f"  (worst {min(shares):6.1%})")  # fmt: skip


def one_by_one(bench: Bench, seed: int, tried: float) -> list[float]:
    rng = random.Random(seed)
    tallies = {m: Tally() for m in bench.models}
    lessons, shares = learn(bench.priors, tallies), []
    for i, (found, scores) in enumerate(rng.sample(bench.train, min(STEPS[-1], len(bench.train)))):
        if i in STEPS:
            shares.append(bench.share(bench.score(tallies)))
        if i < REFIT_UNTIL or i % REFIT_EVERY == 0:
            lessons = learn(bench.priors, tallies)
        ranked = sorted(bench.models, key=lambda m: -predicted_quality(found.kinds, found.easiness, lessons[m]))
        model = ranked[1] if rng.random() < tried else ranked[0]
        tallies[model].add(found.kinds, found.easiness, scores[model])
    return [*shares, bench.share(bench.score(tallies))]


def calibration(bench: Bench) -> None:
    """The worst tenth of predicted quality that holds a hundred pairs."""
    cells: dict[int, list[tuple[float, float]]] = {}
    for quality, scores in bench.predict(all_grades(bench)):
        for model, q in quality.items():
            cells.setdefault(min(9, int(q * 10)), []).append((q, scores[model]))
    worst = 0.0
    for tenth, pairs in sorted(cells.items()):
        predicted, observed = (statistics.fmean(column) for column in zip(*pairs, strict=True))
        if len(pairs) >= 100:
            worst = max(worst, abs(predicted - observed))
        print(
            f"  {bench.name} {tenth / 10:.1f}  {len(pairs):6} pairs  {predicted:.3f} predicted  {observed:.3f} observed"
        )
    print(f"  {bench.name} worst {worst:.3f}")


def gain(bench: Bench) -> None:
    score = bench.score(all_grades(bench))
    print(f"  {bench.name} {score:.4f} against {bench.best:.4f}: {100 * (score - bench.best):+.2f} points")


def latency(used: Weights) -> None:
    """Of the classifier alone and with the cues that it is joined with; no text is seen twice."""
    sentence = "Write a function that parses a list of dates like 2024-05-06; explain each step to a beginner, please. "
    for label, size in (("a line", 100), ("4 KB", 4096), ("200 KB", 200_000)):
        texts = [(f"{i} " + sentence * (size // len(sentence) + 1))[:size] for i in range(200)]
        for what, step in (("classifier", lambda t: _classify(used, t)), ("analysis", evaluation.sort_prompt)):
            times = sorted(_timed(step, text) for text in texts)
            print(f"  {what:10} {label:7} {1e3 * times[100]:.3f} ms, 95 % within {1e3 * times[190]:.3f} ms")
            read_turn.cache_clear()


def _classify(used: Weights, text: str) -> Sorted:
    text = clip(text)
    return sort_out(marks(used, text, read_turn(text)))


def _timed(step: Any, text: str) -> float:
    start = time.perf_counter()
    step(text)
    return time.perf_counter() - start


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("what", nargs="+", choices=("curve", "calibration", "gain", "latency"))
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--set", action="append", choices=sets.SETS, help="only this set")
    given = parser.parse_args(arguments)
    used = load(given.weights.read_bytes()) if given.weights else weights()
    analyst = Analyst(used)
    evaluation._analyst = lambda: analyst  # type: ignore[assignment]
    benches = [Bench(given.data, name) for name in given.set or sets.SETS] if set(given.what) - {"latency"} else []
    for what in given.what:
        print(what)
        if what == "latency":
            latency(used)
        for bench in benches:
            match what:
                case "curve":
                    curve(bench, 0.0)
                    curve(bench, TRIED)
                case "calibration":
                    calibration(bench)
                case "gain":
                    gain(bench)


if __name__ == "__main__":
    main()
