"""Where a prompt is written: several lines, with earlier prompts behind the first and the last one."""

from textual.message import Message
from textual.widgets import TextArea

from llmrouter_tui.tui.widgets.lines import Framed, plain_bars


class Prompt(Framed, TextArea):
    """Letters typed are the prompt's; esc and keys with ctrl go on to the page."""

    class Recalled(Message):
        """An earlier prompt (-1) or a later one (1) is wanted."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    def __init__(self, said: str = "", *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(said, id=id, show_line_numbers=False, highlight_cursor_line=False)
        self.cursor_blink = False

    def action_cursor_up(self, select: bool = False) -> None:
        if not select and self.cursor_at_first_line:
            self.post_message(self.Recalled(-1))
        else:
            super().action_cursor_up(select)

    def action_cursor_down(self, select: bool = False) -> None:
        if not select and self.cursor_at_last_line:
            self.post_message(self.Recalled(1))
        else:
            super().action_cursor_down(select)

    def put(self, said: str) -> None:
        """Another text, with the cursor behind it."""
        self.load_text(said)
        self.move_cursor(self.document.end)

    def on_mount(self) -> None:
        plain_bars(self)

    def on_resize(self) -> None:
        self._draw_head()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._drawn = None
