"""Probing over real sockets: simulated servers as Ollama and vLLM answer, and the backends that speak to them."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from llmrouter_tui.backends.discover import build
from llmrouter_tui.backends.http import new_session
from llmrouter_tui.core.measuring import MAX_AGE
from llmrouter_tui.core.ports.backend import Backend
from llmrouter_tui.core.profile import Order
from llmrouter_tui.demo.cast import DEEPSEEK_R1_14B, GEMMA3_4B, MISTRAL_7B, NOMIC_EMBED, PHI4_14B, QWEN3_32B, SimModel
from llmrouter_tui.demo.gpu import two_cards
from llmrouter_tui.demo.ollama import SimulatedOllama
from llmrouter_tui.demo.scheduler import Settings
from llmrouter_tui.demo.vllm import SimulatedVllm
from llmrouter_tui.engine.clock import SystemClock
from tests.engine.house import GIB, House, open_house
from tests.engine.test_probing import make

SPEED = 200.0
TRIED = {"tools", "vision", "json", "embedding", "thinking"}


@dataclass
class Wired:
    """A backend as the house takes it."""

    backend: Backend
    capacity: int = 24 * GIB

    def __getattr__(self, name: str) -> Any:
        return getattr(self.backend, name)

    def used(self) -> int:
        return 0


@contextlib.asynccontextmanager
async def wired(kind: str, models: Sequence[SimModel]) -> AsyncIterator[House]:
    gpu = two_cards()[0]
    server: SimulatedOllama | SimulatedVllm = SimulatedOllama("one", gpu, models, settings=Settings(speed=SPEED))
    if kind == "openai":
        server = SimulatedVllm(gpu, models[0], root="/models", held=6 * GIB, speed=SPEED)
    await server.start()
    try:
        async with new_session() as session:
            backend = build(kind, "one", server.origin, session)
            await backend.probe()
            async with open_house(Wired(backend)) as house:  # type: ignore[arg-type]
                house.fleet.probed = house.measured.probed
                yield house
    finally:
        await server.stop()


async def probed(house: House, model: SimModel) -> dict[str, bool]:
    record = house.fleet.models[f"one/{model.name}"]
    record.speed = replace(record.speed, prefill=model.prefill * SPEED)
    order = Order(SystemClock().wall(), (record.id,))
    await make(house).probe(record, order, lambda state, words: None, MAX_AGE)
    return {one.capability: one.can for one in record.info.probed}


@pytest.mark.parametrize("model", [QWEN3_32B, PHI4_14B, DEEPSEEK_R1_14B, GEMMA3_4B], ids=lambda model: model.name)
async def test_of_ollamas_models_the_probes_find_what_they_can_do(model: SimModel) -> None:
    async with wired("ollama", [model]) as house:
        found = await probed(house, model)
        able = {need for need in TRIED if need in model.capabilities} | {"json"}
        assert {need for need in TRIED if found.get(need)} == able
        assert found["context"]
        info = house.fleet.models[f"one/{model.name}"].info
        assert info.capabilities == able | {"completion"}
        assert all(one.declared in (None, one.can) for one in info.probed)


async def test_an_embedding_model_of_ollamas_embeds() -> None:
    async with wired("ollama", [NOMIC_EMBED]) as house:
        assert await probed(house, NOMIC_EMBED) == {"embedding": True}


async def test_of_a_server_that_tells_nothing_the_probes_find_out() -> None:
    async with wired("openai", [MISTRAL_7B]) as house:
        record = house.fleet.models["one/mistral:7b"]
        assert not record.info.capabilities_known
        found = await probed(house, MISTRAL_7B)
        assert found == {
            "thinking": False,
            "tools": True,
            "json": True,
            "vision": False,
            "embedding": False,
            "context": True,
        }
        assert record.info.capabilities == {"completion", "tools", "json"}
        reasons = {one.capability: one.reason for one in record.info.probed}
        assert "does not support multimodal input" in reasons["vision"]
        assert {one.declared for one in record.info.probed} == {None}


async def test_a_server_that_goes_away_leaves_all_as_it_was_declared() -> None:
    async with wired("ollama", [QWEN3_32B]) as house:
        record = house.fleet.models["one/qwen3:32b"]
        await house.residency.load(record)
        before = record.info.capabilities
        record.backend.backend._link.url = "http://127.0.0.1:9"  # type: ignore[attr-defined]
        assert await probed(house, QWEN3_32B) == {}
        assert record.info.capabilities == before
