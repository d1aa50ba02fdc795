"""An engine that plays a script: real exchanges, control and subscriptions in memory, as ``core.ports`` words them."""

import asyncio
import json
import time
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Sequence
from dataclasses import dataclass, field, replace

from llmrouter_tui.core.chat import ChatRequest
from llmrouter_tui.core.decision import (
    Analysis,
    Breakdown,
    Candidate,
    Decision,
    Effect,
    Exchange,
    ExchangePage,
    Feedback,
    Rates,
    Seconds,
    Setting,
    Usage,
)
from llmrouter_tui.core.domain import (
    Ability,
    BackendView,
    Device,
    Evidence,
    ModelInfo,
    ModelView,
    ResidencyEvent,
    ServiceView,
)
from llmrouter_tui.core.dossier import Dossier, Listed, TaskFigures, Told
from llmrouter_tui.core.embedding import EmbedRequest
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.events import Envelope, Fact, LogLine
from llmrouter_tui.core.exchange_query import passes
from llmrouter_tui.core.export import RatingPage
from llmrouter_tui.core.forgetting import Forget, Forgotten
from llmrouter_tui.core.grades import (
    Agreement,
    Bias,
    Comparison,
    Concord,
    Grade,
    GradeFilter,
    GradePage,
    JudgeView,
    Overruled,
)
from llmrouter_tui.core.keys import KeyView, NewKey
from llmrouter_tui.core.leaderboard import leaderboard
from llmrouter_tui.core.ports.control import Snapshot
from llmrouter_tui.core.ports.history import FeedbackInput, Rated
from llmrouter_tui.core.profile import (
    ModelProfile,
    ModelProgress,
    PastRun,
    ProfileRun,
    Profiles,
    Result,
    Seen,
    TaskProgress,
    TaskScore,
)
from llmrouter_tui.core.query import EVERYTHING, Query
from llmrouter_tui.core.queueing import Place
from llmrouter_tui.core.ranking import Ranking
from llmrouter_tui.core.restoring import Restoration
from llmrouter_tui.core.review import SPAN, Audit, Mark, Review, review
from llmrouter_tui.core.spending import Line, SpendView
from llmrouter_tui.core.spending import view as spend_view
from llmrouter_tui.core.sync import SourceView, SyncedFigure, SyncProgress, SyncRecord, SyncView
from llmrouter_tui.core.trends import Reading, Swap, Trends, Work, grid, trends
from llmrouter_tui.core.votes import Leaderboard, Vote, Voted, VoteInput, VotePage, vote_id
from llmrouter_tui.core.vram import Holder, LoadProgress, Placement, PoolView, Swaps, Thrash, VramView
from llmrouter_tui.core.whatif import Change, WhatIf

BIG, SMALL = "big/qwen3:32b", "box/library/qwen3:4b"


def chunk(text: str, finish: str | None = None, **more: object) -> bytes:
    """One canonical SSE event with a piece of text."""
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1_700_000_000,
        "model": "qwen3:4b",
        "choices": [{"index": 0, "delta": {"content": text} if text else {}, "finish_reason": finish}],
        **more,
    }
    return b"data: " + json.dumps(body, ensure_ascii=False).encode() + b"\n\n"


DONE = b"data: [DONE]\n\n"


def whole(text: str, finish: str = "stop") -> bytes:
    """One canonical JSON answer."""
    message = {"role": "assistant", "content": text}
    return json.dumps(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1_700_000_000,
            "model": "qwen3:4b",
            "choices": [{"index": 0, "message": message, "finish_reason": finish}],
            "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
        },
        ensure_ascii=False,
    ).encode()


@dataclass
class Script:
    """How the next exchanges go."""

    chunks: Sequence[bytes] = (chunk("Hel"), chunk("lo"), chunk("", "stop"), DONE)
    answer: bytes = whole("Hello")
    gate: asyncio.Event | None = None
    """``open`` waits for it."""
    pause: float = 0.0
    """Seconds between chunks."""
    endless: bool = False
    """Repeat the first chunk for ever."""
    begin_error: Exception | None = None
    open_error: Exception | None = None
    body_error: Exception | None = None
    """Raised after the chunks (which then should hold no end)."""
    status: str = "loading big/qwen3:32b"
    tokens: int = 5
    """What the exchange used, once it is over."""
    wait: Place | None = None
    fallback_to: str = ""
    """``open`` ends on this model, as its second attempt."""


