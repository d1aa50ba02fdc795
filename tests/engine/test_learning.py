"""What answers teach: how a model counts tokens. And what is publicly known reaches decisions."""

from dataclasses import replace

import pytest

from llmrouter_tui.core.catalog import Known
from llmrouter_tui.core.decision import Analysis, Usage
from llmrouter_tui.core.domain import TASKS, CatalogMatch
from llmrouter_tui.engine.clock import SystemClock
from llmrouter_tui.engine.learning import MOST_TOKENS, Learning
from llmrouter_tui.storage.repo import open_repo
from tests.engine.house import ScriptedBackend, model, open_house, request

GIVEN = dict.fromkeys(TASKS, 1 / len(TASKS))


def estimate(tokens: int, *needs: str) -> Analysis:
    return Analysis(GIVEN, "chat", 0.3, "easy", frozenset(needs), prompt_tokens=tokens)


async def test_a_models_own_count_of_tokens_corrects_the_estimate():
    async with open_house(ScriptedBackend([model("a", 3), model("b", 3)])) as house:
        record = house.fleet.model("one/a")
        for _ in range(40):
            house.learning.counted(record, estimate(1000), Usage(prompt_tokens=1300))
        assert record.speed.token_ratio == pytest.approx(1.3, rel=0.05)
        assert house.fleet.model("one/b").speed.token_ratio == 1.0


async def test_it_takes_longer_to_read_and_less_fits():
    async with open_house(ScriptedBackend([model("a", 3), model("b", 3)])) as house:
        prompt = "The council met on Tuesday to talk about it. " * 30
        before = {c.model: c.seconds.prefill for c in house.router.decide(request(prompt)).candidates}
        for _ in range(40):
            house.learning.counted(house.fleet.model("one/a"), estimate(1000), Usage(prompt_tokens=2000))
        house.fleet.touch(house.fleet.model("one/a"))
        after = {c.model: c.seconds.prefill for c in house.router.decide(request(prompt)).candidates}
        assert after["one/a"] == pytest.approx(2 * before["one/a"], rel=0.1)
        assert after["one/b"] == before["one/b"]


@pytest.mark.parametrize(
    ("analysis", "said"),
    [
        (estimate(20), 90),
        (estimate(1000), None),
        (estimate(1000), 0),
        (estimate(1000, "vision"), 5000),
        (estimate(1000, "tools"), 5000),
    ],
    ids=["short", "not told", "not counted", "with images", "with tools"],
)
async def test_what_the_text_alone_does_not_explain_teaches_nothing(analysis: Analysis, said: int | None):
    async with open_house(ScriptedBackend([model("a", 3)])) as house:
        record = house.fleet.model("one/a")
        for _ in range(40):
            house.learning.counted(record, analysis, Usage(prompt_tokens=said))
        assert record.speed.token_ratio == 1.0


async def test_a_count_that_makes_no_sense_is_bounded():
    async with open_house(ScriptedBackend([model("a", 3)])) as house:
        record = house.fleet.model("one/a")
        for _ in range(60):
            house.learning.counted(record, estimate(100), Usage(prompt_tokens=10**9))
        assert record.speed.token_ratio <= MOST_TOKENS
        for _ in range(60):
            house.learning.counted(record, estimate(100), Usage(prompt_tokens=1))
        assert record.speed.token_ratio >= 1 / MOST_TOKENS


async def test_what_a_request_says_of_thinking_counts_for_models_that_heed_it():
    capable = replace(model("a", 3), capabilities=frozenset({"completion", "thinking"}))
    async with open_house(ScriptedBackend([capable, model("b", 3)])) as house:
        record, other = house.fleet.model("one/a"), house.fleet.model("one/b")
        words = "Prove that there are infinitely many primes."

        def seconds(switch: str) -> dict[str, float]:
            decided = house.router.decide(replace(request(words), switch=switch))
            return {c.model: c.seconds.decode for c in decided.candidates}

        assert record.view().switches["enable_thinking false"].hidden == 0
        assert not other.view().switches
        usual, off = seconds(""), seconds("enable_thinking false")
        assert off["one/a"] < usual["one/a"]
        assert off["one/b"] == usual["one/b"]


async def test_what_is_known_of_languages_counts_for_requests_in_them():
    german = "Bitte erkläre mir, warum der Himmel blau ist und was das mit dem Licht der Sonne zu tun hat."
    async with open_house(ScriptedBackend([model("a", 3), model("b", 3)])) as house:

        def qualities(prompt: str) -> dict[str, float]:
            return {c.model: c.predicted_quality for c in house.router.decide(request(prompt)).candidates}

        before, english = qualities(german), qualities("Why is the sky blue?")
        record = house.fleet.model("one/a")
        known = Known("a", {}, {}, languages={"de": 0.4})
        repo = await open_repo(None)
        Learning(repo, SystemClock(), lambda info, kind, chosen: (CatalogMatch(), known)).refresh(record)
        house.fleet.touch(record)
        assert record.view().languages == {"de": 0.4}
        after = qualities(german)
        assert after["one/a"] > before["one/a"] + 0.05
        assert after["one/b"] == before["one/b"]
        assert qualities("Why is the sky blue?") == english
        house.learning.refresh(record)
        house.fleet.touch(record)
        assert qualities(german) == before
        await repo.close()
