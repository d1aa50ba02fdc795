"""One exchange from arrival to last byte: analysis, decision, attempts, answer, record.

``Try`` is one attempt on one model, ``Fallback`` tells who is asked after it failed, ``Account`` tells of all of it.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from llmrouter_tui.core.chat import ChatRequest
from llmrouter_tui.core.decision import Decision, Exchange, Outcome
from llmrouter_tui.core.errors import BackendError, RouterError
from llmrouter_tui.core.events import AttemptFailed, ExchangeFinished, ExchangeStarted, FirstToken, Progress
from llmrouter_tui.core.queueing import Place
from llmrouter_tui.core.resuming import Retold, resumable, resumed
from llmrouter_tui.engine.account import Account
from llmrouter_tui.engine.attempt import ForcedOutError, Try
from llmrouter_tui.engine.fallback import Fallback, more_telling

if TYPE_CHECKING:
    from llmrouter_tui.engine.router import Router

log = logging.getLogger(__name__)

PROGRESS_SECONDS = 0.25


class Run:
    """``core.ports.exchanges.ExchangeRun``: one exchange under way."""

    def __init__(self, router: "Router", request: ChatRequest) -> None:
        self._account = Account(router, request)
        self.id = self._account.id
        self.requested = request.model
        self.decision: Decision | None = None
        self._router = router
        self._request = request
        self._try: Try | None = None
        """The last attempt, which answers or fails."""
        self._pieces = 0
        """Events that the client got from models whose answers broke off."""
        self._complete = False
        self._closed = False

    # ── what the proxy asks ──

    @property
    def model(self) -> str:
        if self._try is not None:
            return self._try.record.id
        return self.decision.chosen if self.decision is not None else ""

    @property
    def attempts(self) -> int:
        return max(1, len(self._account.tried) + (self._try is not None and self._try.lease is not None))

    @property
    def tokens(self) -> int:
        trying, decision = self._try, self.decision
        if trying is None or trying.reply is None or decision is None:
            return 0
        usage, estimated = trying.reply.usage, decision.analysis.prompt_tokens
        read = estimated if usage.prompt_tokens is None else usage.prompt_tokens
        return read + (trying.pieces if usage.completion_tokens is None else usage.completion_tokens)

    @property
    def status_text(self) -> str:
        return "" if self._try is None else self._try.status_text

    @property
    def wait(self) -> Place | None:
        return None if self._try is None else self._try.wait

    def exchange(self) -> Exchange:
        """The record while it runs."""
        return self._account.running(self.decision, self.model)

    def decide(self) -> None:
        router = self._router
        self.decision = router.decide(self._request, router.sessions.model(self._account.session, self._request))
        router.traffic.started(self)
        if router.bus.wants(ExchangeStarted):
            router.bus.publish(ExchangeStarted(self.exchange()))

    async def open(self) -> None:
        assert self.decision is not None
        model = self.decision.chosen
        error: BackendError | None = None
        fallback: Fallback | None = None
        try:
            while True:
                try:
                    return await self._attempt(model, self.decision)
                except BackendError as failure:
                    error = more_telling(error, failure)
                    self._reproach(model, failure)
                    fallback = fallback or Fallback(self._router, self._request, self.decision)
                    following = fallback.after(model, failure)
                    self.decision = fallback.decision
                    self._attempt_failed(model, failure, following)
                    if not following:
                        break
                    model = following
            self._account.error = error
            raise error
        finally:
            del error  # its traceback holds this frame

    async def body(self) -> AsyncIterator[bytes]:
        trying, account, retold = self._try, self._account, None
        assert trying is not None
        clock, kept, limit = self._router.clock.mono, account.kept, self._router.keep.answer
        remembers = self._resumable
        account.begin(trying.held)
        yield trying.held
        while True:
            assert trying.chunks is not None
            said, first = clock(), self._pieces + trying.held.count(b"\n\n")
            try:
                trying.on(said)
                async for chunk in trying.chunks:
                    trying.reader = None
                    trying.pieces += chunk.count(b"\n\n")
                    if account.kept_bytes < limit:
                        account.kept_bytes += len(chunk)
                        kept.append(chunk)
                    elif remembers:
                        account.more(chunk)
                    if (now := clock()) - said > PROGRESS_SECONDS:
                        said = now
                        self._router.bus.publish(Progress(self.id, first + trying.pieces))
                    yield chunk if retold is None else retold(chunk)
                    again = clock()
                    trying.away += again - now
                    trying.on(again)
                trying.reader = None
                break
            except (asyncio.CancelledError, BackendError) as error:
                failure = self._failed(trying, error)
            self._pieces = first + trying.pieces
            trying, retold = await self._resume(trying, failure)
            account.begin(trying.held)
            yield _note(trying.record.id, failure) + retold(trying.held)
        self._complete = True

    def _failed(self, trying: Try, error: BackendError | asyncio.CancelledError) -> BackendError:
        """What broke an answer off; raises where its client left."""
        told = trying.cut_off() if isinstance(error, asyncio.CancelledError) else error
        if not isinstance(told, BackendError):
            raise told from None
        self._reproach(trying.record.id, told)
        return told

    @property
    def _resumable(self) -> bool:
        return self._router.resumes and resumable(self._request)

    async def _resume(self, trying: Try, failure: BackendError) -> tuple[Try, Retold]:
        """Another model goes on with what the client has got. Raises the failure where none can."""
        decision, account = self.decision, self._account
        if decision is None or not self._resumable or isinstance(failure, ForcedOutError):
            account.error = failure
            raise failure
        first, said = account.said()
        request = resumed(self._request, said, self._pieces)
        fallback, error = Fallback(self._router, self._request, decision), failure
        model, ttft = trying.record.id, trying.ttft
        fallback.spend(attempt.model for attempt in account.tried)
        trying.end(complete=False)
        while following := fallback.to_resume(model, error, said=bool(said)):
            self._attempt_failed(model, error, following, ttft)
            model, ttft = following, None
            try:
                await self._attempt(model, decision, request)
            except BackendError as another:
                error = another
                self._reproach(model, another)
                error.fallback = True  # that it cannot be asked to go on is no fault of the client's
                continue
            assert self._try is not None
            return self._try, Retold(first)
        if model != trying.record.id:
            self._attempt_failed(model, error, "")
        account.error = failure
        raise failure

    def fail(self, error: RouterError) -> None:
        self._account.error = error

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        router, account, trying = self._router, self._account, self._try
        now = router.clock.mono()
        if trying is not None:
            if self._complete:
                self._answered(trying, now)
            elif account.error is None:
                router.circuits.left(trying.record.id)
            trying.end(complete=self._complete)
        outcome: Outcome = "ok" if self._complete else "failed" if account.error is not None else "cancelled"
        exchange = account.whole(self.decision, self.model, trying, outcome, now)
        router.traffic.finished(exchange)
        router.bus.publish(ExchangeFinished(exchange))
        router.overheard(self._request, exchange)
        account.error = None  # its traceback holds this exchange

    # ── attempts ──

    async def _attempt(self, model: str, decision: Decision, resumed: ChatRequest | None = None) -> None:
        """One try, with what is ``resumed`` of the request. Returns with the first token; raises ``BackendError``."""
        router = self._router
        record = router.fleet.models.get(model)
        if record is None:
            raise _vanished(model)
        router.circuits.asked(model)
        request = resumed or self._request
        goes_on = request is not self._request
        trying = self._try = Try(router, request, self.id, record, decision.analysis, resumes=goes_on)
        self._account.tries.append(trying)
        await trying.begin()
        if self._request.stream and trying.ttft is not None and resumed is None:
            first = self._account.first = trying.sent + trying.ttft - self._account.started
            router.bus.publish(FirstToken(self.id, model, first))

    def _attempt_failed(self, model: str, error: BackendError, following: str, ttft: float | None = None) -> None:
        trying = self._try
        wait = trying.wait_seconds if trying is not None and trying.record.id == model else 0.0
        attempt = self._account.failed(model, error, wait, ttft)
        log.warning("%s %s: %s%s", self.id[-4:], model, error.message, f"; trying {following}" if following else "")
        self._router.bus.publish(AttemptFailed(self.id, attempt, following))

    def _reproach(self, model: str, error: BackendError) -> None:
        """What fails again and again is left alone; a backend that is gone is gone for everyone."""
        if error.blames:
            self._router.circuits.failed(model, error)
        else:
            self._router.circuits.left(model)
        if error.unhealthy:
            self._router.fleet.failed(error.backend, error)

    def _answered(self, trying: Try, now: float) -> None:
        """Remember who answered this conversation; learn from the answer."""
        if self.decision is not None and not self.decision.analysis.background:
            self._router.sessions.answered(self._account.session, trying.record.id)
        self._router.circuits.answered(trying.record.id)
        trying.teach(now)


def _note(model: str, failure: BackendError) -> bytes:
    """A comment in the stream that says who goes on, and why."""
    words = " ".join(f"{model} goes on with the answer: {failure.message}".split())
    return f": {words}\n\n".encode("utf-8", "replace")


def _vanished(model: str) -> BackendError:
    backend, _, name = model.partition("/")
    return BackendError("backend_unreachable", f"{model} is gone", backend=backend, model=name, fallback=True)
