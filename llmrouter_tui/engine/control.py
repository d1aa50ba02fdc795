"""The control plane: everything a screen, a script or the admin API can ask of a running router."""

import asyncio
import contextlib
import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Protocol
from urllib.parse import urlsplit

from llmrouter_tui.core.chat import ChatRequest, Message
from llmrouter_tui.core.decision import Decision, Exchange, ExchangePage, Feedback, Rating, Setting
from llmrouter_tui.core.domain import AUTOMATIC, BackendView, ModelView
from llmrouter_tui.core.dossier import Dossier, Listed
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.events import LogLine, Rated
from llmrouter_tui.core.export import RatingPage
from llmrouter_tui.core.forgetting import Forget, Forgotten
from llmrouter_tui.core.grades import Comparison, GradeFilter, GradePage, JudgeView, Overruled
from llmrouter_tui.core.keys import KeyView, NewKey
from llmrouter_tui.core.memory_words import HELD, RELEASED_BY
from llmrouter_tui.core.ports import Backend, Catalog, Clock, FeedbackInput, Repo, Snapshot
from llmrouter_tui.core.ports import Rated as RatedAnswer
from llmrouter_tui.core.profile import Only, Profiles, Result
from llmrouter_tui.core.review import SPAN, Review, review
from llmrouter_tui.core.spending import SpendView
from llmrouter_tui.core.sync import SyncedFigure, SyncView
from llmrouter_tui.core.vram import Placement, VramView
from llmrouter_tui.core.whatif import WhatIf, what_if
from llmrouter_tui.engine.bus import Bus
from llmrouter_tui.engine.discovery import Discovery
from llmrouter_tui.engine.fetching import Fetching
from llmrouter_tui.engine.fleet import Fleet
from llmrouter_tui.engine.forgetting import forget
from llmrouter_tui.engine.grading_records import Records
from llmrouter_tui.engine.holding import JUDGE_PAUSED, LOADS_HELD, keep
from llmrouter_tui.engine.journal import Journal
from llmrouter_tui.engine.judge import Judge
from llmrouter_tui.engine.judge_desk import JudgeDesk
from llmrouter_tui.engine.learning import Learning
from llmrouter_tui.engine.lookout import Lookout
from llmrouter_tui.engine.profiler import Profiler
from llmrouter_tui.engine.residency import Residency
from llmrouter_tui.engine.router import Router
from llmrouter_tui.engine.sessions import Sessions
from llmrouter_tui.engine.spending import Spending
from llmrouter_tui.engine.status import Status
from llmrouter_tui.engine.syncs import Syncs
from llmrouter_tui.engine.tasks import Tasks
from llmrouter_tui.engine.vram import Vram


class LiveSettings(Protocol):
    """Settings that can change while the router runs."""

    def views(self) -> Sequence[Setting]: ...

    async def change(self, key: str, value: object) -> Setting:
        """Check, store and apply. Raises ``RouterError`` ``invalid_request`` in words."""
        ...

    async def keep_backend(self, name: str, kind: str, url: str, *, enabled: bool) -> None:
        """Remember that a backend was added, or switched off or on, while running."""
        ...

    async def drop_backend(self, name: str, kind: str, url: str, *, lingers: bool) -> None:
        """Forget one; where it would be found again, remember that it is not wanted."""
        ...

    async def reload(self) -> Sequence[Setting]:
        """Read the file again; what differs. Raises ``RouterError`` ``invalid_request`` in words."""
        ...


