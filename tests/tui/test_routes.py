"""Routes: the filter line, the history behind it, what another preference would change, copies, the timeline."""

import asyncio
import json
import shlex
import subprocess
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmrouter_tui.core import events as ev
from llmrouter_tui.core.decision import Attempt, Exchange, ExchangePage
from llmrouter_tui.core.exchange_query import passes
from llmrouter_tui.core.query import EVERYTHING, Query
from llmrouter_tui.core.whatif import Change, WhatIf
from llmrouter_tui.tui import curl_text, filter_text, text, timeline, whatif_text
from llmrouter_tui.tui.app import ControlCenter
from llmrouter_tui.tui.ledger import PAGE, Place
from llmrouter_tui.tui.modals.ask import Ask
from llmrouter_tui.tui.modals.whatif import WhatIfDialog
from llmrouter_tui.tui.pages.routes import RoutesPage
from llmrouter_tui.tui.rows import ASK_EVERY
from llmrouter_tui.tui.state import Store
from llmrouter_tui.tui.symbols import BRAILLE
from llmrouter_tui.tui.text import Look
from tests.tui.scripted import BIG, NOW, SMALL, SNAPSHOT
from tests.tui.shots import screen_text
from tests.tui.test_flows import until
from tests.tui.test_screens import running

LOOK = Look(BRAILLE)
MATH = next(one for one in SNAPSHOT.exchanges if one.decision and one.decision.analysis.task == "math")


def line_of(page: RoutesPage) -> str:
    return "".join(shown for shown, _, _ in page.hint._pieces)


def offered(typed: str) -> list[str]:
    store = Store()
    store.reset(SNAPSHOT)
    return [shown for shown, _ in filter_text.completions(typed, lambda name: filter_text.values(store, name))]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("", "task:"),
        ("ma", "margin:"),
        ("task:code !sta", "state:"),
        ("task:", "chat"),
        ("state:f", "failed"),
        ("model:qwen3:3", "qwen3:32b"),
        ("you:", "+"),
        ("reason:too", '"too big for this"'),
    ],
)
def test_names_and_values_are_completed(typed: str, first: str) -> None:
    assert offered(typed)[0] == first


@pytest.mark.parametrize("typed", ["margin:<", 'text:"two wor', "qwen9000", "client:nobody"])
def test_nothing_is_offered_where_nothing_is_known(typed: str) -> None:
    assert offered(typed) == []


class Deep:
    """A long history behind the control, searched some way with each call."""

    def __init__(self, app: ControlCenter, matches: int, empty: int) -> None:
        self.asked: list[tuple[str, str | None]] = []
        self.go_on = asyncio.Event()
        self._found = [replace(MATH, id=f"deep{n:04d}", at=NOW - 1e6 - n) for n in range(matches)]
        self._empty = empty
        app.host.control.exchanges = self.exchanges  # type: ignore[method-assign, assignment]

    async def exchanges(
        self, *, before: str | None = None, limit: int = 100, query: Query = EVERYTHING
    ) -> ExchangePage:
        self.asked.append((str(query), before))
        turn = int(before or 0)
        if turn < self._empty:
            while turn == 1 and str(query) == "task:math" and not self.go_on.is_set():
                await asyncio.sleep(0.002)
            return ExchangePage((), str(turn + 1), 10**6, NOW - 1000 * (turn + 1))
        start = (turn - self._empty) * limit
        items = tuple(one for one in self._found[start : start + limit] if passes(query, one))
        ended = start + limit >= len(self._found)
        return ExchangePage(items, None if ended else str(turn + 1), 10**6)


async def test_a_filter_is_completed_told_what_is_wrong_and_followed_into_the_history() -> None:
    async with running() as (app, pilot):
        deep = Deep(app, PAGE + 50, empty=3)
        await pilot.press("2", "slash", *"mar")
        page = app.screen
        assert isinstance(page, RoutesPage)
        await until(app, pilot, lambda: page.filter_input._suggestion == "margin:")
        await pilot.press("right")
        assert "score of the chosen less the best other" in line_of(page)
        before = list(app.view.ids)
        await pilot.press(*"low")
        await pilot.press("enter")
        assert line_of(page) == " margin: compares a number, as in margin:<.05"
        assert app.view.ids == before
        assert page.filter_input.has_focus, "it stays open, to be mended"
        page.filter_input.value = "task:math"
        await until(app, pilot, lambda: app.history.place.back_to is not None)
        assert "esc stops" in page.searched()
        assert page.searched().startswith("searched back to ")
        await pilot.press("escape")
        assert not app.history.searching
        assert app.view.filtered, "the first esc only stops the search"
        deep.go_on.set()
        await until(app, pilot, lambda: app.history._reading is None)
        assert [before for query, before in deep.asked if query == "task:math"] == [None, "1"]
        await pilot.press("enter", "G")
        await until(app, pilot, lambda: len(app.store.found) == PAGE)
        await until(app, pilot, lambda: page.ledger.keys == app.view.ids)
        await pilot.press("G")
        await until(app, pilot, lambda: app.history.place.ended)
        assert page.searched() == "all searched"
        assert app.view.ids[-1] == f"deep{PAGE + 49:04d}"
        await pilot.press("G", "u")
        await until(app, pilot, lambda: _rated(app) == ("rate", f"deep{PAGE + 49:04d}"))
        await pilot.press("escape", "escape")
        assert not app.view.filtered
        assert not app.store.found


