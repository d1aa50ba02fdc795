"""Memory measured at 1 Hz, on a thread of its own."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from llmrouter_tui.core.events import DevicesSampled
from llmrouter_tui.core.ports import Probe
from llmrouter_tui.engine.bus import Bus
from llmrouter_tui.engine.fleet import Fleet
from llmrouter_tui.engine.tasks import Faults

SAMPLE_SECONDS = 1.0


class Sampling:
    """Owns the gpu thread: drivers may block for seconds, and only there."""

    def __init__(self, probe: Probe, bus: Bus) -> None:
        self._probe = probe
        self._bus = bus
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="gpu")
        self._faults = Faults("measuring memory")
        self.fleet: Fleet | None = None

    async def measure(self) -> None:
        """All pools, now. A probe that fails in a way it should not leaves the last figures standing, so that models
        are still loaded and unloaded."""
        try:
            devices = await asyncio.get_running_loop().run_in_executor(self._thread, self._probe.sample)
        except Exception as error:
            self._faults.tell(error)
            return
        if self.fleet is not None:
            self.fleet.sampled(devices)
        self._bus.publish(DevicesSampled(tuple(devices)))

    def close(self) -> None:
        self._thread.submit(self._probe.close)
        self._thread.shutdown(wait=False)
