"""One try on one model: a lease, the request, the first token, and how the rest came."""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from llmrouter_tui.core.chat import ChatCall, ChatRequest
from llmrouter_tui.core.decision import Analysis
from llmrouter_tui.core.errors import BackendError, Code
from llmrouter_tui.core.events import FIRST_TOKEN, Waiting
from llmrouter_tui.core.filters import context_needed
from llmrouter_tui.core.making import maker
from llmrouter_tui.core.ports.backend import Refusing, Reply
from llmrouter_tui.core.queueing import Place, waiting_text
from llmrouter_tui.engine.deadlines import Deadlines
from llmrouter_tui.engine.learning import by_clock
from llmrouter_tui.engine.leasing import Lease
from llmrouter_tui.engine.outside import keep_in
from llmrouter_tui.engine.record import ModelRecord
from llmrouter_tui.engine.transcript import has_content

if TYPE_CHECKING:
    from llmrouter_tui.engine.router import Router

log = logging.getLogger(__name__)

WHOLE_ANSWER = 3.0
"""How many times longer than for a first token may be waited for a whole answer: nothing shows that it is made."""
MEANINGLESS = 4 << 20
"""Bytes of a stream that are waited through for a first word."""
SLOW_READER = 0.1
"""Share of an answer's time spent waiting for the client above which the clock teaches nothing."""

_new_call = maker(ChatCall)


