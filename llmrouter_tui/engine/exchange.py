"""One exchange from arrival to last byte: analysis, decision, attempts, answer, record."""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from llmrouter_tui.core.chat import ChatCall, ChatRequest
from llmrouter_tui.core.decision import Attempt, Decision, Exchange, Outcome, Usage
from llmrouter_tui.core.errors import BackendError, RouterError
from llmrouter_tui.core.events import AttemptFailed, ExchangeFinished, ExchangeStarted, FirstToken, Progress
from llmrouter_tui.core.filters import context_needed
from llmrouter_tui.core.making import maker
from llmrouter_tui.core.ports import Reply, RouterErrorLike
from llmrouter_tui.core.queueing import Place, waiting_text
from llmrouter_tui.core.ruling import by_wish
from llmrouter_tui.engine.learning import by_clock
from llmrouter_tui.engine.leasing import Lease
from llmrouter_tui.engine.record import ModelRecord
from llmrouter_tui.engine.sessions import Sessions
from llmrouter_tui.engine.transcript import has_content, read_stream, read_whole

if TYPE_CHECKING:
    from llmrouter_tui.engine.router import Router

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 4
PROGRESS_SECONDS = 0.25
SLOW_READER = 0.1
"""Share of an answer's time spent waiting for the client above which the clock teaches nothing."""

_NO_USAGE = Usage()
_new_call, _new_attempt = maker(ChatCall), maker(Attempt)
_new_exchange = maker(Exchange)


