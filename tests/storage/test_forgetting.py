"""Texts that are forgotten are in no byte of the file and its write-ahead log any more; what is not meant stays."""

import random
import sqlite3
from pathlib import Path

import pytest

from llmrouter_tui.core.decision import Attempt, Exchange
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.forgetting import Forget, Forgotten
from llmrouter_tui.core.grades import Grade, GradeFilter
from llmrouter_tui.storage import forgetting
from llmrouter_tui.storage.repo import SqliteRepo, open_repo
from tests.storage.facts import finished, up
from tests.storage.test_trouble import locked

ALL = Forget()


def said(number: int, times: int = 40) -> dict[str, str]:
    """Texts that can be told apart in the file, whole and in parts."""
    return {"prompt": f"[asked-{number:05}]" * times, "answer": f"[told-{number:05}]" * times}


def bytes_of(path: Path) -> bytes:
    return b"".join(one.read_bytes() for one in path.parent.glob(path.name + "*") if not one.name.endswith("-shm"))


def traces(path: Path, numbers: range | set[int], word: str = "") -> set[int]:
    held = bytes_of(path)
    words = (word,) if word else ("asked", "told")
    return {number for number in numbers if any(f"{w}-{number:05}".encode() in held for w in words)}


def grade(number: int, **changes: object) -> Grade:
    plain: dict[str, object] = {
        "id": f"g{number}", "at": float(number), "judge": "a/judge", "model": "a/big", "task": "chat",
        "difficulty": 0.5, "subject": "exchange", "ref": f"x{number:06}", "score": 7.0,
        "reason": f"[reason-{number:05}]", "question": f"[asked-{number:05}]", "answer": f"[told-{number:05}]",
    }  # fmt: skip
    return Grade(**(plain | changes))  # type: ignore[arg-type]


async def fill(repo: SqliteRepo, count: int) -> None:
    """Exchanges of five sessions, each graded and rated, some with errors that quote what was asked."""
    for number in range(count):
        quoted = f"cannot read [asked-{number:05}]" if number % 3 == 0 else ""
        tried = (Attempt("a/big", "failed", code="backend_error", message=quoted), Attempt("a/big", "ok"))
        session = f"id:s{number % 5}"
        repo.record(finished(number, session=session, message=quoted, attempts=tried, **said(number, number % 90)))
        await repo.store_grade(grade(number))
        await repo.rate(up(number, comment=f"[note-{number:05}]"))
    await repo.flush()


@pytest.fixture
async def full(path: Path) -> SqliteRepo:
    repo = await open_repo(path, privacy="full")
    await fill(repo, 35)
    return repo


async def found(repo: SqliteRepo, number: int) -> Exchange:
    exchange = await repo.exchange(f"x{number:06}")
    assert exchange is not None
    return exchange


async def test_what_one_exchange_said_is_gone_from_every_byte_and_the_rest_stays(full: SqliteRepo, path: Path) -> None:
    assert traces(path, {33, 34}) == {33, 34}
    assert await full.forget(Forget(exchange="x000033")) == Forgotten(1, 1, 1)
    assert traces(path, range(35)) == set(range(35)) - {33}
    assert traces(path, {33}, "reason") | traces(path, {33}, "note") == set()
    left, other = await found(full, 33), await found(full, 34)
    assert (left.prompt, left.answer, left.message, left.attempts[0].message) == ("", "", "", "")
    assert (left.model, left.attempts[0].code, left.decision) == ("a/big", "backend_error", other.decision)
    assert left.rating == up(33)
    assert other.prompt == said(34, 34)["prompt"]
    (graded,) = (await full.grades(GradeFilter(ref="x000033"))).items
    assert (graded.score, graded.question, graded.answer, graded.reason) == (7.0, "", "", "")
    await full.close()
    assert traces(path, {33}) == set()


@pytest.mark.parametrize("session", ["id:s2", "s2"])
async def test_a_session_is_forgotten_by_its_id_or_its_clients_word(full: SqliteRepo, path: Path, session: str) -> None:
    assert (await full.forget(Forget(session=session))).exchanges == 7
    assert traces(path, range(1, 35)) == {number for number in range(1, 35) if number % 5 != 2}
    await full.close()


