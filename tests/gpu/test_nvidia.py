"""NVIDIA pools: every figure of a healthy GPU, honest gaps, and GPUs that fail and come back."""

import pynvml
import pytest

from llmrouter_tui.gpu.nvidia import FIRST_RETRY, LAST_RETRY, NvidiaProbe, NvidiaUnavailableError
from tests.gpu.simulated_nvml import GIB, Card, Nvml


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_healthy_gpu_is_told_in_bytes_shares_degrees_and_watts() -> None:
    probe = NvidiaProbe(Nvml(Card("a", processes=((41, 3 * GIB), (42, 1 * GIB)))))
    (device,) = probe.sample()
    assert (device.pool, device.name, device.kind) == ("gpu0", "NVIDIA GeForce RTX 4090", "nvidia")
    assert (device.total, device.used, device.free) == (24 * GIB, 4 * GIB, 20 * GIB)
    assert device.utilization == pytest.approx(0.94)
    assert device.temperature == 62.0
    assert (device.power, device.power_limit) == (311.5, 450.0)
    assert device.processes == ((41, 3 * GIB), (42, GIB))
    assert device.problem == ""
    assert device.sampled_at > 0


def test_each_sample_is_fresh() -> None:
    card = Card("a")
    probe = NvidiaProbe(Nvml(card))
    probe.sample()
    card.free, card.busy = 2 * GIB, 7
    (device,) = probe.sample()
    assert device.used == 22 * GIB
    assert device.utilization == pytest.approx(0.07)


@pytest.mark.parametrize("figure", ["utilization", "temperature", "power", "power_limit"])
def test_a_figure_that_the_gpu_does_not_have_is_none_and_not_zero(figure: str) -> None:
    (device,) = NvidiaProbe(Nvml(Card("a", unsupported={figure}))).sample()
    assert getattr(device, figure) is None
    assert device.free == 20 * GIB
    assert device.problem == ""


def test_processes_without_visible_memory_are_left_out() -> None:
    (device,) = NvidiaProbe(Nvml(Card("a", processes=((41, None), (42, GIB))))).sample()
    assert device.processes == ((42, GIB),)
    (device,) = NvidiaProbe(Nvml(Card("a", unsupported={"processes"}))).sample()
    assert device.processes == ()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (pynvml.NVML_ERROR_LIBRARY_NOT_FOUND, "no NVIDIA driver is installed"),
        (pynvml.NVML_ERROR_DRIVER_NOT_LOADED, "not loaded"),
        (pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH, "reboot"),
        (pynvml.NVML_ERROR_MEMORY, "the NVIDIA driver says: Insufficient Memory"),
    ],
)
def test_without_a_driver_there_is_no_probe_and_a_reason(code: int, words: str) -> None:
    with pytest.raises(NvidiaUnavailableError, match=words):
        NvidiaProbe(Nvml(init_error=code))


def test_a_driver_without_gpus_is_released_again() -> None:
    nvml = Nvml()
    with pytest.raises(NvidiaUnavailableError, match="no GPU"):
        NvidiaProbe(nvml)
    assert not nvml.running


@pytest.mark.parametrize("code", [pynvml.NVML_ERROR_GPU_IS_LOST, pynvml.NVML_ERROR_UNKNOWN])
def test_a_gpu_that_fails_is_told_with_nothing_free_while_the_other_goes_on(code: int) -> None:
    lost, fine = Card("a"), Card("b", name="NVIDIA GeForce RTX 3060", total=12 * GIB, free=3 * GIB)
    probe = NvidiaProbe(Nvml(lost, fine), Clock())
    probe.sample()
    lost.broken = code
    first, second = probe.sample()
    assert (first.pool, first.total, first.free) == ("gpu0", 24 * GIB, 0)
    assert first.problem
    assert first.utilization is None
    assert (second.pool, second.free, second.problem) == ("gpu1", 3 * GIB, "")


def test_a_gpu_that_answers_again_is_healthy_without_a_restart() -> None:
    card, clock = Card("a"), Clock()
    nvml = Nvml(card)
    probe = NvidiaProbe(nvml, clock)
    card.broken = pynvml.NVML_ERROR_UNKNOWN
    assert probe.sample()[0].problem
    card.broken = None
    assert probe.sample()[0].problem == ""
    clock.now += LAST_RETRY
    probe.sample()
    assert nvml.starts == 1


def test_a_reloaded_driver_is_started_again() -> None:
    clock = Clock()
    nvml = Nvml(Card("a"))
    probe = NvidiaProbe(nvml, clock)
    probe.sample()
    nvml.running = False
    nvml.init_error = pynvml.NVML_ERROR_DRIVER_NOT_LOADED
    assert "unloaded" in probe.sample()[0].problem
    clock.now += FIRST_RETRY
    (gone,) = probe.sample()
    assert "not loaded" in gone.problem
    assert gone.free == 0
    nvml.init_error = None
    clock.now += 2 * FIRST_RETRY
    (back,) = probe.sample()
    assert (back.problem, back.free) == ("", 20 * GIB)


def test_restarts_of_a_dead_gpu_come_ever_more_seldom() -> None:
    card, clock = Card("a"), Clock()
    nvml = Nvml(card)
    probe = NvidiaProbe(nvml, clock)
    card.broken = pynvml.NVML_ERROR_GPU_IS_LOST
    for _ in range(600):
        probe.sample()
        clock.now += 1.0
    # 1, 2, 4, 8, 16, 32, then 60 s apart: 6 + about 9 in ten minutes
    assert 12 <= nvml.starts <= 18


def test_a_gpu_that_vanishes_keeps_its_pool_and_the_other_its_own() -> None:
    lost, fine = Card("a"), Card("b", free=3 * GIB)
    clock = Clock()
    nvml = Nvml(lost, fine)
    probe = NvidiaProbe(nvml, clock)
    lost.broken = pynvml.NVML_ERROR_GPU_IS_LOST
    probe.sample()
    nvml.cards = [fine]
    clock.now += FIRST_RETRY
    first, second = probe.sample()
    assert (first.pool, first.problem) == ("gpu0", "the GPU fell off the bus")
    assert (second.pool, second.free, second.problem) == ("gpu1", 3 * GIB, "")
    lost.broken = None
    nvml.cards = [lost, fine]
    clock.now += 2 * FIRST_RETRY
    assert [device.problem for device in probe.sample()] == ["", ""]


def test_a_gpu_that_shares_the_ram_is_told_as_such_and_never_restarted() -> None:
    clock = Clock()
    nvml = Nvml(Card("a", unsupported={"memory"}))
    probe = NvidiaProbe(nvml, clock)
    (device,) = probe.sample()
    assert "shares the machine's RAM" in device.problem
    assert (device.total, device.free) == (0, 0)
    clock.now += LAST_RETRY
    probe.sample()
    assert nvml.starts == 1


def test_close_releases_the_driver_once() -> None:
    nvml = Nvml(Card("a"))
    probe = NvidiaProbe(nvml)
    probe.close()
    assert not nvml.running
    probe.close()


def test_the_real_driver_when_there_is_one() -> None:
    try:
        probe = NvidiaProbe()
    except NvidiaUnavailableError as reason:
        pytest.skip(f"no NVIDIA GPU here: {reason}")
    devices = probe.sample()
    probe.close()
    assert [device.pool for device in devices] == [f"gpu{index}" for index in range(len(devices))]
    for device in devices:
        assert device.problem or 0 < device.total == device.used + device.free
