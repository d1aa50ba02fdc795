"""One model into memory or out of it: its states on the way, what is published and what is remembered of it."""

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from typing import Literal

from llmrouter_tui.core.domain import ModelInfo, ResidencyEvent, ResidencyState
from llmrouter_tui.core.errors import BackendError, RouterError
from llmrouter_tui.core.events import ResidencyChanged
from llmrouter_tui.core.ports.clock import Clock
from llmrouter_tui.core.second_try import SecondTry
from llmrouter_tui.engine.bus import Bus
from llmrouter_tui.engine.fleet import Fleet
from llmrouter_tui.engine.learning import Learning
from llmrouter_tui.engine.leasing import DRAIN_SECONDS, Leases
from llmrouter_tui.engine.record import ModelRecord
from llmrouter_tui.engine.scales import Scales
from llmrouter_tui.engine.whereabouts import grown, look

log = logging.getLogger(__name__)

RETRY_SECONDS, RETRY_LIMIT = 60.0, 900.0
"""How long a model is left alone after a failed load: doubled at each failure in a row, up to the limit."""
MORE = 1.25
"""By how much a footprint that was too small grows at once, at most: the room that there was says no more than that it
was too little, and something else may have been wrong."""

Kind = Literal["load", "unload", "load_failed", "unload_failed"]


class Moves:
    """Carries out what ``Residency`` decided; only that calls it, one call at a time per pool unless all is to go."""

    def __init__(
        self,
        fleet: Fleet,
        leases: Leases,
        learning: Learning,
        bus: Bus,
        clock: Clock,
        *,
        measure: Callable[[], Awaitable[object]],
        load_timeout: float,
    ) -> None:
        self._fleet = fleet
        self._leases = leases
        self._learning = learning
        self._bus = bus
        self._clock = clock
        self._measure = measure
        self._scales = Scales(fleet, clock, measure)
        self._load_timeout = load_timeout
        self._ways_out: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        """By weights: nobody leaves twice at the same time."""
        self._pauses: dict[str, asyncio.TimerHandle] = {}
        """Until when models are left alone after their last failure."""

    # ── in ──

    async def load(self, record: ModelRecord, *, keep_alive: float | None, context_length: int | None) -> None:
        """Load a model and grant it to those who wait. Raises ``BackendError``; what follows is the caller's."""
        started = self._clock.mono()
        self._state(record, "loading")
        try:
            weighing = await self._scales.before(record)
            before = look(record, self._fleet.models.values(), self._fleet.devices)
            async with asyncio.timeout(self._load_timeout):
                await record.backend.load(record.info, keep_alive=keep_alive, context_length=context_length)
            await self._scales.after(record, weighing)
            if record.roams:
                await self._measure()
                grown(record, before, self._fleet.models.values(), self._fleet.devices)
        except TimeoutError:
            raise self._too_slow(record) from None
        self._loaded(record, self._clock.mono() - started)

    def _loaded(self, record: ModelRecord, seconds: float) -> None:
        self._state(record, "resident")
        record.ours, record.lost, record.problem, record.failures, record.at_least = True, False, "", 0, 0
        record.on_gpu = None  # told at the next look
        record.last_used = self._clock.wall()
        first = min((ticket.exchange_id for ticket in record.tickets), default="")
        self._leases.grant(record)
        record.load_history.append(seconds)
        self._learning.loaded(record, seconds)
        self._fleet.look_again(record.info.backend)
        self._note("load", record, seconds, f"for {first[-4:]}" if first else _unasked(record), first)

    def not_loaded(self, record: ModelRecord) -> None:
        """A load was broken off."""
        self._state(record, "absent")

    def load_failed(self, record: ModelRecord, error: Exception) -> BackendError:
        """Say what went wrong, as an error that another model may cure; what the backend holds is read again at the
        next look."""
        if not isinstance(error, RouterError):
            log.error("loading %s failed in the router", record.id, exc_info=error)
        told = _curable(error, record)
        self._state(record, "absent")
        record.lost = True
        self._fleet.look_again(record.info.backend)
        self._note("load_failed", record, None, told.message)
        return told

    def too_little(self, record: ModelRecord, room: int) -> None:
        """A load ran out of memory where there was this much room: it needs more than was thought, if that was less."""
        if (needed := record.needed_bytes() or 0) <= room:
            record.at_least = min(room + 1, int(needed * MORE)) if needed else room + 1

    def once_more(self, record: ModelRecord, error: BackendError, again: SecondTry) -> None:
        """A load failed for want of memory and is tried again."""
        self._state(record, "absent")
        how = "with more room" if again == "roomier" else "since others took its memory meanwhile"
        self._note("load_failed", record, None, f"{error.message}; once more {how}")

    def remember(self, record: ModelRecord, error: BackendError) -> None:
        """A model that cannot be loaded is left alone for a while, so that no request unloads others for it."""
        if error.unhealthy:
            return
        record.failures += 1
        record.problem = f"its last load failed: {error.message.removesuffix('.')}"
        pause = min(RETRY_LIMIT, RETRY_SECONDS * 2 ** (record.failures - 1))
        if (earlier := self._pauses.get(record.id)) is not None:
            earlier.cancel()
        self._pauses[record.id] = asyncio.get_running_loop().call_later(pause, self._forgive, record)

    def _forgive(self, record: ModelRecord) -> None:
        self._pauses.pop(record.id, None)
        record.problem = ""
        self._fleet.touch(record)

    def _too_slow(self, record: ModelRecord) -> BackendError:
        words = f"{record.id} was not loaded within {self._load_timeout:.0f} s"
        return failure("load_timeout", words, record, hint="raise load_timeout_seconds if its disk is that slow")

    # ── out ──

    async def unload(
        self,
        leaving: Sequence[ModelRecord],
        reason: str,
        *,
        evicted_for: str = "",
        force: bool = False,
        wanted: Callable[[], bool] = lambda: True,
    ) -> None:
        """No new leases, wait for answers in flight, then unload, one after another, with all names of the same
        weights. Raises ``BackendError``; what is not unloaded then stays in memory, as it does when this is not
        ``wanted`` any more. One that is not there is left alone."""
        async with contextlib.AsyncExitStack() as stack:  # one that lies on two GPUs may have to leave for both
            for name in sorted({f"{record.info.backend}/{record.weights}" for record in leaving}):
                await stack.enter_async_context(self._ways_out[name])
            leaving = [record for record in leaving if _there(record)]
            family = [member for record in leaving for member in self._fleet.family(record)]
            try:
                if await self._drain(leaving, family, force=force, wanted=wanted):
                    for record in leaving:
                        if _there(record) and (force or wanted()):
                            await self._take_out(record, reason, evicted_for)
            finally:
                for member in family:
                    member.draining = False
                    self._fleet.touch(member)

    async def _take_out(self, record: ModelRecord, reason: str, evicted_for: str) -> None:
        started = self._clock.mono()
        family = self._fleet.family(record)
        for member in family:
            self._state(member, "unloading")
        try:
            await record.backend.unload(record.info)
        except BaseException as error:
            for member in family:
                self._state(member, "resident")
            if isinstance(error, Exception):
                self._note("unload_failed", record, None, str(error))
            raise
        else:
            for member in family:
                self._state(member, "absent")
                member.ours = member.lost = False
        finally:
            self._fleet.look_again(record.info.backend)
        self._note("unload", record, self._clock.mono() - started, reason, evicted_for=evicted_for)
        await self._measure()

    async def _drain(
        self,
        leaving: Sequence[ModelRecord],
        family: Sequence[ModelRecord],
        *,
        force: bool,
        wanted: Callable[[], bool],
    ) -> bool:
        try:
            return await self._leases.drain(family, force=force, wanted=wanted)
        except TimeoutError:
            slow = next((record for record in leaving if any(m.leases for m in self._fleet.family(record))), leaving[0])
            words = f"{slow.id} still answers after {DRAIN_SECONDS:.0f} s and was left in memory"
            raise failure("load_timeout", words, slow) from None

    # ── saying so ──

    def _state(self, record: ModelRecord, residency: ResidencyState) -> None:
        record.residency = residency
        record.in_motion = residency in ("loading", "unloading")
        record.since = self._clock.wall()
        record.turns += 1
        if residency in ("unloading", "absent"):
            record.gave_up = record.since
        self._fleet.touch(record)

    def _note(
        self,
        kind: Kind,
        record: ModelRecord,
        seconds: float | None,
        reason: str,
        exchange_id: str = "",
        evicted_for: str = "",
    ) -> None:
        log.log(logging.WARNING if kind.endswith("failed") else logging.INFO, _line(kind, record.info, seconds, reason))
        event = ResidencyEvent(
            self._clock.wall(), kind, record.id, record.pool, seconds, reason, exchange_id, evicted_for=evicted_for
        )
        self._bus.publish(ResidencyChanged(event))


