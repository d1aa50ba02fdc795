"""What is on this machine, in words: backends, memory, port, database, versions, and what to do about gaps."""

import asyncio
import os
import platform
from collections.abc import Sequence
from pathlib import Path

from llmrouter_tui import __version__
from llmrouter_tui.backends.discover import build, discover
from llmrouter_tui.backends.embedded import BUILD_TIMEOUT, available
from llmrouter_tui.backends.engine_process import EngineError, describe_build
from llmrouter_tui.backends.gguf_files import models_folder
from llmrouter_tui.backends.gguf_shelf import Shelf
from llmrouter_tui.backends.http import new_session
from llmrouter_tui.cli.nearby import answers, url_of
from llmrouter_tui.config import Config, default_file, missing_keys
from llmrouter_tui.core.domain import HOST_POOL, Device
from llmrouter_tui.core.errors import BackendError
from llmrouter_tui.gpu.host import SHARED
from llmrouter_tui.gpu.probe import open_probe
from llmrouter_tui.service.holder import port_holder, try_address
from llmrouter_tui.service.membership import data_dir
from llmrouter_tui.storage.repo import open_repo
from llmrouter_tui.tui.rebinding import rebind
from llmrouter_tui.tui.theme import PALETTES

GIB = 1024**3
GOOD = "✓"
FILES_NAMED = 3


def report(config: Config, file: Path | None) -> tuple[list[str], bool]:
    """Lines to print, and whether a router can work here: with a model to run, an address and a database."""
    return asyncio.run(_report(config, file))


async def _report(config: Config, file: Path | None) -> tuple[list[str], bool]:
    backends, some = await _backends(config)
    embedded, gpus = await _engine()
    address, database = _port(config), await _database(config)
    files = [] if gpus is None else [await asyncio.to_thread(_files, config)]
    lines = [
        f"llmrouter-tui {__version__}   Python {platform.python_version()}   {platform.system()} {platform.machine()}",
        "",
        *backends,
        embedded,
        *files,
        *_memory(gpus),
        address,
        database,
        _config_file(file),
        *(_line(False, "keys", problem) for problem in rebind(config.settings.keys).problems),
        *_theme(config.settings.theme),
    ]
    runs = some or any(line.startswith(GOOD) for line in files)
    return lines, runs and address.startswith(GOOD) and database.startswith(GOOD)


def _theme(name: str) -> list[str]:
    """What is wrong with the colours that are set."""
    if not name or name in PALETTES:
        return []
    return [_line(False, "theme", f"there is no theme {name!r}; there are: {', '.join(PALETTES)}")]


def _line(good: bool, topic: str, text: str) -> str:
    return f"{GOOD if good else '✗'} {topic:10} {text}"


async def _backends(config: Config) -> tuple[list[str], bool]:
    settings = config.settings
    session = new_session()
    lines, found, missing = [], 0, dict(missing_keys(settings, os.environ))
    try:
        known = [
            build(b.kind, b.name, b.url, session, api_key_env=b.api_key_env)
            for b in settings.backends
            if b.enabled and b.kind != "embedded"
        ]
        for backend in known or await discover(session):
            try:
                detail = await backend.probe()
                count = len(await backend.models())
                lines.append(_line(True, backend.name, f"{backend.url}  {detail}  {count} models"))
                found += 1
            except BackendError as error:
                lines.append(_line(False, backend.name, str(error)))
            variable = missing.get(backend.name)
            if variable and variable not in lines[-1]:
                lines.append(_line(False, backend.name, f"{variable}, which should hold its key, is not set"))
    finally:
        await session.close()
    if not lines:
        none = "none of Ollama, llama.cpp, LM Studio, vLLM answers on its usual port"
        lines.append(_line(False, "backends", f"{none}; start one, or name it (`llmrouter-tui config --example`)"))
    return lines, found > 0