async def test_a_span_counts_from_when_it_was_typed_and_the_title_tells_from_when_that_is() -> None:
    async with running((200, 50), page="routes") as (app, pilot):
        await pilot.press("slash", *"since:1h")
        assert app.view.wanted.span()[0] == NOW - 3600
        assert filter_text.span(app.view.wanted, app.look) == "from 2026-11-04 20:04:09"
        assert "filter since:1h · from 2026-11-04 20:04:09" in screen_text(app)
        await pilot.press("ctrl+u", *"before:1h")
        assert "0 of" in screen_text(app)
        assert "before 2026-11-04 20:04:09" in screen_text(app)


def _rated(app: ControlCenter) -> tuple[str, str]:
    name, *rest = app.host.control.calls[-1]  # type: ignore[attr-defined]
    return name, getattr(rest[0], "exchange_id", "") if rest else ""


def test_how_far_a_search_came_is_told() -> None:
    place = Place(back_to=NOW)
    there = text.day_and_time(NOW, LOOK)
    assert filter_text.searched(place, True, 3, LOOK) == f"searched back to {there}, esc stops"
    assert filter_text.searched(place, False, 3, LOOK) == f"searched back to {there}"
    assert filter_text.searched(Place(ended=True), False, 0, LOOK) == "all searched"
    assert filter_text.searched(Place(), True, 0, LOOK) == "searching, esc stops"


# ── what if ──

CHANGED = WhatIf(
    0.65, 500, 3, 0.02, -1.5,
    (Change("x1", BIG, SMALL, -0.1, -2.0, "coding"), Change("x2", BIG, SMALL, -0.3, -4.0, "coding"),
     Change("x3", SMALL, BIG, 0.2, 3.0, "chat")),
)  # fmt: skip


def test_changes_are_counted_by_task_and_by_pair() -> None:
    store = Store()
    store.reset(SNAPSHOT)
    shown = [text.plain(line).split() for line in whatif_text.changes(CHANGED, store.name, 70, LOOK)]
    assert shown[1] == ["coding", "2"]
    assert shown[2] == ["qwen3:32b", "→", "llama3.1:8b", "2", "-.20", "-3.0s"]
    assert shown[3:] == [["chat", "1"], ["llama3.1:8b", "→", "qwen3:32b", "1", "+.20", "+3.0s"]]
    said = " ".join(text.plain(line) for line in whatif_text.summary(CHANGED, 0.65, 0.5, 70))
    assert said == (
        "Quality .50 to .65 Of the last 500 choices 3 would change, on average +.02 quality and 1.5s faster."
    )


async def test_what_would_change_is_seen_before_it_is_applied() -> None:
    async with running() as (app, pilot):
        asked: list[float] = []

        async def what_if(preference: float) -> WhatIf:
            asked.append(preference)
            return replace(CHANGED, preference=preference)

        app.host.control.what_if = what_if  # type: ignore[method-assign]
        await pilot.press("2", "w")
        dialog: Any = app.screen
        assert isinstance(dialog, WhatIfDialog)
        await until(app, pilot, lambda: dialog.found is not None)
        await pilot.press("right", "right", "right")
        assert dialog.slider.value == 0.65
        await until(app, pilot, lambda: dialog.found is not None and dialog.found.preference == 0.65)
        assert asked == [0.5, 0.65]
        await pilot.press("escape")
        assert app.store.preference == 0.5
        await pilot.press("w")
        dialog = app.screen
        await until(app, pilot, lambda: dialog.found is not None)
        await pilot.mouse_down(dialog.slider, offset=(dialog.slider.size.width - 10, 0))
        await pilot.hover(dialog.slider, offset=(dialog.slider.size.width - 20, 0))
        await pilot.mouse_up(dialog.slider, offset=(dialog.slider.size.width - 20, 0))
        dragged = dialog.slider.value
        assert dragged == 0.85
        await pilot.press("enter")
        await until(app, pilot, lambda: app.store.preference == dragged)


# ── copies, times, a quiet question ──


