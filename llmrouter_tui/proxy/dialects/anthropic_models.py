"""``GET /v1/models`` as Anthropic lists its models: for clients of its family, which tell their API's version."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.proxy.bodies import bad_request

Json = dict[str, Any]

VERSION_HEADER: Final = "anthropic-version"
"""Which only clients of this family send."""
PAGE: Final = 20
MAX_PAGE: Final = 1000


class Entry(Protocol):
    """A line of the list, as ``proxy.meta`` makes it."""

    id: str
    name: str
    created: int
    context_length: int | None
    capabilities: list[str]


def model_object(entry: Entry) -> Json:
    """A model as Anthropic describes one (``types/model_info.py`` of its client). When a model was made is not known
    here; the time is that of the router's start."""
    made = datetime.datetime.fromtimestamp(entry.created, datetime.UTC)
    return {
        "type": "model",
        "id": entry.id,
        "display_name": entry.name,
        "created_at": made.isoformat().replace("+00:00", "Z"),
        "max_input_tokens": entry.context_length,
        "max_tokens": entry.context_length,
        "lifecycle": "active",
        "capabilities": _capabilities(entry.capabilities),
    }


_UNSUPPORTED: Final[Json] = {"supported": False}
_THINKS: Final = {"enabled": True, "disabled": True, "adaptive": True, "between_tools": False}
_EFFORTS: Final = ("low", "medium", "high", "xhigh", "max")


def _capabilities(told: Sequence[str]) -> Json:
    thinks = "thinking" in told
    return {
        "batch": _UNSUPPORTED,
        "citations": _UNSUPPORTED,
        "code_execution": _UNSUPPORTED,
        "context_management": _UNSUPPORTED,
        "effort": {"supported": thinks} | {level: {"supported": thinks} for level in _EFFORTS},
        "image_input": {"supported": "vision" in told},
        "pdf_input": _UNSUPPORTED,
        "server_tools": _UNSUPPORTED | {"code_execution": _UNSUPPORTED, "web_search": _UNSUPPORTED},
        "structured_outputs": {"supported": "json" in told},
        "thinking": {
            "supported": thinks,
            "types": {kind: {"supported": thinks and can} for kind, can in _THINKS.items()},
        },
    }


# ── pages of a list ─────────────────────────────────────────────────────────────────────────────────────────────


def page_of(entries: Sequence[Entry], asked: Mapping[str, str]) -> Json:
    """The models that answer messages, after ``after_id`` or before ``before_id``, at most ``limit``."""
    items = [model_object(entry) for entry in entries if "completion" in entry.capabilities]
    limit = _limit(asked.get("limit", ""))
    ids = [item["id"] for item in items]
    start, end = 0, len(items)
    if after := asked.get("after_id"):
        start = _place(ids, after, "after_id") + 1
    if before := asked.get("before_id"):
        end = _place(ids, before, "before_id")
        start = max(start, end - limit)
        more = start > 0
    else:
        more = end - start > limit
    found = items[start : min(end, start + limit)]
    return {
        "data": found,
        "has_more": more,
        "first_id": found[0]["id"] if found else None,
        "last_id": found[-1]["id"] if found else None,
    }


def _limit(given: str) -> int:
    if not given:
        return PAGE
    if not (given.isascii() and given.isdecimal() and len(given) < 6 and 1 <= int(given) <= MAX_PAGE):
        raise bad_request(
            f"The parameter 'limit' must be a whole number from 1 to {MAX_PAGE}.", param="limit", hint="Correct it."
        )
    return int(given)


def _place(ids: Sequence[str], wanted: str, name: str) -> int:
    if wanted not in ids:
        raise RouterError("invalid_request", f"There is no model {wanted[:120]!r} in the list.", param=name)
    return ids.index(wanted)
