"""What grades teach: the laws of the fit, and that it finds what is there."""

import math
import random
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmrouter_tui.core.ability import abilities
from llmrouter_tui.core.domain import TASKS, Ability, Lesson, ModelInfo
from llmrouter_tui.core.kinds import KINDS, TASK_OF_KIND
from llmrouter_tui.core.lessons import LEAST_SHARE, Tally, learn
from llmrouter_tui.core.scoring import SLOPE
from tests.core.formula import predicted_quality

Grade = tuple[str, str, float, float]
"""(model, kind, easiness, grade)"""

PRIORS = {name: abilities(ModelInfo("x", name)) for name in ("small:3b", "middle:8b", "large:70b")}
WORD, TRIVIA, FORMAL = (KINDS.index(kind) for kind in ("word", "trivia", "formal"))


def pure(kind: str) -> tuple[float, ...]:
    return tuple(float(k == kind) for k in KINDS)


def learned(grades: Sequence[Grade], priors: Mapping[str, Mapping[str, Ability]] = PRIORS) -> dict[str, Lesson]:
    tallies: dict[str, Tally] = {}
    for model, kind, easiness, grade in grades:
        tallies.setdefault(model, Tally()).add(pure(kind), easiness, grade)
    return learn(priors, tallies)


def logit(mean: float) -> float:
    return math.log(mean / (1 - mean))


grades = st.lists(
    st.tuples(st.sampled_from(sorted(PRIORS)), st.sampled_from(KINDS[:12]), st.floats(-3, 3), st.floats(0, 1)),
    max_size=25,
)


# ── quality ──


def test_quality_is_the_mean_ability_of_what_the_prompt_can_be() -> None:
    means = tuple(0.2 if k == "word" else 0.8 for k in KINDS)
    half = tuple(0.5 if k in ("word", "trivia") else 0.0 for k in KINDS)
    assert predicted_quality(pure("word"), 0.0, Lesson(means, SLOPE)) == pytest.approx(0.2)
    assert predicted_quality(half, 0.0, Lesson(means, SLOPE)) == pytest.approx(0.5)


@given(st.floats(-3, 3), st.floats(0, 2), st.floats(0.01, 0.99))
def test_an_easier_prompt_is_never_predicted_worse(easiness: float, more: float, mean: float) -> None:
    lesson = Lesson((mean,) * len(KINDS), SLOPE)
    low, high = (predicted_quality(pure("word"), e, lesson) for e in (easiness, easiness + more))
    assert 0 < low <= high < 1


# ── no grades, few grades ──


def test_without_grades_a_lesson_is_the_prior_of_each_kinds_task() -> None:
    for model, lesson in learned([]).items():
        for mean, at in zip(lesson.means, TASK_OF_KIND, strict=True):
            assert mean == pytest.approx(PRIORS[model][TASKS[at]].mean)
        assert lesson.slope == pytest.approx(SLOPE)


def test_a_model_of_which_nothing_is_known_is_below_the_middle() -> None:
    lesson = learned([], {"stranger": {}})["stranger"]
    assert 0.3 < min(lesson.means) == max(lesson.means) < 0.5


@given(st.sampled_from(sorted(PRIORS)), st.sampled_from(KINDS), st.sampled_from([0.0, 1.0]))
def test_one_grade_moves_little(model: str, kind: str, grade: float) -> None:
    before, after = learned([]), learned([(model, kind, 0.0, grade)])
    for name in PRIORS:
        for old, new in zip(before[name].means, after[name].means, strict=True):
            assert abs(new - old) < 0.2


def test_what_one_grade_moves_is_most_on_its_kind_then_its_task_then_elsewhere() -> None:
    before, after = learned([]), learned([("middle:8b", "word", 0.0, 1.0)])
    old, new = before["middle:8b"].means, after["middle:8b"].means
    word, formal, trivia = (new[i] - old[i] for i in (WORD, FORMAL, TRIVIA))
    assert word > formal > 0
    assert formal > trivia


def test_a_surer_prior_moves_less() -> None:
    def shift(strength: float) -> float:
        priors = {"m": {task: Ability(0.5, strength, 0.1) for task in TASKS}}
        rows = [("m", kind, 0.0, 1.0) for kind in KINDS[:8]]
        return learned(rows, priors)["m"].means[TRIVIA] - 0.5

    assert shift(2.0) > shift(8.0) > shift(50.0) > 0


# ── laws ──


@settings(deadline=None, max_examples=40)
@given(grades, st.data())
def test_a_better_grade_never_lowers_the_model_where_it_was_given(rows: list[Grade], data: st.DataObject) -> None:
    if not rows:
        return
    at = data.draw(st.integers(0, len(rows) - 1))
    model, kind, easiness, grade = rows[at]
    better = data.draw(st.floats(grade, 1.0))
    raised = [*rows[:at], (model, kind, easiness, better), *rows[at + 1 :]]
    before, after = learned(rows)[model], learned(raised)[model]
    old, new = (predicted_quality(pure(kind), easiness, lesson) for lesson in (before, after))
    assert new >= old - 1e-3


