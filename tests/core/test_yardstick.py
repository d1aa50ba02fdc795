"""What is common to all that were measured is taken off before abilities move."""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmrouter_tui.core.ability import answered
from llmrouter_tui.core.domain import Ability, Evidence
from llmrouter_tui.core.yardstick import Checked, Shifts, Taken, shifts

LEVELS = (0.1, 0.3, 0.5, 0.7, 0.9)
Model = tuple[float, float, Sequence[Checked]]
"""Mean and strength before, the same for each task, and answers."""


def known(mean: float, strength: float) -> Mapping[str, Ability]:
    piece = Evidence("prior", mean, strength, "")
    return {task: Ability(mean, strength, 0.1, (piece,)) for task in ("math", "coding", "chat")}


def common(models: Sequence[Model]) -> Shifts:
    return shifts(
        [
            Taken(mean, strength, [one for one in answers if one.task == task])
            for task in sorted({one.task for one in answers})
        ]
        for mean, strength, answers in models
    )


def abilities(models: Sequence[Model]) -> list[dict[str, float]]:
    """After all of it, by model and task."""
    seen = common(models)
    return [
        {task: a.mean for task, a in answered(known(mean, strength), answers, seen).items()}
        for mean, strength, answers in models
    ]


def math_only(*passed: float, group: str = "check") -> list[Checked]:
    return [Checked("math", level, one, 1.0, group) for level, one in zip(LEVELS * 4, passed, strict=False)]


ANSWER = st.builds(
    Checked,
    st.sampled_from(("math", "coding", "chat")),
    st.sampled_from(LEVELS),
    st.sampled_from((0.0, 0.5, 1.0)),
    st.sampled_from((0.3, 1.0)),
    st.sampled_from(("check", "judge one/j")),
    st.none() | st.floats(-3.0, 3.0),
)
MODEL = st.tuples(st.floats(0.1, 0.9), st.floats(2.0, 50.0), st.lists(ANSWER, max_size=12))
FLEET = st.lists(MODEL, min_size=1, max_size=6)
CHECKED = st.lists(
    st.tuples(st.floats(0.1, 0.9), st.floats(2.0, 50.0), st.lists(ANSWER.map(lambda a: a._replace(group="check")))),
    min_size=1,
    max_size=6,
)


def test_without_answers_nothing_moves() -> None:
    assert common([(0.5, 8.0, []), (0.7, 8.0, [])]) == {}
    assert abilities([(0.5, 8.0, [])]) == [{"math": 0.5, "coding": 0.5, "chat": 0.5}]


