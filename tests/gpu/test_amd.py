"""AMD pools, over folders shaped like what Linux shows on real machines."""

import itertools
from pathlib import Path

import pytest

from llmrouter_tui.core.domain import Device
from llmrouter_tui.gpu.absent import AbsentError
from llmrouter_tui.gpu.amd import GONE, SILENT, AmdProbe
from llmrouter_tui.gpu.amd_clients import LOOK_SECONDS, Clients, parse_client
from llmrouter_tui.gpu.amd_names import card_name
from tests.gpu.sysfs import GIB, MIB, AmdCard, Machine, fdinfo, ryzen
from tests.gpu.test_nvidia import Clock


def opened(machine: Machine, *, available: int = 20 * GIB, clock: Clock | None = None, first: int = 0) -> AmdProbe:
    clients = Clients(machine.proc, machine.kfd, clock or Clock())
    numbers = itertools.count(first)
    return AmdProbe(
        machine.drm, numbers=numbers, ram=lambda: (32 * GIB, available), clients=clients, name=lambda card: "Radeon"
    )


def one(probe: AmdProbe) -> Device:
    (device,) = probe.sample()
    return device


def test_a_discrete_card_is_told_in_bytes_shares_degrees_and_watts(tmp_path: Path) -> None:
    card = AmdCard()
    machine = Machine(tmp_path, card)
    probe = opened(machine, first=2)
    device = one(probe)
    assert (device.pool, device.name, device.kind, device.problem) == ("gpu2", "Radeon", "amd", "")
    assert (device.total, device.used, device.free) == (24 * GIB - 16 * MIB, 2 * GIB, 22 * GIB - 16 * MIB)
    assert (device.utilization, device.temperature) == (0.37, 51.0)
    assert (device.power, device.power_limit) == (211.0, 339.0)
    card.vram_used = 20 * GIB
    machine.say(card)
    assert one(probe).used == 20 * GIB


def test_an_apu_has_its_vram_and_the_ram_that_it_may_map(tmp_path: Path) -> None:
    device = one(opened(Machine(tmp_path, ryzen())))
    assert device.name == "Radeon (shared RAM)"
    assert device.total == 512 * MIB + 15 * GIB
    assert device.used == 148 * MIB + GIB
    assert device.free == device.total - device.used
    assert (device.temperature, device.power, device.power_limit) == (44.0, 9.1, None)


def test_no_more_is_free_for_an_apu_than_the_machine_has_available(tmp_path: Path) -> None:
    device = one(opened(Machine(tmp_path, ryzen()), available=3 * GIB))
    assert device.free == (512 - 148) * MIB + 3 * GIB
    assert device.used == device.total - device.free, "what other programs hold of the RAM is used"


@pytest.mark.parametrize(
    ("card", "shared"),
    [
        (AmdCard(hwmon=None), False),
        (AmdCard(hwmon=None, metrics=None), False),
        (AmdCard(hwmon=None, metrics=None, vram=512 * MIB, vram_used=0), True),
        (AmdCard(hwmon=None, metrics=(1, 3), vram=512 * MIB, vram_used=0), False),
        (AmdCard(hwmon=None, metrics=(3, 0), vram=96 * GIB), True),
        (AmdCard(hwmon={"in1_label": "vddnb"}, metrics=(1, 3)), True),
        (AmdCard(hwmon={"in0_label": "vddgfx"}, metrics=None, vram=GIB, vram_used=0), False),
        (AmdCard(hwmon={"in1_label": "vddnb"}, metrics=None, asleep=True), True),
        (AmdCard(hwmon=None, metrics=(2, 2), asleep=True), False),
    ],
)
def test_an_apu_is_told_by_its_sensors_then_its_metrics_then_its_size(
    tmp_path: Path, card: AmdCard, shared: bool
) -> None:
    assert one(opened(Machine(tmp_path, card))).name.endswith("(shared RAM)") == shared


def test_an_apu_beside_a_card_is_left_out_and_said_so(tmp_path: Path) -> None:
    machine = Machine(tmp_path, ryzen(0), AmdCard(1))
    probe = opened(machine)
    assert [(d.pool, d.total) for d in probe.sample()] == [("gpu0", 24 * GIB - 16 * MIB)]
    assert "left out" in probe.note
    with pytest.raises(AbsentError, match="left out") as refused:
        AmdProbe(Machine(tmp_path / "nvidia", ryzen()).drm, integrated=False)
    assert not refused.value.usual


