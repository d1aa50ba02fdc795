"""Fetching public figures as a job: by hand or by the daily schedule, one at a time, with progress, cancellable."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.events import SyncChanged
from llmrouter_tui.core.ports.clock import Clock
from llmrouter_tui.core.ports.figures import FigureStore, Syncing
from llmrouter_tui.core.sync import (
    SOURCES,
    SourceView,
    SyncedFigure,
    SyncProgress,
    SyncRecord,
    SyncView,
    due,
    next_due,
    outcome,
    title,
)
from llmrouter_tui.engine.bus import Bus
from llmrouter_tui.engine.tasks import Tasks

LOOK: Final = 900.0
"""Seconds between looks at the clock; a laptop that slept catches up within them."""
FOLD: Final = 0.25
"""Seconds between two facts of progress."""
_SOURCE: Final = {"source": "figures"}

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Boards:
    """The sources as this job needs them. ``make`` gets what asks them, not before something is fetched; ``why_not``
    says of a source why it cannot be asked, ``refused`` of all."""

    hosts: Mapping[str, str]
    make: Callable[[], Awaitable[Syncing]]
    why_not: Mapping[str, str]
    refused: str = ""


class Syncs:
    """At most one run at a time. ``take`` puts figures in the place of all that were fetched before."""

    def __init__(
        self,
        boards: Boards,
        store: FigureStore,
        bus: Bus,
        tasks: Tasks,
        clock: Clock,
        take: Callable[[Sequence[SyncedFigure]], Awaitable[None]],
    ) -> None:
        self._boards = boards
        self._store = store
        self._bus = bus
        self._tasks = tasks
        self._clock = clock
        self._take = take
        self._history: Sequence[SyncRecord] = ()
        self._asking: tuple[str, ...] = ()
        self._progress: dict[str, SyncProgress] = {}
        self._task: asyncio.Task[None] | None = None
        self._told_at = 0.0
        self._said = ""
        self._given_up = False
        self._daily = self._started = False
        self._since = 0.0
        """When the user switched the schedule on in this run."""
        self._wake = asyncio.Event()
        self._wake.set()

    # ── out ──

    def view(self) -> SyncView:
        now, daily = self._clock.wall(), self._daily and not self._boards.refused
        return SyncView(
            sources=tuple(self._source(name) for name in SOURCES),
            asking=self._asking,
            daily=self._daily,
            next_at=next_due(self._history, self._askable(), now, self._since) if daily else None,
            refused=self._boards.refused,
        )

    def _source(self, name: str) -> SourceView:
        runs = [record for record in self._history if record.source == name]
        progress = self._progress.get(name)
        if progress is not None and progress.record is not None:
            runs, progress = [progress.record, *runs], replace(progress, record=None)
        runs = [replace(record, validators=()) for record in runs]  # those are between us and the source
        return SourceView(
            name,
            self._boards.hosts.get(name, ""),
            self._boards.why_not.get(name, ""),
            last=runs[0] if runs else None,
            good=next((record for record in runs if record.good), None),
            progress=progress,
        )

    def _askable(self) -> tuple[str, ...]:
        return tuple(name for name in SOURCES if not self._boards.why_not.get(name))

    async def figures(self, models: Collection[str]) -> Sequence[SyncedFigure]:
        """What was fetched of these models, by their ids in the catalog."""
        return [figure for figure in await self._store.synced_figures() if figure.model in models]

    def _publish(self) -> None:
        self._told_at = self._clock.mono()
        self._bus.publish(SyncChanged(self.view()))

    # ── commands ──

    async def load(self) -> None:
        """Take in what earlier runs fetched, if the database can be read now."""
        with contextlib.suppress(RouterError):
            await self._read(await self._store.sync_history())

    def start(self, sources: Sequence[str] = ()) -> None:
        """Ask these sources, or all that can be asked. Raises ``RouterError``, also while a run is under way."""
        if self._boards.refused:
            raise RouterError("invalid_request", self._boards.refused)
        for source in sources:
            if source not in SOURCES:
                hint = f"the sources are {', '.join(SOURCES)}"
                raise RouterError("invalid_request", f"there is no source {source!r}", hint=hint, param="sources")
            if why := self._boards.why_not.get(source):
                raise RouterError("invalid_request", f"{title(source)} is not asked: {why}", param="sources")
        if self._asking:
            raise RouterError("invalid_request", "public figures are being fetched already", hint="wait, or cancel it")
        self._begin(tuple(name for name in SOURCES if name in (sources or self._askable())))

    def cancel(self) -> None:
        """Sources whose turn did not come count as cancelled too, so that the schedule lets them rest for an hour."""
        if self._asking and self._task is not None and not self._task.cancelling():
            self._given_up = True
            self._task.cancel()

    def schedule(self, value: str) -> None:
        """``daily``, or ``off``."""
        if value == "daily" and not self._daily and self._started:
            self._since = self._clock.wall()
        self._daily, self._started = value == "daily", True
        self._wake.set()
        self._publish()

    # ── the schedule ──

    async def step(self) -> None:
        """Wait for the next look at the clock, which comes at once when the schedule was changed; then look."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK):
                await self._wake.wait()
        self._wake.clear()
        await self.look()

    async def look(self) -> None:
        """Ask what is due, and take in what another program put into the same database. One that cannot be read now
        is tried again at the next look."""
        with contextlib.suppress(RouterError):
            history = await self._store.sync_history()
            if not self._asking and list(history) != list(self._history):
                await self._read(history)
                self._publish()
            if self._daily and not self._asking and not self._boards.refused:
                wanted = due(history, self._askable(), self._clock.wall(), self._since)
                if wanted:
                    self._begin(wanted)

    # ── a run ──

    def _begin(self, sources: tuple[str, ...]) -> None:
        self._asking, self._progress, self._given_up = sources, {}, False
        self._task = self._tasks.spawn(self._run(sources), "fetching public figures")
        self._publish()

    async def _run(self, sources: tuple[str, ...]) -> None:
        try:
            await (await self._boards.make()).run(sources, report=self._told)
        finally:
            try:
                await self._settle()
            finally:
                self._asking, self._progress = (), {}
                self._publish()

    def _told(self, progress: SyncProgress) -> None:
        before = self._progress.get(progress.source)
        self._progress[progress.source] = progress
        moved = before is None or before.state != progress.state
        if moved or self._clock.mono() - self._told_at >= FOLD:
            self._publish()

    async def _settle(self) -> None:
        """However it ended: what was stored is in use from now on, and one line tells of it."""
        records = [progress.record for progress in self._progress.values() if progress.record is not None]
        try:
            for source in self._asking if self._given_up else ():
                if source not in self._progress:
                    now = self._clock.wall()
                    await self._store.store_sync(SyncRecord(source, now, now, "cancelled", message="not asked"))
            history = await self._store.sync_history()
            if any(record.status == "ok" for record in records):
                await self._read(history)
            self._history = history
        except RouterError as error:
            log.warning("what was fetched cannot be read now: %s", error, extra=_SOURCE)
        self._say(records)

    async def _read(self, history: Sequence[SyncRecord]) -> None:
        figures = await self._store.synced_figures()
        if figures or self._history:
            await self._take(figures)
        self._history = history

    def _say(self, records: Sequence[SyncRecord]) -> None:
        """One line for a run; none where nothing could be reached, as before."""
        said = told(records)
        if said and not (said == self._said and _offline(records)):
            bad = any(record.status == "failed" for record in records)
            log.log(logging.WARNING if bad else logging.INFO, "%s", said, extra=_SOURCE)
        self._said = said


def _offline(records: Sequence[SyncRecord]) -> bool:
    return bool(records) and all(record.status == "offline" for record in records)


def told(records: Sequence[SyncRecord]) -> str:
    """A run in a line; one clause where nothing could be reached."""
    if _offline(records):
        return f"public figures stay as they are, nothing could be reached: {records[0].message}"
    parts = [f"{title(record.source)} {record.status}: {outcome(record)}" for record in records]
    return f"public figures, {'; '.join(parts)}" if parts else ""
