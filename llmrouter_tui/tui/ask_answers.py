"""One answer that was asked for from this screen: how far it is, and its text, which another thread hands over."""

import asyncio
from collections import deque
from typing import Final, Literal

from llmrouter_tui.core.asking import Piece, Question, request_of
from llmrouter_tui.core.decision import Exchange
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.forgetting import Forget, without_texts
from llmrouter_tui.core.ports.control import Control
from llmrouter_tui.tui.markdown import Paper, parted

MOST: Final = 400_000
"""Characters of an answer that are shown; of what a model thinks likewise."""

State = Literal["asked", "writing", "done", "failed", "stopped"]


class Answer:
    """``follow`` runs on the router's loop and only puts pieces into a queue; all else is the screen's."""

    def __init__(self, question: Question, model: str = "") -> None:
        self.question = question
        self.model = model
        """Who was asked by name; empty: whom the router chose."""
        self.id = ""
        self.state: State = "asked"
        self.problem = ""
        """What went wrong, in words."""
        self.text = ""
        self.thinking = ""
        self.exchange: Exchange | None = None
        """The record, once it is over."""
        self.forgotten = False
        """Whether its text was taken out of what is kept, and so from here."""
        self.paper = Paper()
        self.version = 0
        self._came: deque[Piece | State] = deque()
        self._put = [0, 0]
        self._task: asyncio.Task[None] | None = None
        self._stopping = False

    @property
    def over(self) -> bool:
        return self.state in ("done", "failed", "stopped")

    @property
    def cut(self) -> bool:
        """Whether there is more than is shown."""
        return max(self._put) > MOST

    @property
    def said(self) -> tuple[str, str]:
        """(what it thought, the answer)."""
        thought, answer = parted(self.text)
        return thought or self.thinking, answer

    # ── on the router's loop ──

    async def follow(self, control: Control) -> None:
        """Ask, and hear the answer out. Raises nothing: what went wrong is told."""
        self._task = asyncio.current_task()
        end: State = "stopped"
        try:
            if not self._stopping:
                await self._hear(control)
                end = "done"
        except asyncio.CancelledError:
            if not self._stopping:
                raise
        except RouterError as error:
            self.problem, end = str(error), "failed"
            self.id = self.id or error.exchange_id
        except Exception as error:  # whatever it was: the user asked for something and must hear that it failed
            self.problem, end = f"{type(error).__name__}: {error}", "failed"
        finally:
            self._task = None
            self._came.append(end)

    async def _hear(self, control: Control) -> None:
        asking = await control.ask(request_of(self.question))
        self.id = asking.id
        try:
            async for piece in asking.pieces():
                self._take(piece)
        finally:
            await asking.close()
            self.id = self.id or asking.id

    def _take(self, piece: Piece) -> None:
        """More than is shown is counted, and kept nowhere."""
        room = [max(0, MOST - put) for put in self._put]
        self._put = [put + len(part) for put, part in zip(self._put, piece, strict=True)]
        if any(room):
            self._came.append(Piece(piece.text[: room[0]], piece.thinking[: room[1]]))

    async def cancel(self) -> None:
        """Stop it: the model is let go. On the router's loop too."""
        self._stopping = True
        if self._task is not None:
            self._task.cancel()

    # ── on the screen's ──

    def means(self, wanted: Forget) -> bool:
        """Whether these words are what is to be forgotten."""
        if not self.over:
            return False
        if self.exchange is not None:
            return wanted.means(self.exchange)
        return wanted == Forget() or (bool(self.id) and wanted.exchange == self.id)

    def forget(self) -> None:
        self.forgotten = True
        self.text = self.thinking = self.problem = ""
        self.paper = Paper()
        if self.exchange is not None:
            self.exchange = without_texts(self.exchange)
        self.version += 1

    def take_in(self) -> bool:
        """Fold what came since the last look; whether there was anything."""
        said, thought, changed = [], [], False
        while self._came:
            came = self._came.popleft()
            changed = True
            if isinstance(came, Piece):
                said.append(came.text)
                thought.append(came.thinking)
                self.state = "writing"
            else:
                self.state = came
        if changed:
            self.text += "".join(said)
            self.thinking += "".join(thought)
            self.version += 1
        return changed