def test_two_cards_are_two_pools_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    second = AmdCard(10, slot="0000:83:00.0", vram=16 * GIB)
    first = AmdCard(2, slot="0000:03:00.0", vram=24 * GIB)
    devices = opened(Machine(tmp_path, second, first)).sample()
    assert [(d.pool, d.total // GIB) for d in devices] == [("gpu0", 24), ("gpu1", 16)]


def test_a_card_that_vanishes_is_told_and_found_again_under_another_number(tmp_path: Path) -> None:
    lost, fine = AmdCard(0), AmdCard(1, slot="0000:83:00.0")
    machine = Machine(tmp_path, lost, fine)
    probe = opened(machine)
    probe.sample()
    machine.unplug(lost)
    first, second = probe.sample()
    assert (first.pool, first.total, first.free, first.problem) == ("gpu0", 24 * GIB - 16 * MIB, 0, GONE)
    assert first.utilization is None
    assert (second.pool, second.problem) == ("gpu1", "")
    lost.number = 5
    machine.plug(lost)
    assert [(d.pool, d.problem) for d in probe.sample()] == [("gpu0", ""), ("gpu1", "")]


def test_a_card_that_is_plugged_in_later_is_a_new_pool(tmp_path: Path) -> None:
    machine = Machine(tmp_path, AmdCard(0))
    probe = opened(machine)
    machine.plug(AmdCard(1, slot="0000:83:00.0"))
    assert [d.pool for d in probe.sample()] == ["gpu0", "gpu1"]


def test_a_driver_that_goes_silent_is_told(tmp_path: Path) -> None:
    card = AmdCard()
    machine = Machine(tmp_path, card)
    probe = opened(machine)
    card.vram = None
    machine.say(card)
    assert (one(probe).problem, one(probe).free) == (SILENT, 0)
    card.vram = 24 * GIB
    machine.say(card)
    assert one(probe).problem == ""


def test_files_that_are_missing_refused_or_odd_leave_gaps_and_no_zeros(tmp_path: Path) -> None:
    card = AmdCard(busy=None, hwmon={"temp1_input": "N/A", "power1_input": "5000000"})
    machine = Machine(tmp_path, card)
    device = one(opened(machine))
    assert (device.utilization, device.temperature, device.power, device.power_limit) == (None, None, 5.0, None)
    assert device.free > 0
    # What cannot be read at all: a folder stands in the place of the file, for every user.
    busy = machine.device(card) / "gpu_busy_percent"
    busy.mkdir()
    assert one(opened(machine)).utilization is None


def test_a_card_that_sleeps_is_not_woken_for_its_sensors(tmp_path: Path) -> None:
    device = one(opened(Machine(tmp_path, AmdCard(asleep=True))))
    assert (device.utilization, device.temperature, device.power) == (None, None, None)
    assert device.free == 22 * GIB - 16 * MIB


@pytest.mark.parametrize(
    ("cards", "why", "usual"),
    [((), "there is no AMD GPU", True), ((AmdCard(vram=None),), "does not tell its memory", False)],
)
def test_without_a_usable_card_there_is_no_probe_and_a_reason(
    tmp_path: Path, cards: tuple[AmdCard, ...], why: str, usual: bool
) -> None:
    with pytest.raises(AbsentError, match=why) as refused:
        opened(Machine(tmp_path, *cards))
    assert refused.value.usual == usual


def test_cards_of_others_and_systems_without_sysfs_are_none_of_its_business(tmp_path: Path) -> None:
    machine = Machine(tmp_path, card := AmdCard())
    (machine.device(card) / "vendor").write_text("0x10de\n")
    with pytest.raises(AbsentError, match="no AMD GPU"):
        opened(machine)
    with pytest.raises(AbsentError) as refused:
        AmdProbe(tmp_path / "nothing")
    assert str(refused.value) == ""


# ── processes ──


def test_processes_are_told_by_what_they_have_open_each_client_once(tmp_path: Path) -> None:
    machine = Machine(tmp_path, AmdCard())
    machine.opened(500, 4, fdinfo(11, vram=3 << 20, gtt=100))
    machine.opened(500, 9, fdinfo(11, vram=3 << 20, gtt=100))  # duplicated
    machine.opened(777, 4, fdinfo(11, vram=3 << 20, gtt=100))  # inherited by a child
    machine.opened(500, 12, fdinfo(12, vram=1 << 20, newer=True))
    machine.opened(90, 7, fdinfo(2, vram=2048))
    machine.opened(91, 7, fdinfo(3, vram=1 << 20, slot="0000:99:00.0"))
    machine.opened(92, 3, fdinfo(4, vram=1 << 20), link="socket:[1234]")
    assert one(opened(machine)).processes == ((500, 4 * GIB), (90, 2 * MIB))


def test_of_an_apu_processes_hold_vram_and_mapped_ram(tmp_path: Path) -> None:
    machine = Machine(tmp_path, ryzen())
    machine.opened(500, 7, fdinfo(11, vram=5348, gtt=25258000, slot="0000:c4:00.0"))
    assert one(opened(machine)).processes == ((500, (5348 + 25258000) << 10),)


def test_what_rocm_tells_covers_processes_of_other_users(tmp_path: Path) -> None:
    machine = Machine(tmp_path, AmdCard())
    machine.node(0, 0, 0)
    machine.node(1, 30381, 0x0300)
    machine.computes(500, 30381, 6 * GIB)
    machine.computes(600, 30381, 2 * GIB)
    machine.computes(601, 30381, 0)
    machine.opened(600, 4, fdinfo(11, vram=3 << 20))
    assert one(opened(machine)).processes == ((500, 6 * GIB), (600, 3 * GIB)), "the larger of both accounts"


def test_open_files_are_searched_seldom_and_read_each_time(tmp_path: Path) -> None:
    clock = Clock()
    machine = Machine(tmp_path, AmdCard())
    machine.opened(500, 4, fdinfo(11, vram=1 << 20))
    probe = opened(machine, clock=clock)
    probe.sample()
    machine.opened(501, 4, fdinfo(12, vram=2 << 20))
    (machine.proc / "500/fdinfo/4").write_text(fdinfo(11, vram=5 << 20))
    assert one(probe).processes == ((500, 5 * GIB),)
    clock.now += LOOK_SECONDS
    assert one(probe).processes == ((500, 5 * GIB), (501, 2 * GIB))


def test_a_search_is_bounded_and_every_process_has_its_turn(tmp_path: Path) -> None:
    clock = Clock()
    machine = Machine(tmp_path, AmdCard())
    for pid in (100, 200, 300):
        machine.opened(pid, 4, fdinfo(pid, vram=1 << 20))
        machine.opened(pid, 5, "", link="socket:[1]")
    clients = Clients(machine.proc, machine.kfd, clock, most=3)
    probe = AmdProbe(machine.drm, clients=clients, name=lambda card: "Radeon")
    assert one(probe).processes == ((200, GIB), (300, GIB)), "the youngest first"
    machine.opened(400, 4, fdinfo(400, vram=2 << 20))
    clock.now += LOOK_SECONDS
    assert one(probe).processes == ((400, 2 * GIB), (100, GIB), (200, GIB), (300, GIB)), "new ones, then who waited"


@pytest.mark.parametrize(
    "said",
    ["", "pos:\t0\nflags:\t0100002\n", fdinfo(1, vram=5).replace("amdgpu", "i915"), "drm-driver:\tamdgpu\n:::\n\x00"],
)
def test_other_files_are_no_clients(said: str) -> None:
    assert parse_client(said) is None


@pytest.mark.parametrize(("said", "size"), [("7", 7), ("7 KiB", 7 << 10), ("7 MiB", 7 << 20), ("7 GB", 0), ("-7", 0)])
def test_sizes_have_the_units_of_the_kernel_s_own_text(said: str, size: int) -> None:
    client = parse_client(f"drm-driver: amdgpu\ndrm-pdev: 0000:03:00.0\ndrm-client-id: 1\ndrm-memory-vram: {said}\n")
    assert client is not None
    assert client.vram == size


# ── names ──


def test_a_card_has_its_own_name_or_that_of_the_lists_or_its_numbers(tmp_path: Path) -> None:
    lists, pci = tmp_path / "amdgpu.ids", tmp_path / "pci.ids"
    lists.write_text("# List\n1.0.0\n744C,\tC8,\tAMD Radeon RX 7900 XTX\n744C,\tCC,\tAMD Radeon RX 7900 XT\n")
    pci.write_text(
        "# pci\n1001  Kolter\n\t744c  Other\n1002  AMD/ATI\n\t744c  Navi 31 [Radeon RX 7900 XT/XTX]\n\t0001  X\n"
    )
    card = AmdCard()
    device = Machine(tmp_path, card).device(card)
    assert card_name(device, [lists], [pci]) == "AMD Radeon RX 7900 XTX"
    assert card_name(device, [tmp_path / "none"], [pci]) == "AMD Radeon RX 7900 XT/XTX"
    assert card_name(device, [], []) == "AMD GPU 1002:744c"
    (device / "product_name").write_text("Instinct MI210\n")
    assert card_name(device, [lists], [pci]) == "Instinct MI210"
    assert card_name(tmp_path / "gone", [lists], [pci]) == "AMD GPU"
