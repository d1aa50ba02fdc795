"""Facts for the tests of the database room: plain ones, and any at all."""

import sqlite3
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from peewee import SqliteDatabase

from llmrouter_tui.core.decision import (
    Analysis,
    Attempt,
    Breakdown,
    Candidate,
    Decision,
    Exchange,
    Feedback,
    Seconds,
    Usage,
)
from llmrouter_tui.core.domain import NEEDS, TASKS, ResidencyEvent
from llmrouter_tui.core.events import Envelope, ExchangeFinished, Fact, ResidencyChanged
from llmrouter_tui.core.kinds import KINDS
from llmrouter_tui.storage.transaction import raw

TASK_SHARES = dict.fromkeys(TASKS, 0.0) | {"coding": 0.75, "chat": 0.25}


def candidate(model: str, terms: Breakdown, *rest: Any, **more: Any) -> Candidate:
    """One whose score is what its terms add up to."""
    return Candidate(model, terms.score, terms, *rest, **more)


DECISION = Decision(
    analysis=Analysis(TASK_SHARES, "coding", 0.5, "medium", frozenset({"tools"})),
    candidates=(
        candidate(
            "a/big", Breakdown(0.5, 0.1, 0.1, 0.1, 0.0), 0.9, Seconds(0, 6, 1, 2), resident=False, note="load 6s"
        ),
        candidate("a/small", Breakdown(0.3, 0.2, 0.1, 0.0, 0.0), 0.5, Seconds(0, 0, 1, 1), resident=True),
    ),
    filtered=(("a/blind", "cannot see images"),),
    chosen="a/big",
    margin=0.2,
    why="best coding",
    preference=0.5,
)


def exchange(number: int, **changes: object) -> Exchange:
    plain: dict[str, object] = {
        "id": f"x{number:06}",
        "at": float(number),
        "outcome": "ok",
        "model": "a/big",
        "decision": DECISION,
        "attempts": (Attempt("a/big", "ok", ttft=0.5),),
        "prompt": f"question {number}",
        "answer": f"answer {number}",
        "response_id": f"chatcmpl-{number}",
        "key": "alice",
        "cost": 0.0125,
    }
    return Exchange(**(plain | changes))  # type: ignore[arg-type]


def envelope(fact: Fact) -> Envelope:
    return Envelope(1, 0.0, 0.0, fact)


def finished(number: int, **changes: object) -> Envelope:
    return envelope(ExchangeFinished(exchange(number, **changes)))


def loaded(model: str, kind: str = "load") -> Envelope:
    return envelope(ResidencyChanged(ResidencyEvent(1.0, kind, model, "gpu0", 2.0, "asked for")))  # type: ignore[arg-type]


def up(number: int, **changes: object) -> Feedback:
    plain: dict[str, object] = {"rating": "up", "at": float(number), "score": 1.0, "model": "a/big", "task": "coding"}
    return Feedback(f"x{number:06}", **(plain | changes))  # type: ignore[arg-type]


# ── any fact at all ──

reals = st.floats(allow_nan=False, allow_infinity=False)
counts = st.integers(0, 2**63 - 1)
words = st.text(max_size=12)


def maybe(strategy: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.none() | strategy


seconds = st.builds(Seconds, reals, reals, reals, reals)
terms = st.floats(-2, 2)
footprints = st.integers(0, 2**53)
candidates = st.builds(
    candidate, words, st.builds(Breakdown, terms, terms, terms, terms, terms), reals, seconds, st.booleans(),
    maybe(footprints), words,
)  # fmt: skip
analyses = st.builds(
    Analysis, st.fixed_dictionaries(dict.fromkeys(TASKS, reals)), st.sampled_from(TASKS), reals,
    st.sampled_from(("easy", "medium", "hard")), st.frozensets(st.sampled_from(NEEDS)), words, counts, counts,
    st.booleans(), maybe(st.dictionaries(st.sampled_from(KINDS), reals)), words,
)  # fmt: skip
decisions = st.builds(
    Decision, analyses, st.lists(candidates, max_size=3).map(tuple),
    st.lists(st.tuples(words, words), max_size=2).map(tuple), words, reals, words, reals, words, reals,
)  # fmt: skip
outcomes = st.sampled_from(("ok", "failed", "cancelled"))
attempts = st.builds(Attempt, words, outcomes, reals, maybe(reals), words, words)
exchanges = st.builds(
    Exchange, id=st.text(min_size=1, max_size=12), at=reals, outcome=outcomes, requested=words, model=words,
    session=words, client=words, stream=st.booleans(), decision=maybe(decisions),
    attempts=st.lists(attempts, max_size=3).map(tuple), ttft=maybe(reals), seconds=maybe(reals),
    usage=st.builds(Usage, maybe(counts), maybe(counts), maybe(counts), maybe(counts)),
    decode_per_second=maybe(reals), finish_reason=words, code=words, message=words, prompt=st.text(), answer=st.text(),
    response_id=words,
)  # fmt: skip
feedbacks = st.builds(
    Feedback, st.text(min_size=1, max_size=12), st.sampled_from(("up", "down")), reals, reals,
    st.lists(words, max_size=3).map(tuple), words, words, words,
)  # fmt: skip


def count_stored(connection: sqlite3.Connection) -> None:
    """After rows were put into ``exchange`` by other ways than the router's own."""
    connection.execute("UPDATE counter SET value = (SELECT count(*) FROM exchange) WHERE name = 'exchange'")
    connection.execute("DELETE FROM exchange_hour")
    connection.execute("INSERT INTO exchange_hour SELECT CAST(at / 3600 AS INTEGER), count(*) FROM exchange GROUP BY 1")


def work(db: SqliteDatabase, read: Callable[[SqliteDatabase], object]) -> int:
    """What SQLite has to do for a reading: tens of its machine's instructions."""
    done = 0

    def on() -> int:
        nonlocal done
        done += 1
        return 0

    raw(db).set_progress_handler(on, 10)
    try:
        read(db)
    finally:
        raw(db).set_progress_handler(None, 0)
    return done