async def _engine() -> tuple[str, Sequence[str] | None]:
    """A line on the embedded engine, and the GPUs that it would use; None where it cannot run."""
    if not available():
        return _line(False, "embedded", "engine not installed: pip install 'llmrouter-tui[embedded]'"), None
    try:
        build = await describe_build(BUILD_TIMEOUT)
    except (EngineError, TimeoutError) as error:
        why = str(error) or f"it said nothing within {BUILD_TIMEOUT:g} s"
        return _line(False, "embedded", f"engine installed, and cannot be used: {why}"), None
    gpus = [str(device["description"]) for device in build["devices"]]
    where = ", ".join(gpus) or "the CPU"
    return _line(True, "embedded", f"engine installed: xllamacpp {build['version']} on {where}"), gpus


def _files(config: Config) -> str:
    """Whether there is a file that the embedded engine can run, or where one would be found. Blocks."""
    folders, own = config.settings.gguf_folders, data_dir(config.settings)
    found = list(Shelf(folders, own).scan())
    if found:
        named = ", ".join(found[:FILES_NAMED])
        more = f" and {len(found) - FILES_NAMED} more" if len(found) > FILES_NAMED else ""
        return _line(True, "gguf", f"{len(found)} model{'s' * (len(found) > 1)} for the embedded engine: {named}{more}")
    looked = "the folders of Ollama, LM Studio, llama.cpp and Hugging Face, and of gguf_folders"
    get = f"put a GGUF file into {models_folder(own)}, or let the screen fetch its starter model"
    return _line(False, "gguf", f"no model for the embedded engine in {looked}: {get}")


def _memory(engine: Sequence[str] | None) -> list[str]:
    probe = open_probe()
    try:
        devices = probe.sample()
        lines = [_line(not d.problem, d.pool, pool_text(d, probe.drivers[d.pool], devices, engine)) for d in devices]
    finally:
        probe.close()
    if probe.note:
        alone = all(device.pool == HOST_POOL for device in devices)
        lines.append(_line(True, "gpu", probe.note + ("; models are counted against RAM" if alone else "")))
    return lines


def pool_text(device: Device, driver: str, devices: Sequence[Device], engine: Sequence[str] | None) -> str:
    """A pool, what tells of it, and whether the embedded engine runs there: ``engine`` are the GPUs that it would use,
    None where it cannot run."""
    size = device.problem or f"{device.free / GIB:.1f} of {device.total / GIB:.1f} GiB free"
    here = ""
    if engine is not None and not device.problem:
        here = _engine_words(device, [d for d in devices if d.pool != HOST_POOL], engine)
    return "  ".join(part for part in (device.name, size, driver, here) if part)


def _engine_words(device: Device, gpus: Sequence[Device], engine: Sequence[str]) -> str:
    """By name; where there is one GPU it is that one, however its two drivers call it."""
    if device.pool == HOST_POOL:
        return "" if engine else "the embedded engine runs here"
    if not engine:
        return "the embedded engine does not run here: its build has no GPU support, or not for this GPU"
    name = device.name.removesuffix(SHARED).casefold()
    named = any(name in other.casefold() or other.casefold() in name for other in engine)
    if named or len(gpus) == 1:
        return "the embedded engine runs here"
    return "the embedded engine does not run here"


def _port(config: Config) -> str:
    host, port = config.settings.host, config.settings.port
    holder = port_holder(port)
    if holder is None:
        refused = try_address(host, port)
        text = f"{refused.problem.message}; {refused.on_start}" if refused else f"{port} is free"
        return _line(refused is None, "port", text)
    if answers(url := url_of(host, port)):
        return _line(True, "port", f"{port} serves an llmrouter-tui already: `llmrouter-tui watch {url}` shows it")
    return _line(False, "port", f"{port} is taken by {holder}; choose another with --port")


async def _database(config: Config) -> str:
    path = config.settings.database
    repo = await open_repo(path)
    try:
        problem = repo.problem
    finally:
        await repo.close()
    if problem:
        return _line(False, "database", f"{problem.rstrip('.')}. --db names another file.")
    return _line(True, "database", "in memory, nothing is kept" if path is None else str(path))


def _config_file(file: Path | None) -> str:
    path = file or default_file()
    return _line(True, "config", f"{path}" if path.exists() else f"{path} (not there, not needed)")