def decision(requested: str = "auto", chosen: str = SMALL) -> Decision:
    candidates = Ranking.of(
        Candidate(
            model=model,
            score=terms.score,
            breakdown=terms,
            predicted_quality=0.7,
            seconds=Seconds(load=6.0 * rank, prefill=0.2, decode=3.0),
            resident=rank == 0,
            footprint=3 << 30,
            note="load 6s" if rank else "",
        )
        for rank, model in enumerate((SMALL, BIG))
        for terms in [Breakdown(quality=0.5 - rank * 0.11, speed=0.1, continuity=0.02, pinned=0.0, cost=0.0)]
    )
    return Decision(
        analysis=Analysis(
            tasks={"coding": 0.8, "chat": 0.2},
            task="coding",
            difficulty=0.37,
            level="medium",
            needs=frozenset({"tools"}),
        ),
        candidates=candidates,
        filtered=(("big/embed", "embedding model"),),
        chosen=chosen,
        margin=0.11,
        why="good at coding, and resident",
        preference=0.5,
        requested=requested,
        seconds=0.0004,
    )


class ScriptedRun:
    def __init__(self, run_id: str, request: ChatRequest, script: Script) -> None:
        self.id = run_id
        self.request = request
        self.script = script
        self.requested = request.model
        self.decision: Decision | None = decision(request.model)
        self.model = SMALL
        self.attempts = 1
        self.tokens = script.tokens
        self.status_text = script.status
        self.wait = script.wait
        self.events: list[str] = []
        self.failure: RouterError | None = None
        self.closed = asyncio.Event()
        self.finished = False
        self.sent = 0

    @property
    def outcome(self) -> str:
        """As the engine would record it."""
        if not self.closed.is_set():
            return "running"
        if self.failure is not None:
            return f"failed {self.failure.code}"
        return "ok" if self.finished else "cancelled"

    async def open(self) -> None:
        self.events.append("open")
        if self.script.gate is not None:
            await self.script.gate.wait()
        if self.script.fallback_to:
            self.model, self.attempts = self.script.fallback_to, 2
        if self.script.open_error is not None:
            self._note(self.script.open_error)
            raise self.script.open_error

    async def body(self) -> AsyncIterator[bytes]:
        self.events.append("body")
        if not self.request.stream:
            self._check()
            yield self.script.answer
        else:
            async for piece in self._pieces():
                self.sent += 1
                yield piece
        self._check()
        self.finished = True

    async def _pieces(self) -> AsyncIterator[bytes]:
        while True:
            for piece in self.script.chunks:
                yield piece
                if self.script.pause or self.script.endless:
                    await asyncio.sleep(self.script.pause)
            if not self.script.endless:
                return

    def _check(self) -> None:
        if self.script.body_error is not None:
            self._note(self.script.body_error)
            raise self.script.body_error

    def _note(self, error: Exception) -> None:
        if isinstance(error, RouterError):
            self.failure = error

    def fail(self, error: RouterError) -> None:
        self.failure = error

    def close(self) -> None:
        self.events.append("close")
        self.closed.set()


class ScriptedEmbedRun(ScriptedRun):
    """Its vectors say how long each input is; they come two at a time."""

    request: EmbedRequest  # type: ignore[assignment]

    @property
    def usage(self) -> Usage:
        return Usage(prompt_tokens=3 * self.sent)

    async def vectors(self) -> AsyncIterator[Sequence[Sequence[float]]]:
        await self.open()
        inputs = self.request.inputs
        for at in range(0, len(inputs), 2):
            some = inputs[at : at + 2]
            self.sent += len(some)
            yield [[float(len(one)), -0.5, 1 / 3] for one in some]
            self._check()
        self.finished = True


