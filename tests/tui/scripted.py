"""A router in memory for the screen's tests: a believable machine, a feed that tests push facts into, and a control
that records what was asked and answers like the engine would. Time stands still at ``NOW``."""

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Callable, Coroutine, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Any, TypeVar

from llmrouter_tui.core import events as ev
from llmrouter_tui.core.asking import Piece
from llmrouter_tui.core.chat import ChatRequest
from llmrouter_tui.core.decision import (
    Analysis,
    Attempt,
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
    AUTOMATIC,
    Ability,
    BackendView,
    CatalogMatch,
    Device,
    Evidence,
    ModelInfo,
    ModelView,
    Problem,
    ResidencyEvent,
    ServiceView,
    Speed,
)
from llmrouter_tui.core.dossier import Dossier, Listed, TaskFigures, Told
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.exchange_query import passes
from llmrouter_tui.core.forgetting import Forget, Forgotten
from llmrouter_tui.core.grades import Comparison, Grade, GradeFilter, GradePage, JudgeView, Overruled
from llmrouter_tui.core.leaderboard import leaderboard
from llmrouter_tui.core.ports.control import Snapshot
from llmrouter_tui.core.ports.history import FeedbackInput, Rated
from llmrouter_tui.core.profile import ProfileRun, Profiles, Result
from llmrouter_tui.core.query import EVERYTHING, Query
from llmrouter_tui.core.restoring import Restoration
from llmrouter_tui.core.review import SPAN, Audit, Mark, Review, review
from llmrouter_tui.core.spending import SpendView
from llmrouter_tui.core.sync import SyncedFigure, SyncView
from llmrouter_tui.core.trends import Trends, grid, trends
from llmrouter_tui.core.votes import Leaderboard, Vote, Voted, VoteInput, VotePage, vote_id
from llmrouter_tui.core.vram import Placement, Swaps, VramView
from llmrouter_tui.core.whatif import WhatIf
from tests.tui import ledgers

T = TypeVar("T")
NOW = 1_793_826_249.0
"""21:04:09 UTC on a November evening."""
GIB = 1024**3


def model(
    backend: str,
    name: str,
    billions: float,
    *,
    gib: float,
    tps: float,
    load: float,
    scores: dict[str, float],
    context: int = 32_768,
    needs: frozenset[str] = frozenset({"completion", "tools"}),
    **view: Any,
) -> ModelView:
    """One model with abilities around ``scores``."""
    info = ModelInfo(
        backend,
        name,
        parameters=int(billions * 1e9),
        quantization="Q4_K_M",
        context_length=context,
        capabilities=needs,
        capabilities_known=True,
        size_bytes=int(gib * 0.9 * GIB),
    )
    abilities = {
        task: Ability(
            mean,
            24.0,
            0.05,
            (
                Evidence("benchmark", min(1.0, mean + 0.03), 14.0, "public figures"),
                Evidence("rating", max(0.0, mean - 0.08), 6.0, "9 ratings"),
                Evidence("prior", 0.55, 4.0, f"{billions:.0f}B"),
            ),
        )
        for task, mean in scores.items()
    }
    return ModelView(
        info,
        footprint=int(gib * GIB),
        footprint_source=view.pop("source", "measured"),
        speed=Speed(prefill=tps * 20, decode=tps, load_seconds=load, samples=12, load_samples=4, ttft=12 / tps),
        abilities=abilities,
        **view,
    )


def scores(*values: float) -> dict[str, float]:
    """Abilities for coding, math, reasoning, chat, extraction."""
    return dict(zip(("coding", "math", "reasoning", "chat", "extraction"), values, strict=True))


