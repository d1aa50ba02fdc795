"""Which two models are to be compared, as text: who could be, with how much they answered, and the keys. Pure."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from llmrouter_tui.core.ability import is_embedding
from llmrouter_tui.core.domain import TASKS
from llmrouter_tui.core.profile import Profiles
from llmrouter_tui.tui import format as fmt
from llmrouter_tui.tui import text
from llmrouter_tui.tui.prose import soft
from llmrouter_tui.tui.state import Store
from llmrouter_tui.tui.text import Line, Look

Name = Callable[[str], str]
OPEN = 14
LEAST, MOST = 46, 64


class Rival(NamedTuple):
    """A model that could be compared, and how many open prompts it answered."""

    model: str
    answers: int


def rivals(store: Store, found: Profiles | None) -> dict[str, Rival]:
    """Those that answered most come first; by id."""
    known = {profile.model: profile.ungraded for profile in found.models} if found else {}
    here = [model.id for model in store.models.values() if not is_embedding(model.info)]
    ranked = sorted(
        {*here, *(model for model, many in known.items() if many)}, key=lambda id_: (-known.get(id_, 0), id_)
    )
    return {id_: Rival(id_, known.get(id_, 0)) for id_ in ranked}


def next_task(task: str) -> str:
    """All, then one after the other."""
    order = ("", *TASKS)
    return order[(order.index(task) + 1) % len(order)]


def cells(shown: Iterable[Rival], name: Name, most: int) -> int:
    """How wide the list is."""
    longest = max((text.width(name(rival.model)) for rival in shown), default=0)
    return min(most, max(LEAST, min(MOST, longest + OPEN + 4)))


def head(cells: int) -> Line:
    """Titles of the list."""
    return ((text.left("  MODEL", cells - OPEN) + text.right("OPEN ANSWERS", OPEN), "head"),)


def row(rival: Rival, cells: int, look: Look, name: Name, *, marked: bool) -> Line:
    """``● qwen3:32b   18``"""
    size = cells - OPEN - 2
    return (
        (f"{look.symbols.up} " if marked else "  ", "key"),
        (text.left(fmt.short_model(name(rival.model), size, look.symbols.ellipsis), size), "strong" if marked else ""),
        (text.right(str(rival.answers) if rival.answers else look.symbols.none, OPEN), "" if rival.answers else "dim"),
    )


def words(marked: Sequence[str], task: str, refused: str, cells: int) -> list[Line]:
    """What would be compared, and the keys."""
    what = f"{' and '.join(marked) or 'Nobody yet'}: {task or 'all tasks'}"
    keys: Line = (("space ", "key"), ("mark  ", "soft"), ("t ", "key"), ("task  ", "soft"), ("⏎ ", "key"),
                  ("compare  ", "soft"), ("esc ", "key"), ("back", "soft"))  # fmt: skip
    said = (
        ((refused, "bad"),) if refused else soft("Where both answered, in both orders: two calls a prompt.", cells)[0]
    )
    return [(), text.clip_line(((what, "strong"),), cells), text.clip_line(said, cells), keys]
