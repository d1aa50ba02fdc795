"""The way to a model server, and failures as typed errors.

Questions about state go through one aiohttp session for all servers, chats through a ``Wire`` per server. Both
belong to the event loop that made them, know no limit on connections (a pool size would be a hidden limit on
concurrent requests) and ask for uncompressed answers, so that streams pass through byte for byte.
"""

import asyncio
import base64
import json
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

import aiohttp

from llmrouter_tui.backends.faults import Complaint, complaint_of, fault, read_complaint, retry_after
from llmrouter_tui.backends.wire import (
    CONNECT_TIMEOUT,
    KEEP_IDLE,
    Answer,
    BrokenOffError,
    ConnectTimeoutError,
    HungUpError,
    NotHttpError,
    TooMuchError,
    Wire,
)
from llmrouter_tui.core import hops
from llmrouter_tui.core.errors import BackendError
from llmrouter_tui.core.hosting import is_hosted

READ_TIMEOUT = 300.0
"""Seconds that a stream may pause; a long prompt is read in this time too."""
ASK_TIMEOUT = 5.0
"""Seconds for a question about state."""

_LINGER = 0.2
"""Seconds to wait for the end of a response that has said everything."""
_UNHEARD = 1.0
"""Seconds in which the loss of a kept connection shows (a round trip). What fails later was being worked on."""
_PAUSE = 0.05
"""Seconds before a request is sent again through a gateway, so that it notices which of its connections are gone."""
_MAX_ERROR_BODY = 64 * 1024
_COMMON = {"Accept-Encoding": "identity", "User-Agent": "llmrouter-tui"}


