"""Curves over time are true to the sums that they are drawn from."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmrouter_tui.core.trends import DAY, HOUR, KEPT, POINTS, SPANS, Reading, Swap, Work, grid, trends

NOW = 1_793_826_249.0


@given(st.floats(0, 4e9), st.floats(0, 5e7))
def test_every_span_is_cut_into_few_steps_that_kept_sums_fill_and_ends_now(now: float, span: float) -> None:
    cut = grid(now, span)
    assert 1 <= cut.count <= POINTS
    assert cut.step % cut.kept == 0 and cut.since % cut.step == 0
    end = cut.since + cut.count * cut.step
    assert end - cut.step <= now < end
    assert cut.count * cut.step >= max(60, min(span, KEPT[HOUR])) > (cut.count - 1) * cut.step
    assert min(span, KEPT[HOUR]) <= KEPT[cut.kept]


def test_what_a_screen_offers_has_enough_points_to_be_read() -> None:
    assert [(grid(NOW, span).step, grid(NOW, span).count) for span in SPANS] == [
        (10, 60), (20, 180), (300, 72), (600, 144), (3600, 168), (14_400, 180),
    ]  # fmt: skip


def test_sums_become_rates_and_means() -> None:
    cut = grid(NOW, DAY)
    at = cut.since + 5 * cut.step
    told = trends(
        cut,
        [
            Work(at, "a", 20, 2, 6000, 4, 2.0, 900, 30.0),
            Work(at + 300, "a", 10, 0, 0, 0, 0.0, 100, 10.0),
            Work(at, "", 5, 5),
        ],
        [Reading(at, "GPU0", 10, 50.0, 5.0, None, 1000.0), Reading(at + 300, "GPU0", 30, 30.0, 6.0, None, 200.0)],
        [Swap(at, 4.0), Swap(at + 300, 2.5)],
    )

    def value(what: str, of: str = "") -> float | None:
        curve = told.curve(what, of)  # type: ignore[arg-type]
        assert curve is not None and len(curve.values) == cut.count
        return curve.values[5]

    assert (value("requests"), value("failed"), value("requests", "a")) == (3.5, 0.7, 3.0), "a minute, of ten"
    assert value("tokens") == 10.0
    assert value("ttft", "a") == value("ttft") == 0.5
    assert value("decode", "a") == 25.0
    assert value("memory", "GPU0") == 2.0
    assert value("utilization", "GPU0") == pytest.approx(0.275)
    assert value("power", "GPU0") == 30.0
    assert told.curve("temperature", "GPU0") is None, "the driver does not tell it"
    assert value("swaps") == 6.5
    idle = {curve.what: curve.values[0] for curve in told.curves}
    assert (idle["requests"], idle["swaps"]) == (0.0, 0.0)
    assert idle["ttft"] is idle["decode"] is idle["memory"] is None, "unknown is not nothing"


@given(st.lists(st.tuples(st.integers(-HOUR, 7 * HOUR), st.integers(0, 50)), max_size=30))
def test_no_request_within_the_span_is_lost_or_counted_twice(asked: list[tuple[int, int]]) -> None:
    cut = replace(grid(NOW, 6 * HOUR), over=1.0)
    work = [Work(cut.since + at // 10 * 10, "a", requests) for at, requests in asked]
    drawn = trends(cut, work, (), ()).curve("requests")
    assert drawn is not None
    inside = sum(one.requests for one in work if cut.since <= one.at < cut.since + cut.count * cut.step)
    assert sum(drawn.values) * cut.step / 60 == pytest.approx(inside)  # type: ignore[arg-type]


@pytest.mark.parametrize("span", SPANS)
def test_now_is_the_rate_up_to_now_however_young_its_step_is(span: float) -> None:
    for passed in (1, 5, 9):
        cut = grid(NOW // 86_400 * 86_400 + passed, span)
        now = cut.since + cut.count * cut.step - cut.step + passed
        size = cut.kept
        steady = [Work(at, "a", size, 0, size * 3) for at in range(cut.since, now - size, size)]
        steady.append(Work(now // size * size, "a", now % size, 0, now % size * 3))
        told = trends(cut, steady, (), ())
        requests, tokens = told.curve("requests"), told.curve("tokens")
        assert requests is not None and requests.values[-1] == pytest.approx(60, rel=0.02)
        assert tokens is not None and tokens.values[-1] == pytest.approx(3, rel=0.02)


def test_one_failure_in_ten_seconds_is_one_a_minute() -> None:
    cut = grid(NOW, 600)
    for at in (0, 1, 30, cut.count - 1):
        curve = trends(cut, [Work(cut.since + at * cut.step, "a", 1, 1)], (), ()).curve("failed")
        assert curve is not None and max(filter(None, curve.values)) == 1.0
