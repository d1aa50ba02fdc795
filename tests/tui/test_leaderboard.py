"""The leaderboard: who is preferred to whom, with ranges as bars and in figures, per task; and a vote taken back."""

from datetime import UTC
from typing import Any

import pytest

from llmrouter_tui.core.leaderboard import leaderboard
from llmrouter_tui.core.votes import Verdict, Vote, Voted, vote_id
from llmrouter_tui.tui import leaderboard_text, text
from llmrouter_tui.tui.modals.leaderboard import LeaderboardDialog
from llmrouter_tui.tui.symbols import ASCII
from llmrouter_tui.tui.text import Look
from tests.tui.gradebooks import BIG, NOW, PHI, SMALL
from tests.tui.scripted import ScriptedHost
from tests.tui.shots import build, screen_text, settled
from tests.tui.test_flows import until

LOOK = Look(tz=UTC)


def vote(number: int, task: str, models: tuple[str, ...], winner: str = "", verdict: Verdict = "better") -> Vote:
    exchanges = tuple(f"v{number}{place}" for place in range(len(models)))
    return Vote(vote_id(exchanges), NOW - 600 * number, task, models, verdict, exchanges, winner)


VOTES = [
    *(vote(number, "coding", (BIG, SMALL), BIG) for number in range(1, 16)),
    vote(16, "coding", (BIG, PHI), BIG),
    vote(17, "coding", (SMALL, PHI), verdict="tie"),
    vote(18, "chat", (BIG, SMALL, PHI), SMALL),
    vote(19, "chat", (BIG, PHI), verdict="both_bad"),
]


def drawn(cells: int, task: str = "", look: Look = LOOK) -> list[str]:
    lines = leaderboard_text.lines(leaderboard(VOTES, task), VOTES[:3], cells, look, NOW)
    assert [line for line in lines if text.line_width(line) > cells] == []
    return [text.plain(line) for line in lines]


def test_it_says_who_is_ahead_and_how_sure_that_is() -> None:
    lines = drawn(100)
    assert lines[0] == "[all 19]  chat 2   coding 17 "
    assert "19 votes between 3 models: qwen3:32b is better than the average" in " ".join(lines)
    (row,) = (line for line in lines if line.startswith("qwen3:32b"))
    name, bar, chance, span, elo, votes, record, bad = row.split()
    assert (name, votes, record, bad) == ("qwen3:32b", "18", "16-0-1", "1")
    assert (
        int(span.split("-")[0]) <= int(chance.rstrip("%")) <= int(span.split("-")[1])
        and int(elo.replace(",", "")) > 1000
    )
    assert bar.index("━") > bar.index("│") and "●" in bar, "all of its range is above the average"
    chat = [line.split()[0] for line in drawn(100, "chat") if "-" in line and line.startswith(("llama", "qwen", "phi"))]
    assert chat[0] == "llama3.1:8b"
    assert any("10m ago  coding      qwen3:32b better than llama3.1:8b" in line for line in lines)


@pytest.mark.parametrize("cells", [36, 50, 74, 140])
def test_it_fits_into_any_width_and_needs_no_glyphs(cells: int) -> None:
    plain = "\n".join(drawn(cells, look=Look(ASCII, UTC)))
    assert plain.isascii()
    assert "[all 19]" in plain and "16-0-1" in plain
    assert ("=" in plain and "o" in plain) or cells < 40
    assert leaderboard_text.lines(leaderboard([]), (), cells, LOOK, NOW)


async def test_the_leaderboard_opens_by_its_key_turns_tasks_and_takes_a_vote_back() -> None:
    host = ScriptedHost()
    host.control.given = {one.id: one for one in VOTES}
    app = build(host)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        app.go("models")
        await settled(app, pilot)
        await pilot.press("W")
        await until(app, pilot, lambda: "[all 19]" in screen_text(app) and "NEWEST VOTES" in screen_text(app))
        await pilot.press("right")
        await until(app, pilot, lambda: "[chat 2]" in screen_text(app))
        await pilot.press("t")
        await until(app, pilot, lambda: "[coding 17]" in screen_text(app))
        await pilot.press("0")
        await until(app, pilot, lambda: "[coding 16]" in screen_text(app))
        commands: Any = host.control.calls
        assert ("take_back_vote", VOTES[0].id) in commands
        assert [note.message for note in app._notifications][-1] == "Vote taken back; no ability moved"
        host.control.given[VOTES[0].id] = VOTES[0]
        host.control.feed.push(Voted(VOTES[0]))
        await until(app, pilot, lambda: "[coding 17]" in screen_text(app))
        await pilot.press("escape")
        assert not isinstance(app.screen, LeaderboardDialog)


async def test_without_votes_it_says_how_to_vote_and_readonly_takes_none_back() -> None:
    host = ScriptedHost(readonly=True)
    app = build(host)
    async with app.run_test(size=(100, 30)) as pilot:
        await settled(app, pilot)
        app.screen.perform("leaderboard")  # type: ignore[attr-defined]
        await until(app, pilot, lambda: "You have not voted yet." in screen_text(app))
        assert "Compare two or three models on the Ask page" in " ".join(screen_text(app).split())
        await pilot.press("0", "right")
        assert "0 takes back" not in screen_text(app)
        assert not [call for call in host.control.calls if call[0] == "take_back_vote"]
