"""JSON schemas as Anthropic keeps to them: objects are closed, and what it cannot enforce is told in words instead
(https://platform.claude.com/docs/en/build-with-claude/structured-outputs, and ``lib/_parse/_transform.py`` of its
client, whose rules these are)."""

from collections.abc import Mapping
from typing import Any, Final

_FORMATS: Final = frozenset(
    {"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"}
)
_KEPT: Final = frozenset(
    {
        "$defs",
        "$ref",
        "additionalProperties",
        "allOf",
        "anyOf",
        "const",
        "default",
        "definitions",
        "description",
        "enum",
        "items",
        "properties",
        "required",
        "title",
        "type",
    }
)
_NAMED: Final = ("properties", "$defs", "definitions")
"""Keys whose values are schemas by name."""


def closed(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema for Anthropic; what it says beyond that stands in the descriptions."""
    made: dict[str, Any] = {}
    beyond: dict[str, Any] = {}
    for key, value in schema.items():
        if key in _NAMED and isinstance(value, dict):
            made[key] = {name: _inner(one) for name, one in value.items()}
        elif key in ("anyOf", "oneOf", "allOf") and isinstance(value, list):
            made["anyOf" if key == "oneOf" else key] = [_inner(one) for one in value]
        elif key == "items":
            made[key] = _inner(value)
        elif _enforced(key, value):
            made[key] = value
        else:
            beyond[key] = value
    if made.get("type") == "object" or "properties" in made:
        made["additionalProperties"] = False
    if beyond:
        words = ", ".join(f"{key}: {value}" for key, value in beyond.items())
        made["description"] = f"{made['description']} ({words})" if made.get("description") else f"({words})"
    return made


def _inner(value: Any) -> Any:
    return closed(value) if isinstance(value, dict) else value


def _enforced(key: str, value: object) -> bool:
    if key == "format":
        return value in _FORMATS
    if key == "minItems":
        return value in (0, 1)
    return key in _KEPT
