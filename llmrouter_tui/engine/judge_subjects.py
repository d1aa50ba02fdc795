"""What is to be graded: answers of the prompt set that wait for a judge, some that a program checked (so that the judge
is judged), a sample of what clients got, and what the user asks for.

Nothing of this is kept but in the results and grades themselves: after a restart what is ungraded is still ungraded.
Answers of clients are held in memory only, and are gone with it.
"""

import asyncio
import random
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Final

from llmrouter_tui.core.chat import ChatRequest
from llmrouter_tui.core.decision import Exchange
from llmrouter_tui.core.domain import ModelInfo
from llmrouter_tui.core.grades import Comparison, Subject
from llmrouter_tui.core.judging import conversation
from llmrouter_tui.core.measuring import difficulty, same_weights
from llmrouter_tui.core.profile import Result
from llmrouter_tui.engine.grading import Gradings
from llmrouter_tui.engine.judge_bench import Bench, Seat
from llmrouter_tui.engine.judge_turns import Patience
from llmrouter_tui.engine.measured import Measured

TESTED: Final = 12
"""Right and as many wrong answers that each judge is tried on: what is seen of it then counts more than what is usual
of judges (``agreement.KNOWN``)."""
RIGHT: Final = 0.5
"""What a program must have found right of an answer that counts as a right one."""
MOST_LIVE: Final = 100
"""Answers of clients that wait in memory; of more the oldest are not graded."""


