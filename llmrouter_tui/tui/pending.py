"""What was asked of a model and is not confirmed yet: a mark until the router's event says that it happened. Pure."""

from collections.abc import Container, Iterable
from dataclasses import dataclass

from llmrouter_tui.core.domain import ModelView, ResidencyEvent

EXPIRES = 120.0
"""Seconds after which a mark goes, whatever happened: nothing on screen is pending for ever."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One thing asked: ``load``, ``unload``, ``pin``, ``unpin``, ``enable``, ``disable``; ``at`` is wall time."""

    what: str
    at: float

    def done(self, model: ModelView | None, events: Iterable[ResidencyEvent], queued: Container[str]) -> bool:
        """Whether the router has said what became of it; ``queued`` are the models that are loaded, or wait for it."""
        if model is None:
            return True
        if self.what == "load":
            failed = any(e.model == model.id and e.at >= self.at and e.kind.endswith("failed") for e in events)
            return failed or model.id in queued or model.residency in ("loading", "resident")
        if self.what == "unload":
            return model.residency in ("unloading", "absent")
        if self.what in ("pin", "unpin"):
            return model.pinned is (self.what == "pin")
        return model.enabled is (self.what == "enable")


class Pending:
    """Marks by model id. ``version`` differs whenever any of them does."""

    def __init__(self) -> None:
        self._asked: dict[str, Asked] = {}
        self.version = 0

    def ask(self, model_id: str, what: str, at: float) -> None:
        """Note that something was asked."""
        self._asked[model_id] = Asked(what, at)
        self.version += 1

    def drop(self, model_id: str) -> None:
        """It was refused."""
        if self._asked.pop(model_id, None):
            self.version += 1

    def what(self, model_id: str) -> str:
        """What was asked of a model and is not confirmed; empty if nothing."""
        asked = self._asked.get(model_id)
        return asked.what if asked else ""

    def settle(
        self,
        models: dict[str, ModelView],
        events: Iterable[ResidencyEvent],
        now: float,
        queued: Container[str] = (),
    ) -> None:
        """Take away the marks of what has happened."""
        told = list(events)
        for model_id, asked in list(self._asked.items()):
            if asked.done(models.get(model_id), told, queued) or now - asked.at > EXPIRES:
                self.drop(model_id)
