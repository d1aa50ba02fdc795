"""The leaderboard as lines: who is preferred to whom, how sure that is, and the newest votes. Pure."""

from collections.abc import Sequence

from llmrouter_tui.core.leaderboard_words import HOW_TO_READ, HOW_TO_VOTE, headline, record, span, told
from llmrouter_tui.core.votes import Leaderboard, Standing, Vote
from llmrouter_tui.tui import format as fmt
from llmrouter_tui.tui import text
from llmrouter_tui.tui.prose import soft
from llmrouter_tui.tui.text import Line, Look

CHANCE, SPAN, ELO, VOTES, RECORD, BAD = 5, 8, 7, 7, 10, 5
LEAST_BAR, MOST_BAR = 7, 41
"""Cells of a bar; odd, so that the average has a cell of its own."""
ROOMY = 66
"""Cells from which points and votes have columns."""


def tasks(board: Leaderboard, chosen: str) -> Line:
    """``all 17  chat 5  coding 12``, the chosen one marked, also without colour."""
    counts = {"": sum(board.tasks.values()), **board.tasks}
    if chosen not in counts:
        counts[chosen] = 0
    parts = []
    for task, count in counts.items():
        here = task == chosen
        said = f"{task or 'all'} {text.count(count)}"
        parts.append(((f"[{said}]" if here else f" {said} ", "strong" if here else "soft"),))
    return text.join(parts, " ")


def lines(board: Leaderboard, votes: Sequence[Vote], cells: int, look: Look, now: float) -> list[Line]:
    """Tasks, a sentence, the table, the newest votes and how to read it."""
    dots = look.symbols.ellipsis
    out: list[Line] = [text.clip_line(tasks(board, board.task), cells, dots), ()]
    out += [((part, "strong"),) for part in text.wrap(text.tame(headline(board)), cells)]
    if not board.rows:
        return [*out, (), *soft(HOW_TO_VOTE, cells)]
    size, bar = _sizes(board, cells)
    out += [(), head(size, bar, cells, look)]
    out += [text.clip_line(row(one, size, bar, cells, look), cells, dots) for one in board.rows]
    out += [(), *_newest(votes, cells, look, now), *soft(HOW_TO_READ, cells)]
    return out


def _sizes(board: Leaderboard, cells: int) -> tuple[int, int]:
    """Cells of a name and of a bar."""
    fixed = CHANCE + SPAN + RECORD + BAD + (ELO + VOTES if cells >= ROOMY else 0) + 2
    longest = max(text.width(row.model) for row in board.rows) + 1
    size = max(8, min(longest, cells - fixed - LEAST_BAR, cells // 3))
    bar = max(0, min(MOST_BAR, cells - fixed - size))
    return size, bar - (bar + 1) % 2 if bar else 0


def head(size: int, bar: int, cells: int, look: Look) -> Line:
    """Titles of the table."""
    said = text.left("MODEL", size) + text.left(" ", bar + 1) + text.right("PREF", CHANCE) + text.right("95%", SPAN)
    if cells >= ROOMY:
        said += text.right("ELO", ELO) + text.right("VOTES", VOTES)
    return (
        (text.clip(said + text.right("W-T-L", RECORD) + text.right("BAD", BAD), cells, look.symbols.ellipsis), "head"),
    )


def row(one: Standing, size: int, bar: int, cells: int, look: Look) -> Line:
    """``qwen3:32b  ····│··━━━●━━·  78%  69-87  1,231  12  9-1-2``"""
    met = bool(one.wins + one.ties + one.losses)
    role = "good" if one.low > 0.5 else "bad" if one.high < 0.5 else ""
    line: Line = (
        (text.left(fmt.short_model(one.model, size - 1, look.symbols.ellipsis), size), "strong"),
        *(interval(one, bar, look) if met else ((" " * bar, ""),)),
        (" ", ""),
        (text.right(text.percent(one.strength) if met else look.symbols.none, CHANCE), role or "strong"),
        (text.right(span(one) if met else look.symbols.none, SPAN), "soft"),
    )
    if cells >= ROOMY:
        elo = text.count(one.elo) if met else look.symbols.none
        line = (*line, (text.right(elo, ELO), ""), (text.right(text.count(one.votes), VOTES), "soft"))
    return (
        *line,
        (text.right(record(one), RECORD), ""),
        (text.right(text.count(one.bad) if one.bad else "", BAD), "warn"),
    )


def interval(one: Standing, bar: int, look: Look) -> Line:
    """0 to 100 % from left to right: the range, the likeliest in it, and the average in the middle."""
    if bar < 1:
        return ()
    plain = look.symbols.name == "ascii"
    fill, point, middle, both = ("=", "o", "|", "+") if plain else ("━", "●", "│", "┿")
    cells = [look.symbols.free] * bar
    cells[bar // 2] = middle
    low, at, high = (min(bar - 1, int(value * bar)) for value in (one.low, one.strength, one.high))
    cells[low : high + 1] = [both if cell == middle else fill for cell in cells[low : high + 1]]
    cells[at] = point
    said = "".join(cells)
    role = "good" if one.low > 0.5 else "bad" if one.high < 0.5 else "strong"
    return ((said[:low], "free"), (said[low : high + 1], role), (said[high + 1 :], "free"))


def _newest(votes: Sequence[Vote], cells: int, look: Look, now: float) -> list[Line]:
    if not votes:
        return []
    title: Line = (("NEWEST VOTES", "head"), ("  0 takes the first of them back", "soft"))
    out: list[Line] = [text.clip_line(title, cells, look.symbols.ellipsis)]
    for vote in votes:
        when = text.right(f"{text.ago(now - vote.at)} ago", 8)
        line: Line = ((when, "dim"), (f"  {text.left(vote.task or look.symbols.none, 12)}", "soft"), (told(vote), ""))
        out.append(text.clip_line(line, cells, look.symbols.ellipsis))
    return [*out, ()]
