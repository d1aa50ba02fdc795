"""Which models are measured: those that the user names, or all that can be without paying."""

from collections.abc import Collection, Sequence

from llmrouter_tui.core.ability import is_embedding
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.filters import forbidden
from llmrouter_tui.core.resolving import named
from llmrouter_tui.core.spending import asks_money
from llmrouter_tui.engine.fleet import Fleet
from llmrouter_tui.engine.record import ModelRecord


def by_name(fleet: Fleet, names: Sequence[str]) -> list[ModelRecord]:
    """Each once. Raises ``RouterError`` where nobody is called so."""
    found: dict[str, ModelRecord] = {}
    for name in names:
        views = named(name, fleet.views())
        if not views:
            raise RouterError("model_not_found", f"there is no model {name!r} here", param="models")
        for view in views:
            found[view.id] = fleet.models[view.id]
        if withheld := next((view for view in views if view.withheld), None):
            raise forbidden(withheld.id, withheld.withheld)
    return list(found.values())


def usual(fleet: Fleet) -> list[ModelRecord]:
    """Every model that is enabled, answers in words and costs no money; those in memory first. Raises ``RouterError``
    where there is none."""
    found = [record for record in fleet.models.values() if _usual(record)]
    if not found:
        hint = "models that cost money are only measured by their names"
        raise RouterError("invalid_request", "there is no model here to measure", hint=hint, param="models")
    return sorted(found, key=lambda record: (not record.ready, record.id))


def new(fleet: Fleet, named: Collection[str]) -> list[str]:
    """The ids of those of ``usual`` that are not among these."""
    return sorted(record.id for record in fleet.models.values() if _usual(record) and record.id not in named)


def _usual(record: ModelRecord) -> bool:
    info, costs = record.info, asks_money(record.info)
    well = record.enabled and record.healthy and not record.withheld
    return well and not record.shares and not costs and not is_embedding(info)
