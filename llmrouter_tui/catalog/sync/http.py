"""One polite HTTP client for all sources: bounded in size and time, patient with servers that are busy, and clear in
words about what went wrong."""

import asyncio
import email.utils
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

import httpx

from llmrouter_tui import __version__
from llmrouter_tui.core.causes import cause_words
from llmrouter_tui.core.sync import Validator

MEGABYTE: Final = 1_000_000
CHUNK: Final = 65_536
MAX_REDIRECTS: Final = 3
TELLING: Final = 200
"""Characters of a server's own words that are repeated."""


class SourceError(Exception):
    """A source did not give its figures; the message says what happened, as a clause. ``offline``: nothing answered
    at all. ``missing``: it answered that there is no such document."""

    def __init__(self, message: str, *, offline: bool = False, missing: bool = False) -> None:
        super().__init__(message)
        self.offline = offline
        self.missing = missing


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to bear with a server, in seconds. A dataset that was not asked for a while is loaded first; the
    server then answers 5xx for some ten seconds."""

    delays: tuple[float, ...] = (2.0, 8.0, 15.0)
    """Waits before the second, third … attempt."""
    longest_wait: float = 60.0
    """A server that asks for a longer pause than this is left alone until the next run."""
    connect: float = 10.0
    answer: float = 60.0
    """For one answer, first byte to last."""


@dataclass(frozen=True, slots=True)
class Document:
    """An answer: its bytes and what the server said of their version."""

    url: str
    body: bytes
    validator: Validator


Sleep = Callable[[float], Awaitable[None]]


def open_client() -> httpx.AsyncClient:
    """A client that follows a few redirects and says who it is. Close it."""
    return httpx.AsyncClient(
        headers={"User-Agent": f"llmrouter-tui/{__version__} (figures for model routing)", "Accept-Encoding": "gzip"},
        follow_redirects=True,
        max_redirects=MAX_REDIRECTS,
        limits=httpx.Limits(max_connections=2, max_keepalive_connections=1),
    )


class Fetcher:
    """Gets documents for one source. ``arrived`` is told the bytes of each piece, ``waiting`` why there is a pause."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        patience: Patience,
        *,
        arrived: Callable[[int], None] = lambda size: None,
        waiting: Callable[[str], None] = lambda reason: None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._client = client
        self._patience = patience
        self._arrived = arrived
        self._waiting = waiting
        self._sleep = sleep

    def address(self, url: str, params: Mapping[str, str] | None) -> str:
        """The whole address of a request."""
        return str(self._client.build_request("GET", url, params=params).url)

    async def get(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        *,
        limit: int,
        headers: Mapping[str, str] | None = None,
        known: Validator | None = None,
    ) -> Document | None:
        """The document, at most ``limit`` bytes; None if it is still the ``known`` one. Raises ``SourceError``.

        With ``headers`` (a key) no redirect is followed: they are for this server only.
        """
        request = self._client.build_request("GET", url, params=params, headers=_headers(headers, known))
        for delay in (*self._patience.delays, None):
            try:
                async with asyncio.timeout(self._patience.answer):
                    return await self._once(request, limit, follow=headers is None)
            except _AgainError as trouble:
                if delay is None or trouble.after > self._patience.longest_wait:
                    raise SourceError(trouble.words(asked=delay is None), offline=trouble.offline) from trouble
                reason, pause = trouble.message, max(delay, trouble.after)
            except TimeoutError:
                reason, pause = f"{_host(request)} took more than {self._patience.answer:g} s", delay or 0.0
                if delay is None:
                    raise SourceError(f"{reason} for an answer, every time") from None
            self._waiting(reason)
            await self._sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    async def _once(self, request: httpx.Request, limit: int, *, follow: bool) -> Document | None:
        request.extensions["timeout"] = httpx.Timeout(self._patience.answer, connect=self._patience.connect).as_dict()
        try:
            response = await self._client.send(request, stream=True, follow_redirects=follow)
            try:
                return await self._taken(request, response, limit)
            finally:
                await response.aclose()
        except httpx.TooManyRedirects:
            raise SourceError(f"{_host(request)} redirected more than {MAX_REDIRECTS} times") from None
        except httpx.TransportError as error:
            raise _transport(request, error) from error
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise SourceError(f"{_host(request)} answered what is no HTTP: {error}") from error

    async def _taken(self, request: httpx.Request, response: httpx.Response, limit: int) -> Document | None:
        if response.url.scheme != request.url.scheme:
            raise SourceError(f"{_host(request)} redirected to another protocol, {response.url.scheme}")
        if response.status_code == httpx.codes.NOT_MODIFIED:
            return None
        if response.status_code != httpx.codes.OK:
            raise await self._refused(request, response)
        body = await self._body(request, response, limit)
        if _is_page(response, body):
            raise SourceError(f"{_host(request)} answered with a web page instead of data")
        validator = Validator(
            str(request.url), response.headers.get("ETag", "")[:200], response.headers.get("Last-Modified", "")[:100]
        )
        return Document(str(request.url), body, validator)

    async def _body(self, request: httpx.Request, response: httpx.Response, limit: int) -> bytes:
        parts, size = [], 0
        async for part in response.aiter_bytes(CHUNK):
            size += len(part)
            if size > limit:
                raise SourceError(f"{_host(request)} sent more than {limit / MEGABYTE:g} MB, so it was not read on")
            parts.append(part)
            self._arrived(len(part))
        return b"".join(parts)

    async def _refused(self, request: httpx.Request, response: httpx.Response) -> Exception:
        status, host = response.status_code, _host(request)
        try:
            told = _told(await self._body(request, response, CHUNK))
        except (SourceError, httpx.HTTPError):
            told = ""
        if status == httpx.codes.TOO_MANY_REQUESTS or status >= 500:
            after = _retry_after(response.headers.get("Retry-After", ""))
            return _AgainError(f"{host} answered {status}{told}", after=after)
        if status in (401, 403):
            return SourceError(f"{host} refused the request ({status}{told})")
        if response.is_redirect:
            return SourceError(f"{host} redirected a request that carries a key, which was not followed")
        missing = status in (404, 410)
        return SourceError(f"{host} answered {status}{told} to {request.url.path}", missing=missing)


