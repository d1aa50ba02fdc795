"""Frozen facts, made quickly.

The constructor of a frozen dataclass stores every field through ``object.__setattr__``, which costs five times a plain
store; a request makes some thirty facts. ``maker`` gives a constructor that fills an open twin of the same layout by
plain stores and turns it into the frozen class at the end: as frozen as any other, at a third of the price.
"""

from collections.abc import Callable, Sequence
from dataclasses import MISSING, fields
from typing import Any, ParamSpec, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")


def maker(kind: Callable[P, T]) -> Callable[P, T]:
    """A quick constructor of ``kind``, a frozen dataclass with slots. It takes what ``kind`` takes and returns
    instances of ``kind``. Raises ``TypeError`` for a class with default factories or a ``__post_init__``."""
    names = _names(kind)
    scope = {f"_{f.name}": f.default for f in fields(cast(Any, kind)) if f.default is not MISSING}
    parameters = [f"{name}=_{name}" if f"_{name}" in scope else name for name in names]
    return cast(Callable[P, T], _compiled(parameters, _filled("it", kind, names, scope), scope))


def maker_with(kind: Callable[..., T], **parts: Callable[..., Any]) -> Callable[..., T]:
    """A quick constructor of ``kind`` and of the facts it holds, in one call: where ``kind`` takes the field named in
    ``parts``, this takes the fields of that part. No defaults. Raises ``TypeError`` as ``maker`` does."""
    scope: dict[str, Any] = {}
    parameters: list[str] = []
    lines: list[str] = []
    for name in _names(kind):
        given = [f"{name}_{field}" for field in _names(parts[name])] if name in parts else [name]
        parameters += given
        if name in parts:
            lines += _filled(name, parts[name], given, scope)
    return cast(Callable[..., T], _compiled(parameters, lines + _filled("it", kind, _names(kind), scope), scope))


def _names(kind: Callable[..., Any]) -> list[str]:
    """The fields of a class that only stores."""
    cls = cast(type[Any], kind)
    known = fields(cls)
    if hasattr(cls, "__post_init__") or any(f.default_factory is not MISSING or not f.init for f in known):
        raise TypeError(f"{cls.__name__} needs its own constructor")
    return [f.name for f in known]


def _filled(name: str, kind: Callable[..., Any], values: Sequence[str], scope: dict[str, Any]) -> list[str]:
    """Lines that make a fact of ``kind`` from ``values`` and call it ``name``."""
    cls, names = cast(type[Any], kind), _names(kind)
    scope[f"_open_{name}"], scope[f"_frozen_{name}"] = type(cls.__name__, (), {"__slots__": names}), cls
    stores = [f"{name}.{field} = {value}" for field, value in zip(names, values, strict=True)]
    return [f"{name} = _open_{name}()", *stores, f"{name}.__class__ = _frozen_{name}"]


def _compiled(parameters: Sequence[str], lines: Sequence[str], scope: dict[str, Any]) -> object:
    """Compiled from text, as dataclasses compile theirs: a plain store needs the name of its field."""
    exec("\n    ".join([f"def make({', '.join(parameters)}):", *lines, "return it"]), scope)
    return scope["make"]
