"""What may go along with a prompt: a system prompt, an image file."""

import asyncio

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Input

from llmrouter_tui.tui import ask_image, text
from llmrouter_tui.tui.ask_image import Image
from llmrouter_tui.tui.modals.dialog import Dialog
from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.lines import LinesView
from llmrouter_tui.tui.widgets.prompt import Prompt

KINDS = "A PNG, JPEG, GIF or WebP file. It is sent with the prompt, to a model that sees images."


class SystemDialog(Dialog[str]):
    """Returns the system prompt; None after esc, which changes nothing."""

    BINDINGS = [  # noqa: RUF012
        Binding("ctrl+j", "save", "use it", show=False, priority=True),
    ]

    def __init__(self, said: str) -> None:
        super().__init__()
        self.said = Prompt(said, id="system")
        self.words = LinesView(self._draw, classes="words")

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog wide"):
            yield self.said
            yield self.words

    def on_mount(self) -> None:
        self.query_one(".dialog").border_title = "System prompt"
        self.words.can_focus = False
        self.words.styles.height = 2
        self.said.focus()

    def _draw(self, cells: int, rows: int) -> list[Line]:
        about = "It goes before every prompt; empty for none."
        keys: Line = ((" ^j ", "key"), ("use it   ", "soft"), ("esc ", "key"), ("leave it as it was", "soft"))
        return [((f" {text.clip(about, cells - 1)}", "soft"),), keys]

    def action_save(self) -> None:
        self.said.call_later(self._save)  # behind letters that were typed before and are not taken in yet

    def _save(self) -> None:
        self.dismiss(self.said.text.strip())


class ImageDialog(Dialog[Image | str]):
    """Returns the image, an empty string where it is taken off; None after esc, which changes nothing."""

    BINDINGS = [  # noqa: RUF012
        Binding("enter", "read", "attach", show=False, priority=True),
    ]

    def __init__(self, most: float, attached: Image | None) -> None:
        """``most``: MiB."""
        super().__init__()
        self._most, self._attached = most, attached
        self._said = (KINDS, "soft")
        self._reading = False
        self.path = Input(placeholder="path of the file", compact=True, id="path")
        self.words = LinesView(self._draw, classes="words match")

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield self.path
            yield self.words

    def on_mount(self) -> None:
        self.query_one(".dialog").border_title = "Attach an image"
        self.words.can_focus = False
        self.words.styles.height = 5
        self.path.focus()

    def _draw(self, cells: int, rows: int) -> list[Line]:
        said, role = self._said
        told: list[Line] = [((part, role),) for part in text.wrap(text.tame(said), cells)[:3]]
        off = "attach" if not self._attached else "attach; empty takes it off"
        keys: Line = (("⏎ ", "key"), (f"{off}   ", "soft"), ("esc ", "key"), ("leave it", "soft"))
        return [*told, *[()] * (4 - len(told)), keys]

    def on_paste(self) -> None:
        """What is dropped on the terminal comes as a paste, which the line takes in."""
        self.path.focus()

    def action_read(self) -> None:
        self.path.call_later(self._begin)

    def _begin(self) -> None:
        if not self.path.value.strip():
            self.dismiss("" if self._attached else None)
        elif not self._reading:
            self._reading = True
            self.run_worker(self._read(self.path.value), exit_on_error=False)

    async def _read(self, typed: str) -> None:
        try:
            image = await asyncio.to_thread(ask_image.load, typed, self._most)
        except ValueError as error:
            self._said = str(error)[0].upper() + str(error)[1:] + ".", "bad"
            self.words.paint()
        else:
            self.dismiss(image)
        finally:
            self._reading = False