MODELS = (
    model("ollama", "qwen3:32b", 32, gib=14.1, tps=38, load=7.2, scores=scores(0.88, 0.86, 0.90, 0.71, 0.80),
          residency="resident", pool="gpu0", leases=1, ours=True, last_used=NOW - 1, used=62, ratings_up=11,
          ratings_down=2, loads=31, match=CatalogMatch("alias", "qwen3-32b", "qwen3:32b is one of its names")),
    model("ollama", "llama3.1:8b", 8, gib=5.0, tps=96, load=2.8, scores=scores(0.60, 0.48, 0.55, 0.78, 0.66),
          context=8192, residency="resident", pool="gpu0", leases=1, pinned=True, ours=True, last_used=NOW - 4,
          used=98, ratings_up=8, ratings_down=4, loads=12,
          match=CatalogMatch("alias", "llama-3.1-8b-instruct", "llama3.1:8b is one of its names")),
    model("ollama", "phi4:14b", 14, gib=8.1, tps=61, load=4.9, scores=scores(0.69, 0.91, 0.77, 0.70, 0.79),
          context=16_384, residency="resident", pool="gpu1", ours=True, last_used=NOW - 250, used=31, ratings_up=5,
          loads=22),
    model("llama.cpp", "qwen2.5vl:7b", 7, gib=6.4, tps=41, load=6.4, scores=scores(0.51, 0.44, 0.50, 0.68, 0.70),
          needs=frozenset({"completion", "vision"}), residency="absent", pool="gpu1", used=6, ratings_up=1, loads=9),
    model("ollama", "deepseek-r1:14b", 14, gib=9.0, tps=44, load=8.0, scores=scores(0.78, 0.89, 0.88, 0.52, 0.60),
          context=65_536, needs=frozenset({"completion", "thinking"}), residency="absent", pool="gpu1", used=9,
          ratings_down=1, loads=4),
    model("llama.cpp", "qwen2.5:7b", 7, gib=5.2, tps=88, load=5.1, scores=scores(0.58, 0.57, 0.56, 0.70, 0.69),
          residency="absent", pool="gpu1", used=5, loads=3),
    model("ollama", "gemma3:4b", 4, gib=3.3, tps=120, load=2.9, scores=scores(0.39, 0.37, 0.40, 0.67, 0.59),
          context=8192, needs=frozenset({"completion", "vision"}), residency="absent", pool="gpu1", used=3,
          ratings_down=1, loads=2, source="estimated"),
    model("vllm", "mistral:7b", 7, gib=5.1, tps=70, load=9.0, scores=scores(0.50, 0.40, 0.47, 0.70, 0.61),
          residency="unknown", healthy=False, problem="vllm is down", source="estimated",
          match=CatalogMatch("near", "mistral-7b-instruct-v0.3")),
    model("ollama", "nomic-embed-text", 0.137, gib=0.3, tps=900, load=0.4, scores={}, context=8192,
          needs=frozenset({"embedding"}), residency="absent", pool="gpu1", used=188, loads=6),
)  # fmt: skip

CATALOG = tuple(
    Listed(id_, kind, int(billions * 1e9) or None, released, hosted=not billions, figures=figures)
    for id_, kind, billions, released, figures in (
        ("llama-3.1-8b", "base", 8.03, "2024-07", 6), ("llama-3.1-8b-instruct", "chat", 8.03, "2024-07", 104),
        ("qwen2.5-coder-7b-instruct", "chat", 7.62, "2024-09", 19), ("qwen3-8b", "chat", 8.19, "2025-04", 1),
        ("qwen3-14b", "chat", 14.8, "2025-04", 52), ("qwen3-32b", "chat", 32.8, "2025-04", 81),
        ("qwen3-30b-a3b", "chat", 30.5, "2025-04", 44), ("qwen3-embedding-8b", "embedding", 7.57, "2025-06", 0),
        ("gpt-4o", "chat", 0, "2024-05", 96), ("phi-4", "chat", 14.7, "2024-12", 61),
        ("deepseek-r1-distill-qwen-14b", "chat", 14.8, "2025-01", 17), ("gemma-3-4b-it", "chat", 4.3, "2025-03", 63),
        ("mistral-7b-instruct-v0.3", "chat", 7.25, "2024-05", 38),
    )
)  # fmt: skip
"""What the public catalog lists."""

DOSSIER = Dossier(
    "qwen3-32b",
    "32.8B parameters · context 40960 · thinking, tools · released 2025-04",
    (
        TaskFigures("coding", 0.71, 3.1, (
            Told("LiveCodeBench v5", 65.7, "%", 0.81, 1.0, "2025-04", "maker (QwenLM/Qwen3@7a2f61ffc7)"),
            Told("Aider polyglot", 40.0, "%", 0.5, 0.8, "2025-05", "Aider (Aider-AI/aider@3caab85)"),
            Told("LMArena coding", 1388.0, "", 0.68, 0.6, "2026-11-20", "LMArena"),
        )),
        TaskFigures("math", 0.86, 2.0, (
            Told("MATH-500", 97.2, "%", 0.97, 1.0, "2025-04", "maker (QwenLM/Qwen3@7a2f61ffc7)"),
        )),
    ),
)  # fmt: skip

BACKENDS = (
    BackendView("ollama", "ollama", "http://127.0.0.1:11434", "up", NOW - 86_400, "0.9.1", 6, configured=False),
    BackendView("llama.cpp", "llamacpp", "http://127.0.0.1:8080", "up", NOW - 7200, "b6200", 2, configured=True),
    BackendView("vllm", "openai", "http://127.0.0.1:8000", "down", NOW - 12, "connection refused", 1, configured=True),
)

DEVICES = (
    Device("gpu0", "NVIDIA GeForce RTX 4090", "nvidia", 24 * GIB, int(19.8 * GIB), int(4.2 * GIB), 0.94, 62, 311, 450,
           sampled_at=NOW),
    Device("gpu1", "NVIDIA GeForce RTX 3060", "nvidia", 12 * GIB, int(8.1 * GIB), int(3.9 * GIB), 0.0, 41, 24, 170,
           sampled_at=NOW),
    Device("host", "AMD Ryzen 9 7950X", "host", 64 * GIB, 21 * GIB, 43 * GIB, 0.08, sampled_at=NOW),
)  # fmt: skip

