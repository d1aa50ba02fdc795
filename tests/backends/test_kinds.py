"""Servers of the OpenAI dialect: how each is recognised, and what only it tells or can be told."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from llmrouter_tui.backends import http
from llmrouter_tui.backends.openai import OpenAIBackend
from llmrouter_tui.backends.reading import split_api
from llmrouter_tui.core.domain import ModelInfo
from llmrouter_tui.core.errors import BackendError
from llmrouter_tui.core.hosting import is_local
from tests.backends.conftest import call_for, read
from tests.backends.desk_servers import LlamaSwapServer, LmStudioServer
from tests.backends.llama_servers import LlamaCppServer
from tests.backends.servers import Json, OpenAIServer, Server, VllmServer

Start = Callable[[Server], Awaitable[OpenAIBackend]]


@pytest.fixture
async def started(session: aiohttp.ClientSession) -> AsyncIterator[Start]:
    servers: list[Server] = []

    async def start(server: Server) -> OpenAIBackend:
        await server.start()
        servers.append(server)
        return OpenAIBackend("o", server.url, session, api_key="sk-secret", api_key_env="MY_KEY", read_timeout=1)

    yield start
    for server in servers:
        await server.stop()


class Hosted(OpenAIServer):
    """OpenRouter tells prices, context and abilities of each model."""

    def entry(self, name: str) -> Json:
        return {
            "id": name,
            "context_length": 131072,
            "pricing": {"prompt": "0.00000015", "completion": "0.0000006"},
            "architecture": {"input_modalities": ["text", "image"]},
            "supported_parameters": ["tools", "response_format", "reasoning", "temperature"],
        }


class OtherRouter(OpenAIServer):
    async def models(self, request: web.Request) -> web.Response:
        auto = [{"id": name, "owned_by": "llmrouter-tui"} for name in ("auto", "auto:fast")]
        real = {
            "id": "box/qwen3:4b",
            "owned_by": "box",
            "context_length": 8192,
            "capabilities": ["completion", "tools"],
            "name": "qwen3:4b",
            "via": ["r1", "r2"],
            "hosted": True,
            "local": False,
            "pricing": {"prompt": "0.000001"},
        }
        return web.json_response({"data": [*auto, real]})


class OldLmStudioServer(OpenAIServer):
    owner = "organization_owner"

    def routes(self) -> list[web.RouteDef]:
        return [*super().routes(), web.get("/api/v0/models", self.known)]

    async def known(self, request: web.Request) -> web.Response:
        chat = {
            "id": "qwen",
            "type": "vlm",
            "state": "loaded",
            "max_context_length": 32768,
            "capabilities": ["tool_use"],
        }
        embed = {"id": "nomic", "type": "embeddings", "state": "not-loaded", "max_context_length": 2048}
        return web.json_response({"data": [chat, embed]})


class TestRecognised:
    @pytest.mark.parametrize(
        ("make", "label", "manages"),
        [
            (OpenAIServer, "OpenAI-compatible", False),
            (VllmServer, "vLLM 0.33.0", False),
            (LmStudioServer, "LM Studio", True),
            (OldLmStudioServer, "LM Studio", False),
            (LlamaSwapServer, "llama-swap 250", True),
            (OtherRouter, "llmrouter", False),
        ],
    )
    async def test_by_what_it_answers(self, started: Start, make: type[Server], label: str, manages: bool) -> None:
        backend = await started(make())
        assert await backend.probe() == label
        assert backend.manages_memory is manages

    async def test_again_after_a_failure(self, started: Start) -> None:
        server = VllmServer()
        backend = await started(server)
        assert await backend.probe() == "vLLM 0.33.0"
        server.mode = "unauthorized"
        with pytest.raises(BackendError):
            await backend.probe()
        server.mode, server.owner = "", "someone"
        assert await backend.probe() == "OpenAI-compatible"


class TestModels:
    async def test_hosted_ones_tell_price_context_and_abilities(self, started: Start) -> None:
        model = (await (await started(Hosted())).models())[0]
        assert model.price_in == pytest.approx(0.15)
        assert model.price_out == pytest.approx(0.6)
        assert model.context_length == 131072
        assert model.capabilities == {"completion", "vision", "tools", "json", "thinking"}
        assert model.capabilities_known

    async def test_another_routers_auto_entries_are_left_out(self, started: Start) -> None:
        [model] = await (await started(OtherRouter())).models()
        assert (model.name, model.context_length) == ("box/qwen3:4b", 8192)
        assert (model.aliases, model.via, model.price_in) == (("qwen3:4b",), ("r1", "r2"), 1.0)
        assert (model.local, model.hosted) == (False, True), "it is on this machine, its model is not"
        assert model.capabilities == {"completion", "tools"}

    async def test_vllm_tells_context_and_holds_what_it_lists(self, started: Start) -> None:
        backend = await started(VllmServer())
        [model] = await backend.models()
        assert model.context_length == 32768
        assert [r.name for r in await backend.residents()] == [model.name]

    async def test_llama_swaps_other_names_and_painters_are_no_models(self, started: Start) -> None:
        models = await (await started(LlamaSwapServer())).models()
        assert [m.name for m in models] == list(LlamaSwapServer.names)
        assert [m.aliases for m in models] == [("smart",), ()]

    async def test_lm_studio_tells_everything(self, started: Start) -> None:
        chat, embed = await (await started(LmStudioServer())).models()
        assert (chat.name, chat.parameters, chat.quantization) == ("qwen/qwen3-4b", 4_000_000_000, "Q4_K_M")
        assert (chat.family, chat.context_length, chat.size_bytes) == ("qwen3", 262144, 2_497_281_120)
        assert chat.capabilities == {"completion", "json", "tools"}
        assert embed.capabilities == {"embedding"}

    async def test_an_older_lm_studio_tells_less(self, started: Start) -> None:
        backend = await started(OldLmStudioServer())
        chat, embed = await backend.models()
        assert chat.capabilities == {"completion", "json", "vision", "tools"}
        assert embed.capabilities == {"embedding"}
        assert [r.name for r in await backend.residents()] == ["qwen"]


class TestLoading:
    async def test_lm_studio_gets_the_context_and_one_instance(self, started: Start) -> None:
        server = LmStudioServer()
        backend = await started(server)
        model = ModelInfo("o", "qwen/qwen3-4b")
        await backend.load(model, keep_alive=None, context_length=8192)
        await backend.load(model, keep_alive=None, context_length=8192)
        assert len(server.instances[model.name]) == 1
        assert [r.context_length for r in await backend.residents()] == [8192]

    async def test_lm_studio_drops_every_instance(self, started: Start) -> None:
        server = LmStudioServer()
        backend = await started(server)
        server.instances["qwen/qwen3-4b"] = [{"id": "one", "config": {}}, {"id": "two", "config": {}}]
        await backend.unload(ModelInfo("o", "qwen/qwen3-4b"))
        assert server.instances["qwen/qwen3-4b"] == []

    async def test_llama_swap_knows_a_model_by_its_server_once_it_was_loaded(self, started: Start) -> None:
        backend = await started(LlamaSwapServer())
        coder = (await backend.models())[0]
        assert (coder.context_length, coder.parameters) == (None, None)
        await backend.load(coder, keep_alive=None, context_length=None)
        await backend.unload(coder)
        coder, writer = await backend.models()
        assert (coder.name, coder.context_length, coder.parameters) == ("coder", 8192, 4_000_000_000)
        assert coder.aliases == ("smart",)
        assert (writer.name, writer.context_length) == ("author/writer", None)

    async def test_llama_swap_may_start_servers_without_a_health_path(self, started: Start) -> None:
        server = LlamaSwapServer()
        server.healthless = True
        backend = await started(server)
        await backend.load(ModelInfo("o", "coder"), keep_alive=None, context_length=None)
        assert [r.name for r in await backend.residents()] == ["coder"]

    async def test_llama_swap_loads_names_with_a_slash(self, started: Start) -> None:
        server = LlamaSwapServer()
        backend = await started(server)
        await backend.load(ModelInfo("o", "author/writer"), keep_alive=None, context_length=None)
        assert server.running == {"author/writer"}

    async def test_llama_swap_does_not_know_every_model(self, started: Start) -> None:
        backend = await started(LlamaSwapServer())
        with pytest.raises(BackendError) as caught:
            await backend.load(ModelInfo("o", "nothing"), keep_alive=None, context_length=None)
        assert caught.value.code == "model_not_found"


class TestConnections:
    async def test_llama_cpp_is_known_to_drop_them_also_by_the_common_dialect(self, started: Start) -> None:
        server = LlamaCppServer()
        backend = await started(server)
        assert await backend.probe() == "llama.cpp"
        [model] = await backend.models()
        assert (model.context_length, model.parameters) == (4096, 4_022_468_096)
        for _ in range(4):
            await read(await backend.chat(call_for(model)))
        assert server.dropped == 0

    async def test_a_request_on_one_that_was_just_closed_is_sent_again(self, started: Start) -> None:
        server = OpenAIServer(drops_streams=True)
        backend = await started(server)
        for stream in (True, True, False):
            reply = await backend.chat(call_for(ModelInfo("o", "gpt-test"), stream=stream))
            await read(reply)
            assert reply.finish_reason == "stop"
        assert server.dropped == 2

    @pytest.mark.parametrize("stream", [True, False])
    async def test_a_request_that_a_gateway_lost_is_sent_again(self, started: Start, stream: bool) -> None:
        server = LlamaSwapServer()
        backend = await started(server)
        server.losing = 1
        reply = await backend.chat(call_for(ModelInfo("o", "coder"), stream=stream))
        await read(reply)
        assert reply.finish_reason == "stop"

    async def test_a_gateway_whose_server_is_gone_is_asked_twice(self, started: Start) -> None:
        server = LlamaSwapServer()
        backend = await started(server)
        server.losing = 9
        with pytest.raises(BackendError) as caught:
            await backend.chat(call_for(ModelInfo("o", "coder")))
        assert (caught.value.code, caught.value.fallback) == ("backend_error", True)
        assert server.losing == 7

    async def test_what_was_being_worked_on_is_not_sent_again(
        self, started: Start, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(http, "_UNHEARD", 0.05)
        server = LlamaSwapServer()
        backend = await started(server)
        server.losing, server.pace = 9, 0.1
        with pytest.raises(BackendError):
            await backend.chat(call_for(ModelInfo("o", "coder")))
        assert server.losing == 8


class TestKey:
    async def test_is_sent(self, started: Start) -> None:
        server = OpenAIServer()
        backend = await started(server)
        await read(await backend.chat(call_for(ModelInfo("o", "gpt-test"))))
        assert server.seen[-1].headers["Authorization"] == "Bearer sk-secret"

    async def test_is_never_repeated_in_an_error_which_names_its_variable(self, started: Start) -> None:
        server = OpenAIServer()
        backend = await started(server)
        server.mode = "unauthorized"
        with pytest.raises(BackendError) as caught:
            await backend.probe()
        assert "sk-secret" not in str(caught.value)
        assert "MY_KEY" in str(caught.value)

    async def test_a_login_in_the_address_is_sent_and_not_shown(self, session: aiohttp.ClientSession) -> None:
        server = OpenAIServer()
        await server.start()
        url = server.url.replace("http://", "http://me:p%40ss@")
        backend = OpenAIBackend("o", url, session)
        await backend.probe()
        await server.stop()
        assert backend.url == server.url
        assert server.seen[-1].headers["Authorization"] == "Basic bWU6cEBzcw=="


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("http://127.0.0.1:8000", ("http://127.0.0.1:8000", "/v1")),
        ("http://127.0.0.1:8000/v1/", ("http://127.0.0.1:8000", "/v1")),
        ("https://openrouter.ai/api/v1", ("https://openrouter.ai/api", "/v1")),
        ("https://example.com/v1beta/openai/", ("https://example.com", "/v1beta/openai")),
        ("https://example.com/paas/v4", ("https://example.com/paas", "/v4")),
    ],
)
def test_the_version_may_be_written_or_not(url: str, parts: tuple[str, str]) -> None:
    assert split_api(url) == parts


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://localhost", "http://[::1]:8080", "http://127.9.9.9"])
def test_loopback_is_this_machine(url: str) -> None:
    assert is_local(url)


@pytest.mark.parametrize("url", ["https://api.openai.com/v1", "http://192.168.1.7:11434", "http://box.lan"])
def test_anything_else_is_not(url: str) -> None:
    assert not is_local(url)


async def test_odd_answers_are_no_models(started: Start, session: aiohttp.ClientSession) -> None:
    class Odd(OpenAIServer):
        answer: Any = None

        async def models(self, request: web.Request) -> web.Response:
            return web.json_response(self.answer)

    server = Odd()
    backend = await started(server)
    for odd in (None, [], {"data": None}, "text"):
        server.answer = odd
        with pytest.raises(BackendError):
            await backend.models()
    server.answer = {"data": [{"id": None}, "x", {"id": "real"}]}
    assert [m.name for m in await backend.models()] == ["real"]


async def test_how_long_a_model_stays_at_lm_studio_is_not_the_clients_to_say(started: Start) -> None:
    server = LmStudioServer()
    backend = await started(server)
    await backend.probe()
    (model, *_) = [one for one in await backend.models() if "completion" in one.capabilities]
    await read(await backend.chat(call_for(model, ttl=1, seed=7)))
    (seen,) = server.asked("/v1/chat/completions")
    assert "ttl" not in seen.body and seen.body["seed"] == 7


async def test_what_it_would_leave_out_is_known_before_a_model_is_loaded(started: Start) -> None:
    backend = await started(LmStudioServer())
    await backend.probe()
    (model, *_) = [one for one in await backend.models() if "completion" in one.capabilities]
    with pytest.raises(BackendError, match="web") as refused:
        backend.refuse(call_for(model, web_search_options={"a": 1}))
    assert refused.value.fallback and refused.value.everywhere
    backend.refuse(call_for(model, tools=[]))
