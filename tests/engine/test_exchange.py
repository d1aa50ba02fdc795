"""Exchanges: from arrival to last byte, through failures of every kind."""

import asyncio
import contextlib
import gc
from dataclasses import replace

import pytest

from llmrouter_tui.backends.unspoken import cannot
from llmrouter_tui.core.chat import ChatCall, ChatRequest, Message
from llmrouter_tui.core.errors import BackendError, RouterError
from llmrouter_tui.core.events import AttemptFailed, ExchangeFinished, ExchangeStarted, FirstToken
from llmrouter_tui.core.rules import parse
from llmrouter_tui.engine.transcript import EVERYTHING, Keep
from tests.engine.house import GIB, ScriptedBackend, model, open_house, request


def fault(code: str, *, fallback: bool = True, backend: str = "one", unhealthy: bool = False) -> BackendError:
    return BackendError(code, f"{code} it was", backend=backend, fallback=fallback, unhealthy=unhealthy)


def two_models() -> ScriptedBackend:
    return ScriptedBackend([model("a", 3), model("b", 3)])


async def test_an_answer_passes_through_and_leaves_a_complete_record():
    async with open_house(two_models()) as house:
        answer = await house.ask("hello there")
        assert answer.count(b"data:") == 6
        assert answer.endswith(b"data: [DONE]\n\n")
        (started,) = house.facts(ExchangeStarted)
        (finished,) = house.facts(ExchangeFinished)
        record = finished.exchange
        assert started.exchange.id == record.id
        assert record.outcome == "ok"
        assert record.model == record.decision.chosen
        assert record.answer == "t0 t1 t2 "
        assert record.prompt == "hello there"
        assert record.response_id == "r1"
        assert record.usage.completion_tokens == 3
        assert record.ttft is not None
        assert record.ttft <= record.seconds
        assert len(house.facts(FirstToken)) == 1
        assert house.fleet.model(record.model).leases == 0


async def test_what_an_exchange_held_is_free_when_it_is_over_without_the_collector() -> None:
    """Which comes seldom, so that it holds nothing up: a cycle in each exchange once kept thousands of bodies."""
    async with open_house(two_models()) as house:

        async def exchanges() -> None:
            await house.ask("streamed")
            await house.ask("whole", stream=False)
            for broken in (1, 2):
                first = house.router.decide(request("broken")).chosen.removeprefix("one/")
                names = (first, *{"a", "b"} - {first})[:broken]
                house.backends[0].failures = {name: [fault("backend_error")] for name in names}
                with contextlib.suppress(BackendError):
                    await house.ask("broken")
            left = asyncio.ensure_future(house.ask("left"))
            await asyncio.sleep(0)
            left.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await left

        await exchanges()
        gc.collect()
        gc.set_debug(gc.DEBUG_SAVEALL)
        try:
            await exchanges()
            gc.collect()
            kept = {type(one).__qualname__ for one in gc.garbage if type(one).__module__.startswith("llmrouter_tui")}
        finally:
            gc.set_debug(0)
            gc.garbage.clear()
        assert kept == set()


async def test_the_time_to_the_first_token_is_the_clients_and_the_models_own_is_what_is_learned():
    backend = ScriptedBackend([model("a", 3)], load_seconds=0.2)
    async with open_house(backend) as house:
        await house.ask()
        record = house.facts(ExchangeFinished)[-1].exchange
        [attempt] = record.attempts
        assert record.ttft >= attempt.wait_seconds + attempt.ttft
        assert record.ttft <= record.seconds
        assert attempt.wait_seconds > attempt.ttft
        assert house.facts(FirstToken)[-1].ttft == record.ttft
        assert house.fleet.model("one/a").speed.ttft == attempt.ttft


async def test_a_failure_before_the_first_token_falls_back_to_the_next_candidate():
    backend = two_models()
    async with open_house(backend) as house:
        first = house.router.decide(request()).chosen.removeprefix("one/")
        backend.failures[first] = [fault("backend_error")]
        assert b"t2" in await house.ask()
        (failed,) = house.facts(AttemptFailed)
        record = house.facts(ExchangeFinished)[-1].exchange
        assert failed.attempt.model == f"one/{first}"
        assert failed.next_model == record.model != f"one/{first}"
        assert [a.outcome for a in record.attempts] == ["failed", "ok"]
        assert house.fleet.model(f"one/{first}").leases == 0


