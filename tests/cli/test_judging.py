"""The judge on the command line: what it is worth and what it said, in words and as JSON; what the user wants of it."""

import asyncio
import json
from dataclasses import replace

import pytest

from llmrouter_tui.cli.judging import agreement, compared, concordance, doing, graded, moved, told, watched
from llmrouter_tui.core.decision import Effect
from llmrouter_tui.core.grades import Agreement, Bias, Concord, GradePage, JudgeView, Overruled
from tests.cli.test_cli import run
from tests.cli.test_profiling import on_terminal
from tests.e2e.conftest import free_port
from tests.proxy.conftest import Router
from tests.proxy.conftest import router as router
from tests.proxy.conftest import routers as routers
from tests.proxy.scripted import BIG, COMPARISON, GRADE, JUDGE, SMALL, ScriptedControl


def test_how_the_judge_is_what_it_is_worth_and_what_it_said() -> None:
    lines = told(JUDGE, GradePage((GRADE,)))
    assert lines[:6] == [
        f"judge: {BIG}, grading",
        "  3 wait, 9 of 1000 calls today, 7 graded, 1 failed, mean 6.5, 1 in dispute, 10% of clients' chats",
        "  a grade counts as 0.40 of a checked answer",
        "  beside checks: agrees on 9 of 10, kappa 0.80; kind 0, harsh 1",
        "  beside you: agrees on 5 of 6, kappa 0.67; kind 1, harsh 0",
        f"  kind to {SMALL}: +1.2 marks",
    ]
    assert lines[6].endswith(f"   7.5  {SMALL} creative-letter  [g1]")
    assert lines[7].strip() == "warm, a little long"


def test_a_judge_elsewhere_and_none_at_all_are_said_plainly() -> None:
    there = told(replace(JUDGE, judge="gpt at judge.example", hosted=True), GradePage(()))[0]
    assert there == "judge: gpt at judge.example (elsewhere: what it grades leaves this machine), grading"
    assert told(JudgeView("failed", message="no model here can judge"), GradePage(()))[0] == (
        "judge: nobody, failed: no model here can judge"
    )


def test_grades_tell_what_is_special_about_them() -> None:
    overruled = replace(GRADE, overruled=2.0, own=True)
    assert f"   2  {SMALL}" in graded(overruled)[0]
    assert f"(yours; {BIG} said 7.5, its own answer, !! user says bad)" in graded(overruled)[0]
    failed = replace(GRADE, score=None, code="malformed", truth=None, truth_by="")
    assert "   ?  " in graded(failed)[0]
    assert "(malformed)" in graded(failed)[0]


def test_agreement_is_told_as_far_as_there_is_any() -> None:
    assert agreement(Agreement()) == ["  a grade counts as 0.00 of a checked answer"]
    assert concordance(Concord(both_good=3)) == "agrees on 3 of 3; kind 0, harsh 0"
    itself = agreement(Agreement(BIG, biases=(Bias(BIG, -0.8, 9),)))
    assert itself[-1] == f"  harsh to {BIG}, itself: -0.8 marks"


def test_comparisons_are_counted_and_those_that_the_order_decided_are_told() -> None:
    tie = replace(COMPARISON, preferred="tie", swayed=True, reason="one / other")
    failed = replace(COMPARISON, preferred=None, code="malformed")
    once, more = (Effect(BIG, "creative", 0.5, 0.52),), (Effect(BIG, "creative", 0.52, 0.53),)
    assert compared([COMPARISON, replace(tie, effects=once), replace(failed, effects=more)]) == [
        f"creative-letter: {BIG}  livelier",
        "creative-letter: a tie, for the order decided  one / other",
        "creative-letter: no verdict (malformed)  livelier",
        f"{SMALL} 0, {BIG} 1, 1 ties (1 of them only by the order), 1 failed, by {BIG}",
        f"  creative 0.500 → 0.530 of {BIG}",
    ]
    assert compared([COMPARISON])[-1] == "  no ability moved"


def test_what_moved_and_what_goes_on() -> None:
    assert moved(Overruled((Effect(SMALL, "coding", 0.62, 0.6),))) == f"coding 0.620 → 0.600 of {SMALL}"
    assert moved(Overruled(why="it is not here now")) == "no ability moved: it is not here now"
    assert doing(JUDGE) == f"{BIG} grades box/small creative-letter"
    assert doing(JudgeView("waiting", message="models are being measured")) == "waits: models are being measured"


class Busy(ScriptedControl):
    """Is done after some looks."""

    looks = 3

    async def judge_view(self) -> JudgeView:
        self.looks -= 1
        return JUDGE if self.looks > 0 else replace(JUDGE, state="idle", queued=0)


async def test_it_is_watched_until_nothing_is_left_or_it_cannot_go_on() -> None:
    control = Busy()
    assert (await watched(control, pause=0)).state == "idle"
    assert control.looks == 0
    for state in ("off", "paused", "failed"):
        control.judge_view = lambda state=state: asyncio.sleep(0, JudgeView(state))  # type: ignore[method-assign]
        assert (await watched(control, pause=0)).state == state


def test_without_a_router_it_says_so() -> None:
    ended = run("judge", "--port", str(free_port()))
    assert ended.returncode == 1
    assert "no router runs at" in ended.stderr


@pytest.mark.thorough
async def test_at_a_router_it_does_as_the_flags_say_and_tells_as_json(router: Router) -> None:
    calls = router.control.calls
    arguments = ("judge", "--overrule", "g1", "3", "--pause", "--model", SMALL, "--json", "--url", router.url)
    ended = await asyncio.to_thread(run, *arguments)
    assert ended.returncode == 0
    found = json.loads(ended.stdout)
    assert (found["judge"]["judge"], found["grades"]["items"][0]["id"]) == (BIG, "g1")
    assert f"creative 0.620 → 0.600 of {SMALL}" in ended.stderr
    assert [call[0] for call in calls] == ["pause_judge", "overrule", "grades"]
    wrong = await asyncio.to_thread(run, "judge", "--overrule", "g1", "high", "--url", router.url)
    assert (wrong.returncode, "'high' is no mark" in wrong.stderr) == (2, True)
    both = await asyncio.to_thread(run, "judge", "--compare", SMALL, BIG, "--task", "creative", "--url", router.url)
    assert both.stdout.splitlines()[-2].startswith(f"{SMALL} 0, {BIG} 1")
    assert calls[-1] == ("compare", SMALL, BIG, "creative")


async def test_on_a_terminal_a_bar_tells_how_far_it_is(router: Router) -> None:
    view = [JUDGE] * 3 + [replace(JUDGE, state="idle", queued=0)] * 5

    async def next_view() -> JudgeView:
        return view.pop(0)

    router.control.judge_view = next_view  # type: ignore[method-assign]
    screen = await asyncio.to_thread(on_terminal, "judge", "--grade", SMALL, "creative-letter", "--url", router.url)
    assert ("grade", "prompt", "creative-letter", SMALL, "") in router.control.calls
    assert "8/11" in screen
    assert "box/small creative-letter" in screen
    assert "about 12 s left" in screen
