"""How long a model may be silent."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Deadlines:
    """In seconds. What a load may take has its own bound (``Residency``), and so has the queue for one."""

    first_token: float = 300.0
    """Until a loaded model says something; it may have a long prompt to read, and others to answer first."""
    stall: float = 90.0
    """Between two pieces of a stream."""
