"""The exchanges on record, and what a person says of them."""

from llmrouter_tui.core.decision import Exchange, ExchangePage, Feedback, Rating
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.events import Rated
from llmrouter_tui.core.export import RatingPage
from llmrouter_tui.core.forgetting import Forget, Forgotten
from llmrouter_tui.core.ports.history import FeedbackInput
from llmrouter_tui.core.ports.history import Rated as RatedAnswer
from llmrouter_tui.core.query import EVERYTHING, Query
from llmrouter_tui.core.votes import name_of
from llmrouter_tui.engine.commands.parts import Commands, Parts
from llmrouter_tui.engine.forgetting import forget


class HistoryCommands(Commands):
    """``core.ports.history.HistoryControl`` in this process."""

    async def exchanges(
        self,
        *,
        before: str | None = None,
        limit: int = 100,
        query: Query = EVERYTHING,
        after: str | None = None,
        count: bool = False,
    ) -> ExchangePage:
        most = min(max(limit, 1), 500)
        return await self._p.repo.exchanges(before=before, limit=most, query=query, after=after, count=count)

    async def exchange(self, exchange_id: str) -> Exchange:
        return await exchange_of(self._p, exchange_id)

    async def rate(self, feedback: FeedbackInput) -> RatedAnswer:
        p = self._p
        exchange = await exchange_of(p, feedback.exchange_id)
        if exchange.outcome == "running":
            raise RouterError("invalid_request", "this answer is not finished; rate it when it is")
        if not exchange.model:
            raise RouterError("invalid_request", "this request was refused; there is no answer to rate")
        if exchange.decision is not None and "embedding" in exchange.decision.analysis.needs:
            raise RouterError("invalid_request", "vectors are not rated: rate what was answered with their help")
        score, rating = _score(feedback)
        stored = Feedback(
            exchange_id=exchange.id,
            rating=rating,
            at=p.clock.wall(),
            score=score,
            reasons=feedback.reasons,
            comment=feedback.comment,
            model=exchange.model,
            task=exchange.decision.analysis.task if exchange.decision is not None else "",
        )
        await p.repo.flush()
        await p.repo.rate(stored)
        p.router.traffic.rated(exchange, None if feedback.clear else stored)
        record = p.fleet.models.get(exchange.model)
        name = name_of(exchange.model)
        replicas = [one for one in p.fleet.models.values() if one.info.name == name and one is not record]
        effects = p.learning.rated(record, stored, replicas)
        for one in (record, *replicas) if record is not None else replicas:
            p.fleet.touch(one)
        p.bus.publish(Rated(stored, effects))
        return RatedAnswer(stored, effects)

    async def ratings(self, *, before: str | None = None, limit: int = 100) -> RatingPage:
        return await self._p.repo.rating_page(before=before, limit=min(max(limit, 1), 500))

    async def forget(self, wanted: Forget) -> Forgotten:
        p = self._p
        if wanted.exchange:
            wanted = Forget(exchange=(await exchange_of(p, wanted.exchange)).id)
        return await forget(wanted, p.repo, p.router.traffic, p.judge, p.bus)


def _score(feedback: FeedbackInput) -> tuple[float, Rating | None]:
    """(-1..1, up or down) of a rating in any of its kinds; (0, None) clears: three stars are no opinion."""
    given = [k for k in (feedback.rating, feedback.stars, feedback.score) if k is not None]
    if feedback.clear and not given:
        return 0.0, None
    if len(given) != 1:
        raise RouterError("invalid_request", "give exactly one of rating, stars or score", hint='e.g. {"rating": "up"}')
    if feedback.rating is not None:
        score = 1.0 if feedback.rating == "up" else -1.0
    elif feedback.stars is not None:
        if not 1 <= feedback.stars <= 5:
            raise RouterError("invalid_request", "stars must be 1 to 5", param="stars")
        score = (feedback.stars - 3) / 2
    else:
        score = feedback.score or 0.0
        if not -1 <= score <= 1:
            raise RouterError("invalid_request", "score must be -1 to 1", param="score")
    return score, "up" if score > 0 else "down" if score < 0 else None


async def exchange_of(p: Parts, exchange_id: str) -> Exchange:
    """The exchange with this id, or whose answer has it. Raises ``RouterError`` where there is none."""
    traffic = p.router.traffic
    if (run := traffic.running.get(exchange_id)) is not None:
        return run.exchange()
    stored = await p.repo.exchange(exchange_id)
    found = traffic.find(exchange_id)
    if stored is None and found is None:
        raise RouterError("not_found", f"there is no exchange or response {exchange_id!r}")
    return found or stored  # type: ignore[return-value]
