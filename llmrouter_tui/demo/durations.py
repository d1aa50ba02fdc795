"""Go durations, as Ollama reads its keep-alive."""

import re
from typing import Any

from llmrouter_tui.demo.scheduler import FOREVER
from llmrouter_tui.demo.server import Refusal

UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)")
WHOLE = re.compile(rf"[+-]?(?:0|(?:{PART.pattern})+)")


def parse_keep_alive(value: Any) -> float | None:
    """Seconds; a number is seconds already, text is a Go duration, negative is for ever, None was not given."""
    if value is None:
        return None
    if isinstance(value, str):
        if not WHOLE.fullmatch(value):
            raise Refusal(400, f'time: invalid duration "{value}"')
        seconds = sum(float(number) * UNITS[unit] for number, unit in PART.findall(value))
        return FOREVER if value.startswith("-") and seconds else seconds
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Refusal(400, f"keep_alive must be a number or a duration, not {value!r}")
    return FOREVER if value < 0 else float(value)