SETTINGS = (
    Setting("quality_preference", 0.5, "default"),
    Setting("vram_max_gb", None, "default"),
)

RESIDENCY = (
    ResidencyEvent(NOW - 11, "load", "llama.cpp/qwen2.5vl:7b", "gpu1", 6.4, "for a vision request", "8f1e"),
    ResidencyEvent(NOW - 11, "unload", "ollama/phi4:14b", "gpu1", 0.4, "idle 6m, made room", "8f1e"),
    ResidencyEvent(NOW - 25, "load", "ollama/phi4:14b", "gpu1", 4.9, "for a math request", "8f1c"),
    ResidencyEvent(NOW - 359, "load", "ollama/qwen3:32b", "gpu0", 7.2, "for a coding request", "8ee0"),
)

LOG = tuple(
    ev.LogLine(NOW - 60 + i * 5, level, source, text)
    for i, (level, source, text) in enumerate(
        (
            ("info", "proxy", "GET /v1/models 200 3ms Open-WebUI/0.9"),
            ("error", "ollama", "8f18 503 'server busy'; nothing left to try; client told"),
            ("warn", "route", "8f1a vllm/mistral:7b timed out after 10s, falling back to ollama/qwen3:32b"),
            ("info", "memory", "gpu1 unload phi4:14b (idle 6m) for qwen2.5vl:7b"),
            ("warn", "vllm", "connect 127.0.0.1:8000 refused; 3rd time; next try in 8s"),
            ("info", "route", "8f21 coding .74 -> qwen3:32b .86 (+.11) 9 candidates 5ms"),
        )
    )
)


def candidate(name: str, quality: float, speed: float, cont: float = 0.0, pin: float = 0.0, **more: Any) -> Candidate:
    """A candidate whose five terms are given as they would be shown."""
    terms = Breakdown(quality, speed, cont, pin, 0.05)
    found = next(model for model in MODELS if model.id == name)
    resident = found.residency == "resident"
    load = 0.0 if resident else found.speed.load_seconds
    seconds = Seconds(more.pop("queue", 0.0), load, 0.2, 300 / found.speed.decode)
    note = more.pop("note", "" if resident else f"load {load:.0f}s")
    return Candidate(name, terms.score, terms, min(1.0, quality * 2), seconds, resident, found.footprint, note)


def decide(task: str, difficulty: float, ranked: Sequence[Candidate], why: str, *, chosen: int = 0) -> Decision:
    """A decision over ``ranked`` candidates, best first; ``chosen`` is which of them was taken."""
    best_other = ranked[1] if chosen == 0 else ranked[0]
    rest = (1 - 0.81) / 2
    other = "reasoning" if task != "reasoning" else "coding"
    level: Any = "easy" if difficulty < 0.35 else "medium" if difficulty < 0.65 else "hard"
    analysis = Analysis(
        {task: 0.81, other: rest + 0.02, "chat" if task != "chat" else "factual": rest - 0.02},
        task,
        difficulty,
        level,
        frozenset({"tools"}) if task == "coding" else frozenset(),
        prompt_tokens=3200 if task == "coding" else 400,
        expected_tokens=300,
    )
    filtered = (("vllm/mistral:7b", "vllm is down"), ("ollama/nomic-embed-text", "embeds only"))
    margin = ranked[chosen].score - best_other.score
    return Decision(analysis, tuple(ranked), filtered, ranked[chosen].model, margin, why, 0.5, seconds=0.005)


BIG, SMALL, PHI = "ollama/qwen3:32b", "ollama/llama3.1:8b", "ollama/phi4:14b"
REST = (
    candidate("ollama/deepseek-r1:14b", 0.222, 0.12),
    candidate("llama.cpp/qwen2.5:7b", 0.21, 0.11),
    candidate("ollama/gemma3:4b", 0.13, 0.152),
    candidate("llama.cpp/qwen2.5vl:7b", 0.14, 0.091),
)
CODE_BIG = decide("coding", 0.74, (candidate(BIG, 0.441, 0.214, 0.155), candidate(PHI, 0.402, 0.238), candidate(
    SMALL, 0.288, 0.251, 0.0, 0.031), *REST), "best coding, resident")  # fmt: skip
CHAT = decide("chat", 0.12, (candidate(SMALL, 0.31, 0.2834, 0.05, 0.0171), candidate(BIG, 0.352, 0.2389, 0.05),
                             candidate(PHI, 0.33, 0.21), *REST), "small task, already warm")  # fmt: skip
REASON = decide("reasoning", 0.91, (candidate(BIG, 0.46, 0.22, 0.15), candidate(PHI, 0.381, 0.258), *REST),
                "only one with 32k context and tools")  # fmt: skip
VISION = decide("extraction", 0.55, (candidate("llama.cpp/qwen2.5vl:7b", 0.42, 0.33), candidate("ollama/gemma3:4b",
                0.26, 0.18)), "needs images")  # fmt: skip
