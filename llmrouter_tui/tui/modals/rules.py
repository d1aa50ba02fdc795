"""The user's rules: listed, added as sentences, removed. The router checks, keeps and applies them at once."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Input

from llmrouter_tui.core.resolving import named
from llmrouter_tui.core.rules import RuleError, parse
from llmrouter_tui.tui import text
from llmrouter_tui.tui.modals.dialog import Dialog
from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.lines import LinesView, center

EXAMPLE = "never llama3.3:70b for chat"
ABOUT = (
    "never, always or only; models; for a task, for client NAME or for session ID. always lets others answer when its "
    "models cannot, only does not. A client that names a model gets it."
)
ROWS = 8
"""Rules in view."""
SAID = 3
"""Rows kept for what is said below them."""


_MEANWHILE = {
    "only": "; what it is about is refused as long as no model of the rule is here.",
    "always": "; until one is, the usual choice is made.",
    "never": ", so the rule changes nothing yet.",
}
"""What a rule does while none of its models is here."""


class RulesDialog(Dialog[None]):
    """Stays open until esc: each rule that is added or removed counts from then on."""

    BINDINGS = [  # noqa: RUF012
        Binding("enter", "add", "add", show=False, priority=True),
        Binding("ctrl+x", "remove", "remove", show=False, priority=True),
        Binding("down", "walk(1)", "down", show=False, priority=True),
        Binding("up", "walk(-1)", "up", show=False, priority=True),
        Binding("shift+down,ctrl+down", "move(1)", "move down", show=False, priority=True),
        Binding("shift+up,ctrl+up", "move(-1)", "move up", show=False, priority=True),
    ]

    def __init__(self, rules: Sequence[str]) -> None:
        super().__init__()
        self._rules = list(rules)
        self._at = 0
        self._said: tuple[str, str] = (ABOUT, "soft")
        self._asking = False
        self.list = LinesView(self._draw, classes="words answer")
        self.sentence = Input(placeholder=f"for example: {EXAMPLE}", compact=True, id="rule")
        self.words = LinesView(self._draw_words, classes="words answer")

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield self.list
            yield self.sentence
            yield self.words

    def on_mount(self) -> None:
        self.query_one(".dialog").border_title = "Your rules"
        self.list.can_focus = self.words.can_focus = False
        self.words.styles.height = SAID + 2
        self._paint()
        self.sentence.focus()

    def _paint(self) -> None:
        self.list.styles.height = max(1, min(ROWS, len(self._rules)))
        self.list.paint()
        self.words.paint()

    def _draw(self, cells: int, rows: int) -> list[Line]:
        if not self._rules:
            return [(("No rules: the router chooses among all models.", "dim"),)]
        first = max(0, min(self._at - ROWS + 1, len(self._rules) - ROWS))
        cursor = center(self).look.symbols.cursor
        return [
            ((cursor if at == self._at else " ", "key"), (text.clip(f" {text.tame(rule)}", cells - 1), ""))
            for at, rule in list(enumerate(self._rules))[first : first + ROWS]
        ]

    def _draw_words(self, cells: int, rows: int) -> list[Line]:
        words, role = self._said
        said: list[Line] = [((part, role),) for part in text.wrap(words, cells)[:SAID]]
        keys: Line = (("⏎ ", "key"), ("add  ", "soft"), ("^x ", "key"), ("remove  ", "soft"), ("shift+up ", "key"),
                      ("order  ", "soft"), ("esc ", "key"), ("done", "soft"))  # fmt: skip
        return [*said, *[()] * (SAID - len(said)), (), keys]

    def _say(self, words: str, role: str) -> None:
        self._said = words, role
        self._paint()

    def action_walk(self, step: int) -> None:
        self._at = max(0, min(len(self._rules) - 1, self._at + step))
        self.list.paint()

    def action_add(self) -> None:
        try:
            rule = parse(self.sentence.value)
        except RuleError as error:
            self._say(f"A rule {error.must}.", "bad")
            return
        if str(rule) in self._rules:
            self._say("That rule is here already.", "bad")
            return
        models = tuple(center(self).store.models.values())
        missing = [name for name in rule.models if not named(name, models)]
        here = f"No model here is called {' or '.join(missing)} now{_MEANWHILE[rule.verb]}"
        self._change([*self._rules, str(rule)], here if missing else "Added. It counts from the next request on.")

    def action_remove(self) -> None:
        if self._rules:
            self._change(self._rules[: self._at] + self._rules[self._at + 1 :], "Removed.")

    def action_move(self, step: int) -> None:
        """The marked rule before or behind the next: of several wishes the first counts."""
        to = self._at + step
        if 0 <= to < len(self._rules) and not self._asking:
            rules = list(self._rules)
            rules[self._at], rules[to] = rules[to], rules[self._at]
            self._at = to
            self._change(rules, "Moved. Of several rules with always, the first counts.")

    def _change(self, rules: list[str], done: str) -> None:
        if not self._asking:
            self._asking = True
            self.app.run_worker(self._ask(rules, done), exit_on_error=False)  # esc does not take it back

    async def _ask(self, rules: list[str], done: str) -> None:
        app = center(self)
        try:
            await app.link.call(app.host.control.set_setting("rules", rules))
        except Exception as error:  # whatever it was: it is said, and the rule can be mended
            said = str(error) or type(error).__name__
            if self.is_attached:
                self._say(said, "bad")
            else:
                app.say(f"Rules not changed: {said}", bad=True)
        else:
            if self.is_attached:
                self._changed(rules, done)
        finally:
            self._asking = False

    def _changed(self, rules: list[str], done: str) -> None:
        if len(rules) > len(self._rules):
            self.sentence.value = ""
        self._rules, self._at = rules, max(0, min(self._at, len(rules) - 1))
        self._say(done, "good")
