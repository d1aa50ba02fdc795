"""What swaps cost, and models that throw each other out in circles."""

import pytest

from llmrouter_tui.core.domain import ResidencyEvent
from llmrouter_tui.core.swapping import SPAN, counted, thrash
from llmrouter_tui.core.vram import Swaps, Thrash

NOW = 10_000.0


def event(kind: str = "load", model: str = "a", **more: object) -> ResidencyEvent:
    plain: dict[str, object] = {"at": NOW, "pool": "gpu0", "seconds": 2.0, "reason": ""}
    return ResidencyEvent(kind=kind, model=model, **(plain | more))  # type: ignore[arg-type]


def evictions(*pairs: str, pool: str = "gpu0", last: float = NOW, apart: float = 10.0) -> list[ResidencyEvent]:
    """``ab``: a left for b; the last one at ``last``."""
    return [
        event("unload", pair[0], at=last - apart * before, pool=pool, evicted_for=pair[1])
        for before, pair in reversed(list(enumerate(reversed(pairs))))
    ]


def test_loads_evictions_and_their_seconds_are_counted_and_nothing_that_others_did():
    told = [
        event("load", seconds=8.5),
        event("unload", seconds=1.5, evicted_for="b"),
        event("unload", seconds=1.0),
        event("load", external=True, seconds=30.0),
        event("load_failed", seconds=None),
        event("unload_failed", seconds=None),
    ]
    swaps = Swaps()
    for one in told:
        swaps = counted(swaps, one)
    assert swaps == Swaps(loads=1, evictions=1, seconds=11.0)


def test_two_that_take_turns_three_times_each_are_told_with_how_often_and_how_long():
    assert thrash(evictions("ab", "ba", "ab", "ba", "ab", "ba"), NOW) == (Thrash("gpu0", ("a", "b"), 6, 50.0),)


def test_three_that_go_round_are_one_circle():
    assert thrash(evictions(*("ab", "bc", "ca") * 3), NOW) == (Thrash("gpu0", ("a", "b", "c"), 9, 80.0),)


@pytest.mark.parametrize(
    "told",
    [
        evictions("ab", "ba", "ab", "ba", "ab"),
        evictions("ab", "ab", "ab", "ab", "ab", "ab"),
        evictions(*("ab", "ba") * 3, apart=SPAN / 4),
        evictions(*("ab", "ba") * 3, last=NOW - SPAN),
        [*evictions(*("ab", "ba") * 2), *evictions(*("ab", "ba") * 2, pool="gpu1")],
        [event(model=name) for name in "ababab"],
        [event("unload", name) for name in "ababab"],
        evictions(*("ab", "bc", "cd", "de") * 4),
    ],
    ids=["five", "one way", "slowly", "long ago", "in two pools", "loads", "unloads for nobody", "a chain"],
)
def test_what_is_no_circle_is_not_told(told: list[ResidencyEvent]):
    assert thrash(told, NOW) == ()


def test_who_is_only_thrown_out_is_no_part_of_the_circle():
    [told] = thrash(evictions(*("ab", "ba", "xa") * 3), NOW)
    assert (told.models, told.times) == (("a", "b"), 6)


def test_the_worst_circle_comes_first():
    told = [*evictions(*("ab", "ba") * 3), *evictions(*("cd", "dc") * 4, pool="gpu1"), *evictions(*("ef", "fe") * 3)]
    assert [(one.pool, one.models, one.times) for one in thrash(told, NOW)] == [
        ("gpu1", ("c", "d"), 8), ("gpu0", ("a", "b"), 6), ("gpu0", ("e", "f"), 6)
    ]  # fmt: skip
