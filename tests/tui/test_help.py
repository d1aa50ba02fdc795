"""Help: the keys of the place, and every word and figure on it with its meaning and unit."""

import pytest

from llmrouter_tui.tui import actions, bench_text, explain, grades_text, models_text, plan_text, results_text, text
from llmrouter_tui.tui import format as fmt
from llmrouter_tui.tui.glossary import WORDS
from llmrouter_tui.tui.modals.help import KEY, HelpDialog, help_lines
from llmrouter_tui.tui.symbols import BRAILLE
from tests.tui.shots import screen_text, settled
from tests.tui.test_screens import running

PLAIN = {"TIME", "ID", "CHOSE", "WHY", "PROMPT", "MODEL", "BACKEND", "WHERE", ""}
"""Columns that say themselves what they are."""
TASKS = set(models_text.HEADS.values())


def explained(place: str) -> set[str]:
    return {word for word, _ in WORDS[place]}


@pytest.mark.parametrize("place", ["dash", "routes"])
def test_every_column_of_the_list_is_explained(place: str) -> None:
    assert {column.head for column in fmt.COLUMNS} - PLAIN <= explained(place)


def test_every_term_of_a_score_is_explained() -> None:
    assert {title for title, _ in explain.TERMS} <= explained("routes")


def test_every_column_of_the_models_is_explained() -> None:
    assert {column.head for column in models_text.COLUMNS} - PLAIN - TASKS <= explained("models")
    told = " ".join(meaning for _, meaning in WORDS["models"])
    assert [head for head in TASKS if head not in told] == []


def test_every_column_of_what_would_fit_is_explained() -> None:
    assert set(text.plain(plan_text.head(80)).split()) - PLAIN <= explained("vram")


def test_every_column_of_what_was_measured_is_explained() -> None:
    heads = {column.head for column, _ in bench_text.place_columns(200, 10, list(bench_text.NEED_HEADS))} - PLAIN
    told = " ".join(" ".join(entry) for entry in WORDS["profile"])
    assert [head for head in heads if head not in told] == []
    assert set(text.plain(results_text.head(120)).split()) - PLAIN <= explained("profile")


def test_every_column_of_the_grades_is_explained() -> None:
    assert set(text.plain(grades_text.head(120)).split()) - PLAIN <= explained("judge")


@pytest.mark.parametrize("place", actions.PLACES)
def test_no_word_is_explained_twice_in_a_place(place: str) -> None:
    words = [word for word, _ in WORDS[place]]
    assert len(words) == len(set(words))


@pytest.mark.parametrize("place", actions.PLACES)
def test_a_word_leaves_a_gap_before_its_meaning(place: str) -> None:
    assert [word for word, _ in WORDS[place] if text.width(word) > KEY - 3] == []


@pytest.mark.parametrize("place", actions.PLACES)
@pytest.mark.parametrize("cells", [50, 76])
def test_help_cuts_nothing(place: str, cells: int) -> None:
    lines = help_lines(actions.available(place, actions.PAGES), WORDS[place], BRAILLE, cells)
    assert [line for line in map(text.plain, lines) if text.width(line) > cells] == []
    whole = " ".join(" ".join(text.plain(line).split()) for line in lines)
    assert all(" ".join(meaning.split()[:3]) in whole for _, meaning in WORDS[place])


async def test_help_scrolls_by_the_keys_of_lists() -> None:
    async with running((80, 24)) as (app, pilot):
        await pilot.press("question_mark")
        assert isinstance(app.screen, HelpDialog)
        await pilot.press("G")
        await settled(app, pilot)
        assert "up or loaded, starting or not loaded, down" in screen_text(app)
        await pilot.press("g", "j", "j")
        await settled(app, pilot)
        assert app.screen.query_one("LinesView").scroll_offset.y == 2
