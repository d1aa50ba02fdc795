"""Widgets that show prepared lines: the base of every live panel. Only lines that changed are painted again."""

from collections.abc import Callable, Sequence
from itertools import zip_longest
from math import ceil
from typing import Any, ClassVar, cast

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollBar, ScrollBarRender
from textual.strip import Strip
from textual.widget import Widget

from llmrouter_tui.tui import heads, text
from llmrouter_tui.tui.app_like import AppLike
from llmrouter_tui.tui.heads import Part, Parts
from llmrouter_tui.tui.symbols import ASCII, TO_ASCII
from llmrouter_tui.tui.text import Line, Span
from llmrouter_tui.tui.widgets.selecting import Selectable

FILLED = frozenset({"tab", "demo"})
"""Roles with a ground of their own, which a gap must not take on."""


def center(widget: Widget) -> AppLike:
    """The app, typed as far as pages and widgets may know it."""
    return cast(AppLike, widget.app)


def _merged(line: Line) -> list[Span]:
    """The line in fewer spans: gaps join the span before them. Every span costs at each painting."""
    out: list[Span] = []
    for shown, role in line:
        if out and (role == out[-1][1] or (not role and shown.isspace() and out[-1][1] not in FILLED)):
            out[-1] = (out[-1][0] + shown, out[-1][1])
        elif shown:
            out.append((shown, role))
    return out


class _Styles(dict[str, Style]):
    """The style of each role over a ground, worked out when first asked for."""

    def __init__(self, roles: dict[str, Style], base: Style, over: Style | None) -> None:
        self._mix = roles, base, over

    def __missing__(self, role: str) -> Style:
        roles, base, over = self._mix
        style = base + roles[role]
        style = self[role] = style + over if over else style
        return style


_known_styles: dict[tuple[int, Style, Style | None], tuple[dict[str, Style], _Styles]] = {}


def _styles_over(roles: dict[str, Style], base: Style, over: Style | None) -> _Styles:
    key = id(roles), base, over
    known = _known_styles.get(key)
    if known is None or known[0] is not roles:
        if len(_known_styles) > 64:
            _known_styles.clear()
        known = _known_styles[key] = roles, _Styles(roles, base, over)
    return known[1]


class Painter:
    """Mixin: turns lines into strips in the theme's styles. Expects to be a ``Widget``."""

    _base: Style | None = None

    def base_style(self) -> Style:
        """The widget's own style, computed once per change of style."""
        if self._base is None:
            self._base = cast(Widget, self).rich_style
        return self._base

    def strip(self, line: Line, cells: int, over: Style | None = None) -> Strip:
        """``line`` in exactly ``cells`` cells; ``over`` is laid over every role (a cursor)."""
        app, base = center(cast(Widget, self)), self.base_style()
        styles = _styles_over(app.roles, base, over)
        if app.look.symbols is ASCII:
            line = tuple((shown.translate(TO_ASCII), role) for shown, role in line)
        segments = [Segment(shown, styles[role]) for shown, role in _merged(line)]
        return Strip(segments).adjust_cell_length(cells, base + over if over else base)


class Framed:
    """Mixin: a title at the left of the top border and a note at its right. Expects to be a ``Widget``."""

    _head: tuple[tuple[Part, ...], tuple[Part, ...]] = ((), ())
    _drawn: object = None

    def head(self, title: str | Parts, note: str | Parts = "") -> None:
        """Set what the top border says; costs nothing when it says so already. Plain words are a name at the left
        and a hint at the right."""
        self._head = heads.parts(title, heads.NAME), heads.parts(note, heads.WORDS)
        self._draw_head()

    def _draw_head(self) -> None:
        widget = cast(Widget, self)
        cells = widget.outer_size.width
        parts, notes = self._head
        if widget.is_attached and widget.screen.maximized is widget:
            notes += self._alone()
        if not cells or (parts, notes, cells) == self._drawn:
            return
        self._drawn = (parts, notes, cells)
        boxed = bool(widget.styles.border_left[0])
        reserved = 6 if boxed else 2
        if center(widget).look.symbols is ASCII:
            parts, notes = heads.in_ascii(parts), heads.in_ascii(notes)
        title, note = heads.fitted(parts, notes, cells - reserved - (0 if boxed else 2))
        if not boxed:
            title, note = f" {title}", f"{note} " if note else ""
        if center(widget).look.symbols is ASCII:  # what joins the parts, too
            title, note = title.translate(TO_ASCII), note.translate(TO_ASCII)
        rule = center(widget).look.symbols.rule
        gap = cells - reserved - text.width(title) - text.width(note) - 2
        _retitle(
            widget,
            Content.assemble((title, "$title bold"), (f" {rule * max(0, gap)} ", "$rule"), (note, "$soft"))
            if note
            else Content.assemble((title, "$title bold"), "" if boxed else " "),
        )

    def _alone(self) -> tuple[Part, ...]:
        """What a pane that fills the screen says in place of the lines that it hides."""
        app = center(cast(Widget, self))
        demo = (Part("DEMO", heads.NAME),) if app.demo or app.store.service.demo else ()
        return Part("z back"), *demo


def _retitle(widget: Widget, said: Content) -> None:
    """Set what the top border says, and paint that line: Textual itself would paint the whole widget again."""
    if widget.border_title is None or not widget.is_mounted:
        widget.border_title = cast(Any, said)
        return
    widget._border_title = said
    left, top = widget.content_offset
    widget.refresh(Region(-left, -top, widget.outer_size.width, 1))


