"""Feature matrices as the running classifier sees them, and products with them, in numpy."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from llmrouter_tui.core.classifier import KNOWN_SLACK, MATERIAL, grams, numbers, zones
from llmrouter_tui.core.reading import clip, read_turn


class Features(NamedTuple):
    """What one text shows: words where the question stands, words between, numbers."""

    ask: frozenset[str]
    material: frozenset[str]
    numbers: list[float]


def features(text: str) -> Features:
    clipped = clip(text)
    ask, material = zones(clipped)
    return Features(frozenset(grams(ask)), frozenset(grams(material)), numbers(clipped, read_turn(clipped)))


def vocabulary(texts: Iterable[Features], least: int) -> list[str]:
    """Words, stems and pairs found in at least ``least`` texts, most frequent first."""
    counts: Counter[str] = Counter()
    for f in texts:
        counts.update(f.ask | f.material)
    return [g for g, n in sorted(counts.items(), key=lambda item: (-item[1], item[0])) if n >= least]


class Matrix:
    """Rows of sparse word values and dense numbers; the last weight row is the bias."""

    def __init__(self, texts: Sequence[Features], words: Sequence[str]) -> None:
        index = {w: i for i, w in enumerate(words)}
        columns: list[int] = []
        values: list[float] = []
        rows: list[int] = []
        for n, f in enumerate(texts):
            row: dict[int, float] = {}
            for part, factor in ((f.ask, 1.0), (f.material, MATERIAL)):
                known = [index[g] for g in part if g in index]
                for i in known:
                    row[i] = row.get(i, 0.0) + factor / np.sqrt(len(known) + KNOWN_SLACK)
            order = sorted(row)
            columns += order
            values += [row[i] for i in order]
            rows += [n] * len(order)
        self.columns = np.array(columns, np.int32)
        self.values = np.array(values, np.float32)
        self.rows = np.array(rows, np.int32)
        self.dense = np.array([f.numbers for f in texts], np.float32)
        self.n, self.words = len(texts), len(words)

    @property
    def width(self) -> int:
        return self.words + self.dense.shape[1] + 1

    def dot(self, weights: Any) -> Any:
        out = self.dense @ weights[self.words : -1] + weights[-1]
        for k in range(weights.shape[1]):
            out[:, k] += np.bincount(self.rows, self.values * weights[self.columns, k], self.n)
        return out

    def back(self, slope: Any) -> Any:
        """The transposed product, for gradients."""
        out = np.zeros((self.width, slope.shape[1]), np.float32)
        for k in range(slope.shape[1]):
            out[: self.words, k] = np.bincount(self.columns, self.values * slope[self.rows, k], self.words)
        out[self.words : -1] = self.dense.T @ slope
        out[-1] = slope.sum(0)
        return out
