"""Ask: try a prompt; see its route before it is sent; compare answers whose names are hidden."""

from functools import partial

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.widgets import TextArea

from llmrouter_tui.tui import ask_text, explain
from llmrouter_tui.tui.ask_answers import Answer
from llmrouter_tui.tui.asks import LETTERS
from llmrouter_tui.tui.pages.ask_compare import AskCompare
from llmrouter_tui.tui.row import Row
from llmrouter_tui.tui.state import Dirty
from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.lines import LinesView
from llmrouter_tui.tui.widgets.prompt import Prompt

BALLOT = (
    ("vote.first", "A"),
    ("vote.second", "B"),
    ("vote.third", "C"),
    ("vote.tie", "Tie"),
    ("vote.bad", "All bad"),
    ("back", "Skip"),
)
LOW = 20
"""Rows below which the prompt and its route have as few lines as can be."""


class AnswerView(LinesView, inherit_bindings=False):
    """An answer; the arrows to the sides are left to the vote."""

    BINDINGS = [  # noqa: RUF012
        *LinesView.BINDINGS,
        Binding("down", "scroll_down", "down", show=False),
        Binding("up", "scroll_up", "up", show=False),
        Binding("pagedown", "page_down", "page down", show=False),
        Binding("pageup", "page_up", "page up", show=False),
        Binding("home", "scroll_home", "first", show=False),
        Binding("end", "scroll_end", "last", show=False),
    ]


