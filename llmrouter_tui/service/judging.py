"""The judge put together, and its settings as they change."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from llmrouter_tui.core.ports.backend import Backend
from llmrouter_tui.core.ports.clock import Clock
from llmrouter_tui.engine.bus import Bus
from llmrouter_tui.engine.fleet import Fleet
from llmrouter_tui.engine.grading_lessons import Lessons
from llmrouter_tui.engine.grading_records import Records
from llmrouter_tui.engine.judge import Judge
from llmrouter_tui.engine.judge_asking import JudgeAsking
from llmrouter_tui.engine.judge_bench import Bench, JudgeSettings
from llmrouter_tui.engine.judge_desk import JudgeDesk
from llmrouter_tui.engine.judge_limits import Limits
from llmrouter_tui.engine.judge_subjects import Waiting
from llmrouter_tui.engine.judge_turns import Turns
from llmrouter_tui.engine.judge_verdicts import Verdicts
from llmrouter_tui.engine.manners import Manners
from llmrouter_tui.engine.outside import Outside
from llmrouter_tui.engine.residency import Residency
from llmrouter_tui.engine.router import Router
from llmrouter_tui.engine.spending import Spending
from llmrouter_tui.engine.tasks import Tasks
from llmrouter_tui.engine.transcript import EVERYTHING, JUDGED, PREVIEW
from llmrouter_tui.service.knowledge import Knowledge
from llmrouter_tui.service.live import JUDGE, LiveSettings
from llmrouter_tui.service.prices import Prices
from llmrouter_tui.storage.repo import SqliteRepo

NOT_IN_DEMO: Final = ("judge_model", "judge_base_url", "judge_api_key_env")
"""The user's own judge has no business with simulated models; of these only a model that is chosen meanwhile counts."""


@dataclass(frozen=True, slots=True)
class House:
    """What the judge works with."""

    fleet: Fleet
    residency: Residency
    router: Router
    known: Knowledge
    repo: SqliteRepo
    bus: Bus
    tasks: Tasks
    clock: Clock
    outside: Outside
    spending: Spending
    prices: Prices


@dataclass(frozen=True, slots=True)
class Judging:
    """What the rest of the router knows of it."""

    judge: Judge
    desk: JudgeDesk
    records: Records
    lessons: Lessons
    limits: Limits
    settings: JudgeSettings


def make_judging(h: House, connect: Callable[[str, str], Backend], busy: Callable[[], bool], *, full: bool) -> Judging:
    """``connect``: see ``judge_bench.Connect``; ``busy``: whether models are being measured; ``full``: whether the
    database keeps whole answers."""
    settings, k = JudgeSettings(), h.known
    bench = Bench(
        h.fleet, settings, connect, h.clock, k.gradings.tried, h.outside.reason, h.prices.at, k.measured.babbles
    )
    limits = Limits(h.repo, settings, h.clock)
    manners = Manners(h.fleet, h.residency, h.bus, h.tasks)
    waiting = Waiting(k.measured, k.gradings, bench, h.fleet.infos)
    records = Records(h.repo, k.gradings, k.pairings, k.learning, h.fleet, h.bus, h.tasks)
    turns = Turns(manners, h.clock)
    asking = JudgeAsking(
        h.residency, manners, limits, turns, h.clock, withheld=h.outside.reason, charge=h.spending.charge
    )
    verdicts = Verdicts(asking, h.repo, k.gradings, k.learning, h.clock)
    judge = Judge(
        k.gradings, waiting, bench, limits, verdicts, records, manners, turns, settings, h.bus, h.clock,
        busy=busy,
    )  # fmt: skip
    desk = JudgeDesk(judge, bench, k.measured, h.fleet, h.router.traffic, h.repo, full=full)
    h.router.overheard = judge.overhear
    return Judging(judge, desk, records, Lessons(h.fleet, k.learning, k.gradings, k.pairings), limits, settings)


def follow(live: LiveSettings, judging: Judging, router: Router, *, demo: bool) -> None:
    """Take the settings as they are now and as they change."""

    def settle(_: object = None) -> None:
        """How much of an answer is held for its record, and for a judge that reads it."""
        judging.desk.full = live.settings.privacy == "full"
        usual = EVERYTHING if judging.desk.full else PREVIEW
        judged = usual._replace(answer=max(usual.answer, JUDGED))
        router.keep = judging.desk.keep = judged if judging.settings.share > 0 else usual

    def take(name: str, value: object) -> None:
        setattr(judging.settings, name.removeprefix("judge_"), value)
        settle()
        judging.judge.changed()

    live.on_change("privacy", settle)

    begun = False

    def take_later(name: str, value: object) -> None:
        if begun:
            take(name, value)

    for name in JUDGE:
        if not (demo and name in NOT_IN_DEMO):
            live.on_change(name, partial(take, name))
    if demo:
        live.on_change("judge_model", partial(take_later, "judge_model"))
    begun = True
