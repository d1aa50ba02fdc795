"""Prompts that are only timed: short and long ones, several of each, so that a median is told.

The first line of each differs from all others, and from run to run by ``salt``: no server can have it in its cache.
"""

from functools import lru_cache

from llmrouter_tui.core.prompt_set.needles import CHARACTERS_PER_TOKEN, entries
from llmrouter_tui.core.prompts import Prompt, Rubric

TASK = "speed"
SHORT, LONG = 3, 2
"""How often each is asked."""
SHORT_TOKENS, LONG_TOKENS = 320, 2_000
"""Tokens of the prompts: below 256 the clock to the first token tells of other things than reading, and prompts are
called long from 1,500."""
WRITTEN = 96
"""Tokens of an answer, which is cut there."""
ROOM = 1.1
"""Context that a long one takes, by its tokens: the answer, the template, and vocabularies that take more of them."""
_ASK = "Go on with this diary in the same manner: at least ten more entries."


def speed(salt: int = 0) -> tuple[Prompt, ...]:
    """The short ones, then the long ones, which have a ``context``."""
    short = [_made(f"speed-short-{n}", n, SHORT_TOKENS, 0, salt) for n in range(1, SHORT + 1)]
    context = int(ROOM * LONG_TOKENS)
    long = [_made(f"speed-long-{n}", SHORT + n, LONG_TOKENS, context, salt) for n in range(1, LONG + 1)]
    return (*short, *long)


@lru_cache(maxsize=4 * (SHORT + LONG))
def _made(identity: str, number: int, tokens: int, context: int, salt: int) -> Prompt:
    room = int(tokens * CHARACTERS_PER_TOKEN) - len(_ASK) - 60
    parts, length = [f"Diary {salt}-{number} of a harbour, for the year {1850 + number}."], 0
    for entry in entries(number):
        if length > room:
            break
        parts.append(entry)
        length += len(entry) + 1
    text = "\n".join((*parts, "", _ASK))
    return Prompt(identity, TASK, 0.3, (text,), Rubric(""), WRITTEN, quick=True, context=context)
