"""What fetching public figures is made of here."""

from llmrouter_tui import __version__
from llmrouter_tui.catalog.snapshot import shipped
from llmrouter_tui.catalog.sync.naming import Known
from llmrouter_tui.catalog.sync.run import Sync, Terms
from llmrouter_tui.core.matching import Names
from llmrouter_tui.core.ports.figures import FigureStore
from llmrouter_tui.settings import Settings


def make_sync(
    store: FigureStore, settings: Settings, *, names: Names | None = None, terms: Terms | None = None
) -> Sync:
    """A sync into ``store`` against the shipped catalog, with the user's key if there is one."""
    snapshot = shipped()
    return Sync(
        store,
        Known(snapshot.entries, names),
        stamp=f"{__version__} {snapshot.generated}",
        keys={"artificial-analysis": settings.artificial_analysis_key},
        terms=terms,
    )
