"""Where a server is by its address, and why a model there is withheld."""

from dataclasses import replace

import pytest

from llmrouter_tui.core.domain import ModelInfo
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.hosting import Policy, is_hosted, is_local, remedy, withheld
from llmrouter_tui.core.selection import decide
from tests.core.fleet import analysis, fleet

HERE = ModelInfo("ollama", "small")
NEAR = ModelInfo("box", "big", local=False)
AWAY = ModelInfo("cloud", "huge", local=False, hosted=True, price_in=1.0, price_out=4.0)
BUDGET = Policy(budgets="$2.00 a day")
SPENT = replace(BUDGET, spent="budget of $2.00 a day is spent: $2.03")


@pytest.mark.parametrize(
    ("url", "where"),
    [
        ("http://127.0.0.1:11434", "here"),
        ("http://localhost:8000/v1", "here"),
        ("http://[::1]:8000", "here"),
        ("http://router.localhost", "here"),
        ("127.0.0.2:80", "here"),
        ("http://192.168.1.20:11434", "near"),
        ("http://10.0.0.4", "near"),
        ("http://[fd12::4]:8000", "near"),
        ("http://[fe80::1%25eth0]:8000", "near"),
        ("http://100.100.3.4:8000", "near"),
        ("http://gpu-box:8000", "near"),
        ("http://gpu.local", "near"),
        ("http://gpu.tail1234.ts.net", "near"),
        ("https://api.openai.com/v1", "away"),
        ("https://openrouter.ai/api/v1", "away"),
        ("http://8.8.8.8", "away"),
        ("http://[2606:4700::1]", "away"),
        ("https://gpu.example.com", "away"),
        ("https://localhost.example.com", "away"),
    ],
)
def test_an_address_is_this_machine_s_or_of_a_private_network_or_out_in_the_world(url: str, where: str) -> None:
    assert (is_local(url), is_hosted(url)) == (where == "here", where == "away")


@pytest.mark.parametrize(
    ("info", "policy", "reason"),
    [
        (HERE, Policy(local_only=True), ""),
        (NEAR, Policy(local_only=True), "on another machine: local_only is on"),
        (AWAY, Policy(local_only=True), "hosted: local_only is on"),
        (AWAY, Policy(), ""),
        (AWAY, BUDGET, ""),
        (AWAY, SPENT, "budget of $2.00 a day is spent: $2.03"),
        (replace(AWAY, price_in=0.0, price_out=0.0), SPENT, ""),
        (replace(AWAY, price_in=None, price_out=None), Policy(), ""),
        (
            replace(AWAY, price_in=None, price_out=None),
            BUDGET,
            "hosted: its price is unknown, and the budget is $2.00 a day",
        ),
        (NEAR, SPENT, ""),
        (HERE, SPENT, ""),
        (replace(HERE, price_in=1.0), SPENT, "budget of $2.00 a day is spent: $2.03"),
    ],
)
def test_a_model_is_withheld_for_where_it_runs_or_for_what_it_costs(
    info: ModelInfo, policy: Policy, reason: str
) -> None:
    assert withheld(info, policy) == reason
    assert not reason or remedy(reason)


def test_a_provider_s_model_on_a_server_that_nobody_named_is_withheld() -> None:
    reason = withheld(AWAY, Policy(), configured=False)
    assert reason == "hosted: nobody named its server"
    assert "[[backends]]" in remedy(reason)
    assert withheld(NEAR, Policy(), configured=False) == ""


def test_what_is_withheld_is_no_candidate_and_the_reason_is_told() -> None:
    models = fleet("3b 8b 70b")
    models["70b"] = replace(models["70b"], withheld="hosted: local_only is on")
    decision = decide(analysis(difficulty=1.0), list(models.values()), preference=1.0)
    assert models["70b"].id not in [c.model for c in decision.candidates]
    assert (models["70b"].id, "hosted: local_only is on") in decision.filtered


def test_by_name_it_is_forbidden_in_words() -> None:
    models = fleet("3b 8b 70b")
    models["70b"] = replace(models["70b"], withheld="hosted: local_only is on")
    with pytest.raises(
        RouterError, match=r"ollama/llama3\.3:70b may not be asked \(hosted: local_only is on\)"
    ) as caught:
        decide(analysis(), list(models.values()), preference=0.5, requested="llama3.3:70b")
    assert (caught.value.code, caught.value.status, caught.value.retryable) == ("forbidden", 403, False)
    assert "local_only" in caught.value.hint


def test_where_nothing_else_is_left_auto_is_forbidden_too() -> None:
    models = [replace(view, withheld="hosted: local_only is on") for view in fleet().values()]
    with pytest.raises(RouterError, match="local_only is on") as caught:
        decide(analysis(), models, preference=0.5)
    assert (caught.value.code, caught.value.status) == ("forbidden", 403)


def test_a_replica_here_answers_for_one_that_is_withheld() -> None:
    here = fleet("8b")["8b"]
    away = replace(here, info=replace(here.info, backend="cloud", local=False, hosted=True), withheld="hosted: x")
    decision = decide(analysis(), [away, here], preference=0.5, requested="llama3.1:8b")
    assert decision.chosen == here.id
    assert [model for model, _ in decision.filtered] == [away.id]
