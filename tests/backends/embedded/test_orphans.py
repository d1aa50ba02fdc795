"""No engine process outlives the router, however the router ends; and its native code stays out of the router."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from llmrouter_tui.backends.embedded import available
from tests.backends.embedded.conftest import missing

pytestmark = [
    pytest.mark.engine,
    pytest.mark.xdist_group("engine"),
    pytest.mark.skipif(sys.platform == "win32", reason="processes end differently on Windows"),
]

ROUTER = """
    import asyncio, sys
    from pathlib import Path
    from llmrouter_tui.backends.embedded import EmbeddedBackend
    from llmrouter_tui.backends.http import new_session

    async def main():
        async with new_session() as session:
            engine = EmbeddedBackend("embedded", session, [Path(p) for p in sys.argv[2:]], Path(sys.argv[1]))
            for model in await engine.models():
                print("loading", flush=True)
                await engine.load(model, keep_alive=None, context_length=256)
            print("xllamacpp" in sys.modules, *[r.pid for r in await engine.residents()], flush=True)
            await asyncio.sleep(60)

    asyncio.run(main())
"""


@contextmanager
def python(script: str, *words: object, **env: str) -> Iterator[subprocess.Popen[str]]:
    """A Python process that runs ``script``, ended in any case."""
    command = [sys.executable, "-c", textwrap.dedent(script), *map(str, words)]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, **env}
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def gone_soon(pids: list[int], seconds: float = 3.0) -> bool:
    return soon(lambda: not any(alive(pid) for pid in pids), seconds)


def alive(pid: int) -> bool:
    """Whether the process runs; one that only waits to be counted by its parent does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def soon(true: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


@pytest.fixture
def folders(smol_file: Path, gemma_file: Path, lonely_home: Path) -> list[Path]:
    if not available():
        missing("xllamacpp is not installed (the extra embedded)")
    return [lonely_home, smol_file.parent, gemma_file.parent]


def test_a_killed_router_takes_all_its_engines_along(folders: list[Path]) -> None:
    with python(ROUTER, *folders) as router:
        assert [line(router), line(router)] == ["loading", "loading"]
        imported, *words = line(router).split()
        pids = [int(word) for word in words]
        assert len(pids) == 2
        assert all(alive(pid) for pid in pids)
        assert imported == "False"
        router.send_signal(signal.SIGKILL)
        assert gone_soon(pids)


def test_a_router_killed_while_it_loads_leaves_nothing(folders: list[Path]) -> None:
    with python(ROUTER, *folders) as router:
        assert line(router) == "loading"
        children = psutil.Process(router.pid).children
        assert soon(lambda: bool(children()), 5.0)
        pids = [child.pid for child in children()]
        router.send_signal(signal.SIGKILL)
        assert gone_soon(pids)


def test_an_interrupt_at_the_terminal_is_the_routers_to_handle(folders: list[Path]) -> None:
    with python(ROUTER, *folders[:2]) as router:
        assert line(router) == "loading"
        (pid,) = (int(word) for word in line(router).split()[1:])
        os.kill(pid, signal.SIGINT)
        assert not gone_soon([pid], 0.5)


GUARDED = """
    import ctypes, os
    from llmrouter_tui.backends.engine_child import guard_by_process
    guard_by_process()
    print(os.getpid(), flush=True)
    ctypes.PyDLL(None).sleep(60)  # holds Python's lock, as the engine does while it loads
"""


def test_where_the_kernel_does_not_a_helper_ends_an_engine_that_cannot_see_its_parents_end() -> None:
    with python(GUARDED) as child:
        pid = int(line(child))
        (helper,) = psutil.Process(pid).children()
        assert child.stdin is not None
        child.stdin.close()
        assert gone_soon([pid, helper.pid])
        child.stdin = None


def test_the_helper_goes_when_its_engine_does() -> None:
    with python(GUARDED) as child:
        pid = int(line(child))
        (helper,) = psutil.Process(pid).children()
        os.kill(pid, signal.SIGKILL)
        assert gone_soon([pid, helper.pid])


def test_the_folder_one_is_in_does_not_decide_what_the_engine_imports(folders: list[Path], tmp_path: Path) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('the wrong json')")
    script = f"import os; os.chdir({str(tmp_path)!r})\n" + textwrap.dedent(ROUTER)
    script = script.replace("import asyncio, sys", "import asyncio, sys; sys.path = [p for p in sys.path if p]")
    with python(script, *folders[:2]) as router:
        assert line(router) == "loading"
        assert line(router).startswith("False ")


CRAMPED = """
    import asyncio, resource, sys
    from pathlib import Path
    from llmrouter_tui.backends.embedded import EmbeddedBackend
    from llmrouter_tui.backends.http import new_session
    from llmrouter_tui.core.errors import BackendError

    async def main():
        async with new_session() as session:
            engine = EmbeddedBackend("embedded", session, [Path(sys.argv[2])], Path(sys.argv[1]))
            (model,) = await engine.models()
            resource.setrlimit(resource.RLIMIT_AS, (560 << 20, 560 << 20))
            try:
                await engine.load(model, keep_alive=None, context_length=8192)
            except BackendError as error:
                print(error.code, "|", error, flush=True)

    asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory are enforced on Linux")
def test_a_model_that_does_not_fit_is_told_as_that(folders: list[Path]) -> None:
    with python(CRAMPED, *folders[:2], MALLOC_ARENA_MAX="1") as router:
        said = line(router)
    assert said.startswith("out_of_memory | embedded (SmolLM2-135M-Instruct.Q4_1) does not fit into memory: ")
    assert "allocate" in said
