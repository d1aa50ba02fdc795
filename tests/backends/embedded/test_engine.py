"""The real engine: models are loaded into processes of their own, answer, and are really gone afterwards."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from llmrouter_tui.backends.embedded import EmbeddedBackend
from llmrouter_tui.backends.http import new_session
from llmrouter_tui.core.domain import HOST_POOL, ModelInfo
from llmrouter_tui.core.errors import BackendError
from llmrouter_tui.core.ports.backend import Backend
from tests.backends.embedded.asking import GEMMA, SMOL, body_of, call, loaded, pid_of
from tests.backends.embedded.making import gguf, write

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("engine")]


async def test_it_says_what_it_is_and_that_models_go_to_ram(engine: EmbeddedBackend) -> None:
    assert isinstance(engine, Backend)
    assert (await engine.probe()).startswith("llama.cpp (xllamacpp 20")
    assert await engine.pool() in (HOST_POOL, "")
    assert engine.manages_memory


async def test_models_have_the_figures_of_their_files(engine: EmbeddedBackend, smol_file: Path) -> None:
    models = {model.name: model for model in await engine.models()}
    assert set(models) == {SMOL, GEMMA}
    smol = models[SMOL]
    assert (smol.parameters, smol.quantization, smol.family) == (134_515_008, "Q4_1", "llama")
    assert smol.context_length == 8192
    assert smol.size_bytes == smol_file.stat().st_size
    assert smol.capabilities == {"completion", "json"}
    assert smol.capabilities_known
    assert await engine.residents() == []


async def test_two_models_live_side_by_side_and_an_unload_ends_one_process(engine: EmbeddedBackend) -> None:
    smol, gemma = await loaded(engine), await loaded(engine, GEMMA)
    residents = {resident.name: resident for resident in await engine.residents()}
    assert set(residents) == {SMOL, GEMMA}
    for model in (smol, gemma):
        held = residents[model.name]
        assert (held.state, held.context_length, held.footprint_source) == ("resident", 2048, "measured")
        assert held.footprint is not None
        assert model.size_bytes is not None
        assert held.footprint > model.size_bytes / 2
    answers = await asyncio.gather(*(engine.chat(call(model)) for model in (smol, gemma)))
    assert all([await body_of(answer) for answer in answers])
    await engine.unload(smol)
    assert not psutil.pid_exists(residents[SMOL].pid or 0)
    assert psutil.pid_exists(residents[GEMMA].pid or 0)
    assert [resident.name for resident in await engine.residents()] == [GEMMA]
    await engine.unload(smol)


async def test_hanging_up_stops_the_generation(engine: EmbeddedBackend) -> None:
    model = await loaded(engine, context=8192)
    process = psutil.Process(await pid_of(engine, model))
    reply = await engine.chat(call(model, stream=True, tokens=8000))
    async for _ in reply.chunks():
        break
    await reply.close()
    assert await idle_within(process, 5.0)


async def idle_within(process: psutil.Process, seconds: float) -> bool:
    """Whether the process comes to use less than a tenth of a core; 8,000 tokens take longer."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        before = process.cpu_times()
        await asyncio.sleep(0.3)
        after = process.cpu_times()
        if after.user + after.system - before.user - before.system < 0.03:
            return True
    return False


async def test_close_ends_every_process(engine: EmbeddedBackend) -> None:
    pid = await pid_of(engine, await loaded(engine))
    gemma = ModelInfo("embedded", GEMMA)
    load = asyncio.ensure_future(engine.load(gemma, keep_alive=None, context_length=None))
    while len(engine_children()) < 2:
        await asyncio.sleep(0.005)
    await engine.close()
    assert not psutil.pid_exists(pid)
    assert not engine_children()
    with pytest.raises(BackendError):
        await load
    with pytest.raises(BackendError, match="closing"):
        await engine.chat(call(ModelInfo("embedded", SMOL)))


