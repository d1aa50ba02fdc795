"""The simulated models put to the prompt set: right where their talent has it, and wrong as models are."""

import json
import random
from dataclasses import replace
from statistics import mean

import pytest

from llmrouter_tui.core.checks import check
from llmrouter_tui.core.pacing import SPOKEN, hidden_tokens, thinking_room
from llmrouter_tui.core.prompt_set import PROMPTS, prompt
from llmrouter_tui.core.prompt_set.needles import CONTEXTS, needle
from llmrouter_tui.core.prompts import Code, Prompt, ToolCall, Verdict
from llmrouter_tui.demo.answers import Answer, Ask, Turn, compose
from llmrouter_tui.demo.cast import EVERYONE, GEMMA3_4B, QWEN3_32B, SimModel
from llmrouter_tui.demo.exam.book import SHEETS, UNSURE, Said, right, wrong
from llmrouter_tui.demo.exam.question import chance, knows
from llmrouter_tui.demo.exam.sitting import TALKATIVE
from llmrouter_tui.demo.generation import tokens
from llmrouter_tui.demo.texts.programs import MISTAKES, SOLUTIONS

ALL = (*PROMPTS, *map(needle, CONTEXTS))
TALKERS = [model for model in EVERYONE.values() if not model.embeds]


def verdict(asked: Prompt, said: Said) -> Verdict | None:
    if isinstance(said, str):
        return check(asked, said)
    return check(asked, "", [ToolCall(call.name, json.dumps(dict(call.arguments))) for call in said])


def answer(model: SimModel, asked: Prompt, turns: int | None = None, seed: int = 7) -> Answer:
    said = [Turn("user", text) for text in asked.turns[:turns]]
    return compose(Ask(model, tuple(said), asked.tools, "json" if asked.json_mode else None, seed=seed))


def gifted(talent: float) -> SimModel:
    return replace(GEMMA3_4B, name=f"gifted-{talent}", talent={"chat": talent})


@pytest.mark.parametrize("asked", ALL, ids=lambda one: one.id)
def test_right_answers_pass_wrong_ones_do_not_and_both_have_room(asked: Prompt) -> None:
    wrongs = [wrong(asked, random.Random(seed)) for seed in range(12)]
    assert right(asked) not in wrongs
    if isinstance(asked.check, Code):  # both are run in the sandbox's own tests
        assert asked.id in SOLUTIONS
        assert asked.id in MISTAKES
    elif asked.judged:
        assert UNSURE not in (right(asked), *wrongs)
    else:
        passed = verdict(asked, right(asked))
        assert passed is not None
        assert passed.right, passed.reason
        for said in wrongs:
            failed = verdict(asked, said)
            assert failed is not None
            assert failed.passed < 0.5, said
    for said in (right(asked), *wrongs):
        assert not isinstance(said, str) or len(tokens(said)) <= asked.max_tokens


def test_how_often_a_model_is_right_follows_its_talent_and_the_difficulty() -> None:
    weak, strong = gifted(0.3), gifted(0.9)
    easy, hard = prompt("math-sum"), prompt("math-dice")
    assert easy
    assert hard
    assert chance(weak, hard) < chance(weak, easy) < chance(strong, easy)
    assert chance(weak, hard) < 0.3 < chance(strong, hard)
    for model, asked in ((weak, hard), (weak, easy), (strong, hard)):
        often = mean(knows(model, asked, seed) for seed in range(2000))
        assert often == pytest.approx(chance(model, asked), abs=0.04)


def test_the_same_seed_gives_the_same_results_and_another_gives_others() -> None:
    def results(seed: int) -> list[bool]:
        return [knows(QWEN3_32B, asked, seed) for asked in PROMPTS]

    assert results(1) == results(1)
    assert results(1) != results(2)


@pytest.mark.parametrize("verbosity", [0.4, 0.7, 1.0])
def test_a_model_that_is_always_right_passes_all_that_is_checked_by_text_however_much_it_says(verbosity: float) -> None:
    genius = replace(gifted(1 - 1e-9), verbosity=verbosity)
    for asked in ALL:
        said = answer(genius, asked)
        calls = [ToolCall(call.name, json.dumps(dict(call.arguments))) for call in said.calls]
        passed = check(asked, said.text, calls)
        assert passed is None or passed.right, (asked.id, passed.reason)


def test_the_turn_before_the_last_is_answered_as_in_a_conversation() -> None:
    asked = prompt("chat-name")
    assert asked
    assert answer(QWEN3_32B, asked, turns=1).text == SHEETS["chat-name"].first


def test_a_talkative_model_says_how_it_came_to_a_result_and_a_terse_one_does_not() -> None:
    asked = prompt("math-tickets")
    assert asked
    terse = replace(gifted(1 - 1e-9), verbosity=0.4)
    assert answer(terse, asked).text == "Answer: 17"
    assert "voucher" in answer(replace(terse, verbosity=0.9), asked).text


def test_code_is_right_whatever_is_said_of_it() -> None:
    asked = prompt("code-evens")
    assert asked
    said = answer(replace(gifted(1 - 1e-9), verbosity=1.0), asked).text
    assert said.startswith(right(asked))
    assert len(said) > len(right(asked)) + 100


@pytest.mark.parametrize("model", [one for one in TALKERS if one.verbosity >= TALKATIVE], ids=lambda one: one.name)
def test_talkative_models_say_about_as_much_as_measuring_expects_of_answers(model: SimModel) -> None:
    """So that what measuring them will take is foretold as for real ones."""
    said = sum(len(tokens(answer(model, asked).text)) for asked in PROMPTS)
    assert said == pytest.approx(sum(SPOKEN * asked.max_tokens for asked in PROMPTS), rel=0.6)


@pytest.mark.parametrize("model", [one for one in TALKERS if one.thinks], ids=lambda one: one.name)
def test_thinking_grows_with_the_difficulty_and_is_about_as_long_as_measuring_expects(model: SimModel) -> None:
    def thought(asked: Prompt) -> int:
        return len(tokens(compose(Ask(model, tuple(Turn("user", one) for one in asked.turns), think=True)).thinking))

    lengths = {asked.id: thought(asked) for asked in PROMPTS}
    assert lengths["math-sum"] < lengths["math-rolls"] < lengths["math-dice"]
    assert sum(lengths.values()) == pytest.approx(sum(map(hidden_tokens, PROMPTS)), rel=0.4)
    assert all(lengths[asked.id] < thinking_room(asked) for asked in PROMPTS)


def test_what_differs_from_a_prompt_of_the_set_is_answered_as_ever() -> None:
    asked = prompt("fact-season")
    assert asked
    other = replace(asked, turns=(asked.turns[0] + " Tell me why.",))
    assert answer(QWEN3_32B, other).text not in ("Spring", "Summer", "Autumn")


@pytest.mark.parametrize("model", TALKERS, ids=lambda one: one.name)
def test_every_model_of_the_demo_answers_every_prompt(model: SimModel) -> None:
    for asked in ALL:
        said = answer(model, asked)
        assert said.text or said.calls
        if said.text == UNSURE:
            assert not knows(model, asked, 7)
