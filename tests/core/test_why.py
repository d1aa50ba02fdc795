"""What is said of a choice without a rival."""

from dataclasses import replace

from llmrouter_tui.core.domain import TASKS, Ability, Speed
from llmrouter_tui.core.selection import decide
from tests.core.fleet import analysis, model


def test_the_only_model_there_is_is_called_so() -> None:
    assert decide(analysis(), [model("one:8b", Speed(400, 40, 5))], preference=0.5).why == "only model here"


def test_the_only_one_that_is_not_hopeless_is_called_good_enough() -> None:
    good = replace(model("good:8b", Speed(400, 40, 5)), abilities={task: Ability(0.9, 9.0, 0.1) for task in TASKS})
    poor = replace(model("poor:8b", Speed(400, 40, 5)), abilities={task: Ability(0.05, 9.0, 0.1) for task in TASKS})
    decision = decide(analysis(), [good, poor], preference=0.5)
    assert decision.why == "only good enough one"
    assert decision.filtered[0][0] == poor.id


def test_where_others_cannot_serve_now_it_is_the_one_at_hand() -> None:
    here, away = model("one:8b", Speed(400, 40, 5)), replace(model("two:8b", Speed(400, 40, 5)), healthy=False)
    assert decide(analysis(), [here, away], preference=0.5).why == "only one at hand"