async def test_chat_loads_an_absent_model_and_all_who_wait_share_one_start(engine: EmbeddedBackend) -> None:
    model = next(model for model in await engine.models() if model.name == SMOL)
    load = engine.load(model, keep_alive=None, context_length=None)
    first, second, _ = await asyncio.gather(engine.chat(call(model)), engine.chat(call(model, stream=True)), load)
    assert await body_of(first)
    assert await body_of(second)
    assert len(engine_children()) == 1


def engine_children() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "engine_child" in " ".join(child.cmdline())]


async def test_a_load_that_nobody_waits_for_any_more_ends_its_process(engine: EmbeddedBackend) -> None:
    model = next(model for model in await engine.models() if model.name == GEMMA)
    waiting = [asyncio.ensure_future(engine.load(model, keep_alive=None, context_length=None)) for _ in range(2)]
    while not engine_children():
        await asyncio.sleep(0.005)
    assert [resident.state for resident in await engine.residents()] == ["loading"]
    waiting[0].cancel()
    await asyncio.wait([waiting[0]])
    assert engine_children()
    waiting[1].cancel()
    await asyncio.wait(waiting)
    await loaded(engine, GEMMA)
    assert len(engine_children()) == 1


async def test_unloading_a_loading_model_tells_those_who_wait(engine: EmbeddedBackend) -> None:
    model = next(model for model in await engine.models() if model.name == GEMMA)
    load = asyncio.ensure_future(engine.load(model, keep_alive=None, context_length=None))
    while not engine_children():
        await asyncio.sleep(0.005)
    await engine.unload(model)
    with pytest.raises(BackendError, match="unloaded while it was loading"):
        await load
    assert not engine_children()


async def test_a_killed_engine_is_noticed_and_the_next_load_starts_anew(engine: EmbeddedBackend) -> None:
    model = await loaded(engine)
    killed = await pid_of(engine, model)
    streams = [await engine.chat(call(model, stream=True, tokens=1900)) for _ in range(2)]
    chunks: AsyncIterator[bytes] = streams[0].chunks()
    await anext(chunks)
    third = asyncio.ensure_future(engine.chat(call(model, tokens=1900)))
    await asyncio.sleep(0.1)
    psutil.Process(killed).kill()
    with pytest.raises(BackendError) as midway:
        async for _ in chunks:
            pass
    assert (midway.value.code, midway.value.unhealthy, midway.value.fallback) == ("upstream_interrupted", False, True)
    with pytest.raises(BackendError) as waiting:
        await third
    assert (waiting.value.code, waiting.value.unhealthy, waiting.value.fallback) == ("backend_error", False, True)
    assert "SIGKILL" not in str(waiting.value)
    assert await engine.residents() == []
    assert await body_of(await engine.chat(call(model)))
    assert await pid_of(engine, model) != killed


async def test_a_file_that_cannot_be_loaded_is_told_in_the_engines_words(
    engine: EmbeddedBackend, gemma_file: Path
) -> None:
    broken = write(gemma_file.parent / "Broken.gguf", gguf(data=5000))
    try:
        model = next(model for model in await engine.models() if model.name == "Broken")
        with pytest.raises(BackendError, match="could not be loaded") as error:
            await engine.load(model, keep_alive=None, context_length=None)
    finally:
        broken.unlink()
    assert (error.value.code, error.value.fallback, error.value.unhealthy) == ("backend_error", True, False)
    assert "check the input params" not in str(error.value)
    assert engine_children() == []


async def test_an_unknown_model_is_told_as_that(engine: EmbeddedBackend) -> None:
    with pytest.raises(BackendError) as error:
        await engine.load(ModelInfo("embedded", "nobody"), keep_alive=None, context_length=None)
    assert error.value.code == "model_not_found"
    await engine.unload(ModelInfo("embedded", "nobody"))


async def test_a_load_that_takes_too_long_is_ended(engine: EmbeddedBackend, smol_file: Path, tmp_path: Path) -> None:
    async with new_session() as session:
        hasty = EmbeddedBackend("hasty", session, [], tmp_path, load_timeout=0.01)
        with pytest.raises(BackendError) as error:
            await hasty.load(ModelInfo("hasty", SMOL), keep_alive=None, context_length=None)
        assert error.value.code == "load_timeout"
        assert engine_children() == []
        await hasty.close()
