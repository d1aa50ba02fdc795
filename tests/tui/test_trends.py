"""Plots of how things went: every span, three sets of glyphs, gaps where nothing was measured."""

import pytest

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.trends import DAY, SPANS, Reading, Swap, Trends, Work, grid, trends
from llmrouter_tui.tui import text
from llmrouter_tui.tui.modals.trends import TrendsDialog
from llmrouter_tui.tui.symbols import ASCII, BLOCK, BRAILLE, Symbols
from llmrouter_tui.tui.text import Look
from llmrouter_tui.tui.trends_text import Known, lines, stretched
from tests.tui.scripted import BIG, NOW, SMALL
from tests.tui.shots import screen_text, settled
from tests.tui.test_flows import until
from tests.tui.test_screens import running

GIB = 1024**3
KNOWN = Known(lambda model: model.partition("/")[2], {"GPU0": 24 * GIB})


def went(span: float) -> Trends:
    """Twice as busy at the end as at the beginning, with a night in between."""
    cut = grid(NOW, span)
    steps = [n for n in range(cut.count) if not cut.count // 3 < n < cut.count // 2]
    work = [
        Work(
            cut.since + n * cut.step,
            model,
            cut.step * (n + cut.count) // 600,
            0,
            40 * cut.step,
            1,
            ttft,
            400,
            400 / speed,
        )
        for n in steps
        for model, ttft, speed in ((BIG, 0.9, 38.0), (SMALL, 0.02, 96.0))
    ]
    readings = [
        Reading(cut.since + n * cut.step, "GPU0", 1, (10 + 9 * n / cut.count) * GIB, 0.4, 62.0, 311.0) for n in steps
    ]
    return trends(cut, work, readings, [Swap(cut.since + n * cut.step, 6.0) for n in steps[::9]])


def drawn(span: float = DAY, cells: int = 72, symbols: Symbols = BRAILLE, first: str = "") -> list[str]:
    return [text.plain(line) for line in lines(went(span), cells, Look(symbols), KNOWN, first)]


@pytest.mark.parametrize("symbols", [BRAILLE, BLOCK, ASCII])
@pytest.mark.parametrize("cells", [40, 72, 122])
def test_no_line_is_wider_than_its_place_whatever_is_drawn_with(cells: int, symbols: Symbols) -> None:
    for span in SPANS:
        found = drawn(span, cells, symbols, "GPU0")
        assert max(map(text.width, found)) <= cells
        assert symbols is not ASCII or "".join(found).isascii()


def test_what_is_asked_for_comes_first_and_everything_has_its_unit() -> None:
    said = drawn(first=BIG)
    assert said[0] == "qwen3:32b"
    assert said[1].startswith("requests a minute ") and "mean 1" in said[1] and "/min" in said[1]
    assert "all models" in said, "what is not of the selected one has its name"
    whole = "\n".join(said)
    for shown in ("38 tok/s", "0.9s", "20ms", "62°C", "311W", "40%", "of 24.0G", "in all", "now"):
        assert shown in whole, shown
    assert "failed a minute" not in whole, "nothing failed"


def test_a_night_without_a_request_is_a_gap_and_not_a_zero() -> None:
    row = next(line for line in drawn() if line.startswith("llama3.1:8b"))
    curve = row[16:-21]
    assert curve.strip() and "  " in curve.strip()


def test_a_curve_is_pressed_and_drawn_out_without_losing_its_ends() -> None:
    assert stretched((1.0, 3.0, None, None, 8.0, 8.0), 3) == [2.0, None, 8.0]
    assert stretched((1.0, None), 4) == [1.0, 1.0, None, None]


async def test_the_key_opens_them_and_numbers_and_arrows_choose_the_span() -> None:
    asked: list[float] = []

    def tell(span: float) -> Trends:
        asked.append(span)
        return went(span)

    async with running() as (app, pilot):
        app.host.control.went = tell
        await pilot.press("T")
        await until(app, pilot, lambda: bool(asked))
        assert isinstance(app.screen, TrendsDialog)
        await settled(app, pilot)
        assert "tokens/s of all" in screen_text(app)
        await pilot.press("4")
        await until(app, pilot, lambda: asked[-1] == DAY)
        await settled(app, pilot)
        assert "lost to swaps" in screen_text(app)
        await pilot.press("right")
        await until(app, pilot, lambda: asked[-1] == 7 * DAY)
        await pilot.press("escape", "T")
        await until(app, pilot, lambda: len(asked) >= 4)
        assert asked[-1] == 7 * DAY, "what was looked at last"
        await pilot.press("1", "left")
        await until(app, pilot, lambda: asked[-1] == SPANS[0])
        assert isinstance(app.screen, TrendsDialog) and "[10m] 1h  6h  1d  7d  30d" in screen_text(app)
        await pilot.click(app.screen.spans, offset=(6, 0))
        await until(app, pilot, lambda: asked[-1] == SPANS[1])


async def test_a_router_that_cannot_tell_says_why() -> None:

    def fail(span: float) -> Trends:
        raise RouterError("storage_unavailable", "The database could not do this: it is locked.")

    async with running() as (app, pilot):
        app.host.control.went = fail
        await pilot.press("T")
        await until(app, pilot, lambda: "it is locked" in screen_text(app))