class Try:
    """``begin`` it; then ``held`` and ``chunks`` are the answer, each read ``on`` before it is waited for, and ``end``
    lets the model go. It leaves nothing held where it could not begin."""

    __slots__ = (
        "_analysis",
        "_charged",
        "_cut",
        "_deadlines",
        "_id",
        "_queued",
        "_request",
        "_resumes",
        "_router",
        "away",
        "chunks",
        "cost",
        "crowd",
        "heard",
        "held",
        "lease",
        "pieces",
        "reader",
        "record",
        "reply",
        "sent",
        "ttft",
        "wait_seconds",
    )

    def __init__(
        self,
        router: "Router",
        request: ChatRequest,
        exchange_id: str,
        record: ModelRecord,
        analysis: Analysis,
        *,
        resumes: bool = False,
    ) -> None:
        """``resumes``: the request is to go on with what another model said."""
        self._router = router
        self._request = request
        self._id = exchange_id
        self._analysis = analysis
        self._resumes = resumes
        self._deadlines: Deadlines = router.watch.deadlines
        self.record = record
        self.lease: Lease | None = None
        self.reply: Reply | None = None
        self.chunks: AsyncIterator[bytes] | None = None
        self.held = b""
        """What came until it meant something to a client."""
        self.wait_seconds = 0.0
        """Until the model could be asked."""
        self.sent = router.clock.mono()
        """When it was asked."""
        self.ttft: float | None = None
        """From then to its first token."""
        self.heard = self.sent
        """When it was last heard of its model, or when its next words began to be waited for."""
        self.pieces = 0
        """Events after the first one that meant something."""
        self.away = 0.0
        """Seconds in which the client took its time to read: they are not the model's."""
        self.crowd = 1.0
        """Requests that the model had when this one was sent, by as many as it answers side by side."""
        self.reader: asyncio.Task[Any] | None = None
        """Who waits for the model's next words."""
        self._cut: BackendError | None = None
        """Why the answer was ended: the model had to go at once, or was silent for too long."""
        self._queued = False
        """Whether it waits for the model to be loaded."""
        self.cost: float | None = None
        """Dollars, once it is over; None where it cost none, or nobody knows."""
        self._charged = False

    # ── to the first token ──

    async def begin(self) -> None:
        """Returns with the first token. Raises ``BackendError``."""
        router, record, asked = self._router, self.record, self.sent
        self.lease = router.residency.lease(record)
        if self.lease is None:
            if isinstance(record.backend, Refusing):
                record.backend.refuse(self._call())
            await self._wait(asked)
        try:
            await self._ask()
        except BackendError as error:
            if error.code != "out_of_memory" or not router.fleet.holdings.lost(record):
                raise
            log.info("%s %s had left its memory and found no room: it is loaded anew", self._id[-4:], record.id)
            await self._wait(asked)
            await self._ask()

    async def _wait(self, since: float) -> None:
        """A lease on a model that must be loaded first."""
        self._queued = True
        try:
            self.lease = await self._router.residency.acquire(self.record, self._id, self._tokens())
        finally:
            self._queued = False
            self.sent = self._router.clock.mono()
            self.wait_seconds = self.sent - since
        self._router.bus.publish(Waiting(self._id, self.record.id, FIRST_TOKEN))

    def _tokens(self) -> int:
        """The context that is needed of a model which may be loaded with less than it could have."""
        record = self.record
        if not record.roams:
            return 0
        return context_needed(self._analysis, record.info.context_length or 0, record.speed.token_ratio)

    async def _ask(self) -> None:
        """The request, and the first token of its answer; the lease is given back where there is none."""
        record = self.record
        assert self.lease is not None
        self.lease.cut = self.cut
        self.crowd = record.leases / record.side_by_side if record.leases > record.side_by_side else 1.0
        self._charged = False
        self._router.watch.over(self)
        try:
            self.on(self.sent)
            keep_in(record)
            self.reply = await record.backend.chat(self._call())
            self.chunks = self.reply.chunks()
            await self._first_token(self.chunks)
            self.reader = None
        except BaseException as error:
            told = self.cut_off() if isinstance(error, asyncio.CancelledError) else error
            self._over()
            if self.reply is not None:
                self._charge()
                await self.reply.close()
                self.reply = None
            self.lease.release()
            self.lease = self.reader = self._cut = None
            try:
                raise told from None if told is not error else error.__cause__
            finally:
                del told  # else it holds this frame, which holds it, and with both the request

    def _call(self) -> ChatCall:
        residency, record = self._router.residency, self.record
        keep_alive, context = residency.keep_alive(record), residency.context(record)
        return _new_call(self._request, record.info, self._id, keep_alive, context, self._resumes)

    async def _first_token(self, chunks: AsyncIterator[bytes]) -> None:
        """Hold back what comes until it means something to a client: until then another model may still take over."""
        held: list[bytes] = []
        size, stream = 0, self._request.stream
        async for chunk in chunks:
            held.append(chunk)
            if not stream or has_content(chunk):
                break
            if (size := size + len(chunk)) > MEANINGLESS:
                raise _says_nothing(self.record)
        self.held = held[0] if len(held) == 1 else b"".join(held)
        self.heard = self._router.clock.mono()
        self.ttft = self.heard - self.sent

    # ── what it waits for ──

    @property
    def wait(self) -> Place | None:
        """Where it stands in the queue while the model must be waited for."""
        return self._router.residency.place(self.record) if self._queued else None

    @property
    def status_text(self) -> str:
        if (wait := self.wait) is None:
            return f"waiting for the first token of {self.record.id}"
        return waiting_text(self.record.id, self.record.queue, wait)

    @property
    def request(self) -> ChatRequest:
        return self._request

    @property
    def prompt_tokens(self) -> int:
        """As far as that can be told from its text."""
        return self._analysis.prompt_tokens

    @property
    def _patience(self) -> float:
        """Seconds for its first token; for the whole answer where that comes as one."""
        first = self._deadlines.first_token
        return first if self._request.stream else first * WHOLE_ANSWER

    def look(self, now: float) -> None:
        """Has the model been silent for too long? A client who is slow is not the model's silence."""
        begun = self.ttft is not None
        limit = self._deadlines.stall if begun else self._patience
        if self.reader is not None and now - self.heard >= limit:
            self.end_with(_stalled(self.record, limit) if begun else _silent(self.record, limit))

    def _over(self) -> None:
        """Nobody waits for its model any more."""
        self._router.watch.tries.discard(self)
        if self.ttft is not None:
            self._router.spoke[self.record.info.backend] = self.heard

    # ── the answer is ended by the router ──

    def on(self, now: float) -> None:
        """Before the model's next words are waited for. Raises ``BackendError`` where it had to go meanwhile."""
        if self._cut is not None:
            raise self._cut
        self.heard = now
        self.reader = asyncio.current_task()

    def cut(self) -> None:
        """End the answer: its model is unloaded, whoever it answers."""
        self.end_with(_forced_out(self.record))

    def end_with(self, why: BackendError) -> None:
        """End the answer, or the wait for it."""
        if self._cut is not None:
            return
        self._cut = why
        if self.reply is not None:
            self._router.tasks.spawn(self.reply.close(), "cut an answer")
        if self.reader is not None:
            self.reader.cancel()

    def cut_off(self) -> BackendError | asyncio.CancelledError:
        """What a cancellation means: that the answer was cut, or that its client has left."""
        task, cut = asyncio.current_task(), self._cut
        if cut is None or task is None or self.reader is not task:
            return asyncio.CancelledError()
        self.reader = None
        if task.uncancel() > 0:  # its client has left too
            return asyncio.CancelledError()
        return cut

    # ── the end, and what it taught ──

    def end(self, *, complete: bool) -> None:
        """Let the model go; what is left of an answer that is not complete is not generated."""
        self._over()
        self._charge()
        if self.reply is not None and not complete:
            self._router.tasks.spawn(self.reply.close(), "close an answer")
        if self.lease is not None:
            self.lease.release()

    def _charge(self) -> None:
        """Put down what it cost, once: also an answer that broke off, or that nobody waited for, is paid for."""
        if self.reply is None or self._charged:
            return
        self._charged = True
        analysis = self._analysis
        read = round(analysis.prompt_tokens * self.record.speed.token_ratio)
        written = self.pieces + bool(self.held) if self._request.stream else analysis.expected_tokens
        cost = self._router.charge(self.record.info, self.reply.usage, "chat", read=read, written=written)
        if cost is not None:
            self.cost = cost + (self.cost or 0.0)

    def teach(self, now: float) -> None:
        """Learn speed from a whole answer, and how its model counts."""
        assert self.reply is not None
        learning, reply, stream = self._router.learning, self.reply, self._request.stream
        seconds = None if self._waited_for_client(now) else now - self.sent
        ttft = self.ttft if stream else None
        learning.answered(self.record, reply.usage, reply.timings, ttft, seconds, self.crowd, self.pieces)
        if not self._resumes:  # its prompt is longer than what was analysed
            learning.counted(self.record, self._analysis, reply.usage)

    def decode_rate(self, now: float) -> float | None:
        """Tokens per second of a whole answer, after the first: as the backend counted, else by the clock."""
        if self.reply is None:
            return None
        if self.reply.timings.decode_per_second is not None:
            return self.reply.timings.decode_per_second
        if not self._request.stream or self.ttft is None or self._waited_for_client(now):
            return None
        return by_clock(self.reply.usage.completion_tokens or 0, self.ttft, now - self.sent, self.pieces)

    def _waited_for_client(self, now: float) -> bool:
        """Whether the clock says little of the model. (To subtract the pauses would be wrong: the backend writes on
        into the buffers meanwhile.)"""
        return self.away > SLOW_READER * (now - self.sent)


class ForcedOutError(BackendError):
    """The router itself ended an answer, to have the model out of memory: nobody else is to go on with it."""


def _forced_out(record: ModelRecord) -> ForcedOutError:
    words = f"{record.id} was unloaded by force in the middle of its answer"
    return ForcedOutError(
        "upstream_interrupted",
        words,
        backend=record.info.backend,
        model=record.info.name,
        fallback=True,
        retryable=True,
        blames=False,
    )


def _silent(record: ModelRecord, seconds: float) -> BackendError:
    return _error(record, "backend_error", f"said nothing for {seconds:g} s", 504)


def _says_nothing(record: ModelRecord) -> BackendError:
    return _error(record, "backend_error", f"sent {MEANINGLESS >> 20} MiB without a word in them")


def _stalled(record: ModelRecord, seconds: float) -> BackendError:
    what = f"stopped in the middle of its answer: nothing came for {seconds:g} s"
    return _error(record, "upstream_interrupted", what)


def _error(record: ModelRecord, code: Code, what: str, status: int | None = None) -> BackendError:
    backend, name = record.info.backend, record.info.name
    return BackendError(code, f"{record.id} {what}", backend=backend, model=name, fallback=True, status=status)
