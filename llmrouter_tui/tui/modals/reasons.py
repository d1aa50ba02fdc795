"""After a thumb down: what was wrong? Everything is optional. Also the note on a rating."""

from collections.abc import Sequence

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from llmrouter_tui.core.decision import REASONS
from llmrouter_tui.tui.modals.dialog import Dialog
from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.lines import LinesView, Painter, center

Said = tuple[tuple[str, ...], str]


class Tick(Painter, Widget, can_focus=True):
    """One reason that can be ticked: ``2 (•) ignored instructions``."""

    DEFAULT_CSS = "Tick { height: 1; }"
    BINDINGS = [  # noqa: RUF012
        Binding("space", "flip", "tick", show=False),
        Binding("down", "app.focus_next", "down", show=False),
        Binding("up", "app.focus_previous", "up", show=False),
    ]

    def __init__(self, number: int, reason: str, *, on: bool = False) -> None:
        super().__init__()
        self.number, self.reason, self.on = number, reason, on

    def render_line(self, y: int) -> Strip:
        mark = center(self).look.symbols.up if self.on else " "
        ink = "tab" if self.has_focus else "strong" if self.on else ""
        line: Line = ((f"{self.number} ", "key"), (f"({mark}) ", "accent"), (self.reason, ink))
        return self.strip(line, self.size.width)

    def action_flip(self) -> None:
        self.on = not self.on
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        self.action_flip()

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()


class NoteLine(Input):
    """The note. It has the focus from the start, so that what is typed lands here in its order; while it is empty a
    digit chooses a reason instead."""

    class Digit(Message):
        """A digit was typed into the empty note; ``index`` counts from 0."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self, note: str, digits: int) -> None:
        super().__init__(note, placeholder="or a note, in words" if digits else "a note", compact=True)
        self.select_on_focus = False
        self._digits = [str(index + 1) for index in range(digits)]

    def on_key(self, event: events.Key) -> None:
        if not self.value and event.character in self._digits:
            event.stop()
            event.prevent_default()
            self.post_message(self.Digit(self._digits.index(event.character)))


class ReasonsDialog(Dialog[Said]):
    """Returns the reasons ticked and the note; after esc the note alone (the rating itself is kept). Without reasons to
    offer, esc changes nothing."""

    BINDINGS = [  # noqa: RUF012
        Binding("enter", "save", "save", show=False, priority=True),
        *[Binding(str(i + 1), f"tick({i})", reason, show=False) for i, reason in enumerate(REASONS)],
    ]

    def __init__(self, title: str, *, reasons: Sequence[str] | None = (), note: str = "") -> None:
        """``reasons`` are ticked at first; None offers only the note."""
        super().__init__()
        self._question = title
        self._ticks = [] if reasons is None else [Tick(i + 1, r, on=r in reasons) for i, r in enumerate(REASONS)]
        self._note = NoteLine(note, len(self._ticks))
        self._only_note = reasons is None
        self._hints = LinesView(self._keys, classes="words keys" if self._only_note else "words keys two")

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield from self._ticks
            yield self._note
            yield self._hints

    def _keys(self, cells: int, rows: int) -> list[Line]:
        leave = "leave it" if self._only_note else "save the note" if self._note.value else "save without reason"
        last: Line = (("⏎ ", "key"), ("save   ", "soft"), ("esc ", "key"), (leave, "soft"))
        if self._only_note:
            return [(), last]
        many = f"1-{len(self._ticks)} "
        return [(), ((many, "key"), ("tick   ", "soft"), ("letters ", "key"), ("write the note", "soft")), last]

    def on_mount(self) -> None:
        self.query_one(".dialog").border_title = self._question
        self._hints.can_focus = False
        self._note.focus()
        self._note.cursor_position = len(self._note.value)

    def on_key(self, event: events.Key) -> None:
        """Words typed beside the note, or before it was there, are meant for it."""
        character = event.character or ""
        if self.focused is not self._note and (character.isalpha() or (self._note.value and character.isprintable())):
            event.stop()
            self._note.insert_text_at_cursor(character)
            self._note.focus()

    def on_paste(self, event: events.Paste) -> None:
        """Text pasted beside the note."""
        self._note.focus()
        self._note.insert_text_at_cursor(" ".join(event.text.split()))

    def on_input_changed(self, event: Input.Changed) -> None:
        self._hints.paint()

    def on_note_line_digit(self, event: NoteLine.Digit) -> None:
        self.action_tick(event.index)

    def action_tick(self, index: int) -> None:
        if self._ticks:
            self._ticks[index].action_flip()

    # Both wait in the note's own queue, behind letters that were typed before and are not taken in yet.

    def action_save(self) -> None:
        self._note.call_later(self._leave, reasons=True)

    def action_leave(self) -> None:
        self._note.call_later(self._leave, reasons=False)

    def _leave(self, *, reasons: bool) -> None:
        if self._only_note and not reasons:
            self.dismiss(None)
            return
        ticked = tuple(tick.reason for tick in self._ticks if tick.on) if reasons else ()
        self.dismiss((ticked, self._note.value.strip()))
