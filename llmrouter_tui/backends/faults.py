"""What a model server's failure means: by its cause, which the text tells, before its HTTP status.

The same cause comes with different statuses (llama.cpp answers 500 to an image that its model cannot read, its
router 400 for an unknown model), so the words are read first. Error bodies come as ``{"error": {…}}``,
``{"error": "text"}``, ``{"detail": …}``, ``{"message": …}`` or plain text; Ollama hands on the body of its runner as
the text of its own.
"""

import email.utils
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from llmrouter_tui.core.errors import STATUS, BackendError, Code

LOOP = STATUS["routing_loop"]
MAX_QUOTED = 300
"""Characters of a server's own words that an error message repeats."""

_OVERFLOW = re.compile(
    r"exceed_context_size|context_length_exceeded|exceeds? the (available |maximum )?context|maximum context length"
    r"|context (size|length|window)[^.]{0,40}exceeded|(larger|longer|greater) than the (model's )?context"
    r"|context length of only|prompt is too long|input length exceeds|exceed context limit",
)
_MEMORY = re.compile(
    r"out of memory|outofmemory|failed to allocate|unable to allocate|cannot allocate|requires more system memory"
    r"|memory layout cannot be allocated|(insufficient|not enough) (system |gpu |video )?(memory|vram|resources)",
)
_INCAPABLE = re.compile(
    r"mmproj|does not support (image|images|vision|tool|tools|thinking|chat|generate|completion|audio|multimodal)"
    r"|not a multimodal model|image input is not supported|missing data required for image|not support image"
    r"|does not support (the )?(chat|embedding)|requires --jinja|tool choice requires --enable-auto-tool-choice",
)
_NO_MODEL = re.compile(
    r"model_not_found|model[^.]{0,200}(not found|does not exist|not exist|unknown|not available)"
    r"|(unknown|no such|invalid|unrecognized) model|no router for",
)
_LOADING = re.compile(r"loading model|model is (still )?loading|model[^.]{0,60}is not loaded|still loading")
_BUSY = re.compile(r"busy|queue|overload|too many|capacity|concurrency|maximum pending|rate.?limit")
_MISTAKE = re.compile(r'option "[^"]*" must be of type|invalid format: ')
"""The client's own mistakes that Ollama answers with 500."""
_QUOTA = re.compile(r"insufficient_quota|quota|billing|credit|spend.limit")


@dataclass(frozen=True, slots=True)
class Complaint:
    """What a server said when it failed."""

    text: str = ""
    kind: str = ""
    """Its ``type`` and ``code``, as one text."""
    param: str | None = None
    structured: bool = False
    """It came as JSON, so the server meant it."""


def read_complaint(body: bytes) -> Complaint:
    """Read an error body of any shape."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        text = body.decode("utf-8", "replace").strip()
        return Complaint("" if text.startswith("<") else _plain(text))
    return complaint_of(value)


def complaint_of(value: object) -> Complaint:
    """Read an error that is parsed JSON already: a body, or only its ``error``."""
    if isinstance(value, str):
        return _nested(value) or Complaint(_plain(value), structured=True)
    if not isinstance(value, dict):
        return Complaint(_plain(json.dumps(value)) if value is not None else "", structured=True)
    inner = value.get("error", value.get("detail"))
    if isinstance(inner, dict):
        return complaint_of(inner)
    if isinstance(inner, list):
        parts = [str(item.get("msg")) for item in inner if isinstance(item, dict) and item.get("msg")]
        return Complaint(_plain("; ".join(parts)), structured=True)
    message = value.get("message") if inner is None else inner
    words = message if isinstance(message, str) else json.dumps(message) if message else ""
    param = value.get("param")
    details = value.get("details")
    named = details.get("error_code") if isinstance(details, dict) else None  # Anthropic's
    return _nested(words) or Complaint(
        _plain(words),
        f"{value.get('type') or ''} {value.get('code') or named or ''}".strip(),
        param if isinstance(param, str) else None,
        structured=True,
    )


def _nested(text: str) -> Complaint | None:
    """What an error body says that is the text of another one, with the words that follow it."""
    text = text.strip()
    if not text.startswith("{"):
        return None
    try:
        value, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return None
    inner = complaint_of(value)
    return replace(inner, text=_plain(f"{inner.text} {text[end:]}")) if inner.text else None


def _plain(text: str) -> str:
    words = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return words if len(words) <= MAX_QUOTED else words[: MAX_QUOTED - 1] + "…"


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds until a retry makes sense, from ``retry-after-ms`` or ``retry-after`` (seconds or a date)."""
    try:
        if "retry-after-ms" in headers:
            return max(0.0, float(headers["retry-after-ms"]) / 1000)
        value = headers.get("retry-after", "")
        if not value:
            return None
        if value.replace(".", "", 1).isdigit():
            return float(value)
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - now)
    except ValueError:
        return None


