"""The composition root: storage, backends, gpu, engine and proxy put together in order, and taken apart in reverse."""

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, cast

from llmrouter_tui import __version__
from llmrouter_tui.backends.embedded import available
from llmrouter_tui.backends.http import new_session
from llmrouter_tui.brain import weights
from llmrouter_tui.catalog.sync.endpoints import LIVE, Endpoints
from llmrouter_tui.config import Config, secrets, usable
from llmrouter_tui.core.analysis import Analyst
from llmrouter_tui.core.domain import ServiceView
from llmrouter_tui.core.events import ExchangeFinished, ExchangeStarted, LogLine
from llmrouter_tui.core.ports import Probe, Subscriptions
from llmrouter_tui.engine.backend_record import BackendRecord
from llmrouter_tui.engine.bus import Bus, Ring
from llmrouter_tui.engine.canary import LOOK_SECONDS, Canary
from llmrouter_tui.engine.clock import SystemClock
from llmrouter_tui.engine.control import EngineControl, Parts
from llmrouter_tui.engine.fetching import Fetching
from llmrouter_tui.engine.fleet import Fleet
from llmrouter_tui.engine.grading import Gradings
from llmrouter_tui.engine.grading_lessons import PAUSE
from llmrouter_tui.engine.holding import JUDGE_PAUSED, LOADS_HELD, taken_from
from llmrouter_tui.engine.idle import LOOK, Idle
from llmrouter_tui.engine.journal import KEPT, Journal, LogLines, midnight
from llmrouter_tui.engine.learning import Learning
from llmrouter_tui.engine.ledger import Ledger
from llmrouter_tui.engine.lookout import Lookout
from llmrouter_tui.engine.measured import Measured
from llmrouter_tui.engine.outside import Outside
from llmrouter_tui.engine.pairings import Pairings
from llmrouter_tui.engine.profiler import Profiler
from llmrouter_tui.engine.residency import IDLE_LOOK_SECONDS, Residency
from llmrouter_tui.engine.router import Router
from llmrouter_tui.engine.sampling import SAMPLE_SECONDS, Sampling
from llmrouter_tui.engine.sandbox import Sandbox
from llmrouter_tui.engine.spending import TELL_SECONDS as SPEND_SECONDS
from llmrouter_tui.engine.spending import Spending
from llmrouter_tui.engine.status import Status
from llmrouter_tui.engine.syncs import Syncs
from llmrouter_tui.engine.tasks import Tasks
from llmrouter_tui.engine.traffic import RECENT
from llmrouter_tui.engine.transcript import EVERYTHING, PREVIEW
from llmrouter_tui.engine.vram import TELL_SECONDS, Vram
from llmrouter_tui.gpu.probe import open_probe
from llmrouter_tui.proxy.options import ProxyOptions
from llmrouter_tui.proxy.server import ProxyServer
from llmrouter_tui.proxy.tally import KINDS as TALLIED
from llmrouter_tui.proxy.tally import Standing
from llmrouter_tui.service.admission import KeyDesk, exposed, limit_of, resolved
from llmrouter_tui.service.admission import follow as follow_admission
from llmrouter_tui.service.boards import make_boards
from llmrouter_tui.service.faults import follow as follow_faults
from llmrouter_tui.service.following import Following
from llmrouter_tui.service.judging import House, follow, make_judging
from llmrouter_tui.service.listening import Listening
from llmrouter_tui.service.live import LiveSettings
from llmrouter_tui.service.membership import Membership
from llmrouter_tui.service.outside import follow as follow_outside
from llmrouter_tui.service.prices import Prices
from llmrouter_tui.service.public import Public
from llmrouter_tui.service.recall import Recall
from llmrouter_tui.service.upkeep import NOTE_SECONDS, Unfinished, end_unfinished, prune, watch_storage
from llmrouter_tui.settings import BackendConfig
from llmrouter_tui.storage.repo import STORED, SqliteRepo, open_repo

