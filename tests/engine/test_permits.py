"""What a key may ask for, through the engine as it runs: the choice, names, fallbacks, the record, the tokens."""

import pytest

from llmrouter_tui.core.errors import BackendError, RouterError
from llmrouter_tui.core.events import ExchangeFinished
from llmrouter_tui.core.rules import parse
from tests.engine.house import ScriptedBackend, model, open_house, request, until


def three() -> ScriptedBackend:
    return ScriptedBackend([model("a", 3), model("b", 3), model("c", 3)])


async def test_auto_chooses_among_what_the_key_may_ask_for_and_the_record_says_whose_it_is() -> None:
    async with open_house(three()) as house:
        for allowed in (("a",), ("one/b",), ("c", "nothing*")):
            await house.ask(key="alice", allowed=allowed)
            finished = house.facts(ExchangeFinished)[-1].exchange  # type: ignore[attr-defined]
            assert finished.key == "alice"
            assert finished.model == f"one/{allowed[0].removeprefix('one/')}"
            assert [c.model for c in finished.decision.candidates] == [finished.model]


async def test_a_name_that_it_may_not_ask_for_is_refused_and_one_that_nobody_has_is_unknown() -> None:
    async with open_house(three()) as house:
        for name, code in [("a", "forbidden"), ("one/b", "forbidden"), ("zz", "model_not_found")]:
            with pytest.raises(RouterError) as refused:
                await house.ask(name=name, key="alice", allowed=("c",))
            assert refused.value.code == code
            assert "one/a" not in refused.value.hint
        assert "'alice'" in str(house.facts(ExchangeFinished)[0].exchange.message)  # type: ignore[attr-defined]
        await house.ask(name="c", key="alice", allowed=("c",))
        with pytest.raises(RouterError, match=r"None of the models .* is here now \(x, y\*\)"):
            await house.ask(key="alice", allowed=("x", "y*"))


async def test_another_model_that_helps_out_is_one_of_them() -> None:
    backend = three()
    async with open_house(backend) as house:
        house.router.rules = (parse("always a"),)
        down = BackendError("backend_error", "no", backend="one", fallback=True)
        backend.failures = {name: [down] * 5 for name in "abc"}
        with pytest.raises(BackendError):
            await house.ask(key="alice", allowed=("a", "b"))
        tried = {attempt.model for attempt in house.facts(ExchangeFinished)[-1].exchange.attempts}  # type: ignore[attr-defined]
        assert tried == {"one/a", "one/b"}


async def test_a_model_that_comes_later_is_seen() -> None:
    backend = ScriptedBackend([model("a", 3)])
    async with open_house(backend) as house:
        with pytest.raises(RouterError):
            house.router.decide(request(key="k", allowed=("b",)))
        backend.infos = [*backend.infos, model("b", 3)]
        house.fleet.look_again("one")
        await until(lambda: "one/b" in house.fleet.models)
        assert house.router.decide(request(key="k", allowed=("b",))).chosen == "one/b"


async def test_an_exchange_tells_the_tokens_that_it_used() -> None:
    async with open_house(three()) as house:
        run = house.router.begin(request("hello there"))
        assert run.tokens == 0, "nothing was asked yet"
        await run.open()
        estimated = run.tokens
        assert estimated > 0
        async for _ in run.body():
            pass
        run.close()
        usage = house.facts(ExchangeFinished)[-1].exchange.usage  # type: ignore[attr-defined]
        assert run.tokens == usage.prompt_tokens + usage.completion_tokens