class ScriptedExchanges:
    def __init__(self) -> None:
        self.script = Script()
        self.runs: list[ScriptedRun] = []
        self.refusals: list[dict[str, str]] = []

    @property
    def last(self) -> ScriptedRun:
        return self.runs[-1]

    def begin(self, request: ChatRequest) -> ScriptedRun:
        if self.script.begin_error is not None:
            raise self.script.begin_error
        run = ScriptedRun(f"x{len(self.runs) + 1}", request, self.script)
        self.runs.append(run)
        return run

    def embed(self, request: EmbedRequest) -> "ScriptedEmbedRun":
        if self.script.begin_error is not None:
            raise self.script.begin_error
        run = ScriptedEmbedRun(f"x{len(self.runs) + 1}", request, self.script)
        self.runs.append(run)
        return run

    def refused(self, *, client: str, requested: str, code: str, message: str, prompt: str = "", key: str = "") -> str:
        self.refusals.append(
            {"client": client, "requested": requested, "code": code, "message": message, "prompt": prompt, "key": key}
        )
        return f"r{len(self.refusals)}"


class ScriptedSubscription:
    def __init__(self, bus: "ScriptedBus", size: int) -> None:
        self._bus = bus
        self._ring: deque[Envelope] = deque(maxlen=size)
        self._dropped = False
        self._wake = asyncio.Event()

    def put(self, envelope: Envelope) -> None:
        self._dropped = self._dropped or len(self._ring) == self._ring.maxlen
        self._ring.append(envelope)
        self._wake.set()

    async def next(self, timeout: float) -> tuple[Sequence[Envelope], bool]:
        try:
            async with asyncio.timeout(timeout):
                await self._wake.wait()
        except TimeoutError:
            pass
        self._wake.clear()
        found, dropped = tuple(self._ring), self._dropped
        self._ring.clear()
        self._dropped = False
        return found, dropped

    def close(self) -> None:
        self._bus.subscriptions.discard(self)


class ScriptedBus:
    def __init__(self) -> None:
        self.subscriptions: set[ScriptedSubscription] = set()
        self.seq = 0

    def subscribe(self, size: int) -> ScriptedSubscription:
        subscription = ScriptedSubscription(self, size)
        self.subscriptions.add(subscription)
        return subscription

    def publish(self, fact: Fact) -> Envelope:
        self.seq += 1
        envelope = Envelope(self.seq, time.time(), time.monotonic(), fact)
        for subscription in self.subscriptions:
            subscription.put(envelope)
        return envelope


def model_views() -> tuple[ModelView, ...]:
    ability = Ability(0.71, 9.0, 0.12, (Evidence("benchmark", 0.74, 6.0, "LiveCodeBench"),))
    small = ModelInfo(
        "box", "library/qwen3:4b", parameters=4_000_000_000, context_length=32768,
        capabilities=frozenset({"completion", "tools"}), capabilities_known=True,
    )  # fmt: skip
    big = ModelInfo("big", "qwen3:32b", context_length=131072, capabilities=frozenset({"completion", "vision"}))
    return (
        ModelView(small, residency="resident", pool="gpu0", footprint=3 << 30, abilities={"coding": ability}),
        ModelView(big, residency="absent", pool="gpu0"),
        ModelView(ModelInfo("box", "off"), enabled=False),
    )


GPU = Device("gpu0", "RTX 4090", "nvidia", 24 << 30, 3 << 30, 21 << 30, utilization=0.4, processes=((7, 3 << 30),))
MEMORY = VramView(
    at=12.0,
    pools=(
        PoolView(
            GPU,
            budget=23 << 30,
            free=20 << 30,
            holders=(Holder((SMALL,), 3 << 30, "measured", pinned=True, context_length=8192, rank=1, pids=(7,)),),
            other=1 << 20,
        ),
    ),
    placements=(
        Placement(BIG, "evicts", "gpu0", 22 << 30, "estimated", 32768, evict=(SMALL,), seconds=19.5),
        Placement(SMALL, "loaded", "gpu0", 3 << 30, "measured", 8192, seconds=0.0),
    ),
    loads=(LoadProgress(BIG, "gpu0", None, 18.5, 1, 2, f"{SMALL} answers"),),
    swaps=Swaps(7, 5, 61.5),
    thrash=(Thrash("gpu0", (BIG, SMALL), 6, 300.0),),
)


GRADE = Grade(
    "g1", 12.0, BIG, SMALL, "creative", 0.4, "prompt", "creative-letter", 7.5, "warm, a little long", truth=1.0,
    truth_by="user", weight=0.25, question="Write a letter.", answer="Dear all", kinds={"story": 1.0},
)  # fmt: skip
SPEND = spend_view([Line("2026-11-23", "cloud/big", "chat", 0.25, 3)], "2026-11-23", budget_day=2.0)

