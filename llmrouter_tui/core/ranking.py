"""Ranked candidates as a block of numbers: what a decision keeps, and candidates when somebody looks.

Every request ranks all models and hardly any of these explanations is ever opened. As objects, six candidates are a
hundred of them, made, written away and freed per request; as a block they are one.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache, partial
from struct import Struct
from typing import NamedTuple, overload

from llmrouter_tui.core.decision import Breakdown, Candidate, Seconds
from llmrouter_tui.core.making import maker_with


class Figures(NamedTuple):
    """All that a candidate is, flat: its terms as weighted, and what they were made from."""

    model: str
    note: str
    footprint: float
    """-1 where it is not known."""
    resident: bool
    predicted_quality: float
    quality: float
    speed: float
    continuity: float
    pinned: float
    cost: float
    queue: float
    load: float
    prefill: float
    decode: float

    @property
    def score(self) -> float:
        """As ``Breakdown.score`` adds it up."""
        return self.quality + self.speed + self.continuity + self.pinned + self.cost


figures = partial(tuple.__new__, Figures)
"""A row from a tuple of all its fields, quickly."""

_WORDS = 2
"""Fields that are no numbers."""
_WIDTH = len(Figures._fields) - _WORDS
_BYTES = 8 * _WIDTH
_TERMS_AT = 8 * (Figures._fields.index("quality") - _WORDS)
_one, _terms = Struct(f"<{_WIDTH}d"), Struct("<5d")
_candidate = maker_with(Candidate, breakdown=Breakdown, seconds=Seconds)


class Ranking(Sequence[Candidate]):
    """Candidates, best first. Immutable; equal to any sequence of equal candidates."""

    __slots__ = ("block", "models", "notes")

    def __init__(self, models: tuple[str, ...], notes: tuple[str, ...], block: bytes) -> None:
        """``block``: for each model its figures after the words, as little-endian doubles. Raises ``ValueError`` where
        the three are not of one length."""
        if len(notes) != len(models) or len(block) != _BYTES * len(models):
            raise ValueError("a ranking needs as many notes and figures as models")
        self.models, self.notes, self.block = models, notes, block

    @classmethod
    def of(cls, candidates: Iterable[Candidate]) -> "Ranking":
        """The same candidates, packed. Raises ``OverflowError`` or ``struct.error`` for what is no number."""
        return ranking([_figures(candidate) for candidate in candidates])

    def score(self, model: str) -> float | None:
        """Of that model; None where it is no candidate."""
        if model not in self.models:
            return None
        quality, speed, continuity, pinned, cost = _terms.unpack_from(
            self.block, _BYTES * self.models.index(model) + _TERMS_AT
        )
        return float(quality + speed + continuity + pinned + cost)

    def __len__(self) -> int:
        return len(self.models)

    @overload
    def __getitem__(self, at: int) -> Candidate: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Candidate]: ...
    def __getitem__(self, at: int | slice) -> Candidate | Sequence[Candidate]:
        if isinstance(at, slice):
            return [self[i] for i in range(len(self.models))[at]]
        at = range(len(self.models))[at]
        footprint, resident, quality, *terms = _one.unpack_from(self.block, _BYTES * at)
        breakdown, seconds = terms[:5], terms[5:]
        score = breakdown[0] + breakdown[1] + breakdown[2] + breakdown[3] + breakdown[4]
        known = None if footprint < 0 else int(footprint)
        return _candidate(self.models[at], score, *breakdown, quality, *seconds, resident == 1.0, known, self.notes[at])

    def __iter__(self) -> Iterator[Candidate]:
        return map(self.__getitem__, range(len(self.models)))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Ranking | list | tuple):
            return len(self) == len(other) and all(map(Candidate.__eq__, self, other))
        return NotImplemented

    def __hash__(self) -> int:
        return hash(self.models)

    def __repr__(self) -> str:
        return f"Ranking({list(self)!r})"


def ranking(rows: Sequence[Figures]) -> Ranking:
    """Rows, best first, as a ranking."""
    numbers: list[object] = []
    for row in rows:
        numbers += row[_WORDS:]
    models, notes = tuple([row[0] for row in rows]), tuple([row[1] for row in rows])
    return Ranking(models, notes, _packer(len(rows)).pack(*numbers))


@lru_cache(maxsize=128)
def _packer(count: int) -> Struct:
    return Struct(f"<{_WIDTH * count}d")


def _figures(c: Candidate) -> Figures:
    b, s = c.breakdown, c.seconds
    terms, times = (b.quality, b.speed, b.continuity, b.pinned, b.cost), (s.queue, s.load, s.prefill, s.decode)
    footprint = -1.0 if c.footprint is None else c.footprint
    return Figures(c.model, c.note, footprint, c.resident, c.predicted_quality, *terms, *times)


def score_of(candidates: Sequence[Candidate], model: str) -> float | None:
    """The score of a model; None where it is no candidate."""
    if isinstance(candidates, Ranking):
        return candidates.score(model)
    return next((c.score for c in candidates if c.model == model), None)


def to_plain(value: object) -> object:
    """For JSON encoders, which know no ranking: its candidates. Raises ``TypeError`` for anything else."""
    if isinstance(value, Ranking):
        return list(value)
    raise TypeError(f"cannot encode {type(value).__name__}")