BUSY = decide("coding", 0.33, (candidate(BIG, 0.4149, 0.205, 0.0602, note="busy", queue=4.1), candidate(
    SMALL, 0.3004, 0.2801, 0.0303, 0.0306), candidate(PHI, 0.2816, 0.2712), *REST), "32b busy; runner-up",
    chosen=1)  # fmt: skip
MATH = decide("math", 0.70, (candidate(PHI, 0.455, 0.265), candidate(BIG, 0.43, 0.2303), *REST), "math .91, resident")


def exchange(
    id_: str, ago: float, decision: Decision | None, *, tokens: int = 0, ttft: float | None = None, **more: Any
) -> Exchange:
    """One exchange ``ago`` seconds before ``NOW``."""
    chosen = decision.chosen if decision else ""
    decode = next((m.speed.decode for m in MODELS if m.id == chosen), 40.0)
    outcome = more.pop("outcome", "ok")
    done = outcome != "running"
    return Exchange(
        id_,
        NOW - ago,
        outcome,
        model=more.pop("model", chosen),
        client="Open-WebUI/0.9",
        stream=True,
        decision=decision,
        attempts=more.pop("attempts", (Attempt(chosen, "ok" if done else "running", ttft=ttft),)),
        ttft=ttft,
        seconds=(ttft or 0) + tokens / decode if done else None,
        usage=Usage(400, tokens if done else None),
        decode_per_second=decode if done and tokens else None,
        finish_reason="stop" if outcome == "ok" else "",
        prompt=more.pop("prompt", "Write a python function that merges two sorted lists without using sorted()."),
        answer=more.pop(
            "answer", "def merge(a, b):\n    i = j = 0\n    out = []\n    while i < len(a) and j < len(b):"
        ),
        **more,
    )


def rated(id_: str, rating: Any, reasons: tuple[str, ...] = (), comment: str = "") -> Feedback:
    return Feedback(id_, rating, NOW - 5, 1.0 if rating == "up" else -1.0, reasons, comment, SMALL, "coding")


TIMEOUT = Attempt("vllm/mistral:7b", "failed", 10.0, None, "load_timeout", "vllm did not answer in 10 s")
NEWEST = (
    exchange("x8f21", 0, CODE_BIG, outcome="running", ttft=0.9),
    exchange("x8f20", 2, CHAT, outcome="running", ttft=0.2, prompt="hey, how was your day?"),
    exchange("x8f1f", 8, REASON, tokens=640, ttft=1.1, rating=rated("x8f1f", "up"), prompt="Three doors, one liar…"),
    exchange("x8f1e", 11, VISION, tokens=301, ttft=6.4, prompt="What does this receipt add up to? 領収書 🧾"),
    exchange("x8f1d", 17, BUSY, tokens=154, ttft=0.3, rating=rated("x8f1d", "down", ("ignored instructions",))),
    exchange("x8f1c", 22, MATH, tokens=402, ttft=0.5, prompt="How many ways can 8 rooks stand on a board?"),
    exchange("x8f1b", 29, CHAT, tokens=41, ttft=0.2, prompt="thanks!"),
    exchange("x8f1a", 38, CODE_BIG, tokens=512, ttft=0.9, attempts=(TIMEOUT, Attempt(BIG, "ok", 0.1, 0.9))),
    exchange("x8f19", 47, MATH, tokens=120, ttft=0.4, prompt="Sum of the first 100 odd numbers?"),
    exchange("x8f18", 54, CHAT, outcome="failed", code="backend_unreachable", ttft=None,
             message="ollama refused the connection", answer=""),
    exchange("x8f17", 67, CHAT, tokens=77, ttft=0.2, outcome="cancelled", prompt="tell me a story"),
    exchange("x8f16", 88, None, tokens=300, ttft=1.0, model=BIG, requested="qwen3:32b"),
)  # fmt: skip
OLDER = tuple(
    exchange(
        f"x8e{40 - i:02d}", 95 + i * 11, (CHAT, CODE_BIG, MATH, BUSY)[i % 4], tokens=80 + 13 * i, ttft=0.2 + i / 40
    )
    for i in range(28)
)
EXCHANGES = (*NEWEST, *OLDER)

RATES = Rates(
    in_flight=2,
    per_minute=41,
    ttft_p50=0.8,
    ok=208,
    failed=1,
    retried=4,
    samples=tuple(
        (NOW - 600 + i * 10, 3 + (i * 7 % 5), 600 + 90 * (i * 11 % 9), 0.3 + (i * 5 % 7) / 10) for i in range(60)
    ),
)

SNAPSHOT = Snapshot(
    seq=100,
    at=NOW,
    service=ServiceView("serving", "127.0.0.1", 11436, "0.1.0", started_at=NOW - 5000),
    backends=BACKENDS,
    models=MODELS,
    devices=DEVICES,
    exchanges=EXCHANGES,
    residency=RESIDENCY,
    settings=SETTINGS,
    log=LOG,
    rates=RATES,
    total_exchanges=214,
    vram=ledgers.ledger(MODELS, DEVICES, NOW, swaps=Swaps(31, 19, 252.0)),
)


