"""What a reader of a source gets and gives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from llmrouter_tui.catalog.sync.endpoints import Endpoints
from llmrouter_tui.catalog.sync.http import Document, Fetcher
from llmrouter_tui.catalog.sync.reading import Harvest
from llmrouter_tui.core.sync import Validator


@dataclass(frozen=True, slots=True)
class Request:
    """A document to get, and how large (bytes) it may be."""

    url: str
    limit: int
    params: Mapping[str, str] | None = None
    headers: Mapping[str, str] | None = field(default=None, repr=False)
    """Secrets for this server only."""


class Say(Protocol):
    def __call__(self, *, of: int = 0, done: int = 0, rows: int = 0) -> None: ...


class Session:
    """One run of one source: where to ask, whom to tell, and today's date for figures that have none."""

    def __init__(self, endpoints: Endpoints, fetcher: Fetcher, *, today: str, key: str, say: Say) -> None:
        self.endpoints = endpoints
        self.today = today
        self.key = key
        """The user's key, for the source that needs one."""
        self.say = say
        self._fetcher = fetcher

    def address(self, request: Request) -> str:
        """As it is in the validator of its document."""
        return self._fetcher.address(request.url, request.params)

    async def get(self, request: Request) -> Document:
        """The document. Raises ``SourceError``."""
        document = await self.newer(request, None)
        if document is None:
            raise AssertionError("nobody asked for it under a condition")
        return document

    async def newer(self, request: Request, known: Validator | None) -> Document | None:
        """The document if it is another than the ``known`` one, else None. Raises ``SourceError``."""
        return await self._fetcher.get(
            request.url, request.params, limit=request.limit, headers=request.headers, known=known
        )


class Source(Protocol):
    """Reads one source whole."""

    name: str

    def leads(self, session: Session) -> Sequence[Request]:
        """The documents by which one sees whether anything changed. The first must exist; of the others some may."""
        ...

    async def read(self, session: Session, leads: Sequence[Document | None]) -> Harvest:
        """Everything, beginning with what was fetched already (None: such a document is missing). Raises
        ``SourceError``, also for a harvest that is not worth trusting."""
        ...
