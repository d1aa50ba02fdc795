"""What a border says when there is little room: figures stay, lesser words go."""

import pytest

from llmrouter_tui.tui.heads import FACT, NAME, WORDS, Part, fitted, parts

POOL = (Part("GPU0", NAME), Part("RTX PRO 6000", FACT), Part("62°C"), Part("311/450W", WORDS), Part("94%", NAME))
LEFT = (Part("3.7G left", NAME),)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (60, ("GPU0  RTX PRO 6000  62°C  311/450W  94%", "3.7G left")),
        (50, ("GPU0  RTX PRO 6000  62°C  94%", "3.7G left")),
        (40, ("GPU0  62°C  94%", "3.7G left")),
        (24, ("GPU0  94%", "3.7G left")),
    ],
)
def test_lesser_words_go_first_and_figures_last(cells: int, expected: tuple[str, str]) -> None:
    assert fitted(POOL, LEFT, cells) == expected


def test_of_equal_weights_the_last_goes_first_and_the_note_before_the_title() -> None:
    title = (Part("Routes", NAME), Part("live", WORDS))
    note = (Part("40 of 214"), Part("newest first", WORDS))
    assert fitted(title, note, 40) == ("Routes  live", "40 of 214 · newest first")
    assert fitted(title, note, 30) == ("Routes  live", "40 of 214")
    assert fitted(title, note, 20) == ("Routes", "40 of 214")


def test_the_name_is_cut_only_when_nothing_else_is_left() -> None:
    assert fitted((Part("What would fit?", NAME),), (Part("⏎ load", WORDS),), 10) == ("What woul…", "")


def test_plain_words_are_one_part_and_empty_parts_go() -> None:
    assert parts("Log", NAME) == (Part("Log", NAME),)
    assert parts((Part(""), Part("6 lines")), WORDS) == (Part("6 lines"),)
