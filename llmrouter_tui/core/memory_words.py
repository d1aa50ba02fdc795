"""What people are told of memory, in the same words wherever they read it: screens, commands, errors, the log. Pure."""

from collections.abc import Callable, Sequence

from llmrouter_tui.core.vram import Thrash

GIB = 1024**3

HELD = "loads are held to keep the memory free for other work"
"""Why nothing is loaded after everything was unloaded for other work."""
HELD_BRIEF = "loads held"
RELEASED_BY_KEY = "L on VRAM loads again"
RELEASED_BY_COMMAND = "`llmrouter-tui models --release` loads again"
RELEASED_BY = "L on the VRAM page, or `llmrouter-tui models --release`, loads again"
"""For who may have a screen or not."""
HELD_NOW = f"{HELD}; {RELEASED_BY_KEY}"
"""On a screen."""


def pinned_held(model: str) -> str:
    """A model was pinned while loads are held."""
    return f"{model} is pinned, and will be loaded when loads are released"


def listed(names: Sequence[str]) -> str:
    """``a, b and c``"""
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)


def time_text(seconds: float) -> str:
    """``80 s``, ``10 min``, ``3 h``"""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"


def remedy(together: int, budget: int) -> str:
    """What helps models that throw each other out, which need so many bytes ``together`` of a pool that holds
    ``budget`` for models: with the arithmetic, where it is that which keeps them apart."""
    sums = f"together they need {together / GIB:.1f} of {budget / GIB:.1f} GiB: " if together > budget else ""
    return f"{sums}pin one, switch one off for requests, or give them less context"


def circle(thrash: Thrash, name: Callable[[str], str] = str, place: Callable[[str], str] = str) -> str:
    """``a and b threw each other out of gpu0 6 times in 5 min: together they need …``; ``name`` and ``place`` say how
    models and pools are called there."""
    who, where = listed([name(model) for model in thrash.models]), place(thrash.pool)
    said = f"{who} threw each other out of {where} {thrash.times} times in {time_text(thrash.span)}"
    return f"{said}: {thrash.remedy}" if thrash.remedy else said
