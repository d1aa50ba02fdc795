"""What pages and modals may know of the app: kept apart so that pages and app do not import each other."""

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from rich.style import Style

from llmrouter_tui.core.playback import Playback
from llmrouter_tui.core.ports.host import Host
from llmrouter_tui.tui.ledger import LedgerView
from llmrouter_tui.tui.link import Link
from llmrouter_tui.tui.state import Store
from llmrouter_tui.tui.text import Look

if TYPE_CHECKING:
    from llmrouter_tui.tui.asks import Asks
    from llmrouter_tui.tui.comparisons import Comparisons
    from llmrouter_tui.tui.errands import Preference
    from llmrouter_tui.tui.history import History
    from llmrouter_tui.tui.measurements import Measurements
    from llmrouter_tui.tui.rebinding import Rebound
    from llmrouter_tui.tui.taken_port import TakenPort

T = TypeVar("T")


class AppLike(Protocol):
    """The control center as pages see it."""

    host: Host
    link: Link
    store: Store
    view: LedgerView
    look: Look
    roles: dict[str, Style]
    """The theme's style of each text role."""
    clock: Callable[[], float]
    crashed: str
    unanswered: str
    """Why a watched router gave no snapshot, in words; empty once it did."""
    trend_span: float
    """How far plots look back, seconds."""
    demo: bool
    debugging: bool
    """Whether the debug line is shown."""
    frame_ms: float
    """Milliseconds from the last change to its painting."""
    preference: "Preference"
    history: "History"
    measurements: "Measurements"
    comparisons: "Comparisons"
    port: "TakenPort"
    asks: "Asks"
    keys: "Rebound"
    """The acts with the keys that they have on this screen."""
    playback: Playback | None
    """The recording that is played, if one is."""
    watching: bool
    """Whether the router lives elsewhere."""

    @property
    def pages(self) -> tuple[str, ...]:
        """Ids of the pages that exist, in order."""
        ...

    @property
    def serving(self) -> bool:
        """Whether commands can be sent."""
        ...

    @property
    def connected(self) -> bool: ...

    def go(self, page: str) -> None:
        """Show a page."""
        ...

    def at_model(self, model_id: str, act: str) -> None:
        """Show a model on its page, and do an act to it there."""
        ...

    def at_routes(self, *, exchange: str = "", query: str = "") -> None:
        """Show one exchange, by its id, or all that a filter finds."""
        ...

    def wear(self, theme: str) -> None:
        """Put colours on, and keep them."""
        ...

    def say(self, message: str, *, bad: bool = False) -> None:
        """A word in the corner: an answer to what the user just did."""
        ...

    def copy(self, said: str, what: str) -> None:
        """Put text on the clipboard of the terminal, and say so; ``what`` is ``the prompt``."""
        ...

    def command(
        self,
        coroutine: Coroutine[Any, Any, T],
        what: str,
        then: Callable[[T], None] | None = None,
        failed: Callable[[], None] | None = None,
    ) -> None:
        """Send a control call. An error is said and noted under Attention as ``what``; the screen never waits."""
        ...

    def watch_instead(self) -> None:
        """Watch the router that holds our port, in place of a router of our own."""
        ...

    def ask_quit(self) -> None:
        """Leave, after asking when answers are being written."""
        ...
