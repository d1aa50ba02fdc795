"""How much of our own code a plain request runs through: counted, since times differ by machine and calls do not."""

import sys
from pathlib import Path
from types import FrameType

import llmrouter_tui
from tests.faults.stage import stage
from tests.faults.upstream import Upstream

CALLS = 264
"""Python calls of ours for one request, not streamed, where no keys, limits, budgets or screens are. Whoever makes them
fewer lowers it."""
SOME = 1.1
OURS = str(Path(llmrouter_tui.__file__).parent)


async def test_a_plain_request_takes_no_more_steps_than_it_did(tmp_path: Path) -> None:
    upstream = Upstream("", ["m"])
    await upstream.start()
    calls = 0

    def see(frame: FrameType, event: str, _: object) -> None:
        nonlocal calls
        code = frame.f_code  # comprehensions are calls in some versions of Python only
        calls += event == "call" and code.co_filename.startswith(OURS) and not code.co_name.startswith("<")

    body = {"model": "auto", "messages": [{"role": "user", "content": "hi"}]}
    taken = []
    async with stage(tmp_path, {"up": ("openai", upstream.url)}, models=1) as here:
        loop = here.service._loop
        assert loop is not None
        loop.call_soon_threadsafe(sys.setprofile, see)
        for _ in range(20):
            before = calls
            async with here.session.post(f"{here.url}/v1/chat/completions", json=body) as response:
                assert response.status == 200
            taken.append(calls - before)
        loop.call_soon_threadsafe(sys.setprofile, None)
    await upstream.stop()
    least = min(taken)  # what the service does beside requests comes on top in some
    print(f"{least} calls")
    assert 0 < least <= CALLS * SOME
