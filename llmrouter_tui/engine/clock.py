"""The system's clocks."""

import time


class SystemClock:
    """``core.ports.clock.Clock`` on the real clocks."""

    wall = staticmethod(time.time)
    mono = staticmethod(time.monotonic)
