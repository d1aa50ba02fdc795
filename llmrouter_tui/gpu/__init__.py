"""Memory pools as the drivers tell them, behind ``core.ports.probe.Probe``: the only room that knows drivers."""

from llmrouter_tui.gpu.probe import MachineProbe, open_probe

__all__ = ["MachineProbe", "open_probe"]
