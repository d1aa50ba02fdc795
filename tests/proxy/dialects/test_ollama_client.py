"""The official ``ollama`` client at our door, over a real socket, and what Open WebUI's Ollama connection asks."""

import asyncio
import json
import time
from base64 import b64decode
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from ollama import AsyncClient, ResponseError

from llmrouter_tui.core.domain import ResidencyEvent
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.events import ResidencyChanged
from tests.proxy.conftest import Router, Routers
from tests.proxy.dialects.canonical import call, event
from tests.proxy.scripted import BIG, DONE, SMALL, Script, chunk

SOON = 0.5
HI = [{"role": "user", "content": "hi"}]
PNG = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
USAGE = {"prompt_tokens": 9, "completion_tokens": 2}
COUNTED = b"data: " + json.dumps({"choices": [], "usage": USAGE}).encode() + b"\n\n"


OPENED: list[AsyncClient] = []
"""By the test that runs."""


@pytest.fixture(autouse=True)
async def closing() -> AsyncIterator[None]:
    yield
    while OPENED:
        await OPENED.pop().close()


def client(router: Router, **options: Any) -> AsyncClient:
    OPENED.append(AsyncClient(host=router.url, trust_env=False, verify=False, **options))
    return OPENED[-1]


class TestAnswers:
    async def test_a_chat(self, router: Router) -> None:
        answer = await client(router).chat("auto", HI)
        assert (answer.message.content, answer.done_reason, answer.model) == ("Hello", "stop", "qwen3:4b")
        assert (answer.prompt_eval_count, answer.eval_count) == (3, 2)
        assert answer.total_duration is not None and answer.total_duration > 0
        run = router.exchanges.last
        assert (run.outcome, run.requested, run.request.stream) == ("ok", "auto", False)
        assert run.request.client.startswith("ollama-python/")

    async def test_a_stream_with_its_counters_in_the_last_line(self, router: Router) -> None:
        router.exchanges.script = Script(chunks=(chunk("Hel"), chunk("lo"), chunk("", "length"), COUNTED, DONE))
        parts = [part async for part in await client(router).chat("auto", HI, stream=True)]
        assert [part.message.content for part in parts] == ["Hel", "lo", ""]
        assert [part.done for part in parts] == [False, False, True]
        assert (parts[-1].done_reason, parts[-1].prompt_eval_count, parts[-1].eval_count) == ("length", 9, 2)

    async def test_streams_are_lines_with_what_was_decided_in_their_headers(self, router: Router) -> None:
        response = await router.http.post("/api/chat", json={"model": "auto:latest", "messages": HI})
        assert response.headers["content-type"] == "application/x-ndjson"
        assert response.headers["x-router-model"] == SMALL
        told = [json.loads(line) for line in response.text.splitlines()]
        assert told[-1]["done"]
        assert (await router.http.post("/v1/feedback", json={"id": "x1", "rating": "up"})).status_code == 200

    async def test_tools_are_called_and_answered(self, router: Router) -> None:
        pieces = (event(call(0, "weather", '{"city":', "t1")), event(call(0, arguments=' "Oslo"}')))
        router.exchanges.script = Script(chunks=(*pieces, event({}, "tool_calls"), DONE))

        def weather(city: str) -> str:
            """Weather of a city.

            Args:
                city: where
            """
            return city

        asking = client(router)
        parts = [part async for part in await asking.chat("auto", HI, tools=[weather], stream=True)]
        (made,) = parts[0].message.tool_calls or ()
        assert (made.function.name, made.function.arguments) == ("weather", {"city": "Oslo"})
        asked = json.loads(router.exchanges.last.request.body)["tools"][0]["function"]
        assert (asked["name"], asked["parameters"]["required"]) == ("weather", ["city"])
        router.exchanges.script = Script()
        turns = [*HI, parts[0].message, {"role": "tool", "tool_name": "weather", "content": "4°"}]
        await asking.chat("auto", turns)
        told = json.loads(router.exchanges.last.request.body)["messages"]
        assert told[2] == {"role": "tool", "content": "4°", "tool_call_id": told[1]["tool_calls"][0]["id"]}
        assert json.loads(told[1]["tool_calls"][0]["function"]["arguments"]) == {"city": "Oslo"}

    async def test_images_and_thoughts(self, router: Router) -> None:
        router.exchanges.script = Script(
            chunks=(event({"reasoning_content": "hm"}), chunk("a dot"), chunk("", "stop"), DONE)
        )
        turns = [{"role": "user", "content": "What is it?", "images": [PNG]}]
        parts = [part async for part in await client(router).chat("auto", turns, stream=True, think=True)]
        assert [part.message.thinking for part in parts] == ["hm", None, None]
        request = router.exchanges.last.request
        assert (request.messages[0].images, request.thinking) == (1, True)
        assert json.loads(request.body)["messages"][0]["content"][1]["image_url"]["url"].startswith("data:image/png;")

    async def test_a_prompt(self, router: Router) -> None:
        asking = client(router)
        answer = await asking.generate("auto", "hi", system="Be brief.", options={"temperature": 0, "num_predict": 5})
        assert (answer.response, answer.done, answer.eval_count) == ("Hello", True, 2)
        body = json.loads(router.exchanges.last.request.body)
        assert (body["temperature"], body["max_tokens"]) == (0, 5)
        parts = [part.response async for part in await asking.generate("auto", "hi", stream=True)]
        assert parts == ["Hel", "lo", ""]

    async def test_a_format_is_a_schema(self, router: Router) -> None:
        schema = {"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"]}
        await client(router).chat("auto", HI, format=schema)
        assert json.loads(router.exchanges.last.request.body)["response_format"]["json_schema"]["schema"] == schema


