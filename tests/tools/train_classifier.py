"""Make the classifier's weights: ``python -m tests.tools.train_classifier DATA OUT [--without SET]``.

DATA is the folder of public question sets (``*.train.jsonl.gz``), OUT the weights file; the card is written beside
it. Needs numpy, which nothing else here does. Seeded: the same data give the same file.
"""

import argparse
import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from llmrouter_tui.brain import FORMAT, dump
from llmrouter_tui.core.classifier import OUTPUTS, ZERO
from llmrouter_tui.core.kinds import KINDS
from tests.tools.training import sets
from tests.tools.training.joint import Fit, Options, Targets, size_level, train
from tests.tools.training.phrases import Example, examples
from tests.tools.training.sparse import Features, Matrix, features, vocabulary

WORDS = 9000
"""Rows of the shipped file."""
LEAST = 3
"""Texts that a word must be found in."""
FIRST = Options(steps=150, shrink=5e-5, talent=0.1, slope=0.5)
SECOND = Options(steps=150, rate=0.02, shrink=3e-5, talent=0.1, slope=0.5)


def targets(rows: list[sets.Row], made: list[Example], billions: dict[str, dict[str, float]]) -> Targets:
    """What is known of the sets' rows and, after them, of our own prompts."""
    pairs = sorted({(r.set, model) for r in rows for model in r.scores})
    keys = {pair: i for i, pair in enumerate(pairs)}
    people = sorted({_same(model) for _, model in pairs})
    levels = {_same(model): size_level(billions[name][model]) for name, model in pairs}
    each = Counter(r.set for r in rows)
    n, most = len(rows) + len(made), max([len(r.scores) for r in rows], default=1)
    allowed, ease, lean = np.zeros((n, len(KINDS))), np.full(n, np.nan), np.zeros(n)
    grades, models = np.full((n, most), np.nan), np.full((n, most), -1)
    for i, row in enumerate(rows):
        allowed[i, [KINDS.index(kind) for kind in row.kinds]] = 1
        for j, (model, score) in enumerate(sorted(row.scores.items())):
            grades[i, j], models[i, j] = score, keys[row.set, model]
    for i, one in enumerate(made, len(rows)):
        lean[i] = one.leans
        if one.kind:
            allowed[i, KINDS.index(one.kind)] = 1
            ease[i] = np.log((1 - one.difficulty) / one.difficulty)
    return Targets(
        allowed,
        grades,
        models,
        np.array([len(rows) / len(each) / each[r.set] for r in rows] + [1.0] * len(made)),
        ease,
        lean,
        np.array([sets.SETS.index(name) for name, _ in pairs]),
        np.array([people.index(_same(model)) for _, model in pairs]),
        np.array([levels[p] for p in people]),
    )


def _same(model: str) -> str:
    return model.lower().removeprefix("meta-")


def fit_words(texts: list[Features], t: Targets, count: int = WORDS) -> tuple[list[str], Fit]:
    """Train on all words, keep those that matter most, and train again on these."""
    words = vocabulary(texts, LEAST)
    matrix = Matrix(texts, words)
    fit = train(matrix, t, FIRST)
    found = np.bincount(matrix.columns, matrix.values**2, len(words))
    worth = np.sqrt(found * (fit.weights[: len(words)] ** 2).sum(1))
    kept = sorted(np.argsort(-worth, kind="stable")[:count])
    rows = np.concatenate([kept, np.arange(len(words), len(fit.weights))])
    start = Fit(fit.weights[rows].copy(), fit.level, fit.talent, fit.slope)
    chosen = [words[i] for i in kept]
    return chosen, train(Matrix(texts, chosen), t, SECOND, start)


def quantised(words: list[str], fit: Fit) -> tuple[bytes, list[float]]:
    """(cells, scales): one byte per word and output; the largest 0.1 % of an output are cut off."""
    sparse = fit.weights[: len(words)]
    tops = np.quantile(np.abs(sparse), 0.999, axis=0).clip(1e-6)
    cells = np.clip(np.rint(sparse / tops * 127), -127, 127)
    cells[np.abs(cells) < DEAD] = 0
    return (cells + ZERO).astype(np.uint8).tobytes(), [float(x) for x in tops / 127]


DEAD = 4
"""Cells below this share of 127 are rounded to nothing, which halves the file."""


def export(words: list[str], fit: Fit) -> bytes:
    cells, scales = quantised(words, fit)
    dense: Any = fit.weights[len(words) : -1]
    return dump(words, cells, scales, [list(map(float, c)) for c in dense.T], list(map(float, fit.weights[-1])))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--without", default="", choices=("", *sets.SETS), help="leave one set out")
    given = parser.parse_args()
    names = [name for name in sets.SETS if name != given.without]
    rows = [row for name in names for row in sets.load(given.data, name, "train")]
    made = examples()
    billions = {name: sets.sizes(given.data, name) for name in names}
    words, fit = fit_words(
        [features(t) for t in (*[r.prompt for r in rows], *[e.text for e in made])], targets(rows, made, billions)
    )
    data = export(words, fit)
    given.out.write_bytes(data)
    facts = {
        "format": FORMAT,
        "made": date.today().isoformat(),
        "bytes": len(data),
        "words": len(words),
        "outputs": OUTPUTS,
        "public prompts": {name: sum(r.set == name for r in rows) for name in names},
        "own prompts": len(made),
        "mean slope": round(float(fit.slope.mean()), 3),
    }
    print(json.dumps(facts, indent=1))


if __name__ == "__main__":
    main()
