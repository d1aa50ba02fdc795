"""``/admin/texts`` and ``/admin/exchanges/{id}/text``: what was said is taken out of what is kept."""

from collections.abc import Sequence

from aiohttp import web

from llmrouter_tui.core.forgetting import Forget, Forgotten
from llmrouter_tui.core.ports.control import Control
from llmrouter_tui.proxy.admin.asked import flag
from llmrouter_tui.proxy.admin.table import BOTH, FLAG, STORED
from llmrouter_tui.proxy.bodies import bad_request
from llmrouter_tui.proxy.operation import Operation, Parameter
from llmrouter_tui.proxy.replies import json_response


class Texts:
    """The handlers. What they answer is gone from the disk."""

    def __init__(self, control: Control) -> None:
        self._control = control

    async def forget_one(self, request: web.Request) -> web.StreamResponse:
        return json_response(await self._control.forget(Forget(exchange=request.match_info["id"])))

    async def forget(self, request: web.Request) -> web.StreamResponse:
        """``?session=`` of one conversation, ``?all=true`` everything: without either, or with both, nothing."""
        session, everything = request.query.get("session", ""), flag(request, "all")
        if bool(session) is everything:
            raise bad_request(
                "Say whose texts are to be forgotten.",
                param="session",
                hint="?session=ID for one conversation, or ?all=true for all that is stored.",
            )
        return json_response(await self._control.forget(Forget(session=session)))

    def operations(self) -> Sequence[Operation]:
        session = Parameter("session", "The conversation, by its id or as its client named it.")
        everything = Parameter("all", "Whether all that is stored is meant.", FLAG)
        one = "Take what was said in an exchange out of the database. Its figures, its rating and its grade stay."
        some = "The same of a conversation, or of all that is stored."
        query, gone = (session, everything), (Forgotten,)
        return (
            Operation("DELETE", "exchanges/{id}/text", self.forget_one, one, gone, faults=("400", *BOTH)),
            Operation("DELETE", "texts", self.forget, some, gone, query=query, faults=STORED),
        )
