"""Every act a person can do, in one list: keys, footers, help, the command palette and the README table come from it.

Pure. An act is carried out by the method ``do_<id with underscores>`` of the page, else of the app; ``why_not`` says
in words why it cannot work now, and then the key is greyed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from llmrouter_tui.core.decision import Exchange
from llmrouter_tui.core.domain import ModelView

PAGES: dict[str, tuple[str, str]] = {
    "dash": ("1", "Dash"),
    "routes": ("2", "Routes"),
    "models": ("3", "Models"),
    "vram": ("4", "VRAM"),
    "profile": ("5", "Profile"),
    "judge": ("6", "Judge"),
    "log": ("8", "Log"),
}
"""Page id: its key, which never changes, and its title."""
PLACES = {**{page: title for page, (_, title) in PAGES.items()}, "first_run": "First run"}
"""The titles of all places where acts work: the pages, and the page that stands in for the Dash without a model."""


@dataclass(frozen=True, slots=True)
class Action:
    """One act."""

    id: str
    keys: str
    """Textual key names, comma separated; empty for acts that only the palette offers."""
    show: str
    """The key as people read it."""
    label: str
    """One or two words for the footer."""
    description: str
    group: str
    pages: tuple[str, ...] = ()
    """Where it works; empty for everywhere."""
    footer: int = 0
    """Rank in the footer, 1 first; 0 keeps it out."""
    mutating: bool = False
    """Changes something at the router: gone under ``--readonly``."""
    destructive: bool = False
    """Interrupts or forgets something: asks first."""
    needs: tuple[str, ...] = ()
    """What must be there: ``exchange``, ``finished``, ``prompt``, ``rating``, ``model``, ``service``."""

    @property
    def method(self) -> str:
        return f"do_{self.id.replace('.', '_')}"


@dataclass(frozen=True, slots=True)
class Situation:
    """What is selected and possible now, for ``why_not``."""

    page: str = "dash"
    readonly: bool = False
    ready: bool = True
    """Whether the service answers."""
    exchange: Exchange | None = None
    model: ModelView | None = None
    reasons: Mapping[str, str] = field(default_factory=dict)
    """A page's own reasons: act id to why not."""


LISTS = ("dash", "routes")
RATED = (*LISTS, "judge")
RATE = ("exchange", "finished", "service")

