"""Attention as an inbox: what stands, how often and since when, the way to its remedy, and its dismissal."""

from dataclasses import replace
from datetime import UTC

from llmrouter_tui.tui import inbox_text
from llmrouter_tui.tui.actions import BY_ID
from llmrouter_tui.tui.attention import Cause
from llmrouter_tui.tui.modals.backends import BackendsDialog
from llmrouter_tui.tui.modals.inbox import InboxDialog
from llmrouter_tui.tui.symbols import BRAILLE
from llmrouter_tui.tui.text import Look, plain
from tests.tui import scripted
from tests.tui.shots import build, screen_text, settled
from tests.tui.test_flows import until

LOOK = Look(BRAILLE, UTC)
OFTEN = Cause("command:Load", "Load: no room", "(unload one)", "warn", 3600.0, 3700.0, 3, "out of memory")


def test_a_cause_is_told_whole() -> None:
    told = "\n".join(map(plain, inbox_text.entry(OFTEN, 60, LOOK)))
    assert "! Load: no room" in told
    assert "3 times, first 01:00:00, last 01:01:40" in told
    assert [said for said in ("unload one", "⏎ goes to Log", "out of memory") if said not in told] == []


def test_every_remedy_is_an_act_that_works_on_all_pages() -> None:
    assert [act for act in inbox_text.REMEDIES.values() if BY_ID[act].pages] == []


async def test_the_inbox_leads_to_the_remedy_and_dismisses_one_or_all() -> None:
    app = build(scripted.ScriptedHost())
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(app, pilot)
        book = app.store.attention
        app.store.attention.add(OFTEN)
        before = len(book.causes(app.clock()))
        await pilot.press("i")
        assert isinstance(app.screen, InboxDialog)
        assert "3 times" in screen_text(app)
        assert "vllm down" in screen_text(app)
        app.screen.list.cursor = OFTEN.key
        await pilot.press("x")
        assert len(book.causes(app.clock())) == before - 1
        assert "Load: no room" not in screen_text(app)
        app.screen.list.cursor = "down:vllm"
        await pilot.press("enter")
        await until(app, pilot, lambda: isinstance(app.screen, BackendsDialog))
        await pilot.press("escape", "i", "X")
        assert book.causes(app.clock()) == []
        assert "Nothing needs you." in screen_text(app)
        await pilot.press("escape")
        book.add(replace(OFTEN, since=app.clock()))  # it happened again
        assert [cause.key for cause in book.causes(app.clock())] == [OFTEN.key]