async def test_a_model_that_finds_no_memory_twice_is_given_up_for_the_next_candidate():
    backend = ScriptedBackend([model("a", 2), model("b", 2), model("able", 4)])
    async with open_house(backend) as house:
        for name in "ab":
            await house.ask(name=f"one/{name}")
        house.router.preference = 1.0
        backend.load_failures["able"] = [fault("out_of_memory"), fault("out_of_memory")]
        assert b"t2" in await house.ask("Prove that 2 is irrational.")
        record = house.facts(ExchangeFinished)[-1].exchange
        assert record.attempts[0].model == "one/able"
        assert record.attempts[0].code == "out_of_memory"
        assert [a.outcome for a in record.attempts] == ["failed", "ok"]
        assert backend.calls.count(("load", "able")) == 2
        assert "able" not in backend.held


async def test_an_answer_that_dies_before_its_first_token_falls_back_too():
    backend = two_models()
    backend.die_at = {0}
    async with open_house(backend) as house:
        with pytest.raises(BackendError):
            await house.ask()
        assert len(house.facts(AttemptFailed)) == 2
        assert all(reply.closed for reply in backend.replies)


async def test_the_clients_own_fault_goes_back_to_the_client():
    backend = two_models()
    backend.failures = {name: [fault("invalid_request", fallback=False)] for name in "ab"}
    async with open_house(backend) as house:
        with pytest.raises(BackendError, match="invalid_request"):
            await house.ask()
        assert sum(call[0] == "chat" for call in backend.calls) == 1
        assert house.facts(ExchangeFinished)[-1].exchange.code == "invalid_request"


async def test_a_backend_that_is_gone_is_marked_down_and_its_other_models_are_not_tried():
    gone = ScriptedBackend([model("a", 3), model("c", 3)])
    alive = ScriptedBackend([model("z", 1, "two")], name="two")
    gone.failures = {n: [fault("backend_unreachable", unhealthy=True)] for n in "ac"}
    async with open_house(gone, alive) as house:
        gone.down = True
        house.router.preference = 1.0
        assert house.router.decide(request("Prove that 2 is irrational.")).chosen.startswith("one/")
        await house.ask("Prove that 2 is irrational.")
        record = house.facts(ExchangeFinished)[-1].exchange
        assert [a.model for a in record.attempts][1:] == ["two/z"]
        assert house.fleet.backends["one"].health == "down"
        assert house.router.decide(request()).chosen == "two/z"


async def test_a_context_overflow_is_cured_only_by_a_larger_context():
    backend = ScriptedBackend([model("a", 3), model("b", 3)])
    backend.failures = {n: [fault("context_length_exceeded")] for n in "ab"}
    async with open_house(backend) as house:
        with pytest.raises(BackendError, match="context_length_exceeded"):
            await house.ask()
        assert len(house.facts(AttemptFailed)) == 1


async def test_an_overflow_is_tried_once_more_where_there_is_most_room():
    """Where the largest known context is too small, all are; unknown ones are asked only when none is known."""
    known = [replace(model(n, 3), context_length=c) for n, c in (("a", 4096), ("b", 8192), ("c", 16384), ("d", 16384))]
    backend = ScriptedBackend([*known, replace(model("e", 3), context_length=None)], capacity=16 * GIB)
    backend.failures = {n: [fault("context_length_exceeded")] * 2 for n in "abcde"}
    async with open_house(backend) as house:
        with pytest.raises(BackendError, match="context_length_exceeded"):
            await house.ask(name="one/a")
        assert [call[1] for call in backend.calls if call[0] == "chat"] == ["a"]  # asked for by name: nobody else
        backend.calls.clear()
        house.fleet.model("one/a").pinned = True
        run = house.router.begin(request())
        order = [candidate.model for candidate in run.decision.candidates]
        with pytest.raises(BackendError, match="context_length_exceeded"):
            await run.open()
        run.close()
        asked = [f"one/{call[1]}" for call in backend.calls if call[0] == "chat"]
        assert asked[0] == order[0]
        assert len(asked) <= 2
        assert all(model_id in ("one/c", "one/d") for model_id in asked[1:])


