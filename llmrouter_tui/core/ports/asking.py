"""A prompt that a person puts to routing from a screen."""

from collections.abc import AsyncIterator
from typing import Protocol

from llmrouter_tui.core.asking import Piece
from llmrouter_tui.core.chat import ChatRequest
from llmrouter_tui.core.decision import Decision


class Asking(Protocol):
    """The answer to what a person asked from a screen, under way: an exchange like any other."""

    id: str
    """Of the exchange."""

    def pieces(self) -> AsyncIterator[Piece]:
        """The answer as it comes, to be gone through once. Raises ``RouterError`` where it fails, at any time."""
        ...

    async def close(self) -> None:
        """The end, in any case; before the answer is whole this stops the model. Idempotent."""
        ...


class AskControl(Protocol):
    """What can be asked of routing; a part of ``Control``."""

    async def explain(self, prompt: str | ChatRequest, *, model: str = "auto", client: str = "") -> Decision:
        """What routing would do with a prompt for ``model``, or with a whole request, which names its model itself;
        asked by ``client``, as it names itself, whose rules act then."""
        ...

    async def ask(self, request: ChatRequest) -> Asking:
        """Begin an exchange for the person at this screen; a streamed request, decided when this returns. Whoever asks
        goes through the pieces and closes."""
        ...