class Keys(Protocol):
    """Keys of clients, kept as settings."""

    def views(self) -> Sequence[KeyView]: ...

    async def make(
        self, name: str, models: Sequence[str], rpm: int | None, tpm: int | None, concurrent: int | None
    ) -> NewKey: ...

    async def revoke(self, name: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Parts:
    """What the control plane commands."""

    fleet: Fleet
    lookout: Lookout
    discovery: Discovery
    residency: Residency
    vram: Vram
    router: Router
    learning: Learning
    repo: Repo
    bus: Bus
    journal: Journal
    status: Status
    fetching: Fetching
    syncs: Syncs
    profiler: Profiler
    judge: Judge
    desk: JudgeDesk
    grades: Records
    catalog: Catalog
    settings: LiveSettings
    keys: Keys
    spending: Spending
    tasks: Tasks
    clock: Clock
    build_backend: Callable[[str, str, str], Awaitable[Backend]]
    """(kind, url, name) → a backend; without a kind the server is asked which it is."""
    listen: Callable[[int], Awaitable[None]]
    stop: Callable[[], None]
    embedded_available: bool


class EngineControl:
    """``core.ports.Control`` in this process."""

    def __init__(self, parts: Parts) -> None:
        self._p = parts
        self._adding = asyncio.Lock()

    # ── reading ──

    async def snapshot(self) -> Snapshot:
        p = self._p
        seq = p.bus.seq
        return Snapshot(
            seq=seq,
            at=p.clock.wall(),
            service=p.status.view(),
            backends=tuple(record.view() for record in p.fleet.every()),
            models=p.fleet.views(),
            devices=p.fleet.devices,
            exchanges=p.router.traffic.newest(),
            residency=p.journal.residency(),
            settings=tuple(p.settings.views()),
            log=p.journal.lines(),
            rates=p.router.traffic.rates(),
            total_exchanges=p.status.stored_exchanges + p.router.traffic.finished_total,
            fetch=p.fetching.state,
            embedded_available=p.embedded_available,
            sync=p.syncs.view(),
            vram=p.vram.view(),
            profile=p.profiler.run,
            judge=p.judge.view(),
            spend=p.spending.view(),
        )

    async def exchanges(self, *, before: str | None = None, limit: int = 100, text: str = "") -> ExchangePage:
        await self._p.repo.flush()
        return await self._p.repo.exchanges(before=before, limit=min(max(limit, 1), 500), text=text)

    async def exchange(self, exchange_id: str) -> Exchange:
        traffic = self._p.router.traffic
        if (run := traffic.running.get(exchange_id)) is not None:
            return run.exchange()
        stored = await self._p.repo.exchange(exchange_id)
        found = traffic.find(exchange_id)
        if stored is None and found is None:
            raise RouterError("not_found", f"there is no exchange or response {exchange_id!r}")
        return found or stored  # type: ignore[return-value]

    async def explain(self, prompt: str | ChatRequest, *, model: str = "auto", client: str = "") -> Decision:
        router, request = self._p.router, prompt
        if isinstance(request, str):
            request = ChatRequest(model=model, messages=(Message("user", request),), body=b"{}")
        if client:
            request = replace(request, client=client)
        return router.decide(request, router.sessions.model(Sessions.key(request), request))

    async def models(self) -> Sequence[ModelView]:
        return self._p.fleet.views()

    async def settings(self) -> Sequence[Setting]:
        return self._p.settings.views()

    async def logs(self, *, limit: int = 500) -> Sequence[LogLine]:
        return self._p.journal.lines()[-limit:]

    # ── ratings ──

    async def rate(self, feedback: FeedbackInput) -> RatedAnswer:
        p = self._p
        exchange = await self.exchange(feedback.exchange_id)
        if exchange.outcome == "running":
            raise RouterError("invalid_request", "this answer is not finished; rate it when it is")
        if not exchange.model:
            raise RouterError("invalid_request", "this request was refused; there is no answer to rate")
        if exchange.decision is not None and "embedding" in exchange.decision.analysis.needs:
            raise RouterError("invalid_request", "vectors are not rated: rate what was answered with their help")
        score, rating = _score(feedback)
        stored = Feedback(
            exchange_id=exchange.id,
            rating=rating,
            at=p.clock.wall(),
            score=score,
            reasons=feedback.reasons,
            comment=feedback.comment,
            model=exchange.model,
            task=exchange.decision.analysis.task if exchange.decision is not None else "",
        )
        await p.repo.flush()
        await p.repo.rate(stored)
        p.router.traffic.rated(exchange, None if feedback.clear else stored)
        record = p.fleet.models.get(exchange.model)
        effects = p.learning.rated(record, stored)
        if record is not None:
            p.fleet.touch(record)
        p.bus.publish(Rated(stored, effects))
        return RatedAnswer(stored, effects)

    async def ratings(self, *, before: str | None = None, limit: int = 100) -> RatingPage:
        return await self._p.repo.rating_page(before=before, limit=min(max(limit, 1), 500))

    async def forget(self, wanted: Forget) -> Forgotten:
        p = self._p
        if wanted.exchange:
            wanted = Forget(exchange=(await self.exchange(wanted.exchange)).id)
        return await forget(wanted, p.repo, p.router.traffic, p.judge, p.bus)

    # ── models ──

    async def load(self, model: str) -> None:
        record = self._p.fleet.model(model)
        if self._p.residency.held and not record.ready:
            raise RouterError("model_loading", f"{model} is not loaded: {HELD}", hint=RELEASED_BY)
        if not record.ready:
            self._p.tasks.spawn(self._quietly(self._p.residency.load(record)), f"load {model}")

    async def unload(self, model: str, *, force: bool = False) -> None:
        record = self._p.fleet.model(model)
        if not record.backend.manages_memory:
            raise RouterError("invalid_request", f"{record.info.backend} does not let models be unloaded")
        self._p.tasks.spawn(
            self._quietly(self._p.residency.unload(record, "asked for", force=force)), f"unload {model}"
        )

    async def pin(self, model: str, pinned: bool) -> None:
        record = self._p.fleet.model(model)
        if pinned and (refusal := self._p.residency.pin_refusal(record)):
            raise RouterError("invalid_request", refusal, hint="unpin another model, or give this one less context")
        before, record.pinned = record.pinned, pinned  # at once: the next pin must see it
        try:
            await self._p.repo.set_model_state(model, pinned=pinned)
        except BaseException:
            record.pinned = before
            raise
        self._p.fleet.touch(record)
        if record.backend.manages_memory and (pinned or record.residency == "resident"):
            self._p.tasks.spawn(self._quietly(self._p.residency.keep(record)), f"keep {model}")

    async def vram(self) -> VramView:
        return self._p.vram.view()

    async def plan(self, model: str, *, context_length: int | None = None) -> Placement:
        return self._p.vram.placement(self._p.fleet.model(model), context_length)

    async def clear_vram(self) -> None:
        self._p.tasks.spawn(self._quietly(self._p.residency.clear()), "clear the memory")
        await keep(self._p.repo, self._p.status, LOADS_HELD, stands=True)

    async def release_vram(self) -> None:
        self._p.tasks.spawn(self._quietly(self._p.residency.release()), "release the memory")
        await keep(self._p.repo, self._p.status, LOADS_HELD, stands=False)

    async def enable(self, model: str, enabled: bool) -> None:
        record = self._p.fleet.model(model)
        await self._p.repo.set_model_state(model, enabled=enabled)
        record.enabled = enabled
        self._p.fleet.touch(record)

    async def spend(self) -> SpendView:
        return self._p.spending.view()

    async def match(self, model: str, entry: str) -> None:
        record = self._p.fleet.model(model)
        chosen = None if entry == AUTOMATIC else entry
        if chosen:
            await self._check_entry(chosen)
        await self._p.repo.set_match(model, chosen)
        self._p.learning.matched(record, chosen)
        self._p.fleet.touch(record)

    async def _check_entry(self, entry: str) -> None:
        ids = [one.id for one in await self.catalog()]
        if entry not in ids:
            near = ", ".join(get_close_matches(entry, ids, 3, 0.5))
            hint = f"near are {near}" if near else "GET /admin/catalog lists them"
            raise RouterError("not_found", f"the catalog has no model {entry!r}", hint=hint, param="id")

    async def _quietly(self, work: Awaitable[None]) -> None:
        """A command's work in the background: its failure is an event and a log line already."""
        with contextlib.suppress(RouterError):
            await work

    # ── settings, backends, the rest ──

    async def set_setting(self, key: str, value: object) -> Setting:
        return await self._p.settings.change(key, value)

    async def keys(self) -> Sequence[KeyView]:
        return self._p.keys.views()

    async def add_key(
        self,
        name: str,
        *,
        models: Sequence[str] = (),
        rpm: int | None = None,
        tpm: int | None = None,
        concurrent: int | None = None,
    ) -> NewKey:
        return await self._p.keys.make(name, models, rpm, tpm, concurrent)

    async def revoke_key(self, name: str) -> None:
        await self._p.keys.revoke(name)

    async def what_if(self, preference: float) -> WhatIf:
        if not 0 <= preference <= 1:
            raise RouterError("invalid_request", "a preference is a number from 0 to 1", param="value")
        decided = [(e.id, e.decision) for e in self._p.router.traffic.newest() if e.decision is not None]
        return await asyncio.to_thread(what_if, decided, preference)

    async def review(self, span: float | None = SPAN) -> Review:
        await self._p.repo.flush()
        audit = await self._p.repo.audit(-math.inf if span is None else self._p.clock.wall() - span)
        audit = replace(audit, marks=[mark for mark in audit.marks if self._p.grades.believed(mark.by)])
        return await asyncio.to_thread(review, audit, span)

    async def reload(self) -> Sequence[Setting]:
        async with self._adding:
            return await self._p.settings.reload()

    async def retry_backend(self, name: str) -> None:
        if not self._p.fleet.named(name).enabled:
            raise RouterError("invalid_request", f"{name} is switched off", hint="switch it on first", param="name")
        self._p.fleet.look_again(name)

    async def add_backend(self, kind: str, url: str, name: str = "") -> BackendView:
        url = _address(url)
        async with self._adding:  # one after the other: a free name is free only until the next one takes it
            backend = await self._p.build_backend(kind, url, name)
            if backend.name in {record.backend.name for record in self._p.fleet.every()}:
                await backend.close()
                raise RouterError("invalid_request", f"there is already a backend {backend.name!r}", param="name")
            await self._p.settings.keep_backend(backend.name, backend.kind, url, enabled=True)
            self._p.discovery.welcome(backend.url)
            return (await self._p.lookout.join(backend, configured=True)).view()

    async def remove_backend(self, name: str) -> None:
        async with self._adding:
            record = self._p.fleet.named(name)
            backend = record.backend
            lingers = not record.configured or urlsplit(backend.url).hostname in _THIS_MACHINE
            await self._p.settings.drop_backend(name, backend.kind, backend.url, lingers=lingers)
            self._p.discovery.dismiss(backend.url)
            await self._p.lookout.remove(name)

    async def enable_backend(self, name: str, enabled: bool) -> BackendView:
        async with self._adding:
            record = self._p.fleet.named(name)
            backend = record.backend
            if record.enabled is not enabled:
                await self._p.settings.keep_backend(name, backend.kind, backend.url, enabled=enabled)
                await self._p.lookout.switch(name, enabled)
            return record.view()

    async def fetch_starter(self) -> None:
        self._p.fetching.start()

    async def cancel_fetch(self) -> None:
        self._p.fetching.cancel()

    async def sync(self, sources: Sequence[str] = ()) -> None:
        if self._p.repo.problem:
            raise RouterError("storage_unavailable", f"nothing fetched could be kept: {self._p.repo.problem}")
        self._p.syncs.start(sources)

    async def cancel_sync(self) -> None:
        self._p.syncs.cancel()

    async def sync_view(self) -> SyncView:
        return self._p.syncs.view()

    async def profile(
        self, models: Sequence[str] = (), *, quick: bool = True, again: bool = False, only: Only = ""
    ) -> None:
        await self._p.profiler.start(models, quick=quick, again=again, only=only)

    async def cancel_profile(self) -> None:
        self._p.profiler.cancel()

    async def profiles(self) -> Profiles:
        return self._p.profiler.profiles()

    async def profile_results(self, model: str) -> Sequence[Result]:
        return await self._p.profiler.results(model)

    # ── the judge ──

    async def grades(self, wanted: GradeFilter, *, before: str | None = None, limit: int = 100) -> GradePage:
        return await self._p.grades.page(wanted, before, min(max(limit, 1), 500))

    async def grade(self, subject: str, ref: str, model: str = "", *, judge: str = "") -> None:
        await self._p.desk.grade(subject, ref, model, judge)

    async def overrule(self, grade_id: str, mark: float | None) -> Overruled:
        return await self._p.grades.overrule(grade_id, mark)

    async def pause_judge(self, paused: bool) -> None:
        self._p.judge.pause(paused)
        await keep(self._p.repo, self._p.status, JUDGE_PAUSED, stands=paused)

    async def compare(self, first: str, second: str, task: str = "") -> Sequence[Comparison]:
        return await self._p.desk.compare(first, second, task)

    async def comparisons(self, *, limit: int = 1000) -> Sequence[Comparison]:
        return await self._p.grades.comparisons(min(max(limit, 1), 1000))

    async def judge_view(self) -> JudgeView:
        return self._p.judge.view()

    async def catalog(self) -> Sequence[Listed]:
        return await asyncio.to_thread(self._p.catalog.listed)

    async def known(self, entries: Sequence[str]) -> Sequence[Dossier]:
        return await asyncio.to_thread(self._p.catalog.dossiers, entries)

    async def figures(self, models: Sequence[str]) -> Sequence[SyncedFigure]:
        return await self._p.syncs.figures(frozenset(models))

    async def listen(self, port: int) -> None:
        await self._p.listen(port)

    async def shutdown(self) -> None:
        self._p.stop()


_THIS_MACHINE = (None, "localhost", "127.0.0.1", "::1")
"""Where servers are found by looking around; None: the engine in this program."""


def _address(url: str) -> str:
    """A server's address as a person writes it; ``http://`` may be left out. Raises ``RouterError``."""
    given = url.strip() if "://" in url else f"http://{url.strip()}"
    try:
        parts = urlsplit(given)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and " " not in given
    except ValueError:
        usable = False
    if not usable:
        raise RouterError(
            "invalid_request", f"{url!r} is no address", hint="write it as http://127.0.0.1:11434", param="url"
        )
    return given


def _score(feedback: FeedbackInput) -> tuple[float, Rating | None]:
    """(-1..1, up or down) of a rating in any of its kinds; (0, None) clears: three stars are no opinion."""
    given = [k for k in (feedback.rating, feedback.stars, feedback.score) if k is not None]
    if feedback.clear and not given:
        return 0.0, None
    if len(given) != 1:
        raise RouterError("invalid_request", "give exactly one of rating, stars or score", hint='e.g. {"rating": "up"}')
    if feedback.rating is not None:
        score = 1.0 if feedback.rating == "up" else -1.0
    elif feedback.stars is not None:
        if not 1 <= feedback.stars <= 5:
            raise RouterError("invalid_request", "stars must be 1 to 5", param="stars")
        score = (feedback.stars - 3) / 2
    else:
        score = feedback.score or 0.0
        if not -1 <= score <= 1:
            raise RouterError("invalid_request", "score must be -1 to 1", param="score")
    return score, "up" if score > 0 else "down" if score < 0 else None
