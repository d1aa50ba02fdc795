"""What is publicly known of models: where it is fetched, kept and asked for."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from llmrouter_tui.core.sync import SyncedFigure, SyncProgress, SyncRecord, SyncView

if TYPE_CHECKING:
    from llmrouter_tui.core.dossier import Dossier, Listed


class FigureStore(Protocol):
    """Where fetched public figures are kept, and what each run did; ``SqliteRepo`` is one. Raises ``RouterError``
    (``storage_unavailable``) when the file cannot be used now."""

    async def synced_figures(self) -> Sequence[SyncedFigure]:
        """All that is kept, by model, mode, key and source."""
        ...

    async def store_sync(self, record: SyncRecord, figures: Sequence[SyncedFigure] | None = None) -> None:
        """Keep what a run did and, with ``figures``, put them in the place of all figures of that source: both or
        neither, and on the disk on return."""
        ...

    async def sync_history(self, source: str | None = None, *, limit: int = 20) -> Sequence[SyncRecord]:
        """The newest runs, newest first: of one source, or ``limit`` of each."""
        ...


class Catalog(Protocol):
    """What is publicly known of models. Blocking: its first answer takes a tenth of a second."""

    def listed(self) -> "Sequence[Listed]":
        """All entries, by id."""
        ...

    def dossiers(self, entries: Sequence[str]) -> "Sequence[Dossier]":
        """These entries with their figures; those that there are not are left out."""
        ...


class Syncing(Protocol):
    """Fetches public figures."""

    async def run(
        self, sources: Sequence[str] = (), *, report: Callable[[SyncProgress], None] = lambda progress: None
    ) -> Sequence[SyncRecord]:
        """Ask these sources one after another, all that can be asked where none is named. What goes wrong with one
        is in its record, in words, and harms no other; nothing of it is stored then. Cancellable at any time."""
        ...


class FigureControl(Protocol):
    """What can be asked about what is publicly known of models; a part of ``Control``."""

    async def sync(self, sources: Sequence[str] = ()) -> None:
        """Start fetching public figures from these sources, from all that can be asked where none is named. Refused
        while another run is under way."""
        ...

    async def cancel_sync(self) -> None:
        """Stop the run under way, if there is one; the source in turn stays as it was."""
        ...

    async def sync_view(self) -> SyncView: ...
    async def catalog(self) -> "Sequence[Listed]":
        """The entries of the public catalog, by id."""
        ...

    async def known(self, entries: Sequence[str]) -> "Sequence[Dossier]":
        """What is publicly known of these entries of the catalog, those that there are not left out; over HTTP without
        what may not be passed on."""
        ...

    async def match(self, model: str, entry: str) -> None:
        """Say which entry of the catalog a model is, by its id: none where that is empty, ``AUTOMATIC`` to go by its
        name again."""
        ...

    async def figures(self, models: Sequence[str]) -> Sequence[SyncedFigure]:
        """What was fetched of these models, by their ids in the catalog; over HTTP without what may not be passed
        on."""
        ...
