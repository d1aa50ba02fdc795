"""What the user asks of the judge: this answer again, these two models beside each other."""

import asyncio
from collections.abc import Sequence

from llmrouter_tui.core.decision import Exchange
from llmrouter_tui.core.domain import TASKS
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.grades import Comparison
from llmrouter_tui.core.ports.repo import Repo
from llmrouter_tui.core.prompt_set import prompt as prompt_of
from llmrouter_tui.core.resolving import named
from llmrouter_tui.engine.fleet import Fleet
from llmrouter_tui.engine.judge import Judge
from llmrouter_tui.engine.judge_bench import Bench, Seat
from llmrouter_tui.engine.judge_subjects import Job, Pair, gradable, live_job
from llmrouter_tui.engine.measured import Measured
from llmrouter_tui.engine.traffic import Traffic
from llmrouter_tui.engine.transcript import PREVIEW, Keep

SURELY_WHOLE = 300
"""Characters of an answer that are kept whatever the policy."""


class JudgeDesk:
    """Turns wishes into work, or into words why not."""

    def __init__(
        self, judge: Judge, bench: Bench, measured: Measured, fleet: Fleet, traffic: Traffic, repo: Repo, *, full: bool
    ) -> None:
        """``full``: whether the database keeps whole answers."""
        self._judge = judge
        self._bench = bench
        self._measured = measured
        self._fleet = fleet
        self._traffic = traffic
        self._repo = repo
        self.full = full
        self.keep: Keep = PREVIEW
        """How much of an answer is in memory."""

    async def grade(self, subject: str, ref: str, model: str, judge: str) -> None:
        """Raises ``RouterError`` where there is no such answer, or no such judge."""
        seat = self._bench.named(judge) if judge else None
        if subject == "exchange":
            self._judge.ask([await self._of_exchange(ref, seat)])
        elif subject == "prompt":
            self._judge.ask([self._of_prompt(ref, model, seat)])
        else:
            raise RouterError("invalid_request", f"{subject!r} is neither prompt nor exchange", param="subject")

    def _of_prompt(self, ref: str, model: str, seat: Seat | None) -> Job:
        result = self._measured.of(self._id(model)).get(ref)
        if result is None or result.outcome in ("failed", "timed"):
            raise RouterError("not_found", f"{model} has no answer to a prompt {ref!r}", param="ref")
        return Job("prompt", ref, result.model, result.task, seat, asked=True)

    async def _of_exchange(self, ref: str, seat: Seat | None) -> Job:
        here = self._traffic.find(ref)
        found = here or await self._repo.exchange(ref)
        if found is None:
            raise RouterError("not_found", f"there is no exchange or response {ref!r}", param="ref")
        if not gradable(found):
            words = "that exchange has no answer in words that a judge can grade"
            raise RouterError("invalid_request", words, param="ref")
        if not self._whole(found, in_memory=here is not None):
            hint = "privacy = full keeps answers whole, and judge_share above 0 holds them in memory"
            raise RouterError("invalid_request", "only the beginning of that answer is kept", hint=hint, param="ref")
        return live_job(found, found.prompt, seat, asked=True)

    def _whole(self, exchange: Exchange, *, in_memory: bool) -> bool:
        if self.full or len(exchange.answer) < SURELY_WHOLE:
            return True
        return in_memory and (not exchange.stream or self.keep is not PREVIEW)

    async def compare(self, first: str, second: str, task: str) -> Sequence[Comparison]:
        """Every open prompt that both answered, each in both orders. Raises ``RouterError``."""
        if task and task not in TASKS:
            raise RouterError("invalid_request", f"{task!r} is no task", hint=", ".join(TASKS), param="task")
        one, other = self._id(first), self._id(second)
        if one == other:
            raise RouterError("invalid_request", "two models are compared, not one with itself", param="second")
        answers = [self._measured.of(one), self._measured.of(other)]
        shared = [
            prompt
            for ref in answers[0]
            if (prompt := prompt_of(ref)) is not None and prompt.judged and task in ("", prompt.task)
            if all(ref in own and own[ref].outcome == "ungraded" for own in answers)
        ]
        if not shared:
            hint = "llmrouter-tui profile --full has both answer them"
            raise RouterError("not_found", "there is no open prompt that both answered", hint=hint)
        loop = asyncio.get_running_loop()
        pairs = [Pair(prompt.id, prompt.task, one, other, loop.create_future()) for prompt in shared]
        self._judge.ask(pairs)
        try:
            await asyncio.wait([pair.done for pair in pairs])
        finally:
            for pair in pairs:  # where nobody waits any more, nobody is asked
                pair.done.cancel()
        found = [pair.done.result() for pair in pairs if not pair.done.cancelled()]
        if not found:
            raise RouterError("backend_unreachable", f"nothing was compared: {self._bench.why}", retryable=True)
        return found

    def called(self, name: str) -> str:
        """The id of a model, or judge, of which something is asked that is known of it; one that is gone has to be
        asked for by its id. Raises ``RouterError`` where nobody is called so."""
        return (self._found(name) or name) if not name or "/" in name or " at " in name else self._id(name)

    def _id(self, name: str) -> str:
        """Of a model that is here, or was measured here."""
        if (found := self._found(name)) is None:
            raise RouterError("model_not_found", f"there is no model {name!r} here", param="model")
        return found

    def _found(self, name: str) -> str | None:
        if self._measured.of(name):
            return name
        found = [view.id for view in named(name, self._fleet.views())] if name else []
        return next((id_ for id_ in found if self._measured.of(id_)), found[0] if found else None)
