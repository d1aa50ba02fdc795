"""The sources of public figures as a running router needs them. Nothing that speaks HTTP is loaded before it is asked
to fetch something."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final
from urllib.parse import urlsplit

from llmrouter_tui.catalog.sync.endpoints import Endpoints
from llmrouter_tui.core.ports.figures import FigureStore, Syncing
from llmrouter_tui.core.sync import BY_KEY
from llmrouter_tui.engine.syncs import Boards
from llmrouter_tui.settings import Settings

NO_KEY: Final = "it needs a key, ROUTER_ARTIFICIAL_ANALYSIS_KEY"
DEMO: Final = "the demo asks nobody outside this machine"


def make_boards(store: FigureStore, settings: Settings, endpoints: Endpoints, *, demo: bool) -> Boards:
    """The sources at these addresses, with the user's key if there is one."""
    return Boards(
        hosts=hosts(endpoints),
        make=_maker(store, settings, endpoints),
        why_not={} if settings.artificial_analysis_key else dict.fromkeys(BY_KEY, NO_KEY),
        refused=DEMO if demo else "",
    )


def hosts(endpoints: Endpoints) -> Mapping[str, str]:
    """Whom a sync of each source contacts."""
    addresses = {
        "lmarena": endpoints.hugging_face,
        "openrouter": endpoints.openrouter,
        "livebench": endpoints.livebench,
        "models.dev": endpoints.models_dev,
        "artificial-analysis": endpoints.artificial_analysis,
    }
    return {source: urlsplit(address).netloc for source, address in addresses.items()}


def _maker(store: FigureStore, settings: Settings, endpoints: Endpoints) -> Callable[[], Awaitable[Syncing]]:
    def make() -> Syncing:
        from llmrouter_tui.catalog.snapshot import names
        from llmrouter_tui.catalog.sync.run import Terms
        from llmrouter_tui.service.sync import make_sync

        return make_sync(store, settings, names=names(), terms=Terms(endpoints=endpoints))

    async def made() -> Syncing:
        return await asyncio.to_thread(make)  # a library to load, and a catalog: a tenth of a second and more

    return made
