"""One prompt put to one model, timed and checked: straight to its backend, of which no exchange is made."""

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import msgspec

from llmrouter_tui.core import checks
from llmrouter_tui.core.ability import thinks
from llmrouter_tui.core.chat import ChatCall, ChatRequest, Message
from llmrouter_tui.core.checking.text import spoken
from llmrouter_tui.core.decision import Timings, Usage
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.language import tokens_of
from llmrouter_tui.core.pacing import thinking_room, time_limit
from llmrouter_tui.core.ports.clock import Clock
from llmrouter_tui.core.profile import ANSWER, Outcome, Result
from llmrouter_tui.core.prompt_set.speed import TASK as SPEED
from llmrouter_tui.core.prompts import Code, Prompt, Verdict, request
from llmrouter_tui.engine.hearing import Heard
from llmrouter_tui.engine.learning import SHORT_ANSWER, SHORT_PROMPT, Learning, by_clock, held_back
from llmrouter_tui.engine.outside import keep_in
from llmrouter_tui.engine.record import ModelRecord
from llmrouter_tui.engine.residency import Residency
from llmrouter_tui.engine.sandbox import Sandbox
from llmrouter_tui.engine.spending import Charge, free
from llmrouter_tui.engine.traffic import Traffic

TIMEOUT: Final = "prompt_timeout"
"""The code of an answer that took longer than the model's speed allows for."""