class AskPage(AskCompare):
    """The prompt, its route, the answers side by side, and what can be said of them."""

    PAGE = "ask"
    MORE = BALLOT

    def __init__(self) -> None:
        super().__init__()
        self.prompt = Prompt(id="prompt")
        self.route = LinesView(self._draw_route, id="route")
        self.route.can_focus = False
        self.views = [
            AnswerView(partial(self._draw_answer, at), id=f"answer-{at}", classes="said") for at in range(len(LETTERS))
        ]
        self._answer = 0
        """Which answer had the focus last."""
        self._recalled = 0
        """How far back in the history the prompt is."""
        self._stale = False
        """Whether models changed since the route was asked for."""

    def body(self) -> ComposeResult:
        yield self.prompt
        yield self.route
        with Horizontal(id="said"):
            yield from self.views
        if not self.center.host.readonly:
            yield self.rating

    def on_mount(self) -> None:
        if self.asks.draft.prompt:
            self._show_draft()
        self.prompt.focus()

    # ── what is selected ──────────────────────────────────────────────────────────────────────────────────────

    def chosen(self) -> Answer | None:
        held = self.round
        if held is None:
            return None
        return held.answers[min(self._answer, len(held.answers) - 1)]

    def _row(self, answer: Answer) -> Row | None:
        return self.center.store.rows.get(answer.id) if answer.id else None

    # ── painting ──────────────────────────────────────────────────────────────────────────────────────────────

    def absorb(self, dirty: Dirty, touched: set[str] | None = None) -> None:
        super().absorb(dirty, touched)
        self.set_class(self.size.height < LOW, "-low")
        if dirty == Dirty.ALL:
            if self.asks.draft.prompt != self.prompt.text:
                self._show_draft()
            self.asks.consider_again()
            self.paint_all()
            return
        self._stale = self._stale or bool(dirty & (Dirty.MODELS | Dirty.SETTINGS))
        if dirty & Dirty.CLOCK and self._stale:
            self._stale = False
            self.asks.consider_again()
        answers = self.round.answers if self.round else []
        mine = {answer.id for answer in answers}
        if dirty & Dirty.CLOCK and any(answer.state == "asked" for answer in answers):
            self._paint_answers()  # for how long they wait
        if dirty & (Dirty.ASK | Dirty.VOTES) or (dirty & Dirty.ROWS and (touched is None or mine & touched)):
            self.paint_all()

    def paint_all(self) -> None:
        if not self.is_attached:
            return
        self._paint_draft()
        self._paint_answers()
        self._paint_choices()
        self.paint_footer()

    def _paint_draft(self) -> None:
        asks, name = self.asks, self.center.store.name
        self.prompt.head("Ask", ask_text.notes(asks.draft, name, typing=self.focused is self.prompt))
        self.route.head("Router would choose", ask_text.route_notes(asks))
        self.route.paint()

    def _paint_answers(self) -> None:
        held, center = self.round, self.center
        count = len(held.answers) if held else 1
        for at, view in enumerate(self.views):
            view.set_class(at >= count, "-gone")
            if at >= count:
                continue
            if held is None:
                view.head("Answer")
            else:
                row = self._row(held.answers[at])
                view.head(
                    ask_text.title(held, at, row, center.store.name),
                    ask_text.figures(held.answers[at], row, center.look, hidden=held.hidden),
                )
            follows = view.scroll_y >= view.max_scroll_y - 1
            view.paint()
            if held is not None and follows and not held.answers[at].over:
                view.scroll_end(animate=False, immediate=True)

    def _paint_choices(self) -> None:
        held = self.round
        voting = held is not None and held.hidden
        hidden = self.hidden_acts()
        for choice in self.rating.choices:
            ballot = any(choice.act == act for act, _ in BALLOT)
            if choice.act in ("vote.first", "vote.second", "vote.third"):
                choice.call_it(f"{choice.label[0]} better" if self.has_class("-wide") else choice.label[0])
            gone = held is None or ballot is not voting or choice.act in hidden
            choice.set_class(gone, "-gone")
        self.paint_rating()

    def said_of(self, cells: int) -> Line:
        """What the vote said and moved, else the rating of the chosen answer."""
        held, center = self.round, self.center
        if held is None or held.hidden:
            return ()
        if held.voted is not None:
            heard = center.store.voted
            if heard is not None and heard.taken_back and heard.vote.id == held.voted.vote.id:
                return (("your vote was taken back", "soft"),)
            said = ask_text.verdict(held, center.store.name)
            return ask_text.outcome(held.voted.effects, said, cells, center.look, center.store.name)
        exchange = self.to_rate()
        if exchange is None:
            return ()
        row = self.center.store.rows.get(exchange.id)
        if row is None:
            row = Row(exchange)
            row.effects = self.effects.get(exchange.id, ())
        return explain.rated(row, center.store.name, center.look, cells)

    def _draw_route(self, cells: int, rows: int) -> list[Line]:
        center = self.center
        return ask_text.route_lines(self.asks, cells, rows, center.look, center.store.name)

    def _draw_answer(self, at: int, cells: int, rows: int) -> list[Line]:
        held, center = self.round, self.center
        if held is None:
            if not center.store.ready:
                return self.waiting_text()
            return ask_text.no_answers(center.host.readonly, cells) if at == 0 else []
        if at >= len(held.answers):
            return []
        asked = [self._row(answer) for answer in held.answers]
        waits = ask_text.waits(held, asked[at], asked, center.clock(), center.look)
        demo = center.demo or center.store.service.demo
        return ask_text.answer_lines(held.answers[at], asked[at], cells, center.look, waits, demo=demo)

    # ── writing ───────────────────────────────────────────────────────────────────────────────────────────────

    def _show_draft(self) -> None:
        with self.prompt.prevent(TextArea.Changed):
            self.prompt.put(self.asks.draft.prompt)

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        if event.text_area is not self.prompt or self.prompt.text == self.asks.draft.prompt:
            return
        empty = not self.asks.draft.prompt.strip()
        self.asks.draft.prompt = self.prompt.text
        self.asks.consider()
        if empty is not (not self.prompt.text.strip()):
            self.paint_footer()

    def on_prompt_recalled(self, event: Prompt.Recalled) -> None:
        history = self.asks.history
        at = self._recalled - event.step
        if 0 < at <= len(history):
            self._recalled = at
            self.prompt.put(history[-at])
        elif at == 0 and self._recalled:
            self._recalled = 0
            self.prompt.put("")

    def do_ask_write(self) -> None:
        self.prompt.focus()
        self.prompt.select_all()

    def do_ask_send(self) -> None:
        self._take_prompt()
        self._recalled = 0
        super().do_ask_send()
        self.views[0].focus()  # keys that rate, vote and stop act at once; ⏎ writes on

    def perform(self, act: str) -> None:
        self._take_prompt()
        super().perform(act)

    def _take_prompt(self) -> None:
        """A key may overtake the message that the prompt changed."""
        self.asks.draft.prompt = self.prompt.text

    def on_descendant_focus(self) -> None:
        self._answer = next((at for at, view in enumerate(self.views) if view is self.focused), self._answer)
        self._paint_draft()
        self._paint_choices()
        self.paint_footer()

    # ── leaving ───────────────────────────────────────────────────────────────────────────────────────────────

    def close_top(self) -> bool:
        held = self.round
        if self.focused is self.prompt:
            self.views[0].focus()
            return True
        if super().close_top():
            return True
        if held is not None and held.running:
            self.asks.stop()
            return True
        if held is not None and held.hidden:
            self.skip(held)
            return True
        return False

    def leave_filter(self) -> None:
        self.prompt.focus()
