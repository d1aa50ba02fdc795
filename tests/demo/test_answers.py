"""What the simulated models say: fit for the question, by the model's nature, and the same every time."""

import json
import subprocess
import sys

import pytest

from llmrouter_tui.demo.answers import TITLE, Answer, Ask, Turn, compose
from llmrouter_tui.demo.cast import DEEPSEEK_R1_14B, EVERYONE, GEMMA3_4B, LLAMA31_8B, QWEN3_32B, SimModel
from llmrouter_tui.demo.generation import tokens
from llmrouter_tui.demo.structured import choose_call, facts, fill
from llmrouter_tui.demo.texts.library import GENERIC
from llmrouter_tui.demo.texts.prompts import SCENARIOS


def answer(text: str, model: SimModel = LLAMA31_8B, seed: int = 0, think: bool = False) -> Answer:
    return compose(Ask(model, (Turn("user", text),), think=think, seed=seed))


def test_what_the_traffic_asks_is_answered_with_something_prepared_for_it() -> None:
    generic = {part for entry in GENERIC.values() for part in entry.parts if "{topic}" not in part}
    vague = []
    for scenario in SCENARIOS:
        if scenario.tools or scenario.shape or scenario.picture:
            continue
        turns = tuple(Turn("user", text) for text in scenario.turns)
        said = compose(Ask(LLAMA31_8B, turns)).text
        if said.split("\n\n")[0] in generic:
            vague.append(scenario.turns[-1])
    assert vague == []


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Write a Python function that merges two sorted lists.", "```python"),
        ("What is the probability that among 23 people two share a birthday?", "50.7"),
        ("Wie entkalke ich einen Wasserkocher ohne Essig?", "Zitronensäure"),
        ("What does this regex match? `a+b`, in this code", "```"),
        ("Wie wird das Wetter morgen und was soll ich mit der Wäsche tun?", "Kurz gesagt"),
        ("请解释什么是机器学习", "机器学习"),
    ],
)
def test_an_answer_fits_its_question(text: str, word: str) -> None:
    assert word in answer(text, QWEN3_32B).text


def test_a_follow_up_is_answered_from_the_conversation() -> None:
    turns = (
        Turn("user", "Should we use Kafka or Postgres LISTEN/NOTIFY for 200 events a minute?"),
        Turn("assistant", "Postgres."),
        Turn("user", "And if a consumer is down for an hour, are the events missed?"),
    )
    assert "They wait in the table" in compose(Ask(LLAMA31_8B, turns)).text


def test_larger_models_say_more() -> None:
    questions = [scenario.turns[0] for scenario in SCENARIOS if not scenario.tools and not scenario.shape]
    big = sum(len(answer(text, QWEN3_32B).text) for text in questions)
    small = sum(len(answer(text, GEMMA3_4B).text) for text in questions)
    assert big > 1.3 * small


def test_the_same_seed_says_the_same_and_another_not_always() -> None:
    questions = [scenario.turns[0] for scenario in SCENARIOS]
    first = [answer(text, seed=1, model=DEEPSEEK_R1_14B, think=True) for text in questions]
    assert first == [answer(text, seed=1, model=DEEPSEEK_R1_14B, think=True) for text in questions]
    assert first != [answer(text, seed=2, model=DEEPSEEK_R1_14B, think=True) for text in questions]


def test_another_process_says_the_same() -> None:
    program = (
        "from llmrouter_tui.demo.answers import *; from llmrouter_tui.demo.cast import QWEN3_32B;"
        "a = compose(Ask(QWEN3_32B, (Turn('user', 'Explain how to grow basil.'),), think=True));"
        "print(ascii(a.thinking + a.text))"
    )
    said = [
        subprocess.run(
            [sys.executable, "-c", program], capture_output=True, check=True, text=True, env={"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2")
    ]
    assert said[0] == said[1]
    assert len(said[0]) > 100


def test_titles_and_follow_ups_are_short_and_in_shape() -> None:
    title = answer("### Task:\nWrite a title for this conversation.\n\nUSER: How do I bake bread?\nASSISTANT: Well.")
    assert title.text == "Bake bread"
    more = answer("Suggest follow-up questions as JSON.\n\nUSER: How do I bake bread?\nASSISTANT: Well.")
    assert len(json.loads(more.text)["follow_ups"]) == 3


def test_token_pieces_are_the_text_again() -> None:
    for text in ("Hello,  world!\n\n\tdef f(x_1):\n", "Überraschung: 机器学习 ½ é", "", " \n"):
        assert "".join(tokens(text)) == text
    words = "internationalization of machine learning systems"
    assert 6 <= len(tokens(words)) <= 12


def test_a_tool_is_chosen_by_what_the_text_asks_for() -> None:
    def tool(name: str, about: str) -> dict[str, object]:
        return {"type": "function", "function": {"name": name, "description": about, "parameters": {}}}

    tools = [tool("get_weather", "The weather forecast"), tool("add_event", "Add an event to the calendar")]
    chosen = choose_call(tools, "Put an event into my calendar, please")
    assert chosen is not None
    assert chosen.name == "add_event"
    assert choose_call(tools, "Who wrote Faust?") is None
    assert choose_call([{"type": "function"}], "weather") is None


def test_a_schema_is_filled_with_what_the_text_holds() -> None:
    text = 'Book "Blue Room" for Marta Lindqvist on 2026-12-09 at 14:30, for 8 people, in fahrenheit.'
    schema = {
        "type": "object",
        "properties": {
            "room": {"type": "string"},
            "date": {"type": "string"},
            "time": {"type": "string"},
            "unit": {"enum": ["celsius", "fahrenheit"]},
            "names": {"type": "array", "items": {"type": "string"}},
            "quiet": {"type": "boolean"},
            "nothing": {"type": ["null", "string"]},
        },
    }
    assert fill(schema, text) == {
        "room": "Blue Room",
        "date": "2026-12-09",
        "time": "14:30",
        "unit": "fahrenheit",
        "names": ["Blue Room", "Marta Lindqvist"],
        "quiet": True,
        "nothing": None,
    }
    assert fill("not a schema", text) is None


def test_free_json_lists_what_stands_out() -> None:
    found = facts("On 14 March 2026 Dr Amara Osei saw 212 patients in Rotterdam, at 9:30.")
    assert found["dates"] == ["14 March 2026"]
    assert found["times"] == ["9:30"]
    assert "Rotterdam" in found["names"]
    assert facts("nothing to see here")["summary"]


def test_everyone_has_a_talent_between_never_and_always() -> None:
    for model in EVERYONE.values():
        assert all(0 < model.likes(task) < 1 for task in ("chat", "coding", "math", "unheard of"))


def test_everyday_answers_are_about_as_long_as_people_are_used_to_and_greetings_are_not() -> None:
    questions = [
        one.turns[0] for one in SCENARIOS if not one.tools and not one.shape and not TITLE.search(one.turns[0])
    ]
    lengths = [len(tokens(answer(text, QWEN3_32B).text)) for text in questions]
    assert 150 < sum(lengths) / len(lengths) < 400
    assert max(lengths) < 900
    assert len(tokens(answer("Hi there!", QWEN3_32B).text)) < 120


def test_a_hard_question_is_thought_about_longer_than_a_greeting() -> None:
    def thought(text: str) -> int:
        return len(tokens(answer(text, QWEN3_32B, think=True).thinking))

    assert thought("Hi there!") < 300 < thought("Write a Python function that parses dates.") < 1200
