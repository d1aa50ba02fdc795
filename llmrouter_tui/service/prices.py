"""What models cost where their servers do not tell: the user's word, else what was fetched for their host."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from llmrouter_tui.core.domain import ModelInfo
from llmrouter_tui.engine.backend_record import BackendRecord
from llmrouter_tui.settings import BackendConfig

Fetched = Mapping[tuple[str, str], tuple[float, float]]
"""By host and the name that a model has there: dollars for a million tokens in, and out."""


class Prices:
    """Asked for each model whenever its backend lists it."""

    def __init__(self, backends: Sequence[BackendConfig]) -> None:
        self._named: Mapping[str, BackendConfig] = {}
        self._at: Mapping[str, BackendConfig] = {}
        self.fetched: Fetched = {}
        self.use(backends)

    def use(self, backends: Sequence[BackendConfig]) -> None:
        """What the user says of these holds from now on."""
        priced = [item for item in backends if _priced(item)]
        self._named = {item.name: item for item in priced}
        self._at = {_host(item.url): item for item in priced if item.url}

    def of(self, record: BackendRecord, info: ModelInfo) -> ModelInfo:
        """A model of a backend, with its price."""
        return self._told(self._named.get(record.backend.name), record.backend.url, info)

    def at(self, url: str, info: ModelInfo) -> ModelInfo:
        """The same of a server that is none of the backends."""
        return self._told(self._at.get(_host(url)), url, info)

    def _told(self, mine: BackendConfig | None, url: str, info: ModelInfo) -> ModelInfo:
        if mine is not None:
            return replace(info, price_in=mine.price_in or 0.0, price_out=mine.price_out or 0.0, priced_by="you")
        if not info.hosted or info.price_in is not None or info.price_out is not None:
            return info
        found = self.fetched.get((_host(url), info.name))
        return info if found is None else replace(info, price_in=found[0], price_out=found[1], priced_by=PUBLIC)


PUBLIC = "models.dev"


def _priced(item: BackendConfig) -> bool:
    return item.price_in is not None or item.price_out is not None


def _host(url: str) -> str:
    return (urlsplit(url if "://" in url else f"http://{url}").hostname or "").lower()