async def test_where_the_one_with_most_room_breaks_the_next_larger_one_is_asked():
    known = [replace(model(n, 3), context_length=c) for n, c in (("a", 4096), ("b", 8192), ("c", 16384))]
    backend = ScriptedBackend(known, capacity=16 * GIB)
    backend.failures = {"a": [fault("context_length_exceeded")], "c": [fault("backend_error")]}
    async with open_house(backend) as house:
        house.router.rules = (parse("always a"),)
        await house.ask()
        assert [call[1] for call in backend.calls if call[0] == "chat"] == ["a", "c", "b"]


async def test_when_all_backends_are_away_it_says_which_and_since_when():
    backend = two_models()
    async with open_house(backend) as house:
        house.fleet.failed("one", fault("backend_unreachable", unhealthy=True))
        house.fleet.backends["one"].since -= 300
        with pytest.raises(RouterError, match=r"one at http://127\.0\.0\.1:1, down for 5 min") as caught:
            house.router.begin(request())
        assert (caught.value.code, caught.value.retryable) == ("backend_unreachable", True)


async def test_a_client_that_reads_slowly_does_not_make_its_model_look_slow():
    backend = two_models()
    async with open_house(backend) as house:
        run = house.router.begin(request())
        record = house.fleet.model(run.decision.chosen)
        before = (record.mean_seconds, record.speed.decode)
        await run.open()
        async for _ in run.body():
            await asyncio.sleep(0.05)
        run.close()
        assert (record.mean_seconds, record.speed.decode) == before
        assert house.facts(ExchangeFinished)[-1].exchange.decode_per_second is None


async def test_a_record_carries_as_much_of_the_texts_as_it_is_told_to():
    async with open_house(two_models()) as house:
        house.router.keep = Keep(prompt=5, answer=70)
        await house.ask("hello there")
        short = house.facts(ExchangeFinished)[-1].exchange
        assert short.prompt == "hello"
        assert short.answer in ("", "t0 ")
        house.router.keep = EVERYTHING
        await house.ask("word " * 5000)
        whole = house.facts(ExchangeFinished)[-1].exchange
        assert (len(whole.prompt), whole.answer) == (25_000, "t0 t1 t2 ")
        assert len(house.router.traffic.recent[-1].prompt) < 25_000  # memory keeps less than the database


async def test_a_death_after_the_first_token_is_told_and_not_tried_again():
    backend = two_models()
    backend.die_at = {2}
    async with open_house(backend) as house:
        with pytest.raises(BackendError, match="it died"):
            await house.ask()
        record = house.facts(ExchangeFinished)[-1].exchange
        assert (record.outcome, record.code) == ("failed", "upstream_interrupted")
        assert record.answer == "t0 t1 "
        assert not house.facts(AttemptFailed)


async def test_a_client_that_leaves_stops_the_answer_and_frees_the_model():
    backend = two_models()
    async with open_house(backend) as house:
        run = house.router.begin(request())
        await run.open()
        body = run.body()
        await anext(body)
        backend.gate.clear()
        reading = asyncio.ensure_future(anext(body))
        await asyncio.sleep(0.01)
        reading.cancel()
        run.close()
        run.close()
        await asyncio.sleep(0.01)
        assert backend.replies[0].closed
        assert house.fleet.model(run.model).leases == 0
        (finished,) = house.facts(ExchangeFinished)
        assert finished.exchange.outcome == "cancelled"


async def test_a_client_that_leaves_while_the_model_loads_frees_its_place():
    backend = two_models()
    backend.load_seconds = 0.2
    async with open_house(backend) as house:
        run = house.router.begin(request())
        opening = asyncio.ensure_future(run.open())
        await asyncio.sleep(0.02)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        run.close()
        record = house.fleet.model(run.model)
        assert not record.tickets
        assert record.leases == 0


