"""Three looks: dark, light, and ``mono`` that uses only weight and reverse. Good and bad are blue and orange, which
every kind of colour vision tells apart; nothing is said by colour alone.

A ``Palette`` is the one list of colours: the Textual theme, its CSS variables and the styles of roles come from it.
"""

from dataclasses import dataclass

from rich.style import Style
from textual.theme import Theme


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one look."""

    name: str
    dark: bool
    ground: str
    panel: str
    cursor: str
    cursor_idle: str
    rule: str
    text: str
    soft: str
    dim: str
    title: str
    accent: str
    good: str
    bad: str
    warn: str
    run: str
    fills: tuple[str, str, str, str]
    other: str
    free: str


DARK = Palette(
    name="router-dark",
    dark=True,
    ground="#0e1218",
    panel="#121822",
    cursor="#24344d",
    cursor_idle="#1a2433",
    rule="#2b3647",
    text="#d5dbe5",
    soft="#a3aebf",
    dim="#6f7c90",
    title="#9fc5e8",
    accent="#5fd0d8",
    good="#6aa9ff",
    bad="#ff9152",
    warn="#e8c46a",
    run="#5fd0d8",
    fills=("#6aa9ff", "#b48ef0", "#5fd0d8", "#e8c46a"),
    other="#6f7c90",
    free="#38445a",
)
LIGHT = Palette(
    name="router-light",
    dark=False,
    ground="#f6f7f9",
    panel="#fdfdfe",
    cursor="#cfe0f7",
    cursor_idle="#e6edf6",
    rule="#c3ccd9",
    text="#1d2733",
    soft="#46556a",
    dim="#69778b",
    title="#1f5f9f",
    accent="#00707a",
    good="#0b57c2",
    bad="#b34700",
    warn="#8a6100",
    run="#00707a",
    fills=("#2f6fd6", "#7b4fc9", "#00838f", "#a87400"),
    other="#8592a5",
    free="#b9c3d1",
)
GREY = "#c8c8c8"
MONO = Palette(
    name="mono",
    dark=True,
    ground="#000000",
    panel="#000000",
    cursor="#000000",
    cursor_idle="#000000",
    rule="#8a8a8a",
    text=GREY,
    soft=GREY,
    dim=GREY,
    title=GREY,
    accent=GREY,
    good=GREY,
    bad=GREY,
    warn=GREY,
    run=GREY,
    fills=(GREY, GREY, GREY, GREY),
    other=GREY,
    free=GREY,
)
PALETTES = {palette.name: palette for palette in (DARK, LIGHT, MONO)}


def textual_theme(palette: Palette) -> Theme:
    """The palette as a Textual theme; its own names are CSS variables (``$ground``, ``$rule``, ``$cursor`` …)."""
    return Theme(
        name=palette.name,
        primary=palette.good,
        secondary=palette.accent,
        accent=palette.accent,
        warning=palette.warn,
        error=palette.bad,
        success=palette.good,
        foreground=palette.text,
        background=palette.ground,
        surface=palette.panel,
        panel=palette.panel,
        dark=palette.dark,
        variables={
            "ground": palette.ground,
            "pane": palette.panel,
            "rule": palette.rule,
            "ink": palette.text,
            "soft": palette.soft,
            "dim": palette.dim,
            "title": palette.title,
            "glow": palette.accent,
            "good": palette.good,
            "bad": palette.bad,
            "cursor": palette.cursor,
            "cursor-idle": palette.cursor_idle,
            "scrollbar": palette.rule,
            "scrollbar-background": palette.panel,
            "scrollbar-background-hover": palette.panel,
            "scrollbar-background-active": palette.panel,
            "scrollbar-hover": palette.dim,
            "scrollbar-active": palette.accent,
            "scrollbar-corner-color": palette.panel,
        },
    )


def roles(palette: Palette) -> dict[str, Style]:
    """The style of each text role."""
    if palette.name == "mono":
        return _MONO_ROLES
    fills = {f"fill{i}": Style(color=color) for i, color in enumerate(palette.fills)}
    return {
        "": Style(color=palette.text),
        "strong": Style(color=palette.text, bold=True),
        "soft": Style(color=palette.soft),
        "dim": Style(color=palette.dim),
        "head": Style(color=palette.dim, bold=True),
        "title": Style(color=palette.title, bold=True),
        "rule": Style(color=palette.rule),
        "key": Style(color=palette.accent, bold=True),
        "off": Style(color=palette.rule),
        "tab": Style(color=palette.ground, bgcolor=palette.title, bold=True),
        "brand": Style(color=palette.title, bold=True),
        "demo": Style(color=palette.ground, bgcolor=palette.warn, bold=True),
        "good": Style(color=palette.good),
        "bad": Style(color=palette.bad, bold=True),
        "warn": Style(color=palette.warn),
        "run": Style(color=palette.run),
        "accent": Style(color=palette.accent),
        "other": Style(color=palette.other),
        "free": Style(color=palette.free),
        "guess": Style(color=palette.soft, italic=True),
        "cursor": Style(bgcolor=palette.cursor),
        "cursor-idle": Style(bgcolor=palette.cursor_idle),
        **fills,
    }


_BOLD, _PLAIN, _DIM, _REVERSE = Style(bold=True), Style(), Style(dim=True), Style(reverse=True)
_MONO_ROLES = {
    "": _PLAIN,
    "strong": _BOLD,
    "soft": _PLAIN,
    "dim": _DIM,
    "head": _BOLD,
    "title": _BOLD,
    "rule": _DIM,
    "key": _BOLD,
    "off": _DIM,
    "tab": Style(reverse=True, bold=True),
    "brand": _BOLD,
    "demo": Style(reverse=True, bold=True),
    "good": _PLAIN,
    "bad": _BOLD,
    "warn": _BOLD,
    "run": _BOLD,
    "accent": _BOLD,
    "other": _DIM,
    "free": _DIM,
    "guess": Style(italic=True),
    "cursor": _REVERSE,
    "cursor-idle": Style(underline=True),
    "fill0": _BOLD,
    "fill1": _PLAIN,
    "fill2": _BOLD,
    "fill3": _PLAIN,
}
