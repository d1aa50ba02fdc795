"""The machine's own memory and processes, measured for real, and all pools together."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from llmrouter_tui.core.domain import HOST_POOL, Device
from llmrouter_tui.core.ports.probe import Probe
from llmrouter_tui.gpu import MachineProbe, open_probe
from llmrouter_tui.gpu.absent import AbsentError
from llmrouter_tui.gpu.amd import AmdProbe
from llmrouter_tui.gpu.host import HostProbe
from llmrouter_tui.gpu.lineage import LATEST, SOONEST, Lineage
from llmrouter_tui.gpu.nvidia import NvidiaProbe
from tests.gpu.simulated_nvml import GIB, Card, Nvml
from tests.gpu.sysfs import AmdCard, Machine, ryzen
from tests.gpu.test_nvidia import Clock


class Failing:
    """A probe whose driver does what no driver should: it raises what nobody expects."""

    driver, note = "a driver", ""

    def __init__(self) -> None:
        self.fails = False

    def sample(self) -> tuple[Device, ...]:
        if self.fails:
            raise ValueError("invalid continuation byte")
        return (Device("gpu0", "GPU", "nvidia", total=8 * GIB, used=GIB, free=7 * GIB),)

    def close(self) -> None:
        """Nothing is held."""


def test_the_host_pool_is_this_machines_ram() -> None:
    (device,) = HostProbe().sample()
    assert (device.pool, device.kind, device.problem) == (HOST_POOL, "host", "")
    assert device.total > 256 << 20
    assert 0 < device.free < device.total
    assert device.used == device.total - device.free


def test_cpu_use_is_unknown_at_first_and_then_a_share() -> None:
    probe = HostProbe()
    assert probe.sample()[0].utilization is None
    until = time.monotonic() + 20
    while (share := probe.sample()[0].utilization) is None and time.monotonic() < until:
        sum(range(10_000))
    assert share is not None
    assert 0 < share <= 1, "this loop kept a core busy"


def test_this_machine_can_be_probed_and_says_why_it_has_no_gpu() -> None:
    probe: Probe = open_probe()
    devices: Sequence[Device] = probe.sample()
    assert devices[-1].pool == HOST_POOL
    assert isinstance(probe, MachineProbe)
    assert len(devices) > 1 or probe.note
    assert set(probe.drivers) == {device.pool for device in devices}
    probe.close()
    probe.close()


def test_pools_of_all_makers_are_counted_through_and_the_host_is_last(tmp_path: Path) -> None:
    machine = Machine(tmp_path, AmdCard())
    probe = open_probe(
        (
            ("NVIDIA", lambda numbers, first: NvidiaProbe(Nvml(Card("a"), Card("b")), numbers=numbers)),
            ("AMD", lambda numbers, first: AmdProbe(machine.drm, numbers=numbers, integrated=first)),
        )
    )
    assert [(d.pool, d.kind) for d in probe.sample()] == [
        ("gpu0", "nvidia"),
        ("gpu1", "nvidia"),
        ("gpu2", "amd"),
        (HOST_POOL, "host"),
    ]
    assert probe.note == ""
    assert probe.drivers["gpu1"] == "NVIDIA driver 580.65.06"
    assert "amdgpu" in probe.drivers["gpu2"]


def test_an_apu_beside_another_makers_card_is_left_out_and_said_so(tmp_path: Path) -> None:
    machine = Machine(tmp_path, ryzen())

    def amd(numbers: Iterator[int], first: bool) -> AmdProbe:
        return AmdProbe(machine.drm, numbers=numbers, integrated=first)

    both = open_probe((("NVIDIA", lambda n, first: NvidiaProbe(Nvml(Card("a")), numbers=n)), ("AMD", amd)))
    assert [d.kind for d in both.sample()] == ["nvidia", "host"]
    assert "left out" in both.note
    alone = open_probe((("AMD", amd),))
    assert [d.pool for d in alone.sample()] == ["gpu0", HOST_POOL]
    assert alone.note == ""


def test_why_there_is_no_gpu_is_told_for_every_maker() -> None:
    def absent(numbers: Iterator[int], first: bool) -> NvidiaProbe:
        raise AbsentError("no NVIDIA driver is installed")

    def broken(numbers: Iterator[int], first: bool) -> NvidiaProbe:
        raise UnicodeError("bad bytes")

    probe = open_probe((("NVIDIA", absent), ("AMD", broken)))
    assert probe.note == "GPUs of AMD cannot be measured: UnicodeError: bad bytes; no NVIDIA driver is installed"
    assert [d.pool for d in probe.sample()] == [HOST_POOL]
    nvidia = ("NVIDIA", lambda numbers, first: NvidiaProbe(Nvml(Card("a")), numbers=numbers))
    assert open_probe((nvidia, ("AMD", broken))).note == "GPUs of AMD cannot be measured: UnicodeError: bad bytes"


def test_a_probe_that_raises_is_told_by_its_pools_and_the_others_go_on() -> None:
    failing = Failing()
    probe = MachineProbe((failing, HostProbe()))
    assert probe.sample()[0].free == 7 * GIB
    failing.fails = True
    gpu, host = probe.sample()
    assert (gpu.pool, gpu.total, gpu.free) == ("gpu0", 8 * GIB, 0)
    assert gpu.problem == "it could not be measured: ValueError: invalid continuation byte"
    assert host.free > 0
    failing.fails = False
    assert probe.sample()[0].problem == ""


# ── who the processes are ──


def test_a_process_is_told_with_its_name_its_ancestors_and_where_it_listens() -> None:
    server = socket.create_server(("127.0.0.1", 0))
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        lineage = Lineage()
        lineage.look([(child.pid, GIB)])
        known = {process.pid: process for process in lineage.of([(child.pid, GIB)])}
        assert known[child.pid].parent == os.getpid()
        assert "python" in known[child.pid].name.lower()
        assert server.getsockname()[1] in known[os.getpid()].ports
        assert lineage.of([(os.getpid(), 1)])[0].pid not in (child.pid,)
    finally:
        child.communicate(b"\n")
        server.close()
    again = Lineage()
    again.look([(child.pid, GIB)])
    assert again.of([(child.pid, GIB)]) == (), "it is gone"


def test_processes_are_looked_at_when_they_change_but_not_all_the_time() -> None:
    clock = Clock()
    lineage, mine, parent = Lineage(clock), (os.getpid(), GIB), (os.getppid(), GIB)
    lineage.look([mine])
    server = socket.create_server(("127.0.0.1", 0))
    port = server.getsockname()[1]

    def seen() -> bool:
        return any(port in process.ports for process in lineage.of([mine]))

    lineage.look([mine, parent])
    assert not seen(), "too soon"
    clock.now += SOONEST
    lineage.look([mine])
    assert not seen(), "the same processes"
    lineage.look([mine, parent])
    assert seen()
    server.close()
    clock.now += LATEST
    lineage.look([mine, parent])
    assert not seen(), "looked at again after a while"


def test_only_the_largest_holders_are_looked_at() -> None:
    lineage = Lineage()
    lineage.look([(os.getpid(), 1), *((1_000_000_000 + n, GIB) for n in range(40))])
    assert lineage.of([(os.getpid(), 1)]) == ()


def test_every_gpu_tells_the_processes_that_hold_its_memory() -> None:
    mine, parent = os.getpid(), os.getppid()
    cards = Card("a", processes=((mine, GIB),)), Card("b", processes=((parent, GIB),)), Card("c")
    devices = MachineProbe((NvidiaProbe(Nvml(*cards)), HostProbe())).sample()
    pids = [{process.pid for process in device.lineage} for device in devices]
    assert mine in pids[0]
    assert mine not in pids[1] or parent == mine
    assert pids[2] == pids[3] == set()
