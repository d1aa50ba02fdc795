"""LMArena: ratings from people's votes, in its dataset on the Hugging Face datasets server (CC BY 4.0).

Only the boards with style control are read, which the shipped figures are from: ratings without it differ by some
thirty points in either direction. The server gives at most 100 rows a page and filters by category.
https://huggingface.co/docs/dataset-viewer/filter
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from llmrouter_tui.catalog.sync.http import Document, SourceError
from llmrouter_tui.catalog.sync.reading import BadRowError, Harvest, Reading, day, decoded, mapping, number, text
from llmrouter_tui.catalog.sync.source import Request, Session

DATASET: Final = "lmarena-ai/leaderboard-dataset"
PAGE: Final = 100
MAX_PAGES: Final = 20
LARGEST: Final = 4_000_000
LEAST: Final = 100
"""Models on the overall board; it had 402 in October 2026."""
LOW, HIGH = 300.0, 2500.0
"""Ratings; they went from 789 to 1533 so far."""

BOARDS: Final = (
    ("text_style_control", "overall", "arena_elo"),
    ("text_style_control", "coding", "arena_coding"),
    ("text_style_control", "math", "arena_math"),
    ("text_style_control", "creative_writing", "arena_creative"),
    ("text_style_control", "hard_prompts", "arena_hard_prompts"),
    ("text_style_control", "instruction_following", "arena_if"),
    ("text_style_control", "longer_query", "arena_longer_query"),
    ("text_style_control", "multi_turn", "arena_multi_turn"),
    ("text_style_control", "chinese", "arena_zh"),
    ("text_style_control", "french", "arena_fr"),
    ("text_style_control", "german", "arena_de"),
    ("text_style_control", "japanese", "arena_ja"),
    ("text_style_control", "korean", "arena_ko"),
    ("text_style_control", "russian", "arena_ru"),
    ("text_style_control", "spanish", "arena_es"),
    ("vision_style_control", "overall", "arena_vision"),
)
"""Configuration, category, key."""


@dataclass(frozen=True, slots=True)
class Page:
    rows: Sequence[Any]
    total: int


class LMArena:
    name = "lmarena"

    def leads(self, session: Session) -> tuple[Request, ...]:
        return (_request(session, BOARDS[0], 0),)

    async def read(self, session: Session, leads: Sequence[Document | None]) -> Harvest:
        harvest = Harvest()
        for place, board in enumerate(BOARDS):
            session.say(of=len(BOARDS), done=place, rows=harvest.rows)
            await self._board(session, board, leads[0] if place == 0 else None, harvest)
            if place == 0:
                harvest.checked(LEAST)
        return harvest.checked(LEAST)

    async def _board(
        self, session: Session, board: tuple[str, str, str], first: Document | None, harvest: Harvest
    ) -> None:
        """All pages of one board. Pages must agree on how many rows there are, and together have each once."""
        seen, total, what = 0, None, f"the board {board[0]}/{board[1]}"
        names: set[str] = set()
        for number_of_page in range(MAX_PAGES):
            document = first if number_of_page == 0 else None
            page = read_page(document or await session.get(_request(session, board, seen)), what)
            if total is not None and page.total != total:
                raise SourceError(f"{what} changed while it was read, from {total} to {page.total} rows")
            total, seen = page.total, seen + len(page.rows)
            for row in page.rows:
                name = _take(row, board[2], harvest)
                if name in names:
                    raise SourceError(f"{what} lists {name} twice, so it changed while it was read")
                names |= {name} if name else set()
            if seen >= total:
                return
            if not page.rows:
                break
        raise SourceError(f"{what} has {total} rows, and {seen} of them were given")


def read_page(document: Document, what: str) -> Page:
    """The rows of one page. Raises ``SourceError`` for what is none, and for a page of an index that holds only part
    of the dataset."""
    body = decoded(document, what)
    rows, total = (body.get("rows"), body.get("num_rows_total")) if isinstance(body, dict) else (None, None)
    if not isinstance(rows, list) or type(total) is not int or not 0 <= total <= PAGE * MAX_PAGES:
        raise SourceError(f"{what} came without its rows and their number")
    if body.get("partial"):
        raise SourceError(f"{what} is indexed only in part at the moment")
    return Page(rows, total)


def _take(row: Any, key: str, harvest: Harvest) -> str:
    """Add one row; the name in it, or empty for a bad row."""
    harvest.rows += 1
    try:
        outer = mapping(row, "a row")
        if outer.get("truncated_cells"):
            raise BadRowError("a cell is cut off")
        cells = mapping(outer.get("row"), "a row")
        name = text(cells, "model_name")
        rating = number(cells.get("rating"), LOW, HIGH, f"the rating of {name}")
        votes = cells.get("vote_count")
        weight = 0.0 if votes is None else number(votes, 0, 1e9, f"the votes of {name}")
        published = day(cells.get("leaderboard_publish_date"))
    except BadRowError as bad:
        harvest.skip(bad)
        return ""
    harvest.readings.append(Reading(((name, "api"),), key, rating, published, weight))
    return name


def _request(session: Session, board: tuple[str, str, str], offset: int) -> Request:
    config, category, _ = board
    params = {
        "dataset": DATASET,
        "config": config,
        "split": "latest",
        "where": f"\"category\"='{category}'",
        "offset": str(offset),
        "length": str(PAGE),
    }
    return Request(f"{session.endpoints.hugging_face}/filter", LARGEST, params)
