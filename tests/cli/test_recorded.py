"""``--record``, ``replay`` and ``web``: what is refused before anything runs, and in which words."""

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from llmrouter_tui.cli import main
from tests.recording.traffic import write


def run(*arguments: str | Path) -> tuple[int, str]:
    ran = CliRunner().invoke(main, [str(one) for one in arguments])
    return ran.exit_code, ran.output


@pytest.mark.parametrize("command", [(), ("serve",)])
def test_a_recording_never_takes_the_place_of_a_file(command: tuple[str, ...], tmp_path: Path) -> None:
    there = tmp_path / "there.jsonl"
    there.write_text("mine")
    code, said = run(*command, "--record", there)
    assert (code, there.read_text()) == (2, "mine")
    assert "is there already" in said
    assert "its folder is not there" in run(*command, "--record", tmp_path / "no" / "it")[1]
    assert run(*command, "--record-texts")[0] == 2


def test_what_is_no_recording_is_said(tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text("hello\n")
    code, said = run("replay", other)
    assert code == 2
    assert "is no recording of llmrouter-tui" in said
    assert "needs a terminal" in run("replay", write(tmp_path / "it.jsonl", 2))[1], "this one would be played"


def test_a_browser_elsewhere_is_not_served_without_a_word_on_it() -> None:
    code, said = run("web", "--host", "0.0.0.0")
    assert code == 2
    assert "asks nobody for a key" in said
    assert "--insecure" in said


def test_without_the_extra_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "textual_serve.server", None)
    monkeypatch.delitem(sys.modules, "llmrouter_tui.cli.browser", raising=False)
    code, said = run("web")
    assert code == 1
    assert "pip install 'llmrouter-tui[web]'" in said
