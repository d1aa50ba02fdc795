"""What the screen knows: a store that starts from a ``Snapshot`` and takes in events one by one. Pure.

``Store.fold`` costs microseconds an event and answers which parts changed, so that a page repaints only those. Nothing
here knows a clock: times come with the events, and "now" is an argument.
"""

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from llmrouter_tui.core import events as ev
from llmrouter_tui.core.decision import Setting
from llmrouter_tui.core.domain import BackendView, Device, ModelView, ResidencyEvent, ServiceView
from llmrouter_tui.core.grades import JudgeView
from llmrouter_tui.core.ports.control import Snapshot
from llmrouter_tui.core.profile import ProfileRun
from llmrouter_tui.core.spending import SpendView
from llmrouter_tui.core.sync import SyncView
from llmrouter_tui.core.votes import Voted
from llmrouter_tui.core.vram import Placement, VramView
from llmrouter_tui.tui import work_causes
from llmrouter_tui.tui.dirty import Dirty
from llmrouter_tui.tui.grade_book import GradeBook
from llmrouter_tui.tui.memory import MemoryBook
from llmrouter_tui.tui.rows import Rows

__all__ = ["Dirty", "Store"]

KEPT_LOG = 5000
KEPT_RESIDENCY = 50


class Store(Rows):
    """Everything a page can show. Read its fields freely; change it only through ``reset`` and ``fold``."""

    def __init__(self) -> None:
        super().__init__()
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
        self.voted: Voted | None = None
        """The newest vote that was given or taken back, and what it moved."""
        self.memory = MemoryBook()
        self._names: dict[str, str] = {}
        self._handlers = self._handling()

    def _handling(self) -> dict[type, Callable[[Any, float], Dirty]]:
        """Who takes in which fact."""
        return {
            ev.ExchangeStarted: self._started,
            ev.Decided: self._decided,
            ev.Waiting: self._waiting,
            ev.FirstToken: self._first_token,
            ev.Progress: self._progress,
            ev.AttemptFailed: self._attempt_failed,
            ev.ExchangeFinished: self._finished,
            ev.Rated: self._rated,
            Voted: self._voted,
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
        self.restart(snapshot)
        self.residency = deque(snapshot.residency, maxlen=KEPT_RESIDENCY)
        self.settings = {setting.key: setting for setting in snapshot.settings}
        self.log = deque(snapshot.log, maxlen=KEPT_LOG)
        self.log_count = len(self.log)
        self.fetch, self.embedded_available = snapshot.fetch, snapshot.embedded_available
        self.sync = snapshot.sync
        self._profile(ev.ProfileChanged(snapshot.profile), snapshot.at)
        self.grades.clear()
        self.attention.problems = snapshot.service.problems
        self.attention.down.clear()
        for backend in snapshot.backends:
            self.attention.backend(backend)
        self._vram_changed(ev.VramChanged(snapshot.vram), snapshot.at)
        self._spend_changed(ev.SpendChanged(snapshot.spend), snapshot.at)
        self._name_models()
        self._judge(ev.JudgeChanged(snapshot.judge), snapshot.at)
        return Dirty.ALL

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

    # ── out ───────────────────────────────────────────────────────────────────────────────────────────────────

    def name(self, model: str) -> str:
        """How a model is called on screen: its name where only one backend has it, else ``backend/name``."""
        return self._names.get(model) or model.partition("/")[2] or model

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
    def local_only(self) -> bool:
        """Whether all prompts stay on the router's machine."""
        setting = self.settings.get("local_only")
        return setting is not None and setting.value is True

    @property
    def rules(self) -> list[str]:
        """The user's rules, as sentences."""
        setting = self.settings.get("rules")
        return [str(rule) for rule in setting.value] if setting and isinstance(setting.value, list | tuple) else []

    # ── one handler per fact ──────────────────────────────────────────────────────────────────────────────────

    def _voted(self, fact: Voted, at: float) -> Dirty:
        self.voted = fact
        return Dirty.VOTES

    def _texts_forgotten(self, fact: ev.TextsForgotten, at: float) -> Dirty:
        self._forget_texts(fact.wanted)
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
