"""The database thread: it alone owns the connection. Callers hand it work and never wait inside SQLite."""

import asyncio
import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, TypeVar

import peewee
from peewee import SqliteDatabase

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.storage import faults
from llmrouter_tui.storage.backlog import BATCH, Backlog, Fact
from llmrouter_tui.storage.opening import Opened, anew, open_database
from llmrouter_tui.storage.transaction import touch, transaction

T = TypeVar("T")

INTERVAL: Final = 0.25
"""Seconds between batches, and between attempts while writing fails."""

GRACE: Final = 0.5
"""A lock shorter than this is no problem worth a word: another program just wrote."""

PATIENCE: Final = 5.0
"""Seconds that a call waits for another program's lock before it fails."""

CATCH_UP: Final = 10
"""Batches written before a call, so that it reads what was recorded before it."""

CLOSING: Final = 3.0
"""Seconds that closing may take, whatever the file does."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Job:
    work: Callable[[SqliteDatabase], Any]
    future: "Future[Any]"
    deadline: float
    again: bool = False
    """Whether it met a damaged file, which another one has taken the place of."""


class Database:
    """Runs functions on the one connection, and writes the backlog behind. To ``mend``, a file that turns out to be
    damaged is moved aside, and what was asked goes on with a fresh one.

    ``problem`` is plain text kept up to date by the thread, so reading it never waits.
    """

    _opening: Opened
    _db: SqliteDatabase

    def __init__(self, path: Path | None, backlog: Backlog, *, mend: bool = False) -> None:
        self.problem = ""
        self._mend = mend
        self._path = path
        self._backlog = backlog
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._opened: Future[None] = Future()
        self._ended: Future[None] = Future()
        self._closing: float | None = None
        """When closing must be over."""
        self._over = False
        """Whether the thread takes no more jobs."""
        self._nudged = False
        self._due = 0.0
        self._failing_since: float | None = None
        self._locked = False
        """Whether the last failure was a lock, which ends by itself."""
        # A daemon: a file that hangs must not keep the process from ending.
        self._thread = threading.Thread(target=self._run, name="database", daemon=True)

    @property
    def notice(self) -> str:
        """What was done about a damaged file; empty for nothing."""
        return self._opening.notice

    @property
    def failing(self) -> bool:
        """Whether what was last written could not be."""
        return self._failing_since is not None

    async def open(self) -> None:
        """Start the thread; returns when a database is open, the file or one in memory."""
        self._thread.start()
        await asyncio.wrap_future(self._opened)

    def add(self, fact: Fact) -> None:
        """Write a fact behind. Any thread; about a microsecond."""
        if self._backlog.add(fact) >= BATCH and not self._nudged:
            self._nudged = True
            self._jobs.put(None)

    async def call(self, work: Callable[[SqliteDatabase], T]) -> T:
        """Run ``work`` on the connection, after what was added before it. Raises ``RouterError``
        (``storage_unavailable``) when the file cannot be used now, and what ``work`` raises."""
        job = _Job(work, Future(), time.monotonic() + PATIENCE)
        self._jobs.put(job)
        if self._over:
            _settle(job.future, _closed())
        result: T = await asyncio.wrap_future(job.future)
        return result

    async def commit(self, work: Callable[[SqliteDatabase], T]) -> T:
        """Run ``work`` in one transaction; on return it is on the disk."""

        def durably(db: SqliteDatabase) -> T:
            with transaction(db, durable=True):
                return work(db)

        return await self.call(durably)

    async def flush(self) -> None:
        """Write what was added so far; returns early once ``problem`` says why that fails."""

        def step(_: SqliteDatabase) -> tuple[bool, int]:
            return self._write(), len(self._backlog)

        written, left = await self.call(step)
        while left > 0 and (written or not self.problem):
            written, now_left = await self.call(step)
            left = min(left - BATCH * written, now_left)

    async def close(self) -> None:
        """Write what waits and end the thread, within ``CLOSING`` seconds. Idempotent, never raises."""
        if self._closing is None:
            self._closing = time.monotonic() + CLOSING
            self._jobs.put(None)
        await asyncio.wait([asyncio.wrap_future(self._ended)], timeout=CLOSING + 1)

    # ── the thread ──────────────────────────────────────────────────────────────────────────────────────────

    def _run(self) -> None:
        try:
            self._open()
            while self._closing is None:
                self._serve_one()
            self._finish(self._closing)
        except BaseException as error:
            _log.exception("the database thread failed")
            self.problem = f"the database thread failed ({error!r})"
            _settle(self._opened, error)
        finally:
            self._over = True
            while not self._jobs.empty():
                if job := self._jobs.get():
                    _settle(job.future, _closed())
            self._ended.set_result(None)

    def _open(self) -> None:
        self._opening = open_database(self._path, mend=self._mend)
        self._db = self._opening.db
        self.problem = self._opening.problem
        if self.problem and not self._opening.in_memory:
            self._failing_since = time.monotonic()
        self._opened.set_result(None)

    def _mended(self, error: BaseException) -> bool:
        """Whether a fresh file has taken the place of one that is damaged."""
        if not self._mend or self._path is None or self._opening.in_memory or not faults.is_damage(error):
            return False
        words = faults.words(error, self._path)
        _log.error("database: %s", words)
        with contextlib.suppress(peewee.PeeweeException):
            self._db.close()
        opening = anew(self._path, words)
        self._opening = replace(opening, notice=" ".join(filter(None, (self.notice, opening.notice))))
        self._db, self.problem = opening.db, opening.problem
        self._failing_since, self._due = None, 0.0
        return True

    def _serve_one(self) -> None:
        """Wait for work until the next batch is due."""
        with contextlib.suppress(queue.Empty):
            job = self._jobs.get(timeout=max(0.0, self._due - time.monotonic()))
            if job is not None:
                self._run_job(job)
        full = self._nudged and self._failing_since is None
        if full or time.monotonic() >= self._due:
            self._write(lazily=True)

    def _run_job(self, job: _Job) -> None:
        for _ in range(CATCH_UP):
            if self._backlog.pressing and not self._failing_since:
                self._write()
        if job.future.cancelled():
            return
        try:
            result = job.work(self._db)
        except BaseException as error:
            self._failed(job, error)
        else:
            _settle(job.future, result)

    def _failed(self, job: _Job, error: BaseException) -> None:
        if not job.again and self._mended(error):
            self._jobs.put(replace(job, again=True))
        elif faults.is_lock(error) and time.monotonic() < job.deadline:
            self._jobs.put(job)  # the attempt has already waited a moment, and others get their turn
        elif isinstance(error, peewee.PeeweeException) or faults.kind(error):
            cause = faults.words(error, self._path)
            message = f"The database could not do this: {cause}."
            _settle(job.future, RouterError("storage_unavailable", message, retryable=True))
        else:
            _settle(job.future, error)

    def _write(self, *, lazily: bool = False) -> bool:
        """Write one batch; False when that failed and must be tried again. ``lazily`` leaves what may wait."""
        self._nudged = False
        self._backlog.absorb()
        self._due = time.monotonic() + INTERVAL
        try:
            if self._backlog.pressing if lazily else len(self._backlog):
                self._backlog.write(self._db)
            elif self._failing_since:
                touch(self._db)  # nothing waits, so try whether writing works again
        except Exception as error:
            if not self._mended(error):
                self._troubled(error)
            return False
        self._failing_since = None
        self.problem = self._opening.problem if self._opening.in_memory else ""
        if len(self._backlog) >= BATCH:
            self._due = 0.0
        return True

    def _troubled(self, error: BaseException) -> None:
        now = time.monotonic()
        self._failing_since = self._failing_since or now
        self._locked = faults.is_lock(error)
        if self._locked and now - self._failing_since < GRACE:
            return
        text = f"{faults.words(error, self._path)}; what happens now is kept in memory and written when it can be"
        if self._backlog.dropped:
            text += f" ({self._backlog.dropped} exchanges were too many to keep)"
        if not self.problem:
            _log.warning("database: %s", text)
        self.problem = text

    def _finish(self, deadline: float) -> None:
        """Serve what was asked before closing, write what waits, as far as time allows."""
        worth_it = True
        while time.monotonic() < deadline and (not self._jobs.empty() or (len(self._backlog) and worth_it)):
            written = self._write()
            worth_it = written or self._locked
            with contextlib.suppress(queue.Empty):
                job = self._jobs.get(timeout=0 if written else 0.05)
                if job is not None:
                    self._run_job(job)
        if len(self._backlog):
            _log.warning("database: %d facts could not be written before closing", len(self._backlog))
        with contextlib.suppress(peewee.PeeweeException):
            self._db.close()


def _settle(future: "Future[Any]", outcome: object) -> None:
    """Hand over a result or an error; whoever asked may be gone, or have been answered."""
    with contextlib.suppress(InvalidStateError):
        if isinstance(outcome, BaseException):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)


def _closed() -> RouterError:
    return RouterError("shutting_down", "The database is closed.")
