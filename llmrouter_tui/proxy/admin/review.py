"""How things went, and how they might have gone, over HTTP."""

from collections.abc import Sequence
from dataclasses import replace

from aiohttp import web

from llmrouter_tui.core.ports.review import ReviewControl
from llmrouter_tui.core.review import SPAN, Review
from llmrouter_tui.core.spending import SpendView
from llmrouter_tui.core.trends import HOUR, KEPT, Trends
from llmrouter_tui.core.whatif import WhatIf
from llmrouter_tui.proxy.admin.asked import share, span_of
from llmrouter_tui.proxy.admin.table import BACK, STORED, shows
from llmrouter_tui.proxy.operation import Operation, Parameter
from llmrouter_tui.proxy.replies import json_response


class ReviewAdmin:
    """The handlers of what is summed up of the exchanges."""

    def __init__(self, control: ReviewControl) -> None:
        self._control = control

    async def what_if(self, request: web.Request) -> web.StreamResponse:
        """What another preference, ``?value=0.7``, would have chosen for the newest exchanges."""
        return json_response(await self._control.what_if(share(request, "value")))

    async def review(self, request: web.Request) -> web.StreamResponse:
        """How right the choices were, ``?since=7d``; over the usual time without it."""
        return json_response(await self._control.review(span_of(request, default=SPAN)))

    async def trends(self, request: web.Request) -> web.StreamResponse:
        """How things went, ``?since=1d``; over the last hour without it."""
        span = span_of(request, default=HOUR)
        return json_response(await self._control.trends(KEPT[HOUR] if span is None else span))

    async def spend(self, request: web.Request) -> web.StreamResponse:
        """What was paid today and this month, and the budgets."""
        return json_response(await self._control.spend())

    def operations(self) -> Sequence[Operation]:
        since = Parameter("since", "How far to go back; a week without it.", BACK)
        value = Parameter("value", "0 fast .. 1 good.", {"type": "number", "minimum": 0, "maximum": 1}, required=True)
        what_if = "What another quality preference would have chosen for the newest exchanges."
        return (
            shows("spend", self.spend, "What was paid today and this month, and the budgets.", SpendView),
            shows("preference/what-if", self.what_if, what_if, WhatIf, query=(value,)),
            shows(
                "review",
                self.review,
                "How right the choices were, by ratings and grades.",
                Review,
                query=(since,),
                faults=STORED,
            ),
            shows(
                "trends",
                self.trends,
                "How requests, speeds, swaps and memory went over time, as curves of at most 200 values.",
                Trends,
                query=(replace(since, about="How far to go back; an hour without it."),),
                faults=STORED,
            ),
        )
