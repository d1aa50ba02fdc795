"""What exchanges are asked for by: the fields of the filter language, and their values. Pure."""

from collections.abc import Callable, Mapping
from typing import Final

from llmrouter_tui.core import moments
from llmrouter_tui.core.decision import REASONS, Exchange
from llmrouter_tui.core.domain import NEEDS, TASKS
from llmrouter_tui.core.errors import STATUS
from llmrouter_tui.core.query import Field, Query, Value, parse
from llmrouter_tui.core.ranking import score_of

TASK_SHORT: Final = {
    "code": "coding", "reason": "reasoning", "extract": "extraction", "translate": "translation",
}  # fmt: skip
STATES: Final[Mapping[str, tuple[str, ...]]] = {
    "ok": ("ok", "ok retried"),
    "failed": ("failed", "failed retried"),
    "cancelled": ("cancelled", "cancelled retried"),
    "running": ("running", "running retried"),
}
"""By outcome: what ``state`` can say. ``retried``: a try on a model had failed before."""
MARKS: Final = {
    "+": "+", "-": "-", "·": "·", ".": "·", "good": "+", "up": "+", "bad": "-", "down": "-", "none": "·",
}  # fmt: skip

SLOWER: Final = "; reads each decision, slower"
"""Of fields that are in no column of the database."""
ALL_FIELDS: Final = (
    Field("task", "text", "task:code", "what was asked for", short=TASK_SHORT),
    Field("model", "text", "model:qwen", "the model that answered, or was tried last", ("m",)),
    Field("you", "choice", "you:-", "your rating: + good, - bad, none", ("rating",), MARKS),
    Field("margin", "number", "margin:<.05", "score of the chosen less the best other"),
    Field("state", "text", "state:failed", "ok, failed, cancelled, running, retried", ("outcome",)),
    Field("since", "moment", "since:2h", "not older: 2h, 14:00, yesterday, 2026-11-20", ("after",)),
    Field("before", "moment", 'before:"2026-11-20 14:00"', "older than that: 2h, 14:00, today, 2026-11-20"),
    Field("text", "text", 'text:"two words"', "in prompt or answer, as far as they are kept"),
    Field("client", "text", "client:open-webui", "the program that asked"),
    Field("key", "text", "key:alice", "the name of the key that it came with"),
    Field("difficulty", "number", "difficulty:>.6", "0 easy to 1 hard", ("diff",)),
    Field("ttft", "number", "ttft:>2", "seconds to the first token"),
    Field("seconds", "number", "seconds:>30", "seconds to the last token", ("time",)),
    Field("tokens", "number", "tokens:>500", "tokens of the answer"),
    Field("tps", "number", "tps:<10", "tokens per second"),
    Field("cost", "number", "cost:>.01", "dollars, of models that cost money", ("spend",)),
    Field("score", "number", "score:>.8", f"score of the chosen model{SLOWER}"),
    Field("of", "number", "of:>4", f"how many models could have served{SLOWER}"),
    Field("level", "text", "level:hard", f"easy, medium or hard{SLOWER}"),
    Field("why", "text", "why:warm", f"the reason of the choice{SLOWER}"),
    Field("needs", "text", "needs:tools", f"what the model had to have{SLOWER}", ("need",)),
    Field("lang", "text", "lang:de", f"language of the prompt{SLOWER}"),
    Field("code", "text", "code:503", "error code, or its HTTP status"),
    Field("asked", "text", "asked:auto", "the model that the client named"),
    Field("backend", "text", "backend:ollama", "the backend of the model"),
    Field("session", "text", "session:s1", "the conversation"),
    Field("note", "text", "note:typo", "your note on the answer"),
    Field("reason", "text", "reason:slow", "what you ticked as wrong"),
    Field("id", "text", "id:8f1d", "the exchange"),
)
FIELDS: Final[Mapping[str, Field]] = {name: field for field in ALL_FIELDS for name in (field.name, *field.also)}
"""By every name that is understood, the most useful first."""

