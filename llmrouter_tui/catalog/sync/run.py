"""A run: ask each source, check all of it, match the names, and store all of it or nothing."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

import httpx

from llmrouter_tui.catalog.sync.artificial_analysis import ArtificialAnalysis
from llmrouter_tui.catalog.sync.endpoints import LIVE, Endpoints
from llmrouter_tui.catalog.sync.http import Document, Fetcher, Patience, Sleep, SourceError, open_client
from llmrouter_tui.catalog.sync.livebench import LiveBench
from llmrouter_tui.catalog.sync.lmarena import LMArena
from llmrouter_tui.catalog.sync.models_dev import ModelsDev
from llmrouter_tui.catalog.sync.naming import Known, choose
from llmrouter_tui.catalog.sync.openrouter import OpenRouter
from llmrouter_tui.catalog.sync.reading import Harvest
from llmrouter_tui.catalog.sync.source import Session, Source
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.ports.figures import FigureStore
from llmrouter_tui.core.sync import BY_KEY, SOURCES, Status, SyncedFigure, SyncProgress, SyncRecord, Validator, title

READERS: Final[tuple[Source, ...]] = (LMArena(), OpenRouter(), LiveBench(), ModelsDev(), ArtificialAnalysis())
SOURCE_SECONDS: Final = 600.0
"""Most that one source may take, waits included; LMArena's seventy pages take half a minute on a good day."""

Report = Callable[[SyncProgress], None]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a run goes by besides its sources; tests bring their own servers and clocks."""

    endpoints: Endpoints = LIVE
    patience: Patience = Patience()
    source_seconds: float = SOURCE_SECONDS
    clock: Callable[[], float] = time.time
    sleep: Sleep = asyncio.sleep


class Sync:
    """See ``core.ports.figures.Syncing``. ``stamp`` names the ``known`` catalog: with another one, documents that did
    not change are read again. ``keys`` holds the user's keys by source."""

    def __init__(
        self,
        store: FigureStore,
        known: Known,
        *,
        stamp: str,
        keys: Mapping[str, str] | None = None,
        terms: Terms | None = None,
    ) -> None:
        self._store = store
        self._known = known
        self._stamp = stamp
        self._keys = keys or {}
        self._terms = terms or Terms()

    def askable(self) -> tuple[str, ...]:
        """The sources that can be asked: all but those that need a key and have none."""
        return tuple(source for source in SOURCES if source not in BY_KEY or self._keys.get(source))

    async def run(self, sources: Sequence[str] = (), *, report: Report = lambda progress: None) -> list[SyncRecord]:
        """Ask these sources, one after another. Raises ``RouterError`` (``invalid_request``) for a source that is
        not known or whose key is missing, before anything is asked."""
        wanted = self._checked(sources)
        async with await asyncio.to_thread(open_client) as client:
            return [await self._source(reader, client, report) for reader in READERS if reader.name in wanted]

    def _checked(self, sources: Sequence[str]) -> frozenset[str]:
        for source in sources:
            if source not in SOURCES:
                raise RouterError(
                    "invalid_request", f"There is no source {source!r}.", hint=f"The sources are {', '.join(SOURCES)}."
                )
            if source not in self.askable():
                raise RouterError(
                    "invalid_request",
                    f"{title(source)} is asked with a key of your own only, and none is set.",
                    hint="Put it into ROUTER_ARTIFICIAL_ANALYSIS_KEY.",
                )
        return frozenset(sources or self.askable())

    async def _source(self, reader: Source, client: httpx.AsyncClient, report: Report) -> SyncRecord:
        """One source from question to record; never raises for what is wrong with the source or the database."""
        meter = _Meter(reader.name, report)
        started = self._terms.clock()
        blank = SyncRecord(reader.name, started, started, "failed", stamp=self._stamp)
        figures: list[SyncedFigure] | None = None
        try:
            async with asyncio.timeout(self._terms.source_seconds):
                record, figures = await self._asked(reader, client, meter, blank)
        except asyncio.CancelledError:
            cancelled = self._ended(blank, "cancelled", "nothing was changed")
            with contextlib.suppress(RouterError):
                await self._store.store_sync(cancelled)
            meter.done(cancelled)
            raise
        except SourceError as error:
            record = self._ended(blank, "offline" if error.offline else "failed", str(error))
        except TimeoutError:
            record = self._ended(blank, "failed", f"it took more than {self._terms.source_seconds:g} s")
        except Exception as error:  # whatever a source sends, the router goes on and tells
            _log.exception("the figures of %s could not be read", reader.name)
            record = self._ended(blank, "failed", f"its figures could not be read ({type(error).__name__}: {error})")
        record = await self._stored(record, figures)
        meter.done(record)
        return record

    async def _asked(
        self, reader: Source, client: httpx.AsyncClient, meter: "_Meter", blank: SyncRecord
    ) -> tuple[SyncRecord, list[SyncedFigure] | None]:
        fetcher = Fetcher(
            client, self._terms.patience, arrived=meter.arrived, waiting=meter.waiting, sleep=self._terms.sleep
        )
        today = datetime.fromtimestamp(blank.started, UTC).date().isoformat()
        key = self._keys.get(reader.name, "")
        session = Session(self._terms.endpoints, fetcher, today=today, key=key, say=meter.say)
        meter.say()
        last = await self._last_good(reader.name)
        known = last.validators if last else ()
        leads = await _leads(reader, session, known)
        if leads is None:
            same = replace(last or blank, started=blank.started)
            return self._ended(same, "unchanged", "nothing has changed since the last time"), None
        harvest = await reader.read(session, leads)
        meter.rows = harvest.rows
        # In a thread: hundreds of names meet hundreds of entries, and the loop may have answers to pass on.
        return await asyncio.to_thread(self._matched, harvest, leads, blank)

    async def _last_good(self, source: str) -> SyncRecord | None:
        """The run whose figures are in the database, if they were matched with this very catalog."""
        history = await self._store.sync_history(source)
        good = next((record for record in history if record.good), None)
        return good if good and good.stamp == self._stamp else None

    def _matched(
        self, harvest: Harvest, leads: Sequence[Document | None], blank: SyncRecord
    ) -> tuple[SyncRecord, list[SyncedFigure]]:
        choice = choose(harvest.readings, self._known)
        if not choice.picked:
            raise SourceError(f"none of its {choice.unmatched} names is one that the catalog knows")
        now = self._terms.clock()
        figures = [
            SyncedFigure(found.model, r.key, r.value, blank.source, r.as_of, now, found.mode, found.name)
            for found, r in choice.picked
        ]
        notes = list(harvest.notes)
        if harvest.bad:
            notes.append(f"rows skipped: {harvest.bad}, the first because {harvest.first_bad}")
        validators = (lead.validator for lead in leads if lead)
        record = replace(
            self._ended(blank, "ok", "; ".join(notes)),
            rows=harvest.rows,
            skipped=harvest.bad,
            figures=len(figures),
            matched=choice.matched,
            unmatched=choice.unmatched,
            as_of=max(figure.as_of for figure in figures),
            validators=tuple(v for v in validators if v.etag or v.last_modified),
        )
        return record, figures

    async def _stored(self, record: SyncRecord, figures: Sequence[SyncedFigure] | None) -> SyncRecord:
        """What was stored, or that storing failed."""
        try:
            await self._store.store_sync(record, figures)
        except RouterError as error:
            return self._ended(record, "failed", str(error))
        return record

    def _ended(self, record: SyncRecord, status: Status, message: str) -> SyncRecord:
        return replace(record, status=status, message=message, finished=self._terms.clock())


