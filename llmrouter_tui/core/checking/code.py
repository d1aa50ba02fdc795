"""Code in an answer: found, built into a program that tests it, and judged by what that program tells.

The program runs elsewhere, confined (``engine.sandbox``). It holds the questions of the cases and not their answers:
it writes down what came out, and here, outside, that is compared. So an answer that ends the process, prints what
success prints or replaces what it is tested with gains nothing; it has to know the values.
"""

import ast
import json
import re
from dataclasses import dataclass
from typing import Any, Literal

from llmrouter_tui.core.checking.harness import plain
from llmrouter_tui.core.checking.text import short
from llmrouter_tui.core.prompts import Case, Code, Verdict

RESULTS_FD = 3
"""The file descriptor on which a test program tells what came out, one line of JSON for each case."""

NEAR = 1e-6

_FENCE = re.compile(r"^[ \t]*(?:```|~~~)[^\n]*\n(.*?)(?:^[ \t]*(?:```|~~~)[ \t]*$|\Z)", re.DOTALL | re.MULTILINE)
_BEGINS = re.compile(r"^(?:def|class|import|from|@|async def)\b", re.MULTILINE)
_DEFINES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
_ERRORS = (SyntaxError, ValueError, RecursionError, MemoryError)


@dataclass(frozen=True, slots=True)
class Ran:
    """How a program ended, and what it told on the way. ``ended``: by itself, by a signal, at one of the limits, or it
    never ran (``detail`` says why)."""

    ended: Literal["exit", "signal", "time", "output", "failed"]
    told: bytes = b""
    detail: str = ""
    seconds: float = 0.0
    code: int = 0
    """Exit status, or the number of the signal."""


def extract(answer: str, name: str) -> str:
    """The code of an answer that defines ``name``, with what other blocks define for it; "" where there is none.

    Of several versions the last that parses is meant.
    """
    blocks = [block for block in _FENCE.findall(answer)[:40] if block.strip()]
    parsed = [(block, tree) for block in map(_dedented, blocks) if (tree := _parsed(block)) is not None]
    chosen = [at for at, (_, tree) in enumerate(parsed) if _defines(tree, name)]
    if chosen:
        helpers = [_helping(tree) for at, (_, tree) in enumerate(parsed) if at not in chosen]
        return "\n".join([*filter(None, helpers), parsed[chosen[-1]][0]])
    broken = [block for block in blocks if _named(name, block)]
    return broken[-1] if broken else _bare(answer, name)


def fault_of(code: str, name: str) -> str:
    """Why code cannot be run at all, in words; "" where it can."""
    if not code:
        return f"there is no code that defines {name}"
    try:
        tree = ast.parse(code)
    except SyntaxError as error:
        return f"the code does not parse: {error.msg} in line {error.lineno}"
    except _ERRORS:
        return "the code does not parse"
    return "" if _defines(tree, name) else f"there is no code that defines {name}"


def questions(code: str, check: Code) -> str:
    """The line that, after the source of ``checking.harness``, runs the code and then each case."""
    return f"run({code!r}, {check.name!r}, {[case.code for case in check.cases]!r}, {RESULTS_FD})"


def outcome(check: Code, ran: Ran) -> Verdict:
    """What the run of a test program says of the code: all cases right is right; else half the square of the share
    of those that are, because wrong code is wrong, and some cases are passed by chance."""
    if ran.ended == "failed":
        return Verdict(0.0, f"it could not be run: {ran.detail}")
    told = _told(ran.told)
    if "broken" in told:
        return Verdict(0.0, f"the code fails before any test: {short(str(told['broken']), 100)}")
    good, first = 0, ""
    for number, case in enumerate(check.cases):
        fault = _compared(case, told[str(number)]) if str(number) in told else _unfinished(case, ran)
        good += not fault
        first = first or fault
    if not first:
        return Verdict(1.0, f"all {len(check.cases)} tests pass")
    return Verdict((good / len(check.cases)) ** 2 / 2, f"{good} of {len(check.cases)} tests pass; {first}")


def _compared(case: Case, told: Any) -> str:
    shown = f"`{short(case.code, 70)}`"
    if not isinstance(told, dict):
        return f"{shown} told nothing that can be read"
    if "raised" in told:
        kinds = told["raised"] if isinstance(told["raised"], list) else []
        if case.raises and case.raises in kinds:
            return ""
        return f"{shown} raises {short(str(told.get('words', '')), 80)}"
    if case.raises:
        return f"{shown} does not raise {case.raises}"
    got, right = told.get("value"), plain(ast.literal_eval(case.expected))
    return "" if _equal(got, right) else f"{shown} gives {short(str(told.get('shown', '')), 60)}, not {case.expected}"


def _unfinished(case: Case, ran: Ran) -> str:
    shown = f"`{short(case.code, 70)}`"
    if ran.ended == "time":
        return f"{shown} did not end in time"
    if ran.ended == "output":
        return f"{shown} told more than can be read"
    if ran.ended == "signal":
        return f"{shown} was ended by the system (signal {ran.code})"
    return f"{shown} ended the process"


def _equal(got: Any, right: Any) -> bool:
    if isinstance(right, list):
        return isinstance(got, list) and len(got) == len(right) and all(map(_equal, got, right))
    if isinstance(right, dict):
        return isinstance(got, dict) and got.keys() == right.keys() and all(_equal(got[k], right[k]) for k in right)
    if isinstance(right, float) and isinstance(got, int | float):
        return abs(got) < 1e300 and abs(got - right) <= NEAR * max(1.0, abs(right))
    return bool(got == right)


def _told(data: bytes) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for line in data.split(b"\n"):
        try:
            one = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(one, dict):
            told.update(one)
    return told


def _parsed(block: str) -> ast.Module | None:
    try:
        return ast.parse(block)
    except _ERRORS:
        return None


def _defines(tree: ast.Module, name: str) -> bool:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            return True
        if isinstance(node, ast.Assign) and any(isinstance(to, ast.Name) and to.id == name for to in node.targets):
            return True
    return False


def _named(name: str, text: str) -> bool:
    return re.search(rf"^[ \t]*(?:def|class) +{re.escape(name)}\b", text, re.MULTILINE) is not None


def _helping(tree: ast.Module) -> str:
    return "\n".join(ast.unparse(node) for node in tree.body if isinstance(node, _DEFINES))


def _dedented(block: str) -> str:
    rows = block.splitlines()
    indent = min((len(row) - len(row.lstrip()) for row in rows if row.strip()), default=0)
    return "\n".join(row[indent:] for row in rows)


def _bare(answer: str, name: str) -> str:
    """Code without a fence: from its first line on, as far as it parses; text before and after it is left out."""
    begins = _BEGINS.search(answer)
    rows = answer[begins.start() :].splitlines()[:400] if begins else []
    for end in range(len(rows), 0, -1):
        if end < len(rows) and rows[end][:1] in (" ", "\t"):
            continue
        tree = _parsed("\n".join(rows[:end]))
        if tree is not None:
            return "\n".join(rows[:end]) if _defines(tree, name) else ""
    return "\n".join(rows) if _named(name, answer) else ""
