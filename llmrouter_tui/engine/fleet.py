"""The backends and their models, as last seen: ``Lookout`` looks, this takes in what it saw and tells everyone."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from llmrouter_tui.core.domain import (
    BackendHealth,
    Device,
    ModelInfo,
    ModelView,
    Probed,
)
from llmrouter_tui.core.errors import BackendError, RouterError
from llmrouter_tui.core.events import BackendChanged, ModelsChanged
from llmrouter_tui.core.ports.backend import Backend
from llmrouter_tui.core.ports.clock import Clock
from llmrouter_tui.core.ports.repo import ModelMemory
from llmrouter_tui.engine.backend_record import BackendRecord
from llmrouter_tui.engine.bus import Bus
from llmrouter_tui.engine.footprints import Room, bound, inform, other_weights
from llmrouter_tui.engine.holdings import Holdings
from llmrouter_tui.engine.learning import Learning
from llmrouter_tui.engine.reach import guess, reach, settle, usual
from llmrouter_tui.engine.record import IN_MEMORY, ModelRecord
from llmrouter_tui.engine.strangers import Strangers

log = logging.getLogger(__name__)

FOLD_SECONDS = 0.1
"""Changes of models are published together this often."""
GONE = 256
"""Models that left their list and are remembered, the newest."""


class Fleet:
    """Owns every ``BackendRecord`` and every ``ModelRecord``."""

    def __init__(
        self, bus: Bus, clock: Clock, learning: Learning, memories: Mapping[str, ModelMemory], context: int | None
    ) -> None:
        """``memories``: what is known of models from earlier runs, by id; ``context``: tokens that models are loaded
        with where their backend was given no other; None: as many as fit."""
        self._bus = bus
        self._clock = clock
        self._learning = learning
        self._context = context
        self._memories = memories
        self._dirty: set[str] = set()
        self._flush_handle: asyncio.TimerHandle | None = None
        self._views: tuple[ModelView, ...] | None = None
        self._gone: dict[str, ModelRecord] = {}
        """Models that left their list: one that comes back is the same, with its pins and leases."""
        self.router_id = ""
        """This router's own: a model that leads back to it is none (``core.hops``)."""
        self.version = 0
        """Grows with every change that decisions must see."""
        self.pinned_names: tuple[str, ...] = ()
        """The models that the settings want pinned, by id or name."""
        self.room: Room = lambda pool: None
        """What models may take of a pool."""
        self.probed: Callable[[ModelInfo], tuple[Probed, ...]] = lambda info: ()
        """What was tried of a model here."""
        self.priced: Callable[[BackendRecord, ModelInfo], ModelInfo] = lambda record, info: info
        """A model with its price, where somebody else than its server knows it."""
        self.withheld: Callable[[ModelInfo, bool], str] = lambda info, configured: ""
        """Why a model is not to be asked; whether the user named its server."""
        self.on_up: Callable[[BackendRecord], None] = lambda record: None
        """Called when a backend comes up, its models being known."""
        self.backends: dict[str, BackendRecord] = {}
        self.off: dict[str, BackendRecord] = {}
        """Backends that are switched off: nobody looks at them, and they have no models."""
        self.models: dict[str, ModelRecord] = {}
        self.devices: tuple[Device, ...] = ()
        self.holdings = Holdings(self, bus, clock, learning)
        self.strangers = Strangers(clock)
        self.others: dict[str, int] = {}
        """What no model here accounted for of a pool when it was last measured; kept for those that cannot be now."""

    # ── membership ──

    def add(
        self, backend: Backend, *, configured: bool, pool: str = "", context_limit: int | None = None
    ) -> BackendRecord:
        """Take a backend in, not looked at yet."""
        record = BackendRecord(backend, configured, pool, context_limit, since=self._clock.wall())
        self.backends[backend.name] = record
        return record

    def drop(self, record: BackendRecord) -> None:
        """Forget a backend; its models are gone from the next decision on."""
        self.backends.pop(record.backend.name, None)
        self.off.pop(record.backend.name, None)
        self.drop_models(record, keep=())
        self._bus.publish(BackendChanged(record.view(), removed=True))

    def switch(self, record: BackendRecord, enabled: bool) -> None:
        """Use a backend, not looked at yet, or use it no more: its models are gone from the next decision on."""
        here, there = (self.backends, self.off) if enabled else (self.off, self.backends)
        there.pop(record.backend.name, None)
        here[record.backend.name] = record
        record.enabled, record.health, record.detail, record.since = enabled, "starting", "", self._clock.wall()
        record.polls = record.misses = 0
        self.drop_models(record, keep=())
        self._bus.publish(BackendChanged(record.view()))

    def every(self) -> tuple[BackendRecord, ...]:
        """All backends, those that are switched off too."""
        return (*self.backends.values(), *self.off.values())

    def named(self, name: str) -> BackendRecord:
        """A backend, also one that is switched off."""
        return self.off.get(name) or self.backend(name)

    def backend(self, name: str) -> BackendRecord:
        try:
            return self.backends[name]
        except KeyError:
            known = ", ".join(sorted(self.backends)) or "none"
            raise RouterError("not_found", f"there is no backend {name!r}", hint=f"backends: {known}") from None

    def model(self, model_id: str) -> ModelRecord:
        try:
            return self.models[model_id]
        except KeyError:
            meant = [m.id for m in self.models.values() if model_id in (m.info.name, *m.info.aliases)]
            hint = f"its full id is {' or '.join(meant[:3])}" if meant else "GET /admin/models lists them"
            raise RouterError("model_not_found", f"no model here has the id {model_id!r}", hint=hint) from None

    def infos(self) -> dict[str, ModelInfo]:
        """Of all models, by id."""
        return {record.id: record.info for record in self.models.values()}

    def views(self) -> tuple[ModelView, ...]:
        """All models as decisions and screens see them."""
        if self._views is None:
            self._views = tuple(record.view() for record in self.models.values())
        return self._views

    async def close(self) -> None:
        if self._flush_handle is not None:
            self._flush_handle.cancel()
        await asyncio.gather(*(r.backend.close() for r in self.every()), return_exceptions=True)

    # ── change ──

    def touch(self, record: ModelRecord, *, at_once: bool = True) -> None:
        """A model changed: decisions see it at once, screens within a tenth of a second.

        Who holds it changes with every request and reaches decisions through ``Residency.waits``: that need not be
        ``at_once``.
        """
        record.changed()
        if at_once:
            self._views = None
            self.version += 1
        self._dirty.add(record.id)
        if self._flush_handle is None:
            self._flush_handle = asyncio.get_running_loop().call_later(FOLD_SECONDS, self._flush)

    def _settle(self) -> None:
        """What models that changed say of those that were measured with them or compared to them."""
        self._dirty.update(record.id for record in self._learning.settle(self.models.values()))
        self._views = None

    def _flush(self) -> None:
        self._settle()
        self._flush_handle = None
        changed = tuple(self.models[i].view() for i in self._dirty if i in self.models)
        self._dirty.clear()
        if changed:
            self._bus.publish(ModelsChanged(changed))

    # ── what was seen ──

    def look_again(self, name: str) -> None:
        """Look at a backend now, not at its next turn; one that is gone is not looked at."""
        record = self.backends.get(name)
        if record is None:
            return
        record.polls = 0
        record.wake.set()

    def failed(self, name: str, error: BackendError) -> None:
        """An exchange found a backend gone: mark it at once and look again soon."""
        record = self.backends.get(name)
        if record is not None and record.health != "down":
            self.set_health(record, "down", error.message)
            self.look_again(name)

    def set_health(self, record: BackendRecord, health: BackendHealth, detail: str) -> None:
        """A backend is up, with its version, or down, with what went wrong."""
        if (health, detail) == (record.health, record.detail):
            return
        came_up = health == "up" and record.health != "up"
        if health != record.health:
            record.since = self._clock.wall()
            log.log(
                logging.INFO if health == "up" else logging.WARNING,
                "%s %s%s: %s",
                record.backend.name,
                health,
                f" at {record.backend.url}" if record.backend.url else "",
                detail,
                extra={"source": record.backend.name},
            )
            if health == "down":
                record.polls = 0
        record.health, record.detail = health, detail
        for model in self.models_of(record):
            model.healthy = health == "up"
            self.touch(model)
        self._bus.publish(BackendChanged(record.view()))
        if came_up:
            self.on_up(record)

    def family(self, record: ModelRecord) -> list[ModelRecord]:
        """A model and the other names whose weights in memory are the same."""
        backend, weights = record.backend, record.weights
        return [m for m in self.models.values() if m.backend is backend and (m is record or m.weights == weights)]

    def models_of(self, record: BackendRecord) -> list[ModelRecord]:
        """The models that a backend hosts."""
        return [m for m in self.models.values() if m.backend is record.backend]

    def listed(self, record: BackendRecord, infos: Sequence[ModelInfo]) -> None:
        """Take in the list of models a backend hosts."""
        infos = [info for info in infos if self.router_id not in info.via]
        for info in [self.priced(record, info) for info in infos]:
            known = self.models.get(info.id)
            if known is None:
                self._new_model(record, info)
            elif known.told != info:
                if other_weights(known.told, info):
                    known.seen = None
                known.told = info
                self._recall(known)
                self.inform(known, record)
                known.withheld = self.withheld(known.info, record.configured)
                self._learning.refresh(known)
                self.touch(known)
        self.drop_models(record, keep={info.id for info in infos})
        if self._dirty:  # not a moment later: requests that waited for this list are decided next
            self._settle()
        if record.models != len(infos):
            record.models = len(infos)
            self._bus.publish(BackendChanged(record.view()))

    def _new_model(self, record: BackendRecord, info: ModelInfo) -> None:
        model = self._gone.pop(info.id, None)
        if model is None or model.backend is not record.backend:
            pool = usual(reach(info, record, self.devices), self.devices)
            speed = guess(info, record, pool, self.devices)
            model = ModelRecord(info, record.backend, pool, self._memories.get(info.id), speed)
            settle(model, record, self.devices)
        model.told = info
        self._recall(model)
        self.inform(model, record)
        model.withheld = self.withheld(model.info, record.configured)
        model.pinned = model.pinned or info.id in self.pinned_names or info.name in self.pinned_names
        self._learning.refresh(model)
        self.models[info.id] = model
        self.touch(model)

    def _recall(self, model: ModelRecord) -> None:
        """What was tried of it as it is now; ``inform`` believes it."""
        model.info = replace(model.info, probed=self.probed(model.told))

    def believe(self, model: ModelRecord) -> None:
        """Something of it was tried: decisions go by that from now on."""
        record = self.backends.get(model.info.backend)
        if record is None:
            return
        self._recall(model)
        self.inform(model, record)
        self._learning.refresh(model)
        self.touch(model)

    def withhold(self) -> int:
        """Look at every model anew whether it may be asked; of how many that is another."""
        changed = 0
        for model in self.models.values():
            record = self.backends[model.info.backend]
            if (reason := self.withheld(model.info, record.configured)) != model.withheld:
                model.withheld = reason
                changed += 1
                self.touch(model)
        return changed

    def drop_models(self, record: BackendRecord, keep: Iterable[str]) -> None:
        """Its models are gone, but for those to ``keep``."""
        kept = set(keep)
        gone = tuple(m.id for m in self.models_of(record) if m.id not in kept)
        for model_id in gone:
            self._gone[model_id] = self.models.pop(model_id)
        for model_id in list(self._gone)[:-GONE]:
            del self._gone[model_id]
        if gone:
            self._views = None
            self.version += 1
            self._bus.publish(ModelsChanged((), removed=gone))

    def aim(self, record: ModelRecord, pools: tuple[str, ...]) -> None:
        """A model is to be loaded to these pools, with the context that it has there; to none: it is not loaded."""
        if record.roams and pools != record.aim:
            record.aim = pools
            self.inform(record, self.backends[record.info.backend])
            self.touch(record)

    def sampled(self, devices: Sequence[Device]) -> None:
        """Take in measured memory; models found before the first sample get their pool now."""
        first = not self.devices
        for before in self.devices:
            if not before.problem and any(d.problem for d in devices if d.pool == before.pool):
                held = sum(m.held_in(before.pool) for m in self.models.values() if m.residency in IN_MEMORY)
                self.others[before.pool] = max(0, before.used - held)
        self.devices = tuple(devices)
        self.strangers.look(devices, self.models.values())
        for model in bound(self.models.values(), devices):
            self.touch(model)
        if first:
            for model in self.models.values():
                backend = self.backends[model.info.backend]
                settle(model, backend, self.devices)
                self.inform(model, backend)
                self.touch(model)

    def inform(self, model: ModelRecord, record: BackendRecord) -> bool:
        """Bring what is told of a model in line with the context that it has, or would have: whether that is news."""
        given = record.context_limit
        return inform(model, self._context if given is None and record.backend.sets_context else given, self.room)
