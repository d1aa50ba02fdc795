"""``POST /v1/chat/completions``: checks the request, drives the exchange, passes its bytes on unchanged."""

import asyncio
import logging

from aiohttp import web

from llmrouter_tui.core.chat import ChatRequest
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.ports import ExchangeRun, Exchanges
from llmrouter_tui.proxy.bodies import read_body
from llmrouter_tui.proxy.live import Live
from llmrouter_tui.proxy.options import ProxyOptions
from llmrouter_tui.proxy.parse import MAX_SESSION, clean_label, parse_chat, peek
from llmrouter_tui.proxy.replies import (
    InternalError,
    client_request_id,
    error_event,
    error_response,
    run_headers,
)
from llmrouter_tui.proxy.security import Guard
from llmrouter_tui.proxy.signature import Signer
from llmrouter_tui.proxy.stream import ClientGoneError, Early, gone, pass_on

log = logging.getLogger(__name__)

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
    """The handler of chat completions."""

    def __init__(self, exchanges: Exchanges, guard: Guard, live: Live, options: ProxyOptions) -> None:
        self._exchanges = exchanges
        self._guard = guard
        self._live = live
        self._options = options

    async def post(self, request: web.Request) -> web.StreamResponse:
        task = self._live.enter()
        try:
            return await self._answer(request)
        finally:
            self._live.leave(task)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        request_id = client_request_id(request)
        refusal: dict[str, str] = {}
        try:
            chat = await self._admit(request, refusal)
            run = self._exchanges.begin(chat)
        except RouterError as error:
            if error.exchange_id:
                refusal["x-request-id"] = refusal["x-router-exchange-id"] = error.exchange_id
            if request_id:
                refusal["x-request-id"] = request_id
            return error_response(error, refusal)
        except Exception:
            log.exception("a chat request could not begin")
            return error_response(InternalError())
        try:
            if chat.stream:
                return await self._stream(request, run, chat, request_id)
            return await self._whole(run, chat, request_id)
        finally:
            run.close()

    async def _admit(self, request: web.Request, refusal: dict[str, str]) -> ChatRequest:
        """Check caller and body. What is refused here shows among the exchanges; its id goes into ``refusal``."""
        body = b""
        fields = request.headers
        client = clean_label(fields.get("User-Agent", ""), MAX_CLIENT)
        try:
            self._guard.api(request)
            if self._live.ending:
                raise stopping()
            body = await read_body(request, self._options.max_body)
            session = clean_label(fields.get("X-Session-Id", ""), MAX_SESSION)
            return parse_chat(body, session=session, client=client)
        except RouterError as error:
            model, prompt = peek(body)
            exchange_id = self._exchanges.refused(
                client=client, requested=model, code=error.code, message=error.message, prompt=prompt
            )
            refusal["x-request-id"] = refusal["x-router-exchange-id"] = exchange_id
            raise

    async def _whole(self, run: ExchangeRun, chat: ChatRequest, request_id: str) -> web.StreamResponse:
        try:
            await run.open()
            parts = [chunk async for chunk in run.body()]
            body = parts[0] if len(parts) == 1 else b"".join(parts)
            if self._options.signature is not None:
                body = Signer(chat, self._options.signature(run.model)).sign_whole(body)
            return web.Response(body=body, headers=run_headers(run, request_id))
        except RouterError as failure:
            error = failure
        except asyncio.CancelledError:
            if not self._live.ending:
                raise
            error = cut(run, stopping())
        except Exception:
            log.exception("exchange %s failed in the router", run.id)
            error = cut(run, InternalError())
        return error_response(error, run_headers(run, request_id))

    async def _stream(
        self, request: web.Request, run: ExchangeRun, chat: ChatRequest, request_id: str
    ) -> web.StreamResponse:
        early = Early(request, run, request_id, self._options)
        try:
            await run.open()
            response = await early.ready()
            if self._options.signature is None:
                await pass_on(run.body(), response)
            else:
                signer = Signer(chat, self._options.signature(run.model))
                await pass_on(signer.sign(run.body()), response)
            return response
        except ClientGoneError:
            return early.response or gone()
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
        return await end_stream(early, error, run_headers(run, request_id))


async def end_stream(early: Early, error: RouterError, headers: dict[str, str]) -> web.StreamResponse:
    """Tell the client of a failure: by its status while headers are not out, else by a last event."""
    try:
        response = await early.settle()
        if response is None:
            return error_response(error, headers)
        await response.write(error_event(error))
    except (ClientGoneError, ConnectionError):
        return early.response or gone()
    return response


def cut(run: ExchangeRun, error: RouterError) -> RouterError:
    """Put down that it was the router that could not deliver."""
    run.fail(error)
    return error
