"""The prompts by which models are measured: what the set holds, and that right answers to it are told from wrong."""

import json
from collections import Counter

import pytest

from llmrouter_tui.core.checking.code import extract, fault_of
from llmrouter_tui.core.checks import check
from llmrouter_tui.core.difficulty import level
from llmrouter_tui.core.domain import NEEDS, TASKS
from llmrouter_tui.core.prompt_set import PROMPTS, QUICK, needles, prompt, suited
from llmrouter_tui.core.prompts import Calls, Code, Rubric, ToolCall, messages, request
from llmrouter_tui.demo.texts.programs import SOLUTIONS
from tests.core.measuring.answers import RIGHT, WRONG

TEXTS = [one for one in PROMPTS if not isinstance(one.check, Rubric | Code | Calls)]
RIGHT_CALLS = {
    "tools-weather": [("get_weather", {"city": "Lisbon", "day": "tomorrow"})],
    "tools-pick": [("set_timer", {"minutes": 8, "label": "eggs"})],
    "tools-types": [("switch_light", {"room": "bedroom", "on": True, "brightness": 33})],
    "tools-two": [("switch_light", {"room": "hall", "on": False}), ("switch_light", {"room": "kitchen", "on": False})],
    "tools-meeting": [
        (
            "create_meeting",
            {"title": "Budget talk", "start": "2025-03-01T14:15", "minutes": 90, "guests": ["Leon", "Amira"]},
        )
    ],
    "tools-mixed": [("set_timer", {"minutes": 45}), ("get_weather", {"city": "Vienna"})],
    "tools-none": [],
    "tools-ask": [],
}
RIGHT_TEXT = {"tools-none": "Deep.", "tools-ask": "Gladly; which IBAN does Theo have?"}


def calls(made):
    return [ToolCall(name, json.dumps(arguments)) for name, arguments in made]


def of(task, answers):
    return [name for name in answers if prompt(name).task == task]


# ── what there is ──


def test_every_task_has_prompts_from_easy_to_hard():
    levels = Counter((one.task, level(one.difficulty)) for one in PROMPTS if not one.tools)
    for task in TASKS:
        counts = [levels[task, name] for name in ("easy", "medium", "hard")]
        assert min(counts) >= 3, (task, counts)
        assert max(counts) - min(counts) <= 4, (task, counts)


def test_it_is_large_enough_and_mostly_checked_by_program():
    assert len(PROMPTS) >= 72
    assert sum(not one.judged for one in PROMPTS) >= 0.7 * len(PROMPTS)
    assert sum(len(one.turns) > 1 for one in PROMPTS) >= 8
    assert {"de", "fr", "es", "zh", "ja"} <= {one.language for one in PROMPTS}


def test_the_quick_profile_takes_two_prompts_of_each_task_that_need_no_judge_and_no_tools():
    assert Counter(one.task for one in QUICK) == dict.fromkeys(TASKS, 2)
    assert not [one.id for one in QUICK if one.judged or one.needs]
    for task in TASKS:
        first, second = sorted(one.difficulty for one in QUICK if one.task == task)
        assert second - first >= 0.15, task


def test_every_prompt_is_complete_and_has_a_name_of_its_own():
    assert len({one.id for one in PROMPTS}) == len(PROMPTS)
    for one in PROMPTS:
        assert one.task in TASKS
        assert 0 < one.difficulty < 1
        assert all(turn.strip() for turn in one.turns)
        assert 30 <= one.max_tokens <= 1500
        assert one.needs <= set(NEEDS)
        assert bool(one.tools) == ("tools" in one.needs)


def test_a_judge_gets_criteria_and_a_reference_where_there_is_a_right_answer():
    rubrics = [one.check for one in PROMPTS if isinstance(one.check, Rubric)]
    assert all(len(rubric.criteria) > 60 for rubric in rubrics)
    assert sum(bool(rubric.reference) for rubric in rubrics) >= 4


def test_prompts_are_found_by_their_id():
    assert prompt("math-sum") in PROMPTS
    assert prompt("needle-8k") is needles.needle(8192)
    assert prompt("there-is-none") is None


def test_a_model_is_asked_only_what_it_has_the_capabilities_and_the_context_for():
    plain = suited(frozenset(), 4096)
    assert not [one for one in plain if one.tools]
    assert [one.id for one in plain if one.context] == ["needle-2k"]
    able = suited(frozenset({"tools"}), 131072)
    assert len(able) == len(PROMPTS) + 3


# ── what is sent ──


def test_a_conversation_grows_by_the_models_own_answers():
    two = prompt("chat-name")
    assert [m["role"] for m in messages(two)] == ["user"]
    assert messages(two, ["Hello Ilse!"]) == [
        {"role": "user", "content": two.turns[0]},
        {"role": "assistant", "content": "Hello Ilse!"},
        {"role": "user", "content": two.turns[1]},
    ]
    with pytest.raises(ValueError, match="2 turns"):
        messages(two, ["Hello!", "Ilse"])


