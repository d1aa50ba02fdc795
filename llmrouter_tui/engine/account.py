"""What an exchange tells of itself, while it runs and when it is over, and what it keeps of the answer for that."""

from typing import TYPE_CHECKING

from llmrouter_tui.core.asides import said_by_user
from llmrouter_tui.core.chat import ChatRequest
from llmrouter_tui.core.decision import Attempt, Decision, Exchange, Outcome, Usage
from llmrouter_tui.core.errors import BackendError, RouterError
from llmrouter_tui.core.making import maker
from llmrouter_tui.engine.sessions import Sessions
from llmrouter_tui.engine.transcript import read_stream, read_whole

if TYPE_CHECKING:
    from llmrouter_tui.engine.attempt import Try
    from llmrouter_tui.engine.router import Router

FOLD_BYTES = 65_536

_NO_USAGE = Usage()
_new_attempt = maker(Attempt)
_new_exchange = maker(Exchange)


class Account:
    """One exchange as it is shown and stored."""

    __slots__ = (
        "_at",
        "_further",
        "_keep",
        "_more",
        "_more_bytes",
        "_request",
        "error",
        "first",
        "id",
        "kept",
        "kept_bytes",
        "session",
        "started",
        "tried",
        "tries",
    )

    def __init__(self, router: "Router", request: ChatRequest) -> None:
        self._at = router.clock.wall()
        self._keep = router.keep
        self._request = request
        self.started = router.clock.mono()
        self.id = router.new_id(self._at)
        self.session = Sessions.key(request)
        self.tried: list[Attempt] = []
        """Attempts that failed before the last one."""
        self.tries: list[Try] = []
        """All attempts, the last one too, with what each cost."""
        self.kept: list[bytes] = []
        """The beginning of the answer."""
        self.kept_bytes = 0
        self._more: list[bytes] = []
        self._more_bytes = 0
        self._further: list[str] = []
        """What was said after that, where another model may have to go on with it."""
        self.first: float | None = None
        """Seconds from the request's arrival to the first token: with the wait for the model."""
        self.error: RouterError | None = None
        """Why there is no whole answer."""

    def failed(self, model: str, error: BackendError, wait_seconds: float, ttft: float | None = None) -> Attempt:
        """An attempt that failed before its answer began, or in the middle of it where another model went on."""
        attempt = _new_attempt(model, "failed", wait_seconds, ttft, error.code, error.message)
        self.tried.append(attempt)
        return attempt

    def begin(self, held: bytes) -> None:
        """Keep what the answer begins with, or what another model went on with: all of it, since a third one may have
        to know what was said."""
        if self.kept_bytes and self.kept_bytes >= self._keep.answer:
            self.more(held)
            return
        self.kept_bytes += len(held)
        self.kept.append(held)

    def more(self, chunk: bytes) -> None:
        """Remember what was said after what is kept: as text, which is a fortieth of its chunks."""
        self._more.append(chunk)
        self._more_bytes += len(chunk)
        if self._more_bytes > FOLD_BYTES:
            self._fold()

    def _fold(self) -> None:
        self._further.append(read_stream(self._more)[1])
        self._more.clear()
        self._more_bytes = 0

    def said(self) -> tuple[str, str]:
        """(id, text) of what the client has got so far of a stream."""
        self._fold()
        response_id, text = read_stream(self.kept)
        return response_id, text + "".join(self._further)

    def running(self, decision: Decision | None, model: str) -> Exchange:
        """The record while it runs: who asked what, and what was decided."""
        request = self._request
        return _new_exchange(
            id=self.id,
            at=self._at,
            outcome="running",
            requested=request.model,
            model=model,
            session=self.session,
            client=request.client,
            stream=request.stream,
            decision=decision,
            attempts=tuple(self.tried),
            ttft=self.first,
            prompt=_last_prompt(request, self._keep.prompt),
            key=request.key,
        )

    def whole(
        self, decision: Decision | None, model: str, trying: "Try | None", outcome: Outcome, now: float
    ) -> Exchange:
        """The record when it is over; ``trying``: the last attempt, if there was one."""
        request, error, stream = self._request, self.error, self._request.stream
        reply, attempts = None if trying is None else trying.reply, self.tried
        if trying is not None and trying.lease is not None:
            attempts = [*attempts, _new_attempt(model, outcome, trying.wait_seconds, trying.ttft)]
        response_id, answer = read_stream(self.kept) if stream else read_whole(self.kept)
        return _new_exchange(
            id=self.id,
            at=self._at,
            outcome=outcome,
            requested=request.model,
            model=model,
            session=self.session,
            client=request.client,
            stream=stream,
            decision=decision,
            attempts=tuple(attempts),
            ttft=self.first,
            seconds=now - self.started,
            usage=_NO_USAGE if reply is None else reply.usage,
            decode_per_second=trying.decode_rate(now) if trying is not None and outcome == "ok" else None,
            finish_reason="" if reply is None else reply.finish_reason,
            code="" if error is None else str(error.code),
            message="" if error is None else error.message,
            prompt=_last_prompt(request, self._keep.prompt),
            key=request.key,
            answer=answer,
            response_id=response_id,
            cost=self._cost(),
        )

    def _cost(self) -> float | None:
        """Dollars of all attempts; None where none of them is known to have cost any."""
        cost = None
        for one in self.tries:
            if one.cost is not None:
                cost = one.cost + (cost or 0.0)
        return cost


def _last_prompt(request: ChatRequest, most: int) -> str:
    for message in reversed(request.messages):
        if message.role == "user":
            return (said_by_user(message.text) or message.text)[:most]
    return request.messages[-1].text[:most] if request.messages else ""
