"""What is pinned belongs into memory: as its server comes up, and when it went by itself."""

from collections.abc import Sequence

from llmrouter_tui.engine.backend_record import BackendRecord
from llmrouter_tui.engine.fleet import Fleet
from llmrouter_tui.engine.residency import Residency
from llmrouter_tui.engine.status import Status
from llmrouter_tui.engine.tasks import Tasks


class Pinning:
    """Loads it, if this router is the one that is reached: another one may hold that memory."""

    def __init__(self, fleet: Fleet, residency: Residency, status: Status, tasks: Tasks) -> None:
        self._fleet = fleet
        self._residency = residency
        self._status = status
        self._tasks = tasks

    def keep(self) -> None:
        """All of it, from now on."""
        self._tasks.spawn(self._residency.keep_pinned(), "keep what is pinned")

    def came_up(self, backend: BackendRecord) -> None:
        """What is pinned there."""
        name = backend.backend.name
        if self._serving:
            self._tasks.spawn(self._residency.keep_pinned(name), f"keep what is pinned on {name}")

    async def bring_back(self) -> None:
        """What went by itself."""
        if self._serving:
            await self._residency.bring_back()

    def check(self, wanted: Sequence[str]) -> None:
        """Tell where what is pinned by name is nowhere, and where all that is pinned does not fit together."""
        models = self._fleet.models.values()
        hosted = {name for model in models for name in (model.id, model.info.name)}
        if away := [repr(name) for name in wanted if name not in hosted]:
            verb = "are" if len(away) > 1 else "is"
            words = f"pinned_model {', '.join(away)} {verb} not hosted by any backend that is up"
            self._status.report("pinned_model", words)
        pinned = [model for model in models if model.pinned]
        if refused := next((words for model in pinned if (words := self._residency.pin_refusal(model))), ""):
            self._status.report("pins", refused, "unpin one of them, or give them less context")

    @property
    def _serving(self) -> bool:
        return self._status.view().state == "serving"
