"""How a list is ordered: by one of its columns, this way or the other way round. Pure."""

from collections.abc import Sequence
from typing import Generic, NamedTuple, TypeVar

Key = TypeVar("Key")


class Sort(NamedTuple, Generic[Key]):
    """A column that a list can be ordered by. ``falling`` is the order it starts with."""

    id: str
    label: str
    key: Key
    falling: bool


class Ordered(Generic[Key]):
    """A list with an order. It builds itself anew (``rebuild``) whenever that is another."""

    def __init__(self, sort: Sort[Key]) -> None:
        self.sort = sort
        self.falling = sort.falling

    def sorts(self) -> Sequence[Sort[Key]]:
        """The columns that it can be ordered by now, from left to right."""
        return (self.sort,)

    def rebuild(self) -> None:
        """Put the list in order."""

    def sort_by(self, id_: str) -> None:
        """Order by a column that lists can be ordered by; by the same one again, the other way round."""
        if id_ == self.sort.id:
            self.reverse()
            return
        self._take(next((sort for sort in self.sorts() if sort.id == id_), self.sort))

    def shift_sort(self, step: int) -> None:
        """Order by the column ``step`` places to the right."""
        sorts = self.sorts()
        at = next(place for place, sort in enumerate(sorts) if sort.id == self.sort.id)
        self._take(sorts[(at + step) % len(sorts)])

    def reverse(self) -> None:
        """The same column the other way round."""
        self.falling = not self.falling
        self.rebuild()

    def _take(self, sort: Sort[Key]) -> None:
        self.sort, self.falling = sort, sort.falling
        self.rebuild()
