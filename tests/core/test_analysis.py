"""What a request needs, read from its text and fields."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmrouter_tui.brain import weights
from llmrouter_tui.core import reading
from llmrouter_tui.core.analysis import Analyst
from llmrouter_tui.core.chat import ChatRequest, Message
from llmrouter_tui.core.difficulty import EASY_BELOW, HARD_FROM, level
from llmrouter_tui.core.domain import TASKS
from tests.core.fleet import ask
from tests.core.prompts import EVERYDAY, HARD, MORE
from tests.pace import effort

analyse = Analyst(weights()).analyse

CODE = "```python\ndef quicksort(items): ...\n```"
PROSE = "The council met on Tuesday to talk about the new library and what it would cost the town. "


@pytest.mark.parametrize(("prompt", "tasks"), [(p, tasks) for p, _, tasks, _ in (*EVERYDAY, *HARD)])
def test_everyday_prompts_are_understood(prompt: str, tasks: str) -> None:
    assert analyse(ask(prompt)).task in tasks.split()


def test_nearly_all_of_the_prompts_written_later_are_understood() -> None:
    wrong = [(p, found) for p, _, tasks in MORE if (found := analyse(ask(p)).task) not in tasks.split()]
    assert len(MORE) >= 70
    assert len(wrong) <= 0.08 * len(MORE), wrong


@pytest.mark.parametrize(("prompt", "language"), [(p, lang) for p, lang, *_ in EVERYDAY if len(p) > 15])
def test_languages(prompt: str, language: str) -> None:
    assert analyse(ask(prompt)).language == language


@pytest.mark.parametrize("prompt", [p for p, *_ in HARD])
def test_hard_prompts_are_hard(prompt: str) -> None:
    assert analyse(ask(prompt)).level == "hard"


@pytest.mark.parametrize("prompt", ["hi", "thanks!", "capital of peru", "what is 17*23", "Hallo, wie geht's?", "你好"])
def test_easy_prompts_are_easy(prompt: str) -> None:
    assert analyse(ask(prompt)).level == "easy"


def test_code_is_harder_to_run_in_ones_head_the_longer_the_texts_that_it_works_on() -> None:
    code = "```python\ndef f(text):\n    return text[::-1].replace('a', 'o')\n```\nWhat does f({!r}) return?"
    short, middling, long = (analyse(ask(code.format("abcdefgh" * n))).difficulty for n in (0, 1, 4))
    assert short < middling < long
    assert long < short + 0.3


def test_quotes_in_what_is_no_code_to_run_make_it_no_harder() -> None:
    said = "Please write a kind letter to my neighbour. He said {}, and I want to thank him for his help."
    plain, quoted = (
        analyse(ask(said.format(words))).difficulty
        for words in (f"{'it was nothing ' * 5}", f'"{"it was nothing " * 5}"')
    )
    assert quoted == pytest.approx(plain, abs=0.03)


def test_levels_have_fixed_cuts() -> None:
    assert [level(d) for d in (0.0, EASY_BELOW, HARD_FROM, 1.0)] == ["easy", "medium", "hard", "hard"]


class TestTraps:
    """Words that look like a task and are none."""

    @pytest.mark.parametrize(
        "prompt",
        [
            "let me know when dinner is ready",
            "I'd like to fly first class to Rome",
            "My class starts at nine tomorrow",
            "What does the dress code of the club say about class?",
            "What is the capital of Kenya?",
            "Which function does the liver have in the body?",
        ],
    )
    def test_prose_is_not_code(self, prompt: str) -> None:
        assert analyse(ask(prompt)).task != "coding"

    @pytest.mark.parametrize(
        "prompt",
        ["what is 12 + 30", "3 * (4 + 5)", "A shirt costs 40 euros and is 25% off. What do I pay?", "x^2 = 49, x?"],
    )
    def test_maths_needs_no_magic_words(self, prompt: str) -> None:
        assert analyse(ask(prompt)).task == "math"

    def test_long_text_about_code_that_wants_a_summary_is_extraction(self) -> None:
        text = "Summarize this:\n\n" + "The Python function calls the SQL database and parses JSON. " * 80
        found = analyse(ask(text))
        assert found.task == "extraction"
        assert found.level != "hard"

    def test_the_question_may_stand_at_the_end(self) -> None:
        assert analyse(ask(PROSE * 40 + "\n\nSummarize the text above.")).task == "extraction"

    def test_a_greeting_after_much_code_is_a_greeting(self) -> None:
        found = analyse(ask("write quicksort in python", CODE, "make it generic", CODE, "thank you!"))
        assert (found.task, found.level) == ("chat", "easy")

    def test_a_question_after_many_greetings_is_a_question(self) -> None:
        greetings = ("hi", "hello!") * 6
        assert analyse(ask(*greetings, "Prove that sqrt(2) is irrational")).task == "math"

    def test_an_unsure_prompt_is_spread(self) -> None:
        assert max(analyse(ask("the blue one")).tasks.values()) < 0.6


class TestConversation:
    """A turn is read with what came before it."""

    @pytest.mark.parametrize(
        ("first", "answer", "turn", "task"),
        [
            ("write quicksort in python", CODE, "now make it faster", "coding"),
            ("write quicksort in python", CODE, "commit it", "coding"),
            ("Schreibe eine Python-Funktion für Primzahlen", CODE, "und jetzt schneller", "coding"),
            ("write a haiku about rain", "Rain on the tin roof", "another one please", "creative"),
            ("What is the capital of France?", "Paris.", "and of Italy?", "factual"),
            ("Translate 'good morning' to French", "Bonjour", "and in German?", "translation"),
            ("solve 3x + 5 = 20", "x = 5", "now with 7x", "math"),
            ("write quicksort in python", CODE, "Write a poem about the sea", "creative"),
        ],
    )
    def test_follow_ups(self, first: str, answer: str, turn: str, task: str) -> None:
        assert analyse(ask(first, answer, turn)).task == task

    def test_the_system_prompt_leans_a_little(self) -> None:
        coder = "You are an expert programmer. Work in the repository, write code, run the tests and fix bugs."
        plain, leaning = (
            analyse(ask("handle the empty case too")),
            analyse(ask("handle the empty case too", system=coder)),
        )
        assert leaning.tasks["coding"] > plain.tasks["coding"]
        assert analyse(ask("hello there", system=coder)).task == "chat"

    def test_a_short_turn_keeps_the_conversations_language(self) -> None:
        assert analyse(ask("Was ist die Hauptstadt von Norwegen?", "Oslo.", "42?")).language == "de"

    def test_the_last_user_turn_counts_even_after_tool_results(self) -> None:
        messages = (Message("user", "Fix the bug in main.py"), Message("assistant"), Message("tool", "ok " * 500))
        assert analyse(ChatRequest("auto", messages, b"{}")).task == "coding"


class TestBackground:
    """Housekeeping of chat clients."""

    @pytest.mark.parametrize(
        "prompt",
        [
            "### Task:\nGenerate a concise, 3-5 word title with an emoji summarizing the chat history.",
            "### Task:\nGenerate 1-3 broad tags categorizing the main themes of the chat history",
            "### Task:\nSuggest 3-5 relevant follow-up questions that the user might naturally ask next.",
            "### Task:\nYou are an autocompletion system. Continue the text in `<text>`.",
            "### Task:\nAnalyze the chat history to determine the necessity of generating search queries.",
            "Provide a concise, 5-word-or-less title for the conversation, using its same language.",
            "You are a title generator. You output ONLY a thread title.",
            "Based on the chat history, give this conversation a name. Keep it short.",
        ],
    )
    def test_titles_tags_and_the_like(self, prompt: str) -> None:
        found = analyse(ask(prompt + "\n<chat_history>Prove Fermat's last theorem</chat_history>"))
        assert found.background
        assert found.level == "easy"
        assert found.expected_tokens <= 64

    def test_the_role_may_be_in_the_system_prompt(self) -> None:
        assert analyse(
            ask("How do I prove this?", system="You are a title generator. Answer only with a title.")
        ).background

    @pytest.mark.parametrize(
        "prompt",
        [
            "### Task:\nRespond to the user query using the provided context.\n<context>tags and titles</context>",
            "Write a short title for my blog post about cats",
            "Suggest a short name for my chat app",
            "Summarize the conversation between Romeo and Juliet in under 50 words",
            "### Task: write a parser for dates in Go",
        ],
    )
    def test_people_are_not_background(self, prompt: str) -> None:
        assert not analyse(ask(prompt)).background


class TestNeeds:
    def test_nothing(self) -> None:
        assert analyse(ask("hi")).needs == frozenset()

    def test_from_fields(self) -> None:
        assert analyse(ask("hi", tools=2, json_mode=True, thinking=True)).needs == {"tools", "json", "thinking"}
        assert analyse(ask("hi", tools=2, tool_choice_none=True)).needs == frozenset()

    def test_an_image_anywhere_needs_eyes(self) -> None:
        messages = (Message("user", "what is this?", images=1), Message("assistant", "a cat"), Message("user", "sure?"))
        assert analyse(ChatRequest("auto", messages, b"{}")).needs == {"vision"}

    def test_a_long_prompt_needs_context(self) -> None:
        assert "context" in analyse(ask(PROSE * 600)).needs


class TestTokens:
    @pytest.mark.parametrize(
        ("text", "least", "most"),
        [
            (PROSE * 10, 170, 260),
            ("委员会周二开会讨论新图书馆的费用。" * 10, 80, 180),
            ("Комитет собрался обсудить бюджет. " * 10, 80, 200),
        ],
    )
    def test_estimates_are_of_the_right_order(self, text: str, least: int, most: int) -> None:
        assert least <= analyse(ask(text)).prompt_tokens <= most

    def test_images_and_tools_take_tokens(self) -> None:
        plain = analyse(ask("hi")).prompt_tokens
        assert analyse(ask("hi", tools=3, tool_characters=40_000)).prompt_tokens > plain + 5_000
        assert analyse(ChatRequest("auto", (Message("user", "hi", images=1),), b"{}")).prompt_tokens > plain + 500

    def test_every_message_counts(self) -> None:
        one, many = analyse(ask("hi", PROSE, "hi")), analyse(ask("hi", PROSE * 50, "hi"))
        assert many.prompt_tokens > one.prompt_tokens + 900

    def test_the_clients_limit_bounds_the_answer(self) -> None:
        essay = "Write an essay about the sea"
        assert analyse(ask(essay)).expected_tokens > 100
        assert analyse(ask(essay, max_tokens=20)).expected_tokens == 20
        assert analyse(ask("Answer in one word: is the sky blue?")).expected_tokens < 20


def test_no_messages_and_empty_text_are_an_easy_chat() -> None:
    for request in (ChatRequest("auto", (), b"{}"), ask(""), ask("   ")):
        assert analyse(request).level == "easy"


def test_the_middle_of_a_huge_prompt_is_not_read() -> None:
    """So time does not grow with length: what is read of 3 MB is what is read of 30 KB."""
    short, long = (f"Summarize:\n\n{PROSE * n}\n\nin three sentences" for n in (400, 40_000))
    assert reading.clip(long) == reading.clip(short)
    assert len(reading.clip(long)) <= reading.HEAD + reading.TAIL + 1


def test_reading_is_the_same_with_and_without_memory() -> None:
    for prompt, *_ in EVERYDAY:
        assert reading.read_turn(prompt) == reading.read_turn.__wrapped__(prompt)


@given(st.lists(st.tuples(st.sampled_from(["user", "assistant", "system", "tool"]), st.text(max_size=300)), max_size=6))
def test_any_conversation_can_be_read(turns: list[tuple[str, str]]) -> None:
    found = analyse(ChatRequest("auto", tuple(Message(role, text) for role, text in turns), b"{}"))
    assert set(found.tasks) == set(TASKS)
    assert sum(found.tasks.values()) == pytest.approx(1)
    assert found.task == max(TASKS, key=lambda t: found.tasks[t])
    assert 0 <= found.difficulty <= 1
    assert found.level == level(found.difficulty)
    assert found.prompt_tokens >= 0
    assert found.expected_tokens >= 1


@pytest.mark.parametrize(
    "text", ["\n" * 50_000, "1 " * 50_000, "title this " * 90 + "chat", '"' * 50_000, "\ud800" * 500]
)
def test_hostile_text_is_read_in_bounded_time(text: str) -> None:
    assert effort(lambda: analyse(ask(text))) < 10
