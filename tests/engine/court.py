"""A judge at work in a real engine: over a model here, or over a server of its own on a real socket that does as a test
has it do."""

import asyncio
import contextlib
import json
import random
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace

from aiohttp import web

from llmrouter_tui.backends.http import new_session
from llmrouter_tui.backends.openai import OpenAIBackend
from llmrouter_tui.core.chat import ChatCall
from llmrouter_tui.core.events import Graded, JudgeChanged
from llmrouter_tui.core.grades import Grade, GradeFilter, JudgeView
from llmrouter_tui.core.ports.backend import Backend
from llmrouter_tui.core.profile import Result
from llmrouter_tui.core.prompt_set import PROMPTS
from llmrouter_tui.core.prompts import Prompt
from llmrouter_tui.engine.clock import SystemClock
from llmrouter_tui.engine.grading import Gradings
from llmrouter_tui.engine.grading_lessons import Lessons
from llmrouter_tui.engine.grading_records import Records
from llmrouter_tui.engine.judge import Judge
from llmrouter_tui.engine.judge_asking import JudgeAsking
from llmrouter_tui.engine.judge_bench import Bench, JudgeSettings
from llmrouter_tui.engine.judge_desk import JudgeDesk
from llmrouter_tui.engine.judge_limits import Limits
from llmrouter_tui.engine.judge_subjects import Waiting
from llmrouter_tui.engine.judge_turns import PATIENCE, Patience, Turns
from llmrouter_tui.engine.judge_verdicts import Verdicts
from llmrouter_tui.engine.manners import Manners
from llmrouter_tui.engine.pairings import Pairings
from tests.backends.servers import OpenAIServer
from tests.engine.house import House, ScriptedBackend, ScriptedReply, model, open_house, until

OPEN = [prompt for prompt in PROMPTS if prompt.judged]
CHECKED = [prompt for prompt in PROMPTS if not prompt.judged and not prompt.needs]
Opinion = Callable[[str, str], str]
"""(question, answer) → reply."""
_PART = re.compile(r"--- (QUESTION|ANSWER TO GRADE|ANSWER A|ANSWER B) (\w+) ---\n(.*?)\n--- END \2 ---", re.S)


def mark(score: float, reason: str = "so it is") -> str:
    return json.dumps({"score": score, "reason": reason})


def fair(question: str, answer: str) -> str:
    """Right answers of these tests say so."""
    return mark(9 if "good" in answer else 2)


def always(score: float) -> Opinion:
    return lambda question, answer: mark(score)


def lying(question: str, answer: str) -> str:
    return mark(2 if "good" in answer else 9)


def drawing_lots(seed: int = 5) -> Opinion:
    dice = random.Random(seed)
    return lambda question, answer: mark(dice.randint(1, 10))


def prose(question: str, answer: str) -> str:
    return "What a lovely answer, I would give it an eight or so."


def replied(body: dict[str, object], opinion: Opinion) -> str:
    """What a judge with this opinion replies to a request."""
    messages = body["messages"]
    assert isinstance(messages, list)
    parts = {title: text for title, _, text in _PART.findall(messages[1]["content"])}
    if "ANSWER A" in parts:
        one, other = (read_score(opinion(parts["QUESTION"], parts[f"ANSWER {letter}"])) for letter in "AB")
        return json.dumps({"better": "A" if one > other else "B" if other > one else "tie", "reason": "by far"})
    return opinion(parts["QUESTION"], parts["ANSWER TO GRADE"])


def read_score(reply: str) -> float:
    return float(json.loads(reply)["score"])


class JudgeServer(OpenAIServer):
    """A hosted judge. ``opinion`` says what it thinks; the modes of ``OpenAIServer`` how it fails."""

    names = ("judge-1",)

    def __init__(self, opinion: Opinion = fair) -> None:
        super().__init__()
        self.opinion = opinion
        self.refuse: list[tuple[int, dict[str, str]]] = []
        """(status, headers) of the next answers."""
        self.words = "too much"
        """That it refuses with."""

    @property
    def calls(self) -> int:
        return len(self.asked("/v1/chat/completions"))

    async def chat(self, request: web.Request) -> web.StreamResponse:
        if self.refuse:
            status, headers = self.refuse.pop(0)
            return web.json_response({"error": {"message": self.words}}, status=status, headers=headers)
        return await super().chat(request)

    async def tokens(self, request: web.Request, response: web.StreamResponse, asked: dict[str, object]) -> None:
        text = replied(asked, self.opinion)
        await response.write(self.event([{"index": 0, "delta": {"role": "assistant", "content": text}}]))
        await response.write(self.event([{"index": 0, "delta": {}, "finish_reason": "stop"}]))
        await response.write(b"data: [DONE]\n\n")


