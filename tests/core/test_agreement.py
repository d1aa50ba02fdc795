"""Judges under judgement: what a grade is worth by how the judge agrees with those who know better, and its biases."""

import random
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmrouter_tui.core.agreement import OWN, USUAL, Standing, informedness, joined, value, weight, weight_of
from llmrouter_tui.core.grades import Concord, Grade

COUNTS = st.integers(0, 60)
CONCORDS = st.builds(Concord, COUNTS, COUNTS, COUNTS, COUNTS)


def grade(score: float | None, truth: float | None = None, **more: object) -> Grade:
    by = more.pop("truth_by", "check" if truth is not None else "")
    facts: dict[str, object] = {"task": "chat", "model": "box/m", "ref": "p", "id": "g"} | more
    return Grade(
        at=1.0, judge="box/j", difficulty=0.5, subject="prompt", score=score, truth=truth, truth_by=by, **facts
    )  # type: ignore[arg-type]


def judged(judge: Callable[[float], float], count: int = 200, good: float = 0.5) -> Standing:
    dice, standing = random.Random(7), Standing("box/j")
    for _ in range(count):
        truth = float(dice.random() < good)
        standing.take(grade(judge(truth), truth))
    return standing


# ── weight ──


@given(CONCORDS)
def test_a_weight_is_never_below_nothing_or_above_one_observation(concord: Concord) -> None:
    assert 0.0 <= weight(concord) <= 1.0


@given(CONCORDS)
def test_one_more_agreement_in_the_place_of_a_disagreement_never_lowers_the_weight(concord: Concord) -> None:
    if concord.kind:
        better = replace(concord, kind=concord.kind - 1, both_bad=concord.both_bad + 1)
        assert weight(better) >= weight(concord)
    if concord.harsh:
        better = replace(concord, harsh=concord.harsh - 1, both_good=concord.both_good + 1)
        assert weight(better) >= weight(concord)


def test_an_unknown_judge_counts_a_quarter_and_one_sided_evidence_changes_nothing() -> None:
    assert weight(Concord()) == USUAL**2 == 0.25
    assert weight(Concord(both_good=500)) == 0.25
    assert weight(Concord(both_bad=9, kind=3)) == 0.25
    assert informedness(Concord(both_good=5)) is None


@pytest.mark.parametrize("good", [0.5, 0.8])
def test_a_judge_that_says_the_same_of_everything_tends_to_nothing_whatever_it_says(good: float) -> None:
    for always in (10.0, 1.0):
        standing = judged(lambda truth, always=always: always, good=good)
        assert standing.weight < 0.01
    praised = judged(lambda truth: 10.0, good=0.8).concord("check")
    assert praised.agree is not None
    assert praised.agree > 0.75  # which is why plain agreement is not what counts
    assert praised.kappa == 0.0


def test_a_judge_that_draws_lots_tends_to_nothing_and_one_that_lies_is_worth_nothing_at_all() -> None:
    dice = random.Random(3)
    assert judged(lambda truth: float(dice.randint(1, 10)), 600).weight < 0.02
    assert judged(lambda truth: 1.0 if truth else 10.0, 20).weight == 0.0


def test_a_judge_that_is_right_counts_nearly_as_a_check_and_more_with_every_proof() -> None:
    weights = [judged(lambda truth: 9.0 if truth else 2.0, count).weight for count in (0, 4, 20, 200)]
    assert weights == sorted(weights)
    assert weights[-1] > 0.9


def test_a_grade_of_its_own_answer_counts_half_and_an_overruled_one_as_a_rating() -> None:
    assert weight_of(grade(8.0), 0.6) == 0.6
    assert weight_of(grade(8.0, own=True), 0.6) == 0.6 * OWN
    assert weight_of(grade(8.0, overruled=2.0), 0.0) == 1.0
    assert weight_of(grade(None, code="malformed"), 0.6) == 0.0


def test_marks_are_qualities_from_nothing_to_all() -> None:
    assert [value(1.0), value(5.5), value(10.0)] == [0.0, 0.5, 1.0]


