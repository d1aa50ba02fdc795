"""Which model of the public catalog is this one? A name typed in part, a list of what comes close, one choice."""

from collections.abc import Sequence

from llmrouter_tui.core.domain import CatalogMatch
from llmrouter_tui.core.dossier import Listed
from llmrouter_tui.tui import public_text, text
from llmrouter_tui.tui.modals.pick import PickDialog
from llmrouter_tui.tui.public_text import Choice
from llmrouter_tui.tui.text import Line
from llmrouter_tui.tui.widgets.lines import center

ABOUT = "Public figures of the one that you choose count as this model's own, at once and from then on."


class MatchDialog(PickDialog[Choice, str]):
    """Returns the entry as ``Control.match`` takes it; None after esc."""

    EXAMPLE = "part of a name: qwen 8b"

    def __init__(self, name: str, model: str, match: CatalogMatch | None) -> None:
        """``name`` as the title tells it, ``model`` as its backend does."""
        super().__init__()
        self._called, self._model, self._match = name, model, match
        self._catalog: Sequence[Listed] | None = None
        self._refused = ""

    def asked(self) -> str:
        return f"Which model is {text.clip(text.tame(self._called), 40)}?"

    def on_mount(self) -> None:
        self.run_worker(self._read(), exit_on_error=False)

    async def _read(self) -> None:
        app = center(self)
        try:
            self._catalog = await app.link.call(app.host.control.catalog())
        except Exception as error:  # whatever it was: it is said, and the two other answers can be given
            self._catalog, self._refused = (), str(error) or type(error).__name__
        self.show()

    def find(self, typed: str) -> Sequence[Choice]:
        return public_text.choices(typed, self._model, self._match, self._catalog or ())

    def line(self, choice: Choice, cells: int, *, marked: bool) -> Line:
        now = public_text.holds(choice, self._match)
        return public_text.choice_line(choice, marked=marked, now=now, cells=cells, look=center(self).look)

    def about(self, cells: int) -> list[Line]:
        said, role = ABOUT, "soft"
        if self._refused:
            said, role = f"The catalog was not read: {text.tame(self._refused)}", "bad"
        elif self._catalog is None:
            said, role = "reading the catalog", "run"
        return [((part, role),) for part in text.wrap(said, cells)[:2]]

    def take(self, choice: Choice) -> None:
        self.dismiss(choice.entry)
