"""Every way in which a model's server can misbehave, streaming or not, with and without a healthy replica, asked in
three dialects: each request ends in an answer or a clear error in its own words, within a bound, and leaves one row."""

import asyncio
import json
import time
from collections import Counter
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from tests.faults.stage import Stage, counted, stage
from tests.faults.upstream import MODES, Upstream

BOUND = 30.0
"""Seconds: the deadlines of these tests are 1 s for a first word and for a pause, 3 s for a whole answer."""
PATHS = {"openai": "/v1/chat/completions", "anthropic": "/v1/messages", "ollama": "/api/chat"}
TOGETHER = 64
"""Requests at a time: servers, router and clients share one loop here, which must come round within 5 s, the time that
a connection may take."""
WAITS = 1.5
"""What a client allows an answer that never ends."""


@dataclass(frozen=True)
class Case:
    mode: str
    stream: bool
    healthy: bool
    """Whether another server has the same model."""
    dialect: str

    @property
    def model(self) -> str:
        return (
            f"{'both' if self.healthy else 'alone'}-{self.mode}-{self.dialect}-{'stream' if self.stream else 'whole'}"
        )

    @property
    def answered(self) -> bool:
        """Whether it must be an answer: a healthy server takes over, in the middle of a stream too. Nobody can tell
        that an endless stream is one before its client has had enough."""
        return self.healthy and not (self.mode == "endless" and self.stream)


CASES = [Case(*values) for values in product(MODES, (True, False), (True, False), PATHS)]


@dataclass
class Ending:
    status: int
    seconds: float
    answered: bool
    error: dict[str, Any]


def read(case: Case, status: int, body: bytes) -> tuple[bool, dict[str, Any]]:
    """Whether it is a complete answer, and the error that it tells, as clients of the dialect read them."""
    lines = body.decode().splitlines()
    if status != 200 or not case.stream:
        told = json.loads(body)
        error = told.get("error", {})
        return status == 200 and not error, {"message": error} if isinstance(error, str) else error
    if case.dialect == "ollama":
        objects = [json.loads(line) for line in lines if line]
        failed = [{"message": one["error"]} for one in objects if "error" in one]
        return bool(objects[-1].get("done")), failed[-1] if failed else {}
    data = [json.loads(line[6:]) for line in lines if line.startswith("data: {")]
    failed = [one["error"] for one in data if one.get("error")]
    end = (
        "data: [DONE]" in lines if case.dialect == "openai" else any(one.get("type") == "message_stop" for one in data)
    )
    return end, failed[-1] if failed else {}


async def ask(here: Stage, case: Case, room: asyncio.Semaphore) -> Ending:
    body = {
        "model": case.model,
        "messages": [{"role": "user", "content": case.model}],
        "stream": case.stream,
        **({"max_tokens": 100} if case.dialect == "anthropic" else {}),
    }
    headers = {"Prefer": f"wait={WAITS}"} if case.mode == "endless" and case.stream else {}
    async with room:
        begun = time.monotonic()
        async with (
            asyncio.timeout(BOUND),
            here.session.post(here.url + PATHS[case.dialect], json=body, headers=headers) as r,
        ):
            got = await r.read()
            status = r.status
        return Ending(status, time.monotonic() - begun, *read(case, status, got))


@pytest.fixture(autouse=True)
def forgiving(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every case is tried: nobody is left alone for what it did before."""
    monkeypatch.setattr("llmrouter_tui.core.breaker.TRIES", 10_000)
    monkeypatch.setattr("llmrouter_tui.core.breaker.BACKEND_TRIES", 10_000)


@pytest.mark.thorough
async def test_every_case_ends_in_an_answer_or_a_clear_error_and_leaves_one_row(tmp_path: Path) -> None:
    bad = {mode: Upstream(mode, [case.model for case in CASES if case.mode == mode]) for mode in MODES}
    good = Upstream("", [case.model for case in CASES if case.healthy])
    for server in (*bad.values(), good):
        await server.start()
    backends = {f"bad-{mode}": ("openai", server.url) for mode, server in bad.items()}
    hosted = len(CASES) + sum(case.healthy for case in CASES)
    settings = {"first_token_timeout_seconds": 1, "stall_seconds": 1, "max_exchanges": 1000}
    async with stage(tmp_path, {**backends, "good": ("openai", good.url)}, models=hosted, **settings) as here:
        await bad["refuse"].stop()
        room = asyncio.Semaphore(TOGETHER)
        endings = dict(zip(CASES, await asyncio.gather(*(ask(here, case, room) for case in CASES)), strict=True))
        rows = {row["prompt"]: row for row in await here.rows()}
        count = counted(await here.rows())
        assert await here.running() == 0
    for server in (*bad.values(), good):
        await server.stop()
    print(f"{len(CASES)} requests, the slowest took {max(e.seconds for e in endings.values()):.1f} s")
    for mode in MODES:
        told = Counter(rows[c.model]["code"] or "answered" for c in CASES if c.mode == mode)
        print(f"  {mode}:", ", ".join(f"{number} {word}" for word, number in sorted(told.items())))
    for case, ending in endings.items():
        row = rows[case.model]
        assert ending.answered == case.answered, (case, ending, row)
        assert ending.answered != bool(ending.error), (case, ending)
        assert (row["outcome"] == "ok") == case.answered, (case, row)
        if not ending.answered:
            assert ending.error["message"], case
            assert row["code"], case
            assert case.mode == "endless" or case.model in ending.error["message"] or "bad-" in ending.error["message"]
    assert count == Counter(case.model for case in CASES)
    asked = {mode: server.asked for mode, server in bad.items()}
    each = len(CASES) // len(MODES)
    assert all(count >= each for mode, count in asked.items() if mode != "refuse"), "each was really sent there"
