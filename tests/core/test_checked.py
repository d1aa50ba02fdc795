"""What checked answers say of an ability: more for what is hard, never against the one who was right."""

import math
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmrouter_tui.core.ability import abilities, answered
from llmrouter_tui.core.checked import evidence
from llmrouter_tui.core.difficulty import easiness_of
from llmrouter_tui.core.domain import Ability, Evidence, ModelInfo
from llmrouter_tui.core.scoring import SLOPE
from llmrouter_tui.core.yardstick import LEVEL, PAIRS, TAILS, Checked, Taken, settled

LEVELS = st.floats(0.0, 1.0)
INFO = ModelInfo("box", "some-8b", parameters=8_000_000_000)


def known(mean: float, strength: float) -> Mapping[str, Ability]:
    piece = Evidence("prior", mean, strength, "")
    return {task: Ability(mean, strength, 0.1, (piece,)) for task in ("math", "coding", "chat")}


def after(mean: float, strength: float, *checks: tuple[float, float], task: str = "math") -> float:
    """The ability with what checks (difficulty, passed) of mathematics say beside the rest."""
    answers = [Checked("math", difficulty, passed) for difficulty, passed in checks]
    return answered(known(mean, strength), answers)[task].mean


def test_a_passed_hard_prompt_counts_more_than_a_passed_easy_one() -> None:
    assert after(0.5, 8, (0.9, 1.0)) > after(0.5, 8, (0.5, 1.0)) > after(0.5, 8, (0.1, 1.0)) > 0.5


def test_a_failed_easy_prompt_counts_more_than_a_failed_hard_one() -> None:
    assert after(0.5, 8, (0.1, 0.0)) < after(0.5, 8, (0.5, 0.0)) < after(0.5, 8, (0.9, 0.0)) < 0.5


@given(st.floats(0.05, 0.95), st.floats(1.0, 60.0), st.lists(LEVELS, min_size=1, max_size=15))
def test_who_was_always_right_never_loses_by_it_and_who_was_always_wrong_never_wins(
    mean: float, strength: float, levels: list[float]
) -> None:
    assert after(mean, strength, *((level, 1.0) for level in levels)) >= mean - 1e-9
    assert after(mean, strength, *((level, 0.0) for level in levels)) <= mean + 1e-9


@given(st.floats(0.05, 0.95), st.lists(st.tuples(LEVELS, LEVELS), min_size=1, max_size=12), st.data())
def test_a_better_answer_never_lowers_an_ability(
    mean: float, checks: list[tuple[float, float]], data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(checks) - 1))
    better = [
        (level, min(1.0, passed + 0.3)) if i == at else (level, passed) for i, (level, passed) in enumerate(checks)
    ]
    assert after(mean, 8.0, *better) >= after(mean, 8.0, *checks) - 1e-6


def test_the_surer_it_was_before_the_less_it_moves() -> None:
    assert after(0.5, 4, (0.5, 1.0)) > after(0.5, 40, (0.5, 1.0)) > 0.5


def test_many_answers_outweigh_what_was_thought() -> None:
    assert after(0.3, 8, *[(0.5, 1.0)] * 60) > 0.8


def test_without_checks_nothing_is_said() -> None:
    assert evidence(known(0.5, 8.0), []) == {}


@pytest.mark.parametrize("passed", [0.0, 0.5, 1.0])
def test_checks_are_evidence_of_their_task_and_say_how_many_they_are(passed: float) -> None:
    before = abilities(INFO)
    now = abilities(INFO, answers=[Checked("math", 0.4, passed), Checked("math", 0.8, passed)])
    [told] = [one for one in now["math"].evidence if one.source == "profile"]
    assert told.note == f"{2 * passed:g} of 2 checks passed here, difficulty up to 0.80"
    assert told.count == 2
    assert now["math"].strength > before["math"].strength


def test_who_does_better_than_was_thought_in_one_task_is_expected_to_in_others_though_less() -> None:
    good, bad = [(0.6, 1.0)] * 6, [(0.2, 0.0)] * 6
    assert 0.5 < after(0.5, 8, *good, task="chat") < after(0.5, 8, *good)
    assert 0.5 > after(0.5, 8, *bad, task="chat") > after(0.5, 8, *bad)
    [_, told] = answered(known(0.5, 8.0), [Checked("math", 0.6, 1.0)] * 6)["chat"].evidence
    assert (told.source, told.note) == ("profile", "6 of 6 checks passed in other tasks")
    assert told.count == 0, "observations of other tasks are not counted as ones of this"


ANSWER = st.builds(
    Checked,
    st.sampled_from(("math", "coding")),
    LEVELS,
    LEVELS,
    st.floats(0.05, 1.0),
    st.sampled_from(("check", "judge one/j")),
    st.none() | st.floats(-3.0, 3.0),
)


