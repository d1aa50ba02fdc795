"""Code of answers runs confined: right code passes, wrong code fails with the case in words, and code that means harm
reaches nothing and gains nothing."""

import asyncio
import contextlib
import os
import socket
import sys
import time
from pathlib import Path

import psutil
import pytest

from llmrouter_tui.core.prompt_set import PROMPTS
from llmrouter_tui.core.prompts import Case, Code
from llmrouter_tui.demo.texts.programs import MISTAKES, SOLUTIONS
from llmrouter_tui.engine import sandbox
from llmrouter_tui.engine.sandbox import Confinement, Limits, Sandbox

QUICK = Limits(seconds=6.0, cpu=1)
TIGHT = Limits(seconds=6.0, cpu=1, memory=256 * 2**20)
ASLEEP = Limits(seconds=1.0, cpu=1)
SQUARE = Code("square", (Case("square(3)", "9"), Case("square(-4)", "16"), Case("square('x')", raises="TypeError")))


@pytest.fixture(scope="module")
def confined():
    found = asyncio.run(Sandbox(QUICK).confinement())
    if not found.enough:
        pytest.skip(found.words)
    return found


BOXES: dict[Limits, Sandbox] = {}
"""Kept, so that each tries out only once what confines it."""


async def graded(answer, check=SQUARE, limits=QUICK):
    verdict = await BOXES.setdefault(limits, Sandbox(limits)).grade(check, answer)
    assert verdict is not None
    return verdict


def ours():
    """The processes of sandboxes that are still there."""
    return [words for words in commands().values() if "sandbox_child" in " ".join(words)]


def commands():
    """The command lines of all processes below this one, also of what other tests keep running."""
    found = {}
    for one in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):  # ended just now
            found[one.pid] = one.cmdline()
    return found


# ── what is confined ──


async def test_what_confines_code_is_tried_out_once_and_said_in_words(confined):
    box = Sandbox(QUICK)
    first = await box.confinement()
    assert first == confined
    assert "no network" in first.words
    assert await box.confinement() is first


async def test_where_code_cannot_be_confined_it_is_not_run_and_the_reason_is_said(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    box = Sandbox(QUICK)
    assert await box.confinement() == Confinement(False, "code is not run: on win32 it cannot be confined")
    assert await box.grade(SQUARE, "def square(x): return x * x") is None


async def test_what_would_be_within_reach_is_named(monkeypatch, confined):
    """A child that confines nothing, as a machine would have it whose kernel can do nothing of it."""
    source = Path(sandbox.sandbox_child.__file__).read_text()
    for step in ("_only_read(_readable(interpreter))", "_filter_calls()"):
        assert f"    {step}\n" in source
        source = source.replace(f"    {step}\n", "")
    source = source.replace("return bool(_libc.unshare(flags) == 0)", "return False")
    source = source.replace("if not own and os.geteuid() == 0:", "if False:")
    bare = Path(f"/tmp/sandbox_bare_{os.getpid()}.py")
    bare.write_text(source)
    monkeypatch.setattr(sandbox.sandbox_child, "__file__", str(bare))
    try:
        found = await Sandbox(QUICK).confinement()
    finally:
        bare.unlink()
    assert not found.enough
    for reached in ("the network", "other processes", "new processes", "files", "deleting"):
        assert reached in found.words


# ── right and wrong ──


async def test_right_code_passes(confined):
    verdict = await graded("Sure:\n```python\ndef square(x):\n    return x * x\n```")
    assert (verdict.passed, verdict.reason) == (1.0, "all 3 tests pass")


async def test_wrong_code_fails_with_the_case_in_words(confined):
    verdict = await graded("```python\ndef square(x):\n    return x * 3\n```")
    assert verdict.passed < 0.1
    assert verdict.reason == "1 of 3 tests pass; `square(-4)` gives -12, not 16"


async def test_code_that_raises_says_what(confined):
    verdict = await graded("def square(x):\n    return x.square")
    assert "`square(3)` raises AttributeError: 'int' object has no attribute 'square'" in verdict.reason


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("def square(x):\n    return x *", "does not parse"),
        ("I would multiply it by itself.", "there is no code that defines square"),
        ("def cube(x):\n    return x ** 3", "there is no code that defines square"),
    ],
)
async def test_what_is_no_code_is_not_run(answer, reason):
    verdict = await Sandbox(QUICK).grade(SQUARE, answer)
    assert verdict.passed == 0
    assert reason in verdict.reason


