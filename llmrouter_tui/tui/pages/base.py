"""The base of every page: status line, tab line, body, filter, footer; acts and their reasons.

A page overrides ``body`` (its widgets), ``absorb`` (what changed in the store) and ``situation`` (what is selected),
and carries out acts in methods ``do_<act id>``.
"""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingsMap
from textual.containers import Container
from textual.screen import Screen
from textual.widgets import Input, Static

from llmrouter_tui.tui import actions, modals, status, text, work_text
from llmrouter_tui.tui import format as fmt
from llmrouter_tui.tui.actions import BY_ID, Situation
from llmrouter_tui.tui.app_like import AppLike
from llmrouter_tui.tui.pages.forgetting_acts import ForgettingActs
from llmrouter_tui.tui.pages.outside_acts import OutsideActs
from llmrouter_tui.tui.pages.saving_acts import SavingActs
from llmrouter_tui.tui.pages.setting_acts import SettingActs
from llmrouter_tui.tui.state import Dirty
from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.choice import Choice
from llmrouter_tui.tui.widgets.ledger import Ledger
from llmrouter_tui.tui.widgets.lines import PieceLine, center
from llmrouter_tui.tui.widgets.selecting import Marking

MIN_SIZE = (60, 16)


class Page(SettingActs, ForgettingActs, OutsideActs, SavingActs, Marking, Screen[None]):
    """One page. ``PAGE`` is its id in ``actions.PAGES``."""

    PAGE: ClassVar[str] = ""
    TAB: ClassVar[str] = ""
    """The tab that is lit: the page's own, unless it stands in for another page."""
    FILTERS: ClassVar[tuple[str, ...]] = ()
    """Examples of terms that the filter line suggests, the most useful first."""
    AUTO_FOCUS = ""

    def __init__(self) -> None:
        super().__init__()
        self._css_update_count = self.app._css_update_count  # is new: Textual need not parse all styles anew, twice
        self.status = PieceLine(id="status")
        self.tabs = PieceLine(id="tabs")
        self.foot = PieceLine(id="footer")
        self.debug = PieceLine(id="debug")
        self.filter_input = Input(id="filter", compact=True, select_on_focus=False)

    # ── to override ───────────────────────────────────────────────────────────────────────────────────────────

    def body(self) -> ComposeResult:
        """The page's own widgets."""
        yield from ()

    def absorb(self, dirty: Dirty, touched: set[str] | None = None) -> None:
        """The store changed: repaint what shows it. ``touched`` are the exchanges behind ``ROWS``, None means any."""
        self.paint_status()
        if dirty & (Dirty.ROUTES | Dirty.ROWS | Dirty.SERVICE | Dirty.MODELS | Dirty.SETTINGS):
            self.paint_footer()

    def situation(self) -> Situation:
        """What is selected and possible now."""
        return Situation(page=self.PAGE, readonly=self.center.host.readonly, ready=self.center.serving)

    def hidden_acts(self) -> frozenset[str]:
        """Acts that the footer leaves out now, because there is nothing that they could be meant for."""
        return frozenset({"open", "model.open", "filter"} if self.covered else {"back"})

    def footer_acts(self) -> list[actions.Action]:
        """The acts that the footer tells of now."""
        hidden = self.hidden_acts()
        return [action for action in actions.footer(self.acts()) if action.id not in hidden]

    @property
    def covered(self) -> bool:
        """Whether what was opened has taken the place of the list: in a narrow terminal."""
        return self.has_class("-detail") and not self.has_class("-wide")

    def waiting_text(self) -> list[Line]:
        """What a list says before the first answer of the router."""
        said = self.center.unanswered
        if not said:
            return [(), (("  Starting. The router will answer in a moment.", "soft"),)]
        parts = text.wrap(text.tame(said), max(20, self.app.size.width // 2 - 4))
        return [(), *(((f"  {part}", "bad"),) for part in parts), (("  Trying again.", "soft"),)]

    def close_top(self) -> bool:
        """Close what lies open on this page; whether there was anything."""
        if self.filter_input.display:
            self.set_filter("")
            self.show_filter(False)
            return True
        return False

    def set_filter(self, query: str) -> None:
        """The filter line says ``query`` now."""

    # ── lines that every page has ─────────────────────────────────────────────────────────────────────────────

    @property
    def center(self) -> AppLike:
        """The app, typed as far as pages may know it."""
        return center(self)

    def compose(self) -> ComposeResult:
        yield self.status
        yield self.tabs
        with Container(id="body"):
            yield from self.body()
        self.filter_input.display = False
        yield self.filter_input
        yield self.debug
        yield self.foot
        yield Static(id="too-small")

    def on_mount(self) -> None:
        keys = [
            Binding(action.keys, f"act('{action.id}')", action.label, show=False, id=action.id)
            for action in self.acts()
            if action.keys
        ]
        keys += [
            Binding(key, f"not_here('{action.id}')", action.label, show=False)
            for key, action in actions.elsewhere(self.acts(), self.center.keys.acts).items()
        ]
        self._bindings = BindingsMap.merge([self._bindings, BindingsMap(keys)])
        self.absorb(Dirty.ALL)

    def acts(self) -> list[actions.Action]:
        """The acts that exist on this page."""
        center = self.center
        return center.keys.available(
            self.PAGE, center.pages, readonly=center.host.readonly, replay=center.playback is not None
        )

    def on_screen_resume(self) -> None:
        self.absorb(Dirty.ALL)

    def on_resize(self) -> None:
        width, height = self.app.size
        self.query_one("#too-small", Static).update(
            f"This needs {MIN_SIZE[0]}x{MIN_SIZE[1]} characters; the terminal has {width}x{height}."
        )
        self.call_after_refresh(self._resized)

    def _resized(self) -> None:
        self.absorb(Dirty.ALL)
        if self.focused is None and self.is_current:
            self.leave_filter()

    def paint_status(self) -> None:
        """Write the status and tab lines; nothing is painted when they say the same."""
        app, cells = self.center, self.app.size.width
        line = status.status_line(
            app.store,
            app.clock(),
            cells,
            app.look,
            crashed=app.crashed,
            connected=app.connected,
            demo=app.demo,
            watching=app.watching,
            playing=None if app.playback is None else app.playback.playing(),
        )
        self.status.show([(shown, role, "") for shown, role in line])
        tabs = fmt.tabs(self.TAB or self.PAGE, app.pages, cells)
        room = cells - sum(text.width(said) for said, _, _ in tabs) - 2
        job, page = work_text.job(app.store, room, app.look)
        self.tabs.show([*tabs, (" " * (room + 1 - text.width(job)), "", ""), (job, "run", page)] if job else tabs)
        if self.debug.display is not app.debugging:
            self.debug.display = app.debugging
        if app.debugging:
            self.debug.show([(fmt.debug_text(app.link.figures, app.host.feed.dropped, app.frame_ms), "dim", "")])

    def paint_footer(self) -> None:
        """Write the footer: keys that cannot work now are greyed, and their tooltip says why."""
        situation = self.situation()
        shown = self.footer_acts()
        reasons = [actions.why_not(action, situation) for action in shown]
        tips = {action.id: reason or action.description for action, reason in zip(shown, reasons, strict=True)}
        self.foot.show(fmt.footer(shown, reasons, self.app.size.width, self.center.look), tips)

    # ── acts ──────────────────────────────────────────────────────────────────────────────────────────────────

    def action_act(self, act: str) -> None:
        """A key was pressed."""
        self.perform(act)

    def action_not_here(self, act: str) -> None:
        """A key was pressed that does something only in other places."""
        if self._too_small():
            return
        action = BY_ID[act]
        *others, last = [actions.PLACES[place] for place in action.pages if place in actions.PAGES]
        places = f"{', '.join(others)} and {last}" if others else last
        readonly = self.PAGE in action.pages
        why = "this is a recording" if self.center.playback is not None else "this screen is read-only"
        self.center.say(f"{action.label}: {why if readonly else f'works on {places}'}")

    def perform(self, act: str) -> None:
        """Do an act, or say why it cannot be done."""
        if act != "quit" and self._too_small():
            return  # what is selected cannot be seen
        action = BY_ID[act]
        reason = actions.why_not(action, self.situation())
        if reason:
            self.center.say(actions.refusal(action, reason))
            return
        if act.startswith("page.") and act[5:] in actions.PAGES:
            self.center.go(act[5:])
            return
        handler = getattr(self, action.method, None) or getattr(self.app, action.method)
        handler()

    def _too_small(self) -> bool:
        width, height = self.app.size
        return width < MIN_SIZE[0] or height < MIN_SIZE[1]

    def on_piece_line_picked(self, event: PieceLine.Picked) -> None:
        if event.line is self.tabs:
            self.center.go(event.target)
        elif event.line is self.foot:
            self.perform(event.target)

    def on_choice_pressed(self, event: Choice.Pressed) -> None:
        self.perform(event.act)

    def on_ledger_headed(self, event: Ledger.Headed) -> None:
        self.order_by(event.title)

    def order_by(self, title: str) -> None:
        """The title of a column was clicked: the next order, where there are several."""
        if any(act.id == "sort.right" for act in self.acts()):
            self.perform("sort.right")

    def do_page_previous(self) -> None:
        self._turn(-1)

    def do_page_next(self) -> None:
        self._turn(1)

    def _turn(self, step: int) -> None:
        pages: Sequence[str] = self.center.pages
        self.center.go(pages[(pages.index(self.TAB or self.PAGE) + step) % len(pages)])

    def marked_models(self) -> tuple[str, ...]:
        """The models that are marked here, in the order of the list."""
        return ()

    def do_judge_compare(self) -> None:
        marked = self.marked_models()
        self.app.push_screen(modals.ComparisonsDialog(marked))
        if len(marked) == 2 and not self.center.host.readonly:
            self.app.push_screen(modals.PairDialog(marked))

    def do_trends(self) -> None:
        selected = self.situation().model
        self.app.push_screen(modals.TrendsDialog(selected.id if selected else ""))

    def do_abilities(self) -> None:
        selected = self.situation().model
        self.app.push_screen(modals.AbilitiesDialog(self.task_in_view(), selected.id if selected else ""))

    def task_in_view(self) -> str:
        """The task that this page is about now; empty for none."""
        exchange = self.situation().exchange
        return exchange.decision.analysis.task if exchange and exchange.decision else ""

    def do_back(self) -> None:
        if self.selections:
            self.clear_selection()
        else:
            self.close_top()

    def do_quit(self) -> None:
        if not self.close_top():
            self.center.ask_quit()

    def do_zoom(self) -> None:
        if self.maximized is not None:
            self.minimize()
        elif self.focused is not None:
            self.maximize(self.focused)
        self.absorb(Dirty.ALL)  # panes that give themselves a height give it up, or take it again

    # ── filter line ───────────────────────────────────────────────────────────────────────────────────────────

    def do_filter(self) -> None:
        self.show_filter(True)

    def show_filter(self, on: bool) -> None:
        """Open or close the filter line."""
        self.filter_input.display = on
        if on:
            self.filter_input.placeholder = fmt.filter_hint(self.FILTERS, self.app.size.width - 3)
            self.filter_input.focus()
        else:
            with self.filter_input.prevent(Input.Changed):
                self.filter_input.value = ""
            self.leave_filter()

    def leave_filter(self) -> None:
        """Give the focus back to the page's first pane."""
        self.focus_next("#body *")

    def on_input_changed(self, event: Input.Changed) -> None:
        if event.input is self.filter_input:
            self.set_filter(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if event.input is not self.filter_input:
            return
        if not event.value.strip():
            self.show_filter(False)
        else:
            self.leave_filter()
