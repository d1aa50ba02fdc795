"""The log: filter, levels, wrapping, following, thousands of lines."""

from dataclasses import replace
from datetime import UTC

import pytest

from llmrouter_tui.core.events import LogLine
from llmrouter_tui.tui import log_text, text
from llmrouter_tui.tui.app import ControlCenter
from llmrouter_tui.tui.log_list import LogList, pieces
from llmrouter_tui.tui.pages.log import LogPage
from llmrouter_tui.tui.state import KEPT_LOG, Store
from llmrouter_tui.tui.symbols import SYMBOLS
from llmrouter_tui.tui.text import Look
from tests.pace import effort
from tests.tui.scripted import NOW, SNAPSHOT
from tests.tui.shots import screen_text, settled
from tests.tui.test_flows import feed, fill, until
from tests.tui.test_screens import running

LOOK = Look(tz=UTC)
MANY = tuple(
    LogLine(NOW - 400 + i, ("info", "warn")[i % 7 == 0], ("route", "fleet")[i % 2], f"line {i}") for i in range(400)
)


def store(*lines: LogLine) -> Store:
    made = Store()
    made.reset(replace(SNAPSHOT, log=lines or SNAPSHOT.log))
    return made


def taken(data: Store, query: str = "") -> LogList:
    made = LogList()
    made.refresh(data)
    made.filter(query)
    return made


def say(data: Store, *lines: str, level: str = "info") -> None:
    for line in lines:
        data.log.append(LogLine(NOW, level, "test", line))
        data.log_count += 1


def texts(listed: LogList) -> list[str]:
    return [entry.text for entry in listed.entries]


# ── the list ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_only_new_lines_are_taken_in() -> None:
    data = store()
    listed = taken(data)
    say(data, "one", "two")
    listed.refresh(data)
    assert texts(listed)[-2:] == ["one", "two"]
    assert len(listed.entries) == len(SNAPSHOT.log) + 2


def test_what_the_store_forgets_goes_and_says_how_many_rows() -> None:
    data = store()
    listed = taken(data)
    say(data, *(f"line {i}" for i in range(KEPT_LOG)))
    assert listed.refresh(data) == len(SNAPSHOT.log)
    assert len(listed.entries) == KEPT_LOG
    assert texts(listed)[0] == "line 0"
    say(data, "one", "two", "three")
    assert listed.refresh(data) == 3
    assert texts(listed)[0] == "line 3"
    assert listed.at(0) == (0, 0)


def test_a_flood_larger_than_the_ring_leaves_the_newest() -> None:
    data = store()
    listed = taken(data)
    say(data, *(f"line {i}" for i in range(3 * KEPT_LOG)))
    listed.refresh(data)
    assert (len(listed.entries), texts(listed)[-1]) == (KEPT_LOG, f"line {3 * KEPT_LOG - 1}")


def test_a_new_snapshot_starts_the_list_again() -> None:
    data = store()
    listed = taken(data)
    data.reset(replace(SNAPSHOT, log=MANY))
    listed.refresh(data)
    assert len(listed.entries) == len(MANY)


def test_filters_by_level_source_and_words() -> None:
    data = store()
    assert [entry.line.level for entry in taken(data, "level:error").entries] == ["error"]
    assert [entry.line.source for entry in taken(data, "level:warning source:vllm").entries] == ["vllm"]
    assert texts(taken(data, "qwen2.5vl")) == ["gpu1 unload phi4:14b (idle 6m) for qwen2.5vl:7b"]
    assert all(entry.line.source != "route" for entry in taken(data, "!source:route").entries)
    assert len(taken(data, "!source:route").entries) == 4


def test_the_least_level_goes_round() -> None:
    data = store()
    say(data, "small print", level="debug")
    listed = taken(data)
    counts = []
    for _ in range(4):
        counts.append((listed.least, len(listed.entries)))
        listed.next_level()
    assert counts == [("info", 6), ("warn", 3), ("error", 1), ("debug", 7)]
    assert listed.least == "info"


def test_wrapped_lines_take_the_rows_they_need() -> None:
    data = store(LogLine(NOW, "info", "a", "x" * 25), LogLine(NOW, "info", "b", "y"), LogLine(NOW, "info", "c", ""))
    listed = taken(data)
    assert listed.rows == 3
    listed.wrap(10)
    assert listed.rows == 5
    assert [listed.at(row) for row in range(5)] == [(0, 0), (0, 1), (0, 2), (1, 0), (2, 0)]
    listed.wrap(0)
    assert listed.rows == 3


@pytest.mark.parametrize("words", ["x" * 25, "領収書" * 7, "a領" * 9, "", "é" * 21, "🧾" * 11])
def test_a_line_is_cut_into_rows_that_fit_and_lose_nothing(words: str) -> None:
    rows = pieces(words, 10)
    assert "".join(rows) == words
    assert all(text.width(row) <= 10 for row in rows)
    listed = taken(store(LogLine(NOW, "info", "a", words)))
    listed.wrap(10)
    assert listed.rows == len(rows)


def test_a_line_of_an_attacker_stays_a_line() -> None:
    listed = taken(store(LogLine(NOW, "info", "\x1b[2J", "a\x1b[31mb\x07\r\nc\u202e")))
    row = log_text.log_row(listed.entries[0], 0, 60, "time", False, LOOK)
    assert text.plain(row).isprintable()
    assert "ab· ⏎ c" in text.plain(row)


