"""What keys and clicks do, over a router in memory."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from textual import events
from textual.widgets import Input

from llmrouter_tui.core import events as ev
from llmrouter_tui.core.domain import Problem
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.ports.history import FeedbackInput
from llmrouter_tui.core.query import EVERYTHING, Query
from llmrouter_tui.tui.app import ControlCenter
from llmrouter_tui.tui.modals.ask import Ask
from llmrouter_tui.tui.modals.help import HelpDialog
from llmrouter_tui.tui.modals.reasons import ReasonsDialog
from llmrouter_tui.tui.state import Dirty
from tests.tui import scripted
from tests.tui.scripted import NOW, SNAPSHOT, ScriptedHost
from tests.tui.shots import at_sizes, build, screen_text, settled
from tests.tui.test_screens import running


def calls(app: ControlCenter) -> list[tuple[Any, ...]]:
    host = app.host
    assert isinstance(host, ScriptedHost)
    return host.control.calls


async def until(app: ControlCenter, pilot: Any, true: Any) -> None:
    """Tick until ``true()`` holds."""
    for _ in range(300):
        await settled(app, pilot, turns=1)
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came true")


def feed(app: ControlCenter) -> Any:
    return app.host.feed


def fill(app: ControlCenter, words: str) -> None:
    """Put words into the focused input at once (letter by letter is tested once, and is slow)."""
    focused = app.screen.focused
    assert isinstance(focused, Input)
    focused.value = words


# ── rating ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_thumbs_up_is_sent_and_the_row_waits_for_the_event() -> None:
    async with running() as (app, pilot):
        app.host.control.holds = True  # type: ignore[attr-defined]
        await pilot.press("j", "j", "j", "u")
        row = app.store.rows["x8f1e"]
        assert row.pending == "+"
        assert " +?" in screen_text(app)
        assert row.exchange.rating is None
        app.host.control.holds = False  # type: ignore[attr-defined]
        await until(app, pilot, lambda: row.exchange.rating is not None)
        assert calls(app) == [("rate", FeedbackInput("x8f1e", rating="up"))]
        assert row.pending == ""
        assert " +?" not in screen_text(app)


async def test_thumbs_down_asks_what_was_wrong_and_shows_what_it_moved() -> None:
    async with running(page="routes") as (app, pilot):
        await pilot.press("j", "j", "j", "d")
        assert isinstance(app.screen, ReasonsDialog)
        await pilot.press("2", "4", *"toroidal", "enter")
        await until(app, pilot, lambda: app.store.rows["x8f1e"].effects)
        sent = calls(app)[-1][1]
        assert sent.rating == "down"
        assert sent.reasons == ("ignored instructions", "too big for this")
        assert sent.comment == "toroidal"
        assert "llama3.1:8b coding .62 → .60" in screen_text(app)


@pytest.mark.parametrize(("page", "said"), [("routes", ["llama3.1:8b coding .62 → .60"]), ("dash", [])])
async def test_what_a_rating_moved_is_told_where_the_buttons_leave_no_room(page: str, said: list[str]) -> None:
    async with running(page=page) as (app, pilot):
        await pilot.press("j", "j", "j", "u")
        await until(app, pilot, lambda: app.store.rows["x8f1e"].effects)
        await settled(app, pilot)
        assert [note.message for note in app._notifications] == said
        assert "coding .62 → .60" in screen_text(app)


async def test_escape_saves_a_thumb_down_without_reason() -> None:
    async with running() as (app, pilot):
        await pilot.press("j", "j", "j", "d", "escape")
        await until(app, pilot, lambda: calls(app))
        assert calls(app) == [("rate", FeedbackInput("x8f1e", rating="down"))]


async def test_letters_typed_right_away_are_the_note_and_digits_in_it_are_too() -> None:
    async with running() as (app, pilot):
        await pilot.press("j", "j", "j", "d")
        for key, character in (*((letter, letter) for letter in "no1"), ("space", " "), ("x", "x")):
            app.post_message(events.Key(key, character))  # as fast as a paste
        app.post_message(events.Key("enter", "\r"))
        await until(app, pilot, lambda: calls(app))
        assert calls(app)[-1][1] == FeedbackInput("x8f1e", rating="down", comment="no1 x")


async def test_letters_typed_on_a_reason_are_the_note() -> None:
    async with running() as (app, pilot):
        await pilot.press("j", "j", "j", "d", "shift+tab", "space", "m", "e", "h", "enter")
        await until(app, pilot, lambda: calls(app))
        assert calls(app)[-1][1] == FeedbackInput("x8f1e", rating="down", reasons=("refused",), comment="meh")


async def test_escape_keeps_the_note_that_was_typed_and_says_so() -> None:
    async with running() as (app, pilot):
        await pilot.press("j", "j", "j", "d", "1")
        assert "esc save without reason" in screen_text(app)
        await pilot.press("m", "e", "h")
        await settled(app, pilot)
        assert "esc save the note" in screen_text(app)
        await pilot.press("escape")
        await until(app, pilot, lambda: calls(app))
        assert calls(app)[-1][1] == FeedbackInput("x8f1e", rating="down", comment="meh")


async def test_a_note_keeps_the_rating_and_a_rating_can_be_cleared() -> None:
    async with running() as (app, pilot):
        await pilot.press("j", "j", "n")
        fill(app, "fine")
        await pilot.press("enter")
        await until(app, pilot, lambda: calls(app))
        assert calls(app)[-1] == ("rate", FeedbackInput("x8f1f", rating="up", comment="fine"))
        await pilot.press("0")
        await until(app, pilot, lambda: app.store.rows["x8f1f"].exchange.rating is None)
        assert calls(app)[-1] == ("rate", FeedbackInput("x8f1f", clear=True))


async def test_a_running_answer_cannot_be_rated_and_the_key_says_why() -> None:
    async with running() as (app, pilot):
        await pilot.press("u")
        await settled(app, pilot)
        assert calls(app) == []
        assert [note.message for note in app._notifications] == ["not rated: the answer is still being written"]


async def test_a_rating_goes_to_the_row_that_was_seen_whatever_arrives() -> None:
    now = [NOW]
    async with running() as (app, pilot):
        app.clock = lambda: now[0]

        async def arrive(id_: str) -> None:
            for fact in (ev.ExchangeStarted, ev.ExchangeFinished):
                feed(app).push(fact(scripted.exchange(id_, 0, None)))
            await until(app, pilot, lambda: app.view.ids[0] == id_ == app.screen.ledger.keys[0])  # type: ignore[attr-defined]

        await arrive("new1")
        assert app.view.focus == "new1", "untouched, the newest is selected"
        await pilot.press("u")
        assert calls(app) == [], "it came on top just now: the key may have meant what was there"
        assert next(iter(app._notifications)).message.startswith("not rated: another request came on top")
        await arrive("new2")
        assert app.view.focus == "new1", "a key was pressed on it: it stays selected"
        await pilot.press("u")
        await until(app, pilot, lambda: calls(app) == [("rate", FeedbackInput("new1", rating="up"))])
        await pilot.press("k")
        await arrive("new3")
        assert app.view.focus == "new2", "the cursor was moved there, on top of the list as it was"
        await pilot.press("g")
        await arrive("new4")
        assert app.view.focus == "new4"
        now[0] += 2
        await pilot.press("u")
        await until(app, pilot, lambda: calls(app)[1:] == [("rate", FeedbackInput("new4", rating="up"))])


async def test_a_rating_that_fails_is_said_and_the_mark_goes() -> None:
    async with running() as (app, pilot):
        app.host.control.refuse = RouterError("not_found", "No such exchange.")  # type: ignore[attr-defined]
        await pilot.press("j", "j", "j", "u")
        await until(app, pilot, lambda: app.store.attention.standing)
        assert app.store.rows["x8f1e"].pending == ""
        assert "Rating not saved: No such exchange." in screen_text(app)


async def test_buttons_do_what_keys_do() -> None:
    async with running(page="routes") as (app, pilot):
        await pilot.press("j", "j", "j")
        await pilot.click("Choice")
        await until(app, pilot, lambda: calls(app))
        assert calls(app) == [("rate", FeedbackInput("x8f1e", rating="up"))]


async def test_readonly_shows_no_buttons_and_rates_nothing() -> None:
    host = ScriptedHost(readonly=True)

    app = build(host)
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(app, pilot)
        await pilot.press("2")
        await settled(app, pilot)
        await pilot.press("j", "j", "j", "u", "d", "right_curly_bracket")
        await settled(app, pilot)
        assert host.control.calls == []
        assert {note.message.partition(": ")[2] for note in app._notifications} == {"this screen is read-only"}
        assert "+ Good" not in screen_text(app)
        assert " good " not in screen_text(app).splitlines()[-1]


# ── list ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_filter_narrows_the_list_and_escape_clears_it() -> None:
    async with running((80, 24)) as (app, pilot):
        await pilot.press("slash")
        fill(app, "task:music")
        await settled(app, pilot)
        assert "0 of 214 match task:music" in screen_text(app)
        await pilot.press("escape")
        await until(app, pilot, lambda: len(app.view.ids) == 40)
        await pilot.press("slash")
        fill(app, "you:+")
        await pilot.press("enter", "j")
        assert app.view.ids == ["x8f1f"]
        await pilot.press("escape")
        assert len(app.view.ids) == 40


async def test_a_filter_that_hides_the_selected_row_selects_the_first_one_listed() -> None:
    async with running(page="routes") as (app, pilot):
        await pilot.press("G")
        hidden = app.view.focus
        await pilot.press("slash")
        fill(app, "you:+")
        await pilot.press("enter")
        await settled(app, pilot)
        assert app.view.ids == ["x8f1f"]
        assert app.view.focus == "x8f1f"
        await pilot.press("0")
        await until(app, pilot, lambda: any(name == "rate" for name, *_ in calls(app)))
        assert [asked for name, asked, *_ in calls(app) if name == "rate"] == [FeedbackInput("x8f1f", clear=True)]
        await pilot.press("slash")
        fill(app, "task:music")
        await pilot.press("enter", "u")
        await settled(app, pilot)
        assert app.view.selected is None
        assert "Select an exchange" in screen_text(app)
        assert app.store.rows[hidden].pending == ""
        assert [call[0] for call in calls(app)].count("rate") == 1


async def test_a_filter_stays_when_the_page_turns() -> None:
    async with running() as (app, pilot):
        await pilot.press("slash")
        fill(app, "task:math")
        await pilot.press("enter", "2")
        await settled(app, pilot)
        assert "filter task:math" in screen_text(app)


async def test_letters_typed_into_the_filter_are_not_commands() -> None:
    async with running() as (app, pilot):
        await pilot.press("slash", *"q2up")
        assert app.is_running
        assert app.view.query == "q2up"
        assert [call for call in calls(app) if call[0] != "exchanges"] == [], "a pause in typing searches the history"


async def test_pause_holds_the_list_and_counts_what_waits() -> None:
    async with running() as (app, pilot):
        await pilot.press("p")
        feed(app).push(ev.ExchangeStarted(scripted.exchange("znew1", 0, None, outcome="running")))
        await settled(app, pilot)
        assert "paused, 1 new wait" in screen_text(app)
        assert "new1" not in screen_text(app)
        await pilot.press("p")
        await settled(app, pilot)
        assert "new1" in screen_text(app)


async def test_a_rating_shows_in_a_list_that_is_held_still() -> None:
    async with running() as (app, pilot):
        app.host.control.holds = True  # type: ignore[attr-defined]
        await pilot.press("p", "j", "j", "j", "u")
        assert " +?" in screen_text(app)
        feed(app).push(ev.Progress("x8f21", 999))
        app.host.control.holds = False  # type: ignore[attr-defined]
        await until(app, pilot, lambda: " +?" not in screen_text(app))
        line = next(line for line in screen_text(app).splitlines() if "8f1e" in line)
        assert " +  │" in line
        assert "999t" not in screen_text(app)


async def test_what_is_selected_on_one_page_is_in_view_on_the_other() -> None:
    async with running((80, 24), page="routes") as (app, pilot):
        await pilot.press("G")
        chosen = app.view.focus
        await pilot.press("1")
        await settled(app, pilot)
        assert app.screen.query_one("Ledger").cursor == chosen  # type: ignore[attr-defined]
        assert any(line.startswith("»") for line in screen_text(app).splitlines())


async def test_sorting_marks_its_column() -> None:
    async with running() as (app, pilot):
        await pilot.press(*["full_stop"] * 5)
        await settled(app, pilot)
        assert "MARGI▲" in screen_text(app)
        assert "doubtful first" in screen_text(app)
        assert app.view.ids[0] == "x8f1d" or app.view.row(app.view.ids[0]).exchange.decision.margin < 0  # type: ignore[union-attr]


async def test_live_events_repaint_the_rows_they_touch() -> None:
    async with running() as (app, pilot):
        feed(app).push(ev.Progress("x8f21", 212))
        await settled(app, pilot)
        assert "▶ 212t" in screen_text(app)
        done = replace(app.store.rows["x8f21"].exchange, outcome="ok", usage=scripted.Usage(1, 300), seconds=9.0)
        feed(app).push(ev.ExchangeFinished(done))
        await settled(app, pilot)
        assert "✓ 300t" in screen_text(app)


async def test_the_cursor_stays_on_its_exchange_as_others_arrive() -> None:
    async with running() as (app, pilot):
        await pilot.press("j", "j")
        assert app.view.focus == "x8f1f"
        for i in range(3):
            feed(app).push(ev.ExchangeStarted(scripted.exchange(f"znew{i}", 0, None, outcome="running")))
            await settled(app, pilot)
        line = next(line for line in screen_text(app).splitlines() if "»" in line)
        assert "8f1f" in line


async def test_a_click_selects_and_enter_explains() -> None:
    async with running((80, 24)) as (app, pilot):
        ledger = app.screen.query_one("Ledger")
        await pilot.click(ledger, offset=(10, 6))
        assert app.view.focus == "x8f1d"
        await pilot.press("enter")
        await settled(app, pilot)
        assert "The top score was qwen3:32b" in screen_text(app)
        await pilot.press("escape")
        await settled(app, pilot)
        assert "TIME  TASK" in screen_text(app)


# ── the rest ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_preference_moves_by_steps_and_shows_where_it_goes() -> None:
    async with running() as (app, pilot):
        app.host.control.holds = True  # type: ignore[attr-defined]
        await pilot.press("right_curly_bracket", "right_curly_bracket", "right_curly_bracket")
        assert app.preference.asked == 0.65
        assert "◌" in screen_text(app)
        app.host.control.holds = False  # type: ignore[attr-defined]
        await until(app, pilot, lambda: app.store.preference == 0.65)
        assert calls(app)[-1] == ("set_setting", "quality_preference", 0.65)
        assert "quality .65" in screen_text(app)
        assert "◌" not in screen_text(app)


async def test_replay_shows_what_it_would_be_today() -> None:
    async with running(page="routes") as (app, pilot):
        await pilot.press("j", "j", "j", "j", "r")
        await until(app, pilot, lambda: "TODAY" in screen_text(app))
        assert "now qwen3:32b (.86)" in screen_text(app)
        assert calls(app)[-1][0] == "explain"
        await pilot.press("k")
        assert "TODAY" not in screen_text(app)


async def test_copying_asks_what_when_there_is_a_choice() -> None:
    async with running() as (app, pilot):
        await pilot.press("j", "j", "j", "y")
        assert isinstance(app.screen, Ask)
        await pilot.press("i")
        assert app.clipboard == "x8f1e"


async def test_the_palette_finds_footer_words_keys_and_descriptions() -> None:
    async with running(page="models") as (app, pilot):
        for page, typed, found, said in (
            ("models", "load", "load         Load the selected model into memory", "key l"),
            ("models", "unload", "unload       Unload the selected model", "key x"),
            ("models", "pause", "pause        Hold the list still", "on Dash: goes there first"),
            ("dash", "f12", "debug        Figures about this screen itself", "key f12"),
            ("dash", "load", "load         Load the selected model into memory", "on Models: goes there first"),
            ("dash", "[", "previous     Previous page", "key ["),
            ("dash", "thumbs up", "good         Good answer: thumbs up", "key u"),
        ):
            app.go(page)
            await settled(app, pilot)
            await pilot.press("colon")
            fill(app, typed)
            await until(app, pilot, lambda found=found: found in screen_text(app))
            lines = screen_text(app).splitlines()
            first = next(index for index, line in enumerate(lines) if found in line)
            assert said in lines[first + 1]
            await pilot.press("escape")


async def test_the_palette_puts_what_was_meant_first_and_goes_where_it_works_or_says_that_nothing_matches() -> None:
    async with running() as (app, pilot):
        await pilot.press("colon")
        fill(app, "warp drive")
        await until(app, pilot, lambda: "Nothing matches 'warp drive'." in screen_text(app))
        await pilot.press("enter")
        await settled(app, pilot)
        assert (app.current_mode, len(app.screen_stack)) == ("dash", 1)
        await pilot.press("colon")
        fill(app, "unload")
        await until(app, pilot, lambda: "on Models: goes there first" in screen_text(app))
        await pilot.press("enter")
        await until(app, pilot, lambda: app.current_mode == "models")
        assert calls(app) == []


async def test_a_key_that_works_only_elsewhere_says_where() -> None:
    async with running() as (app, pilot):
        for page, key, said in (
            ("dash", "l", "load: works on Models and VRAM"),
            ("dash", "X", "unload all: works on VRAM"),
            ("vram", "r", "decide: works on Routes"),
            ("log", "slash", ""),
        ):
            app.go(page)
            await settled(app, pilot)
            app.clear_notifications()
            await pilot.press(key)
            assert [note.message for note in app._notifications] == ([said] if said else [])
        assert calls(app) == []


async def test_the_footer_greys_what_cannot_work_and_clicks_work() -> None:
    async with running() as (app, pilot):
        foot = app.screen.foot  # type: ignore[attr-defined]
        roles = {target: role for shown, role, target in foot._pieces if shown.strip()}
        assert roles["good"] == "off"
        assert roles["filter"] == "soft"
        assert "still being written" in foot._tips["good"]
        await pilot.click("#footer", offset=(3, 0))
        assert isinstance(app.screen, HelpDialog)


async def test_a_zoomed_pane_says_how_to_come_back_and_that_it_is_a_demo() -> None:
    demo = replace(SNAPSHOT, service=replace(SNAPSHOT.service, demo=True))
    async with running(snapshot=demo) as (app, pilot):
        await pilot.press("z")
        await settled(app, pilot)
        assert "z back · DEMO ─╮" in screen_text(app).splitlines()[0]
        await pilot.press("z")
        await settled(app, pilot)
        assert "z back" not in screen_text(app)


async def test_a_gauge_of_one_line_is_whole_when_it_is_zoomed() -> None:
    async with running((80, 24)) as (app, pilot):
        await pilot.press("tab", "tab", "z")
        await settled(app, pilot)
        shown = screen_text(app)
        assert "z back" in shown.splitlines()[0]
        assert "phi4:14b 8.1G idle 4m" in shown
        await pilot.press("z", "tab", "z")
        await settled(app, pilot)
        assert "TTFT p50" in screen_text(app)


@at_sizes((80, 24), (120, 36))
async def test_what_needs_attention_is_whole_when_it_is_zoomed(size: tuple[int, int]) -> None:
    words = "the database cannot be written: " + "disk quota exceeded on /srv/models " * 4
    problem = Problem("database_full", words, "free some space", since=NOW - 5, count=3)
    troubled = replace(SNAPSHOT, service=replace(SNAPSHOT.service, problems=(problem,)))
    async with running(size, troubled) as (app, pilot):
        assert "free some space" not in screen_text(app)
        await pilot.press("tab", "z")
        await settled(app, pilot)
        shown = screen_text(app)
        assert "! the database cannot be written: disk" in shown
        assert "(x3) free some space" in " ".join(shown.replace("│", " ").split())
        assert "! vllm down for 12s" in shown


@pytest.mark.parametrize("page", ["routes", pytest.param("models", marks=pytest.mark.thorough)])
async def test_a_zoomed_list_fills_the_screen(page: str) -> None:
    async with running(page=page) as (app, pilot):
        before = app.screen.focused.outer_size  # type: ignore[union-attr]
        await pilot.press("z")
        await settled(app, pilot)
        assert app.screen.focused.outer_size == (120, 36)  # type: ignore[union-attr]
        await pilot.press("z")
        await settled(app, pilot)
        assert app.screen.focused.outer_size == before  # type: ignore[union-attr]


async def test_keys_can_be_changed_by_act() -> None:
    async with running(keys={"good": "G,ctrl+g"}) as (app, pilot):
        await pilot.press("j", "j", "j", "u")
        await settled(app, pilot)
        assert calls(app) == []
        await pilot.press("ctrl+g")
        await until(app, pilot, lambda: calls(app))


async def test_a_key_given_to_an_act_is_no_longer_another_pages() -> None:
    async with running(keys={"good": "l"}) as (app, pilot):
        await pilot.press("j", "j", "j", "l")
        await until(app, pilot, lambda: calls(app))
        assert [note.message for note in app._notifications if "works on" in note.message] == []


async def test_it_can_be_resized_at_any_time() -> None:
    async with running(page="routes") as (app, pilot):
        for size in ((60, 16), (40, 10), (200, 60)):
            await pilot.press("g", "j", "j", "enter")
            await pilot.resize_terminal(*size)
            await settled(app, pilot)
            assert len(screen_text(app).splitlines()) <= size[1]
            await pilot.press("escape", "k")
            await pilot.resize_terminal(120, 36)
            await settled(app, pilot)
            assert "Why llama3.1:8b?" in screen_text(app)


async def test_nothing_is_painted_when_nothing_happens() -> None:
    async with running() as (app, pilot):
        painted: list[Dirty] = []
        tell = app._tell
        app._tell = lambda dirty: (painted.append(dirty), tell(dirty))[1]  # type: ignore[method-assign,func-returns-value]
        for _ in range(20):
            app.tick()
        await pilot.pause()
        assert painted == []


async def test_the_end_of_the_list_reads_on_in_the_history() -> None:
    told = replace(SNAPSHOT, total_exchanges=len(SNAPSHOT.exchanges))
    async with running(snapshot=told) as (app, pilot):
        control = app.host.control
        old = tuple(scripted.exchange(f"h{i:04d}", 5000 + i, scripted.CHAT, tokens=9, ttft=0.2) for i in range(3))
        pages = {None: (SNAPSHOT.exchanges[:20], "a"), "a": (old[:2], "b"), "b": (old[2:], None)}

        async def history(*, before: str | None = None, limit: int = 100, query: Query = EVERYTHING) -> Any:
            control.calls.append(("exchanges", before))  # type: ignore[attr-defined]
            items, following = pages[before]
            return scripted.ExchangePage(items, following, 214)

        control.exchanges = history  # type: ignore[method-assign]
        await pilot.press("G")
        await until(app, pilot, lambda: "h0001" in app.view.ids)
        assert calls(app) == [("exchanges", None), ("exchanges", "a")]
        await pilot.press("G")
        await until(app, pilot, lambda: app.view.ids[-3:] == ["h0000", "h0001", "h0002"])
        await pilot.press("G", "G")
        await settled(app, pilot)
        assert len(calls(app)) == 3


async def test_an_unexpected_error_of_a_command_is_said_too() -> None:
    async with running() as (app, pilot):
        app.host.control.refuse = KeyError("oops")  # type: ignore[attr-defined]
        await pilot.press("j", "j", "j", "u")
        await until(app, pilot, lambda: app.store.attention.standing)
        assert "Rating not saved" in screen_text(app)


async def test_a_list_that_grew_past_the_screen_scrolls_to_its_end_and_back() -> None:
    few = replace(SNAPSHOT, exchanges=SNAPSHOT.exchanges[:3])
    async with running((80, 24), few) as (app, pilot):
        for burst in range(3):
            for i in range(20):
                feed(app).push(ev.ExchangeStarted(scripted.exchange(f"b{burst}{i:03d}", 0, None, outcome="running")))
            await settled(app, pilot)
        await pilot.press("G")
        await settled(app, pilot)
        assert "8f1f" not in screen_text(app)  # no room for ids in a narrow list
        assert "»21:04 reason" in screen_text(app)
        await pilot.press("g")
        await settled(app, pilot)
        assert app.view.focus == "b2019"
        assert app.view.following