ACTIONS: tuple[Action, ...] = (
    Action("help", "question_mark,f1", "?", "help", "Keys and words of this page", "Everywhere", footer=1),
    Action("palette", "colon,ctrl+p", ":", "commands", "Find any command by name", "Everywhere", footer=2),
    *(
        Action(f"page.{page}", key, key, title, f"Go to {title}", "Pages")
        for page, (key, title) in PAGES.items()
    ),
    Action("page.previous", "left_square_bracket", "[", "previous", "Previous page", "Pages"),
    Action("page.next", "right_square_bracket", "]", "next", "Next page", "Pages"),
    Action("filter", "slash", "/", "filter", "Filter this list: words, name:value, ! inverts; esc clears", "List",
           (*LISTS, "models", "profile", "judge", "log"), 10),
    Action("open", "", "⏎", "explain", "Open the selected exchange: why this model?", "List", LISTS, 11,
           needs=("exchange",)),
    Action("back", "escape", "esc", "back", "Close what is open, clear the filter", "Everywhere", footer=11),
    Action("good", "u", "u", "good", "Good answer: thumbs up", "Feedback", RATED, 20, mutating=True, needs=RATE),
    Action("bad", "d", "d", "bad", "Bad answer: thumbs down, then say what was wrong if you like", "Feedback", RATED,
           21, mutating=True, needs=RATE),
    Action("note", "n", "n", "note", "Write a note on your rating", "Feedback", RATED, 22, mutating=True,
           needs=(*RATE, "rating")),
    Action("clear", "0", "0", "clear", "Take your rating back", "Feedback", RATED, mutating=True,
           needs=(*RATE, "rating")),
    Action("again", "r", "r", "replay", "Decide again: which model would get this prompt today?", "Routes",
           ("routes",), 30, needs=("exchange", "prompt", "service")),
    Action("copy", "y", "y", "copy", "Copy the prompt, the answer, the id or the address", "List", LISTS, 31),
    Action("model.open", "", "⏎", "open", "Everything about the selected model, scores and their sources", "Models",
           ("models",), 11, needs=("model",)),
    Action("vram.open", "", "⏎", "details", "All of the selected entry; where it is told beside the list, load it",
           "Models", ("vram",), 11),
    Action("model.load", "l", "l", "load", "Load the selected model into memory", "Models", ("models", "vram"), 20,
           mutating=True, needs=("model", "service")),
    Action("model.unload", "x", "x", "unload", "Unload the selected model (asks while it answers)", "Models",
           ("models", "vram"), 21, mutating=True, destructive=True, needs=("model", "service")),
    Action("model.pin", "P", "P", "pin", "Pin the selected model: it is loaded and stays in memory; again to let go",
           "Models", ("models", "vram"), 22, mutating=True, needs=("model", "service")),
    Action("model.enable", "e", "e", "on/off", "Switch the selected model off for requests, or on again", "Models",
           ("models",), 23, mutating=True, needs=("model", "service")),
    Action("vram.clear", "X", "X", "unload all", "Unload all models, pinned ones too, and load none until L, also "
           "after a restart: frees the memory for other work (asks while answers are written)", "Models", ("vram",), 24,
           mutating=True, destructive=True, needs=("service",)),
    Action("vram.release", "L", "L", "load again", "Let models be loaded again after X, the pinned ones at once",
           "Models", ("vram",), 25, mutating=True, needs=("service",)),
    Action("figures", "F", "F", "figures", "Public figures behind the scores: how fresh they are; fetch newer ones, "
           "now or daily", "Models", ("models",), 27, needs=("service",)),
    Action("model.match", "m", "m", "match", "Say which model of the public catalog the selected one is, whose figures "
           "count as its own", "Models", ("models",), 28, mutating=True, needs=("model", "service")),
    Action("bench", "b", "b", "measure", "Measure what models can do here: the selected or marked ones, or all; "
           "stops that while it goes on", "Profile", ("models", "profile"), 24, mutating=True, needs=("service",)),
    Action("bench.open", "", "⏎", "answers", "Every answer of the selected model, with its verdict and why", "Profile",
           ("profile",), 11, needs=("service",)),
    Action("bench.retry", "r", "r", "retry failed", "Ask again what failed", "Profile", ("profile",), 25, mutating=True,
           needs=("service",)),
    Action("bench.mark", "space", "space", "mark", "Mark models that are measured together, or two that are compared",
           "Profile", ("models", "profile"), 26, mutating=True),
    Action("run.compare", "h,enter", "h", "runs", "Two runs of measuring beside each other: what changed per task, and "
           "in speed", "Profile", ("profile",), 27, needs=("service",)),
    Action("result.open", "", "⏎", "whole answer", "The selected answer in full", "Profile", ("profile",), 12),
    Action("grade.open", "", "⏎", "open", "The selected grade with question and answer in full", "Judge",
           ("judge",), 11),
    Action("grade.mark", "m", "m", "my mark", "Put your own mark in the place of the judge's, or give the judge's back",
           "Judge", ("judge",), 23, mutating=True, needs=("service",)),
    Action("grade.again", "J", "J", "again", "Have the judge grade this answer again", "Judge", ("judge",), 24,
           mutating=True, needs=("service",)),
    Action("grade.ask", "J", "J", "grade", "Have the judge grade the selected answer", "Judge", (*LISTS, "profile"), 33,
           mutating=True, needs=("service",)),
    Action("grade.show", "v", "v", "its grade", "Go to the judge's grade of the selected answer", "Judge",
           (*LISTS, "profile"), 34),
    Action("judge.compare", "C", "C", "compare", "Whom the judge prefers of two models, answer beside answer; have it "
           "compare two", "Judge", ("models", "profile", "judge"), 29, needs=("service",)),
    Action("judge.choose", "c", "c", "judge", "Choose who judges, or nobody", "Judge", ("judge",), 25, mutating=True,
           needs=("service",)),
    Action("judge.pause", "s", "s", "pause", "Let the judge rest, or go on", "Judge", ("judge",), 26, mutating=True,
           needs=("service",)),
    Action("log.follow", "f", "f", "follow", "Follow the newest line, or hold still", "Log", ("log",), 20),
    Action("log.wrap", "w", "w", "wrap", "Break long lines, or cut them off", "Log", ("log",), 21),
    Action("log.time", "t", "t", "time", "Tell times to the second, to the millisecond, with the date", "Log", ("log",),
           22),
    Action("log.level", "v", "v", "level", "List info and above, warnings and above, errors, everything", "Log",
           ("log",), 23),
    Action("log.copy", "y", "y", "copy line", "Copy the selected line", "Log", ("log",), 24),
    Action("pause", "p", "p", "pause", "Hold the list still; data keeps arriving", "List", LISTS, 40),
    Action("sort.left", "comma", ",", "sort", "Order by the column to the left", "List",
           (*LISTS, "models", "profile", "judge")),
    Action("sort.right", "full_stop", ".", "sort", "Order by the column to the right", "List",
           (*LISTS, "models", "profile", "judge")),
    Action("sort.reverse", "o", "o", "reverse", "The same order the other way round", "List", (*LISTS, "models")),
    Action("zoom", "z", "z", "zoom", "Show the focused pane alone, and back", "Everywhere", footer=50),
    Action("prefer.speed", "left_curly_bracket,shift+left", "{", "faster", "Prefer speed a little more", "Preference",
           LISTS, mutating=True, needs=("service",)),
    Action("prefer.quality", "right_curly_bracket,shift+right", "}", "better", "Prefer quality a little more",
           "Preference", LISTS, mutating=True, needs=("service",)),
    Action("rules", "", "", "rules", "Rules of your own: never use a model for something, always use one for a client "
           "or a task", "Preference", mutating=True, needs=("service",)),
    Action("settings", "f2", "f2", "settings", "Every setting: its value, where that comes from, what it means; change "
           "it", "Everywhere", needs=("service",)),
    Action("keys", "", "", "keys", "Keys of clients: who may ask, for which models, how much; make one, revoke one",
           "Service", needs=("service",)),
    Action("backends", "", "", "backends", "Backends: how each is; add, switch off and on, try again, remove",
           "Service", needs=("service",)),
    Action("reload", "", "", "reload", "Read the configuration file again; only what differs changes", "Service",
           mutating=True, needs=("service",)),
    Action("review", "", "", "review…", "Was the router right? Your ratings against what was expected, surprises first",
           "Feedback", needs=("service",)),
    Action("dismiss", "x", "x", "dismiss", "Dismiss what the Attention line shows", "Dash", ("dash",)),
    Action("starter.get", "enter,g", "⏎", "get the model", "Get the starter model for the embedded engine", "First run",
           ("first_run",), 10, mutating=True, needs=("service",)),
    Action("starter.cancel", "x", "x", "cancel", "Stop getting the starter model", "First run", ("first_run",), 11,
           mutating=True),
    Action("starter.copy", "y", "y", "copy curl", "Copy a curl line that tries the router", "First run",
           ("first_run",), 12),
    Action("listen.next", "", "", "next port", "Serve on the next free port instead, and keep it", "Service",
           ("dash", "first_run"), mutating=True, needs=("service",)),
    Action("listen.watch", "w", "w", "watch it", "Watch the llmrouter that holds the port, and serve nothing here",
           "Service", ("dash", "first_run"), 5),
    Action("retry", "r", "r", "try again", "Try again to open a port that is taken, or to reach backends that are down",
           "Service", ("dash", "first_run"), 6, mutating=True, needs=("service",)),
    Action("backend.add", "A", "A", "add backend", "Add a backend by its address; the server is asked which kind it is",
           "Service", ("dash", "models", "first_run"), 26, mutating=True, needs=("service",)),
    Action("rate.faster", "plus,equals_sign", "+", "faster", "Refresh the screen more often", "Screen"),
    Action("rate.slower", "minus", "-", "slower", "Refresh the screen less often", "Screen"),
    Action("refresh", "ctrl+r", "^r", "refresh", "Read everything afresh from the router", "Screen"),
    Action("restart", "R", "R", "restart", "Start the proxy again after it stopped", "Service"),
    Action("details", "i", "i", "details", "The whole error, when something is wrong", "Service"),
    Action("theme", "", "", "theme", "Choose the colours", "Screen"),
    Action("screenshot", "", "", "screenshot", "Save this screen as SVG", "Screen"),
    Action("debug", "f12", "f12", "debug", "Figures about this screen itself", "Screen"),
    Action("quit", "q", "q", "quit", "Close what is open; at the top, quit (asks while answers run)", "Everywhere",
           footer=90),
)  # fmt: skip