if TYPE_CHECKING:
    from llmrouter_tui.demo.fleet import DemoFleet

GIB = 1024**3


@dataclass(frozen=True, slots=True)
class Mode:
    """How the router was asked to run."""

    demo: bool = False
    fetch_starter: bool = False
    """Get the starter model without asking when the embedded engine has no model."""
    screen: bool = False
    """A screen drains the feed; without one nothing is kept for it."""
    listen: bool = True
    """Serve HTTP; off when only a question is to be answered."""
    port_required: bool = False
    """A taken port is an error (``serve``); on screen it is a state."""
    insecure: bool = False
    """Serve also where others can reach it and no key is set."""
    endpoints: Endpoints = LIVE
    """Where public figures are fetched, if the user wants that."""


class Assembly:
    """One router while it lives."""

    def __init__(self, config: Config, mode: Mode, feed: Ring, stop: Callable[[], None]) -> None:
        self._config = config
        self._mode = mode
        self._feed = feed
        self._stop = stop
        self._clock = SystemClock()
        self._tasks = Tasks()
        self._journal = Journal()
        self._demo: DemoFleet | None = None
        self._demo_traffic = False
        self._public = Public()
        self.bus = Bus(self._clock)
        self.control: EngineControl
        self.status: Status

    async def build(self, stack: contextlib.AsyncExitStack) -> None:
        """Everything, in the order in which it needs each other."""
        self._open_bus(stack)
        repo = await self._open_storage(stack)
        await self._open_engine(stack, repo)
        await self._open_syncs(repo)
        self._open_control(repo)
        await self._open_doors(stack, repo)

    # ── bus and storage ──

    def _open_bus(self, stack: contextlib.AsyncExitStack) -> None:
        if self._mode.screen:
            self.bus.tap(self._feed.put)
        self.bus.tap(self._journal.put, *KEPT)
        loop = asyncio.get_running_loop()

        def say(line: LogLine) -> None:
            with contextlib.suppress(RuntimeError):  # the loop may be gone while threads still log
                loop.call_soon_threadsafe(self.bus.publish, line)

        handler = LogLines(say, secrets(self._config.settings, os.environ))
        root = logging.getLogger("llmrouter_tui")
        root.addHandler(handler)
        if root.level == logging.NOTSET:
            root.setLevel(logging.INFO)
        stack.callback(root.removeHandler, handler)

    async def _open_storage(self, stack: contextlib.AsyncExitStack) -> SqliteRepo:
        path = None if self._mode.demo else self._config.settings.database
        repo = await open_repo(path, privacy=self._config.settings.privacy, mend=self._mode.listen)
        stack.push_async_callback(repo.close)
        self.bus.tap(repo.record, *STORED)
        self._orders, settings = taken_from(await repo.settings())
        stored, unusable = usable(settings)
        self._config = self._config.with_stored(stored)
        s = self._config.settings
        view = ServiceView("starting", s.host, s.port, __version__, self._mode.demo, self._clock.wall())
        self.status = Status(self.bus, self._clock, view)
        await watch_storage(repo, self.status)
        for message in unusable:
            self.status.report("stored_setting", message, "it was left out; set it again to keep another value")
        if self._mode.listen:
            await end_unfinished(repo)
        self._history = await repo.exchanges(before=None, limit=RECENT)
        self.status.stored_exchanges = self._history.total
        self._journal.remember(await repo.residency(midnight(self._clock.wall())))
        return repo

    # ── engine ──

    async def _open_engine(self, stack: contextlib.AsyncExitStack, repo: SqliteRepo) -> None:
        s, bus, clock, tasks = self._config.settings, self.bus, self._clock, self._tasks
        session = new_session()
        stack.push_async_callback(session.close)
        self._sampling = Sampling(await self._open_probe(stack), bus)
        stack.callback(self._sampling.close)
        self._recall = Recall(self._public)
        self._measured = Measured(repo, clock)
        await self._measured.load()
        gradings = Gradings(repo, self._measured, clock)
        await gradings.load()
        pairings = Pairings(repo, self._measured, gradings)
        await pairings.load()
        learning = self._learning = Learning(
            repo, clock, self._recall, self._measured.checks, gradings.checked, gradings.live_checked, pairings.bouts
        )
        await learning.start()
        fleet = self._fleet = self._sampling.fleet = Fleet(
            bus, clock, learning, await repo.memories(), s.context_length
        )
        pairings.infos = fleet.infos
        stack.push_async_callback(fleet.close)
        self._following = Following(self._public, self._recall, fleet, learning)
        stack.push_async_callback(tasks.close)
        look_around = not self._mode.demo and not self._config.names_backends
        self._lookout = Lookout(fleet, tasks)
        self._membership = Membership(s, session, fleet, self._lookout, self.status, look_around=look_around)
        ledger = Ledger(
            fleet,
            clock,
            reserve=int(s.vram_reserve_gb * GIB),
            max_bytes=int(s.vram_max_gb * GIB) if s.vram_max_gb else None,
        )
        fleet.room = ledger.room
        fleet.probed = self._measured.probed
        self._prices = Prices(s.backends)
        fleet.priced = self._prices.of
        self._outside = Outside(fleet)
        self._spending = Spending(repo, bus, clock)
        await self._spending.load()
        self._residency = Residency(
            fleet,
            ledger,
            learning,
            bus,
            clock,
            tasks,
            measure=self._sampling.measure,
            keep_alive=s.keep_alive_minutes * 60,
            load_timeout=s.load_timeout_seconds,
            queue_limit=s.queue_limit,
            queue_seconds=s.queue_seconds,
        )
        if LOADS_HELD in self._orders:
            self._residency.hold()
        self._vram = Vram(fleet, ledger, self._residency, self._journal, bus, clock)
        keep = EVERYTHING if s.privacy == "full" else PREVIEW
        analyse = Analyst(weights()).analyse
        self._router = Router(fleet, ledger, self._residency, learning, bus, clock, tasks, analyse, keep)
        self._router.charge = self._spending.charge
        self._router.remember(self._history.items)
        self._profiler = Profiler(
            fleet,
            self._residency,
            learning,
            self._router.traffic,
            self._measured,
            repo,
            Sandbox(),
            bus,
            tasks,
            clock,
            self._spending.charge,
        )
        house = House(
            fleet,
            self._residency,
            learning,
            self._router,
            self._measured,
            gradings,
            pairings,
            repo,
            bus,
            tasks,
            clock,
            self._outside,
            self._spending,
            self._prices,
        )
        self._judging = make_judging(
            house, self._membership.judge_at, lambda: self._profiler.run.running, full=s.privacy == "full"
        )
        stack.push_async_callback(self._membership.close_judges)
        await self._judging.limits.load()
        self._judging.judge.pause(JUDGE_PAUSED in self._orders)
        self._idle = Idle(fleet, self._residency, self._profiler, self._router.traffic, clock)
        fleet.pinned_names = s.pinned_model
        if self._mode.listen:
            fleet.on_up = self._keep_pinned

    async def _open_probe(self, stack: contextlib.AsyncExitStack) -> Probe:
        if not self._mode.demo:
            return open_probe()
        from llmrouter_tui.demo.fleet import DemoFleet

        self._demo = DemoFleet()
        await self._demo.start()
        stack.push_async_callback(self._demo.stop)
        return self._demo.probe

    async def _open_syncs(self, repo: SqliteRepo) -> None:
        boards = make_boards(repo, self._config.settings, self._mode.endpoints, demo=self._mode.demo)
        self._syncs = Syncs(boards, repo, self.bus, self._tasks, self._clock, self._following.take)
        await self._syncs.load()

    def _open_control(self, repo: SqliteRepo) -> None:
        self._live = LiveSettings(self._config, repo, self.bus)
        self._live.forbid = lambda settings: exposed(settings, insecure=self._mode.insecure)
        self._live.regroup = self._regroup
        self._live.on_change("quality_preference", lambda value: setattr(self._router, "preference", value))
        self._live.on_change("rules", lambda value: setattr(self._router, "rules", value))
        self._live.on_change("privacy", repo.keep_texts)
        self._live.on_change("embedding_model", lambda name: setattr(self._router.embedding, "model", name))
        self._router.embedding.keep = partial(self._live.change, "embedding_model")
        self._live.on_change("sync", self._syncs.schedule)
        self._live.on_change("profile_max_age_days", lambda days: setattr(self._profiler, "max_age", days * 86_400.0))
        self._live.on_change("profile_when_idle", lambda value: setattr(self._idle, "when", value))
        follow(self._live, self._judging, self._router, demo=self._mode.demo)
        follow_faults(self._live, self._router, self._residency)
        follow_outside(self._live, self._outside, self._spending)
        self._outside.changed = self._judging.judge.changed
        keys = KeyDesk(self._live, self._clock, os.environ)
        keys.remember(self._history.items)
        self.bus.tap(keys.put, ExchangeStarted, ExchangeFinished)
        starter = None if self._mode.demo else self._membership.starter()
        self._fetching = Fetching(starter, self.bus, self._tasks, self._membership.fetched)
        self.control = EngineControl(
            Parts(
                fleet=self._fleet,
                lookout=self._lookout,
                discovery=self._membership.discovery,
                residency=self._residency,
                vram=self._vram,
                router=self._router,
                learning=self._learning,
                repo=repo,
                bus=self.bus,
                journal=self._journal,
                status=self.status,
                fetching=self._fetching,
                syncs=self._syncs,
                profiler=self._profiler,
                judge=self._judging.judge,
                desk=self._judging.desk,
                grades=self._judging.records,
                catalog=self._public,
                settings=self._live,
                keys=keys,
                spending=self._spending,
                tasks=self._tasks,
                clock=self._clock,
                build_backend=self._membership.build,
                listen=lambda port: self._listening.move(port),
                stop=self._stop,
                embedded_available=available(),
            )
        )

    async def _regroup(self, before: Sequence[BackendConfig], after: Sequence[BackendConfig]) -> None:
        self._prices.use(after)
        await self._membership.regroup(before, after)

    # ── doors ──

    async def _open_doors(self, stack: contextlib.AsyncExitStack, repo: SqliteRepo) -> None:
        """Let models in first, then clients."""
        s = self._config.settings
        proxy = ProxyServer(self._router, self.control, cast(Subscriptions, self.bus), self._proxy_options())
        stack.push_async_callback(proxy.stop)
        follow_admission(self._live, proxy, self.status, os.environ)
        self.bus.tap(proxy.tally.put, *TALLIED)
        proxy.tally.standing = lambda: self._standing(repo)
        self._listening = Listening(
            proxy,
            self.status,
            s.host,
            self._live.keep_port,
            required=self._mode.port_required,
            on_serving=self._serving,
            exposed=lambda: exposed(self._live.settings, insecure=self._mode.insecure),
        )
        stack.callback(lambda: setattr(self._router, "draining", True))
        await self._sampling.measure()
        if self._demo is not None:
            self._membership.add_simulated(self._demo.backends)
        elif await self._membership.populate() and self._mode.fetch_starter:
            self._fetching.start()
        await self._lookout.start()
        if self._recall.asked and not self._mode.listen:
            await self._following.look_up()
        await self._judging.lessons.step()
        self._check_pinned()
        self._keep_up(repo)
        if self._mode.listen:
            await self._listening.start(s.port)
            await self._profiler.resume()

    def _keep_up(self, repo: SqliteRepo) -> None:
        """What goes on as long as the router lives."""
        repeat = self._tasks.repeat
        repeat(self._sampling.measure, "memory sampling", pause=SAMPLE_SECONDS)
        repeat(self._vram.tell, "telling of memory", pause=TELL_SECONDS)
        repeat(lambda: watch_storage(repo, self.status), "the storage watch", pause=1.0)
        repeat(lambda: prune(repo, self._live.settings.keep_days, self._clock.wall()), "pruning", pause=3600.0)
        repeat(self._spending.step, "telling what was spent", pause=SPEND_SECONDS)
        repeat(self._following.look_up, "looking models up in the catalog")
        repeat(Canary(self._router).look, "the canary", pause=LOOK_SECONDS)
        repeat(self._residency.unload_idle, "idle unloading", pause=IDLE_LOOK_SECONDS)
        if self._mode.listen:  # not where only a question is answered
            repeat(Unfinished(repo, self._router.traffic).note, "noting what is under way", pause=NOTE_SECONDS)
            repeat(self._syncs.step, "the schedule of public figures")
            repeat(self._idle.look, "measuring new models while idle", pause=LOOK)
            repeat(self._judging.judge.step, "the judge")
            repeat(self._judging.lessons.step, "learning from grades", pause=PAUSE)
        if self._membership.look_around:
            repeat(self._membership.discovery.look_later, "looking for servers on this machine")

    def _keep_pinned(self, backend: BackendRecord) -> None:
        """A backend came up: what is pinned there belongs into memory, if this router is the one that is reached."""
        if self.status.view().state == "serving":
            self._tasks.spawn(
                self._residency.keep_pinned(backend.backend.name), f"keep what is pinned on {backend.backend.name}"
            )

    def _check_pinned(self) -> None:
        hosted = {name for m in self._fleet.models.values() for name in (m.id, m.info.name)}
        if away := [repr(wanted) for wanted in self._config.settings.pinned_model if wanted not in hosted]:
            verb = "are" if len(away) > 1 else "is"
            words = f"pinned_model {', '.join(away)} {verb} not hosted by any backend that is up"
            self.status.report("pinned_model", words)
        pinned = [model for model in self._fleet.models.values() if model.pinned]
        if refused := next((words for model in pinned if (words := self._residency.pin_refusal(model))), ""):
            self.status.report("pins", refused, "unpin one of them, or give them less context")

    def _standing(self, repo: SqliteRepo) -> Standing:
        """How things are now, for ``/metrics``."""
        return Standing(
            self._fleet.views(),
            [record.view() for record in self._fleet.backends.values()],
            self._fleet.devices,
            self.status.view().started_at,
            {"screen": self._feed.dropped, "watchers": self.bus.dropped, "database": repo.dropped},
        )

    def _proxy_options(self) -> ProxyOptions:
        s = self._config.settings
        return ProxyOptions(
            version=__version__,
            max_body=int(s.max_body_mb * 1024 * 1024),
            api_keys=s.api_keys,
            named_keys=tuple(resolved(s, os.environ)),
            admin_key=s.admin_api_key,
            metrics_key=s.metrics_api_key,
            insecure=self._mode.insecure,
            limit=limit_of(s),
            max_exchanges=s.max_exchanges,
            max_prompt_chars=s.max_prompt_chars,
            max_image=int(s.max_image_mb * 1024 * 1024),
            allow_image_urls=s.allow_image_urls,
            allowed_hosts=s.allowed_hosts,
            signature=(lambda model: s.signature_format.format(model=model)) if s.signature_enabled else None,
            grace=s.stop_seconds,
        )

    def _serving(self, url: str) -> None:
        """Clients can come: what is pinned is loaded, and the simulated fleet gets traffic. A router that is not
        reached loads nothing: another one may hold that memory."""
        self._tasks.spawn(self._residency.keep_pinned(), "keep what is pinned")
        if self._demo is not None and not self._demo_traffic:
            self._demo_traffic = True
            self._tasks.spawn(self._demo.traffic(url), "demo traffic")
