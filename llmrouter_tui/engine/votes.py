"""Votes of the user between answers: kept, counted, learned from and told."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Sequence
from typing import Final, NoReturn

from llmrouter_tui.core.ability import HALF_LIFE
from llmrouter_tui.core.decision import Exchange, Feedback
from llmrouter_tui.core.domain import ModelInfo
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.leaderboard import leaderboard
from llmrouter_tui.core.ports.clock import Clock
from llmrouter_tui.core.ports.votes import VoteStore
from llmrouter_tui.core.preferred import Preference
from llmrouter_tui.core.votes import FEWEST, MOST, Leaderboard, Vote, VoteInput, VotePage, name_of, said_of, vote_id

AGE_STEP: Final = 20 * 86400.0
"""Seconds. Votes grow old in steps, so that those of like weight are counted together: a third of a half-life."""


class Votes:
    """Owns every vote that stands."""

    def __init__(self, store: VoteStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._standing: dict[str, Vote] = {}
        self._bouts: dict[str, dict[str, list[tuple[str, float, float]]]] = defaultdict(dict)
        """By the name of a model and the vote's id, as ``said_of``."""
        self._bad: dict[str, dict[str, list[Feedback]]] = defaultdict(dict)
        """The same of votes that found all bad: its answers in them."""
        self._lock = asyncio.Lock()
        """One after the other, so that what stands here is what stands on the disk."""

    async def load(self) -> None:
        """Take in what earlier runs left, if the database can be read now."""
        with contextlib.suppress(RouterError):
            for vote in await self._store.all_votes():
                self._take(vote)

    def said(self, info: ModelInfo) -> list[Preference]:
        """What votes say of a model beside others: those that weigh the same together."""
        now = self._clock.wall()
        found: dict[tuple[str, str, float], tuple[float, int]] = {}
        for id_, bouts in self._bouts.get(info.name, {}).items():
            vote = self._standing[id_]
            aged = 0.5 ** (max(0.0, now - vote.at) // AGE_STEP * AGE_STEP / HALF_LIFE)
            for other, won, weight in bouts:
                alike = vote.task, other, weight * aged
                points, count = found.get(alike, (0.0, 0))
                found[alike] = points + won, count + 1
        return [Preference(*alike, points, count) for alike, (points, count) in sorted(found.items())]

    def disliked(self, info: ModelInfo) -> list[Feedback]:
        """Its answers of which a vote says that none beside them was good either, as the ratings that they count
        for."""
        return [one for found in self._bad.get(info.name, {}).values() for one in found]

    async def keep(self, given: VoteInput, exchanges: Sequence[Exchange]) -> Vote:
        """Store a vote on these exchanges, in the place of an older one. Raises ``RouterError``."""
        _check(given, exchanges)
        ids = [exchange.id for exchange in exchanges]
        winner = next((e.model for e in exchanges if given.winner in (e.id, e.response_id)), "") if given.winner else ""
        decisions = (exchange.decision for exchange in exchanges)
        task = next((decision.analysis.task for decision in decisions if decision is not None), "")
        models = tuple(exchange.model for exchange in exchanges)
        vote = Vote(vote_id(ids), self._clock.wall(), task, models, given.verdict, tuple(ids), winner)
        async with self._lock:
            await self._store.store_vote(vote)
            self._take(vote)
        return vote

    async def take_back(self, id_: str) -> Vote:
        """As if it had not been given. Raises ``RouterError``."""
        async with self._lock:
            vote = await self._store.drop_vote(id_)
            self._drop(id_)
        if vote is None:
            raise RouterError("not_found", f"there is no vote {id_!r}", hint="GET /admin/votes lists them")
        return vote

    async def page(self, before: str | None, limit: int) -> VotePage:
        return await self._store.vote_page(before=before, limit=limit)

    async def board(self, task: str) -> Leaderboard:
        return await asyncio.to_thread(leaderboard, list(self._standing.values()), task)

    def _take(self, vote: Vote) -> None:
        """In the place of what is known of these answers."""
        self._drop(vote.id)
        self._standing[vote.id] = vote
        for name in {name_of(model) for model in vote.models}:
            if said := said_of(vote, name):
                self._bouts[name][vote.id] = said
        if vote.verdict == "both_bad":
            for exchange, model in zip(vote.exchanges, vote.models, strict=False):
                bad = Feedback(exchange, "down", vote.at, -1.0, model=model, task=vote.task)
                self._bad[name_of(model)].setdefault(vote.id, []).append(bad)

    def _drop(self, id_: str) -> None:
        vote = self._standing.pop(id_, None)
        for model in vote.models if vote else ():
            self._bouts[name_of(model)].pop(id_, None)
            self._bad[name_of(model)].pop(id_, None)


def _check(given: VoteInput, exchanges: Sequence[Exchange]) -> None:
    """Raises ``RouterError`` for what is no vote."""
    if len({exchange.id for exchange in exchanges}) != len(exchanges) or not FEWEST <= len(exchanges) <= MOST:
        _refuse("a vote is between two or three different answers", "exchanges")
    for exchange in exchanges:
        _check_answer(exchange)
    prompts = sorted((exchange.prompt for exchange in exchanges if exchange.prompt), key=len)
    if not all(prompt.startswith(prompts[0]) for prompt in prompts):  # what is kept of one may be longer
        _refuse("these answers are to different prompts: a vote is between answers to one", "exchanges")
    if len({name_of(exchange.model) for exchange in exchanges}) < FEWEST:
        _refuse(f"these answers are all by {name_of(exchanges[0].model)}: a vote is between models", "exchanges")
    meant = [exchange.id for exchange in exchanges if given.winner in (exchange.id, exchange.response_id)]
    if given.verdict == "better" and (not given.winner or len(meant) != 1):
        _refuse("the winner is the exchange of one of the answers that are compared", "winner")
    if given.verdict != "better" and given.winner:
        _refuse(f"a vote that is {given.verdict!r} has no winner", "winner")


def _check_answer(exchange: Exchange) -> None:
    if exchange.outcome == "running":
        _refuse(f"the answer of {exchange.model or exchange.id} is not finished; vote when it is", "exchanges")
    if not exchange.model:
        _refuse(f"{exchange.id} was refused; there is no answer to vote on", "exchanges")
    if exchange.decision is not None and "embedding" in exchange.decision.analysis.needs:
        _refuse("vectors are not compared: vote on what was answered with their help", "exchanges")


def _refuse(words: str, param: str) -> NoReturn:
    raise RouterError("invalid_request", words, param=param)
