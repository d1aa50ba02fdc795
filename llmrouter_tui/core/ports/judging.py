"""Grades: where they are kept, and how the judge is commanded."""

from collections.abc import Sequence
from typing import Protocol

from llmrouter_tui.core.grades import Comparison, Grade, GradeFilter, GradePage, JudgeView, Overruled


class GradeStore(Protocol):
    """Where grades are kept; ``SqliteRepo`` is one. Raises ``RouterError`` (``storage_unavailable``) when the file
    cannot be used now."""

    async def store_grade(self, grade: Grade) -> None:
        """In the place of an older one of the same judge on the same answer; on the disk on return."""
        ...

    async def grades(self, wanted: GradeFilter, *, before: str | None = None, limit: int = 100) -> GradePage:
        """Newest first."""
        ...

    async def all_grades(self) -> Sequence[Grade]:
        """Without texts, oldest first, for learning at start; of very many the newest."""
        ...

    async def grade(self, grade_id: str) -> Grade | None: ...

    async def store_comparison(self, comparison: Comparison) -> None: ...

    async def comparisons(self, *, limit: int = 1000) -> Sequence[Comparison]:
        """Newest first."""
        ...

    async def judge_calls(self, since: float) -> int:
        """Calls of judges since then, for the budget of a day."""
        ...

    async def count_judge_call(self, at: float) -> None: ...


class JudgeControl(Protocol):
    """What can be asked of the judge, and told it; a part of ``Control``."""

    async def grades(self, wanted: GradeFilter, *, before: str | None = None, limit: int = 100) -> GradePage:
        """What judges said, newest first."""
        ...

    async def grade(self, subject: str, ref: str, model: str = "", *, judge: str = "") -> None:
        """Have one answer graded (again): of an exchange by its id, or of ``model`` to a prompt of the set; by the
        usual judge, or by the model named. Queued; a ``Graded`` event tells the outcome."""
        ...

    async def overrule(self, grade_id: str, mark: float | None) -> Overruled:
        """Put the user's own mark of an answer, 1..10, in the place of a judge's; None gives it back. What it moved, or
        why it moved nothing. It stands whoever grades that answer again."""
        ...

    async def pause_judge(self, paused: bool) -> None: ...

    async def compare(self, first: str, second: str, task: str = "") -> Sequence[Comparison]:
        """Put the answers that two models gave to the same open prompts to the judge, in both orders each; of one
        task, or of all."""
        ...

    async def comparisons(self, *, limit: int = 1000) -> Sequence[Comparison]:
        """What came of comparing, newest first; of the same judge, prompt and models the newest one."""
        ...

    async def judge_view(self) -> JudgeView: ...
