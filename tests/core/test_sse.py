"""Events come out whole and byte for byte, wherever the reads were cut."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmrouter_tui.core.sse import Event, Splitter, read_event

STREAM = b'data: {"a":1}\n\n: ping\n\nevent: error\r\ndata: x\r\n\r\ndata: a\ndata: b\n\ndata: [DONE]\n\n'
EVENTS = [
    b'data: {"a":1}\n\n',
    b": ping\n\n",
    b"event: error\r\ndata: x\r\n\r\n",
    b"data: a\ndata: b\n\n",
    b"data: [DONE]\n\n",
]


def split(pieces: list[bytes]) -> tuple[list[bytes], bytes]:
    splitter = Splitter()
    events = [event for piece in pieces for event in splitter.feed(piece)]
    return events, splitter.rest


def test_one_read_with_many_events() -> None:
    assert split([STREAM]) == (EVENTS, b"")


def test_one_byte_at_a_time() -> None:
    assert split([bytes([byte]) for byte in STREAM]) == (EVENTS, b"")


@given(st.lists(st.integers(0, len(STREAM)), max_size=8))
def test_any_cuts(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(STREAM)]
    pieces = [STREAM[a:b] for a, b in pairwise(edges)]
    assert split(pieces) == (EVENTS, b"")


def test_what_is_not_complete_waits() -> None:
    splitter = Splitter()
    assert splitter.feed(b"data: hal") == []
    assert (splitter.pending, splitter.rest) == (True, b"data: hal")
    assert splitter.feed(b"f\n\n") == [b"data: half\n\n"]
    assert not splitter.pending


def test_an_event_may_be_megabytes_long() -> None:
    event = b"data: " + b"x" * 3_000_000 + b"\n\n"
    pieces = [event[i : i + 65536] for i in range(0, len(event), 65536)]
    assert split(pieces) == ([event], b"")


@pytest.mark.parametrize(
    ("raw", "event"),
    [
        (b"data: {}\n\n", Event(data=b"{}")),
        (b"data:{}\n\n", Event(data=b"{}")),
        (b"data:  two blanks\n\n", Event(data=b" two blanks")),
        (b": ping\n\n", Event()),
        (b":\n\n", Event()),
        (b": note\ndata: x\n\n", Event(data=b"x")),
        (b"data: a\ndata: b\n\n", Event(data=b"a\nb")),
        (b"event: error\r\ndata: x\r\n\r\n", Event(name="error", data=b"x")),
        (b"id: 1\nretry: 5\n\n", Event()),
        (b"proxy error: Failed to read connection", Event(alien=True)),
        (b'{"error":"no stream"}', Event(alien=True)),
    ],
)
def test_reading(raw: bytes, event: Event) -> None:
    assert read_event(raw) == event
