"""The GPU of Apple silicon, from outputs of ``sysctl``; nothing here was run on such a machine."""

import itertools
from collections.abc import Sequence

import pytest

from llmrouter_tui.core.domain import Device
from llmrouter_tui.gpu.absent import AbsentError
from llmrouter_tui.gpu.apple import READ_SECONDS, AppleProbe, parse_sysctl, working_set
from tests.gpu.sysfs import GIB, MIB
from tests.gpu.test_nvidia import Clock

M2_MAX = "hw.memsize: 34359738368\niogpu.wired_limit_mb: 0\nmachdep.cpu.brand_string: Apple M2 Max\n"
BEFORE_SONOMA = "hw.memsize: 17179869184\nmachdep.cpu.brand_string: Apple M1\n"
RAISED = "hw.memsize: 34359738368\niogpu.wired_limit_mb: 28672\nmachdep.cpu.brand_string: Apple M2 Max\n"
SILICON = ("Darwin", "arm64")


class Mac:
    """What ``sysctl`` says and how much RAM is available."""

    def __init__(self, said: str, available: int = 10 * GIB) -> None:
        self.said = said
        self.available = available

    def sysctl(self, keys: Sequence[str]) -> str:
        return self.said

    def opened(self, clock: Clock | None = None) -> AppleProbe:
        return AppleProbe(
            self.sysctl,
            numbers=itertools.count(),
            ram=lambda: (32 * GIB, self.available),
            machine=SILICON,
            clock=clock or Clock(),
        )


def one(probe: AppleProbe) -> Device:
    (device,) = probe.sample()
    return device


def test_the_pool_is_what_the_gpu_may_take_of_the_ram() -> None:
    device = one(Mac(M2_MAX).opened())
    assert (device.pool, device.name, device.kind) == ("gpu0", "Apple M2 Max (shared RAM)", "apple")
    assert device.total == (32 * GIB) * 2 // 3
    assert device.free == 10 * GIB
    assert device.used == device.total - device.free
    assert (device.utilization, device.processes) == (None, ())


def test_no_more_is_free_than_the_limit() -> None:
    device = one(Mac(M2_MAX, available=30 * GIB).opened())
    assert device.free == device.total


def test_a_limit_that_is_raised_is_noticed() -> None:
    clock, mac = Clock(), Mac(M2_MAX)
    probe = mac.opened(clock)
    mac.said = RAISED
    clock.now += READ_SECONDS
    assert one(probe).total == 28 * GIB


def test_systems_without_the_limit_have_the_usual_one() -> None:
    assert one(Mac(BEFORE_SONOMA).opened()).total == (16 * GIB) * 2 // 3


def test_a_sysctl_that_says_nothing_leaves_the_ram_as_measured() -> None:
    device = one(Mac("").opened())
    assert (device.name, device.total) == ("Apple silicon (shared RAM)", (32 * GIB) * 2 // 3)


@pytest.mark.parametrize(
    ("memory", "limit", "mib"),
    [(16, None, 10_922), (32, 0, 21_845), (36, 0, 27_648), (64, 0, 49_152), (64, 57_344, 57_344), (64, 99_999, 65_536)],
)
def test_the_usual_limit_is_what_metal_recommends(memory: int, limit: int | None, mib: int) -> None:
    assert working_set(memory * GIB, limit) // MIB == mib


def test_sysctl_prints_a_key_a_colon_and_a_value() -> None:
    assert parse_sysctl("a.b: 1\nsysctl says nothing here\nc: x: y\n") == {"a.b": "1", "c": "x: y"}


@pytest.mark.parametrize("machine", [("Linux", "aarch64"), ("Darwin", "x86_64"), ("Windows", "AMD64")])
def test_other_machines_have_none_and_nobody_wonders(machine: tuple[str, str]) -> None:
    with pytest.raises(AbsentError) as refused:
        AppleProbe(numbers=itertools.count(), machine=machine)
    assert str(refused.value) == ""
