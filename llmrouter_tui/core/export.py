"""What is on record, to be taken elsewhere: page after page, with texts or without, as lines of a table too."""

import csv
import io
import math
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Final, Literal, Protocol, get_args

from llmrouter_tui.core.decision import REASONS, Decision, Exchange, ExchangePage, Feedback
from llmrouter_tui.core.forgetting import without_texts
from llmrouter_tui.core.grades import Grade, GradeFilter, GradePage
from llmrouter_tui.core.profile import Profiles, Result
from llmrouter_tui.core.query import EVERYTHING, Query
from llmrouter_tui.core.votes import Vote, VotePage

What = Literal["exchanges", "ratings", "grades", "profiles", "votes"]
WHAT: Final[tuple[What, ...]] = get_args(What)
PAGE: Final = 100
"""Records that are read in one go: some milliseconds."""

ONLY_EXCHANGES: Final = "Only exchanges are filtered."

Record = Exchange | Feedback | Grade | Result | Vote


@dataclass(frozen=True, slots=True)
class RatingPage:
    """Newest first; ``before`` asks for the next page, None at the end."""

    items: tuple[Feedback, ...]
    before: str | None = None


class Source(Protocol):
    """Where records are read; ``core.ports.control.Control`` is one. Raises ``RouterError``."""

    async def exchanges(
        self, *, before: str | None = None, limit: int = 100, query: Query = EVERYTHING
    ) -> ExchangePage: ...
    async def ratings(self, *, before: str | None = None, limit: int = 100) -> RatingPage: ...
    async def grades(self, wanted: GradeFilter, *, before: str | None = None, limit: int = 100) -> GradePage: ...
    async def votes(self, *, before: str | None = None, limit: int = 100) -> VotePage: ...
    async def profiles(self) -> Profiles: ...
    async def profile_results(self, model: str) -> Sequence[Result]: ...


async def pages(
    source: Source, what: What, *, oldest: float, texts: bool, query: Query = EVERYTHING
) -> AsyncGenerator[Sequence[Record], None]:
    """Everything, or the exchanges of ``query``, not older than ``oldest``, newest first, of measured models one after
    another. In bounded memory: a page at a time."""
    read = _results(source, oldest) if what == "profiles" else _dated(source, what, oldest, query)
    async for page in read:
        yield page if texts else [silent(record) for record in page]


async def _dated(source: Source, what: What, oldest: float, query: Query) -> AsyncGenerator[Sequence[Record], None]:
    before: str | None = None
    while True:
        page: ExchangePage | RatingPage | GradePage | VotePage
        if what == "exchanges":
            page = await source.exchanges(before=before, limit=PAGE, query=query)
        elif what == "ratings":
            page = await source.ratings(before=before, limit=PAGE)
        elif what == "votes":
            page = await source.votes(before=before, limit=PAGE)
        else:
            page = await source.grades(GradeFilter(), before=before, limit=PAGE)
        found = [record for record in page.items if record.at >= oldest]
        yield found
        before = page.before
        if before is None or len(found) < len(page.items) or _passed(page, oldest):
            return


def _passed(page: ExchangePage | RatingPage | GradePage | VotePage, oldest: float) -> bool:
    """Whether a search went beyond it, though it found nothing."""
    return isinstance(page, ExchangePage) and page.searched is not None and page.searched < oldest


async def _results(source: Source, oldest: float) -> AsyncGenerator[Sequence[Record], None]:
    for model in [profile.model for profile in (await source.profiles()).models]:
        found = [result for result in await source.profile_results(model) if result.at >= oldest]
        for start in range(0, len(found), PAGE):
            yield found[start : start + PAGE]


def silent(record: Record) -> Record:
    """Without a word of what was said."""
    if isinstance(record, Exchange):
        bare = without_texts(record)
        return bare if bare.rating is None else replace(bare, rating=_unspoken(bare.rating))
    if isinstance(record, Feedback):
        return _unspoken(record)
    if isinstance(record, Grade):
        return replace(record, question="", answer="", reason="")
    if isinstance(record, Result):
        return replace(record, answer="", reason="")
    return record


def _unspoken(feedback: Feedback) -> Feedback:
    """Reasons that the screen offers stay; a client may send words of its own."""
    return replace(feedback, comment="", reasons=tuple(one for one in feedback.reasons if one in REASONS))


# ── as a table ──

_EXCHANGE: Final = (
    "id", "at", "outcome", "requested", "model", "session", "client", "key", "stream", "task", "level", "difficulty",
    "margin", "why", "attempts", "ttft", "seconds", "prompt_tokens", "completion_tokens", "cached_tokens",
    "reasoning_tokens", "decode_per_second", "finish_reason", "code", "response_id", "rating", "message", "prompt",
    "answer",
)  # fmt: skip
_OF_DECISION: Final[dict[str, Callable[[Decision], object]]] = {
    "task": lambda decision: decision.analysis.task,
    "level": lambda decision: decision.analysis.level,
    "difficulty": lambda decision: decision.analysis.difficulty,
    "margin": lambda decision: decision.margin,
    "why": lambda decision: decision.why,
}
_TEXTS: Final[dict[What, frozenset[str]]] = {
    "exchanges": frozenset({"message", "prompt", "answer"}),
    "ratings": frozenset({"comment"}),
    "grades": frozenset({"question", "answer", "reason"}),
    "profiles": frozenset({"answer", "reason"}),
    "votes": frozenset(),
}
_TYPES: Final[dict[What, type]] = {"ratings": Feedback, "grades": Grade, "profiles": Result, "votes": Vote}
_RISKY: Final = ("=", "+", "-", "@", "\t", "\r")
"""Spreadsheets take what begins so for a formula."""


def columns(what: What, *, texts: bool) -> list[str]:
    """The head of the table."""
    names = _EXCHANGE if what == "exchanges" else [field.name for field in fields(_TYPES[what])]
    return [name for name in names if name != "kinds" and (texts or name not in _TEXTS[what])]


def table(rows: Iterable[Sequence[object]]) -> str:
    """Lines of comma-separated values (RFC 4180)."""
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()


def row(record: Record, names: Sequence[str]) -> list[object]:
    """A line of the table. Text that a spreadsheet would run gets an apostrophe before it."""
    return [cell(value) for value in values(record, names)]


def values(record: Record, names: Sequence[str]) -> list[object]:
    """What the record has under each name, as it is."""
    if isinstance(record, Exchange):
        return [_of_exchange(record, name) for name in names]
    return [getattr(record, name) for name in names]


def _of_exchange(exchange: Exchange, name: str) -> object:
    if name in _OF_DECISION:
        return _OF_DECISION[name](exchange.decision) if exchange.decision else ""
    if name == "attempts":
        return len(exchange.attempts)
    if name == "rating":
        return exchange.rating.score if exchange.rating else ""
    return getattr(exchange.usage if name.endswith("_tokens") else exchange, name)


def cell(value: object) -> object:
    """A value as a spreadsheet may have it."""
    if isinstance(value, tuple):
        value = "; ".join(map(str, value))
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_RISKY) else value
    return "" if isinstance(value, float) and not math.isfinite(value) else value
