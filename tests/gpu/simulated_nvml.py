"""NVML's behaviour on GPUs that do not exist: the calls the probe uses, failing with pynvml's own errors."""

from dataclasses import dataclass, field
from types import SimpleNamespace

import pynvml

GIB = 1 << 30


@dataclass
class Card:
    """One GPU. ``broken`` is the error its every call raises; ``unsupported`` names calls it does not have;
    ``instances`` are what it is cut into."""

    uuid: str
    name: str = "NVIDIA GeForce RTX 4090"
    total: int = 24 * GIB
    free: int = 20 * GIB
    busy: int = 94
    heat: int = 62
    milliwatts: int = 311_500
    limit: int = 450_000
    processes: tuple[tuple[int, int | None], ...] = ()
    drawing: tuple[tuple[int, int | None], ...] = ()
    broken: int | None = None
    unsupported: set[str] = field(default_factory=set)
    instances: "tuple[Card, ...]" = ()


class Nvml:
    """Stands where the module ``pynvml`` stands; handles die with a shutdown, as the driver's do."""

    def __init__(self, *cards: Card, init_error: int | None = None) -> None:
        self.cards = list(cards)
        self.init_error = init_error
        self.starts = 0
        self.running = False

    def nvmlInit(self) -> None:  # noqa: N802
        if self.init_error is not None:
            raise pynvml.NVMLError(self.init_error)
        self.starts += 1
        self.running = True

    def nvmlShutdown(self) -> None:  # noqa: N802
        if not self.running:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_UNINITIALIZED)
        self.running = False

    def nvmlSystemGetDriverVersion(self) -> str:  # noqa: N802
        return "580.65.06"

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        return len(self.cards)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> tuple[int, Card]:  # noqa: N802
        self._ask("handle", (self.starts, self.cards[index]))
        return self.starts, self.cards[index]

    def _ask(self, call: str, handle: tuple[int, Card]) -> Card:
        start, card = handle
        if not self.running or start != self.starts:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_UNINITIALIZED)
        if card.broken is not None:
            raise pynvml.NVMLError(card.broken)
        if call in card.unsupported:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_SUPPORTED)
        return card

    def nvmlDeviceGetUUID(self, handle: tuple[int, Card]) -> str:  # noqa: N802
        return self._ask("uuid", handle).uuid

    def nvmlDeviceGetName(self, handle: tuple[int, Card]) -> str:  # noqa: N802
        return self._ask("name", handle).name

    def nvmlDeviceGetMemoryInfo(self, handle: tuple[int, Card]) -> SimpleNamespace:  # noqa: N802
        card = self._ask("memory", handle)
        return SimpleNamespace(total=card.total, free=card.free, used=card.total - card.free)

    def nvmlDeviceGetUtilizationRates(self, handle: tuple[int, Card]) -> SimpleNamespace:  # noqa: N802
        return SimpleNamespace(gpu=self._ask("utilization", handle).busy, memory=10)

    def nvmlDeviceGetTemperature(self, handle: tuple[int, Card], sensor: int) -> int:  # noqa: N802
        assert sensor == pynvml.NVML_TEMPERATURE_GPU
        return self._ask("temperature", handle).heat

    def nvmlDeviceGetPowerUsage(self, handle: tuple[int, Card]) -> int:  # noqa: N802
        return self._ask("power", handle).milliwatts

    def nvmlDeviceGetEnforcedPowerLimit(self, handle: tuple[int, Card]) -> int:  # noqa: N802
        return self._ask("power_limit", handle).limit

    def nvmlDeviceGetMigMode(self, handle: tuple[int, Card]) -> list[int]:  # noqa: N802
        card = self._ask("mig", handle)
        return [pynvml.NVML_DEVICE_MIG_ENABLE if card.instances else pynvml.NVML_DEVICE_MIG_DISABLE] * 2

    def nvmlDeviceGetMaxMigDeviceCount(self, handle: tuple[int, Card]) -> int:  # noqa: N802
        self._ask("instances", handle)
        return 7

    def nvmlDeviceGetMigDeviceHandleByIndex(self, handle: tuple[int, Card], index: int) -> tuple[int, Card]:  # noqa: N802
        card = self._ask("instance", handle)
        if index >= len(card.instances):
            raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_FOUND)
        return self.starts, card.instances[index]

    def nvmlDeviceGetComputeRunningProcesses_v3(self, handle: tuple[int, Card]) -> list[SimpleNamespace]:  # noqa: N802
        return _listed(self._ask("processes", handle).processes)

    def nvmlDeviceGetComputeRunningProcesses_v2(self, handle: tuple[int, Card]) -> list[SimpleNamespace]:  # noqa: N802
        return _listed(self._ask("old processes", handle).processes)

    def nvmlDeviceGetGraphicsRunningProcesses_v3(self, handle: tuple[int, Card]) -> list[SimpleNamespace]:  # noqa: N802
        return _listed(self._ask("processes", handle).drawing)

    def nvmlDeviceGetGraphicsRunningProcesses_v2(self, handle: tuple[int, Card]) -> list[SimpleNamespace]:  # noqa: N802
        return _listed(self._ask("old processes", handle).drawing)


def _listed(processes: tuple[tuple[int, int | None], ...]) -> list[SimpleNamespace]:
    return [SimpleNamespace(pid=pid, usedGpuMemory=size) for pid, size in processes]
