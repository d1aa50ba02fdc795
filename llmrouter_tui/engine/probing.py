"""Probes as a job: made before a model is measured, as politely as that; what they show is believed at once.

What is asked and what an answer shows is in ``core.probes``; what is kept of it, in ``core.probing``.
"""

import asyncio
import logging
import secrets
from dataclasses import replace
from functools import partial
from typing import Any, Final

import msgspec

from llmrouter_tui.core.chat import ChatCall, ChatRequest, Message
from llmrouter_tui.core.decision import Usage
from llmrouter_tui.core.domain import ModelInfo
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.language import tokens_of
from llmrouter_tui.core.ports.clock import Clock
from llmrouter_tui.core.ports.profile import ProfileStore
from llmrouter_tui.core.probes import SCRIPTS
from llmrouter_tui.core.probes.parts import Ask, Embed, Facts, Failure, Finding, Said, Script
from llmrouter_tui.core.probes.thinking import think
from llmrouter_tui.core.probing import (
    PATIENCE_FULL,
    PATIENCE_QUICK,
    PREFIX,
    THINKING_ROOM,
    outweighs,
    result_of,
    time_limit,
    wanted,
)
from llmrouter_tui.core.profile import Order, Result
from llmrouter_tui.engine.asking import TIMEOUT, Asking
from llmrouter_tui.engine.fleet import Fleet
from llmrouter_tui.engine.learning import Learning
from llmrouter_tui.engine.manners import Manners, Tell
from llmrouter_tui.engine.measured import Measured
from llmrouter_tui.engine.outside import keep_in
from llmrouter_tui.engine.progress import Progress
from llmrouter_tui.engine.record import ModelRecord
from llmrouter_tui.engine.residency import Residency

GIVE_UP: Final = 2
"""Probes in a row without any answer after which the rest is left for another time."""
ENDLESS: Final = "thought_on"
"""The code of an answer that was all thinking."""
_SOURCE: Final = {"source": "profile"}

log = logging.getLogger(__name__)


