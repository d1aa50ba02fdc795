"""The words of a recording that is played: where it stands, and what is wrong with it. Pure."""

import re
from collections.abc import Sequence
from datetime import datetime

from llmrouter_tui.core.playback import Playing
from llmrouter_tui.tui import text
from llmrouter_tui.tui.attention import Cause
from llmrouter_tui.tui.text import Line, Look

KIND = "replay:"
"""Begins the keys of what Attention says of it."""
SHORT = 600.0
"""Seconds of a recording that is jumped through in small steps."""


def head(playing: Playing, look: Look, *, roomy: bool) -> Line:
    """``REPLAY  10x  2026-11-23 21:04:09 of 22:03:10  paused``, for the status line."""
    at = text.moment(playing.at, look) if roomy else text.when(playing.at, look)
    parts: list[Line] = [((" REPLAY ", "demo"),), ((speed(playing.speed), ""),), ((at, "strong" if roomy else ""),)]
    if roomy:
        parts[-1] = ((at, ""), (f" of {text.when(playing.ends, look)}", "dim"))
    if playing.over or playing.paused:
        parts.append((("over" if playing.over else "paused", "warn"),))
    return text.join(parts, " ")


def speed(times: float) -> str:
    """``1x``, ``0.25x``, ``60x``"""
    return f"{times:g}x"


def step(playing: Playing) -> float:
    """Seconds that one jump goes."""
    return 10.0 if playing.ends - playing.begins <= SHORT else 60.0


def causes(playing: Playing) -> Sequence[Cause]:
    """What Attention says while it is played."""
    found = []
    if playing.broken:
        words = f"the recording can be read only as far as this: {playing.broken}"
        found.append(Cause(f"{KIND}broken", words, "(what is shown up to here is whole)", "bad", playing.ends))
    if playing.skipped:
        words = f"{_events(playing.skipped)} of this recording {_are(playing.skipped)} of a kind that this version "
        hint = f"(llmrouter-tui {playing.version} recorded it)"
        found.append(Cause(f"{KIND}skipped", f"{words}does not know", hint, "note", playing.begins))
    if playing.lost:
        words = f"{_events(playing.lost)} {_are(playing.lost)} missing: the recorder could not keep up"
        found.append(Cause(f"{KIND}lost", words, severity="note", since=playing.begins))
    return found


def target(said: str, playing: Playing, look: Look) -> float | None:
    """The time that somebody means: ``21:04``, ``21:04:09``, ``+5m``, ``-90s``, ``50%``; None for anything else."""
    said = said.strip().lower()
    if match := re.fullmatch(r"(\d{1,3})\s*%", said):
        return playing.begins + (playing.ends - playing.begins) * min(100, int(match[1])) / 100
    if match := re.fullmatch(r"([+-])\s*(\d{1,6})\s*([smh]?)", said):
        seconds = int(match[2]) * {"": 1, "s": 1, "m": 60, "h": 3600}[match[3]]
        return playing.at + (seconds if match[1] == "+" else -seconds)
    if match := re.fullmatch(r"(\d{1,2}):(\d{2})(?::(\d{2}))?", said):
        return _time_of_day(int(match[1]), int(match[2]), int(match[3] or 0), playing, look)
    return None


def _time_of_day(hour: int, minute: int, second: int, playing: Playing, look: Look) -> float | None:
    """The first such moment of the recording; where there is none, that of the day it began on."""
    if hour > 23 or minute > 59 or second > 59:
        return None
    began = datetime.fromtimestamp(playing.begins, look.tz)
    first = began.replace(hour=hour, minute=minute, second=second, microsecond=0).timestamp()
    later = first + 86_400
    return later if first < playing.begins - 1 and later <= playing.ends else first


def _events(count: int) -> str:
    return f"{text.count(count)} event{'' if count == 1 else 's'}"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"
