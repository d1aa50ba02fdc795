"""From an answer to a verdict: what the judge is shown, its reply read, asked once more where it cannot be, and what is
known of that answer apart from the judge."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final, TypeVar

from llmrouter_tui.core import judging
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.grades import Comparison, Grade
from llmrouter_tui.core.judging_replies import combined, meant, read_better, read_mark
from llmrouter_tui.core.ports.clock import Clock
from llmrouter_tui.core.ports.profile import ProfileStore
from llmrouter_tui.core.profile import Result
from llmrouter_tui.core.prompt_set import prompt as prompt_of
from llmrouter_tui.engine.grading import Gradings
from llmrouter_tui.engine.judge_asking import TIMEOUT, JudgeAsking, TooSlowError
from llmrouter_tui.engine.judge_bench import Seat
from llmrouter_tui.engine.judge_limits import UnaskedError
from llmrouter_tui.engine.judge_subjects import Job, Material, Pair
from llmrouter_tui.engine.learning import Learning
from llmrouter_tui.engine.manners import Tell

MALFORMED: Final = "malformed"
QUOTED: Final = 160
"""Characters of an unreadable reply that the failure tells."""

T = TypeVar("T")


class _FailedError(Exception):
    """There is no verdict: the code, and why in words."""

    def __init__(self, code: str, words: str, error: RouterError | None = None) -> None:
        super().__init__(words)
        self.code, self.words, self.error = code, words, error


class Verdicts:
    """Grades one answer, or compares two."""

    def __init__(
        self, asking: JudgeAsking, results: ProfileStore, gradings: Gradings, learning: Learning, clock: Clock
    ) -> None:
        self._asking = asking
        self._results = results
        self._gradings = gradings
        self._learning = learning
        self._clock = clock
        self._counter = 0

    async def grade(self, seat: Seat, job: Job, tell: Tell) -> tuple[Grade | None, RouterError | None]:
        """The grade, and the error where it is a failed one; None where that answer is not kept any more. Raises
        ``UnaskedError``."""
        result = await self._result(job.model, job.ref) if job.subject == "prompt" else None
        material = _of_prompt(result) if result is not None else job.material
        if material is None:
            return None, None
        started = self._clock.mono()
        grade = self._empty(seat, job, material, result)
        try:
            mark = await self._read(seat, _grading(seat, job.task, material), read_mark, tell)
        except _FailedError as failure:
            code, words, error = failure.code, failure.words, failure.error
            return replace(grade, code=code, reason=words, seconds=self._clock.mono() - started), error
        seconds = self._clock.mono() - started
        return replace(grade, score=mark.score, reason=mark.reason, seconds=seconds), None

    async def compare(self, seat: Seat, pair: Pair, tell: Tell) -> tuple[Comparison | None, RouterError | None]:
        """What the judge prefers in both orders; None where an answer is not kept any more. Raises ``UnaskedError``."""
        results = [await self._result(model, pair.prompt) for model in (pair.first, pair.second)]
        shown = [_of_prompt(result) if result is not None else None for result in results]
        first, second = shown
        if first is None or second is None:
            return None, None
        none = Comparison(self._clock.wall(), seat.id, pair.prompt, pair.task, pair.first, pair.second, None)
        try:
            there = await self._read(seat, _comparing(seat, pair.task, first, second), read_better, tell)
            back = await self._read(seat, _comparing(seat, pair.task, second, first), read_better, tell)
        except _FailedError as failure:
            return replace(none, code=failure.code, reason=failure.words), failure.error
        preferred, swayed = combined(there.better, back.better)
        reason = f"{there.reason} / swapped: {back.reason}" if swayed else there.reason
        forward, swapped = meant(there.better), meant(back.better, swapped=True)
        said = replace(none, preferred=preferred, swayed=swayed, reason=reason, forward=forward, swapped=swapped)
        return said, None

    async def _read(self, seat: Seat, messages: judging.Messages, read: Callable[[str], T | None], tell: Tell) -> T:
        """The verdict, asked for once more where it cannot be read. Raises ``_FailedError``, and ``UnaskedError``."""
        try:
            reply = await self._asking.reply(seat, messages, tell)
            found = read(reply)
            if found is None:
                reply = await self._asking.reply(seat, judging.repairing(messages, reply), tell)
                found = read(reply)
        except UnaskedError:
            raise
        except TooSlowError as error:
            raise _FailedError(TIMEOUT, error.message, error) from error
        except RouterError as error:
            raise _FailedError(str(error.code), error.message, error) from error
        if found is None:
            said = " ".join(reply.split())[:QUOTED]
            raise _FailedError(MALFORMED, f"it gave no verdict, asked twice: {said!r}" if said else "it said nothing")
        return found

    async def _result(self, model: str, prompt: str) -> Result | None:
        """With the text of the answer."""
        results = await self._results.profile_results(model)
        return next((one for one in results if one.prompt == prompt and one.answer), None)

    def _empty(self, seat: Seat, job: Job, material: Material, result: Result | None) -> Grade:
        """The grade but for what the judge says."""
        now = self._clock.wall()
        self._counter = (self._counter + 1) & 0xFFF
        grade = Grade(
            id=f"{int(now * 1000):011x}{self._counter:03x}",
            at=now,
            judge=seat.id,
            model=job.model,
            task=job.task,
            difficulty=material.difficulty,
            subject=job.subject,
            ref=job.ref,
            own=seat.gave(job.model),
            question=material.question,
            answer=material.answer,
            kinds=material.kinds,
        )
        if result is not None and result.outcome == "checked" and result.passed is not None:
            return replace(grade, truth=result.passed, truth_by="check")
        rating = self._learning.rating(job.model, job.ref) if job.subject == "exchange" else None
        if rating is not None and rating.rating is not None:
            grade = replace(grade, truth=(rating.score + 1) / 2, truth_by="user")
        return grade


def _of_prompt(result: Result) -> Material | None:
    prompt = prompt_of(result.prompt)
    if prompt is None:
        return None
    criteria, reference = judging.wanted(prompt)
    return Material(judging.told(prompt), result.answer, prompt.difficulty, criteria, reference)


def _grading(seat: Seat, task: str, shown: Material) -> judging.Messages:
    question, answer = judging.fitting(seat.info.context_length)
    return judging.grading(
        task,
        judging.shortened(shown.question, question),
        judging.shortened(shown.answer, answer),
        criteria=shown.criteria,
        reference=shown.reference,
    )


def _comparing(seat: Seat, task: str, first: Material, second: Material) -> judging.Messages:
    question, answer = judging.fitting(seat.info.context_length)
    return judging.comparing(
        task,
        judging.shortened(first.question, question),
        judging.shortened(first.answer, answer // 2),
        judging.shortened(second.answer, answer // 2),
        criteria=first.criteria,
        reference=first.reference,
    )
