"""Small lenient readers of JSON values that servers send, and of the addresses that people write."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([kmbt])", re.IGNORECASE)
_UNIT = {"k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12}
_VERSIONED = re.compile(r"/v\d[^/]*(/openai)?$")


def mapping(value: object) -> Mapping[str, Any]:
    """The value if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def objects(value: object) -> list[dict[str, Any]]:
    """The objects of a JSON list; none if it is no list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def text(value: object) -> str:
    """The value if it is text, else empty."""
    return value if isinstance(value, str) else ""


def count(value: object) -> int | None:
    """A positive whole number, else None."""
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) and value > 0 else None


def number(value: object) -> float | None:
    """A number, also when it is written as text; else None."""
    try:
        return float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else None
    except ValueError:
        return None


def parameters(value: object) -> int | None:
    """A model size as servers write it, ``8.0B`` or ``137M``, in parameters."""
    found = _SIZE.match(value) if isinstance(value, str) else None
    return round(float(found[1]) * _UNIT[found[2].lower()]) if found else None


def split_api(url: str) -> tuple[str, str]:
    """A server's root and the path of its OpenAI API: the version may be written or left out."""
    url = url.strip().rstrip("/")
    found = _VERSIONED.search(urlsplit(url).path)
    return (url.removesuffix(found[0]), found[0]) if found else (url, "/v1")
