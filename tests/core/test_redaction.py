"""What may stand in a log."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmrouter_tui.core.keys import new_key
from llmrouter_tui.core.redaction import MARK, redactor

SECRET = "Zq8-very.secret_7351"


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        (f"Authorization: Bearer {SECRET}", "Bearer "),
        (f"authorization=basic {SECRET}==", "basic "),
        (f"headers {{'x-api-key': '{SECRET}', 'a': 'b'}}", "'a': 'b'"),
        (f'{{"api_key":"{SECRET}","model":"m"}}', '"model":"m"'),
        (f"GET https://h/v1?model=a&key={SECRET}&b=c", "&b=c"),
        (f"GET https://h/v1?access_token={SECRET}", "https://h/v1"),
        (f"http://me:{SECRET}@host:1/v1 is down", "@host:1/v1 is down"),
        ("Incorrect API key provided: sk-proj-abcdefghijkl1234.", "Incorrect API key provided"),
        (f"made {new_key(bytes(range(32)))} for bob", "for bob"),
        ("hf_abcdefghijklmnopqrst", ""),
    ],
)
def test_what_looks_like_a_secret_is_hidden_and_the_rest_stays(line: str, kept: str) -> None:
    said = redactor()(line)
    assert MARK in said
    assert kept in said
    for secret in (SECRET, "abcdefghijkl", "AAECAwQ"):
        assert secret not in said


@given(before=st.text(max_size=20), after=st.text(max_size=20))
def test_a_secret_of_the_settings_is_found_wherever_it_stands(before: str, after: str) -> None:
    secret = "correct horse battery"
    assert secret not in redactor([secret, "", "ab"])(before + secret + after)


@pytest.mark.parametrize(
    "line",
    [
        "serving http://127.0.0.1:11436/v1",
        "4f2a ollama/qwen3:4b: no room for it; trying ollama/sk-3",
        "waiting for the first token of ollama/x",
        "keys let nobody in because their variables are not set: ALICE_KEY (key 'alice')",
        "loaded library/skill-model:7b in 3.2 s",
        "the key alice lets nobody in any more",
    ],
)
def test_other_lines_stay_as_they_are(line: str) -> None:
    assert redactor(["ab", "x"])(line) == line
