"""How long measuring takes: expected from speed, corrected by what it took so far."""

import math
import random
from bisect import bisect
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest

from llmrouter_tui.core.domain import ModelInfo, Speed
from llmrouter_tui.core.measuring import prompts_for
from llmrouter_tui.core.pacing import (
    KNOWN_FROM,
    LATELY,
    LEAST_SECONDS,
    MOST_SECONDS,
    OVERHEAD,
    Ahead,
    Company,
    Length,
    Pace,
    Waits,
    company,
    eta,
    expected_seconds,
    length,
    thinking_room,
    time_limit,
    work,
)
from llmrouter_tui.core.profile import Result
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


def test_models_whose_turn_comes_later_are_about_as_far_off_their_guess_as_those_before_and_have_to_be_loaded() -> None:
    guess, half = Speed(400.0, 40.0, 5.0), Speed(200.0, 20.0, 5.0, samples=9)
    first, second = Pace(QUICK, guess), Pace(QUICK, Speed(100.0, 10.0, 5.0))
    ahead = Ahead(second, second.guess, False, load=7.0)
    assert eta([Ahead(first, guess, False), ahead]) is None
    for prompt in QUICK:
        first.done(prompt, expected_seconds(prompt, half, False))
    expected = 7.0 + sum(expected_seconds(prompt, Speed(50.0, 5.0, 5.0), False) for prompt in QUICK)
    assert eta([Ahead(first, half, False), ahead]) == pytest.approx(expected, rel=0.1)
    second.over()
    assert eta([Ahead(first, half, False), ahead]) == 0.0


def test_guesses_of_reading_and_of_writing_are_off_each_on_its_own() -> None:
    """Models that read twenty times slower than guessed and write as fast: writing tells nothing of reading."""
    guess, true = Speed(2000.0, 20.0, 5.0), Speed(100.0, 20.0, 5.0, samples=9)
    asked = prompts_for(INFO, True, true.prefill)
    short = [one for one in asked if not one.context]
    first, second = Pace(short, guess), Pace([one for one in asked if one.context], guess)
    for prompt in short:
        first.done(prompt, expected_seconds(prompt, true, False))
    truth = sum(expected_seconds(prompt, true, False) for prompt in second.left)
    assert eta([Ahead(first, true, False), Ahead(second, guess, False)]) == pytest.approx(truth, rel=1 / 3)


def test_probes_that_are_to_come_take_as_much_longer_as_the_models_prompts_do() -> None:
    known, slow = Speed(1000.0, 40.0, 5.0, samples=9), Speed(500.0, 20.0, 5.0, samples=9)
    first, second = Pace(QUICK, known), Pace(QUICK, slow)
    for prompt in QUICK:
        first.done(prompt, expected_seconds(prompt, known, False))
    before = Ahead(first, known, False, probes=6.0)
    to_come = eta([before, Ahead(second, slow, False)])
    had = eta([before, Ahead(second, slow, False, probes=11.0)])
    assert to_come is not None
    assert had is not None
    assert to_come - had == pytest.approx(12.0)


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

    def before(self, asked: Sequence[Prompt]) -> Length:
        """What an earlier run told of the length of its answers."""
        told = [one for one in asked if one.task != "speed"]
        lengths = [self.verbosity * math.exp(self.rng.gauss(0, 0.4)) for _ in told]
        return Length(sum(lengths) / len(lengths), len(lengths))


class Clients:
    """Live traffic of so many seconds at a time, with pauses in between, each of a random length around that."""

    def __init__(self, rng: random.Random, busy: float, idle: float) -> None:
        self._rng, self._means = rng, (idle, busy)
        self.spans: list[tuple[float, float]] = []
        at, side = -LATELY, rng.random() < busy / (busy + idle) if busy else False
        while at < 20_000 and busy:
            until = at + self._rng.expovariate(1 / self._means[side])
            if side:
                self.spans.append((at, until))
            at, side = until, not side

    def waits(self, at: float) -> float:
        place = bisect(self.spans, (at, math.inf)) - 1
        return max(0.0, self.spans[place][1] - at) if place >= 0 else 0.0

    def until(self, now: float) -> Sequence[tuple[float, float]]:
        """What is known of it by then."""
        return self.spans[: bisect(self.spans, (now, math.inf))]


@dataclass
class Run:
    """The ETA after so many prompts of the first model, and what the rest then takes."""

    models: Sequence[Model]
    asked: Sequence[Prompt]
    after: int
    clients: Clients
    earlier: bool = False
    """They were measured before, in short; so their speeds are known as well."""

    def told_and_true(self) -> tuple[float, float]:
        paces = [Pace(self.asked, model.guess) for model in self.models]
        known = [model.before(QUICK) if self.earlier else Length() for model in self.models]
        waits, now, told, then = Waits(), 0.0, 0.0, 0.0
        for i, (model, pace) in enumerate(zip(self.models, paces, strict=True)):
            for prompt in self.asked:
                waited, took = self.clients.waits(now), model.takes(prompt)
                now += waited + took
                if i == 0 and pace.count < self.after:
                    pace.done(prompt, took)
                    here = company(self.clients.until(now), now)
                    waits.add(now, waited, here.wait(took))
                    if pace.count == self.after:
                        worse = waits.worse(now)
                        told, then = self.eta(paces, known, lambda seconds, w=worse, h=here: w * h.wait(seconds)), now
        return told, now - then

    def eta(self, paces: Sequence[Pace], known: Sequence[Length], waits: Callable[[float], float]) -> float:
        ahead = []
        for i, (model, pace, before) in enumerate(zip(self.models, paces, known, strict=True)):
            measured = i == 0 or self.earlier
            speed = Speed(model.true.prefill, model.true.decode, 5.0, samples=KNOWN_FROM) if measured else model.guess
            ahead.append(Ahead(pace, speed, model.thinks, earlier=before))
        told = eta(ahead, waits=waits)
        assert told is not None
        return told


