"""How things went, and how they might have gone."""

import asyncio
import contextlib
import math
from dataclasses import replace

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.review import SPAN, Review, review
from llmrouter_tui.core.spending import SpendView
from llmrouter_tui.core.trends import Trends
from llmrouter_tui.core.whatif import DECISIONS, WhatIf, what_if
from llmrouter_tui.engine.commands.parts import Commands


class ReviewCommands(Commands):
    """``core.ports.review.ReviewControl`` in this process."""

    async def review(self, span: float | None = SPAN) -> Review:
        await self._p.repo.flush()
        audit = await self._p.repo.audit(-math.inf if span is None else self._p.clock.wall() - span)
        audit = replace(audit, marks=[mark for mark in audit.marks if self._p.grades.believed(mark.by)])
        return await asyncio.to_thread(review, audit, span)

    async def what_if(self, preference: float) -> WhatIf:
        if not 0 <= preference <= 1:
            raise RouterError("invalid_request", "a preference is a number from 0 to 1", param="value")
        known = {exchange.id: exchange for exchange in self._p.router.traffic.newest()}
        with contextlib.suppress(RouterError):  # without a database, of what is in memory
            stored = await self._p.repo.exchanges(before=None, limit=DECISIONS)
            known = {exchange.id: exchange for exchange in stored.items} | known
        newest = sorted(known.values(), key=lambda exchange: exchange.at, reverse=True)[:DECISIONS]
        decided = [(e.id, e.decision) for e in newest if e.decision is not None]
        return await asyncio.to_thread(what_if, decided, preference)

    async def trends(self, span: float) -> Trends:
        return await self._p.repo.trends(span=span, now=self._p.clock.wall())

    async def spend(self) -> SpendView:
        return self._p.spending.view()
