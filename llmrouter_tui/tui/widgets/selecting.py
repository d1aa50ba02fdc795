"""Text of the line widgets that is marked with the mouse. Textual finds what is under the mouse by marks in each drawn
piece, which would cost at every paint; here places are worked out from the layout, and only while something is marked.
"""

from typing import TYPE_CHECKING, Any, cast

from rich.style import Style
from textual.actions import SkipAction
from textual.errors import NoWidget
from textual.geometry import Offset
from textual.screen import Screen
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip
from textual.widget import Widget

from llmrouter_tui.tui.app_like import AppLike

MARKED = Style(reverse=True)
"""Laid over what is marked: seen in every theme, and without colour."""


class Selectable(ScrollView):
    """A line view, which draws a line of the screen by ``line_at``."""

    def line_at(self, y: int) -> Strip:
        """A line of the view, as it is drawn when nothing is marked."""
        return Strip.blank(self.size.width)

    def render_line(self, y: int) -> Strip:
        line, selection = self.line_at(y), self.text_selection
        return line if selection is None else self._marked(line, selection, y + self.scroll_offset.y)

    def place_at(self, x: int, y: int) -> Offset:
        """The cell of the content that is at this place of the screen."""
        region = self.content_region
        return Offset(max(0, min(region.width, x - region.x)), max(0, y - region.y + self.scroll_offset.y))

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """What is marked, as it is shown, without what pads its lines."""
        start = selection.start or Offset(0, 0)
        last = selection.end.y if selection.end else self.virtual_size.height - 1
        lines: list[str] = []
        for index in range(start.y, last + 1):
            span = selection.get_span(index)
            if span is not None:
                begin, end = span
                line = self.line_at(index - self.scroll_offset.y)
                lines.append(line.crop(begin, None if end < 0 else end).text.rstrip())
        return ("\n".join(lines), "\n") if lines else None

    def _marked(self, strip: Strip, selection: Selection, index: int) -> Strip:
        span = selection.get_span(index)
        if span is None:
            return strip
        begin, end = span[0], strip.cell_length if span[1] < 0 else min(span[1], strip.cell_length)
        if begin >= end:
            return strip
        middle = strip.crop(begin, end)
        over = Strip([segment._replace(style=(segment.style or Style.null()) + MARKED) for segment in middle])
        return Strip.join([strip.crop(0, begin), over, strip.crop(end)])

    def text_select_all(self) -> None:
        """A second click opens a row: it marks nothing."""


if TYPE_CHECKING:
    Base = Screen[Any]
else:
    Base = object


class Marking(Base):
    """Mixin of screens on which the text of line views can be marked and copied."""

    def get_widget_and_offset_at(self, x: int, y: int) -> tuple[Widget | None, Offset | None]:
        try:
            widget, _ = self.get_widget_at(x, y)
        except NoWidget:
            return None, None
        if isinstance(widget, Selectable):
            return widget, widget.place_at(x, y)
        return super().get_widget_and_offset_at(x, y)

    def action_copy_text(self) -> None:
        """Copy what is marked; where nothing is, the key means something else."""
        said = self.get_selected_text()
        if not said:
            raise SkipAction()
        cast(AppLike, self.app).copy(said, "what is marked")
