"""What backends hold in memory, compared with what we thought: who came or went without us, and where everyone is."""

import asyncio
import contextlib
import logging
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from llmrouter_tui.core.domain import ResidencyEvent, ResidencyState, Resident
from llmrouter_tui.core.errors import BackendError
from llmrouter_tui.core.events import ResidencyChanged
from llmrouter_tui.core.ports.clock import Clock
from llmrouter_tui.engine.backend_record import BackendRecord
from llmrouter_tui.engine.bus import Bus
from llmrouter_tui.engine.footprints import notice
from llmrouter_tui.engine.learning import Learning
from llmrouter_tui.engine.record import ModelRecord
from llmrouter_tui.engine.rivals import learn
from llmrouter_tui.engine.whereabouts import locate

if TYPE_CHECKING:
    from llmrouter_tui.engine.fleet import Fleet

log = logging.getLogger(__name__)

ANSWER_SECONDS = 2.0
"""How long a backend that is asked out of turn may take to answer."""


class Holdings:
    """The part of the fleet that knows who is in memory."""

    def __init__(self, fleet: "Fleet", bus: Bus, clock: Clock, learning: Learning) -> None:
        self._fleet = fleet
        self._bus = bus
        self._clock = clock
        self._learning = learning

    def turns(self, record: BackendRecord) -> dict[str, int]:
        """How often each of a backend's models came or went so far: to be asked before the backend is."""
        return {model.id: model.turns for model in self._fleet.models_of(record)}

    def compare(self, record: BackendRecord, residents: Sequence[Resident], turns: Mapping[str, int]) -> None:
        """Take in what a backend holds: it is right, except on models that came or went (``turns``) after it was
        asked."""
        held = {resident.name: resident for resident in residents}
        models, went = self._fleet.models_of(record), []
        for model in models:
            if (resident := held.get(model.info.name)) and resident.crowd is not None:
                model.told_crowd(resident.crowd)
            if not model.backend.manages_memory or model.turns != turns.get(model.id):
                continue
            before = _place(model)
            if self._seen(model, held.get(model.info.name)):
                went.append(model)
            if self._fleet.inform(model, record) or before != _place(model):
                self._fleet.touch(model)
        self._locate(models)
        if record.backend.manages_memory and record.backend.places is None:
            learn(models, went, record.looked_at)
        record.looked_at = self._clock.wall()

    async def reconcile(self, pools: Collection[str]) -> None:
        """Ask those backends now, not at their next turn, whose models may have memory of these pools. Who does not
        answer in time is left as it is: the lookout will say what is wrong with it."""
        near = {m.info.backend for m in self._fleet.models.values() if not pools or any(p in pools for p in m.reach)}
        asked = [r for name, r in self._fleet.backends.items() if name in near and r.backend.manages_memory]
        await asyncio.gather(*(self._ask(record) for record in asked))

    async def _ask(self, record: BackendRecord) -> None:
        turns = self.turns(record)
        with contextlib.suppress(BackendError, TimeoutError):
            async with asyncio.timeout(ANSWER_SECONDS):
                residents = await record.backend.residents()
            self.compare(record, residents, turns)

    def _seen(self, model: ModelRecord, resident: Resident | None) -> bool:
        """Take in what is told of one; whether it went without us."""
        own, gone = not model.shares, False
        model.shares = resident.shares if resident else ""
        if not model.in_motion:
            was, model.residency = model.residency, resident.state if resident else "absent"
            gone = own and not model.shares and self._by_others(model, was) == "unload"
            if was != model.residency:
                model.where, model.whence = (), ""
                model.lost = was == "resident" and resident is None
            if resident is None:
                model.ours = False
        model.on_gpu = resident.on_gpu if resident else None
        model.loaded_context = resident.context_length if resident else None
        model.pid = resident.pid if resident else None
        if resident and notice(model, resident):
            self._learning.noticed(model)
        return gone

    def _by_others(self, model: ModelRecord, was: ResidencyState) -> Literal["load", "unload", ""]:
        """Tell of a model that came or went without us; what is there at the first look is no news."""
        is_here, was_here = (state == "resident" for state in (model.residency, was))
        if was == "unknown" or is_here == was_here:
            return ""
        kind: Literal["load", "unload"] = "load" if is_here else "unload"
        reason = "by somebody else" if is_here else f"{model.info.backend} let it go"
        if is_here:
            model.brought = self._clock.wall()
        log.info("%s %s: %s", kind, model.id, reason)
        event = ResidencyEvent(self._clock.wall(), kind, model.id, model.pool, None, reason, external=True)
        self._bus.publish(ResidencyChanged(event))
        return kind

    def _locate(self, models: Sequence[ModelRecord]) -> None:
        """Find out on which GPUs models of one server are, where there is a choice."""
        before = [(model.where, model.whence) for model in models]
        locate(models, self._fleet.models.values(), self._fleet.devices)
        for model, was in zip(models, before, strict=True):
            if (model.where, model.whence) != was:
                self._fleet.touch(model)

    def lost(self, record: ModelRecord) -> bool:
        """A backend that loads by itself found no room for a model that was thought to be in memory: it had left, and
        others came. False where others still hold it, or where nothing is loaded on request."""
        if record.leases or not record.backend.manages_memory or record.residency != "resident":
            return False
        record.residency = "absent"
        record.ours, record.lost = False, True
        record.turns += 1
        self._fleet.touch(record)
        self._fleet.look_again(record.info.backend)
        return True


def _place(model: ModelRecord) -> tuple[object, ...]:
    """What others must be told of when it changes."""
    return model.residency, model.seen, model.on_gpu, model.shares, model.where
