"""Public figures on screen: whom fetching contacts, how far it is, and the choice to do it now, daily or not."""

from dataclasses import replace

import pytest

from llmrouter_tui.core import events as ev
from llmrouter_tui.core.sync import SourceView, SyncProgress, SyncRecord, SyncView
from llmrouter_tui.tui import sync_text, text
from llmrouter_tui.tui.modals.figures import FiguresDialog
from llmrouter_tui.tui.symbols import SYMBOLS
from llmrouter_tui.tui.text import Look
from tests.tui import goldens
from tests.tui.scripted import NOW, SNAPSHOT, ScriptedHost
from tests.tui.shots import at_sizes, build, screen_text, settled
from tests.tui.test_flows import calls, until
from tests.tui.test_screens import SIZES, running

pytestmark = pytest.mark.thorough
"""Its keys are pressed in ``test_every_act``; the rest takes many starts of the program."""

LOOK = Look(SYMBOLS["braille"])
NO_KEY = "it needs a key, ROUTER_ARTIFICIAL_ANALYSIS_KEY"


def ran(source: str, ago: float, status: str = "ok", message: str = "") -> SyncRecord:
    plain = SyncRecord(source, NOW - ago - 9, NOW - ago, status, message=message)  # type: ignore[arg-type]
    return replace(plain, figures=3412, matched=245, unmatched=157, as_of="2026-10-02") if plain.good else plain


GOOD = ran("livebench", 200_000)
AWAY = "no connection to openrouter.ai: the name does not resolve"
BUSY = "livebench.ai answered 503, every time it was asked"
FRESH = ran("lmarena", 7200)
IDLE = SyncView(
    (
        SourceView("lmarena", "datasets-server.huggingface.co", last=FRESH, good=FRESH),
        SourceView("openrouter", "openrouter.ai", last=ran("openrouter", 60, "offline", AWAY)),
        SourceView("livebench", "livebench.ai", last=ran("livebench", 180, "failed", BUSY), good=GOOD),
        SourceView("models.dev", "models.dev"),
        SourceView("artificial-analysis", "artificialanalysis.ai", why_not=NO_KEY),
    ),
)
ASKING = ("lmarena", "openrouter")
RUNNING = replace(
    IDLE,
    asking=ASKING,
    sources=(
        replace(IDLE.sources[0], progress=SyncProgress("lmarena", "fetching", pages=3, of=16, size=1_250_000)),
        *IDLE.sources[1:],
    ),
)


def told(view: SyncView, cells: int = 90) -> str:
    return "\n".join(text.plain(line) for line in sync_text.lines(view, NOW, cells, LOOK))


# ── in words ──


def test_everybody_who_would_be_contacted_is_named_beforehand() -> None:
    said = told(SyncView(tuple(replace(source, last=None, good=None) for source in IDLE.sources)))
    for source in IDLE.sources:
        assert source.host in said
    assert "only when you say so" in said
    assert "no prompts, no names of your models" in said
    assert said.count("not asked yet") == 4
    assert f"not asked: {NO_KEY}" in said
    assert "By itself: never" in said


def test_each_source_tells_how_its_last_run_went_and_what_stays() -> None:
    said = told(IDLE, 140)
    assert "2h ago: 3,412 figures of 2026-10-02, 245 of 402 names known here" in said
    assert "1m ago offline: no connection to openrouter.ai: the name does not resolve" in said
    assert "3m ago failed: livebench.ai answered 503, every time it was asked; those of 2026-10-02 stay in use" in said


def test_the_run_under_way_is_told_by_source() -> None:
    said = told(RUNNING)
    assert "fetching 3 of 16, 1.2 MB" in said
    assert "waits for its turn" in said
    waiting = replace(RUNNING.sources[0], progress=SyncProgress("lmarena", "waiting", message="it answered 503"))
    assert "waiting: it answered 503" in told(replace(RUNNING, sources=(waiting, *RUNNING.sources[1:])))


def test_the_schedule_says_when_it_asks_next() -> None:
    assert told(replace(IDLE, daily=True, next_at=NOW + 7300)).endswith("By itself: daily, next in 2h01m")
    assert told(replace(IDLE, daily=True, next_at=NOW)).endswith("By itself: daily, next in some minutes")
    assert told(replace(RUNNING, daily=True, next_at=NOW)).endswith("By itself: daily")


