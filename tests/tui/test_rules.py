"""The dialog of the user's rules, and how rules show in an explanation."""

from dataclasses import replace

import pytest

from llmrouter_tui.core.decision import Setting
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.ports.control import Snapshot
from llmrouter_tui.tui import explain, text
from llmrouter_tui.tui.app import ControlCenter
from llmrouter_tui.tui.modals.rules import RulesDialog
from llmrouter_tui.tui.text import Look
from tests.tui import goldens, scripted
from tests.tui.scripted import SNAPSHOT
from tests.tui.shots import at_sizes, screen_text, settled
from tests.tui.test_flows import calls, fill, until
from tests.tui.test_screens import SIZES, running

pytestmark = pytest.mark.thorough
"""Its keys are pressed in ``test_every_act``; the rest takes many starts of the program."""

NEVER, ALWAYS = "never qwen3:32b for chat", "always phi4:14b, qwen3:32b for math, client Open-WebUI"


def ruled(*rules: str) -> Snapshot:
    return replace(SNAPSHOT, settings=(*SNAPSHOT.settings, Setting("rules", list(rules), "set")))


def dialog(app: ControlCenter) -> RulesDialog:
    assert isinstance(app.screen, RulesDialog)
    return app.screen


@at_sizes(*SIZES)
async def test_the_dialog(size: tuple[int, int]) -> None:
    async with running(size, ruled(NEVER, ALWAYS)) as (app, pilot):
        app.screen.perform("rules")  # type: ignore[attr-defined]
        await pilot.press("down")
        await settled(app, pilot)
        goldens.check(f"rules-{size[0]}x{size[1]}", screen_text(app))


async def test_a_sentence_becomes_a_rule_and_the_marked_one_goes() -> None:
    async with running(snapshot=ruled(NEVER)) as (app, pilot):
        app.screen.perform("rules")  # type: ignore[attr-defined]
        await until(app, pilot, lambda: isinstance(app.screen, RulesDialog))
        fill(app, "Always  phi4:14b  for math")
        await pilot.press("enter")
        await until(app, pilot, lambda: "Added." in screen_text(app))
        assert calls(app) == [("set_setting", "rules", [NEVER, "always phi4:14b for math"])]
        assert dialog(app).sentence.value == ""
        await until(app, pilot, lambda: app.store.rules == [NEVER, "always phi4:14b for math"])
        await pilot.press("up", "ctrl+x")
        await until(app, pilot, lambda: "Removed." in screen_text(app))
        assert calls(app)[-1] == ("set_setting", "rules", ["always phi4:14b for math"])
        await pilot.press("ctrl+x")
        await until(app, pilot, lambda: "No rules" in screen_text(app))
        await pilot.press("ctrl+x")
        assert len(calls(app)) == 3


async def test_a_rule_moves_before_another_because_the_first_wish_counts() -> None:
    async with running(snapshot=ruled(NEVER, ALWAYS)) as (app, pilot):
        app.screen.perform("rules")  # type: ignore[attr-defined]
        await until(app, pilot, lambda: isinstance(app.screen, RulesDialog))
        await pilot.press("shift+up")
        assert calls(app) == []
        await pilot.press("shift+down")
        await until(app, pilot, lambda: app.store.rules == [ALWAYS, NEVER])
        await until(app, pilot, lambda: "the first counts" in screen_text(app))
        await pilot.press("ctrl+up")
        await until(app, pilot, lambda: app.store.rules == [NEVER, ALWAYS])
        assert [call[1] for call in calls(app)] == ["rules", "rules"]


async def test_what_is_no_rule_is_said_and_can_be_mended() -> None:
    async with running(snapshot=ruled(NEVER)) as (app, pilot):
        app.screen.perform("rules")  # type: ignore[attr-defined]
        await until(app, pilot, lambda: isinstance(app.screen, RulesDialog))
        for typed, said in (
            ("use phi4:14b", "A rule must begin with never, always or only."),
            ("never phi4:14b for cdoing", "A rule must be for a task (the nearest to 'cdoing' is"),
            (NEVER, "That rule is here already."),
        ):
            fill(app, typed)
            await pilot.press("enter")
            await until(app, pilot, lambda said=said: said in " ".join(screen_text(app).split()))
            assert calls(app) == []
            assert dialog(app).sentence.value == typed


async def test_a_model_that_is_not_here_is_said_and_the_rule_is_kept() -> None:
    async with running() as (app, pilot):
        app.screen.perform("rules")  # type: ignore[attr-defined]
        await until(app, pilot, lambda: isinstance(app.screen, RulesDialog))
        assert "No rules: the router chooses among all models." in screen_text(app)
        fill(app, "never qwen3:23b for chat")
        await pilot.press("enter")
        await until(app, pilot, lambda: "No model here is called qwen3:23b now" in screen_text(app))
        assert len(calls(app)) == 1


async def test_a_refusal_of_the_router_is_told_in_the_dialog() -> None:
    async with running(snapshot=ruled(NEVER)) as (app, pilot):
        app.host.control.refuse = RouterError("invalid_request", "rules is fixed by an option")  # type: ignore[attr-defined]
        app.screen.perform("rules")  # type: ignore[attr-defined]
        await until(app, pilot, lambda: isinstance(app.screen, RulesDialog))
        await pilot.press("ctrl+x")
        await until(app, pilot, lambda: "fixed by an option" in screen_text(app))
        assert NEVER in screen_text(app)


@pytest.mark.parametrize("refuse", [None, RouterError("invalid_request", "rules is fixed by an option")])
async def test_leaving_at_once_takes_no_rule_back_and_hides_no_refusal(refuse: RouterError | None) -> None:
    async with running(snapshot=ruled(NEVER)) as (app, pilot):
        control = app.host.control
        control.holds, control.refuse = True, refuse  # type: ignore[attr-defined]
        app.screen.perform("rules")  # type: ignore[attr-defined]
        await until(app, pilot, lambda: isinstance(app.screen, RulesDialog))
        await pilot.press("ctrl+x")
        await until(app, pilot, lambda: len(calls(app)) == 1)
        await pilot.press("escape")
        await until(app, pilot, lambda: not isinstance(app.screen, RulesDialog))
        control.holds = False  # type: ignore[attr-defined]
        if refuse:
            await until(app, pilot, lambda: len(app._notifications) > 0)
            assert [n.message for n in app._notifications] == [f"Rules not changed: {refuse}"]
        await until(app, pilot, lambda: app.store.rules == ([NEVER] if refuse else []))


def test_models_that_one_rule_took_out_are_told_together() -> None:
    out = (("box/a", "rule: only c for chat"), ("box/b", "rule: only c for chat"), ("box/d", "no vision"))
    decision = replace(scripted.CODE_BIG, filtered=out)
    shown = [text.plain(line) for line in explain.table(decision, lambda m: m.partition("/")[2], 100, Look())]
    assert "OUT      3 filtered out: a, b (rule: only c for chat), d (no vision)" in shown


def test_a_wish_that_was_not_met_is_told_as_a_clause() -> None:
    alone = scripted.CODE_BIG.candidates[0]
    decision = replace(scripted.CODE_BIG, candidates=(alone,), why="rule unmet: only one at hand")
    assert explain.sentence(decision, lambda m: m, Look()) == f"{alone.model}: rule unmet: only one at hand."
