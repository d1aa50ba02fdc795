"""The backends and their models, as last seen: ``Lookout`` looks, this takes in what it saw and tells everyone."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from llmrouter_tui.core.domain import (
    HOST_POOL,
    BackendHealth,
    BackendView,
    Device,
    ModelInfo,
    ModelView,
    Probed,
    ResidencyEvent,
    ResidencyState,
    Resident,
    Speed,
)
from llmrouter_tui.core.errors import BackendError, RouterError
from llmrouter_tui.core.estimate import speed as estimate_speed
from llmrouter_tui.core.events import BackendChanged, ModelsChanged, ResidencyChanged
from llmrouter_tui.core.footprint import USUAL, estimated
from llmrouter_tui.core.placement import Layout
from llmrouter_tui.core.ports import Backend, Clock, ModelMemory
from llmrouter_tui.engine.bus import Bus
from llmrouter_tui.engine.footprints import Room, bound, inform, notice, other_weights
from llmrouter_tui.engine.learning import Learning
from llmrouter_tui.engine.record import IN_MEMORY, ModelRecord
from llmrouter_tui.engine.rivals import learn
from llmrouter_tui.engine.whereabouts import locate

log = logging.getLogger(__name__)

FOLD_SECONDS = 0.1
"""Changes of models are published together this often."""
LAYOUTS: Mapping[str, Layout] = {"ollama": "roomiest", "embedded": "either"}
"""How backends lay a model out over several GPUs; llama.cpp's servers, and LM Studio, do so over all. Ollama takes the
one with the most room where that is enough; the embedded engine does as it is told."""
GONE = 256
"""Models that left their list and are remembered, the newest."""


@dataclass(slots=True)
class BackendRecord:
    """One backend as the engine keeps it."""

    backend: Backend
    configured: bool
    pool: str = ""
    """Memory pool named by the user; empty: automatic."""
    context_limit: int | None = None
    """The context that its models are loaded with, as the user named it; None: not named."""
    health: BackendHealth = "starting"
    since: float = 0.0
    detail: str = ""
    models: int = 0
    polls: int = 0
    looked_at: float = 0.0
    """Wall time of the last look at what it holds."""
    misses: int = 0
    """Looks in a row that found it down."""
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    """Set to have it looked at before its turn."""
    loop: asyncio.Task[None] | None = None

    def view(self) -> BackendView:
        b = self.backend
        return BackendView(
            name=b.name,
            kind=b.kind,
            url=b.url,
            health=self.health,
            since=self.since,
            detail=self.detail,
            models=self.models,
            configured=self.configured,
            places=b.places,
        )


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
        self.version = 0
        """Grows with every change that decisions must see."""
        self.pinned_names: tuple[str, ...] = ()
        """The models that the settings want pinned, by id or name."""
        self.room: Room = lambda pool: None
        """What models may take of a pool."""
        self.probed: Callable[[ModelInfo], tuple[Probed, ...]] = lambda info: ()
        """What was tried of a model here."""
        self.on_up: Callable[[BackendRecord], None] = lambda record: None
        """Called when a backend comes up, its models being known."""
        self.backends: dict[str, BackendRecord] = {}
        self.models: dict[str, ModelRecord] = {}
        self.devices: tuple[Device, ...] = ()
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
        del self.backends[record.backend.name]
        self.drop_models(record, keep=())
        self._bus.publish(BackendChanged(record.view(), removed=True))

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

    def views(self) -> tuple[ModelView, ...]:
        """All models as decisions and screens see them."""
        if self._views is None:
            self._views = tuple(record.view() for record in self.models.values())
        return self._views

    async def close(self) -> None:
        if self._flush_handle is not None:
            self._flush_handle.cancel()
        await asyncio.gather(*(r.backend.close() for r in self.backends.values()), return_exceptions=True)

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

    def _flush(self) -> None:
        self._dirty.update(record.id for record in self._learning.settle(self.models.values()))
        self._flush_handle = self._views = None
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

    def lost(self, record: ModelRecord) -> bool:
        """A backend that loads by itself found no room for a model that was thought to be in memory: it had left, and
        others came. False where others still hold it, or where nothing is loaded on request."""
        if record.leases or not record.backend.manages_memory or record.residency != "resident":
            return False
        record.residency = "absent"
        record.ours = False
        record.turns += 1
        self.touch(record)
        self.look_again(record.info.backend)
        return True

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
        for model in self._models_of(record):
            model.healthy = health == "up"
            self.touch(model)
        self._bus.publish(BackendChanged(record.view()))
        if came_up:
            self.on_up(record)

    def family(self, record: ModelRecord) -> list[ModelRecord]:
        """A model and the other names whose weights in memory are the same."""
        return [m for m in self._models_of_backend(record.backend) if m is record or m.weights == record.weights]

    def _models_of_backend(self, backend: Backend) -> list[ModelRecord]:
        return [m for m in self.models.values() if m.backend is backend]

    def _models_of(self, record: BackendRecord) -> list[ModelRecord]:
        return self._models_of_backend(record.backend)

    def listed(self, record: BackendRecord, infos: Sequence[ModelInfo]) -> None:
        """Take in the list of models a backend hosts."""
        for info in infos:
            known = self.models.get(info.id)
            if known is None:
                self._new_model(record, info)
            elif known.told != info:
                if other_weights(known.told, info):
                    known.seen = None
                known.told = info
                self._recall(known)
                inform(known, self._configured(record), self.room)
                self._learning.refresh(known)
                self.touch(known)
        self.drop_models(record, keep={info.id for info in infos})
        if record.models != len(infos):
            record.models = len(infos)
            self._bus.publish(BackendChanged(record.view()))

    def _new_model(self, record: BackendRecord, info: ModelInfo) -> None:
        model = self._gone.pop(info.id, None)
        if model is None or model.backend is not record.backend:
            pool = self._usual(self._reach(record, info))
            model = ModelRecord(
                info, record.backend, pool, self._memories.get(info.id), self._guess(record, info, pool)
            )
            self._settle(model, record)
        model.told = info
        self._recall(model)
        inform(model, self._configured(record), self.room)
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
        inform(model, self._configured(record), self.room)
        self._learning.refresh(model)
        self.touch(model)

    def drop_models(self, record: BackendRecord, keep: Iterable[str]) -> None:
        """Its models are gone, but for those to ``keep``."""
        kept = set(keep)
        gone = tuple(m.id for m in self._models_of(record) if m.id not in kept)
        for model_id in gone:
            self._gone[model_id] = self.models.pop(model_id)
        for model_id in list(self._gone)[:-GONE]:
            del self._gone[model_id]
        if gone:
            self._views = None
            self.version += 1
            self._bus.publish(ModelsChanged((), removed=gone))

    def turns(self, record: BackendRecord) -> dict[str, int]:
        """How often each of its models came or went so far: to be asked before the backend is."""
        return {model.id: model.turns for model in self._models_of(record)}

    def held(self, record: BackendRecord, residents: Sequence[Resident], turns: Mapping[str, int]) -> None:
        """Compare what a backend holds with what we thought: the backend is right, except on models that came or
        went (``turns``) after it was asked."""
        held = {resident.name: resident for resident in residents}
        models, went = self._models_of(record), []
        for model in models:
            if not model.backend.manages_memory or model.turns != turns.get(model.id):
                continue
            resident = held.get(model.info.name)
            before = _place(model)
            own = not model.shares
            model.shares = resident.shares if resident else ""
            if not model.in_motion:
                was, model.residency = model.residency, resident.state if resident else "absent"
                if own and not model.shares and self._by_others(model, was) == "unload":
                    went.append(model)
                if was != model.residency:
                    model.where, model.whence = (), ""
                if resident is None:
                    model.ours = False
            model.on_gpu = resident.on_gpu if resident else None
            model.loaded_context = resident.context_length if resident else None
            model.pid = resident.pid if resident else None
            if resident and notice(model, resident):
                self._learning.noticed(model)
            if inform(model, self._configured(record), self.room) or before != _place(model):
                self.touch(model)
        self._locate(models)
        if record.backend.manages_memory and record.backend.places is None:
            learn(models, went, record.looked_at)
        record.looked_at = self._clock.wall()

    def _by_others(self, model: ModelRecord, was: ResidencyState) -> Literal["load", "unload", ""]:
        """Tell of a model that came or went without us; what is there at the first look is no news."""
        is_here, was_here = (state == "resident" for state in (model.residency, was))
        if was == "unknown" or is_here == was_here:
            return ""
        kind: Literal["load", "unload"] = "load" if is_here else "unload"
        reason = "by somebody else" if is_here else f"{model.info.backend} let it go"
        log.info("%s %s: %s", kind, model.id, reason)
        event = ResidencyEvent(self._clock.wall(), kind, model.id, model.pool, None, reason, external=True)
        self._bus.publish(ResidencyChanged(event))
        return kind

    def _locate(self, models: Sequence[ModelRecord]) -> None:
        """Find out on which GPUs models of one server are, where there is a choice."""
        before = [(model.where, model.whence) for model in models]
        locate(models, self.models.values(), self.devices)
        for model, was in zip(models, before, strict=True):
            if (model.where, model.whence) != was:
                self.touch(model)

    def aim(self, record: ModelRecord, pools: tuple[str, ...]) -> None:
        """A model is to be loaded to these pools, with the context that it has there; to none: it is not loaded."""
        if record.roams and pools != record.aim:
            record.aim = pools
            inform(record, self._configured(self.backends[record.info.backend]), self.room)
            self.touch(record)

    def _settle(self, model: ModelRecord, record: BackendRecord) -> None:
        """Where a model can be, and how it is laid out there."""
        model.reach = self._reach(record, model.info)
        model.usual = self._usual(model.reach)
        model.layout = LAYOUTS.get(record.backend.kind, "all") if record.backend.manages_memory else "one"

    def _reach(self, record: BackendRecord, info: ModelInfo) -> tuple[str, ...]:
        """The pools that a model may live in: the user's word, else the GPUs, else RAM; none if it is elsewhere."""
        if not info.local:
            return ()
        if record.pool:
            return (record.pool,)
        return tuple(d.pool for d in self.devices if d.pool != HOST_POOL) or (HOST_POOL,)

    def _usual(self, reach: tuple[str, ...]) -> str:
        """The largest of them."""
        totals = {d.pool: d.total for d in self.devices}
        return max(reach, key=lambda pool: totals.get(pool, 0)) if reach else ""

    def _guess(self, record: BackendRecord, info: ModelInfo, pool: str) -> Speed:
        """Speed by size. A model of which a part would be in RAM counts as wholly there: each token waits for it."""
        total = next((d.total for d in self.devices if d.pool == pool), None)
        split = record.backend.kind == "ollama" and total is not None and (estimated(info, pool, USUAL) or 0) > total
        return estimate_speed(info, HOST_POOL if split or not pool else pool)

    def sampled(self, devices: Sequence[Device]) -> None:
        """Take in measured memory; models found before the first sample get their pool now."""
        first = not self.devices
        for before in self.devices:
            if not before.problem and any(d.problem for d in devices if d.pool == before.pool):
                held = sum(m.held_in(before.pool) for m in self.models.values() if m.residency in IN_MEMORY)
                self.others[before.pool] = max(0, before.used - held)
        self.devices = tuple(devices)
        for model in bound(self.models.values(), devices):
            self.touch(model)
        if first:
            for model in self.models.values():
                backend = self.backends[model.info.backend]
                self._settle(model, backend)
                inform(model, self._configured(backend), self.room)
                self.touch(model)

    def _configured(self, record: BackendRecord) -> int | None:
        """The context that the user gave a backend's models."""
        if record.context_limit is not None or not record.backend.sets_context:
            return record.context_limit
        return self._context


def _place(model: ModelRecord) -> tuple[object, ...]:
    """What others must be told of when it changes."""
    return model.residency, model.seen, model.on_gpu, model.shares, model.where