def test_the_job_fits_into_what_the_tab_line_leaves() -> None:
    assert sync_text.job(IDLE, 60, LOOK) == ""
    assert sync_text.job(RUNNING, 60, LOOK).endswith("figures: LMArena 3 of 16")
    assert text.width(sync_text.job(RUNNING, 20, LOOK)) <= 20
    assert sync_text.job(RUNNING, 5, LOOK) == ""
    assert sync_text.job(replace(IDLE, asking=("models.dev",)), 60, LOOK).endswith("figures: models.dev")


# ── on screen ──


@at_sizes(*SIZES)
async def test_the_dialog(size: tuple[int, int]) -> None:
    async with running(size, replace(SNAPSHOT, sync=IDLE), page="models") as (app, pilot):
        await pilot.press("F")
        await until(app, pilot, lambda: "By itself" in screen_text(app))
        await settled(app, pilot)
        goldens.check(f"figures-{size[0]}x{size[1]}", screen_text(app))


async def test_nothing_is_fetched_by_looking_and_a_key_fetches() -> None:
    async with running((80, 24), replace(SNAPSHOT, sync=IDLE), page="models") as (app, pilot):
        await pilot.press("F")
        await until(app, pilot, lambda: "openrouter.ai" in screen_text(app))
        assert calls(app) == []
        await pilot.press("f")
        await until(app, pilot, lambda: calls(app) == [("sync",)])
        app.host.feed.push(ev.SyncChanged(RUNNING))  # type: ignore[attr-defined]
        await until(app, pilot, lambda: "3 of 16" in screen_text(app) and "Cancel" in screen_text(app))
        assert "Fetch now" not in screen_text(app)
        await pilot.press("f", "c")
        await until(app, pilot, lambda: calls(app) == [("sync",), ("cancel_sync",)])


async def test_daily_is_switched_on_and_off() -> None:
    async with running((80, 24), replace(SNAPSHOT, sync=IDLE), page="models") as (app, pilot):
        await pilot.press("F", "d")
        await until(app, pilot, lambda: calls(app) == [("set_setting", "sync", "daily")])
        app.host.feed.push(ev.SyncChanged(replace(IDLE, daily=True)))  # type: ignore[attr-defined]
        await until(app, pilot, lambda: "Stop fetching daily" in screen_text(app))
        await pilot.press("d")
        await until(app, pilot, lambda: calls(app)[-1] == ("set_setting", "sync", "off"))


async def test_it_may_be_left_while_it_runs_and_every_page_tells_how_far_it_is() -> None:
    async with running((80, 24), replace(SNAPSHOT, sync=RUNNING), page="models") as (app, pilot):
        await pilot.press("F")
        await until(app, pilot, lambda: isinstance(app.screen, FiguresDialog))
        await pilot.press("escape")
        await until(app, pilot, lambda: not isinstance(app.screen, FiguresDialog))
        for page in "124568":
            await pilot.press(page)
            await until(app, pilot, lambda: "LMArena 3 of 16" in screen_text(app).splitlines()[1])
        app.host.feed.push(ev.SyncChanged(IDLE))  # type: ignore[attr-defined]
        await until(app, pilot, lambda: "LMArena" not in screen_text(app).splitlines()[1])
        assert calls(app) == []


async def test_buttons_do_what_the_keys_do() -> None:
    async with running((80, 24), replace(SNAPSHOT, sync=IDLE), page="models") as (app, pilot):
        await pilot.press("F")
        await until(app, pilot, lambda: "Fetch now" in screen_text(app))
        await pilot.press("enter")
        await until(app, pilot, lambda: calls(app) == [("sync",)])
        await pilot.press("right", "right", "enter")
        await until(app, pilot, lambda: not isinstance(app.screen, FiguresDialog))


async def test_a_watcher_who_may_not_command_sees_and_starts_nothing() -> None:
    app = build(ScriptedHost(replace(SNAPSHOT, sync=IDLE), readonly=True))
    async with app.run_test(size=(80, 24)) as pilot:
        app.go("models")
        await settled(app, pilot)
        await pilot.press("F")
        await until(app, pilot, lambda: "openrouter.ai" in screen_text(app))
        assert "Fetch" not in screen_text(app)
        await pilot.press("f", "d", "c")
        await settled(app, pilot)
        assert calls(app) == []


async def test_where_nobody_is_asked_it_says_why() -> None:
    view = replace(IDLE, refused="the demo asks nobody outside this machine")
    async with running((80, 24), replace(SNAPSHOT, sync=view), page="models") as (app, pilot):
        await pilot.press("F")
        await until(app, pilot, lambda: "the demo asks" in " ".join(screen_text(app).split()))
        assert "openrouter.ai" not in screen_text(app)
        await pilot.press("f")
        await settled(app, pilot)
        assert calls(app) == []