JUDGE = JudgeView(
    "grading", BIG, message="", queued=3, done=7, failed=1, eta=12.0, today=9, budget=1000, share=0.1, mean=6.5,
    current="box/small creative-letter", disagree=1,
    agreement=Agreement(BIG, Concord(3, 2, 1, 0), Concord(5, 4, 0, 1), (Bias(SMALL, 1.25, 6),), (0,) * 9 + (4,), 0.4),
)  # fmt: skip
VOTE = Vote("x1-x2", 14.0, "coding", (SMALL, BIG), "better", ("x1", "x2"), SMALL)
COMPARISON = Comparison(13.0, BIG, "creative-letter", "creative", SMALL, BIG, "second", reason="livelier")


@dataclass
class ScriptedControl:
    """A router's whole state in a few fields; every command is noted in ``calls``."""

    bus: ScriptedBus = field(default_factory=ScriptedBus)
    calls: list[tuple[object, ...]] = field(default_factory=list)
    views: tuple[ModelView, ...] = field(default_factory=model_views)
    given: dict[str, Vote] = field(default_factory=lambda: {VOTE.id: VOTE})
    """Votes by id."""
    kept: dict[str, Setting] = field(
        default_factory=lambda: {
            "quality_preference": Setting("quality_preference", 0.5, "default"),
            "openai_api_key": Setting("openai_api_key", "sk-very-secret", "environment", secret=True),
        }
    )
    named: list[KeyView] = field(default_factory=list)
    service: ServiceView = ServiceView(state="serving", version="1.2.3", started_at=5.0)
    servers: tuple[BackendView, ...] = (BackendView("box", "ollama", "http://127.0.0.1:11434", "up", models=2),)
    history: tuple[Exchange, ...] = (
        Exchange("x1", 10.0, "ok", model=SMALL, decision=decision(), usage=Usage(3, 5), response_id="chatcmpl-1"),
        Exchange("x2", 11.0, "failed", code="out_of_memory", message="box has no room for it"),
    )

    fetched: tuple[SyncedFigure, ...] = (
        SyncedFigure("qwen3-32b", "arena_elo", 1350.0, "lmarena", "2026-11-20", 1.0),
        SyncedFigure("qwen3-32b", "aa_index", 30.5, "artificial-analysis", "2026-11-20", 1.0),
        SyncedFigure("qwen3-4b", "arena_elo", 1200.0, "lmarena", "2026-11-20", 1.0, "thinking"),
    )
    view: SyncView = SyncView(
        (
            SourceView("lmarena", "hf.example", last=SyncRecord("lmarena", 1.0, 2.0, "ok", figures=3, as_of="2026-11")),
            SourceView("livebench", "lb.example", progress=SyncProgress("livebench", "fetching", pages=2, of=8)),
        ),
        asking=("livebench",),
    )

    measuring: Profiles = Profiles(
        ProfileRun(
            True,
            5.0,
            models=(
                ModelProgress(
                    SMALL,
                    "done",
                    18,
                    18,
                    0,
                    12,
                    1,
                    "",
                    31.5,
                    (Effect(SMALL, "math", 0.5, 0.55),),
                    (TaskProgress("math", 2, 2, 1.5, 2), TaskProgress("speed", 5, 5)),
                ),
                ModelProgress(BIG, "waiting", 2, 18, message="1 request of live traffic first"),
            ),
            prompt="math-rolls",
            task="math",
            eta=62.5,
            code="code is not run: nothing holds it here",
            question="A die is rolled twice…",
            answer="First, the chance of",
            seen=(Seen("math-sum", "math", "checked", 1.0, "65 is right", 1.5),),
        ),
        (
            ModelProfile(
                SMALL,
                9.0,
                (TaskScore("math", 2, 1.5),),
                1,
                2,
                1,
                0,
                0.2,
                42.0,
                800.0,
                None,
                1.5,
                {"x": 1},
                39.5,
                7.5,
                5_000_000_000,
                "measured",
            ),
        ),
        (PastRun(1.0, 4.0, True, (SMALL,), 18, 1, 31.5, "stopped", (Effect(SMALL, "math", 0.5, 0.55),)),),
    )
    results: tuple[Result, ...] = (
        Result(SMALL, "math-sum", "math", 8.0, "checked", 1.0, "65", ttft=0.2, decode=42.0, seconds=1.5, answer="65"),
        Result(SMALL, "chat-name", "chat", 9.0, "failed", reason="too slow", code="prompt_timeout"),
    )

    dossier: Dossier = Dossier(
        "qwen3-32b",
        "32.8B parameters",
        (TaskFigures("math", 0.8, 1.0, (Told("MATH-500", 97.2, "%", 0.96, 1.0, "2025-04", "maker"),)),),
        (Told("AA index", 30.5, "", 0, 0, "2026-11-20", "Artificial Analysis"),),
    )

    rated: tuple[Feedback, ...] = (
        Feedback("x1", "up", 12.0, 1.0, ("not correct", "too slow"), "as I said", SMALL, "math"),
        Feedback("x2", "down", 11.0, -1.0, model=SMALL, task="coding"),
    )

    def _known(self, model: str) -> None:
        if all(view.id != model for view in self.views):
            raise RouterError("model_not_found", f"There is no model {model!r}.", hint="Did you mean another?")

    async def snapshot(self) -> Snapshot:
        return Snapshot(
            seq=self.bus.seq,
            at=12.5,
            service=self.service,
            backends=self.servers,
            models=self.views,
            devices=(GPU,),
            exchanges=self.history,
            residency=(ResidencyEvent(9.0, "load", SMALL, "gpu0", 6.1, "asked for", "x1"),),
            settings=tuple(self.kept.values()),
            log=(LogLine(1.0, "info", "engine", "up"),),
            rates=Rates(in_flight=1, samples=((1.0, 2.0, 3.0, 0.4),)),
            total_exchanges=len(self.history),
            embedded_available=True,
            sync=self.view,
            profile=self.measuring.run,
            vram=MEMORY,
        )

    async def exchanges(
        self,
        *,
        before: str | None = None,
        limit: int = 100,
        query: Query = EVERYTHING,
        after: str | None = None,
        count: bool = False,
    ) -> ExchangePage:
        newer = () if after is None else (after, count)
        self.calls.append(("exchanges", before, limit, str(query), *newer))
        found = tuple(item for item in self.history if passes(query, item))
        return ExchangePage(found[:limit], before="x1" if len(found) > limit else None, total=len(found))

    async def exchange(self, exchange_id: str) -> Exchange:
        for item in self.history:
            if exchange_id in (item.id, item.response_id):
                return item
        raise RouterError("not_found", f"There is no exchange {exchange_id!r}.")

    async def explain(self, prompt: str | ChatRequest, *, model: str = "auto", client: str = "") -> Decision:
        self.calls.append(("explain", prompt, model, client))
        return decision(model if isinstance(prompt, str) else prompt.model)

    async def rate(self, feedback: FeedbackInput) -> Rated:
        self.calls.append(("rate", feedback))
        exchange = await self.exchange(feedback.exchange_id)
        given = feedback.rating or ("up" if (feedback.score or (feedback.stars or 3) - 3) > 0 else "down")
        stored = Feedback(
            exchange.id,
            None if feedback.clear else given,
            13.0,
            score=feedback.score or 0.0,
            reasons=feedback.reasons,
            comment=feedback.comment,
            model=exchange.model,
            task="coding",
        )
        return Rated(stored, (Effect(exchange.model, "coding", 0.6, 0.64),))

    async def ratings(self, *, before: str | None = None, limit: int = 100) -> RatingPage:
        if before and not before.isdecimal():
            raise RouterError("invalid_request", f"{before!r} is no place in the history.", param="before")
        start = int(before or 0)
        following = start + limit
        rest = str(following) if following < len(self.rated) else None
        return RatingPage(tuple(self.rated[start:following]), rest)

    async def forget(self, wanted: Forget) -> Forgotten:
        self.calls.append(("forget", wanted))
        if wanted.exchange:
            await self.exchange(wanted.exchange)
        return Forgotten(3, 2, 1)

    async def restore(self, content: AsyncIterable[bytes]) -> Restoration:
        data = b"".join([piece async for piece in content])
        self.calls.append(("restore", data))
        return Restoration(len(data), "/there/router.db.before-restore")

    async def models(self) -> Sequence[ModelView]:
        return self.views

    async def load(self, model: str) -> None:
        self._known(model)
        self.calls.append(("load", model))

    async def unload(self, model: str, *, force: bool = False) -> None:
        self._known(model)
        self.calls.append(("unload", model, force))

    async def pin(self, model: str, pinned: bool) -> None:
        self._known(model)
        self.calls.append(("pin", model, pinned))

    async def vram(self) -> VramView:
        return MEMORY

    async def plan(self, model: str, *, context_length: int | None = None) -> Placement:
        self._known(model)
        self.calls.append(("plan", model, context_length))
        found = next(one for one in MEMORY.placements if one.model == model)
        return replace(found, context_length=context_length or found.context_length)

    async def clear_vram(self) -> None:
        self.calls.append(("clear_vram",))

    async def release_vram(self) -> None:
        self.calls.append(("release_vram",))

    async def enable(self, model: str, enabled: bool) -> None:
        self._known(model)
        self.calls.append(("enable", model, enabled))

    async def match(self, model: str, entry: str) -> None:
        self._known(model)
        self.calls.append(("match", model, entry))

    async def catalog(self) -> Sequence[Listed]:
        return (Listed("qwen3-32b", parameters=32_800_000_000, released="2025-04", figures=1), Listed("qwen3-4b"))

    async def known(self, entries: Sequence[str]) -> Sequence[Dossier]:
        return [self.dossier] if self.dossier.id in entries else []

    async def settings(self) -> Sequence[Setting]:
        return tuple(self.kept.values())

    async def set_setting(self, key: str, value: object) -> Setting:
        if key not in self.kept:
            raise RouterError("invalid_request", f"There is no setting {key!r}.", param="key")
        self.kept[key] = replace(self.kept[key], value=value, origin="set")
        return self.kept[key]

    async def keys(self) -> Sequence[KeyView]:
        return tuple(self.named)

    async def add_key(
        self,
        name: str,
        *,
        models: Sequence[str] = (),
        rpm: int | None = None,
        tpm: int | None = None,
        concurrent: int | None = None,
    ) -> NewKey:
        self.named.append(KeyView(name, "set", tuple(models), rpm, tpm, concurrent, 7.0))
        return NewKey(name, f"llmr-{name}")

    async def revoke_key(self, name: str) -> None:
        if all(key.name != name for key in self.named):
            raise RouterError("not_found", f"there is no key {name!r}")
        self.named = [key for key in self.named if key.name != name]

    async def what_if(self, preference: float) -> WhatIf:
        self.calls.append(("what_if", preference))
        return WhatIf(preference, 12, 1, 0.1, 2.5, (Change("x1", SMALL, BIG, 0.1, 2.5),))

    async def trends(self, span: float) -> Trends:
        self.calls.append(("trends", span))
        work = [Work(1_000_000_000 // 300 * 300, BIG, 3, 1, 500, 2, 1.5, 400, 10.0)]
        return trends(grid(1_000_000_100, span), work, [Reading(work[0].at, "GPU0", 2, 4e9)], [Swap(work[0].at, 6.5)])

    async def review(self, span: float | None = SPAN) -> Review:
        self.calls.append(("review", span))
        bad = [Mark(f"x{n}", "coding", SMALL, 0.0, 0.7, others=(BIG,)) for n in range(4)]
        liked = [Mark(f"y{n}", "coding", BIG, 1.0, 0.6) for n in range(3)]
        return review(Audit({("coding", SMALL): 9, ("chat", BIG): 2}, (*bad, *liked)), span)

    async def retry_backend(self, name: str) -> None:
        self.calls.append(("retry_backend", name))

    async def add_backend(self, kind: str, url: str, name: str = "") -> BackendView:
        view = BackendView(name or "new", kind, url, configured=True)
        self.servers = (*self.servers, view)
        return view

    async def remove_backend(self, name: str) -> None:
        if all(view.name != name for view in self.servers):
            raise RouterError("not_found", f"There is no backend {name!r}.")
        self.servers = tuple(view for view in self.servers if view.name != name)

    async def enable_backend(self, name: str, enabled: bool) -> BackendView:
        if all(view.name != name for view in self.servers):
            raise RouterError("not_found", f"There is no backend {name!r}.")
        self.servers = tuple(replace(v, enabled=enabled) if v.name == name else v for v in self.servers)
        return next(view for view in self.servers if view.name == name)

    async def reload(self) -> Sequence[Setting]:
        self.calls.append(("reload",))
        return tuple(self.kept.values())

    async def fetch_starter(self) -> None:
        self.calls.append(("fetch_starter",))

    async def cancel_fetch(self) -> None:
        self.calls.append(("cancel_fetch",))

    async def sync(self, sources: Sequence[str] = ()) -> None:
        if "lmsys" in sources:
            raise RouterError("invalid_request", "There is no source 'lmsys'.", hint="lmarena is one.", param="sources")
        self.calls.append(("sync", tuple(sources)))

    async def cancel_sync(self) -> None:
        self.calls.append(("cancel_sync",))

    async def sync_view(self) -> SyncView:
        return self.view

    async def profile(
        self, models: Sequence[str] = (), *, quick: bool = True, again: bool = False, only: str = ""
    ) -> None:
        if "gpt" in models:
            raise RouterError("model_not_found", "there is no model 'gpt' here", param="models")
        self.calls.append(("profile", tuple(models), quick, again, *filter(None, (only,))))

    async def cancel_profile(self) -> None:
        self.calls.append(("cancel_profile",))

    async def profiles(self) -> Profiles:
        return self.measuring

    async def profile_results(self, model: str) -> Sequence[Result]:
        self.calls.append(("profile_results", model))
        return self.results

    async def grades(self, wanted: GradeFilter, *, before: str | None = None, limit: int = 100) -> GradePage:
        self.calls.append(("grades", wanted, before, limit))
        return GradePage((GRADE,), None if before else "12.0:g1", 5)

    async def grade(self, subject: str, ref: str, model: str = "", *, judge: str = "") -> None:
        self.calls.append(("grade", subject, ref, model, judge))

    async def overrule(self, grade_id: str, mark: float | None) -> Overruled:
        self.calls.append(("overrule", grade_id, mark))
        if grade_id != "g1":
            raise RouterError("not_found", f"there is no grade {grade_id!r}")
        return Overruled((Effect(SMALL, "creative", 0.62, 0.6),))

    async def pause_judge(self, paused: bool) -> None:
        self.calls.append(("pause_judge", paused))

    async def compare(self, first: str, second: str, task: str = "") -> Sequence[Comparison]:
        self.calls.append(("compare", first, second, task))
        return (COMPARISON,)

    async def comparisons(self, *, limit: int = 1000) -> Sequence[Comparison]:
        self.calls.append(("comparisons", limit))
        return (COMPARISON,)

    async def vote(self, vote: VoteInput) -> Voted:
        self.calls.append(("vote", vote))
        winner = {"x1": SMALL, "x2": BIG}.get(vote.winner, "")
        id_ = vote_id(vote.exchanges)
        self.given[id_] = Vote(id_, 14.0, "coding", (SMALL, BIG), vote.verdict, vote.exchanges, winner)
        return Voted(self.given[id_], (Effect(SMALL, "coding", 0.60, 0.62), Effect(BIG, "coding", 0.71, 0.69)))

    async def take_back_vote(self, vote_id: str) -> Voted:
        self.calls.append(("take_back_vote", vote_id))
        if vote_id not in self.given:
            raise RouterError("not_found", f"there is no vote {vote_id!r}")
        return Voted(self.given.pop(vote_id), (Effect(SMALL, "coding", 0.62, 0.60),), True)

    async def votes(self, *, before: str | None = None, limit: int = 100) -> VotePage:
        self.calls.append(("votes", before, limit))
        return VotePage(()) if before == "14.0:x1-x2" else VotePage(tuple(self.given.values()), "14.0:x1-x2")

    async def leaderboard(self, task: str = "") -> Leaderboard:
        self.calls.append(("leaderboard", task))
        return leaderboard(self.given.values(), task)

    async def spend(self) -> SpendView:
        return SPEND

    async def judge_view(self) -> JudgeView:
        return JUDGE

    async def figures(self, models: Sequence[str]) -> Sequence[SyncedFigure]:
        self.calls.append(("figures", *models))
        return [figure for figure in self.fetched if figure.model in models]

    async def listen(self, port: int) -> None:
        self.calls.append(("listen", port))

    async def logs(self, *, limit: int = 500) -> Sequence[LogLine]:
        self.calls.append(("logs", limit))
        return (LogLine(1.0, "info", "engine", "up"),)

    async def shutdown(self) -> None:
        self.calls.append(("shutdown",))
