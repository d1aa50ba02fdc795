"""The judge and its grades, over HTTP."""

from urllib.parse import quote

import msgspec

from llmrouter_tui.core.grades import Comparison, GradeFilter, GradePage, JudgeView, Overruled
from llmrouter_tui.remote.commands.line import Commands

_GRADES = msgspec.json.Decoder(GradePage)
_OVERRULED = msgspec.json.Decoder(Overruled)
_COMPARISONS = msgspec.json.Decoder(tuple[Comparison, ...])
_JUDGE = msgspec.json.Decoder(JudgeView)

COMPARE_SECONDS = 1_800.0
"""A comparison of two models takes as long as a judge needs for some dozen pairs of answers, twice."""


class JudgeCommands(Commands):
    """``core.ports.judging.JudgeControl`` over HTTP."""

    async def grades(self, wanted: GradeFilter, *, before: str | None = None, limit: int = 100) -> GradePage:
        names = ("model", "task", "judge", "subject", "ref")
        params: dict[str, str] = {name: said for name in names if (said := getattr(wanted, name))}
        params |= {"disagree": "true"} if wanted.disagree else {}
        params |= {} if wanted.failed is None else {"failed": "true" if wanted.failed else "false"}
        params |= {} if before is None else {"before": before}
        return await self._get("grades", _GRADES, params | {"limit": str(limit)})

    async def grade(self, subject: str, ref: str, model: str = "", *, judge: str = "") -> None:
        await self._command("POST", "grades", {"subject": subject, "ref": ref, "model": model, "judge": judge})

    async def overrule(self, grade_id: str, mark: float | None) -> Overruled:
        path = f"grades/{quote(grade_id, safe='')}/overrule"
        return self._read(await self._command("POST", path, {"mark": mark}), _OVERRULED)

    async def pause_judge(self, paused: bool) -> None:
        await self._command("POST", "judge", {"paused": paused})

    async def compare(self, first: str, second: str, task: str = "") -> tuple[Comparison, ...]:
        body = {"first": first, "second": second, "task": task}
        return self._read(await self._command("POST", "judge/compare", body, timeout=COMPARE_SECONDS), _COMPARISONS)

    async def comparisons(self, *, limit: int = 1000) -> tuple[Comparison, ...]:
        return await self._get("judge/compare", _COMPARISONS, {"limit": str(limit)})

    async def judge_view(self) -> JudgeView:
        return await self._get("judge", _JUDGE)
