"""Settings as text: a line each, all that is to know of one, and what a person types turned into a value. Pure."""

import re
from collections.abc import Mapping, Sequence

from llmrouter_tui.core.decision import Setting
from llmrouter_tui.core.forms import Form
from llmrouter_tui.tui import text
from llmrouter_tui.tui.text import Line, Look

GROUP, NAME, FROM = 10, 29, 12
"""Cells of all columns but the value's, where there is room."""
ROOMY, WIDE = 72, 96
"""Cells from which there is; and for groups too."""
SOURCES = {
    "flag": "an option",
    "environment": "a variable",
    "set": "set here",
    "file": "the file",
    "default": "default",
}
BRIEF = {"flag": "option", "environment": "variable", "set": "here", "file": "file", "default": ""}
OWN = {"keys": "key", "backends": "backend", "rules": "rule"}
"""Kinds that are edited one by one, and what one is called."""
READONLY = "This screen is read-only."


def form_of(setting: Setting) -> Form:
    """How it is filled in; of a router that does not say so, as text."""
    return setting.form or Form("")


# ── which ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def found(settings: Mapping[str, Setting], query: str) -> list[str]:
    """The keys of the settings in which all words of a query occur: in the name, the value, the source or the words."""
    words = query.casefold().split()
    return [key for key, one in settings.items() if all(word in _said(one) for word in words)]


def firsts(settings: Mapping[str, Setting], keys: Sequence[str]) -> frozenset[str]:
    """Of the settings listed, those that begin a group."""
    groups = [form_of(settings[key]).group for key in keys]
    return frozenset(key for at, key in enumerate(keys) if at == 0 or groups[at] != groups[at - 1])


def _said(setting: Setting) -> str:
    source = SOURCES[setting.origin]
    form = form_of(setting)
    return f"{setting.key} {form.group} {form.doc} {value(setting)} {source} {setting.held}".casefold()


# ── one line ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _columns(cells: int) -> tuple[int, int, int, int]:
    group = GROUP if cells >= WIDE else 0
    name, source = (NAME, FROM) if cells >= ROOMY else (27, 9)
    return group, name, cells - group - name - source - 2, source


def head(cells: int) -> Line:
    """The titles of the list."""
    group, name, shown, source = _columns(cells)
    titles = f"{text.left('SETTING', name)} {text.left('VALUE', shown)} {text.left('FROM', source)}"
    return ((f"{' ' * group}{titles}", "head"),)


def row(setting: Setting, cells: int, look: Look, *, first: bool = False, asked: bool = False) -> Line:
    """``Choosing  quality_preference  0.7  set here``; ``first`` of its group; ``asked``: it is being changed."""
    group, name, room, source = _columns(cells)
    dots = look.symbols.ellipsis
    held = bool(setting.held or (form_of(setting).fixed and not is_own(setting)))
    now = text.tame(value(setting))
    if setting.waits:
        now = f"{now} {look.symbols.arrow} {text.tame(value(setting, setting.kept))} after a restart"
    shown = f"{now}{dots if asked else ''}"
    where = SOURCES[setting.origin] if cells >= ROOMY else BRIEF[setting.origin]
    ink = "run" if asked else "warn" if setting.waits else "strong" if setting.origin != "default" else "soft"
    return (
        (text.left(form_of(setting).group if first else "", group), "title"),
        (f"{text.left(setting.key, name, dots)} ", "dim" if held else ""),
        (f"{text.left(shown, room, dots)} ", "dim" if held else ink),
        (text.left(where, source, dots), "dim" if setting.origin == "default" else "soft"),
    )


def is_own(setting: Setting) -> bool:
    """Whether it is a list that is edited one by one."""
    return form_of(setting).kind in OWN


