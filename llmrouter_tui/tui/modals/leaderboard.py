"""Who is preferred to whom, by the user's votes: of all tasks or of one, with how sure that is."""

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical

from llmrouter_tui.core.votes import Leaderboard, Voted, VotePage
from llmrouter_tui.tui import format as fmt
from llmrouter_tui.tui import leaderboard_text, text
from llmrouter_tui.tui.modals.dialog import Dialog
from llmrouter_tui.tui.readings import Reading
from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.lines import LinesView, center

NEWEST = 3
"""Votes that are told."""
EVERY = 0.5
"""Seconds between two looks at what was heard."""


class LeaderboardDialog(Dialog[None]):
    """Read when it opens and after each vote; the arrows choose the task."""

    BINDINGS = [  # noqa: RUF012
        Binding("escape,q,W", "leave", "close", show=False),
        Binding("left", "turn(-1)", "task before", show=False),
        Binding("right,t", "turn(1)", "next task", show=False),
        Binding("0", "take_back", "take the newest vote back", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.about = ""
        self.words = LinesView(self._fitted)
        self._board: Reading[Leaderboard] | None = None
        self._votes: Reading[VotePage] | None = None
        self._shown: object = None
        self._taking = False

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog tall"):
            yield self.words

    def on_mount(self) -> None:
        app, dialog = center(self), self.query_one(".dialog")
        dialog.border_title = "Leaderboard: your votes"
        back = "" if app.host.readonly else ", 0 takes back"
        dialog.border_subtitle = f"{app.look.symbols.turn} task{back}, esc closes"
        control = app.host.control
        self._board = Reading(app, self._start, lambda: control.leaderboard(self.about), self.words.paint)
        self._votes = Reading(app, self._start, lambda: control.votes(limit=NEWEST), self.words.paint)
        self.set_interval(EVERY, self._look)
        self.words.focus()

    def _start(self, reading: object) -> None:
        self.run_worker(reading, exit_on_error=False)  # type: ignore[arg-type]

    def _look(self) -> None:
        if self._shown != (heard := center(self).store.voted):
            self._shown = heard
            self.words.paint()

    def _fitted(self, cells: int, rows: int) -> list[Line]:
        lines = self._draw(cells, rows)
        self.fit(len(lines))
        return lines

    def _draw(self, cells: int, rows: int) -> list[Line]:
        if self._board is None or self._votes is None:
            return []
        app = center(self)
        board = self._board.look((self.about, app.store.voted))
        votes = self._votes.look(app.store.voted)
        if board is not None and board.task == self.about:
            newest = votes.items if votes is not None and not app.host.readonly else ()
            return leaderboard_text.lines(board, newest, cells, app.look, app.clock())
        said = self._board.problem or "Counting the votes…"
        return [((part, "bad" if self._board.problem else "soft"),) for part in text.wrap(text.tame(said), cells)]

    def action_turn(self, step: int) -> None:
        """The next task of which there are votes."""
        known = self._board.found if self._board is not None else None
        tasks = ["", *(known.tasks if known else ())]
        self.about = tasks[(tasks.index(self.about) + step) % len(tasks)] if self.about in tasks else ""
        self.words.scroll_to(y=0, animate=False)
        self.words.paint()

    def action_take_back(self) -> None:
        """The newest vote, as if it had not been given."""
        app, votes = center(self), self._votes.found if self._votes is not None else None
        if app.host.readonly or votes is None or not votes.items or self._taking:
            return
        self._taking = True

        def over() -> None:
            self._taking = False

        def done(back: Voted) -> None:
            over()
            moved = ", ".join(fmt.effect_text(effect, app.store.name, app.look) for effect in back.effects)
            app.say(f"Vote taken back; {moved or 'no ability moved'}")

        app.command(app.host.control.take_back_vote(votes.items[0].id), "Vote not taken back", done, over)
