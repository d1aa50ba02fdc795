"""The demo's past: what it leaves for every page, that its sums agree, and that it is the same each time."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import pytest

from llmrouter_tui.core.decision import Exchange, Feedback
from llmrouter_tui.core.domain import ResidencyEvent
from llmrouter_tui.core.grades import Grade
from llmrouter_tui.core.ports.repo import ModelMemory
from llmrouter_tui.core.profile import PastRun, Result
from llmrouter_tui.core.trends import DAY, HOUR, MINUTE, Trends
from llmrouter_tui.core.votes import Vote
from llmrouter_tui.demo.cast import GIB
from llmrouter_tui.demo.fleet import DemoFleet
from llmrouter_tui.demo.story import story
from llmrouter_tui.service import past
from llmrouter_tui.service.public import Public
from llmrouter_tui.settings import Settings
from llmrouter_tui.storage.repo import open_repo

NOW = 1_795_000_000.0
PUBLIC = Public()


@dataclass(frozen=True)
class Left:
    """What a past left in the database."""

    exchanges: Sequence[Exchange]
    ratings: Sequence[Feedback]
    votes: Sequence[Vote]
    grades: Sequence[Grade]
    results: Sequence[Result]
    runs: Sequence[PastRun]
    moves: Sequence[ResidencyEvent]
    memories: dict[str, ModelMemory]
    trends: dict[int, Trends]


async def live() -> Left:
    repo, demo = await open_repo(None), DemoFleet(mishaps=False)
    await demo.start()
    try:
        made = await past.live_through(repo, Settings(), demo, PUBLIC, NOW)
        page = await repo.exchanges(before=None, limit=500)
        assert made == page.total == len(page.items)
        return Left(
            page.items[::-1],
            await repo.ratings(),
            await repo.all_votes(),
            await repo.all_grades(),
            await repo.profile_results(),
            await repo.profile_runs(),
            await repo.residency(0.0),
            dict(await repo.memories()),
            {span: await repo.trends(span=span, now=NOW) for span in (10 * MINUTE, HOUR, DAY)},
        )
    finally:
        await demo.stop()
        await repo.close()


@pytest.fixture(scope="module")
def left() -> Left:
    return asyncio.run(live())


def test_every_page_has_something_to_show(left: Left):
    assert len(left.exchanges) > 80
    assert {one.decision.analysis.task for one in left.exchanges if one.decision} >= {"coding", "math", "chat"}
    assert len({one.model for one in left.exchanges}) >= 5
    assert len(left.votes) > 5
    assert {one.rating for one in left.ratings} == {"up", "down"}
    assert {one.subject for one in left.grades} == {"prompt", "exchange"}
    assert all(one.mark is not None for one in left.grades)
    for trends in left.trends.values():
        for what, of in (("requests", ""), ("ttft", ""), ("decode", ""), ("memory", "gpu0"), ("temperature", "gpu1")):
            curve = trends.curve(what, of)  # type: ignore[arg-type]
            assert curve is not None, (what, of)
            assert any(curve.values), (what, of)


def test_it_is_over_before_now_and_in_order(left: Left):
    assert all(one.at + (one.seconds or 0.0) <= NOW for one in left.exchanges)
    assert NOW - left.exchanges[-1].at < 200.0
    assert all(before.at <= after.at and before.id < after.id for before, after in pairwise(left.exchanges))
    assert all(one.at <= NOW for one in (*left.ratings, *left.votes, *left.grades, *left.results, *left.moves))


def test_what_was_said_of_answers_is_said_of_answers_that_there_are(left: Left):
    known = {one.id: one for one in left.exchanges}
    assert all(known[one.exchange_id].model == one.model for one in left.ratings)
    assert all(known[one.exchange_id].at < one.at for one in left.ratings)
    assert all(tuple(known[exchange].model for exchange in vote.exchanges) == vote.models for vote in left.votes)
    assert all(known[one.ref].model == one.model for one in left.grades if one.subject == "exchange")
    asked = {(one.model, one.prompt) for one in left.results}
    assert all((one.model, one.ref) in asked for one in left.grades if one.subject == "prompt")


def test_every_decision_is_one_of_the_router(left: Left):
    for one in left.exchanges:
        assert one.decision is not None
        best = one.decision.candidates[0]
        assert best.score == pytest.approx(best.breakdown.score)
        assert [attempt.outcome for attempt in one.attempts][-1] == one.outcome


def test_the_run_tells_what_was_measured(left: Left):
    (run,) = left.runs
    prompts = [one for one in left.results if one.prompt != "load"]
    assert (run.prompts, run.failed) == (len(prompts), 0)
    assert set(run.models) == {one.model for one in prompts}
    assert run.moved


def test_models_come_and_go_in_turns_and_only_as_many_as_fit(left: Left):
    inside: set[str] = set()
    moves = [one for one in left.moves if one.kind != "load_failed"]  # the 70B fits nowhere
    for move in moves:
        assert move.kind in ("load", "unload")
        assert (move.model in inside) is (move.kind == "unload"), move
        inside ^= {move.model}
        held = [left.memories[model].footprint for model in inside if model.startswith("ollama/")]
        assert sum(one.bytes for one in held if one is not None) < 24 * GIB
    for model, memory in left.memories.items():
        assert memory.loads == sum(move.kind == "load" and move.model == model for move in moves)
        assert memory.used == sum(one.outcome == "ok" and one.model == model for one in left.exchanges)


def test_the_past_is_the_same_each_time_and_no_news(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO)
    few = [one for one in story(past.SEED) if one.what != "measure" and one.ago > 28.4 * HOUR]
    monkeypatch.setattr(past, "story", lambda seed: few)
    first, second = (asyncio.run(live()) for _ in range(2))

    def told(left: Left) -> list[tuple[object, ...]]:
        return [
            (one.prompt, one.model, one.answer, one.usage, one.rating and one.rating.rating) for one in left.exchanges
        ]

    assert len(first.exchanges) > 10
    assert told(first) == told(second)
    assert not [record.message for record in caplog.records if record.name.startswith("llmrouter_tui.engine")]
