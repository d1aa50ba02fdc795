"""What was paid for is summed up in the file and read again."""

from pathlib import Path

from llmrouter_tui.core.spending import Line
from llmrouter_tui.storage.repo import open_repo

PAID = Line("2026-11-23", "cloud/big", "chat", 0.25, 1, 0, 1000, 50)


async def test_payments_of_a_day_add_up_over_restarts(tmp_path: Path) -> None:
    for _ in range(2):
        repo = await open_repo(tmp_path / "router.db")
        for _ in range(3):
            repo.remember_spend(PAID)
        repo.remember_spend(PAID._replace(purpose="judge", unpriced=1, dollars=0.0))
        await repo.flush()
        repo.remember_spend(PAID)
        assert repo.pending
        await repo.close()
    repo = await open_repo(tmp_path / "router.db")
    chat, judge = await repo.spend("2026-11-01")
    assert chat == PAID._replace(dollars=2.0, requests=8, prompt_tokens=8000, completion_tokens=400)
    assert (judge.requests, judge.unpriced, judge.dollars) == (2, 2, 0.0)
    await repo.close()


async def test_only_what_is_asked_for_is_read() -> None:
    repo = await open_repo(None)
    for day in ("2026-10-31", "2026-11-01", "2026-11-02"):
        repo.remember_spend(PAID._replace(day=day, model=f"cloud/\ud800{day}"))
    await repo.flush()
    assert [line.day for line in await repo.spend("2026-11-01")] == ["2026-11-01", "2026-11-02"]
    assert await repo.spend("2026-12-01") == []
    await repo.close()
