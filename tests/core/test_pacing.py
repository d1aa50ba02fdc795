"""How long measuring takes: expected from speed, corrected by what it took so far."""

import math
import random
from collections.abc import Sequence

import pytest

from llmrouter_tui.core.domain import ModelInfo, Speed
from llmrouter_tui.core.measuring import prompts_for
from llmrouter_tui.core.pacing import (
    KNOWN_FROM,
    LEAST_SECONDS,
    MOST_SECONDS,
    OVERHEAD,
    Ahead,
    Pace,
    eta,
    expected_seconds,
    thinking_room,
    time_limit,
    work,
)
from llmrouter_tui.core.prompt_set import PROMPTS, QUICK
from llmrouter_tui.core.prompts import Prompt

FAST, SLOW = Speed(2000.0, 80.0, 5.0, samples=9), Speed(100.0, 5.0, 5.0, samples=9)
HARD = max(PROMPTS, key=lambda prompt: prompt.difficulty)
INFO = ModelInfo("box", "m:7b", context_length=32_768)


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


def test_a_quick_profile_takes_less_than_two_minutes_at_the_speed_of_a_7b() -> None:
    """2,000 tokens/s read and 60 written: a 7B of 4 bits on a middling card; with its load from a good disk."""
    speed = Speed(2000.0, 60.0, 5.0, samples=9)
    asked = prompts_for(INFO, True, speed.prefill)
    assert {one.task for one in asked} >= {"speed", "math", "coding"}
    assert speed.load_seconds + sum(expected_seconds(one, speed, False) for one in asked) < 110


# ── the ETA ──


@pytest.mark.parametrize("factor", [0.3, 1.0, 4.0])
def test_once_answers_came_it_is_right_however_wrong_their_expected_length_was(factor: float) -> None:
    pace, truth = Pace(QUICK, FAST), 0.0
    for prompt in QUICK:
        took = len(prompt.turns) * OVERHEAD + factor * work(prompt).busy(FAST, False)
        if pace.count < 10:
            pace.done(prompt, took)
        else:
            truth += took
    assert eta([Ahead(pace, FAST, False)]) == pytest.approx(truth, rel=0.2)


def test_models_whose_turn_comes_later_are_as_far_off_their_guess_as_those_before_and_have_to_be_loaded() -> None:
    guess, half = Speed(400.0, 40.0, 5.0), Speed(200.0, 20.0, 5.0, samples=9)
    first, second = Pace(QUICK, guess), Pace(QUICK, Speed(100.0, 10.0, 5.0))
    ahead = Ahead(second, second.guess, False, more=7.0)
    assert eta([Ahead(first, guess, False), ahead]) is None
    for prompt in QUICK:
        first.done(prompt, expected_seconds(prompt, half, False))
    expected = 7.0 + sum(expected_seconds(prompt, Speed(50.0, 5.0, 5.0), False) for prompt in QUICK)
    assert eta([Ahead(first, half, False), ahead]) == pytest.approx(expected)
    second.over()
    assert eta([Ahead(first, half, False), ahead]) == 0.0


def test_what_is_left_is_counted_off_prompt_by_prompt() -> None:
    pace = Pace(QUICK, FAST)
    for prompt in QUICK[:-1]:
        pace.done(prompt, 1.0)
    assert pace.left == [QUICK[-1]]
    assert pace.asked.left == pytest.approx(work(QUICK[-1]))


def test_where_a_backends_counters_say_other_than_the_clock_the_clock_is_believed() -> None:
    asked = prompts_for(INFO, True, 500.0)
    paces = [Pace(asked, FAST), Pace(asked, Speed(1000.0, 40.0, 5.0))]
    for prompt in asked[:10]:
        paces[0].done(prompt, 0.05 * work(prompt).busy(FAST, False))
    told = eta([Ahead(paces[0], FAST, False), Ahead(paces[1], paces[1].guess, False)])
    rest = work(asked[0])
    for prompt in (*asked[10:], *asked):
        rest += work(prompt)
    assert told is not None
    assert told < 0.15 * rest.busy(FAST, False) + OVERHEAD * rest.turns


class Model:
    """A made-up model: its true speed, what was thought of it, and how long its answers are."""

    def __init__(self, rng: random.Random, *, off: float) -> None:
        decode = 60 * math.exp(rng.gauss(0, 0.8))
        self.true = Speed(25 * decode, decode, 5.0)
        wrong = off * math.exp(rng.gauss(0, 0.15))
        self.guess = Speed(self.true.prefill / wrong, decode / wrong, 5.0)
        self.verbosity = math.exp(rng.gauss(-0.2, 0.25))
        self.thinks = rng.random() < 0.2
        self.rng = rng

    def takes(self, prompt: Prompt) -> float:
        if prompt.task == "speed":
            return expected_seconds(prompt, self.true, False)
        length = self.verbosity * math.exp(self.rng.gauss(0, 0.4))
        return len(prompt.turns) * OVERHEAD + length * work(prompt).busy(self.true, self.thinks)


def told_and_true(models: Sequence[Model], asked: Sequence[Prompt], after: int) -> tuple[float, float]:
    """The ETA after so many prompts of the first model, and what the rest then takes."""
    paces = [Pace(asked, model.guess) for model in models]
    takes = [[model.takes(prompt) for prompt in asked] for model in models]
    for prompt, seconds in zip(asked[:after], takes[0], strict=False):
        paces[0].done(prompt, seconds)
    first = Speed(models[0].true.prefill, models[0].true.decode, 5.0, samples=KNOWN_FROM)
    ahead = [
        Ahead(pace, first if i == 0 else model.guess, model.thinks)
        for i, (model, pace) in enumerate(zip(models, paces, strict=True))
    ]
    told = eta(ahead)
    assert told is not None
    return told, sum(map(sum, takes)) - sum(takes[0][:after])


@pytest.mark.parametrize("quick", [True, False], ids=["quick", "full"])
@pytest.mark.parametrize("count", [1, 4, 8])
@pytest.mark.parametrize("off", [0.4, 1.0, 2.5])
def test_after_ten_prompts_the_eta_is_right_within_a_third(off: float, count: int, quick: bool) -> None:
    """In at least seven of ten made-up runs, of one model in more than five of six: models fast and slow, terse and
    talkative, one in five thinking, and guesses of speed that are off together and each on its own; only the first
    model was measured."""
    asked = prompts_for(INFO, quick, 1500.0)
    good = 0
    for seed in range(40):
        rng = random.Random(f"{seed} {count} {off}")
        told, true = told_and_true([Model(rng, off=off) for _ in range(count)], asked, 10)
        good += abs(told - true) <= true / 3
    assert good >= (34 if count == 1 else 28)
