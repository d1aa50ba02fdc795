"""``llmrouter-tui review``: over a database alone, as a person runs it."""

import asyncio
import json
import time
from dataclasses import replace
from pathlib import Path

import pytest

from llmrouter_tui.cli.reviewing import lines
from llmrouter_tui.core.review import SPAN, Audit, Mark, review
from llmrouter_tui.storage.repo import open_repo
from tests.cli.test_cli import run
from tests.storage.facts import finished, up


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Seven answers of the last week, of which five are rated, and an older one."""
    path = tmp_path / "router.db"

    async def fill() -> None:
        repo, now = await open_repo(path), time.time()
        for number in range(8):
            at = now - (3600 * number if number < 7 else 20 * 86_400)
            repo.record(finished(number, at=at, model="a/small" if number > 3 else "a/big"))
        for number in range(4):
            await repo.rate(up(number, at=now, rating="down", score=-1.0))
        await repo.rate(up(7, at=now, model="a/small"))
        await repo.close()

    asyncio.run(fill())
    return path


def test_a_database_is_reviewed_without_a_router(database: Path) -> None:
    told = run("review", "--since", "7d", "--db", str(database))
    assert (told.returncode, told.stderr) == (0, "")
    first, second, _, head, row, *rest = told.stdout.splitlines()
    assert first == (
        "right 0 of 4 rated; for none of the 4 others a better-rated model was known; a/big is worse than expected at "
        "coding (7 answers in the last 7 days)"
    )
    assert second == "expected 90% good, seen 0% ± 68% (4 ratings)"
    assert head.split() == ["TASK", "MODEL", "ANSWERS", "RATED", "EXPECTED", "SEEN", "±", "WHAT"]
    assert row.split() == ["coding", "a/big", "4", "4", "0.90", "0.00", "0.68", "worse", "than", "expected"]
    assert "not rated: 3 answers of 1 model" in rest


def test_as_json_it_is_the_whole_review(database: Path) -> None:
    told = json.loads(run("review", "--json", "--db", str(database)).stdout)
    assert (told["span"], told["answered"], told["rated"], told["right"]) == (SPAN, 8, 5, 1)
    assert [(row["model"], row["verdict"]) for row in told["rows"]] == [
        ("a/big", "worse"), ("a/small", "too few to tell")
    ]  # fmt: skip


def test_nothing_rated_yet_is_no_error_and_says_how_to_rate(tmp_path: Path) -> None:
    path = tmp_path / "router.db"

    async def fill() -> None:
        repo = await open_repo(path)
        repo.record(finished(1, at=time.time()))
        await repo.close()

    asyncio.run(fill())
    told = run("review", "--db", str(path))
    assert told.returncode == 0
    assert told.stdout.splitlines()[0].startswith("Of 1 answer in the last 30 days none is rated")
    assert "u and d on the Routes page" in told.stdout


def test_no_database_yet_is_no_error_and_makes_none(tmp_path: Path) -> None:
    told = run("review", "--db", str(tmp_path / "router.db"))
    assert (told.returncode, told.stdout.count("\n")) == (0, 1)
    assert "Nothing was answered in the last 30 days" in told.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--since", "lately"), 2, "write 7d, 12h, 90m, 2w, or all"),
        (("--url", "http://127.0.0.1:9"), 1, "nothing listens there"),
        (("--db", __file__), 1, "is not a database"),
    ],
)
def test_a_mistake_is_told_in_a_sentence(arguments: tuple[str, ...], code: int, words: str) -> None:
    told = run("review", *arguments)
    assert (told.returncode, told.stdout) == (code, "")
    assert words in told.stderr
    assert "Traceback" not in told.stderr


def test_what_cannot_be_compared_has_no_expectation() -> None:
    found = review(Audit({}, (Mark("x1", "", "a/big", 1.0),)))
    [row] = [line for line in lines(found) if line.startswith("-")]
    assert row.split() == ["-", "a/big", "1", "1", "-", "1.00", "-", "not", "compared"]
    assert not [line for line in lines(replace(found, rows=())) if "EXPECTED" in line]
