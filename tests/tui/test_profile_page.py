"""The Profile page, driven by keys."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from llmrouter_tui.core import events as ev
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.profile import ProfileRun, Profiles
from llmrouter_tui.tui.app import ControlCenter
from llmrouter_tui.tui.pages.profile import ProfilePage
from tests.tui import goldens
from tests.tui.benches import BIG, OVER, PROFILES, RESULTS, RUN, SMALL, result
from tests.tui.gradebooks import JUDGE, grade
from tests.tui.scripted import SNAPSHOT, ScriptedHost
from tests.tui.shots import at_sizes, build, screen_text, settled
from tests.tui.test_flows import calls, feed, fill, until
from tests.tui.test_screens import SIZES


@asynccontextmanager
async def benched(
    size: tuple[int, int] = (120, 36),
    run: ProfileRun = RUN,
    found: Profiles = PROFILES,
    *,
    readonly: bool = False,
    page: str = "profile",
    **more: Any,
) -> AsyncIterator[tuple[ControlCenter, Any]]:
    """The control center on Profile, over a router that measured."""
    host = ScriptedHost(replace(SNAPSHOT, profile=run), readonly=readonly)
    host.control.measured, host.control.results = found, RESULTS
    app = build(host, **more)
    async with app.run_test(size=size) as pilot:
        await settled(app, pilot)
        app.go(page)
        await settled(app, pilot, turns=5)
        yield app, pilot


NOTHING = Profiles(ProfileRun())


def page(app: ControlCenter) -> ProfilePage:
    assert isinstance(app.screen, ProfilePage)
    return app.screen


def said(app: ControlCenter) -> list[str]:
    """The words in the corner."""
    return [note.message for note in app._notifications]


def asked(app: ControlCenter) -> list[tuple[Any, ...]]:
    """What was commanded of measuring."""
    return [call for call in calls(app) if call[0] in ("profile", "cancel_profile")]


async def test_a_router_that_measured_nothing_says_what_measuring_is() -> None:
    async with benched((80, 24), ProfileRun(), NOTHING) as (app, _):
        shown = screen_text(app)
        assert "Nothing was measured since the router started." in shown
        assert "It was not measured yet. Prompts of our own are put to it" in shown
        assert "Nothing was measured yet, so nothing changed." in shown
        assert "No run yet." in shown


async def test_between_runs_the_selected_model_tells_what_is_known_of_it() -> None:
    async with benched(run=OVER) as (app, pilot):
        await pilot.press("j")
        shown = " ".join(screen_text(app).replace("│", " ").split())
        assert "RIGHT 7.5 of 8 checked answers" in shown
        assert "SPEED TTFT 0.9s, writes 38 tok/s, reads 760 tok/s" in shown
        assert "stopped, 10m12s of asking, 1 answer failed, 3 fresh ones left as they were" in shown


async def test_b_stops_what_runs_and_says_that_nothing_is_lost() -> None:
    async with benched() as (app, pilot):
        await pilot.press("b")
        await until(app, pilot, lambda: asked(app))
        assert asked(app) == [("cancel_profile",)]
        await until(app, pilot, lambda: said(app) == ["Measuring stops; what was found is kept."])


async def test_b_asks_whom_and_how_much_and_tells_what_that_takes() -> None:
    async with benched((80, 24), OVER) as (app, pilot):
        await pilot.press("b")
        shown = screen_text(app)
        assert "llama3.1:8b, quick: up to" in shown
        assert "all 7 models, in full: up to" in shown
        await pilot.press("escape")
        assert asked(app) == []
        await pilot.press("b", "f")
        await until(app, pilot, lambda: asked(app))
        await pilot.press("b", "A")
        await until(app, pilot, lambda: len(asked(app)) == 2)
        await pilot.press("b", "g")
        await until(app, pilot, lambda: len(asked(app)) == 3)
        assert asked(app) == [
            ("profile", (SMALL,), False, False, ""),
            ("profile", (), False, False, ""),
            ("profile", (SMALL,), True, True, ""),
        ]


async def test_marked_models_are_measured_together() -> None:
    async with benched(run=OVER) as (app, pilot):
        await pilot.press("space", "j", "space", "b")
        assert "the 2 marked models, quick: up to" in screen_text(app)
        await pilot.press("s")
        await until(app, pilot, lambda: asked(app))
        assert asked(app) == [("profile", (SMALL, BIG), True, False, "")]
        assert "2 marked" in screen_text(app)
        assert "● llama3.1:8b" in screen_text(app)


async def test_r_asks_again_only_what_failed() -> None:
    async with benched(run=OVER) as (app, pilot):
        await pilot.press("r")
        await until(app, pilot, lambda: asked(app))
        assert asked(app) == [("profile", (BIG,), True, False, "failed")]
    async with benched() as (app, pilot):
        await pilot.press("r")
        assert asked(app) == []
        assert said(app) == ["retry failed: models are being measured; b stops that"]


async def test_the_run_moves_as_facts_come_and_only_its_own_row_is_drawn() -> None:
    async with benched() as (app, pilot):
        drawn: list[str] = []
        draw = page(app).matrix._draw
        page(app).matrix._draw = lambda key, cells: drawn.append(key) or draw(key, cells)  # type: ignore[func-returns-value]
        big = replace(RUN.models[1], done=15, tasks=(replace(RUN.models[1].tasks[3], done=8), *RUN.models[1].tasks[:3]))
        feed(app).push(ev.ProfileChanged(replace(RUN, models=(RUN.models[0], big, RUN.models[2]), answer="done")))
        await until(app, pilot, lambda: "▶ 8/12" in screen_text(app))
        assert set(drawn) == {BIG}
        assert "42 of 96" in screen_text(app)
        assert "ANSWER   done" in screen_text(app)


@at_sizes(*SIZES)
async def test_every_answer_of_a_model_can_be_read(size: tuple[int, int]) -> None:
    async with benched(size) as (app, pilot):
        await pilot.press("j", "enter")
        await until(app, pilot, lambda: "25 of 25 answers" in screen_text(app))
        goldens.check(f"answers-{size[0]}x{size[1]}", screen_text(app))
        await pilot.press("slash")
        fill(app, "task:coding is:right")
        await pilot.press("enter", "enter")
        await until(app, pilot, lambda: "def merge(a, b):" in screen_text(app))
        page(app).answer.scroll_end(animate=False)
        await until(app, pilot, lambda: "    return out" in screen_text(app))
        for _ in range(4):  # the filter line, the answer, the filter, the answers
            await pilot.press("escape")
        await settled(app, pilot)
        assert "whole run" in screen_text(app) or "41 of 96" in screen_text(app)


async def test_an_answer_that_waits_for_a_judge_is_put_to_it() -> None:
    async with benched(run=OVER) as (app, pilot):
        app.store.judge = JUDGE
        await pilot.press("j", "enter")
        await until(app, pilot, lambda: "25 of 25 answers" in screen_text(app))
        await pilot.press("J")
        assert said(app) == ["grade: there is no answer to grade"]
        await pilot.press("j", "j", "j", "J")
        await until(app, pilot, lambda: calls(app))
        assert calls(app) == [("grade", "prompt", "create-river", BIG)]
        assert "○ ungraded" in screen_text(app)
        feed(app).push(ev.Graded(grade("g9", 0, BIG, "creative", 8.0, "vivid, and it rhymes")))
        await until(app, pilot, lambda: "○ 8/10" in screen_text(app))
        assert "phi4:14b 8/10  vivid, and it rhymes" in screen_text(app)


async def test_new_answers_come_while_they_are_read() -> None:
    async with benched() as (app, pilot):
        await pilot.press("j", "enter")
        await until(app, pilot, lambda: "25 of 25 answers" in screen_text(app))
        app.host.control.results = (*RESULTS, result("math-sum", "math"))  # type: ignore[attr-defined]
        big = replace(RUN.models[1], done=15)
        feed(app).push(ev.ProfileChanged(replace(RUN, models=(RUN.models[0], big, RUN.models[2]))))
        await until(app, pilot, lambda: "26 of 26 answers" in screen_text(app))


async def test_of_a_model_without_answers_it_is_said_how_to_get_some() -> None:
    async with benched(run=OVER) as (app, pilot):
        app.host.control.results = ()  # type: ignore[attr-defined]
        await pilot.press("G", "enter")
        await until(app, pilot, lambda: "It was not measured yet." in screen_text(app))
        assert "b measures it" in screen_text(app)


async def test_answers_that_cannot_be_read_are_no_empty_list() -> None:
    async with benched(run=OVER) as (app, pilot):

        async def refused(model: str) -> None:
            raise RouterError("storage_unavailable", "the database is locked")

        app.host.control.profile_results = refused  # type: ignore[attr-defined,assignment]
        await pilot.press("enter")
        await until(app, pilot, lambda: "Not read: the database is locked" in screen_text(app))


async def test_a_read_only_screen_measures_nothing_and_shows_all() -> None:
    async with benched(run=OVER, readonly=True) as (app, pilot):
        await pilot.press("b", "r", "enter")
        await until(app, pilot, lambda: "25 of 25 answers" in screen_text(app))
        assert asked(app) == []
        assert "b start" not in screen_text(app)


async def test_a_model_is_measured_from_models_too() -> None:
    async with benched(run=OVER, page="models") as (app, pilot):
        await pilot.press("j", "b")  # the first one makes embeddings
        await until(app, pilot, lambda: "in full: up to" in screen_text(app))
        await pilot.press("s")
        await until(app, pilot, lambda: asked(app))
        assert asked(app)[0][2:] == (True, False, "")
        await until(app, pilot, lambda: said(app) == ["Measuring begins; 5 shows it, b stops it."])


async def test_the_ascii_set_draws_the_whole_page_in_ascii() -> None:
    async with benched(symbols="ascii") as (app, pilot):
        assert {char for char in screen_text(app) if not char.isascii()} == set()
        await pilot.press("j", "enter")
        await until(app, pilot, lambda: "25 of 25 answers" in screen_text(app))
        assert {char for char in screen_text(app) if not char.isascii()} == set()


# ── long work elsewhere ───────────────────────────────────────────────────────────────────────────────────────────


async def test_the_dash_tells_of_long_work_while_there_is_some() -> None:
    host = ScriptedHost(replace(SNAPSHOT, profile=RUN, judge=JUDGE))
    app = build(host)
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(app, pilot)
        assert "148 of 160" in screen_text(app) and "Measuring" in screen_text(app)
        over = replace(JUDGE, state="idle", queued=0, current="")
        feed(app).push(ev.ProfileChanged(OVER), ev.JudgeChanged(over))
        await until(app, pilot, lambda: "measuring" not in screen_text(app) and "Measuring" not in screen_text(app))
        assert "phi4:14b waits" not in screen_text(app)
        assert "148 of 160" not in screen_text(app)


async def test_every_page_tells_how_far_measuring_is() -> None:
    async with benched((80, 24)) as (app, pilot):
        for key in "1234568":
            await pilot.press(key)
            await settled(app, pilot)
            assert screen_text(app).splitlines()[1].rstrip().endswith("measuring 43%")
        await pilot.resize_terminal(100, 24)
        await settled(app, pilot)
        assert "measuring 43% eta" in screen_text(app).splitlines()[1]