async def test_everything_is_forgotten_also_what_was_said_of_exchanges_that_are_pruned(
    full: SqliteRepo, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "STEP", 7)
    await full.prune(keep_days=1 / 86_400, now=16.0)  # all that is older than second 15
    assert await full.forget(ALL) == Forgotten(20, 20, 35)
    for word in ("asked", "told", "reason", "note"):
        assert traces(path, range(35), word) == set()
    assert (await full.exchanges(before=None, limit=100)).total == 20
    assert len(await full.ratings()) == 35
    assert await full.forget(ALL) == Forgotten()
    full.record(finished(99, **said(99)))
    await full.flush()
    assert (await found(full, 99)).prompt, "what comes later is kept as before"
    await full.close()


async def test_no_text_survives_a_life_of_writing_pruning_and_forgetting(path: Path) -> None:
    """Rows that grow late, go early and move between pages leave nothing behind."""
    dice, repo, gone, number = random.Random(7), await open_repo(path, privacy="full"), set[int](), 0
    for _ in range(12):
        late = []
        for _ in range(dice.randint(1, 40)):
            number += 1
            repo.record(finished(number, outcome="running", **said(number, 2)))
            late.append(number)
        dice.shuffle(late)
        for one in late:
            repo.record(finished(one, **said(one, dice.randint(1, 200))))
        await repo.flush()
        await repo.prune(keep_days=1 / 86_400, now=(oldest := dice.randint(0, number // 2)) + 1.0)
        gone |= set(range(1, oldest))
        one = dice.randint(1, number)
        await repo.forget(Forget(exchange=f"x{one:06}"))
        gone.add(one)
        assert traces(path, gone) == set()
    await repo.close()


async def test_what_waits_to_be_written_is_forgotten_too_or_nothing_is(path: Path) -> None:
    repo = await open_repo(path, privacy="full")
    repo.record(finished(1, **said(1)))
    assert (await repo.forget(ALL)).exchanges == 1
    repo.record(finished(2, **said(2)))
    with locked(path), pytest.raises(RouterError, match=r"nothing was forgotten, .* locked by another program"):
        await repo.forget(ALL)
    await repo.flush()
    assert (await found(repo, 2)).prompt
    await repo.close()


async def test_it_is_not_acknowledged_while_the_write_ahead_log_keeps_the_words_for_another_reader(
    full: SqliteRepo, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "PATIENCE", 0.3)
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM exchange").fetchone()
    with pytest.raises(RouterError, match="another program reads the database") as caught:
        await full.forget(ALL)
    assert caught.value.code == "storage_unavailable"
    reader.close()
    await full.forget(ALL)
    assert traces(path, range(35)) == set()
    await full.close()


async def test_a_grade_that_comes_after_its_exchange_was_forgotten_brings_no_words_back(
    full: SqliteRepo, path: Path
) -> None:
    await full.forget(Forget(exchange="x000007"))
    await full.store_grade(grade(7, id="late", score=None, code="malformed", reason="it said: [told-00007]"))
    assert (await full.grade("late")).answer == ""  # type: ignore[union-attr]
    await full.close()
    assert traces(path, {7}) == set()


async def test_the_policy_off_keeps_no_words_anywhere(path: Path) -> None:
    repo = await open_repo(path, privacy="off")
    await fill(repo, 12)
    await repo.store_grade(grade(3, id="late", score=None, code="malformed", reason="it said: [told-00003]"))
    kept = await found(repo, 3)
    assert (kept.prompt, kept.answer, kept.message) == ("", "", "")
    assert [attempt.code for attempt in kept.attempts] == ["backend_error", ""]
    await repo.close()
    assert traces(path, range(1, 12)) | traces(path, range(12), "reason") == set()
    assert traces(path, range(12), "note") == set(range(12)), "what the user notes is the user's own word"
