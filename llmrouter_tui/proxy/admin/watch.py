"""``GET /admin/events``: every fact of the router as server-sent events, for a second screen or a script.

Each event is ``id: seq``, ``event: <name of the fact>``, ``data: {"seq", "at", "mono", "fact"}``. An event named
``reset`` says that events were dropped because this reader was slow: what it knows is no longer complete, and it
should take a new snapshot.
"""

import asyncio
from collections.abc import Sequence
from typing import NoReturn

from aiohttp import web

from llmrouter_tui.codec import encode
from llmrouter_tui.core.events import FACTS, Envelope
from llmrouter_tui.core.ports.feed import Subscription, Subscriptions
from llmrouter_tui.proxy.admin.table import shows
from llmrouter_tui.proxy.live import Live
from llmrouter_tui.proxy.operation import EVENTS, Operation
from llmrouter_tui.proxy.options import ProxyOptions
from llmrouter_tui.proxy.replies import request_id_of
from llmrouter_tui.proxy.stream import ClientGoneError, gone, open_stream

RING = 1024
"""Events kept for a slow reader."""

RESET = b"event: reset\ndata: {}\n\n"
_HEADERS = {"Content-Type": "text/event-stream", "Cache-Control": "no-cache", "X-Accel-Buffering": "no"}


class Watch:
    """The handler of the event stream."""

    def __init__(self, subscriptions: Subscriptions, live: Live, options: ProxyOptions) -> None:
        self._subscriptions = subscriptions
        self._live = live
        self._options = options

    async def events(self, request: web.Request) -> web.StreamResponse:
        task = self._live.enter()
        # Subscribed before the headers go out: a snapshot taken on seeing them misses nothing.
        subscription = self._subscriptions.subscribe(RING)
        response: web.StreamResponse | None = None
        try:
            response = await open_stream(request, _HEADERS | {"x-request-id": request_id_of(request)})
            await self._follow(subscription, response)
        except (ClientGoneError, ConnectionError):
            return response or gone()
        except asyncio.CancelledError:
            if not self._live.ending or response is None:
                raise
            return response
        finally:
            subscription.close()
            self._live.leave(task)

    async def _follow(self, subscription: Subscription, response: web.StreamResponse) -> NoReturn:
        await response.write(b": watching\n\n")
        while True:
            envelopes, dropped = await subscription.next(self._options.heartbeat)
            text = b"".join([encode_event(envelope) for envelope in envelopes])
            if dropped:
                text = RESET + text
            await response.write(text or b": idle\n\n")

    def operations(self) -> Sequence[Operation]:
        facts = ", ".join(sorted(FACTS))
        events = (
            "Every fact of the router as it happens. Each event is named after its fact and holds seq, at, mono and "
            f"fact; one named reset says that some were left out for a reader that was slow. Facts: {facts}."
        )
        return (shows("events", self.events, events, media=EVENTS),)


def encode_event(envelope: Envelope) -> bytes:
    head = f"id: {envelope.seq}\nevent: {type(envelope.fact).__name__}\ndata: ".encode()
    return head + encode(envelope) + b"\n\n"
