"""A clock that is set forward by years and back: ids go on, what is new is seen, and rates are of now."""

from llmrouter_tui.core.decision import Exchange
from llmrouter_tui.engine.ids import Ids
from llmrouter_tui.engine.traffic import RECENT, Traffic

NOW = 1_800_000_000.0
YEARS = 9 * 365 * 86_400.0


class Clock:
    """Says what it was set to."""

    def __init__(self, wall: float) -> None:
        self.at = wall

    def wall(self) -> float:
        return self.at

    def mono(self) -> float:
        return 0.0


class Under:
    """An exchange under way."""

    def __init__(self, exchange_id: str) -> None:
        self.id = exchange_id

    def exchange(self) -> Exchange:
        return Exchange(self.id, NOW)


def test_ids_go_on_whatever_the_clock_does_and_all_that_are_made_at_once_are_in_order():
    ids = Ids()
    made = [ids.new(NOW) for _ in range(70_000)]
    made += [ids.new(NOW + YEARS), ids.new(NOW), ids.new(0.0), ids.new(-5.0), ids.new(1e15), ids.new(NOW)]
    assert made == sorted(set(made))
    assert {len(one) for one in made} == {15}


def test_ids_go_on_from_those_of_an_earlier_run_with_a_wrong_clock():
    earlier = Ids().new(NOW + YEARS)
    ids = Ids()
    ids.follow([Exchange(earlier, NOW + YEARS), Exchange("not one of ours", NOW)])
    assert ids.new(NOW)[:11] >= earlier[:11]
    assert Ids().new(NOW)[:11] < earlier[:11]


def test_what_runs_is_among_the_newest_also_before_a_history_of_the_future():
    traffic = Traffic(Clock(NOW))
    traffic.remember([Exchange(f"{index:015x}", NOW + YEARS) for index in range(16**14, 16**14 - RECENT, -1)])
    for number in range(3):
        traffic.started(Under(f"{number:015x}"))
    newest = traffic.newest()
    assert len(newest) == RECENT
    assert [one.id for one in newest[-3:]] == [f"{number:015x}" for number in (2, 1, 0)]
    assert newest[0].id == f"{16**14:015x}"


def test_rates_are_of_the_last_minutes_and_not_of_a_clock_that_was_wrong():
    clock = Clock(NOW + YEARS)
    traffic = Traffic(clock)
    traffic.finished(Exchange("a", clock.wall(), "ok"))
    assert traffic.rates().ok == 1
    clock.at = NOW
    assert (traffic.rates().ok, traffic.rates().per_minute) == (0, 0.0)
    traffic.finished(Exchange("b", NOW, "ok"))
    assert (traffic.rates().ok, traffic.rates().per_minute) == (1, 1.0)