@pytest.mark.parametrize("prompt", ['it\'s $HOME `ls` \\ "x" !!', "two\nlines\tüé", "a\x00b", "\ud800"])
@pytest.mark.parametrize("stream", [True, False])
def test_the_curl_line_asks_just_that_again(prompt: str, stream: bool) -> None:
    line = curl_text.curl(Exchange("x", NOW, requested="auto:fast", prompt=prompt, stream=stream), "http://h:1/v1")
    shell = "curl() { printf '%s\\0' \"$@\"; }; " + line
    ran = subprocess.run(["bash", "-c", shell], env={"ROUTER_API_KEY": "sk-1"}, capture_output=True, check=True)
    given = ran.stdout.decode().split("\0")[:-1]
    assert given[-5:-1] == ["-H", "Authorization: Bearer sk-1", "-H", "Content-Type: application/json"] or "-d" in given
    body = json.loads(given[given.index("-d") + 1])
    assert body["messages"] == [{"role": "user", "content": prompt.encode("utf-8", "replace").decode()}]
    assert (body["model"], body.get("stream", False)) == ("auto:fast", stream)
    assert "http://h:1/v1/chat/completions" in given
    assert "sk-" not in line


async def test_a_selected_exchange_is_copied_as_curl() -> None:
    async with running() as (app, pilot):
        await pilot.press("2", "y")
        assert isinstance(app.screen, Ask)
        await pilot.press("c")
        words = shlex.split(app.clipboard)
        assert words[0] == "curl"
        assert f"{app.store.service.url}/chat/completions" in words
        selected = app.view.selected
        assert selected is not None
        assert json.loads(words[-1])["messages"][0]["content"] == selected.exchange.prompt


seconds = st.floats(0, 100)


@given(st.none() | seconds, st.none() | seconds, st.lists(st.tuples(seconds, st.none() | seconds), max_size=3))
def test_the_parts_of_the_timeline_add_up_to_the_whole(
    whole: float | None, ttft: float | None, tries: list[tuple[float, float | None]]
) -> None:
    attempts = tuple(Attempt(BIG, "ok", wait, first) for wait, first in tries)
    found = timeline.parts(replace(MATH, seconds=whole, ttft=ttft, attempts=attempts))
    assert sum(part for _, part, _ in found) == pytest.approx(whole or 0.0)
    assert all(part > 0 for _, part, _ in found)


def test_the_timeline_is_drawn_to_scale() -> None:
    one = replace(MATH, seconds=10.0, ttft=6.0, attempts=(Attempt(BIG, "ok", 5.0, 1.0),))
    bar, keys = timeline.bar(one, 50, LOOK)
    assert text.line_width(bar) == 50
    assert "queue, load 5.0s" in text.plain(keys)
    assert "TTFT 1.0s" in text.plain(keys)
    waits = next(shown for shown, role in bar if role == "fill1")
    assert 23 <= len(waits) <= 26


def test_only_some_close_calls_ask_for_a_rating() -> None:
    store = Store()
    store.reset(SNAPSHOT)
    assert MATH.decision is not None
    close = replace(MATH, outcome="ok", rating=None, decision=replace(MATH.decision, margin=0.01))
    for number in range(3 * ASK_EVERY):
        done = replace(close, id=f"n{number:03d}", at=NOW + number)
        store.fold([ev.Envelope(store.seq + 1, NOW, NOW, ev.ExchangeFinished(done))])
    asking = [id_ for id_, row in store.rows.items() if row.asks]
    assert asking == ["n000", "n010", "n020"]
    clear = replace(close, id="z", decision=replace(MATH.decision, margin=0.3))
    assert not scripted_row(clear).doubtful
    assert not scripted_row(replace(close, outcome="failed")).doubtful


def scripted_row(exchange: Exchange) -> Any:
    store = Store()
    store.reset(replace(SNAPSHOT, exchanges=(exchange,)))
    return store.rows[exchange.id]


async def test_a_note_on_an_answer_that_is_not_rated_rates_it_as_well_and_all_is_taken_back() -> None:
    async with running((120, 36), page="routes") as (app, pilot):
        control: Any = app.host.control

        def last() -> Any:
            rated = [call[1] for call in control.calls if call[0] == "rate"]
            return rated[-1] if rated else None

        fresh = next(id_ for id_ in app.view.ids if _unrated(app, id_))
        app.view.select(fresh)
        app.screen.paint_list()  # type: ignore[attr-defined]
        await pilot.press("n", "escape")
        assert last() is None
        await pilot.press("n", "u", *"neat", "enter")
        await until(app, pilot, lambda: last() is not None)
        assert (last().exchange_id, last().rating, last().comment) == (fresh, "up", "neat")
        await until(app, pilot, lambda: not _unrated(app, fresh))
        await pilot.press("0")
        await until(app, pilot, lambda: last().clear)
        await until(app, pilot, lambda: _unrated(app, fresh))
        await pilot.press("n", "d", "1", *"slow", "enter")
        await until(app, pilot, lambda: last().rating == "down")
        assert last().comment == "slow"
        assert len(last().reasons) == 1


def _unrated(app: ControlCenter, id_: str) -> bool:
    exchange = app.store.rows[id_].exchange
    return exchange.outcome == "ok" and exchange.rating is None
