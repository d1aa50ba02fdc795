"""Background work: what goes wrong once does not end what is to go on for ever, and is told once."""

import asyncio
import logging
import subprocess
import sys
import threading

from llmrouter_tui.core.domain import HOST_POOL, Device
from llmrouter_tui.core.errors import BackendError
from llmrouter_tui.core.events import DevicesSampled
from llmrouter_tui.engine.bus import Bus
from llmrouter_tui.engine.clock import SystemClock
from llmrouter_tui.engine.sampling import Sampling
from llmrouter_tui.engine.tasks import Tasks
from tests.engine.house import ScriptedBackend, model, open_house, until


async def test_a_repeated_step_goes_on_after_each_failure_and_tells_each_cause_once(caplog):
    turns = 0

    async def step() -> None:
        nonlocal turns
        turns += 1
        if turns % 3 == 0:
            raise KeyError(turns)
        if turns % 3 == 1:
            raise ValueError(f"turn {turns}")

    tasks = Tasks()
    task = tasks.repeat(step, "counting", pause=0.001)
    await until(lambda: turns >= 12)
    assert not task.done()
    told = [r for r in caplog.records if r.levelno == logging.ERROR]
    assert sorted(str(r.exc_info[1]) for r in told) == ["3", "turn 1"]
    assert all(r.getMessage().startswith("counting failed and goes on: ") for r in told)
    assert "in step" in caplog.text  # the traceback
    await tasks.close()
    assert task.cancelled()


class Probe:
    """A driver that fails for a while."""

    def __init__(self) -> None:
        self.fails = True

    def sample(self) -> list[Device]:
        if self.fails:
            raise OSError("the driver is gone")
        return [Device("gpu0", "GPU", "nvidia", 8, 0, 8)]

    def close(self) -> None: ...


async def test_memory_is_measured_again_when_the_driver_is_back(caplog):
    bus, seen, probe = Bus(SystemClock()), [], Probe()
    bus.tap(seen.append, DevicesSampled)
    sampling = Sampling(probe, bus)
    for _ in range(3):
        await sampling.measure()
    assert not seen
    assert caplog.text.count("measuring memory failed and goes on: the driver is gone") == 1
    probe.fails = False
    await sampling.measure()
    assert len(seen) == 1
    sampling.close()


class Hanging:
    """A driver that answers while ``answers`` is set."""

    def __init__(self) -> None:
        self.answers = threading.Event()
        self.answers.set()

    def sample(self) -> list[Device]:
        self.answers.wait(20)
        return [Device("gpu0", "GPU", "nvidia", 8, 2, 6), Device(HOST_POOL, "RAM", "host", 16, 4, 12)]

    def close(self) -> None: ...


async def test_a_driver_that_hangs_holds_up_no_move_and_is_told_until_it_answers(monkeypatch):
    monkeypatch.setattr("llmrouter_tui.engine.sampling.PATIENCE_SECONDS", 0.05)
    bus, seen, probe = Bus(SystemClock()), [], Hanging()
    bus.tap(seen.append, DevicesSampled)
    sampling = Sampling(probe, bus)
    await sampling.measure()
    probe.answers.clear()
    for _ in range(3):
        await sampling.measure()
    gpu, ram = seen[-1].fact.devices
    assert (gpu.free, gpu.used) == (0, 2)
    assert gpu.problem.startswith("its driver has not answered for")
    assert (ram.free, ram.problem) == (12, "")
    probe.answers.set()
    monkeypatch.setattr("llmrouter_tui.engine.sampling.PATIENCE_SECONDS", 5.0)
    await sampling.measure()
    assert (seen[-1].fact.devices[0].free, seen[-1].fact.devices[0].problem) == (6, "")
    sampling.close()


QUITS = """
import asyncio, time
from llmrouter_tui.core.domain import Device
from llmrouter_tui.engine import sampling
from llmrouter_tui.engine.bus import Bus
from llmrouter_tui.engine.clock import SystemClock

class Hanging:
    def sample(self):
        time.sleep(600)
        return []
    def close(self):
        time.sleep(600)

async def main():
    sampling.PATIENCE_SECONDS = 0.05
    memory = sampling.Sampling(Hanging(), Bus(SystemClock()))
    await memory.measure()
    memory.close()

asyncio.run(main())
print("quits")
"""


def test_quitting_does_not_wait_for_a_driver_that_hangs():
    done = subprocess.run([sys.executable, "-c", QUITS], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "quits\n"


async def test_a_backend_is_looked_at_again_after_a_failure_that_nobody_expected(caplog):
    backend = ScriptedBackend([model("a")])
    async with open_house(backend) as house:

        def bug(*_: object) -> None:
            raise KeyError("bug")

        house.fleet.set_health, set_health = bug, house.fleet.set_health
        house.fleet.look_again("one")
        await until(lambda: "polling one failed and goes on" in caplog.text)
        house.fleet.set_health = set_health
        backend.down = True
        house.fleet.look_again("one")
        await until(lambda: not house.fleet.model("one/a").healthy)


async def test_one_model_that_cannot_be_unloaded_does_not_keep_the_others_in_memory():
    backend = ScriptedBackend([model("a", 3), model("b", 3)], kind="embedded")
    async with open_house(backend) as house:
        for name in ("one/a", "one/b"):
            (await house.residency.acquire(house.fleet.model(name))).release()
            house.fleet.model(name).last_used = 0.001
        unload = backend.unload

        async def stuck(info, *args: object) -> None:
            if info.name == "a":
                raise BackendError("backend_error", "stuck", backend="one", fallback=True)
            await unload(info)

        backend.unload = stuck
        await house.residency.unload_idle()
        assert backend.held == {"a"}
        await asyncio.sleep(0)
        assert house.fleet.model("one/a").residency == "resident"