class TestFailures:
    async def test_have_their_status_and_one_text(self, router: Router) -> None:
        error = RouterError("model_not_found", "There is no model 'x'.", hint="Nearest: y.")
        router.exchanges.script = Script(begin_error=error)
        for stream in (False, True):
            with pytest.raises(ResponseError) as caught:
                answer = await client(router).chat("x", HI, stream=stream)  # type: ignore[call-overload]
                _ = [part async for part in answer]
            assert caught.value.status_code == 404
            assert caught.value.error == "There is no model 'x'. Nearest: y."

    async def test_after_the_first_word_are_a_line(self, router: Router) -> None:
        broken = RouterError("upstream_interrupted", "It stopped in the middle.", retryable=True)
        router.exchanges.script = Script(chunks=(chunk("Hel"),), body_error=broken)
        heard = []
        with pytest.raises(ResponseError, match="It stopped in the middle"):
            async for part in await client(router).chat("auto", HI, stream=True):
                heard.append(part.message.content)  # noqa: PERF401 - what came before the failure
        assert heard == ["Hel"]

    async def test_a_wrong_field_is_named(self, router: Router) -> None:
        response = await router.http.post("/api/chat", json={"model": "auto", "messages": HI, "format": 5})
        assert (response.status_code, list(response.json())) == (400, ["error"])
        assert "'format' must be" in response.json()["error"]

    @pytest.mark.parametrize("path", ["/api/nothing", "/api/chat/x"])
    async def test_unknown_paths_are_told_in_the_same_shape(self, router: Router, path: str) -> None:
        response = await router.http.post(path, json={})
        assert (response.status_code, list(response.json())) == (404, ["error"])
        assert (await router.http.get("/api/chat")).status_code == 405

    @pytest.mark.parametrize("verb", ["pull", "push", "create", "copy", "delete"])
    async def test_installing_and_deleting_is_left_to_the_servers(self, router: Router, verb: str) -> None:
        names = ("a", "b") if verb == "copy" else ("a",)
        with pytest.raises(ResponseError, match=f"does not {verb} models") as caught:
            await getattr(client(router), verb)(*names)
        assert caught.value.status_code == 403


class TestLeaving:
    @pytest.mark.parametrize("stream", [False, True])
    async def test_frees_the_backend(self, router: Router, stream: bool) -> None:
        router.exchanges.script = Script(chunks=(chunk("x"),), endless=True, pause=0.01)
        if not stream:
            router.exchanges.script = Script(gate=asyncio.Event())
        asking = asyncio.ensure_future(self.listen(router, stream))
        while not router.exchanges.runs or not router.exchanges.last.events:
            await asyncio.sleep(0.005)
        run = router.exchanges.last
        if stream:
            while not run.sent:
                await asyncio.sleep(0.005)
        asking.cancel()
        left = time.monotonic()
        await asyncio.wait_for(run.closed.wait(), 10)
        assert time.monotonic() - left < SOON
        assert run.outcome == "cancelled"

    async def listen(self, router: Router, stream: bool) -> None:
        answer = await client(router).chat("auto", HI, stream=stream)  # type: ignore[call-overload]
        async for _ in answer:
            pass

    async def test_who_waits_for_a_model_gets_lines_without_words(self, routers: Routers) -> None:
        router = await routers.start(early=0.01, keepalive=0.02)
        gate = asyncio.Event()
        router.exchanges.script = Script(gate=gate)
        heard = []
        async for part in await client(router).chat("auto", HI, stream=True):
            heard.append(part.message.content)
            gate.set()
        assert heard[0] == ""
        assert "".join(text or "" for text in heard) == "Hello"


