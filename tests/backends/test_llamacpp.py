"""llama.cpp's server: what each of its two modes is asked and understood to say."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from llmrouter_tui.backends.llamacpp import LlamaCppBackend
from llmrouter_tui.backends.llamacpp_files import Launch, ModelFiles, launch_of
from llmrouter_tui.core.domain import ModelInfo
from llmrouter_tui.core.errors import BackendError
from tests.backends.conftest import call_for, read
from tests.backends.embedded.making import LLAMA, gguf, write
from tests.backends.llama_servers import LlamaCppServer, LlamaRouterServer


@pytest.fixture
async def single() -> AsyncIterator[LlamaCppServer]:
    server = LlamaCppServer()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def router() -> AsyncIterator[LlamaRouterServer]:
    server = LlamaRouterServer()
    await server.start()
    yield server
    await server.stop()


async def probed(server: LlamaCppServer, session: aiohttp.ClientSession) -> LlamaCppBackend:
    backend = LlamaCppBackend("l", server.url + "/v1", session, read_timeout=1)
    await backend.probe()
    return backend


class TestFiles:
    """Of a model that is not loaded, a server tells a name and a command line."""

    async def test_a_file_on_this_machine_tells_size_and_memory(
        self, router: LlamaRouterServer, session: aiohttp.ClientSession, tmp_path: Path
    ) -> None:
        file = write(tmp_path / "m.gguf", gguf(LLAMA))
        args = ["llama-server", "--api-key", "s3cret", "--ctx-size", "2048", "--model", str(file), "--parallel", "2"]
        router.status["qwen3-4b"]["args"] = args
        models = {model.name: model for model in await (await probed(router, session)).models()}
        told = models["qwen3-4b"]
        assert (told.context_length, told.longest_context, told.slots) == (1024, 4096, 2)
        assert (told.size_bytes, told.family, told.quantization) == (file.stat().st_size, "llama", "Q4_K_M")
        assert told.kv_bytes_per_token == 2 * 2 * (16 + 16) * 2
        assert "s3cret" not in repr(models)
        assert models["gemma3-1b"].size_bytes is None

    @pytest.mark.parametrize(
        ("args", "launch"),
        [
            (["-m", "/a", "-c", "4096", "-np", "4"], Launch("/a", 1024, 4)),
            (["-m", "/a", "-c", "4096"], Launch("/a", 4096)),
            (["-m", "/a", "-c", "4096", "-np", "4", "--kv-unified"], Launch("/a", 4096)),
            (["-c", "0", "-np", "x"], Launch()),
            (["--model"], Launch()),
            (None, Launch()),
            ([1, None, "--model", "/a"], Launch("/a")),
        ],
    )
    def test_a_command_line_tells_file_context_and_slots(self, args: object, launch: Launch) -> None:
        assert launch_of(args) == launch

    async def test_a_path_that_leads_nowhere_is_no_error(self, tmp_path: Path) -> None:
        info, files = ModelInfo("l", "m"), ModelFiles()
        paths = [str(tmp_path), str(tmp_path / "none"), str(write(tmp_path / "broken.gguf", b"GGUF"))]
        await files.read(paths)
        assert all(files.fill(info, path) is info for path in paths)


class TestSingle:
    async def test_its_model_is_named_by_its_file(self, single: LlamaCppServer, session: aiohttp.ClientSession) -> None:
        [model] = await (await probed(single, session)).models()
        assert model.name == "Qwen3-4B-Q4_K_M"
        assert (model.parameters, model.size_bytes, model.quantization) == (4_022_468_096, 2_491_000_000, "Q4_K")
        assert model.context_length == 4096
        assert model.capabilities == {"completion", "json", "vision", "tools", "thinking"}
        assert model.capabilities_known
        assert model.aliases == single.names

    async def test_asleep_it_holds_nothing(self, single: LlamaCppServer, session: aiohttp.ClientSession) -> None:
        backend = await probed(single, session)
        assert [r.state for r in await backend.residents()] == ["resident"]
        single.sleeping = True
        assert [r.state for r in await backend.residents()] == ["absent"]

    async def test_while_it_loads_it_is_not_gone(self, single: LlamaCppServer, session: aiohttp.ClientSession) -> None:
        single.mode = "loading"
        with pytest.raises(BackendError) as caught:
            await probed(single, session)
        assert (caught.value.code, caught.value.retryable) == ("model_loading", True)

    async def test_no_request_comes_over_a_connection_that_it_is_about_to_close(
        self, single: LlamaCppServer, session: aiohttp.ClientSession
    ) -> None:
        backend = await probed(single, session)
        [model] = await backend.models()
        for stream in (True, True, False, False, True, False):
            await read(await backend.chat(call_for(model, stream=stream)))
        assert single.dropped == 0


class TestRouter:
    async def test_its_models_are_known_loaded_or_not(
        self, router: LlamaRouterServer, session: aiohttp.ClientSession
    ) -> None:
        models = await (await probed(router, session)).models()
        assert [m.name for m in models] == list(router.names)
        assert not any(m.capabilities_known for m in models)
        assert [m.aliases for m in models] == [("smart",), (), ()]

    async def test_it_says_how_many_models_it_holds(
        self, router: LlamaRouterServer, single: LlamaCppServer, session: aiohttp.ClientSession
    ) -> None:
        assert (await probed(router, session)).places == 2
        router.places = 0
        assert (await probed(router, session)).places is None
        assert (await probed(single, session)).places is None

    async def test_a_load_that_fails_says_how(self, router: LlamaRouterServer, session: aiohttp.ClientSession) -> None:
        backend = await probed(router, session)
        with pytest.raises(BackendError) as caught:
            await backend.load(ModelInfo("l", "cursed"), keep_alive=None, context_length=None)
        assert caught.value.fallback
        assert "exit code 1" in caught.value.message

    async def test_a_model_stays_known_when_it_is_unloaded(
        self, router: LlamaRouterServer, session: aiohttp.ClientSession
    ) -> None:
        backend = await probed(router, session)
        await backend.load(ModelInfo("l", "qwen3-4b"), keep_alive=None, context_length=None)
        loaded = (await backend.models())[0]
        assert (loaded.context_length, loaded.parameters) == (8192, 4_000_000_000)
        await backend.unload(loaded)
        assert (await backend.models())[0] == loaded

    async def test_a_load_waits_for_a_place(self, router: LlamaRouterServer, session: aiohttp.ClientSession) -> None:
        router.places, router.busy = 1, {"qwen3-4b"}
        router.status["qwen3-4b"]["value"] = "loaded"
        backend = await probed(router, session)
        loading = asyncio.ensure_future(backend.load(ModelInfo("l", "gemma3-1b"), keep_alive=None, context_length=None))
        while len(router.asked("/models/load")) < 2:
            await asyncio.sleep(0.01)
        assert [r.name for r in await backend.residents()] == ["qwen3-4b"]
        router.busy.clear()
        await asyncio.wait_for(loading, 5)
        assert [r.name for r in await backend.residents()] == ["gemma3-1b"]

    async def test_a_failed_load_can_be_tried_again(
        self, router: LlamaRouterServer, session: aiohttp.ClientSession
    ) -> None:
        backend = await probed(router, session)
        router.status["qwen3-4b"] |= {"failed": True, "exit_code": 1}
        await backend.load(ModelInfo("l", "qwen3-4b"), keep_alive=None, context_length=None)
        assert [r.name for r in await backend.residents()] == ["qwen3-4b"]

    async def test_loading_an_unknown_model_is_an_error(
        self, router: LlamaRouterServer, session: aiohttp.ClientSession
    ) -> None:
        backend = await probed(router, session)
        with pytest.raises(BackendError) as caught:
            await backend.load(ModelInfo("l", "nothing"), keep_alive=None, context_length=None)
        assert caught.value.code == "model_not_found"

    async def test_a_sleeping_model_is_absent_and_is_woken_by_a_load(
        self, router: LlamaRouterServer, session: aiohttp.ClientSession
    ) -> None:
        backend = await probed(router, session)
        router.status["qwen3-4b"]["value"] = "sleeping"
        assert await backend.residents() == []
        await backend.load(ModelInfo("l", "qwen3-4b"), keep_alive=None, context_length=None)
        assert [r.state for r in await backend.residents()] == ["resident"]

    async def test_a_load_under_way_is_joined(self, router: LlamaRouterServer, session: aiohttp.ClientSession) -> None:
        backend = await probed(router, session)
        await backend._link.post("/models/load", {"model": "gemma3-1b"})
        await backend.load(ModelInfo("l", "gemma3-1b"), keep_alive=None, context_length=None)
        assert len(router.asked("/models/load")) == 1
        assert [r.context_length for r in await backend.residents()] == [8192]
