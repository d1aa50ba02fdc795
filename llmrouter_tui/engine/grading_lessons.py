"""What the grades of clients' answers teach, in the very way that ``eval-route`` measures: by kinds of prompts.

As long as there is none, abilities alone decide. Learned in a thread and every few seconds at most; what is learned
rests on the abilities of that moment, so it is learned anew when those change.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from llmrouter_tui.core.domain import Ability, Lesson
from llmrouter_tui.core.lessons import learn
from llmrouter_tui.engine.fleet import Fleet
from llmrouter_tui.engine.grading import Gradings
from llmrouter_tui.engine.learning import Learning
from llmrouter_tui.engine.pairings import Pairings
from llmrouter_tui.engine.record import ModelRecord

PAUSE: Final = 3.0
"""Seconds between two looks."""
NOTICED: Final = 0.003
"""Smaller changes of what is learned are none."""


class Lessons:
    """Gives every ``ModelRecord`` its lesson, and brings abilities in line with what judges are worth now."""

    def __init__(self, fleet: Fleet, learning: Learning, gradings: Gradings, pairings: Pairings) -> None:
        self._fleet = fleet
        self._learning = learning
        self._gradings = gradings
        self._pairings = pairings
        self._version = gradings.version
        self._rests_on: Mapping[str, Mapping[str, Ability]] = {}
        """The abilities when it was learned."""

    async def step(self) -> None:
        """Learn, where there is news: to be called again and again."""
        news = self._version != self._gradings.version
        self._version = self._gradings.version
        if news:
            await self._refresh()
        records = list(self._fleet.models.values())
        if not self._gradings.live:
            self._give(records, {})
            return
        now = {record.id: record.abilities for record in records}
        if not news and _same(now, self._rests_on):
            return
        self._rests_on = now
        priors: dict[str, Mapping[str, Ability]] = {}
        for record in records:
            await asyncio.sleep(0)
            priors[record.id] = self._learning.untaught(record)
        tallies = {record.id: tally for record in records if (tally := self._gradings.tally(record.info)).cells}
        self._give(records, await asyncio.to_thread(learn, priors, tallies))

    async def _refresh(self) -> None:
        """A judge that is worth more or less now moves all that it graded."""
        for record in list(self._fleet.models.values()):
            if self._gradings.has(record.info) or self._pairings.bouts(record.info):
                before = record.abilities
                await asyncio.sleep(0)  # chunks of answers come between
                self._learning.refresh(record)
                if any(before[task].mean != ability.mean for task, ability in record.abilities.items()):
                    self._fleet.touch(record)
        for record in self._learning.settle(self._fleet.models.values()):
            self._fleet.touch(record)

    def _give(self, records: Sequence[ModelRecord], lessons: Mapping[str, Lesson]) -> None:
        for record in records:
            new = lessons.get(record.id)
            if _moved(record.lesson, new):
                record.lesson = new
                self._fleet.touch(record)


def _same(one: Mapping[str, object], other: Mapping[str, object]) -> bool:
    return one.keys() == other.keys() and all(one[model] is other[model] for model in one)


def _moved(old: Lesson | None, new: Lesson | None) -> bool:
    if old is None or new is None:
        return old is not new
    changes = (abs(a - b) for a, b in zip((*old.means, old.slope), (*new.means, new.slope), strict=True))
    return max(changes) > NOTICED
