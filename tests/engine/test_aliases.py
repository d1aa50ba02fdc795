"""Clients with fixed names get what the user says that these mean."""

import pytest

from llmrouter_tui.core.aliases import of_lines
from llmrouter_tui.core.embedding import EmbedRequest
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.events import ExchangeFinished
from tests.engine.house import ScriptedBackend, model, open_house, request

LINES = ["gpt-4 = one/small", "claude-* = auto", "gpt-* = gone:7b", "big = one/small"]


def backend() -> ScriptedBackend:
    return ScriptedBackend([model("small", 3), model("big", 6)])


async def test_a_name_means_what_its_alias_says_and_the_record_keeps_the_name() -> None:
    async with open_house(backend()) as house:
        house.router.aliases = of_lines(LINES)
        await house.ask(name="gpt-4")
        told = house.facts(ExchangeFinished)[-1].exchange
        assert (told.requested, told.model) == ("gpt-4", "one/small")
        assert told.decision is not None and told.decision.requested == "one/small"
        assert len(house.router.decide(request(name="claude-sonnet-4-5")).candidates) == 2, "the router chooses"
        assert house.router.decide(request(name="big")).chosen == "one/big", "a model's own name goes before"
        assert house.router.decide(request(name="auto")).requested == "auto"


async def test_an_alias_opens_no_model_to_a_key_that_may_not_have_it() -> None:
    async with open_house(backend()) as house:
        house.router.aliases = of_lines(LINES)
        for name, allowed, code in [("gpt-4", "big", "forbidden"), ("gpt-3", "big", "model_not_found")]:
            with pytest.raises(RouterError) as refused:
                house.router.decide(request(name=name, key="alice", allowed=(allowed,)))
            assert refused.value.code == code
            assert "small" not in refused.value.message + refused.value.hint, "nor tells it what there is"
        chosen = house.router.decide(request(name="claude-x", key="alice", allowed=("big",))).chosen
        assert chosen == "one/big"


async def test_what_leads_nowhere_is_told_with_both_names() -> None:
    async with open_house(backend()) as house:
        house.router.aliases = of_lines(LINES)
        with pytest.raises(RouterError) as refused:
            house.router.decide(request(name="gpt-5"))
        assert refused.value.message == "'gpt-5' is an alias of 'gone:7b'. There is no model 'gone:7b'."
        house.router.aliases = of_lines([])
        with pytest.raises(RouterError) as refused:
            house.router.decide(request(name="claude-sonnet-4-5"))
        assert "aliases" in refused.value.hint


async def test_models_that_embed_have_aliases_too() -> None:
    embeds = {"capabilities": frozenset({"embedding"}), "capabilities_known": True}
    models = [model("nomic", 1, **embeds), model("mxbai", 1, **embeds)]
    async with open_house(ScriptedBackend(models)) as house:
        house.router.aliases = of_lines(["text-embedding-* = mxbai"])
        run = house.router.embed(EmbedRequest("text-embedding-3-small", ("x",)))
        run.close()
        assert (run.requested, run.model) == ("text-embedding-3-small", "one/mxbai")
