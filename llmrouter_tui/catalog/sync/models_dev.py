"""models.dev: properties of models, and a few results as their makers report them (MIT).

Taken are results of benchmarks that mean one thing only; what depends on the program around the model (a harness, a
variant, a version) is left out, and so are figures that are someone else's to publish.
https://github.com/anomalyco/models.dev
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from llmrouter_tui.catalog.sync.http import Document, SourceError
from llmrouter_tui.catalog.sync.reading import BadRowError, Harvest, Reading, day, decoded, mapping, number, slug, text
from llmrouter_tui.catalog.sync.source import Request, Session
from llmrouter_tui.core.sync import FACT

LARGEST: Final = 24_000_000
LEAST: Final = 50
MOST: Final = 50_000
MOST_TOKENS: Final = 1e9

BENCHMARKS: Final[Mapping[str, str]] = {
    "swe_bench_verified": "swe_bench_verified",
    "swe_bench_pro": "swe_bench_pro",
    "gpqa_diamond": "gpqa",
}
_PARTICULAR: Final = ("harness", "variant", "version", "dataset")


class ModelsDev:
    name = "models.dev"

    def leads(self, session: Session) -> tuple[Request, ...]:
        return (Request(f"{session.endpoints.models_dev}/models.json", LARGEST),)

    async def read(self, session: Session, leads: Sequence[Document | None]) -> Harvest:
        document = leads[0] or await session.get(self.leads(session)[0])
        return read_models(document, session.today).checked(LEAST)


def read_models(document: Document, today: str) -> Harvest:
    """Properties and results of all models. Raises ``SourceError``."""
    body = decoded(document, "the list of models")
    if not isinstance(body, dict) or len(body) > MOST:
        raise SourceError("the list of models is no table of models by id")
    harvest = Harvest(rows=len(body))
    for key, cells in body.items():
        try:
            harvest.readings += _model(str(key), mapping(cells, "a model"), today)
        except BadRowError as bad:
            harvest.skip(f"{str(key)[:60]}: {bad}")
    return harvest


def _model(key: str, cells: dict[str, Any], today: str) -> list[Reading]:
    names = (*_weights(cells.get("weights")), (text({"id": key}, "id"), "openrouter"))
    text(cells, "name")
    found = dict(_facts(cells))
    readings = [Reading(names, FACT + name, value, today) for name, value in found.items()]
    seen: set[str] = set()
    for result in _list(cells.get("benchmarks"), "benchmarks"):
        named = _result(mapping(result, "a benchmark"), today)
        if named and named[0] not in seen:
            seen.add(named[0])
            readings.append(Reading(names, *named))
    return readings


def _weights(value: object) -> Iterator[tuple[str, str]]:
    """Repositories on Hugging Face: the surest names there are."""
    for item in _list(value, "weights"):
        url = mapping(item, "weights").get("url")
        parts = urlsplit(url) if isinstance(url, str) else None
        path = parts.path.strip("/").split("/") if parts and parts.hostname == "huggingface.co" else []
        if len(path) == 2 and all(part.isprintable() for part in path):
            yield "/".join(path), "vllm"


def _facts(cells: dict[str, Any]) -> Iterator[tuple[str, float]]:
    limit = mapping(cells.get("limit") or {}, "limit")
    for name in ("context", "output"):
        value = limit.get(name)
        if value is not None and (tokens := number(value, 0, MOST_TOKENS, name)):
            yield name, tokens
    inputs = _list(mapping(cells.get("modalities") or {}, "modalities").get("input"), "input")
    if inputs:
        yield "vision", float("image" in inputs)
    for name, column in (("tools", "tool_call"), ("thinking", "reasoning")):
        if isinstance(cells.get(column), bool):
            yield name, float(cells[column])


def _result(cells: dict[str, Any], today: str) -> tuple[str, float, str] | None:
    key = BENCHMARKS.get(slug(text(cells, "name")))
    if key is None or any(cells.get(name) for name in _PARTICULAR):
        return None
    as_of = day(cells["date"]) if len(str(cells.get("date") or "")) >= 10 else today
    return key, number(cells.get("score"), 0.0, 100.0, key), as_of


def _list(value: object, what: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise BadRowError(f"{what} is no list")
    return value
