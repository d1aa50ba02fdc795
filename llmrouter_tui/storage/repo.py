"""``core.ports.repo.Repo`` over SQLite: the only door to the database."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import msgspec
from peewee import Case, SqliteDatabase, fn

from llmrouter_tui.core.decision import Exchange, ExchangePage, Feedback, place
from llmrouter_tui.core.domain import Footprint, ResidencyEvent, Speed
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.events import DevicesSampled, Envelope, ExchangeFinished, ResidencyChanged
from llmrouter_tui.core.export import RatingPage
from llmrouter_tui.core.forgetting import Forget, Forgotten
from llmrouter_tui.core.grades import Comparison, Grade, GradeFilter, GradePage
from llmrouter_tui.core.ports.repo import ModelMemory
from llmrouter_tui.core.profile import Order, PastRun, Result
from llmrouter_tui.core.query import EVERYTHING, Query
from llmrouter_tui.core.review import Audit, Mark
from llmrouter_tui.core.spending import Line
from llmrouter_tui.core.sync import SyncedFigure, SyncRecord
from llmrouter_tui.core.trends import Trends
from llmrouter_tui.core.votes import Vote, VotePage
from llmrouter_tui.storage import figures as kept_figures
from llmrouter_tui.storage import grades, history, profiles, residency, review, rows, searching, spend, trends, votes
from llmrouter_tui.storage.backlog import BATCH, Backlog, Loaded, Measured
from llmrouter_tui.storage.db import CATCH_UP, Database
from llmrouter_tui.storage.forgetting import forget
from llmrouter_tui.storage.retention import DAY, reckoned
from llmrouter_tui.storage.tables import ModelFeedback, ModelMatch, ModelProfile, ModelState, Setting
from llmrouter_tui.storage.transaction import transaction

PRUNE_STEP: Final = 500
"""Exchanges dropped in one transaction."""

STORED: Final = (ExchangeFinished, ResidencyChanged, DevicesSampled)
"""The facts that ``record`` writes; it ignores others."""


async def open_repo(path: Path | None, *, privacy: str = "preview", mend: bool = False) -> "SqliteRepo":
    """Open or create the database at ``path``; None keeps everything in memory.

    A file that cannot be used is left alone: the repo then works in memory, and its ``problem`` says why.
    To ``mend`` is to move a damaged one aside and to begin a fresh one, as a router does that stays; ``notice`` tells.
    ``privacy`` (``off``, ``preview``, ``full``) is how much of prompts and answers is kept.
    """
    backlog = Backlog(privacy)
    database = Database(path, backlog, mend=mend)
    await database.open()
    return SqliteRepo(database, backlog, rows.KEPT[privacy])


class SqliteRepo:
    """See ``core.ports.repo.Repo`` and the stores there. Awaited calls raise
    ``RouterError`` with code ``storage_unavailable`` when the file cannot be read or written now, in words."""

    def __init__(self, database: Database, backlog: Backlog, kept: int | None) -> None:
        """``kept``: characters of a client's words, None for all."""
        self._database = database
        self._backlog = backlog
        self._kept = kept

    def keep_texts(self, privacy: str) -> None:
        """How much of prompts and answers is kept from now on: ``off``, ``preview``, ``full``."""
        self._kept = rows.KEPT[privacy]
        self._backlog.keep_texts(privacy)

    @property
    def problem(self) -> str:
        return self._database.problem

    @property
    def notice(self) -> str:
        """What was done about a damaged file at the start, in words; empty for nothing."""
        return self._database.notice

    @property
    def pending(self) -> int:
        return len(self._backlog)

    @property
    def dropped(self) -> int:
        """Exchanges lost since the start because too many waited."""
        return self._backlog.dropped

    def record(self, envelope: Envelope) -> None:
        match envelope.fact:
            case ExchangeFinished(exchange):
                self._database.add(exchange)
            case ResidencyChanged(event):
                self._backlog.moves.add(event)
                if event.kind == "load":
                    self._database.add(Loaded(event.model))
            case DevicesSampled(devices):
                self._backlog.samples.add(devices, envelope.at)

    def begun(self, exchange: Exchange) -> None:
        """Write an exchange behind that is under way, so that it is known if this router ends without a word."""
        self._database.add(exchange)

    async def end_unfinished(self) -> int:
        """Mark what an earlier router left under way; how many exchanges that are."""
        return await self._database.commit(history.end_unfinished)

    def remember_speed(self, model: str, speed: Speed, footprint: Footprint | None) -> None:
        self._database.add(Measured(model, speed, footprint, time.time()))

    def remember_spend(self, line: Line) -> None:
        self._backlog.payments.add(line)

    async def spend(self, since: str) -> Sequence[Line]:
        return await self._database.call(lambda db: spend.read(db, since))

    async def trends(self, *, span: float, now: float) -> Trends:
        await self.flush()  # sums of memory pools wait for that
        return await self._database.call(lambda db: trends.read(db, now, span))

    async def rate(self, feedback: Feedback) -> None:
        def store(db: SqliteDatabase) -> None:
            row = rows.feedback_row(feedback)
            if feedback.rating is None:
                ModelFeedback.delete().where(ModelFeedback.exchange_id == row["exchange_id"]).execute(db)
            else:
                ModelFeedback.insert(row).on_conflict_replace().execute(db)

        await self._database.commit(store)

    async def ratings(self) -> Sequence[Feedback]:
        query = ModelFeedback.select().order_by(ModelFeedback.at, ModelFeedback.exchange_id).tuples()
        return await self._database.call(lambda db: [rows.feedback(row) for row in query.execute(db)])

    async def rating_page(self, *, before: str | None, limit: int) -> RatingPage:
        start = history.key(before)
        return await self._database.call(lambda db: history.ratings(db, start, limit))

    async def store_vote(self, vote: Vote) -> None:
        await self._database.commit(lambda db: votes.store(db, vote))

    async def drop_vote(self, vote_id: str) -> Vote | None:
        return await self._database.commit(lambda db: votes.drop(db, vote_id))

    async def vote_page(self, *, before: str | None, limit: int) -> VotePage:
        start, limit = history.key(before), max(1, min(limit, votes.MAX_PAGE))
        return await self._database.call(lambda db: votes.page(db, start, limit))

    async def all_votes(self) -> Sequence[Vote]:
        """The newest ``votes.LEARNED``."""
        return await self._database.call(votes.learned)

    async def memories(self) -> Mapping[str, ModelMemory]:
        return await self._database.call(_memories)

    async def set_model_state(self, model: str, *, pinned: bool | None = None, enabled: bool | None = None) -> None:
        name = rows.clean(model)
        given = {key: value for key, value in (("pinned", pinned), ("enabled", enabled)) if value is not None}

        def store(db: SqliteDatabase) -> None:
            start = {"model": name, "pinned": False, "enabled": True}
            ModelState.insert(start).on_conflict_ignore().execute(db)
            ModelState.update(given).where(ModelState.model == name).execute(db)

        if given:
            await self._database.commit(store)

    async def matches(self) -> Mapping[str, str]:
        query = ModelMatch.select(ModelMatch.model, ModelMatch.entry).tuples()
        return await self._database.call(lambda db: dict(query.execute(db)))

    async def set_match(self, model: str, entry: str | None) -> None:
        name = rows.clean(model)

        def store(db: SqliteDatabase) -> None:
            if entry is None:
                ModelMatch.delete().where(ModelMatch.model == name).execute(db)
            else:
                ModelMatch.insert(model=name, entry=rows.clean(entry)).on_conflict_replace().execute(db)

        await self._database.commit(store)

    async def exchange(self, exchange_id: str) -> Exchange | None:
        return await self._database.call(lambda db: history.find(db, exchange_id))

    async def exchanges(
        self,
        *,
        before: str | None,
        limit: int,
        query: Query = EVERYTHING,
        after: str | None = None,
        count: bool = False,
    ) -> ExchangePage:
        """``total`` counts all stored exchanges, whatever is asked for; see ``core.ports.repo.Repo``."""
        limit = max(1, min(limit, history.MAX_PAGE))
        start = history.key(before) if after is None else history.key(after) if after else history.OLDEST
        if self.pending > CATCH_UP * BATCH:  # fewer are written before any call
            await self.flush()

        def counted(db: SqliteDatabase, page: ExchangePage) -> ExchangePage:
            return replace(page, older=history.older(db, page.items[-1])) if count and page.items else page

        if query and after is None:
            found = await self._filtered(query, start, limit)
            return await self._database.call(lambda db: counted(db, found)) if count else found
        read = history.page if after is None else history.newer
        return await self._database.call(lambda db: counted(db, read(db, start, limit)))

    async def _filtered(self, query: Query, start: history.Key, limit: int) -> ExchangePage:
        """In steps, so that others get their turn between them."""
        search, total = await self._database.call(lambda db: (searching.prepare(db, query), history.total(db)))
        found: list[Exchange] = []
        at: history.Key | None = start
        for turn in range(searching.STEPS):
            window = min(searching.WINDOW, 2 * (limit + 1) * 4**turn)
            matches, at = await self._search_on(search, at or start, limit + 1 - len(found), window)
            found += matches
            if at is None or len(found) > limit:
                break
        if len(found) > limit:
            return ExchangePage(tuple(found[:limit]), place(found[limit - 1]), total)
        return ExchangePage(tuple(found), at and f"{at[0]!r}:{at[1]}", total, at and at[0])

    async def _search_on(
        self, search: searching.Search, at: history.Key, wanted: int, window: int
    ) -> tuple[list[Exchange], history.Key | None]:
        return await self._database.call(lambda db: searching.step(db, search, at, wanted, window))

    async def audit(self, since: float) -> Audit:
        """At most the newest ``review.MOST`` marks."""
        answered: Counter[tuple[str, str]] = Counter()
        at: history.Key | None = history.NEWEST
        while at is not None:
            counts, at = await self._count_answered(at, since)
            answered.update(counts)
        marks: list[Mark] = []
        at = history.NEWEST
        while at is not None and len(marks) < review.MOST:
            more, at = await self._read_marks(at, since)
            marks += more
        newest: dict[str, Mark] = {}
        graded: history.Key | None = history.NEWEST if at is None else None
        while graded is not None and len(marks) + len(newest) < review.MOST:
            more, graded = await self._read_judged(graded, since)
            newest = {mark.exchange_id: mark for mark in reversed(more)} | newest
        marks += newest.values()
        cut = at is not None or graded not in (None, history.NEWEST) or len(marks) > review.MOST
        return Audit(answered, marks[: review.MOST], cut=cut)

    async def _count_answered(self, at: history.Key, since: float) -> tuple[review.Answered, history.Key | None]:
        return await self._database.call(lambda db: review.answered(db, at, since))

    async def _read_marks(self, at: history.Key, since: float) -> tuple[list[Mark], history.Key | None]:
        return await self._database.call(lambda db: review.marks(db, at, since))

    async def _read_judged(self, at: history.Key, since: float) -> tuple[list[Mark], history.Key | None]:
        return await self._database.call(lambda db: review.judged(db, at, since))

    async def residency(self, since: float) -> Sequence[ResidencyEvent]:
        return await self._database.call(lambda db: residency.read(db, since))

    async def settings(self) -> Mapping[str, object]:
        query = Setting.select(Setting.key, Setting.value).tuples()
        stored = await self._database.call(lambda db: list(query.execute(db)))
        values: dict[str, object] = {}
        for key, value in stored:
            try:
                values[key] = msgspec.json.decode(value)
            except msgspec.MsgspecError:
                continue
        return values

    async def set_setting(self, key: str, value: object) -> None:
        encoded = rows.to_json(value)
        if not encoded:
            raise RouterError("invalid_request", f"The value of {key} cannot be stored.", param=key)

        def store(db: SqliteDatabase) -> None:
            if value is None:
                Setting.delete().where(Setting.key == key).execute(db)
            else:
                Setting.insert(key=key, value=encoded).on_conflict_replace().execute(db)

        await self._database.commit(store)

    async def synced_figures(self) -> Sequence[SyncedFigure]:
        return await self._database.call(kept_figures.read)

    async def store_sync(self, record: SyncRecord, figures: Sequence[SyncedFigure] | None = None) -> None:
        await self._database.commit(lambda db: kept_figures.store(db, record, figures))

    async def sync_history(self, source: str | None = None, *, limit: int = 20) -> Sequence[SyncRecord]:
        return await self._database.call(lambda db: kept_figures.runs(db, source, limit))

    async def profile_results(self, model: str | None = None) -> Sequence[Result]:
        return await self._database.call(lambda db: profiles.read(db, model))

    async def store_profile_result(self, result: Result) -> None:
        await self._database.commit(lambda db: profiles.store(db, result))

    async def profile_order(self) -> Order | None:
        return await self._database.call(profiles.unfinished)

    async def begin_profile(self, order: Order) -> None:
        await self._database.commit(lambda db: profiles.begin(db, order))

    async def end_profile(self, run: PastRun) -> None:
        await self._database.commit(lambda db: profiles.end(db, run))

    async def profile_runs(self) -> Sequence[PastRun]:
        return await self._database.call(profiles.runs)

    async def store_grade(self, grade: Grade) -> None:
        await self._database.commit(lambda db: grades.store(db, grade, self._kept))

    async def grades(self, wanted: GradeFilter, *, before: str | None = None, limit: int = 100) -> GradePage:
        start = history.key(before)
        limit = max(1, min(limit, grades.MAX_PAGE))
        return await self._database.call(lambda db: grades.page(db, wanted, start, limit))

    async def all_grades(self) -> Sequence[Grade]:
        """The newest ``grades.LEARNED``."""
        return await self._database.call(grades.learned)

    async def grade(self, grade_id: str) -> Grade | None:
        return await self._database.call(lambda db: grades.find(db, grade_id))

    async def store_comparison(self, comparison: Comparison) -> None:
        await self._database.commit(lambda db: grades.store_comparison(db, comparison))

    async def comparisons(self, *, limit: int = 1000) -> Sequence[Comparison]:
        return await self._database.call(lambda db: grades.comparisons(db, limit))

    async def judge_calls(self, since: float) -> int:
        return await self._database.call(lambda db: grades.calls(db, since))

    async def count_judge_call(self, at: float) -> None:
        await self._database.commit(lambda db: grades.count_call(db, at))

    async def prune(self, *, keep_days: float, now: float) -> int:
        """Loads and unloads go after ``residency.KEEP_DAYS`` at the latest, grades of exchanges with those."""
        counted = await self._database.commit(lambda db: reckoned(db, now))
        await self._database.commit(lambda db: trends.prune(db, counted))
        too_old, moves_too_old = counted - keep_days * DAY, counted - min(keep_days, residency.KEEP_DAYS) * DAY
        await self._prune(lambda db: residency.prune_step(db, moves_too_old, PRUNE_STEP))
        await self._prune(lambda db: grades.prune_step(db, too_old, PRUNE_STEP))
        return await self._prune(lambda db: history.prune_step(db, too_old, PRUNE_STEP))

    async def forget(self, wanted: Forget) -> Forgotten:
        """See ``core.ports.repo.Repo``."""
        return await forget(self._database, wanted)

    async def _prune(self, drop: Callable[[SqliteDatabase], int]) -> int:
        def step(db: SqliteDatabase) -> int:
            with transaction(db):
                return drop(db)

        gone = 0
        while went := await self._database.call(step):
            gone += went
        return gone

    async def flush(self) -> None:
        await self._database.flush()

    async def close(self) -> None:
        await self._database.close()


