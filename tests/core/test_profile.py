"""What is asked of whom, what is stale, and what results say together."""

from dataclasses import replace

import pytest

from llmrouter_tui.core.domain import TASKS, ModelInfo
from llmrouter_tui.core.measuring import (
    LOAD,
    MAX_AGE,
    difficulty,
    progress,
    prompts_for,
    stale,
    summary,
    to_do,
)
from llmrouter_tui.core.profile import PROMPTS_VERSION, Order, Result, TaskProgress
from llmrouter_tui.core.prompt_set import QUICK, prompt

INFO = ModelInfo("box", "m", quantization="Q4_K_M", digest="abc", context_length=8192)
NOW = 1_000_000_000.0


def result(identity: str = "math-sum", **more: object) -> Result:
    known = {"at": NOW - 60, "outcome": "checked", "passed": 1.0, "digest": "abc", "quantization": "Q4_K_M"} | more
    asked = prompt(identity)
    assert asked is not None
    return Result("box/m", identity, asked.task, **known)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({}, None),
        ({"digest": ""}, None),
        ({"digest": "abd"}, "digest"),
        ({"quantization": "Q8_0"}, "quantization"),
        ({"quantization": "Q8_0", "digest": "abd"}, "quantization"),
        ({"version": PROMPTS_VERSION + 1}, "prompts"),
        ({"at": NOW - MAX_AGE - 1}, "age"),
    ],
)
def test_what_makes_a_result_stale(change: dict[str, object], why: str | None) -> None:
    assert stale(result(**change), INFO, NOW) == why


def test_a_quick_profile_looks_at_every_task_before_it_looks_at_one_again() -> None:
    asked = prompts_for(INFO, True, 500.0)
    graded = [one for one in asked if one.task != "speed"]
    assert {one.id for one in graded} == {one.id for one in QUICK}
    assert [one.task for one in graded[: len(TASKS)]] == list(TASKS)


def test_what_is_only_timed_is_short_before_everything_and_long_after_the_tasks() -> None:
    asked = [one.id for one in prompts_for(INFO, True, 500.0)]
    assert asked[:3] == ["speed-short-1", "speed-short-2", "speed-short-3"]
    assert asked[-2:] == ["speed-long-1", "speed-long-2"]
    small = prompts_for(replace(INFO, context_length=2048), True, 500.0)
    assert [one.id for one in small if one.task == "speed"] == asked[:3]


def test_no_two_prompts_that_are_timed_begin_alike_not_even_those_of_another_run() -> None:
    timed = [
        one.turns[0].partition("\n")[0]
        for salt in (0, 1_700_000_000)
        for one in prompts_for(INFO, True, 500.0, salt)
        if one.task == "speed"
    ]
    assert len(set(timed)) == len(timed) == 10


def test_a_full_one_begins_with_the_quick_and_asks_no_more_than_the_model_can_do() -> None:
    asked = prompts_for(INFO, False, 500.0)
    quick = prompts_for(INFO, True, 500.0)
    assert asked[: len(quick)] == quick
    assert not any("tools" in one.needs for one in asked)
    tools = prompts_for(replace(INFO, capabilities=frozenset({"completion", "tools"})), False, 500.0)
    assert any("tools" in one.needs for one in tools)
    assert 0 < max(one.context for one in asked) <= 8192
    assert asked[-1].context == max(one.context for one in asked)
    assert not any(one.context for one in prompts_for(INFO, False, 1.0))


def test_an_order_asks_what_is_missing_stale_or_failed_and_nothing_twice() -> None:
    asked = prompts_for(INFO, True, 500.0)[3:7]
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
    assert to_do(asked, known, INFO, NOW, replace(order, only="failed")) == asked[1:2]
    assert to_do(asked, known, INFO, NOW, replace(since, only="failed")) == ()
    assert to_do(asked[:1], known, INFO, NOW, order, max_age=50.0) == asked[:1]


