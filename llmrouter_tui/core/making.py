"""Frozen facts, made quickly.

The constructor of a frozen dataclass stores every field through ``object.__setattr__``, which costs five times a plain
store; a request makes some forty facts. ``maker`` gives a constructor that fills an open twin of the same layout by
plain stores and turns it into the frozen class at the end: as frozen as any other, at a third of the price.
"""

import dataclasses
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")


def maker(kind: Callable[P, T]) -> Callable[P, T]:
    """A quick constructor of ``kind``, a frozen dataclass with slots and without a ``__post_init__`` of its own. It
    takes what ``kind`` takes and returns instances of ``kind``."""
    cls = cast(type[Any], kind)

    def freeze(twin: Any) -> None:
        twin.__class__ = cls

    fields = [(f.name, f.type, _copied(f)) for f in dataclasses.fields(cls)]
    twin = dataclasses.make_dataclass(cls.__name__, fields, namespace={"__post_init__": freeze}, eq=False, slots=True)
    return cast(Callable[P, T], twin)


def _copied(field: "dataclasses.Field[Any]") -> Any:
    """The field with its default, free to belong to another class."""
    if field.default_factory is not dataclasses.MISSING:
        return dataclasses.field(default_factory=field.default_factory)
    return dataclasses.field(default=field.default)
