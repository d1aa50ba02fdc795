"""The parent's side of one engine process: start it, hear that it serves, keep the tail of its log, end it."""

import asyncio
import contextlib
import errno
import json
import os
import re
import signal
import sys
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, cast

import llmrouter_tui
from llmrouter_tui.backends import engine_child
from llmrouter_tui.backends.engine_child import Order, order_line

LOG_LINES: Final = 60
LOG_LINE: Final = 500
"""Characters kept of one line."""
TERM_SECONDS: Final = 3.0
"""Seconds from the polite end to the other one."""
KILL_SECONDS: Final = 10.0
"""Seconds for the system to take a killed process away; freeing a large model's memory takes a few."""

_STAMP = re.compile(r"^[\d.]+\s+[A-Z]\s+")
_MEMORY = re.compile(
    r"(insufficient|out of) memory|(failed|unable) to allocate|cannot allocate|bad_alloc|OutOfDeviceMemory",
    re.IGNORECASE,
)
_LOADING = re.compile(r"error loading model:\s*(.+)")


class EngineError(Exception):
    """The engine did not do what it was started for; the words are its own where it had any."""

    def __init__(self, message: str, *, memory: bool = False) -> None:
        super().__init__(message)
        self.memory = memory
        """Whether memory ran out."""


class EngineProcess(asyncio.SubprocessProtocol):
    """One child. ``answer`` is its one line; ``ended`` is set when the system has taken the process away."""

    def __init__(self) -> None:
        self.answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self.ended = asyncio.Event()
        self.log: deque[str] = deque(maxlen=LOG_LINES)
        self._transport: asyncio.SubprocessTransport | None = None
        self._said = b""
        self._rest = b""
        self._trouble = ""
        """What the child said went wrong, before it ends."""

    @property
    def pid(self) -> int:
        return self._transport.get_pid() if self._transport else 0

    @property
    def alive(self) -> bool:
        return not self.ended.is_set()

    # ── what the event loop tells ──

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.SubprocessTransport, transport)

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        if fd == 1:
            *lines, self._said = (self._said + data).split(b"\n")
            for line in lines:
                self._take_answer(line)
        else:
            *lines, rest = (self._rest + data).split(b"\n")
            self._rest = rest[-LOG_LINE:]
            self.log.extend(line.decode("utf-8", "replace")[:LOG_LINE].strip() for line in lines)

    def process_exited(self) -> None:
        self.ended.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended.set()
        if not self.answer.done():
            code = self._transport.get_returncode() if self._transport else None
            self.answer.set_exception(self._fate(code))
            self.answer.exception()  # whoever asked may be gone

    def _take_answer(self, line: bytes) -> None:
        """Take the child's one line of JSON; what an environment's start-up code may print is no answer."""
        try:
            answer = json.loads(line)
        except ValueError:
            return
        if self.answer.done() or not isinstance(answer, dict):
            return
        if "error" in answer:
            self._trouble = str(answer["error"])  # told when its log is here to the end, which comes by another pipe
        else:
            self.answer.set_result(answer)

    def _fate(self, code: int | None) -> EngineError:
        memory, words = telling(self.log)
        if self._trouble:
            return EngineError(words or self._trouble, memory=memory)
        if code is not None and code < 0:
            if -code == getattr(signal, "SIGKILL", 9) and not memory:
                text = "the system killed the engine, as it does when memory runs out"
                return EngineError(text, memory=True)
            words = f"the engine ended by {_signal_name(-code)}" + (f" after saying: {words}" if words else "")
        return EngineError(words or f"the engine ended with exit code {code}", memory=memory)

    # ── what we do ──

    async def ready(self, seconds: float) -> dict[str, Any]:
        """The child's answer. Raises ``EngineError``, or ``TimeoutError`` after ``seconds``."""
        async with asyncio.timeout(seconds):
            return await asyncio.shield(self.answer)

    def kill(self) -> None:
        """End it at once; returns before it is gone."""
        if self._transport and self._transport.get_returncode() is None:
            self._transport.kill()

    async def stop(self) -> bool:
        """End it and return when its memory is free; False if the system has not taken it away in time."""
        if self._transport and self._transport.get_returncode() is None:
            self._transport.terminate()
        if not await self.ends_within(TERM_SECONDS):
            self.kill()
        gone = await self.ends_within(KILL_SECONDS)
        if self._transport:
            self._transport.close()
        return gone

    async def ends_within(self, seconds: float) -> bool:
        """Whether it has ended, waiting so long for it."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.ended.wait(), seconds)
        return self.ended.is_set()


async def start_engine(order: Order, seconds: float) -> tuple[EngineProcess, dict[str, Any]]:
    """A child that serves, and its answer. Whatever goes wrong, or when cancelled, the child is gone.

    Raises ``EngineError``, or ``TimeoutError`` after ``seconds``.
    """
    process = await _start_process(order)
    try:
        return process, await process.ready(seconds)
    except BaseException:
        process.kill()
        await process.stop()
        raise


async def describe_build(seconds: float) -> dict[str, Any]:
    """What the installed engine says of itself (``version``, ``devices``), asked of a child that ends at once."""
    process = await _start_process(None)
    try:
        return await process.ready(seconds)
    finally:
        await process.stop()


async def _start_process(order: Order | None) -> EngineProcess:
    """Start a child on an order, or on None to be told of the build only.

    On Linux the kernel ends a child with the *thread* that started it: call this in the thread that lives as long
    as the router does. Raises ``EngineError`` if the system starts no process.
    """
    loop = asyncio.get_running_loop()
    # -P: the folder one happens to be in must not decide what `import json` means in the child.
    command = [sys.executable, "-P", "-m", engine_child.__name__]
    try:
        transport, protocol = await loop.subprocess_exec(EngineProcess, *command, env=_environment())
    except OSError as error:
        text = f"its process could not be started: {error.strerror or error}"
        raise EngineError(text, memory=error.errno == errno.ENOMEM) from error
    pipe = cast(asyncio.WriteTransport, transport.get_pipe_transport(0))
    pipe.write(order_line(order))
    return protocol


def _environment() -> dict[str, str]:
    """Ours, with the place of this package at the end of the search path, for a source tree that is not installed,
    and without the debugger that llama.cpp would start when it crashes."""
    place = str(Path(llmrouter_tui.__file__).parent.parent)
    paths = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    return {**os.environ, "PYTHONPATH": os.pathsep.join([*paths, place]), "GGML_NO_BACKTRACE": "1"}


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def telling(log: Iterable[str]) -> tuple[bool, str]:
    """(memory ran out, the line that says best why a load failed) of llama.cpp's log; empty where none does."""
    lines = [_STAMP.sub("", line) for line in log if line]
    for line in lines:
        if _MEMORY.search(line):
            return True, line
    for line in reversed(lines):
        if found := _LOADING.search(line):
            return False, found[1]
    return False, lines[-1] if lines else ""
