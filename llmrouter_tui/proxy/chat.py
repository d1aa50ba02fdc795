"""The door of everything that a model answers: checks the request, drives the exchange, tells the answer in the
dialect of its path. In the canonical dialect bytes pass through unchanged."""

import asyncio
import logging
from dataclasses import replace
from functools import partial

from aiohttp import web

from llmrouter_tui.core.chat import ChatRequest
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.limiting import Meter
from llmrouter_tui.core.ports import ExchangeRun, Exchanges
from llmrouter_tui.proxy.bodies import read_body
from llmrouter_tui.proxy.dialects.canonical import UnreadableError
from llmrouter_tui.proxy.dialects.chat import UNCHANGED
from llmrouter_tui.proxy.dialects.dialect import Voice
from llmrouter_tui.proxy.dialects.spoken import Spoken
from llmrouter_tui.proxy.live import Live
from llmrouter_tui.proxy.options import ProxyOptions
from llmrouter_tui.proxy.parse import MAX_SESSION, clean_label, peek
from llmrouter_tui.proxy.replies import (
    InternalError,
    client_request_id,
    error_response,
    run_headers,
)
from llmrouter_tui.proxy.screening import check_request, check_shape, cleaned
from llmrouter_tui.proxy.security import Guard
from llmrouter_tui.proxy.signature import Signer
from llmrouter_tui.proxy.stream import ClientGoneError, Early, gone, pass_on, spoken

log = logging.getLogger(__name__)

OFTEN = frozenset({"unauthorized", "forbidden", "rate_limited", "queue_full"})
"""Codes of refusals that somebody can bring about as often as he likes."""
MAX_CLIENT = 200
"""Characters kept of a client's User-Agent."""


def stopping() -> RouterError:
    return RouterError(
        "shutting_down",
        "The router is stopping.",
        hint="Send the request again when it is back.",
        retryable=True,
        retry_after=2,
    )


