"""``Feed`` over HTTP: follows a router's event stream, and again after every break."""

import asyncio
import threading
from collections import deque
from collections.abc import Sequence

import httpx

from llmrouter_tui.core.events import Envelope
from llmrouter_tui.remote.events import Events, Reset

RING = 4096
"""Events kept between two drains; the oldest go first."""

SILENCE = 30.0
"""Seconds without a byte after which the connection counts as broken; a router says something every 10 s."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 5.0


class RemoteFeed:
    """A bounded ring of events. ``follow`` fills it on one thread, ``drain`` empties it on another."""

    def __init__(self) -> None:
        self._ring: deque[Envelope] = deque()
        self._lock = threading.Lock()
        self._cut = False
        self._dropped = 0
        self._connected = False
        self._pause = _FIRST_PAUSE

    @property
    def connected(self) -> bool:
        return self._connected

    @property
    def dropped(self) -> int:
        """Events that this side dropped; how many the router dropped is not known here."""
        return self._dropped

    def drain(self, limit: int = 2000) -> tuple[Sequence[Envelope], bool]:
        with self._lock:
            cut, self._cut = self._cut, False
            ring = self._ring
            return [ring.popleft() for _ in range(min(limit, len(ring)))], cut

    async def follow(self, client: httpx.AsyncClient) -> None:
        """Read the stream until cancelled; after a break try again, at first soon and then every few seconds."""
        while True:
            try:
                await self._read(client)
            except (httpx.HTTPError, ValueError):
                pass
            finally:
                self._connected = False
            await asyncio.sleep(self._pause)
            self._pause = min(self._pause * 2, _LONGEST_PAUSE)

    async def _read(self, client: httpx.AsyncClient) -> None:
        timeout = httpx.Timeout(5.0, read=SILENCE)
        async with client.stream("GET", "/admin/events", timeout=timeout) as response:
            response.raise_for_status()
            if not response.headers.get("Content-Type", "").startswith("text/event-stream"):
                raise ValueError("this is no event stream")
            self._connected = True
            self._pause = _FIRST_PAUSE
            # Events before this moment were missed, so a screen starts from a snapshot in any case.
            self._add((), cut=True)
            events = Events()
            async for data in response.aiter_raw():
                found = events.feed(data)
                if found:
                    self._take(found)

    def _take(self, found: list[Envelope | Reset]) -> None:
        cut = any(isinstance(event, Reset) for event in found)
        self._add([event for event in found if isinstance(event, Envelope)], cut=cut)

    def _add(self, envelopes: Sequence[Envelope], *, cut: bool) -> None:
        with self._lock:
            self._ring.extend(envelopes)
            excess = len(self._ring) - RING
            for _ in range(excess):
                self._ring.popleft()
            self._dropped += max(0, excess)
            self._cut = self._cut or cut or excess > 0
