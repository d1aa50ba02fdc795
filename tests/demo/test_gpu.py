"""The simulated cards: memory adds up whoever asks from whatever thread, and load shows as heat and power."""

import threading
import time

import pytest

from llmrouter_tui.core.ports.probe import Probe
from llmrouter_tui.demo.cast import GIB
from llmrouter_tui.demo.gpu import OutOfMemory, SimulatedProbe, two_cards


def test_there_are_two_cards_that_say_they_are_simulated() -> None:
    probe: Probe = SimulatedProbe(two_cards())
    first, second = probe.sample()
    assert (first.pool, second.pool) == ("gpu0", "gpu1")
    assert first.name == "RTX 4090 (simulated)"
    assert second.name == "RTX 3060 (simulated)"
    assert (first.total, second.total) == (24 * GIB, 12 * GIB)
    assert (first.used, second.used) == (int(0.7 * GIB), int(0.2 * GIB)), "something else is always there"
    probe.close()


def test_what_its_server_reserved_is_no_room_and_what_is_filled_is_used() -> None:
    gpu, _ = two_cards()
    room, used = gpu.room("a"), gpu.used
    gpu.reserve("a/x", 8 * GIB, 0.0)
    assert (gpu.room("a"), gpu.used) == (room - 8 * GIB, used)
    assert gpu.room("b") == room, "nobody else knows what a server plans"
    gpu.reserve("a/x", 8 * GIB, 0.5)
    assert (gpu.room("a"), gpu.room("b"), gpu.used) == (room - 8 * GIB, room - 4 * GIB, used + 4 * GIB)
    gpu.release("a/x")
    gpu.release("a/x")
    assert (gpu.room("a"), gpu.used) == (room, used)


def test_no_more_is_given_than_there_is() -> None:
    gpu, _ = two_cards()
    gpu.reserve("a/x", 20 * GIB)
    gpu.reserve("b/y", 10 * GIB, 0.3)
    used = gpu.used
    with pytest.raises(OutOfMemory):
        gpu.reserve("b/y", 10 * GIB, 0.4)
    with pytest.raises(OutOfMemory):
        gpu.reserve("c/z", GIB)
    assert gpu.used == used, "who was refused holds what it held"
    gpu.release("a/x")
    gpu.reserve("b/y", 10 * GIB)


def test_memory_may_come_back_late() -> None:
    gpu, _ = two_cards()
    used = gpu.used
    gpu.reserve("a/x", 20 * GIB)
    gpu.release("a/x", late=0.1)
    assert gpu.used == used + 20 * GIB
    with pytest.raises(OutOfMemory):
        gpu.reserve("b/y", 20 * GIB)
    time.sleep(0.11)
    assert gpu.used == used
    gpu.reserve("b/y", 20 * GIB)


def test_work_shows_as_load_heat_and_power() -> None:
    gpu, idle_gpu = two_cards()
    probe = SimulatedProbe((gpu, idle_gpu))
    at_rest, _ = probe.sample()
    with gpu.work():
        time.sleep(0.2)
        busy, other = probe.sample()
        for _ in range(3):
            time.sleep(0.1)
            hot, _ = probe.sample()
    assert at_rest.utilization == 0
    assert busy.utilization is not None
    assert 0.85 < busy.utilization <= 1
    assert other.utilization == 0
    assert busy.power is not None and hot.power is not None and at_rest.power is not None
    assert at_rest.power < busy.power < hot.power < 450
    assert busy.power_limit == 450
    assert at_rest.temperature is not None and hot.temperature is not None
    assert 30 < at_rest.temperature <= hot.temperature < 90


def test_load_is_the_busy_share_of_the_time_since_the_last_sample() -> None:
    gpu, _ = two_cards()
    gpu.sample()
    start = time.monotonic()
    with gpu.work():
        time.sleep(0.1)
    busy = time.monotonic() - start
    time.sleep(0.3)
    load = gpu.sample().utilization
    share = busy / (time.monotonic() - start)
    assert load is not None
    assert share * 0.85 < load < share * 1.1


def test_two_generations_at_once_are_one_load() -> None:
    gpu, _ = two_cards()
    gpu.sample()
    with gpu.work():
        with gpu.work():
            assert gpu.crowd == 2
            time.sleep(0.05)
        assert gpu.crowd == 1
    load = gpu.sample().utilization
    assert load is not None
    assert load <= 1


def test_sampling_from_another_thread_never_sees_more_than_was_held() -> None:
    gpu, _ = two_cards()
    probe = SimulatedProbe((gpu,))
    base, stop, seen = gpu.used, threading.Event(), set[int]()

    def watch() -> None:
        while not stop.is_set():
            seen.add(probe.sample()[0].used - base)

    watcher = threading.Thread(target=watch)
    watcher.start()
    for _ in range(3000):
        gpu.reserve("a", GIB)
        gpu.reserve("b", 2 * GIB)
        with gpu.work():
            gpu.release("a")
        gpu.release("b")
    stop.set()
    watcher.join()
    assert seen <= {0, GIB, 2 * GIB, 3 * GIB}
    assert gpu.used == base
