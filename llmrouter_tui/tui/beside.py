"""What is known of models beside what the router tells of each: votes that they won, and how old measurements are."""

from collections.abc import Mapping
from typing import NamedTuple

from llmrouter_tui.core.profile import Profiles
from llmrouter_tui.core.votes import Leaderboard, name_of
from llmrouter_tui.tui import text
from llmrouter_tui.tui.symbols import Symbols
from llmrouter_tui.tui.text import Span

COLUMNS = frozenset({"win", "age"})
"""Those of the list that stand on this, and are left out as long as they have nothing to tell of any model."""


class Beside(NamedTuple):
    """Of one model."""

    win: float | None = None
    """Share of the other answers in your votes that its own was preferred to, 0..1; a tie is half."""
    met: int = 0
    """Those answers."""
    measured: float | None = None
    """When it was measured last."""
    stale: bool = False
    """Whether some of that is to be measured anew."""


NOTHING = Beside()


def beside(models: Mapping[str, object], board: Leaderboard | None, profiles: Profiles | None) -> dict[str, Beside]:
    """By model id, for those of which anything is known. Votes are by name: replicas are one."""
    standings = {row.model: row for row in board.rows} if board else {}
    measured = {profile.model: profile for profile in profiles.models} if profiles else {}
    found = {}
    for id_ in models:
        row, profile = standings.get(name_of(id_)), measured.get(id_)
        met = row.wins + row.ties + row.losses if row else 0
        win = (row.wins + row.ties / 2) / met if row and met else None
        at = profile.at if profile and profile.at else None
        if win is not None or at is not None:
            found[id_] = Beside(win, met, at, bool(at and profile and profile.stale))
    return found


def empty_columns(known: Mapping[str, Beside]) -> frozenset[str]:
    """Columns that have nothing to tell of any model."""
    win = any(one.win is not None for one in known.values())
    age = any(one.measured is not None for one in known.values())
    return frozenset(column for column, told in (("win", win), ("age", age)) if not told)


def cell(one: Beside, column: str, now: float, symbols: Symbols) -> Span:
    """``71%`` of the votes won; ``3d`` since it was measured, ``31d!`` where that is stale."""
    if column == "win":
        return (symbols.none, "dim") if one.win is None else (text.percent(one.win), "")
    if one.measured is None:
        return symbols.none, "dim"
    return f"{text.ago(now - one.measured)}{'!' if one.stale else ''}", "warn" if one.stale else "soft"
