"""The composition root: storage, backends, gpu, engine and proxy put together in order, and taken apart in reverse."""

import asyncio
import contextlib
import logging
import os
import uuid
from collections.abc import Callable, Sequence
from functools import partial
from secrets import token_urlsafe
from typing import TYPE_CHECKING, cast

from llmrouter_tui import __version__
from llmrouter_tui.backends.embedded import available
from llmrouter_tui.backends.http import new_session
from llmrouter_tui.brain import weights
from llmrouter_tui.config import Config, secrets, usable
from llmrouter_tui.core.aliases import Aliases
from llmrouter_tui.core.analysis import Analyst
from llmrouter_tui.core.domain import ServiceView
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.events import ExchangeFinished, LogLine
from llmrouter_tui.core.ports.feed import Subscriptions
from llmrouter_tui.core.ports.probe import Probe
from llmrouter_tui.engine.bus import Bus, Ring
from llmrouter_tui.engine.canary import LOOK_SECONDS, Canary
from llmrouter_tui.engine.clock import SystemClock
from llmrouter_tui.engine.commands.parts import Parts
from llmrouter_tui.engine.control import EngineControl
from llmrouter_tui.engine.fetching import Fetching
from llmrouter_tui.engine.fleet import Fleet
from llmrouter_tui.engine.grading_lessons import PAUSE
from llmrouter_tui.engine.holding import JUDGE_PAUSED, LOADS_HELD, taken_from
from llmrouter_tui.engine.idle import LOOK, Idle
from llmrouter_tui.engine.journal import KEPT, Journal, LogLines, midnight
from llmrouter_tui.engine.ledger import Ledger
from llmrouter_tui.engine.lookout import Lookout
from llmrouter_tui.engine.outside import Outside
from llmrouter_tui.engine.profiler import Profiler
from llmrouter_tui.engine.residency import IDLE_LOOK_SECONDS, LOST_LOOK_SECONDS, Residency
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
from llmrouter_tui.engine.voting import Voting
from llmrouter_tui.engine.vram import TELL_SECONDS, Vram
from llmrouter_tui.gpu.probe import open_probe
from llmrouter_tui.proxy.server import ProxyServer
from llmrouter_tui.proxy.tally import KINDS as TALLIED
from llmrouter_tui.proxy.tally import Standing
from llmrouter_tui.service.admission import KeyDesk, exposed
from llmrouter_tui.service.admission import follow as follow_admission
from llmrouter_tui.service.boards import make_boards
from llmrouter_tui.service.door import proxy_options
from llmrouter_tui.service.faults import follow as follow_faults
from llmrouter_tui.service.following import Following
from llmrouter_tui.service.judging import House, follow, make_judging
from llmrouter_tui.service.knowledge import make_knowledge
from llmrouter_tui.service.listening import Listening
from llmrouter_tui.service.live import LiveSettings
from llmrouter_tui.service.membership import Membership
from llmrouter_tui.service.mode import Mode
from llmrouter_tui.service.outside import follow as follow_outside
from llmrouter_tui.service.pinning import Pinning
from llmrouter_tui.service.prices import Prices
from llmrouter_tui.service.public import Public
from llmrouter_tui.service.recall import Recall
from llmrouter_tui.service.recording import LOOK_SECONDS as RECORD_SECONDS
from llmrouter_tui.service.recording import RecordingBeside
from llmrouter_tui.service.restoring import Restoring
from llmrouter_tui.service.upkeep import NOTE_SECONDS, Unfinished, end_unfinished, prune, watch_storage
from llmrouter_tui.settings import BackendConfig
from llmrouter_tui.storage.repo import STORED, SqliteRepo, open_repo
from llmrouter_tui.storage.restoring import Swap

if TYPE_CHECKING:
    from aiohttp import ClientSession

    from llmrouter_tui.demo.fleet import DemoFleet

GIB = 1024**3

log = logging.getLogger(__name__)