async def _leads(reader: Source, session: Session, known: Sequence[Validator]) -> list[Document | None] | None:
    """The documents that show whether anything changed, with None for one that is missing; None for the whole if
    nothing changed. Where one changed, the others are fetched as well: a source is stored whole."""
    by_url = {validator.url: validator for validator in known}
    requests = reader.leads(session)
    documents: list[Document | None] = []
    same = []
    changed = False
    for place, request in enumerate(requests):
        before = by_url.get(session.address(request))
        document = None
        try:
            document = await session.newer(request, before)
        except SourceError as error:
            if not error.missing or len(requests) == 1:
                raise
            changed |= before is not None
        else:
            same += [] if document else [place]
            changed |= document is not None
        documents.append(document)
    if same and not changed:
        return None
    for place in same:
        documents[place] = await session.get(requests[place])
    return documents


class _Meter:
    """Turns what arrives into progress."""

    def __init__(self, source: str, report: Report) -> None:
        self._progress = SyncProgress(source, "fetching")
        self._report = report
        self.rows = 0

    def say(self, *, of: int = 0, done: int = 0, rows: int = 0) -> None:
        self._progress = replace(self._progress, state="fetching", pages=done, of=of, rows=rows, message="")
        self._report(self._progress)

    def arrived(self, size: int) -> None:
        self._progress = replace(self._progress, state="fetching", size=self._progress.size + size, message="")
        self._report(self._progress)

    def waiting(self, reason: str) -> None:
        self._progress = replace(self._progress, state="waiting", message=reason)
        self._report(self._progress)

    def done(self, record: SyncRecord) -> None:
        self._report(replace(self._progress, state="done", rows=record.rows, message=record.message, record=record))
