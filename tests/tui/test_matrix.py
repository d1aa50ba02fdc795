"""Every page at every size, what stands over pages, and every page in other colours: over one machine that lived, with
a clock that stands still. ``UPDATE_GOLDENS=1 pytest tests/tui/test_matrix.py --thorough --snapshot-update`` writes all
of it anew; the pictures are SVG, to be looked at."""

from collections import defaultdict
from typing import Any

import pytest
from pytest_textual_snapshot import SVGImageExtension
from rich.style import Style

from llmrouter_tui.tui.app import ControlCenter
from tests.tui import goldens, walk
from tests.tui.shots import screen_text, settled

Size = tuple[int, int]
THEMES = ("router-light", "mono", "ansi-dark", "ansi-light")


def named(size: Size) -> str:
    return f"{size[0]}x{size[1]}"


def thoroughly(*sizes: Size) -> list[Any]:
    return [pytest.param(size, marks=pytest.mark.thorough, id=named(size)) for size in sizes]


@pytest.mark.parametrize(
    "size",
    [pytest.param((120, 36), id="120x36"), pytest.param((80, 24), id="80x24"), *thoroughly((200, 50), (60, 16))],
)
async def test_every_page(size: Size) -> None:
    app = walk.begin()
    async with app.run_test(size=size) as pilot:
        async for page in walk.pages(app, pilot):
            goldens.check(f"{page}-{named(size)}", screen_text(app))


@pytest.mark.parametrize("size", thoroughly((120, 36), (80, 24), (60, 16)))
async def test_what_stands_over_pages(size: Size) -> None:
    app = walk.begin()
    async with app.run_test(size=size) as pilot:
        async for name in walk.dialogs(app, pilot):
            goldens.check(f"over-{name}-{named(size)}", screen_text(app))


@pytest.mark.thorough
async def test_every_page_in_colour(snapshot: Any) -> None:
    pictures, app = snapshot.use_extension(SVGImageExtension), walk.begin()
    async with app.run_test(size=(120, 36)) as pilot:
        async for page in walk.pages(app, pilot):
            assert app.export_screenshot() == pictures(name=page)


@pytest.mark.thorough
async def test_every_page_in_other_colours() -> None:
    """What is written stays, and every colour has its counterpart: the tables list them."""
    tables: dict[str, dict[str, set[str]]] = {theme: defaultdict(set) for theme in THEMES}
    app = walk.begin()
    async with app.run_test(size=(120, 36)) as pilot:
        async for _ in walk.pages(app, pilot):
            shown, before = screen_text(app), cells(app)
            for theme, table in tables.items():
                app.theme = theme
                await settled(app, pilot, turns=1)
                assert screen_text(app) == shown
                for was, now in zip(before, cells(app), strict=True):
                    table[was].add(now)
            app.theme = "router-dark"
    for theme, table in tables.items():
        lines = [f"{was:44} {', '.join(sorted(found))}" for was, found in sorted(table.items())]
        goldens.check(f"colours-{theme}", "\n".join(lines) + "\n")


def cells(app: ControlCenter) -> list[str]:
    """The look of every cell, line by line."""
    strips = app.screen._compositor.render_strips()
    return [look(segment.style) for strip in strips for segment in strip for _ in segment.text]


def look(style: Style | None) -> str:
    """``#d5dbe5 on #121822 bold``"""
    if style is None:
        return "plain"
    flags = [name for name in ("bold", "dim", "italic", "reverse", "underline") if getattr(style, name)]
    ink, ground = (color.name if color else "none" for color in (style.color, style.bgcolor))
    return " ".join((ink, "on", ground, *flags))


@pytest.mark.thorough
async def test_every_screen_in_seven_bits() -> None:
    app = walk.begin(symbols="ascii")
    async with app.run_test(size=(120, 36)) as pilot:
        for steps in (walk.pages, walk.dialogs):
            async for name in steps(app, pilot):
                strange = {char for char in screen_text(app) if not char.isascii()}
                assert name == "palette" or not strange, name  # the palette draws Textual's own border
