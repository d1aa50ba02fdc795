"""The judge over HTTP: what it said, what it is to grade, what the user says of that."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from aiohttp import web

from llmrouter_tui.core.grades import Comparison, GradeFilter, GradePage, JudgeView, Overruled
from llmrouter_tui.core.ports.judging import JudgeControl
from llmrouter_tui.proxy.admin.asked import flag, whole_number
from llmrouter_tui.proxy.admin.table import BOTH, FLAG, MAX_PAGE, PAGED, STORED, count, does, shows
from llmrouter_tui.proxy.bodies import SMALL, read_body
from llmrouter_tui.proxy.meta import decode_fields
from llmrouter_tui.proxy.operation import Operation, Parameter
from llmrouter_tui.proxy.replies import accepted, json_response

_Name = Annotated[str, msgspec.Meta(max_length=300)]
_FILTERS = ("model", "task", "judge", "subject", "ref")


class GradeBody(msgspec.Struct, forbid_unknown_fields=True):
    subject: _Name
    ref: _Name
    model: _Name = ""
    judge: _Name = ""


class OverruleBody(msgspec.Struct, forbid_unknown_fields=True):
    mark: float | None


class PauseBody(msgspec.Struct, forbid_unknown_fields=True):
    paused: bool


class PairBody(msgspec.Struct, forbid_unknown_fields=True):
    first: _Name
    second: _Name
    task: _Name = ""


_GRADE = msgspec.json.Decoder(GradeBody)
_OVERRULE = msgspec.json.Decoder(OverruleBody)
_PAUSE = msgspec.json.Decoder(PauseBody)
_COMPARE = msgspec.json.Decoder(PairBody)
_SUBJECT = {
    "subject": "prompt or exchange",
    "ref": "the id of a prompt or of an exchange",
    "model": "the model whose answer to a prompt is meant",
    "judge": "the model that is to judge; empty for the usual one",
}
_MARK = {"mark": "a number from 1 to 10, or null to let the judge's stand"}
_PAUSED = {"paused": "true or false"}
_PAIR = {"first": "a model", "second": "another one", "task": "one of the tasks; empty for all"}


class JudgeAdmin:
    """The handlers of ``/admin/grades`` and ``/admin/judge``."""

    def __init__(self, control: JudgeControl) -> None:
        self._control = control

    async def grades(self, request: web.Request) -> web.StreamResponse:
        """Newest first: ``?model= &task= &judge= &subject= &ref= &disagree=true &failed=false &before= &limit=``."""
        asked = {name: request.query.get(name, "") for name in _FILTERS}
        failed = flag(request, "failed") if "failed" in request.query else None
        page = await self._control.grades(
            GradeFilter(**asked, disagree=flag(request, "disagree"), failed=failed),
            before=request.query.get("before") or None,
            limit=whole_number(request, "limit", default=100, most=MAX_PAGE),
        )
        return json_response(page)

    async def grade(self, request: web.Request) -> web.StreamResponse:
        """Have one answer graded (again): ``{"subject": "prompt", "ref": "creative-letter", "model": "qwen3:8b"}``."""
        asked = decode_fields(await read_body(request, SMALL), _GRADE, _SUBJECT)
        await self._control.grade(asked.subject, asked.ref, asked.model, judge=asked.judge)
        return accepted()

    async def overrule(self, request: web.Request) -> web.StreamResponse:
        """The user's own mark, ``{"mark": 3}``; what it moved, or why it moved nothing."""
        asked = decode_fields(await read_body(request, SMALL), _OVERRULE, _MARK)
        return json_response(await self._control.overrule(request.match_info["id"], asked.mark))

    async def view(self, request: web.Request) -> web.StreamResponse:
        return json_response(await self._control.judge_view())

    async def pause(self, request: web.Request) -> web.StreamResponse:
        await self._control.pause_judge(decode_fields(await read_body(request, SMALL), _PAUSE, _PAUSED).paused)
        return accepted()

    async def compare(self, request: web.Request) -> web.StreamResponse:
        """Put the answers of two models to the same open prompts side by side; answered when the judge is through."""
        asked = decode_fields(await read_body(request, SMALL), _COMPARE, _PAIR)
        return json_response(await self._control.compare(asked.first, asked.second, asked.task))

    async def comparisons(self, request: web.Request) -> web.StreamResponse:
        """What came of that so far, newest first: ``?limit=``."""
        limit = whole_number(request, "limit", default=1000, most=1000)
        return json_response(await self._control.comparisons(limit=limit))

    def operations(self) -> Sequence[Operation]:
        words = ("model", "task", "judge", "subject", "ref")
        wanted = tuple([Parameter(name, f"Those of this {name}.") for name in words])
        disagree = Parameter("disagree", "Those where the judge and the user or a checker differ.", FLAG)
        failed = Parameter("failed", "Those that failed, or those that did not.", {"type": "boolean"})
        grade = "Have one answer graded (again); what comes of that is an event."
        overrule = "The user's own mark in the place of a judge's; null gives it back."
        compare = "Put the answers of two models to the same prompts side by side; answered when the judge is through."
        limit = Parameter("limit", "How many.", count(1000, 1000))
        subject = {"subject": "prompt", "ref": "creative-letter", "model": "ollama/qwen3:8b"}
        return (
            shows(
                "grades",
                self.grades,
                "What judges said of answers, newest first.",
                GradePage,
                query=(*wanted, disagree, failed, *PAGED),
                faults=BOTH,
            ),
            does("grades", self.grade, grade, GradeBody, faults=BOTH, example=subject),
            does(
                "grades/{id}/overrule",
                self.overrule,
                overrule,
                OverruleBody,
                answer=Overruled,
                status=200,
                faults=STORED,
                example={"mark": 3},
            ),
            shows("judge", self.view, "Who judges, how far it is, and how far it is to be trusted.", JudgeView),
            does("judge", self.pause, "Let it pause, or go on.", PauseBody, faults=STORED, example={"paused": True}),
            shows(
                "judge/compare",
                self.comparisons,
                "What came of comparing, newest first.",
                list[Comparison],
                query=(limit,),
                faults=STORED,
            ),
            does(
                "judge/compare",
                self.compare,
                compare,
                PairBody,
                answer=list[Comparison],
                status=200,
                faults=("404", "429", "502", "503"),
                example={"first": "ollama/qwen3:8b", "second": "ollama/llama3.1:8b"},
            ),
        )