class Assembly:
    """One router while it lives."""

    def __init__(
        self, config: Config, mode: Mode, feed: Ring, stop: Callable[[], None], restart: Callable[[Swap], None],
        port: int = 0,
    ) -> None:  # fmt: skip
        """``restart`` goes on with another database; ``port`` is where to listen whatever the settings say, 0 for where
        they say."""
        self._config = config
        self._mode = mode
        self._feed = feed
        self._stop = stop
        self._restart = restart
        self._port = port
        self._clock = SystemClock()
        self._tasks = Tasks()
        self._journal = Journal()
        self._demo: DemoFleet | None = None
        self._demo_traffic = False
        self._demo_key = token_urlsafe() if mode.demo else ""
        self._public = Public()
        self._id = uuid.uuid4().hex
        self._recording: RecordingBeside | None = None
        self.bus = Bus(self._clock)
        self.control: EngineControl
        self.hurry: Callable[[], None]
        """Give answers under way no time at the end."""
        self.status: Status

    @property
    def config(self) -> Config:
        """As it is now."""
        return self._live.config

    @property
    def port(self) -> int:
        """Where it listens; 0 where it does not."""
        view = self.status.view()
        return view.port if view.state == "serving" else 0

    async def build(self, stack: contextlib.AsyncExitStack) -> None:
        """Everything, in the order in which it needs each other."""
        self._open_bus(stack)
        repo = self._repo = await self._open_storage(stack)
        if self._mode.record is not None:
            texts = self._mode.record_texts
            self._recording = RecordingBeside(self._mode.record, texts=texts, bus=self.bus, status=self.status)
            stack.push_async_callback(self._recording.close)
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
        self._journal.begin(await repo.residency(midnight(self._clock.wall())))
        return repo

    # ── engine ──

    async def _open_engine(self, stack: contextlib.AsyncExitStack, repo: SqliteRepo) -> None:
        session = new_session()
        stack.push_async_callback(session.close)
        self._sampling = Sampling(await self._open_probe(stack), self.bus)
        stack.callback(self._sampling.close)
        self._recall = Recall(self._public)
        self._known = make_knowledge(repo, self._clock, self._recall)
        await self._known.load()
        await self._open_fleet(stack, repo, session)
        self._spending = Spending(repo, self.bus, self._clock)
        await self._spending.load()
        ledger = self._open_memory()
        self._open_router(ledger)
        self._profiler = self._make_profiler(repo)
        await self._open_judging(stack, repo)
        self._idle = Idle(self._fleet, self._residency, self._profiler, self._router.traffic, self._clock)

    async def _open_fleet(self, stack: contextlib.AsyncExitStack, repo: SqliteRepo, session: "ClientSession") -> None:
        """Models and their servers: what is known of them, who looks after them."""
        s, bus, known = self._config.settings, self.bus, self._known
        memories = await repo.memories()
        fleet = self._fleet = Fleet(bus, self._clock, known.learning, memories, s.context_length)
        self._sampling.fleet = fleet
        stack.push_async_callback(fleet.close)
        known.meet(fleet)
        fleet.router_id = self._id
        self._prices = Prices(s.backends)
        fleet.priced = self._prices.of
        fleet.pinned_names = s.pinned_model
        self._outside = Outside(fleet)
        self._voting = Voting(known.votes, known.learning, fleet, bus)
        self._following = Following(self._public, self._recall, fleet, known.learning)
        stack.push_async_callback(self._tasks.close)
        self._lookout = Lookout(fleet, self._tasks)
        look_around = not self._mode.demo and not self._config.names_backends
        self._membership = Membership(s, session, fleet, self._lookout, self.status, look_around=look_around)

    def _open_memory(self) -> Ledger:
        """What is loaded where; the ledger counts it."""
        s, fleet, bus, clock = self._config.settings, self._fleet, self.bus, self._clock
        most = int(s.vram_max_gb * GIB) if s.vram_max_gb else None
        ledger = Ledger(fleet, clock, reserve=int(s.vram_reserve_gb * GIB), max_bytes=most)
        fleet.room = ledger.room
        self._residency = Residency(
            fleet,
            ledger,
            self._known.learning,
            bus,
            clock,
            self._tasks,
            measure=self._sampling.measure,
            keep_alive=s.keep_alive_minutes * 60,
            load_timeout=s.load_timeout_seconds,
            queue_limit=s.queue_limit,
            queue_seconds=s.queue_seconds,
        )
        if LOADS_HELD in self._orders:
            self._residency.hold()
        self._vram = Vram(fleet, ledger, self._residency, self._journal, bus, clock)
        self._pinning = Pinning(fleet, self._residency, self.status, self._tasks)
        if self._mode.listen:
            fleet.on_up = self._pinning.came_up
        return ledger

    def _open_router(self, ledger: Ledger) -> None:
        keep = EVERYTHING if self._config.settings.privacy == "full" else PREVIEW
        self._router = Router(
            self._fleet,
            ledger,
            self._residency,
            self._known.learning,
            self.bus,
            self._clock,
            self._tasks,
            Analyst(weights()).analyse,
            keep,
        )
        self._router.charge = self._spending.charge
        self._router.remember(self._history.items)

    def _make_profiler(self, repo: SqliteRepo) -> Profiler:
        return Profiler(
            self._fleet,
            self._residency,
            self._known.learning,
            self._router.traffic,
            self._known.measured,
            repo,
            Sandbox(),
            self.bus,
            self._tasks,
            self._clock,
            self._spending.charge,
        )

    async def _open_judging(self, stack: contextlib.AsyncExitStack, repo: SqliteRepo) -> None:
        house = House(
            self._fleet,
            self._residency,
            self._router,
            self._known,
            repo,
            self.bus,
            self._tasks,
            self._clock,
            self._outside,
            self._spending,
            self._prices,
        )
        full = self._config.settings.privacy == "full"
        self._judging = make_judging(house, self._membership.judge_at, lambda: self._profiler.run.running, full=full)
        stack.push_async_callback(self._membership.close_judges)
        await self._judging.limits.load()
        self._judging.judge.pause(JUDGE_PAUSED in self._orders)

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
        self._follow_settings(repo)
        keys = KeyDesk(self._live, self._clock, os.environ)
        keys.remember(self._history.items)
        keys.under_way = self._router.traffic.under_way
        self.bus.tap(keys.put, ExchangeFinished)
        starter = None if self._mode.demo else self._membership.starter()
        self._fetching = Fetching(starter, self.bus, self._tasks, self._membership.fetched)
        self.control = EngineControl(self._parts(repo, keys))

    def _follow_settings(self, repo: SqliteRepo) -> None:
        """Settings that act as they change."""
        live = self._live
        live.forbid = lambda settings: exposed(settings, insecure=self._mode.insecure)
        live.regroup = self._regroup
        live.on_change("quality_preference", lambda value: setattr(self._router, "preference", value))
        live.on_change("rules", lambda value: setattr(self._router, "rules", value))
        live.on_change("aliases", lambda value: setattr(self._router, "aliases", Aliases(value)))
        live.on_change("privacy", repo.keep_texts)
        live.on_change("embedding_model", lambda name: setattr(self._router.embedding, "model", name))
        self._router.embedding.keep = partial(live.change, "embedding_model")
        live.on_change("sync", self._syncs.schedule)
        live.on_change("profile_max_age_days", lambda days: setattr(self._profiler, "max_age", days * 86_400.0))
        live.on_change("profile_when_idle", lambda value: setattr(self._idle, "when", value))
        follow(live, self._judging, self._router, demo=self._mode.demo)
        follow_faults(live, self._router, self._residency)
        follow_outside(live, self._outside, self._spending)
        self._outside.changed = self._judging.judge.changed

    def _parts(self, repo: SqliteRepo, keys: KeyDesk) -> Parts:
        """What the control plane commands."""
        return Parts(
            fleet=self._fleet,
            lookout=self._lookout,
            discovery=self._membership.discovery,
            residency=self._residency,
            vram=self._vram,
            router=self._router,
            learning=self._known.learning,
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
            voting=self._voting,
            catalog=self._public,
            settings=self._live,
            keys=keys,
            spending=self._spending,
            tasks=self._tasks,
            clock=self._clock,
            build_backend=self._membership.build,
            listen=lambda port: self._listening.move(port),
            stop=self._stop,
            restore=self._restoring(repo).restore,
            embedded_available=available(),
        )

    def _restoring(self, repo: SqliteRepo) -> Restoring:
        def forbidden() -> str:
            if self._recording is not None:
                return "what happens is being recorded; start the router without --record"
            return repo.problem

        return Restoring(None if self._mode.demo else self._config.settings.database, forbidden, self._restart)

    async def _regroup(self, before: Sequence[BackendConfig], after: Sequence[BackendConfig]) -> None:
        self._prices.use(after)
        await self._membership.regroup(before, after)

    # ── doors ──

    async def _open_doors(self, stack: contextlib.AsyncExitStack, repo: SqliteRepo) -> None:
        """Let models in first, then clients."""
        s = self._config.settings
        options = proxy_options(
            s, os.environ, router_id=self._id, demo_key=self._demo_key, insecure=self._mode.insecure
        )
        proxy = ProxyServer(self._router, self.control, cast(Subscriptions, self.bus), options)
        stack.push_async_callback(proxy.stop)
        self.hurry = proxy.hurry
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
        self._pinning.check(self._config.settings.pinned_model)
        self._keep_up(repo)
        if self._mode.listen:
            await self._listening.start(self._port or s.port)
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
        if (recording := self._recording) is not None:
            repeat(lambda: recording.look(self.control.snapshot), "recording", pause=RECORD_SECONDS)
        repeat(self._residency.unload_idle, "idle unloading", pause=IDLE_LOOK_SECONDS)
        if self._mode.listen:  # not where only a question is answered
            repeat(Unfinished(repo, self._router.traffic).note, "noting what is under way", pause=NOTE_SECONDS)
            repeat(self._pinning.bring_back, "bringing pinned models back", pause=LOST_LOOK_SECONDS)
            repeat(self._syncs.step, "the schedule of public figures")
            repeat(self._idle.look, "measuring new models while idle", pause=LOOK)
            repeat(self._judging.judge.step, "the judge")
            repeat(self._judging.lessons.step, "learning from grades", pause=PAUSE)
        if self._membership.look_around:
            repeat(self._membership.discovery.look_later, "looking for servers on this machine")

    def _standing(self, repo: SqliteRepo) -> Standing:
        """How things are now, for ``/metrics``."""
        return Standing(
            self._fleet.views(),
            [record.view() for record in self._fleet.backends.values()],
            self._fleet.devices,
            self.status.view().started_at,
            {"screen": self._feed.dropped, "watchers": self.bus.dropped, "database": repo.dropped},
            self._spending.view(),
        )

    def _serving(self, url: str) -> None:
        """Clients can come: what is pinned is loaded, and the simulated fleet gets traffic. A router that is not
        reached loads nothing: another one may hold that memory."""
        self._pinning.keep()
        if self._demo is not None and not self._demo_traffic:
            self._demo_traffic = True
            self._tasks.spawn(self._go_on(self._demo, url), "the demo")

    async def _go_on(self, demo: "DemoFleet", url: str) -> None:
        """What happened in the demo before, made while nobody waits for it; then its people come."""
        from llmrouter_tui.service.past import live_through

        try:
            settings, now = self._config.settings, self._clock.wall()
            self.status.stored_exchanges = await live_through(self._repo, settings, demo, self._public, now)
            await self._remember()
        except RouterError as error:
            log.warning("the demo goes on without a past: %s", error.message)
        await demo.traffic(url, self._demo_key)

    async def _remember(self) -> None:
        """Know what the database holds as if it had held it at the start."""
        repo, fleet, traffic = self._repo, self._fleet, self._router.traffic
        await self._known.load()
        await self._judging.limits.load()
        memories = await repo.memories()
        for record in list(fleet.models.values()):
            record.remember(memories.get(record.id))
            self._known.learning.refresh(record)
            fleet.touch(record)
            await asyncio.sleep(0)
        history = await repo.exchanges(before=None, limit=RECENT)
        traffic.recent.clear()
        self._router.remember(history.items)
        self._journal.begin(await repo.residency(midnight(self._clock.wall())))
        await self._profiler.resume()
        self._feed.cut()
        self.bus.cut()
