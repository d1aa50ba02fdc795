"""The Judge page, driven by keys."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from llmrouter_tui.core import events as ev
from llmrouter_tui.core.decision import Effect
from llmrouter_tui.core.grades import Comparison, Grade, JudgeView
from llmrouter_tui.core.ports.history import FeedbackInput
from llmrouter_tui.tui.app import ControlCenter
from llmrouter_tui.tui.modals.judge import JudgeDialog
from llmrouter_tui.tui.modals.mark import MarkDialog
from llmrouter_tui.tui.pages.judge import JudgePage
from tests.tui import goldens
from tests.tui.benches import PROFILES, result
from tests.tui.gradebooks import BIG, GRADES, JUDGE, PHI, SMALL, grade
from tests.tui.scripted import NOW, SNAPSHOT, ScriptedHost
from tests.tui.shots import at_sizes, build, screen_text, settled
from tests.tui.test_flows import calls, feed, fill, until
from tests.tui.test_screens import SIZES


@asynccontextmanager
async def judged(
    size: tuple[int, int] = (120, 36),
    judge: JudgeView = JUDGE,
    grades: Sequence[Grade] = GRADES,
    compared: Sequence[Comparison] = (),
    *,
    readonly: bool = False,
    **more: Any,
) -> AsyncIterator[tuple[ControlCenter, Any]]:
    """The control center on Judge, over a router that graded."""
    host = ScriptedHost(replace(SNAPSHOT, judge=judge), readonly=readonly)
    host.control.graded, host.control.compared = {one.id: one for one in grades}, compared
    app = build(host, **more)
    async with app.run_test(size=size) as pilot:
        await settled(app, pilot)
        app.go("judge")
        await until(app, pilot, lambda: page(app).gradings.read)
        await settled(app, pilot)
        yield app, pilot


def page(app: ControlCenter) -> JudgePage:
    assert isinstance(app.screen, JudgePage)
    return app.screen


IDLE = replace(JUDGE, state="idle", queued=0, eta=None, current="", agreement=replace(JUDGE.agreement, judge=PHI))


def commanded(app: ControlCenter) -> list[tuple[Any, ...]]:
    return [call for call in calls(app) if call[0] != "exchange"]


async def put_cursor(app: ControlCenter, pilot: Any, id_: str) -> None:
    while page(app).list.cursor != id_:
        page(app).list.action_move(1)
    await settled(app, pilot)


STATES = (
    (JudgeView(), ("No judge. Answers that no program can check", "c chooses one", "○ off")),
    (replace(IDLE, done=0, failed=0), ("Nothing was graded yet.", "5 measures models", "● idle")),
    (JudgeView("failed", "", message="no model here can judge"), ("✗ cannot grade: no model here can judge",)),
    (replace(IDLE, state="waiting", queued=3, message="2 requests first"), ("▶ waits: 2 requests first",)),
    (replace(IDLE, state="paused"), ("· paused",)),
    (replace(IDLE, hosted=True), ("hosted: answers leave this machine",)),
)
"""A judge, and what is said of it where nothing was graded."""


async def test_without_grades_it_says_how_the_judge_is_and_what_to_do() -> None:
    async with judged((80, 24), STATES[0][0], ()) as (app, pilot):
        for judge, said in STATES:
            feed(app).push(ev.JudgeChanged(judge))
            await settled(app, pilot)
            shown = screen_text(app)
            assert [words for words in said if words not in shown] == []


async def test_disagreements_come_first_and_other_orders_are_a_key_away() -> None:
    async with judged() as (app, pilot):
        assert page(app).view.ids[:3] == ["g1", "g2", "g3"]
        await pilot.press("full_stop", "full_stop")
        assert page(app).view.ids[0] == "g5"
        assert "lowest marks first" in screen_text(app)


async def test_the_filter_finds_by_field_and_by_word() -> None:
    async with judged((80, 24)) as (app, pilot):
        await pilot.press("slash")
        for query, found in (("is:disagree", "2 of 7"), ("you:-", "1 of 7"), ("mark:<7 !coding", "1 of 7")):
            fill(app, query)
            await until(app, pilot, lambda found=found: found in screen_text(app))
        fill(app, "task:music")
        await until(app, pilot, lambda: "0 of 7 match task:music" in screen_text(app))
        await pilot.press("escape")
        await until(app, pilot, lambda: "7 of 7" in screen_text(app))


@at_sizes(*SIZES)
async def test_a_grade_opens_with_question_and_answer_in_full(size: tuple[int, int]) -> None:
    async with judged(size) as (app, pilot):
        await put_cursor(app, pilot, "g2")
        await pilot.press("enter")
        await settled(app, pilot)
        goldens.check(f"grade-{size[0]}x{size[1]}", screen_text(app))
        await pilot.press("escape")
        await settled(app, pilot)
        assert "7 of 7" in screen_text(app)


async def test_a_client_s_answer_is_rated_here_and_what_that_moved_is_told() -> None:
    async with judged() as (app, pilot):
        await pilot.press("u")
        await until(app, pilot, lambda: page(app).effects)
        assert commanded(app) == [("rate", FeedbackInput("x8f1d", rating="up"))]
        assert "EFFECT   llama3.1:8b coding .62 → .60" in screen_text(app)
        good = next(choice for choice in page(app).rating.choices if choice.act == "good")
        await pilot.click(good)
        await until(app, pilot, lambda: len(commanded(app)) == 2)
        assert commanded(app)[1] == commanded(app)[0] and page(app).focused is page(app).list
        await pilot.press("d")
        again = replace(GRADES[0], id="again", ref="x8f1d")
        app.store.grades.known = {"again": again}  # graded again while the question is open
        await pilot.press("enter")
        await until(app, pilot, lambda: "again" in page(app).effects)
        assert commanded(app)[2] == ("rate", FeedbackInput("x8f1d", rating="down"))


async def test_an_answer_to_a_prompt_of_ours_is_marked_and_not_rated() -> None:
    async with judged() as (app, pilot):
        await put_cursor(app, pilot, "g5")
        await pilot.press("u")
        assert "it is an answer to a prompt of the set; m puts your mark on it" in " ".join(
            note.message for note in app._notifications
        )
        assert commanded(app) == []
        assert "u good" not in screen_text(app).splitlines()[-1]
        assert "+ Good" not in screen_text(app)


async def test_a_mark_of_the_user_s_takes_the_judge_s_place_and_can_be_taken_back() -> None:
    async with judged() as (app, pilot):
        await put_cursor(app, pilot, "g5")
        await pilot.press("m")
        assert isinstance(app.screen, MarkDialog)
        fill(app, "11")
        await pilot.press("enter")
        await until(app, pilot, lambda: "11 is no mark from 1 to 10." in screen_text(app))
        fill(app, "7,5")
        await pilot.press("enter")
        await until(app, pilot, lambda: app.store.grades.known["g5"].overruled == 7.5)
        assert "you: 7.5, judge" in screen_text(app)
        assert "your mark 7.5 stands in the place of the judge's" in screen_text(app)
        await pilot.press("m", "enter")
        await until(app, pilot, lambda: app.store.grades.known["g5"].overruled is None)
        await pilot.press("m", "escape")
        assert commanded(app) == [("overrule", "g5", 7.5), ("overrule", "g5", None)]


async def test_a_failed_grade_is_no_number_and_is_asked_for_again() -> None:
    async with judged() as (app, pilot):
        await put_cursor(app, pilot, "g7")
        assert "? phi4:14b: the judge's reply could not be read" in screen_text(app)
        await pilot.press("J")
        await until(app, pilot, lambda: commanded(app))
        assert commanded(app) == [("grade", "prompt", "create-river", "llama.cpp/qwen2.5vl:7b")]
        moved = (Effect("llama.cpp/qwen2.5vl:7b", "extraction", 0.70, 0.68),)
        feed(app).push(ev.Graded(replace(GRADES[6], id="g8", at=NOW + 1, score=7.0, code="", reason="fine"), moved))
        await until(app, pilot, lambda: "g8" in page(app).view.ids)
        assert "g7" not in page(app).view.ids
        assert page(app).view.focus == "g8"
        words = "qwen2.5vl:7b, graded again: 7; qwen2.5vl:7b extraction .70 → .68"
        assert words in " ".join(note.message for note in app._notifications)
        assert "EFFECT   qwen2.5vl:7b extraction .70 → .68" in screen_text(app)


async def test_a_grade_that_cannot_be_given_again_leaves_the_mark_and_is_told() -> None:
    async with judged() as (app, pilot):
        await put_cursor(app, pilot, "g5")
        await pilot.press("J")
        await until(app, pilot, lambda: commanded(app))
        failed = replace(GRADES[4], id="g8", at=NOW + 1, score=None, code="malformed", reason="it said nothing")
        feed(app).push(ev.Graded(failed))
        await until(app, pilot, lambda: "g8" in page(app).view.ids)
        assert "g5" in page(app).view.ids
        told = " ".join(note.message for note in app._notifications)
        assert "gemma3:4b, not graded again: it said nothing" in told


async def test_the_judge_is_chosen_among_the_models_here() -> None:
    async with judged() as (app, pilot):
        await pilot.press("c")
        assert isinstance(app.screen, JudgeDialog)
        fill(app, "qwen3 32")
        await pilot.press("enter")
        await until(app, pilot, lambda: len(commanded(app)) == 3)
        assert commanded(app) == [
            ("set_setting", "judge_base_url", ""),
            ("set_setting", "judge_model", BIG),
            ("set_setting", "judge_enabled", True),
        ]
        await pilot.press("c", "down", "down")
        await until(app, pilot, lambda: "no answer is put to a judge" in screen_text(app))
        await pilot.press("escape")
        assert len(commanded(app)) == 3


async def test_the_judge_rests_and_goes_on() -> None:
    async with judged() as (app, pilot):
        await pilot.press("s")
        await until(app, pilot, lambda: "paused" in screen_text(app))
        await pilot.press("s")
        await until(app, pilot, lambda: "paused" not in screen_text(app))
        assert commanded(app) == [("pause_judge", True), ("pause_judge", False)]


async def test_grades_are_read_page_by_page_as_the_list_is_walked() -> None:
    many = [grade(f"n{i:03d}", i, SMALL, "chat", 7.0, ref=f"create-{i}") for i in range(230)]
    async with judged(grades=many) as (app, pilot):
        assert len(app.store.grades.known) == 100
        for shown in (200, 230):
            await pilot.press("G")
            await until(app, pilot, lambda shown=shown: len(app.store.grades.known) == shown)
        await pilot.press("G")
        await settled(app, pilot)
        assert "230 of 230" in screen_text(app)


async def test_a_read_only_screen_shows_all_and_changes_nothing() -> None:
    async with judged(readonly=True) as (app, pilot):
        await pilot.press("u", "m", "J", "c", "s")
        await settled(app, pilot)
        assert commanded(app) == []
        assert "my mark" not in screen_text(app).splitlines()[-1]


async def test_the_ascii_set_draws_the_whole_page_in_ascii() -> None:
    async with judged(symbols="ascii") as (app, pilot):
        assert {char for char in screen_text(app) if not char.isascii()} == set()
        await pilot.press("enter")
        await settled(app, pilot)
        assert {char for char in screen_text(app) if not char.isascii()} == set()


async def test_a_client_s_answer_is_put_to_the_judge_where_it_is_listed() -> None:
    async with judged() as (app, pilot):
        app.go("routes")
        await settled(app, pilot)
        await pilot.press("J")
        assert [note.message for note in app._notifications] == ["grade: the answer is still being written"]
        await pilot.press("j", "j", "J")
        await until(app, pilot, lambda: commanded(app))
        assert commanded(app) == [("grade", "exchange", "x8f1f", "")]


@at_sizes(*SIZES)
async def test_why_a_model_was_chosen_ends_with_what_the_judge_said_and_a_key_goes_there(size: tuple[int, int]) -> None:
    host = ScriptedHost(replace(SNAPSHOT, judge=JUDGE))
    host.control.graded = {one.id: one for one in GRADES}
    app = build(host)
    async with app.run_test(size=size) as pilot:
        await settled(app, pilot)
        app.go("routes")
        await settled(app, pilot)
        assert "v its grade" not in screen_text(app)
        await pilot.press("j", "j", "j", "j", "enter")
        await until(app, pilot, lambda: app.store.grades.of("x8f1d"))
        await pilot.press("G")
        await until(app, pilot, lambda: "JUDGE    phi4:14b 6/10" in screen_text(app))
        assert "!! you say otherwise" in screen_text(app)
        assert size[0] < 100 or "v its grade" in screen_text(app)
        await pilot.press("v")
        await until(app, pilot, lambda: isinstance(app.screen, JudgePage) and page(app).view.focus == "g1")
        assert commanded(app) == []


async def test_the_key_finds_the_grade_whatever_the_list_was_filtered_by() -> None:
    async with judged() as (app, pilot):
        page(app).set_filter("task:chat")
        app.go("routes")
        await settled(app, pilot)
        await pilot.press("j", "j", "v")
        await until(app, pilot, lambda: isinstance(app.screen, JudgePage) and page(app).view.focus == "g4")
        app.go("routes")
        await settled(app, pilot)
        await pilot.press("j", "v")
        assert (
            app._notifications and [note.message for note in app._notifications][-1] == "its grade: no judge graded it"
        )


async def test_an_answer_to_a_prompt_of_ours_leads_to_its_grade_too() -> None:
    async with judged() as (app, pilot):
        app.host.control.results = (result("code-race", "coding"),)  # type: ignore[attr-defined]
        app.host.control.measured = PROFILES  # type: ignore[attr-defined]
        app.go("profile")
        await settled(app, pilot)
        while app.screen._focus != BIG:  # type: ignore[attr-defined]
            await pilot.press("j")
        await pilot.press("enter")
        await until(app, pilot, lambda: "1 of 1 answers" in screen_text(app))
        await pilot.press("v")
        await until(app, pilot, lambda: isinstance(app.screen, JudgePage) and page(app).view.focus == "g3")
