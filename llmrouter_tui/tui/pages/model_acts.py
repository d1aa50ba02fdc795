"""What Models and VRAM share: load, unload, pin, switch on and off the selected model, with marks until it happened."""

from collections.abc import Callable, Coroutine
from typing import Any

from llmrouter_tui.core.domain import ModelView
from llmrouter_tui.core.memory_words import RELEASED_BY_KEY, pinned_held
from llmrouter_tui.tui import held, models_text, plan_text
from llmrouter_tui.tui.actions import Situation
from llmrouter_tui.tui.modals.ask import Answer, Ask
from llmrouter_tui.tui.models_text import Shown
from llmrouter_tui.tui.pages.base import Page
from llmrouter_tui.tui.pending import Pending
from llmrouter_tui.tui.state import Dirty


class ModelActs(Page):
    """A page where a model is selected. It says which (``chosen``) and paints (``paint_models``)."""

    def __init__(self) -> None:
        super().__init__()
        self.pending = Pending()

    def chosen(self) -> ModelView | None:
        """The selected model."""
        return None

    def paint_models(self) -> None:
        """Something about models changed: the data, or a mark of what was asked."""

    def shown(self, model_id: str = "") -> Shown:
        """What a model is drawn with."""
        center = self.center
        return Shown(center.store, center.look, center.clock(), self.pending.what(model_id))

    def situation(self) -> Situation:
        model, center = self.chosen(), self.center
        reasons = {}
        if model is not None:
            reasons = {
                "model.load": self._why_not_load(model),
                "model.unload": models_text.why_not_unload(model, center.store),
            }
        return Situation(
            page=self.PAGE, readonly=center.host.readonly, ready=center.serving, model=model, reasons=reasons
        )

    def _why_not_load(self, model: ModelView) -> str:
        placement = self.center.store.placements.get(model.id)
        return models_text.why_not_load(model, self.center.store) or plan_text.why_not_load(placement, self.shown())

    def absorb(self, dirty: Dirty, touched: set[str] | None = None) -> None:
        store = self.center.store
        queued = {load.model for load in store.vram.loads}
        self.pending.settle(store.models, store.residency, self.center.clock(), queued)
        super().absorb(dirty, touched)
        if dirty & Dirty.VRAM:
            self.paint_footer()

    # ── acts ──────────────────────────────────────────────────────────────────────────────────────────────────

    def do_model_load(self) -> None:
        model = self.chosen()
        if model is not None:
            self.send(model, "load", self.center.host.control.load(model.id), "did not load")

    def do_model_unload(self) -> None:
        model = self.chosen()
        if model is None:
            return
        weights = held.of(model, self.center.store.models.values())
        if not weights.model.busy:
            self._unload(model, force=False)
            return
        name, count = held.names(weights, self.center.store.name), weights.model.leases
        said = f"{name} is writing {count} answer{'s' if count > 1 else ''}."
        answers = (
            Answer("wait", "Unload when they are done", "w"),
            Answer("force", "Unload now, cut them off", "u"),
            Answer("", "Leave it loaded", "escape", "esc"),
        )

        def answered(answer: str | None) -> None:
            if answer:
                self._unload(model, force=answer == "force")

        self.app.push_screen(Ask("Unload?", [((said, "strong"),), ()], answers), answered)

    def _unload(self, model: ModelView, *, force: bool) -> None:
        self.send(model, "unload", self.center.host.control.unload(model.id, force=force), "not unloaded")

    def do_model_pin(self) -> None:
        model, center = self.chosen(), self.center
        if model is None:
            return
        what = "unpin" if model.pinned else "pin"
        waits = what == "pin" and center.store.vram.held and model.loadable and model.residency != "resident"

        def pinned(_: None) -> None:
            if waits:
                center.say(f"{pinned_held(center.store.name(model.id))}: {RELEASED_BY_KEY}.")

        call = center.host.control.pin(model.id, not model.pinned)
        self.send(model, what, call, f"{what} refused", pinned)

    def do_model_enable(self) -> None:
        model = self.chosen()
        if model is not None:
            what = "disable" if model.enabled else "enable"
            self.send(model, what, self.center.host.control.enable(model.id, not model.enabled), f"{what} refused")

    def send(
        self,
        model: ModelView,
        what: str,
        call: Coroutine[Any, Any, None],
        failed: str,
        then: Callable[[None], None] | None = None,
    ) -> None:
        """Ask for something; the model carries a mark until an event says that it happened."""
        self.pending.ask(model.id, what, self.center.clock())
        self.center.command(call, f"{self.center.store.name(model.id)}: {failed}", then, self._dropping(model.id))
        self.paint_models()

    def _dropping(self, model_id: str) -> Callable[[], None]:
        def drop() -> None:
            self.pending.drop(model_id)
            self.paint_models()

        return drop
