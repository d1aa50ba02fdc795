"""Commands of the control plane that must see each other."""

import asyncio
from dataclasses import fields
from pathlib import Path

import pytest

from llmrouter_tui.core.domain import ServiceView
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.events import ExchangeFinished
from llmrouter_tui.core.ports.history import FeedbackInput
from llmrouter_tui.engine.clock import SystemClock
from llmrouter_tui.engine.commands.parts import Parts
from llmrouter_tui.engine.control import EngineControl
from llmrouter_tui.engine.holding import JUDGE_PAUSED, LOADS_HELD, taken_from
from llmrouter_tui.engine.status import Status
from llmrouter_tui.storage.repo import SqliteRepo, open_repo
from tests.engine.court import court
from tests.engine.house import House, ScriptedBackend, model, open_house, until


def control_of(house: House, repo: SqliteRepo, **more: object) -> EngineControl:
    """With the parts that pins and holding loads need."""
    parts = dict.fromkeys(field.name for field in fields(Parts)) | {
        "fleet": house.fleet,
        "residency": house.residency,
        "repo": repo,
        "tasks": house.tasks,
        "status": Status(house.bus, SystemClock(), ServiceView()),
    }
    return EngineControl(Parts(**(parts | more)))


async def test_of_two_pins_at_the_same_time_that_do_not_fit_together_one_is_refused():
    backend = ScriptedBackend([model("a", 5), model("b", 5)])
    async with open_house(backend) as house:
        repo = await open_repo(None)
        control = control_of(house, repo)
        done = await asyncio.gather(control.pin("one/a", True), control.pin("one/b", True), return_exceptions=True)
        assert [type(error) for error in done] == [type(None), RouterError]
        assert "of it pinned already by one/a" in str(done[1])
        await until(lambda: backend.held == {"a"})
        assert [m.id for m in house.fleet.models.values() if m.pinned] == ["one/a"]
        await repo.close()


async def test_a_pin_that_cannot_be_kept_is_none():
    backend = ScriptedBackend([model("a", 5)])
    async with open_house(backend) as house:
        repo = await open_repo(None)
        control = control_of(house, repo)
        await repo.close()
        with pytest.raises(RouterError):
            await control.pin("one/a", True)
        assert not house.fleet.model("one/a").pinned


async def test_that_loads_are_held_is_kept_until_they_are_released():
    async with open_house(ScriptedBackend([model("a", 5)])) as house:
        repo = await open_repo(None)
        control = control_of(house, repo)
        await control.clear_vram()
        assert house.residency.held
        assert taken_from(await repo.settings()) == ({LOADS_HELD}, {})
        await control.release_vram()
        await until(lambda: not house.residency.held)
        assert taken_from(await repo.settings()) == (set(), {})
        await repo.close()


async def test_memory_is_cleared_also_where_that_cannot_be_kept_and_it_is_said():
    backend = ScriptedBackend([model("a", 5)])
    async with open_house(backend) as house:
        await house.residency.load(house.fleet.model("one/a"))
        repo = await open_repo(None)
        control = control_of(house, repo)
        await repo.close()
        await control.clear_vram()
        await until(lambda: not backend.held)
        [problem] = control._p.status.view().problems
        assert problem.message.startswith("loads are held only until this router ends, for it could not be stored: ")
        await control.release_vram()
        [problem] = control._p.status.view().problems
        assert problem.message.startswith("loads are held again when the router is started anew")
        await until(lambda: not house.residency.held)


async def test_that_the_judge_is_paused_is_on_the_disk_before_it_is_acknowledged_until_it_goes_on(tmp_path: Path):
    async with court(("able", 6.0), ("small", 2.0)) as c:
        repo = await open_repo(tmp_path / "router.db")
        control = control_of(c.house, repo, judge=c.judge)
        await control.pause_judge(True)
        after_a_kill = await open_repo(tmp_path / "router.db")  # the first one was not closed
        assert taken_from(await after_a_kill.settings()) == ({JUDGE_PAUSED}, {})
        await after_a_kill.close()
        c.start()
        await until(lambda: c.view.state == "paused")
        await control.pause_judge(False)
        assert taken_from(await repo.settings()) == (set(), {})
        await until(lambda: c.view.state == "idle")
        await repo.close()


async def test_what_the_user_said_of_a_model_counts_for_its_replicas_too_and_is_shown_where_it_was_said():
    here = ScriptedBackend([model("a", 5)])
    there = ScriptedBackend([model("a", 5, "two"), model("b", 5, "two")], name="two")
    async with open_house(here, there) as house:
        repo = await open_repo(None)
        control = control_of(
            house, repo, learning=house.learning, bus=house.bus, router=house.router, clock=house.router.clock
        )
        await house.ask(name="one/a")
        ours = house.facts(ExchangeFinished)[-1].exchange
        task = ours.decision.analysis.task
        first, replica, other = (house.fleet.model(id_) for id_ in ("one/a", "two/a", "two/b"))
        before = other.abilities[task].mean
        told = await control.rate(FeedbackInput(ours.id, "down"))
        [effect] = told.effects
        assert effect.after < effect.before
        assert first.abilities[task].mean == effect.after
        assert replica.abilities[task].mean == pytest.approx(effect.after)
        assert other.abilities[task].mean == before
        assert (first.ratings_down, replica.ratings_down) == (1, 0)
        await control.rate(FeedbackInput(ours.id, clear=True))
        assert replica.abilities[task].mean == pytest.approx(effect.before)
        await repo.close()
