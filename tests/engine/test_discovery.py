"""Looking around: who is taken in, who is left alone, and what a backend that leaves takes with it."""

from llmrouter_tui.engine.discovery import Discovery
from tests.engine.house import House, ScriptedBackend, model, open_house


def server(name: str, port: int) -> ScriptedBackend:
    return ScriptedBackend([model("m", 1, name)], name=name, url=f"http://127.0.0.1:{port}")


def looking(house: House, *found: ScriptedBackend, dismissed: tuple[str, ...] = ()) -> Discovery:
    async def find():
        return found

    return Discovery(house.fleet, house.lookout, find, dismissed)


async def test_a_server_that_answers_joins_with_its_models_and_only_once():
    async with open_house(server("one", 1)) as house:
        found, again = server("two", 2), server("three", 2)
        discovery = looking(house, found, again)
        await discovery.look()
        assert "two/m" in house.fleet.models
        assert not house.fleet.backends["two"].configured
        assert again.closed
        await discovery.look()
        assert set(house.fleet.backends) == {"one", "two"}


async def test_a_server_that_the_user_removed_is_left_alone_until_it_is_added_again():
    async with open_house(server("one", 1)) as house:
        found = server("two", 2)
        discovery = looking(house, found, dismissed=("http://localhost:2/v1",))
        await discovery.look()
        assert set(house.fleet.backends) == {"one"}
        discovery.welcome(found.url)
        await discovery.look()
        assert set(house.fleet.backends) == {"one", "two"}
        discovery.dismiss(found.url)
        await house.lookout.remove("two")
        assert found.closed
        assert not any(name.startswith("two/") for name in house.fleet.models)
        await discovery.look()
        assert set(house.fleet.backends) == {"one"}
