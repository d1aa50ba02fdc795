"""Memory pools as the drivers tell them, behind ``core.ports.Probe``: the only room that knows drivers."""