def new_session() -> aiohttp.ClientSession:
    """The shared session; call it in the loop that will use it, and close it at the end."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEP_IDLE),
        auto_decompress=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        headers=_COMMON,
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_TIMEOUT),
    )


class Link:
    """One server: its address, its key, and how its failures are told. Raises ``BackendError`` only."""

    keeps = True
    """Whether connections are used again."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        backend: str,
        url: str,
        *,
        api_key: str = "",
        api_key_env: str = "",
        fields: Mapping[str, str] | None = None,
    ) -> None:
        """``url`` is the server's root, without a path such as ``/v1``; a user and password in it are sent, and not
        shown. ``fields`` are headers of its own protocol. The session stays the caller's to close."""
        self.backend = backend
        self.url, login = _address(url)
        self.tells_hops = not is_hosted(self.url)
        """Whether it is told through which routers a request came; a provider is not."""
        self.api_key_env = api_key_env
        self._session = session
        self._secret = api_key
        self._headers = {"Content-Type": "application/json", **(fields or {})}
        if api_key or login:
            self._headers["Authorization"] = f"Bearer {api_key}" if api_key else login
        self._wire: Wire | None = None

    def close(self) -> None:
        """Close what is kept open for the next request; answers under way go on."""
        if self._wire is not None:
            self._wire.close()

    async def get(self, path: str, *, timeout: float = ASK_TIMEOUT, model: str = "") -> Any:
        """The parsed JSON at a path."""
        return await self.ask("GET", path, timeout=timeout, model=model)

    async def post(self, path: str, body: object, *, timeout: float = ASK_TIMEOUT, model: str = "") -> Any:
        """The parsed JSON that a call answers; None for an empty answer."""
        return await self.ask("POST", path, data=json.dumps(body).encode(), timeout=timeout, model=model)

    async def ask(self, method: str, path: str, *, data: bytes = b"", timeout: float, model: str = "") -> Any:
        """One call with an answer of moderate size, within ``timeout`` seconds in all."""
        text = await self.text(method, path, data=data, timeout=timeout, model=model)
        try:
            return json.loads(text) if text.strip() else None
        except (ValueError, RecursionError):
            raise self.broken(f"answered {path} with something that is not JSON", model) from None

    async def text(
        self, method: str, path: str, *, data: bytes = b"", timeout: float = ASK_TIMEOUT, model: str = ""
    ) -> bytes:
        """The body that a call answers."""
        limits = aiohttp.ClientTimeout(total=timeout, sock_connect=min(timeout, CONNECT_TIMEOUT))
        fields = self._headers if self.keeps else {**self._headers, "Connection": "close"}
        if passed := self._passed():
            fields = {**fields, hops.HEADER: passed}
        try:
            async with self._session.request(
                method, self.url + path, data=data or None, headers=fields, timeout=limits, allow_redirects=False
            ) as response:
                if response.status >= 300:
                    raise self._refusal(
                        response.status, response.headers, await response.content.read(_MAX_ERROR_BODY), model
                    )
                return await response.read()
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise self.unreachable(error, model, timeout) from error

    async def open(self, path: str, body: bytes, *, model: str, read_timeout: float, parting: bool = False) -> Answer:
        """Send a request for an answer that is read piece by piece; returns when its headers are here.

        ``read_timeout`` bounds every pause of the answer, the one before its headers included. ``parting`` ends the
        connection with the answer: for servers that promise to keep it and close it, so that the next request on it
        would be lost now and then.
        """
        try:
            answer = await self._post(path, body, read_timeout, parting or not self.keeps)
        except (OSError, ValueError) as error:
            raise self.unreachable(error, model, read_timeout) from error
        if answer.status >= 300:
            try:
                raise self._refusal(answer.status, answer.fields, await _head_of(answer.readany), model)
            finally:
                answer.close()
        return answer

    async def _post(self, path: str, body: bytes, read_timeout: float, parting: bool) -> Answer:
        """Send, and send once more what was surely not being worked on: a kept connection was just being closed when
        the request came, ours to the server or a gateway's to the model's server. Nothing of an answer has come
        then, and it shows at once; what is lost later, or again, is a failure."""
        if self._wire is None:
            self._wire = Wire(self.url, {**_COMMON, **self._headers})
        passed, sent = self._passed(), time.monotonic()
        more = f"{hops.HEADER}: {passed}\r\n".encode() if passed else b""
        try:
            answer = await self._wire.post(path, body, read_timeout=read_timeout, parting=parting, more=more)
        except HungUpError:
            if time.monotonic() - sent > _UNHEARD:
                raise
        else:
            if not _gateway_lost_it(answer) or time.monotonic() - sent > _UNHEARD:
                return answer
            answer.close()
            await asyncio.sleep(_PAUSE)
        return await self._wire.post(path, body, read_timeout=read_timeout, parting=parting, more=more)

    def _passed(self) -> str:
        return ", ".join(hops.PASSED.get()) if self.tells_hops else ""

    def _refusal(self, status: int, fields: Mapping[str, str], head: bytes, model: str) -> BackendError:
        """The typed error for an answer that is none; ``head`` is the beginning of its body."""
        if status < 400:
            to = fields.get("location", "another address")
            text = f"{self.backend} at {self.url} redirects to {to}."
            hint = "Use that address as its url."
            return BackendError("backend_error", text, hint=hint, backend=self.backend, fallback=True, retryable=False)
        wait = retry_after(fields, time.time())
        return self.fault(read_complaint(head), model=model, status=status, retry=wait)

    def fault(
        self, complaint: Complaint, *, model: str = "", status: int = 0, retry: float | None = None
    ) -> BackendError:
        """The typed error for a complaint of this server, its key taken out of the words."""
        if self._secret and self._secret in complaint.text:
            words = complaint.text.replace(self._secret, "…")
            complaint = Complaint(words, complaint.kind, complaint.param, complaint.structured)
        env = self.api_key_env
        return fault(complaint, backend=self.backend, model=model, status=status, retry=retry, api_key_env=env)

    def said_no(self, value: object, model: str = "") -> BackendError:
        """The typed error for an ``error`` inside a 200 answer."""
        return self.fault(complaint_of(value), model=model)

    def broken(self, what: str, model: str = "", *, blames: bool = True) -> BackendError:
        """The server answered, but not what its protocol says. ``blames``: see ``BackendError``."""
        who = f"{self.backend} ({model})" if model else self.backend
        text = f"{who} {what}."
        return BackendError("backend_error", text, backend=self.backend, model=model, fallback=True, blames=blames)

    def interrupted(self, what: str, model: str) -> BackendError:
        """An answer that began and will not be completed."""
        text = f"{self.backend} ({model}) stopped in the middle of its answer: {what}"
        return BackendError("upstream_interrupted", text, backend=self.backend, model=model, fallback=True)

    def unreachable(self, error: BaseException, model: str = "", seconds: float = CONNECT_TIMEOUT) -> BackendError:
        """The typed error for a connection that failed before an answer began."""
        text = f"{self.backend} at {self.url} {_what_failed(error, seconds)}."
        gone = not isinstance(error, ValueError)  # aiohttp's InvalidURL is one
        return BackendError(
            "backend_unreachable", text, backend=self.backend, model=model, fallback=True, unhealthy=gone
        )