class TestLists:
    async def test_models_have_a_tag_and_the_routers_choice_is_one_of_them(self, router: Router) -> None:
        found = {model.model: model for model in (await client(router).list()).models}
        assert list(found) == ["auto:latest", "auto:fast", "auto:best", "library/qwen3:4b", "qwen3:32b"]
        small = found["library/qwen3:4b"]
        assert small.details is not None
        assert small.details.parameter_size == "4.0B"
        listed = (await router.http.get("/api/tags")).json()["models"]
        assert {entry["name"] for entry in listed} == {entry["model"] for entry in listed}
        assert listed[3]["capabilities"] == ["completion", "tools"]

    async def test_replicas_are_one_model(self, router: Router) -> None:
        first = router.control.views[0]
        info = replace(first.info, backend="other", name="Plain")
        router.control.views = (replace(first, info=info), replace(first, info=replace(info, backend="third")))
        names = [model.model for model in (await client(router).list()).models]
        assert names == ["auto:latest", "auto:fast", "auto:best", "Plain:latest"]
        assert (await client(router).show("Plain:latest")).modelinfo

    async def test_show_tells_context_and_capabilities(self, router: Router) -> None:
        shown = await client(router).show("qwen3:32b")
        assert shown.capabilities == ["completion", "vision"]
        assert shown.modelinfo == {"general.architecture": "llmrouter", "llmrouter.context_length": 131072}
        auto = await client(router).show("auto:latest")
        assert auto.capabilities == ["completion", "tools", "vision"]
        assert auto.modelinfo is not None and auto.modelinfo["llmrouter.context_length"] == 131072

    async def test_show_of_nothing_is_404(self, router: Router) -> None:
        with pytest.raises(ResponseError, match="no model 'qwen'") as caught:
            await client(router).show("qwen")
        assert caught.value.status_code == 404
        assert "'model' is missing" in (await router.http.post("/api/show", json={})).json()["error"]

    async def test_ps_tells_what_is_in_memory(self, router: Router) -> None:
        (held,) = (await client(router).ps()).models
        assert (held.model, held.size, held.size_vram) == ("library/qwen3:4b", 3 << 30, 3 << 30)
        assert held.context_length == 32768
        pinned = replace(router.control.views[0], pinned=True)
        router.control.views = (pinned,)
        (held,) = (await client(router).ps()).models
        assert held.expires_at is not None and held.expires_at.year > 2300

    async def test_the_version_is_one_that_clients_can_compare(self, router: Router) -> None:
        told = (await router.http.get("/api/version")).json()
        assert all(part.isdecimal() for part in told["version"].split("."))
        assert told["router"] == "llmrouter-tui 1.2.3"

    async def test_a_sign_of_life(self, router: Router) -> None:
        assert "Ollama is running" in (await router.http.get("/")).text
        assert (await router.http.head("/")).status_code == 200

    async def test_a_key_sees_its_own_models(self, routers: Routers) -> None:
        router = await routers.start(api_keys=("secret",))
        with pytest.raises(ResponseError) as caught:
            await client(router).list()
        assert caught.value.status_code == 401
        assert len((await client(router, headers={"Authorization": "Bearer secret"}).list()).models) == 5


