"""ctrl+s: what the list shows as CSV or JSON lines, or the screen as SVG, to a new file that is named first."""

import csv
import json
from pathlib import Path

import pytest

from llmrouter_tui.core.events import LogLine
from llmrouter_tui.tui import sheets
from llmrouter_tui.tui.modals.save import SaveDialog
from llmrouter_tui.tui.sheets import Sheet
from tests.tui import scripted
from tests.tui.shots import screen_text, settled
from tests.tui.test_flows import until
from tests.tui.test_screens import running

pytestmark = pytest.mark.thorough
"""Its keys are pressed in ``test_every_act``; the rest takes many starts of the program."""

SHEET = Sheet("log", ("at", "said"), [(1.5, "=1+1"), (float("nan"), 'a "b",\nc')], frozenset({"said"}))


def test_a_table_is_read_back_as_it_was_and_runs_no_formula() -> None:
    rows = list(csv.reader(SHEET.written("csv", texts=True).splitlines(keepends=True)))
    assert rows == [["at", "said"], ["1.5", "'=1+1"], ["", 'a "b",\nc']]


def test_lines_of_json_have_values_as_they_are() -> None:
    lines = [json.loads(line) for line in SHEET.written("jsonl", texts=True).splitlines()]
    assert lines == [{"at": 1.5, "said": "=1+1"}, {"at": None, "said": 'a "b",\nc'}]


def test_what_was_said_goes_along_only_when_asked_for() -> None:
    assert SHEET.written("jsonl", texts=False).splitlines()[0] == '{"at": 1.5}'
    sheet = sheets.of_records("routes", "exchanges", scripted.EXCHANGES)
    assert {"prompt", "answer"} <= sheet.texts
    silent = json.loads(sheet.written("jsonl", texts=False).splitlines()[0])
    assert silent["id"] == scripted.EXCHANGES[0].id
    assert sheet.texts.isdisjoint(silent)


def test_a_log_line_keeps_its_words() -> None:
    assert sheets.of_log([LogLine(2.0, "warn", "proxy", "slow")]).rows == [(2.0, "warn", "proxy", "slow")]


def test_a_file_that_is_there_is_never_written_over(tmp_path: Path) -> None:
    there = tmp_path / "a.csv"
    there.write_text("mine")
    assert sheets.why_not_there("a.csv", tmp_path) == (None, "a.csv is there already; another name keeps both.")
    with pytest.raises(FileExistsError):
        sheets.write_new(there, "other")
    assert there.read_text() == "mine"


@pytest.mark.parametrize(("typed", "said"), [("", "name of a file"), ("no/such/a.csv", "There is no folder")])
def test_a_place_that_will_not_do_says_why(typed: str, said: str, tmp_path: Path) -> None:
    path, why = sheets.why_not_there(typed, tmp_path)
    assert path is None
    assert said in why


async def test_the_rows_in_view_are_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with running(page="routes") as (app, pilot):
        await pilot.press("slash", *"task:math", "enter", "ctrl+s")
        assert isinstance(app.screen, SaveDialog)
        count = len(app.view.ids)
        assert f"{count} rows of routes, to" in screen_text(app)
        await pilot.press("j", "enter")
        await until(app, pilot, lambda: list(tmp_path.glob("*.jsonl")))
        saved = next(tmp_path.glob("*.jsonl")).read_text().splitlines()
        assert [json.loads(line)["id"] for line in saved] == app.view.ids
        assert "prompt" not in json.loads(saved[0])

        await pilot.press("ctrl+s", "j", "enter")  # the clock stands still: the same name again
        assert "is there already" in screen_text(app)
        await pilot.press("c", "t", "enter")
        await until(app, pilot, lambda: list(tmp_path.glob("*.csv")))
        head = next(tmp_path.glob("*.csv")).read_text().splitlines()[0]
        assert {"prompt", "answer"} <= set(head.split(","))


async def test_every_list_can_be_saved_and_every_screen_as_a_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with running() as (app, pilot):
        lists = {}
        for page in app.pages:
            app.go(page)
            await settled(app, pilot, turns=1)
            sheet = app.screen.sheet()  # type: ignore[attr-defined]
            lists[page] = sheet.name if sheet else ""
            if sheet:
                assert all(len(row) == len(sheet.heads) for row in sheet.rows)
        assert lists == {
            "dash": "routes", "routes": "routes", "models": "models", "vram": "", "profile": "profiles",
            "judge": "grades", "ask": "", "log": "log",
        }  # fmt: skip
        app.go("vram")
        await settled(app, pilot, turns=1)
        await pilot.press("ctrl+s", "enter")
        await until(app, pilot, lambda: list(tmp_path.glob("*.svg")))
        picture = next(tmp_path.glob("llmrouter-vram-*.svg")).read_text()
        assert "Save" not in picture
        assert "RTX" in picture