BY_ID = {action.id: action for action in ACTIONS}


def elsewhere(acts: Iterable[Action]) -> dict[str, Action]:
    """Keys that do nothing where only ``acts`` work, with the act that each does in other places."""
    here = {key for action in acts for key in action.keys.split(",")}
    found: dict[str, Action] = {}
    for action in ACTIONS:
        for key in action.keys.split(","):
            if key and key not in here and any(place in PAGES for place in action.pages):
                found.setdefault(key, action)
    return found


_EXCHANGE_REASONS = {
    "exchange": "no exchange is selected",
    "finished": "the answer is still being written",
    "prompt": "the prompt was not kept (privacy policy)",
    "rating": "you have not rated it",
}


def available(page: str, pages: Iterable[str], *, readonly: bool = False) -> list[Action]:
    """The acts that exist on ``page`` when only ``pages`` are there; ``readonly`` leaves out what changes something."""
    known = set(pages)
    return [
        action
        for action in ACTIONS
        if (not action.pages or page in action.pages)
        and not (readonly and action.mutating)
        and (not action.id.startswith("page.") or action.id[5:] in known or action.id[5:] in ("previous", "next"))
    ]


def footer(page: str, pages: Iterable[str], *, readonly: bool = False) -> list[Action]:
    """The acts of the footer line, in order."""
    shown = [action for action in available(page, pages, readonly=readonly) if action.footer]
    return sorted(shown, key=lambda action: action.footer)