@given(st.floats(0.05, 0.95), st.floats(1.0, 60.0), st.lists(ANSWER, min_size=1, max_size=12), st.floats(-1.5, 1.5))
def test_the_pieces_of_evidence_are_sound_and_their_mean_is_the_likeliest_ability(
    mean: float, strength: float, answers: list[Checked], shift: float
) -> None:
    before = known(mean, strength)
    shifts = {(group, task): shift * (1 if group == "check" else -1)
              for group in ("check", "judge one/j") for task in ("math", "coding")}  # fmt: skip
    tasks = {task: [one for one in answers if one.task == task] for task in ("math", "coding")}
    taken = [Taken(mean, strength, ours) for ours in tasks.values() if ours]
    level, thetas = settled(taken, shifts)
    own = dict(zip([task for task, ours in tasks.items() if ours], thetas, strict=True))
    for task, told in evidence(before, answers, shifts).items():
        assert all(0.0 <= one.value <= 1.0 and one.weight > 0 for one in told)
        total = strength + sum(one.weight for one in told)
        theta = own.get(task, math.log(mean / (1 - mean)) + level)
        now = (mean * strength + sum(one.value * one.weight for one in told)) / total
        assert now == pytest.approx(1 / (1 + math.exp(-theta)), abs=1e-5)

    def pull(task: str) -> float:
        eases = [
            (SLOPE * easiness_of(one.difficulty) if one.against is None else -one.against) + shifts[one.group, task]
            for one in tasks[task]
        ]
        chances = [1 / (1 + math.exp(-own[task] - ease)) for ease in eases]
        return sum(one.weight * (one.passed - q) for one, q in zip(tasks[task], chances, strict=True))

    for task, theta in own.items():
        prior = strength * (mean - 1 / (1 + math.exp(level - theta)))
        assert prior + pull(task) == pytest.approx(0.0, abs=1e-4 * strength)
    held = level * (TAILS + 1) / (TAILS * LEVEL**2 + level**2)
    assert held == pytest.approx(sum(map(pull, own)), abs=0.01)


def test_what_all_models_find_harder_counts_less_against_one_that_failed_it_and_that_is_told() -> None:
    failed = [Checked("math", 0.5, 0.0)] * 4
    blamed = answered(known(0.6, 8.0), failed)["math"]
    excused = answered(known(0.6, 8.0), failed, {("check", "math"): -1.0})["math"]
    assert blamed.mean < excused.mean < 0.6
    assert excused.evidence[-1].note == "0 of 4 checks passed here, difficulty up to 0.50, harder for all models"


# ── grades ──


def test_to_beat_an_abler_model_says_more_and_to_lose_to_it_says_less() -> None:
    def after(passed: float, against: float) -> float:
        return answered(known(0.5, 8.0), [Checked("math", 0.5, passed, 0.5, PAIRS, against)])["math"].mean

    assert after(1.0, 2.0) > after(1.0, 0.0) > after(1.0, -2.0) > 0.5 > after(0.0, 2.0) > after(0.0, -2.0)
    assert after(1.0, 0.0) - 0.5 == pytest.approx(0.5 - after(0.0, 0.0), abs=1e-6)


def graded(difficulty: float, passed: float, weight: float) -> Checked:
    return Checked("chat", difficulty, passed, weight, "judge one/j")


def test_a_grade_counts_by_how_far_its_judge_is_believed() -> None:
    info = ModelInfo("box", "m:8b", parameters=8_000_000_000)
    means = [abilities(info, answers=[graded(0.5, 1.0, weight)])["chat"].mean for weight in (0.0, 0.25, 0.5, 1.0)]
    assert means[0] == abilities(info)["chat"].mean
    assert means == sorted(set(means))
    assert means[3] == pytest.approx(abilities(info, answers=[Checked("chat", 0.5, 1.0)])["chat"].mean)


def test_a_judge_that_is_not_believed_is_no_evidence() -> None:
    assert evidence(known(0.5, 8.0), [graded(0.5, 1.0, 0.0)] * 50) == {}


def test_grades_are_told_as_marks() -> None:
    [told] = evidence(known(0.5, 8.0), [graded(0.2, 1.0, 0.5), graded(0.4, 0.5, 0.5)])["chat"]
    assert (told.source, told.note) == ("judge", "2 answers graded 7.8 of 10 here, difficulty up to 0.40")


def test_a_model_that_is_not_what_its_name_says_is_not_held_up_by_it() -> None:
    """Base weights under the name of a model that answers: after ninety answers of which none is right, next to nothing
    is left of what was thought of it; who fails once or twice more than was thought loses little."""

    def after(passed: Sequence[float]) -> float:
        answers = [Checked(task, 0.4, one) for task, one in zip(("math", "coding", "chat") * 30, passed, strict=True)]
        tasks = {task: [one for one in answers if one.task == task] for task in ("math", "coding", "chat")}
        return 1 / (1 + math.exp(-settled([Taken(0.4, 12.0, ours) for ours in tasks.values()], {})[1][0]))

    assert after([0.0] * 90) < 0.02
    assert after([1.0, 0.0, 0.0, 1.0, 0.0] * 18) == pytest.approx(0.4, abs=0.08)
