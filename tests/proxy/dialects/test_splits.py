"""However the network cuts a model's answer, each dialect tells the same."""

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmrouter_tui.proxy.dialects.spoken import SPOKEN
from tests.backends.test_stream import reply_of
from tests.proxy.dialects.canonical import call, stream
from tests.proxy.test_door import ASKS

ANSWER = b"".join(
    stream(
        [
            {"reasoning": "Wie spät? 時間"},
            {"content": "Hé\n\ndata: [DONE]\n\n"},
            {"content": "llo"},
            call(0, "f", '{"a":', "c0"),
            call(1, "g", "{}", "c1"),
            call(0, "", "1}"),
        ],
        "tool_calls",
    )
)
"""Text that looks like the end of a stream is none: in JSON a line's end is an escape."""
WAYS = {way.path: way.dialect for way in SPOKEN if way.path in ASKS}


def told(path: str, reads: list[bytes]) -> bytes:
    """What a client is told of an answer that comes in these reads."""
    _, voice = WAYS[path].read(json.dumps({**ASKS[path], "stream": True}).encode(), session="", client="")

    async def listen() -> bytes:
        return b"".join([voice.feed(chunk) async for chunk in reply_of(reads, hide_usage=False).chunks()])

    return asyncio.run(listen())


def steady(text: bytes) -> list[Any]:
    """The events, without what a clock says."""
    lines = [line.removeprefix(b"data: ") for line in text.splitlines() if line.startswith((b"data: {", b"{"))]
    return [{k: v for k, v in json.loads(line).items() if not k.endswith(("_at", "_duration"))} for line in lines]


@pytest.mark.parametrize("path", WAYS)
@settings(max_examples=25)
@given(cuts=st.sets(st.integers(1, len(ANSWER) - 1), max_size=12))
def test_any_cut_of_the_bytes_is_told_alike(path: str, cuts: set[int]) -> None:
    ends = [*sorted(cuts), len(ANSWER)]
    reads = [ANSWER[start:end] for start, end in zip([0, *ends[:-1]], ends, strict=True)]
    known = told(path, [ANSWER])
    assert b"llo" in known
    assert steady(told(path, reads)) == steady(known)