class Bar(ScriptedBackend):
    """Models that judge when they are asked to, each with an opinion; live requests as ``ScriptedBackend`` does."""

    opinions: dict[str, Opinion]
    bodies: list[tuple[str, dict[str, object]]]

    async def chat(self, call: ChatCall) -> ScriptedReply:
        reply = await super().chat(call)
        if b"strict and fair examiner" in call.request.body:
            body = json.loads(call.request.body)
            self.bodies.append((call.model.name, body))
            return _Spoken(self, call, replied(body, self.opinions.get(call.model.name, fair)))
        return reply


class _Spoken(ScriptedReply):
    def __init__(self, backend: ScriptedBackend, call: ChatCall, text: str) -> None:
        super().__init__(backend, call)
        self._text = text

    async def chunks(self) -> AsyncIterator[bytes]:
        await self._backend.gate.wait()
        event = {"choices": [{"delta": {"content": self._text}}]}
        yield b"data: " + json.dumps(event, separators=(",", ":")).encode() + b"\n\n"
        yield b"data: [DONE]\n\n"


@dataclass
class Court:
    house: House
    bar: Bar
    settings: JudgeSettings
    gradings: Gradings
    pairings: Pairings
    judge: Judge
    desk: JudgeDesk
    records: Records
    lessons: Lessons
    limits: Limits
    busy: list[bool] = field(default_factory=lambda: [False])

    @property
    def view(self) -> JudgeView:
        return self.judge.view()

    def abilities(self, name: str) -> dict[str, float]:
        return {task: ability.mean for task, ability in self.house.fleet.models[f"one/{name}"].abilities.items()}

    async def grades(self, **wanted: object) -> list[Grade]:
        """Oldest first."""
        page = await self.records.page(GradeFilter(**wanted), None, 500)  # type: ignore[arg-type]
        return list(page.items)[::-1]

    async def results(self, name: str, good: bool = True, prompts: int | None = None, checks: int = 0) -> None:
        """What measuring a model left: answers to open prompts, and checked ones that a fair judge can tell apart."""
        at, words = SystemClock().wall(), "a good answer" if good else "a poor answer"
        for prompt in OPEN[:prompts]:
            await self._result(Result(f"one/{name}", prompt.id, prompt.task, at, "ungraded", answer=words))
        for index, prompt in enumerate(CHECKED[:checks]):
            right = index % 2 == 0
            said, passed = ("a good answer", 1.0) if right else ("a poor answer", 0.0)
            await self._result(Result(f"one/{name}", prompt.id, prompt.task, at, "checked", passed, answer=said))
        for record in self.house.fleet.models.values():
            self.house.learning.refresh(record)
        self.house.learning.settle(self.house.fleet.models.values())

    async def measured(self, name: str, prompt: Prompt, **more: object) -> None:
        """One more answer of a model, all wrong."""
        at = SystemClock().wall()
        await self._result(Result(f"one/{name}", prompt.id, prompt.task, at, "checked", 0.0, **more))  # type: ignore[arg-type]

    async def _result(self, result: Result) -> None:
        info = self.house.fleet.models[result.model].info
        result = replace(result, digest=info.digest, quantization=info.quantization)
        await self.house.repo.store_profile_result(result)
        self.house.measured.take(replace(result, answer=""))

    def start(self) -> None:
        self.house.tasks.repeat(self.judge.step, "the judge")

    async def idle(self, seconds: float = 20.0) -> None:
        """Until all is graded."""
        self.judge.changed()
        await until(lambda: self.judge._looked > 0 and self.view.state == "idle" and not self.view.queued, seconds)

    def settle(self) -> None:
        """Bring abilities in line at once, as the fleet does a moment after they moved."""
        self.house.learning.settle(self.house.fleet.models.values())

    def graded(self) -> list[Grade]:
        return [fact.grade for fact in self.house.facts(Graded)]  # type: ignore[attr-defined]

    def states(self) -> list[tuple[str, str]]:
        told = [(fact.judge.state, fact.judge.message) for fact in self.house.facts(JudgeChanged)]  # type: ignore[attr-defined]
        return [state for at, state in enumerate(told) if at == 0 or told[at - 1] != state]


