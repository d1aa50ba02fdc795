"""A streamed answer on the wire: headers, signs of life while the model is not ready, chunks, and the end."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping

from aiohttp import web

from llmrouter_tui.core.ports.exchanges import ExchangeRun
from llmrouter_tui.proxy.dialects.dialect import Voice
from llmrouter_tui.proxy.options import ProxyOptions


class ClientGoneError(Exception):
    """The client left while we wrote to it."""


def gone() -> web.Response:
    """What a handler returns when nobody is there to read it."""
    return web.Response(status=499, reason="Client Closed Request")


async def open_stream(request: web.BaseRequest, headers: Mapping[str, str]) -> web.StreamResponse:
    response = web.StreamResponse(headers=headers)
    try:
        await response.prepare(request)
    except ConnectionError as error:
        raise ClientGoneError from error
    return response


async def spoken(chunks: AsyncIterator[bytes], voice: Voice) -> AsyncIterator[bytes]:
    """A canonical stream in a dialect; what means nothing there is left out. A comment, which tells that another model
    goes on, stands before all else."""
    feed, comments = voice.feed, voice.content_type == "text/event-stream"
    async for chunk in chunks:
        said = feed(chunk)
        if comments and chunk.startswith(b":"):
            said = chunk[: chunk.find(b"\n\n") + 2] + said
        if said:
            yield said


async def pass_on(chunks: AsyncIterator[bytes], response: web.StreamResponse) -> None:
    """Write every chunk as it comes, unchanged."""
    write = response.write
    async for chunk in chunks:
        try:
            await write(chunk)
        except ConnectionError as error:
            raise ClientGoneError from error


class Early:
    """Answers a stream before its model is ready, so that neither client nor reverse proxy gives up.

    Where the model is ready in time this costs one loop timer, set and cancelled.
    """

    __slots__ = ("_headers", "_options", "_over", "_request", "_run", "_task", "_timer", "_voice", "response")

    def __init__(
        self,
        request: web.BaseRequest,
        run: ExchangeRun,
        voice: Voice,
        headers: Callable[[], dict[str, str]],
        options: ProxyOptions,
    ) -> None:
        """``headers`` are asked for when they go out: what they tell of the decision changes until then."""
        self._request = request
        self._run = run
        self._voice = voice
        self._headers = headers
        self._options = options
        self._over: asyncio.Event | None = None
        self._task: asyncio.Task[None] | None = None
        self._timer = asyncio.get_running_loop().call_later(options.early, self._start)
        self.response: web.StreamResponse | None = None
        """Set once headers are out."""

    async def ready(self) -> web.StreamResponse:
        """The wait is over: the response with its headers out. Raises ``ClientGoneError``."""
        response = await self.settle()
        if response is None:
            response = self.response = await self._open()
        return response

    async def settle(self) -> web.StreamResponse | None:
        """Stop timer and signs of life (between two of them); the response, if headers are out.

        Raises ``ClientGoneError``."""
        self._timer.cancel()
        task, over = self._task, self._over
        if task is not None and over is not None:
            over.set()
            await asyncio.wait((task,))
            if not task.cancelled() and (failure := task.exception()) is not None:
                raise failure
        return self.response

    def abandon(self) -> None:
        self._timer.cancel()
        if self._task is not None:
            self._task.cancel()

    async def _open(self) -> web.StreamResponse:
        """Send the headers, with those that keep a stream from being held back on its way."""
        headers = self._headers()
        headers["Content-Type"] = self._voice.content_type
        headers["Cache-Control"] = "no-cache"
        headers["X-Accel-Buffering"] = "no"
        return await open_stream(self._request, headers)

    def _start(self) -> None:
        self._over = asyncio.Event()
        self._task = asyncio.get_running_loop().create_task(self._wait(self._over))

    async def _wait(self, over: asyncio.Event) -> None:
        response = await self._open()
        self.response = response
        while not over.is_set():
            words = self._voice.waiting(" ".join(self._run.status_text.split()))
            try:
                if words:
                    await response.write(words)
            except ConnectionError as error:
                raise ClientGoneError from error
            try:
                async with asyncio.timeout(self._options.keepalive):
                    await over.wait()
            except TimeoutError:
                continue
