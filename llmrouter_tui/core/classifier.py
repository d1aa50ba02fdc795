"""The trained reader: a linear classifier over words, stems and pairs of words and some dozens of cheap numbers.

It gives a turn log-odds per kind of prompt, its easiness, and how much it leans on the conversation before it. A
known word adds its row; a row is whole numbers packed side by side into one integer, so that a text of 500 words
costs a few hundred integer additions. ``tests/tools/train_classifier.py`` makes the weights; where they are read from
is not known here.
"""

import math
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from operator import mul
from typing import NamedTuple

from llmrouter_tui.core.domain import TASKS
from llmrouter_tui.core.kinds import KIND_TASKS, KINDS, TASK_OF_KIND
from llmrouter_tui.core.reading import CAP, SHORT, Turn
from llmrouter_tui.core.words import word_set

OUTPUTS = len(KINDS) + 2
"""Log-odds per kind, then easiness, then the log-odds of leaning."""
EASE, LEAN = OUTPUTS - 2, OUTPUTS - 1
LANE = 3
"""Bytes of an output in a packed row: a clipped text holds under 10,000 words, stems and pairs of a byte each."""
ZERO = 128
"""What stands for 0 in a byte of a row."""

STEM = 5
"""Letters of a stem: words of other endings, and with a slip of the pen, share it."""
HEAD_ASK, TAIL_ASK = 320, 240
"""Characters at both ends of a longer text where the question mostly stands."""
MATERIAL = 0.5
"""Weight of the words between them."""
KNOWN_SLACK = 4.0
"""Words are divided by the root of how many are known, and this: a long text does not shout."""
EASIEST = 3.0
"""Easiness is bounded by this on both sides: a wrong extreme costs more than a cautious one."""

AT_LEAST = 0.15
"""Leaning of every turn that has a conversation before it."""
ECHO = 0.5
"""How much of its own log-odds a leaning turn adds to those of what it leans on."""
SYSTEM = 0.3
"""Weight of the system prompt's log-odds."""
ANSWERED_CODE = 2.0
"""Log-odds of the coding kinds for a turn that leans on an answer with code."""

_TOKEN = re.compile(r"[぀-ヿ㐀-鿿]|[^\W\d_]+(?:'[a-z]{1,2}\b)?|\d+|\\[a-z]+|[=+*/^{}()\[\];$\\<>|&_#?:%≤≥∑∫√-]")
_DIGIT = re.compile(r"\d")
_DIGITS = frozenset("0123456789")
_WH = word_set("what who when where which why how is are do does did can could would should was were")
_LATIN = word_set("en de fr es it pt nl pl sv tr")
_CODING = tuple(KIND_TASKS[kind] == "coding" for kind in KINDS)


class Weights(NamedTuple):
    """What training made. An output is ``bias`` + ``numbers`` · the cheap numbers + ``scale`` · the words' lanes."""

    rows: Mapping[str, int]
    scales: tuple[float, ...]
    numbers: tuple[tuple[float, ...], ...]
    """Per output, a weight per number."""
    bias: tuple[float, ...]


class Sorted(NamedTuple):
    """What a request was found to be."""

    kinds: tuple[float, ...]
    """Probability per kind, in the order of ``KINDS``."""
    easiness: float
    """In logits for a middling model: 3 easy … −3 hard."""

    @property
    def tasks(self) -> tuple[float, ...]:
        """Probability per task, in the order of ``TASKS``."""
        return by_task(self.kinds)

    @property
    def difficulty(self) -> float:
        """0 easy … 1 hard."""
        return 1.0 / (1.0 + math.exp(self.easiness))


def packed(words: Sequence[str], cells: bytes) -> dict[str, int]:
    """Rows by word, from one byte per word and output, word after word (``ZERO`` stands for 0)."""
    wide = bytearray(len(cells) * LANE)
    wide[::LANE] = cells
    step = OUTPUTS * LANE
    read = int.from_bytes
    return {word: read(wide[i : i + step], "little") for word, i in zip(words, range(0, len(wide), step), strict=True)}


def marks(weights: Weights, text: str, turn: Turn) -> tuple[float, ...]:
    """All outputs for one turn, clipped and read as ``turn``."""
    values = numbers(text, turn)
    found = [bias + sum(map(mul, row, values)) for bias, row in zip(weights.bias, weights.numbers, strict=True)]
    for zone, factor in zip(zones(text), (1.0, MATERIAL), strict=True):
        if zone:
            _add_words(found, weights, grams(zone), factor)
    return tuple(found)


