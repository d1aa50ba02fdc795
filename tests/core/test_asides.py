"""What coding agents say beside their users' words."""

import pytest

from llmrouter_tui.core.asides import ASIDES, said_by_user
from llmrouter_tui.core.chat import ChatRequest, Message
from tests.core.test_analysis import analyse

REMINDER = """<system-reminder>
As you answer, you can use the following context:
# currentDate
Today's date is 2026-11-23. Never commit code of which you have not run the tests; the project is in Python.
</system-reminder>
"""


@pytest.mark.parametrize("tag", ASIDES)
def test_only_the_users_words_are_left(tag: str) -> None:
    assert said_by_user(f"<{tag}>one</{tag}>\nSay <b>hi</b>\n<{tag}>two</{tag}>") == "Say <b>hi</b>"
    assert said_by_user(f"<{tag}>one</{tag}>") == ""
    for plain in (f"<{tag}> has no end", f"</{tag}> no beginning", "<p>text</p>", " spaced ", ""):
        assert said_by_user(plain) == plain


@pytest.mark.parametrize(
    "said", ["say hi", "Write a poem about the sea.", "What is 17*23+4?", "Translate to French: hi"]
)
def test_a_turn_is_read_as_without_them(said: str) -> None:
    plain, told = (analyse(ChatRequest("auto", (Message("user", text),), b"{}")) for text in (said, REMINDER + said))
    assert (told.task, told.difficulty, told.kinds) == (plain.task, plain.difficulty, plain.kinds)
    assert told.prompt_tokens > plain.prompt_tokens, "its model reads them all the same"


def test_a_turn_of_nothing_else_is_no_context() -> None:
    words = "Write a poem about the sea."
    alone = analyse(ChatRequest("auto", (Message("user", words),), b"{}"))
    after = analyse(ChatRequest("auto", (Message("user", REMINDER), Message("user", words)), b"{}"))
    assert (after.task, after.difficulty) == (alone.task, alone.difficulty)


def test_many_of_them_are_quickly_done() -> None:
    assert said_by_user("<system-reminder>" * 100_000 + "</system-reminder>hi") == "hi"
    assert len(said_by_user("</" + "<system-reminder>" * 100_000)) == 1_700_002
