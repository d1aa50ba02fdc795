"""The command line, run as a user runs it."""

import json
import os
import subprocess
import sys

import llmrouter_tui


def run(*arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "llmrouter_tui.cli", *arguments]
    env = {name: value for name, value in os.environ.items() if not name.startswith("ROUTER_")} | variables
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=env)


def test_version_and_help_need_nothing():
    assert llmrouter_tui.__version__ in run("--version").stdout
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


def test_options_before_a_command_are_refused_with_the_right_place():
    ended = run("--demo", "serve")
    assert ended.returncode == 2
    assert "llmrouter-tui serve" in ended.stderr


def test_explaining_without_any_model_says_what_is_missing(tmp_path):
    (tmp_path / "config.toml").write_text('[[backends]]\nname = "gone"\nkind = "ollama"\nurl = "http://127.0.0.1:9"\n')
    ended = run(
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
