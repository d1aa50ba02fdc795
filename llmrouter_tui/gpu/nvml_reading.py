"""What NVML tells of one GPU at one moment."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

import pynvml

from llmrouter_tui.core.domain import Device
from llmrouter_tui.gpu.host import SHARED

T = TypeVar("T")

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
}
"""What an NVML error means to a person; any other is told in the driver's words."""


def words(error: Any) -> str:
    return WORDS.get(error.value) or f"the NVIDIA driver says: {error}"


def attempt(ask: Callable[..., T], *args: Any) -> T | None:
    """One figure, or None where the driver does not give it."""
    try:
        return ask(*args)
    except pynvml.NVMLError:
        return None


def handles(nvml: Any, index: int) -> list[Any]:
    """The GPU at a place of the driver's list or, where it is cut into instances (MIG), those: each has memory of its
    own, and no model runs on the whole. The whole GPU where the instances are not told."""
    whole = attempt(nvml.nvmlDeviceGetHandleByIndex, index)
    if whole is None:
        return []
    mode = attempt(nvml.nvmlDeviceGetMigMode, whole)
    if not mode or mode[0] != pynvml.NVML_DEVICE_MIG_ENABLE:
        return [whole]
    count = attempt(nvml.nvmlDeviceGetMaxMigDeviceCount, whole) or 0
    instances = [attempt(nvml.nvmlDeviceGetMigDeviceHandleByIndex, whole, place) for place in range(count)]
    return [instance for instance in instances if instance is not None] or [whole]


def room(nvml: Any, handle: Any, ram: Callable[[], tuple[int, int]]) -> tuple[int, int, bool]:
    """(total, free, whether that is the machine's RAM). Raises ``NVMLError``.

    GPUs on one chip with the processor (DGX Spark's GB10, Jetson) have no memory of their own: NVML answers that it is
    not supported, or tells none. What counts there is the RAM, with the caches that the system would give up, as
    NVIDIA advises (answer 5728 of its support) and llama.cpp does.
    """
    try:
        memory = nvml.nvmlDeviceGetMemoryInfo(handle)
    except pynvml.NVMLError as error:
        if error.value != pynvml.NVML_ERROR_NOT_SUPPORTED:
            raise
        return *ram(), True
    if not memory.total:
        return *ram(), True
    # What is not free is used: also what the driver keeps for itself, which nobody else gets.
    return int(memory.total), int(memory.free), False


def processes(nvml: Any, handle: Any) -> tuple[tuple[int, int], ...]:
    """(pid, bytes), the largest first. A process that computes and draws is in both lists with all its memory. Windows
    tells no memory of processes (None); neither do guests such as WSL."""
    found: dict[int, int] = {}
    for kind in ("Compute", "Graphics"):
        for version in ("_v3", "_v2"):  # drivers up to 470, the last for Kepler cards, have the second only
            listed = attempt(getattr(nvml, f"nvmlDeviceGet{kind}RunningProcesses{version}"), handle)
            if listed is not None:
                break
        for process in listed or ():
            if process.usedGpuMemory is not None:
                found[process.pid] = max(found.get(process.pid, 0), int(process.usedGpuMemory))
    return tuple(sorted(found.items(), key=lambda one: (-one[1], one[0])))


def figures(nvml: Any, handle: Any, last: Device, ram: Callable[[], tuple[int, int]]) -> Device:
    """The GPU now. Raises ``NVMLError`` where its memory cannot be read."""
    total, free, shared = room(nvml, handle, ram)
    rates = attempt(nvml.nvmlDeviceGetUtilizationRates, handle)
    heat = attempt(nvml.nvmlDeviceGetTemperature, handle, pynvml.NVML_TEMPERATURE_GPU)
    power = attempt(nvml.nvmlDeviceGetPowerUsage, handle)
    limit = attempt(nvml.nvmlDeviceGetEnforcedPowerLimit, handle)
    return Device(
        pool=last.pool,
        name=last.name + SHARED if shared and not last.name.endswith(SHARED) else last.name,
        kind="nvidia",
        total=total,
        used=total - free,
        free=free,
        utilization=None if rates is None else rates.gpu / 100,
        temperature=None if heat is None else float(heat),
        power=None if power is None else power / 1000,
        power_limit=None if limit is None else limit / 1000,
        processes=processes(nvml, handle),
        sampled_at=time.time(),
        uuid=last.uuid,
    )
