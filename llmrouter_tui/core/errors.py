"""Errors for people: what happened, to which model or backend, and what to do. Codes are stable API."""

from typing import Literal

Code = Literal[
    "invalid_request",
    "body_too_large",
    "unauthorized",
    "forbidden",
    "not_found",
    "model_not_found",
    "no_capable_model",
    "context_length_exceeded",
    "model_loading",
    "load_timeout",
    "out_of_memory",
    "backend_unreachable",
    "backend_error",
    "upstream_interrupted",
    "rate_limited",
    "queue_full",
    "shutting_down",
    "internal_error",
    "storage_unavailable",
    "deadline_exceeded",
    "routing_loop",
]

STATUS: dict[str, int] = {
    "invalid_request": 400,
    "context_length_exceeded": 400,
    "unauthorized": 401,
    "forbidden": 403,
    "not_found": 404,
    "model_not_found": 404,
    "body_too_large": 413,
    "no_capable_model": 400,
    "rate_limited": 429,
    "queue_full": 429,
    "internal_error": 500,
    "backend_error": 502,
    "upstream_interrupted": 502,
    "backend_unreachable": 503,
    "model_loading": 503,
    "load_timeout": 503,
    "out_of_memory": 503,
    "shutting_down": 503,
    "storage_unavailable": 503,
    "deadline_exceeded": 504,
    "routing_loop": 508,
}
"""The HTTP status of each code, in every dialect."""

CLIENT_FAULTS: frozenset[str] = frozenset(
    {
        "invalid_request",
        "body_too_large",
        "unauthorized",
        "forbidden",
        "not_found",
        "model_not_found",
        "context_length_exceeded",
        "deadline_exceeded",
        "routing_loop",
    }
)
"""Codes of requests that no router could have answered: they say nothing of how well this one does."""


def is_fault(outcome: str, code: str) -> bool:
    """Whether an exchange failed, and not by its client's own fault."""
    return outcome == "failed" and code not in CLIENT_FAULTS


class RouterError(Exception):
    """What the router answers instead of a result.

    ``retryable`` tells a client whether the same request may succeed later; ``retry_after`` says when (seconds).
    ``param`` names the offending field of a bad request.
    """

    def __init__(
        self,
        code: Code,
        message: str,
        *,
        hint: str = "",
        retryable: bool = False,
        retry_after: float | None = None,
        param: str | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code: Code = code
        self.message = message
        self.hint = hint
        self.retryable = retryable
        self.retry_after = retry_after
        self.param = param
        self.status = STATUS[code] if status is None else status
        self.exchange_id = ""
        """The exchange it was recorded under, once it is."""

    def __str__(self) -> str:
        """The message and the hint as one text, whether they are written as sentences or as clauses."""
        if not self.hint or self.message.endswith((".", "!", "?", ":")):
            return f"{self.message} {self.hint}".strip()
        return f"{self.message}{'; ' if self.hint[0].islower() else '. '}{self.hint}"


class BackendError(RouterError):
    """A backend could not do what it was asked.

    ``fallback`` says whether another model may do better: availability faults and a context that was too small
    are curable elsewhere, the client's own fault is not. ``backend`` and ``model`` say who failed.
    """

    def __init__(
        self,
        code: Code,
        message: str,
        *,
        backend: str,
        model: str = "",
        fallback: bool,
        hint: str = "",
        retryable: bool | None = None,
        retry_after: float | None = None,
        param: str | None = None,
        status: int | None = None,
        unhealthy: bool = False,
        blames: bool = True,
        everywhere: bool = False,
    ) -> None:
        super().__init__(
            code,
            message,
            hint=hint,
            retryable=fallback if retryable is None else retryable,
            retry_after=retry_after,
            param=param,
            status=status,
        )
        self.backend = backend
        self.model = model
        self.fallback = fallback
        self.unhealthy = unhealthy
        """Whether the backend itself seems gone, not just this request."""
        self.blames = blames
        """Whether it says anything of how well the model or its backend does."""
        self.everywhere = everywhere
        """Whether every model of this backend would refuse the same."""
