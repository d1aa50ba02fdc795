"""``llmrouter-tui leaderboard``: over a database alone, as a person runs it."""

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from llmrouter_tui.cli import main
from llmrouter_tui.core.votes import Vote, vote_id
from llmrouter_tui.storage.repo import open_repo


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["leaderboard", *arguments])


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "router.db"

    async def fill() -> None:
        repo = await open_repo(path)
        for number in range(6):
            pair = f"x{number}", f"y{number}"
            task = "coding" if number else "chat"
            await repo.store_vote(Vote(vote_id(pair), 1.0, task, ("a/big", "b/small"), "better", pair, "a/big"))
        await repo.close()

    asyncio.run(fill())
    return path


def test_a_database_tells_who_is_preferred_without_a_router(database: Path) -> None:
    told = run("--db", str(database))
    assert (told.exit_code, told.stderr) == (0, "")
    first, _, head, big, small, *rest = told.stdout.splitlines()
    assert first.startswith("6 votes between 2 models")
    assert head.split() == ["MODEL", "PREF", "95%", "ELO", "VOTES", "WON-TIED-LOST", "BAD"]
    assert (big.split()[0], big.split()[4:]) == ("big", ["6", "6-0-0", "0"])
    assert (small.split()[0], small.split()[4:]) == ("small", ["6", "0-0-6", "0"])
    assert "Votes by task: chat 1, coding 5." in rest


def test_of_a_task_and_as_json_it_is_the_whole_board(database: Path) -> None:
    board = json.loads(run("--task", "chat", "--json", "--db", str(database)).stdout)
    assert (board["task"], board["votes"], board["tasks"]) == ("chat", 1, {"chat": 1, "coding": 5})
    assert [row["model"] for row in board["rows"]] == ["big", "small"]
    assert board["rows"][0]["low"] < 0.5 < board["rows"][0]["strength"]


def test_a_task_that_there_is_not_is_refused_and_no_vote_yet_is_no_error(tmp_path: Path) -> None:
    odd = run("--task", "cooking", "--db", str(tmp_path / "none.db"))
    assert (odd.exit_code, "'cooking' is none; it is one of" in odd.stderr) == (2, True)
    none = run("--task", "math", "--db", str(tmp_path / "none.db"))
    assert (none.exit_code, none.stdout.splitlines()[0]) == (0, "You have not voted on math yet.")
    assert "on the Ask page" in none.stdout
    assert list(tmp_path.iterdir()) == []