class PlainScrollBar(ScrollBarRender):
    """A scroll bar without fine ends, for terminals that know only ASCII."""

    VERTICAL_BARS: ClassVar[list[str]] = [" "] * 8
    HORIZONTAL_BARS: ClassVar[list[str]] = [" "] * 8


def plain_bars(view: ScrollView) -> None:
    """Give a view the scroll bar of its symbol set."""
    if center(view).look.symbols is ASCII:
        view.vertical_scrollbar.renderer = PlainScrollBar  # type: ignore[misc]


def set_rows(view: ScrollView, rows: int) -> None:
    """Tell a view how many lines it holds. Only when its scroll bar comes or goes is the screen laid out again:
    a layout repaints everything, and a live list grows ten times a second."""
    before, height = view.virtual_size.height, view.size.height
    if before == rows:
        return
    if (before > height) is not (rows > height):
        view.virtual_size = Size(0, rows)
        return
    view.set_reactive(ScrollView.virtual_size, Size(0, rows))
    if view.show_vertical_scrollbar:
        bar = view.vertical_scrollbar
        if view.scroll_y or _thumb(height, rows) != _thumb(height, before):
            bar.window_virtual_size = rows
        else:  # it would be painted as it is
            bar.set_reactive(ScrollBar.window_virtual_size, rows)
    view.scroll_y = view.validate_scroll_y(view.scroll_y)


def _thumb(height: int, rows: int) -> int:
    """Eighths of a cell that a scroll bar's thumb takes: what Textual draws of it."""
    return ceil(max(1.0, height * height / max(1, rows)) * 8)


class LinesView(Selectable, Painter, Framed, ScrollView):
    """A panel of lines that ``draw(cells, rows)`` gives; scrolls when there are more than fit. As many cells as it is
    padded with at the left stay free at the right, before the scroll bar where there is one.

    ``paint`` asks for the lines again; so does every change of size, so that a page never thinks of widths.
    """

    DEFAULT_CSS = "LinesView { overflow-x: hidden; }"
    BINDINGS = [  # noqa: RUF012
        Binding("j", "scroll_down", "down", show=False),
        Binding("k", "scroll_up", "up", show=False),
        Binding("ctrl+d", "page_down", "page down", show=False),
        Binding("ctrl+u", "page_up", "page up", show=False),
        Binding("g", "scroll_home", "first", show=False),
        Binding("G", "scroll_end", "last", show=False),
    ]

    def __init__(
        self,
        draw: Callable[[int, int], Sequence[Line]],
        *,
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._draw = draw
        self._lines: Sequence[Line] = ()
        self._cells = 0
        self._strips: dict[tuple[Line, int], Strip] = {}

    @property
    def lines(self) -> Sequence[Line]:
        return self._lines

    def paint(self) -> None:
        """Ask for the lines; only those that differ from before are painted."""
        cells, rows = self.scrollable_size
        if not cells:
            return
        self._cells = cells
        lines = self._draw(cells - self.styles.padding.left, rows)
        before, self._lines = self._lines, lines
        if len(lines) != len(before):
            set_rows(self, len(lines))
        top, height = self.scroll_offset.y, self.size.height
        both = enumerate(zip_longest(lines, before))
        visible = [
            Region(0, y - top, self.size.width, 1) for y, (now, was) in both if now != was and 0 <= y - top < height
        ]
        if visible:
            self.refresh(*visible)

    def line_at(self, y: int) -> Strip:
        cells = self.scrollable_size.width
        if cells != self._cells:  # a scrollbar came or went, which is no resize
            self._cells = cells
            self.call_later(self.paint)
        index = y + self.scroll_offset.y
        line = self._lines[index] if index < len(self._lines) else ()
        known = self._strips.get((line, cells))
        if known is None:
            if len(self._strips) > 200:
                self._strips.clear()
            known = self._strips[(line, cells)] = self.strip(line, cells)
        return known

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._base = None
        self._strips.clear()
        self._drawn = None

    def on_mount(self) -> None:
        plain_bars(self)

    def on_resize(self) -> None:
        self._draw_head()
        self.paint()


class PieceLine(Painter, Widget):
    """One line of clickable pieces: ``(text, role, target)``. A click sends ``Picked`` with the target."""

    ALLOW_SELECT = False

    class Picked(Message):
        """A piece was clicked."""

        def __init__(self, line: "PieceLine", target: str) -> None:
            super().__init__()
            self.line = line
            self.target = target

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._pieces: Sequence[tuple[str, str, str]] = ()
        self._tips: dict[str, str] = {}

    def show(self, pieces: Sequence[tuple[str, str, str]], tips: dict[str, str] | None = None) -> None:
        """Show these pieces; ``tips`` maps targets to what the tooltip says."""
        self._tips = tips or {}
        if list(pieces) != list(self._pieces):
            self._pieces = pieces
            self.refresh()

    def render_line(self, y: int) -> Strip:
        line = tuple((shown, role) for shown, role, _ in self._pieces) if y == 0 else ()
        return self.strip(line, self.size.width)

    def _target(self, x: int) -> str:
        for shown, _, target in self._pieces:
            x -= text.width(shown)
            if x < 0:
                return target
        return ""

    def on_click(self, event: events.Click) -> None:
        target = self._target(event.x)
        if target:
            self.post_message(self.Picked(self, target))

    def on_mouse_move(self, event: events.MouseMove) -> None:
        self.tooltip = self._tips.get(self._target(event.x)) or None

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._base = None
