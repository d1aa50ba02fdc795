"""Our own looks: dark, light, and ``mono`` that uses only weight and reverse. Good and bad are blue and orange, which
every kind of colour vision tells apart; nothing is said by colour alone. Two looks of the terminal's own 16 colours,
and those of Textual, in its own colours.

A ``Palette`` is the one list of colours: the Textual theme, its CSS variables and the styles of roles come from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from rich.style import Style
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme


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
ANSI_DARK = Palette(
    name="ansi-dark",
    dark=True,
    ground="default",
    panel="default",
    cursor="default",
    cursor_idle="default",
    rule="bright_black",
    text="default",
    soft="default",
    dim="white",
    title="bright_blue",
    accent="bright_cyan",
    good="bright_blue",
    bad="bright_red",
    warn="bright_yellow",
    run="bright_cyan",
    fills=("bright_blue", "bright_magenta", "bright_cyan", "bright_yellow"),
    other="white",
    free="bright_black",
)
ANSI_LIGHT = replace(
    ANSI_DARK,
    name="ansi-light",
    dark=False,
    dim="bright_black",
    title="blue",
    accent="cyan",
    good="blue",
    bad="red",
    warn="magenta",
    run="cyan",
    fills=("blue", "magenta", "cyan", "red"),
    other="bright_black",
)
LEAST_CONTRAST = 4.5
"""Of text to its ground, as WCAG 2 asks for it at level AA."""


def _contrast(one: Color, other: Color) -> float:
    """WCAG 2, success criterion 1.4.3: the ratio of relative luminances."""

    def light(color: Color) -> float:
        parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in color.normalized]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


def palette_of(theme: Theme) -> Palette:
    """The palette of one of Textual's themes; its colours come nearer to that of text where they could not be read."""
    text = Color.parse(theme.foreground or ("#e0e0e0" if theme.dark else "#1f1f1f"))
    ground = Color.parse(theme.background or ("#121212" if theme.dark else "#efefef"))
    primary = Color.parse(theme.primary)

    def ink(named: str | None) -> str:
        color = Color.parse(named or theme.primary)
        for _ in range(10):
            if _contrast(color, ground) >= LEAST_CONTRAST:
                break
            color = color.blend(text, 0.2)
        return color.hex

    good, accent, warn = ink(theme.success), ink(theme.accent), ink(theme.warning)
    return Palette(
        name=theme.name,
        dark=theme.dark,
        ground=ground.hex,
        panel=ground.blend(text, 0.03).hex,
        cursor=ground.blend(primary, 0.35).hex,
        cursor_idle=ground.blend(primary, 0.15).hex,
        rule=ground.blend(text, 0.25).hex,
        text=text.hex,
        soft=ink(text.blend(ground, 0.15).hex),
        dim=ink(text.blend(ground, 0.35).hex),
        title=ink(theme.primary),
        accent=accent,
        good=good,
        bad=ink(theme.error),
        warn=warn,
        run=accent,
        fills=(ink(theme.primary), accent, ink(theme.secondary), warn),
        other=text.blend(ground, 0.45).hex,
        free=ground.blend(text, 0.3).hex,
    )


OURS = (DARK, LIGHT, MONO, ANSI_DARK, ANSI_LIGHT)
PALETTES = {palette.name: palette for palette in OURS} | {
    name: palette_of(theme) for name, theme in BUILTIN_THEMES.items() if not theme.ansi
}


def first(color_system: str | None, *, no_color: bool) -> str:
    """The look where nobody chose one. In 16 colours ours would come out as four greys: what is faint would be gone
    under the cursor. ``color_system`` is the console's, ``standard`` with 16."""
    if no_color:
        return MONO.name
    return ANSI_DARK.name if color_system in ("standard", "windows") else DARK.name


def offered(env: Mapping[str, str]) -> list[str]:
    """All names, ours first; where the terminal does not say that it has true colour, its own 16 come before them."""
    names = list(PALETTES)
    if env.get("COLORTERM"):
        return names
    return sorted(names, key=lambda name: name not in (ANSI_DARK.name, ANSI_LIGHT.name))


def _css(color: str) -> str:
    """A colour as Textual's CSS has it."""
    return color if color.startswith("#") else f"ansi_{color}"


def textual_theme(palette: Palette) -> Theme:
    """The palette as a Textual theme; its own names are CSS variables (``$ground``, ``$rule``, ``$cursor`` …)."""
    ansi = palette.ground == "default"
    return Theme(
        name=palette.name,
        primary=_css(palette.good),
        secondary=_css(palette.accent),
        accent=_css(palette.accent),
        warning=_css(palette.warn),
        error=_css(palette.bad),
        success=_css(palette.good),
        foreground=_css(palette.text),
        background=_css(palette.ground),
        surface=_css(palette.panel),
        panel=_css(palette.panel),
        dark=palette.dark,
        ansi=ansi,
        variables={
            **(BUILTIN_THEMES[palette.name].variables if ansi else {}),
            "ground": _css(palette.ground),
            "pane": _css(palette.panel),
            "rule": _css(palette.rule),
            "ink": _css(palette.text),
            "soft": _css(palette.soft),
            "dim": _css(palette.dim),
            "title": _css(palette.title),
            "glow": _css(palette.accent),
            "good": _css(palette.good),
            "bad": _css(palette.bad),
            "cursor": _css(palette.cursor),
            "cursor-idle": _css(palette.cursor_idle),
            "scrollbar": _css(palette.rule),
            "scrollbar-background": _css(palette.panel),
            "scrollbar-background-hover": _css(palette.panel),
            "scrollbar-background-active": _css(palette.panel),
            "scrollbar-hover": _css(palette.dim),
            "scrollbar-active": _css(palette.accent),
            "scrollbar-corner-color": _css(palette.panel),
        },
    )


def roles(palette: Palette) -> dict[str, Style]:
    """The style of each text role."""
    if palette.name == "mono":
        return _MONO_ROLES
    if palette in (ANSI_DARK, ANSI_LIGHT):
        mono = {name: _MONO_ROLES[name] for name in ("tab", "demo", "cursor-idle")}
        return _coloured(palette) | mono | {"cursor": _REVERSE + Style(color="default")}
    return _coloured(palette)


def _faint(palette: Palette) -> str:
    """The colour of what cannot be done now: fainter than ``dim``, and still to be read."""
    if not palette.dim.startswith("#"):
        return palette.rule
    return Color.parse(palette.dim).blend(Color.parse(palette.panel), 0.3).hex


def _coloured(palette: Palette) -> dict[str, Style]:
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
        "off": Style(color=_faint(palette)),
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


_BOLD, _PLAIN, _DIM = Style(bold=True), Style(), Style(dim=True)
_REVERSE = Style(reverse=True, dim=False)
"""One ground for the whole line under the cursor: faint words and colours would be patches in it."""
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
