"""Artificial Analysis, with the user's own key. Its terms forbid passing the data on: what comes from here stays in
the user's database. Figures are their own runs, so their keys are their own; an index of another version is another
key, because they change what is in it.

https://artificialanalysis.ai/data-api/docs
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from llmrouter_tui.catalog.sync.aa_slugs import SLUGS
from llmrouter_tui.catalog.sync.http import Document, SourceError
from llmrouter_tui.catalog.sync.reading import BadRowError, Harvest, Reading, decoded, mapping, number, slug, text
from llmrouter_tui.catalog.sync.source import Request, Session

LARGEST: Final = 8_000_000
LEAST: Final = 50
MAX_PAGES: Final = 25
INDEX: Final = "artificial_analysis_"


class ArtificialAnalysis:
    name = "artificial-analysis"

    def leads(self, session: Session) -> tuple[Request, ...]:
        return (_request(session, 1),)

    async def read(self, session: Session, leads: Sequence[Document | None]) -> Harvest:
        """All pages; the index must be of the same version on each."""
        harvest, version = Harvest(), ""
        for page in range(1, MAX_PAGES + 1):
            document = leads[0] if page == 1 else None
            body, pages, found = _page(document or await session.get(_request(session, page)), page)
            if version and found != version:
                raise SourceError(f"the index changed from {version} to {found} while it was read")
            version = found
            for row in body:
                _take(row, version, session.today, harvest)
            session.say(of=pages, done=page, rows=harvest.rows)
            if page >= pages:
                return harvest.checked(LEAST)
        raise SourceError(f"it has more than {MAX_PAGES} pages")


def _request(session: Session, page: int) -> Request:
    address = f"{session.endpoints.artificial_analysis}/language/models/free"
    return Request(address, LARGEST, {"page": str(page)}, {"x-api-key": session.key})


def _page(document: Document, wanted: int) -> tuple[list[Any], int, str]:
    body = decoded(document, f"page {wanted}")
    rows = body.get("data") if isinstance(body, dict) else None
    pagination = body.get("pagination") if isinstance(body, dict) else None
    pages = pagination.get("total_pages") if isinstance(pagination, dict) else None
    version = slug(str(body.get("intelligence_index_version") or "")) if isinstance(body, dict) else ""
    if not isinstance(rows, list) or type(pages) is not int or pages < 1 or not version:
        raise SourceError(f"page {wanted} came without its rows, the number of pages or the version of the index")
    if isinstance(pagination, dict) and pagination.get("page") not in (None, wanted):
        raise SourceError(f"page {wanted} was asked for and another one came")
    return rows, pages, version


def _take(row: Any, version: str, today: str, harvest: Harvest) -> None:
    harvest.rows += 1
    try:
        cells = mapping(row, "a model")
        name = text(cells, "slug")
        values = list(_values(mapping(cells.get("evaluations") or {}, "evaluations"), version, name))
    except BadRowError as bad:
        harvest.skip(bad)
        return
    model, mode = SLUGS.get(name, (None, ""))
    for key, value in values:
        harvest.readings.append(Reading(((name, "api"),), key, value, today, mode=mode, model=model))


def _values(evaluations: dict[str, Any], version: str, name: str) -> Iterator[tuple[str, float]]:
    """Indices go from 0 to 100 as they are; single benchmarks come as a share of 1."""
    for key, value in evaluations.items():
        if value is None:
            continue
        if key.startswith(INDEX):
            yield f"aa_{slug(key.removeprefix(INDEX))}_{version}", number(value, 0.0, 100.0, f"{key} of {name}")
        else:
            yield f"aa_{slug(key)}", 100 * number(value, 0.0, 1.0, f"{key} of {name}")
