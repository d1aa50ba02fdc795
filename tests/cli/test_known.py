"""What is publicly known of a name, on the command line: ``models --why`` without a router, and ``eval-names``."""

import json
import subprocess
import sys

from tests.cli.test_cli import Ended, run

ALONE = ("--no-embedded", "--db", ":memory:", "--port", "9")


def why(name: str, *more: str) -> Ended:
    return run("models", "--why", name, *more, *ALONE, ROUTER_OLLAMA_URL="http://127.0.0.1:9")


def test_any_name_is_explained_with_figures_sources_and_dates():
    ended = why("llama3.1:8b")
    assert ended.returncode == 0
    assert "no backend that answers has it" in ended.stdout
    assert "llama-3.1-8b-instruct" in ended.stdout
    line = next(x for x in ended.stdout.splitlines() if "IFEval strict prompt" in x)
    assert line.split()[3:6] == ["80.4%", "=", "0.73"]
    assert "2024-07" in line
    assert "meta-llama/llama-models" in line


def test_a_tune_is_told_with_its_relative_only():
    ended = why("acme/Qwen2.5-7B-Instruct-ft")
    assert ended.returncode == 0
    assert "none of its own, only a weak guess from qwen2.5-7b-instruct" in ended.stdout
    assert "IFEval" not in ended.stdout


def test_the_same_for_programs():
    [found] = json.loads(why("qwen3:8b", "--json").stdout)["catalog"]
    assert found["id"] == "qwen3-8b"
    assert (found["match"]["kind"], found["match"]["by_user"]) == ("alias", False)
    math = next(task for task in found["known"]["tasks"] if task["task"] == "math")
    assert 0 < math["mean"] < 1
    figure = math["figures"][0]
    assert (figure["title"], figure["value"], figure["as_of"]) == ("MATH-500", 97.4, "2025-04")
    assert "QwenLM/Qwen3" in figure["source"]


def test_names_are_matched_line_by_line_and_answered_at_once():
    command = [sys.executable, "-m", "llmrouter_tui.cli", "eval-names"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        answers = []
        for line in (
            b'{"input": "qwen3:30b-a3b", "kind": "ollama"}',
            b'{"input": "acme/Qwen2.5-7B-Instruct-ft", "kind": "vllm", "note": "passed over"}',
            b"broken",
            b'{"input": 5}',
            b'{"input": "Qwen/Qwen3-8B", "kind": null}',
        ):
            process.stdin.write(line + b"\n")
            process.stdin.flush()
            answers.append(json.loads(process.stdout.readline()))
    assert answers[0] == {"id": "qwen3-30b-a3b-thinking-2507", "near": None}
    assert answers[1] == {"id": None, "near": "qwen2.5-7b-instruct"}
    assert [a["id"] for a in answers[2:4]] == [None, None]
    assert all(a["error"] for a in answers[2:4])
    assert answers[4]["id"] == "qwen3-8b"
    assert process.returncode == 0
