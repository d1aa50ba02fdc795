"""Others take memory while a model is loaded into it: that it could not be loaded tells nothing of the model then."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from llmrouter_tui.core.domain import Device
from llmrouter_tui.core.errors import BackendError
from llmrouter_tui.core.events import ResidencyChanged
from tests.engine.house import GIB, ScriptedBackend, model, open_house


@dataclass
class Crashing(ScriptedBackend):
    """Its next load dies without a word, as that of a llama.cpp router does, after ``meanwhile`` happened."""

    meanwhile: Callable[[], None] | None = field(default=None)

    async def load(self, model, *, keep_alive, context_length):
        happens, self.meanwhile = self.meanwhile, None
        if happens is not None:
            happens()
            self.load_failures[model.name] = [exit_code(model.name)]
        await super().load(model, keep_alive=keep_alive, context_length=context_length)


def exit_code(name: str) -> BackendError:
    words = f"one ({name}) could not load the model: its process ended with exit code 1."
    return BackendError("backend_error", words, backend="one", model=name, fallback=True)


class Card:
    """8 GiB, of which others that the router does not know have something in use."""

    def __init__(self, *backends: ScriptedBackend) -> None:
        self._backends = backends
        self.others = 0

    def devices(self) -> list[Device]:
        used = sum(b.used() for b in self._backends) + self.others
        return [Device("gpu0", "GPU", "nvidia", 8 * GIB, used, 8 * GIB - used)]


async def use(house, name: str) -> None:
    (await house.residency.acquire(house.fleet.model(name))).release()


async def test_a_model_that_somebody_loaded_meanwhile_leaves_and_the_load_is_tried_again():
    one, two = Crashing([model("a", 5)]), ScriptedBackend([model("x", 5, "two")], name="two")
    one.meanwhile = lambda: two.held.add("x")
    async with open_house(one, two) as house:
        await use(house, "one/a")
        assert one.calls == [("load", "a"), ("load", "a")]
        assert two.calls == [("unload", "x")]
        assert house.fleet.model("one/a").problem == ""
        told = [f.event for f in house.facts(ResidencyChanged)]
        assert [(e.kind, e.model) for e in told] == [
            ("load", "two/x"),
            ("load_failed", "one/a"),
            ("unload", "two/x"),
            ("load", "one/a"),
        ]
        assert "others took its memory" in told[1].reason


async def test_memory_that_a_program_took_meanwhile_is_made_up_for_by_who_may_leave():
    one = Crashing([model("a", 2), model("b", 3)])
    card = Card(one)
    async with open_house(one, devices=card.devices) as house:
        await use(house, "one/b")
        one.meanwhile = lambda: setattr(card, "others", 4 * GIB)
        await use(house, "one/a")
        assert one.calls[1:] == [("load", "a"), ("unload", "b"), ("load", "a")]
        assert house.fleet.model("one/a").needed_bytes() < 3 * GIB, "it does not need more than was thought"


async def test_where_no_room_is_left_that_is_told_and_the_model_is_not_left_alone_for_it():
    one = Crashing([model("a", 5)])
    card = Card(one)
    one.meanwhile = lambda: setattr(card, "others", 6 * GIB)
    async with open_house(one, devices=card.devices) as house:
        with pytest.raises(BackendError, match="others took the memory of one/a while it was loaded") as caught:
            await use(house, "one/a")
        assert caught.value.code == "out_of_memory"
        assert house.fleet.model("one/a").problem == ""
        card.others = 0
        await use(house, "one/a")
        assert one.calls == [("load", "a"), ("load", "a")]


async def test_a_model_whose_load_fails_with_its_memory_there_is_left_alone():
    one = Crashing([model("a", 2), model("b", 2)])
    async with open_house(one) as house:
        await use(house, "one/b")
        one.meanwhile = lambda: None
        with pytest.raises(BackendError, match="exit code 1"):
            await use(house, "one/a")
        assert one.calls[1:] == [("load", "a")], "nobody leaves for it, and it is not tried again"
        assert "exit code 1" in house.fleet.model("one/a").problem


async def test_what_the_load_itself_had_taken_is_not_held_against_others():
    one = Crashing([model("a", 5)])
    card = Card(one)

    def dies() -> None:
        card.others = 5 * GIB  # drivers give the memory of a process back late
        asyncio.get_running_loop().call_later(0.15, setattr, card, "others", 0)

    one.meanwhile = dies
    async with open_house(one, devices=card.devices) as house:
        with pytest.raises(BackendError, match="exit code 1"):
            await use(house, "one/a")
        assert one.calls == [("load", "a")]


async def test_a_backend_that_does_not_answer_holds_nobody_up():
    one, two = Crashing([model("a", 3)]), ScriptedBackend([model("x", 5, "two")], name="two")
    async with open_house(one, two) as house:

        async def silent() -> None:
            raise BackendError("backend_unreachable", "gone", backend="two", fallback=True, unhealthy=True)

        two.residents = silent
        one.meanwhile = lambda: None
        with pytest.raises(BackendError, match="exit code 1"):
            await use(house, "one/a")
