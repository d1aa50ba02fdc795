"""Answers in OpenAI's shape: the error object, the headers that explain a decision, JSON bodies."""

import math
import re
from collections.abc import Callable, Mapping
from secrets import token_hex
from typing import Any, Literal
from urllib.parse import quote

import msgspec
from aiohttp import web

from llmrouter_tui.core.decision import Decision
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.ports.exchanges import Underway
from llmrouter_tui.core.ranking import score_of, to_plain

JSON_TYPE = "application/json"
SERVER = "llmrouter-tui"
RETRY_AFTER_MAX = 60
"""Seconds. Clients that are told to wait longer than 120 s give up at once."""

_TYPES = {
    401: "authentication_error",
    403: "permission_error",
    429: "rate_limit_error",
}
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:\-]{1,128}")
_ENCODER = msgspec.json.Encoder(enc_hook=to_plain)


class InternalError(RouterError):
    """A bug of ours. The client learns that it was not its fault; the log holds the traceback."""

    def __init__(self) -> None:
        super().__init__(
            "internal_error",
            "The router failed while it handled this request.",
            hint="The traceback is in the router's log.",
        )


class ErrorBody(msgspec.Struct):
    """OpenAI's error object, with a hint that says what to do."""

    message: str
    type: str
    param: str | None
    code: str
    hint: str | None = None


def error_body(error: RouterError) -> ErrorBody:
    fallback = "server_error" if error.status >= 500 else "invalid_request_error"
    hint = _encodable(error.hint) if error.hint else None
    return ErrorBody(_encodable(error.message), _TYPES.get(error.status, fallback), error.param, error.code, hint)


def error_json(error: RouterError) -> bytes:
    return _ENCODER.encode({"error": error_body(error)})


def error_event(error: RouterError) -> bytes:
    """The error as the last event of a stream whose headers are out. No ``[DONE]`` follows: clients take a stream
    that just ends for a complete answer."""
    return b"data: " + error_json(error) + b"\n\n"


def error_response(
    error: RouterError,
    headers: Mapping[str, str] | None = None,
    refusal: Callable[[RouterError], bytes] = error_json,
) -> web.Response:
    """The error with its status, its body in the dialect of ``refusal``. Official clients retry 5xx, 429, 409 and 408
    twice unless they are told not to."""
    fields = dict(headers) if headers else {}
    fields["Content-Type"] = JSON_TYPE
    fields["Server"] = SERVER
    if not error.retryable:
        fields["x-should-retry"] = "false"
    elif error.status == 429:
        fields["x-should-retry"] = "true"
    if error.retry_after is not None:
        fields["Retry-After"] = str(max(1, min(RETRY_AFTER_MAX, math.ceil(error.retry_after))))
    if error.status == 401:
        fields["WWW-Authenticate"] = "Bearer"
    response = web.Response(body=refusal(error), status=error.status, headers=fields)
    if error.status == 413:
        response.force_close()  # what is left of the body may never be read
    return response


def json_response(value: Any, status: int = 200) -> web.Response:
    """Any core dataclass, or containers of them, as JSON."""
    return raw_response(_ENCODER.encode(value), status)


def raw_response(body: bytes, status: int = 200) -> web.Response:
    return web.Response(
        body=body,
        status=status,
        headers={"Content-Type": JSON_TYPE, "Cache-Control": "no-store", "Server": SERVER},
    )


class Accepted(msgspec.Struct):
    """A command was taken; what it changes arrives as events."""

    accepted: Literal[True] = True


def accepted() -> web.Response:
    return json_response(Accepted(), 202)


def run_headers(run: Underway, request_id: str) -> dict[str, str]:
    """What was decided and why, for clients that look at headers."""
    model, exchange_id, decision = run.model, run.id, run.decision
    headers = {
        "Content-Type": JSON_TYPE,
        "Server": SERVER,
        "x-request-id": request_id or exchange_id,
        "x-router-exchange-id": exchange_id,
        "x-router-model": header_text(model),
        "x-router-attempts": str(run.attempts),
    }
    if decision is not None:
        _tell(headers, decision, model)
    if (wait := run.wait) is not None:
        headers["x-router-queue-position"] = str(wait.position)
        headers["x-router-expected-wait"] = f"{wait.seconds:.0f}"
        if wait.reason:
            headers["x-router-wait-reason"] = header_text(wait.reason)
    return headers


def about_headers(exchange_id: str, model: str, task: str = "") -> dict[str, str]:
    """Which exchange an answer of the router's own is about."""
    headers = {"x-router-exchange-id": exchange_id}
    if model:
        headers["x-router-model"] = header_text(model)
    if task:
        headers["x-router-task"] = task
    return headers


def decision_headers(decision: Decision, model: str) -> dict[str, str]:
    """What was decided."""
    headers = {"x-router-model": header_text(model)}
    _tell(headers, decision, model)
    return headers


def _tell(headers: dict[str, str], decision: Decision, model: str) -> None:
    analysis = decision.analysis
    headers["x-router-task"] = analysis.task
    headers["x-router-difficulty"] = f"{analysis.difficulty:.2f}"
    headers["x-router-margin"] = f"{decision.margin:.3f}"
    if (score := score_of(decision.candidates, model)) is not None:
        headers["x-router-score"] = f"{score:.3f}"


def request_id_of(request: web.BaseRequest) -> str:
    """The id of a request that has no exchange: its client's own, or a new one."""
    return client_request_id(request) or new_request_id()


def new_request_id() -> str:
    return f"req-{token_hex(8)}"


def client_request_id(request: web.BaseRequest) -> str:
    """The client's own ``X-Request-Id`` if it is one that can be echoed and logged, else empty."""
    given = request.headers.get("X-Request-Id")
    return given if given is not None and _REQUEST_ID.fullmatch(given) else ""


def header_text(text: str) -> str:
    """Text that may stand in a header: what is not printable ASCII is percent-encoded."""
    return text if text.isascii() and text.isprintable() else quote(text, safe="/:@ ,;=+()[]")


def _encodable(text: str) -> str:
    """Error texts may quote what others sent; half surrogate pairs in them cannot be encoded."""
    return text.encode("utf-8", "replace").decode("utf-8")