def test_a_request_carries_system_text_tools_and_json_mode_as_openai_has_them():
    assert request(prompt("chat-keeper"))["messages"][0]["role"] == "system"
    assert request(prompt("extract-log"))["response_format"] == {"type": "json_object"}
    light = request(prompt("tools-types"))["tools"][2]["function"]
    assert light["name"] == "switch_light"
    assert light["parameters"]["required"] == ["room", "on"]
    assert light["parameters"]["properties"]["room"]["enum"] == ["kitchen", "bedroom", "hall"]
    assert "tools" not in request(prompt("math-sum"))


# ── right and wrong answers ──


def test_there_is_a_right_and_a_wrong_answer_to_every_prompt_that_a_program_checks():
    checked = {one.id for one in TEXTS} | {"needle-2k"}
    assert RIGHT.keys() == checked
    assert WRONG.keys() == checked


@pytest.mark.parametrize("task", TASKS)
def test_right_answers_pass(task):
    for name in of(task, RIGHT):
        for answer in RIGHT[name]:
            verdict = check(prompt(name), answer)
            assert verdict.right, (name, answer, verdict)
            thought = f"<think>It might be Q) 123, {{}} …</think>\n\n{answer}"
            assert check(prompt(name), thought) == verdict, (name, answer)


@pytest.mark.parametrize("task", TASKS)
def test_wrong_answers_fail_and_say_why(task):
    for name in of(task, WRONG):
        for answer in WRONG[name]:
            verdict = check(prompt(name), answer)
            assert verdict.passed < 0.85, (name, answer, verdict)
            assert verdict.reason


@pytest.mark.parametrize("task", TASKS)
def test_nothing_is_won_by_repeating_the_question_or_by_saying_nothing(task):
    for one in TEXTS:
        for text in (one.turns[-1], "\n".join(one.turns), "I don't know.", "…", "<think>" + RIGHT[one.id][0]):
            if one.task == task:
                assert check(one, text).passed < 0.7, (one.id, text, check(one, text))


@pytest.mark.parametrize("task", TASKS)
def test_the_right_answer_to_another_question_is_mostly_wrong(task):
    for one in TEXTS:
        if one.task == task:
            others = [check(one, RIGHT[other.id][0]).passed for other in TEXTS if other.task != task]
            assert sum(others) / len(others) < 0.3, one.id
            assert sum(passed == 1 for passed in others) <= 2, one.id


@pytest.mark.parametrize("name", RIGHT_CALLS)
def test_right_calls_pass_and_others_do_not(name):
    one = prompt(name)
    right = calls(RIGHT_CALLS[name])
    assert check(one, RIGHT_TEXT.get(name, ""), right).right
    assert not check(one, "", calls([("get_weather", {"city": "Rome"})])).right
    assert not check(one, json.dumps(RIGHT_CALLS[name]), []).right, "a call that is only written is none"


def test_code_is_found_and_waits_to_be_run():
    for one in (one for one in PROMPTS if isinstance(one.check, Code)):
        answer = f"Here it is:\n\n```python\n{SOLUTIONS[one.id]}\n```\nIt works."
        assert check(one, answer) is None
        assert fault_of(extract(answer, one.check.name), one.check.name) == ""
        assert check(one, "I would use a loop.").passed == 0


def test_open_answers_wait_for_the_judge_but_silence_is_wrong_at_once():
    for one in (one for one in PROMPTS if one.judged):
        assert check(one, "Some text.") is None
        assert check(one, "<think>Some text.").passed == 0


# ── needles ──


@pytest.mark.parametrize("context", needles.CONTEXTS)
def test_a_needle_prompt_fills_its_context_with_text_that_is_the_same_each_time(context):
    text = needles.needle(context).turns[0]
    assert 0.8 * context < len(text) / needles.CHARACTERS_PER_TOKEN < 0.9 * context
    needles.needle.cache_clear()
    assert needles.needle(context).turns[0] == text


@pytest.mark.parametrize("context", needles.CONTEXTS)
def test_the_codes_stand_once_each_spread_over_the_text(context):
    one = needles.needle(context)
    text = one.turns[0]
    places = []
    for code in (*(group[0] for group in one.check.groups), *one.check.forbidden):
        assert text.count(code) == 1
        places.append(text.index(code) / len(text))
    assert places[0] < 0.2 < 0.4 < places[1] < 0.6 < 0.8 < places[2]


def test_a_needle_found_in_part_counts_in_part_and_a_wrong_code_spoils_it():
    one = needles.needle(8192)
    first, second, third = (group[0] for group in one.check.groups)
    assert check(one, f"{first}, {second}, {third}").right
    assert check(one, f"{first} and {third}").passed == pytest.approx(4 / 9)
    assert check(one, f"{first}, {second}, {one.check.forbidden[0]}").passed == 0
