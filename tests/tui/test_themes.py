"""The colours: chosen from a list, seen at once, kept; ours are told apart by every kind of colour vision."""

import pytest
from textual.color import Color
from textual.theme import BUILTIN_THEMES

from llmrouter_tui.cli import colours
from llmrouter_tui.tui import theme
from llmrouter_tui.tui.modals.themes import ThemesDialog
from tests.tui.shots import build, screen_text, settled

pytestmark = pytest.mark.thorough
"""Its keys are pressed in ``test_every_act``; the rest takes many starts of the program."""


def test_all_of_textuals_themes_are_there_and_ours_come_first() -> None:
    assert set(BUILTIN_THEMES) <= set(theme.PALETTES)
    assert theme.offered({"COLORTERM": "truecolor"})[:3] == ["router-dark", "router-light", "mono"]


def test_without_true_colour_the_terminals_own_colours_are_offered_first() -> None:
    assert theme.offered({})[:2] == ["ansi-dark", "ansi-light"]
    assert sorted(theme.offered({})) == sorted(theme.PALETTES)


def test_a_first_start_is_in_colours_that_the_terminal_has() -> None:
    assert theme.first("truecolor", no_color=False) == "router-dark"
    assert theme.first("standard", no_color=False) == "ansi-dark"
    assert theme.first("standard", no_color=True) == "mono"


@pytest.mark.parametrize("palette", [theme.DARK, theme.LIGHT])
def test_good_and_bad_differ_in_blue_and_not_in_red_and_green_alone(palette: theme.Palette) -> None:
    """Red and green look alike to one man in twelve; blue and yellow are told apart by all of them."""
    good, bad = Color.parse(palette.good), Color.parse(palette.bad)
    assert abs(good.b - bad.b) > 90


@pytest.mark.parametrize("name", [name for name, palette in theme.PALETTES.items() if palette.ground.startswith("#")])
def test_what_is_written_can_be_read(name: str) -> None:
    palette = theme.PALETTES[name]
    ground = Color.parse(palette.ground)
    for ink in (palette.text, palette.soft, palette.title, palette.accent, palette.good, palette.bad, palette.warn):
        assert theme._contrast(Color.parse(ink), ground) >= 3.0


def test_16_colours_use_no_other() -> None:
    for palette in (theme.ANSI_DARK, theme.ANSI_LIGHT):
        styles = theme.roles(palette).values()
        numbers = [color.number for style in styles for color in (style.color, style.bgcolor) if color]
        assert all(number is None or number < 16 for number in numbers)


async def test_a_theme_is_seen_while_it_is_chosen_and_esc_leaves_the_one_before() -> None:
    kept: list[str] = []

    def keep(name: str) -> bool:
        kept.append(name)
        return True

    app = build(keep_theme=keep)
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(app, pilot)
        app.do_theme()
        await settled(app, pilot, turns=1)
        assert isinstance(app.screen, ThemesDialog)
        assert "good and bad in blue and orange" in screen_text(app)
        await pilot.press("j")
        assert app.theme == "router-light"
        await pilot.press("escape")
        assert (app.theme, kept) == ("router-dark", [])
        app.do_theme()
        await pilot.press("j", "j", "enter")
        assert (app.theme, kept) == ("mono", ["mono"])


def test_a_theme_is_kept_for_the_next_start(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(colours, "_file", lambda: tmp_path / "state" / "theme")
    assert colours.kept() == ""
    assert colours.keep("nord")
    assert colours.kept() == "nord"