class ChatDoor:
    """The handler of one path."""

    def __init__(self, exchanges: Exchanges, guard: Guard, live: Live, options: ProxyOptions, way: Spoken) -> None:
        self._exchanges = exchanges
        self._guard = guard
        self._live = live
        self._options = options
        self._dialect = way.dialect
        self._id_header = way.id_header
        self._statuses = way.statuses
        self._signature = options.signature if way.signed else None

    async def post(self, request: web.Request) -> web.StreamResponse:
        task = self._live.enter()
        try:
            return await self._answer(request)
        finally:
            self._live.leave(task)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        request_id = client_request_id(request)
        try:
            chat, voice, meter = await self._admit(request)
        except Exception as error:
            return self._turned_away(error, request, request_id)
        used = 0
        try:
            run = self._exchanges.begin(chat)
            try:
                if chat.stream:
                    return await self._stream(request, run, chat, voice, request_id)
                return await self._whole(run, chat, voice, request_id)
            finally:
                run.close()
                if meter is not None:
                    used = run.tokens
        except Exception as error:
            return self._turned_away(error, request, request_id)
        finally:
            self._guard.limits.leave(meter, used)

    def _turned_away(self, error: Exception, request: web.Request, request_id: str) -> web.Response:
        if isinstance(error, RouterError):
            return self._refuse(error, self._ids(request_id, error.exchange_id))
        log.error("a request to %s could not begin", request.path, exc_info=error)
        return self._refuse(InternalError(), self._ids(request_id, ""))

    async def _admit(self, request: web.Request) -> tuple[ChatRequest, Voice, Meter | None]:
        """Check caller and body, and let the request in: whoever is let in has to leave with what he got here. What is
        refused shows among the exchanges; the error knows under which id."""
        body, key = b"", ""
        fields = request.headers
        client = clean_label(fields.get("User-Agent", ""), MAX_CLIENT)
        try:
            caller = self._guard.api(request)
            if caller is not None:
                key = caller.name
            if self._live.ending:
                raise stopping()
            body = cleaned(await read_body(request, self._options.max_body))
            check_shape(body)
            session = clean_label(fields.get("X-Session-Id", ""), MAX_SESSION)
            chat, voice = self._dialect.read(body, session=session, client=client)
            check_request(chat, self._options)
            if caller is not None and caller.name:
                chat = replace(chat, key=caller.name, allowed=caller.models)
            return chat, voice, self._guard.limits.enter(caller, request.remote)
        except RouterError as error:
            if error.code in OFTEN and not self._guard.limits.worth_noting():
                raise
            model, prompt = peek(body)
            error.exchange_id = self._exchanges.refused(
                client=client, requested=model, code=error.code, message=error.message, prompt=prompt, key=key
            )
            raise

    async def _whole(self, run: ExchangeRun, chat: ChatRequest, voice: Voice, request_id: str) -> web.StreamResponse:
        try:
            await run.open()
            parts = [chunk async for chunk in run.body()]
            body = parts[0] if len(parts) == 1 else b"".join(parts)
            if self._signature is not None:
                body = Signer(chat, self._signature(run.model)).sign_whole(body)
            return web.Response(body=voice.whole(body), headers=self._headers(run, request_id))
        except UnreadableError as failure:
            error = cut(run, failure)
        except RouterError as failure:
            error = failure
        except asyncio.CancelledError:
            if not self._live.ending:
                raise
            error = cut(run, stopping())
        except Exception:
            log.exception("exchange %s failed in the router", run.id)
            error = cut(run, InternalError())
        return self._refuse(error, self._headers(run, request_id))

    async def _stream(
        self, request: web.Request, run: ExchangeRun, chat: ChatRequest, voice: Voice, request_id: str
    ) -> web.StreamResponse:
        early = Early(request, run, voice, partial(self._headers, run, request_id), self._options)
        try:
            await run.open()
            response = await early.ready()
            chunks = run.body()
            if self._signature is not None:
                chunks = Signer(chat, self._signature(run.model)).sign(chunks)
            await pass_on(chunks if voice is UNCHANGED else spoken(chunks, voice), response)
            return response
        except ClientGoneError:
            return early.response or gone()
        except UnreadableError as failure:
            error = cut(run, failure)
        except RouterError as failure:
            error = failure
        except asyncio.CancelledError:
            early.abandon()
            if not self._live.ending:
                raise
            error = cut(run, stopping())
        except Exception:
            log.exception("exchange %s failed in the router", run.id)
            error = cut(run, InternalError())
        return await self._end(early, error, run, voice, request_id)

    async def _end(
        self, early: Early, error: RouterError, run: ExchangeRun, voice: Voice, request_id: str
    ) -> web.StreamResponse:
        """Tell the client of a failure: by its status while headers are not out, else by a last event."""
        try:
            response = await early.settle()
            if response is None:
                return self._refuse(error, self._headers(run, request_id))
            error.exchange_id = error.exchange_id or run.id
            await response.write(voice.failed(error))
        except (ClientGoneError, ConnectionError):
            return early.response or gone()
        return response

    def _headers(self, run: ExchangeRun, request_id: str) -> dict[str, str]:
        headers = run_headers(run, request_id)
        if self._id_header:
            headers[self._id_header] = headers["x-request-id"]
        return headers

    def _ids(self, request_id: str, exchange_id: str) -> dict[str, str]:
        """The headers of a request that no exchange was begun for."""
        headers = {"x-router-exchange-id": exchange_id} if exchange_id else {}
        if shown := request_id or exchange_id:
            headers["x-request-id"] = shown
            if self._id_header:
                headers[self._id_header] = shown
        return headers

    def _refuse(self, error: RouterError, headers: dict[str, str]) -> web.Response:
        error.exchange_id = error.exchange_id or headers.get("x-router-exchange-id", "")
        response = error_response(error, headers, self._dialect.refusal)
        response.set_status(self._statuses.get(error.code, error.status))
        return response


def cut(run: ExchangeRun, error: RouterError) -> RouterError:
    """Put down that it was the router that could not deliver."""
    run.fail(error)
    return error
