"""Keys typed faster than the screen: each is meant for what the one before opened."""

from typing import Any

import pytest
from textual import events
from textual.keys import _character_to_key
from textual.widgets import Input

from llmrouter_tui.core.ports.history import FeedbackInput
from llmrouter_tui.tui.app import ControlCenter
from llmrouter_tui.tui.modals.ask import Ask
from llmrouter_tui.tui.modals.quit import QuitDialog
from llmrouter_tui.tui.modals.reasons import ReasonsDialog
from tests.tui.shots import screen_text, settled
from tests.tui.test_flows import calls, until
from tests.tui.test_screens import running

ENTER, ESCAPE = events.Key("enter", "\r"), events.Key("escape", "\x1b")


def burst(app: ControlCenter, *typed: str | events.Key) -> None:
    """All of it at once, as a terminal sends what was typed while the screen was busy."""
    for part in typed:
        keys = [events.Key(_character_to_key(c), c) for c in part] if isinstance(part, str) else [part]
        for key in keys:
            app.post_message(events.Key(key.key, key.character))


async def test_words_typed_right_behind_d_are_the_note() -> None:
    async with running() as (app, pilot):
        burst(app, "jjjd", "quick note: 2 pages", ENTER)
        await until(app, pilot, lambda: calls(app))
        assert calls(app) == [("rate", FeedbackInput("x8f1e", rating="down", comment="quick note: 2 pages"))]
        assert app.current_mode == "dash"
        assert app.is_running


async def test_digits_typed_right_behind_d_tick_reasons() -> None:
    async with running() as (app, pilot):
        burst(app, "jjjd24", ENTER, "ju")
        await until(app, pilot, lambda: len(calls(app)) == 2)
        reasons = ("ignored instructions", "too big for this")
        assert calls(app) == [
            ("rate", FeedbackInput("x8f1e", rating="down", reasons=reasons)),
            ("rate", FeedbackInput("x8f1d", rating="up")),
        ]


@pytest.mark.parametrize(
    "page",
    ["dash", pytest.param("models", marks=pytest.mark.thorough), pytest.param("log", marks=pytest.mark.thorough)],
)
async def test_words_typed_right_behind_the_slash_are_the_filter(page: str) -> None:
    async with running(page=page) as (app, pilot):
        burst(app, "/qx2")
        await until(app, pilot, lambda: app.screen.query_one("#filter", Input).value == "qx2")
        burst(app, ESCAPE, "1")
        await until(app, pilot, lambda: app.current_mode == "dash")
        assert calls(app) == []


async def test_a_page_takes_the_keys_typed_right_behind_its_own() -> None:
    async with running() as (app, pilot):
        burst(app, "3jx")  # Models, second model, unload: it answers, so it asks
        await until(app, pilot, lambda: isinstance(app.screen, Ask))
        await settled(app, pilot)
        assert "is writing 1 answer." in screen_text(app)
        assert app.store.name("ollama/qwen3:32b") in screen_text(app)


async def test_what_was_pasted_keeps_its_place_among_the_keys() -> None:
    async with running() as (app, pilot):
        burst(app, "jjjdsee ")
        app.post_message(events.Paste("chapter 2"))
        burst(app, "!", ENTER)
        await until(app, pilot, lambda: calls(app))
        assert calls(app)[-1][1].comment == "see chapter 2!"


async def test_the_answer_to_a_question_may_be_typed_before_it_is_read() -> None:
    async with running() as (app, pilot):
        burst(app, "q", ESCAPE, "q", ESCAPE, "2")
        await until(app, pilot, lambda: app.current_mode == "routes")
        assert not isinstance(app.screen, QuitDialog)
        burst(app, "qs")
        await until(app, pilot, lambda: app._exit)


async def test_escape_right_behind_a_key_closes_what_that_key_opened() -> None:
    async with running() as (app, pilot):
        for opener in ("?", ":", "i", "jjjd", "y"):
            burst(app, opener, ESCAPE)
        await until(app, pilot, lambda: calls(app))
        await until(app, pilot, lambda: len(app.screen_stack) == 1)
        assert [call[0] for call in calls(app)] == ["rate"]


async def test_a_long_burst_is_taken_in_to_its_end() -> None:
    async with running() as (app, pilot):
        burst(app, "j" * 12, "k" * 5, "jjjk" * 3, "n" * 40, "3", "4", "8", "1")
        await until(app, pilot, lambda: app.current_mode == "dash" and not app._keystrokes.busy)
        assert app.view.ids.index(app.view.focus) == 13


async def test_keys_still_work_when_what_had_the_focus_is_gone() -> None:
    async with running() as (app, pilot):
        focused: Any = app.screen.focused
        burst(app, "j")
        await focused.remove()
        burst(app, "2")
        await until(app, pilot, lambda: app.current_mode == "routes")


async def test_a_dialog_open_in_the_same_burst_twice_takes_each_answer() -> None:
    async with running() as (app, pilot):
        burst(app, "jjjda", ENTER, "jdb", ENTER)
        await until(app, pilot, lambda: len(calls(app)) == 2)
        assert [(call[1].exchange_id, call[1].comment) for call in calls(app)] == [("x8f1e", "a"), ("x8f1d", "b")]
        assert not isinstance(app.screen, ReasonsDialog)
