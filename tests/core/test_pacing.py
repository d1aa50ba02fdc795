"""How long measuring takes: expected from speed, corrected by what it took so far."""

import pytest

from llmrouter_tui.core.domain import Speed
from llmrouter_tui.core.pacing import (
    LEAST_SECONDS,
    MOST_SECONDS,
    Pace,
    eta,
    expected_seconds,
    thinking_room,
    time_limit,
)
from llmrouter_tui.core.prompt_set import PROMPTS, QUICK

FAST, SLOW = Speed(2000.0, 80.0, 5.0, samples=9), Speed(100.0, 5.0, 5.0, samples=9)
HARD = max(PROMPTS, key=lambda prompt: prompt.difficulty)


def test_the_limit_follows_the_speed_and_leaves_room_where_that_is_not_known() -> None:
    assert time_limit(HARD, SLOW, 0) > time_limit(HARD, FAST, 0) > LEAST_SECONDS
    guess = Speed(2000.0, 80.0, 5.0)
    assert time_limit(HARD, guess, 0) > time_limit(HARD, FAST, 0)
    assert time_limit(HARD, FAST, thinking_room(HARD)) > time_limit(HARD, FAST, 0)
    assert time_limit(HARD, Speed(1.0, 0.01, 5.0), 0) == MOST_SECONDS


def test_hard_prompts_get_more_room_to_think() -> None:
    easy = min(PROMPTS, key=lambda prompt: prompt.difficulty)
    assert thinking_room(HARD) > 4 * thinking_room(easy) > 0


def test_a_thinking_model_takes_longer() -> None:
    assert expected_seconds(HARD, FAST, True) > 2 * expected_seconds(HARD, FAST, False)


@pytest.mark.parametrize("factor", [0.3, 1.0, 4.0])
def test_after_ten_prompts_it_is_right_however_wrong_the_expectation_was(factor: float) -> None:
    pace, truth = Pace(list(QUICK), thinks=False), 0.0
    for prompt in QUICK:
        took = factor * expected_seconds(prompt, FAST, False)
        if len(pace.took) < 10:
            pace.done(prompt, took)
        else:
            truth += took
    assert eta([(pace, FAST, 0.0)]) == pytest.approx(truth)


def test_models_whose_turn_comes_later_go_at_the_pace_of_those_before_and_have_to_be_loaded() -> None:
    first, second = Pace(list(QUICK), thinks=False), Pace(list(QUICK), thinks=False)
    assert eta([(first, FAST, 0.0), (second, SLOW, 7.0)]) is None
    for prompt in QUICK:
        first.done(prompt, 2 * expected_seconds(prompt, FAST, False))
    expected = 7.0 + 2 * sum(expected_seconds(prompt, SLOW, False) for prompt in QUICK)
    assert eta([(first, FAST, 9.0), (second, SLOW, 7.0)]) == pytest.approx(expected)
    second.left.clear()
    assert eta([(first, FAST, 9.0), (second, SLOW, 7.0)]) == 0.0