def _memories(db: SqliteDatabase) -> Mapping[str, ModelMemory]:
    profiles: dict[str, dict[str, Any]] = {row["model"]: row for row in ModelProfile.select().dicts().execute(db)}
    states: dict[str, dict[str, Any]] = {row["model"]: row for row in ModelState.select().dicts().execute(db)}
    up = fn.SUM(Case(None, [(ModelFeedback.rating == "up", 1)], 0))
    rated = ModelFeedback.select(ModelFeedback.model, up, fn.COUNT()).group_by(ModelFeedback.model).tuples()
    ratings: dict[str, tuple[int, int]] = {model: (ups, count - ups) for model, ups, count in rated.execute(db)}
    memories: dict[str, ModelMemory] = {}
    for model in (profiles | states | ratings).keys() - {""}:
        profile, state = profiles.get(model), states.get(model)
        memories[model] = ModelMemory(
            model,
            speed=rows.speed(profile) if profile else None,
            footprint=rows.footprint(profile) if profile else None,
            pinned=state["pinned"] if state else False,
            enabled=state["enabled"] if state else True,
            used=profile["used"] if profile else 0,
            loads=profile["loads"] if profile else 0,
            ratings_up=ratings.get(model, (0, 0))[0],
            ratings_down=ratings.get(model, (0, 0))[1],
        )
    return memories
