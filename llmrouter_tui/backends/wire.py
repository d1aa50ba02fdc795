"""The way of chat requests: HTTP/1.1 POSTs on kept connections, with little between the socket and the answer.

A general client (cookies, redirects, proxies, compression, timers per read) costs as much for each request as all of
the routing, and a third of what a streamed chunk costs. A chat needs none of it. The parsing is llhttp's, which is
Node's, through ``httptools``; questions about state go through aiohttp (``http``).
"""

import asyncio
import functools
import socket
import ssl
from collections import deque
from collections.abc import Callable, Mapping
from typing import Final, cast

import httptools
from yarl import URL

CONNECT_TIMEOUT: Final = 5.0
KEEP_IDLE: Final = 4.0
"""Seconds that an idle connection is kept: less than the 5 s after which uvicorn (vLLM) closes its end."""
HIGH_WATER: Final = 256 * 1024
"""Bytes of an answer that may wait for a slow reader before the socket is no longer read."""
MOST_WHOLE: Final = 128 << 20
"""Bytes of the longest whole answer that is read."""
MOST_PIECE: Final = 16 << 20
"""Bytes of the longest event or line of a stream."""


class HungUpError(ConnectionResetError):
    """The connection was closed before anything of an answer came."""


class BrokenOffError(ConnectionResetError):
    """The connection was closed in the middle of an answer."""


class NotHttpError(OSError):
    """What came is not HTTP."""


class TooMuchError(OSError):
    """More came in one piece than anybody would read."""


class ConnectTimeoutError(TimeoutError):
    """The server did not accept a connection in time."""


class Wire:
    """The connections to one server, by TLS where the address says https. Used in one event loop."""

    def __init__(self, url: str, fields: Mapping[str, str]) -> None:
        """``url`` is the server's root; ``fields`` go with every request. Raises ``ValueError`` for an address that
        is none, and for fields that cannot be sent."""
        address = URL(url)
        if address.scheme not in ("http", "https") or not address.host or not address.port:
            raise ValueError(f"{url} is not the address of a server")
        self._host, self._port = address.raw_host or "", address.port
        self._numeric = ":" in self._host or self._host.replace(".", "").isdecimal()
        self._tls = address.scheme == "https"
        self._path = address.raw_path.rstrip("/")
        host = f"[{self._host}]" if ":" in self._host else self._host
        named = {"Host": host if address.is_default_port() else f"{host}:{address.port}", **fields}
        self._fields = "".join(f"{name}: {_sendable(value)}\r\n" for name, value in named.items())
        self._heads: dict[tuple[str, bool], bytes] = {}
        self._idle: list[_Connection] = []
        self._sweeper: asyncio.TimerHandle | None = None

    async def post(
        self, path: str, body: bytes, *, read_timeout: float, parting: bool = False, more: bytes = b""
    ) -> "Answer":
        """Send a request; returns when the headers of its answer are here.

        ``read_timeout`` bounds every pause of the answer, in seconds, the one before its headers included;
        ``parting`` asks the server to end the connection with the answer; ``more`` are header lines of this request,
        each with its end. Raises ``OSError`` (also for names that do
        not resolve and certificates that do not convince), ``HungUpError``, ``NotHttpError`` and ``TimeoutError``.
        """
        connection = self._kept() or await self._connect()
        head = self._heads.get((path, parting)) or self._head(path, parting)
        answer = connection.ask(b"%b%d\r\n%b\r\n" % (head, len(body), more), body, read_timeout, keep=not parting)
        try:
            await answer.begun()
        except BaseException:
            answer.close()
            raise
        return answer

    def _head(self, path: str, parting: bool) -> bytes:
        """The head of a request up to the length of its body."""
        closing = "Connection: close\r\n" if parting else ""
        text = f"POST {self._path}{path} HTTP/1.1\r\n{self._fields}{closing}Content-Length: "
        head = self._heads[path, parting] = text.encode("ascii")
        return head

    def close(self) -> None:
        """Close the idle connections; answers under way go on."""
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._sweeper = None
        for connection in self._idle:
            connection.abort()
        self._idle.clear()

    def _kept(self) -> "_Connection | None":
        """The connection that was used last: the others may grow old and close."""
        while self._idle:
            connection = self._idle.pop()
            if connection.fresh:
                return connection
            connection.abort()
        return None

    def keep(self, connection: "_Connection") -> None:
        """Take back a connection whose answer is complete."""
        self._idle.append(connection)
        if self._sweeper is None:
            self._sweeper = asyncio.get_running_loop().call_later(KEEP_IDLE, self._sweep)

    def forget(self, connection: "_Connection") -> None:
        """A connection is gone."""
        if connection in self._idle:
            self._idle.remove(connection)

    def _sweep(self) -> None:
        self._sweeper = None
        for connection in self._idle:
            if not connection.fresh:
                connection.abort()
        self._idle = [connection for connection in self._idle if connection.usable]
        if self._idle:
            self._sweeper = asyncio.get_running_loop().call_later(KEEP_IDLE, self._sweep)

    async def _connect(self) -> "_Connection":
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT):
                return await self._connect_to_any()
        except TimeoutError:
            raise ConnectTimeoutError from None

    async def _connect_to_any(self) -> "_Connection":
        """Try the addresses of the server's name in turn."""
        loop = asyncio.get_running_loop()
        context = _context() if self._tls else None
        name = self._host if self._tls else None
        failure: OSError | None = None
        for where in await self._addresses():
            try:
                _, connection = await loop.create_connection(
                    lambda: _Connection(self, loop), where, self._port, ssl=context, server_hostname=name
                )
            except OSError as error:
                failure = failure or error
            else:
                return connection
        raise failure or socket.gaierror(socket.EAI_NONAME, "no address")

    async def _addresses(self) -> list[str]:
        """Of the server's name; a name that is an address needs no look-up."""
        if self._numeric:
            return [self._host]
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        return [str(where[0]) for _, _, _, _, where in found]


