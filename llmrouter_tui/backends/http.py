"""The way to a model server: one HTTP session for all of them, and failures as typed errors.

A session belongs to the event loop that made it. It keeps no limit on connections (a pool size would be a hidden
limit on concurrent requests) and asks for uncompressed answers, so that streams pass through byte for byte.
"""

import asyncio
import base64
import errno
import json
import time
from typing import Any
from urllib.parse import unquote, urlsplit

import aiohttp

from llmrouter_tui.backends.faults import Complaint, complaint_of, fault, read_complaint, retry_after
from llmrouter_tui.core.errors import BackendError

CONNECT_TIMEOUT = 5.0
READ_TIMEOUT = 300.0
"""Seconds that a stream may pause; a long prompt is read in this time too."""
ASK_TIMEOUT = 5.0
"""Seconds for a question about state."""

_KEEP_IDLE = 4.0
"""Seconds that an idle connection is kept: less than the 5 s after which uvicorn (vLLM) closes its end."""
_LINGER = 0.2
"""Seconds to wait for the end of a response that has said everything."""
_UNHEARD = 1.0
"""Seconds in which the loss of a kept connection shows (a round trip). What fails later was being worked on."""
_PAUSE = 0.05
"""Seconds before a request is sent again through a gateway, so that it notices which of its connections are gone."""
_MAX_ERROR_BODY = 64 * 1024


def new_session() -> aiohttp.ClientSession:
    """The shared session; call it in the loop that will use it, and close it at the end."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEEP_IDLE),
        auto_decompress=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"Accept-Encoding": "identity", "User-Agent": "llmrouter-tui"},
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_TIMEOUT),
    )


class Link:
    """One server: its address, its key, and how its failures are told. Raises ``BackendError`` only."""

    def __init__(
        self, session: aiohttp.ClientSession, backend: str, url: str, *, api_key: str = "", api_key_env: str = ""
    ) -> None:
        """``url`` is the server's root, without a path such as ``/v1``; a user and password in it are sent, and not
        shown. The session stays the caller's to close."""
        self.backend = backend
        self.url, login = _address(url)
        self.api_key_env = api_key_env
        self._session = session
        self._secret = api_key
        self._headers = {"Content-Type": "application/json"}
        if api_key or login:
            self._headers["Authorization"] = f"Bearer {api_key}" if api_key else login
        self._parting = {**self._headers, "Connection": "close"}

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
        except ValueError:
            raise self.broken(f"answered {path} with something that is not JSON", model) from None

    async def text(
        self, method: str, path: str, *, data: bytes = b"", timeout: float = ASK_TIMEOUT, model: str = ""
    ) -> bytes:
        """The body that a call answers."""
        limits = aiohttp.ClientTimeout(total=timeout, sock_connect=min(timeout, CONNECT_TIMEOUT))
        try:
            async with self._session.request(
                method, self.url + path, data=data or None, headers=self._headers, timeout=limits, allow_redirects=False
            ) as response:
                await self._check(response, model)
                return await response.read()
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise self.unreachable(error, model, timeout) from error

    async def open(
        self, path: str, body: bytes, *, model: str, read_timeout: float, parting: bool = False
    ) -> aiohttp.ClientResponse:
        """Send a request for an answer that is read piece by piece; returns when its headers are here.

        ``read_timeout`` bounds every pause of the answer, the one before its headers included. ``parting`` ends the
        connection with the answer: for servers that promise to keep it and close it, so that the next request on it
        would be lost now and then.
        """
        limits = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_TIMEOUT, sock_read=read_timeout)
        try:
            response = await self._post(path, body, limits, self._parting if parting else self._headers)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise self.unreachable(error, model, read_timeout) from error
        try:
            await self._check(response, model)
        except BaseException:
            response.close()
            raise
        return response

    async def _post(
        self, path: str, body: bytes, limits: aiohttp.ClientTimeout, headers: dict[str, str]
    ) -> aiohttp.ClientResponse:
        """Send, and send once more what was surely not being worked on: a kept connection was just being closed when
        the request came, ours to the server or a gateway's to the model's server. Nothing of an answer has come
        then, and it shows at once; what is lost later, or again, is a failure."""
        sent = time.monotonic()
        try:
            response = await self._post_once(path, body, limits, headers)
        except (aiohttp.ClientConnectionError, ConnectionError) as error:
            if not _hung_up(error) or time.monotonic() - sent > _UNHEARD:
                raise
        else:
            if not _gateway_lost_it(response) or time.monotonic() - sent > _UNHEARD:
                return response
            response.release()
            await asyncio.sleep(_PAUSE)
        return await self._post_once(path, body, limits, headers)

    async def _post_once(
        self, path: str, body: bytes, limits: aiohttp.ClientTimeout, headers: dict[str, str]
    ) -> aiohttp.ClientResponse:
        return await self._session.post(
            self.url + path, data=body, headers=headers, timeout=limits, allow_redirects=False
        )

    async def _check(self, response: aiohttp.ClientResponse, model: str) -> None:
        status = response.status
        if status < 300:
            return
        if status < 400:
            to = response.headers.get("Location", "another address")
            text = f"{self.backend} at {self.url} redirects to {to}."
            hint = "Use that address as its url."
            raise BackendError("backend_error", text, hint=hint, backend=self.backend, fallback=True, retryable=False)
        complaint = read_complaint(await _head_of(response))
        wait = retry_after(response.headers, time.time())
        raise self.fault(complaint, model=model, status=status, retry=wait)

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

    def broken(self, what: str, model: str = "") -> BackendError:
        """The server answered, but not what its protocol says."""
        who = f"{self.backend} ({model})" if model else self.backend
        return BackendError("backend_error", f"{who} {what}.", backend=self.backend, model=model, fallback=True)

    def interrupted(self, what: str, model: str) -> BackendError:
        """An answer that began and will not be completed."""
        text = f"{self.backend} ({model}) stopped in the middle of its answer: {what}"
        return BackendError("upstream_interrupted", text, backend=self.backend, model=model, fallback=True)

    def unreachable(self, error: BaseException, model: str = "", seconds: float = CONNECT_TIMEOUT) -> BackendError:
        """The typed error for a connection that failed before an answer began."""
        text = f"{self.backend} at {self.url} {_what_failed(error, seconds)}."
        gone = not isinstance(error, aiohttp.InvalidURL)
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
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return f"did not accept a connection within {min(seconds, CONNECT_TIMEOUT):g} s"
    if isinstance(error, TimeoutError):
        return f"did not answer within {seconds:g} s"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "cannot be found: its name does not resolve"
    if isinstance(error, aiohttp.ClientSSLError):
        return f"could not be trusted: {error}"
    if isinstance(error, aiohttp.ClientConnectorError):
        refused = isinstance(error.os_error, ConnectionRefusedError)
        return (
            "refused the connection" if refused else f"cannot be reached: {error.os_error.strerror or error.os_error}"
        )
    if _hung_up(error):
        return "closed the connection without an answer"
    if isinstance(error, aiohttp.ClientPayloadError):
        return "broke off its answer"
    if isinstance(error, aiohttp.ClientResponseError):
        return "does not speak HTTP there"
    if isinstance(error, aiohttp.InvalidURL):
        return "has an address that is not a URL"
    return f"cannot be reached: {error}"