def value(setting: Setting, given: object = ...) -> str:
    """A value in words; that in force where none is ``given``."""
    it = setting.value if given is ... else given
    kind = form_of(setting).kind
    if setting.secret:
        return "set" if it else "not set"
    if it is None:
        return form_of(setting).nothing or "none"
    if isinstance(it, bool):
        return "on" if it else "off"
    if isinstance(it, float):
        return f"{it:g}"
    if kind in OWN and isinstance(it, Sequence) and not isinstance(it, str):
        return f"{len(it) or 'no'} {OWN[kind]}{'s' if len(it) != 1 else ''}"
    if isinstance(it, Mapping):
        return f"{len(it)} of them" if it else "none"
    if isinstance(it, Sequence) and not isinstance(it, str):
        return ", ".join(map(str, it)) or "none"
    return str(it) or "empty"


# ── all of one ────────────────────────────────────────────────────────────────────────────────────────────────────


def about(setting: Setting | None, cells: int, *, refused: str = "", readonly: bool = False) -> list[Line]:
    """What it means, what it may be, where it stands, and what was refused."""
    if setting is None:
        return [(("Nothing matches; esc clears the filter.", "soft"),)]
    said = [(f"{form_of(setting).doc}", "")]
    if bounds := must(setting):
        said.append((bounds, "soft"))
    said.append(READONLY_LINE if readonly else _standing(setting))
    if refused:
        said.append((refused, "bad"))
    return [((part, role),) for words, role in said for part in text.wrap(text.tame(words), cells)]


READONLY_LINE = (READONLY, "soft")


def must(setting: Setting) -> str:
    """``Must be a number from 0 to 1.``"""
    form = form_of(setting)
    if form.fixed or form.kind == "switch" or is_own(setting) or not form.must:
        return ""
    words = form.must
    if form.kind == "list":
        words = "must be texts with commas between them"
    elif form.choices:
        words = f"must be one of {', '.join(form.choices)}"
    elif form.nothing:
        words = f"{words}, or {form.nothing}"
    return f"{words[0].upper()}{words[1:]}."


def _standing(setting: Setting) -> tuple[str, str]:
    """Where its value comes from, and what can be done about it, in a sentence; and its role."""
    form = form_of(setting)
    if setting.held:
        what = "the option" if setting.origin == "flag" else "the environment variable"
        return f"Held by {what} {setting.held}: start llmrouter-tui without it to change it here.", "warn"
    if is_own(setting):
        return "⏎ lists them; each change counts at once.", "soft"
    if form.fixed:
        return f"Not changed here: {form.fixed}.", "warn"
    when = "A change counts at once." if form.live else "A change counts after a restart."
    if setting.origin == "set":
        back = value(setting, setting.otherwise)
        source = {"file": ", as the file says"}.get(setting.otherwise_from, ", the default")
        return f"Set here; del takes it back to {back}{source}. {when}", "soft"
    return f"{'The file says so' if setting.origin == 'file' else 'The default'}. {when}", "soft"


# ── typing ────────────────────────────────────────────────────────────────────────────────────────────────────────


def written(setting: Setting) -> str:
    """The value as it is typed: that which will hold."""
    it = setting.kept if setting.waits else setting.value
    if it is None:
        return form_of(setting).nothing
    if isinstance(it, Sequence) and not isinstance(it, str):
        return ", ".join(map(str, it))
    if isinstance(it, float):
        return repr(it).removesuffix(".0")
    return str(it).replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")


def read(setting: Setting, typed: str) -> object:
    """What was typed as the router takes it; what makes no sense there is left as it is, and told by the router."""
    match form_of(setting).kind:
        case "number":
            return _number(typed.strip())
        case "list":
            return [item.strip() for item in typed.split(",") if item.strip()]
        case "switch" | "choice":
            return {"true": True, "false": False}.get(typed, typed)
    return re.sub(r"\\([\\nt])", lambda found: {"n": "\n", "t": "\t"}.get(found[1], found[1]), typed)


def _number(typed: str) -> object:
    for kind in (int, float):
        try:
            return kind(typed)
        except ValueError:
            continue
    return typed
