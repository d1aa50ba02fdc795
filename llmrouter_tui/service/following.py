"""Abilities follow what is publicly known: names that were looked up, figures that were fetched."""

import asyncio
from collections.abc import Sequence

from llmrouter_tui.core.sync import SyncedFigure
from llmrouter_tui.engine.fleet import Fleet
from llmrouter_tui.engine.learning import Learning
from llmrouter_tui.engine.record import ModelRecord
from llmrouter_tui.service.public import Public
from llmrouter_tui.service.recall import Recall


class Following:
    """Takes what is new there to the models that it is about."""

    def __init__(self, public: Public, recall: Recall, fleet: Fleet, learning: Learning) -> None:
        self._public = public
        self._recall = recall
        self._fleet = fleet
        self._learning = learning

    async def look_up(self) -> None:
        """What is publicly known of models whose names were not seen before; waits until there are such."""
        for model_id in await self._recall.look_up():
            if record := self._fleet.models.get(model_id):
                self._refresh(record)

    async def take(self, figures: Sequence[SyncedFigure]) -> None:
        """Public figures are others than before: abilities follow at once."""
        await asyncio.to_thread(self._public.take, figures)
        for record in tuple(self._fleet.models.values()):
            self._refresh(record)
            await asyncio.sleep(0)  # each takes a millisecond or so, and answers pass meanwhile

    def _refresh(self, record: ModelRecord) -> None:
        self._learning.refresh(record)
        self._fleet.touch(record)