class _AgainError(Exception):
    """Worth another attempt, not before ``after`` seconds."""

    def __init__(self, message: str, *, after: float = 0.0, offline: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.after = after
        self.offline = offline

    def words(self, *, asked: bool) -> str:
        if not asked:
            return f"{self.message}, and asked to wait {self.after:.0f} s"
        return f"{self.message}, every time it was asked"


def _headers(given: Mapping[str, str] | None, known: Validator | None) -> dict[str, str]:
    headers = dict(given or {})
    if known and known.etag:
        headers["If-None-Match"] = known.etag
    if known and known.last_modified:
        headers["If-Modified-Since"] = known.last_modified
    return headers


def _host(request: httpx.Request) -> str:
    return request.url.netloc.decode("ascii", "replace")


def _is_page(response: httpx.Response, body: bytes) -> bool:
    return "html" in response.headers.get("Content-Type", "") or body[:200].lstrip().lower().startswith(
        (b"<!doctype", b"<html")
    )


def _told(body: bytes) -> str:
    """What the server says, if it is a short text: JSON with an error, or plain words."""
    text = body[:4096].decode("utf-8", "replace")
    match = re.search(r'"(?:error|message|detail)"\s*:\s*"((?:[^"\\]|\\.)*)"', text)
    words = match[1] if match else "" if "<" in text or "{" in text else text
    words = " ".join(re.sub(r"[^\x20-\x7e\u00a0-\uffff]", " ", words).split()).rstrip(".")
    return f" ({words[:TELLING]})" if words else ""


def _retry_after(text: str) -> float:
    """Seconds or a date (RFC 9110, 10.2.3); 0 for anything else."""
    if text.strip().isdecimal():
        return float(text[:9])
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return 0.0


def _transport(request: httpx.Request, error: httpx.TransportError) -> Exception:
    host = _host(request)
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError | httpx.UnsupportedProtocol):
        return SourceError(f"no connection to {host}: {_words(error)}", offline=True)
    if isinstance(error, httpx.TimeoutException):
        return _AgainError(f"{host} fell silent")
    return _AgainError(f"the connection to {host} broke: {_words(error)}")


def _words(error: BaseException) -> str:
    return "nothing answered" if isinstance(error, httpx.ConnectTimeout) else cause_words(error)
