"""The shape that a JSON value should have: as much of a schema as our prompts need, and values that are right."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isclose
from typing import Any, Literal

Scalar = str | int | float | bool | None
TypeName = Literal["string", "number", "integer", "boolean", "null", "array", "object"]

NEAR = 1e-6
"""Numbers that differ by less, relatively, are the same."""


@dataclass(frozen=True, slots=True)
class Value:
    """One of these values. Texts are compared without case and outer blanks; 3 is 3.0, but no text and no truth."""

    accepted: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class OfType:
    """Any value of a type."""

    type: TypeName


@dataclass(frozen=True, slots=True)
class Holds:
    """A text that holds one of these, whatever its case."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fields:
    """An object with these fields, and others only if ``extra``."""

    fields: "tuple[tuple[str, Shape], ...]"
    extra: bool = False


@dataclass(frozen=True, slots=True)
class Each:
    """A list with one item for each of these, in this order or in any."""

    items: "tuple[Shape, ...]"
    ordered: bool = True


@dataclass(frozen=True, slots=True)
class AllOf:
    """A list of so many items of one shape."""

    item: "Shape"
    least: int = 0
    most: int = 1000


Shape = Value | OfType | Holds | Fields | Each | AllOf


@dataclass(frozen=True, slots=True)
class Fit:
    """How many of the values that were looked at are right, and what is wrong with the others."""

    right: int
    total: int
    faults: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        return self.right / self.total if self.total else 1.0


def is_(*accepted: Scalar) -> Value:
    """Short for a value out of these."""
    return Value(accepted)


def fields(extra: bool = False, /, **named: Shape) -> Fields:
    """Short for an object."""
    return Fields(tuple(named.items()), extra)


def fit(shape: Shape, value: Any, at: str = "") -> Fit:
    """How far a decoded JSON value has the shape; ``at`` is where in the whole it stands."""
    if isinstance(shape, Fields):
        return _object(shape, value, at)
    if isinstance(shape, Each):
        return _each(shape, value, at)
    if isinstance(shape, AllOf):
        return _all_of(shape, value, at)
    if isinstance(shape, Value):
        good = any(same(value, accepted) for accepted in shape.accepted)
        return _leaf(good, at, f"is {_shown(value)}, not {_shown(shape.accepted[0])}")
    if isinstance(shape, Holds):
        text = value.casefold() if isinstance(value, str) else ""
        good = any(word.casefold() in text for word in shape.words)
        return _leaf(good, at, f"is {_shown(value)} and does not tell {_shown(shape.words[0])}")
    return _leaf(type_of(value, shape.type), at, f"is {_shown(value)}, not of type {shape.type}")


def same(value: Any, accepted: Scalar) -> bool:
    """Whether a JSON value is this one."""
    if isinstance(accepted, bool) or accepted is None or isinstance(value, bool):
        return value is accepted
    if isinstance(accepted, str):
        return isinstance(value, str) and _folded(value) == _folded(accepted)
    return isinstance(value, int | float) and (value == accepted or isclose(_float(value), accepted, rel_tol=NEAR))


def type_of(value: Any, name: TypeName) -> bool:
    """Whether a decoded JSON value is of JSON Schema's type."""
    if name == "null":
        return value is None
    if name == "boolean":
        return isinstance(value, bool)
    if name in ("number", "integer"):
        whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        return not isinstance(value, bool) and (whole if name == "integer" else isinstance(value, int | float))
    return isinstance(value, {"string": str, "array": list, "object": dict}[name])


def leaves(shape: Shape) -> int:
    """How many values a shape looks at."""
    if isinstance(shape, Fields):
        return sum(leaves(one) for _, one in shape.fields)
    if isinstance(shape, Each):
        return sum(leaves(one) for one in shape.items)
    return max(1, shape.least) * leaves(shape.item) if isinstance(shape, AllOf) else 1


def _object(shape: Fields, value: Any, at: str) -> Fit:
    if not isinstance(value, dict):
        return Fit(0, leaves(shape), (f"{at or 'the whole'} is {_shown(value)}, not an object",))
    parts: list[Fit] = []
    for name, of in shape.fields:
        path = f"{at}.{name}" if at else name
        parts.append(fit(of, value[name], path) if name in value else Fit(0, leaves(of), (f"{path} is missing",)))
    extra = [] if shape.extra else sorted(value.keys() - {name for name, _ in shape.fields})
    parts += [Fit(0, 1, (f"{at + '.' if at else ''}{name[:40]} was not asked for",)) for name in extra[:5]]
    return _sum(parts)


def _each(shape: Each, value: Any, at: str) -> Fit:
    if not isinstance(value, list):
        return Fit(0, leaves(shape), (f"{at or 'the whole'} is {_shown(value)}, not a list",))
    got = value if shape.ordered else _arranged(shape.items, value[: len(shape.items) + 20])
    parts = [fit(of, one, f"{at}[{i}]") for i, (of, one) in enumerate(zip(shape.items, got, strict=False))]
    parts += [Fit(0, leaves(of), (f"{at}[{len(got) + i}] is missing",)) for i, of in enumerate(shape.items[len(got) :])]
    over = len(value) - len(shape.items)
    return _sum([*parts, Fit(0, min(over, 3), (f"{at or 'the list'} has {over} too many",))] if over > 0 else parts)


def _all_of(shape: AllOf, value: Any, at: str) -> Fit:
    if not isinstance(value, list):
        return Fit(0, leaves(shape), (f"{at or 'the whole'} is {_shown(value)}, not a list",))
    if not shape.least <= len(value) <= shape.most:
        return Fit(0, leaves(shape), (f"{at or 'the list'} has {len(value)} items",))
    return _sum([fit(shape.item, one, f"{at}[{i}]") for i, one in enumerate(value)])


def _arranged(shapes: Sequence[Shape], values: list[Any]) -> list[Any]:
    """The values, each where it fits best, so that their order plays no part."""
    left, placed = list(values), []
    for shape in shapes:
        if left:
            best = max(range(len(left)), key=lambda i: (fit(shape, left[i]).share, -i))
            placed.append(left.pop(best))
    return placed


def _leaf(good: bool, at: str, fault: str) -> Fit:
    return Fit(1, 1) if good else Fit(0, 1, (f"{at or 'the whole'} {fault}",))


def _sum(parts: Sequence[Fit]) -> Fit:
    faults = tuple(fault for part in parts for fault in part.faults)
    return Fit(sum(part.right for part in parts), sum(part.total for part in parts), faults)


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _shown(value: Any) -> str:
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    text = f'"{value}"' if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _float(value: float) -> float:
    return float(value) if abs(value) < 1e300 else inf
