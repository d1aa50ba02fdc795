"""Results of measuring and orders for it: on the disk at once, the newest of each prompt, read at the next start."""

import math
from dataclasses import replace
from pathlib import Path

from llmrouter_tui.core.decision import Effect
from llmrouter_tui.core.profile import ModelProfile, Order, PastRun, Result, TaskScore
from llmrouter_tui.storage.repo import open_repo

FULL = Result(
    "box/m", "math-sum", "math", 10.0, "checked", 1.0, "65 is right", "", 0.2, 500.0, 40.0, 60, 12, 4, 0.1, 1.5,
    "65", "abc", "Q4_K_M", 3, 4_000_000_000, "measured",
)  # fmt: skip
KNOWN = ModelProfile("box/m", 60.0, (TaskScore("math", 4, 3.5),), failed=1, decode=40.5, failures={"prompt_timeout": 1})
FAILED = Result("box/m", "chat-name", "chat", 11.0, "failed", reason="it took longer than 20 s", code="prompt_timeout")


async def test_results_survive_the_process_with_everything_that_was_measured(tmp_path: Path) -> None:
    file = tmp_path / "router.db"
    repo = await open_repo(file)
    await repo.store_profile_result(FAILED)
    await repo.store_profile_result(FULL)
    again = await open_repo(file)  # the first one was not closed: what is stored is on the disk
    assert await again.profile_results("box/m") == [FULL, FAILED]
    assert await again.profile_results() == [replace(FULL, answer=""), FAILED]
    assert await again.profile_results("box/other") == []
    await again.close()
    await repo.close()


async def test_a_newer_result_takes_the_place_of_the_older_one() -> None:
    repo = await open_repo(None)
    await repo.store_profile_result(FULL)
    newer = replace(FULL, at=20.0, passed=0.0, answer="66")
    await repo.store_profile_result(newer)
    assert await repo.profile_results("box/m") == [newer]
    await repo.close()


async def test_what_sqlite_cannot_hold_is_left_out() -> None:
    repo = await open_repo(None)
    await repo.store_profile_result(replace(FULL, answer="half \ud800 a pair", decode=math.inf, ttft=math.nan))
    [kept] = await repo.profile_results("box/m")
    assert (kept.decode, kept.ttft) == (None, None)
    assert kept.answer.startswith("half ")
    await repo.close()


async def test_an_order_is_remembered_until_it_ends(tmp_path: Path) -> None:
    file, order = (
        tmp_path / "router.db",
        Order(5.0, ("box/m", "box/ünï:8b"), False, True, "failed", "while idle", {"box/m": {"math": 0.5}}),
    )
    repo = await open_repo(file)
    assert await repo.profile_order() is None
    await repo.begin_profile(order)
    await repo.close()
    repo = await open_repo(file)
    assert await repo.profile_order() == order
    await repo.end_profile(PastRun(5.0, 6.0, False, order.models))
    assert await repo.profile_order() is None
    await repo.close()


async def test_runs_are_told_with_what_came_of_them_newest_first(tmp_path: Path) -> None:
    file, moved = tmp_path / "router.db", (Effect("box/m", "math", 0.5, 0.62),)
    repo = await open_repo(file)
    await repo.begin_profile(Order(5.0, ("box/m",), note="by itself"))
    over = PastRun(5.0, 65.0, True, ("box/m",), 18, 2, 51.5, "by itself, stopped", moved, (KNOWN,))
    await repo.end_profile(over)
    await repo.begin_profile(Order(70.0, ("box/n",), quick=False))
    await repo.close()
    repo = await open_repo(file)
    assert await repo.profile_runs() == [PastRun(70.0, None, False, ("box/n",)), over]
    await repo.close()


async def test_only_the_newest_order_is_gone_on_with() -> None:
    repo = await open_repo(None)
    for started in range(1, 60):
        await repo.begin_profile(Order(float(started), ("box/m",)))
    await repo.begin_profile(Order(60.0, ("box/m",)))
    await repo.end_profile(PastRun(60.0, 61.0, True, ("box/m",)))
    assert await repo.profile_order() is None
    await repo.close()
