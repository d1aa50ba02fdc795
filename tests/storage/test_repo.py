"""What goes in comes out: exchanges, ratings, what is known of models, settings."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmrouter_tui.core.decision import Attempt, Exchange, Feedback, Rating, Usage
from llmrouter_tui.core.domain import Footprint, Speed
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.events import ExchangeStarted, LogLine
from llmrouter_tui.core.ports.repo import ModelMemory, Repo
from llmrouter_tui.storage.repo import SqliteRepo, open_repo
from tests.storage import facts
from tests.storage.facts import envelope, exchange, finished, loaded, up

LAW = settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))


def test_the_repo_is_the_port(repo: SqliteRepo) -> None:
    port: Repo = repo
    assert port.problem == ""
    assert port.pending == 0


async def test_the_users_word_on_a_name_is_kept_changed_and_forgotten(path: Path) -> None:
    repo = await open_repo(path)
    await repo.set_match("box/a", "qwen3-8b")
    await repo.set_match("box/b", "")
    await repo.set_match("box/c", "qwen3-4b")
    await repo.set_match("box/a", "qwen3-14b")
    await repo.set_match("box/c", None)
    await repo.set_match("box/never", None)
    await repo.close()
    again = await open_repo(path)
    assert await again.matches() == {"box/a": "qwen3-14b", "box/b": ""}
    await again.close()


# ── exchanges ──


@LAW
@given(st.lists(facts.exchanges, max_size=4, unique_by=lambda e: e.id), facts.feedbacks)
async def test_any_exchange_comes_back_whole_with_its_rating(stored: list[Exchange], feedback: Feedback) -> None:
    repo = await open_repo(None, privacy="full")
    for one in stored:
        repo.record(envelope(facts.ExchangeFinished(one)))
        await repo.rate(replace(feedback, exchange_id=one.id))
    for one in stored:
        expected = replace(one, rating=replace(feedback, exchange_id=one.id))
        assert await repo.exchange(one.id) == expected
    page = await repo.exchanges(before=None, limit=10)
    assert sorted(e.id for e in page.items) == sorted(e.id for e in stored)
    assert page.total == len(stored)
    assert list(page.items) == sorted(page.items, key=lambda e: (e.at, e.id.encode()), reverse=True)
    await repo.close()


async def test_an_exchange_is_found_by_the_id_that_the_client_saw(repo: SqliteRepo) -> None:
    repo.record(finished(1))
    repo.record(finished(2, response_id=""))
    found = await repo.exchange("chatcmpl-1")
    assert found == exchange(1)
    assert await repo.exchange("") is None
    assert await repo.exchange("chatcmpl-9") is None


async def test_only_finished_exchanges_are_stored(repo: SqliteRepo) -> None:
    repo.record(envelope(ExchangeStarted(exchange(1, outcome="running"))))
    repo.record(envelope(LogLine(1.0, "info", "test", "hello")))
    assert repo.pending == 0
    assert (await repo.exchanges(before=None, limit=10)).total == 0


async def test_the_same_exchange_again_replaces_the_first(repo: SqliteRepo) -> None:
    repo.record(finished(1, outcome="failed", code="backend_error"))
    repo.record(finished(1, answer="better"))
    await repo.flush()
    repo.record(finished(1, answer="best"))
    page = await repo.exchanges(before=None, limit=10)
    assert page.items == (exchange(1, answer="best"),)
    assert page.total == 1


@pytest.mark.parametrize(("privacy", "kept"), [("off", 0), ("preview", 500), ("full", 2000)])
async def test_prompts_and_answers_are_kept_by_policy(path: Path, privacy: str, kept: int) -> None:
    repo = await open_repo(path, privacy=privacy)
    repo.record(finished(1, prompt="ü" * 2000, answer="Q" * 2000))
    stored = await repo.exchange("x000001")
    assert stored == exchange(1, prompt="ü" * kept, answer="Q" * kept)
    await repo.close()
    if kept == 0:
        on_disk = b"".join(file.read_bytes() for file in path.parent.iterdir())
        assert b"QQ" not in on_disk


async def test_the_policy_changes_for_what_comes_then(path: Path) -> None:
    repo = await open_repo(path, privacy="full")
    repo.record(finished(1, prompt="before"))
    repo.keep_texts("off")
    repo.record(finished(2, prompt="after"))
    assert [(await repo.exchange(f"x00000{n}")).prompt for n in (1, 2)] == ["before", ""]  # type: ignore[union-attr]
    await repo.close()


async def test_text_and_numbers_that_sqlite_cannot_hold_are_mended(repo: SqliteRepo) -> None:
    repo.record(
        finished(1, prompt="a\ud800b", client="\udfff", usage=Usage(2**70, 5), attempts=(Attempt("\ud800", "ok"),))
    )
    repo.record(finished(2))
    stored = await repo.exchange("x000001")
    assert stored == exchange(1, prompt="a?b", client="?", usage=Usage(None, 5), attempts=())
    assert (await repo.exchanges(before=None, limit=10)).total == 2
    assert await repo.exchange("\ud800") is None


async def test_a_row_that_sqlite_refuses_is_dropped_and_holds_nothing_up(repo: SqliteRepo) -> None:
    for number in range(5):
        repo.record(finished(number))
    repo.record(finished(5, at=float("nan")))
    repo.record(finished(6))
    repo.record(loaded("a/big"))
    await repo.flush()
    assert (await repo.exchanges(before=None, limit=10)).total == 6
    assert (await repo.memories())["a/big"].loads == 1
    assert (repo.pending, repo.dropped, repo.problem) == (0, 1, "")


async def test_a_decision_that_cannot_be_read_is_none_and_the_page_is_whole(repo: SqliteRepo, path: Path) -> None:
    for number in range(3):
        repo.record(finished(number))
    await repo.flush()
    with sqlite3.connect(path) as other:
        other.execute("UPDATE exchange_text SET decision = '{\"chosen\": 3', attempts = '{}' WHERE number = 2")
        other.execute("DELETE FROM exchange_text WHERE number = 3")
    other.close()
    page = await repo.exchanges(before=None, limit=10)
    assert [e.decision for e in page.items] == [None, None, facts.DECISION]
    assert page.items[1] == exchange(1, decision=None, attempts=())


# ── ratings ──


async def test_only_the_standing_rating_counts(repo: SqliteRepo) -> None:
    repo.record(finished(1))
    steps: list[tuple[Rating | None, tuple[int, int]]] = [
        ("up", (1, 0)),
        ("down", (0, 1)),
        ("up", (1, 0)),
        (None, (0, 0)),
    ]
    for rating, counts in steps:
        await repo.rate(up(1, rating=rating))
        memory = (await repo.memories())["a/big"]
        assert (memory.ratings_up, memory.ratings_down) == counts
        shown = await repo.exchange("x000001")
        assert shown
        assert shown.rating == (up(1, rating=rating) if rating else None)
    assert await repo.ratings() == []


async def test_ratings_come_oldest_first_and_survive_a_restart(path: Path) -> None:
    repo = await open_repo(path)
    given_ratings = [up(3), up(1, rating="down", score=-0.5, reasons=("too slow", "refused"), comment="no"), up(2)]
    for one in given_ratings:
        await repo.rate(one)
    await repo.close()
    repo = await open_repo(path)
    assert await repo.ratings() == sorted(given_ratings, key=lambda f: f.at)
    await repo.close()


# ── models ──


async def test_what_is_known_of_a_model_adds_up(repo: SqliteRepo) -> None:
    for number, outcome in enumerate(("ok", "ok", "cancelled", "failed")):
        repo.record(finished(number, outcome=outcome))
    repo.record(finished(9, model="", outcome="failed"))
    for kind in ("load", "unload", "load", "load_failed"):
        repo.record(loaded("a/big", kind))
    await repo.rate(up(1))
    await repo.rate(up(2, rating="down", model="a/small"))
    await repo.set_model_state("a/big", pinned=True)
    repo.remember_speed("a/big", Speed(100, 10, 5, samples=1), Footprint(7, "reported", 8192))
    repo.remember_speed("a/big", Speed(200, 20, 6, samples=2, load_samples=1, ttft=0.5), None)
    assert await repo.memories() == {
        "a/big": ModelMemory(
            "a/big",
            speed=Speed(200, 20, 6, samples=2, load_samples=1, ttft=0.5),
            footprint=None,
            pinned=True,
            used=3,
            loads=2,
            ratings_up=1,
        ),
        "a/small": ModelMemory("a/small", ratings_down=1),
    }


async def test_a_footprint_stays_known_when_a_later_measure_has_none(repo: SqliteRepo) -> None:
    seen = Footprint(7, "reported", 8192)
    repo.remember_speed("m", Speed(1, 2, 3), seen)
    await repo.flush()
    repo.remember_speed("m", Speed(4, 5, 6), None)
    assert (await repo.memories())["m"] == ModelMemory("m", speed=Speed(4, 5, 6), footprint=seen)
    repo.remember_speed("m", Speed(4, 5, 6), Footprint(9, "measured"))
    assert (await repo.memories())["m"].footprint == Footprint(9, "measured")


async def test_pins_and_switches_change_one_at_a_time(repo: SqliteRepo) -> None:
    await repo.set_model_state("m", enabled=False)
    await repo.set_model_state("m", pinned=True)
    await repo.set_model_state("m")
    assert (await repo.memories())["m"] == ModelMemory("m", pinned=True, enabled=False)
    await repo.set_model_state("m", enabled=True)
    assert (await repo.memories())["m"] == ModelMemory("m", pinned=True)


# ── settings ──

json_values = st.recursive(
    st.booleans() | st.integers(-(2**53), 2**53) | facts.reals | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@LAW
@given(st.dictionaries(st.text(min_size=1, max_size=9), json_values, max_size=4))
async def test_any_setting_comes_back(values: dict[str, object]) -> None:
    repo = await open_repo(None)
    for key, value in values.items():
        await repo.set_setting(key, value)
    assert await repo.settings() == values
    for key in values:
        await repo.set_setting(key, None)
    assert await repo.settings() == {}
    await repo.close()


async def test_a_setting_that_is_no_json_is_refused_and_one_that_broke_is_left_out(
    repo: SqliteRepo, path: Path
) -> None:
    with pytest.raises(RouterError, match="calm cannot be stored"):
        await repo.set_setting("calm", object())
    await repo.set_setting("port", 5)
    await repo.set_setting("calm", True)
    with sqlite3.connect(path) as other:
        other.execute("UPDATE setting SET value = 'tru' WHERE key = 'calm'")
    other.close()
    assert await repo.settings() == {"port": 5}


# ── the end ──


async def test_after_closing_nothing_hangs_and_calls_say_so(path: Path) -> None:
    repo = await open_repo(path)
    repo.record(finished(1))
    await repo.close()
    await repo.close()
    repo.record(finished(2))
    with pytest.raises(RouterError) as caught:
        await repo.settings()
    assert caught.value.code == "shutting_down"
    again = await open_repo(path)
    assert (await again.exchanges(before=None, limit=10)).items == (exchange(1),)
    await again.close()


async def test_the_file_is_for_its_owner_only(repo: SqliteRepo, path: Path) -> None:
    repo.record(finished(1))
    await repo.flush()
    assert {file.stat().st_mode & 0o077 for file in path.parent.iterdir()} == {0}
