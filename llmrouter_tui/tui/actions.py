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
    "ask": ("7", "Ask"),
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
    replay: bool = False
    """Only where a recording is played."""
    needs: tuple[str, ...] = ()
    """What must be there: ``exchange``, ``finished``, ``prompt``, ``rating``, ``session``, ``model``, ``service``."""

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
RATED = (*LISTS, "models", "judge", "ask")
RATE = ("exchange", "finished", "service")
RATINGS = frozenset({"good", "bad", "note"})
"""Acts that rate an answer."""

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
    Action("note", "n", "n", "note", "Write a note on your rating; rates it first where you have not", "Feedback",
           RATED, 22, mutating=True, needs=RATE),
    Action("clear", "0", "0", "clear", "Take your rating back", "Feedback", RATED, mutating=True,
           needs=(*RATE, "rating")),
    Action("again", "r", "r", "decide", "Decide again: which model would get this prompt today?", "Routes",
           ("routes",), 30, needs=("exchange", "prompt", "service")),
    Action("copy", "y", "y", "copy", "Copy the prompt, the answer, the id, a curl line or the address", "List",
           (*LISTS, "ask"), 31),
    Action("ask.with", "a", "a", "ask again", "Take the prompt of the selected exchange to Ask, to ask another model",
           "Ask", LISTS, 41, needs=("exchange", "prompt")),
    Action("ask.send", "ctrl+j", "^j", "send", "Send the prompt, also while you write it", "Ask", ("ask",), 3,
           mutating=True, needs=("service",)),
    Action("ask.write", "enter", "⏎", "write", "Write the prompt; up and down at its ends recall earlier ones, esc "
           "leaves it", "Ask", ("ask",), 4),
    Action("vote.first", "left,A", "←", "A better", "Of the compared answers A is the best", "Ask", ("ask",), 5,
           mutating=True, needs=("service",)),
    Action("vote.second", "right,B", "→", "B better", "Of the compared answers B is the best", "Ask", ("ask",), 6,
           mutating=True, needs=("service",)),
    Action("vote.third", "C", "C", "C better", "Of three compared answers C is the best", "Ask", ("ask",), 7,
           mutating=True, needs=("service",)),
    Action("vote.tie", "t", "t", "tie", "The compared answers are equally good", "Ask", ("ask",), 8, mutating=True,
           needs=("service",)),
    Action("vote.bad", "x", "x", "all bad", "None of the compared answers is good", "Ask", ("ask",), 9, mutating=True,
           needs=("service",)),
    Action("ask.stop", "s", "s", "stop", "Stop the answers that are being written, as esc does", "Ask", ("ask",), 12,
           mutating=True),
    Action("ask.compare", "c", "c", "compare", "Compare two or three models, their names hidden until you vote, or ask "
           "one", "Ask", ("ask",), 23, mutating=True),
    Action("ask.models", "m", "m", "models", "Pick who answers, or exclude models", "Ask", ("ask",), 25),
    Action("ask.system", "S", "S", "system", "Set a system prompt, which stands before every prompt", "Ask", ("ask",),
           28),
    Action("ask.image", "f", "f", "image", "Attach an image file to the prompt", "Ask", ("ask",), 29),
    Action("ask.another", "a", "a", "another", "Ask another model the same, its answer beside the others", "Ask",
           ("ask",), 24, mutating=True, needs=("service",)),
    Action("model.open", "", "⏎", "open", "Everything about the selected model, scores and their sources", "Models",
           ("models",), 11, needs=("model",)),
    Action("model.requests", "v", "v", "its requests", "Go to all requests that the selected model answered", "Models",
           ("models",), 12, needs=("model", "service")),
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
           "after a restart: frees the GPU for a game or other work (asks while answers are written)", "Models",
           ("vram",), 24, mutating=True, destructive=True, needs=("service",)),
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
    Action("request.show", "v", "v", "its request", "Go to the request: whose answer was graded, or which made a model "
           "load", "Judge", ("vram", "judge"), 34, needs=("service",)),
    Action("judge.compare", "C", "C", "compare", "Whom the judge prefers of two models, answer beside answer; have it "
           "compare two", "Judge", ("models", "profile", "judge"), 29, needs=("service",)),
    Action("judge.choose", "c", "c", "judge", "Choose who judges, or nobody", "Judge", ("judge",), 25, mutating=True,
           needs=("service",)),
    Action("judge.pause", "s", "s", "pause", "Let the judge rest, or go on", "Judge", ("judge",), 26, mutating=True,
           needs=("service",)),
    Action("log.open", "enter", "⏎", "its request", "Go to the request that the selected line is about", "Log",
           ("log",), 11, needs=("service",)),
    Action("log.follow", "f", "f", "follow", "Follow the newest line, or hold still", "Log", ("log",), 20),
    Action("log.wrap", "w", "w", "wrap", "Break long lines, or cut them off", "Log", ("log",), 21),
    Action("log.time", "t", "t", "time", "Tell times to the second, to the millisecond, with the date", "Log", ("log",),
           22),
    Action("log.level", "v", "v", "level", "List info and above, warnings and above, errors, everything", "Log",
           ("log",), 23),
    Action("log.copy", "y", "y", "copy line", "Copy the selected line", "Log", ("log",), 24),
    Action("pause", "p", "p", "pause", "Hold the list still; data keeps arriving", "List", LISTS, 40),
    Action("history.go", "t", "t", "go to time", "Go to a time in the history: 2h ago, 14:00, yesterday, 2026-11-20; G "
           "goes to its beginning, g or esc back to the newest", "List", LISTS),
    Action("sort.left", "comma", ",", "sort", "Order by the column to the left", "List",
           (*LISTS, "models", "profile", "judge")),
    Action("sort.right", "full_stop", ".", "sort", "Order by the column to the right", "List",
           (*LISTS, "models", "profile", "judge")),
    Action("sort.reverse", "o", "o", "reverse", "The same order the other way round", "List", (*LISTS, "models")),
    Action("trends", "T", "T", "plots", "Plots of requests, TTFT, tokens/s, swaps, memory and temperature, from "
           "ten minutes to thirty days", "Everywhere", needs=("service",)),
    Action("abilities", "Q", "Q", "abilities", "How good each model is at a task and how sure that is, as a plot; or "
           "one model at every task", "Models", needs=("service",)),
    Action("zoom", "z", "z", "zoom", "Show the focused pane alone, and back", "Everywhere", footer=50),
    Action("prefer.speed", "left_curly_bracket,shift+left", "{", "faster", "Prefer speed a little more", "Preference",
           LISTS, mutating=True, needs=("service",)),
    Action("prefer.quality", "right_curly_bracket,shift+right", "}", "better", "Prefer quality a little more",
           "Preference", LISTS, mutating=True, needs=("service",)),
    Action("keep.in", "H", "H", "local only", "Keep every prompt on this machine: what runs elsewhere is not asked; "
           "again to let it", "Preference", mutating=True, needs=("service",)),
    Action("spend", "dollar_sign", "$", "spend", "What was paid, by day, model and purpose, beside the budgets",
           "Preference", needs=("service",)),
    Action("whatif", "w", "w", "what if", "Quality against speed: which of the last 500 choices would change, before "
           "you apply it", "Preference", ("routes",), 48, needs=("service",)),
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
    Action("leaderboard", "W", "W", "who wins", "Leaderboard: which models your votes prefer, of all tasks or of one, "
           "and how sure that is", "Feedback", needs=("service",)),
    Action("forget.one", "", "", "forget", "Forget what was said in the selected exchange: its texts leave the "
           "database for good, its figures stay (asks first)", "Feedback", LISTS, mutating=True, destructive=True,
           needs=RATE),
    Action("forget.session", "", "", "forget chat", "Forget what was said in the conversation of the selected "
           "exchange (asks first)", "Feedback", LISTS, mutating=True, destructive=True, needs=(*RATE, "session")),
    Action("forget.all", "", "", "forget all", "Forget every prompt and answer that is stored; figures and ratings "
           "stay (asks first)", "Service", mutating=True, destructive=True, needs=("service",)),
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
    Action("replay.pause", "space", "space", "pause", "Stop the recording, or go on; at its end, start again", "Replay",
           footer=3, replay=True),
    Action("replay.slower", "less_than_sign", "<", "slower", "Play the recording slower", "Replay", footer=4,
           replay=True),
    Action("replay.faster", "greater_than_sign", ">", "faster", "Play the recording faster", "Replay", footer=5,
           replay=True),
    Action("replay.back", "left,shift+left", "←", "back", "Jump back: a minute, in a short recording ten seconds",
           "Replay", footer=6, replay=True),
    Action("replay.forward", "right,shift+right", "→", "forward", "Jump forward by as much", "Replay", footer=7,
           replay=True),
    Action("replay.go", "at", "@", "go to", "Show another time of the recording: 21:04, +5m, 50%", "Replay",
           footer=8, replay=True),
    Action("rate.faster", "plus,equals_sign", "+", "faster", "Refresh the screen more often", "Screen"),
    Action("rate.slower", "minus", "-", "slower", "Refresh the screen less often", "Screen"),
    Action("refresh", "ctrl+r", "^r", "refresh", "Read everything afresh from the router", "Screen"),
    Action("restart", "R", "R", "restart", "Start the proxy again after it stopped", "Service"),
    Action("details", "i", "i", "inbox", "Attention: all that needs you, since when; act on it, dismiss it", "Service"),
    Action("save", "ctrl+s", "^s", "save", "Save what the list shows as CSV or JSON lines, or the screen as SVG",
           "Screen"),
    Action("theme", "", "", "theme", "Choose the colours", "Screen"),
    Action("screenshot", "", "", "screenshot", "Save this screen as SVG", "Screen"),
    Action("debug", "f12", "f12", "debug", "Figures about this screen itself", "Screen"),
    Action("quit", "q", "q", "quit", "Close what is open; at the top, quit (asks while answers run)", "Everywhere",
           footer=90),
)  # fmt: skip