def test_five_thousand_lines_are_cheap_to_filter_and_to_follow() -> None:
    data = store()
    say(data, *(f"line {i} with some words behind it" for i in range(KEPT_LOG)))
    listed = LogList()

    def shown() -> None:
        listed.refresh(data)
        listed.wrap(20)
        listed.filter("!level:error words")

    assert effort(shown) < 60, "some 3 by itself"
    assert len(listed.entries) == KEPT_LOG


# ── one line ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_times_are_told_in_three_forms() -> None:
    assert log_text.told(NOW + 0.4126, "time", LOOK) == "21:04:09"
    assert log_text.told(NOW + 0.4126, "exact", LOOK) == "21:04:09.412"
    assert log_text.told(NOW, "date", LOOK) == "2026-11-04 21:04:09"


@pytest.mark.parametrize("clock", log_text.CLOCKS)
def test_words_begin_where_they_are_said_to(clock: str) -> None:
    entry = taken(store(LogLine(NOW, "warn", "residency-and-more", "hello"))).entries[0]
    row = text.plain(log_text.log_row(entry, 0, 80, clock, False, LOOK))
    assert row.index("hello") == log_text.text_start(clock)
    assert "warn!" in row


def test_the_ascii_set_is_ascii() -> None:
    look = Look(SYMBOLS["ascii"], UTC)
    for entry in taken(store()).entries:
        assert text.plain(log_text.log_row(entry, 0, 40, "time", False, look)).isascii()


# ── the page ──────────────────────────────────────────────────────────────────────────────────────────────────────


def lines_in_view(app: ControlCenter) -> list[str]:
    """The lines of the log on screen, without the scrollbar."""
    return [line[:79].rstrip() for line in screen_text(app).splitlines()[3:-2]]


def page(app: ControlCenter) -> LogPage:
    assert isinstance(app.screen, LogPage)
    return app.screen


async def test_it_follows_the_newest_line() -> None:
    async with running((80, 24), replace(SNAPSHOT, log=MANY), page="log") as (app, pilot):
        assert "line 399" in screen_text(app)
        feed(app).push(LogLine(NOW, "info", "route", "the very newest"))
        await until(app, pilot, lambda: "the very newest" in screen_text(app))
        assert "line 380" not in screen_text(app)


async def test_moving_up_holds_still_while_lines_arrive_and_g_follows_again() -> None:
    async with running((80, 24), replace(SNAPSHOT, log=MANY), page="log") as (app, pilot):
        await pilot.press("k", "k", "k")
        await settled(app, pilot)
        before = lines_in_view(app)
        assert "held" in screen_text(app)
        feed(app).push(*(LogLine(NOW, "info", "route", f"late {i}") for i in range(30)))
        await until(app, pilot, lambda: app.store.log_count == 430)
        assert lines_in_view(app) == before
        await pilot.press("G")
        await settled(app, pilot)
        assert "late 29" in screen_text(app)


async def test_lines_that_are_forgotten_do_not_move_what_is_read() -> None:
    full = tuple(LogLine(NOW, "info", "route", f"line {i}") for i in range(KEPT_LOG))
    async with running((80, 24), replace(SNAPSHOT, log=full), page="log") as (app, pilot):
        await pilot.press("k", "k")
        await settled(app, pilot)
        before = lines_in_view(app)
        feed(app).push(*(LogLine(NOW, "info", "route", f"late {i}") for i in range(50)))
        await until(app, pilot, lambda: app.store.log_count == KEPT_LOG + 50)
        assert lines_in_view(app) == before


async def test_wrapping_shows_the_whole_of_a_long_line() -> None:
    words = "start " + "word " * 40 + "end"
    long = LogLine(NOW, "warn", "route", words)

    def shown(app: ControlCenter) -> str:
        return "".join("".join(lines_in_view(app)).split())

    async with running((80, 24), replace(SNAPSHOT, log=(long,)), page="log") as (app, pilot):
        assert "wordend" not in shown(app)
        await pilot.press("w")
        await settled(app, pilot)
        assert "".join(words.split()) in shown(app)
        await pilot.resize_terminal(70, 24)
        await settled(app, pilot)
        assert "".join(words.split()) in shown(app)


async def test_levels_times_and_filters_say_what_they_do() -> None:
    async with running((80, 24), page="log") as (app, pilot):
        await pilot.press("v")
        await settled(app, pilot)
        assert "warn+ · 3 of 6 lines" in screen_text(app)
        await pilot.press("t", "t")
        await settled(app, pilot)
        assert "2026-11-04 21:03:14 ERR!!" in screen_text(app)
        await pilot.press("slash")
        fill(app, "source:nobody")
        await settled(app, pilot)
        assert "0 of 6 lines match source:nobody" in screen_text(app)
        await pilot.press("escape")
        await settled(app, pilot)
        assert "3 of 6" in screen_text(app)


async def test_y_copies_the_line_under_the_cursor_whole() -> None:
    async with running((80, 24), page="log") as (app, pilot):
        await pilot.press("g", "j", "y")
        assert app.clipboard == (
            "2026-11-04 21:03:14 error ollama 8f18 503 'server busy'; nothing left to try; client told"
        )


async def test_a_click_selects_a_line() -> None:
    async with running((80, 24), page="log") as (app, pilot):
        await pilot.click(page(app).lines, offset=(10, 3))
        selected = page(app).lines.selected
        assert selected is not None and selected.line.source == "route"


async def test_an_empty_log_says_so() -> None:
    async with running((80, 24), replace(SNAPSHOT, log=()), page="log") as (app, pilot):
        assert "Nothing was logged yet." in screen_text(app)
        await pilot.press("y", "k", "j", "G", "g", "w")
        assert app.clipboard == ""
