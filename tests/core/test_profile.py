"""What is asked of whom, what is stale, and what results say together."""

from dataclasses import replace

import pytest

from llmrouter_tui.core.domain import TASKS, ModelInfo
from llmrouter_tui.core.profile import MAX_AGE, Order, Result, difficulty, prompts_for, stale, summary, to_do
from llmrouter_tui.core.prompt_set import QUICK, VERSION, prompt

INFO = ModelInfo("box", "m", quantization="Q4_K_M", digest="abc", context_length=8192)
NOW = 1_000_000_000.0


def result(identity: str = "math-sum", **more: object) -> Result:
    known = {"at": NOW - 60, "outcome": "checked", "passed": 1.0, "digest": "abc", "quantization": "Q4_K_M"} | more
    asked = prompt(identity)
    assert asked is not None
    return Result("box/m", identity, asked.task, **known)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "old"),
    [
        ({}, False),
        ({"digest": ""}, False),
        ({"digest": "abd"}, True),
        ({"quantization": "Q8_0"}, True),
        ({"version": VERSION + 1}, True),
        ({"at": NOW - MAX_AGE - 1}, True),
    ],
)
def test_what_makes_a_result_stale(change: dict[str, object], old: bool) -> None:
    assert stale(result(**change), INFO, NOW) is old


def test_a_quick_profile_looks_at_every_task_before_it_looks_at_one_again() -> None:
    asked = prompts_for(INFO, True, 500.0)
    assert {one.id for one in asked} == {one.id for one in QUICK}
    assert [one.task for one in asked[: len(TASKS)]] == list(TASKS)


def test_a_full_one_begins_with_the_quick_and_asks_no_more_than_the_model_can_do() -> None:
    asked = prompts_for(INFO, False, 500.0)
    assert asked[: len(QUICK)] == prompts_for(INFO, True, 500.0)
    assert not any("tools" in one.needs for one in asked)
    tools = prompts_for(replace(INFO, capabilities=frozenset({"completion", "tools"})), False, 500.0)
    assert any("tools" in one.needs for one in tools)
    assert 0 < max(one.context for one in asked) <= 8192
    assert asked[-1].context == max(one.context for one in asked)
    assert not any(one.context for one in prompts_for(INFO, False, 1.0))


def test_an_order_asks_what_is_missing_stale_or_failed_and_nothing_twice() -> None:
    asked = prompts_for(INFO, True, 500.0)[:4]
    fresh, failed, old, _ = (one.id for one in asked)
    known = {
        fresh: result(fresh),
        failed: result(failed, outcome="failed", passed=None),
        old: result(old, at=NOW - MAX_AGE - 1),
    }
    order = Order(NOW, ("box/m",))
    assert to_do(asked, known, INFO, NOW, order) == asked[1:]
    assert to_do(asked, known, INFO, NOW, replace(order, again=True)) == asked
    since = Order(NOW - 120, ("box/m",), again=True)
    assert to_do(asked, known, INFO, NOW, since) == asked[2:]


def test_what_results_say_together() -> None:
    told = summary(
        "box/m",
        [
            result("math-sum", decode=30.0, prefill=500.0, prompt_tokens=60, ttft=0.2),
            result("math-rolls", passed=0.5, decode=50.0, prefill=700.0, prompt_tokens=80, ttft=0.4),
            result("needle-8k", decode=40.0, prefill=900.0, prompt_tokens=4000, ttft=5.0),
            result("create-opening", outcome="ungraded", passed=None, decode=40.0),
            result("chat-name", outcome="failed", passed=None, code="prompt_timeout", at=NOW),
        ],
        replace(INFO, digest="new"),
        NOW,
    )
    scores = {score.task: (score.checked, score.right) for score in told.tasks}
    assert scores == {"math": (2, 1.5), "context": (1, 1.0)}
    assert (told.ttft, told.decode, told.prefill, told.prefill_long) == (pytest.approx(0.3), 40.0, 600.0, 900.0)
    assert (told.ungraded, told.failed, told.failures, told.at) == (1, 1, {"prompt_timeout": 1}, NOW)
    assert told.stale == 5


def test_what_only_some_models_are_asked_does_not_speak_for_a_task() -> None:
    assert difficulty(result("math-sum")) == pytest.approx(0.06)
    assert difficulty(result("needle-8k")) is None
    assert difficulty(replace(result(), prompt="a-prompt-of-long-ago")) is None
