"""Help for this page, made from the registry of acts."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical

from llmrouter_tui.tui import text
from llmrouter_tui.tui.actions import Action
from llmrouter_tui.tui.glossary import Entry
from llmrouter_tui.tui.modals.dialog import Dialog
from llmrouter_tui.tui.symbols import Symbols
from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.lines import LinesView, center

KEY = 12


def help_lines(acts: Sequence[Action], words: Sequence[Entry], symbols: Symbols, cells: int) -> list[Line]:
    """Acts by group, those of the place before those of every place; then what the words and the glyphs mean."""
    groups: dict[str, list[Action]] = {}
    for act in acts:
        if act.show:
            groups.setdefault(act.group, []).append(act)
    lines: list[Line] = []
    own_first = sorted(groups.items(), key=lambda group: not any(act.pages for act in group[1]))
    for group, members in own_first:
        lines.append(((group, "title"),))
        if group == "Pages":
            jumps = [act for act in members if act.show.isdigit()]
            lines += _entry(" ".join(act.show for act in jumps), ", ".join(act.label for act in jumps), cells)
            members = [act for act in members if act not in jumps]
        for act in members:
            lines += _entry(act.show, act.description, cells)
        lines.append(())
    lines.append((("In a list or panel", "title"),))
    lines += _entry("j k g G", "down, up, first, last; also arrows, home, end, ctrl+d, ctrl+u", cells)
    lines.append(())
    lines.append((("Words and figures", "title"),))
    for word, meaning in words:
        lines += _entry(word, meaning, cells)
    lines.append(())
    lines.append((("Glyphs", "title"),))
    for glyph, meaning in glyphs(symbols):
        lines += _entry(glyph, meaning, cells)
    return lines


def _entry(key: str, words: str, cells: int) -> list[Line]:
    """A key and what it does, on as many lines as that takes."""
    keys = (f"  {key}", *[""] * 9)
    return [
        ((text.left(k, KEY), "key"), (part, "")) for k, part in zip(keys, text.wrap(words, cells - KEY), strict=False)
    ]


def glyphs(symbols: Symbols) -> list[tuple[str, str]]:
    """What each glyph of the ledger means."""
    return [
        (f"{symbols.run} {symbols.ok} {symbols.fail}", "running, answered, failed (with the HTTP status)"),
        (f"{symbols.retry} {symbols.left}", "answered by another model after a failure; the client left"),
        (f"{symbols.close} {symbols.not_top}", "margin: a close call (< .05); not the top score (others were busy)"),
        ("L", "the model had to be loaded first"),
        (f"+ - {symbols.dot}", "you said good, bad, nothing; ? on its way, * with a note"),
        (f"{symbols.up} {symbols.off} {symbols.down}", "up or loaded, starting or not loaded, down"),
    ]


class HelpDialog(Dialog[None]):
    """The keys that work here, and what the words on the page mean."""

    BINDINGS = [Binding("escape,question_mark,f1,q", "leave", "close", show=False)]  # noqa: RUF012

    def __init__(self, title: str, acts: Sequence[Action], words: Sequence[Entry]) -> None:
        super().__init__()
        self._about = title
        self._words = LinesView(lambda cells, rows: help_lines(acts, words, center(self).look.symbols, cells))

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog tall"):
            yield self._words

    def on_mount(self) -> None:
        dialog = self.query_one(".dialog")
        dialog.border_title = self._about
        dialog.border_subtitle = "j k scroll, G glyphs, esc closes"
        self._words.focus()
