"""The exchanges on record and their ratings over HTTP."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import msgspec
from aiohttp import web

from llmrouter_tui.core.decision import Exchange, ExchangePage
from llmrouter_tui.core.export import RatingPage
from llmrouter_tui.core.ports.history import HistoryControl, Rated
from llmrouter_tui.core.ranking import to_plain
from llmrouter_tui.proxy.admin.asked import filter_of, flag, whole_number
from llmrouter_tui.proxy.admin.table import BOTH, FILTERED, FLAG, MAX_PAGE, PAGED, STORED, shows
from llmrouter_tui.proxy.meta import Meta, RateBody
from llmrouter_tui.proxy.operation import ONE_RATING, Operation, Parameter
from llmrouter_tui.proxy.replies import about_headers, decision_headers, json_response, raw_response

SLICE = 20
"""Exchanges encoded in one go: each carries a breakdown per candidate, and chunks of answers wait meanwhile."""
REST = ("before", "total", "searched", "after", "older")
"""What a page tells besides its items."""
ENCODER = msgspec.json.Encoder(enc_hook=to_plain)


class HistoryAdmin:
    """The handlers of ``/admin/exchanges`` and ``/admin/ratings``."""

    def __init__(self, control: HistoryControl, meta: Meta) -> None:
        self._control = control
        self._meta = meta

    async def exchanges(self, request: web.Request) -> web.StreamResponse:
        page = await self._control.exchanges(
            before=request.query.get("before") or None,
            limit=whole_number(request, "limit", default=100, most=MAX_PAGE),
            query=filter_of(request).and_word(request.query.get("text", "")),
            after=request.query.get("after"),
            count=flag(request, "count"),
        )
        items = await encode_exchanges(page.items)
        rest = ENCODER.encode({name: getattr(page, name) for name in REST})
        return raw_response(b'{"items":' + items + b"," + rest[1:])

    async def exchange(self, request: web.Request) -> web.StreamResponse:
        found = await self._control.exchange(request.match_info["id"])
        response = json_response(found)
        response.headers.update(about_headers(found.id, found.model))
        if found.decision is not None:
            response.headers.update(decision_headers(found.decision, found.model))
        return response

    async def rate(self, request: web.Request) -> web.StreamResponse:
        return json_response(await self._meta.rate(request))

    async def ratings(self, request: web.Request) -> web.StreamResponse:
        page = await self._control.ratings(
            before=request.query.get("before") or None,
            limit=whole_number(request, "limit", default=100, most=MAX_PAGE),
        )
        return json_response(page)

    def operations(self) -> Sequence[Operation]:
        holds = Parameter("text", "Those that also hold this text, as a plain word of ``filter`` would.")
        newer = Parameter(
            "after", "Instead of ``before``: the next newer ones, of all. A place is ``AT:ID``, or empty."
        )
        counted = Parameter("count", "Whether to tell how many are older than the page.", FLAG)
        one = "One of them, by its id or by that of its answer."
        return (
            shows(
                "exchanges",
                self.exchanges,
                "What was asked and answered, newest first.",
                ExchangePage,
                query=(*PAGED, newer, counted, holds, FILTERED),
                faults=STORED,
            ),
            replace(shows("exchanges/{id}", self.exchange, one, Exchange, faults=STORED), decides=True),
            Operation(
                "POST",
                "rate",
                self.rate,
                "Rate an answer, and be told what that moved.",
                (Rated,),
                takes=(RateBody,),
                needs=ONE_RATING,
                faults=BOTH,
                example={"exchange_id": "01JD", "rating": "up"},
            ),
            shows("ratings", self.ratings, "What stands, newest first.", RatingPage, query=PAGED, faults=STORED),
        )


async def encode_exchanges(exchanges: Sequence[Exchange]) -> bytes:
    parts: list[bytes] = []
    for start in range(0, len(exchanges), SLICE):
        parts.append(ENCODER.encode(exchanges[start : start + SLICE])[1:-1])
        await asyncio.sleep(0)
    return b"[" + b",".join(parts) + b"]"
