"""The machine's own memory, measured for real, and all pools together."""

import time
from collections.abc import Sequence

from llmrouter_tui.core.domain import HOST_POOL, Device
from llmrouter_tui.core.ports import Probe
from llmrouter_tui.gpu import MachineProbe, open_probe
from llmrouter_tui.gpu.host import HostProbe
from llmrouter_tui.gpu.nvidia import NvidiaProbe
from tests.gpu.simulated_nvml import Card, Nvml


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


def test_gpus_come_first_and_the_host_last() -> None:
    probe = MachineProbe((NvidiaProbe(Nvml(Card("a"), Card("b"))), HostProbe()))
    assert [device.pool for device in probe.sample()] == ["gpu0", "gpu1", HOST_POOL]


def test_this_machine_can_be_probed_and_says_why_it_has_no_gpu() -> None:
    probe: Probe = open_probe()
    devices: Sequence[Device] = probe.sample()
    assert devices[-1].pool == HOST_POOL
    assert isinstance(probe, MachineProbe)
    assert bool(probe.note) == (len(devices) == 1)
    probe.close()
    probe.close()
