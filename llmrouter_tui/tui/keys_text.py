"""Clients' keys as text: a line each, all of one, and what a person types for a new one turned into limits. Pure."""

from llmrouter_tui.core.keys import KeyView
from llmrouter_tui.tui import text
from llmrouter_tui.tui.text import Line, Look

NAME, MADE, USED, LIMIT = 18, 13, 9, 8
NOBODY = (
    "No key has a name. Without any key in force everybody who reaches the router may ask; with one, clients must send "
    "it as their API key."
)
LIMITS = (("rpm", "requests a minute"), ("tpm", "tokens a minute"), ("concurrent", "at the same time"))


def _roomy(cells: int) -> bool:
    return cells >= 76


def head(cells: int) -> Line:
    """The titles of the list."""
    titles = f"{text.left('NAME', NAME)}{text.left('MADE', MADE)}{text.left('USED', USED)}"
    if _roomy(cells):
        titles += "".join(text.right(title, LIMIT) for title in ("REQ/MIN", "TOK/MIN", "AT ONCE"))
    return ((text.clip(f"{titles}  MODELS", cells), "head"),)


def row(key: KeyView, now: float, cells: int, look: Look) -> Line:
    """``alice  2026-11-23  4m ago   30   any   —  qwen3*``"""
    dots, none = look.symbols.ellipsis, look.symbols.none
    limits = "".join(text.right(limit(n, none), LIMIT) for n in (key.rpm, key.tpm, key.concurrent))
    line: Line = (
        (f"{text.left(key.name, NAME - 1, dots)} ", "" if key.usable else "bad"),
        (text.left(made(key, look), MADE), "soft"),
        (text.left(f"{text.ago(now - key.used_at)} ago" if key.used_at else none, USED), "soft"),
        (limits if _roomy(cells) else "", ""),
        (f"  {text.tame(', '.join(key.models)) or 'all'}", "" if key.models else "soft"),
    )
    return text.clip_line(line, cells, dots)


def limit(count: int | None, none: str) -> str:
    """A limit of its own: a number, ``any``; ``none`` where the one for all holds."""
    return none if count is None else f"{count:,}" if count else "any"


def made(key: KeyView, look: Look) -> str:
    """The day; of one that was not made while a router ran, where it is."""
    return text.moment(key.made_at, look)[:10] if key.made_at else "in the file"


def about(key: KeyView | None, now: float, cells: int, look: Look) -> list[Line]:
    """One key in sentences."""
    if key is None:
        return [((part, "soft"),) for part in text.wrap(NOBODY, cells)]
    said: list[tuple[str, str]] = []
    if not key.usable:
        said.append(("It lets nobody in: the environment variable that should hold it is not set.", "bad"))
    said.append((f"It may ask for {text.tame(', '.join(key.models)) or 'all models'}.", ""))
    own = [f"{limit(getattr(key, name), '')} {words}" for name, words in LIMITS if getattr(key, name) is not None]
    said.append((f"Its own limits: {', '.join(own)}." if own else "Limits: those for all clients (Settings).", "soft"))
    when = f"last used {text.ago(now - key.used_at)} ago" if key.used_at else "not used as far as is known"
    where = f"Made {made(key, look)}" if key.made_at else "Named in the file"
    said.append((f"{where}; {when}.", "soft"))
    return [((part, role),) for words, role in said for part in text.wrap(words, cells)]


def count_of(typed: str, what: str) -> int | None:
    """A limit as typed: a whole number, 0 or ``any`` for none of its own; None where nothing is typed. Raises
    ``ValueError`` in words."""
    word = typed.strip().replace(",", "").replace("_", "").lower()
    if not word:
        return None
    if word == "any":
        return 0
    if not (word.isascii() and word.isdecimal() and len(word) < 10):
        raise ValueError(f"{what.capitalize()} must be a whole number, 0 for any number, or empty.")
    return int(word)


def models_of(typed: str) -> list[str]:
    """Names with commas between them."""
    return [name.strip() for name in typed.split(",") if name.strip()]