@settings(deadline=None, max_examples=40)
@given(grades, st.integers())
def test_the_order_of_grades_does_not_matter(rows: list[Grade], seed: int) -> None:
    shuffled = rows[:]
    random.Random(seed).shuffle(shuffled)
    one, other = learned(rows), learned(shuffled)
    for model in PRIORS:
        assert one[model].means == pytest.approx(other[model].means, abs=1e-6)
        assert one[model].slope == pytest.approx(other[model].slope, abs=1e-6)


@settings(deadline=None, max_examples=30)
@given(grades)
def test_whatever_the_grades_all_stays_inside_bounds(rows: list[Grade]) -> None:
    for lesson in learned(rows).values():
        assert all(0 < mean < 1 for mean in lesson.means)
        assert 0 < lesson.slope < 3


def test_a_grade_of_a_model_that_is_gone_is_passed_over() -> None:
    assert learned([("gone", "word", 0.0, 1.0)]) == learned([])


@settings(deadline=None, max_examples=30)
@given(grades, st.permutations(sorted(PRIORS)))
def test_the_order_of_models_does_not_matter(rows: list[Grade], order: list[str]) -> None:
    one, other = learned(rows), learned(rows, {model: PRIORS[model] for model in order})
    for model in PRIORS:
        assert one[model].means == pytest.approx(other[model].means, abs=1e-6)


def told(mean: float, strength: float) -> dict[str, Ability]:
    return {task: Ability(mean, strength, 0.1) for task in TASKS}


def test_a_model_that_is_far_from_what_was_known_is_soon_seen_as_it_is() -> None:
    """Twelve prompts, every model on each: of the best known one all answers are wrong."""
    priors = {"praised": told(0.85, 40), "plain": told(0.6, 40), "weak": told(0.4, 40)}
    right = {"praised": 0, "plain": 7, "weak": 5}
    rows = [(model, KINDS[i], 0.0, float(i * 7 % 12 < right[model])) for model in right for i in range(12)]
    found = learned(rows, priors)
    assert max(found["praised"].means) < min(found["plain"].means)
    for model in ("plain", "weak"):
        assert found[model].means[TRIVIA] == pytest.approx(priors[model]["factual"].mean, abs=0.15)


def test_what_is_known_holds_against_what_is_near_it_and_gives_way_to_what_is_far() -> None:
    """Of the way from what was known to what the grades say, the far model has gone the longer part."""

    def gone(known: float, seen: int) -> float:
        priors = {"m": told(known, 40), "n": told(0.5, 40), "o": told(0.5, 40)}
        share = {"m": seen, "n": 20, "o": 20}
        rows = [(model, KINDS[i % 10], 0.0, float(i * 7 % 40 < share[model])) for model in share for i in range(40)]
        low, now, high = (logit(x) for x in (known, learned(rows, priors)["m"].means[TRIVIA], seen / 40))
        return (now - low) / (high - low)

    assert gone(0.85, 8) > gone(0.6, 20) + 0.1


def test_what_is_hard_for_all_is_the_kind_and_not_the_model() -> None:
    rows = [(model, "formal", 0.0, 0.0) for model in sorted(PRIORS)[:2] for _ in range(30)]
    before, after = learned([])["small:3b"], learned(rows)["small:3b"]
    assert sorted(PRIORS)[2] == "small:3b"
    assert after.means[FORMAL] < before.means[FORMAL] - 0.1
    assert after.means[TRIVIA] == pytest.approx(before.means[TRIVIA], abs=0.02)


def test_many_grades_find_a_talent_against_the_prior() -> None:
    rng = random.Random(1)
    chances = {"small:3b": 0.9, "large:70b": 0.4}
    rows = [
        (model, kind, 0.0, float(rng.random() < (chance if kind == "word" else 0.6)))
        for model, chance in chances.items()
        for kind in ("word", "trivia")
        for _ in range(400)
    ]
    found = learned(rows)
    for model, chance in chances.items():
        assert found[model].means[WORD] == pytest.approx(chance, abs=0.06)
        assert found[model].means[TRIVIA] == pytest.approx(0.6, abs=0.06)


def test_a_steeper_model_is_found_steeper() -> None:
    rng = random.Random(2)
    rows = []
    for model, slope in (("small:3b", 1.4), ("large:70b", 0.4)):
        for _ in range(1500):
            easiness = rng.uniform(-3, 3)
            chance = predicted_quality(pure("word"), easiness, Lesson((0.5,) * len(KINDS), slope))
            rows.append((model, "word", easiness, float(rng.random() < chance)))
    found = learned(rows)
    assert found["small:3b"].slope > found["large:70b"].slope


# ── the tally ──


def test_a_grade_is_shared_out_over_what_the_prompt_can_be() -> None:
    tally = Tally()
    shares = [0.0] * len(KINDS)
    shares[WORD], shares[FORMAL], shares[TRIVIA] = 0.7, 0.25, LEAST_SHARE / 2
    tally.add(shares, 0.2, 1.0)
    tally.add(shares, 0.2, 0.0, weight=2.0)
    assert weight(tally, WORD) == pytest.approx(2.1)
    assert weight(tally, FORMAL) == pytest.approx(0.75)
    assert weight(tally, TRIVIA) == 0
    assert tally.cells[WORD, 0] == pytest.approx((2.1, 0.7))


def weight(tally: Tally, kind: int) -> float:
    """Grades counted for a kind."""
    return sum(count for (at, _), (count, _) in tally.cells.items() if at == kind)
