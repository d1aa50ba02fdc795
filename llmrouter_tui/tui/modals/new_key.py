"""A new key for a client: its name, what it may ask for, how much; then its text, this once."""

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Label

from llmrouter_tui.core.keys import NewKey
from llmrouter_tui.tui import keys_text, text
from llmrouter_tui.tui.modals.dialog import Dialog
from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.lines import LinesView, center

ROWS = 3
"""Lines kept for what is said."""
ABOUT = (
    "Only a name is needed. Models with commas, * for any part, none for all; a limit left empty is the one for all"
    " clients."
)
FIELDS: tuple[tuple[str, str, str], ...] = (
    ("name", "name", "for example: laptop"),
    ("models", "models", "for example: qwen*, phi4:14b"),
    ("rpm", "requests a minute", ""),
    ("tpm", "tokens a minute", ""),
    ("concurrent", "requests at a time", ""),
)


class NewKeyDialog(Dialog[str]):
    """Returns the name of the key that was made; empty after esc. Shows the key until it is closed."""

    BINDINGS = [  # noqa: RUF012
        Binding("escape", "leave", "back", show=False, priority=True),
        Binding("enter", "make", "make", show=False, priority=True),
        Binding("down", "app.focus_next", "down", show=False),
        Binding("up", "app.focus_previous", "up", show=False),
        Binding("y", "copy", "copy", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.fields = {name: Input(placeholder=hint, compact=True, id=name) for name, _, hint in FIELDS}
        self.words = LinesView(self._draw, classes="words answer")
        self._made: NewKey | None = None
        self._asking = False
        self._refused = ""

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog tight"):
            for name, label, _ in FIELDS:
                with Horizontal(classes="field"):
                    yield Label(label, markup=False)
                    yield self.fields[name]
            yield self.words

    def on_mount(self) -> None:
        self.query_one(".dialog").border_title = "A new key"
        self.words.can_focus = False
        self.words.styles.height = ROWS + 2
        self.fields["name"].focus()

    def _draw(self, cells: int, rows: int) -> list[Line]:
        if self._made is not None:
            return self._told(self._made, cells)
        words, role = (self._refused, "bad") if self._refused else (ABOUT, "soft")
        said: list[Line] = [((part, role),) for part in text.wrap(text.tame(words), cells)[:ROWS]]
        keys: Line = (("⏎ ", "key"), ("make   ", "soft"), ("tab ", "key"), ("next   ", "soft"), ("esc ", "key"),
                      ("leave it", "soft"))  # fmt: skip
        return [*said, *[()] * (ROWS - len(said)), (), keys]

    def _told(self, made: NewKey, cells: int) -> list[Line]:
        """The key: shown now, and never again."""
        once = "Shown this once. From now on every client needs a key."
        keys: Line = (("y ", "key"), ("copy   ", "soft"), ("⏎ ", "key"), ("done", "soft"))
        key: list[Line] = [((made.key[at : at + cells], "strong"),) for at in range(0, len(made.key), max(1, cells))]
        return [*key, *(((part, "warn"),) for part in text.wrap(once, cells)), (), keys]

    def on_input_changed(self, event: Input.Changed) -> None:
        self._refused = ""
        self.words.paint()

    def action_make(self) -> None:
        if self._made is not None:
            self.dismiss(self._made.name)
        elif not self._asking:
            self.fields["name"].call_later(self._make)  # behind letters that were typed before

    def _make(self) -> None:
        typed = {name: field.value for name, field in self.fields.items()}
        try:
            limits = {name: keys_text.count_of(typed[name], words) for name, words in keys_text.LIMITS}
        except ValueError as error:
            self._refuse(str(error))
            return
        self._asking = True
        self.run_worker(self._ask(typed["name"].strip(), keys_text.models_of(typed["models"]), limits), exclusive=True)

    def _refuse(self, why: str) -> None:
        self._refused = f"{why[0].upper()}{why[1:]}"
        self.words.paint()

    async def _ask(self, name: str, models: list[str], limits: dict[str, int | None]) -> None:
        app = center(self)
        try:
            self._made = await app.link.call(app.host.control.add_key(name, models=models, **limits))
        except Exception as error:  # whatever it was: it is said, and can be mended
            self._refuse(str(error) or type(error).__name__)
        else:
            self._show(self._made)
        finally:
            self._asking = False

    def _show(self, made: NewKey) -> None:
        self.query_one(".dialog").border_title = f"The key {made.name}"
        for row in self.query(".field"):
            row.display = False
        self.words.can_focus = True
        self.words.focus()
        self.words.paint()

    def action_copy(self) -> None:
        if self._made is not None:
            center(self).copy(self._made.key, "the key")

    def action_leave(self) -> None:
        self.dismiss(self._made.name if self._made is not None else "")
