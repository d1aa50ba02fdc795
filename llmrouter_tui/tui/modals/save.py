"""Where to save what the list shows, or the screen: the form, the file, and whether what was said goes along."""

from dataclasses import dataclass
from pathlib import Path

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.widgets import Input

from llmrouter_tui.tui import sheets, text
from llmrouter_tui.tui.modals.dialog import Dialog
from llmrouter_tui.tui.sheets import Form, Sheet
from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.choice import Choice
from llmrouter_tui.tui.widgets.lines import LinesView, center

FORMS: tuple[tuple[Form, str, str], ...] = (("csv", "CSV", "c"), ("jsonl", "JSON lines", "j"), ("svg", "screen", "s"))
ROWS = 4


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to write, and where."""

    path: Path
    form: Form
    texts: bool


class SaveDialog(Dialog[Wanted]):
    """Returns what is wanted; None after esc. A file that is there already is refused."""

    BINDINGS = [  # noqa: RUF012
        Binding("c", "form('csv')", "CSV", show=False),
        Binding("j", "form('jsonl')", "JSON lines", show=False),
        Binding("s", "form('svg')", "screen", show=False),
        Binding("t", "texts", "texts", show=False),
        Binding("n", "name", "name", show=False),
        Binding("right,down", "app.focus_next", "next", show=False),
        Binding("left,up", "app.focus_previous", "previous", show=False),
    ]

    def __init__(self, sheet: Sheet | None, page: str, form: Form = "csv") -> None:
        super().__init__()
        self._sheet, self._page = sheet, page
        self._form: Form = form if sheet else "svg"
        self._texts = False
        self._folder = Path.cwd()
        self._refused = ""
        self.choices = {name: Choice(name, label, key) for name, label, key in FORMS}
        self.field = Input(self._named(), compact=True, id="path")
        self.with_texts = Choice("texts", "", "t")
        self.go = Choice("save", "save", "⏎")
        self.words = LinesView(self._draw, classes="words match")

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            with Horizontal(classes="row"):
                for name, choice in self.choices.items():
                    if self._sheet or name == "svg":
                        yield choice
            yield self.field
            yield self.words
            with Horizontal(classes="row"):
                yield self.go
                if self._sheet and self._sheet.texts:
                    yield self.with_texts

    def on_mount(self) -> None:
        dialog = self.query_one(".dialog")
        dialog.border_title = "Save"
        dialog.border_subtitle = f"n the name   {center(self).look.symbols.enter} save   esc leave it"
        self.words.can_focus = False
        self.words.styles.height = ROWS
        self._paint()
        self.go.focus()

    def _named(self) -> str:
        name = self._sheet.name if self._sheet and self._form != "svg" else self._page
        return sheets.file_name(name, center(self).clock(), self._form)

    def _paint(self) -> None:
        for name, choice in self.choices.items():
            label = next(label for form, label, _ in FORMS if form == name)
            choice.call_it(f"({'x' if name == self._form else ' '}) {label}")
        self.with_texts.call_it(f"({'x' if self._texts else ' '}) with texts")
        self.words.paint()

    def _draw(self, cells: int, rows: int) -> list[Line]:
        if self._refused:
            return self._wrapped(self._refused, "bad", cells)
        said = "this screen as SVG" if self._form == "svg" else sheets.counted(self._sheet) if self._sheet else ""
        about = f"{said}, to {self._folder}"
        if self._form != "svg" and self._sheet and self._sheet.texts:
            silent = "what was said is left out" if not self._texts else "prompts and answers go along"
            about += f"; {silent}"
        return self._wrapped(f"{about}.", "soft", cells)

    def _wrapped(self, said: str, role: str, cells: int) -> list[Line]:
        lines: list[Line] = [((part, role),) for part in text.wrap(said, cells)]
        return lines[:ROWS]

    # ── keys ──

    def on_choice_pressed(self, event: Choice.Pressed) -> None:
        event.stop()
        if event.act == "save":
            self._save()
        elif event.act == "texts":
            self.action_texts()
        else:
            self.action_form(event.act)

    def action_form(self, form: str) -> None:
        if self._sheet is None:
            return
        mine = self.field.value != self._named()
        self._form = next(name for name, _, _ in FORMS if name == form)
        self.field.value = str(Path(self.field.value).with_suffix(f".{form}")) if mine else self._named()
        self._refused = ""
        self._paint()

    def action_texts(self) -> None:
        if self._sheet and self._sheet.texts:
            self._texts = not self._texts
            self._paint()

    def action_name(self) -> None:
        self.field.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        self._refused = ""
        self.words.paint()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self._save()

    def _save(self) -> None:
        path, self._refused = sheets.why_not_there(self.field.value, self._folder)
        if path is None:
            self.words.paint()
        else:
            self.dismiss(Wanted(path, self._form, self._texts))