BY_ID = {action.id: action for action in ACTIONS}


def elsewhere(acts: Iterable[Action], known: Iterable[Action] = ACTIONS) -> dict[str, Action]:
    """Keys that do nothing where only ``acts`` work, with the act of ``known`` that each does in other places."""
    here = {key for action in acts for key in action.keys.split(",")}
    found: dict[str, Action] = {}
    for action in known:
        for key in action.keys.split(","):
            if key and key not in here and any(place in PAGES for place in action.pages):
                found.setdefault(key, action)
    return found


_EXCHANGE_REASONS = {
    "exchange": "no exchange is selected",
    "finished": "the answer is still being written",
    "prompt": "the prompt was not kept (privacy policy)",
    "rating": "you have not rated it",
    "session": "it belongs to no conversation",
}


def available(
    page: str, pages: Iterable[str], *, readonly: bool = False, replay: bool = False, acts: Iterable[Action] = ACTIONS
) -> list[Action]:
    """The acts that exist on ``page`` when only ``pages`` are there; ``readonly`` leaves out what changes something,
    ``replay`` says that a recording is played; ``acts`` is the registry, with other keys where somebody chose them."""
    known = set(pages)
    return [
        action
        for action in acts
        if (not action.pages or page in action.pages)
        and not (readonly and action.mutating)
        and not (action.replay and not replay)
        and (not action.id.startswith("page.") or action.id[5:] in known or action.id[5:] in ("previous", "next"))
    ]


