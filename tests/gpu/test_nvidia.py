"""NVIDIA pools: every figure of a healthy GPU, honest gaps, and GPUs that fail and come back."""

import itertools

import pynvml
import pytest

from llmrouter_tui.gpu.absent import AbsentError
from llmrouter_tui.gpu.nvidia import FIRST_RETRY, LAST_RETRY, NvidiaProbe
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


def test_a_process_that_computes_and_draws_counts_once() -> None:
    card = Card("a", processes=((41, 3 * GIB), (42, None)), drawing=((7, GIB), (41, 2 * GIB), (42, 2 * GIB)))
    (device,) = NvidiaProbe(Nvml(card)).sample()
    assert device.processes == ((41, 3 * GIB), (42, 2 * GIB), (7, GIB)), "the larger of both, largest first"


def test_processes_whose_memory_windows_hides_are_left_out() -> None:
    (device,) = NvidiaProbe(Nvml(Card("a", processes=((41, None),), drawing=((41, None), (42, None))))).sample()
    assert device.processes == ()
    assert device.free == 20 * GIB


def test_drivers_of_old_cards_list_processes_by_an_older_call() -> None:
    (device,) = NvidiaProbe(Nvml(Card("a", processes=((41, GIB),), unsupported={"processes"}))).sample()
    assert device.processes == ((41, GIB),)
    (device,) = NvidiaProbe(
        Nvml(Card("a", processes=((41, GIB),), unsupported={"processes", "old processes"}))
    ).sample()
    assert (device.processes, device.problem) == ((), "")


def test_each_instance_of_a_gpu_that_is_cut_up_is_a_pool() -> None:
    of_it = {"utilization", "temperature", "power", "power_limit", "mig"}
    instances = (
        Card("m1", name="NVIDIA A100 MIG 3g.20gb", total=20 * GIB, free=19 * GIB, unsupported=of_it),
        Card("m2", name="NVIDIA A100 MIG 4g.20gb", total=20 * GIB, free=4 * GIB, unsupported=of_it),
    )
    whole = Card("a", name="NVIDIA A100", total=40 * GIB, unsupported={"memory"}, instances=instances)
    devices = NvidiaProbe(Nvml(whole, Card("b"))).sample()
    assert [(d.pool, d.name, d.free) for d in devices] == [
        ("gpu0", "NVIDIA A100 MIG 3g.20gb", 19 * GIB),
        ("gpu1", "NVIDIA A100 MIG 4g.20gb", 4 * GIB),
        ("gpu2", "NVIDIA GeForce RTX 4090", 20 * GIB),
    ]
    assert [d.utilization is None for d in devices] == [True, True, False]


def test_a_cut_up_gpu_whose_instances_are_not_told_is_one_pool() -> None:
    instances = (Card("m1"),)
    for hidden in ("instances", "instance", "mig"):
        (device,) = NvidiaProbe(Nvml(Card("a", unsupported={hidden}, instances=instances))).sample()
        assert (device.pool, device.free, device.problem) == ("gpu0", 20 * GIB, "")


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
    with pytest.raises(AbsentError, match=words):
        NvidiaProbe(Nvml(init_error=code))


def test_a_driver_without_gpus_is_released_again() -> None:
    nvml = Nvml()
    with pytest.raises(AbsentError, match="no GPU"):
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


@pytest.mark.parametrize("card", [Card("a", "NVIDIA GB10", unsupported={"memory"}), Card("a", "NVIDIA GB10", total=0)])
def test_a_gpu_without_memory_of_its_own_has_the_ram_for_a_pool_and_says_so(card: Card) -> None:
    card.processes = ((41, 3 * GIB),)
    available = [100 * GIB]
    clock, nvml = Clock(), Nvml(card)
    probe = NvidiaProbe(nvml, clock, ram=lambda: (120 * GIB, available[0]))
    (device,) = probe.sample()
    assert (device.name, device.problem) == ("NVIDIA GB10 (shared RAM)", "")
    assert (device.total, device.used, device.free) == (120 * GIB, 20 * GIB, 100 * GIB)
    assert device.processes == ((41, 3 * GIB),)
    available[0], clock.now = 60 * GIB, clock.now + LAST_RETRY
    (device,) = probe.sample()
    assert (device.name, device.free) == ("NVIDIA GB10 (shared RAM)", 60 * GIB)
    assert nvml.starts == 1, "nothing is wrong, so nothing is started again"


def test_a_gpu_that_is_added_gets_the_next_pool_that_nobody_has() -> None:
    clock, numbers = Clock(), itertools.count()
    lost = Card("a")
    nvml = Nvml(lost)
    probe = NvidiaProbe(nvml, clock, numbers=numbers)
    assert next(numbers) == 1, "taken by another maker's GPU"
    lost.broken = pynvml.NVML_ERROR_GPU_IS_LOST
    probe.sample()
    nvml.cards = [Card("new")]
    clock.now += FIRST_RETRY
    assert [(d.pool, bool(d.problem)) for d in probe.sample()] == [("gpu0", True), ("gpu2", False)]


def test_close_releases_the_driver_once() -> None:
    nvml = Nvml(Card("a"))
    probe = NvidiaProbe(nvml)
    probe.close()
    assert not nvml.running
    probe.close()


def test_the_real_driver_when_there_is_one() -> None:
    try:
        probe = NvidiaProbe()
    except AbsentError as reason:
        pytest.skip(f"no NVIDIA GPU here: {reason}")
    devices = probe.sample()
    probe.close()
    assert [device.pool for device in devices] == [f"gpu{index}" for index in range(len(devices))]
    for device in devices:
        assert device.problem or 0 < device.total == device.used + device.free
