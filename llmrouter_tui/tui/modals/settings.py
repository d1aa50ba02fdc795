"""Every setting: its value, where that comes from, what it means. The router checks, keeps and applies a change."""

from collections.abc import Hashable

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.widgets import Input

from llmrouter_tui.core.decision import Setting
from llmrouter_tui.tui import settings_text
from llmrouter_tui.tui.modals.backends import BackendsDialog
from llmrouter_tui.tui.modals.dialog import Dialog
from llmrouter_tui.tui.modals.keys import KeysDialog
from llmrouter_tui.tui.modals.rules import RulesDialog
from llmrouter_tui.tui.settings_text import form_of
from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.choice import Choice
from llmrouter_tui.tui.widgets.ledger import Ledger
from llmrouter_tui.tui.widgets.lines import LinesView, center

LOOK = 0.1
"""Seconds between two looks at what others changed."""


class SettingsDialog(Dialog[None]):
    """Stays open until esc; what is changed shows when the router says that it is."""

    BINDINGS = [  # noqa: RUF012
        Binding("escape", "back", "back", show=False, priority=True),
        Binding("q,f2", "leave", "close", show=False),
        Binding("slash", "filter", "filter", show=False),
        Binding("delete,backspace", "take_back", "take back", show=False),
        Binding("right,down", "app.focus_next", "next", show=False),
        Binding("left,up", "app.focus_previous", "previous", show=False),
    ]

    def __init__(self, wanted: str = "") -> None:
        """``wanted``: the setting to begin with."""
        super().__init__()
        self._asked: set[str] = set()
        """Keys of settings that are being changed."""
        self._refused: tuple[str, str] = ("", "")
        """The last refusal: a key and why."""
        self._editing = ""
        self._firsts: frozenset[str] = frozenset()
        self._seen: object = None
        """What was shown last."""
        self.filter = Input(placeholder="a word of its name, its value or its meaning", compact=True, id="wanted")
        self.list = Ledger(self._draw_row, self._version, settings_text.head, id="settings")
        self.list.cursor = wanted
        self.words = LinesView(self._draw, id="about-setting")
        self.field = Input(compact=True, id="value")
        self.choices = Horizontal(classes="row", id="values")

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog tall settings"):
            yield self.filter
            yield self.list
            yield self.field
            yield self.choices
            yield self.words

    def on_mount(self) -> None:
        self.query_one(".dialog").border_title = "Settings"
        self.words.can_focus = False
        self.filter.display = self.field.display = self.choices.display = False
        self.list.focus()
        self.set_interval(LOOK, self._look)
        self.on_resize()

    def on_resize(self) -> None:
        height = self.app.size.height
        self.words.styles.height = 5 if height < 20 else 6 if height < 30 else 8
        self._look()

    # ── showing ──

    @property
    def setting(self) -> Setting | None:
        """The selected one."""
        return center(self).store.settings.get(self.list.cursor)

    def _look(self) -> None:
        """Show what there is now, if that is news."""
        settings = center(self).store.settings
        now = tuple(settings.values()), self.filter.value, frozenset(self._asked), self._refused, self.app.size
        if now == self._seen:
            return
        self._seen = now
        keys = settings_text.found(settings, self.filter.value)
        self._firsts = settings_text.firsts(settings, keys)
        cursor = self.list.cursor if self.list.cursor in keys else keys[0] if keys else ""
        if keys != list(self.list.keys) or cursor != self.list.cursor:
            self.list.show(keys, cursor)
        self.list.touch(keys)
        self._paint()

    def _paint(self) -> None:
        self.words.head(self.list.cursor, "" if self._editing else self._hint())
        self.words.paint()
        acts = "⏎ change   del take back   / filter   esc close"
        if self._editing:
            acts = f"{'left right choose   ' if self.choices.display else ''}⏎ keep   esc leave it"
        self.query_one(".dialog").border_subtitle = acts

    def _hint(self) -> str:
        place = list(self.list.keys).index(self.list.cursor) + 1 if self.list.cursor in self.list.keys else 0
        return f"{place} of {len(self.list.keys)}"

    def _draw_row(self, key: str, cells: int) -> Line:
        app = center(self)
        first = key in self._firsts
        return settings_text.row(app.store.settings[key], cells, app.look, first=first, asked=key in self._asked)

    def _version(self, key: str) -> Hashable:
        one = center(self).store.settings.get(key)
        return repr(one), key in self._asked, key in self._firsts

    def _draw(self, cells: int, rows: int) -> list[Line]:
        app, (key, refused) = center(self), self._refused
        said = refused if key == self.list.cursor else ""
        return settings_text.about(self.setting, cells, refused=said, readonly=app.host.readonly)

    def on_ledger_moved(self, event: Ledger.Moved) -> None:
        self._close_edit()
        self._paint()

    # ── changing ──

    def on_ledger_opened(self, event: Ledger.Opened) -> None:
        setting, app = self.setting, center(self)
        if setting is None:
            return
        form = form_of(setting)
        if form.kind == "keys":
            self.app.push_screen(KeysDialog())
        elif form.kind == "backends":
            self.app.push_screen(BackendsDialog())
        elif app.host.readonly:
            self._refuse(setting.key, settings_text.READONLY)
        elif setting.held or form.fixed:
            self._refuse(setting.key, "")
        elif form.kind == "rules":
            self.app.push_screen(RulesDialog(app.store.rules))
        elif form.kind == "switch":
            self._send(setting.key, not (setting.kept if setting.waits else setting.value))
        elif form.kind == "choice":
            self._offer(setting)
        else:
            self._edit(setting)

    def _edit(self, setting: Setting) -> None:
        self._editing = setting.key
        self.field.value = settings_text.written(setting)
        self.field.placeholder = settings_text.must(setting)
        self.field.display = True
        self.field.focus()
        self.field.cursor_position = len(self.field.value)
        self._paint()

    def _offer(self, setting: Setting) -> None:
        """Put the choices side by side, that which holds first in turn for enter."""
        self._editing = setting.key
        self.choices.display = True
        self._paint()
        self.call_later(self._lay_out, setting)

    async def _lay_out(self, setting: Setting) -> None:
        choices = form_of(setting).choices
        await self.choices.remove_children()
        await self.choices.mount(*(Choice(name, name, "") for name in choices))
        now = settings_text.written(setting).lower()
        at = choices.index(now) if now in choices else 0
        list(self.choices.query(Choice))[at].focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        if event.input is self.filter:
            self._look()
        elif self._refused[1]:
            self._refuse("", "")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if event.input is self.filter:
            self.list.focus()
        elif (setting := center(self).store.settings.get(self._editing)) is not None:
            self._send(setting.key, settings_text.read(setting, event.value))

    def on_choice_pressed(self, event: Choice.Pressed) -> None:
        event.stop()
        setting = center(self).store.settings.get(self._editing)
        if setting is not None:
            self._send(setting.key, settings_text.read(setting, event.act))

    def action_take_back(self) -> None:
        setting, app = self.setting, center(self)
        if setting is None or self.focused is not self.list:
            return
        if app.host.readonly:
            self._refuse(setting.key, settings_text.READONLY)
        elif setting.origin != "set" or form_of(setting).fixed:
            self._refuse(setting.key, "There is nothing to take back: it was not set here.")
        else:
            self._send(setting.key, None)

    def _refuse(self, key: str, why: str) -> None:
        self._refused = key, why
        self._paint()

    def _send(self, key: str, value: object) -> None:
        if key not in self._asked:
            self._asked.add(key)
            self._refused = "", ""
            self._look()
            self.app.run_worker(self._ask(key, value), exit_on_error=False)  # esc does not take it back

    async def _ask(self, key: str, value: object) -> None:
        app = center(self)
        try:
            changed = await app.link.call(app.host.control.set_setting(key, value))
        except Exception as error:  # whatever it was: it is said beside the field, and can be mended
            said = str(error) or type(error).__name__
            if not self.is_attached:
                app.say(f"{key} not changed: {said}", bad=True)
            self._refused = key, f"{said[0].upper()}{said[1:]}"
        else:
            if self._editing == key and self.is_attached:
                self._close_edit()
            if changed.waits and self.is_attached:
                app.say(f"{key} is kept; it counts after a restart.")
        finally:
            self._asked.discard(key)
        if self.is_attached:
            self._look()

    # ── leaving ──

    def _close_edit(self) -> None:
        if self._editing:
            self._editing = ""
            self.field.display = self.choices.display = False
            self.list.focus()

    def action_filter(self) -> None:
        if not self._editing:
            self.filter.display = True
            self.filter.focus()

    def action_back(self) -> None:
        if self._editing:
            self._refused = "", ""
            self._close_edit()
            self._paint()
        elif self.filter.display:
            self.filter.display, self.filter.value = False, ""
            self.list.focus()
            self._look()
        else:
            self.dismiss(None)
