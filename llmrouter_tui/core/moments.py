"""Moments as people write them: ``2h`` ago, ``14:00``, ``yesterday``, ``2026-11-20``, ``2026-11-20 14:00``. Pure.

Days and hours are those of this machine's time zone unless a zone is given (``Z``, ``+01:00``). A moment is a whole
second since 1970, and prints as one that is read as itself anywhere: ``2026-11-20T13:00:00Z``.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
EXAMPLES: Final = ("15m", "2h", "24h", "7d", "today", "yesterday")
LATEST: Final = 1e11
"""Seconds: further from 1970 nothing is meant, and calendars end."""

_SPAN = re.compile(r"(?:\d{1,6}[smhdw])+")
_CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d))?")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_BEGUN = re.compile(r"[\d:+-]*(?:[t ][\d:+-]*)?|t(?:o(?:d(?:ay?)?)?)?|y[esterday]{0,8}|(?:\d+[smhdw])*\d+")


def read(said: str, now: float) -> float | None:
    """Seconds since 1970; None for what is no moment. A time of day alone is the last such; a day alone begins it."""
    plain = said.strip().lower()
    try:
        moment = _read(plain, now)
    except (ValueError, OverflowError, OSError):  # such as the 30th of February
        return None
    return None if moment is None or abs(moment) > LATEST else float(int(moment))


def _read(plain: str, now: float) -> float | None:
    if _SPAN.fullmatch(plain):
        return now - sum(int(number) * UNITS[unit] for number, unit in re.findall(r"(\d+)([smhdw])", plain))
    today = datetime.fromtimestamp(now).date()
    if plain in ("today", "yesterday"):
        return _starts(today - timedelta(days=plain == "yesterday"))
    clock = _CLOCK.fullmatch(plain)
    if clock:
        at = time(int(clock[1]), int(clock[2]), int(clock[3] or 0))
        moment = datetime.combine(today, at).timestamp()
        return moment if moment <= now else datetime.combine(today - timedelta(days=1), at).timestamp()
    return datetime.fromisoformat(plain.upper()).timestamp() if _DAY.match(plain) else None


def _starts(day: date) -> float:
    return datetime.combine(day, time()).timestamp()


def begun(said: str) -> bool:
    """Whether it may only be not typed to its end."""
    return bool(_BEGUN.fullmatch(said.strip().lower()))


def told(moment: float) -> str:
    """As it is read as itself, wherever that is."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