async def test_code_that_breaks_before_its_function_fails_and_after_it_does_not(confined):
    assert "fails before any test" in (await graded("import nowhere\ndef square(x):\n    return x * x")).reason
    assert (await graded("def square(x):\n    return x * x\n\nprint(square(int(input())))")).right


async def test_the_solutions_of_all_programming_prompts_pass_and_common_mistakes_fail(confined):
    box = Sandbox()
    checks = {one.id: one.check for one in PROMPTS if isinstance(one.check, Code)}
    assert checks.keys() == SOLUTIONS.keys() == MISTAKES.keys()
    for name, check in checks.items():
        right = await box.grade(check, f"```python\n{SOLUTIONS[name]}\n```")
        assert right.right, (name, right)
        wrong = await box.grade(check, f"```python\n{MISTAKES[name]}\n```")
        assert wrong.passed < 0.5, (name, wrong)
        assert " tests pass; `" in wrong.reason


# ── code that means harm, or does it ──

HARMFUL = {
    "sleep": ("import time; time.sleep(60)", "did not end in time"),
    "a memory bomb": ("return 'x' * 10**11", "raises MemoryError"),
    "a slow memory bomb": ("a = ['x']\n    while True: a += a", "raises MemoryError"),
    "a fork bomb": ("import os\n    while True: os.fork()", "raises PermissionError"),
    "a child": ("import subprocess; subprocess.run(['true'])", "raises PermissionError"),
    "many threads": (
        "import threading\n    while True: threading.Thread(target=threading.Event().wait, daemon=True).start()",
        "raises RuntimeError",
    ),
    "a written file": ("open('here', 'w')", "raises PermissionError"),
    "a file in /tmp": ("open('/tmp/there', 'w')", "raises PermissionError"),
    "a deleted file": (f"import os; os.unlink({__file__!r})", "raises PermissionError"),
    "a changed mode": (f"import os; os.chmod({__file__!r}, 0)", "raises PermissionError"),
    "a cut file": (f"import os; os.truncate({__file__!r}, 0)", "raises PermissionError"),
    "the home folder": (f"import os; return os.listdir({str(Path.home())!r})", "raises PermissionError"),
    "a password file": ("return open('/etc/passwd').read()", "raises PermissionError"),
    "the environment": ("import os; return os.environ['HOME']", "raises KeyError"),
    "processes": ("import os; return os.listdir('/proc')", "raises PermissionError"),
    "a signal to all": ("import os; os.kill(-1, 9)", "raises PermissionError"),
    "a socket": ("import socket; socket.socket()", "raises PermissionError"),
    "a name server": ("import socket; socket.getaddrinfo('example.org', 80)", "raises gaierror"),
    "an exit": ("import os; os._exit(0)", "ended the process"),
    "sys.exit": ("raise SystemExit(0)", "raises SystemExit"),
    "a crash": ("import ctypes; return ctypes.string_at(0)", "was ended by the system (signal 11)"),
    "a flood of results": ("import os\n    while True: os.write(3, b'x' * 60000)", "told more than can be read"),
    "recursion": ("return square(x)", "raises RecursionError"),
    "higher limits": (
        "import resource; resource.setrlimit(resource.RLIMIT_CPU, (99, 99))",
        "raises",
    ),
}


