"""What Models tells beside the models themselves: votes won, age of measurements, plots, choices and evictions."""

from dataclasses import replace

import pytest

from llmrouter_tui.core.domain import ResidencyEvent
from llmrouter_tui.core.leaderboard import leaderboard
from llmrouter_tui.core.trends import DAY, HOUR, Trends
from llmrouter_tui.tui import beside, model_course, models_text, text
from llmrouter_tui.tui.beside import NOTHING, Beside
from llmrouter_tui.tui.model_course import Course
from llmrouter_tui.tui.models_text import Shown
from llmrouter_tui.tui.panels import throughput_lines
from llmrouter_tui.tui.rivals import counted
from llmrouter_tui.tui.roster import SORTS, Roster
from llmrouter_tui.tui.state import Store
from llmrouter_tui.tui.symbols import ASCII, BLOCK, BRAILLE, Symbols
from llmrouter_tui.tui.text import Look
from tests.tui.benches import PROFILES
from tests.tui.scripted import BIG, MODELS, NOW, PHI, SMALL, SNAPSHOT
from tests.tui.test_leaderboard import VOTES
from tests.tui.test_trends import went

DEEP = "ollama/deepseek-r1:14b"
KNOWN = beside.beside({model.id: model for model in MODELS}, leaderboard(VOTES), PROFILES)
OF_BIG = next(model for model in MODELS if model.id == BIG)


def store() -> Store:
    made = Store()
    left = ResidencyEvent(NOW - 900, "unload", BIG, "gpu0", 0.4, "made room", evicted_for=PHI)
    made.reset(replace(SNAPSHOT, residency=(*SNAPSHOT.residency, left, left)))
    return made


def drawn(trends: Trends | None = None, cells: int = 60, symbols: Symbols = BRAILLE) -> list[str]:
    known = store()
    course = Course(counted(known, 0.5), trends, DAY)
    lines = model_course.lines(OF_BIG, Shown(known, Look(symbols), NOW), course, cells)
    assert all(text.line_width(line) <= cells + 2 for line in lines)
    return [text.plain(line) for line in lines]


def orders(roster: Roster) -> set[str]:
    """The columns that walking to the right comes by."""
    seen = set()
    for _ in SORTS:
        roster.shift_sort(1)
        seen.add(roster.sort.id)
    return seen


# ── columns ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_votes_won_and_the_age_of_measurements_have_a_column_each() -> None:
    assert beside.cell(KNOWN[BIG], "win", NOW, BRAILLE) == ("94%", "")
    assert beside.cell(KNOWN[SMALL], "age", NOW, BRAILLE) == ("21m", "soft")
    assert beside.cell(KNOWN[DEEP], "age", NOW, BRAILLE) == ("31d!", "warn")
    assert beside.cell(KNOWN[DEEP], "win", NOW, BRAILLE) == beside.cell(NOTHING, "age", NOW, BRAILLE) == ("—", "dim")


def test_a_tie_is_half_a_win_and_a_replica_has_the_votes_of_its_name() -> None:
    known = beside.beside({"other/phi4:14b": 0, PHI: 0}, leaderboard(VOTES), None)
    assert known["other/phi4:14b"] == known[PHI] == Beside(0.5 / 3, 3)


def test_columns_that_have_nothing_to_tell_are_left_out_of_the_list_and_of_its_order() -> None:
    heads = [column.id for column, _ in models_text.place_columns(190, 16)]
    assert not {"win", "age"} & set(heads)
    assert {"win", "age"} < {column.id for column, _ in models_text.place_columns(190, 16, empty=frozenset())}
    roster = Roster(store())
    assert not {"win", "age"} & orders(roster)
    roster.beside = KNOWN
    assert orders(roster) == {sort.id for sort in SORTS}


def test_the_list_is_ordered_and_filtered_by_votes() -> None:
    roster = Roster(store())
    roster.beside = KNOWN
    while roster.sort.id != "win":
        roster.shift_sort(1)
    assert roster.ids[:3] == [BIG, PHI, SMALL]
    roster.filter("win:>50")
    assert roster.ids == [BIG]
    roster.filter("you:>4 !win:>50")
    assert roster.ids == [PHI]


def test_a_wide_terminal_tells_how_sure_each_score_is() -> None:
    shown = Shown(store(), Look(), NOW)
    wide = text.plain(models_text.row(OF_BIG, models_text.place_columns(190, 16), shown))
    assert "█.88±.05" in wide and "±" not in text.plain(
        models_text.row(OF_BIG, models_text.place_columns(118, 16), shown)
    )


# ── how it went ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_it_says_what_it_is_chosen_for_whom_it_loses_to_and_who_made_it_leave() -> None:
    said = "\n".join(drawn(cells=100))
    assert "CHOSEN   coding 17 of 17, reasoning 1 of 1 (of the last 39)" in said
    assert "LOSES TO llama3.1:8b (chat 11), phi4:14b (math 9)" in said
    assert "EVICTED  2 times for phi4:14b" in said


def test_its_newest_requests_are_a_line_each_with_state_and_rating() -> None:
    known = store()
    newest = model_course.latest(OF_BIG, known, 2)
    lines = [text.plain(model_course.exchange_line(known.rows[id_], 60, Look())) for id_ in newest]
    assert [line.split("  ")[0] for line in lines] == ["8f21 21:04:09 coding", "8f1f 21:04:01 reasoning ✓ 640t"]
    assert " +  Three" in lines[1] and max(map(text.width, lines)) == 60


def test_a_model_that_is_never_first_says_so_and_one_that_is_no_candidate_says_nothing() -> None:
    known = store()
    choices = counted(known, 0.5)
    assert model_course.chosen(known.models["ollama/gemma3:4b"], choices) == "for none of the last 39"
    assert model_course.chosen(known.models["ollama/nomic-embed-text"], choices) == ""


@pytest.mark.parametrize("symbols", [BRAILLE, BLOCK, ASCII])
@pytest.mark.parametrize("cells", [46, 78, 110])
def test_its_speeds_are_drawn_with_their_span_and_the_night_is_a_gap(cells: int, symbols: Symbols) -> None:
    lines = drawn(went(DAY), cells, symbols)
    assert lines[0].startswith("TOK/S    max 38") and lines[1].strip().startswith("mean 38")
    assert lines[2].startswith("TTFT     max 0.9s")
    assert lines[4].split() == ["1d", "ago", "now"]
    blank = "⠀" if symbols is BRAILLE else " "
    assert blank * 2 in lines[1][20:].rstrip()


def test_without_curves_there_is_no_plot() -> None:
    assert not any("TOK/S" in line for line in drawn()) and not any(
        "TOK/S" in line for line in drawn(Trends(0.0, HOUR))
    )


# ── the charts of the Dash ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("symbols", [BRAILLE, BLOCK, ASCII])
def test_ten_minutes_take_the_whole_chart_and_have_their_times_below(symbols: Symbols) -> None:
    known, look = Store(), Look(symbols)
    known.reset(SNAPSHOT)
    for ago in range(0, 600, 5):
        known.rates.started(NOW - ago)
    lines = [text.plain(line) for line in throughput_lines(known, NOW, 140, 20, look, None)]
    requests = next(line for line in lines if line.startswith("req/min"))
    assert requests[17] not in " ⠀", "the oldest is at the left end, however wide the chart is"
    times = next(line for line in lines if line.endswith("now"))
    assert times.split() == [text.when(NOW - 600, look, full=False), text.when(NOW - 300, look, full=False), "now"]
    assert times.index(times.split()[0]) == 17
