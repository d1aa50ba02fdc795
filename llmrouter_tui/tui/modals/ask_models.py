"""Which models may answer: picked ones, or all without those that are excluded; or one of them, to ask it too."""

from collections.abc import Sequence

from textual.binding import Binding

from llmrouter_tui.core.rivals import MOST
from llmrouter_tui.tui import closeness, text
from llmrouter_tui.tui.modals.pick import PickDialog
from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.lines import center

Chosen = tuple[tuple[str, ...], frozenset[str]]
"""(picked, excluded)"""
Model = tuple[str, str]
"""An id, and what is said of it."""
MANY = f"A picked model is asked, whatever its score; two or {MOST} picked ones are compared. An excluded one is not."
ONE = "It is asked the same, and its answer stands beside the others."


class AskModelsDialog(PickDialog[Model, Chosen]):
    """Returns what is picked and excluded, also after esc; with ``one`` the model chosen, or nobody."""

    BINDINGS = [Binding("ctrl+x", "exclude", "exclude", show=False, priority=True)]  # noqa: RUF012
    NOTHING = "No model's name holds that."

    def __init__(self, models: Sequence[Model], chosen: Chosen = ((), frozenset()), *, one: bool = False):
        """``models``: the likeliest first."""
        super().__init__()
        self._models, self._one = models, one
        self._picked, self._excluded = chosen

    def asked(self) -> str:
        return "Ask which model too?" if self._one else "Who may answer?"

    @property
    def rows(self) -> int:
        return min(self.ROWS, max(1, len(self._models)))

    def find(self, typed: str) -> Sequence[Model]:
        name = center(self).store.name
        return (
            closeness.ranked(typed.strip(), self._models, lambda one: name(one[0])) if typed.strip() else self._models
        )

    def line(self, choice: Model, cells: int, *, marked: bool) -> Line:
        (model, about), look = choice, center(self).look
        picked, excluded = model in self._picked, model in self._excluded
        mark, role = (look.symbols.ok, "good") if picked else (look.symbols.fail, "bad") if excluded else (" ", "")
        said = "  picked" if picked else "  excluded" if excluded else ""
        name = text.tame(center(self).store.name(model))
        told: Line = (
            (look.symbols.cursor if marked else " ", "key"), (f"{mark} ", role), (name, "strong" if picked else "")
        )  # fmt: skip
        return text.spread((*told, (said, role)), ((about, "soft"),), cells)

    def about(self, cells: int) -> list[Line]:
        return [((part, "soft"),) for part in text.wrap(ONE if self._one else MANY, cells)]

    def keys(self) -> Line:
        if self._one:
            return (("⏎ ", "key"), ("ask it   ", "soft"), ("esc ", "key"), ("nobody", "soft"))
        return (("⏎ ", "key"), ("pick   ", "soft"), ("^x ", "key"), ("exclude   ", "soft"), ("esc ", "key"),
                ("done", "soft"))  # fmt: skip

    def take(self, choice: Model) -> None:
        model = choice[0]
        if self._one:
            self.dismiss(((model,), frozenset()))
            return
        if model in self._picked:
            self._picked = tuple(one for one in self._picked if one != model)
        else:
            self._picked = (*self._picked, model)[-MOST:]
        self._excluded -= {model}
        self.list.paint()

    def action_exclude(self) -> None:
        if not self._one:
            self.typed.call_later(self._exclude)

    def _exclude(self) -> None:
        if self.choices:
            model = self.choices[self.at][0]
            self._excluded ^= {model}
            self._picked = tuple(one for one in self._picked if one != model)
            self.list.paint()

    def leave(self) -> None:
        self.dismiss(((), frozenset()) if self._one else (self._picked, self._excluded))
