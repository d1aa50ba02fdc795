"""A request for a longer answer than there is room for: it is asked again for as long a one as there is."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from llmrouter_tui.backends.http import Link
from llmrouter_tui.backends.stream import open_chat
from llmrouter_tui.core.chat import ChatCall
from llmrouter_tui.core.domain import ModelInfo
from llmrouter_tui.core.errors import BackendError
from tests.backends.conftest import call_for, read

CONTEXT, PROMPT = 16_384, 1_605
OLDER = (
    "This model's maximum context length is {context} tokens. However, you requested {both} tokens ({prompt} in the "
    "messages, {wanted} in the completion). Please reduce the length of the messages or completion."
)
NEWER = (
    "'max_tokens' or 'max_completion_tokens' is too large: {wanted}. This model's maximum context length is {context} "
    "tokens and your request has {prompt} input tokens ({wanted} > {context} - {prompt})."
)


class Strict:
    """A server that refuses what does not fit, in these words."""

    def __init__(self, words: str, prompt: int) -> None:
        self.words, self.prompt = words, prompt
        self.asked: list[dict[str, Any]] = []

    async def chat(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.asked.append(body)
        wanted = body.get("max_completion_tokens") or body.get("max_tokens") or 1
        if self.prompt + wanted > CONTEXT:
            told = {"context": CONTEXT, "both": self.prompt + wanted, "prompt": self.prompt, "wanted": wanted}
            return web.json_response({"error": {"message": self.words.format(**told), "code": 400}}, status=400)
        return web.json_response({"choices": [{"index": 0, "message": {"content": "Hi"}, "finish_reason": "stop"}]})


@pytest.fixture
async def strict(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Strict, str]]:
    server = Strict(*request.param)
    app = web.Application()
    app.router.add_post("/v1/chat/completions", server.chat)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield server, f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


def call(**limits: int) -> ChatCall:
    made = call_for(ModelInfo("b", "m"), stream=False, temperature=0.5, **limits)
    return replace(made, request=replace(made.request, max_tokens=next(iter(limits.values()), None)))


@pytest.mark.parametrize("strict", [(OLDER, PROMPT), (NEWER, PROMPT)], indirect=True, ids=["older", "newer"])
@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
async def test_it_is_as_long_as_there_is_room(
    strict: tuple[Strict, str], session: aiohttp.ClientSession, name: str
) -> None:
    server, url = strict
    answer = json.loads(await read(await open_chat(Link(session, "b", url), call(**{name: 32_000}))))
    assert answer["choices"][0]["message"]["content"] == "Hi"
    first, second = server.asked
    assert (first[name], second[name]) == (32_000, CONTEXT - PROMPT)
    assert {**first, name: 0} == {**second, name: 0}, "and nothing else is another"


@pytest.mark.parametrize("strict", [(NEWER, CONTEXT - 10), (NEWER, CONTEXT + 10)], indirect=True)
async def test_a_prompt_that_leaves_no_room_is_too_long(
    strict: tuple[Strict, str], session: aiohttp.ClientSession
) -> None:
    server, url = strict
    for limits in ({"max_tokens": 32_000}, {}) if server.prompt > CONTEXT else ({"max_tokens": 32_000},):
        with pytest.raises(BackendError) as refused:
            await open_chat(Link(session, "b", url), call(**limits))
        assert refused.value.code == "context_length_exceeded"
        assert len(server.asked) == 1
        server.asked.clear()
