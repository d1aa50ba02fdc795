"""Makes recordings: traffic of any length at fifty events a second over the scripted machine, the same every time.

Two requests a second, each answered for five and a half seconds with four tellings a second, memory measured and its
ledger told once a second.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from llmrouter_tui.core import events as ev
from llmrouter_tui.core.decision import Usage
from llmrouter_tui.core.ports.control import Snapshot
from llmrouter_tui.recording.lines import FORM, Header, end_line, event_line, header_line, snapshot_line
from tests.tui import scripted
from tests.tui.scripted import NOW, SNAPSHOT

LASTS = 5.5
"""Seconds of one exchange."""
START = replace(SNAPSHOT, exchanges=tuple(one for one in SNAPSHOT.exchanges if one.outcome != "running"))
"""What a recording begins with: nothing runs."""
_POOL = [one for one in scripted.EXCHANGES if one.decision is not None and one.outcome == "ok"]


def events(seconds: int, *, seq: int = START.seq, at: float = NOW) -> Iterator[ev.Envelope]:
    """``seconds`` of traffic, numbered on from ``seq``."""
    for when, fact in _ordered(seconds):
        seq += 1
        yield ev.Envelope(seq, at + when, when, fact)


def write(path: Path, seconds: int, *, snapshot: Snapshot = START, whole: bool = True) -> Path:
    """A recording of so much traffic, with texts; not ``whole`` is one whose router was killed."""
    lines = [header_line(Header(FORM, "0.1.0", NOW, True)), snapshot_line(snapshot)]
    lines += [event_line(envelope) for envelope in events(seconds, seq=snapshot.seq)]
    lines += [end_line(NOW + seconds)] if whole else []
    path.write_bytes(b"".join(lines))
    return path


def _ordered(seconds: int) -> Iterator[tuple[float, ev.Fact]]:
    running: list[tuple[float, Iterator[tuple[float, ev.Fact]]]] = []
    for second in range(seconds):
        running += [
            _exchange(number, float(second) + part) for number, part in ((2 * second, 0.0), (2 * second + 1, 0.5))
        ]
        told: list[tuple[float, ev.Fact]] = [*_memory(float(second))]
        for _, story in running:
            told += _until(story, second + 1.0)
        running = [(begins, story) for begins, story in running if begins + LASTS > second + 1.0]
        yield from sorted(told, key=lambda one: one[0])


def _until(story: Iterator[tuple[float, ev.Fact]], end: float) -> Iterator[tuple[float, ev.Fact]]:
    for when, fact in story:
        yield when, fact
        if when + 0.25 > end:
            return


def _memory(at: float) -> Iterator[tuple[float, ev.Fact]]:
    busy = (int(at) % 7) / 7
    devices = tuple(replace(device, utilization=busy, sampled_at=NOW + at) for device in START.devices)
    yield at, ev.DevicesSampled(devices)
    yield at, ev.VramChanged(replace(START.vram, at=NOW + at))


def _exchange(number: int, begins: float) -> tuple[float, Iterator[tuple[float, ev.Fact]]]:
    return begins, _story(number, begins)


def _story(number: int, begins: float) -> Iterator[tuple[float, ev.Fact]]:
    like = _POOL[number % len(_POOL)]
    running = replace(
        like, id=f"y{number:06x}", at=NOW + begins, outcome="running", ttft=None, seconds=None, usage=Usage(400),
        decode_per_second=None, finish_reason="", answer="", attempts=(), rating=None,
    )  # fmt: skip
    yield begins, ev.ExchangeStarted(running)
    yield begins + 0.01, ev.Waiting(running.id, like.model, ev.FIRST_TOKEN)
    yield begins + 0.25, ev.FirstToken(running.id, like.model, 0.25)
    for step in range(2, 22):
        yield begins + step * 0.25, ev.Progress(running.id, step * 11)
    done = replace(like, id=running.id, at=running.at, ttft=0.25, seconds=5.49, usage=Usage(400, 240), rating=None)
    yield begins + 5.49, ev.ExchangeFinished(done)
