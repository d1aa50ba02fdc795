"""Embeddings: one request from arrival to its last vector, over replicas of one model."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from llmrouter_tui.core import embedding_choice
from llmrouter_tui.core.decision import Attempt, Decision, Exchange, Outcome, Timings, Usage
from llmrouter_tui.core.embedding import BATCH, Embedded, EmbedRequest
from llmrouter_tui.core.errors import BackendError, RouterError
from llmrouter_tui.core.events import AttemptFailed, ExchangeFinished, ExchangeStarted
from llmrouter_tui.core.queueing import Place, waiting_text
from llmrouter_tui.engine.leasing import Lease
from llmrouter_tui.engine.outside import keep_in
from llmrouter_tui.engine.record import ModelRecord

if TYPE_CHECKING:
    from llmrouter_tui.engine.router import Router

log = logging.getLogger(__name__)


async def _forget(name: str) -> None:
    """Where nobody keeps what was chosen, it holds until the end."""


class Embedding:
    """The door of embeddings, beside that of chats."""

    def __init__(self, router: "Router") -> None:
        self._router = router
        self.model = ""
        """What ``auto`` embeds with, by name; empty until it is chosen for the first time."""
        self.keep: Callable[[str], Awaitable[object]] = _forget
        """Keeps the choice over a restart. Raises ``RouterError`` where it cannot."""

    def begin(self, request: EmbedRequest) -> "EmbedRun":
        """Decide and announce. Raises ``RouterError``; the refusal is recorded like any exchange."""
        run = EmbedRun(self._router, request)
        try:
            if self._router.draining:
                raise RouterError("shutting_down", "the router is shutting down", retryable=True, retry_after=5)
            run.decided(self._decide(request))
        except RouterError as error:
            error.exchange_id = run.id
            run.fail(error)
            run.close()
            raise
        return run

    def _decide(self, request: EmbedRequest) -> Decision:
        router, asked = self._router, request.model
        models, waits = router.fleet.views(), router.ledger.waits()
        if not models:
            raise router.nobody_here()
        if router.aliases and (meant := router.meant(request.model, models)):
            request = replace(request, model=meant)
        auto = embedding_choice.is_auto(request.model, models)
        if auto and not self.model:
            self.model = embedding_choice.choose(models)
            router.tasks.spawn(self._keep(self.model), "keep what auto embeds with")
        if request.allowed:  # what auto means is the same for every key, also for one that may not use it
            if auto:
                models = router.permitted(replace(request, model=self.model), models, self.model)
            else:
                models = router.permitted(request, models, asked)
        choose = partial(
            embedding_choice.decide,
            request,
            kept=self.model,
            waits=waits,
            in_flight={record.id: record.leases + len(record.tickets) for record in router.fleet.models.values()},
            preference=router.preference,
        )
        if router.circuits:
            with suppress(RouterError):  # who is left alone is asked all the same where nobody else can answer
                return choose(router.circuits.leave_alone(models))
        return choose(models)

    async def _keep(self, name: str) -> None:
        try:
            await self.keep(name)
        except RouterError as error:
            log.warning("auto embeds with %s, which could not be stored: %s", name, error)


class EmbedRun:
    """``core.ports.exchanges.EmbedRun``: one request under way."""

    def __init__(self, router: "Router", request: EmbedRequest) -> None:
        self._router = router
        self._request = request
        self._at = router.clock.wall()
        self._started = router.clock.mono()
        self.id = router.new_id(self._at)
        self.requested = request.model
        self.decision: Decision | None = None
        self._record: ModelRecord | None = None
        self._lease: Lease | None = None
        self._queued = False
        self._wait_seconds = 0.0
        self._worker: asyncio.Task[Embedded] | None = None
        """The call under way."""
        self._cut: BackendError | None = None
        self._tried: list[Attempt] = []
        self._tokens: int | None = 0
        self._length = 0
        self._cost: float | None = None
        self._busy = 0.0
        """Seconds that the model was at it."""
        self._crowd = 1.0
        """Requests that it had when it was first asked, by as many as it does side by side."""
        self._complete = False
        self._error: RouterError | None = None
        self._closed = False

    @property
    def model(self) -> str:
        if self._record is not None:
            return self._record.id
        return self.decision.chosen if self.decision is not None else ""

    @property
    def attempts(self) -> int:
        return max(1, len(self._tried) + (self._lease is not None))

    @property
    def wait(self) -> Place | None:
        if self._record is None or not self._queued:
            return None
        return self._router.residency.place(self._record)

    @property
    def tokens(self) -> int:
        if self._tokens:
            return self._tokens
        return self.decision.analysis.prompt_tokens if self.decision is not None else 0

    @property
    def status_text(self) -> str:
        if self._record is None or (wait := self.wait) is None:
            return ""
        return waiting_text(self._record.id, self._record.queue, wait)

    @property
    def usage(self) -> Usage:
        """Tokens so far, as they were counted."""
        return Usage(prompt_tokens=self._tokens, completion_tokens=0)

    def decided(self, decision: Decision) -> None:
        self.decision = decision
        self._router.traffic.started(self)
        if self._router.bus.wants(ExchangeStarted):
            self._router.bus.publish(ExchangeStarted(self.exchange()))

    async def vectors(self) -> AsyncIterator[Sequence[Sequence[float]]]:
        """Vectors in the order of the inputs, some at a time. What a replica did not do yet, the next one does. Raises
        ``RouterError`` when nothing is left."""
        inputs, at = self._request.inputs, 0
        while at < len(inputs):
            found = await self._some(inputs[at : at + BATCH])
            self._charge(found)
            self._check_length(found)
            at += len(found.vectors)
            self._count(found)
            yield found.vectors
        self._complete = True

    def fail(self, error: RouterError) -> None:
        self._error = error

    def close(self) -> None:
        """The end: whatever is under way is given up. Idempotent."""
        if self._closed:
            return
        self._closed = True
        if self._worker is not None:
            self._worker.cancel()
        outcome: Outcome = "ok" if self._complete else "failed" if self._error is not None else "cancelled"
        attempts = [*self._tried]
        if self._record is not None and not self._complete and (self._lease is not None or self._error is None):
            self._router.circuits.left(self._record.id)
        if self._lease is not None and self._record is not None:
            attempts.append(Attempt(self._record.id, outcome, self._wait_seconds))
            if self._complete:
                self._router.circuits.answered(self._record.id)
                self._router.learning.answered(self._record, self.usage, Timings(), None, self._busy, self._crowd)
            self._let_go()
        exchange = self._recorded(outcome, attempts, self._router.clock.mono() - self._started)
        self._router.traffic.finished(exchange)
        self._router.bus.publish(ExchangeFinished(exchange))

    # ── attempts ──

    async def _some(self, inputs: Sequence[str] | Sequence[Sequence[int]]) -> Embedded:
        """One batch, from the replica that is held or from the next one that can."""
        assert self.decision is not None
        while True:
            model = self._record.id if self._lease is not None and self._record is not None else self._next()
            try:
                await self._hold(model)
                return await self._ask(inputs)
            except BackendError as failure:
                self._failed(model, failure)
                if not failure.fallback or not self._next():
                    self._error = failure
                    raise

    def _next(self) -> str:
        """The best replica that did not fail yet; empty: there is none."""
        assert self.decision is not None
        tried = {attempt.model for attempt in self._tried}
        return next((c.model for c in self.decision.candidates if c.model not in tried), "")

    async def _hold(self, model: str) -> None:
        """A lease on the model; loaded first where it must be."""
        if self._lease is not None:
            return
        router = self._router
        record = router.fleet.models.get(model)
        if record is None:
            backend, _, name = model.partition("/")
            raise BackendError("backend_unreachable", f"{model} is gone", backend=backend, model=name, fallback=True)
        router.circuits.asked(model)
        self._record, asked = record, router.clock.mono()
        self._lease = router.residency.lease(record)
        if self._lease is None:
            self._queued = True
            try:
                self._lease = await router.residency.acquire(record, self.id, 0)
            finally:
                self._queued = False
                self._wait_seconds = router.clock.mono() - asked
        self._lease.cut = self._cut_off
        self._busy, self._crowd = 0.0, max(1.0, record.leases / record.side_by_side)

    async def _ask(self, inputs: Sequence[str] | Sequence[Sequence[int]]) -> Embedded:
        record, request = self._record, self._request
        assert record is not None
        keep_in(record)
        call = record.backend.embed(
            record.info,
            inputs,
            context_length=self._router.residency.context(record),
            dimensions=request.dimensions,
            truncate=request.truncate,
        )
        self._worker, sent = asyncio.ensure_future(call), self._router.clock.mono()
        try:
            return await self._worker
        except asyncio.CancelledError:
            if self._cut is not None and not self._left():
                raise self._cut from None
            raise
        finally:
            self._worker.cancel()
            self._worker = None
            self._busy += self._router.clock.mono() - sent

    def _left(self) -> bool:
        """Whether the client has left, too."""
        task = asyncio.current_task()
        return task is not None and task.cancelling() > 0

    def _cut_off(self) -> None:
        """The model has to go at once: give up what it does; a replica may do the rest."""
        record = self._record
        assert record is not None
        words = f"{record.id} was unloaded by force while it embedded"
        self._cut = BackendError(
            "upstream_interrupted",
            words,
            backend=record.info.backend,
            model=record.info.name,
            fallback=True,
            blames=False,
        )
        if self._worker is not None:
            self._worker.cancel()

    def _failed(self, model: str, error: BackendError) -> None:
        if error.blames:
            self._router.circuits.failed(model, error)
        else:
            self._router.circuits.left(model)
        if error.unhealthy:
            self._router.fleet.failed(error.backend, error)
        attempt = Attempt(model, "failed", self._wait_seconds, None, error.code, error.message)
        self._tried.append(attempt)
        self._let_go()
        following = self._next() if error.fallback else ""
        log.warning("%s %s: %s%s", self.id[-4:], model, error.message, f"; trying {following}" if following else "")
        self._router.bus.publish(AttemptFailed(self.id, attempt, following))

    def _let_go(self) -> None:
        if self._lease is not None:
            self._lease.release()
        self._lease = self._cut = None
        self._wait_seconds = 0.0

    # ── what came ──

    def _check_length(self, found: Embedded) -> None:
        """All vectors of an answer are of one length, and of the one that was asked for. Raises ``RouterError``."""
        length, wanted = len(found.vectors[0]), self._request.dimensions
        if wanted is not None and length != wanted:
            self._error = RouterError(
                "invalid_request",
                f"{self.model} gives vectors of {length} numbers and cannot be told to give {wanted}.",
                hint="Leave dimensions out.",
                param="dimensions",
            )
            raise self._error
        if self._length and length != self._length:
            self._error = RouterError(
                "backend_error",
                f"{self.model} gives vectors of {length} numbers where the first of this request have {self._length}.",
                hint="These models have the same name and are not the same: name one with its backend.",
            )
            raise self._error
        self._length = length

    def _charge(self, found: Embedded) -> None:
        """Put down what a batch cost."""
        assert self._record is not None and self.decision is not None
        share = len(found.vectors) / len(self._request.inputs)
        read, usage = round(self.decision.analysis.prompt_tokens * share), Usage(found.prompt_tokens, 0)
        cost = self._router.charge(self._record.info, usage, "chat", read=read)
        if cost is not None:
            self._cost = cost + (self._cost or 0.0)

    def _count(self, found: Embedded) -> None:
        known = self._tokens is not None and found.prompt_tokens is not None
        self._tokens = (self._tokens or 0) + (found.prompt_tokens or 0) if known else None

    # ── the record ──

    def exchange(self) -> Exchange:
        """The record while it runs."""
        return self._recorded("running", self._tried, None)

    def _recorded(self, outcome: Outcome, attempts: Sequence[Attempt], seconds: float | None) -> Exchange:
        request, error, first = self._request, self._error, self._request.inputs[0]
        return Exchange(
            id=self.id,
            at=self._at,
            outcome=outcome,
            requested=request.model,
            model=self.model,
            session=f"id:{request.session}" if request.session else "",
            client=request.client,
            decision=self.decision,
            attempts=tuple(attempts),
            seconds=seconds,
            usage=self.usage if self._complete else Usage(),
            code="" if error is None else str(error.code),
            message="" if error is None else error.message,
            prompt=first[: self._router.keep.prompt] if isinstance(first, str) else "",
            key=request.key,
            cost=self._cost,
        )