def why_not(action: Action, situation: Situation) -> str:
    """Why the act cannot be done now, in words; empty when it can."""
    if action.mutating and situation.readonly:
        return "this screen is read-only"
    own = situation.reasons.get(action.id, "")
    if own:
        return own
    for need in action.needs:
        if need == "service" and not situation.ready:
            return "the router does not answer yet"
        if need == "model" and situation.model is None:
            return "no model is selected"
        if need in _EXCHANGE_REASONS and not _has(need, situation.exchange):
            return _EXCHANGE_REASONS[need]
    return ""


def _has(need: str, exchange: Exchange | None) -> bool:
    if exchange is None:
        return False
    if need == "finished":
        return exchange.outcome != "running"
    if need == "prompt":
        return bool(exchange.prompt)
    return exchange.rating is not None if need == "rating" else True


def markdown_table(pages: Iterable[str] = PAGES) -> str:
    """The keys as a Markdown table, for the README."""
    lines = ["| Key | Does | Where |", "|---|---|---|"]
    known = list(pages)
    for action in ACTIONS:
        if not action.show or (action.id.startswith("page.") and action.id[5:] in PAGES and action.id[5:] not in known):
            continue
        where = ", ".join(PLACES[page] for page in action.pages if page in known or page not in PAGES) or "everywhere"
        key = action.show.replace("|", "\\|")
        lines.append(f"| `{key}` | {action.description} | {where} |")
    return "\n".join(lines) + "\n"
