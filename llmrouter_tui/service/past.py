"""The demo's past: lived through by the real router, over simulated hardware, on a clock that nobody waits for.

What people asked is scripted (``demo.story``), what models answer is simulated (``demo.remembered``). Every decision,
load, rating, grade and figure is made of that by the code that makes them always, and stored in the demo's database in
memory; the router then starts on it as on any past.
"""

import asyncio
import logging
import random
from collections.abc import Sequence
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import replace

import msgspec
from aiohttp import ClientSession

from llmrouter_tui.backends.http import new_session
from llmrouter_tui.backends.ollama import OllamaBackend
from llmrouter_tui.backends.openai import OpenAIBackend
from llmrouter_tui.brain import weights
from llmrouter_tui.core.analysis import Analyst
from llmrouter_tui.core.decision import REASONS, Exchange, Feedback
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.events import DevicesSampled
from llmrouter_tui.core.measuring import prompts_for
from llmrouter_tui.core.ports.backend import Backend
from llmrouter_tui.core.prompts import Code, Verdict
from llmrouter_tui.core.votes import VoteInput
from llmrouter_tui.demo.cast import EVERYONE
from llmrouter_tui.demo.fleet import VLLM_HOLDS, DemoFleet
from llmrouter_tui.demo.gpu import SimulatedProbe, two_cards
from llmrouter_tui.demo.remembered import RememberedServer, ToldClock
from llmrouter_tui.demo.story import Moment, story
from llmrouter_tui.demo.texts.prompts import CLIENTS, Scenario
from llmrouter_tui.demo.traffic import content, request_body
from llmrouter_tui.engine.asking import Asking
from llmrouter_tui.engine.bus import Bus
from llmrouter_tui.engine.chosen import by_name
from llmrouter_tui.engine.fleet import Fleet
from llmrouter_tui.engine.judge_subjects import gradable, live_job
from llmrouter_tui.engine.ledger import Ledger
from llmrouter_tui.engine.measured import weight
from llmrouter_tui.engine.orders import Orders
from llmrouter_tui.engine.outside import Outside
from llmrouter_tui.engine.residency import Residency
from llmrouter_tui.engine.router import Router
from llmrouter_tui.engine.sandbox import Confinement, Sandbox
from llmrouter_tui.engine.spending import Spending
from llmrouter_tui.engine.tasks import Tasks
from llmrouter_tui.engine.transcript import EVERYTHING
from llmrouter_tui.engine.voting import Voting
from llmrouter_tui.proxy.parse import parse_chat
from llmrouter_tui.service.judging import House, Judging, make_judging
from llmrouter_tui.service.knowledge import make_knowledge
from llmrouter_tui.service.prices import Prices
from llmrouter_tui.service.public import Public
from llmrouter_tui.service.recall import Recall
from llmrouter_tui.settings import Settings
from llmrouter_tui.storage.repo import STORED, SqliteRepo

RATES = 0.3
"""Chance that a person rates an answer."""
GRADED = 6
"""Answers that the judge is asked about at a time."""
CALLS = 18
"""Calls of judges a day, so that trying one does not take long: the rest waits for somebody who watches."""
READING = (4.0, 25.0)
"""Seconds a person takes for an answer, about."""
LAST = 80.0
"""Seconds before now from which on nothing begins: as long as the longest answer and whoever reads it take."""
OLD, NEW = 300.0, 10.0
"""Seconds between two readings of the cards long ago, and in the last two hours: what ``core.trends`` keeps them by."""
NEWER = 2 * 3600.0
BEAT, STEP = 0.2, 1.0
"""Seconds after which time goes on where all wait for it, and by how much."""
SEED = 7


ENGINE = "llmrouter_tui.engine."
_LONG_AGO: ContextVar[bool] = ContextVar("long ago", default=False)


def _is_news(record: logging.LogRecord) -> bool:
    """What happened then is not logged now."""
    return not _LONG_AGO.get()


class _NoSandbox(Sandbox):
    """A past is made in a moment; to run what models wrote would take seconds."""

    async def confinement(self) -> Confinement:
        return Confinement(False, "code was not run in the demo's past")

    async def grade(self, check: Code, answer: str) -> Verdict | None:
        return None


async def live_through(repo: SqliteRepo, settings: Settings, demo: DemoFleet, public: Public, now: float) -> int:
    """Fill the repo with what happened on the simulated machine until ``now``; how many exchanges that were."""
    _LONG_AGO.set(True)
    quiet = [logging.getLogger(name) for name in logging.root.manager.loggerDict if name.startswith(ENGINE)]
    for logger in quiet:
        logger.addFilter(_is_news)
    past = _Past(repo, settings, Recall(public), now)
    try:
        async with new_session() as session:
            await past.begin([(_hosts(kind, name, url, session), pool) for name, kind, url, pool in demo.backends])
            for moment in story(SEED):
                await past.live(moment)
            await past.come_to(now)
            await repo.flush()
            return past.exchanges
    finally:
        await past.end()
        for logger in quiet:
            logger.removeFilter(_is_news)
        _LONG_AGO.set(False)


