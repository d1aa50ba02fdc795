"""Failures as Anthropic's API tells them."""

from collections.abc import Mapping
from typing import Any, Final

from llmrouter_tui.core.errors import RouterError

OVERLOADED: Final = 529
"""The status of a server that has too much to do. Its clients try again as after a 429, but do not tell their user
that an account has reached its limit (``anthropic._exceptions.OverloadedError``)."""

STATUSES: Final[Mapping[str, int]] = {"queue_full": OVERLOADED}
"""By code, where the status is another than the router's own."""

_TYPES: Final[Mapping[str, str]] = {
    "unauthorized": "authentication_error",
    "forbidden": "permission_error",
    "not_found": "not_found_error",
    "model_not_found": "not_found_error",
    "rate_limited": "rate_limit_error",
    "queue_full": "overloaded_error",
    "load_timeout": "timeout_error",
    "deadline_exceeded": "timeout_error",
}


def error_type(error: RouterError) -> str:
    """One of the ``ErrorType`` of the ``anthropic`` client."""
    return _TYPES.get(error.code) or ("api_error" if error.status >= 500 else "invalid_request_error")


def error_object(error: RouterError) -> dict[str, Any]:
    """The whole error body. Its one text holds what happened and what to do; the stable code is in ``details``."""
    told = {
        "type": error_type(error),
        "message": str(error).encode("utf-8", "replace").decode(),
        "details": {"error_code": error.code, "param": error.param},
    }
    return {"type": "error", "error": told, "request_id": error.exchange_id or None}
