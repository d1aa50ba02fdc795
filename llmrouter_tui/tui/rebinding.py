"""Keys of a person's own, from ``[keys]`` of the configuration: what each act answers to then, and what is wrong with
them, in words. Pure.

A key does one thing in one place: where a key of one's own is already another act's there, the other act loses it.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Final

from llmrouter_tui.tui import actions
from llmrouter_tui.tui.actions import ACTIONS, BY_ID, PAGES, PLACES, Action

FIXED: Final[Mapping[str, str]] = {
    **dict.fromkeys(("j", "k", "g", "G", "up", "down", "home", "end"), "moves in every list"),
    **dict.fromkeys(("pageup", "pagedown", "ctrl+d", "ctrl+u"), "moves in every list"),
    **dict.fromkeys(("tab", "shift+tab"), "goes to the next pane"),
    "enter": "opens what is selected",
    "ctrl+c": "copies a selection and leaves",
}
"""Keys that no act can be given, and what they do."""
MODIFIERS: Final = ("ctrl", "shift", "alt", "meta", "super", "hyper")
NAMED: Final = frozenset(
    ("space", "escape", "backspace", "delete", "insert", "enter", "tab", "up", "down", "left", "right", "home", "end",
     "pageup", "pagedown")
) | {f"f{number}" for number in range(1, 25)}  # fmt: skip
"""Keys that are no character."""
_OTHER_NAMES: Final = {
    "solidus": "slash", "reverse_solidus": "backslash", "commercial_at": "at", "hyphen_minus": "minus",
    "plus_sign": "plus", "low_line": "underscore",
}  # fmt: skip
"""Characters that Textual calls otherwise than Unicode does."""
_UNICODE_NAMES: Final = {name: full for full, name in _OTHER_NAMES.items()}


def key_name(written: str) -> str:
    """A key as Textual names it, from how people write it: ``?``, ``U``, ``ctrl+g``, ``f5``; empty: there is none."""
    *before, base = written.split("+") if len(written) > 1 and not written.endswith("+") else [written]
    modifiers = [part.lower() for part in before]
    if any(part not in MODIFIERS for part in modifiers):
        return ""
    if len(base) == 1 and not base.isalnum():
        full = unicodedata.name(base, "").lower().replace("-", "_").replace(" ", "_")
        base = _OTHER_NAMES.get(full, full)
    elif len(base) > 1:
        base = base.lower()
        if base not in NAMED and not _character(base):
            return ""
    if "shift" in modifiers and len(base) == 1 and base.isalpha():
        modifiers.remove("shift")
        base = base.upper()
    return "+".join([*modifiers, base]) if base else ""


def _character(name: str) -> str:
    """The character that a key's long name stands for; empty for none."""
    full = _UNICODE_NAMES.get(name, name).replace("_", " ")
    for spelled in (full, full.replace("hyphen minus", "hyphen-minus")):
        try:
            return unicodedata.lookup(spelled)
        except KeyError:
            continue
    return ""


_SHOWN: Final = {action.keys.partition(",")[0]: action.show for action in ACTIONS if action.keys}


def shown(key: str) -> str:
    """A key as people read it: ``?``, ``^g``."""
    if key in _SHOWN:
        return _SHOWN[key]
    if key.startswith("ctrl+") and len(key) == 6:
        return f"^{key[5:]}"
    return _character(key) or key if len(key) > 1 else key


def no_text(keys: str) -> str:
    """The first of an act's keys that puts no text into a field; empty where all do."""
    return next((key for key in keys.split(",") if "+" in key or key in NAMED - {"space", "enter"}), "")


