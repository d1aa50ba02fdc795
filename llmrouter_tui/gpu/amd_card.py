"""One AMD GPU as the kernel's amdgpu driver tells it in sysfs.

Which file says what: the kernel's Documentation/gpu/amdgpu/driver-misc.rst (memory) and thermal.rst (sensors). Bytes,
percent, thousandths of a degree and millionths of a watt are turned into the units of ``Device``.
"""

import struct
from dataclasses import dataclass
from pathlib import Path

from llmrouter_tui.gpu.files import number, text

AMD = "0x1002"
"""The vendor's PCI number."""
CARVE_OUT = 1 << 30
"""Bytes of VRAM up to which a GPU that tells nothing better counts as an APU: firmware gives those 64 MiB to some
GiB of the RAM, mostly 512 MiB; no discrete card with so little holds a model."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes. ``gtt`` is RAM that the GPU may map."""

    vram_total: int
    vram_used: int
    gtt_total: int
    gtt_used: int


@dataclass(frozen=True, slots=True)
class Sensors:
    """As in ``Device``; None for what the card does not tell."""

    utilization: float | None = None
    temperature: float | None = None
    power: float | None = None
    power_limit: float | None = None


def is_amd(device: Path) -> bool:
    return text(device / "vendor") == AMD


def slot(device: Path) -> str:
    """The PCI address, as ``0000:03:00.0``: what a card keeps when its number changes."""
    for line in (text(device / "uevent") or "").splitlines():
        key, _, value = line.partition("=")
        if key == "PCI_SLOT_NAME":
            return value
    return device.resolve().name


def memory(device: Path) -> Memory | None:
    """None where the driver does not tell it: it is another driver than amdgpu, or the card is gone."""
    total, used = number(device / "mem_info_vram_total"), number(device / "mem_info_vram_used")
    if total is None or used is None:
        return None
    gtt, gtt_used = number(device / "mem_info_gtt_total"), number(device / "mem_info_gtt_used")
    return Memory(total, used, gtt or 0, gtt_used or 0)


def shares_ram(device: Path, memory: Memory) -> bool:
    """Whether it is an APU, whose GPU has no memory but the machine's RAM.

    The driver has a sensor for the northbridge's voltage on APUs only (thermal.rst). Where there are no sensors, the
    format of ``gpu_metrics`` tells: 2 and 3 are those of APUs, 1 that of cards (kgd_pp_interface.h); it is not read
    from a sleeping card, which it would wake. Else the size of the VRAM.
    """
    sensors = _hwmon(device)
    if sensors is not None and (sensors / "in1_label").exists():
        return True
    metrics = None if asleep(device) else _metrics_format(device)
    if metrics is not None:
        return metrics in (2, 3)
    return sensors is None and memory.vram_total <= CARVE_OUT and memory.gtt_total > memory.vram_total


def asleep(device: Path) -> bool:
    """Whether the card is switched off until it is needed, as in laptops: reading its sensors would wake it."""
    return text(device / "power" / "runtime_status") in ("suspended", "suspending")


def sensors(device: Path) -> Sensors:
    """Load, heat and power; nothing of a sleeping card."""
    if asleep(device):
        return Sensors()
    busy = number(device / "gpu_busy_percent")
    folder = _hwmon(device)
    if folder is None:
        return Sensors(_scaled(busy, 100))
    power = number(folder / "power1_average")
    if power is None:
        power = number(folder / "power1_input")
    return Sensors(
        utilization=_scaled(busy, 100),
        temperature=_scaled(number(folder / "temp1_input"), 1000),
        power=_scaled(power, 1_000_000),
        power_limit=_scaled(number(folder / "power1_cap"), 1_000_000),
    )


def _hwmon(device: Path) -> Path | None:
    try:
        return min((device / "hwmon").iterdir(), default=None)
    except OSError:
        return None


def _metrics_format(device: Path) -> int | None:
    """The major version of the binary ``gpu_metrics``: its size in two bytes, then major and minor. Some APUs have the
    file and refuse to have it read."""
    try:
        with (device / "gpu_metrics").open("rb") as file:
            head = file.read(4)
    except OSError:
        return None
    return int(struct.unpack("<HBB", head)[1]) if len(head) == 4 else None


def _scaled(value: int | None, unit: int) -> float | None:
    return None if value is None else value / unit