@pytest.mark.parametrize("name", HARMFUL)
async def test_harmful_code_fails_in_words_and_leaves_nothing_behind(name, confined):
    body, reason = HARMFUL[name]
    verdict = await graded(f"def square(x):\n    {body}", limits=ASLEEP if name == "sleep" else TIGHT)
    assert verdict.passed < 0.1
    assert reason in verdict.reason
    assert not ours()


async def test_what_is_printed_disturbs_nobody(confined):
    verdict = await graded("def square(x):\n    for n in range(300_000): print(n)\n    return x * x", limits=Limits())
    assert verdict.right


async def test_no_connection_reaches_a_server_on_this_machine(confined):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        port = server.getsockname()[1]
        await graded(f"import socket\ndef square(x):\n    socket.create_connection(('127.0.0.1', {port}), 1)")
        with pytest.raises(TimeoutError):
            server.accept()


CHEATS = {
    "an exit that looks like success": "print('all tests pass')\nraise SystemExit(0)\ndef square(x): pass",
    "results that are written beforehand": (
        'import os\nfor n in range(3): os.write(3, b\'\\n{"%d": {"value": true, "shown": "9"}}\\n\' % n)\n'
        "def square(x): os._exit(0)"
    ),
    "an equal to everything": "class All(int):\n    def __eq__(self, other): return True\ndef square(x): return All()",
    "another json": 'import json\njson.dumps = lambda value: \'{"0": {"value": null}}\'\ndef square(x): return 1',
    "a search for the expected values": (
        "import sys, gc\ndef square(x):\n"
        "    for frame in list(sys._current_frames().values()):\n"
        "        while frame:\n"
        "            for value in [*frame.f_locals.values()]:\n"
        "                if isinstance(value, list) and value and 'square' in str(value): found = value\n"
        "            frame = frame.f_back\n"
        "    return found"
    ),
    "other builtins": (
        "import builtins\nbuiltins.isinstance = lambda *a: True\nbuiltins.str = lambda x: '9'\ndef square(x): pass"
    ),
    "a trace function": "import sys\nsys.settrace(lambda *a: None)\ndef square(x): return None",
}


@pytest.mark.parametrize("name", CHEATS)
async def test_cheating_is_in_vain_because_the_right_values_are_not_there(name, confined):
    verdict = await graded(CHEATS[name])
    assert not verdict.right
    assert verdict.passed < 0.25


# ── the process that asks ──


async def test_an_endless_loop_ends_in_time_and_the_event_loop_is_free_meanwhile(confined):
    running = asyncio.ensure_future(graded("def square(x):\n    while True: pass"))
    turns = 0
    while not running.done():
        await asyncio.sleep(0.01)
        turns += 1
    assert turns > 20
    assert "`square(3)` did not end in time" in running.result().reason


async def test_a_cancelled_run_leaves_no_process(confined):
    before = set(commands())
    running = asyncio.ensure_future(graded("import time\ndef square(x):\n    time.sleep(60)", limits=Limits(60, 60)))
    for _ in range(500):
        if len(ours()) >= 1 and any("-" in words for pid, words in commands().items() if pid not in before):
            break
        await asyncio.sleep(0.01)
    running.cancel()
    started = time.monotonic()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert time.monotonic() - started < 20
    assert set(commands()) <= before


async def test_runs_side_by_side_do_not_meet(confined):
    box = Sandbox(Limits())
    answers = ["def square(x): return x * x", "def square(x): return 0"] * 3
    verdicts = await asyncio.gather(*(box.grade(SQUARE, answer) for answer in answers))
    assert [verdict.right for verdict in verdicts] == [True, False] * 3


@pytest.mark.skipif(sys.platform == "win32", reason="uvloop is not there on Windows")
def test_it_runs_under_the_event_loop_of_the_service_too(confined):
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(Sandbox(QUICK).grade(SQUARE, "def square(x): return x * x")).right
