"""``GET /admin/export``: what is on record, a line of JSON for each exchange, newest first.

What people and models said is left out unless it is asked for: who looks for what went wrong, or counts, needs the
figures and may hand them on.
"""

import asyncio
import math
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import msgspec
from aiohttp import web

from llmrouter_tui.core.decision import Exchange
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.ports import Control
from llmrouter_tui.core.ranking import to_plain
from llmrouter_tui.proxy.admin import SLICE, flag, span_of
from llmrouter_tui.proxy.live import Live
from llmrouter_tui.proxy.replies import error_json, request_id_of
from llmrouter_tui.proxy.stream import ClientGoneError, gone, open_stream

PAGE: Final = 100
"""Exchanges that are read in one go."""

_HEADERS: Final = {
    "Content-Type": "application/x-ndjson",
    "Content-Disposition": 'attachment; filename="exchanges.jsonl"',
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",
}
_ENCODER: Final = msgspec.json.Encoder(enc_hook=to_plain)


class Export:
    """The handler."""

    def __init__(self, control: Control, live: Live) -> None:
        self._control = control
        self._live = live

    async def lines(self, request: web.Request) -> web.StreamResponse:
        """``?since=7d`` goes back so far, ``?texts=true`` keeps prompts, answers and comments as far as they are
        stored. A last line ``{"error": …}`` says that it is not complete."""
        texts, span = flag(request, "texts"), span_of(request, default=None)
        oldest = -math.inf if span is None else time.time() - span
        task = self._live.enter()
        response: web.StreamResponse | None = None
        try:
            page = await self._control.exchanges(limit=PAGE)  # a failure still has a status of its own
            response = await open_stream(request, _HEADERS | {"x-request-id": request_id_of(request)})
            while True:
                found = [one for one in page.items if one.at >= oldest]
                await self._write(response, found if texts else [silent(one) for one in found])
                if page.before is None or len(found) < len(page.items):
                    return response
                page = await self._control.exchanges(before=page.before, limit=PAGE)
        except (ClientGoneError, ConnectionError):
            return response or gone()
        except RouterError as error:
            if response is None:
                raise
            await response.write(error_json(error) + b"\n")
            return response
        except asyncio.CancelledError:
            if not self._live.ending or response is None:
                raise
            return response
        finally:
            self._live.leave(task)

    async def _write(self, response: web.StreamResponse, exchanges: Sequence[Exchange]) -> None:
        for start in range(0, len(exchanges), SLICE):
            await response.write(_ENCODER.encode_lines(exchanges[start : start + SLICE]))
            await asyncio.sleep(0)


def silent(exchange: Exchange) -> Exchange:
    """The exchange without a word of what was said; errors may quote it."""
    rating = exchange.rating and replace(exchange.rating, comment="")
    attempts = tuple(replace(attempt, message="") for attempt in exchange.attempts)
    return replace(exchange, prompt="", answer="", message="", attempts=attempts, rating=rating)
