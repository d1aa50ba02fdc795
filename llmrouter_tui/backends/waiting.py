"""Waiting for a server to get somewhere: ask, pause, ask again, within a bound."""

import asyncio
from collections.abc import Awaitable, Callable

FIRST_PAUSE = 0.05
LONGEST_PAUSE = 0.5


async def until(ready: Callable[[], Awaitable[bool]], seconds: float) -> bool:
    """Ask until the answer is yes; False when ``seconds`` have passed. The pauses grow from 0.05 to 0.5 s."""
    pause = FIRST_PAUSE
    try:
        async with asyncio.timeout(seconds):
            while not await ready():
                await asyncio.sleep(pause)
                pause = min(LONGEST_PAUSE, pause * 1.5)
    except TimeoutError:
        return False
    return True
