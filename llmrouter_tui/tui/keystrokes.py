"""Keys one after another: each finds the screen as the one before it left it.

Textual hands a key to what has the focus when it arrives, and the key's act is done some turns of the loop later. Of
keys that arrive together, those behind one that opens a dialog would so go to the page below it. Here a key waits
until the one before has done all it does: its act, the messages of that act, a new screen, and the focus in it.
"""

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from textual.app import App
from textual.dom import DOMNode
from textual.events import Event

MOST_WALKS = 8
"""Walks behind one key: whatever keeps moving the focus by itself keeps no later key waiting."""


class Walk(NamedTuple):
    """Behind a key, from its goal up to the app, through the queue of everything on that way."""

    goal: DOMNode
    before: DOMNode | None
    """The goal of the walk before."""
    left: int


class Keystrokes:
    """Hands keys, and what is pasted, to ``give`` in the order of their arrival."""

    def __init__(self, app: App[None], give: Callable[[Event], Awaitable[None]]) -> None:
        self._app = app
        self._give = give
        self._waiting: deque[Event] = deque()
        self._under_way = False

    @property
    def busy(self) -> bool:
        """Whether a key has not done its work yet."""
        return self._under_way

    async def take(self, event: Event) -> None:
        """A key arrived: it is given out now, or when its turn comes."""
        if self._under_way:
            self._waiting.append(event)
        else:
            self._under_way = True
            await self._start(event)

    async def _start(self, event: Event) -> None:
        goal = self._goal()
        await self._give(event)
        await self._walk(Walk(goal, None, MOST_WALKS))

    def _goal(self) -> DOMNode:
        """Where a key goes now."""
        return self._app.focused or self._app.screen

    async def _walk(self, walk: Walk) -> None:
        await self._climb(walk.goal.ancestors_with_self, walk)

    async def _climb(self, way: Sequence[DOMNode], walk: Walk) -> None:
        for step, node in enumerate(way, 1):
            if node.call_later(self._climb, way[step:], walk):
                return  # one that is closed has no queue any more: on to the next
        await self._arrived(walk)

    async def _arrived(self, walk: Walk) -> None:
        """The key's act is done. A second walk over the same way is behind what that act has posted; when it ends where
        it began, nothing has opened and nothing moves the focus any more."""
        now = self._goal()
        if walk.left > 1 and not (walk.goal is walk.before and walk.goal is now):
            await self._walk(Walk(now, walk.goal, walk.left - 1))
        elif self._waiting:
            await self._start(self._waiting.popleft())
        else:
            self._under_way = False