def fault(
    complaint: Complaint,
    *,
    backend: str,
    model: str = "",
    status: int = 0,
    retry: float | None = None,
    api_key_env: str = "",
) -> BackendError:
    """The typed error for what a server said. ``status`` 0 stands for an error inside a 200 answer."""
    said = f"{complaint.kind} {complaint.text}".lower()
    who = f"{backend} ({model})" if model else backend
    words = complaint.text or _wordless(status)
    about: dict[str, Any] = {"backend": backend, "model": model}
    cause = _by_words(said, who, words, about) or _by_status(status, said, who, words, about, retry, api_key_env)
    if cause is not None:
        return cause
    if status in (400, 409, 413, 422) or _MISTAKE.search(said) or (not status and "invalid_request" in said):
        code: Code = "body_too_large" if status == 413 else "invalid_request"
        text = f"{who} refused the request: {words}"
        return BackendError(code, text, fallback=False, param=complaint.param, **about)
    lasting = status in (405, 501) or 300 <= status < 400
    return BackendError(
        "backend_error", f"{who} failed: {words}", fallback=True, retryable=not lasting, retry_after=retry, **about
    )


def _wordless(status: int) -> str:
    if status in (502, 504):
        return f"the server behind it did not answer (HTTP {status})"
    return f"HTTP {status}" if status else "an error without words"


def _by_words(said: str, who: str, words: str, about: dict[str, Any]) -> BackendError | None:
    """Causes that the text alone tells, whatever the status."""
    if _OVERFLOW.search(said):
        text = f"The request is longer than the context of {who}: {words}"
        hint = "A model with a larger context can take it."
        return BackendError("context_length_exceeded", text, hint=hint, fallback=True, retryable=False, **about)
    if _MEMORY.search(said):
        return BackendError("out_of_memory", f"{who} has not enough memory: {words}", fallback=True, **about)
    if _INCAPABLE.search(said):
        text = f"{who} cannot do what the request needs: {words}"
        return BackendError("invalid_request", text, fallback=True, retryable=False, **about)
    return None


def _by_status(
    status: int, said: str, who: str, words: str, about: dict[str, Any], retry: float | None, api_key_env: str
) -> BackendError | None:
    if status in (401, 403):
        why, hint = _key_fault(words, api_key_env)
        text = f"{who} refused the router's access: {why}"
        return BackendError("backend_error", text, hint=hint, fallback=True, retryable=False, **about)
    if status == LOOP:
        text = f"{who} leads back to this router: {words}"
        return BackendError("backend_error", text, fallback=True, retryable=False, blames=False, **about)
    if status == 404 or (status in (0, 400) and _NO_MODEL.search(said)):
        if status == 404 and "model" not in said and "not_found" not in said:
            text = f"{who} does not know this call: {words}"
            return BackendError("backend_error", text, fallback=True, retryable=False, **about)
        text = f"{who} does not have the model: {words}"
        return BackendError("model_not_found", text, fallback=True, retryable=False, **about)
    if status in (429, 402) and _QUOTA.search(said):
        return BackendError(
            "rate_limited", f"{who} has no quota left: {words}", fallback=True, retryable=False, **about
        )
    if _LOADING.search(said) and status in (0, 409, 500, 503):
        text = f"{who} is still loading the model: {words}"
        return BackendError("model_loading", text, fallback=True, retry_after=retry or 1.0, **about)
    if status == 429 or (status in (503, 529) and _BUSY.search(said)) or "model limit reached" in said:
        code: Code = "rate_limited" if status == 429 else "queue_full"
        text = f"{who} is busy: {words}"
        return BackendError(code, text, fallback=True, retry_after=retry or 1.0, **about)
    return None


def _key_fault(words: str, variable: str) -> tuple[str, str]:
    """Why access was refused, and what to do: a key that is not there needs no word of the server's."""
    if not variable:
        return words, "If it wants a key, name it with api_key_env."
    if not os.environ.get(variable):
        missing = f"{variable}, which should hold the key, is not set in the environment"
        return missing, "Set it and start llmrouter-tui again."
    return words, f"Check the key in {variable}."
