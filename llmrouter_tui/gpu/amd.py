"""AMD GPUs by what the kernel tells in sysfs: no library, no rights, no waking of a card that sleeps.

Tested over folders shaped like real machines' only; it was never run on a machine with such a GPU.
"""

import itertools
import platform
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from llmrouter_tui.core.domain import Device
from llmrouter_tui.gpu import amd_card
from llmrouter_tui.gpu.absent import AbsentError
from llmrouter_tui.gpu.amd_card import Memory
from llmrouter_tui.gpu.amd_clients import Clients, Held
from llmrouter_tui.gpu.amd_names import card_name
from llmrouter_tui.gpu.host import SHARED, ram

_CARD = re.compile(r"card\d+")
GONE = "the GPU is gone from the system"
SILENT = "the amdgpu driver does not tell its memory"


@dataclass(slots=True)
class _Card:
    """One GPU for as long as this probe lives."""

    slot: str
    shared: bool
    """Whether it is an APU's."""
    last: Device


class AmdProbe:
    """Measures AMD GPUs as pools named by ``numbers``; a GPU keeps its pool, found again by its PCI address.

    A discrete card's pool is its VRAM. An APU's is the VRAM that its firmware carves out of the RAM and the RAM that it
    may map besides, of which no more is free than the machine has available; ``(shared RAM)`` follows its name. Beside
    a discrete card, or where ``integrated`` is False because there is one of another maker, APUs are left out, as
    llama.cpp and with it most backends do: they would look like the largest GPU, and no model runs there.
    """

    def __init__(
        self,
        drm: Path = Path("/sys/class/drm"),
        *,
        numbers: Iterator[int] | None = None,
        integrated: bool = True,
        ram: Callable[[], tuple[int, int]] = ram,
        clients: Clients | None = None,
        name: Callable[[Path], str] = card_name,
    ) -> None:
        self._drm = drm
        self._numbers = itertools.count() if numbers is None else numbers
        self._ram = ram
        self._clients = clients or Clients()
        self._name = name
        self._cards: list[_Card] = []
        self.driver = f"amdgpu of {platform.system()} {platform.release()}"
        self.note = ""
        """Which GPUs are left out and why; empty where none is."""
        self._start(integrated)

    def sample(self) -> tuple[Device, ...]:
        """All GPUs now."""
        present = self._present()
        for slot, device in present.items():
            if all(card.slot != slot for card in self._cards):
                told = amd_card.memory(device)
                if told is not None and not amd_card.shares_ram(device, told):
                    self._adopt(slot, device, shared=False)
        held = self._clients.memory()
        for card in self._cards:
            card.last = self._measure(card, present.get(card.slot), held.get(card.slot, {}))
        return tuple(card.last for card in self._cards)

    def close(self) -> None:
        """Nothing is held."""

    def _start(self, integrated: bool) -> None:
        present = self._present()
        if not present:
            raise AbsentError("there is no AMD GPU" if self._drm.is_dir() else "")
        told = {slot: found for slot, device in present.items() if (found := amd_card.memory(device)) is not None}
        if not told:
            name = self._name(next(iter(present.values())))
            raise AbsentError(f"{name} is run by another driver than amdgpu, or does not tell its memory", usual=False)
        apus = [slot for slot, found in told.items() if amd_card.shares_ram(present[slot], found)]
        chosen = [slot for slot in told if slot not in apus]
        if not chosen and integrated:
            chosen = apus
        for slot in chosen:
            self._adopt(slot, present[slot], shared=slot in apus)
        left = [self._name(present[slot]) for slot in apus if slot not in chosen]
        if left:
            self.note = f"{', '.join(left)} shares the RAM and is left out: models run on a GPU with its own memory"
        if not self._cards:
            raise AbsentError(self.note, usual=False)

    def _present(self) -> dict[str, Path]:
        """The folders of AMD's cards by PCI address; connectors (``card0-DP-1``) are no cards."""
        try:
            names = sorted((e.name for e in self._drm.iterdir() if _CARD.fullmatch(e.name)), key=lambda n: int(n[4:]))
        except OSError:
            return {}
        devices = [self._drm / name / "device" for name in names]
        return {amd_card.slot(device): device for device in devices if amd_card.is_amd(device)}

    def _adopt(self, slot: str, device: Path, *, shared: bool) -> None:
        name = self._name(device) + (SHARED if shared else "")
        pool = f"gpu{next(self._numbers)}"
        self._cards.append(_Card(slot, shared, Device(pool, name, "amd", total=0, used=0, free=0)))

    def _measure(self, card: _Card, device: Path | None, held: Mapping[int, Held]) -> Device:
        now, last = time.time(), card.last
        told = None if device is None else amd_card.memory(device)
        if device is None or told is None:
            problem = GONE if device is None else SILENT
            return Device(last.pool, last.name, "amd", last.total, last.used, free=0, sampled_at=now, problem=problem)
        total, free = self._room(told) if card.shared else (told.vram_total, max(0, told.vram_total - told.vram_used))
        sizes = {pid: one.vram + (one.gtt if card.shared else 0) for pid, one in held.items()}
        measured = amd_card.sensors(device)
        return Device(
            pool=last.pool,
            name=last.name,
            kind="amd",
            total=total,
            used=total - free,
            free=free,
            utilization=measured.utilization,
            temperature=measured.temperature,
            power=measured.power,
            power_limit=measured.power_limit,
            processes=tuple(sorted(((p, s) for p, s in sizes.items() if s), key=lambda one: (-one[1], one[0]))),
            sampled_at=now,
        )

    def _room(self, told: Memory) -> tuple[int, int]:
        """(total, free) of an APU's pool: what of the RAM others use cannot be mapped."""
        _, available = self._ram()
        mappable = min(told.gtt_total - told.gtt_used, available)
        return told.vram_total + told.gtt_total, max(0, told.vram_total - told.vram_used) + max(0, mappable)
