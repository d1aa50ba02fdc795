"""What a person asked of a router that runs elsewhere: an answer as it comes over HTTP."""

from collections.abc import AsyncIterator
from typing import Any, get_args

import httpx

from llmrouter_tui.core.asking import Piece, Pieces
from llmrouter_tui.core.chat import ChatRequest
from llmrouter_tui.core.errors import Code, RouterError
from llmrouter_tui.remote.link import CONNECT_SECONDS, out_of_reach, refused

_CODES = frozenset(get_args(Code))


class RemoteAnswering:
    """``core.ports.asking.Asking`` over an open stream."""

    def __init__(self, root: str, response: httpx.Response) -> None:
        self.id = response.headers.get("x-router-exchange-id", "")
        self._root = root
        self._response = response

    async def pieces(self) -> AsyncIterator[Piece]:
        pieces = Pieces()
        try:
            async for data in self._response.aiter_raw():
                for piece in pieces.feed(data):
                    yield piece
        except httpx.TransportError as error:
            raise out_of_reach(self._root, error) from error
        if pieces.error is not None:
            raise _told(pieces.error)

    async def close(self) -> None:
        await self._response.aclose()


async def open_answer(client: httpx.AsyncClient, root: str, request: ChatRequest) -> RemoteAnswering:
    """Ask; returns when the router answers, which it does before its model does. Raises ``RouterError``."""
    asked = client.build_request(
        "POST",
        "/admin/ask",
        params={"among": list(request.allowed)},
        content=request.body,
        headers={"Content-Type": "application/json", "User-Agent": request.client},
        timeout=httpx.Timeout(None, connect=CONNECT_SECONDS),
    )
    try:
        response = await client.send(asked, stream=True)
        if not response.is_success:
            await response.aread()
            raise refused(root, response)
    except httpx.TransportError as error:
        raise out_of_reach(root, error) from error
    return RemoteAnswering(root, response)


def _told(error: dict[str, Any]) -> RouterError:
    """The error that ended a stream, as it was raised there."""
    code: Any = error.get("code") if error.get("code") in _CODES else "backend_error"
    return RouterError(code, str(error.get("message") or "the answer broke off"), hint=str(error.get("hint") or ""))
