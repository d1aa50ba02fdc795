"""What the database needs as long as the router lives."""

import time
from pathlib import Path

from llmrouter_tui.service.upkeep import Pruning
from llmrouter_tui.storage.repo import open_repo
from tests.storage.facts import finished

YEAR = 365 * 86_400.0


class Clock:
    ahead = 0.0

    def wall(self) -> float:
        return time.time() + self.ahead

    def mono(self) -> float:
        return time.monotonic()


async def test_a_clock_that_was_set_does_not_take_the_history_with_it_at_once(tmp_path: Path) -> None:
    repo, clock = await open_repo(tmp_path / "router.db"), Clock()
    repo.record(finished(1, at=time.time()))
    pruning = Pruning(repo, lambda: 90.0, clock)

    async def kept() -> int:
        await pruning.step()
        return (await repo.exchanges(before=None, limit=5)).total

    assert await kept() == 1
    clock.ahead = 3 * YEAR
    assert await kept() == 1, "it was just set"
    clock.ahead = 0.0
    assert await kept() == 1, "and set right again"
    assert await kept() == 1
    clock.ahead = 3 * YEAR
    assert [await kept(), await kept()] == [1, 0], "it stays so: then it is true"
    await repo.close()
