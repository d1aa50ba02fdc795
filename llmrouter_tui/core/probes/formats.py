"""The probes of tools and of JSON: whether answers come in a form that programs read."""

import json
from collections.abc import Mapping
from typing import Any, Final

from llmrouter_tui.core.checking.structured import check_calls
from llmrouter_tui.core.checking.text import short, spoken
from llmrouter_tui.core.counting import unfenced
from llmrouter_tui.core.probes.parts import TRIES, Ask, Facts, Failure, Finding, Said, Script, pick, refused
from llmrouter_tui.core.prompts import Call, Calls, Parameter, Tool, offered
from llmrouter_tui.core.shapes import Fields, Holds, fit, is_

_CITIES: Final = ("Oslo", "Lima", "Nairobi", "Hanoi", "Quito", "Porto", "Kyoto", "Tbilisi", "Ghent", "Perth")
_UNITS: Final = ("celsius", "fahrenheit")
WEATHER: Final = Tool(
    "get_weather",
    "Get the weather in a city right now.",
    (
        Parameter("city", "string", "The name of the city."),
        Parameter("unit", "string", "The unit of the temperature.", one_of=_UNITS),
    ),
)
ALARM: Final = Tool("set_alarm", "Set an alarm clock.", (Parameter("time", "string", "The time, as HH:MM."),))


def tools(seed: int, facts: Facts) -> Script:
    """Whether it calls the right one of two tools with the right arguments."""
    finding = Finding(None, "")
    for at in range(TRIES):
        city, unit = pick(_CITIES, seed, f"city {at}"), pick(_UNITS, seed, f"unit {at}")
        words = f"What is the weather in {city} right now? I want the temperature in {unit}."
        said = yield Ask(words, 128, 300.0, {"tools": [offered(WEATHER), offered(ALARM)]})
        if isinstance(said, Failure):
            return refused("tools", said, facts)
        finding = read_call(said, city, unit)
        if finding.can:
            break
    return finding


def read_call(said: Said, city: str, unit: str) -> Finding:
    """Right where just the weather is asked for, there and so."""
    arguments = (("city", Holds((city,))), ("unit", is_(unit)))
    verdict = check_calls(Calls((Call(WEATHER.name, arguments),)), spoken(said.text), said.calls)
    if verdict.right:
        return Finding(True, f"it called {WEATHER.name} with the right arguments")
    if not said.calls and WEATHER.name in said.text:
        return Finding(False, "it wrote the call of the tool as text, which no client can read")
    return Finding(False, verdict.reason)


_CAT: Final = "Describe a house cat in one or two sentences, as a JSON object."
_SIGHT: Final = "A {animal} sits on a {place}. Answer in JSON."
_ANIMALS: Final = ("cat", "hen", "goat", "owl")
_PLACES: Final = ("roof", "wall", "cart", "gate")


def json_mode(seed: int, facts: Facts) -> Script:
    """Whether JSON that is asked for by ``response_format`` comes, bare; and whether a schema is kept."""
    said = yield Ask(_CAT, 128, fields={"response_format": {"type": "json_object"}})
    if isinstance(said, Failure):
        return refused("json", said, facts)
    loose = read_json(said)
    animal, place = pick(_ANIMALS, seed, "animal"), pick(_PLACES, seed, "place")
    wanted = {"type": "json_schema", "json_schema": {"name": "sight", "strict": True, "schema": _SCHEMA}}
    said = yield Ask(_SIGHT.format(animal=animal, place=place), 80, fields={"response_format": wanted})
    if isinstance(said, Said) and not read_schema(said):
        return Finding(True, "JSON comes bare, and a schema is kept", "schema")
    if loose.can:
        return Finding(True, "JSON comes bare; a schema is not kept", "object")
    return loose


def read_json(said: Said) -> Finding:
    """Right where the answer is one JSON object and nothing else; unknown where it was on its way to that."""
    text = spoken(said.text)
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        if _fenced(text):
            return Finding(False, "it put JSON between the marks of a code fence, where bare JSON was asked for")
        if said.cut and text.startswith("{"):
            return Finding(None, "its JSON did not come to an end")
        return Finding(False, f"it answered JSON mode with “{short(text)}”" if text else "it said nothing in JSON mode")
    return Finding(True, "JSON comes bare") if isinstance(value, dict) else Finding(False, "it wrote no JSON object")


def read_schema(said: Said) -> str:
    """What is wrong with an answer that a schema was given for; empty for nothing."""
    try:
        value = json.loads(spoken(said.text))
    except (ValueError, RecursionError):
        return "it is not JSON"
    return "; ".join(fit(_SHAPE, value).faults)


_SHAPE: Final = Fields((("creature", is_(*_ANIMALS)), ("spot", is_(*_PLACES)), ("sits", is_(True, False))))
_SCHEMA: Final[Mapping[str, Any]] = {
    "type": "object",
    "properties": {
        "creature": {"type": "string", "enum": list(_ANIMALS)},
        "spot": {"type": "string", "enum": list(_PLACES)},
        "sits": {"type": "boolean"},
    },
    "required": ["creature", "spot", "sits"],
    "additionalProperties": False,
}


def _fenced(text: str) -> bool:
    try:
        return unfenced(text) != text and json.loads(unfenced(text)) is not None
    except (ValueError, RecursionError):
        return False