def within_a_third(count: int, *, quick: bool, off: float, earlier: bool, traffic: bool, runs: int) -> float:
    """The share of made-up runs of which the ETA is right within a third after the first ten prompts: models fast and
    slow, terse and talkative, one in five thinking, and guesses of speed that are off together and each on its own;
    with ``traffic`` clients are there two thirds as long as they are not."""
    asked, good = prompts_for(INFO, quick, 1500.0), 0
    for seed in range(runs):
        rng = random.Random(f"{seed} {count} {off}")
        models = [Model(rng, off=off) for _ in range(count)]
        clients = Clients(rng, 8.0, 12.0) if traffic else Clients(rng, 0.0, 1.0)
        told, true = Run(models, asked, 10, clients, earlier).told_and_true()
        good += abs(told - true) <= true / 3
    return good / runs


@pytest.mark.parametrize(
    ("count", "earlier", "alone", "beside"),
    [
        (1, False, 0.88, 0.68),
        (4, False, 0.78, 0.7),
        (8, False, 0.75, 0.72),
        (4, True, 0.95, 0.85),
        (8, True, 0.95, 0.85),
    ],
)
def test_after_ten_prompts_the_eta_is_right_within_a_third(
    count: int, earlier: bool, alone: float, beside: float
) -> None:
    """Nearly always, of one model and of several that were measured before; of several of which nothing but a guess is
    known, mostly; beside clients that come at random not quite as often, as they would for one who knew how many come
    on average (.80 of one model)."""
    for traffic, least in ((False, alone), (True, beside)):
        found = [
            within_a_third(count, quick=quick, off=off, earlier=earlier, traffic=traffic, runs=8)
            for quick in (True, False)
            for off in (0.4, 1.0, 2.5)
        ]
        assert sum(found) / len(found) >= least


def test_waiting_is_told_by_what_traffic_was_of_late_not_since_the_start() -> None:
    half = [(float(at), at + 10.0) for at in range(0, 300, 20)]
    told = company(half, 300.0)
    assert (told.share, told.spell) == (pytest.approx(0.5), pytest.approx(10.0))
    assert told.wait(0.1) == pytest.approx(0.1, rel=0.05)  # as long as clients are there as they are not
    assert told.wait(1000.0) == pytest.approx(5.0)  # every other time, of ten seconds each
    assert company(half, 450.0).share == pytest.approx(0.5 * 150 / LATELY, abs=0.02)
    assert company(half, 700.0) == company([], 5.0) == Company()
    assert Company().wait(9.0) == 0.0


def test_clients_at_the_same_time_count_once_and_what_is_waited_beyond_is_told_of_late() -> None:
    assert company([(0.0, 20.0), (5.0, 10.0), (15.0, 30.0)], 300.0) == Company(30.0 / LATELY, 30.0)
    waits = Waits()
    assert waits.worse(0.0) == 1.0
    waits.add(10.0, 300.0, 30.0)
    assert waits.worse(20.0) > 3.0
    assert waits.worse(10.0 + LATELY + 1.0) == 1.0


def test_what_earlier_answers_took_in_tokens_tells_how_long_new_ones_will_be() -> None:
    one, other, third = QUICK[:3]
    tokens = {prompt.id: int(work(prompt).written) for prompt in (one, other)}
    said = [
        Result("box/m", p.id, p.task, 1.0, "checked", 1.0, completion_tokens=2 * tokens[p.id]) for p in (one, other)
    ]
    silent = [
        Result("box/m", third.id, third.task, 1.0, "checked", 1.0),
        Result("box/m", third.id, third.task, 1.0, "failed", completion_tokens=5000),
        Result("box/m", "no-such", "chat", 1.0, "checked", 1.0, completion_tokens=5000),
    ]
    told = length([*said, *silent], thinks=False)
    assert (told.count, told.ratio) == (2, pytest.approx(2.0, rel=0.05))
    assert length(said, thinks=True).ratio < 1.0
    assert length([], thinks=False) == Length()


def test_models_not_yet_begun_are_priced_by_what_they_and_others_answered_before() -> None:
    first, second = Pace(QUICK, FAST), Pace(QUICK, FAST)
    for prompt in QUICK[:10]:
        first.done(prompt, expected_seconds(prompt, FAST, False))
    plain = eta([Ahead(first, FAST, False), Ahead(second, FAST, False)])
    own = eta([Ahead(first, FAST, False), Ahead(second, FAST, False, earlier=Length(2.0, 20))])
    others = eta([Ahead(first, FAST, False), Ahead(second, FAST, False)], [(False, Length(2.0, 20))])
    thinkers = eta([Ahead(first, FAST, False), Ahead(second, FAST, False)], [(True, Length(2.0, 20))])
    assert plain is not None
    assert own is not None
    assert others is not None
    assert plain < others < own
    assert thinkers == plain
