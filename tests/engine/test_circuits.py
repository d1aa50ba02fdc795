"""Who fails again and again is left alone, and comes back when it answers a request that tries it."""

import asyncio
import time

import pytest

from llmrouter_tui.core.breaker import BACKEND_TRIES, COOL_SECONDS, TRIES
from llmrouter_tui.core.errors import BackendError
from llmrouter_tui.core.events import ModelsChanged
from llmrouter_tui.engine.circuits import Circuits
from tests.engine.house import House, ScriptedBackend, model, open_house, request, until


class Watch:
    """A clock that can be put forward."""

    def __init__(self) -> None:
        self.later = 0.0

    def wall(self) -> float:
        return time.time() + self.later

    def mono(self) -> float:
        return time.monotonic() + self.later


def broken(times: int, code: str = "backend_error", backend: str = "one") -> list[BackendError]:
    return [BackendError(code, "CUDA error", backend=backend, fallback=True) for _ in range(times)]  # type: ignore[arg-type]


def two() -> ScriptedBackend:
    return ScriptedBackend([model("good", 3), model("bad", 3)])


def watched(house: House) -> Watch:
    watch = Watch()
    house.router.circuits = Circuits(house.fleet, watch)
    return watch


def asked(backend: ScriptedBackend, name: str) -> int:
    return backend.calls.count(("chat", name))


async def fail(house: House, backend: ScriptedBackend, name: str, times: int) -> None:
    """By its name, so that it is asked whatever routing thinks of it."""
    for _ in range(times):
        backend.failures[name] = broken(1, backend=backend.name)
        with pytest.raises(BackendError):
            await house.ask(name=f"{backend.name}/{name}")


async def test_after_three_failures_others_are_asked_and_the_explanation_says_why() -> None:
    backend = two()
    async with open_house(backend) as house:
        watched(house)
        await fail(house, backend, "bad", TRIES)
        decision = house.router.decide(request())
        assert decision.chosen == "one/good"
        told = dict(decision.filtered)["one/bad"]
        assert told == "left alone for 10 s after 3 failures in a row"
        rest = house.fleet.model("one/bad").view().rest
        assert rest is not None
        assert (rest.failures, rest.why) == (3, "CUDA error")


async def test_two_failures_change_nothing_and_an_answer_forgives_them() -> None:
    backend = two()
    async with open_house(backend) as house:
        watched(house)
        await fail(house, backend, "bad", TRIES - 1)
        await house.ask(name="one/bad")
        await fail(house, backend, "bad", TRIES - 1)
        assert {c.model for c in house.router.decide(request()).candidates} == {"one/good", "one/bad"}


async def test_when_its_rest_is_over_one_request_tries_it_and_its_answer_brings_it_back() -> None:
    backend = two()
    async with open_house(backend) as house:
        watch = watched(house)
        await fail(house, backend, "bad", TRIES)
        watch.later = COOL_SECONDS + 0.1
        backend.gate.clear()
        trial = asyncio.ensure_future(house.ask(name="one/bad"))
        await until(lambda: asked(backend, "bad") == TRIES + 1)
        assert {c.model for c in house.router.decide(request()).candidates} == {"one/good"}, "while it is tried"
        backend.gate.set()
        await trial
        assert {c.model for c in house.router.decide(request()).candidates} == {"one/good", "one/bad"}
        assert house.fleet.model("one/bad").view().rest is None


async def test_a_trial_that_says_nothing_of_the_model_leaves_the_next_request_to_try_it() -> None:
    backend = two()
    async with open_house(backend) as house:
        watch = watched(house)
        await fail(house, backend, "bad", TRIES)
        watch.later = COOL_SECONDS + 0.1
        backend.failures["bad"] = [BackendError("queue_full", "no room", backend="one", fallback=True, blames=False)]
        with pytest.raises(BackendError):
            await house.ask(name="one/bad")
        assert {c.model for c in house.router.decide(request()).candidates} == {"one/good", "one/bad"}


async def test_a_queue_that_the_router_keeps_is_no_word_of_the_model_that_it_is_busy() -> None:
    backend = ScriptedBackend([model("a", 3), model("b", 3)], load_seconds=30)
    async with open_house(backend, queue_limit=2) as house:
        gone = [asyncio.ensure_future(house.residency.acquire(house.fleet.model("one/a"))) for _ in range(2)]
        await until(lambda: len(house.fleet.model("one/a").tickets) == 2)
        with pytest.raises(BackendError, match="the queue of gpu0 is full"):
            await house.ask(name="one/b")
        assert house.fleet.model("one/b").view().rest is None
        assert not house.router.circuits
        for waiting in gone:
            waiting.cancel()


async def test_while_nobody_is_left_alone_models_are_the_very_ones_that_are_remembered() -> None:
    backend = two()
    async with open_house(backend) as house:
        watched(house)
        await fail(house, backend, "bad", TRIES - 1)
        views = house.fleet.views()
        assert house.router.circuits.leave_alone(views) is views


async def test_a_trial_that_fails_makes_the_rest_longer() -> None:
    backend = two()
    async with open_house(backend) as house:
        watch = watched(house)
        await fail(house, backend, "bad", TRIES)
        watch.later = COOL_SECONDS + 0.1
        await fail(house, backend, "bad", 1)
        watch.later += 2 * COOL_SECONDS - 1
        assert {c.model for c in house.router.decide(request()).candidates} == {"one/good"}
        watch.later += 2
        assert {c.model for c in house.router.decide(request()).candidates} == {"one/good", "one/bad"}


async def test_the_only_one_that_can_answer_is_asked_however_often_it_failed() -> None:
    backend = ScriptedBackend([model("bad", 3)])
    async with open_house(backend) as house:
        watched(house)
        await fail(house, backend, "bad", 2 * TRIES)
        assert asked(backend, "bad") == 2 * TRIES
        assert b"t2" in await house.ask()


async def test_a_backend_of_which_several_models_fail_is_left_alone_as_a_whole() -> None:
    sick = ScriptedBackend([model(name, 2) for name in "abc"])
    well = ScriptedBackend([model("z", 1, "two")], name="two")
    async with open_house(sick, well) as house:
        watched(house)
        for turn in range(BACKEND_TRIES):
            await fail(house, sick, "ab"[turn % 2], 1)
        decision = house.router.decide(request())
        assert [c.model for c in decision.candidates] == ["two/z"]
        told = dict(decision.filtered)["one/c"]
        assert told.startswith("one is left alone for 10 s after 5 failures in a row")


async def test_the_clients_own_faults_and_answers_that_were_cut_by_force_blame_nobody() -> None:
    backend = two()
    async with open_house(backend) as house:
        watched(house)
        for _ in range(2 * TRIES):
            backend.failures["bad"] = [BackendError("invalid_request", "no", backend="one", fallback=False)]
            with pytest.raises(BackendError):
                await house.ask(name="one/bad")
        for _ in range(TRIES):
            backend.gate.clear()
            answer = asyncio.ensure_future(house.ask(name="one/good"))
            await until(lambda: bool(house.fleet.model("one/good").holders))
            await until(lambda: backend.calls[-1] == ("chat", "good"))
            await house.residency.unload(house.fleet.model("one/good"), "asked for", force=True)
            backend.gate.set()
            with pytest.raises(BackendError):
                await answer
        assert not house.router.circuits


async def test_the_screen_is_told_when_one_is_left_alone() -> None:
    backend = two()
    async with open_house(backend) as house:
        watched(house)
        await fail(house, backend, "bad", TRIES)
        await until(lambda: any(m.rest for fact in house.facts(ModelsChanged) for m in fact.models))
