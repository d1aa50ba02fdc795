"""Every act of the registry, done as a person does it: by its key, or chosen in the palette where it has none.

A step of a story tells the act, what is looked at, and what that is afterwards and was not before. A list at the end
holds the stories against the registry: an act without a step fails."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from textual.command import CommandPalette
from textual.widgets import OptionList

from llmrouter_tui.core import events as ev
from llmrouter_tui.recording.host import RecordedHost
from llmrouter_tui.recording.reader import Recording
from llmrouter_tui.tui.actions import ACTIONS, BY_ID, PAGES, Action
from llmrouter_tui.tui.modals import (
    abilities,
    ask,
    ask_extras,
    ask_models,
    backend,
    backends,
    comparisons,
    details,
    figures,
    inbox,
    judge,
    jump,
    keys,
    leaderboard,
    mark,
    match,
    moment,
    reasons,
    review,
    rules,
    runs,
    save,
    settings,
    themes,
    trends,
    whatif,
)
from llmrouter_tui.tui.modals.help import HelpDialog
from llmrouter_tui.tui.modals.quit import QuitDialog
from llmrouter_tui.tui.pages.base import Page
from tests.recording.traffic import write
from tests.tui.benches import BIG, OVER, PROFILES, RESULTS, SMALL
from tests.tui.gradebooks import GRADES, JUDGE
from tests.tui.housekeeping import KeptHost
from tests.tui.scripted import EMPTY, NOW, SNAPSHOT, TAKEN, ScriptedHost, ScriptedNearby
from tests.tui.shots import build, quiet, screen_text, settled
from tests.tui.test_flows import fill, until

EMBEDS = "ollama/nomic-embed-text"
Prepare = tuple[str, ...] | Callable[[Any], object]
Host = Callable[[Path], Any]


@dataclass(frozen=True)
class Step:
    """One act: ``look(app)`` is not ``becomes`` before it, and is after it. ``first`` and ``then`` are keys pressed
    around it, or something that happens to the router."""

    act: str
    look: Callable[[Any], object]
    becomes: object = True
    first: Prepare = ()
    then: Prepare = ()
    ready: Callable[[Any], object] = lambda app: True
    """What must have come of the steps before."""


@dataclass(frozen=True)
class Story:
    """Steps in one run of the program, from ``page`` on."""

    page: str
    steps: tuple[Step, ...]
    host: Host = lambda _: ScriptedHost()
    more: dict[str, Any] = field(default_factory=dict)


# ── what is looked at ─────────────────────────────────────────────────────────────────────────────────────────────


def page(app: Any) -> object:
    return app.current_mode


def asked(app: Any) -> Any:
    """The last command that the router got."""
    return app.host.control.calls[-1] if app.host.control.calls else None


def says(words: str) -> Callable[[Any], object]:
    return lambda app: words in screen_text(app)


def opens(act: str, dialog: type[Any], first: Prepare = (), then: Prepare = ("escape",)) -> Step:
    """The act opens a dialog."""
    return Step(act, lambda app: type(app.screen), dialog, first, then)


def asks(act: str, *call: Any, first: Prepare = (), then: Prepare = ()) -> Step:
    """The act sends a command."""
    return Step(act, asked, call, first, then)


def rating(app: Any) -> object:
    given = app.store.rows["x8f1e"].exchange.rating
    return given.rating if given else None


def playing(app: Any) -> Any:
    return app.playback.playing()


# ── what happens in between ───────────────────────────────────────────────────────────────────────────────────────


def one_more_request(app: Any) -> None:
    app.host.control.now = replace(app.host.control.now, total_exchanges=999)


def a_grade_is_heard(app: Any) -> None:
    app.host.feed.push(ev.Graded(replace(GRADES[0], ref="x8f1e")))


def a_try_fails(app: Any) -> None:
    app.host.feed.push(ev.LogLine(NOW, "error", "route", "8f1a ollama/qwen3:32b: it broke off; trying another"))


def a_conversation(app: Any) -> None:
    app.store.rows["x8f1e"].exchange = replace(app.store.rows["x8f1e"].exchange, session="id:work")


def mended(app: Any) -> None:
    app.host.crash = None


def answers_come(app: Any) -> None:
    for answer in app.host.control.answers:
        answer.say("so")
        answer.end()


def not_voted(app: Any) -> None:
    app.asks.round.voted = None


def verdict(app: Any) -> object:
    """Of the last vote, with the place of the best."""
    last = asked(app)
    if last is None or last[0] != "vote":
        return None
    order = [answer.id for answer in app.asks.round.answers]
    return last[1].verdict, order.index(last[1].winner) if last[1].winner else None


# ── stories ───────────────────────────────────────────────────────────────────────────────────────────────────────


def kept(folder: Path) -> Any:
    host = KeptHost(folder)
    host.control.now = replace(host.control.now, judge=JUDGE)
    host.control.graded = {one.id: one for one in GRADES}
    return host


def crashing(_: Path) -> Any:
    host = ScriptedHost()
    host.crash = ValueError("the database is on fire")
    return host


def measured(_: Path) -> Any:
    host = ScriptedHost(replace(SNAPSHOT, profile=OVER, judge=JUDGE))
    host.control.measured, host.control.results = PROFILES, RESULTS
    return host


def graded(_: Path) -> Any:
    host = ScriptedHost(replace(SNAPSHOT, judge=JUDGE))
    host.control.graded = {one.id: one for one in GRADES}
    return host


def recorded(folder: Path) -> Any:
    return RecordedHost(Recording(write(folder / "it.jsonl", 60)))


EVERYWHERE = Story(
    "dash",
    (
        opens("help", HelpDialog),
        opens("palette", CommandPalette),
        *(Step(f"page.{id_}", page, id_) for id_ in (*list(PAGES)[1:6], "log", "ask")),
        Step("page.dash", page, "dash", first=("escape",)),
        Step("page.next", page, "routes"),
        Step("page.previous", page, "dash"),
        opens("settings", settings.SettingsDialog),
        opens("trends", trends.TrendsDialog),
        opens("abilities", abilities.AbilitiesDialog),
        opens("spend", details.DetailsDialog),
        opens("rules", rules.RulesDialog),
        opens("keys", keys.KeysDialog),
        opens("backends", backends.BackendsDialog),
        opens("review", review.ReviewDialog),
        opens("leaderboard", leaderboard.LeaderboardDialog),
        opens("theme", themes.ThemesDialog),
        opens("save", save.SaveDialog),
        opens("screenshot", save.SaveDialog),
        opens("backend.add", backend.BackendDialog),
        opens("details", inbox.InboxDialog),
        opens("forget.all", ask.Ask),
        opens("quit", QuitDialog),
        asks("reload", "reload"),
        asks("keep.in", "set_setting", "local_only", True),
        asks("retry", "retry_backend", "vllm"),
        Step("rate.faster", lambda app: app._every, 0.05),
        Step("rate.slower", lambda app: app._every, 0.1),
        Step("refresh", lambda app: app.store.total, 999, first=one_more_request),
        Step("debug", says("drained"), then=("f12",)),
        Step("dismiss", says("vllm down for"), False),
        Step("zoom", lambda app: app.screen.maximized is app.screen.ledger, then=("z",)),
    ),
    kept,
)
LISTED = Story(
    "dash",
    (
        Step("filter", lambda app: app.screen.filter_input.has_focus),
        Step("back", lambda app: app.screen.filter_input.display, False),
        Step("sort.right", lambda app: app.view.sort.id == "time", False),
        Step("sort.left", lambda app: app.view.sort.id, "time"),
        Step("sort.reverse", lambda app: app.view.falling, False, then=("o",)),
        Step("pause", lambda app: app.view.paused, then=("p",)),
        asks("prefer.quality", "set_setting", "quality_preference", 0.55),
        asks("prefer.speed", "set_setting", "quality_preference", 0.5),
        Step("good", rating, "up", first=("g", "j", "j", "j")),
        Step("clear", rating, None),
        opens("bad", reasons.ReasonsDialog),
        replace(opens("note", reasons.ReasonsDialog), ready=lambda app: rating(app) == "down"),
        opens("copy", ask.Ask),
        opens("history.go", moment.MomentDialog),
        opens("forget.one", ask.Ask),
        opens("forget.session", ask.Ask, first=a_conversation),
        asks("grade.ask", "grade", "exchange", "x8f1e", ""),
        Step("grade.show", page, "judge", first=a_grade_is_heard, then=("1",)),
        Step("ask.with", lambda app: (app.current_mode, app.asks.draft.prompt),
             ("ask", SNAPSHOT.exchanges[3].prompt), then=("escape", "1")),
        Step("open", page, "routes"),
        asks("again", "explain", SNAPSHOT.exchanges[3].prompt, "auto"),
        opens("whatif", whatif.WhatIfDialog),
    ),
    graded,
)  # fmt: skip
MODELS = Story(
    "models",
    (
        Step("model.open", lambda app: app.screen.focused is app.screen.scores, then=("escape",)),
        opens("figures", figures.FiguresDialog),
        opens("model.match", match.MatchDialog),
        opens("judge.compare", comparisons.ComparisonsDialog),
        opens("bench", ask.Ask),
        Step("bench.mark", lambda app: len(app.screen.marked), 1),
        asks("model.enable", "enable", EMBEDS, False, first=("G", "g")),
        asks("model.load", "load", EMBEDS),
        asks("model.pin", "pin", SMALL, False, first=("j",)),
        opens("model.unload", ask.Ask),  # it is writing an answer
        Step("model.requests", lambda app: (app.current_mode, app.view.said), ("routes", "model:llama3.1:8b")),
    ),
)
MEMORY = Story(
    "vram",
    (
        opens("vram.open", details.DetailsDialog, first=("tab",)),
        opens("vram.clear", ask.Ask, then=("w",)),
        Step("vram.release", lambda app: app.store.vram.held, False),
    ),
)
MEASURED = Story(
    "profile",
    (
        opens("run.compare", runs.RunsDialog),
        asks("bench.retry", "profile", (BIG,), True, False, "failed"),
        Step("bench.open", lambda app: app.screen.opened, SMALL, first=("g",)),
        Step("result.open", lambda app: app.screen.focused is app.screen.answer),
    ),
    measured,
)
JUDGED = Story(
    "judge",
    (
        opens("judge.choose", judge.JudgeDialog),
        opens("grade.mark", mark.MarkDialog),
        asks("grade.again", "grade", "exchange", "x8f1d", ""),
        asks("judge.pause", "pause_judge", True),
        Step("grade.open", lambda app: app.screen.focused is app.screen.detail),
        Step("request.show", lambda app: (app.current_mode, app.view.focus), ("routes", "x8f1d")),
    ),
    graded,
)
ASKED = Story(
    "ask",
    (
        opens("ask.models", ask_models.AskModelsDialog, first=(*"why", "escape")),
        opens("ask.system", ask_extras.SystemDialog),
        opens("ask.image", ask_extras.ImageDialog),
        Step("ask.compare", lambda app: app.asks.draft.side_by_side, 2, then=("c",)),
        Step("ask.write", lambda app: app.screen.focused is app.screen.prompt),
        Step("ask.send", lambda app: len(app.host.control.answers), 3),
        Step("ask.stop", lambda app: app.asks.round.running, False, then=("escape", "ctrl+j")),
        Step("vote.first", verdict, ("better", 0), first=answers_come),
        Step("vote.second", verdict, ("better", 1), first=not_voted),
        Step("vote.third", verdict, ("better", 2), first=not_voted),
        Step("vote.tie", verdict, ("tie", None), first=not_voted),
        Step("vote.bad", verdict, ("both_bad", None), first=not_voted),
        opens("ask.another", ask_models.AskModelsDialog),
    ),
)
LOGGED = Story(
    "log",
    (
        Step("log.follow", lambda app: app.screen.lines.following, False),
        Step("log.wrap", lambda app: app.screen.wrapped),
        Step("log.time", says("2026-11-04")),
        Step("log.level", says("warn+")),
        Step("log.copy", lambda app: app.clipboard.endswith("next try in 8s")),
        Step("log.open", lambda app: (app.current_mode, app.view.focus), ("routes", "x8f1a"), first=a_try_fails),
    ),
)
FIRST = Story(
    "dash",
    (
        Step("starter.copy", lambda app: app.clipboard.startswith("curl ")),
        asks("starter.get", "fetch_starter"),
        asks("starter.cancel", "cancel_fetch"),
    ),
    lambda _: ScriptedHost(EMPTY),
)
PORT = Story(
    "dash",
    (Step("listen.next", lambda app: app.host.control.calls, [("listen", 11437)]),),
    lambda _: ScriptedHost(TAKEN),
)
OTHER = Story(
    "dash",
    (Step("listen.watch", lambda app: app.watching),),
    lambda _: ScriptedHost(TAKEN),
    {"nearby": ScriptedNearby(ScriptedHost())},
)
CRASHED = Story("dash", (Step("restart", lambda app: app.store.ready, first=mended),), crashing)
REPLAYED = Story(
    "dash",
    (
        Step("replay.pause", lambda app: playing(app).paused),
        Step("replay.faster", lambda app: playing(app).speed, 2.0),
        Step("replay.slower", lambda app: playing(app).speed, 1.0),
        Step("replay.forward", lambda app: playing(app).at - playing(app).begins > 9),
        Step("replay.back", lambda app: playing(app).at - playing(app).begins > 9, False),
        opens("replay.go", jump.JumpDialog),
    ),
    recorded,
)
STORIES = {
    "everywhere": EVERYWHERE, "listed": LISTED, "models": MODELS, "memory": MEMORY, "measured": MEASURED,
    "judged": JUDGED, "asked": ASKED, "logged": LOGGED, "first": FIRST, "port": PORT, "other": OTHER,
    "crashed": CRASHED, "replayed": REPLAYED,
}  # fmt: skip


def test_every_act_of_the_registry_is_done_in_a_story() -> None:
    done = [step.act for story in STORIES.values() for step in story.steps]
    assert set(done) == set(BY_ID)
    assert len(done) == len(ACTIONS)


@pytest.mark.parametrize("name", list(STORIES))
async def test_acts_do_what_they_say(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    story, performed = STORIES[name], list[str]()
    perform = Page.perform

    def noted(screen: Page, act: str) -> None:
        performed.append(act)
        perform(screen, act)

    monkeypatch.setattr(Page, "perform", noted)
    host = story.host(tmp_path)
    app = build(host, playback=getattr(host, "player", None), **story.more)
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(app, pilot)
        app.go(story.page)
        await settled(app, pilot, turns=5)
        for step in story.steps:
            await prepare(app, pilot, step.first)
            await until(app, pilot, lambda step=step: step.ready(app) and step.look(app) != step.becomes)
            performed.clear()
            await do(app, pilot, BY_ID[step.act])
            assert step.act in performed, f"its key did {performed}, not {step.act}"
            try:
                await until(app, pilot, lambda step=step: step.look(app) == step.becomes)
            except AssertionError:
                assert step.look(app) == step.becomes, step.act
            await prepare(app, pilot, step.then)


async def prepare(app: Any, pilot: Any, what: Prepare) -> None:
    if callable(what):
        what(app)
        await settled(app, pilot)
    elif what:
        await pilot.press(*what)
        await quiet(app, pilot)


async def do(app: Any, pilot: Any, action: Action) -> None:
    """Press the key; choose what has none in the palette."""
    key = "enter" if action.show == "⏎" else action.keys.split(",")[0]
    if key:
        await pilot.press(key)
        return
    await pilot.press("colon")
    fill(app, action.description)
    await until(app, pilot, lambda: app.screen.query_one(OptionList).option_count == 1)
    await pilot.press("enter")
