"""The judge over HTTP: what it said, what it is to grade, what the user says of that."""

from typing import Annotated

import msgspec
from aiohttp import web

from llmrouter_tui.core.grades import GradeFilter
from llmrouter_tui.core.ports import JudgeControl
from llmrouter_tui.proxy.admin import MAX_PAGE, flag, whole_number
from llmrouter_tui.proxy.bodies import SMALL, read_body
from llmrouter_tui.proxy.meta import decode_fields
from llmrouter_tui.proxy.replies import accepted, json_response

_Name = Annotated[str, msgspec.Meta(max_length=300)]
_FILTERS = ("model", "task", "judge", "subject", "ref")


class GradeBody(msgspec.Struct):
    subject: _Name
    ref: _Name
    model: _Name = ""
    judge: _Name = ""


class OverruleBody(msgspec.Struct):
    mark: float | None


class PauseBody(msgspec.Struct):
    paused: bool


class PairBody(msgspec.Struct):
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
