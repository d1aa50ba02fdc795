"""What votes do in the engine: abilities of models and replicas follow those that stand, as they were before once they
are taken back, whatever the order, and after a restart; what is no vote is refused."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import pytest

from llmrouter_tui.core.ability import HALF_LIFE
from llmrouter_tui.core.decision import Exchange, Feedback
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.votes import Voted, VoteInput
from llmrouter_tui.engine.clock import SystemClock
from llmrouter_tui.engine.votes import Votes
from llmrouter_tui.engine.voting import Voting
from tests.engine.house import House, ScriptedBackend, model, open_house, request

PROMPT = "Write a Python function that merges two sorted lists."
A, B, C, TWIN = "one/a", "one/b", "one/c", "two/a"


class Later(SystemClock):
    """A clock that can be set on."""

    by = 0.0

    def wall(self) -> float:
        return super().wall() + self.by


@dataclass
class Booth:
    house: House
    votes: Votes
    voting: Voting
    clock: Later
    number: int = 0

    def answer(self, model_: str, prompt: str = PROMPT, **more: object) -> Exchange:
        """One that a client got."""
        self.number += 1
        decision = self.house.router.decide(request(prompt))
        exchange = Exchange(f"x{self.number}", 1.0, "ok", model=model_, decision=decision, prompt=prompt)
        return replace(exchange, **more)  # type: ignore[arg-type]

    async def vote(self, verdict: str, *answers: Exchange, winner: str = "") -> Voted:
        given = VoteInput(tuple(one.id for one in answers), verdict, winner)  # type: ignore[arg-type]
        return await self.voting.vote(given, answers)

    def quality(self, model_: str, task: str = "coding") -> float:
        return self.house.fleet.model(model_).abilities[task].mean

    def qualities(self) -> dict[str, float]:
        return {one: self.quality(one) for one in (A, B, C, TWIN)}


@asynccontextmanager
async def booth() -> AsyncIterator[Booth]:
    one = ScriptedBackend([model("a", 3), model("b", 3), model("c", 3)])
    two = ScriptedBackend([model("a", 3, "two")], name="two")
    async with open_house(one, two) as house:
        clock = Later()
        votes = Votes(house.repo, clock)
        house.learning._votes = votes
        yield Booth(house, votes, Voting(votes, house.learning, house.fleet, house.bus), clock)


async def test_a_vote_moves_its_models_and_their_replicas_and_is_told_once_it_is_kept() -> None:
    async with booth() as b:
        before = b.qualities()
        first, second = b.answer(A), b.answer(B)
        told = await b.vote("better", first, second, winner=first.id)
        after = b.qualities()
        assert after[A] == after[TWIN] > before[A]
        assert after[B] < before[B]
        assert after[C] == before[C]
        assert [(e.model, e.task, e.before, e.after) for e in told.effects] == [
            (A, "coding", before[A], after[A]), (B, "coding", before[B], after[B])
        ]  # fmt: skip
        assert b.house.facts(Voted) == [told]
        assert await b.house.repo.all_votes() == [told.vote]
        again = await b.vote("better", second, first, winner=second.id)
        assert b.quality(A) < before[A] and b.quality(B) > before[B]
        assert await b.house.repo.all_votes() == [again.vote], "it took the place of the one before"
        back = await b.voting.take_back(again.vote.id)
        assert back.taken_back
        assert b.qualities() == pytest.approx(before, abs=1e-12)
        with pytest.raises(RouterError, match="there is no vote"):
            await b.voting.take_back(again.vote.id)


async def test_abilities_are_those_of_the_votes_that_stand_whatever_came_first_and_after_a_restart() -> None:
    async with booth() as b:
        pairs = [(A, B), (B, C), (A, C), (C, A)]
        for winner, loser in pairs:
            best = b.answer(winner)
            await b.vote("better", best, b.answer(loser), winner=best.id)
        await b.vote("tie", b.answer(A), b.answer(B), b.answer(C))
        await b.vote("both_bad", b.answer(B), b.answer(C))
        stood = b.qualities()
        newer = Votes(b.house.repo, b.clock)
        await newer.load()
        await newer.load()  # as the demo does once it has a past
        b.house.learning._votes = newer
        for record in b.house.fleet.models.values():
            b.house.learning.refresh(record)
        assert b.qualities() == pytest.approx(stood, abs=1e-6), "but for what they aged meanwhile"
        board = await newer.board("coding")
        assert (board.votes, board.rows[0].model) == (6, "a")
        evidence = b.house.fleet.model(B).abilities["coding"].evidence
        notes = [piece.note for piece in evidence if piece.source == "vote"]
        assert notes == ["bad beside others in 1 of your votes", "preferred to 2 of 4 others in your votes"]


async def test_votes_count_as_soon_as_a_server_has_told_its_models_whichever_comes_first() -> None:
    async with booth() as b:
        best = b.answer(B)
        await b.vote("better", best, b.answer(A), winner=best.id)
        fleet, stood = b.house.fleet, b.qualities()
        for record in fleet.backends.values():
            fleet.listed(record, [])
        b.house.learning._apart.clear()
        for name, record in fleet.backends.items():
            fleet.listed(record, [model(id_[-1], 3, name) for id_ in (A, B, C) if name == "one" or id_ == A])
        assert b.qualities() == stood


async def test_an_answer_that_was_rated_is_not_counted_as_bad_once_more() -> None:
    async with booth() as b:
        bad, other = b.answer(A), b.answer(B)
        before = b.quality(A)
        await b.vote("both_bad", bad, other)
        voted = b.quality(A)
        assert voted < before
        down = Feedback(bad.id, "down", b.clock.wall(), -1.0, model=A, task="coding")
        b.house.learning.rated(b.house.fleet.model(A), down)
        assert b.quality(A) == pytest.approx(voted, abs=1e-6), "one opinion of an answer is not two"
        b.house.learning.rated(b.house.fleet.model(A), replace(down, rating="up", score=1.0))
        assert b.quality(A) > before


async def test_old_votes_count_less() -> None:
    async with booth() as b:
        before, best = b.quality(A), b.answer(A)
        await b.vote("better", best, b.answer(B), winner=best.id)
        fresh = b.quality(A) - before
        b.clock.by = 3 * HALF_LIFE
        b.house.learning.refresh(b.house.fleet.model(A))
        assert 0 < b.quality(A) - before < fresh / 6


async def test_what_is_no_vote_is_refused_in_words_and_changes_nothing() -> None:
    async with booth() as b:
        before = b.qualities()
        x, y, z = b.answer(A), b.answer(B), b.answer(C)
        cases = [
            ((x,), "tie", "", "two or three"),
            ((x, x), "tie", "", "two or three"),
            ((x, y, z, b.answer(A)), "tie", "", "two or three"),
            ((x, y), "better", "", "the winner is"),
            ((x, y), "better", z.id, "the winner is"),
            ((x, y), "tie", x.id, "has no winner"),
            ((x, b.answer(TWIN)), "tie", "", "all by a"),
            ((x, b.answer(B, "Hello there")), "tie", "", "different prompts"),
            ((x, b.answer(B, outcome="running")), "tie", "", "is not finished"),
            ((x, b.answer("", outcome="failed")), "tie", "", "was refused"),
        ]
        for answers, verdict, winner, words in cases:
            with pytest.raises(RouterError, match=words) as refused:
                await b.vote(verdict, *answers, winner=winner)
            assert refused.value.code == "invalid_request"
        assert b.qualities() == before
        assert await b.house.repo.all_votes() == []
        longer = b.answer(C, PROMPT + " In full, because it is kept so.")
        assert (await b.vote("tie", x, replace(longer, prompt=PROMPT[:20]))).vote.models == (A, C)
