"""The whole machine in one probe: its GPUs, then its RAM."""

from collections.abc import Sequence

from llmrouter_tui.core.domain import Device
from llmrouter_tui.core.ports import Probe
from llmrouter_tui.gpu.host import HostProbe
from llmrouter_tui.gpu.nvidia import NvidiaProbe, NvidiaUnavailableError


class MachineProbe:
    """Several probes as one. ``note`` says why there is no GPU among them; empty when there is one."""

    def __init__(self, probes: Sequence[Probe], note: str = "") -> None:
        self._probes = tuple(probes)
        self.note = note

    def sample(self) -> tuple[Device, ...]:
        """All pools now, GPUs first, the host last. Never raises."""
        return tuple(device for probe in self._probes for device in probe.sample())

    def close(self) -> None:
        """Release the drivers. Idempotent."""
        for probe in self._probes:
            probe.close()


def open_probe() -> MachineProbe:
    """Measure what this machine has. Never raises: without a usable GPU there is still the RAM."""
    host = HostProbe()
    try:
        return MachineProbe((NvidiaProbe(), host))
    except NvidiaUnavailableError as reason:
        return MachineProbe((host,), note=str(reason))
