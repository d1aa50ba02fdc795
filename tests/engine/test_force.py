"""A model that is unloaded by force: who was being answered is told so, by us, and the server is left first."""

import asyncio
import json
from dataclasses import replace

import pytest

from llmrouter_tui.backends.http import new_session
from llmrouter_tui.backends.ollama import OllamaBackend
from llmrouter_tui.core.domain import Device
from llmrouter_tui.core.errors import BackendError
from llmrouter_tui.demo.cast import GIB, LLAMA31_8B
from llmrouter_tui.demo.gpu import SimulatedGpu
from llmrouter_tui.demo.ollama import SimulatedOllama
from llmrouter_tui.demo.scheduler import Settings
from llmrouter_tui.demo.server import Luck
from tests.engine.house import House, ScriptedBackend, model, open_house, request, until

FORCED = "unloaded by force in the middle of its answer"


async def answer(house: House, name: str, prompt: str = "hi") -> tuple[list[bytes], BackendError | None]:
    """What a client got, and the error that it was told."""
    body = json.dumps({"model": name, "messages": [{"role": "user", "content": prompt}], "stream": True}).encode()
    run, got = house.router.begin(replace(request(prompt, name), body=body)), []
    try:
        await run.open()
        chunks = run.body()
        while (chunk := await anext(chunks, None)) is not None:
            got.append(chunk)
    except BackendError as error:
        return got, error
    finally:
        run.close()
    return got, None


async def test_who_is_being_answered_is_told_at_once_and_the_model_goes():
    backend = ScriptedBackend([model("a")])
    async with open_house(backend) as house:
        record = house.fleet.model("one/a")
        await house.ask(name="one/a")
        run = house.router.begin(request(name="one/a"))
        await run.open()
        body = run.body()
        await anext(body)
        backend.gate.clear()
        reading = asyncio.ensure_future(anext(body))
        await asyncio.sleep(0)
        unloading = asyncio.ensure_future(house.residency.unload(record, "asked for", force=True))
        with pytest.raises(BackendError, match=FORCED) as told:
            async with asyncio.timeout(5):
                await reading
        assert told.value.code == "upstream_interrupted"
        assert record.residency != "absent"  # not before its client was told
        run.close()
        async with asyncio.timeout(5):
            await unloading
        assert (record.residency, record.leases, record.holders) == ("absent", 0, set())


async def test_who_has_no_word_of_its_answer_yet_gets_it_from_another_model():
    backend = ScriptedBackend([model("a"), model("b")])
    async with open_house(backend) as house:
        for name in "ab":
            (await house.residency.acquire(house.fleet.model(f"one/{name}"))).release()
        backend.gate.clear()
        asking = asyncio.ensure_future(answer(house, "auto"))
        await until(lambda: any(m.leases for m in house.fleet.models.values()))
        first = next(m for m in house.fleet.models.values() if m.leases)
        await until(lambda: bool(backend.replies))
        async with asyncio.timeout(5):
            await house.residency.unload(first, "asked for", force=True)
        backend.gate.set()
        got, error = await asking
        assert error is None
        assert got[-1].endswith(b"[DONE]\n\n")
        assert [name for act, name in backend.calls if act == "chat"][-1] != first.info.name


async def test_a_client_that_leaves_while_its_answer_is_cut_has_left():
    backend = ScriptedBackend([model("a")])
    async with open_house(backend) as house:
        record = house.fleet.model("one/a")
        await house.ask(name="one/a")
        backend.gate.clear()
        asking = asyncio.ensure_future(answer(house, "one/a"))
        await until(lambda: len(backend.replies) == 2)
        asking.cancel()
        unloading = asyncio.ensure_future(house.residency.unload(record, "asked for", force=True))
        with pytest.raises(asyncio.CancelledError):
            await asking
        await unloading
        assert not record.leases


async def test_an_ollama_that_answers_lets_the_model_go_as_soon_as_the_answer_is_cut():
    card = SimulatedGpu("gpu0", "RTX", 24 * GIB, others=0, idle_watts=20, limit_watts=200)
    server = SimulatedOllama("ollama", card, [LLAMA31_8B], settings=Settings(speed=4.0), luck=Luck(0))
    await server.start()

    def devices() -> list[Device]:
        return [card.sample()]

    async with new_session() as session:
        try:
            async with open_house(OllamaBackend("ollama", server.origin, session), devices=devices) as house:
                record = house.fleet.model(f"ollama/{LLAMA31_8B.name}")
                (await house.residency.acquire(record)).release()
                asking = asyncio.ensure_future(answer(house, record.id, "Implement an LRU cache in Python, in full."))
                await until(lambda: card.crowd > 0)
                async with asyncio.timeout(10):
                    await house.residency.unload(record, "asked for", force=True)
                    got, error = await asking
                assert error is not None
                assert FORCED in error.message
                assert b"[DONE]" not in b"".join(got)
                assert (record.residency, card.crowd) == ("absent", 0)
        finally:
            await server.stop()
