"""Whom log lines come from, in words."""

import pytest

from llmrouter_tui.core.sources import source, source_of_problem


@pytest.mark.parametrize(
    ("logger", "word"),
    [
        ("llmrouter_tui.engine.exchange", "route"),
        ("llmrouter_tui.engine.moving", "memory"),
        ("llmrouter_tui.storage.db", "database"),
        ("llmrouter_tui.proxy.http", "proxy"),
        ("llmrouter_tui.service.listening", "proxy"),
        ("llmrouter_tui.backends.gguf_shelf", "embedded"),
        ("llmrouter_tui.backends.new_module", "backends"),
        ("llmrouter_tui.engine.new_module", "router"),
        ("llmrouter_tui", "router"),
    ],
)
def test_modules_are_called_by_what_they_do(logger: str, word: str) -> None:
    assert source(logger) == word


def test_a_line_about_one_backend_has_its_name() -> None:
    assert source("llmrouter_tui.engine.fleet", "my-ollama") == "my-ollama"


def test_a_problem_is_of_what_it_is_about() -> None:
    assert source_of_problem("stored_setting") == "settings"
    assert source_of_problem("one_of_tomorrow") == "router"
