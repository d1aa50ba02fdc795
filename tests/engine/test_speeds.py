"""What teaches a model's speed: whole answers, and a clock only where the model worked while it ran."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from llmrouter_tui.core.decision import Timings, Usage
from llmrouter_tui.core.errors import BackendError
from llmrouter_tui.core.events import ExchangeFinished
from llmrouter_tui.core.prompt_set import PROMPTS
from llmrouter_tui.engine.asking import Asking
from llmrouter_tui.engine.clock import SystemClock
from llmrouter_tui.engine.hearing import Heard
from llmrouter_tui.engine.learning import STRAY, by_clock
from llmrouter_tui.engine.sandbox import Sandbox
from tests.engine.house import ScriptedBackend, ScriptedReply, model, open_house


class HeldBack(ScriptedReply):
    """A tool call: so many tokens were made before anything came, and then all of it comes at once."""

    async def chunks(self) -> AsyncIterator[bytes]:
        self.usage = Usage(50, 400)
        call = '{"index":0,"id":"c","function":{"name":"f","arguments":"{}"}}'
        yield f'data: {{"id":"r1","choices":[{{"delta":{{"tool_calls":[{call}]}}}}]}}\n\n'.encode()
        yield b'data: {"id":"r1","choices":[{"delta":{},"finish_reason":"tool_calls"}]}\n\n'
        yield b"data: [DONE]\n\n"


class SlowlyHeldBack(HeldBack):
    """The same of a long prompt, and it takes a moment more to end."""

    async def chunks(self) -> AsyncIterator[bytes]:
        async for chunk in super().chunks():
            await asyncio.sleep(0.015)
            yield chunk
        self.usage = Usage(600, 400)


class Broken(ScriptedReply):
    """Its server had told usage and timings, as some do with every chunk, when it went down in the middle."""

    async def chunks(self) -> AsyncIterator[bytes]:
        async for chunk in super().chunks():
            yield chunk
            if b"t0" in chunk:
                self.usage, self.timings = Usage(50, 400), Timings(decode_per_second=9000.0)
                raise BackendError("upstream_interrupted", "it went down", backend="one", fallback=True)


class Server(ScriptedBackend):
    answer: type[ScriptedReply] = ScriptedReply

    async def chat(self, call):
        return self.answer(self, call)


async def test_an_answer_that_came_all_at_once_says_nothing_of_the_speed_at_which_it_was_made():
    backend = Server([model("a")])
    backend.answer = HeldBack
    async with open_house(backend) as house:
        record = house.fleet.model("one/a")
        before = record.speed
        await house.ask(name="one/a")
        assert (record.speed.decode, record.speed.samples) == (before.decode, before.samples)
        assert house.facts(ExchangeFinished)[-1].exchange.decode_per_second is None
        assert record.used == 1


async def test_a_tool_call_that_is_held_back_when_a_model_is_measured_is_no_speed_either():
    backend = Server([model("a")])
    backend.answer = SlowlyHeldBack
    async with open_house(backend) as house:
        record = house.fleet.model("one/a")
        asking = Asking(house.residency, house.learning, house.router.traffic, Sandbox(), SystemClock())
        before = record.speed
        result = await asking.ask(record, next(prompt for prompt in PROMPTS if prompt.tools))
        assert (result.outcome, result.completion_tokens) == ("checked", 400)
        assert (result.decode, result.prefill) == (None, None)
        assert (record.speed.decode, record.speed.prefill) == (before.decode, before.prefill)
        assert record.speed.samples == before.samples


def test_what_is_heard_is_counted_in_pieces_after_the_first():
    heard = Heard()
    for at, delta in enumerate(('"role":"assistant"', '"reasoning_content":"a"', '"content":"b"', '"content":"c"')):
        heard.feed(f'data: {{"choices":[{{"delta":{{{delta}}}}}]}}\n\n'.encode(), float(at))
    heard.feed(b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n', 9.0)
    assert (heard.first, heard.pieces) == (1.0, 2)


async def test_an_answer_that_broke_in_the_middle_teaches_nothing_and_shows_no_speed():
    backend = Server([model("a")])
    backend.answer = Broken
    async with open_house(backend) as house:
        record = house.fleet.model("one/a")
        before = record.speed.decode, record.speed.prefill, record.speed.samples, record.speed.ttft
        with pytest.raises(BackendError):
            await house.ask(name="one/a")
        assert (record.speed.decode, record.speed.prefill, record.speed.samples, record.speed.ttft) == before
        exchange = house.facts(ExchangeFinished)[-1].exchange
        assert (exchange.outcome, exchange.decode_per_second) == ("failed", None)


@pytest.mark.parametrize(
    ("tokens", "ttft", "seconds", "pieces", "rate"),
    [
        (101, 1.0, 3.0, 100, 50.0),
        (101, 1.0, 3.0, None, 50.0),
        (101, 1.0, 3.0, 25, 50.0),  # some servers write several tokens at once
        (101, 1.0, 3.0, 3, None),  # a tool call, its end and its usage
        (1001, 1.0, 3.0, 50, None),  # most of it was thought, and not shown
        (101, 1.0, 1.005, 100, None),  # kept by a proxy
        (5, 1.0, 3.0, 5, None),
    ],
)
def test_the_clock_tells_only_where_words_came_as_they_were_made(tokens, ttft, seconds, pieces, rate):
    assert by_clock(tokens, ttft, seconds, pieces) == rate


async def test_a_sample_far_from_what_was_measured_counts_only_so_far():
    async with open_house(ScriptedBackend([model("a")])) as house:
        record = house.fleet.model("one/a")

        def answer(rate: float) -> None:
            house.learning.answered(record, Usage(10, 100), Timings(decode_per_second=rate), None, None)

        for _ in range(8):
            answer(50.0)
        usual = record.speed.decode
        answer(50_000.0)
        assert record.speed.decode <= usual * (1 + 0.2 * (STRAY - 1)) + 1e-9
        for _ in range(40):
            answer(500.0)  # but a model that is really that fast is believed soon
        assert record.speed.decode == pytest.approx(500.0, rel=0.05)
