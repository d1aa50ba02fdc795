"""``POST /v1/embeddings``: the official ``openai`` client at our door, and what is refused."""

import asyncio
import base64
import json
import struct
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai import BadRequestError, NotFoundError

from llmrouter_tui.core.decision import Usage
from llmrouter_tui.core.embedding import MAX_INPUTS, MAX_TOKENS
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.proxy.dialects.embedding import Embeddings, OpenAIVectors, packed
from llmrouter_tui.proxy.dialects.ollama_embed import OllamaVectors
from tests.proxy.conftest import Router, Routers
from tests.proxy.scripted import SMALL, Script

SOON = 0.5


def refused(**fields: Any) -> RouterError:
    with pytest.raises(RouterError) as caught:
        Embeddings().read(json.dumps({"model": "auto", "input": "x", **fields}).encode(), session="", client="")
    assert caught.value.code == "invalid_request"
    return caught.value


class TestClient:
    async def test_a_text(self, router: Router) -> None:
        async with router.openai() as asking:  # asks for base64 by itself
            answer = await asking.embeddings.create(model="auto", input="eleven")
        assert answer.data[0].embedding == pytest.approx([6.0, -0.5, 1 / 3])
        assert (answer.model, answer.object, answer.data[0].index) == ("library/qwen3:4b", "list", 0)
        assert (answer.usage.prompt_tokens, answer.usage.total_tokens) == (3, 3)
        run = router.exchanges.last
        assert (run.outcome, run.requested) == ("ok", "auto")

    async def test_texts_keep_their_order_however_they_come(self, router: Router) -> None:
        texts = ["x" * length for length in (5, 1, 4, 2, 3)]
        async with router.openai() as asking:
            answer = await asking.embeddings.create(model="auto", input=texts, encoding_format="float", dimensions=3)
        assert [(one.index, one.embedding[0]) for one in answer.data] == [(0, 5), (1, 1), (2, 4), (3, 2), (4, 3)]
        assert router.exchanges.last.request.dimensions == 3

    @pytest.mark.parametrize("given", [[1, 2, 3], [[1, 2, 3], [4]]])
    async def test_tokens(self, router: Router, given: list[Any]) -> None:
        async with router.openai() as asking:
            await asking.embeddings.create(model="auto", input=given)
        request = router.exchanges.last.request
        assert request.tokens
        assert [list(one) for one in request.inputs] == (given if isinstance(given[0], list) else [given])

    async def test_headers_tell_the_model_whose_vectors_these_are(self, router: Router) -> None:
        response = await router.http.post("/v1/embeddings", json={"model": "auto", "input": "x"})
        assert response.headers["x-router-model"] == SMALL
        assert response.headers["x-router-exchange-id"] == "x1"
        assert response.json()["data"][0]["embedding"] == [1.0, -0.5, 1 / 3]

    async def test_failures(self, router: Router) -> None:
        async with router.openai(max_retries=0) as asking:
            with pytest.raises(BadRequestError, match="'input\\[1\\]' is an empty text"):
                await asking.embeddings.create(model="auto", input=["a", ""])
            assert router.exchanges.refusals[0]["code"] == "invalid_request"
            router.exchanges.script = Script(begin_error=RouterError("model_not_found", "There is no model 'x'."))
            with pytest.raises(NotFoundError, match="There is no model 'x'"):
                await asking.embeddings.create(model="x", input="a")

    async def test_a_failure_in_the_middle_has_its_status(self, router: Router) -> None:
        router.exchanges.script = Script(body_error=RouterError("backend_error", "It broke."))
        response = await router.http.post("/v1/embeddings", json={"model": "auto", "input": "x"})
        assert (response.status_code, response.json()["error"]["message"]) == (502, "It broke.")
        assert response.headers["x-router-exchange-id"] == "x1"
        assert router.exchanges.last.outcome == "failed backend_error"

    async def test_a_bug_of_ours_shows_no_traceback(self, router: Router) -> None:
        router.exchanges.script = Script(open_error=ZeroDivisionError("secret"))
        response = await router.http.post("/v1/embeddings", json={"model": "auto", "input": "x"})
        assert (response.status_code, "secret" in response.text) == (500, False)

    async def test_leaving_frees_the_backend(self, router: Router) -> None:
        router.exchanges.script = Script(gate=asyncio.Event())
        asking = asyncio.ensure_future(router.http.post("/v1/embeddings", json={"model": "auto", "input": "x"}))
        while not router.exchanges.runs or not router.exchanges.last.events:
            await asyncio.sleep(0.005)
        asking.cancel()
        left = time.monotonic()
        await asyncio.wait_for(router.exchanges.last.closed.wait(), 10)
        assert time.monotonic() - left < SOON
        assert router.exchanges.last.outcome == "cancelled"

    async def test_a_stop_is_told(self, router: Router) -> None:
        router.exchanges.script = Script(gate=asyncio.Event())
        asking = asyncio.ensure_future(router.http.post("/v1/embeddings", json={"model": "auto", "input": "x"}))
        while not router.exchanges.runs or not router.exchanges.last.events:
            await asyncio.sleep(0.005)
        await router.server.stop()
        assert (await asking).status_code == 503

    async def test_a_text_longer_than_allowed_is_refused(self, routers: Routers) -> None:
        router = await routers.start(max_prompt_chars=10)
        response = await router.http.post("/v1/embeddings", json={"model": "auto", "input": ["x", "x" * 11]})
        assert (response.status_code, response.json()["error"]["param"]) == (400, "input")
        assert (await router.http.post("/v1/embeddings", json={"model": "auto", "input": "x"})).status_code == 200

    async def test_keys_are_asked_for(self, routers: Routers) -> None:
        router = await routers.start(api_keys=("secret",))
        for path in ("/v1/embeddings", "/api/embed", "/api/embeddings"):
            assert (await router.http.post(path, json={"model": "auto", "input": "x"})).status_code == 401


