"""Errors as people read them."""

import pytest

from llmrouter_tui.core.errors import RouterError


@pytest.mark.parametrize(
    ("message", "hint", "said"),
    [
        ("There is none.", "Start one.", "There is none. Start one."),
        ("there is none", "start one", "there is none; start one"),
        ("it said: no", "Check the key.", "it said: no. Check the key."),
        ("there is none", "", "there is none"),
    ],
)
def test_message_and_hint_read_as_one_text(message: str, hint: str, said: str) -> None:
    assert str(RouterError("not_found", message, hint=hint)) == said