class Probing:
    """Makes what probes are missing or stale, one after another."""

    def __init__(
        self,
        fleet: Fleet,
        residency: Residency,
        learning: Learning,
        measured: Measured,
        store: ProfileStore,
        asking: Asking,
        manners: Manners,
        progress: Progress,
        clock: Clock,
    ) -> None:
        self._fleet = fleet
        self._residency = residency
        self._learning = learning
        self._measured = measured
        self._store = store
        self._asking = asking
        self._manners = manners
        self._progress = progress
        self._clock = clock

    async def probe(self, record: ModelRecord, order: Order, tell: Tell, max_age: float) -> float:
        """Seconds that it took, without waiting. Raises ``RouterError`` where the model cannot be had."""
        took = 0.0
        known, now, unanswered = self._measured.of(record.id), self._clock.wall(), 0
        facts = self._facts(record, quick=order.quick)
        for need in wanted(record.info, facts, known, now, order, max_age):
            result = await self._manners.ask(
                record,
                tell,
                partial(self._one, record, need, quick=order.quick),
                begins=partial(self._progress.asks, PREFIX + need, need),
                goes_on=self._progress.heard,
            )
            took += result.seconds
            self._progress.saw(result)
            unanswered = unanswered + 1 if result.outcome == "failed" else 0
            if outweighs(result, self._measured.of(record.id).get(result.prompt), record.told):
                await self._store.store_profile_result(result)
                self._measured.take(result)
                self._fleet.believe(record)
            if unanswered >= GIVE_UP:
                break
        return took

    # ── one probe ──

    async def _one(self, record: ModelRecord, need: str, *, quick: bool) -> Result:
        started, failed = self._clock.mono(), False
        facts = self._facts(record, quick=quick)
        script = SCRIPTS[need](secrets.randbits(32), facts)
        step = _step(script, None)
        while not isinstance(step, Finding):
            said = await self._say(record, step, facts)
            failed = isinstance(said, Failure)
            step = _step(script, said)
        if step.can is None:
            log.info("%s %s: %s", record.id, PREFIX + need, step.reason, extra=_SOURCE)
        seconds = self._clock.mono() - started
        return result_of(record.told, need, step, self._clock.wall(), seconds, failed)

    def _facts(self, record: ModelRecord, *, quick: bool) -> Facts:
        info, told = record.info, record.told
        return Facts(
            info.name,
            info.backend,
            info.context_length,
            record.speed.prefill,
            PATIENCE_QUICK if quick else PATIENCE_FULL,
            embeds="embedding" in told.capabilities or not told.capabilities_known,
            hosted=record.backend.kind == "anthropic" or (record.backend.kind == "openai" and not info.local),
        )

    async def _say(self, record: ModelRecord, asked: Ask | Embed, facts: Facts) -> Said | Failure:
        """What came of it, whatever happens."""
        room = self._room(record, asked)
        limit = time_limit(asked, record.speed.prefill, record.speed.decode, record.speed.samples, room)
        try:
            keep_in(record)
            async with asyncio.timeout(limit):
                if isinstance(asked, Embed):
                    context = self._residency.context(record)
                    found = await record.backend.embed(record.info, asked.texts, context_length=context)
                    self._asking.charge(record.info, Usage(found.prompt_tokens, 0), "profile")
                    return Said(vectors=found.vectors)
                return await self._heard(record, asked, self._call(record, asked, facts, room))
        except TimeoutError:
            return Failure(TIMEOUT, f"it took longer than {limit:.0f} s")
        except RouterError as error:
            return Failure(str(error.code), error.message, lasting=not error.retryable)
        except Exception as error:
            log.exception("probing %s failed in the router", record.id)
            return Failure("internal_error", repr(error))

    async def _heard(self, record: ModelRecord, asked: Ask, call: ChatCall) -> Said | Failure:
        """Raises ``BackendError``."""
        heard = self._asking.listens(call.request.messages[0].text)
        reply = await record.backend.chat(call)
        try:
            async for chunk in reply.chunks():
                heard.feed(chunk, self._clock.mono())
        finally:
            read = tokens_of(len(call.request.messages[0].text), 0, "en")
            self._asking.charge(record.info, reply.usage, "profile", read=read, written=heard.pieces)
            await reply.close()
        usage, cut = reply.usage, reply.finish_reason == "length"
        self._learning.timed(record, Usage(usage.prompt_tokens, None, usage.cached_tokens), reply.timings, None, None)
        if cut and heard.silent and (heard.thinking or heard.text) and not asked.thinks:
            return Failure(ENDLESS, "it thought until its room was full and did not answer")
        return Said(heard.text, heard.thinking, heard.calls, usage.prompt_tokens, usage.reasoning_tokens, cut)

    # ── the request ──

    def _room(self, record: ModelRecord, asked: Ask | Embed) -> int:
        """Tokens to think in, for a model that cannot be told not to."""
        if isinstance(asked, Embed) or asked.thinks or _can_be_told(record.info) or not self._asking.thinks(record):
            return 0
        context = record.info.context_length
        return THINKING_ROOM if context is None else min(THINKING_ROOM, context // 4)

    def _call(self, record: ModelRecord, asked: Ask, facts: Facts, room: int) -> ChatCall:
        info = record.info
        fields: dict[str, Any] = {"max_tokens": asked.max_tokens + room, "temperature": 0, **asked.fields}
        if _can_be_told(info) and not asked.thinks:
            fields |= think(False, facts)
        fields["messages"] = [{"role": "user", "content": asked.content}]
        body = {"model": info.name, "stream": True, "stream_options": {"include_usage": True}} | fields
        text, images = asked.content, 0
        if not isinstance(text, str):
            text, images = str(text[0]["text"]), len(text) - 1
        request = ChatRequest(
            model=info.name,
            messages=(Message("user", text, images),),
            body=msgspec.json.encode(body),
            stream=True,
            wants_usage=True,
            has_stream_options=True,
            tools=len(fields.get("tools", ())),
            json_mode="response_format" in fields,
            max_tokens=fields["max_tokens"],
        )
        declared = replace(info, capabilities=record.told.capabilities)  # what was found before is what is in question
        residency = self._residency
        return ChatCall(request, declared, "", residency.keep_alive(record), residency.context(record))


def _step(script: Script, said: Said | Failure | None) -> Ask | Embed | Finding:
    """What a script asks next, or what it found."""
    try:
        return next(script) if said is None else script.send(said)
    except StopIteration as end:
        found: Finding = end.value
        return found


def _can_be_told(info: ModelInfo) -> bool:
    """Whether it was seen to think, and not to when that is switched off."""
    tried = info.tried("thinking")
    return tried is not None and tried.how == "default"
