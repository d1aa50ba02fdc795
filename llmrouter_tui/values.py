"""Checks of single values: each takes a value of any source, and returns the one that is used or raises
``BadValueError``. At the end, how values are read from text."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit


class BadValueError(Exception):
    """A value that cannot be used: ``must`` says what it should be, ``inside`` where in the key, ``value`` what it
    is (None where it must not be repeated)."""

    def __init__(self, must: str, value: object, inside: str = "") -> None:
        super().__init__(must)
        self.must, self.value, self.inside = must, value, inside


Check = Callable[[object], Any]


def number(low: float, high: float) -> Check:
    def check(value: object) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
            raise BadValueError(f"must be a number from {low:g} to {high:g}", value)
        return float(value)

    return check


def integer(low: int, high: int) -> Check:
    def check(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise BadValueError(f"must be a whole number from {low} to {high}", value)
        return value

    return check


def switch(value: object) -> bool:
    if not isinstance(value, bool):
        raise BadValueError("must be true or false", value)
    return value


def text(pattern: str = ".*", must: str = "must be text") -> Check:
    def check(value: object) -> str:
        if not isinstance(value, str) or not re.fullmatch(pattern, value, re.DOTALL):
            raise BadValueError(must, value)
        return value

    return check


def choice(*names: str) -> Check:
    return text("|".join(map(re.escape, names)), f"must be one of {', '.join(names)}")


def maybe(word: object, check: Check) -> Check:
    """None, or ``word``, stands for no value."""
    return lambda value: None if value is None or (type(value), value) == (type(word), word) else check(value)


def list_of(check: Check) -> Check:
    def items(value: object) -> tuple[Any, ...]:
        if not isinstance(value, list | tuple):
            raise BadValueError("must be a list", value)
        return tuple(within(f"[{index}]", check, item) for index, item in enumerate(value))

    return items


def within(place: str, check: Check, value: object) -> Any:
    try:
        return check(value)
    except BadValueError as bad:
        raise BadValueError(bad.must, bad.value, place + bad.inside) from None


def path(value: object) -> Path:
    if not isinstance(value, str | Path) or not str(value).strip() or "\0" in str(value):
        raise BadValueError("must be a path", value)
    try:
        return Path(value).expanduser()
    except RuntimeError:
        raise BadValueError("must be a path; its ~ names no known user", value) from None


def url(value: object) -> str:
    must = "must be an address such as http://127.0.0.1:11434"
    try:
        parts = urlsplit(value if isinstance(value, str) else "")
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not isinstance(value, str) or re.search(r"\s", value):
        raise BadValueError(must, None if "@" in str(value) else value)
    if parts.username is not None or parts.password is not None:
        raise BadValueError("must hold no user or password; name the variable that holds the key in api_key_env", None)
    return value.rstrip("/")


def url_or_nothing(value: object) -> str:
    return "" if value == "" else url(value)


WORD: Final = text(r"\S(.*\S)?", "must be text, not empty, without spaces around it")


def as_is(text: str) -> object:
    return text


def as_number(text: str) -> object:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def as_switch(text: str) -> object:
    word = text.strip().lower()
    return word in ("1", "true", "yes", "on") if word in ("1", "true", "yes", "on", "0", "false", "no", "off") else word


def as_list(separator: str) -> Callable[[str], object]:
    return lambda text: [item.strip() for item in text.split(separator) if item.strip()]