@given(FLEET, st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_of_models_and_answers_does_not_matter(models: list[Model], random) -> None:  # type: ignore[no-untyped-def]
    turned = [(mean, strength, random.sample(answers, len(answers))) for mean, strength, answers in models]
    order = random.sample(range(len(models)), len(models))
    before, after = abilities(models), abilities([turned[i] for i in order])
    for place, i in enumerate(order):
        assert after[place] == pytest.approx(before[i], abs=1e-6)


@given(FLEET | CHECKED, st.data())
@settings(max_examples=60, deadline=None)
def test_a_better_answer_never_lowers_the_ability_that_it_tells_of(models: list[Model], data: st.DataObject) -> None:
    """Nor, where there are no two opinions of the same answers' difficulty, does it raise one of another model."""
    places = [(m, a) for m, model in enumerate(models) for a, one in enumerate(model[2]) if one.passed < 1]
    if not places:
        return
    m, a = data.draw(st.sampled_from(places))
    mean, strength, answers = models[m]
    better = [one._replace(passed=one.passed + 0.5) if i == a else one for i, one in enumerate(answers)]
    before = abilities(models)
    after = abilities([*models[:m], (mean, strength, better), *models[m + 1 :]])
    assert after[m][answers[a].task] >= before[m][answers[a].task] - 1e-7
    groups = {one.group for *_, answers in models for one in answers}
    for other in range(len(models)):
        if other != m and len(groups) == 1:
            assert all(after[other][task] <= before[other][task] + 1e-7 for task in before[other])


@given(st.floats(0.25, 0.75), st.lists(st.floats(0.1, 0.9), min_size=8, max_size=12, unique=True))
@settings(max_examples=40, deadline=None)
def test_what_surprises_at_all_models_alike_moves_none_by_much_and_keeps_their_order(
    worse: float, means: list[float]
) -> None:
    """Each passes what it should of prompts that are all one logit harder (or easier) than they were said to be."""
    by = math.log(worse / (1 - worse))

    def expected(mean: float) -> list[Checked]:
        logit = math.log(mean / (1 - mean)) + by
        return [Checked("math", 0.5, 1 / (1 + math.exp(-logit)))] * 10

    after = [one["math"] for one in abilities([(mean, 8.0, expected(mean)) for mean in means])]
    alone = [abilities([(mean, 8.0, expected(mean))])[0]["math"] for mean in means]
    for mean, here, single in zip(means, after, alone, strict=True):
        assert abs(here - mean) <= abs(single - mean) + 1e-9
        assert abs(here - mean) <= 0.25 * abs(by) * mean * (1 - mean) + 0.01
    ranked = [one for _, one in sorted(zip(means, after, strict=True))]
    assert all(lower <= higher + 1e-9 for lower, higher in pairwise(ranked))


def test_a_shift_that_is_common_to_all_is_the_better_known_the_more_models_there_are() -> None:
    moved = [
        0.7 - abilities([(0.7, 10.0, math_only(*[0.0] * 10))] * count)[0]["math"] for count in (1, 2, 4, 8, 16, 32)
    ]
    assert moved == sorted(moved, reverse=True)
    assert moved[-1] < 0.25 * moved[0]


def test_of_a_surprise_at_one_model_alone_shift_and_ability_take_their_shares() -> None:
    all_failed = math_only(*[0.0] * 10)
    [after] = abilities([(0.7, 10.0, all_failed)])
    blamed = answered(known(0.7, 10.0), all_failed, {})["math"].mean
    assert blamed + 0.05 < after["math"] < 0.7 - 0.05


@given(st.floats(0.2, 0.8), st.integers(2, 8), st.integers(0, 3))
@settings(max_examples=40, deadline=None)
def test_who_does_better_on_the_same_prompts_gains_against_the_others(mean: float, others: int, more: int) -> None:
    worse = math_only(*[1.0] * (3 + more), *[0.0] * (7 - more))
    better = math_only(*[1.0] * (6 + more), *[0.0] * (4 - more))
    first, *rest = abilities([(mean, 10.0, better), *[(mean, 10.0, worse)] * others])
    assert all(first["math"] > other["math"] + 0.02 for other in rest)


def test_a_judge_that_is_kind_to_all_raises_nobody_by_much() -> None:
    kind = math_only(*[1.0] * 8, group="judge one/j")
    marks = abilities([(0.5, 10.0, kind)] * 8)
    assert marks[0]["math"] < 0.56
    harsh_too = math_only(*[0.0] * 8, group="judge one/k")
    both = common([(0.5, 10.0, [*kind, *harsh_too])] * 8)
    assert both["judge one/j", "math"] > 1.0
    assert both["judge one/k", "math"] < -1.0


def test_what_is_hard_in_one_task_is_expected_to_be_so_in_others_too() -> None:
    failed = [one._replace(task=task) for task in ("math", "coding") for one in math_only(*[0.0] * 10)]
    middling = [one._replace(task="chat") for one in math_only(1.0, 0.0)]
    seen = common([(0.6, 10.0, [*failed, *middling])] * 6)
    assert seen["check", "math"] < -1.0
    alone = common([(0.6, 10.0, middling)] * 6)
    assert seen["check", "chat"] < alone["check", "chat"]
