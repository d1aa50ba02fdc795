"""Facts on their way: publish never blocks, awaits or fails; slow readers lose the oldest and are told so."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

from llmrouter_tui.core.events import Envelope, Fact
from llmrouter_tui.core.making import maker
from llmrouter_tui.core.ports.clock import Clock

FEED_SIZE = 4096

Sink = Callable[[Envelope], None]
_envelope = maker(Envelope)


class Ring:
    """``core.ports.feed.Feed`` in this process: filled by the service thread, drained by the screen's.

    Both ends only use the deque's atomic operations, so there is no lock.
    """

    connected = True

    def __init__(self, size: int = FEED_SIZE) -> None:
        self._items: deque[Envelope] = deque(maxlen=size)
        self._size = size
        self._cut = False
        self.dropped = 0

    def put(self, envelope: Envelope) -> None:
        if len(self._items) == self._size:
            self.dropped += 1
            self._cut = True
        self._items.append(envelope)

    def cut(self) -> None:
        """What comes next follows on nothing that came before, as after a restart."""
        self._items.clear()
        self._cut = True

    def drain(self, limit: int = 2000) -> tuple[Sequence[Envelope], bool]:
        cut, self._cut = self._cut, False
        items: list[Envelope] = []
        while len(items) < limit:
            try:
                items.append(self._items.popleft())
            except IndexError:
                break
        return items, cut


class AsyncRing:
    """``core.ports.feed.Subscription``: a ring that a coroutine waits on."""

    def __init__(self, size: int, forget: Callable[["AsyncRing"], None]) -> None:
        self._ring = Ring(size)
        self._some = asyncio.Event()
        self._forget = forget

    def put(self, envelope: Envelope) -> None:
        self._ring.put(envelope)
        self._some.set()

    def cut(self) -> None:
        """See ``Ring.cut``."""
        self._ring.cut()
        self._some.set()

    async def next(self, timeout: float) -> tuple[Sequence[Envelope], bool]:
        try:
            async with asyncio.timeout(timeout):
                await self._some.wait()
        except TimeoutError:
            return (), False
        self._some.clear()
        items, cut = self._ring.drain()
        if len(items) == 2000:
            self._some.set()
        return items, cut

    @property
    def dropped(self) -> int:
        return self._ring.dropped

    def close(self) -> None:
        self._forget(self)


class Bus:
    """Numbers facts and hands them to every reader. Used from the service's thread only."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._taps: list[tuple[Sink, tuple[type, ...]]] = []
        self._sinks: dict[type, tuple[Sink, ...]] = {}
        """Who reads a kind of fact, as far as it was asked since the last change of taps."""
        self._rings: set[AsyncRing] = set()
        self._lost = 0
        self.seq = 0

    def publish(self, fact: Fact) -> None:
        self.seq += 1
        sinks = self._sinks.get(type(fact))
        if sinks is None:
            sinks = self._readers(type(fact))
        if sinks:
            envelope = _envelope(self.seq, self._clock.wall(), self._clock.mono(), fact)
            for sink in sinks:
                sink(envelope)

    def wants(self, kind: type) -> bool:
        """Whether anybody reads such facts now: those that cost something to make need not be made for nobody."""
        return bool(self._readers(kind))

    def tap(self, sink: Sink, *kinds: type) -> None:
        """Call ``sink`` with every envelope from now on, or with those of some kinds of facts only; it must be quick
        and never raise."""
        self._taps.append((sink, kinds))
        self._sinks.clear()

    def subscribe(self, size: int) -> AsyncRing:
        ring = AsyncRing(size, self._forget)
        self.tap(ring.put)
        self._rings.add(ring)
        return ring

    def cut(self) -> None:
        """Have all subscribers start again from a snapshot."""
        for ring in self._rings:
            ring.cut()

    @property
    def dropped(self) -> int:
        """Facts that subscribers lost since the start, those that left among them."""
        return self._lost + sum([ring.dropped for ring in self._rings])

    def _forget(self, ring: AsyncRing) -> None:
        self._taps.remove((ring.put, ()))
        self._rings.discard(ring)
        self._lost += ring.dropped
        self._sinks.clear()

    def _readers(self, kind: type) -> tuple[Sink, ...]:
        sinks = self._sinks.get(kind)
        if sinks is None:
            sinks = self._sinks[kind] = tuple([sink for sink, kinds in self._taps if not kinds or kind in kinds])
        return sinks
