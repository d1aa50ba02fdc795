"""How long a client is willing to wait in all, where it says so: ``Prefer: wait=20``, in seconds (RFC 7240, 4.3)."""

import asyncio
import re
from collections.abc import Mapping

from llmrouter_tui.core.errors import RouterError

_WAIT = re.compile(r'(?:^|[,;\s])wait\s*=\s*"?(\d{1,6}(?:\.\d{1,3})?)', re.IGNORECASE)


def wished(fields: Mapping[str, str]) -> float | None:
    """Seconds until the last byte; None where nothing is said of it."""
    preferred = fields.get("Prefer")
    found = None if preferred is None else _WAIT.search(preferred)
    return float(found[1]) if found else None


class Patience:
    """Cancels the task that made it when the time is over."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._task = asyncio.current_task()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._end)
        self._over = False

    def _end(self) -> None:
        if self._task is not None:
            self._over = True
            self._task.cancel()

    def spent(self) -> RouterError | None:
        """What a cancellation means: this error, or that it came from elsewhere."""
        if not self._over or self._task is None or self._task.uncancel() > 0:
            return None
        words = f"The answer was not complete within the {self._seconds:g} s that the request allowed."
        return RouterError("deadline_exceeded", words, hint="They are those of its header Prefer: wait=….")

    def close(self) -> None:
        """The answer is over."""
        self._timer.cancel()
