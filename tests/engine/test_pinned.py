"""Pinned models stay: what their server let go, or could not load, is brought back."""

from llmrouter_tui.core.errors import BackendError
from llmrouter_tui.core.events import ResidencyChanged
from tests.engine.house import ScriptedBackend, model, open_house, until


async def pinned(house, name: str = "a") -> None:
    record = house.fleet.model(f"one/{name}")
    record.pinned = True
    await house.residency.keep(record)


async def let_go(house, name: str) -> None:
    """Its server sends a model away by itself."""
    house.backends[0].held.discard(name)
    house.fleet.look_again("one")
    await until(lambda: house.fleet.model(f"one/{name}").residency == "absent")


async def test_one_that_its_server_let_go_comes_back_though_another_is_there_by_now():
    backend = ScriptedBackend([model("a", 5), model("b", 5)])
    async with open_house(backend) as house:
        await pinned(house)
        await let_go(house, "a")
        (await house.residency.acquire(house.fleet.model("one/b"))).release()
        await house.residency.bring_back()
        assert backend.held == {"a"}
        told = [(f.event.kind, f.event.model, f.event.reason) for f in house.facts(ResidencyChanged)]
        assert told[0] == told[-1] == ("load", "one/a", "pinned")


async def test_but_nobody_fights_for_its_place_nor_goes_against_the_user(monkeypatch):
    backend = ScriptedBackend([model("a", 5)])
    async with open_house(backend) as house:
        await pinned(house)
        await let_go(house, "a")
        await house.residency.bring_back()
        await let_go(house, "a")
        await house.residency.bring_back()
        assert backend.held == set(), "it was brought back a moment ago"
        monkeypatch.setattr("llmrouter_tui.engine.residency.BRING_BACK_SECONDS", 0.0)
        await house.residency.bring_back()
        assert backend.held == {"a"}
        await house.residency.unload(house.fleet.model("one/a"), "asked for")
        await house.residency.bring_back()
        assert backend.held == set()


async def test_one_that_could_not_be_loaded_is_tried_again_when_it_is_no_longer_left_alone(monkeypatch):
    monkeypatch.setattr("llmrouter_tui.engine.moving.RETRY_SECONDS", 0.05)
    broken = [BackendError("backend_error", "corrupt file", backend="one", fallback=True)]
    backend = ScriptedBackend([model("a", 5)], load_failures={"a": broken})
    async with open_house(backend) as house:
        record = house.fleet.model("one/a")
        record.pinned = True
        await house.residency.keep_pinned()
        await house.residency.bring_back()
        assert backend.calls == [("load", "a")], "it is left alone for its failure"
        await until(lambda: not record.problem)
        await house.residency.bring_back()
        assert backend.held == {"a"}


async def test_what_fits_nowhere_as_things_are_is_not_tried_in_vain():
    backend = ScriptedBackend([model("a", 5), model("b", 5)])
    async with open_house(backend) as house:
        await pinned(house)
        await let_go(house, "a")
        lease = await house.residency.acquire(house.fleet.model("one/b"))
        house.fleet.model("one/b").pinned = True
        await house.residency.bring_back()
        assert backend.calls == [("load", "a"), ("load", "b")]
        lease.release()
