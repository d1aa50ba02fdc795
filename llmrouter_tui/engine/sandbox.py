"""Runs the code of an answer where it can do no harm, and says whether that is possible here at all.

A second interpreter confines itself (``sandbox_child``) and reads the program; nothing of this process is in it. What
confinement there really is, a probe tries out once: where network, files or other processes are within reach, no code
is run.
"""

import asyncio
import contextlib
import inspect
import json
import os
import signal
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from llmrouter_tui.core.checking import harness
from llmrouter_tui.core.checking.code import RESULTS_FD, Ran, extract, fault_of, outcome, questions
from llmrouter_tui.core.checking.text import spoken
from llmrouter_tui.core.prompts import Code, Verdict
from llmrouter_tui.engine import sandbox_child

START_SECONDS: Final = 15.0
"""For two interpreters to start on a busy machine, beyond the program's own time."""
END_SECONDS: Final = 3.0
"""For the inner process to end what it started."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a program may use: seconds of the clock, seconds of CPU, bytes of memory, bytes that it tells."""

    seconds: float = 10.0
    cpu: int = 6
    memory: int = 512 * 2**20
    output: int = 256 * 1024


@dataclass(frozen=True, slots=True)
class Confinement:
    """Whether code may be run here, and in words what holds it or why not."""

    enough: bool
    words: str
    namespaces: bool = False
    """Whether it gets a network and processes of its own, beyond the filter of system calls."""


class Sandbox:
    """Runs programs, each in a confined process of its own."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._found: Confinement | None = None
        self._finding = asyncio.Lock()

    async def confinement(self) -> Confinement:
        """What confinement there is here; tried out at the first call, which takes some tenths of a second."""
        async with self._finding:
            if self._found is None:
                self._found = await _tried(self.limits)
        return self._found

    async def grade(self, check: Code, answer: str) -> Verdict | None:
        """The verdict on code in an answer; None where it cannot be confined (``confinement`` says why)."""
        code = extract(spoken(answer), check.name)
        if fault := fault_of(code, check.name):
            return Verdict(0.0, fault)
        if not (await self.confinement()).enough:
            return None
        ran, _ = await run(f"{inspect.getsource(harness)}\n{questions(code, check)}\n", self.limits)
        return None if ran.ended == "failed" else outcome(check, ran)


async def run(program: str, limits: Limits) -> tuple[Ran, bool]:
    """(how a program ended, whether it had namespaces of its own). Whatever happens, also when cancelled, nothing of
    it is left."""
    order = {"seconds": limits.seconds, "cpu": limits.cpu, "memory": limits.memory, "output": limits.output}
    source = program.encode("utf-8", "replace")
    line = json.dumps({**order, "length": len(source)}).encode() + b"\n"
    with tempfile.TemporaryDirectory(prefix="answer", ignore_cleanup_errors=True) as folder:
        async with _launched(folder) as process:
            assert process.stdin and process.stdout
            try:
                async with asyncio.timeout(limits.seconds + START_SECONDS):
                    process.stdin.write(line + source)
                    await process.stdin.drain()
                    told = await process.stdout.read(limits.output + 4096)
                    while more := await process.stdout.read(65536):
                        told = (told + more)[: limits.output + 4096]
            except (TimeoutError, OSError) as error:
                return Ran("failed", detail=f"the sandbox did not answer ({type(error).__name__})"), False
    return _read(told)


def _read(told: bytes) -> tuple[Ran, bool]:
    head, _, rest = told.partition(b"\n")
    try:
        report = json.loads(head)
    except ValueError:
        return Ran("failed", detail="the sandbox did not start"), False
    ran = Ran(report["ended"], rest, report["detail"], report["seconds"], report["code"])
    return ran, bool(report["namespaces"])


@contextlib.asynccontextmanager
async def _launched(folder: str) -> AsyncIterator[Process]:
    """The inner process, with an empty folder and nothing of our environment; ended when left."""
    command = (sys.executable, "-I", "-S", "-B", sandbox_child.__file__)
    process = await asyncio.create_subprocess_exec(
        *command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env={}, cwd=folder, start_new_session=True
    )
    try:
        yield process
    finally:
        await asyncio.shield(_ended(process))


async def _ended(process: Process) -> None:
    """Close its stdin, at which it ends what it started and then itself; if not, the other way."""
    if process.stdin:
        process.stdin.close()
    try:
        await asyncio.wait_for(process.wait(), END_SECONDS)
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


_PROBE = """
def reached(act):
    try:
        act()
    except BaseException:
        return False
    return True

import json, os, socket
acts = {{
    "the network": lambda: socket.create_connection(("127.0.0.1", {port}), 1),
    "other processes": lambda: os.kill({pid}, 0),
    "new processes": lambda: os.fork() or os._exit(0),
    "files": lambda: open({canary!r}).read(),
    "writing": lambda: open("made", "w").close(),
    "deleting": lambda: os.unlink({canary!r}),
    "the environment": lambda: os.environ["PATH"],
}}
os.write({fd}, json.dumps([name for name, act in acts.items() if reached(act)]).encode())
"""


def _probe(folder: str, port: int) -> str:
    canary = Path(folder, "canary")
    canary.write_text("reached")
    return _PROBE.format(port=port, pid=os.getpid(), canary=str(canary), fd=RESULTS_FD)


async def _tried(limits: Limits) -> Confinement:
    """Let a program try to reach what it should not reach."""
    if sys.platform != "linux":
        return Confinement(False, f"code is not run: on {sys.platform} it cannot be confined")
    listening = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    with tempfile.TemporaryDirectory(prefix="canary") as folder:
        try:
            ran, namespaces = await run(_probe(folder, listening.sockets[0].getsockname()[1]), limits)
        finally:
            listening.close()
    if ran.ended != "exit" or not ran.told.startswith(b"["):
        return Confinement(False, f"code is not run: it cannot be confined here ({ran.detail or ran.ended})")
    within = json.loads(ran.told)
    if within:
        return Confinement(False, f"code is not run: it would reach {', '.join(within)}")
    spaces = "; its own network and processes" if namespaces else "; no namespaces of its own"
    return Confinement(True, f"no network, no files but the interpreter's, no other process{spaces}", namespaces)
