"""One Ollama on two simulated cards, over its true protocol: the router uses both, and counts each where it is."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from llmrouter_tui.backends.http import new_session
from llmrouter_tui.backends.ollama import OllamaBackend
from llmrouter_tui.demo.cast import DEEPSEEK_R1_14B, GIB, LLAMA31_8B, PHI4_14B, QWEN3_32B
from llmrouter_tui.demo.gpu import SimulatedGpu
from llmrouter_tui.demo.ollama import SimulatedOllama
from llmrouter_tui.demo.scheduler import Settings
from llmrouter_tui.demo.server import Luck
from tests.engine.house import House, open_house

SPEED = 60.0
CONTEXT = 8192


class Cards(SimulatedGpu):
    """Several as one server sees them: a model goes to the one with the most room, or over all where none has enough,
    which is how Ollama lays them out."""

    def __init__(self, cards: Sequence[SimulatedGpu]) -> None:
        super().__init__("all", "several", 0, others=0, idle_watts=0, limit_watts=0)
        self.cards = cards
        self._layouts: dict[str, list[int]] = {}

    def reserve(self, owner: str, size: int, share: float = 1.0) -> None:
        if owner not in self._layouts:
            rooms = [max(0, card.room(owner.partition("/")[0])) for card in self.cards]
            most = max(range(len(rooms)), key=lambda at: rooms[at])
            if rooms[most] >= size:
                self._layouts[owner] = [size if at == most else 0 for at in range(len(rooms))]
            else:
                self._layouts[owner] = [size * room // sum(rooms) for room in rooms]
        for card, part in zip(self.cards, self._layouts[owner], strict=True):
            if part:
                card.reserve(owner, part, share)

    def release(self, owner: str, late: float = 0.0) -> None:
        self._layouts.pop(owner, None)
        for card in self.cards:
            card.release(owner, late)

    def room(self, server: str) -> int:
        return sum(max(0, card.room(server)) for card in self.cards)

    @contextmanager
    def work(self) -> Iterator[None]:
        with ExitStack() as stack:
            for card in self.cards:
                stack.enter_context(card.work())
            yield

    @property
    def crowd(self) -> int:
        return max(card.crowd for card in self.cards)


def two(first: int, second: int) -> Cards:
    sizes = {"gpu0": first, "gpu1": second}
    return Cards(
        [
            SimulatedGpu(pool, "RTX", size * GIB, others=GIB // 4, idle_watts=20, limit_watts=200)
            for pool, size in sizes.items()
        ]
    )


async def asked(house: House, *names: str) -> None:
    for name in names:
        answer = await house.ask("hello", f"ollama/{name}")
        assert answer.endswith(b"data: [DONE]\n\n")


def counted(house: House) -> dict[str, set[str]]:
    return {o.model: {pool for pool, _ in o.parts} or {o.pool} for o in house.router.ledger.occupants()}


def moves(house: House) -> list[str]:
    return [
        f"{e.fact.event.kind} {e.fact.event.model}" for e in house.seen if type(e.fact).__name__ == "ResidencyChanged"
    ]


async def test_models_that_do_not_fit_one_card_together_stay_on_two_and_the_widest_takes_both() -> None:
    cards = two(16, 14)
    models = (PHI4_14B, DEEPSEEK_R1_14B, LLAMA31_8B, QWEN3_32B)
    server = SimulatedOllama("ollama", cards, models, settings=Settings(speed=SPEED), luck=Luck(0))
    await server.start()
    async with new_session() as session:
        ollama = OllamaBackend("ollama", server.origin, session)
        try:
            async with open_house(ollama, devices=lambda: [card.sample() for card in cards.cards]) as house:
                assert PHI4_14B.footprint(CONTEXT) + DEEPSEEK_R1_14B.footprint(CONTEXT) > 16 * GIB
                for _ in range(4):
                    await asked(house, PHI4_14B.name, DEEPSEEK_R1_14B.name)
                assert moves(house) == [f"load ollama/{PHI4_14B.name}", f"load ollama/{DEEPSEEK_R1_14B.name}"]
                where = counted(house)
                assert sorted(map(sorted, where.values())) == [["gpu0"], ["gpu1"]]
                for card in cards.cards:  # each is counted where it really is
                    held = sum(o.inside(card.pool) for o in house.router.ledger.occupants())
                    assert abs(card.used - GIB // 4 - held) < GIB // 8
                await asked(house, QWEN3_32B.name)
                assert counted(house) == {f"ollama/{QWEN3_32B.name}": {"gpu0", "gpu1"}}
                assert sorted(moves(house)[2:4]) == sorted(f"unload ollama/{m.name}" for m in models[:2])
        finally:
            await server.stop()
