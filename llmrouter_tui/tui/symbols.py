"""The three sets of glyphs that screens are drawn with. Pure.

Every screen is complete with each set: ``braille`` for most terminals, ``block`` where braille fonts fail, ``ascii``
where nothing but seven bits is safe.
"""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Symbols:
    """One set of glyphs, by what each means."""

    name: str = "braille"
    fills: str = "▓▒█▞"
    """Patterns of the models in a memory bar, taken in turn."""
    other: str = "░"
    """Memory that is not ours."""
    free: str = "·"
    reserve: str = "│"
    up: str = "●"
    off: str = "○"
    down: str = "✗"
    run: str = "▶"
    ok: str = "✓"
    fail: str = "✗"
    retry: str = "↻"
    left: str = "⊘"
    arrow: str = "→"
    close: str = "≈"
    not_top: str = "≠"
    cursor: str = "»"
    bars: str = "▁▂▃▄▅▆▇█"
    ellipsis: str = "…"
    none: str = "—"
    dot: str = "·"
    rise: str = "▲"
    fall: str = "▼"
    rule: str = "─"
    knob: str = "●"
    ghost: str = "◌"
    enter: str = "⏎"
    degree: str = "°"
    left_end: str = "◂"
    right_end: str = "▸"
    turn: str = "← →"
    """The keys that turn what is shown."""


BRAILLE = Symbols()
BLOCK = replace(BRAILLE, name="block")
ASCII = Symbols(
    name="ascii",
    fills="#=%&",
    other="-",
    free=".",
    reserve="|",
    up="*",
    off="o",
    down="x",
    run=">",
    ok="+",
    fail="x",
    retry="@",
    left="/",
    arrow="->",
    close="~",
    not_top="!",
    cursor=">",
    bars=".:-=+*#@",
    ellipsis="~",
    none="-",
    dot=".",
    rise="^",
    fall="v",
    rule="-",
    knob="O",
    ghost="o",
    enter="Enter",
    degree="",
    left_end="<",
    right_end=">",
    turn="< >",
)
TO_ASCII = str.maketrans(
    {"…": "~", "±": "~", "⏎": "Enter", "·": ".", "—": "-", "─": "-", "→": ">", "←": "<", "↑": "^", "×": "x"}
)
"""The safety net of the ASCII set: marks of our own that are written without asking the set."""
SYMBOLS = {"braille": BRAILLE, "block": BLOCK, "ascii": ASCII}
