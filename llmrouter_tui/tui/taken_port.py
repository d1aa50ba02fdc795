"""When our port belongs to somebody else: whether that is another router, and which port is free instead."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from llmrouter_tui.core.domain import Problem
from llmrouter_tui.core.ports.host import Host
from llmrouter_tui.tui import trouble_text
from llmrouter_tui.tui.state import Store


class Nearby(Protocol):
    """What can be found out about the machine that the router runs on."""

    def look(self, host: str, port: int) -> tuple[str, int]:
        """The address of the llmrouter that serves on this port (empty: none), and the next free port above it
        (0: none near). Blocks for a second or so."""
        ...

    def watch(self, url: str) -> Host:
        """A watch of that router."""
        ...


class TakenPort:
    """What was found out about the port that is taken. Looks once for each time that the router failed to open it."""

    def __init__(
        self,
        store: Store,
        nearby: Nearby | None,
        run: Callable[[Coroutine[Any, Any, None]], object],
        changed: Callable[[], None],
    ) -> None:
        self._store, self._nearby, self._run, self._changed = store, nearby, run, changed
        self._looked: Problem | None = None
        self.router = ""
        """The address of the llmrouter that serves there; empty while none is known."""
        self._free = 0

    @property
    def next(self) -> int:
        """The port to offer instead."""
        return self._free or trouble_text.next_port(self._store)

    @property
    def free(self) -> bool:
        """Whether that port is known to be free."""
        return bool(self._free)

    def look(self) -> None:
        """Find out what is not known yet. Costs nothing when it is known, or when no port is taken."""
        taken = trouble_text.problem(self._store, "port_taken")
        if taken == self._looked:
            return
        self._looked, self.router, self._free = taken, "", 0
        if taken is not None and self._nearby is not None:
            self._run(self._ask(self._nearby, taken))

    async def _ask(self, nearby: Nearby, taken: Problem) -> None:
        service = self._store.service
        router, free = await asyncio.to_thread(nearby.look, service.host, service.port)
        if taken == self._looked:
            self.router, self._free = router, free
            self._changed()

    def watch(self) -> Host:
        """A watch of the router that serves there."""
        assert self._nearby is not None and self.router
        return self._nearby.watch(self.router)