# ── sums ──

GRADES = st.lists(
    st.builds(
        grade,
        st.none() | st.integers(1, 10).map(float),
        st.none() | st.floats(0, 1),
        task=st.sampled_from(["chat", "math"]),
        model=st.sampled_from(["a/x", "a/y"]),
        truth_by=st.sampled_from(["check", "user"]),
    ),
    max_size=40,
)


@given(GRADES, st.randoms())
def test_the_order_of_grades_does_not_matter(grades: list[Grade], dice: random.Random) -> None:
    one, other = Standing("j"), Standing("j")
    for each in grades:
        one.take(each)
    dice.shuffle(grades)
    for each in grades:
        other.take(each)
    assert one.agreement == other.agreement


@given(GRADES, GRADES)
def test_a_grade_that_is_taken_out_leaves_no_trace(kept: list[Grade], withdrawn: list[Grade]) -> None:
    one, other = Standing("j"), Standing("j")
    for each in kept:
        one.take(each)
    for each in [*withdrawn, *kept]:
        other.take(each)
    for each in withdrawn:
        other.take(each, -1)
    assert one.agreement == other.agreement


def test_checks_and_the_user_are_told_apart_and_a_failure_counts_for_nothing() -> None:
    standing = Standing("j")
    standing.take(grade(8.0, 1.0))
    standing.take(grade(8.0, 0.0, truth_by="user"))
    standing.take(grade(None, 1.0, code="malformed"))
    standing.take(grade(3.0))
    assert standing.concord("check") == Concord(both_good=1)
    assert standing.concord("user") == Concord(kind=1)
    assert joined(Concord(1, 2, 3, 4), Concord(1, 1, 1, 1)) == Concord(2, 3, 4, 5)
    assert standing.agreement.marks == (0, 0, 1, 0, 0, 0, 0, 2, 0, 0)


def test_partial_truths_and_marks_between_fall_on_their_side() -> None:
    standing = Standing("j")
    standing.take(grade(6.0, 0.5))
    standing.take(grade(5.9, 0.49))
    assert standing.concord("check") == Concord(both_good=1, both_bad=1)


# ── bias ──


def mixed(kind_to: str = "", by: float = 0.0, count: int = 240) -> Standing:
    """Marks that spread by one, of two models of which ``a/strong`` is right twice as often."""
    dice, standing = random.Random(11), Standing("j")
    for at in range(count):
        model, task = ("a/strong", "a/weak")[at % 2], ("chat", "math", "coding")[at % 3]
        truth = float(dice.random() < (0.8 if model == "a/strong" else 0.4))
        mark = (7.5 if truth else 3.0) + dice.gauss(0, 1) + (by if kind_to in (model, task) else 0.0)
        standing.take(grade(min(10.0, max(1.0, mark)), truth, model=model, task=task))
    return standing


def test_whoever_answers_better_is_no_favourite() -> None:
    assert mixed().agreement.biases == ()


def test_favourites_and_what_is_treated_harshly_are_told_by_how_many_marks() -> None:
    told = {bias.about: bias.by for bias in mixed("a/weak", 2.0).agreement.biases}
    assert 1.0 < told["a/weak"] < 3.0
    assert -3.0 < told["a/strong"] < -1.0
    harsh = {bias.about: bias.by for bias in mixed("math", -2.0).agreement.biases}
    assert -3.0 < harsh["math"] < -1.0


def test_a_judge_that_always_says_the_same_favours_nobody() -> None:
    standing = Standing("j")
    for at in range(200):
        standing.take(grade(10.0, float(at % 4 == 0), model=("a/x", "a/y")[at % 2]))
    assert standing.agreement.biases == ()


def test_a_handful_of_marks_is_no_bias() -> None:
    standing = Standing("j")
    for at in range(4):
        standing.take(grade(10.0 if at % 2 else 1.0, 1.0, model=("a/x", "a/y")[at % 2]))
    assert standing.agreement.biases == ()
