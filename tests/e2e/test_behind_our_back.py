"""A llama.cpp router whose load dies because somebody else takes its memory in that moment: all that it tells is an
exit code, and the model is loaded all the same, once there is room again."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace

from llmrouter_tui.backends.http import new_session
from llmrouter_tui.backends.llamacpp import LlamaCppBackend
from llmrouter_tui.core.events import ResidencyChanged
from llmrouter_tui.demo.cast import GIB, LLAMA31_8B, MISTRAL_7B, SimModel
from llmrouter_tui.demo.gpu import SimulatedGpu
from tests.demo.llama_router import SimulatedLlamaRouter
from tests.engine.house import House, open_house

HERE, WANTED = replace(LLAMA31_8B, name="Llama-3.1-8B"), replace(MISTRAL_7B, name="Mistral-7B")


class Card(SimulatedGpu):
    """Somebody starts something on it as soon as a model begins to be loaded."""

    def __init__(self) -> None:
        super().__init__("gpu0", "RTX 4090", 24 * GIB, others=0, idle_watts=22, limit_watts=450)
        self.surprise = 0
        self.at = ""

    def reserve(self, owner: str, size: int, share: float = 1.0) -> None:
        if owner == self.at and self.surprise:
            surprise, self.surprise = self.surprise, 0
            super().reserve("somebody/else", surprise)
        super().reserve(owner, size, share)


@contextlib.asynccontextmanager
async def opened(card: Card) -> AsyncIterator[House]:
    server = SimulatedLlamaRouter("llama", card, (HERE, WANTED), places=0, speed=400)
    await server.start()
    async with new_session() as session:
        backend = LlamaCppBackend("llama", server.origin, session)
        try:
            async with open_house(backend, devices=lambda: [card.sample()]) as house:
                yield house
        finally:
            await server.stop()


async def use(house: House, model: SimModel) -> None:
    (await house.residency.acquire(house.fleet.model(f"llama/{model.name}"))).release()


async def test_a_load_that_died_for_want_of_memory_is_done_with_the_room_of_who_may_leave() -> None:
    card = Card()
    async with opened(card) as house:
        await use(house, HERE)
        card.at, card.surprise = f"llama/{WANTED.name}", 14 * GIB
        await use(house, WANTED)
        told = [fact.event for fact in house.facts(ResidencyChanged)]
        assert [(event.kind, event.model) for event in told][1:] == [
            ("load_failed", f"llama/{WANTED.name}"),
            ("unload", f"llama/{HERE.name}"),
            ("load", f"llama/{WANTED.name}"),
        ]
        assert "exit code 1" in told[1].reason, "the server knows no more"
        assert house.fleet.model(f"llama/{WANTED.name}").problem == ""
