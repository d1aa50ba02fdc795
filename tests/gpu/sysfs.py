"""Folders shaped like what Linux shows of AMD GPUs, with the very files of the kernel's amdgpu driver."""

import struct
from dataclasses import dataclass, field
from pathlib import Path

MIB, GIB = 1 << 20, 1 << 30


@dataclass
class AmdCard:
    """A Radeon RX 7900 XTX unless told otherwise. A value of None is a file that is not there."""

    number: int = 0
    slot: str = "0000:03:00.0"
    chip: str = "0x744c"
    revision: str = "0xc8"
    vram: int | None = 24 * GIB - 16 * MIB
    vram_used: int = 2 * GIB
    gtt: int | None = 31 * GIB
    gtt_used: int = 90 * MIB
    busy: int | None = 37
    product: str | None = ""
    hwmon: dict[str, str] | None = field(
        default_factory=lambda: {
            "name": "amdgpu",
            "temp1_input": "51000",
            "temp1_label": "edge",
            "power1_average": "211000000",
            "power1_cap": "339000000",
            "in0_label": "vddgfx",
        }
    )
    metrics: tuple[int, int] | None = (1, 3)
    asleep: bool = False


def ryzen(number: int = 0, slot: str = "0000:c4:00.0") -> AmdCard:
    """A Ryzen 7 7840U with 512 MiB carved out of 32 GiB."""
    return AmdCard(
        number,
        slot,
        chip="0x15bf",
        revision="0xc7",
        vram=512 * MIB,
        vram_used=148 * MIB,
        gtt=15 * GIB,
        gtt_used=GIB,
        busy=4,
        product=None,
        hwmon={
            "name": "amdgpu",
            "temp1_input": "44000",
            "power1_input": "9100000",
            "in0_label": "vddgfx",
            "in1_input": "740",
            "in1_label": "vddnb",
        },
        metrics=(2, 2),
    )


class Machine:
    """``drm`` is its /sys/class/drm, ``proc`` its /proc, ``kfd`` its /sys/class/kfd/kfd."""

    def __init__(self, root: Path, *cards: AmdCard) -> None:
        self.root = root
        self.drm, self.proc, self.kfd = root / "class/drm", root / "proc", root / "class/kfd/kfd"
        for folder in (self.drm, self.proc):
            folder.mkdir(parents=True)
        (self.drm / "version").write_text("drm 1.1.0 20060810\n")
        for card in cards:
            self.plug(card)

    def device(self, card: AmdCard) -> Path:
        return self.root / "devices/pci0000:00" / card.slot

    def plug(self, card: AmdCard) -> None:
        device = self.device(card)
        entry = self.drm / f"card{card.number}"
        for connector in ("DP-1", "HDMI-A-1"):
            (self.drm / f"card{card.number}-{connector}").mkdir()
        entry.mkdir()
        device.mkdir(parents=True, exist_ok=True)
        (entry / "device").symlink_to(device)
        self.say(card)

    def unplug(self, card: AmdCard) -> None:
        for entry in self.drm.glob(f"card{card.number}*"):
            for inside in entry.iterdir():
                inside.unlink()
            entry.rmdir()

    def say(self, card: AmdCard) -> None:
        """Write what the driver tells now."""
        ident = f"DRIVER=amdgpu\nPCI_CLASS=30000\nPCI_ID=1002:{card.chip[2:].upper()}\nPCI_SLOT_NAME={card.slot}\n"
        files = {
            "vendor": "0x1002",
            "device": card.chip,
            "revision": card.revision,
            "uevent": ident,
            "product_name": card.product,
            "mem_info_vram_total": card.vram,
            "mem_info_vram_used": None if card.vram is None else card.vram_used,
            "mem_info_gtt_total": card.gtt,
            "mem_info_gtt_used": None if card.gtt is None else card.gtt_used,
            "gpu_busy_percent": card.busy,
            "power/runtime_status": "suspended" if card.asleep else "active",
            **{f"hwmon/hwmon3/{name}": value for name, value in (card.hwmon or {}).items()},
        }
        device = self.device(card)
        for name, value in files.items():
            file = device / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.unlink(missing_ok=True)
            if value is not None:
                file.write_text(f"{value}\n")
        if card.metrics is not None:
            (device / "gpu_metrics").write_bytes(struct.pack("<HBB", 120, *card.metrics) + bytes(116))

    def opened(self, pid: int, fd: int, said: str, link: str = "/dev/dri/renderD128") -> None:
        """A file that a process has open; ``said`` is what fdinfo tells of it."""
        for folder in ("fd", "fdinfo"):
            (self.proc / str(pid) / folder).mkdir(parents=True, exist_ok=True)
        (self.proc / str(pid) / "fd" / str(fd)).symlink_to(link)
        (self.proc / str(pid) / "fdinfo" / str(fd)).write_text(said)

    def computes(self, pid: int, gpu: int, size: int) -> None:
        """What ROCm's part of the driver tells of a process."""
        folder = self.kfd / "proc" / str(pid)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"vram_{gpu}").write_text(f"{size}\n")

    def node(self, number: int, gpu: int, location: int) -> None:
        """A node in ROCm's list: the processor's has the number 0 for a GPU."""
        folder = self.kfd / "topology/nodes" / str(number)
        folder.mkdir(parents=True)
        (folder / "gpu_id").write_text(f"{gpu}\n")
        (folder / "properties").write_text(f"cpu_cores_count 0\nsimd_count 192\nlocation_id {location}\ndomain 0\n")


def fdinfo(client: int, *, vram: int = 0, gtt: int = 0, slot: str = "0000:03:00.0", newer: bool = False) -> str:
    """As amdgpu writes it since Linux 5.19; ``newer`` as since 6.13, with both spellings. Sizes in KiB."""
    lines = ["pos:\t0", "flags:\t02100002", "mnt_id:\t26", "ino:\t523", "pasid:\t32775", "drm-driver:\tamdgpu"]
    lines += [f"drm-client-id:\t{client}", f"drm-pdev:\t{slot}"]
    if newer:
        lines += [f"drm-total-vram:\t{vram + 512} KiB", f"drm-resident-vram:\t{vram} KiB"]
        lines += [f"drm-total-gtt:\t{gtt} KiB", f"drm-resident-gtt:\t{gtt} KiB"]
    lines += [f"drm-memory-vram:\t{vram} KiB", f"drm-memory-gtt: \t{gtt} KiB", "drm-memory-cpu: \t0 KiB"]
    return "\n".join([*lines, "drm-engine-gfx:\t1234567 ns", ""])
