"""What keeps the router from its work, in words and with a way out: the port, the database, no backend. Pure."""

from llmrouter_tui.core.domain import Problem
from llmrouter_tui.tui import text
from llmrouter_tui.tui.state import Store
from llmrouter_tui.tui.text import Line, Look

LABEL = 7
EXPLAINED = frozenset({"port_taken", "not_serving", "database"})
"""Codes of the problems that these lines tell of at length."""


def problem(store: Store, code: str) -> Problem | None:
    """The problem with this code, if it stands."""
    return next((item for item in store.service.problems if item.code == code), None)


def others(store: Store) -> list[Problem]:
    """The problems that these lines do not tell of."""
    return [item for item in store.service.problems if item.code not in EXPLAINED]


def next_port(store: Store) -> int:
    """The port to offer instead of the one that is taken."""
    return min(store.service.port + 1, 65_535)


def title(store: Store) -> str:
    """What the panel is about; empty when nothing is wrong."""
    if problem(store, "port_taken") or problem(store, "not_serving"):
        return "The proxy is not running"
    if problem(store, "database"):
        return "Nothing is being saved"
    return "No backend answers" if deserted(store) else ""


def deserted(store: Store) -> bool:
    """Whether there are models and no backend that answers for any of them."""
    views = store.backends.values()
    return bool(store.models) and bool(views) and all(view.health == "down" for view in views)


def lines(
    store: Store, now: float, cells: int, look: Look, asked: int | None = None, router: str = "", free: int = 0
) -> list[Line]:
    """What is wrong, what was tried, and what goes on all the same. ``asked`` is a port that is being tried now,
    ``router`` the address of the llmrouter that holds ours, ``free`` a port known to be free."""
    out: list[Line] = []
    taken = problem(store, "port_taken")
    if taken:
        out += _say("Clients cannot reach this router. Everything else on this screen works.", cells)
        out += _fact("What", taken.message, cells)
        who = "  ".join(part for part in ("another llmrouter" if router else "", taken.detail) if part)
        out += _fact("Who", who, cells) if who else _fact("Help", taken.hint, cells)
        out += _fact("Free", f"port {free}, {_kept(store)}", cells) if free and asked is None else []
        if asked is not None:
            out += _fact("Now", f"trying port {asked}{look.symbols.ellipsis}", cells, "run")
    closed = problem(store, "not_serving")
    if closed and not taken:
        out += _say("Clients cannot reach this router. Everything else on this screen works.", cells)
        out += _fact("What", closed.message, cells) + _fact("Help", closed.hint, cells)
    database = problem(store, "database")
    if database:
        out += _say(text.tame(database.message), cells)
        out += _fact("Then", database.hint, cells)
    if not taken and deserted(store):
        out += _say("Requests are answered with an error until a backend is back. It is tried again by itself.", cells)
        for view in store.backends.values():
            since = f" down {text.span(now - view.since)}" if view.since else " down"
            said = f"{look.symbols.down} {view.name} {view.url}{since}{': ' if view.detail else ''}{view.detail}"
            out += [((part, "warn"),) for part in text.wrap(text.tame(said), cells)]
    return out


def _kept(store: Store) -> str:
    """Whether another port outlives this run: what a flag or the environment says comes first at the next start."""
    port = store.settings.get("port")
    if port is not None and port.origin in ("flag", "environment"):
        return f"for this run; a{' flag' if port.origin == 'flag' else 'n environment variable'} says {port.value}"
    return "kept for the next start"


def _say(said: str, cells: int) -> list[Line]:
    return [((part, "strong"),) for part in text.wrap(said, cells)]


def _fact(label: str, said: str, cells: int, role: str = "") -> list[Line]:
    if not said:
        return []
    parts = text.wrap(text.tame(said), max(8, cells - LABEL))
    return [((text.left(label if i == 0 else "", LABEL), "head"), (part, role)) for i, part in enumerate(parts)]
