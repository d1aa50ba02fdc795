"""Code is found in whatever a model writes around it, and what its tests told is judged without trust."""

import json

import pytest

from llmrouter_tui.core.checking.code import Ran, extract, fault_of, outcome, questions
from llmrouter_tui.core.checking.harness import plain, run
from llmrouter_tui.core.prompts import Case, Code

F = "def f(x):\n    return x + 1"


@pytest.mark.parametrize(
    "answer",
    [
        F,
        f"```python\n{F}\n```",
        f"```\n{F}\n```",
        f"~~~py\n{F}\n~~~",
        f"Sure!\n\n```python\n{F}\n```\n\nIt adds one:\n\n```python\nprint(f(1))\n```",
        f"First try:\n```python\ndef f(x):\n    return x\n```\nBetter:\n```python\n{F}\n```",
        f"1. Like this:\n\n   ```python\n   {F.replace(chr(10), chr(10) + '   ')}\n   ```",
        f"```python\n{F}",
        f"Here is the code:\n{F}\n\nIt adds one to x.",
        f"```python\n{F}\n```\nThis would be wrong:\n```python\ndef f(x:\n```",
        "f = lambda x: x + 1",
    ],
)
def test_the_last_version_that_parses_is_taken(answer):
    scope: dict[str, object] = {}
    code = extract(answer if answer != "f = lambda x: x + 1" else f"```\n{answer}\n```", "f")
    assert fault_of(code, "f") == ""
    exec(code, scope)
    assert scope["f"](1) == 2


def test_what_other_blocks_define_or_import_comes_along_but_not_what_they_do():
    answer = (
        "```python\nimport math\n\ndef helper(x):\n    return math.floor(x)\n\nprint(helper(input()))\n```\nand\n"
        "```python\ndef f(x):\n    return helper(x) + 1\n```"
    )
    scope: dict[str, object] = {}
    exec(extract(answer, "f"), scope)
    assert scope["f"](1.5) == 2


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        ("", "there is no code that defines f"),
        ("Use a loop.", "there is no code that defines f"),
        ("```python\ndef g(x):\n    return x\n```", "there is no code that defines f"),
        ("```python\ndef f(x:\n    return x\n```", "the code does not parse: "),
        ("def f(x):\nreturn x", "the code does not parse: expected an indented block"),
        ("```javascript\nfunction f(x) { return x }\n```", "there is no code that defines f"),
    ],
)
def test_what_is_wrong_with_it_is_said(answer, fault):
    assert fault_of(extract(answer, "f"), "f").startswith(fault)


# ── what comes back ──

CHECK = Code("f", (Case("f(1)", "2"), Case("f([1])", "(1, {'a': 2.0})"), Case("f(None)", raises="ValueError")))


def told(**lines):
    return b"\n".join(json.dumps({key: value}).encode() for key, value in lines.items())


GOOD = {
    "0": {"value": 2, "shown": "2"},
    "1": {"value": [1, {"a": 2.0000000001}], "shown": ""},
    "2": {"raised": ["ValueError", "Exception"], "words": "ValueError: no"},
}


def test_values_are_compared_as_python_does_but_tuples_and_lists_and_near_floats_are_the_same():
    assert outcome(CHECK, Ran("exit", told(**GOOD))).right


@pytest.mark.parametrize(
    ("lines", "ended", "reason"),
    [
        ({"0": {"value": 3, "shown": "3"}}, "exit", "2 of 3 tests pass; `f(1)` gives 3, not 2"),
        ({"0": {"raised": ["KeyError"], "words": "KeyError: 'x'"}}, "exit", "`f(1)` raises KeyError: 'x'"),
        ({"2": {"value": None, "shown": "None"}}, "exit", "`f(None)` does not raise ValueError"),
        ({"2": {"raised": "ValueError"}}, "exit", "`f(None)` raises"),
        ({"0": 2}, "exit", "`f(1)` told nothing that can be read"),
        ({"0": {}}, "exit", "2 of 3"),
        ({"1": {"value": [1, {"a": "2"}], "shown": "…"}}, "exit", "`f([1])` gives …"),
        ({"1": {"value": [1, {"a": 1e999}], "shown": "inf"}}, "exit", "`f([1])` gives inf"),
        ({"broken": "NameError: x"}, "exit", "the code fails before any test: NameError: x"),
    ],
)
def test_wrong_results_are_named(lines, ended, reason):
    verdict = outcome(CHECK, Ran(ended, told(**{**GOOD, **lines})))
    assert verdict.passed < 0.5
    assert reason in verdict.reason


@pytest.mark.parametrize(
    ("ran", "reason"),
    [
        (Ran("exit", b""), "`f(1)` ended the process"),
        (Ran("time", told(**{"0": GOOD["0"]})), "1 of 3 tests pass; `f([1])` did not end in time"),
        (Ran("signal", b"", code=11), "`f(1)` was ended by the system (signal 11)"),
        (Ran("output", b"\xff" * 1000), "`f(1)` told more than can be read"),
        (Ran("exit", b'{"0": ' + b"[" * 5000), "0 of 3 tests pass"),
        (Ran("exit", b'[1]\n"x"\nnull\n{"0":'), "0 of 3 tests pass"),
        (Ran("failed", detail="no interpreter"), "it could not be run: no interpreter"),
    ],
)
def test_runs_that_did_not_come_to_their_end_pass_nothing(ran, reason):
    verdict = outcome(CHECK, ran)
    assert verdict.passed < 0.1
    assert reason in verdict.reason


# ── what runs inside ──


def test_the_program_holds_the_questions_and_not_the_answers():
    check = Code("f", (Case("f(3)", "123454321"), Case("f(0)", raises="ZeroDivisionError")))
    source = questions(F, check)
    assert "f(3)" in source
    assert "123454321" not in source
    assert "ZeroDivisionError" not in source


def test_the_harness_puts_the_questions_and_tells_what_came_out(tmp_path):
    with (tmp_path / "told").open("w+b") as file:
        run(F + "\nseen = []", "f", ["f(1)", "y = f(2)\n(y, {1}, b'x')", "f('a')", "seen.append(1)\nf"], file.fileno())
        file.seek(0)
        lines = [json.loads(line) for line in file.read().split(b"\n") if line]
    assert [line.popitem()[0] for line in [dict(one) for one in lines]] == ["0", "1", "2", "3"]
    assert lines[0]["0"] == {"value": 2, "shown": "2"}
    assert lines[1]["1"]["value"] == [3, {"set": [1]}, {"bytes": "78"}]
    assert lines[2]["2"]["raised"][0] == "TypeError"
    assert lines[3]["3"]["value"] == {"other": "function"}


def test_values_that_json_does_not_know_are_marked():
    assert plain((1, [2.5, None], {"a": True})) == [1, [2.5, None], {"a": True}]
    assert plain({2: "b", 1: "a"}) == {"pairs": [[1, "a"], [2, "b"]]}
    endless: list[object] = []
    endless.append(endless)
    assert "…" in json.dumps(plain(endless), ensure_ascii=False)
