"""The user's rules and the question what a preference would change, through the engine as it runs."""

import pytest

from llmrouter_tui.core.errors import BackendError, RouterError
from llmrouter_tui.core.events import ExchangeFinished
from llmrouter_tui.core.rules import parse
from llmrouter_tui.core.whatif import what_if
from tests.engine.house import House, ScriptedBackend, model, open_house, request


def rule(house: House, *written: str) -> None:
    house.router.rules = tuple(map(parse, written))


def others(house: House, chosen: str) -> str:
    """The model that was not chosen, of two."""
    return next(m for m in house.fleet.models if m != chosen)


async def test_a_rule_moves_the_choice_and_the_record_says_so() -> None:
    async with open_house(ScriptedBackend([model("a", 3), model("b", 3)])) as house:
        usual = house.router.decide(request()).chosen
        rule(house, f"never {usual} for client tool")
        assert house.router.decide(request()).chosen == usual
        await house.ask(client="tool/1.0")
        [finished] = house.facts(ExchangeFinished)
        decision = finished.exchange.decision  # type: ignore[attr-defined]
        assert decision.chosen == finished.exchange.model == others(house, usual)  # type: ignore[attr-defined]
        assert decision.filtered == ((usual, f"rule: never {usual} for client tool"),)
        assert decision.why == "only one your rules allow"
        rule(house)
        assert house.router.decide(request(client="tool/1.0")).filtered == ()


async def test_what_is_explained_is_what_rules_make_of_the_request() -> None:
    async with open_house(ScriptedBackend([model("a", 3), model("b", 3)])) as house:
        usual = house.router.decide(request()).chosen
        rule(house, f"always {others(house, usual)}")
        run = house.router.begin(request())
        assert run.decision is not None
        assert run.decision.chosen == house.router.decide(request()).chosen == others(house, usual)
        run.close()


async def test_a_refusal_by_rules_is_recorded_like_any() -> None:
    async with open_house(ScriptedBackend([model("a", 3)])) as house:
        rule(house, "never a")
        with pytest.raises(RouterError, match=r"Your rules leave no model for this request \(never a\)"):
            await house.ask()
        [finished] = house.facts(ExchangeFinished)
        assert (finished.exchange.outcome, finished.exchange.code) == ("failed", "no_capable_model")  # type: ignore[attr-defined]
        await house.ask(name="a")


def failing(*names: str) -> ScriptedBackend:
    """Three models; the named ones fail once."""
    fault = BackendError("backend_error", "it broke", backend="one", fallback=True)
    return ScriptedBackend([model(name, 2) for name in "abc"], failures={name: [fault] for name in names})


async def test_a_wish_whose_models_all_fail_leaves_the_usual_choice_and_the_record_says_so() -> None:
    async with open_house(failing("a", "b")) as house:
        rule(house, "always a, b for client tool", "never c for session x")
        await house.ask(client="tool/1.0")
        [finished] = house.facts(ExchangeFinished)
        exchange = finished.exchange  # type: ignore[attr-defined]
        assert (exchange.outcome, exchange.model) == ("ok", "one/c")
        assert [(a.model, a.outcome) for a in exchange.attempts] == [
            (exchange.attempts[0].model, "failed"),
            (exchange.attempts[1].model, "failed"),
            ("one/c", "ok"),
        ]
        assert {a.model for a in exchange.attempts[:2]} == {"one/a", "one/b"}
        assert exchange.decision.chosen == "one/c"
        assert exchange.decision.why.startswith("rule unmet: ")
        unmet = "it just failed; rule not met: always a, b for client tool"
        assert dict(exchange.decision.filtered) == {"one/a": unmet, "one/b": unmet}


async def test_a_firm_rule_whose_models_all_fail_asks_nobody_else() -> None:
    async with open_house(failing("a", "b")) as house:
        rule(house, "only a, b", "always a")
        with pytest.raises(BackendError, match="it broke"):
            await house.ask()
        [finished] = house.facts(ExchangeFinished)
        assert [a.model for a in finished.exchange.attempts] == ["one/a", "one/b"]  # type: ignore[attr-defined]


async def test_what_was_decided_here_can_be_asked_about() -> None:
    async with open_house(ScriptedBackend([model("a", 1), model("b", 5)])) as house:
        house.router.preference = 0.0
        await house.ask("Prove that there are infinitely many primes, and that e is irrational.")
        [finished] = house.facts(ExchangeFinished)
        made = [("x", finished.exchange.decision)]  # type: ignore[attr-defined]
        assert what_if(made, 0.0).changed == 0
        house.router.preference = 1.0
        again = house.router.decide(request("Prove that there are infinitely many primes, and that e is irrational."))
        found = what_if(made, 1.0)
        assert [c.instead for c in found.changes] == [again.chosen] != [made[0][1].chosen]
