"""What a person asked from a screen of this process: an exchange like any client's, without HTTP."""

from collections.abc import AsyncIterator

from llmrouter_tui.core.asking import Piece, Pieces
from llmrouter_tui.core.ports.exchanges import ExchangeRun


class Answering:
    """``core.ports.asking.Asking`` over an exchange that has begun."""

    def __init__(self, run: ExchangeRun) -> None:
        self.id = run.id
        self._run = run

    async def pieces(self) -> AsyncIterator[Piece]:
        pieces = Pieces()
        await self._run.open()
        async for chunk in self._run.body():
            for piece in pieces.feed(chunk):
                yield piece

    async def close(self) -> None:
        self._run.close()
