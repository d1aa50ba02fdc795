"""Which model of the public catalog is this one? A name typed in part, a list of what comes close, one choice."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from llmrouter_tui.core.domain import CatalogMatch
from llmrouter_tui.core.dossier import Listed
from llmrouter_tui.tui import public_text, text
from llmrouter_tui.tui.public_text import Choice
from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.lines import LinesView, center

ROWS = 10
"""Choices in view."""
ABOUT = "Public figures of the one that you choose count as this model's own, at once and from then on."


class MatchDialog(ModalScreen[str]):
    """Returns the entry as ``Control.match`` takes it; None after esc."""

    BINDINGS = [  # noqa: RUF012
        Binding("escape", "leave", "back", show=False),
        Binding("enter", "choose", "choose", show=False, priority=True),
        Binding("down", "walk(1)", "down", show=False, priority=True),
        Binding("up", "walk(-1)", "up", show=False, priority=True),
        Binding("pagedown", f"walk({ROWS})", "page down", show=False, priority=True),
        Binding("pageup", f"walk(-{ROWS})", "page up", show=False, priority=True),
    ]

    def __init__(self, name: str, model: str, match: CatalogMatch | None) -> None:
        """``name`` as the title tells it, ``model`` as its backend does."""
        super().__init__()
        self._called, self._model, self._match = name, model, match
        self._catalog: Sequence[Listed] | None = None
        self._refused = ""
        self._choices: list[Choice] = []
        self._at = 0
        self.typed = Input(placeholder="part of a name: qwen 8b", compact=True, id="typed")
        self.list = LinesView(self._draw, classes="words match")
        self.words = LinesView(self._draw_words, classes="words match")

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield self.typed
            yield self.list
            yield self.words

    def on_mount(self) -> None:
        self.query_one(".dialog").border_title = f"Which model is {text.clip(text.tame(self._called), 40)}?"
        self.list.can_focus = self.words.can_focus = False
        self.list.styles.height, self.words.styles.height = ROWS, 4
        self.typed.focus()
        self._list()
        self.run_worker(self._read(), exit_on_error=False)

    async def _read(self) -> None:
        app = center(self)
        try:
            self._catalog = await app.link.call(app.host.control.catalog())
        except Exception as error:  # whatever it was: it is said, and the two other answers can be given
            self._catalog, self._refused = (), str(error) or type(error).__name__
        self._list()

    def _list(self) -> None:
        self._choices = public_text.choices(self.typed.value, self._model, self._match, self._catalog or ())
        self._at = max(0, min(self._at, len(self._choices) - 1))
        self.list.paint()
        self.words.paint()

    def _draw(self, cells: int, rows: int) -> list[Line]:
        look = center(self).look
        first = max(0, min(self._at - ROWS // 2, len(self._choices) - ROWS))
        return [
            public_text.choice_line(
                one, marked=at == self._at, now=public_text.holds(one, self._match), cells=cells, look=look
            )
            for at, one in list(enumerate(self._choices))[first : first + ROWS]
        ]

    def _draw_words(self, cells: int, rows: int) -> list[Line]:
        said, role = ABOUT, "soft"
        if self._refused:
            said, role = f"The catalog was not read: {text.tame(self._refused)}", "bad"
        elif self._catalog is None:
            said, role = "reading the catalog", "run"
        told: list[Line] = [((part, role),) for part in text.wrap(said, cells)[:2]]
        keys: Line = (("⏎ ", "key"), ("choose   ", "soft"), ("up down ", "key"), ("mark   ", "soft"), ("esc ", "key"),
                      ("leave it as it is", "soft"))  # fmt: skip
        return [*told, *[()] * (3 - len(told)), keys]

    def on_input_changed(self, event: Input.Changed) -> None:
        self._at = 0
        self._list()

    def action_walk(self, step: int) -> None:
        self._at = max(0, min(len(self._choices) - 1, self._at + step))
        self.list.paint()

    def action_choose(self) -> None:
        self.typed.call_later(self._choose)  # behind letters that were typed before and are not taken in yet

    def _choose(self) -> None:
        self.dismiss(self._choices[self._at].entry)

    def action_leave(self) -> None:
        self.dismiss(None)
