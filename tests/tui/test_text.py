"""Cells and small figures."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from llmrouter_tui.tui import text

FOREIGN = [
    "plain",
    "日本語のテキスト",
    "naïve café",
    "emoji 🧾🚀 here",
    "한국어",
    "e\u0301 combining",
    "mixed 漢字 and ascii",
]


@pytest.mark.parametrize("sample", FOREIGN)
def test_width_agrees_with_what_the_terminal_library_counts(sample: str) -> None:
    assert text.width(text.tame(sample)) == cell_len(text.tame(sample))


@pytest.mark.parametrize("sample", FOREIGN)
@pytest.mark.parametrize("cells", range(1, 12))
def test_padding_gives_exactly_the_cells_asked_for(sample: str, cells: int) -> None:
    assert text.width(text.left(sample, cells)) == cells
    assert text.width(text.right(sample, cells)) == cells


def test_clipping_marks_that_something_was_cut() -> None:
    assert text.clip("qwen2.5-coder", 8) == "qwen2.5…"
    assert text.clip("qwen", 8) == "qwen"
    assert text.clip("漢字漢字", 5) == "漢字…"


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("a\x1b[31mred\x1b[0m b", "ared b"),
        ("\x1b]0;title\x07text", "text"),
        ("line one\nline two\r\n\tthree", "line one ⏎ line two ⏎ three"),
        ("bell\x07 and \x00 null", "bell· and · null"),
        ("right\u202eto left", "rightto left"),
        ("joined\u200dup\ufe0f", "joinedup"),
        ("\x1b", "·"),
    ],
)
def test_foreign_text_cannot_move_the_cursor(raw: str, shown: str) -> None:
    assert text.tame(raw) == shown


@given(st.text())
def test_tamed_text_holds_no_control_characters(raw: str) -> None:
    tamed = text.tame(raw)
    assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 for char in tamed)
    assert "\n" not in tamed


@pytest.mark.parametrize(
    ("value", "shown"), [(0.86, ".86"), (0, ".00"), (1, "1.00"), (-0.04, "-.04"), (0.115, ".12"), (0.005, ".01")]
)
def test_a_score_has_two_decimals_and_no_leading_zero(value: float, shown: str) -> None:
    assert text.fraction(value) == shown


def test_a_difference_always_carries_its_sign() -> None:
    assert [text.signed(value) for value in (0.11, -0.04, 0, -0.001)] == ["+.11", "-.04", "+.00", "+.00"]


@given(st.lists(st.floats(-0.3, 1, allow_nan=False), min_size=1, max_size=7))
def test_shown_terms_add_up_to_the_shown_sum_and_stay_within_a_hundredth(values: list[float]) -> None:
    shown, total = text.shares(values)
    parts = [round(float(part) * 100) for part in shown]
    assert sum(parts) == round(float(total) * 100)
    assert total == text.fraction(math.fsum(values))
    for part, value in zip(parts, values, strict=True):
        assert abs(part - value * 100) < 1.01


def test_terms_that_would_round_to_more_than_the_sum_are_rounded_fairly() -> None:
    assert text.shares((0.125, 0.125, 0.125, 0.125)) == ((".13", ".13", ".12", ".12"), ".50")
    assert text.shares((0.333, 0.333, 0.333)) == ((".34", ".33", ".33"), "1.00")


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.04, "0.0s"), (0.94, "0.9s"), (9.96, "10s"), (12, "12s"), (252, "4m12s"), (11_100, "3h05m"), (200_000, "2d")],
)
def test_durations_take_few_characters(value: float, shown: str) -> None:
    assert text.seconds(value) == shown


def test_bytes_are_binary_gigabytes() -> None:
    gib = 1024**3
    assert [text.size(n) for n in (int(14.1 * gib), 512 * 1024**2, 0, None)] == ["14.1G", "512M", "0.0G", "—"]


@given(st.text(alphabet="ab 漢\n", max_size=80), st.integers(2, 20))
def test_wrapped_lines_fit_and_lose_no_word(sample: str, cells: int) -> None:
    tamed = text.tame(sample)
    lines = text.wrap(tamed, cells)
    assert all(text.width(line) <= cells for line in lines)
    assert "".join(lines).replace(" ", "") == tamed.replace(" ", "")


def test_a_line_is_cut_at_a_cell_and_spread_over_its_width() -> None:
    line = (("abc", "good"), ("defgh", "dim"))
    assert text.plain(text.clip_line(line, 5)) == "abcd…"
    assert text.plain(text.clip_line(line, 3)) == "ab…"
    assert text.plain(text.spread((("left", ""),), (("right", ""),), 12)) == "left   right"
    assert text.plain(text.spread((("left", ""),), (("right", ""),), 8)) == "left"