def machine(**changes: Any) -> Snapshot:
    """``SNAPSHOT`` with changes, and the ledger of memory that goes with its models and devices."""
    made = replace(SNAPSHOT, **changes)
    vram = ledgers.ledger(made.models, made.devices, made.at)
    return made if "vram" in changes else replace(made, vram=vram)


def marks(task: str, model: str, seen: str, expected: float, *others: str) -> list[Mark]:
    """Marks on answers of a model, a + or a - each."""
    given = {"+": 1.0, "-": 0.0}
    return [Mark(f"{task}{n:02d}", task, model, given[mark], expected, others=others) for n, mark in enumerate(seen)]


ANSWERED = {("coding", BIG): 41, ("reasoning", BIG): 21, ("chat", SMALL): 84, ("coding", SMALL): 14, ("math", PHI): 31}
MARKS = (
    *marks("coding", BIG, "+++++++-", 0.86),
    *marks("reasoning", BIG, "++++-", 0.90),
    *marks("chat", SMALL, "++++++++-", 0.78),
    *marks("coding", SMALL, "------", 0.62, BIG, PHI),
)
REVIEW = review(Audit(ANSWERED, MARKS), SPAN)

PORT_TAKEN = Problem(
    "port_taken",
    "could not listen on 127.0.0.1:11436 (address already in use)",
    "use another port, or stop what holds it",
    since=NOW - 30,
    detail="pid 8123 python -m llmrouter_tui holds it",
)

TAKEN = replace(SNAPSHOT, service=replace(SNAPSHOT.service, state="failed", problems=(PORT_TAKEN,)))
"""The port belongs to another program; everything else is as usual."""
LOCKED = replace(
    SNAPSHOT,
    service=replace(
        SNAPSHOT.service,
        problems=(
            Problem(
                "database",
                "the database is locked by another program",
                "routing goes on, and what is not written yet waits; --db names another file at the next start",
                NOW - 9,
            ),
        ),
    ),
)
DESERTED = replace(
    SNAPSHOT,
    backends=tuple(replace(item, health="down", since=NOW - 12, detail="connection refused") for item in BACKENDS),
)
"""Every backend is down."""
EMPTY = replace(
    SNAPSHOT,
    models=(),
    backends=(),
    exchanges=(),
    total_exchanges=0,
    residency=(),
    rates=Rates(),
    embedded_available=True,
    vram=ledgers.ledger((), DEVICES, NOW),
)
"""A first run: no model anywhere, and the engine that could run one is installed."""
BARE = replace(EMPTY, devices=DEVICES[2:], embedded_available=False, vram=ledgers.ledger((), DEVICES[2:], NOW))
"""A first run without a GPU and without the engine."""
STARTER = model(
    "embedded", "smollm2-135m-instruct", 0.135, gib=0.2, tps=60, load=0.6, scores=scores(0.2, 0.2, 0.2, 0.3, 0.3),
    context=8192, needs=frozenset({"completion"}), residency="absent", pool="host",
)  # fmt: skip
RAM_ONLY = machine(
    devices=DEVICES[2:],
    models=tuple(replace(item, pool="host") for item in MODELS if item.info.backend == "ollama"),
)
"""A machine without a GPU: models live in its memory."""