KNOWN: Final[Mapping[str, tuple[str, ...]]] = {
    "task": TASKS,
    "you": ("+", "-", "none"),
    "state": (*STATES, "retried"),
    "since": moments.EXAMPLES,
    "before": moments.EXAMPLES,
    "level": ("easy", "medium", "hard"),
    "needs": NEEDS,
    "reason": tuple(f'"{reason}"' if " " in reason else reason for reason in REASONS),
}
"""Values that can be told without looking."""


def parse_query(query: str, now: float = 0.0) -> Query:
    """``since:2h`` is so long before ``now``. Raises ``QueryError``."""
    return parse(query, FIELDS, now)


def mark(exchange: Exchange) -> str:
    """What the user said: ``+``, ``-`` or ``·``."""
    rating = exchange.rating
    return {"up": "+", "down": "-"}.get(rating.rating or "", "·") if rating else "·"


def margin(exchange: Exchange) -> float | None:
    """Score of the chosen less the best other; None when nothing was compared."""
    decision = exchange.decision
    return decision.margin if decision is not None and len(decision.candidates) > 1 else None


def model_of(exchange: Exchange) -> str:
    """The model that answered, or was chosen to."""
    return exchange.model or (exchange.decision.chosen if exchange.decision else "")


def error_words(code: str) -> str:
    """``rate_limited 429``: a code with the status that a client saw."""
    return f"{code} {STATUS.get(code, '')}".strip()


def value_of(exchange: Exchange, name: str) -> Value:
    """The value of a field; None where there is none."""
    simple: dict[str, Value] = {
        "model": model_of(exchange),
        "client": exchange.client,
        "key": exchange.key,
        "ttft": exchange.ttft,
        "seconds": exchange.seconds,
        "tokens": exchange.usage.completion_tokens,
        "tps": exchange.decode_per_second,
        "cost": exchange.cost,
        "asked": exchange.requested,
        "session": exchange.session,
        "id": exchange.id,
        "since": exchange.at,
        "before": exchange.at,
    }
    if name in simple:
        return simple[name]
    if name in _MADE:
        return _MADE[name](exchange)
    return _of_decision(exchange, name)


def _state(exchange: Exchange) -> str:
    failures = sum([attempt.outcome == "failed" for attempt in exchange.attempts])
    return exchange.outcome + (" retried" if failures > (exchange.outcome == "failed") else "")


_MADE: Final[Mapping[str, Callable[[Exchange], Value]]] = {
    "you": mark,
    "margin": margin,
    "state": _state,
    "text": lambda exchange: f"{exchange.prompt}\n{exchange.answer}",
    "code": lambda exchange: error_words(exchange.code),
    "backend": lambda exchange: model_of(exchange).partition("/")[0],
    "note": lambda exchange: exchange.rating.comment if exchange.rating else None,
    "reason": lambda exchange: "\n".join(exchange.rating.reasons) if exchange.rating else None,
}


def _of_decision(exchange: Exchange, name: str) -> Value:
    decision = exchange.decision
    if decision is None:
        return None
    analysis = decision.analysis
    if name == "score":
        return score_of(decision.candidates, decision.chosen)
    found: dict[str, Value] = {
        "task": analysis.task,
        "difficulty": analysis.difficulty,
        "level": analysis.level,
        "why": decision.why,
        "needs": " ".join(sorted(analysis.needs)),
        "lang": analysis.language,
        "of": float(len(decision.candidates)),
    }
    return found[name]


def words_of(exchange: Exchange) -> tuple[str, ...]:
    """The texts that plain words are looked for in."""
    task = exchange.decision.analysis.task if exchange.decision else ""
    note = exchange.rating.comment if exchange.rating else ""
    return (exchange.id, exchange.model, task, exchange.code, exchange.message, exchange.prompt, note)


def passes(query: Query, exchange: Exchange) -> bool:
    """Whether an exchange is what is asked for."""
    return query.holds(lambda name: value_of(exchange, name), lambda: words_of(exchange))
