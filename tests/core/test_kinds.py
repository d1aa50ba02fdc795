"""Kinds of prompts within the tasks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmrouter_tui.core.domain import TASKS
from llmrouter_tui.core.kinds import KIND_TASKS, KINDS, likeliest, spread, within

shares = st.floats(0, 1)


@given(st.dictionaries(st.sampled_from(TASKS), shares, min_size=1).filter(lambda tasks: sum(tasks.values()) > 0.01))
def test_tasks_are_spread_over_their_kinds(tasks: dict[str, float]) -> None:
    kinds, total = spread(tasks), sum(tasks.values())
    assert sum(kinds.values()) == pytest.approx(1)
    for task, share in tasks.items():
        assert sum(s for kind, s in kinds.items() if KIND_TASKS[kind] == task) == pytest.approx(share / total)


@given(st.none() | st.dictionaries(st.sampled_from(KINDS), shares), st.sampled_from(TASKS))
def test_within_a_task_only_its_kinds_are_left(kinds: dict[str, float] | None, task: str) -> None:
    left = within(kinds, task)
    assert {KIND_TASKS[kind] for kind in left} == {task}
    assert sum(left.values()) == pytest.approx(1)


def test_a_kind_is_told_where_it_stands_out_among_those_of_the_task() -> None:
    assert likeliest({"function": 0.6, "debug": 0.1, "trivia": 0.3}, "coding") == "writing a function"
    assert likeliest({"function": 0.3, "debug": 0.3, "trivia": 0.4}, "coding") == ""
    assert likeliest(None, "coding") == ""
    assert likeliest({"translate": 1.0}, "translation") == ""


def test_kinds_of_another_version_are_passed_over() -> None:
    """A router that is watched, or the log, may tell of kinds that are not known here."""
    assert likeliest({"haiku": 0.7, "function": 0.3}, "coding") == "writing a function"
    assert likeliest({"haiku": 1.0}, "creative") == ""


def test_every_task_has_kinds() -> None:
    assert set(KIND_TASKS.values()) == set(TASKS)
