"""Modes of thinking: what a name says of them, and in which one a model is run here. Pure.

The catalog's figures of a model are those of the mode that its makers run it in by default; figures of its other modes
(``thinking``, ``non_thinking``, an effort such as ``low``) stand beside them.
"""

import re
from typing import Final

from llmrouter_tui.core.catalog import NOT_THINKING, THINKING, Entry
from llmrouter_tui.core.domain import ModelInfo

EFFORTS: Final = frozenset({"minimal", "low", "medium", "high", "xhigh", "max"})
ALSO_NAMES: Final = frozenset({"low", "medium", "max"})
"""Efforts that also end the names of models (``mistral-medium``, ``qwen3-max``): taken for an effort only of a model
that is known to have efforts."""

_EFFORT = "minimal|low|medium|high|xhigh|max"
_TAIL = re.compile(
    r"(?:[-_ :]\(?|\()(?:"
    r"(?P<off>non?[-_]?think(?:ing)?|non-?reasoning|thinking-off)"
    r"|(?P<on>thinking-auto|think(?:ing)?|reasoning)"
    rf"|(?P<glued>{_EFFORT})thinking"
    rf"|(?P<effort>{_EFFORT})(?:-effort)?"
    r"|(?P<budget>\d{1,3}k)"
    r")\)?$",
    re.I,
)
_BOTH = re.compile(rf" ?\((thinking|reasoning)-({_EFFORT})\)$", re.I)


def split_mode(name: str) -> tuple[str, str]:
    """The name without what it says of the mode at its end, and that mode: ``…-thinking-32k`` is ``thinking``,
    ``…-high`` an effort, both together ``thinking_high``. Empty where it says nothing."""
    rest = _BOTH.sub(r"-\1-\2", name)
    thinking = effort = ""
    while match := _TAIL.search(rest):
        said = (match["effort"] or match["glued"] or "").lower()
        if said and effort:
            break  # the other one is part of the name: gpt-5.1-codex-max-high
        rest = rest[: match.start()].rstrip("-_: ")
        effort = effort or said
        if match["off"]:
            thinking = NOT_THINKING
        elif match["on"]:
            thinking = thinking or THINKING
    mode = "_".join(part for part in (thinking, effort) if part)
    return (rest, mode) if mode and rest else (name, "")


def settled(mode: str, entry: Entry | None) -> str | None:
    """A mode as the catalog has it: empty where it is the model's default one, None where the model cannot have it,
    so that the name means another model.

    A thinking model of which the catalog knows no other mode called ``thinking`` thinks by default; one that it knows
    thinking as another mode does not. With efforts it runs at the high one, unless that is another mode as well.
    """
    if entry is None or not mode:
        return mode
    known = entry.modes.keys()
    thinking, effort = _parts(mode)
    if thinking == THINKING and not entry.thinks:
        return None
    if effort in ALSO_NAMES and not thinking and not known & EFFORTS:
        return None
    if thinking == THINKING and effort:  # boards differ in whether they say that a model with efforts thinks
        mode = THINKING if effort == "high" else effort if effort in known else mode
    if mode == "high" and entry.thinks and not known & EFFORTS:
        mode = THINKING
    if mode in (THINKING, "high") and mode not in known:
        return ""
    if mode == NOT_THINKING and mode not in known and THINKING in known:
        return ""
    return mode


def _parts(mode: str) -> tuple[str, str]:
    for thinking in (NOT_THINKING, THINKING):
        if mode.startswith(thinking):
            return thinking, mode.removeprefix(thinking).removeprefix("_")
    return "", mode


def may_be(mode: str, entry: Entry) -> bool:
    """Whether a name that says ``mode`` behind the name of ``entry`` can mean that model, run so. An effort is only
    taken for one of a model that has efforts: ``-high`` may be anything of a file's name."""
    thinking, _ = _parts(mode)
    return settled(mode, entry) is not None and bool(thinking or entry.modes.keys() & EFFORTS)


def run_in(entry: Entry, said: str, info: ModelInfo, kind: str) -> str:
    """The mode in which a model that is this entry answers on a backend of ``kind`` when a client asks for none; empty
    for the catalog's default one. ``said`` is what its name says.

    Ollama lets every model think that can, unless it is told otherwise; other servers leave it to the model's own
    template, whose default is the makers'.
    """
    if not said and kind == "ollama" and "thinking" in info.capabilities:
        said = THINKING
    mode = settled(said, entry) or ""
    return mode if mode in entry.modes or (mode == NOT_THINKING and entry.thinks) else ""


def mode_words(mode: str) -> str:
    """``run thinking``, for people; empty for the usual mode."""
    if not mode:
        return ""
    return {THINKING: "run thinking", NOT_THINKING: "run without thinking"}.get(mode, f"run with effort {mode}")