async def test_a_named_model_is_that_model_and_an_unknown_one_is_told_the_nearest():
    backend = ScriptedBackend([model("qwen3:32b", 3), model("llama3.1:8b", 3)])
    async with open_house(backend) as house:
        await house.ask(name="llama3.1:8b")
        assert house.facts(ExchangeFinished)[-1].exchange.model == "one/llama3.1:8b"
        with pytest.raises(RouterError) as caught:
            await house.ask(name="qwen3:31b")
        assert caught.value.code == "model_not_found"
        assert "qwen3:32b" in str(caught.value)
        assert house.facts(ExchangeFinished)[-1].exchange.code == "model_not_found"


async def test_a_conversation_stays_on_its_model():
    async with open_house(two_models()) as house:
        turns = [Message("user", "write a function that sorts"), Message("assistant", "def"), Message("user", "faster")]
        await house.ask("write a function that sorts", name="one/b")
        going_on = ChatRequest(model="auto", messages=tuple(turns), body=b"{}", stream=True)
        run = house.router.begin(going_on)
        run.close()
        assert run.decision.chosen == "one/b"


async def test_explaining_is_deciding_and_changes_nothing():
    async with open_house(two_models()) as house:
        before = house.bus.seq
        explained = house.router.decide(request("hi"))
        assert house.bus.seq == before
        assert not house.backends[0].calls
        run = house.router.begin(request("hi"))
        run.close()
        assert run.decision.chosen == explained.chosen
        assert [c.score for c in run.decision.candidates] == [c.score for c in explained.candidates]


async def test_a_candidate_that_vanished_is_skipped():
    async with open_house(two_models()) as house:
        run = house.router.begin(request())
        del house.fleet.models[run.decision.chosen]
        await run.open()
        run.close()
        assert run.model != run.decision.chosen
        assert run.attempts == 2


async def test_a_passing_fault_is_not_covered_up_by_one_that_stays():
    backend = two_models()
    async with open_house(backend) as house:
        first, second = (c.model.removeprefix("one/") for c in house.router.decide(request()).candidates)
        backend.failures = {
            first: [fault("model_loading")],
            second: [BackendError("invalid_request", "no tools", backend="one", fallback=True, retryable=False)],
        }
        with pytest.raises(BackendError) as caught:
            await house.ask()
        assert caught.value.code == "model_loading"


async def test_a_title_request_does_not_move_the_conversation():
    async with open_house(two_models()) as house:
        await house.ask("write a function that sorts", name="one/b", session="s1")
        title = "### Task:\nGenerate a concise, 3-5 word title with an emoji summarizing the chat history."
        await house.ask(title, name="one/a", session="s1")
        run = house.router.begin(request("now faster", session="s1"))
        run.close()
        assert run.decision.chosen == "one/b"


async def test_with_no_model_at_all_the_answer_says_so():
    async with open_house(ScriptedBackend([])) as house:
        with pytest.raises(RouterError) as caught:
            house.router.begin(request())
        assert caught.value.code == "backend_unreachable"
        assert caught.value.status == 503


async def test_ids_sort_by_time():
    async with open_house(two_models()) as house:
        ids = [house.router.new_id(house.router.clock.wall()) for _ in range(100)]
        assert ids == sorted(set(ids))


async def test_before_there_is_any_model_a_client_is_told_how_to_come_by_one() -> None:
    async with open_house(ScriptedBackend([])) as house:
        with pytest.raises(RouterError, match="there is no model here yet") as refused:
            await house.ask()
        assert "doctor" in refused.value.hint
        assert refused.value.retryable


class Single(ScriptedBackend):
    """A server that gives one answer to a request."""

    def refuse(self, call: ChatCall) -> None:
        if call.request.choices > 1:
            raise cannot(call, "One gives one answer to a request; n must be 1.", "n")


async def test_what_a_server_cannot_be_asked_loads_none_of_its_models():
    one = Single([model(name, 1) for name in "abcde"])
    two = ScriptedBackend([model("z", 1, "two")], name="two")
    async with open_house(one, two) as house:
        house.router.rules = [parse("always one/a")]
        await house.ask(choices=2)
        record = house.facts(ExchangeFinished)[-1].exchange
        assert [(a.model, a.outcome) for a in record.attempts] == [("one/a", "failed"), ("two/z", "ok")]
        assert one.calls == [], "nothing was loaded there, and its other models were not tried"
        with pytest.raises(BackendError, match="n must be 1"):
            await house.ask(name="one/b", choices=2)
        assert one.calls == []
