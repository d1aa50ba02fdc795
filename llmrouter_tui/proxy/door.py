"""What the doors of everything that models answer have in common: who is let in, how refusals are told, and the end."""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Generic, Protocol, TypeVar

from aiohttp import web

from llmrouter_tui.core import hops
from llmrouter_tui.core.chat import ChatRequest
from llmrouter_tui.core.embedding import EmbedRequest
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.limiting import Meter
from llmrouter_tui.core.ports.exchanges import Exchanges, Underway
from llmrouter_tui.proxy.bodies import read_body
from llmrouter_tui.proxy.dialects.dialect import NothingAskedError
from llmrouter_tui.proxy.limits import Caller
from llmrouter_tui.proxy.live import Live
from llmrouter_tui.proxy.options import ProxyOptions
from llmrouter_tui.proxy.parse import MAX_PEEK, named_by, peek
from llmrouter_tui.proxy.patience import Patience, wished
from llmrouter_tui.proxy.replies import (
    JSON_TYPE,
    SERVER,
    InternalError,
    client_request_id,
    error_response,
    new_request_id,
    run_headers,
)
from llmrouter_tui.proxy.screening import check_shape, cleaned
from llmrouter_tui.proxy.security import Guard

log = logging.getLogger(__name__)

R = TypeVar("R", bound=ChatRequest | EmbedRequest)
V = TypeVar("V")
U = TypeVar("U", bound=Underway)
V_co = TypeVar("V_co", covariant=True)
R_co = TypeVar("R_co", covariant=True)

LIMITED = frozenset({"rate_limited", "queue_full"})
"""Codes of refusals for which nothing of a request is waited for."""
OFTEN = LIMITED | {"unauthorized", "forbidden"}
"""Codes of refusals that somebody can bring about as often as he likes."""

Settle = Callable[[NothingAskedError], Awaitable[None]]
"""Loads or unloads what a request without words is about. Raises ``RouterError``."""


class Reads(Protocol[R_co, V_co]):
    """A dialect, as far as every door needs it."""

    def read(self, body: bytes, *, session: str, client: str) -> tuple[R_co, V_co]: ...

    def refusal(self, error: RouterError) -> bytes: ...


def stopping() -> RouterError:
    return RouterError(
        "shutting_down",
        "The router is stopping.",
        hint="Send the request again when it is back.",
        retryable=True,
        retry_after=2,
    )


async def _here(request: web.Request) -> bytes:
    """What came with the head of a request that was refused unread: it shows what was asked, and costs no wait."""
    if not request.content.is_eof():
        return b""
    with suppress(RouterError):
        return await read_body(request, MAX_PEEK)
    return b""


