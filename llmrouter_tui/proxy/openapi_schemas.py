"""JSON schemas of what is read and written, made from the types themselves."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, is_typeddict

import msgspec

from llmrouter_tui.proxy import answers
from llmrouter_tui.proxy.meta import ModelEntry
from llmrouter_tui.proxy.operation import Json

REF: Final = "#/components/schemas/"
_FULL: Final = re.compile(rb"\bllmrouter_tui(?:\.\w+)+")
_DIALECTS: Final = frozenset({name for name, kind in vars(answers).items() if is_typeddict(kind)})
_SPARSE: Final = frozenset({ModelEntry.__name__, *_DIALECTS})
"""Answers in which fields may be missing."""


class Schemas:
    """The schemas of all types that are asked for, and the parts that these share."""

    def __init__(self, takes: Iterable[Any], answers: Iterable[Any]) -> None:
        read, written = list(dict.fromkeys(takes)), list(dict.fromkeys(answers))
        made, parts = _made([*read, *written])
        self._by_type = dict(zip([*read, *written], made, strict=True))
        self.parts: dict[str, Json] = parts
        for name in _reached([self._by_type[one] for one in written], parts):
            _as_written(name, parts[name])
        for part in parts.values():
            _plain(part)

    def of(self, kinds: Iterable[Any]) -> Json:
        """The schema of what is one of these types."""
        found = [self._by_type[kind] for kind in kinds]
        return found[0] if len(found) == 1 else {"anyOf": found}


def _made(types: list[Any]) -> tuple[list[Json], dict[str, Json]]:
    """Two types of one name are told apart by their modules: ``GradesComparison``."""
    told = msgspec.json.encode(
        msgspec.json.schema_components(types, schema_hook=_anything, ref_template=REF + "{name}")
    )
    for full in sorted(set(_FULL.findall(told))):
        module, name = full.split(b".")[-2:]
        told = told.replace(full, module.capitalize() + name)
    made, parts = msgspec.json.decode(told)
    return made, parts


def _anything(kind: type) -> Json:
    """``object``: any JSON value."""
    if kind is object:
        return {"description": "Any value."}
    raise NotImplementedError


def _reached(schemas: Iterable[Any], parts: Mapping[str, Json]) -> set[str]:
    """The names of the parts that these schemas are made of."""
    found: set[str] = set()
    left = list(schemas)
    while left:
        value = left.pop()
        if isinstance(value, dict):
            name = str(value.get("$ref", "")).removeprefix(REF)
            if name and name not in found:
                found.add(name)
                left.append(parts[name])
            left += value.values()
        elif isinstance(value, list):
            left += value
    return found


def _as_written(name: str, part: Json) -> None:
    """What has a default may be left out by who writes to us; we leave nothing out."""
    if name in _SPARSE or "properties" not in part:
        return
    part["required"] = list(part["properties"])
    for field in part["properties"].values():
        field.pop("default", None)


def _plain(part: Json) -> None:
    """Docstrings as text: one line, without the marks of reStructuredText."""
    if "description" in part:
        part["description"] = " ".join(part["description"].replace("``", "`").split())