@dataclass(frozen=True, slots=True)
class Material:
    """What a judge is shown of an answer, and what is known of it."""

    question: str
    answer: str
    difficulty: float
    criteria: str = ""
    reference: str = ""
    kinds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Job:
    """One answer to be graded."""

    subject: Subject
    ref: str
    model: str
    task: str
    seat: Seat | None = None
    """The judge that the user wants."""
    asked: bool = False
    """By the user: it is done also where it was done before."""
    material: Material | None = None
    """Of an exchange."""

    @property
    def words(self) -> str:
        return f"{self.model} {self.ref if self.subject == 'prompt' else self.task}"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two answers to one prompt to be compared."""

    prompt: str
    task: str
    first: str
    second: str
    done: "asyncio.Future[Comparison]"

    @property
    def words(self) -> str:
        return f"{self.first} and {self.second}, {self.prompt}"


Work = Job | Pair


class Waiting:
    """What waits for a judge, in the order in which it is done."""

    def __init__(
        self, measured: Measured, gradings: Gradings, bench: Bench, infos: Callable[[], Mapping[str, ModelInfo]]
    ) -> None:
        self._measured = measured
        self._gradings = gradings
        self._bench = bench
        self._infos = infos
        self._asked: deque[Work] = deque()
        self._prompts: list[Job] = []
        self._live: deque[Job] = deque(maxlen=MOST_LIVE)
        self._dice = random.Random()

    def __len__(self) -> int:
        return len(self._asked) + len(self._prompts) + len(self._live)

    def __iter__(self) -> Iterator[Work]:
        yield from self._asked
        yield from self._prompts
        yield from self._live

    def ask(self, work: Work) -> None:
        """The user wants it: before all else."""
        self._asked.append(work)

    def bound(self, patience: Patience) -> float | None:
        """Seconds that the most urgent of it may wait; None where the user waits for nothing of it."""
        return patience.asked if self._asked else patience.measured if self._prompts else None

    def seat(self, work: Work) -> Seat | None:
        """Who judges this; of two answers to be compared somebody else where there is anybody."""
        if isinstance(work, Job):
            return work.seat or self._bench.for_answer(work.model)
        first = self._bench.for_answer(work.first)
        return first if first is None or not first.gave(work.second) else self._bench.for_answer(work.second)

    def seats(self) -> list[tuple[Seat, bool]]:
        """Who judges what waits, each with whether the user asked for that; without a judge nobody waits for a
        comparison any longer."""
        found: dict[str, tuple[Seat, bool]] = {}
        known: dict[tuple[str, str], Seat | None] = {}
        for work in tuple(self):
            if isinstance(work, Pair):
                seat, asked = self.seat(work), True
            else:
                about = work.model, work.seat.id if work.seat is not None else ""
                if about not in known:
                    known[about] = self.seat(work)
                seat, asked = known[about], work.asked
            if seat is not None:
                found.setdefault(seat.id, (seat, asked))
            elif isinstance(work, Pair):
                work.done.cancel()
                self.done(work)
        return list(found.values())

    def done(self, work: Work) -> None:
        for queue in (self._asked, self._prompts, self._live):
            if work in queue:
                queue.remove(work)  # type: ignore[arg-type]
                return

    def clear_live(self) -> None:
        """Nobody wants answers of clients graded any more."""
        self._live.clear()

    def forget(self, exchange: str) -> None:
        """Drop the words of clients that wait: all, or those of one exchange."""
        for work in tuple(self):
            if isinstance(work, Job) and work.subject == "exchange" and exchange in ("", work.ref):
                self.done(work)

    # ── answers of the prompt set ──

    def look(self) -> None:
        """See what results are to be graded now."""
        infos = self._infos()
        fresh = [
            one for model, info in infos.items() for one in self._measured.of(model).values() if same_weights(one, info)
        ]
        judges = {model: seat.id if (seat := self._bench.for_answer(model)) else "" for model in infos}
        open_ = [
            _job(one) for one in fresh if one.outcome == "ungraded" and self._gradings.open(one, judges[one.model])
        ]
        seat = self._bench.usual()
        both = zip_longest(self._tests(seat, fresh) if seat else (), open_)
        self._prompts = [job for pair in both for job in pair if job is not None]

    def _tests(self, seat: Seat, fresh: Sequence[Result]) -> Iterator[Job]:
        """Checked answers that a judge is tried on, right and wrong ones in turns: what tells how far it is to be
        believed comes early."""
        able = [one for one in fresh if one.outcome == "checked" and difficulty(one) is not None]
        able = [one for one in able if not seat.gave(one.model)] or able
        able.sort(key=lambda one: zlib.crc32(f"{one.model} {one.prompt}".encode()))
        tried = {(grade.model, grade.ref): grade for grade in self._gradings.tested(seat.id)}
        sides = []
        for right in (True, False):
            had = sum(((grade.truth or 0.0) >= RIGHT) is right for grade in tried.values())
            side = [one for one in able if ((one.passed or 0.0) >= RIGHT) is right]
            new = [_job(one) for one in side if (one.model, one.prompt) not in tried]
            sides.append(new[: max(0, TESTED - had)])
        return (job for pair in zip_longest(*sides) for job in pair if job is not None)

    # ── answers of clients ──

    def overhear(self, request: ChatRequest, exchange: Exchange, share: float) -> bool:
        """Take an answer that a client got into the sample; whether it was taken."""
        if share <= 0 or not gradable(exchange) or self._dice.random() >= share:
            return False
        if any(message.images or message.tool_calls or message.role == "tool" for message in request.messages):
            return False
        turns = [(message.role, message.text) for message in request.messages]
        self._live.append(live_job(exchange, conversation(turns)))
        return True


def gradable(exchange: Exchange) -> bool:
    """Whether an answer is one that a judge can say something of: whole, in words, and not a chat client's own
    housekeeping."""
    decision = exchange.decision
    if exchange.outcome != "ok" or decision is None or not exchange.answer.strip() or not exchange.prompt.strip():
        return False
    wordless = decision.analysis.needs & {"vision", "tools", "json", "embedding"}
    return not wordless and not decision.analysis.background and exchange.finish_reason != "length"


def live_job(exchange: Exchange, question: str, seat: Seat | None = None, *, asked: bool = False) -> Job:
    """An answer that a client got, to ``question``."""
    assert exchange.decision is not None
    analysis = exchange.decision.analysis
    material = Material(question, exchange.answer, analysis.difficulty, kinds=dict(analysis.kinds or {}))
    return Job("exchange", exchange.id, exchange.model, analysis.task, seat, asked, material)


def _job(result: Result) -> Job:
    return Job("prompt", result.prompt, result.model, result.task)