@contextlib.asynccontextmanager
async def court(
    *sizes: tuple[str, float],
    opinions: dict[str, Opinion] | None = None,
    settings: JudgeSettings | None = None,
    connect: Callable[[str, str], Backend] | None = None,
    backoff: float = 0.01,
    quiet: float = 0.0,
    patience: Patience = PATIENCE,
    **more: object,
) -> AsyncIterator[Court]:
    """Over models of these sizes in GiB: the largest is thought the ablest."""
    bar = Bar([model(name, gib, digest=f"{name}-1") for name, gib in sizes], **more)  # type: ignore[arg-type]
    bar.opinions, bar.bodies = opinions or {}, []
    async with open_house(bar) as house:
        yield assemble(house, bar, settings or JudgeSettings(), connect, backoff, quiet, patience)


def assemble(
    house: House,
    bar: Bar,
    settings: JudgeSettings,
    connect: Callable[[str, str], Backend] | None = None,
    backoff: float = 0.01,
    quiet: float = 0.0,
    patience: Patience = PATIENCE,
) -> Court:
    """As after a start; what earlier ones left is taken in by ``reload``."""
    clock, h = SystemClock(), house
    gradings = Gradings(h.repo, h.measured, clock)
    pairings = Pairings(h.repo, h.measured, gradings, h.fleet.infos)
    h.learning._grades, h.learning._live = gradings.checked, gradings.live_checked
    h.learning._bouts = pairings.bouts
    bench = Bench(h.fleet, settings, connect or _nobody, clock, gradings.tried, babbles=h.measured.babbles)
    limits = Limits(h.repo, settings, clock)
    manners = Manners(h.fleet, h.residency, h.bus, h.tasks)
    turns = Turns(manners, clock, patience)
    asking = JudgeAsking(h.residency, manners, limits, turns, clock, backoff=backoff)
    waiting = Waiting(h.measured, gradings, bench, h.fleet.infos)
    records = Records(h.repo, gradings, pairings, h.learning, h.fleet, h.bus, h.tasks)
    verdicts = Verdicts(asking, h.repo, gradings, h.learning, clock)
    busy = [False]
    judge = Judge(
        gradings, waiting, bench, limits, verdicts, records, manners, turns, settings, h.bus, clock,
        busy=lambda: busy[0], quiet=quiet,
    )  # fmt: skip
    desk = JudgeDesk(judge, bench, h.measured, h.fleet, h.router.traffic, h.repo, full=False)
    lessons = Lessons(h.fleet, h.learning, gradings, pairings)
    return Court(h, bar, settings, gradings, pairings, judge, desk, records, lessons, limits, busy)


def _nobody(url: str, variable: str) -> Backend:
    raise AssertionError("nobody is reached on its own here")


@contextlib.asynccontextmanager
async def hosted(
    *sizes: tuple[str, float], opinion: Opinion = fair, **wanted: object
) -> AsyncIterator[tuple[Court, JudgeServer]]:
    """The same with a judge at an address of its own."""
    server = JudgeServer(opinion)
    await server.start()
    session = new_session()
    settings = JudgeSettings(model="judge-1", base_url=server.url, **wanted)  # type: ignore[arg-type]

    def connect(url: str, variable: str) -> Backend:
        return OpenAIBackend("judge", url, session)

    try:
        async with court(*sizes, settings=settings, connect=connect) as c:
            yield c, server
    finally:
        await session.close()
        await server.stop()


async def soon() -> None:
    """What is under way gets its turn."""
    for _ in range(20):
        await asyncio.sleep(0.005)
