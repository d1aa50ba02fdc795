"""Limits: what may pass in any stretch of time, and how little is remembered of how many."""

from hypothesis import given
from hypothesis import strategies as st

from llmrouter_tui.core.limiting import Bucket, Limit, Meter, Meters

PER_MINUTE = st.integers(1, 10_000)
GAPS = st.lists(st.floats(0, 90, allow_nan=False), min_size=1, max_size=80)


@given(per_minute=PER_MINUTE, gaps=GAPS)
def test_in_any_stretch_of_time_no_more_passes_than_a_minutes_worth_and_what_flows_in(
    per_minute: int, gaps: list[float]
) -> None:
    bucket, now = Bucket(per_minute, 0.0), 0.0
    taken: list[float] = []
    for gap in gaps:
        now += gap
        taken += [now for _ in range(3) if not bucket.take(now)]
    for first in range(len(taken)):
        for last in range(first, len(taken)):
            allowed = per_minute * (1 + (taken[last] - taken[first]) / 60)
            assert last - first + 1 <= allowed + 1e-6


@given(per_minute=PER_MINUTE, tries=st.integers(0, 200), early=st.floats(0.0, 0.9))
def test_the_wait_that_is_told_is_true(per_minute: int, tries: int, early: float) -> None:
    bucket = Bucket(per_minute, 5.0)
    wait = 0.0
    for _ in range(per_minute + tries):
        wait = bucket.take(5.0) or wait
    if wait:
        assert bucket.take(5.0 + wait * early) > 0, "not a moment sooner"
        assert bucket.take(5.0 + wait + 1e-6) == 0.0


@given(per_minute=PER_MINUTE, spent=st.floats(0, 1e6, allow_nan=False))
def test_who_used_more_than_there_was_waits_until_it_is_paid(per_minute: int, spent: float) -> None:
    bucket = Bucket(per_minute, 0.0)
    bucket.charge(spent, 0.0)
    wait = bucket.wait(0.0)
    assert (wait == 0.0) == (spent < per_minute)
    assert bucket.wait(wait + 1e-6) == 0.0


def test_a_clock_that_goes_back_gives_and_takes_nothing() -> None:
    bucket = Bucket(60, 100.0)
    for _ in range(60):
        assert bucket.take(100.0) == 0.0
    assert bucket.take(40.0) > 0
    assert bucket.take(101.5) == 0.0


def test_what_is_refused_costs_nothing() -> None:
    meter = Meter(Limit(rpm=2, concurrent=1), 0.0)
    assert meter.enter(0.0) is None
    refused = [meter.enter(0.0) for _ in range(9)]
    assert {r.what for r in refused if r} == {"concurrent"}
    meter.leave(0, 0.0)
    assert meter.enter(0.0) is None, "its second request of the minute was not spent on what was refused"
    meter.leave(0, 0.0)
    refusal = meter.enter(0.0)
    assert refusal is not None
    assert (refusal.what, refusal.limit, round(refusal.wait)) == ("requests", 2, 30)


def test_tokens_are_paid_by_the_next_request() -> None:
    meter = Meter(Limit(tpm=600), 0.0)
    assert meter.enter(0.0) is None
    meter.leave(900, 0.0)
    refusal = meter.enter(0.0)
    assert refusal is not None
    assert refusal.what == "tokens"
    assert 30 < refusal.wait < 31
    assert meter.enter(31.0) is None


def test_another_limit_holds_at_once_and_forgets_no_exchange() -> None:
    meter = Meter(Limit(rpm=1, concurrent=2), 0.0)
    assert meter.enter(0.0) is None
    meter.change(Limit(concurrent=1), 0.0)
    refusal = meter.enter(0.0)
    assert refusal is not None
    assert refusal.what == "concurrent"
    meter.change(Limit(), 0.0)
    assert all(meter.enter(0.0) is None for _ in range(50))


CALLS = st.lists(st.tuples(st.integers(0, 40), st.floats(0, 5, allow_nan=False)), max_size=200)


@given(calls=CALLS, most=st.integers(1, 12))
def test_however_many_ask_only_so_many_are_remembered(calls: list[tuple[int, float]], most: int) -> None:
    meters, now = Meters(Limit(rpm=3, concurrent=4), most), 0.0
    for client, gap in calls:
        now += gap
        meters.of(f"10.0.0.{client}", now).enter(now)
        assert len(meters) <= most


def test_who_asks_too_much_is_remembered_before_who_is_quiet() -> None:
    meters = Meters(Limit(rpm=1), 4)
    greedy = meters.of("greedy", 0.0)
    greedy.enter(0.0)
    greedy.leave(0, 0.0)
    for stranger in range(100):
        meters.of(f"quiet {stranger}", 1.0)
    assert meters.of("greedy", 1.0) is greedy
