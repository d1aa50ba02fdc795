"""Abilities as dots with whiskers: all models at a task, or one model at every task, on one axis."""

from dataclasses import replace

import pytest

from llmrouter_tui.core.domain import Ability, Evidence
from llmrouter_tui.tui import abilities_text, text
from llmrouter_tui.tui.modals.abilities import AbilitiesDialog
from llmrouter_tui.tui.rivals import Choices, Rivals, counted, evictions
from llmrouter_tui.tui.roster import SHOWN_TASKS
from llmrouter_tui.tui.state import Store
from llmrouter_tui.tui.symbols import ASCII, BLOCK, BRAILLE, Symbols
from llmrouter_tui.tui.text import Look
from tests.tui.scripted import BIG, MODELS, PHI, SMALL, SNAPSHOT, decide
from tests.tui.shots import screen_text, settled
from tests.tui.test_flows import until
from tests.tui.test_models_page import lived_in
from tests.tui.test_screens import running

NAMES = {model.id: model.info.name for model in MODELS}


def store() -> Store:
    made = Store()
    made.reset(SNAPSHOT)
    return made


def drawn(cells: int = 110, symbols: Symbols = BRAILLE, here: str = BIG) -> list[str]:
    dots = abilities_text.of_task("coding", MODELS, counted(store(), 0.5), NAMES, here)
    look = Look(symbols)
    plot = abilities_text.lines(dots, "  MODEL", cells, look)
    plot += abilities_text.legend(0.5, 39, cells, look)
    assert max(map(text.line_width, plot)) <= cells
    return [text.plain(line) for line in plot]


@pytest.mark.parametrize("symbols", [BRAILLE, BLOCK, ASCII])
@pytest.mark.parametrize("cells", [51, 76, 110, 196])
def test_it_fits_any_width_with_the_dots_where_the_axis_says(cells: int, symbols: Symbols) -> None:
    head, *rows = drawn(cells, symbols)[: len(MODELS)]
    zero, one = head.index("0"), head.index("1", head.index(".5"))
    for row, mean in zip(rows, (0.88, 0.78, 0.69, 0.6, 0.58, 0.51, 0.5, 0.39), strict=True):
        at = row.index("O" if symbols is ASCII else "●")
        assert abs(at - (zero + mean * (one - zero))) <= 1, row
        assert f"{mean:.2f}"[1:] in row
    assert zero < head.index(".5") < one


def test_the_best_stands_first_and_the_usual_choice_and_the_selected_one_are_marked() -> None:
    rows = drawn(here=PHI)[1:9]
    assert [row[2:].split()[0] for row in rows[:3]] == ["qwen3:32b", "deepseek-r1:14b", "phi4:14b"]
    assert rows[0].startswith(" ✓") and "17 of 17" in rows[0]
    assert rows[2].startswith("» ") and "0 of 17" in rows[2]


def test_what_it_rests_on_is_told_in_words_or_letters_and_a_guess_is_hollow() -> None:
    assert "benchmark 58%  rating 25%" in drawn(110)[1]
    assert drawn(76)[1].rstrip().endswith("R···B")
    guess = Ability(0.5, 8.0, 0.16, (Evidence("prior", 0.5, 8.0),))
    dots = abilities_text.of_task("coding", [replace(MODELS[0], abilities={"coding": guess})], Choices(), NAMES, "")
    row = text.plain(abilities_text.lines(dots, "", 76, Look())[1])
    assert "○" in row and "●" not in row and "~.50" in row and "±.16" in row and "·····" in row


def test_choices_are_ranked_anew_at_todays_preference() -> None:
    known = store()
    at_half = counted(known, 0.5)
    assert at_half.favourite("coding") == (BIG, 17) and at_half.favourite("translation") is None
    assert at_half.lost[SMALL, BIG, "coding"] == 17
    fast = counted(known, 0.0)
    assert fast.chosen[BIG, "coding"] < 17, "at speed alone the large model is not always first"
    assert fast.looked_at == at_half.looked_at


def test_the_count_is_kept_until_there_is_another_choice() -> None:
    known = store()
    rivals = Rivals(known)
    first = rivals.choices(100.0)
    assert rivals.choices(200.0) is first
    known.total += 1
    assert rivals.choices(101.0) is first, "two seconds are not over"
    assert rivals.choices(103.0) is not first


def test_a_choice_without_another_candidate_says_nothing() -> None:
    known = store()
    alone = decide("coding", 0.5, (known.rows[known.order[0]].exchange.decision.candidates[0],) * 2, "")  # type: ignore[union-attr]
    row = known.rows[known.order[0]]
    before = counted(known, 0.5).looked_at
    row.exchange = replace(row.exchange, decision=replace(alone, candidates=alone.candidates[:1]))
    assert counted(known, 0.5).looked_at == before - 1
    assert not evictions(known, BIG)


@pytest.mark.parametrize(
    ("size", "symbols"),
    [
        ((120, 36), "braille"),
        pytest.param((80, 24), "block", marks=pytest.mark.thorough),
        pytest.param((60, 16), "ascii", marks=pytest.mark.thorough),
    ],
)
async def test_the_key_opens_it_and_its_keys_and_clicks_turn_it(size: tuple[int, int], symbols: str) -> None:
    async with lived_in(size, symbols=symbols) as (app, pilot):
        await pilot.press("Q")
        await settled(app, pilot)
        dialog = app.screen
        assert isinstance(dialog, AbilitiesDialog)
        assert (dialog.about, dialog.chosen) == ("coding", BIG)
        await pilot.press("right", "2", "greater_than_sign", "left")
        assert dialog.about == "math"
        await pilot.click(dialog.tabs, offset=(1, 0))
        assert dialog.about == "coding"
        await pilot.press("tab")
        await settled(app, pilot)
        assert "Abilities of qwen3:32b" in screen_text(app) and "extraction" in screen_text(app)
        await pilot.press("right")
        assert dialog.chosen != BIG
        await pilot.press("escape")
        await until(app, pilot, lambda: not isinstance(app.screen, AbilitiesDialog))


async def test_it_begins_with_the_task_that_the_page_is_about() -> None:
    async with running(page="routes") as (app, pilot):
        await pilot.press("j", "j", "Q")
        await settled(app, pilot)
        assert isinstance(app.screen, AbilitiesDialog) and app.screen.about == "reasoning" in SHOWN_TASKS
