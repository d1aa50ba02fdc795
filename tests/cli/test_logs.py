"""The log file and the lines on screen name the same sources."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from llmrouter_tui.cli import logs
from llmrouter_tui.core.events import LogLine
from llmrouter_tui.engine.journal import LogLines

SECRET = "correct horse battery"


@pytest.fixture
def lines(tmp_path: Path) -> Iterator[list[LogLine]]:
    root = logging.getLogger(logs.LOGGER)
    before, level, up = list(root.handlers), root.level, root.propagate
    shown: list[LogLine] = []
    logs.to_file(tmp_path / "router.db", secrets=[SECRET])
    root.addHandler(LogLines(shown.append, [SECRET]))
    yield shown
    for handler in set(root.handlers) - set(before):
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)
    root.propagate = up


def test_the_file_and_the_screen_call_a_source_by_the_same_word(lines: list[LogLine], tmp_path: Path) -> None:
    logging.getLogger("llmrouter_tui.engine.moving").info("load ollama/phi4:14b")
    logging.getLogger("llmrouter_tui.engine.fleet").warning("vllm down", extra={"source": "vllm"})
    assert [line.source for line in lines] == ["memory", "vllm"]
    written = (tmp_path / "llmrouter-tui.log").read_text().splitlines()
    assert written[0].endswith("INFO    memory     load ollama/phi4:14b")
    assert written[1].endswith("WARNING vllm       vllm down")


def test_no_secret_is_written_or_shown_also_in_what_failed(lines: list[LogLine], tmp_path: Path) -> None:
    log = logging.getLogger("llmrouter_tui.backends.http")
    try:
        raise ValueError(f"Authorization: Bearer {SECRET}")
    except ValueError:
        log.exception("GET %s failed", "https://h/v1?api_key=abcdefgh&model=m")
    log.warning("the server said: wrong key %s", SECRET)
    written = (tmp_path / "llmrouter-tui.log").read_text()
    for text in (written, repr(lines)):
        assert SECRET not in text
        assert "abcdefgh" not in text
        assert "model=m" in text
    assert "ValueError" in written
