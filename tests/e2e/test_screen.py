"""The control center in a real terminal: it opens, serves while it draws, and leaves cleanly."""

import contextlib
import fcntl
import json
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import threading
import time
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import ROOT, free_port, program

OFFER = re.compile(r"Use port ([1-9]\d{4})")


class Terminal:
    """A program on a pseudo-terminal of 120x36; everything it wrote is in ``text``."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self._end, there = pty.openpty()
        fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 120, 0, 0))
        environment = {**os.environ, "TERM": "xterm-256color", "HOME": str(folder), "XDG_DATA_HOME": str(folder)}
        command = [*program("--demo" in arguments), *arguments]
        self.process = subprocess.Popen(command, stdin=there, stdout=there, stderr=there, env=environment, cwd=ROOT)
        os.close(there)
        self.text = ""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                select.select([self._end], [], [], 0.2)
                data = os.read(self._end, 65536)
                if not data:
                    return
                self.text += data.decode(errors="replace")

    def press(self, keys: str) -> None:
        os.write(self._end, keys.encode())

    def until(self, condition: object, seconds: float = 30.0) -> None:
        deadline = time.monotonic() + seconds
        while not condition():  # type: ignore[operator]
            assert time.monotonic() < deadline, self.text[-2000:]
            time.sleep(0.05)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._end)


@contextlib.contextmanager
def opened(folder: Path, *arguments: str) -> Iterator[Terminal]:
    terminal = Terminal(folder, *arguments)
    try:
        yield terminal
    finally:
        terminal.close()


def healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2) as answer:
            return bool(json.loads(answer.read())["version"])
    except OSError:
        return False


def test_it_serves_while_it_draws_and_leaves_nothing_behind(tmp_path):
    port = free_port()
    with opened(tmp_path, "--demo", "--port", str(port)) as terminal:
        terminal.until(lambda: "DEMO" in terminal.text)
        terminal.until(lambda: healthy(port))
        for key in "23481":
            terminal.press(key)
            time.sleep(0.3)
        terminal.press("y")
        time.sleep(0.3)
        terminal.press("u")  # where there is more than the address to be copied
        terminal.until(lambda: b64encode(f"http://127.0.0.1:{port}/v1".encode()).decode() in terminal.text)
        terminal.press("q")
        time.sleep(0.5)
        terminal.press("\r")  # if answers run it asks; enter stops them now
        assert terminal.process.wait(20) == 0
        assert "Traceback" not in terminal.text
        assert not healthy(port)


@pytest.mark.thorough
def test_a_taken_port_is_a_state_of_the_screen_and_the_next_port_one_key_away(tmp_path):
    first = free_port()
    with opened(tmp_path, "--demo", "--port", str(first)) as holder:
        holder.until(lambda: healthy(first))
        with opened(tmp_path / "other", "--demo", "--port", str(first)) as terminal:
            terminal.until(lambda: "taken" in terminal.text and OFFER.search(terminal.text))

            def taken_up() -> bool:
                """The button has the focus a moment after it shows, and others may take the port that it offers."""
                offered = int(OFFER.findall(terminal.text)[-1])
                terminal.press("\r")
                time.sleep(1.0)
                return healthy(offered)

            terminal.until(taken_up)
            assert "Traceback" not in terminal.text


@pytest.mark.thorough
@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are a Unix thing")
def test_watch_shows_a_router_that_runs_elsewhere(tmp_path):
    port = free_port()
    with opened(tmp_path, "--demo", "--port", str(port)) as router:
        router.until(lambda: healthy(port))
        with opened(tmp_path / "watcher", "watch", f"http://127.0.0.1:{port}") as watcher:
            watcher.until(lambda: "DEMO" in watcher.text and "mistral:7b" in watcher.text)
            watcher.press("q")
            assert watcher.process.wait(20) == 0
        assert healthy(port), "the router goes on when its watcher leaves"
