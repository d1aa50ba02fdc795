"""Events, as they come to a screen and to the event stream."""

from collections.abc import Sequence
from typing import Protocol

from llmrouter_tui.core.events import Envelope


class Feed(Protocol):
    """Events for a screen: filled by another thread, drained on the screen's own timer."""

    def drain(self, limit: int = 2000) -> tuple[Sequence[Envelope], bool]:
        """Events since the last call, and whether some were dropped (or the stream was cut), so that the
        screen must start again from a snapshot."""
        ...

    @property
    def dropped(self) -> int:
        """How many events were dropped since the start."""
        ...

    @property
    def connected(self) -> bool:
        """Whether events can arrive; False while a watched router is out of reach."""
        ...


class Subscription(Protocol):
    """An async ring of events; a full ring drops the oldest and says so."""

    async def next(self, timeout: float) -> tuple[Sequence[Envelope], bool]:
        """Events so far (maybe none after ``timeout`` seconds) and whether some were dropped before them."""
        ...

    def close(self) -> None: ...


class Subscriptions(Protocol):
    """The bus as the proxy's event stream sees it."""

    def subscribe(self, size: int) -> Subscription: ...
