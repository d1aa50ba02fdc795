"""A leaderboard in sentences, for the command line and the screen alike. Pure."""

from typing import Final

from llmrouter_tui.core.votes import Leaderboard, Standing, Vote, name_of

HOW_TO_VOTE: Final = (
    "Compare two or three models on the Ask page, their names hidden, and say whose answer is the best; or POST "
    "/admin/votes."
)
HOW_TO_READ: Final = (
    "PREF is the chance that its answer is preferred to one of the average model here; 95% is the range that holds it "
    "with 95 %. ELO says the same in points: 1,000 is the average, 400 more are ten wins for one loss. A tie is half a "
    "win. BAD are votes that found no answer good: they say nothing of who is better."
)


def headline(board: Leaderboard) -> str:
    """What it rests on, and whether somebody is ahead beyond chance."""
    about = f" on {board.task}" if board.task else ""
    if not board.votes:
        return f"You have not voted{about} yet."
    said = f"{_count(board.votes, 'vote')}{about} between {len(board.rows)} models"
    met = [row for row in board.rows if row.wins + row.ties + row.losses]
    if len(met) < 2:
        return f"{said}; none says who is better."
    first, *others = met
    nearest = max(others, key=lambda row: row.high)
    if first.low > nearest.high:
        return f"{said}: {first.model} is ahead of all others."
    if first.low > 0.5:
        return f"{said}: {first.model} is better than the average, but its range overlaps with {nearest.model}'s."
    return f"{said}: too few to tell who is better, the ranges overlap."


def span(row: Standing) -> str:
    """Where the strength lies: ``48-73``, in hundredths."""
    return f"{row.low * 100:.0f}-{row.high * 100:.0f}"


def record(row: Standing) -> str:
    """Wins, ties, losses: ``9-2-4``."""
    return f"{row.wins}-{row.ties}-{row.losses}"


def told(vote: Vote) -> str:
    """What a vote said: ``qwen3:32b better than llama3.1:8b``."""
    names = list(dict.fromkeys(map(name_of, vote.models)))
    if vote.verdict == "better":
        best = name_of(vote.winner)
        return f"{best} better than {' and '.join(name for name in names if name != best)}"
    return f"{' and '.join(names)} {'tied' if vote.verdict == 'tie' else 'all bad'}"


def _count(number: int, name: str) -> str:
    return f"{number:,} {name}{'' if number == 1 else 's'}"