def _address(url: str) -> tuple[str, str]:
    """The address without what must not be shown, and the header for a login that it held. HTTP goes without saying."""
    url = url.strip().rstrip("/")
    parts = urlsplit(url if "://" in url else f"http://{url}")
    shown = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    if not parts.username:
        return shown, ""
    login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return shown, f"Basic {base64.b64encode(login.encode()).decode()}"


def _what_failed(error: BaseException, seconds: float) -> str:
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(error, aiohttp.ConnectionTimeoutError | ConnectTimeoutError):
        return f"did not accept a connection within {min(seconds, CONNECT_TIMEOUT):g} s"
    if isinstance(error, TimeoutError):
        return f"did not answer within {seconds:g} s"
    if isinstance(error, aiohttp.ClientConnectorDNSError) or isinstance(cause, socket.gaierror):
        return "cannot be found: its name does not resolve"
    if isinstance(error, aiohttp.ClientSSLError) or isinstance(cause, ssl.SSLError):
        return f"could not be trusted: {error}"
    if isinstance(cause, ConnectionRefusedError):
        return "refused the connection"
    if _hung_up(error):
        return "closed the connection without an answer"
    if isinstance(error, aiohttp.ClientPayloadError | BrokenOffError):
        return "broke off its answer"
    if isinstance(error, aiohttp.ClientResponseError | NotHttpError):
        return "does not speak HTTP there"
    if isinstance(error, aiohttp.InvalidURL):
        return "has an address that is not a URL"
    words = cause.strerror if isinstance(cause, OSError) else None
    return f"cannot be reached: {words or error}"


def _hung_up(error: BaseException) -> bool:
    """Whether a connection that stood was closed before anything of an answer came."""
    if isinstance(error, BrokenOffError):
        return False
    return isinstance(error, aiohttp.ServerDisconnectedError | ConnectionResetError)


def _gateway_lost_it(answer: Answer) -> bool:
    """A 502 without a word: what a gateway in Go (llama-swap) answers when the connection that it kept to the model's
    server turns out to be closed, as llama.cpp does after every stream."""
    return answer.status == 502 and answer.fields.get("content-length") == "0"


def why_broken(error: BaseException) -> str:
    """Why an answer under way ended early, in words."""
    if isinstance(error, TimeoutError):
        return "it sent nothing more and did not close the connection."
    if isinstance(error, TooMuchError):
        return "it sent more in one piece than anybody would read."
    return "its connection broke."


async def linger(answer: Answer) -> None:
    """Let an answer that has said everything end, so that its connection can be used again; a server that does not
    end it loses the connection."""
    if answer.complete:
        return
    try:
        async with asyncio.timeout(_LINGER):
            while await answer.readany():
                pass
    except OSError:
        answer.close()


async def _head_of(read: Callable[[], Awaitable[bytes]]) -> bytes:
    """The beginning of an error body; whatever has come when it breaks off or takes too long."""
    body = bytearray()
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT):
            while len(body) < _MAX_ERROR_BODY and (piece := await read()):
                body += piece
    except (aiohttp.ClientError, OSError):
        pass
    return bytes(body[:_MAX_ERROR_BODY])