def _hung_up(error: BaseException) -> bool:
    """Whether a connection that stood was closed before anything of an answer came, or of the request was sent."""
    if isinstance(error, aiohttp.ServerDisconnectedError | ConnectionResetError):
        return True
    lost = isinstance(error, OSError) and error.errno in (errno.ECONNRESET, errno.EPIPE)
    return lost or isinstance(error.__cause__, ConnectionResetError)


def _gateway_lost_it(response: aiohttp.ClientResponse) -> bool:
    """A 502 without a word: what a gateway in Go (llama-swap) answers when the connection that it kept to the model's
    server turns out to be closed, as llama.cpp does after every stream."""
    return response.status == 502 and response.content_length == 0


def why_broken(error: BaseException) -> str:
    """Why an answer under way ended early, in words."""
    if isinstance(error, TimeoutError):
        return "it sent nothing more and did not close the connection."
    return "its connection broke."


async def linger(response: aiohttp.ClientResponse) -> None:
    """Let a response that has said everything end, so that its connection can be used again; a server that does not
    end it loses the connection."""
    try:
        async with asyncio.timeout(_LINGER):
            while await response.content.readany():
                pass
    except (aiohttp.ClientError, OSError, TimeoutError):
        response.close()


async def _head_of(response: aiohttp.ClientResponse) -> bytes:
    """The beginning of an error body; whatever has come when it breaks off or takes too long."""
    body = bytearray()
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT):
            async for piece in response.content.iter_any():
                body += piece
                if len(body) >= _MAX_ERROR_BODY:
                    break
    except (aiohttp.ClientError, OSError, TimeoutError):
        pass
    return bytes(body[:_MAX_ERROR_BODY])
