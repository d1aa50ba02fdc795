"""How things went, and how they might have gone, over HTTP."""

import msgspec

from llmrouter_tui.core.review import SPAN, Review, said_span
from llmrouter_tui.core.spending import SpendView
from llmrouter_tui.core.trends import Trends
from llmrouter_tui.core.whatif import WhatIf
from llmrouter_tui.remote.commands.line import Commands

_SPEND = msgspec.json.Decoder(SpendView)
_REVIEW = msgspec.json.Decoder(Review)
_TRENDS = msgspec.json.Decoder(Trends)
_WHAT_IF = msgspec.json.Decoder(WhatIf)


class ReviewCommands(Commands):
    """``core.ports.review.ReviewControl`` over HTTP."""

    async def review(self, span: float | None = SPAN) -> Review:
        return await self._get("review", _REVIEW, {"since": said_span(span)})

    async def what_if(self, preference: float) -> WhatIf:
        """Asking changes nothing: a read-only control may."""
        return await self._get("preference/what-if", _WHAT_IF, {"value": repr(preference)})

    async def trends(self, span: float) -> Trends:
        return await self._get("trends", _TRENDS, {"since": said_span(span)})

    async def spend(self) -> SpendView:
        return await self._get("spend", _SPEND)
