"""The bus: numbered facts, rings that say what they lost."""

from llmrouter_tui.core.events import LogLine, Progress
from llmrouter_tui.engine.bus import Bus, Ring
from llmrouter_tui.engine.clock import SystemClock


def test_facts_are_numbered_without_gaps():
    bus, ring = Bus(SystemClock()), Ring()
    bus.tap(ring.put)
    for n in range(5):
        bus.publish(Progress("x", n))
    items, cut = ring.drain()
    assert [e.seq for e in items] == [1, 2, 3, 4, 5]
    assert not cut


def test_a_full_ring_drops_the_oldest_and_says_so_once():
    bus, ring = Bus(SystemClock()), Ring(size=3)
    bus.tap(ring.put)
    for n in range(5):
        bus.publish(Progress("x", n))
    items, cut = ring.drain()
    assert [e.fact.tokens for e in items] == [2, 3, 4]
    assert cut
    assert ring.dropped == 2
    assert ring.drain() == ([], False)


async def test_a_subscriber_waits_for_facts_and_can_leave():
    bus = Bus(SystemClock())
    ring = bus.subscribe(10)
    assert await ring.next(0.01) == ((), False)
    bus.publish(Progress("x", 1))
    items, cut = await ring.next(1.0)
    assert [e.fact.tokens for e in items] == [1]
    assert not cut
    ring.close()
    bus.publish(Progress("x", 2))
    assert await ring.next(0.01) == ((), False)


async def test_every_subscriber_is_told_that_what_comes_follows_on_nothing():
    bus = Bus(SystemClock())
    rings = [bus.subscribe(10) for _ in range(2)]
    bus.publish(Progress("x", 1))
    bus.cut()
    assert [await ring.next(1.0) for ring in rings] == [([], True), ([], True)]
    assert await rings[0].next(0.01) == ((), False)


def test_a_tap_may_read_some_kinds_only_and_the_bus_tells_what_anybody_wants():
    bus, seen = Bus(SystemClock()), []
    bus.tap(seen.append, LogLine)
    assert bus.wants(LogLine)
    assert not bus.wants(Progress)
    bus.publish(Progress("x", 1))
    bus.publish(LogLine(1.0, "info", "engine", "a line"))
    assert [(e.seq, type(e.fact)) for e in seen] == [(2, LogLine)]
    ring = bus.subscribe(10)
    assert bus.wants(Progress)
    ring.close()
    assert not bus.wants(Progress)