def _hosts(kind: str, name: str, url: str, session: ClientSession) -> Backend:
    """What is asked which models a server of the demo hosts."""
    return OllamaBackend(name, url, session) if kind == "ollama" else OpenAIBackend(name, url, session)


def _odds(chance: float) -> float:
    """As Bradley and Terry have it: of two answers each is preferred in proportion to the odds that it is liked."""
    return chance / (1 - chance)


class _Past:
    """One life of the router, until now."""

    def __init__(self, repo: SqliteRepo, settings: Settings, recall: Recall, now: float) -> None:
        first = story(SEED)[0].ago
        self.clock = clock = ToldClock(now - first - OLD)
        self._now = now
        self._repo = repo
        self._rng = random.Random(f"visitors:{SEED}")
        self._recall = recall
        self._cards = two_cards(SEED, clock)
        self._probe = SimulatedProbe(self._cards)
        self._servers: list[RememberedServer] = []
        self._tasks = Tasks()
        self._bus = bus = Bus(clock)
        bus.tap(repo.record, *STORED)
        self._known = make_knowledge(repo, clock, recall)
        self._learning = self._known.learning
        self._fleet = Fleet(bus, clock, self._learning, {}, settings.context_length)
        self._known.meet(self._fleet)
        self._voting = Voting(self._known.votes, self._learning, self._fleet, bus)
        self._open_engine(settings)

    def _open_engine(self, s: Settings) -> None:
        fleet, clock, learning, bus, tasks = self._fleet, self.clock, self._learning, self._bus, self._tasks
        ledger = Ledger(fleet, clock, reserve=int(s.vram_reserve_gb * 1024**3), max_bytes=None)
        fleet.room = ledger.room
        self._residency = residency = Residency(
            fleet, ledger, learning, bus, clock, tasks, measure=self._measure,
            keep_alive=s.keep_alive_minutes * 60, load_timeout=s.load_timeout_seconds,
        )  # fmt: skip
        analyse = Analyst(weights()).analyse
        self._router = Router(fleet, ledger, residency, learning, bus, clock, tasks, analyse, EVERYTHING)
        self._judging = self._open_judging()

    def _open_judging(self) -> Judging:
        spending = Spending(self._repo, self._bus, self.clock)
        house = House(
            self._fleet, self._residency, self._router, self._known, self._repo, self._bus, self._tasks, self.clock,
            Outside(self._fleet), spending, Prices(()),
        )  # fmt: skip

        def connect(url: str, key: str) -> Backend:
            raise RouterError("not_found", "the judge is one of the simulated models")

        return make_judging(house, connect, lambda: False, full=True)

    async def begin(self, backends: Sequence[tuple[Backend, str]]) -> None:
        """Know what is hosted, and what is publicly known of it."""
        await self._measure()
        pools = {card.pool: card for card in self._cards}
        for real, pool in backends:
            if not real.manages_memory:
                pools[pool].reserve(real.name, VLLM_HOLDS)
            server = RememberedServer(real, pools[pool], self.clock, seed=SEED)
            self._servers.append(server)
            record = self._fleet.add(server, configured=True, pool=pool)
            self._fleet.listed(record, await server.models())
            self._fleet.set_health(record, "up", await server.probe())
        if self._recall.asked:
            await self._recall.look_up()
        self._look_anew()
        await self._settle()
        self.clock.due, self.clock.tick = self.clock.wall() + OLD, self._look
        self._tasks.spawn(self._go_on(), "time that goes on")

    async def _go_on(self) -> None:
        """What waits for a moment to pass has it pass."""
        before = 0.0
        while True:
            if before == self.clock.wall():
                self.clock.spend(STEP)
            before = self.clock.wall()
            await asyncio.sleep(BEAT)

    async def come_to(self, now: float) -> None:
        """The servers of the past stop: those that run now hold nothing yet."""
        self.clock.go_to(now)
        for server in self._servers:
            server.stop()
        await self._settle()
        self._look()

    @property
    def exchanges(self) -> int:
        return self._router.traffic.finished_total

    async def end(self) -> None:
        await self._fleet.close()
        await self._tasks.close()

    # ── memory ──

    def _look(self) -> float:
        """Read the cards; when to do that next."""
        self._bus.publish(DevicesSampled(self._probe.sample()))
        now = self.clock.wall()
        return now + (NEW if self._now - now <= NEWER else OLD)

    async def _measure(self) -> None:
        self._fleet.sampled(self._probe.sample())

    async def _settle(self) -> None:
        """What the lookout would see."""
        await self._fleet.holdings.reconcile(())
        await self._measure()

    # ── what happened ──

    async def live(self, moment: Moment) -> None:
        before = self.clock.wall()
        self.clock.go_to(self._now - moment.ago)
        if self.clock.wall() > self._now - LAST:
            return
        await (self._settle() if self.clock.wall() - before > OLD else self._measure())
        await self._happen(moment)
        if moment.what != "talk":
            self._learning.settle(self._fleet.models.values())

    async def _happen(self, moment: Moment) -> None:
        if moment.what == "measure":
            await self._measure_models(moment.models)
        elif moment.what == "judge":
            await self._judge()
        elif moment.scenario is not None and moment.what == "compare":
            await self._compare(moment.scenario, moment.models)
        elif moment.scenario is not None:
            await self._converse(moment.scenario)

    async def _converse(self, scenario: Scenario) -> None:
        client = scenario.client or self._rng.choice(CLIENTS)
        session = f"{self._rng.getrandbits(64):016x}" if client.startswith("Open-WebUI") else ""
        messages: list[dict[str, object]] = [{"role": "system", "content": scenario.system}] if scenario.system else []
        for turn in scenario.turns:
            messages.append({"role": "user", "content": content(turn, scenario)})
            exchange = await self._ask(request_body(scenario, messages), client, session)
            if exchange.outcome != "ok" or not exchange.answer:
                return
            messages.append({"role": "assistant", "content": exchange.answer})
            self.clock.spend(self._rng.uniform(*READING))
            await self._rate(exchange, scenario.task)
            if self.clock.wall() > self._now - LAST:
                return

    async def _ask(self, body: dict[str, object], client: str, session: str = "") -> Exchange:
        """One exchange to its end, however that is."""
        request = parse_chat(msgspec.json.encode(body), session=session, client=client)
        with suppress(RouterError):  # told by the exchange
            run = self._router.begin(request)
            try:
                await run.open()
                async for _ in run.body():
                    pass
            finally:
                run.close()
        return self._router.traffic.recent[-1]

    async def _rate(self, exchange: Exchange, task: str) -> None:
        """A thumb now and then; who is gifted for the task gets more of them up."""
        if self._rng.random() >= RATES or exchange.decision is None:
            return
        good = self._rng.random() < EVERYONE[exchange.model.partition("/")[2]].likes(task)
        reasons = () if good or self._rng.random() < 0.4 else (self._rng.choice(REASONS[:3]),)
        rating = Feedback(
            exchange.id,
            "up" if good else "down",
            self.clock.wall(),
            1.0 if good else -1.0,
            reasons,
            model=exchange.model,
            task=exchange.decision.analysis.task,
        )
        await self._repo.rate(rating)
        self._router.traffic.rated(exchange, rating)
        record = self._fleet.models[exchange.model]
        self._learning.rated(record, rating)
        self._fleet.touch(record)

    async def _compare(self, scenario: Scenario, models: Sequence[str]) -> None:
        """The same question to both, and a vote."""
        messages = [{"role": "user", "content": scenario.turns[0]}]
        asked = []
        for model in models:
            self.clock.spend(self._rng.uniform(*READING))
            asked.append(await self._ask(request_body(replace(scenario, model=model), messages), "llmrouter-tui"))
        if any(one.outcome != "ok" for one in asked):
            return
        better = self._rng.choices((0, 1), [_odds(EVERYONE[model].likes(scenario.task)) for model in models])[0]
        self.clock.spend(self._rng.uniform(*READING))
        vote = VoteInput((asked[0].id, asked[1].id), "better", asked[better].id)
        await self._voting.vote(vote, asked)

    # ── work ──

    async def _measure_models(self, names: Sequence[str]) -> None:
        """The quick profile, of which all is learned at its end: nobody watches."""
        fleet, repo, clock = self._fleet, self._repo, self.clock
        models = by_name(fleet, names)
        asking = Asking(self._residency, self._learning, self._router.traffic, _NoSandbox(), clock)
        orders = Orders(repo, fleet, self._known.measured, clock)
        order = await orders.begin(tuple(one.id for one in models), quick=True, again=False, only="", note="")
        for record in models:
            lease = await self._residency.acquire(record)
            prompts = prompts_for(record.info, True, record.speed.prefill, int(order.started))
            results = [await asking.ask(record, prompt) for prompt in prompts]
            lease.release()
            clock.spend(READING[0])
            weighed = weight(record, clock.wall())
            for result in [*results, weighed] if weighed is not None else results:
                await repo.store_profile_result(result)
                self._known.measured.take(replace(result, answer=""))
        self._look_anew()
        await orders.end(order, stopped=False)

    def _look_anew(self) -> None:
        """All that is known of all models."""
        for record in self._fleet.models.values():
            self._learning.refresh(record)
            self._fleet.touch(record)
        self._learning.settle(self._fleet.models.values())

    async def _judge(self) -> None:
        """Some of the latest answers, and what a judge is tried on."""
        self.clock.spend(60.0)
        latest = [one for one in reversed(self._router.traffic.recent) if gradable(one)][:GRADED]
        judging = self._judging
        judging.judge.ask([live_job(one, one.prompt, asked=True) for one in latest])
        judging.settings.daily_calls = CALLS
        while judging.judge.view().queued and not judging.limits.spent:
            await judging.judge.step()