class Answer:
    """One answer under way. ``status`` and ``fields`` are set once ``Wire.post`` has returned it."""

    __slots__ = ("_connection", "_error", "_parts", "_size", "_waiter", "complete", "fields", "status")

    def __init__(self, connection: "_Connection") -> None:
        self.status = 0
        self.fields: dict[str, str] = {}
        """Header fields by name, lower case."""
        self.complete = False
        """Whether all of it has come (not necessarily been read)."""
        self._connection: _Connection | None = connection
        self._parts: deque[bytes] = deque()
        self._size = 0
        self._error: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None

    async def readany(self) -> bytes:
        """What has come since; waits for something; empty at the end. Raises what broke the answer, after what came
        before that."""
        parts = self._parts
        while not parts:
            if self._error is not None:
                raise self._error
            if self.complete:
                return b""
            await self._news()
        data = parts[0] if len(parts) == 1 else b"".join(parts)
        parts.clear()
        if self._size > HIGH_WATER and self._connection is not None:
            self._connection.resume()
        self._size = 0
        return data

    async def read(self) -> bytes:
        """All that is left of it. Raises ``TooMuchError``, besides what broke it."""
        found = [await self.readany()]
        size = len(found[0])
        while not self.complete or self._parts:
            found.append(await self.readany())
            if (size := size + len(found[-1])) > MOST_WHOLE:
                raise TooMuchError
        return found[0] if len(found) == 1 else b"".join(found)

    def close(self) -> None:
        """Let go: an answer that is not complete loses its connection, so that its server stops working on it."""
        connection, self._connection = self._connection, None
        if connection is not None and not self.complete:
            connection.abort()

    # ── what the connection tells ──

    async def begun(self) -> None:
        """Wait for the headers."""
        while not self.status:
            if self._error is not None:
                raise self._error
            await self._news()

    def head(self, status: int, fields: dict[str, str]) -> None:
        self.status, self.fields = status, fields
        self._wake()

    def part(self, data: bytes) -> bool:
        """Take a piece of the body; whether it is enough for now."""
        self._parts.append(data)
        self._size += len(data)
        self._wake()
        return self._size > HIGH_WATER

    def end(self) -> None:
        self.complete = True
        self._connection = None
        self._wake()

    def fail(self, error: Exception) -> None:
        self._error = error
        self._connection = None
        self._wake()

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    async def _news(self) -> None:
        self._waiter = asyncio.get_running_loop().create_future()
        await self._waiter