WAITS: Final = "it waits for a judge"
BEGINNING: Final = 400
ENDING: Final = 600
"""Characters of a question and of its answer that are shown while it is answered."""
CLOCKED: Final = 256
"""Prompts of fewer tokens are read so fast that the clock to the first token tells of other things."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Turn:
    """One answer as it was timed."""

    heard: Heard = field(default_factory=Heard)
    usage: Usage = Usage()
    timings: Timings = Timings()
    ttft: float | None = None
    seconds: float = 0.0
    cut: bool = False
    """It filled all the room it had."""


class Asking:
    """Asks, and teaches the router speed from it. Whoever calls holds a lease."""

    def __init__(
        self,
        residency: Residency,
        learning: Learning,
        traffic: Traffic,
        sandbox: Sandbox,
        clock: Clock,
        charge: Charge = free,
    ) -> None:
        self.charge = charge
        self._residency = residency
        self._learning = learning
        self._traffic = traffic
        self._sandbox = sandbox
        self._clock = clock
        self._thinkers: set[str] = set()
        """Models that were seen to think though nobody said so."""
        self._now: tuple[str, Heard] = ("", Heard())
        """What is asked, and what was heard so far."""

    def listens(self, question: str) -> Heard:
        """Where the answer to this question, which is put now, is to be heard, so that it shows while it comes."""
        self._now = question, Heard()
        return self._now[1]

    def live(self) -> tuple[str, str]:
        """The beginning of the question that was put last, and the end of what came so far: of what the model thinks
        until it speaks."""
        question, heard = self._now
        return question[:BEGINNING], (heard.text or heard.thinking)[-ENDING:]

    def thinks(self, record: ModelRecord) -> bool:
        """Whether it is to be given room to think."""
        return record.id in self._thinkers or thinks(record.info, record.match)

    async def ask(self, record: ModelRecord, prompt: Prompt) -> Result:
        """The result, whatever happens: an answer that did not come is one too."""
        started, turns = self._clock.mono(), list[_Turn]()
        try:
            await self._converse(record, prompt, turns)
            verdict, outcome = await self._verdict(prompt, turns[-1].heard)
        except RouterError as error:
            return self._failed(record, prompt, str(error.code), error.message, started)
        except TimeoutError:
            words = f"it took longer than {self._limit(record, prompt):.0f} s"
            return self._failed(record, prompt, TIMEOUT, words, started)
        except Exception as error:
            log.exception("asking %s %s failed in the router", record.id, prompt.id)
            return self._failed(record, prompt, "internal_error", repr(error), started)
        return self._result(record, prompt, outcome, verdict, turns)

    # ── the conversation ──

    async def _converse(self, record: ModelRecord, prompt: Prompt, turns: list[_Turn]) -> None:
        answers: list[str] = []
        while len(answers) < len(prompt.turns):
            before = self._others()
            turn = await self._turn(record, prompt, answers)
            if turn.cut and turn.heard.silent and prompt.task != SPEED and not self.thinks(record):
                self._thinkers.add(record.id)
                turn = await self._turn(record, prompt, answers)
            if self._others() == before and not self._traffic.running:
                self._learning.timed(record, turn.usage, turn.timings, turn.ttft, turn.seconds, turn.heard.pieces)
            turns.append(turn)
            answers.append(spoken(turn.heard.text))

    def _others(self) -> int:
        """Grows with every exchange: while there are some the clock says little of the model alone."""
        return self._traffic.finished_total + len(self._traffic.running)

    async def _turn(self, record: ModelRecord, prompt: Prompt, answers: list[str]) -> _Turn:
        """Raises ``BackendError``, and ``TimeoutError``."""
        turn, heard, clock = _Turn(), self.listens(prompt.turns[len(answers)]), self._clock.mono
        sent = clock()
        async with asyncio.timeout(self._limit(record, prompt)):
            keep_in(record)
            reply = await record.backend.chat(self._call(record, prompt, answers))
            try:
                async for chunk in reply.chunks():
                    heard.feed(chunk, clock())
            finally:
                self.charge(record.info, reply.usage, "profile", read=_tokens(prompt, answers), written=heard.pieces)
                await reply.close()
        turn.heard, turn.usage, turn.timings, turn.seconds = heard, reply.usage, reply.timings, clock() - sent
        turn.ttft = None if heard.first is None else heard.first - sent
        turn.cut = reply.finish_reason == "length"
        return turn

    def _room(self, record: ModelRecord, prompt: Prompt) -> int:
        """Tokens to think in, as far as the context has them."""
        if prompt.task == SPEED or not self.thinks(record):
            return 0
        context = record.info.context_length
        wanted = thinking_room(prompt)
        return wanted if context is None else max(0, min(wanted, context // 2 - prompt.max_tokens))

    def _limit(self, record: ModelRecord, prompt: Prompt) -> float:
        return time_limit(prompt, record.speed, self._room(record, prompt))

    def _call(self, record: ModelRecord, prompt: Prompt, answers: list[str]) -> ChatCall:
        fields = request(prompt, answers)
        fields["max_tokens"] += self._room(record, prompt)
        body = {"model": record.info.name, "stream": True, "stream_options": {"include_usage": True}} | fields
        asked = ChatRequest(
            model=record.info.name,
            messages=tuple(Message(turn["role"], turn["content"]) for turn in fields["messages"]),
            body=msgspec.json.encode(body),
            stream=True,
            wants_usage=True,
            has_stream_options=True,
            tools=len(prompt.tools),
            json_mode=prompt.json_mode,
            max_tokens=fields["max_tokens"],
        )
        residency = self._residency
        return ChatCall(asked, record.info, "", residency.keep_alive(record), residency.context(record))

    # ── what came of it ──

    async def _verdict(self, prompt: Prompt, heard: Heard) -> tuple[Verdict | None, Outcome]:
        """Raises ``RouterError`` where nothing came that could be timed."""
        if prompt.task == SPEED:
            if heard.first is None:
                raise RouterError("backend_error", "it answered nothing, so there is nothing to time")
            return None, "timed"
        if heard.silent and heard.thinking:
            return Verdict(0.0, "it thought and did not come to an answer"), "checked"
        verdict = await asyncio.to_thread(checks.check, prompt, heard.text, heard.calls)
        if verdict is None and isinstance(prompt.check, Code):
            verdict = await self._sandbox.grade(prompt.check, heard.text)
            if verdict is None:
                held = await self._sandbox.confinement()
                return Verdict(0.0, "the sandbox did not start" if held.enough else held.words), "unchecked"
        return verdict, "checked" if verdict is not None else "ungraded"

    def _failed(self, record: ModelRecord, prompt: Prompt, code: str, words: str, started: float) -> Result:
        return Result(
            record.id,
            prompt.id,
            prompt.task,
            self._clock.wall(),
            "failed",
            reason=words,
            code=code,
            seconds=self._clock.mono() - started,
            digest=record.info.digest,
            quantization=record.info.quantization,
        )

    def _result(
        self, record: ModelRecord, prompt: Prompt, outcome: Outcome, verdict: Verdict | None, turns: list[_Turn]
    ) -> Result:
        first, last = turns[0], turns[-1]
        heard = last.heard
        thought = heard.spoke - heard.first if heard.spoke and heard.first and heard.spoke > heard.first else None
        return Result(
            record.id,
            prompt.id,
            prompt.task,
            self._clock.wall(),
            outcome,
            passed=verdict.passed if verdict is not None and outcome == "checked" else None,
            reason=verdict.reason if verdict is not None else WAITS if outcome == "ungraded" else "",
            ttft=first.ttft,
            prefill=_prefill(first),
            decode=_decode(last),
            prompt_tokens=first.usage.prompt_tokens,
            completion_tokens=_sum(turn.usage.completion_tokens for turn in turns),
            reasoning_tokens=_sum(turn.usage.reasoning_tokens for turn in turns),
            thought_seconds=thought if heard.thinking or "</think>" in heard.text else None,
            seconds=sum(turn.seconds for turn in turns),
            answer=_kept(heard),
            digest=record.info.digest,
            quantization=record.info.quantization,
        )


def _tokens(prompt: Prompt, answers: list[str]) -> int:
    """Of the conversation so far, by its length."""
    turns = prompt.turns[: len(answers) + 1]
    return sum(tokens_of(len(text), 0, "en") for text in (*turns, *answers))


def _kept(heard: Heard) -> str:
    """The answer as a judge is shown it: without thinking, with the calls that it made."""
    calls = "\n".join(f"{call.name}({call.arguments})" for call in heard.calls)
    return "\n".join(part for part in (spoken(heard.text), calls) if part)[:ANSWER]


def _sum(counts: Iterable[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


def _decode(turn: _Turn) -> float | None:
    """Tokens per second after the first: as the backend counted, else by the clock."""
    tokens = turn.usage.completion_tokens or 0
    if tokens < SHORT_ANSWER:
        return None
    if turn.timings.decode_per_second is not None:
        return turn.timings.decode_per_second
    return by_clock(tokens, turn.ttft, turn.seconds, turn.heard.pieces) if turn.ttft is not None else None


def _prefill(turn: _Turn) -> float | None:
    """Tokens per second: as the backend counted, else by the clock to the first token; None where most was cached, and
    where the clock ran on while an answer was written that was held back."""
    tokens = (turn.usage.prompt_tokens or 0) - (turn.usage.cached_tokens or 0)
    if tokens < SHORT_PROMPT:
        return None
    if turn.timings.prefill_per_second is not None:
        return turn.timings.prefill_per_second
    if tokens < CLOCKED or held_back(turn.usage.completion_tokens or 0, turn.heard.pieces):
        return None
    return tokens / turn.ttft if turn.ttft else None
