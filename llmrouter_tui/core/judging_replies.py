"""What a judge replied, read strictly: one number from 1 to 10 in the form that was asked for, or nothing.

Thinking, fences and words around the JSON are forgiven, two different verdicts are not: a judge that quotes an
answer's ``{"score": 10}`` beside its own is asked again.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, Final, Literal, NamedTuple

from llmrouter_tui.core.checking.text import spoken
from llmrouter_tui.core.grades import HIGHEST, LOWEST, Preferred

MOST_REASON: Final = 400
"""Characters of a reason that are kept."""
MOST_OBJECTS: Final = 50
"""Braces at which JSON is looked for in a reply."""

Letter = Literal["A", "B", "tie"]

_NUMBER = re.compile(r"(\d{1,2}(?:\.\d{1,3})?)(?:\s*/\s*10(?:\.0)?)?")
_decode = json.JSONDecoder(parse_constant=lambda _: None).raw_decode


class Mark(NamedTuple):
    """A grade as it was given."""

    score: float
    reason: str


class Better(NamedTuple):
    """A comparison as it was given."""

    better: Letter
    reason: str


def read_mark(reply: str) -> Mark | None:
    """The grade in a reply; None where there is none that can be read, several, or one outside 1..10."""
    said = spoken(reply)
    found = [(_score(one["score"]), _reason(one)) for one in _objects(said) if "score" in one]
    if not found and (bare := _NUMBER.fullmatch(said.strip().strip("`*").strip())):
        found = [(_score(bare[0]), "")]
    scores = {score for score, _ in found}
    if len(scores) != 1 or (score := found[0][0]) is None:
        return None
    return Mark(score, next((reason for _, reason in reversed(found) if reason), ""))


def read_better(reply: str) -> Better | None:
    """The verdict in a reply; None where there is none that can be read, or several."""
    found = [(_letter(one["better"]), _reason(one)) for one in _objects(spoken(reply)) if "better" in one]
    letters = {letter for letter, _ in found}
    if len(letters) != 1 or (letter := found[0][0]) is None:
        return None
    return Better(letter, next((reason for _, reason in reversed(found) if reason), ""))


def combined(forward: Letter, swapped: Letter) -> tuple[Preferred, bool]:
    """(who is better, whether the order decided) of a verdict with the first answer as A and one with it as B: a
    preference that does not survive the swap is none."""
    there, back = meant(forward), meant(swapped, swapped=True)
    return (there, False) if there == back else ("tie", True)


def meant(letter: Letter, *, swapped: bool = False) -> Preferred:
    """Who is better by a verdict; ``swapped``: the first answer was shown as B."""
    if letter == "tie":
        return "tie"
    return "first" if (letter == "A") is not swapped else "second"


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """The JSON objects that stand in a text, not those within them."""
    at, looks = text.find("{"), 0
    while at >= 0 and looks < MOST_OBJECTS:
        looks += 1
        try:
            found, end = _decode(text, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            if isinstance(found, dict):
                yield found
        at = text.find("{", end)


def _score(given: object) -> float | None:
    if isinstance(given, str):
        number = _NUMBER.fullmatch(given.strip())
        given = float(number[1]) if number else None
    if isinstance(given, bool) or not isinstance(given, int | float):
        return None
    return float(given) if LOWEST <= given <= HIGHEST else None


def _letter(given: object) -> Letter | None:
    plain = given.strip().casefold() if isinstance(given, str) else ""
    letters: dict[str, Letter] = {"a": "A", "b": "B", "tie": "tie", "answer a": "A", "answer b": "B"}
    return letters.get(plain)


def _reason(found: dict[str, Any]) -> str:
    given = found.get("reason")
    words = " ".join(given.split()) if isinstance(given, str) else ""
    return words if len(words) <= MOST_REASON else words[: MOST_REASON - 1] + "…"