class _Connection(asyncio.Protocol):
    """One connection; asked again when an answer is complete and both ends keep it."""

    def __init__(self, wire: Wire, loop: asyncio.AbstractEventLoop) -> None:
        self.heard = loop.time()
        """When something came last."""
        self.usable = True
        self._wire = wire
        self._now: Callable[[], float] = loop.time
        self._later = loop.call_later
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._answer: Answer | None = None
        self._fields: dict[str, str] = {}
        self._keep = True
        self._endless = False
        """Whether the answer ends with the connection."""
        self._paused = False
        self._patience = 0.0
        self._watch: asyncio.TimerHandle | None = None

    @property
    def fresh(self) -> bool:
        """Whether the server surely still keeps it."""
        return self.usable and self._now() - self.heard < KEEP_IDLE

    def ask(self, head: bytes, body: bytes, patience: float, *, keep: bool) -> Answer:
        """Send a request; its answer begins at once, empty."""
        assert self._transport is not None
        self.heard = self._now()
        self._keep, self._patience, self._fields = keep, patience, {}
        self._answer = answer = Answer(self)
        self._watch = self._later(patience, self._look)
        if len(body) > 65536:
            self._transport.writelines((head, body))
        else:
            self._transport.write(head + body)
        return answer

    def abort(self) -> None:
        """Drop the connection and the answer on it."""
        self.usable = False
        self._rest()
        if self._transport is not None:
            self._transport.abort()

    def resume(self) -> None:
        """The reader has caught up."""
        if self._paused and self._transport is not None:
            self._paused = False
            self.heard = self._now()
            self._transport.resume_reading()

    def _look(self) -> None:
        """The watch: has the server been silent for too long? A reader who is slow is not the server's silence."""
        left = self._patience - (self._now() - self.heard)
        if self._paused or left > 0.001:
            self._watch = self._later(left if left > 0.001 else self._patience, self._look)
        else:
            self._break(TimeoutError())

    def _rest(self) -> None:
        """No answer is under way any more."""
        self._answer = None
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def _break(self, error: Exception) -> None:
        if self._answer is not None:
            self._answer.fail(error)
        self.abort()

    # ── asyncio.Protocol ──

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self.heard = self._now()
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._break(NotHttpError(str(error)))

    def connection_lost(self, failure: Exception | None) -> None:
        self.usable = False
        self._wire.forget(self)
        answer = self._answer
        if answer is not None and self._endless and failure is None:
            answer.end()
        elif answer is not None:
            answer.fail(BrokenOffError() if answer.status or self._fields else HungUpError())
        self._rest()

    # ── httptools' callbacks ──

    def on_message_begin(self) -> None:
        self._fields = {}
        if self._answer is None:  # it speaks unasked
            self.abort()

    def on_header(self, name: bytes, value: bytes) -> None:
        self._fields[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if self._answer is not None and status >= 200:  # 1xx only announces an answer
            fields = self._fields
            chunked = "chunked" in fields.get("transfer-encoding", "").lower()
            self._endless = not chunked and "content-length" not in fields
            self._answer.head(status, fields)

    def on_body(self, data: bytes) -> None:
        if self._answer is not None and self._answer.part(data) and not self._paused and self._transport is not None:
            self._paused = True
            self._transport.pause_reading()

    def on_message_complete(self) -> None:
        answer = self._answer
        if answer is None or not answer.status:
            return
        self._rest()
        answer.end()
        if self._paused:
            self.resume()
        if self._keep and self.usable and self._parser.should_keep_alive():
            self._wire.keep(self)
        elif self._transport is not None:
            self.usable = False
            self._transport.close()


def _sendable(value: str) -> str:
    """A header's value; raises ``ValueError`` for one that would end its line."""
    if not value.isprintable() or not value.isascii():
        raise ValueError("a header holds characters that cannot be sent")
    return value


@functools.cache
def _context() -> ssl.SSLContext:
    return ssl.create_default_context()
