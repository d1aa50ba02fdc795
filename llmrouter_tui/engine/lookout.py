"""Who is up, what they host, what they hold in memory: the backends, looked at for as long as they are in the fleet."""

import asyncio
import logging

from llmrouter_tui.core.domain import BackendHealth
from llmrouter_tui.core.errors import BackendError
from llmrouter_tui.core.ports.backend import Backend
from llmrouter_tui.engine.backend_record import BackendRecord
from llmrouter_tui.engine.fleet import Fleet
from llmrouter_tui.engine.tasks import Tasks

log = logging.getLogger(__name__)

POLL_SECONDS = 4.0
FIRST_LOOK_SECONDS = 1.0
LIST_EVERY = 6
"""Every so many polls the list of models is read again."""


class Lookout:
    """Polls each backend and tells the fleet. Looking never loads or wakes a model."""

    def __init__(self, fleet: Fleet, tasks: Tasks) -> None:
        self._fleet = fleet
        self._tasks = tasks

    async def start(self) -> None:
        """First look at every backend; returns when each has answered or failed once, or after a second: who is
        silent longer is waited for in the background."""
        looks = [self._tasks.spawn(self.begin(record), "first look") for record in self._fleet.backends.values()]
        if looks:
            await asyncio.wait(looks, timeout=FIRST_LOOK_SECONDS)

    async def join(
        self, backend: Backend, *, configured: bool, pool: str = "", context_limit: int | None = None
    ) -> BackendRecord:
        """Take a backend in while running; returns when it was looked at."""
        record = self._fleet.add(backend, configured=configured, pool=pool, context_limit=context_limit)
        await self.begin(record)
        return record

    async def remove(self, name: str) -> None:
        """Let a backend go; its models are gone from the next decision on."""
        record = self._fleet.named(name)
        _rest(record)
        self._fleet.drop(record)
        await record.backend.close()

    async def switch(self, name: str, enabled: bool) -> None:
        """Use a backend again, and look at it, or use it no more; its connections stay either way."""
        record = self._fleet.named(name)
        if record.enabled is not enabled:
            _rest(record)
            self._fleet.switch(record, enabled)
            if enabled:
                await self.begin(record)

    async def begin(self, record: BackendRecord) -> None:
        """Look at a backend of the fleet now, and as long as it is in there."""
        await self._look(record)
        if self._fleet.backends.get(record.backend.name) is record and record.loop is None:
            record.loop = self._tasks.repeat(lambda: self._poll(record), f"polling {record.backend.name}")

    async def _poll(self, record: BackendRecord) -> None:
        """Wait for its turn and look; one that is down is asked less and less often."""
        pause = POLL_SECONDS if record.health == "up" else min(15.0, 1.0 * 2**record.misses)
        try:
            async with asyncio.timeout(pause):
                await record.wake.wait()
        except TimeoutError:
            pass
        record.wake.clear()
        await self._look(record)
        record.misses = 0 if record.health == "up" else min(record.misses + 1, 10)

    async def _look(self, record: BackendRecord) -> None:
        try:
            detail = await self._read(record)
        except BackendError as error:
            health: BackendHealth = "down"
            detail, record.stuck = error.message, ""
        except Exception as error:
            name = record.backend.name
            log.exception("looking at %s failed in the router", name, extra={"source": name})
            health, detail = "down", f"its answer could not be read: {error!r}"
        else:
            health, detail = ("down", record.stuck) if record.stuck else ("up", detail)
            record.polls += 1
        if self._fleet.backends.get(record.backend.name) is record:
            self._fleet.set_health(record, health, detail)
        else:  # removed while it was looked at
            self._fleet.drop_models(record, keep=())

    async def _read(self, record: BackendRecord) -> str:
        """Its version, after its models and what it holds were taken in."""
        backend = record.backend
        detail = await backend.probe()
        if record.health != "up" or record.polls % LIST_EVERY == 0:
            self._fleet.listed(record, await backend.models())
        turns = self._fleet.holdings.turns(record)
        self._fleet.holdings.compare(record, await backend.residents(), turns)
        return detail


def _rest(record: BackendRecord) -> None:
    """Look at it no more."""
    if record.loop is not None:
        record.loop.cancel()
        record.loop = None
