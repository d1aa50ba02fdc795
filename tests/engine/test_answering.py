"""What is asked from a screen is an exchange like any other."""

import asyncio
import contextlib
import time
from types import SimpleNamespace
from typing import Any

import pytest

from llmrouter_tui.core.asking import ASKER, Question, request_of
from llmrouter_tui.core.errors import BackendError, RouterError
from llmrouter_tui.core.events import ExchangeFinished, ExchangeStarted
from llmrouter_tui.engine.control import EngineControl
from tests.engine.house import House, ScriptedBackend, model, open_house


def control(house: House) -> EngineControl:
    parts: Any = SimpleNamespace(router=house.router)
    return EngineControl(parts)


async def test_an_answer_comes_in_pieces_and_leaves_a_record():
    async with open_house(ScriptedBackend([model("a", 3), model("b", 3)])) as house:
        asking = await control(house).ask(request_of(Question("hello", "be brief", among=("one/b",))))
        assert [piece.text async for piece in asking.pieces()] == ["t0 ", "t1 ", "t2 "]
        await asking.close()
        await asking.close()
        (started,), (finished,) = house.facts(ExchangeStarted), house.facts(ExchangeFinished)
        record = finished.exchange
        assert started.exchange.id == record.id == asking.id
        assert (record.outcome, record.model, record.client, record.prompt) == ("ok", "one/b", ASKER, "hello")
        assert house.fleet.model("one/b").leases == 0


async def test_who_stops_listening_frees_the_model():
    backend = ScriptedBackend([model("a", 3)])
    async with open_house(backend) as house:
        backend.gate.clear()
        asking = await control(house).ask(request_of(Question("hello")))

        async def listen() -> None:
            try:
                async for _ in asking.pieces():
                    pass
            finally:
                await asking.close()

        task = asyncio.ensure_future(listen())
        await asyncio.sleep(0.05)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        assert house.fleet.model("one/a").leases == 0
        assert house.facts(ExchangeFinished)[-1].exchange.outcome == "cancelled"


async def test_what_goes_to_one_model_falls_back_to_nobody():
    backend = ScriptedBackend([model("a", 3), model("b", 3)])
    backend.failures["a"] = [BackendError("backend_error", "it broke", backend="one", fallback=True)]
    async with open_house(backend) as house:
        asking = await control(house).ask(request_of(Question("hello", model="one/a", among=("one/a",))))
        with pytest.raises(RouterError, match="it broke"):
            async for _ in asking.pieces():
                pass
        await asking.close()
        record = house.facts(ExchangeFinished)[-1].exchange
        assert [attempt.model for attempt in record.attempts] == ["one/a"]


async def test_models_that_are_not_here_are_refused_in_words():
    async with open_house(ScriptedBackend([model("a", 3)])) as house:
        with pytest.raises(RouterError, match=r"None of the models that it may go to .*one/z"):
            await control(house).ask(request_of(Question("hello", among=("one/z",))))


async def test_the_route_of_a_prompt_is_told_between_two_keystrokes():
    names = [model(f"m{number}", 3) for number in range(30)]
    async with open_house(ScriptedBackend(names)) as house:
        asked = control(house)
        prompt = "Write a Python function that merges two sorted lists, and explain why it is stable. " * 5
        taken = []
        for end in range(20, 60):
            began = time.perf_counter()
            decision = await asked.explain(request_of(Question(prompt[: end * 5]), send=False))
            assert len(decision.candidates) == 30
            taken.append(time.perf_counter() - began)
        assert sorted(taken)[len(taken) // 2] < 0.2, "some 2 ms; with room for a machine that is busy"
        assert house.facts(ExchangeStarted) == []
