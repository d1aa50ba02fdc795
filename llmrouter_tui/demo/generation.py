"""Time as a simulated model spends it: reading the prompt, then one token after another."""

import asyncio
import random
import re
import time
from collections.abc import AsyncGenerator, Sequence

from llmrouter_tui.demo.cast import SimModel
from llmrouter_tui.demo.gpu import SimulatedGpu

TOKEN = re.compile(r"\s*(?:[^\W\d_]{1,6}|\d{1,3}|[^\w\s]|_)|\s+", re.UNICODE)
"""Pieces of about the length of a BPE token; put together they are the text again."""
SETTING_UP = 0.14
"""Seconds before the prompt is read: template, tokens, and a graph for the card."""
CROWDING = 0.35
"""How much each further generation on the same card slows all of them."""
BREATH = 32
"""Tokens after which a generation that is behind its time lets others run."""


def tokens(text: str) -> list[str]:
    """The text in token-sized pieces; joined they are the text."""
    return TOKEN.findall(text)


class Generation:
    """One answer being computed on a card. Counts tokens and measures the seconds they really took.

    ``speed`` makes the whole machine that many times faster; ``slowdown`` is 1 unless part of the model runs on the
    CPU.
    """

    def __init__(
        self, gpu: SimulatedGpu, model: SimModel, *, speed: float, slowdown: float, rng: random.Random
    ) -> None:
        self._gpu = gpu
        self._rng = rng
        factor = speed / slowdown * rng.uniform(0.94, 1.04)
        self._setting_up = SETTING_UP / speed
        self._prefill_rate = model.prefill * factor
        self._decode_rate = model.decode * factor
        self.prompt_tokens = 0
        self.prompt_seconds = 0.0
        self.tokens = 0
        self.seconds = 0.0

    async def read(self, prompt_tokens: int) -> None:
        """Process the prompt."""
        start = time.monotonic()
        with self._gpu.work():
            await asyncio.sleep(self._setting_up + prompt_tokens / self._prefill_rate * self._crowding())
        self.prompt_tokens = prompt_tokens
        self.prompt_seconds = max(time.monotonic() - start - self._setting_up, 1e-6)

    async def write(self, pieces: Sequence[str]) -> AsyncGenerator[str, None]:
        """The pieces, each when its time has come. What its consumer does with them takes the card's time too."""
        start = due = time.monotonic()
        with self._gpu.work():
            for count, piece in enumerate(pieces, 1):
                due += self._rng.uniform(0.8, 1.2) / self._decode_rate * self._crowding()
                behind = time.monotonic() - due
                if behind < 0 or count % BREATH == 0:
                    await asyncio.sleep(max(0.0, -behind))
                self.tokens += 1
                self.seconds = time.monotonic() - start
                yield piece

    def _crowding(self) -> float:
        return 1 + CROWDING * max(0, self._gpu.crowd - 1)
