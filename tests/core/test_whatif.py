"""What another preference would have chosen: the laws, and that it says what deciding again says."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from llmrouter_tui.core.decision import Decision
from llmrouter_tui.core.selection import decide
from llmrouter_tui.core.whatif import choice_at, what_if
from tests.core.fleet import analysis, fleet
from tests.core.test_laws import EPSILON, Scene, scenes, unit

LAW = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
below_one = st.floats(0, 0.99)


def hard(preference: float, requested: str = "auto", **fields: bool) -> Decision:
    found = analysis("reasoning", 0.7, **fields)
    return decide(found, tuple(fleet().values()), preference=preference, requested=requested)


def test_it_says_which_would_change_and_what_is_gained() -> None:
    fast, good = hard(0.1), hard(1.0)
    assert fast.chosen != good.chosen
    found = what_if([("x1", fast), ("x2", good)], 1.0)
    assert (found.preference, found.looked_at, found.changed) == (1.0, 2, 1)
    [change] = found.changes
    assert (change.exchange_id, change.chosen, change.instead) == ("x1", fast.chosen, good.chosen)
    assert found.quality == change.quality > 0
    assert found.seconds == change.seconds > 0


def test_nothing_was_decided_so_nothing_changes() -> None:
    for nothing in ([], [("x1", replace(hard(0.1), candidates=()))]):
        found = what_if(nothing, 0.3)
        assert (found.looked_at, found.changed, found.quality, found.seconds) == (0, 0, 0.0, 0.0)


@pytest.mark.parametrize("requested", ["auto:fast", "auto:best", " AUTO:Best"])
def test_what_was_asked_for_with_a_preference_of_its_own_stays(requested: str) -> None:
    decision = hard(0.5, requested)
    assert all(choice_at(decision, q / 10) == decision.candidates[0] for q in range(11))


def test_housekeeping_feels_its_share_of_the_preference() -> None:
    decision = hard(0.5, background=True)
    assert choice_at(decision, 0.5) == decision.candidates[0]
    assert choice_at(decision, 1.0).model == hard(1.0, background=True).chosen


def test_a_choice_made_for_quality_alone_is_weighed_against_its_seconds() -> None:
    decision = hard(1.0)
    instead = choice_at(decision, 0.0)
    assert instead.seconds.total == min(c.seconds.total for c in decision.candidates)


@LAW
@given(scenes(), unit)
def test_the_same_preference_changes_nothing(scene: Scene, preference: float) -> None:
    found = what_if([("x", scene.decide(preference))], preference)
    assert (found.changed, found.quality, found.seconds) == (0, 0.0, 0.0)


@LAW
@given(st.lists(st.tuples(scenes(), unit), min_size=1, max_size=3), unit, unit)
def test_raising_the_preference_never_lowers_the_quality_of_the_choices(
    made: list[tuple[Scene, float]], one: float, other: float
) -> None:
    low, high = sorted((one, other))
    decisions = [("x", scene.decide(preference)) for scene, preference in made]

    def total(preference: float) -> float:
        return sum(choice_at(decision, preference).predicted_quality for _, decision in decisions)

    assert total(high) >= total(low) - len(made) * EPSILON / max(high - low, 1e-3)


@LAW
@given(scenes(), below_one, unit, st.booleans())
def test_it_chooses_what_deciding_again_would(scene: Scene, then: float, now: float, background: bool) -> None:
    scene = replace(scene, analysis=replace(scene.analysis, background=background))
    again = scene.decide(now)
    assume(len(again.candidates) == 1 or again.margin > EPSILON)  # no tie
    assert choice_at(scene.decide(then), now).model == again.chosen