@dataclass(frozen=True, slots=True)
class Rebound:
    """The registry of acts with a person's own keys."""

    acts: tuple[Action, ...] = ACTIONS
    own: frozenset[str] = frozenset()
    """Ids of the acts whose keys were changed."""
    problems: tuple[str, ...] = ()
    """What is wrong with the keys asked for, a sentence each."""

    def available(
        self, page: str, pages: Iterable[str], *, readonly: bool = False, replay: bool = False
    ) -> list[Action]:
        """As ``actions.available``, each key of one's own left to one act."""
        here = actions.available(page, pages, readonly=readonly, replay=replay, acts=self.acts)
        if not self.own:
            return here
        taken = _owners(here, self.own)
        return [_without(act, {key for key, owner in taken.items() if owner is not act}) for act in here]

    def shown(self, act: str) -> str:
        """The key of an act as people read it."""
        return next(action.show for action in self.acts if action.id == act)


def _owners(acts: Sequence[Action], own: frozenset[str]) -> dict[str, Action]:
    """Keys that somebody chose, and the act that has each: the first in the registry."""
    taken: dict[str, Action] = {}
    for act in acts:
        if act.id in own:
            for key in act.keys.split(","):
                taken.setdefault(key, act)
    return taken


def _without(act: Action, lost: set[str]) -> Action:
    keys = act.keys.split(",")
    left = [key for key in keys if key not in lost]
    if len(left) == len(keys):
        return act
    return replace(act, keys=",".join(left), show=shown(left[0]) if left else "")


def nearest(said: str) -> str:
    """The id of the act that may be meant: one that is described by all these words, else the one spelt most alike."""
    words = set(_words(said))

    def alike(act: Action) -> tuple[bool, float]:
        described = words <= {*_words(act.id), *_words(act.label), *_words(act.description)}
        return described, SequenceMatcher(None, act.id, said.lower()).ratio()

    return max(ACTIONS, key=alike).id


def _words(said: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", said.lower())


def rebind(keys: Mapping[str, str]) -> Rebound:
    """The acts with these keys: act ids to one or more keys, comma between them."""
    problems: list[str] = []
    chosen: dict[str, tuple[str, ...]] = {}
    for act, written in keys.items():
        if act not in BY_ID:
            problems.append(f"[keys] {act}: there is no such act; the nearest is {nearest(act)}.")
        elif names := _read(act, written, problems):
            chosen[act] = names
    acts = tuple(
        replace(action, keys=",".join(chosen[action.id]), show=shown(chosen[action.id][0]))
        if action.id in chosen
        else action
        for action in ACTIONS
    )
    rebound = Rebound(acts, frozenset(chosen))
    return replace(rebound, problems=(*problems, *_clashes(rebound)))


def _read(act: str, written: str, problems: list[str]) -> tuple[str, ...]:
    names: list[str] = []
    for part in [written] if written == "," else written.split(","):
        name = key_name(part.strip())
        if not name:
            problems.append(f"[keys] {act}: {part.strip()!r} is no key; write it as u, U, ?, ctrl+g or f5.")
        elif name in FIXED:
            problems.append(f"[keys] {act}: {part.strip()} {FIXED[name]} and cannot be given away.")
        else:
            names.append(name)
    return tuple(dict.fromkeys(names))


def _clashes(rebound: Rebound) -> list[str]:
    """Each pair of acts that meet on a key in one place, and which of the two has it."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for place, title in PLACES.items():
        for replay in (False, True):
            here = actions.available(place, PAGES, replay=replay, acts=rebound.acts)
            for key, owner in _owners(here, rebound.own).items():
                for act in here:
                    if act is not owner and key in act.keys.split(","):
                        places = found.setdefault((key, owner.id, act.id), [])
                        places += [title] if title not in places else []
    return [
        f"[keys] {winner}: {shown(key)} is also the key of {loser} {_where(places)}; there it does {winner} only."
        for (key, winner, loser), places in found.items()
    ]


def _where(places: Sequence[str]) -> str:
    if len(places) == len(PLACES):
        return "everywhere"
    *others, last = places
    return f"on {', '.join(others)} and {last}" if others else f"on {last}"
