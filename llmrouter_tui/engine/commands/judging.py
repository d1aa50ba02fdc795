"""The judge and its grades."""

from collections.abc import Sequence
from dataclasses import replace

from llmrouter_tui.core.grades import Comparison, GradeFilter, GradePage, JudgeView, Overruled
from llmrouter_tui.engine.commands.parts import Commands
from llmrouter_tui.engine.holding import JUDGE_PAUSED, keep


class JudgeCommands(Commands):
    """``core.ports.judging.JudgeControl`` in this process."""

    async def grades(self, wanted: GradeFilter, *, before: str | None = None, limit: int = 100) -> GradePage:
        called = self._p.desk.called
        wanted = replace(wanted, model=called(wanted.model), judge=called(wanted.judge))
        return await self._p.grades.page(wanted, before, min(max(limit, 1), 500))

    async def grade(self, subject: str, ref: str, model: str = "", *, judge: str = "") -> None:
        await self._p.desk.grade(subject, ref, model, judge)

    async def overrule(self, grade_id: str, mark: float | None) -> Overruled:
        return await self._p.grades.overrule(grade_id, mark)

    async def pause_judge(self, paused: bool) -> None:
        self._p.judge.pause(paused)
        await keep(self._p.repo, self._p.status, JUDGE_PAUSED, stands=paused)

    async def compare(self, first: str, second: str, task: str = "") -> Sequence[Comparison]:
        return await self._p.desk.compare(first, second, task)

    async def comparisons(self, *, limit: int = 1000) -> Sequence[Comparison]:
        return await self._p.grades.comparisons(min(max(limit, 1), 1000))

    async def judge_view(self) -> JudgeView:
        return self._p.judge.view()
