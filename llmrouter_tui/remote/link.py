"""HTTP to a router that runs elsewhere: one client, and its failures in words."""

import re
from typing import Any, get_args

import httpx
import msgspec

from llmrouter_tui.core.causes import cause_words
from llmrouter_tui.core.errors import Code, RouterError

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 30.0
MAX_PORT = 65_535

_KEY_HINT = "Set ROUTER_ADMIN_API_KEY here to the admin key of that router."
_CODES = frozenset(get_args(Code))


class _Error(msgspec.Struct):
    message: str = ""
    code: str | None = None
    hint: str | None = None
    param: str | None = None


class _ErrorBody(msgspec.Struct):
    error: _Error


_ERROR = msgspec.json.Decoder(_ErrorBody)


def root_of(url: str) -> str:
    """The address of a router from what a person types: scheme and a trailing ``/v1`` are optional.

    Raises ``RouterError`` for what is no address.
    """
    text = url.strip()
    text = text if "://" in text else f"http://{text}"
    try:
        parts = httpx.URL(text)
        known = parts.scheme in ("http", "https") and bool(parts.host) and (parts.port or 1) <= MAX_PORT
        known = known and not re.search(r"\s", text)
    except httpx.InvalidURL:
        known = False
    if not known:
        raise RouterError("invalid_request", f"{url!r} is no address of a router.", hint="Write http://HOST:PORT.")
    return text.rstrip("/").removesuffix("/v1")


def open_client(root: str, key: str) -> httpx.AsyncClient:
    """A client for one router. Proxy settings of the environment are for the outside world, not for this machine."""
    host = httpx.URL(root).host
    local = host in ("localhost", "::1") or host.startswith("127.")
    return httpx.AsyncClient(
        base_url=root,
        headers={"Authorization": f"Bearer {key}"} if key else {},
        timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
        trust_env=not local,
        verify=root.startswith("https://"),
    )


def out_of_reach(root: str, error: httpx.TransportError) -> RouterError:
    """The router could not be asked, and what was seen."""
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return RouterError(
            "backend_unreachable",
            f"No connection to the router at {root}: {cause_words(error)}.",
            hint="Start it there, or give its address.",
            retryable=True,
        )
    if isinstance(error, httpx.TimeoutException):
        return RouterError(
            "backend_unreachable",
            f"The router at {root} did not answer within {ANSWER_SECONDS:g} s.",
            retryable=True,
        )
    return RouterError(
        "backend_unreachable",
        f"The connection to the router at {root} broke: {cause_words(error)}.",
        retryable=True,
    )


def refused(root: str, response: httpx.Response) -> RouterError:
    """The error that the router answered, as it was raised there."""
    try:
        given = _ERROR.decode(response.content).error
    except (msgspec.DecodeError, UnicodeDecodeError):
        return RouterError(
            "backend_error",
            f"{root} answered {response.status_code} to {response.request.url.path}, not as llmrouter-tui does.",
            hint="Give the address of an llmrouter-tui.",
            status=response.status_code,
        )
    code: Any = given.code if given.code in _CODES else "backend_error"
    return RouterError(
        code,
        given.message,
        hint=_KEY_HINT if code == "unauthorized" else given.hint or "",
        retryable=response.headers.get("x-should-retry") != "false",
        retry_after=_seconds(response.headers.get("Retry-After")),
        param=given.param,
        status=response.status_code,
    )


def _seconds(text: str | None) -> float | None:
    return float(text) if text is not None and text.isdecimal() else None