class Run:
    """``core.ports.ExchangeRun``: one exchange under way."""

    def __init__(self, router: "Router", request: ChatRequest) -> None:
        self._at = router.clock.wall()
        self._started = router.clock.mono()
        self.id = router.new_id(self._at)
        self.requested = request.model
        self.decision: Decision | None = None
        self._router = router
        self._request = request
        self._session = Sessions.key(request)
        self._tried: list[Attempt] = []
        self._record: ModelRecord | None = None
        self._lease: Lease | None = None
        self._reply: Reply | None = None
        self._chunks: AsyncIterator[bytes] | None = None
        self._held = b""
        self._kept: list[bytes] = []
        self._kept_bytes = 0
        self._wait_seconds = 0.0
        self._sent = 0.0
        self._away = 0.0
        """Seconds in which the client took its time to read: they are not the model's."""
        self._pieces = 0
        """Events after the first one that meant something."""
        self._ttft: float | None = None
        """The model's own, from when it was asked."""
        self._first: float | None = None
        """The client's, from the request's arrival: with the wait for the model."""
        self._complete = False
        self._error: RouterErrorLike | None = None
        self._closed = False
        self._crowd = 1.0
        """Requests that the model had when this one was sent, by as many as it answers side by side."""
        self._reader: asyncio.Task[Any] | None = None
        """Who waits for the model's next words."""
        self._cut: BackendError | None = None
        """Why the answer was ended: the model had to go at once."""
        self._queued = False
        """Whether it waits for a model to be loaded."""

    # ── what the proxy asks ──

    @property
    def model(self) -> str:
        if self._record is not None:
            return self._record.id
        return self.decision.chosen if self.decision is not None else ""

    @property
    def attempts(self) -> int:
        return max(1, len(self._tried) + (self._lease is not None))

    @property
    def status_text(self) -> str:
        if self._record is None:
            return ""
        if (wait := self.wait) is None:
            return f"waiting for the first token of {self._record.id}"
        return waiting_text(self._record.id, self._record.queue, wait)

    @property
    def wait(self) -> Place | None:
        if self._record is None or not self._queued:
            return None
        return self._router.residency.place(self._record)

    def decide(self) -> None:
        router = self._router
        self.decision = router.decide(self._request, router.sessions.model(self._session, self._request))
        router.traffic.started(self)
        if router.bus.wants(ExchangeStarted):
            router.bus.publish(ExchangeStarted(self.exchange("running")))

    async def open(self) -> None:
        assert self.decision is not None
        model, left = self.decision.chosen, None
        error: BackendError | None = None
        while True:
            try:
                return await self._attempt(model)
            except BackendError as failure:
                error = _more_telling(error, failure)
                left = self._after(failure, self._others() if left is None else left)
                left = left or self._beyond_wishes(model, failure)
                self._attempt_failed(model, failure, left)
                if not failure.fallback or not left or len(self._tried) >= MAX_ATTEMPTS:
                    break
                model = left.pop(0)
        self._error = error
        raise error

    def _others(self) -> list[str]:
        """The models that may be asked where the chosen one failed, best first."""
        assert self.decision is not None
        return [c.model for c in self.decision.candidates if c.model != self.decision.chosen]

    def _beyond_wishes(self, model: str, failure: BackendError) -> list[str]:
        """Who may be asked where all models failed that an ``always`` wished for: the usual choice, decided anew so
        that the record tells it."""
        if self.decision is None or not failure.fallback or not by_wish(self.decision):
            return []
        tried = {model, *(attempt.model for attempt in self._tried)}
        try:
            decision = self._router.decide(self._request, failed=tried)
        except RouterError:
            return []
        left = self._after(failure, [c.model for c in decision.candidates])
        if left:
            self.decision = decision
        return left

    async def body(self) -> AsyncIterator[bytes]:
        assert self._chunks is not None
        clock, kept, limit = self._router.clock.mono, self._kept, self._router.keep.answer
        first, said = self._held.count(b"\n\n"), clock()
        self._keep(self._held)
        yield self._held
        try:
            self._read_on()
            async for chunk in self._chunks:
                self._reader = None
                self._pieces += chunk.count(b"\n\n")
                if self._kept_bytes < limit:
                    self._kept_bytes += len(chunk)
                    kept.append(chunk)
                if (now := clock()) - said > PROGRESS_SECONDS:
                    said = now
                    self._router.bus.publish(Progress(self.id, first + self._pieces))
                yield chunk
                self._away += clock() - now
                self._read_on()
            self._reader = None
        except asyncio.CancelledError:
            raise self._cut_off() from None
        except BackendError as error:
            self._error = error
            self._reproach(error)
            raise
        self._complete = True

    # ── the model has to go at once ──

    def _read_on(self) -> None:
        """Before the model's next words are waited for. Raises ``BackendError`` where it had to go meanwhile."""
        if self._cut is not None:
            raise self._cut
        self._reader = asyncio.current_task()

    def cut(self) -> None:
        """End the answer: its model is unloaded, whoever it answers."""
        if self._record is None or self._cut is not None:
            return
        self._cut = _forced_out(self._record)
        if self._reply is not None:
            self._router.tasks.spawn(self._reply.close(), "cut an answer")
        if self._reader is not None:
            self._reader.cancel()

    def _cut_off(self) -> BaseException:
        """What a cancellation means: that the answer was cut, or that its client has left."""
        task, cut = asyncio.current_task(), self._cut
        if cut is None or task is None or self._reader is not task:
            return asyncio.CancelledError()
        self._reader = None
        if task.uncancel() > 0:  # its client has left too
            return asyncio.CancelledError()
        self._error = cut
        return cut

    def fail(self, error: RouterErrorLike) -> None:
        self._error = error

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        router, now = self._router, self._router.clock.mono()
        if self._reply is not None and self._complete:
            self._learn(self._reply, now)
        elif self._reply is not None:
            router.tasks.spawn(self._reply.close(), "close an answer")
        if self._lease is not None:
            self._lease.release()
        outcome: Outcome = "ok" if self._complete else "failed" if self._error is not None else "cancelled"
        exchange = self._finished(outcome, now)
        router.traffic.finished(exchange)
        router.bus.publish(ExchangeFinished(exchange))
        router.overheard(self._request, exchange)

    # ── attempts ──

    async def _attempt(self, model: str) -> None:
        """One try: a lease, the request, the first token. Leaves nothing held when it fails."""
        router = self._router
        record = router.fleet.models.get(model)
        if record is None:
            raise _vanished(model)
        self._record = record
        asked = self._sent = router.clock.mono()
        self._lease = router.residency.lease(record)
        if self._lease is None:
            await self._wait_for(record)
        self._wait_seconds = self._sent - asked
        try:
            await self._ask(record)
        except BackendError as error:
            if error.code != "out_of_memory" or not router.fleet.lost(record):
                raise
            log.info("%s %s had left its memory and found no room: it is loaded anew", self.id[-4:], model)
            await self._wait_for(record)
            self._wait_seconds = self._sent - asked
            await self._ask(record)

    async def _wait_for(self, record: ModelRecord) -> None:
        """A lease on a model that must be loaded first."""
        self._queued = True
        try:
            self._lease = await self._router.residency.acquire(record, self.id, self._tokens(record))
        finally:
            self._queued = False
        self._sent = self._router.clock.mono()

    def _tokens(self, record: ModelRecord) -> int:
        """The context that it needs of a model which may be loaded with less than it could have."""
        if self.decision is None or not record.roams:
            return 0
        return context_needed(self.decision.analysis, record.info.context_length or 0, record.speed.token_ratio)

    async def _ask(self, record: ModelRecord) -> None:
        """The request, and the first token of its answer; the lease is given back where there is none."""
        assert self._lease is not None
        self._lease.cut = self.cut
        self._crowd = max(1.0, record.leases / record.side_by_side)
        try:
            self._read_on()
            self._reply = await record.backend.chat(self._call(record))
            self._chunks = self._reply.chunks()
            await self._first_token()
            self._reader = None
        except BaseException as error:
            told = self._cut_off() if isinstance(error, asyncio.CancelledError) else error
            if self._reply is not None:
                await self._reply.close()
                self._reply = None
            self._lease.release()
            self._lease = self._reader = self._cut = None
            raise told from None if told is not error else error.__cause__

    def _call(self, record: ModelRecord) -> ChatCall:
        residency = self._router.residency
        return _new_call(self._request, record.info, self.id, residency.keep_alive(record), residency.context(record))

    async def _first_token(self) -> None:
        """Hold back what comes until it means something to a client: until then another model may still take over."""
        assert self._chunks is not None and self._record is not None
        held = b""
        async for chunk in self._chunks:
            held += chunk
            if not self._request.stream or has_content(held):
                break
        self._held = held
        now = self._router.clock.mono()
        self._ttft = now - self._sent
        if self._request.stream:
            self._first = now - self._started
            self._router.bus.publish(FirstToken(self.id, self._record.id, self._first))

    def _after(self, error: BackendError, left: list[str]) -> list[str]:
        """Who may still be asked: nobody for the client's own fault, no neighbour of a backend that is gone."""
        self._reproach(error)
        if not error.fallback:
            return []
        if error.unhealthy:
            return [model for model in left if not model.startswith(f"{error.backend}/")]
        if error.code == "context_length_exceeded":
            return self._roomier(left)
        if error.code == "queue_full":
            return self._ready(left)
        return left

    def _ready(self, left: list[str]) -> list[str]:
        """Who can be asked at once."""
        models = self._router.fleet.models
        return [name for name in left if (model := models.get(name)) and model.ready]

    def _roomier(self, left: list[str]) -> list[str]:
        """Who may have room for what was too long: those with a larger context, the largest first, since where that is
        too small all are; where no context is known, the next one."""
        assert self._record is not None and self.decision is not None
        tried = self._record.info.context_length or self._record.loaded_context or self.decision.analysis.prompt_tokens
        models = self._router.fleet.models
        known = [(m.info.context_length, m.id) for name in left if (m := models.get(name)) and m.info.context_length]
        larger = [(context, name) for context, name in known if context > tried]
        if larger:
            return [name for _, name in sorted(larger, key=lambda found: -found[0])]
        return [] if known else left[:1]

    def _reproach(self, error: BackendError) -> None:
        if error.unhealthy:
            self._router.fleet.failed(error.backend, error)

    def _attempt_failed(self, model: str, error: BackendError, left: list[str]) -> None:
        attempt = _new_attempt(model, "failed", self._wait_seconds, None, error.code, error.message)
        self._tried.append(attempt)
        following = left[0] if left and error.fallback and len(self._tried) < MAX_ATTEMPTS else ""
        log.warning("%s %s: %s%s", self.id[-4:], model, error.message, f"; trying {following}" if following else "")
        self._router.bus.publish(AttemptFailed(self.id, attempt, following))

    # ── the record ──

    def _keep(self, chunk: bytes) -> None:
        self._kept_bytes += len(chunk)
        self._kept.append(chunk[: self._router.keep.answer] if self._request.stream else chunk)

    def _learn(self, reply: Reply, now: float) -> None:
        assert self._record is not None
        if self.decision is not None and not self.decision.analysis.background:
            self._router.sessions.answered(self._session, self._record.id)
        ttft = self._ttft if self._request.stream else None
        seconds = None if self._waited_for_client(now) else now - self._sent
        self._router.learning.answered(
            self._record, reply.usage, reply.timings, ttft, seconds, self._crowd, self._pieces
        )
        if self.decision is not None:
            self._router.learning.counted(self._record, self.decision.analysis, reply.usage)

    def _waited_for_client(self, now: float) -> bool:
        """Whether the clock says little of the model. (To subtract the pauses would be wrong: the backend writes on
        into the buffers meanwhile.)"""
        return self._away > SLOW_READER * (now - self._sent)

    def exchange(self, outcome: Outcome) -> Exchange:
        """The record while it runs: who asked what, and what was decided."""
        return _new_exchange(
            id=self.id,
            at=self._at,
            outcome=outcome,
            requested=self.requested,
            model=self.model,
            session=self._session,
            client=self._request.client,
            stream=self._request.stream,
            decision=self.decision,
            attempts=tuple(self._tried),
            ttft=self._first,
            prompt=_last_prompt(self._request, self._router.keep.prompt),
        )

    def _finished(self, outcome: Outcome, now: float) -> Exchange:
        """The whole record."""
        request, reply, error, stream = self._request, self._reply, self._error, self._request.stream
        model, attempts = self.model, self._tried
        if self._lease is not None:
            attempts = [*attempts, _new_attempt(model, outcome, self._wait_seconds, self._ttft)]
        response_id, answer = read_stream(self._kept) if stream else read_whole(self._kept)
        return _new_exchange(
            id=self.id,
            at=self._at,
            outcome=outcome,
            requested=request.model,
            model=model,
            session=self._session,
            client=request.client,
            stream=stream,
            decision=self.decision,
            attempts=tuple(attempts),
            ttft=self._first,
            seconds=now - self._started,
            usage=_NO_USAGE if reply is None else reply.usage,
            decode_per_second=None if reply is None else self._decode_rate(reply, now),
            finish_reason="" if reply is None else reply.finish_reason,
            code="" if error is None else str(error.code),
            message="" if error is None else error.message,
            prompt=_last_prompt(request, self._router.keep.prompt),
            answer=answer,
            response_id=response_id,
        )

    def _decode_rate(self, reply: Reply, now: float) -> float | None:
        """Tokens per second of a whole answer, after the first: as the backend counted, else by the clock."""
        if not self._complete:
            return None
        if reply.timings.decode_per_second is not None:
            return reply.timings.decode_per_second
        if not self._request.stream or self._ttft is None or self._waited_for_client(now):
            return None
        return by_clock(reply.usage.completion_tokens or 0, self._ttft, now - self._sent, self._pieces)


def _forced_out(record: ModelRecord) -> BackendError:
    words = f"{record.id} was unloaded by force in the middle of its answer"
    return BackendError(
        "upstream_interrupted",
        words,
        backend=record.info.backend,
        model=record.info.name,
        fallback=True,
        retryable=True,
    )


def _vanished(model: str) -> BackendError:
    backend, _, name = model.partition("/")
    return BackendError("backend_unreachable", f"{model} is gone", backend=backend, model=name, fallback=True)


def _more_telling(known: BackendError | None, fresh: BackendError) -> BackendError:
    """Of several failures the one to report: a fault that may pass is not covered up by one that will not."""
    if known is None or not known.retryable or fresh.retryable or not fresh.fallback:
        return fresh
    return known


def _last_prompt(request: ChatRequest, most: int) -> str:
    for message in reversed(request.messages):
        if message.role == "user":
            return message.text[:most]
    return request.messages[-1].text[:most] if request.messages else ""
