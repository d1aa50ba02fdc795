"""What other programs keep of a GPU is told from what comes and goes."""

from dataclasses import dataclass

from llmrouter_tui.core.domain import Device
from llmrouter_tui.engine.strangers import SPAN, UNTOLD, Strangers
from tests.engine.house import GIB, ScriptedBackend, model, open_house


@dataclass
class Hand:
    """A clock that is put forward by hand."""

    now: float = 1000.0

    def mono(self) -> float:
        return self.now

    def wall(self) -> float:
        return self.now


def used(gib: float, problem: str = "") -> tuple[Device, ...]:
    return (Device("gpu0", "GPU", "nvidia", 24 * GIB, int(gib * GIB), int((24 - gib) * GIB), problem=problem),)


async def test_only_what_stays_and_only_while_nothing_moves() -> None:
    clock, backend = Hand(), ScriptedBackend([model("a", 4)])
    async with open_house(backend) as house:
        record = house.fleet.model("one/a")
        strangers = Strangers(clock)

        def pass_by(gib: float, seconds: float = SPAN, problem: str = "") -> int:
            for _ in range(int(seconds)):
                clock.now += 1.0
                strangers.look(used(gib, problem), [record])
            return strangers.kept("gpu0")

        assert pass_by(6.0, SPAN / 2) == 0, "it may be gone in a moment"
        assert pass_by(6.0) == 6 * GIB
        assert pass_by(9.0, SPAN / 3) == 6 * GIB
        assert pass_by(3.0, 1) == 3 * GIB, "what is free is free at once"
        record.in_motion = True
        assert pass_by(20.0, 3 * SPAN) == 3 * GIB, "a model is being loaded"
        record.in_motion = False
        assert pass_by(20.0, 3 * SPAN, problem="lost") == 3 * GIB
        record.residency = "resident"
        assert pass_by(4 + UNTOLD / GIB, 2) == 0, "the model's own, and what its server takes besides"
        assert strangers.kept("gpu1") == 0