class TestRefused:
    @pytest.mark.parametrize(
        ("given", "param"),
        [
            (None, "input"),
            ([], "input"),
            ("", "input"),
            (5, "input"),
            ({}, "input"),
            (["a", 5], "input[1]"),
            (["a", [1]], "input[1]"),
            ([1, "a"], "input[0]"),
            ([[]], "input[0]"),
            ([[1, -2]], "input[0]"),
            ([[1.5]], "input[0]"),
            ([True], "input[0]"),
        ],
    )
    def test_inputs_that_are_none(self, given: object, param: str) -> None:
        assert refused(input=given).param == param

    def test_more_inputs_than_bounds_allow(self) -> None:
        assert f"the most is {MAX_INPUTS:,}" in refused(input=["x"] * (MAX_INPUTS + 1)).message
        assert f"more than {MAX_TOKENS:,} tokens" in refused(input=[[1] * (MAX_TOKENS + 1)]).message

    @pytest.mark.parametrize("fields", [{"dimensions": 0}, {"dimensions": 10**9}, {"encoding_format": "int8"}])
    def test_fields_that_cannot_be_heeded(self, fields: dict[str, Any]) -> None:
        (name,) = fields
        assert refused(**fields).param == name


numbers = st.floats(width=32, allow_nan=False, allow_infinity=False)
vectors = st.integers(1, 5).flatmap(
    lambda length: st.lists(st.lists(numbers, min_size=length, max_size=length), min_size=1, max_size=9)
)


@given(st.lists(numbers, min_size=1, max_size=20))
def test_packed_vectors_are_32_bit_floats_least_significant_byte_first(vector: list[float]) -> None:
    assert list(struct.unpack(f"<{len(vector)}f", base64.b64decode(packed(vector)))) == vector


@given(vectors, st.lists(st.integers(0, 9), max_size=4), st.booleans())
def test_however_vectors_come_the_answer_is_the_same(found: list[list[float]], cuts: list[int], pack: bool) -> None:
    ends = sorted({cut % (len(found) + 1) for cut in cuts} | {len(found)} - {0})
    groups = [found[start:end] for start, end in zip([0, *ends], ends, strict=False) if end > start]
    voice = OpenAIVectors(packed=pack)
    told = json.loads(voice.whole([voice.some(group) for group in groups], "m", Usage(prompt_tokens=4)))
    assert [one["index"] for one in told["data"]] == list(range(len(found)))
    expected: list[Any] = [packed(vector) for vector in found] if pack else found
    assert [one["embedding"] for one in told["data"]] == expected
    other = OllamaVectors(lambda: 5)
    lines = json.loads(other.whole([other.some(group) for group in groups], "m", Usage(prompt_tokens=4)))
    assert lines == {
        "model": "m",
        "embeddings": found,
        "total_duration": 0,
        "load_duration": 0,
        "prompt_eval_count": 4,
    }
