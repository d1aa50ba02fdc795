"""A running router, or a watch of one, for a screen."""

from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, Protocol, TypeVar

from llmrouter_tui.core.ports.control import Control
from llmrouter_tui.core.ports.feed import Feed

T = TypeVar("T")


class Host(Protocol):
    """A running router or a watch of one: what ``cli`` builds and the screen runs in its worker thread."""

    @property
    def control(self) -> Control: ...
    @property
    def feed(self) -> Feed: ...
    @property
    def readonly(self) -> bool: ...
    @property
    def url(self) -> str:
        """Where a router that is watched is reached from here; empty for one of this process, and for a recording."""
        ...

    def run(self) -> None:
        """Run until ``stop``; blocks. Problems that can be lived with are in the snapshot, not raised."""
        ...

    def stop(self, *, now: bool = False) -> None:
        """Ask it to end, from any thread. ``now`` gives answers under way no time to finish: they end with a word."""
        ...

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a control call on the host's own loop, from any thread."""
        ...
