"""A model dies in the middle of its answer: another one goes on, where that is possible and wished for."""

import json

import pytest

from llmrouter_tui.core.errors import BackendError
from llmrouter_tui.core.events import ExchangeFinished
from llmrouter_tui.engine.transcript import Keep
from tests.engine.house import ScriptedBackend, model, open_house, request


def two(dies_at: int = 2, *, continues: bool = True) -> ScriptedBackend:
    return ScriptedBackend([model("a", 3), model("b", 3)], die_at={dies_at}, continues=continues)


async def test_the_next_model_goes_on_from_what_was_sent() -> None:
    backend = two()
    async with open_house(backend) as house:
        got = await house.ask()
        first, second = backend.asked
        assert first.model.name != second.model.name
        assert json.loads(second.request.body)["messages"][-1] == {"role": "assistant", "content": "t0 t1 "}
        assert f": one/{second.model.name} goes on with the answer: it died\n\n".encode() in got
        assert got.count(b"[DONE]") == 1
        assert got.endswith(b"data: [DONE]\n\n")
        record = house.facts(ExchangeFinished)[-1].exchange
        assert (record.outcome, record.model, record.code) == ("ok", f"one/{second.model.name}", "")
        assert [(a.outcome, a.code) for a in record.attempts] == [("failed", "upstream_interrupted"), ("ok", "")]
        assert record.attempts[0].ttft is not None, "it had begun"
        assert record.answer == "t0 t1 t0 t1 t2 "
        assert all(house.fleet.model(f"one/{name}").leases == 0 for name in "ab")


@pytest.mark.parametrize("kept", [10, 100, 10_000])
async def test_who_goes_on_after_two_died_knows_all_that_was_said_in_its_order(kept: int) -> None:
    """However little of an answer its record keeps."""
    backend = ScriptedBackend([model(name, 2) for name in "abc"], die_at={2}, continues=True, die_again=1)
    async with open_house(backend) as house:
        house.router.keep = Keep(answer=kept)
        assert (await house.ask()).endswith(b"data: [DONE]\n\n")
        told = [json.loads(call.request.body)["messages"][-1]["content"] for call in backend.asked[1:]]
        assert told == ["t0 t1 ", "t0 t1 t0 t1 "]


@pytest.mark.parametrize("more", [{"tools": 1}, {"json_mode": True}])
async def test_half_a_call_and_half_an_object_end_in_an_error(more: dict[str, object]) -> None:
    backend = two()
    async with open_house(backend) as house:
        with pytest.raises(BackendError, match="it died"):
            await house.ask(**more)
        assert len(backend.asked) == 1
        assert house.facts(ExchangeFinished)[-1].exchange.code == "upstream_interrupted"


async def test_where_the_user_wants_an_error_it_is_one() -> None:
    backend = two()
    async with open_house(backend) as house:
        house.router.resumes = False
        with pytest.raises(BackendError, match="it died"):
            await house.ask()
        assert len(backend.asked) == 1


async def test_a_server_that_would_answer_anew_is_not_asked_to_go_on() -> None:
    backend = two(continues=False)
    async with open_house(backend) as house:
        with pytest.raises(BackendError, match="it died"):
            await house.ask()
        assert len(backend.asked) == 1


async def test_where_nobody_can_go_on_the_first_failure_is_told() -> None:
    backend = two()
    async with open_house(backend) as house:
        chosen = house.router.decide(request()).chosen.removeprefix("one/")
        other = "b" if chosen == "a" else "a"
        refusal = BackendError("invalid_request", "no prefill with thinking", backend="one", fallback=False)
        backend.failures[other] = [refusal]
        with pytest.raises(BackendError, match="it died"):
            await house.ask()
        record = house.facts(ExchangeFinished)[-1].exchange
        assert [a.code for a in record.attempts] == ["upstream_interrupted", "invalid_request"]
        assert record.message == "it died"


async def test_what_was_gone_on_with_teaches_nothing_of_how_models_count() -> None:
    backend = two()
    async with open_house(backend) as house:
        await house.ask()
        second = backend.asked[1].model.name
        assert house.fleet.model(f"one/{second}").speed.token_ratio == 1.0
