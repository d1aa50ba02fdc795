"""Memory measured at 1 Hz, on a thread of its own."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from queue import SimpleQueue
from threading import Thread

from llmrouter_tui.core.domain import HOST_POOL, Device
from llmrouter_tui.core.events import DevicesSampled
from llmrouter_tui.core.ports.probe import Probe
from llmrouter_tui.engine.bus import Bus
from llmrouter_tui.engine.fleet import Fleet
from llmrouter_tui.engine.tasks import Faults

SAMPLE_SECONDS = 1.0
PATIENCE_SECONDS = 5.0
"""How long a driver may take to answer: models that move wait for it. By judgement."""


class Sampling:
    """Owns the gpu thread: drivers may block for seconds, and only there."""

    def __init__(self, probe: Probe, bus: Bus) -> None:
        self._probe = probe
        self._bus = bus
        self._asked: SimpleQueue[Future[Sequence[Device]] | None] = SimpleQueue()
        self._thread = Thread(target=self._serve, name="gpu", daemon=True)
        """A daemon: a driver that hangs keeps no process from ending, as a pool's threads would."""
        self._thread.start()
        self._faults = Faults("measuring memory")
        self._last: Sequence[Device] = ()
        self.fleet: Fleet | None = None

    async def measure(self) -> None:
        """All pools, now. A probe that fails in a way it should not leaves the last figures standing, so that models
        are still loaded and unloaded; a driver that hangs is a problem of every GPU until it answers again."""
        asked: Future[Sequence[Device]] = Future()
        self._asked.put(asked)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                devices = await asyncio.wrap_future(asked)
            self._last = devices
        except TimeoutError:
            devices = [_silent(device) for device in self._last]
        except Exception as error:
            self._faults.tell(error)
            return
        if self.fleet is not None:
            self.fleet.sampled(devices)
        self._bus.publish(DevicesSampled(tuple(devices)))

    def close(self) -> None:
        self._asked.put(None)

    def _serve(self) -> None:
        """One sample after another; those that nobody waits for any more are left out."""
        while (asked := self._asked.get()) is not None:
            if asked.set_running_or_notify_cancel():
                try:
                    asked.set_result(self._probe.sample())
                except BaseException as error:
                    asked.set_exception(error)
        self._probe.close()


def _silent(device: Device) -> Device:
    """A pool whose driver does not answer: its last figures, with nothing free. RAM is told as it was."""
    if device.pool == HOST_POOL or device.problem:
        return device
    return replace(device, free=0, problem=f"its driver has not answered for {PATIENCE_SECONDS:.0f} s")
