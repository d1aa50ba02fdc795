"""Core facts to rows and back. Text that SQLite or JSON cannot hold is mended, never a reason to fail."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from llmrouter_tui.core.decision import Attempt, Decision, Exchange, Feedback, Usage
from llmrouter_tui.core.domain import Footprint, Speed
from llmrouter_tui.core.forgetting import wordless
from llmrouter_tui.storage import tables
from llmrouter_tui.storage.packing import UNENCODABLE, pack, unpack

PREVIEW: Final = 500
"""Characters of a prompt or an answer that the policy ``preview`` keeps."""

KEPT: Final[Mapping[str, int | None]] = {"off": 0, "preview": PREVIEW, "full": None}
"""Characters kept by each privacy policy; None keeps all."""

LARGEST: Final = 2**63 - 1
"""SQLite's largest integer."""

Line = tuple[object, ...]
Text = tuple[str, str, str, bytes, str]
"""Id, prompt, answer, decision (packed), attempts (JSON)."""

LINE_COLUMNS: Final = tuple(name for name in tables.Exchange._meta.sorted_field_names if name != "number")
"""In the order in which ``tables.Exchange`` declares them."""

RATED: Final = tuple(tables.ModelFeedback._meta.sorted_field_names)
COLUMNS: Final = (
    *(f"e.{name}" for name in LINE_COLUMNS),
    *("t.prompt", "t.answer", "t.decision", "t.attempts"),
    *(f"f.{name}" for name in RATED),
)
"""An exchange ``e`` with its text ``t`` and its rating ``f``."""

_encode = msgspec.json.Encoder().encode
_ATTEMPTS = msgspec.json.Decoder(tuple[Attempt, ...])
_REASONS = msgspec.json.Decoder(tuple[str, ...])


def clean(text: str) -> str:
    """The text with lone surrogates replaced, which neither SQLite nor JSON can hold."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def integer(value: int | None) -> int | None:
    """None also for what exceeds SQLite's 64 bits: no true count does."""
    return value if value is None or -LARGEST <= value <= LARGEST else None


def to_json(value: object) -> str:
    """JSON; empty when the value holds text or numbers that JSON cannot."""
    try:
        return _encode(value).decode()
    except UNENCODABLE:
        return ""


def line(exchange: Exchange, kept: int | None = None) -> Line:
    """The row of the audit log, in the order of ``LINE_COLUMNS``. What comes from outside is mended; where no texts are
    ``kept``, errors are neither, because they may quote them."""
    decision, usage = exchange.decision, exchange.usage
    return (
        exchange.id,
        exchange.at,
        exchange.outcome,
        clean(exchange.requested),
        clean(exchange.model),
        clean(exchange.session),
        clean(exchange.client),
        exchange.stream,
        decision.analysis.task if decision else "",
        exchange.ttft,
        exchange.seconds,
        integer(usage.prompt_tokens),
        integer(usage.completion_tokens),
        integer(usage.cached_tokens),
        integer(usage.reasoning_tokens),
        exchange.decode_per_second,
        clean(exchange.finish_reason),
        exchange.code,
        clean(exchange.message) if kept != 0 else "",
        clean(exchange.response_id),
        exchange.key,
        exchange.cost,
        decision.analysis.difficulty if decision else None,
        decision.margin if decision and len(decision.candidates) > 1 else None,
    )


def text(exchange: Exchange, kept: int | None) -> Text:
    """The bulky side, with ``kept`` characters of the prompt and of the answer."""
    return (
        exchange.id,
        clean(exchange.prompt[:kept]),
        clean(exchange.answer[:kept]),
        _packed(exchange.decision) if exchange.decision else b"",
        to_json(exchange.attempts if kept != 0 else wordless(exchange.attempts)),
    )


def _packed(decision: Decision) -> bytes:
    """Empty when it holds what cannot be encoded."""
    try:
        return pack(decision)
    except UNENCODABLE:
        return b""


def exchange(row: Sequence[Any]) -> Exchange:
    """An exchange from a row of ``COLUMNS``; what cannot be decoded is None or empty."""
    (
        id_, at, outcome, requested, model, session, client, stream, _, ttft, seconds, prompt_tokens, completion_tokens,
        cached_tokens, reasoning_tokens, decode_per_second, finish_reason, code, message, response_id, key, cost, _, _,
        prompt, answer, decided, attempts, *rated,
    ) = row  # fmt: skip
    return Exchange(
        id_,
        at,
        outcome,
        requested,
        model,
        session,
        client,
        bool(stream),
        decision(decided),
        _decoded(_ATTEMPTS, attempts, ()) if attempts != "[]" else (),
        ttft,
        seconds,
        Usage(prompt_tokens, completion_tokens, cached_tokens, reasoning_tokens),
        decode_per_second,
        finish_reason,
        code,
        message,
        prompt or "",
        answer or "",
        response_id,
        None if rated[1] is None else feedback(rated),
        key,
        cost,
    )


def decision(stored: bytes | str | None) -> Decision | None:
    """The decision as it is stored; None where there is none, or none that can be read."""
    try:
        return unpack(stored) if stored else None
    except (msgspec.MsgspecError, ValueError):
        return None


def _decoded(decoder: "msgspec.json.Decoder[Any]", encoded: str | None, otherwise: Any) -> Any:
    try:
        return decoder.decode(encoded) if encoded else otherwise
    except msgspec.MsgspecError:
        return otherwise


def feedback_row(feedback: Feedback) -> dict[str, object]:
    return {
        "exchange_id": clean(feedback.exchange_id),
        "rating": feedback.rating,
        "at": feedback.at,
        "score": feedback.score,
        "reasons": to_json(tuple(clean(reason) for reason in feedback.reasons)),
        "comment": clean(feedback.comment),
        "model": clean(feedback.model),
        "task": clean(feedback.task),
    }


def feedback(row: Sequence[Any]) -> Feedback:
    """A rating from a row of ``RATED``."""
    exchange_id, rating, at, score, reasons, comment, model, task = row
    return Feedback(exchange_id, rating, at, score, _decoded(_REASONS, reasons, ()), comment, model, task)


def speed(row: Mapping[str, Any]) -> Speed | None:
    """None while nothing was measured."""
    if row["prefill"] is None or row["decode"] is None or row["load_seconds"] is None:
        return None
    return Speed(
        prefill=row["prefill"],
        decode=row["decode"],
        load_seconds=row["load_seconds"],
        samples=row["samples"],
        load_samples=row["load_samples"],
        ttft=row["ttft"],
        token_ratio=row["token_ratio"] or 1.0,
    )


def footprint(row: Mapping[str, Any]) -> Footprint | None:
    """None while nothing was seen."""
    if row["footprint"] is None:
        return None
    return Footprint(row["footprint"], row["footprint_source"] or "measured", row["footprint_context"])