class Door(ABC, Generic[R, V, U]):
    """The handler of one path. What it is to do with a request that was let in, its kinds say: ``_check`` what the
    request may hold, ``_begin`` its exchange, ``_run`` that to its end."""

    def __init__(
        self,
        exchanges: Exchanges,
        guard: Guard,
        live: Live,
        options: ProxyOptions,
        dialect: Reads[R, V],
        settle: Settle,
        *,
        id_header: str = "",
        statuses: Mapping[str, int] | None = None,
    ) -> None:
        self._exchanges = exchanges
        self._guard = guard
        self._live = live
        self._options = options
        self._dialect = dialect
        self._settle = settle
        self._id_header = id_header
        self._statuses = statuses or {}
        self._patience: dict[str, Patience] = {}
        """Of those under way that say how long they wait."""

    @abstractmethod
    def _check(self, asked: R) -> None: ...

    @abstractmethod
    def _begin(self, asked: R) -> U: ...

    def _caller(self, request: web.Request) -> Caller | None:
        """Whose key it comes with. Raises ``RouterError``."""
        return self._guard.api(request)

    @abstractmethod
    async def _run(self, request: web.Request, run: U, asked: R, voice: V, request_id: str) -> web.StreamResponse: ...

    async def post(self, request: web.Request) -> web.StreamResponse:
        task = self._live.enter()
        try:
            return await self._answer(request)
        finally:
            self._live.leave(task)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        request_id = client_request_id(request)
        try:
            asked, voice, meter = await self._admit(request)
        except NothingAskedError as wish:
            return await self._unsaid(wish, request, request_id)
        except Exception as error:
            return self._turned_away(error, request, request_id)
        used = 0
        try:
            run = self._begin(asked)
            if (seconds := wished(request.headers)) is not None:
                self._patience[run.id] = Patience(seconds)
            try:
                return await self._run(request, run, asked, voice, request_id)
            finally:
                if seconds is not None:
                    self._patience.pop(run.id).close()
                run.close()
                if meter is not None:
                    used = run.tokens
        except Exception as error:
            return self._turned_away(error, request, request_id)
        finally:
            self._guard.limits.leave(meter, used)

    async def _admit(self, request: web.Request) -> tuple[R, V, Meter | None]:
        """Check caller and body, and let the request in: whoever is let in has to leave with what he got here. What is
        refused shows among the exchanges; the error knows under which id."""
        body, key, caller = b"", "", None
        allowed: tuple[str, ...] = ()
        client, session = named_by(request.headers)
        try:
            caller = self._caller(request)
            if caller is not None:
                key, allowed = caller.name, caller.models
            if self._live.ending:
                raise stopping()
            told, own = request.headers.getall(hops.HEADER, None), self._options.router_id
            hops.PASSED.set((own, *hops.arrived(",".join(told), own)) if told else (own,))
            self._guard.limits.look(caller, request)
            body = cleaned(await read_body(request, self._options.max_body))
            check_shape(body)
            asked, voice = self._dialect.read(body, session=session, client=client)
            self._check(asked)
            if key:
                asked = replace(asked, key=key, allowed=allowed)
            return asked, voice, self._guard.limits.enter(caller, request)
        except NothingAskedError as wish:
            wish.allowed, wish.meter = allowed, self._guard.limits.enter(caller, request)
            raise
        except RouterError as error:
            if error.code in OFTEN and not self._guard.limits.worth_noting():
                raise
            model, prompt = peek(await _here(request) if error.code in LIMITED else body)
            error.exchange_id = self._exchanges.refused(
                client=client, requested=model, code=error.code, message=error.message, prompt=prompt, key=key
            )
            raise

    async def _unsaid(self, wish: NothingAskedError, request: web.Request, request_id: str) -> web.StreamResponse:
        try:
            await self._settle(wish)
        except Exception as error:
            return self._turned_away(error, request, request_id)
        finally:
            self._guard.limits.leave(wish.meter, 0)
        headers = {"Content-Type": JSON_TYPE, "Server": SERVER} | self._ids(request_id, "")
        return web.Response(body=wish.answer, headers=headers)

    # ── how it ends ──

    def _cut(self, run: Underway, error: RouterError) -> RouterError:
        """Put down that it was the router that could not deliver."""
        run.fail(error)
        return error

    def _failed(self, run: Underway) -> RouterError:
        """What is told of a bug of ours."""
        log.exception("exchange %s failed in the router", run.id)
        return self._cut(run, InternalError())

    def _stopped(self, run: Underway) -> RouterError:
        """What a cancelled request is told where the router stops, or the time is over that it allowed; where its
        client has left, nobody is told."""
        patience = self._patience.get(run.id)
        if patience is not None and (spent := patience.spent()) is not None:
            return self._cut(run, spent)
        if not self._live.ending:
            raise asyncio.CancelledError
        return self._cut(run, stopping())

    def _turned_away(self, error: Exception, request: web.Request, request_id: str) -> web.Response:
        if isinstance(error, RouterError):
            return self._refuse(error, self._ids(request_id, error.exchange_id))
        log.error("a request to %s could not begin", request.path, exc_info=error)
        return self._refuse(InternalError(), self._ids(request_id, ""))

    def _headers(self, run: Underway, request_id: str) -> dict[str, str]:
        headers = run_headers(run, request_id)
        if self._id_header:
            headers[self._id_header] = headers["x-request-id"]
        return headers

    def _ids(self, request_id: str, exchange_id: str) -> dict[str, str]:
        """The headers of a request that no exchange was begun for."""
        headers = {"x-router-exchange-id": exchange_id} if exchange_id else {}
        shown = headers["x-request-id"] = request_id or exchange_id or new_request_id()
        if self._id_header:
            headers[self._id_header] = shown
        return headers

    def _refuse(self, error: RouterError, headers: dict[str, str]) -> web.Response:
        error.exchange_id = error.exchange_id or headers.get("x-router-exchange-id", "")
        response = error_response(error, headers, self._dialect.refusal)
        response.set_status(self._statuses.get(error.code, error.status))
        return response
