"""Answers that may be longer than a model's context has room for. Coding agents allow 32,000 tokens by default, and
vLLM refuses a request whose prompt and longest answer do not fit together, however short both turn out to be."""

import re
from typing import Final

import msgspec

from llmrouter_tui.core.errors import BackendError

_TOLD: Final = re.compile(
    r"maximum context length is (\d+) tokens.*?(?:\((\d+) in the messages|request has (\d+) input tokens)", re.DOTALL
)
"""vLLM's own words, the older ones and the newer: (context, tokens of the prompt)."""
_LIMITS: Final = ("max_tokens", "max_completion_tokens")
_FIELDS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
LEAST: Final = 64
"""Tokens of an answer that is worth asking for."""


def shortened(body: bytes, limit: int | None, refusal: BackendError) -> bytes | None:
    """The same request for as long an answer as there is room for, as its ``refusal`` tells; None where it does not,
    and where the prompt alone is too long. ``limit``: the tokens that the client allows."""
    found = _TOLD.search(refusal.message) if refusal.code == "context_length_exceeded" else None
    if found is None or limit is None:
        return None
    room = int(found[1]) - int(found[2] or found[3])
    if not LEAST <= room < limit:
        return None
    fields = _FIELDS.decode(body)
    return msgspec.json.encode({**fields, **{name: room for name in _LIMITS if name in fields}})
