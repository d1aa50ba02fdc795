"""The crossing to the router: commands go out as futures, events come in by draining. Nothing here blocks."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from llmrouter_tui.core.events import TextsForgotten
from llmrouter_tui.core.forgetting import Forget
from llmrouter_tui.core.ports.host import Host
from llmrouter_tui.tui.state import Dirty, Store

T = TypeVar("T")
SNAPSHOT_TIMEOUT = 10.0
"""Seconds to wait for one snapshot before asking again."""


@dataclass(slots=True)
class Figures:
    """What ``f12`` shows about the link."""

    drained: int = 0
    snapshots: int = 0
    last: int = 0


class Link:
    """Ties a ``Host`` to a ``Store``. Lives on the screen's loop."""

    def __init__(self, host: Host, store: Store) -> None:
        self.host = host
        self.store = store
        self.figures = Figures()
        self.stale = True
        """Whether events were lost (or never heard), so that only a snapshot helps."""
        self.forgotten: list[Forget] = []
        """Whose texts were taken out of what is kept: who holds a copy drops it."""

    async def call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a control call on the router's own loop and wait for it without holding the screen.

        Raises what the call raises (``RouterError``), or ``RuntimeError`` while the router's loop is not there.
        """
        try:
            future = self.host.submit(coroutine)
        except BaseException:
            coroutine.close()
            raise
        return await asyncio.wrap_future(future)

    async def refresh(self) -> Dirty:
        """Start again from a snapshot. Raises as ``call`` does, ``TimeoutError`` when no answer came."""
        snapshot = await asyncio.wait_for(self.call(self.host.control.snapshot()), SNAPSHOT_TIMEOUT)
        self.figures.snapshots += 1
        self.stale = False
        return self.store.reset(snapshot)

    def pull(self) -> Dirty:
        """Take in what happened since the last call. While a snapshot is due, events stay in the feed."""
        if self.stale:
            return Dirty.NONE
        envelopes, dropped = self.host.feed.drain()
        self.figures.last = len(envelopes)
        self.figures.drained += len(envelopes)
        if dropped:
            self.stale = True
            return Dirty.NONE
        self.forgotten += [one.fact.wanted for one in envelopes if isinstance(one.fact, TextsForgotten)]
        return self.store.fold(envelopes)
