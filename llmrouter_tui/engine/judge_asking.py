"""One question to a judge: within the limits, with patience for servers that are busy, behind live traffic."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Final

import msgspec

from llmrouter_tui.core.ability import thinks
from llmrouter_tui.core.chat import ChatCall, ChatRequest, Message
from llmrouter_tui.core.checking.text import spoken
from llmrouter_tui.core.domain import ModelInfo
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.judging import ROOM, THINKING, Messages, time_limit
from llmrouter_tui.core.language import tokens_of
from llmrouter_tui.core.ports.clock import Clock
from llmrouter_tui.engine.hearing import Heard
from llmrouter_tui.engine.judge_bench import Seat
from llmrouter_tui.engine.judge_limits import Limits, UnaskedError, WithheldError
from llmrouter_tui.engine.judge_turns import Turns
from llmrouter_tui.engine.manners import GaveWayError, Manners, Tell
from llmrouter_tui.engine.residency import Residency
from llmrouter_tui.engine.spending import Charge, free

TRIES: Final = 4
BACKOFF: Final = 2.0
"""Seconds until a judge that could not answer is asked again, twice as many each time; more where it says so."""
LONGEST_PAUSE: Final = 120.0
"""A judge that wants to be left alone for longer is not waited for."""
LONGEST_REPLY: Final = 20_000
"""Characters after which a reply is not heard to its end."""
TIMEOUT: Final = "judge_timeout"
NO_ROOM: Final = frozenset({"out_of_memory", "load_timeout"})
_SOURCE: Final = {"source": "judge"}

log = logging.getLogger(__name__)


class AwayError(UnaskedError):
    """A judge cannot be loaded now."""

    def __init__(self, cause: RouterError) -> None:
        super().__init__(cause.code, cause.message, hint=cause.hint, retry_after=cause.retry_after)


class TooSlowError(RouterError):
    """A judge took longer than its speed allows for."""

    def __init__(self, judge: str, seconds: float) -> None:
        super().__init__("backend_error", f"{judge} took longer than {seconds:.0f} s for a grade")


class JudgeAsking:
    """Asks; memory is put in order by whoever owns ``manners``."""

    def __init__(
        self,
        residency: Residency,
        manners: Manners,
        limits: Limits,
        turns: Turns,
        clock: Clock,
        *,
        backoff: float = BACKOFF,
        withheld: Callable[[ModelInfo], str] = lambda info: "",
        charge: Charge = free,
    ) -> None:
        """``withheld``: why a judge that is none of the models here is not to be asked."""
        self._withheld = withheld
        self._charge = charge
        self._residency = residency
        self._manners = manners
        self._limits = limits
        self._turns = turns
        self._clock = clock
        self._backoff = backoff
        self._thinkers: set[str] = set()
        """Judges that were seen to think though nobody said so."""

    async def reply(self, seat: Seat, messages: Messages, tell: Tell) -> str:
        """What the judge says, without its thinking; busy and broken servers are asked again. Raises ``RouterError``,
        of which ``TooSlowError`` is one and ``UnaskedError`` another."""
        for tried in range(1, TRIES):
            try:
                return await self._once(seat, messages, tell)
            except UnaskedError:
                raise
            except RouterError as error:
                if seat.record is not None and error.code in NO_ROOM:
                    raise AwayError(error) from error
                pause = max(error.retry_after or 0.0, self._backoff * 2 ** (tried - 1))
                if not error.retryable or pause > LONGEST_PAUSE:
                    raise
                log.info("%s: %s; it is asked again in %.0f s", seat.id, error.message, pause, extra=_SOURCE)
                self._limits.cool(pause)
        return await self._once(seat, messages, tell)

    async def _once(self, seat: Seat, messages: Messages, tell: Tell) -> str:
        heard, cut = await self._turn(seat, messages, tell)
        if cut and heard.silent and not self._thinks(seat):
            self._thinkers.add(seat.id)
            heard, _ = await self._turn(seat, messages, tell)
        return spoken(heard.text)

    async def _turn(self, seat: Seat, messages: Messages, tell: Tell) -> tuple[Heard, bool]:
        """The reply, and whether it filled all the room that it had."""
        self._check(seat)
        if self._limits.full:
            self._turns.over()  # nobody waits for a judge that waits itself
        await self._limits.turn(tell)
        if seat.record is not None and not self._turns.holds(seat.record):
            with contextlib.suppress(GaveWayError):
                return await self._manners.ask(
                    seat.record,
                    tell,
                    lambda: self._ask(seat, messages),
                    begins=lambda: tell("grading", ""),
                    goes_on=lambda: None,
                    enough=self._turns.due,
                )
            await self._turns.begin(seat.record, tell)
        tell("grading", "")
        return await self._ask(seat, messages)

    async def _ask(self, seat: Seat, messages: Messages) -> tuple[Heard, bool]:
        heard = Heard()
        room = self._room(seat)
        limit = time_limit(messages, seat.record.speed if seat.record is not None else None, ROOM + room)
        self._check(seat)
        await self._limits.count()
        try:
            async with asyncio.timeout(limit):
                reply = await seat.backend.chat(self._call(seat, messages, ROOM + room))
                try:
                    async for chunk in reply.chunks():
                        heard.feed(chunk, self._clock.mono())
                        if len(heard.text) > LONGEST_REPLY:
                            break
                finally:
                    self._charge(seat.info, reply.usage, "judge", read=_tokens(messages), written=heard.pieces)
                    await reply.close()
        except TimeoutError:
            raise TooSlowError(seat.id, limit) from None
        return heard, reply.finish_reason == "length"

    def _check(self, seat: Seat) -> None:
        """Raises ``WithheldError`` where nothing may go to a judge."""
        reason = self._withheld(seat.info) if seat.record is None else seat.record.withheld
        if reason:
            raise WithheldError(seat.id, reason)

    def _thinks(self, seat: Seat) -> bool:
        match = seat.record.match if seat.record is not None else None
        return seat.id in self._thinkers or thinks(seat.info, match)

    def _room(self, seat: Seat) -> int:
        """Tokens to think in, as far as the context has them."""
        if not self._thinks(seat):
            return 0
        context = seat.info.context_length
        return THINKING if context is None else max(0, min(THINKING, context // 2 - ROOM))

    def _call(self, seat: Seat, messages: Messages, room: int) -> ChatCall:
        body = {
            "model": seat.info.name,
            "stream": True,
            "stream_options": {"include_usage": True},
            "messages": messages,
            "temperature": 0,
            "max_tokens": room,
        }
        asked = ChatRequest(
            model=seat.info.name,
            messages=tuple(Message(turn["role"], turn["content"]) for turn in messages),
            body=msgspec.json.encode(body),
            stream=True,
            wants_usage=True,
            has_stream_options=True,
            max_tokens=room,
        )
        if seat.record is None:
            return ChatCall(asked, seat.info, "")
        residency = self._residency
        return ChatCall(asked, seat.info, "", residency.keep_alive(seat.record), residency.context(seat.record))


def _tokens(messages: Messages) -> int:
    """By their length."""
    return sum(tokens_of(len(turn["content"]), 0, "en") for turn in messages)