def test_progress_is_told_task_by_task_and_for_what_a_model_can_do_beyond_text() -> None:
    asked = [prompt(name) for name in ("needle-2k", "math-sum", "chat-name", "math-rolls", "speed-short-1")]
    found = {
        "math-sum": result("math-sum", passed=0.5),
        "chat-name": result("chat-name", outcome="failed", passed=None),
        "needle-2k": result("needle-2k"),
    }
    assert progress([one for one in asked if one is not None], found) == (
        TaskProgress("chat", 1, 1, 0.0, 0),
        TaskProgress("math", 1, 2, 0.5, 1),
        TaskProgress("context", 1, 1, 1.0, 1),
        TaskProgress("speed", 0, 1),
    )


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
        INFO,
        NOW,
    )
    scores = {score.task: (score.checked, score.right) for score in told.tasks}
    assert scores == {"math": (2, 1.5), "context": (1, 1.0)}
    assert (told.ttft, told.decode, told.prefill, told.prefill_long) == (pytest.approx(0.3), 40.0, 600.0, 900.0)
    assert (told.ungraded, told.failed, told.failures, told.at) == (1, 1, {"prompt_timeout": 1}, NOW)
    assert told.stale == 0


def test_speed_is_told_from_what_was_timed_for_it_and_a_failure_has_none() -> None:
    timed = {"outcome": "timed", "passed": None}
    told = summary(
        "box/m",
        [
            result("math-sum", decode=300.0, prefill=5000.0, prompt_tokens=60, ttft=0.01),
            *(result(f"speed-short-{n}", decode=d, prefill=500.0, prompt_tokens=300, ttft=0.5, **timed)
              for n, d in ((1, 10.0), (2, 41.0), (3, 40.0))),
            result("speed-long-1", decode=35.0, prefill=900.0, prompt_tokens=2000, ttft=2.0, **timed),
            result("speed-long-2", outcome="failed", passed=None, code="prompt_timeout", decode=9999.0, prefill=9999.0),
            replace(result("math-sum"), prompt=LOAD, task="speed", outcome="timed", passed=None, seconds=7.5,
                    footprint=5_000_000_000, footprint_source="measured"),
        ],
        INFO,
        NOW,
    )  # fmt: skip
    assert (told.decode, told.decode_long, told.ttft) == (40.0, 35.0, 0.5)
    assert (told.prefill, told.prefill_long) == (500.0, 900.0)
    assert (told.load_seconds, told.footprint, told.footprint_source) == (7.5, 5_000_000_000, "measured")


def test_who_goes_on_until_it_is_cut_off_babbles_and_who_thinks_long_does_not() -> None:
    def told(*results: Result) -> tuple[int, bool]:
        found = summary("box/m", results, INFO, NOW)
        return found.cut, found.babbles

    asked = prompt("math-sum"), prompt("chat-name")
    assert asked[0]
    assert asked[1]
    room = asked[0].max_tokens
    endless = [
        result(completion_tokens=room),
        result("chat-name", completion_tokens=2 * asked[1].max_tokens),
        result("fact-season", completion_tokens=1000),
    ]
    assert told(*endless) == (3, True)
    short = [result(completion_tokens=room - 1), result("chat-name", completion_tokens=2 * asked[1].max_tokens - 1)]
    assert told(*short) == (0, False)
    assert told(*short, endless[-1]) == (1, False)
    assert told(*(replace(one, thought_seconds=2.0) for one in endless)) == (0, False)
    failed = result("fact-heart", outcome="failed", passed=None, code="prompt_timeout")
    assert told(failed) == (0, False)


def test_results_of_other_weights_are_told_only_until_these_are_measured() -> None:
    new = replace(INFO, digest="new")
    old = [result("math-sum", decode=30.0), result("math-rolls", decode=30.0)]
    told = summary("box/m", old, new, NOW)
    assert (told.stale, told.decode, told.tasks[0].checked) == (2, 30.0, 2)
    assert told.stale_by == {"digest": 2}
    told = summary("box/m", [*old, result("chat-name", decode=50.0, digest="new")], new, NOW)
    assert (told.stale, told.decode, [score.task for score in told.tasks]) == (2, 50.0, ["chat"])


def test_what_only_some_models_are_asked_does_not_speak_for_a_task() -> None:
    assert difficulty(result("math-sum")) == pytest.approx(0.06)
    assert difficulty(result("needle-8k")) is None
    assert difficulty(replace(result(), prompt="a-prompt-of-long-ago")) is None
