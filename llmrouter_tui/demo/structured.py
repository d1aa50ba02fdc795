"""JSON that a simulated model answers with: tool calls, and objects in a wanted shape, filled from the prompt."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WORD = re.compile(r"[a-zäöüßéèà]{3,}")
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
QUOTED = re.compile(r"[\"“'`]([^\"”'`]{2,80})[\"”'`]")
PROPER = re.compile(r"(?<![.!?]\s)(?<!^)\b[A-ZÄÖÜ][\wäöüßé-]+(?: [A-ZÄÖÜ][\wäöüßé-]+)*")
MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.\w+)+")
DATE = re.compile(r"\d{4}-\d{2}-\d{2}|\b\d{1,2}\.? (?:January|February|March|April|May|June|July|August|September|"
                  r"October|November|December)(?: \d{4})?\b")  # fmt: skip
CLOCK = re.compile(r"\b\d{1,2}:\d{2}\b")
COMMON = frozenset(("the", "and", "for", "with", "from", "this", "that", "what", "which", "get", "set", "list", "find"))


@dataclass(frozen=True, slots=True)
class Call:
    """A tool the model wants to be called."""

    name: str
    arguments: Mapping[str, Any]

    @property
    def id(self) -> str:
        return "call_" + hashlib.sha256(f"{self.name}{self.arguments}".encode()).hexdigest()[:8]


def choose_call(tools: Sequence[Mapping[str, Any]], text: str) -> Call | None:
    """The offered tool that the text asks for, if any: words of its name count twice, of its description once."""
    stems = {word[:5] for word in WORD.findall(text.lower())} - COMMON
    best: tuple[int, Mapping[str, Any]] | None = None
    for tool in tools:
        function = tool.get("function")
        if not isinstance(function, Mapping):
            continue
        name = {word[:5] for word in WORD.findall(str(function.get("name", "")).lower())} - COMMON
        about = {word[:5] for word in WORD.findall(str(function.get("description", "")).lower())} - COMMON
        score = 2 * len(stems & name) + len(stems & about)
        if score >= 2 and (best is None or score > best[0]):
            best = score, function
    if best is None:
        return None
    function = best[1]
    arguments = fill(function.get("parameters") or {}, text)
    return Call(str(function.get("name", "")), arguments if isinstance(arguments, Mapping) else {})


def fill(schema: Any, text: str, name: str = "") -> Any:
    """A value in the shape of a JSON schema, as far as possible from the text."""
    if not isinstance(schema, Mapping):
        return None
    if isinstance(schema.get("enum"), Sequence) and schema["enum"]:
        said = [value for value in schema["enum"] if str(value).lower() in text.lower()]
        return (said or schema["enum"])[0]
    kind = schema.get("type", "object" if "properties" in schema else "string")
    if isinstance(kind, Sequence) and not isinstance(kind, str):
        kind = kind[0]
    if kind == "object":
        properties = schema.get("properties") or {}
        return {key: fill(value, text, str(key)) for key, value in properties.items()}
    if kind == "array":
        return _several(schema.get("items") or {}, text, name)
    if kind in ("number", "integer"):
        found = NUMBER.search(text)
        number = float(found.group()) if found else 1.0
        return int(number) if kind == "integer" or number.is_integer() else number
    if kind == "boolean":
        return " not " not in f" {text.lower()} "
    return None if kind == "null" else _string(text, name)


def facts(text: str) -> dict[str, Any]:
    """What stands out in a text, for a wish of JSON without a shape."""
    found: dict[str, Any] = {
        "names": _unique(PROPER.findall(text))[:6],
        "dates": _unique(DATE.findall(text)),
        "times": _unique(CLOCK.findall(text)),
        "emails": _unique(MAIL.findall(text)),
        "numbers": [float(n) if "." in n else int(n) for n in _unique(NUMBER.findall(text))[:8]],
    }
    return {key: value for key, value in found.items() if value} or {"summary": " ".join(text.split()[:12])}


def _several(schema: Any, text: str, name: str) -> list[Any]:
    if isinstance(schema, Mapping) and schema.get("type", "string") == "string":
        pattern = DATE if "date" in name else MAIL if "mail" in name else PROPER
        return _unique(pattern.findall(text))[:5] or [_string(text, name)]
    return [fill(schema, text, name)]


def _string(text: str, name: str) -> str:
    """The piece of the text that a field of this name most likely means."""
    lowered = name.lower()
    for hint, pattern in (("mail", MAIL), ("date", DATE), ("day", DATE), ("time", CLOCK)):
        if hint in lowered and (found := pattern.search(text)):
            return found.group()
    if quoted := QUOTED.search(text):
        return quoted.group(1)
    if proper := PROPER.search(text):
        return proper.group()
    return " ".join(text.strip(" .?!\n").split()[-4:])


def _unique(values: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(values))
