"""What the screen knows: a store that starts from a ``Snapshot`` and takes in events one by one. Pure.

``Store.fold`` costs microseconds an event and answers which parts changed, so that a page repaints only those. Nothing
here knows a clock: times come with the events, and "now" is an argument.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from llmrouter_tui.core import events as ev
from llmrouter_tui.core.decision import Exchange, Setting
from llmrouter_tui.core.domain import BackendView, Device, ModelView, ResidencyEvent, ServiceView
from llmrouter_tui.core.errors import CLIENT_FAULTS
from llmrouter_tui.core.forgetting import without_texts
from llmrouter_tui.core.grades import JudgeView
from llmrouter_tui.core.ports import Snapshot
from llmrouter_tui.core.profile import ProfileRun
from llmrouter_tui.core.spending import SpendView
from llmrouter_tui.core.sync import SyncView
from llmrouter_tui.core.vram import Placement, VramView
from llmrouter_tui.tui import work_causes
from llmrouter_tui.tui.attention import AttentionBook
from llmrouter_tui.tui.dirty import ARRIVED, Dirty
from llmrouter_tui.tui.grade_book import GradeBook
from llmrouter_tui.tui.memory import MemoryBook
from llmrouter_tui.tui.rates import RateBook
from llmrouter_tui.tui.row import Row

__all__ = ["KEPT_ROWS", "KEPT_WEIGHT", "Dirty", "Store"]

KEPT_ROWS = 2000
KEPT_WEIGHT = 20 * 1024**2
"""Bytes that the rows may take together, by ``Row.weight``: long prompts and many candidates leave room for fewer."""
KEPT_LOG = 5000
KEPT_RESIDENCY = 50


class Store:
    """Everything a page can show. Read its fields freely; change it only through ``reset`` and ``fold``."""

    def __init__(self) -> None:
        self.seq = 0
        self.ready = False
        """Whether a snapshot has arrived."""
        self.service = ServiceView()
        self.backends: dict[str, BackendView] = {}
        """Those that are in use."""
        self.switched_off: dict[str, BackendView] = {}
        self.models: dict[str, ModelView] = {}
        self.devices: tuple[Device, ...] = ()
        self.spend = SpendView()
        self.vram = VramView()
        self.placements: dict[str, Placement] = {}
        """What loading each model would mean, by its id, in the order of ``vram``."""
        self.rows: dict[str, Row] = {}
        self.order: list[str] = []
        """Ids of ``rows``, newest first."""
        self.running: set[str] = set()
        """Ids of ``rows`` that run now."""
        self.residency: deque[ResidencyEvent] = deque(maxlen=KEPT_RESIDENCY)
        """Newest first."""
        self.settings: dict[str, Setting] = {}
        self.log: deque[ev.LogLine] = deque(maxlen=KEPT_LOG)
        self.log_count = 0
        """Lines ever seen; grows while ``log`` forgets the oldest."""
        self.fetch: ev.FetchProgress | None = None
        self.embedded_available = False
        self.sync = SyncView()
        self.profile = ProfileRun()
        self.prompted_at = 0.0
        """Since when the prompt in turn is being answered, as far as this screen heard."""
        self.judge = JudgeView()
        self.grades = GradeBook()
        self.total = 0
        self.rates = RateBook()
        self.memory = MemoryBook()
        self.attention = AttentionBook()
        self.touched: set[str] = set()
        self._weight = 0
        self._room = KEPT_ROWS, KEPT_WEIGHT
        self._names: dict[str, str] = {}
        self._handlers: dict[type, Callable[[Any, float], Dirty]] = {
            ev.ExchangeStarted: self._started,
            ev.Decided: self._decided,
            ev.Waiting: self._waiting,
            ev.FirstToken: self._first_token,
            ev.Progress: self._progress,
            ev.AttemptFailed: self._attempt_failed,
            ev.ExchangeFinished: self._finished,
            ev.Rated: self._rated,
            ev.TextsForgotten: self._texts_forgotten,
            ev.BackendChanged: self._backend,
            ev.ModelsChanged: self._models_changed,
            ev.ResidencyChanged: self._residency_changed,
            ev.DevicesSampled: self._devices,
            ev.VramChanged: self._vram_changed,
            ev.SpendChanged: self._spend_changed,
            ev.ServiceChanged: self._service,
            ev.SettingChanged: self._setting,
            ev.FetchProgress: self._fetch,
            ev.LogLine: self._log_line,
            ev.SyncChanged: self._sync,
            ev.ProfileChanged: self._profile,
            ev.Graded: self._graded,
            ev.JudgeChanged: self._judge,
        }

    # ── in ────────────────────────────────────────────────────────────────────────────────────────────────────

    def reset(self, snapshot: Snapshot) -> Dirty:
        """Start (again) from a snapshot. What only this screen knows (effects shown, dismissals) survives."""
        self.seq, self.ready, self.service = snapshot.seq, True, snapshot.service
        self.backends = {backend.name: backend for backend in snapshot.backends if backend.enabled}
        self.switched_off = {backend.name: backend for backend in snapshot.backends if not backend.enabled}
        self.models = {model.id: model for model in snapshot.models}
        self.devices = ()
        self._devices(ev.DevicesSampled(snapshot.devices), snapshot.at)
        effects = {id_: row.effects for id_, row in self.rows.items() if row.effects}
        self.rows = {exchange.id: Row(exchange) for exchange in snapshot.exchanges}
        for id_, row in self.rows.items():
            row.effects = effects.get(id_, ())
        self.order = [exchange.id for exchange in snapshot.exchanges]
        self.running = {id_ for id_, row in self.rows.items() if row.running}
        self._weight = sum(row.weight for row in self.rows.values())
        self._room = KEPT_ROWS, KEPT_WEIGHT
        self.touched = set(self.order)
        self.residency = deque(snapshot.residency, maxlen=KEPT_RESIDENCY)
        self.settings = {setting.key: setting for setting in snapshot.settings}
        self.log = deque(snapshot.log, maxlen=KEPT_LOG)
        self.log_count = len(self.log)
        self.fetch, self.embedded_available = snapshot.fetch, snapshot.embedded_available
        self.sync = snapshot.sync
        self._profile(ev.ProfileChanged(snapshot.profile), snapshot.at)
        self.grades.clear()
        self.total = max(snapshot.total_exchanges, len(self.order))
        self._restart_rates(snapshot)
        self.attention.problems = snapshot.service.problems
        self.attention.down.clear()
        for backend in snapshot.backends:
            self.attention.backend(backend)
        self._vram_changed(ev.VramChanged(snapshot.vram), snapshot.at)
        self._spend_changed(ev.SpendChanged(snapshot.spend), snapshot.at)
        self._name_models()
        self._judge(ev.JudgeChanged(snapshot.judge), snapshot.at)
        return Dirty.ALL

    def _restart_rates(self, snapshot: Snapshot) -> None:
        oldest_first = snapshot.exchanges[::-1]
        starts = [exchange.at for exchange in oldest_first]
        ttfts = [(exchange.at, exchange.ttft) for exchange in oldest_first if exchange.ttft is not None]
        self.rates.restart(snapshot.at, snapshot.rates, starts, ttfts)

    def fold(self, envelopes: Iterable[ev.Envelope]) -> Dirty:
        """Take in events in one pass; which parts changed. Events that a snapshot already counted in change nothing."""
        dirty = last = Dirty.NONE
        seq, handlers = self.seq, self._handlers
        for envelope in envelopes:
            if envelope.seq <= seq:
                continue
            seq = envelope.seq
            handler = handlers.get(type(envelope.fact))
            if handler is not None:
                changed = handler(envelope.fact, envelope.at)
                if changed is not last:  # joining flags costs more than most events
                    last = changed
                    dirty |= changed
        self.seq = seq
        self._forget_oldest()
        return dirty

    def take_touched(self) -> set[str]:
        """Ids of the exchanges that changed since the last call."""
        touched, self.touched = self.touched, set()
        return touched

    # ── out ───────────────────────────────────────────────────────────────────────────────────────────────────

    def name(self, model: str) -> str:
        """How a model is called on screen: its name where only one backend has it, else ``backend/name``."""
        return self._names.get(model) or model.partition("/")[2] or model

    @property
    def in_flight(self) -> int:
        """How many exchanges run now."""
        return len(self.running)

    @property
    def full(self) -> bool:
        """Whether there is no room for older exchanges."""
        return len(self.order) >= KEPT_ROWS or self._weight >= 0.9 * KEPT_WEIGHT

    @property
    def every_backend(self) -> dict[str, BackendView]:
        """Also those that are switched off, which come last."""
        return self.backends | self.switched_off

    @property
    def preference(self) -> float:
        """Quality against speed, 0..1."""
        setting = self.settings.get("quality_preference")
        return float(setting.value) if setting and isinstance(setting.value, (int, float)) else 0.5

    @property
    def rules(self) -> list[str]:
        """The user's rules, as sentences."""
        setting = self.settings.get("rules")
        return [str(rule) for rule in setting.value] if setting and isinstance(setting.value, list | tuple) else []

    def add_older(self, exchanges: Sequence[Exchange]) -> int:
        """List exchanges from the history below those known; how many were new."""
        fresh = [exchange for exchange in exchanges if exchange.id not in self.rows]
        for exchange in fresh:
            self._add(exchange)
            self.order.append(exchange.id)
        self.order.sort(key=lambda id_: self.rows[id_].exchange.at, reverse=True)
        rows, weight = self._room  # what was asked for stays when new rows come
        self._room = max(rows, len(self.order)), max(weight, self._weight)
        return len(fresh)

    def touch(self, exchange_id: str) -> None:
        """Mark a row as changed by the screen itself (a pending rating)."""
        row = self.rows.get(exchange_id)
        if row:
            row.version += 1
            self.touched.add(exchange_id)

    # ── one handler per fact ──────────────────────────────────────────────────────────────────────────────────

    def _row(self, exchange_id: str) -> Row | None:
        row = self.rows.get(exchange_id)
        if row is not None:
            row.version += 1
            self.touched.add(exchange_id)
        return row

    def _started(self, fact: ev.ExchangeStarted, at: float) -> Dirty:
        exchange = fact.exchange
        if exchange.id in self.rows:
            return Dirty.NONE
        self._insert(exchange)
        self.rates.started(exchange.at)
        return ARRIVED

    def _insert(self, exchange: Exchange) -> None:
        self._add(exchange)
        self.order.insert(0, exchange.id)
        self.touched.add(exchange.id)
        self.total += 1

    def _add(self, exchange: Exchange) -> Row:
        row = self.rows[exchange.id] = Row(exchange)
        self._weight += row.weight
        if row.running:
            self.running.add(exchange.id)
        return row

    def _forget_oldest(self) -> None:
        """Keep no more rows than allowed, and all that run."""
        order, spared, (rows, weight) = self.order, [], self._room
        surplus = len(order) - rows
        while (surplus > 0 or self._weight > weight) and len(order) > 1:
            id_ = order.pop()
            if id_ in self.running:
                spared.append(id_)
            else:
                self._weight -= self.rows.pop(id_).weight
                surplus -= 1
        order.extend(reversed(spared))

    def _decided(self, fact: ev.Decided, at: float) -> Dirty:
        row = self._row(fact.exchange_id)
        if row:
            row.exchange = replace(row.exchange, decision=fact.decision)
        return Dirty.ROWS

    def _waiting(self, fact: ev.Waiting, at: float) -> Dirty:
        row = self._row(fact.exchange_id)
        if row:
            row.waiting = fact
        return Dirty.ROWS

    def _first_token(self, fact: ev.FirstToken, at: float) -> Dirty:
        self.rates.first_token(at, fact.ttft)
        row = self._row(fact.exchange_id)
        if row:
            row.waiting = None
            row.exchange = replace(row.exchange, model=fact.model, ttft=fact.ttft)
        return Dirty.ROWS

    def _progress(self, fact: ev.Progress, at: float) -> Dirty:
        row = self._row(fact.exchange_id)
        if row:
            self.rates.generated(at, fact.tokens - row.tokens)
            row.tokens, row.progress_at, row.waiting = fact.tokens, at, None
        return Dirty.ROWS

    def _attempt_failed(self, fact: ev.AttemptFailed, at: float) -> Dirty:
        row = self._row(fact.exchange_id)
        if row:
            row.failed += 1
            row.waiting = None
            exchange = row.exchange
            row.exchange = replace(
                exchange, attempts=(*exchange.attempts, fact.attempt), model=fact.next_model or fact.attempt.model
            )
        if not fact.next_model:
            return Dirty.ROWS
        self.attention.fell_back(fact.attempt.model.partition("/")[0])
        return Dirty.ROWS | Dirty.ATTENTION

    def _finished(self, fact: ev.ExchangeFinished, at: float) -> Dirty:
        exchange, dirty = fact.exchange, Dirty.ROWS
        row = self._row(exchange.id)
        if row is None:  # refused at the door: no start was announced
            self._insert(exchange)
            self.rates.started(exchange.at)
            row, dirty = self.rows[exchange.id], ARRIVED
        self._weight += row.finish(exchange)
        self.running.discard(exchange.id)
        counted = exchange.usage.completion_tokens
        if counted is not None:
            self.rates.generated(at, counted - row.tokens)
            row.tokens = counted
        if exchange.outcome == "ok" or (exchange.outcome == "failed" and exchange.code not in CLIENT_FAULTS):
            self.rates.finished(at, ok=exchange.outcome == "ok", retried=row.failed > 0)
        return dirty

    def _rated(self, fact: ev.Rated, at: float) -> Dirty:
        row = self._row(fact.feedback.exchange_id)
        if row:
            empty = fact.feedback.rating is None and not fact.feedback.comment
            row.exchange = replace(row.exchange, rating=None if empty else fact.feedback)
            row.pending, row.effects = "", fact.effects
        return Dirty.ROWS

    def _texts_forgotten(self, fact: ev.TextsForgotten, at: float) -> Dirty:
        for id_, row in self.rows.items():
            if fact.wanted.means(row.exchange) and not row.running:
                self._row(id_)
                self._weight += row.finish(without_texts(row.exchange))
        self.grades.clear()
        return Dirty.ROWS | Dirty.GRADES

    def _backend(self, fact: ev.BackendChanged, at: float) -> Dirty:
        name, here = fact.backend.name, self.backends if fact.backend.enabled else self.switched_off
        if fact.removed or name not in here:
            self.backends.pop(name, None)
            self.switched_off.pop(name, None)
        if not fact.removed:
            here[name] = fact.backend
        self.attention.backend(fact.backend, fact.removed)
        return Dirty.BACKENDS | Dirty.ATTENTION

    def _models_changed(self, fact: ev.ModelsChanged, at: float) -> Dirty:
        known = len(self.models)
        for model in fact.models:
            self.models[model.id] = model
        for model_id in fact.removed:
            self.models.pop(model_id, None)
        if fact.removed or len(self.models) != known:
            self._name_models()
        return Dirty.MODELS

    def _name_models(self) -> None:
        names = [model.info.name for model in self.models.values()]
        self._names = {
            id_: model.info.name if names.count(model.info.name) == 1 else id_ for id_, model in self.models.items()
        }

    def _residency_changed(self, fact: ev.ResidencyChanged, at: float) -> Dirty:
        self.residency.appendleft(fact.event)
        self.attention.residency(fact.event)
        return Dirty.RESIDENCY | (Dirty.ATTENTION if fact.event.kind != "unload" else Dirty.NONE)

    def _devices(self, fact: ev.DevicesSampled, at: float) -> Dirty:
        self.devices = fact.devices
        self.memory.sampled(fact.devices, at)
        return Dirty.DEVICES

    def _vram_changed(self, fact: ev.VramChanged, at: float) -> Dirty:
        self.vram = fact.vram
        self.placements = {placement.model: placement for placement in fact.vram.placements}
        told = self.attention.vram(fact.vram)
        moved = self._queue_moved(fact.vram)
        return Dirty.VRAM | (Dirty.ATTENTION if told else Dirty.NONE) | (Dirty.ROWS if moved else Dirty.NONE)

    def _queue_moved(self, vram: VramView) -> bool:
        """What requests wait for changes while their place stays: they tell it as the ledger of memory does."""
        loads = {load.model: load for load in vram.loads}
        moved = False
        for id_ in self.running if loads else ():
            fact = self.rows[id_].waiting
            load = loads.get(fact.model) if fact is not None else None
            if fact is not None and load is not None and (load.position, load.waits_for) != (fact.position, fact.why):
                reason = "queue" if load.position else "load"
                waiting = replace(fact, reason=reason, position=load.position, why=load.waits_for)
                self.rows[id_].waiting, moved = waiting, True
                self._row(id_)
        return moved

    def _spend_changed(self, fact: ev.SpendChanged, at: float) -> Dirty:
        self.spend = fact.spend
        return Dirty.SPEND

    def _service(self, fact: ev.ServiceChanged, at: float) -> Dirty:
        self.service = fact.service
        self.attention.problems = fact.service.problems
        return Dirty.SERVICE | Dirty.ATTENTION

    def _setting(self, fact: ev.SettingChanged, at: float) -> Dirty:
        self.settings[fact.setting.key] = fact.setting
        return Dirty.SETTINGS

    def _fetch(self, fact: ev.FetchProgress, at: float) -> Dirty:
        self.fetch = fact
        return Dirty.FETCH

    def _sync(self, fact: ev.SyncChanged, at: float) -> Dirty:
        self.sync = fact.sync
        return Dirty.SYNC

    def _profile(self, fact: ev.ProfileChanged, at: float) -> Dirty:
        before, self.profile = self.profile, fact.run
        if fact.run.prompt != before.prompt:
            self.prompted_at = at
        return Dirty.PROFILE

    def _graded(self, fact: ev.Graded, at: float) -> Dirty:
        self.grades.heard(fact.grade, fact.effects)
        return Dirty.GRADES

    def _judge(self, fact: ev.JudgeChanged, at: float) -> Dirty:
        self.judge = fact.judge
        told = self.attention.keep(work_causes.JUDGE, work_causes.of_judge(fact.judge, self.name), at)
        return Dirty.JUDGE | (Dirty.ATTENTION if told else Dirty.NONE)

    def _log_line(self, fact: ev.LogLine, at: float) -> Dirty:
        self.log.append(fact)
        self.log_count += 1
        return Dirty.LOG