class TestLoading:
    async def test_a_request_without_words_loads_and_answers_when_the_model_is_there(self, router: Router) -> None:
        asking = asyncio.ensure_future(client(router).generate("qwen3:32b"))
        while ("load", BIG) not in router.control.calls:
            await asyncio.sleep(0.005)
        assert not asking.done()
        router.bus.publish(ResidencyChanged(ResidencyEvent(1.0, "load", SMALL, "gpu0", 2.0, "another")))
        router.bus.publish(ResidencyChanged(ResidencyEvent(1.0, "load", BIG, "gpu0", 2.0, "asked for")))
        answer = await asking
        assert (answer.done, answer.done_reason, answer.response) == (True, "load", "")
        assert not router.exchanges.runs
        assert not router.bus.subscriptions

    async def test_a_load_that_fails_is_told(self, router: Router) -> None:
        asking = asyncio.ensure_future(client(router).chat("qwen3:32b", []))
        while ("load", BIG) not in router.control.calls:
            await asyncio.sleep(0.005)
        router.bus.publish(ResidencyChanged(ResidencyEvent(1.0, "load_failed", BIG, "gpu0", 2.0, "no room")))
        with pytest.raises(ResponseError, match=f"{BIG} could not be loaded: no room"):
            await asking

    async def test_what_is_there_already_and_what_the_router_chooses_is_answered_at_once(self, router: Router) -> None:
        for name in ("library/qwen3:4b", "auto:latest"):
            assert (await client(router).chat(name, [])).done_reason == "load"
        assert (await client(router).embed(SMALL, "")).embeddings == []
        assert not router.control.calls

    async def test_an_unknown_model_is_404(self, router: Router) -> None:
        with pytest.raises(ResponseError) as caught:
            await client(router).generate("nobody", keep_alive=0)
        assert caught.value.status_code == 404

    @pytest.mark.parametrize("keep_alive", [0, "0", "0s", "0m"])
    async def test_keep_alive_0_unloads(self, router: Router, keep_alive: object) -> None:
        body = {"model": "library/qwen3:4b", "prompt": "", "keep_alive": keep_alive}
        response = await router.http.post("/api/generate", json=body)
        assert response.headers["content-type"].startswith("application/json")
        assert response.json()["done_reason"] == "unload"
        assert router.control.calls == [("unload", SMALL, False)]

    @pytest.mark.parametrize("keep_alive", [-1, "5m", "10s", 1, None])
    async def test_other_times_unload_nothing(self, router: Router, keep_alive: object) -> None:
        body = {"model": "library/qwen3:4b", "prompt": "", "keep_alive": keep_alive}
        assert (await router.http.post("/api/generate", json=body)).json()["done_reason"] == "load"
        assert not router.control.calls

    async def test_what_is_not_in_memory_needs_no_unloading(self, router: Router) -> None:
        assert (await client(router).generate("qwen3:32b", keep_alive=0)).done_reason == "unload"
        assert not router.control.calls

    async def test_a_pinned_model_stays(self, router: Router) -> None:
        router.control.views = (replace(router.control.views[0], pinned=True),)
        with pytest.raises(ResponseError, match="is pinned: it stays in memory") as caught:
            await client(router).generate("library/qwen3:4b", keep_alive=0)
        assert caught.value.status_code == 403
        assert not router.control.calls

    @pytest.mark.parametrize("needed", [{"leases": 1}, {"waiting": 1}])
    async def test_a_model_that_others_need_stays(self, router: Router, needed: dict[str, int]) -> None:
        router.control.views = (replace(router.control.views[0], **needed),)
        with pytest.raises(ResponseError, match="is answering others now") as caught:
            await client(router).generate("library/qwen3:4b", keep_alive=0)
        assert caught.value.status_code == 409
        assert not router.control.calls

    async def test_keep_alive_beside_words_is_left_to_the_router(self, router: Router) -> None:
        await client(router).chat("auto", HI, keep_alive=0)
        assert "keep_alive" not in json.loads(router.exchanges.last.request.body)
        assert not router.control.calls


class TestEmbed:
    async def test_texts(self, router: Router) -> None:
        answer = await client(router).embed("auto", ["one", "eleven", "x"], dimensions=3)
        assert [vector[0] for vector in answer.embeddings] == [3.0, 6.0, 1.0]
        assert (answer.prompt_eval_count, answer.model) == (9, "library/qwen3:4b")
        assert router.exchanges.last.request.dimensions == 3
        assert (await client(router).embed("auto", "one")).embeddings[0][0] == 3.0

    async def test_one_prompt(self, router: Router) -> None:
        assert list((await client(router).embeddings("auto", "eleven")).embedding) == [6.0, -0.5, 1 / 3]

    async def test_a_failure(self, router: Router) -> None:
        router.exchanges.script = Script(open_error=RouterError("no_capable_model", "No model here is known to embed."))
        with pytest.raises(ResponseError, match="No model here is known to embed"):
            await client(router).embed("auto", "one")


async def test_what_open_webui_asks(router: Router) -> None:
    """Its ``routers/ollama.py``: the version is compared as numbers; models are known by ``model`` and ``name``, those
    in memory by ``name`` and an ``expires_at`` that Python can read; a name without a colon gets ``:latest`` and has to
    be listed so; a chat goes to ``/api/chat``; ``keep_alive`` 0 without ``stream`` unloads, answered in JSON."""
    http = router.http
    assert tuple(map(int, (await http.get("/api/version")).json()["version"].split("."))) >= (0, 6, 4)
    listed = {entry["model"]: entry["name"] for entry in (await http.get("/api/tags")).json()["models"]}
    assert all(":" in name for name in listed)
    (held,) = (await http.get("/api/ps")).json()["models"]
    assert held["name"] in listed.values()
    assert datetime.fromisoformat(held["expires_at"]).timestamp() > time.time() - 60
    for name in listed:
        shown = await http.post("/api/show", json={"model": name, "name": name})
        assert shown.status_code == 200
        body = {"model": name, "messages": HI, "options": {"num_ctx": 2048}, "stream": True, "keep_alive": "10m"}
        answer = await http.post("/api/chat", json=body)
        assert json.loads(answer.text.splitlines()[-1])["eval_duration"] >= 0
    unloaded = await http.post("/api/generate", json={"model": held["model"], "keep_alive": 0, "prompt": ""})
    assert unloaded.json()["done"]
