"""Adding a backend by its address: the router asks the server what it is, and refusals are told in words."""

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Input

from llmrouter_tui.core.domain import BackendView
from llmrouter_tui.tui import text
from llmrouter_tui.tui.modals.dialog import Dialog
from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.lines import LinesView, center

EXAMPLE = "http://127.0.0.1:11434"
WORDS = 52
"""Cells in which answers are told."""
ROWS = 4
"""Rows kept for them."""


class BackendDialog(Dialog[BackendView | None]):
    """Returns the backend that was added; None after esc. Stays open while the server is asked, and when it refused."""

    BINDINGS = [  # noqa: RUF012
        Binding("enter", "add", "add", show=False, priority=True),
        Binding("down", "app.focus_next", "down", show=False),
        Binding("up", "app.focus_previous", "up", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.address = Input(placeholder=EXAMPLE, compact=True, id="address")
        self.name_line = Input(placeholder="a name, if you like", compact=True, id="name")
        self.words = LinesView(self._draw, classes="words answer")
        self._asking = ""
        self._refused = ""

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield self.address
            yield self.name_line
            yield self.words

    def on_mount(self) -> None:
        dialog = self.query_one(".dialog")
        dialog.border_title = "Add a backend: its address"
        self.words.can_focus = False
        self.words.styles.height = ROWS + 2
        self.address.focus()

    def _draw(self, cells: int, rows: int) -> list[Line]:
        symbols = center(self).look.symbols
        if self._asking:
            said: list[Line] = [((f"{symbols.run} asking {text.clip(self._asking, cells - 12)} what it is", "run"),)]
        elif self._refused:
            parts = text.wrap(f"{symbols.fail} {text.tame(self._refused)}", cells)
            said = [((part, "bad"),) for part in parts[:ROWS]]
        else:
            said = [((part, "soft"),) for part in text.wrap(ABOUT, cells)]
        keys: Line = (("⏎ ", "key"), ("add   ", "soft"), ("tab ", "key"), ("name   ", "soft"), ("esc ", "key"),
                      ("leave it", "soft"))  # fmt: skip
        return [*said, *[()] * (ROWS - len(said)), (), keys]

    def on_input_changed(self, event: Input.Changed) -> None:
        self._refused = ""
        self.words.paint()

    def action_add(self) -> None:
        if not self._asking:
            self.address.call_later(self._add)  # behind letters that were typed before and are not taken in yet

    def _add(self) -> None:
        self._asking, self._refused = self.address.value.strip(), ""
        if not self._asking:
            self._refused = f"Write the address first, such as {EXAMPLE}."
            self.words.paint()
            return
        self.words.paint()
        self.run_worker(self._ask(self._asking, self.name_line.value.strip()), exit_on_error=False, exclusive=True)

    async def _ask(self, url: str, name: str) -> None:
        app = center(self)
        try:
            added = await app.link.call(app.host.control.add_backend("", url, name))
        except Exception as error:  # whatever it was: it is said, and the address can be mended
            self._refused = str(error) or type(error).__name__
        else:
            self.dismiss(added)
        finally:
            self._asking = ""
        self.words.paint()


ABOUT = (
    "Ollama, llama.cpp, LM Studio, vLLM, anything that speaks OpenAI's API, or https://api.anthropic.com. "
    "The server is asked which it is."
)
