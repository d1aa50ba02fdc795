"""A server dies in the middle of a stream: clients of every dialect read one whole answer, which another one ended."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anthropic
import ollama
import openai
import pytest

from tests.faults.stage import Stage, stage
from tests.faults.upstream import TOKENS, Upstream

ASK: Any = [{"role": "user", "content": "What is the sea like?"}]
SAID = "The sea "
WHOLE = SAID + "".join(TOKENS)
MODELS = ("chat", "completions", "responses", "messages", "ollama")
"""One for each client: who broke off once is not asked first again where another one did better."""


def signature(model: str) -> str:
    return f"\n\n~ good/{model}"


@pytest.fixture
async def good() -> AsyncIterator[Upstream]:
    server = Upstream("", MODELS)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def here(tmp_path: Path, good: Upstream) -> AsyncIterator[Stage]:
    async with dying(tmp_path, good, signature_enabled=True, signature_format="~ {model}") as found:
        yield found


@contextlib.asynccontextmanager
async def dying(folder: Path, good: Upstream, **settings: object) -> AsyncIterator[Stage]:
    bad = Upstream("die", MODELS)
    await bad.start()
    servers = {"bad": ("openai", bad.url), "good": ("openai", good.url)}
    async with stage(folder, servers, models=2 * len(MODELS), **settings) as found:
        yield found
    await bad.stop()


async def test_every_official_client_reads_one_whole_answer(here: Stage, good: Upstream) -> None:
    """In one test, because the router that they ask takes longer to start than they to ask."""
    async with openai.AsyncOpenAI(base_url=f"{here.url}/v1", api_key="none", max_retries=0) as client:
        chunks = [c async for c in await client.chat.completions.create(model="chat", messages=ASK, stream=True)]
        text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
        assert text == WHOLE + signature("chat")
        assert len({c.id for c in chunks}) == 1
        assert chunks[-1].choices[0].finish_reason == "stop"
        told = good.bodies[-1]["messages"]
        assert isinstance(told, list)
        assert told == [*ASK, {"role": "assistant", "content": SAID}]

        pieces = [c async for c in await client.completions.create(model="completions", prompt="The sea", stream=True)]
        assert "".join(c.choices[0].text for c in pieces if c.choices) == WHOLE

        async with client.responses.stream(model="responses", input="The sea") as answer:
            assert (await answer.get_final_response()).output_text == WHOLE + signature("responses")

    async with (
        anthropic.AsyncAnthropic(base_url=here.url, api_key="none", max_retries=0) as claude,
        claude.messages.stream(model="messages", max_tokens=50, messages=ASK) as message,
    ):
        assert await message.get_final_text() == WHOLE + signature("messages")

    asked = await ollama.AsyncClient(host=here.url).chat(model="ollama", messages=ASK, stream=True)
    assert "".join([part.message.content or "" async for part in asked]) == WHOLE + signature("ollama")

    rows = await here.rows()
    assert len(rows) == 5
    for row in rows:
        model = row["requested"]
        assert (row["outcome"], row["model"], row["code"]) == ("ok", f"good/{model}", "")
        assert [a["model"] for a in row["attempts"]] == [f"bad/{model}", f"good/{model}"]
        assert row["attempts"][0]["code"] == "upstream_interrupted"


@pytest.mark.parametrize(
    ("path", "comment"),
    [("/v1/chat/completions", True), ("/v1/completions", True), ("/v1/messages", True), ("/api/chat", False)],
)
async def test_who_went_on_is_told_where_the_dialect_has_comments(here: Stage, path: str, comment: bool) -> None:
    body: dict[str, Any] = {"model": "chat", "messages": ASK, "stream": True, "max_tokens": 50}
    if path == "/v1/completions":
        body["prompt"] = body.pop("messages")[0]["content"]
    async with here.session.post(here.url + path, json=body) as response:
        got = (await response.read()).decode()
    assert ("\n: good/chat goes on with the answer: bad (chat) stopped in the middle" in got) == comment
    assert got.count("goes on with the answer") == comment


async def test_where_the_setting_says_so_it_is_an_error_and_the_setting_changes_while_running(
    tmp_path: Path, good: Upstream
) -> None:
    async with (
        dying(tmp_path, good, interrupted="error") as here,
        openai.AsyncOpenAI(base_url=f"{here.url}/v1", api_key="none", max_retries=0) as client,
    ):

        async def text() -> str:
            stream = await client.chat.completions.create(model="chat", messages=ASK, stream=True)
            return "".join([c.choices[0].delta.content or "" async for c in stream if c.choices])

        with pytest.raises(openai.APIError, match="stopped in the middle"):
            await text()
        change = {"key": "interrupted", "value": "resume"}
        async with here.session.post(f"{here.url}/admin/settings", json=change) as changed:
            assert changed.status == 200
        assert await text() == WHOLE


@pytest.mark.thorough
@pytest.mark.engine
async def test_the_real_engine_goes_on_with_what_another_server_began(tmp_path: Path, weights: Path) -> None:
    bad = Upstream("die", ["gemma-3-270m-it-Q4_K_M"])
    await bad.start()
    folders = {"gguf_folders": [str(weights)], "embedded": True, "context_length": 1024}
    async with (
        stage(tmp_path, {"bad": ("openai", bad.url)}, models=2, **folders) as here,
        openai.AsyncOpenAI(base_url=f"{here.url}/v1", api_key="none", max_retries=0) as client,
    ):
        chunks = [
            c
            async for c in await client.chat.completions.create(
                model="gemma-3-270m-it-Q4_K_M", messages=ASK, stream=True, max_tokens=24, temperature=0
            )
        ]
        text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
        (row,) = await here.rows()
    await bad.stop()
    print(repr(text))
    assert text.startswith(SAID)
    assert len(text) > len(SAID)
    assert chunks[-1].choices[0].finish_reason in ("stop", "length")
    assert [a["model"].partition("/")[0] for a in row["attempts"]] == ["bad", "embedded"]
    assert row["outcome"] == "ok"
