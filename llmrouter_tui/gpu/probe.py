"""The whole machine in one probe: its GPUs, whoever made them, then its RAM."""

import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from llmrouter_tui.core.domain import Device
from llmrouter_tui.core.ports.probe import Probe
from llmrouter_tui.gpu.absent import AbsentError
from llmrouter_tui.gpu.amd import AmdProbe
from llmrouter_tui.gpu.apple import AppleProbe
from llmrouter_tui.gpu.host import HostProbe
from llmrouter_tui.gpu.lineage import Lineage
from llmrouter_tui.gpu.nvidia import NvidiaProbe


class Vendor(Probe, Protocol):
    """A probe of one kind of pools."""

    driver: str
    """What tells the figures, for people; empty where that goes without saying."""
    note: str
    """What it leaves out and why; empty where nothing."""


Opener = Callable[[Iterator[int], bool], Vendor]
"""Makes a vendor's probe, given the numbers of pools and whether no GPU was found yet. Raises ``AbsentError``."""


class MachineProbe:
    """Several probes as one. ``note`` says why there is no GPU among them, and what is left out; empty where there is
    nothing to say."""

    def __init__(self, probes: Sequence[Vendor], note: str = "", lineage: Lineage | None = None) -> None:
        self._probes = tuple(probes)
        self._last: list[tuple[Device, ...]] = [()] * len(self._probes)
        self._lineage = lineage or Lineage()
        self._drivers: dict[str, str] = {}
        self.note = note

    @property
    def drivers(self) -> Mapping[str, str]:
        """What tells the figures of each pool, by its name, as of the last sample."""
        return self._drivers

    def sample(self) -> tuple[Device, ...]:
        """All pools now, GPUs first, the host last. Never raises: a probe that fails as a whole is told by each of its
        pools, with nothing free."""
        for place, probe in enumerate(self._probes):
            try:
                self._last[place] = tuple(probe.sample())
            except Exception as error:
                self._last[place] = tuple(_failed(device, error) for device in self._last[place])
            self._drivers.update({device.pool: probe.driver for device in self._last[place]})
        devices = [device for found in self._last for device in found]
        self._lineage.look([process for device in devices for process in device.processes])
        return tuple(replace(d, lineage=self._lineage.of(d.processes)) if d.processes else d for d in devices)

    def close(self) -> None:
        """Release the drivers. Idempotent."""
        for probe in self._probes:
            probe.close()


def open_probe(openers: Sequence[tuple[str, Opener]] | None = None) -> MachineProbe:
    """Measure what this machine has. Never raises: without a usable GPU there is still the RAM.

    ``openers`` are by maker, in the order of their pools.
    """
    numbers = itertools.count()
    probes: list[Vendor] = []
    usual: list[str] = []
    unusual: list[str] = []
    for maker, opener in OPENERS if openers is None else openers:
        try:
            probes.append(opener(numbers, not probes))
        except AbsentError as reason:
            (usual if reason.usual else unusual).append(str(reason))
        except Exception as error:
            unusual.append(f"GPUs of {maker} cannot be measured: {_told(error)}")
    notes = [*unusual, *(probe.note for probe in probes)] if probes else [*unusual, *usual]
    return MachineProbe((*probes, HostProbe()), note="; ".join(note for note in notes if note))


OPENERS: Sequence[tuple[str, Opener]] = (
    ("NVIDIA", lambda numbers, first: NvidiaProbe(numbers=numbers)),
    ("AMD", lambda numbers, first: AmdProbe(numbers=numbers, integrated=first)),
    ("Apple", lambda numbers, first: AppleProbe(numbers=numbers)),
)


def _failed(last: Device, error: Exception) -> Device:
    problem = f"it could not be measured: {_told(error)}"
    now = time.time()
    return Device(
        last.pool, last.name, last.kind, last.total, last.used, 0, sampled_at=now, problem=problem, uuid=last.uuid
    )


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
