"""The door of chats: drives an exchange, tells the answer in the dialect of its path. In the canonical dialect bytes
pass through unchanged."""

import asyncio
from collections.abc import Callable
from functools import partial

from aiohttp import web

from llmrouter_tui.core.chat import ChatRequest
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.ports.exchanges import ExchangeRun, Exchanges
from llmrouter_tui.proxy.dialects.canonical import UnreadableError
from llmrouter_tui.proxy.dialects.chat import UNCHANGED
from llmrouter_tui.proxy.dialects.dialect import Voice
from llmrouter_tui.proxy.dialects.spoken import Spoken
from llmrouter_tui.proxy.door import Door, Settle
from llmrouter_tui.proxy.live import Live
from llmrouter_tui.proxy.options import ProxyOptions
from llmrouter_tui.proxy.screening import check_request
from llmrouter_tui.proxy.security import Guard
from llmrouter_tui.proxy.signature import Signer
from llmrouter_tui.proxy.stream import ClientGoneError, Early, gone, pass_on, spoken


class ChatDoor(Door[ChatRequest, Voice, ExchangeRun]):
    """The handler of one path."""

    def __init__(
        self, exchanges: Exchanges, guard: Guard, live: Live, options: ProxyOptions, way: Spoken, settle: Settle
    ) -> None:
        super().__init__(
            exchanges, guard, live, options, way.dialect, settle, id_header=way.id_header, statuses=way.statuses
        )
        self._signature = options.signature if way.signed else None

    def _check(self, asked: ChatRequest) -> None:
        check_request(asked, self._options)

    def _begin(self, asked: ChatRequest) -> ExchangeRun:
        return self._exchanges.begin(asked)

    async def _run(
        self, request: web.Request, run: ExchangeRun, asked: ChatRequest, voice: Voice, request_id: str
    ) -> web.StreamResponse:
        if asked.stream:
            return await self._stream(request, run, asked, voice, request_id)
        return await self._whole(run, asked, voice, request_id)

    async def _whole(self, run: ExchangeRun, chat: ChatRequest, voice: Voice, request_id: str) -> web.StreamResponse:
        try:
            await run.open()
            parts = [chunk async for chunk in run.body()]
            body = parts[0] if len(parts) == 1 else b"".join(parts)
            if self._signature is not None:
                body = Signer(chat, partial(_signed, self._signature, run)).sign_whole(body)
            return web.Response(body=voice.whole(body), headers=self._headers(run, request_id))
        except UnreadableError as failure:
            error = self._cut(run, failure)
        except RouterError as failure:
            error = failure
        except asyncio.CancelledError:
            error = self._stopped(run)
        except Exception:
            error = self._failed(run)
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
                chunks = Signer(chat, partial(_signed, self._signature, run)).sign(chunks)
            await pass_on(chunks if voice is UNCHANGED else spoken(chunks, voice), response)
            return response
        except ClientGoneError:
            return early.response or gone()
        except UnreadableError as failure:
            error = self._cut(run, failure)
        except RouterError as failure:
            error = failure
        except asyncio.CancelledError:
            early.abandon()
            error = self._stopped(run)
        except Exception:
            error = self._failed(run)
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


def _signed(signature: Callable[[str], str], run: ExchangeRun) -> str:
    """The line under an answer, by the model that ends it."""
    return signature(run.model)
