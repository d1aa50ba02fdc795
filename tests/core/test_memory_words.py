"""What people are told of memory, wherever they read it."""

import pytest

from llmrouter_tui.core.memory_words import GIB, circle, listed, remedy
from llmrouter_tui.core.vram import Thrash


def test_what_helps_models_that_do_not_fit_together_comes_with_the_arithmetic():
    assert remedy(17 * GIB, 11 * GIB).startswith("together they need 17.0 of 11.0 GiB: pin one, ")


def test_models_that_would_fit_together_are_not_told_that_they_do_not():
    assert remedy(9 * GIB, 11 * GIB) == "pin one, switch one off for requests, or give them less context"


@pytest.mark.parametrize(("span", "words"), [(80.0, "80 s"), (590.0, "10 min")])
def test_who_throws_whom_out_is_told_with_what_helps(span: float, words: str):
    turns = Thrash("gpu1", ("a/x", "b/y", "b/z"), 6, span, "pin one")
    said = f"a/x, b/y and b/z threw each other out of gpu1 6 times in {words}: pin one"
    assert circle(turns) == said
    named = circle(turns, lambda model: model.partition("/")[2], str.upper)
    assert named.startswith("x, y and z threw each other out of GPU1")


def test_names_are_joined_as_people_join_them():
    assert [listed(names) for names in ((), ("a",), ("a", "b"))] == ["", "a", "a and b"]