def sort_out(
    last: Sequence[float], before: Sequence[Sequence[float]] = (), system: Sequence[float] = (), answered: bool = False
) -> Sorted:
    """The kind and easiness of a request from the marks of its turns: the last user turn, those ``before`` it
    (newest first), the system prompt, and whether the answer before the last turn held code."""
    kinds, ease = _alone(before[-1]) if before else _alone(last)
    for turn in (*before[-2::-1], last) if before else ():
        leaning = AT_LEAST + (1 - AT_LEAST) * _sigmoid(turn[LEAN])
        own, own_ease = _alone(turn)
        code = ANSWERED_CODE if answered and turn is last else 0.0
        logs = [math.log(p + 1e-6) + ECHO * x + code * c for p, x, c in zip(kinds, turn, _CODING, strict=False)]
        kinds = [(1 - leaning) * a + leaning * b for a, b in zip(own, _softmax(logs), strict=True)]
        ease = (1 - leaning) * own_ease + leaning * ease
    if system:
        kinds = _softmax([math.log(p + 1e-6) + SYSTEM * x for p, x in zip(kinds, system, strict=False)])
    return Sorted(tuple(kinds), ease)


def by_task(kinds: Sequence[float]) -> tuple[float, ...]:
    """Sums per task of numbers per kind."""
    tasks = [0.0] * len(TASKS)
    for share, task in zip(kinds, TASK_OF_KIND, strict=True):
        tasks[task] += share
    return tuple(tasks)


def grams(text: str) -> set[str]:
    """Words, their stems and pairs of neighbours, lower case; figures count by their length only."""
    tokens = [token if token[0] not in _DIGITS else "000000"[: len(token)] for token in _TOKEN.findall(text.lower())]
    found = set(tokens)
    found.update([token[:STEM] + "~" for token in found if len(token) > STEM])
    found.update(map(" ".join, pairwise(tokens)))
    return found


def zones(text: str) -> tuple[str, str]:
    """(the ends, where the question mostly stands; the material between them)."""
    if len(text) <= HEAD_ASK + TAIL_ASK:
        return text, ""
    return f"{text[:HEAD_ASK]}\n{text[-TAIL_ASK:]}", text[HEAD_ASK:-TAIL_ASK]


def numbers(text: str, turn: Turn) -> list[float]:
    """The cheap numbers, each about 0 to 1; their order is part of the weights."""
    size, words, count = len(text) or 1, turn.words or 1, text.count
    first = text[:24].split(None, 1)
    opening = first[0].lower() if first else ""
    end = text[-3:].rstrip()[-1:]
    return [
        *[score / CAP for score in turn.scores],
        turn.hard * 2.0,
        turn.evidence / CAP,
        float(turn.code),
        float(turn.latex),
        float(turn.options),
        float(turn.arithmetic),
        float(turn.leans),
        float(turn.asked_tokens > 0),
        min(turn.constraints, 10) / 5.0,
        math.log2(words) / 8.0,
        float(words <= 3),
        float(words <= 8),
        math.log2(size) / 12.0,
        float(size > SHORT),
        float(size > 1500),
        math.log2(1 + count("\n")) / 5.0,
        float("\n" not in text),
        min(1.0, size / words / 12.0),
        float(end in "?？؟" and end != ""),
        float("?" in text and end != "?"),
        float(end == ":"),
        float(end == "."),
        float(end.isalnum()),
        float(opening in _WH),
        float(opening.islower()),
        min(1.0, len(_DIGIT.findall(text)) / size * 8),
        min(1.0, sum(map(str.isupper, text[:400])) / min(size, 400) * 5),
        min(1.0, count("$") / 6),
        min(1.0, count("\\") / 10),
        min(1.0, count("^") / 4),
        min(1.0, count("=") / 6),
        min(1.0, (count("(") + count("[")) / 10),
        min(1.0, count("_") / 6),
        min(1.0, count(",") / words * 4),
        min(1.0, count('"') / 6),
        float("```" in text),
        float("__" in text),
        float(not text.isascii()),
        float(turn.language not in _LATIN and turn.language != ""),
        float(turn.language != "en"),
    ]


def _add_words(found: list[float], weights: Weights, words: set[str], factor: float) -> None:
    rows = weights.rows
    known = rows.keys() & words
    if not known:
        return
    total = sum([rows[word] for word in known])
    lanes = total.to_bytes(OUTPUTS * LANE, "little")
    zero = ZERO * len(known)
    factor /= math.sqrt(len(known) + KNOWN_SLACK)
    for i, scale in enumerate(weights.scales):
        lane = lanes[LANE * i] | lanes[LANE * i + 1] << 8 | lanes[LANE * i + 2] << 16
        found[i] += (lane - zero) * scale * factor


def _alone(turn: Sequence[float]) -> tuple[list[float], float]:
    return _softmax(turn[:EASE]), max(-EASIEST, min(EASIEST, turn[EASE]))


def _softmax(logs: Sequence[float]) -> list[float]:
    top = max(logs)
    odds = [math.exp(x - top) for x in logs]
    total = sum(odds)
    return [x / total for x in odds]


def _sigmoid(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, x))))