def memory_story() -> tuple[tuple[float, ev.DevicesSampled], ...]:
    """Ten minutes of memory samples: (wall time, sample), a model coming and going on each GPU."""
    story = []
    for step in range(120):
        at = NOW - 600 + step * 5
        used = (19.8 if step % 60 > 20 else 12.0, 8.1 if step > 40 else 3.0)
        busy = ((0.94, 0.6, 0.0, 0.3)[step // 7 % 4], 0.8 if 50 < step < 70 else 0.0)
        devices = tuple(
            replace(device, used=int(gib * GIB), free=device.total - int(gib * GIB), utilization=share, sampled_at=at)
            for device, gib, share in zip(DEVICES[:2], used, busy, strict=True)
        )
        story.append((at, ev.DevicesSampled((*devices, DEVICES[2]))))
    return tuple(story)


class ScriptedFeed:
    """A feed that tests push facts into."""

    def __init__(self, seq: int) -> None:
        self.seq = seq
        self.dropped = 0
        self.connected = True
        self._ring: deque[ev.Envelope] = deque()
        self._cut = False

    def push(self, *facts: ev.Fact, at: float = NOW) -> None:
        for fact in facts:
            self.seq += 1
            self._ring.append(ev.Envelope(self.seq, at, at, fact))

    def cut(self, lost: int = 7) -> None:
        """Lose events."""
        self.dropped += lost
        self.seq += lost
        self._cut = True

    def drain(self, limit: int = 2000) -> tuple[Sequence[ev.Envelope], bool]:
        events = [self._ring.popleft() for _ in range(min(limit, len(self._ring)))]
        cut, self._cut = self._cut, False
        return events, cut


class ScriptedAnswer:
    """An answer that comes when the test lets it: ``say`` a piece, then ``end`` it, whole or with an error."""

    def __init__(self, id_: str, request: ChatRequest, feed: ScriptedFeed) -> None:
        self.id, self.request = id_, request
        self.closed = threading.Event()
        self._feed = feed
        self._said: deque[Piece | RouterError | None] = deque()
        self._exchange = Exchange(id_, NOW, requested=request.model, model=BIG, stream=True, decision=CODE_BIG)
        if request.model != "auto":
            self._exchange = replace(self._exchange, model=request.model)
        feed.push(ev.ExchangeStarted(self._exchange))

    def say(self, text: str, thinking: str = "") -> None:
        self._said.append(Piece(text, thinking))

    def end(self, error: RouterError | None = None) -> None:
        self._said.append(error)

    @property
    def exchange(self) -> Exchange:
        return replace(
            self._exchange, outcome="ok", seconds=2.1, decode_per_second=92.0, usage=Usage(12, 154), answer="as said"
        )

    async def pieces(self) -> AsyncIterator[Piece]:
        while True:
            while not self._said:
                await asyncio.sleep(0.002)
            said = self._said.popleft()
            if isinstance(said, RouterError):
                raise said
            if said is None:
                self._feed.push(ev.ExchangeFinished(self.exchange))
                return
            yield said

    async def close(self) -> None:
        self.closed.set()


class ScriptedControl:
    """Answers like the engine: changes its snapshot and tells the feed. ``calls`` records what was asked."""

    def __init__(self, snapshot: Snapshot, feed: ScriptedFeed) -> None:
        self.now = snapshot
        self.feed = feed
        self.calls: list[tuple[Any, ...]] = []
        self.refuse: RouterError | None = None
        """When set, every command fails with it."""
        self.looked_up: list[str] = []
        """Entries of the catalog whose figures were asked for."""
        self.would_change = 14
        self.holds = False
        """While true, commands wait for their answer."""
        self.went: Callable[[float], Trends] = lambda span: trends(grid(NOW, span), (), (), ())
        """What ``trends`` tells."""
        self.reviewed: Review | RouterError = REVIEW
        """What ``review`` tells, or what it fails with."""
        self.spans: list[float | None] = []
        """What was asked of ``review``, which is no command."""
        self.measured = Profiles(ProfileRun())
        """What ``profiles`` tells."""
        self.graded: dict[str, Grade] = {}
        """Grades by id."""
        self.wider: dict[str, Placement] = {}
        """What ``plan`` tells of a model with another context than it would get."""
        self.compared: Sequence[Comparison] = ()
        """What ``compare`` and ``comparisons`` tell."""
        self.given: dict[str, Vote] = {}
        """Votes by id."""
        self.answers: list[ScriptedAnswer] = []
        """What was asked from the screen."""
        self.results: Sequence[Result] = ()
        """What ``profile_results`` tells of any model."""

    async def snapshot(self) -> Snapshot:
        return replace(self.now, seq=self.feed.seq)

    async def _note(self, *call: Any) -> None:
        self.calls.append(call)
        while self.holds:
            await asyncio.sleep(0.005)
        if self.refuse:
            raise self.refuse

    async def exchanges(
        self,
        *,
        before: str | None = None,
        limit: int = 100,
        query: Query = EVERYTHING,
        after: str | None = None,
        count: bool = False,
    ) -> ExchangePage:
        await self._note("exchanges", before, limit, str(query))
        known = [one for one in self.now.exchanges if passes(query, one)]
        return ExchangePage(tuple(known[:limit]), None, self.now.total_exchanges)

    async def exchange(self, exchange_id: str) -> Exchange:
        await self._note("exchange", exchange_id)
        asked = next((one for one in self.answers if one.id == exchange_id), None)
        return asked.exchange if asked else next(item for item in self.now.exchanges if item.id == exchange_id)

    async def explain(self, prompt: str | ChatRequest, *, model: str = "auto", client: str = "") -> Decision:
        await self._note("explain", prompt, model)
        return CODE_BIG

    async def ask(self, request: ChatRequest) -> ScriptedAnswer:
        await self._note("ask", request)
        self.answers.append(ScriptedAnswer(f"y{len(self.answers):04d}", request, self.feed))
        return self.answers[-1]

    async def rate(self, feedback: FeedbackInput) -> Rated:
        await self._note("rate", feedback)
        stored = Feedback(
            feedback.exchange_id,
            None if feedback.clear else feedback.rating,
            NOW,
            reasons=feedback.reasons,
            comment=feedback.comment,
            model=SMALL,
            task="coding",
        )
        effects = (Effect(SMALL, "coding", 0.62, 0.60),) if feedback.rating else ()
        self.feed.push(ev.Rated(stored, effects))
        return Rated(stored, effects)

    async def forget(self, wanted: Forget) -> Forgotten:
        await self._note("forget", wanted)
        self.feed.push(ev.TextsForgotten(wanted))
        return Forgotten(1, 1, 0)

    async def restore(self, content: AsyncIterable[bytes]) -> Restoration:
        data = b"".join([piece async for piece in content])
        await self._note("restore", data)
        return Restoration(len(data), "/there/router.db.before-restore")

    async def models(self) -> Sequence[ModelView]:
        return self.now.models

    async def _change(self, model: str, **changes: Any) -> None:
        view = replace(next(item for item in self.now.models if item.id == model), **changes)
        models = tuple(view if item.id == model else item for item in self.now.models)
        self.now = replace(self.now, models=models)
        self.feed.push(ev.ModelsChanged((view,)))
        self._tell_vram(ledgers.told(models, self.now.vram, NOW))

    def _tell_vram(self, view: VramView) -> None:
        self.now = replace(self.now, vram=view)
        self.feed.push(ev.VramChanged(view))

    async def vram(self) -> VramView:
        return self.now.vram

    async def plan(self, model: str, *, context_length: int | None = None) -> Placement:
        found = self.wider.get(model) if context_length else None
        return found or next(one for one in self.now.vram.placements if one.model == model)

    async def clear_vram(self) -> None:
        await self._note("clear_vram")
        for model in [one for one in self.now.models if one.residency == "resident" and one.loadable]:
            await self._change(model.id, residency="absent")
        self._tell_vram(replace(self.now.vram, held=True))

    async def release_vram(self) -> None:
        await self._note("release_vram")
        self._tell_vram(replace(self.now.vram, held=False))

    async def load(self, model: str) -> None:
        await self._note("load", model)
        await self._change(model, residency="resident")

    async def unload(self, model: str, *, force: bool = False) -> None:
        await self._note("unload", model, force)
        await self._change(model, residency="absent")

    async def pin(self, model: str, pinned: bool) -> None:
        await self._note("pin", model, pinned)
        await self._change(model, pinned=pinned)

    async def enable(self, model: str, enabled: bool) -> None:
        await self._note("enable", model, enabled)
        await self._change(model, enabled=enabled)

    async def settings(self) -> Sequence[Setting]:
        return self.now.settings

    async def set_setting(self, key: str, value: object) -> Setting:
        await self._note("set_setting", key, value)
        setting = Setting(key, value, "set")
        self.feed.push(ev.SettingChanged(setting))
        return setting

    async def what_if(self, preference: float) -> WhatIf:
        return WhatIf(preference, 200, self.would_change, 0.031, 1.24)

    async def trends(self, span: float) -> Trends:
        return self.went(span)

    async def review(self, span: float | None = SPAN) -> Review:
        self.spans.append(span)
        if isinstance(self.reviewed, RouterError):
            raise self.reviewed
        return replace(self.reviewed, span=span)

    async def retry_backend(self, name: str) -> None:
        await self._note("retry_backend", name)

    async def add_backend(self, kind: str, url: str, name: str = "") -> BackendView:
        await self._note("add_backend", kind, url, name)
        kind = kind or "openai"
        view = BackendView(name or kind, kind, url, "up", NOW, configured=True)
        self.feed.push(ev.BackendChanged(view))
        return view

    async def remove_backend(self, name: str) -> None:
        await self._note("remove_backend", name)

    async def fetch_starter(self) -> None:
        await self._note("fetch_starter")
        self.feed.push(ev.FetchProgress("fetching", 0, 400_000_000))

    async def cancel_fetch(self) -> None:
        await self._note("cancel_fetch")

    async def sync(self, sources: Sequence[str] = ()) -> None:
        await self._note("sync", *sources)

    async def profile(
        self, models: Sequence[str] = (), *, quick: bool = True, again: bool = False, only: str = ""
    ) -> None:
        await self._note("profile", tuple(models), quick, again, only)

    async def cancel_profile(self) -> None:
        await self._note("cancel_profile")

    async def profiles(self) -> Profiles:
        return self.measured

    async def profile_results(self, model: str) -> Sequence[Result]:
        return self.results

    async def grades(self, wanted: GradeFilter, *, before: str | None = None, limit: int = 100) -> GradePage:
        found = sorted(self.graded.values(), key=lambda grade: -grade.at)
        found = [grade for grade in found if grade.disagrees or not wanted.disagree]
        found = [grade for grade in found if wanted.ref in ("", grade.ref) and wanted.model in ("", grade.model)]
        start = int(before or 0)
        more = str(start + limit) if start + limit < len(found) else None
        return GradePage(tuple(found[start : start + limit]), more, len(found))

    async def grade(self, subject: str, ref: str, model: str = "", *, judge: str = "") -> None:
        await self._note("grade", subject, ref, model)

    async def overrule(self, grade_id: str, mark: float | None) -> Overruled:
        await self._note("overrule", grade_id, mark)
        grade = self.graded[grade_id] = replace(self.graded[grade_id], overruled=mark)
        self.feed.push(ev.Graded(grade))
        return Overruled((Effect(grade.model, grade.task, 0.62, 0.60),))

    async def pause_judge(self, paused: bool) -> None:
        await self._note("pause_judge", paused)
        self.now = replace(self.now, judge=replace(self.now.judge, state="paused" if paused else "idle"))
        self.feed.push(ev.JudgeChanged(self.now.judge))

    async def compare(self, first: str, second: str, task: str = "") -> Sequence[Comparison]:
        await self._note("compare", first, second, task)
        return self.compared

    async def comparisons(self, *, limit: int = 1000) -> Sequence[Comparison]:
        return self.compared

    async def vote(self, vote: VoteInput) -> Voted:
        await self._note("vote", vote)
        asked = [answer.exchange for answer in self.answers]
        rows = {exchange.id: exchange for exchange in (*self.now.exchanges, *asked)}
        models = tuple(rows[one].model for one in vote.exchanges)
        winner = rows[vote.winner].model if vote.winner else ""
        id_ = vote_id(vote.exchanges)
        given = self.given[id_] = Vote(id_, NOW, "coding", models, vote.verdict, vote.exchanges, winner)
        effects = tuple(Effect(model, "coding", 0.60, 0.62 if model == winner else 0.59) for model in models)
        self.feed.push(Voted(given, effects))
        return Voted(given, effects)

    async def take_back_vote(self, vote_id: str) -> Voted:
        await self._note("take_back_vote", vote_id)
        back = Voted(self.given.pop(vote_id), (), True)
        self.feed.push(back)
        return back

    async def votes(self, *, before: str | None = None, limit: int = 100) -> VotePage:
        return VotePage(tuple(sorted(self.given.values(), key=lambda one: -one.at)[:limit]))

    async def leaderboard(self, task: str = "") -> Leaderboard:
        return leaderboard(self.given.values(), task)

    async def spend(self) -> SpendView:
        return self.now.spend

    async def judge_view(self) -> JudgeView:
        return self.now.judge

    async def cancel_sync(self) -> None:
        await self._note("cancel_sync")

    async def sync_view(self) -> SyncView:
        return self.now.sync

    async def catalog(self) -> Sequence[Listed]:
        return CATALOG

    async def known(self, entries: Sequence[str]) -> Sequence[Dossier]:
        self.looked_up += entries
        return [replace(DOSSIER, id=entry) for entry in entries]

    async def match(self, model: str, entry: str) -> None:
        await self._note("match", model, entry)
        old = next(one for one in self.now.models if one.id == model).match or CatalogMatch()
        by_name = entry == AUTOMATIC
        await self._change(model, match=replace(old, by_user=not by_name, chosen="" if by_name else entry))

    async def figures(self, models: Sequence[str]) -> Sequence[SyncedFigure]:
        return ()

    async def listen(self, port: int) -> None:
        await self._note("listen", port)
        self.feed.push(ev.ServiceChanged(replace(self.now.service, state="serving", port=port, problems=())))

    async def logs(self, *, limit: int = 500) -> Sequence[ev.LogLine]:
        return self.now.log[-limit:]

    async def shutdown(self) -> None:
        await self._note("shutdown")


class ScriptedHost:
    """A ``Host`` whose loop runs in the screen's worker thread, as the real one's does."""

    def __init__(self, snapshot: Snapshot = SNAPSHOT, *, readonly: bool = False) -> None:
        self.feed = ScriptedFeed(snapshot.seq)
        self.control = ScriptedControl(snapshot, self.feed)
        self.readonly = readonly
        self.url = ""
        self.crash: Exception | None = None
        """When set, ``run`` raises it."""
        self.stopped = threading.Event()
        self.stopped_at_once = False
        self.runs = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None

    def run(self) -> None:
        self.runs += 1
        with asyncio.Runner() as runner:
            runner.run(self._main())

    async def _main(self) -> None:
        if self.crash:
            raise self.crash
        self._stop = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        await self._stop.wait()
        self._loop = None

    def stop(self, *, now: bool = False) -> None:
        self.stopped_at_once = now
        self.stopped.set()
        if self._loop is not None and self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        if self._loop is None:
            raise RuntimeError("the router is not running yet")
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)


class ScriptedNearby:
    """A machine where ``other`` serves on the port that we want, and ``free`` is the next free port."""

    def __init__(self, other: ScriptedHost | None = None, free: int = 11439) -> None:
        self.other, self.free = other, free
        self.looked: list[tuple[str, int]] = []

    def look(self, host: str, port: int) -> tuple[str, int]:
        self.looked.append((host, port))
        return (f"http://{host}:{port}" if self.other else ""), self.free

    def watch(self, url: str) -> ScriptedHost:
        assert self.other is not None
        return self.other
