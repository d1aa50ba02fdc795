"""Comparisons counted by pair of models. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from llmrouter_tui.core.grades import Comparison


@dataclass(frozen=True, slots=True)
class Pair:
    """Two models and every comparison of theirs, newest first; ``first`` is the one that won more often."""

    first: str
    second: str
    found: tuple[Comparison, ...] = ()

    @property
    def key(self) -> str:
        """The same whichever was named first."""
        return " ".join(sorted((self.first, self.second)))

    def wins(self, model: str, task: str = "") -> int:
        """How often a model was preferred in both orders; in one task, or in all."""
        return sum(preferred(one) == model for one in self.found if task in ("", one.task))

    def ties(self, task: str = "") -> int:
        """How often neither was, of what came to a verdict."""
        return sum(one.preferred == "tie" for one in self.found if task in ("", one.task))

    @property
    def swayed(self) -> int:
        """Ties for no other reason than that the order decided."""
        return sum(one.swayed for one in self.found)

    @property
    def failed(self) -> int:
        return sum(one.preferred is None for one in self.found)

    @property
    def tasks(self) -> list[str]:
        """In which they were compared."""
        return sorted({one.task for one in self.found})


def preferred(one: Comparison) -> str:
    """The model that was preferred in both orders; empty for a tie, and where there is no verdict."""
    return {"first": one.first, "second": one.second}.get(one.preferred or "", "")


def pairs(found: Sequence[Comparison]) -> list[Pair]:
    """Every two models that were compared, those compared last first."""
    grouped: dict[str, list[Comparison]] = {}
    for one in sorted(found, key=lambda one: -one.at):
        grouped.setdefault(" ".join(sorted((one.first, one.second))), []).append(one)
    return [_pair(ones) for ones in grouped.values()]


def _pair(ones: Sequence[Comparison]) -> Pair:
    pair = Pair(ones[0].first, ones[0].second, tuple(ones))
    ahead = pair.wins(pair.first) >= pair.wins(pair.second)
    return pair if ahead else Pair(pair.second, pair.first, pair.found)
