"""``POST /admin/ask``: what a person asks from a screen elsewhere. A chat like any client's, with the owner's key, and
with the models named that it may go to; never signed, since a signature tells the name of a model."""

from dataclasses import replace
from typing import Final

from aiohttp import web

from llmrouter_tui.core.chat import ChatRequest
from llmrouter_tui.core.limiting import Meter
from llmrouter_tui.proxy.chat import ChatDoor
from llmrouter_tui.proxy.dialects.dialect import Voice
from llmrouter_tui.proxy.dialects.spoken import CHAT, Spoken
from llmrouter_tui.proxy.limits import Caller

ASKED: Final = Spoken("/admin/ask", CHAT, signed=False)


class AskDoor(ChatDoor):
    """The owner's own door; who comes here was let in already."""

    def _caller(self, request: web.Request) -> Caller | None:
        return None

    async def _admit(self, request: web.Request) -> tuple[ChatRequest, Voice, Meter | None]:
        asked, voice, meter = await super()._admit(request)
        return replace(asked, allowed=tuple(request.query.getall("among", ()))), voice, meter
