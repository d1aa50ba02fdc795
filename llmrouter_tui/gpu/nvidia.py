"""NVIDIA GPUs through NVML, for as long as the router runs: found, lost, and found again."""

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pynvml

from llmrouter_tui.core.domain import Device
from llmrouter_tui.gpu import nvml_reading
from llmrouter_tui.gpu.absent import AbsentError
from llmrouter_tui.gpu.host import ram
from llmrouter_tui.gpu.nvml_reading import WORDS, attempt, words

FIRST_RETRY = 1.0
"""Seconds until NVML is started again after a GPU failed; doubled after each failure."""
LAST_RETRY = 60.0
"""Seconds between tries at most: starting NVML wakes every GPU, so a dead one must not cost the others much."""


@dataclass(slots=True)
class _Card:
    """One GPU for as long as this probe lives. ``handle`` is None while the driver does not list it."""

    uuid: str
    last: Device
    handle: Any = None


class NvidiaProbe:
    """Measures every NVIDIA GPU as pools named by ``numbers``, in the driver's order; a GPU that is cut into instances
    (MIG) as one pool for each of them.

    A GPU keeps its pool for the life of the probe, found again by its UUID, also when others vanish. A GPU that
    fails is reported with ``problem`` and nothing free, and NVML is started again with growing pauses until it is
    back. ``nvml`` is the ``pynvml`` module or something that behaves like it; ``clock`` counts seconds.
    """

    note = ""

    def __init__(
        self,
        nvml: Any = pynvml,
        clock: Callable[[], float] = time.monotonic,
        *,
        numbers: Iterator[int] | None = None,
        ram: Callable[[], tuple[int, int]] = ram,
    ) -> None:
        self._nvml = nvml
        self._clock = clock
        self._numbers = itertools.count() if numbers is None else numbers
        self._ram = ram
        self._cards: list[_Card] = []
        self._pause = FIRST_RETRY
        self._retry_at: float | None = None
        self._started = False
        self.driver = "NVIDIA"
        problem = self._start()
        if not self._cards:
            self.close()
            usual = problem == WORDS[pynvml.NVML_ERROR_LIBRARY_NOT_FOUND]
            raise AbsentError(problem or "the NVIDIA driver lists no GPU", usual=usual)

    def sample(self) -> tuple[Device, ...]:
        """All GPUs now."""
        if self._retry_at is not None and self._clock() >= self._retry_at:
            self._restart()
        devices = tuple(self._measure(card) for card in self._cards)
        if not any(device.problem for device in devices):
            self._retry_at, self._pause = None, FIRST_RETRY
        elif self._retry_at is None:
            self._retry_at = self._clock() + self._pause
        return devices

    def close(self) -> None:
        """Release the driver. Idempotent, never raises."""
        if self._started:
            self._started = False
            attempt(self._nvml.nvmlShutdown)

    def _start(self) -> str:
        """Start NVML and find the GPUs; what is wrong in words, or nothing."""
        try:
            self._nvml.nvmlInit()
            self._started = True
            count = self._nvml.nvmlDeviceGetCount()
        except pynvml.NVMLError as error:
            return words(error)
        self.driver = f"NVIDIA driver {attempt(self._nvml.nvmlSystemGetDriverVersion) or '(version not told)'}"
        for index in range(count):
            for place, handle in enumerate(nvml_reading.handles(self._nvml, index)):
                self._adopt(attempt(self._nvml.nvmlDeviceGetUUID, handle) or f"{index}.{place}", handle)
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
            name = attempt(self._nvml.nvmlDeviceGetName, handle) or "NVIDIA GPU"
            unseen = Device(f"gpu{next(self._numbers)}", name, "nvidia", total=0, used=0, free=0, uuid=uuid)
            card = _Card(uuid, unseen)
            self._cards.append(card)
        card.handle = handle

    def _measure(self, card: _Card) -> Device:
        if card.handle is None:
            return replace(card.last, sampled_at=time.time())
        try:
            card.last = nvml_reading.figures(self._nvml, card.handle, card.last, self._ram)
        except pynvml.NVMLError as error:
            card.last = _failed(card.last, words(error), time.time())
        return card.last


def _failed(last: Device, problem: str, now: float) -> Device:
    """What is known of a GPU that cannot be read: nothing is free there, and nothing else is claimed."""
    return Device(
        last.pool, last.name, last.kind, last.total, last.used, free=0, sampled_at=now, problem=problem, uuid=last.uuid
    )
