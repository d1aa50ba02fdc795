"""The exchanges on record, and what a person says of them, over HTTP."""

from urllib.parse import quote

import msgspec

from llmrouter_tui.core.decision import Exchange, ExchangePage
from llmrouter_tui.core.export import RatingPage
from llmrouter_tui.core.forgetting import Forget, Forgotten
from llmrouter_tui.core.ports.history import FeedbackInput, Rated
from llmrouter_tui.core.query import EVERYTHING, Query
from llmrouter_tui.remote.commands.line import Commands

_PAGE = msgspec.json.Decoder(ExchangePage)
_EXCHANGE = msgspec.json.Decoder(Exchange)
_RATINGS = msgspec.json.Decoder(RatingPage)
_FORGOTTEN = msgspec.json.Decoder(Forgotten)
_RATED = msgspec.json.Decoder(Rated)

FORGET_SECONDS = 300.0
"""A large database is looked through and written anew."""


class HistoryCommands(Commands):
    """``core.ports.history.HistoryControl`` over HTTP."""

    async def exchanges(
        self,
        *,
        before: str | None = None,
        limit: int = 100,
        query: Query = EVERYTHING,
        after: str | None = None,
        count: bool = False,
    ) -> ExchangePage:
        params = {"limit": str(limit)}
        if before is not None:
            params["before"] = before
        if after is not None:
            params["after"] = after
        if count:
            params["count"] = "true"
        if query:
            params["filter"] = str(query)
        return await self._get("exchanges", _PAGE, params)

    async def exchange(self, exchange_id: str) -> Exchange:
        return await self._get(f"exchanges/{quote(exchange_id, safe='')}", _EXCHANGE)

    async def rate(self, feedback: FeedbackInput) -> Rated:
        kinds = {"rating": feedback.rating, "stars": feedback.stars, "score": feedback.score}
        body: dict[str, object] = {name: value for name, value in kinds.items() if value is not None}
        body |= {
            "exchange_id": feedback.exchange_id,
            "reasons": feedback.reasons,
            "comment": feedback.comment,
            "clear": feedback.clear,
        }
        return self._read(await self._command("POST", "rate", body), _RATED)

    async def ratings(self, *, before: str | None = None, limit: int = 100) -> RatingPage:
        params = {"limit": str(limit)} | ({} if before is None else {"before": before})
        return await self._get("ratings", _RATINGS, params)

    async def forget(self, wanted: Forget) -> Forgotten:
        if wanted.exchange:
            path = f"exchanges/{quote(wanted.exchange, safe='')}/text"
        else:
            path = f"texts?session={quote(wanted.session, safe='')}" if wanted.session else "texts?all=true"
        return self._read(await self._command("DELETE", path, timeout=FORGET_SECONDS), _FORGOTTEN)
