"""What moving models in and out of memory costs, and when it goes in circles. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from llmrouter_tui.core.domain import ResidencyEvent
from llmrouter_tui.core.vram import Swaps, Thrash

SPAN = 600.0
"""Seconds in which evictions are held together."""
TURNS = 3
"""So often each of them must have been thrown out by the others, and have thrown others out."""

Eviction = tuple[str, str]
"""Who left, and for whom."""


def counted(swaps: Swaps, event: ResidencyEvent) -> Swaps:
    """The cost with one more event; what others did costs us nothing."""
    if event.external or event.kind.endswith("failed"):
        return swaps
    return replace(
        swaps,
        loads=swaps.loads + (event.kind == "load"),
        evictions=swaps.evictions + (event.kind == "unload" and bool(event.evicted_for)),
        seconds=swaps.seconds + (event.seconds or 0.0),
    )


def thrash(events: Iterable[ResidencyEvent], now: float) -> tuple[Thrash, ...]:
    """Models of one pool that threw each other out ``TURNS`` times each within the last ``SPAN`` seconds, worst
    first. It may be two that take turns, or more that go round."""
    pools: dict[str, list[ResidencyEvent]] = {}
    for event in events:
        if event.kind == "unload" and event.evicted_for and 0 <= now - event.at <= SPAN:
            pools.setdefault(event.pool, []).append(event)
    found = [one for pool, mine in pools.items() for one in _circles(pool, mine)]
    return tuple(sorted(found, key=lambda one: (-one.times, one.pool, one.models)))


def _circles(pool: str, events: list[ResidencyEvent]) -> list[Thrash]:
    edges = Counter((event.model, event.evicted_for) for event in events)
    found: list[Thrash] = []
    for group in _groups(_restless(edges)):
        times = [event.at for event in events if event.model in group and event.evicted_for in group]
        found.append(Thrash(pool, tuple(sorted(group)), len(times), max(times) - min(times)))
    return found


def _restless(edges: Counter[Eviction]) -> Counter[Eviction]:
    """The evictions among those who were thrown out often enough by each other, and threw out others as often."""
    while True:
        out, by = Counter[str](), Counter[str]()
        for (victim, taker), times in edges.items():
            out[victim] += times
            by[taker] += times
        kept = {model for model in out if out[model] >= TURNS and by[model] >= TURNS}
        left = Counter({pair: times for pair, times in edges.items() if kept.issuperset(pair)})
        if len(left) == len(edges):
            return left
        edges = left


def _groups(edges: Iterable[Eviction]) -> list[set[str]]:
    """Who has to do with whom."""
    groups: list[set[str]] = []
    for pair in edges:
        touched = [group for group in groups if group.intersection(pair)]
        groups = [group for group in groups if group not in touched] + [set(pair).union(*touched)]
    return groups
