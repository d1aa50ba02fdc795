"""Eight models that need three times the memory of one card, and a crowd that wants them all: nobody runs out of
memory, no answer is cut, nobody starves, and there are far fewer loads than the order of arrival would take.

``pytest -m slow -s -n 0 tests/e2e/test_soak_residency.py`` is the long one, with its figures."""

import asyncio
import time
from pathlib import Path

import pytest

from llmrouter_tui.core.queueing import OVERTAKE_REQUESTS, OVERTAKE_SECONDS
from tests.e2e import soak
from tests.e2e.soak import Figures, Wish, stage, wishes


def judge(found: Figures) -> None:
    assert not found.failed
    assert found.killed == 0
    assert found.most_used <= soak.TOTAL
    assert found.answered + found.hung_up + found.refused.total() == found.asked
    assert found.overtaken
    assert max(passed.requests for passed in found.overtaken) <= OVERTAKE_REQUESTS
    assert max(passed.seconds for passed in found.overtaken) <= OVERTAKE_SECONDS
    assert found.loads < found.first_come / 2


@pytest.mark.thorough
async def test_a_crowd_is_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage(tmp_path, monkeypatch) as crowd:
        await crowd.come(wishes(120), at_once=40)
    found = soak.figures(crowd)
    print(found.told())
    judge(found)
    assert not found.refused


@pytest.mark.slow
@pytest.mark.parametrize("seed", [11, 12])
async def test_two_thousand_requests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    async with stage(tmp_path, monkeypatch) as crowd:
        await crowd.come(wishes(2000, seed), at_once=40)
    found = soak.figures(crowd)
    print(found.told())
    judge(found)
    assert not found.refused


@pytest.mark.slow
async def test_others_who_load_behind_our_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage(tmp_path, monkeypatch) as crowd:
        meddling = asyncio.ensure_future(crowd.meddle())
        await crowd.come(wishes(1000), at_once=40)
        meddling.cancel()
    found = soak.figures(crowd)
    print(found.told())
    assert found.failed.total() <= 5, "a model that somebody else sent away is there by our last look, and may not fit"
    assert found.killed == 0
    assert found.most_used <= soak.TOTAL
    assert crowd.meddled > 5


async def test_what_the_queue_cannot_take_is_refused_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage(tmp_path, monkeypatch, queue_limit=16) as crowd:
        asked = [Wish(number, "ollama/qwen3:32b", number % 2 == 0, 8) for number in range(60)]
        started = time.monotonic()
        await crowd.come(asked, at_once=len(asked))
    found = soak.figures(crowd)
    print(found.told())
    assert set(found.refused) == {"429 queue_full"}
    assert found.answered + found.refused.total() == len(asked)
    assert found.answered >= 16
    first = min(fate.ended for fate in crowd.fates if fate.done)
    for fate in crowd.fates:
        if fate.status == 429:
            assert int(fate.retry_after) >= 1
            assert fate.ended < first, f"{fate.ended - started:.1f} s"
