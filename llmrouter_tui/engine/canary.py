"""Finds a server whose health page is green and that generates nothing.

Health pages answer from memory while the scheduler behind them is stuck. Where requests wait for their first token
much longer than was to be expected, and nobody gets a token from that server meanwhile, it is asked for one token. Only
models that are in memory anyway are asked: nothing is loaded or woken. A server at which nobody waits is left alone.
"""

import asyncio
import json
import logging
from collections import defaultdict
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from llmrouter_tui.core.breaker import BUSY
from llmrouter_tui.core.chat import ChatCall, ChatRequest, Message
from llmrouter_tui.core.errors import BackendError
from llmrouter_tui.core.spending import asks_money
from llmrouter_tui.engine.backend_record import BackendRecord
from llmrouter_tui.engine.leasing import Lease
from llmrouter_tui.engine.record import ModelRecord
from llmrouter_tui.engine.transcript import has_content

if TYPE_CHECKING:
    from llmrouter_tui.engine.attempt import Try
    from llmrouter_tui.engine.router import Router

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
SLACK = 3.0
"""How many times longer than expected is clearly longer: speeds vary with load, and some are guesses."""
LONGEST_ANSWER = 4096
"""Tokens that a whole answer without a limit may have: until it is there, nothing shows that it is made."""
ASKED = 2
"""Models that are asked at the same time: one that is stuck does not speak for its whole server."""
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 60.0
"""Seconds between attempts to get a token out of a stuck server; each doubles the next."""
Verdict = Literal["token", "silent", "refused"]
_GREEN = {"ollama": "/api/tags", "embedded": "its health page"}


@dataclass(slots=True)
class _Stuck:
    """A server that was found stuck, until it generates again."""

    next: float
    pause: float = FIRST_PAUSE


