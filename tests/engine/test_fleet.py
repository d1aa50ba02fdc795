"""Models that leave their backend's list, and come back."""

from llmrouter_tui.engine.fleet import GONE
from tests.engine.house import ScriptedBackend, model, open_house


async def test_a_model_that_comes_back_is_the_same():
    async with open_house(ScriptedBackend([model("a", 1)])) as house:
        record, known = house.fleet.backend("one"), house.fleet.model("one/a")
        known.pinned = True
        house.fleet.listed(record, [])
        assert "one/a" not in house.fleet.models
        house.fleet.listed(record, [known.info])
        assert house.fleet.model("one/a") is known


async def test_of_models_without_number_the_newest_are_remembered():
    async with open_house(ScriptedBackend([model("a", 1)])) as house:
        record, first = house.fleet.backend("one"), house.fleet.model("one/a")
        for number in range(GONE + 20):
            house.fleet.listed(record, [model(f"m{number}", 1)])
        last = house.fleet.model(f"one/m{GONE + 19}")
        house.fleet.listed(record, [])
        assert len(house.fleet._gone) == GONE
        house.fleet.listed(record, [first.info, last.info])
        assert house.fleet.model("one/a") is not first
        assert house.fleet.model(last.id) is last