def _line(kind: Kind, info: ModelInfo, seconds: float | None, reason: str) -> str:
    """For the log. Who tells why something failed names the model mostly; it is not named twice."""
    what, took = kind.replace("_", " "), f" in {seconds:.1f} s" if seconds is not None else ""
    if not kind.endswith("failed"):
        return f"{what} {info.id}{took} {reason}"
    if info.id in reason or f"{info.backend} ({info.name})" in reason:
        return f"{what}: {reason}"
    return f"{what}: {info.id}: {reason}"


def _unasked(record: ModelRecord) -> str:
    """Why a model is loaded that no request waits for."""
    return "pinned" if record.pinned else "asked for"


def _there(record: ModelRecord) -> bool:
    return record.residency in ("resident", "unknown")


def failure(
    code: Literal["backend_unreachable", "out_of_memory", "load_timeout", "model_loading"],
    words: str,
    record: ModelRecord,
    hint: str = "",
) -> BackendError:
    """Why a model cannot be had now; another one may do."""
    return BackendError(code, words, backend=record.info.backend, model=record.info.name, fallback=True, hint=hint)


def _curable(error: Exception, record: ModelRecord) -> BackendError:
    """Whatever keeps a model from being loaded, another model may do: it is never the client's fault."""
    if isinstance(error, BackendError) and error.fallback:
        return error
    words = error.message if isinstance(error, RouterError) else repr(error)
    return BackendError(
        "backend_error",
        f"{record.id} could not be loaded: {words}",
        backend=record.info.backend,
        model=record.info.name,
        fallback=True,
    )
