"""Votes over HTTP: which of two or three answers is the best, and who is preferred to whom."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Final

import msgspec
from aiohttp import web

from llmrouter_tui.core.domain import TASKS
from llmrouter_tui.core.ports.votes import VoteControl
from llmrouter_tui.core.votes import FEWEST, MOST, Leaderboard, Verdict, Voted, VoteInput, VotePage
from llmrouter_tui.proxy.admin.asked import whole_number
from llmrouter_tui.proxy.admin.table import MAX_PAGE, PAGED
from llmrouter_tui.proxy.bodies import SMALL, bad_request, read_body
from llmrouter_tui.proxy.meta import decode_fields
from llmrouter_tui.proxy.operation import Json, Operation, Parameter
from llmrouter_tui.proxy.replies import json_response

_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=300)]


class VoteBody(msgspec.Struct, forbid_unknown_fields=True):
    exchanges: Annotated[tuple[_Id, ...], msgspec.Meta(min_length=FEWEST, max_length=MOST)]
    verdict: Verdict
    winner: Annotated[str, msgspec.Meta(max_length=300)] = ""


_VOTE: Final = msgspec.json.Decoder(VoteBody)
_WANTED: Final = {
    "exchanges": "the ids of two or three exchanges whose answers were compared",
    "verdict": "better, tie or both_bad",
    "winner": "the id of the exchange whose answer is the best",
}


class VoteAdmin:
    """The handlers of ``/admin/votes`` and ``/admin/leaderboard``."""

    def __init__(self, control: VoteControl) -> None:
        self._control = control

    async def vote(self, request: web.Request) -> web.StreamResponse:
        """``{"exchanges": ["…", "…"], "verdict": "better", "winner": "…"}``; what it moved."""
        given = decode_fields(await read_body(request, SMALL), _VOTE, _WANTED)
        return json_response(await self._control.vote(VoteInput(given.exchanges, given.verdict, given.winner)))

    async def take_back(self, request: web.Request) -> web.StreamResponse:
        return json_response(await self._control.take_back_vote(request.match_info["id"]))

    async def votes(self, request: web.Request) -> web.StreamResponse:
        """Newest first: ``?before= &limit=``."""
        limit = whole_number(request, "limit", default=100, most=MAX_PAGE)
        return json_response(await self._control.votes(before=request.query.get("before") or None, limit=limit))

    async def leaderboard(self, request: web.Request) -> web.StreamResponse:
        """``?task=``; of all tasks without one."""
        task = request.query.get("task", "")
        if task and task not in TASKS:
            hint = f"It is one of {', '.join(TASKS)}; without one, all count together."
            raise bad_request(f"There is no task {task[:40]!r}.", param="task", hint=hint)
        return json_response(await self._control.leaderboard(task))

    def operations(self) -> Sequence[Operation]:
        """Their paths below ``/admin``."""
        give = "Say which of two or three answers to one prompt is the best, and be told what that moved."
        board = "Who is preferred to whom by your votes, of one task or of all; with intervals of 95 %."
        task = Parameter("task", "Votes on this task alone.", {"type": "string", "enum": list(TASKS)})
        stored, both = ("503",), ("404", "503")
        example: Json = {"exchanges": ["01JD", "01JE"], "verdict": "better", "winner": "01JD"}
        give_one = Operation("POST", "votes", self.vote, give, (Voted,), takes=(VoteBody,), faults=both)
        return (
            replace(give_one, example=example),
            Operation(
                "GET", "votes", self.votes, "The votes that stand, newest first.", (VotePage,), query=PAGED,
                faults=stored,
            ),
            Operation(
                "DELETE", "votes/{id}", self.take_back, "Take a vote back, and be told what that moved.", (Voted,),
                faults=both,
            ),
            Operation("GET", "leaderboard", self.leaderboard, board, (Leaderboard,), query=(task,)),
        )  # fmt: skip
