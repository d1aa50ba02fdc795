"""Votes on the disk: there once they are acknowledged, one of the same exchanges, paged, untouched by forgetting."""

from dataclasses import replace
from pathlib import Path

import pytest

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.forgetting import Forget
from llmrouter_tui.core.votes import Verdict, Vote, VotePage, vote_id
from llmrouter_tui.storage.repo import open_repo


def vote(number: int, *, winner: str = "a/big") -> Vote:
    exchanges = f"x{number}", f"y{number}"
    verdict: Verdict = "better" if winner else "tie"
    return Vote(vote_id(exchanges), float(number), "coding", ("a/big", "b/small"), verdict, exchanges, winner)


async def test_votes_survive_the_process_as_they_were_given(tmp_path: Path) -> None:
    repo = await open_repo(tmp_path / "router.db")
    three = Vote("x-y-z", 3.0, "chat", ("a/ü", "b/m", "c/\ud800"), "both_bad", ("x", "y", "z"))
    for one in (vote(1), vote(2, winner=""), three):
        await repo.store_vote(one)
    again = await open_repo(tmp_path / "router.db")  # the first was not closed: all is on the disk
    kept = replace(three, models=("a/ü", "b/m", "c/?"))
    assert await again.all_votes() == [vote(1), vote(2, winner=""), kept]
    await again.forget(Forget())
    assert await again.prune(keep_days=0.0, now=1e12) == 0
    assert len(await again.all_votes()) == 3
    await again.close()
    await repo.close()


async def test_a_vote_takes_the_place_of_the_one_before_and_can_be_taken_back() -> None:
    repo = await open_repo(None)
    await repo.store_vote(vote(1))
    changed = replace(vote(1, winner="b/small"), at=9.0)
    await repo.store_vote(changed)
    assert await repo.all_votes() == [changed]
    assert await repo.drop_vote(changed.id) == changed
    assert await repo.drop_vote(changed.id) is None
    assert await repo.all_votes() == []
    await repo.close()


async def test_votes_are_read_page_after_page_the_newest_first() -> None:
    repo = await open_repo(None)
    for number in range(5):
        await repo.store_vote(replace(vote(number), at=float(number // 2)))
    seen, before = [], None
    while True:
        page = await repo.vote_page(before=before, limit=2)
        seen += page.items
        if (before := page.before) is None:
            break
    assert seen == sorted(await repo.all_votes(), key=lambda one: (one.at, one.id), reverse=True)
    assert len(seen) == 5
    assert await repo.vote_page(before="0.0:", limit=5) == VotePage(())
    with pytest.raises(RouterError, match="no place in the history"):
        await repo.vote_page(before="nonsense", limit=5)
    await repo.close()
