"""Abilities with their uncertainty: all models at a task, or one model at all tasks."""

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical

from llmrouter_tui.tui import abilities_text, roster
from llmrouter_tui.tui.modals.dialog import Dialog
from llmrouter_tui.tui.rivals import Rivals
from llmrouter_tui.tui.roster import SHOWN_TASKS
from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.lines import LinesView, PieceLine, center

SIDE, LEAST = 4, 8
"""Cells of the dialog's border and of the margin of the line of tasks; rows that it has at least."""


class AbilitiesDialog(Dialog[None]):
    """``task`` and ``model`` are those that it begins with. Made anew of the models as they change."""

    BINDINGS = [  # noqa: RUF012
        Binding("escape,q,Q", "leave", "close", show=False),
        Binding("left,h,less_than_sign", "turn(-1)", "before", show=False),
        Binding("right,t,greater_than_sign", "turn(1)", "next", show=False),
        Binding("tab,m,enter", "other_way", "one model", show=False),
        *(Binding(str(number), f"choose({number - 1})", "task", show=False) for number in range(1, 10)),
    ]

    def __init__(self, task: str = "", model: str = "") -> None:
        super().__init__()
        self.about = task if task in SHOWN_TASKS else SHOWN_TASKS[0]
        self.chosen = model
        self.of_model = False
        """Whether it is one model over its tasks."""
        self.tabs = PieceLine(id="turns")
        self.words = LinesView(self._draw)
        self._rivals: Rivals | None = None
        self._drawn: object = None

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog plots"):
            yield self.tabs
            yield self.words

    def on_mount(self) -> None:
        self._rivals = Rivals(center(self).store)
        self.set_interval(1.0, self._look)
        self.words.focus()
        self._paint()

    def on_resize(self) -> None:
        self.call_after_refresh(self._paint)

    def _look(self) -> None:
        store = center(self).store
        seen = tuple(map(id, store.models.values())), store.total, store.preference
        if seen != self._drawn:
            self._drawn = seen
            self.words.paint()

    def _paint(self) -> None:
        dialog, named = self.query_one(".dialog"), center(self).store.name(self.chosen)
        dialog.border_title = f"Abilities of {named}" if self.of_model else f"Abilities: {self.about}"
        way = "model, tab all models" if self.of_model else "task, tab one model"
        dialog.border_subtitle = f"{center(self).look.symbols.turn} {way}, esc closes"
        self.tabs.display = not self.of_model
        cells = max(20, dialog.size.width - SIDE)
        self.tabs.show(abilities_text.tabs(SHOWN_TASKS, self.about, cells))
        self.words.paint()
        rows = len(self.words.lines) + SIDE - self.of_model
        dialog.styles.height = max(LEAST, min(rows, self.app.size.height * 92 // 100))

    def _models(self) -> list[str]:
        models = center(self).store.models.values()
        return sorted(model.id for model in models if model.abilities and not roster.embeds_only(model))

    def _draw(self, cells: int, rows: int) -> list[Line]:
        app = center(self)
        if self._rivals is None:
            return []
        store, choices = app.store, self._rivals.choices(app.clock())
        if self.of_model:
            model = store.models.get(self.chosen)
            dots = abilities_text.of_model(model, choices, self.about) if model else []
        else:
            names = {id_: store.name(id_) for id_ in store.models}
            dots = abilities_text.of_task(self.about, store.models.values(), choices, names, self.chosen)
        about = "  TASK" if self.of_model else "  MODEL"
        legend = abilities_text.legend(store.preference, choices.looked_at, cells, app.look)
        return [*abilities_text.lines(dots, about, cells, app.look), (), *legend]

    def on_piece_line_picked(self, event: PieceLine.Picked) -> None:
        event.stop()
        self.action_choose(SHOWN_TASKS.index(event.target))

    def action_choose(self, number: int) -> None:
        self.about = SHOWN_TASKS[number]
        self._paint()

    def action_turn(self, step: int) -> None:
        """The next task, or the next model."""
        if not self.of_model:
            self.action_choose((SHOWN_TASKS.index(self.about) + step) % len(SHOWN_TASKS))
            return
        known = self._models()
        if known:
            self.chosen = known[(known.index(self.chosen) + step) % len(known)] if self.chosen in known else known[0]
        self._paint()

    def action_other_way(self) -> None:
        """From all models at one task to one model at all tasks, and back."""
        known = self._models()
        if self.chosen not in known:
            self.chosen = known[0] if known else ""
        self.of_model = not self.of_model
        self.words.scroll_to(y=0, animate=False)
        self._paint()
