"""NVIDIA GPUs through NVML: memory, load, heat, power, and which processes hold memory."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import pynvml

from llmrouter_tui.core.domain import Device

T = TypeVar("T")

FIRST_RETRY = 1.0
"""Seconds until NVML is started again after a GPU failed; doubled after each failure."""
LAST_RETRY = 60.0
"""Seconds between tries at most: starting NVML wakes every GPU, so a dead one must not cost the others much."""

WORDS = {
    pynvml.NVML_ERROR_LIBRARY_NOT_FOUND: "no NVIDIA driver is installed",
    pynvml.NVML_ERROR_DRIVER_NOT_LOADED: "the NVIDIA driver is installed but not loaded",
    pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH: (
        "the NVIDIA driver in the kernel and its library have different versions, as after an update: reboot"
    ),
    pynvml.NVML_ERROR_NO_PERMISSION: "this user may not read the NVIDIA driver",
    pynvml.NVML_ERROR_GPU_IS_LOST: "the GPU fell off the bus",
    pynvml.NVML_ERROR_RESET_REQUIRED: "the GPU hangs and needs a reset or a reboot",
    pynvml.NVML_ERROR_UNINITIALIZED: "the NVIDIA driver was unloaded",
    pynvml.NVML_ERROR_NOT_SUPPORTED: "the GPU reports no memory of its own; it shares the machine's RAM",
}
"""What an NVML error means to a person; any other is told in the driver's words."""


class NvidiaUnavailableError(Exception):
    """There is no NVIDIA GPU to measure; the message says why, in words."""


@dataclass(slots=True)
class _Card:
    """One GPU for as long as this probe lives. ``handle`` is None while the driver does not list it."""

    uuid: str
    last: Device
    handle: Any = None


class NvidiaProbe:
    """Measures every NVIDIA GPU as the pools ``gpu0``, ``gpu1`` … in the driver's order.

    A GPU keeps its pool for the life of the probe, found again by its UUID, also when others vanish. A GPU that
    fails is reported with ``problem`` and nothing free, and NVML is started again with growing pauses until it is
    back. ``nvml`` is the ``pynvml`` module or something that behaves like it; ``clock`` counts seconds.
    """

    def __init__(self, nvml: Any = pynvml, clock: Callable[[], float] = time.monotonic) -> None:
        self._nvml = nvml
        self._clock = clock
        self._cards: list[_Card] = []
        self._pause = FIRST_RETRY
        self._retry_at: float | None = None
        self._started = False
        problem = self._start()
        if not self._cards:
            self.close()
            raise NvidiaUnavailableError(problem or "the NVIDIA driver lists no GPU")

    def sample(self) -> tuple[Device, ...]:
        """All GPUs now. Never raises."""
        if self._retry_at is not None and self._clock() >= self._retry_at:
            self._restart()
        devices = tuple(self._measure(card) for card in self._cards)
        if not any(self._curable(device) for device in devices):
            self._retry_at, self._pause = None, FIRST_RETRY
        elif self._retry_at is None:
            self._retry_at = self._clock() + self._pause
        return devices

    def close(self) -> None:
        """Release the driver. Idempotent, never raises."""
        if self._started:
            self._started = False
            self._try(self._nvml.nvmlShutdown)

    def _start(self) -> str:
        """Start NVML and find the GPUs; what is wrong in words, or nothing."""
        try:
            self._nvml.nvmlInit()
            self._started = True
            count = self._nvml.nvmlDeviceGetCount()
        except pynvml.NVMLError as error:
            return _words(error)
        for index in range(count):
            handle = self._try(self._nvml.nvmlDeviceGetHandleByIndex, index)
            if handle is not None:
                self._adopt(self._try(self._nvml.nvmlDeviceGetUUID, handle) or str(index), handle)
        return ""

    def _restart(self) -> None:
        self.close()
        for card in self._cards:
            card.handle = None
        problem = self._start()
        for card in self._cards:
            if card.handle is None:
                card.last = _failed(card.last, problem or WORDS[pynvml.NVML_ERROR_GPU_IS_LOST], time.time())
        self._pause = min(self._pause * 2, LAST_RETRY)
        self._retry_at = self._clock() + self._pause

    def _adopt(self, uuid: str, handle: Any) -> None:
        card = next((card for card in self._cards if card.uuid == uuid), None)
        if card is None:
            name = self._try(self._nvml.nvmlDeviceGetName, handle) or "NVIDIA GPU"
            unseen = Device(pool=f"gpu{len(self._cards)}", name=name, kind="nvidia", total=0, used=0, free=0)
            card = _Card(uuid, unseen)
            self._cards.append(card)
        card.handle = handle

    def _measure(self, card: _Card) -> Device:
        now = time.time()
        if card.handle is None:
            return replace(card.last, sampled_at=now)
        try:
            memory = self._nvml.nvmlDeviceGetMemoryInfo(card.handle)
        except pynvml.NVMLError as error:
            card.last = _failed(card.last, _words(error), now)
        else:
            card.last = self._figures(card, memory, now)
        return card.last

    def _figures(self, card: _Card, memory: Any, now: float) -> Device:
        nvml, handle = self._nvml, card.handle
        rates = self._try(nvml.nvmlDeviceGetUtilizationRates, handle)
        heat = self._try(nvml.nvmlDeviceGetTemperature, handle, pynvml.NVML_TEMPERATURE_GPU)
        power = self._try(nvml.nvmlDeviceGetPowerUsage, handle)
        limit = self._try(nvml.nvmlDeviceGetEnforcedPowerLimit, handle)
        processes = self._try(nvml.nvmlDeviceGetComputeRunningProcesses_v3, handle) or ()
        return Device(
            pool=card.last.pool,
            name=card.last.name,
            kind="nvidia",
            total=int(memory.total),
            used=int(memory.total - memory.free),  # with what the driver keeps for itself: nobody else gets that
            free=int(memory.free),
            utilization=None if rates is None else rates.gpu / 100,
            temperature=None if heat is None else float(heat),
            power=None if power is None else power / 1000,
            power_limit=None if limit is None else limit / 1000,
            processes=tuple((p.pid, p.usedGpuMemory) for p in processes if p.usedGpuMemory is not None),
            sampled_at=now,
        )

    @staticmethod
    def _curable(device: Device) -> bool:
        return bool(device.problem) and device.problem != WORDS[pynvml.NVML_ERROR_NOT_SUPPORTED]

    @staticmethod
    def _try(ask: Callable[..., T], *args: Any) -> T | None:
        """One figure, or None where the driver does not give it."""
        try:
            return ask(*args)
        except pynvml.NVMLError:
            return None


def _failed(last: Device, problem: str, now: float) -> Device:
    """What is known of a GPU that cannot be read: nothing is free there, and nothing else is claimed."""
    return Device(last.pool, last.name, last.kind, last.total, last.used, free=0, sampled_at=now, problem=problem)


def _words(error: Any) -> str:
    return WORDS.get(error.value) or f"the NVIDIA driver says: {error}"
