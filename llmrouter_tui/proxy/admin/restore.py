"""``POST /admin/restore``: a copy of the database, as it comes over the wire."""

import asyncio
from collections.abc import AsyncIterator, Sequence

from aiohttp import web

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.ports.control import Control
from llmrouter_tui.core.restoring import Restoration
from llmrouter_tui.proxy.admin.table import STORED
from llmrouter_tui.proxy.bodies import PATIENCE, bad_request
from llmrouter_tui.proxy.operation import OCTETS, Operation
from llmrouter_tui.proxy.replies import json_response


class Restore:
    """The handler. It keeps no more of the copy than a piece."""

    def __init__(self, control: Control) -> None:
        self._control = control

    async def post(self, request: web.Request) -> web.StreamResponse:
        if request.content_type != OCTETS or "Content-Encoding" in request.headers:
            raise RouterError(
                "invalid_request",
                f"A copy of the database is sent as it is, as {OCTETS}.",
                param="Content-Type",
                hint="llmrouter-tui restore FILE does so.",
                status=415,
            )
        return json_response(await self._control.restore(arriving(request)), 202)

    def operations(self) -> Sequence[Operation]:
        back = (
            "Go on with a copy of the database. It is checked, what was there is kept under another name, and the "
            "router restarts: answers under way are finished or ended as at a stop."
        )
        return (Operation("POST", "restore", self.post, back, (Restoration,), status=202, file=True, faults=STORED),)


async def arriving(request: web.Request) -> AsyncIterator[bytes]:
    """The body, piece by piece; one that stops coming is given up."""
    try:
        while True:
            async with asyncio.timeout(PATIENCE):
                data = await request.content.readany()
            if not data:
                return
            yield data
    except TimeoutError as error:
        words = f"The copy stopped arriving for {PATIENCE:.0f} s."
        raise RouterError("invalid_request", words, hint="Send it again.", status=408) from error
    except web.RequestPayloadError as error:
        raise bad_request("The copy could not be read as its headers announce it.", hint="Send it again.") from error