class Canary:
    """``look`` every second. ``floor``: seconds of silence that are never suspicious; ``wait``: seconds that the one
    token may take."""

    def __init__(self, router: "Router", *, floor: float = 30.0, wait: float = 30.0) -> None:
        self._router = router
        self._floor = floor
        self._wait = wait
        self._stuck: dict[str, _Stuck] = {}
        self._asking: set[str] = set()

    async def look(self) -> None:
        """At every server at which somebody waits, and at those that are stuck."""
        now, backends = self._router.clock.mono(), self._router.fleet.backends
        waiting: dict[str, list[Try]] = defaultdict(list)
        for one in self._router.watch.tries:
            waiting[one.record.info.backend].append(one)
        for name, tries in waiting.items():
            record = backends.get(name)
            if record is not None and record.health == "up" and self._suspicious(record, tries, now):
                self._spawn(name, self._test(record))
        for name, stuck in list(self._stuck.items()):
            record = backends.get(name)
            if record is None or not record.stuck:  # it is gone, or its health page was not green meanwhile
                del self._stuck[name]
            elif now >= stuck.next:
                self._spawn(name, self._try_again(record, stuck))

    def _spawn(self, name: str, work: Coroutine[object, object, None]) -> None:
        """One at a time for each server."""
        if name in self._asking:
            work.close()
            return
        self._asking.add(name)
        task = self._router.tasks.spawn(work, f"asking {name} for a token")
        task.add_done_callback(lambda _: self._asking.discard(name))

    # ── suspicion ──

    def _suspicious(self, record: BackendRecord, tries: Sequence["Try"], now: float) -> bool:
        silent = [one for one in tries if one.ttft is None]
        if not silent:
            return False
        quiet = now - max(self._last_word(record), min(one.sent for one in silent))
        if quiet <= self._floor + SLACK * sum(_expected(one) for one in silent):
            return False
        held = sum(model.leases for model in self._router.fleet.models_of(record))
        return held <= len(tries)  # else it embeds, judges or is measured: that shows in no token

    def _last_word(self, record: BackendRecord) -> float:
        """When anybody got a token from a server last."""
        heard = [one.heard for one in self._at(record) if one.ttft is not None]
        return max(self._router.spoke.get(record.backend.name, 0.0), *heard, 0.0)

    def _at(self, record: BackendRecord) -> list["Try"]:
        return [one for one in self._router.watch.tries if one.record.backend is record.backend]

    # ── one token ──

    async def _test(self, record: BackendRecord) -> None:
        """Does it generate anything? Who waits for what does not is answered elsewhere."""
        begun = self._router.clock.mono()
        told = await self._tokens(record)
        silent = [model for model, verdict in told.items() if verdict == "silent"]
        if not silent or record.health != "up" or self._last_word(record) > begun:
            return
        if "token" in told.values():
            for model in silent:
                waiting = [one for one in self._at(record) if one.record is model and one.ttft is None]
                words = f"{model.id} generates nothing: {self._long(waiting)}"
                for one in waiting:
                    one.end_with(_error(one.record, words, unhealthy=False))
        elif len(silent) == len(told):
            self._mark(record)

    def _mark(self, record: BackendRecord) -> None:
        """It is down, whatever its health page says, until it generates again."""
        name, router = record.backend.name, self._router
        tries = self._at(record)
        long = self._long([one for one in tries if one.ttft is None])
        words = f"answers {_GREEN.get(record.backend.kind, '/v1/models')} but generates nothing: {long}"
        record.stuck = words
        self._stuck[name] = _Stuck(router.clock.mono() + FIRST_PAUSE)
        router.fleet.set_health(record, "down", words)
        for one in tries:
            one.end_with(_error(one.record, f"{name} {words}", unhealthy=True))

    async def _try_again(self, record: BackendRecord, stuck: _Stuck) -> None:
        told = await self._tokens(record)
        stuck.pause = min(LONGEST_PAUSE, stuck.pause * 2)
        stuck.next = self._router.clock.mono() + stuck.pause
        if told and "token" not in told.values():
            return
        name = record.backend.name
        log.info("%s %s", name, "generates again" if told else "holds nothing any more that could be tried")
        record.stuck = ""
        self._router.fleet.look_again(name)

    async def _tokens(self, record: BackendRecord) -> dict[ModelRecord, Verdict]:
        """What is in memory there, and what becomes of one token of it. Those first at which somebody waits."""
        waited = {one.record for one in self._at(record) if one.ttft is None}
        models = [model for model in self._router.fleet.models_of(record) if _askable(model)]
        asked = sorted(models, key=lambda model: model not in waited)[:ASKED]
        leases = [(model, lease) for model in asked if (lease := self._router.residency.lease(model)) is not None]
        told = await asyncio.gather(*(self._token(model, lease) for model, lease in leases))
        return {model: verdict for (model, _), verdict in zip(leases, told, strict=True)}

    async def _token(self, model: ModelRecord, lease: Lease) -> Verdict:
        try:
            async with asyncio.timeout(self._wait):
                reply = await model.backend.chat(self._call(model))
                try:
                    async for chunk in reply.chunks():
                        if has_content(chunk):
                            break
                finally:
                    await reply.close()
            return "token"
        except TimeoutError:
            return "silent"
        except BackendError as error:
            return "silent" if error.code in BUSY else "refused"
        finally:
            lease.release()

    def _call(self, model: ModelRecord) -> ChatCall:
        name, residency = model.info.name, self._router.residency
        turns = [{"role": "user", "content": "Hi"}]
        body = json.dumps({"model": name, "messages": turns, "stream": True, "max_tokens": 1}).encode()
        request = ChatRequest(name, (Message("user", "Hi"),), body, stream=True, max_tokens=1)
        return ChatCall(request, model.info, "canary", residency.keep_alive(model), residency.context(model))

    def _long(self, waiting: Sequence["Try"]) -> str:
        now, count = self._router.clock.mono(), len(waiting)
        seconds = max((now - one.sent for one in waiting), default=0.0)
        return f"{count} request{' has' if count == 1 else 's have'} waited {seconds:.0f} s"


def _expected(one: "Try") -> float:
    """Seconds until something should be heard of it."""
    speed, request = one.record.speed, one.request
    seconds = one.prompt_tokens * speed.token_ratio / speed.prefill if speed.prefill else 0.0
    if not request.stream and speed.decode:
        seconds += (request.max_tokens or LONGEST_ANSWER) / speed.decode
    return seconds if one.record.backend.manages_memory else seconds + speed.load_seconds


def _askable(model: ModelRecord) -> bool:
    """Whether it is in memory anyway, and can chat. Of servers that keep to themselves what they hold only those of
    this machine are asked: elsewhere a token may cost money."""
    known = model.backend.manages_memory or model.info.local
    return (
        known
        and not asks_money(model.info)
        and not model.withheld
        and model.ready
        and "completion" in model.info.capabilities
    )


def _error(model: ModelRecord, words: str, *, unhealthy: bool) -> BackendError:
    """Where the whole server is stuck, that is known: the model is not blamed besides."""
    info = model.info
    return BackendError(
        "backend_error",
        words,
        backend=info.backend,
        model=info.name,
        fallback=True,
        status=504,
        unhealthy=unhealthy,
        blames=not unhealthy,
    )
