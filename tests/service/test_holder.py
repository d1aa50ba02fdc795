"""Who holds a port, as it is told."""

import subprocess
import sys

import pytest

from llmrouter_tui.service import holder

LISTEN = "import socket; s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1], flush=True); input()"


@pytest.mark.skipif(sys.platform == "darwin", reason="the system does not tell")
def test_a_long_command_is_cut_where_it_is_seen() -> None:
    command = [sys.executable, "-c", LISTEN, *("--a-long-argument" for _ in range(10))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            told = holder.port_holder(int(process.stdout.readline()))
        finally:
            process.kill()
    assert told is not None
    pid, _, said = told.partition("  ")
    assert pid == f"pid {process.pid}"
    assert " ".join(command).startswith(said.removesuffix("…"))
    assert (len(said), said[-1]) == (holder.COMMAND, "…")