def footer(acts: Iterable[Action]) -> list[Action]:
    """Those acts that the footer line has, in order."""
    return sorted((action for action in acts if action.footer and action.show), key=lambda action: action.footer)


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


def refusal(action: Action, reason: str) -> str:
    """What is said where an act cannot be done: ``decide: the prompt was not kept``."""
    return f"{'not rated' if action.id in RATINGS else action.label}: {reason}"


def _has(need: str, exchange: Exchange | None) -> bool:
    if exchange is None:
        return False
    if need == "finished":
        return exchange.outcome != "running"
    if need in ("prompt", "session"):
        return bool(getattr(exchange, need))
    return exchange.rating is not None if need == "rating" else True


def markdown_table(pages: Iterable[str] = PAGES) -> str:
    """The keys as a Markdown table, for the README."""
    lines = ["| Key | Does | Where | Name |", "|---|---|---|---|"]
    known = list(pages)
    for action in ACTIONS:
        if not action.show or (action.id.startswith("page.") and action.id[5:] in PAGES and action.id[5:] not in known):
            continue
        somewhere = "in a replay" if action.replay else "everywhere"
        where = ", ".join(PLACES[page] for page in action.pages if page in known or page not in PAGES) or somewhere
        key = action.show.replace("|", "\\|")
        lines.append(f"| `{key}` | {action.description} | {where} | `{action.id}` |")
    return "\n".join(lines) + "\n"
