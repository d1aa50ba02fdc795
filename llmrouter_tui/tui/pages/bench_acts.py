"""What Models and Profile share: measuring models, and stopping that."""

from collections.abc import Sequence
from dataclasses import replace

from llmrouter_tui.core.domain import ModelView
from llmrouter_tui.tui import format as fmt
from llmrouter_tui.tui import measure_text, text
from llmrouter_tui.tui.actions import Situation
from llmrouter_tui.tui.modals.ask import Answer, Ask
from llmrouter_tui.tui.pages.base import Page

LEAST = 40
"""Cells of the words above the choices, at least."""
NAME_CELLS = 28


class BenchActs(Page):
    """A page from which models are measured, several at once where they are marked. It says which are listed
    (``listed``), which has the cursor (``here``), and shows the marks (``paint_marks``)."""

    def __init__(self) -> None:
        super().__init__()
        self.marked: set[str] = set()

    def listed(self) -> Sequence[str]:
        """Ids of the models, in the order of the list."""
        return ()

    def here(self) -> str:
        """The id of the model under the cursor."""
        return ""

    def paint_marks(self) -> None:
        """Other models are marked."""

    def marked_models(self) -> tuple[str, ...]:
        return tuple(id_ for id_ in self.listed() if id_ in self.marked and id_ in self.center.store.models)

    def to_measure(self) -> Sequence[ModelView]:
        """The models that are marked, else the selected one."""
        models = self.center.store.models
        chosen = self.marked_models() or (self.here(),)
        return [models[id_] for id_ in chosen if id_ in models]

    def do_bench_mark(self) -> None:
        self.marked ^= {self.here()}
        self.paint_marks()

    def situation(self) -> Situation:
        found = super().situation()
        chosen, everybody = self.to_measure(), measure_text.usual(self.center.store.models.values())
        why = "" if self.center.store.profile.running or everybody or chosen else "there is no model to measure"
        return replace(found, reasons={**found.reasons, "bench": why})

    def do_bench(self) -> None:
        """Start or stop."""
        center = self.center
        if center.store.profile.running:
            call = center.host.control.cancel_profile()
            center.command(call, "Not stopped", lambda _: center.say("Measuring stops; what was found is kept."))
            return
        chosen = [model for model in self.to_measure() if not measure_text.why_not(model)]
        everybody = measure_text.usual(center.store.models.values())
        answers = [*self._of_chosen(chosen), *self._of_all(everybody), Answer("", "Leave it", "escape", "esc")]

        widest = max(text.width(answer.label) + len(answer.show or answer.key) for answer in answers)
        cells = min(max(LEAST, widest + 5), self.app.size.width * 9 // 10 - 4)

        def answered(answer: str | None) -> None:
            if answer:
                whom = [] if answer.startswith("all") else [model.id for model in chosen]
                self._measure(whom, quick=not answer.endswith("full"), again=answer.endswith("again"))

        self.app.push_screen(Ask("Measure", [*measure_text.about(cells), ()], answers), answered)

    def _of_chosen(self, chosen: Sequence[ModelView]) -> list[Answer]:
        if not chosen:
            return []
        name = fmt.short_model(self.center.store.name(chosen[0].id), NAME_CELLS)
        whom = name if len(chosen) == 1 else f"the {len(chosen)} marked models"
        return [
            Answer("quick", f"{whom}, quick: {self._expectation(chosen, quick=True)}", "s"),
            Answer("full", f"{whom}, in full: {self._expectation(chosen, quick=False)}", "f"),
            Answer("again", f"{whom}, quick, also what is fresh", "g"),
        ]

    def _of_all(self, everybody: Sequence[ModelView]) -> list[Answer]:
        if not everybody:
            return []
        whom = f"all {len(everybody)} models" if len(everybody) > 1 else "the one model"
        return [
            Answer("all quick", f"{whom}, quick: {self._expectation(everybody, quick=True)}", "a"),
            Answer("all full", f"{whom}, in full: {self._expectation(everybody, quick=False)}", "A"),
        ]

    def _expectation(self, models: Sequence[ModelView], *, quick: bool) -> str:
        unfit = measure_text.unfit(self.center.store.placements.values())
        return measure_text.expectation(models, quick=quick, unfit=unfit)

    def _measure(self, models: Sequence[str], *, quick: bool, again: bool) -> None:
        center = self.center

        def begun(_: None) -> None:
            if self.PAGE != "profile":
                center.say("Measuring begins; 5 shows it, b stops it.")

        center.command(center.host.control.profile(models, quick=quick, again=again), "Not measured", begun)
