"""The queue for memory, on the engine: who may pass whom, what is told, and what is refused."""

import asyncio

import pytest

from llmrouter_tui.core.decision import Timings, Usage
from llmrouter_tui.core.domain import Resident
from llmrouter_tui.core.errors import BackendError
from llmrouter_tui.core.events import ResidencyChanged, Waiting
from llmrouter_tui.core.memory_words import HELD
from llmrouter_tui.core.queueing import Bounds
from llmrouter_tui.engine import ledger
from tests.engine.house import GIB, House, ScriptedBackend, model, open_house, request, until


def one_of_two(**more: object) -> ScriptedBackend:
    return ScriptedBackend([model("a", 5), model("b", 5)], **more)


def loads(backend: ScriptedBackend) -> list[str]:
    return [name for what, name in backend.calls if what == "load"]


async def use(house: House, name: str, seconds: float = 0.002) -> None:
    lease = await house.residency.acquire(house.fleet.model(f"one/{name}"))
    assert name in house.backends[0].held
    await asyncio.sleep(seconds)
    lease.release()


async def test_requests_for_the_model_in_memory_pass_one_that_waits_but_only_so_many():
    backend = one_of_two()
    async with open_house(backend, bounds=Bounds(seconds=60, requests=3)) as house:
        a = house.fleet.model("one/a")
        held = [await house.residency.acquire(a)]
        waiting = asyncio.ensure_future(house.residency.acquire(house.fleet.model("one/b")))
        await until(lambda: a.line is not None)
        held += [house.residency.lease(a) for _ in range(3)]
        assert None not in held
        assert house.residency.lease(a) is None
        await until(lambda: a.draining)
        for lease in held:
            lease.release()
        (await waiting).release()
        assert loads(backend) == ["a", "b"]


async def test_and_only_for_so_long():
    backend = one_of_two()
    async with open_house(backend, bounds=Bounds(seconds=0.1, requests=999)) as house:
        a, stop = house.fleet.model("one/a"), asyncio.Event()

        async def ask_on() -> None:
            while not stop.is_set():
                await use(house, "a")

        crowd = [asyncio.ensure_future(ask_on()) for _ in range(3)]
        await until(lambda: a.leases > 0)
        lease = await asyncio.wait_for(house.residency.acquire(house.fleet.model("one/b")), 5)
        stop.set()
        lease.release()
        await asyncio.wait_for(asyncio.gather(*crowd), 5)


async def test_two_crowds_with_a_model_each_are_served_in_batches():
    backend = one_of_two(load_seconds=0.02)
    async with open_house(backend, bounds=Bounds(seconds=30, requests=8)) as house:

        async def ask_on(name: str) -> None:
            for _ in range(30):
                await use(house, name)

        async with asyncio.timeout(30):
            await asyncio.gather(*(ask_on(name) for name in "aabb"))
        assert len(loads(backend)) <= 120 / 8 + 4  # one after another it would be a hundred
        assert backend.most_held <= backend.capacity


async def test_a_model_that_nobody_asks_leaves_at_once():
    backend = one_of_two()
    async with open_house(backend, bounds=Bounds(seconds=60, requests=99)) as house:
        await use(house, "a")
        await asyncio.wait_for(use(house, "b"), 5)


async def test_a_load_that_the_user_asked_for_is_passed_by_nobody():
    backend = one_of_two()
    async with open_house(backend, bounds=Bounds(seconds=60, requests=99)) as house:
        a = house.fleet.model("one/a")
        lease = await house.residency.acquire(a)
        asked = asyncio.ensure_future(house.residency.load(house.fleet.model("one/b")))
        await until(lambda: a.draining)
        lease.release()
        await asked


async def test_a_load_in_one_pool_holds_up_neither_another_pool_nor_models_in_memory():
    one = ScriptedBackend([model("a", 2), model("b", 2)])
    two = ScriptedBackend([model("z", 2, "two")], name="two")
    gate = asyncio.Event()
    load = one.load

    async def slow(info, **how: object) -> None:
        if info.name == "b":
            await gate.wait()
        await load(info, **how)

    one.load = slow
    async with open_house(one, two) as house:
        house.fleet.model("two/z").home = "gpu1"
        await use(house, "a")
        waiting = asyncio.ensure_future(house.residency.acquire(house.fleet.model("one/b")))
        await until(lambda: house.fleet.model("one/b").residency == "loading")
        (await asyncio.wait_for(house.residency.acquire(house.fleet.model("two/z")), 5)).release()
        await asyncio.wait_for(use(house, "a"), 5)
        gate.set()
        (await waiting).release()


async def test_who_waits_is_told_its_place_what_it_waits_for_and_how_long():
    backend = ScriptedBackend([model(name, 5) for name in "abc"])
    async with open_house(backend, bounds=Bounds(seconds=60, requests=99)) as house:
        lease = await house.residency.acquire(house.fleet.model("one/a"))
        runs = [house.router.begin(request(name=f"one/{name}")) for name in "bc"]
        opening = [asyncio.ensure_future(run.open()) for run in runs]
        b, c = (house.fleet.model(f"one/{name}") for name in "bc")
        await until(lambda: c.place == 2 and house.fleet.model("one/a").line is not None)
        first, second = (run.wait for run in runs)
        assert (first.position, second.position) == (1, 2)
        assert first.reason == "one/a answers 1 request"
        assert second.reason == "one/b is loaded first (one/a answers 1 request); 1 request before it"
        assert second.seconds > first.seconds > b.load_seconds
        assert runs[0].status_text.startswith("waiting to load one/b, place 1 in the queue of gpu0, about ")
        assert runs[0].status_text.endswith("s: one/a answers 1 request")
        told = {fact.exchange_id: (fact.reason, fact.position) for fact in house.facts(Waiting)}
        assert told == {runs[0].id: ("queue", 1), runs[1].id: ("queue", 2)}
        lease.release()
        await asyncio.gather(*opening[:1])
        assert runs[0].wait is None
        assert runs[0].status_text == "waiting for the first token of one/b"
        runs[0].close()
        await asyncio.gather(*opening[1:])
        runs[1].close()
        for run in runs:
            told = [(fact.reason, fact.position) for fact in house.facts(Waiting) if fact.exchange_id == run.id]
            assert told[-2:] == [("load", 0), ("first token", 0)]


async def test_who_waited_for_a_load_is_told_when_only_the_first_token_is_waited_for():
    backend = ScriptedBackend([model("a"), model("b")])
    async with open_house(backend) as house:
        backend.gate.clear()
        run = house.router.begin(request(name="one/a"))
        opening = asyncio.ensure_future(run.open())
        await until(lambda: house.fleet.model("one/a").leases == 1)
        await until(lambda: len(house.facts(Waiting)) == 2)
        assert [fact.reason for fact in house.facts(Waiting)] == ["load", "first token"]
        assert (run.wait, run.status_text) == (None, "waiting for the first token of one/a")
        backend.gate.set()
        await opening
        run.close()
        await house.ask("hello", "one/a")
        assert len(house.facts(Waiting)) == 2, "who need not wait for a load is told nothing"


async def test_the_decision_sees_the_queue():
    backend = ScriptedBackend([model(name, 5) for name in "abcd"], load_seconds=30)
    async with open_house(backend) as house:
        records = [house.fleet.model(f"one/{name}") for name in "abcd"]
        for record in records:
            record.load_history.append(8.0)
        before = house.router.ledger.waits()["one/d"]
        assert before.queue + before.load == pytest.approx(8.0)
        gone = [asyncio.ensure_future(house.residency.acquire(record)) for record in records[:3]]
        await until(lambda: records[2].place == 2 and records[0].residency == "loading")
        waits = house.router.ledger.waits()
        assert waits["one/a"].load == pytest.approx(8.0, abs=2)
        assert waits["one/b"].queue >= waits["one/a"].load
        assert waits["one/c"].queue >= waits["one/b"].queue + 8.0
        assert waits["one/d"].queue >= waits["one/c"].queue + 8.0
        for waiting in gone:
            waiting.cancel()


async def test_a_newcomer_sees_those_who_wait_before_it_for_the_same_model():
    backend = ScriptedBackend([model("a", 5)], load_seconds=30, kind="ollama")
    async with open_house(backend) as house:
        a = house.fleet.model("one/a")
        a.mean_seconds = 4.0
        gone = [asyncio.ensure_future(house.residency.acquire(a)) for _ in range(3)]
        await until(lambda: len(a.tickets) == 3 and a.residency == "loading")
        assert house.router.ledger.waits()["one/a"].queue == pytest.approx(12.0)
        for waiting in gone:
            waiting.cancel()


# ── bounds ──


async def test_a_full_queue_refuses_at_once_and_a_warm_model_is_asked_instead():
    backend = ScriptedBackend([model("a", 3), model("b", 3), model("warm", 3)], load_seconds=30)
    async with open_house(backend, queue_limit=2) as house:
        backend.held.add("warm")
        house.fleet.look_again("one")
        await until(lambda: house.fleet.model("one/warm").ready)
        a = house.fleet.model("one/a")
        a.load_history.append(40.0)
        gone = [asyncio.ensure_future(house.residency.acquire(a)) for _ in range(2)]
        await until(lambda: len(a.tickets) == 2)
        with pytest.raises(BackendError, match=r"the queue of gpu0 is full: 2 requests wait already") as caught:
            await house.ask(name="one/b")
        assert (caught.value.code, caught.value.status, caught.value.retryable) == ("queue_full", 429, True)
        for name in "ab":
            with pytest.raises(BackendError) as caught:
                await house.residency.acquire(house.fleet.model(f"one/{name}"))
            assert 20 < caught.value.retry_after < 60, "they wait until the load under way ends"
        run = house.router.begin(request())
        object.__setattr__(run.decision, "chosen", "one/b")
        await run.open()
        assert run.model == "one/warm"
        run.close()
        for waiting in gone:
            waiting.cancel()


async def test_a_wait_that_would_be_too_long_is_refused_at_once():
    backend = ScriptedBackend([model(name, 5) for name in "ab"], load_seconds=30)
    async with open_house(backend, queue_seconds=20.0) as house:
        house.fleet.model("one/a").load_history.append(100.0)
        gone = asyncio.ensure_future(house.residency.acquire(house.fleet.model("one/a")))
        await until(lambda: house.fleet.model("one/a").residency == "loading")
        with pytest.raises(BackendError, match=r"it would wait \d+ s, longer than the 20 s") as caught:
            await house.residency.acquire(house.fleet.model("one/b"))
        assert (caught.value.code, caught.value.status) == ("queue_full", 503)
        assert caught.value.retry_after > 60
        gone.cancel()


async def test_a_wait_that_is_only_guessed_must_look_twice_as_long_and_the_first_answer_ends_the_guess():
    backend = ScriptedBackend([model(name, 5) for name in "ab"], load_seconds=30)
    async with open_house(backend, queue_seconds=20.0) as house:
        a, b = house.fleet.model("one/a"), house.fleet.model("one/b")
        a.load_history.append(30.0)
        gone = [asyncio.ensure_future(house.residency.acquire(a))]
        await until(lambda: a.residency == "loading")
        gone.append(asyncio.ensure_future(house.residency.acquire(b)))
        await until(lambda: len(b.tickets) == 1)
        for record in (a, b):
            house.learning.answered(record, Usage(5, 3), Timings(), None, 0.1)
            assert record.mean_seconds == pytest.approx(0.1)
        b.load_history.append(1.0)
        with pytest.raises(BackendError, match="longer than the 20 s"):
            await house.residency.acquire(b)
        for waiting in gone:
            waiting.cancel()


async def test_who_waited_too_long_is_refused_but_not_while_its_model_is_being_loaded(monkeypatch):
    monkeypatch.setattr(ledger, "UNLOAD_SECONDS", 0.0)
    monkeypatch.setattr(ledger, "OVERTAKE_SECONDS", 0.0)
    backend = one_of_two(load_seconds=0.4)
    async with open_house(backend, queue_seconds=0.2) as house:
        for name in "ab":
            house.fleet.model(f"one/{name}").load_history.append(0.01)
        lease = await house.residency.acquire(house.fleet.model("one/a"))
        house.fleet.model("one/a").mean_seconds = 0.01
        with pytest.raises(BackendError, match=r"did not get its turn within 0 s") as caught:
            await house.residency.acquire(house.fleet.model("one/b"))
        assert caught.value.status == 503
        lease.release()
        await until(lambda: not house.fleet.model("one/b").wanted)
        assert house.fleet.model("one/a").ready


# ── memory that runs out ──


def out_of_memory() -> BackendError:
    return BackendError("out_of_memory", "cudaMalloc failed", backend="one", fallback=True)


async def test_a_load_that_runs_out_of_memory_is_tried_once_more_with_one_model_less():
    backend = ScriptedBackend([model("a", 2), model("b", 2), model("c", 2)], load_failures={"c": [out_of_memory()]})
    async with open_house(backend) as house:
        for name in "ab":
            await use(house, name)
        house.fleet.model("one/b").pinned = True
        await use(house, "c")
        assert backend.calls == [("load", "a"), ("load", "b"), ("load", "c"), ("unload", "a"), ("load", "c")]
        kinds = [(f.event.kind, f.event.model, f.event.evicted_for) for f in house.facts(ResidencyChanged)]
        assert kinds[2:] == [("load_failed", "one/c", ""), ("unload", "one/a", "one/c"), ("load", "one/c", "")]
        assert "once more with more room" in house.facts(ResidencyChanged)[2].event.reason
        assert house.fleet.model("one/c").problem == ""


async def test_a_model_that_had_left_unseen_and_finds_no_room_is_loaded_anew_before_anybody_is_told():
    backend = ScriptedBackend([model("a", 2), model("b", 2)], failures={"a": [out_of_memory()]})
    async with open_house(backend) as house:
        await use(house, "a")
        backend.held.clear()
        assert b"[DONE]" in await house.ask(name="one/a")
        assert backend.calls.count(("load", "a")) == 2
        assert house.fleet.model("one/a").leases == 0


async def test_one_whose_answers_go_on_is_not_taken_for_one_that_left():
    backend = ScriptedBackend([model("a", 2)], failures={"a": [out_of_memory()]})
    async with open_house(backend) as house:
        lease = await house.residency.acquire(house.fleet.model("one/a"))
        with pytest.raises(BackendError):
            await house.ask(name="one/a")
        assert backend.calls.count(("load", "a")) == 1
        lease.release()


async def test_then_it_is_left_alone_for_its_cause_and_counts_as_larger_than_was_thought():
    failures = {"c": [out_of_memory(), out_of_memory()]}
    backend = ScriptedBackend([model("a", 2), model("b", 2), model("c", 2)], load_failures=failures)
    async with open_house(backend) as house:
        for name in "ab":
            await use(house, name)
        c = house.fleet.model("one/c")
        thought = c.needed_bytes()
        with pytest.raises(BackendError, match="cudaMalloc failed"):
            await house.residency.acquire(c)
        assert loads(backend) == ["a", "b", "c", "c"]
        assert "cudaMalloc failed" in c.problem
        assert thought < c.needed_bytes() <= thought * 1.25 * 1.25
        assert c.residency == "absent"
        backend.load_failures.clear()
        await use(house, "c")
        assert c.at_least == 0


async def test_where_nobody_can_leave_it_is_not_tried_again():
    backend = ScriptedBackend([model("a", 2)], load_failures={"a": [out_of_memory()]})
    async with open_house(backend) as house:
        with pytest.raises(BackendError, match="cudaMalloc failed"):
            await house.residency.acquire(house.fleet.model("one/a"))
        assert loads(backend) == ["a"]


# ── all of it ──


async def test_memory_that_was_cleared_stays_free_until_it_is_released():
    backend = ScriptedBackend([model("a", 3), model("b", 3), model("c", 3)])
    async with open_house(backend) as house:
        b = house.fleet.model("one/b")
        await use(house, "a")
        b.pinned = True
        lease = await house.residency.acquire(b)
        clearing = asyncio.ensure_future(house.residency.clear())
        await until(lambda: backend.held == {"b"})  # who is idle waits for nobody
        assert b.draining
        with pytest.raises(BackendError, match=HELD) as caught:
            await house.residency.acquire(house.fleet.model("one/c"))
        assert caught.value.status == 503
        assert backend.held == {"b"}
        lease.release()
        await clearing
        assert backend.held == set()
        with pytest.raises(Exception, match=HELD):
            await house.ask()
        assert house.residency.held
        await house.residency.release()
        assert backend.held == {"b"}
        await use(house, "c")


async def test_who_waits_when_memory_is_cleared_is_refused_and_the_busy_model_is_not_killed():
    backend = one_of_two()
    async with open_house(backend) as house:
        lease = await house.residency.acquire(house.fleet.model("one/a"))
        waiting = asyncio.ensure_future(house.residency.acquire(house.fleet.model("one/b")))
        await until(lambda: house.fleet.model("one/a").draining)
        clearing = asyncio.ensure_future(house.residency.clear())
        with pytest.raises(BackendError, match=HELD):
            await waiting
        assert backend.held == {"a"}
        lease.release()
        await clearing
        assert backend.held == set()


# ── pins ──


async def test_pins_that_do_not_fit_together_are_refused_and_those_that_do_are_loaded_one_after_another():
    backend = ScriptedBackend([model("a", 2), model("b", 2), model("c", 2)])
    async with open_house(backend) as house:
        a, b, c = (house.fleet.model(f"one/{name}") for name in "abc")
        for record in (a, b):
            assert house.residency.pin_refusal(record) == ""
            record.pinned = True
        refused = house.residency.pin_refusal(c)
        assert refused.startswith("pinning one/c needs 3.1 GiB")
        assert "gpu0 holds 8.0 for models, " in refused
        assert refused.endswith("of it pinned already by one/a, one/b")
        assert house.residency.pin_refusal(a) == ""
        await house.residency.keep_pinned()
        assert backend.held == {"a", "b"}


# ── others ──


async def test_what_others_load_and_unload_is_told_as_not_ours():
    backend = one_of_two()
    async with open_house(backend) as house:
        backend.held.add("a")
        house.fleet.look_again("one")
        await until(lambda: house.fleet.model("one/a").ready)
        backend.held.clear()
        house.fleet.look_again("one")
        await until(lambda: not house.fleet.model("one/a").ready)
        events = [fact.event for fact in house.facts(ResidencyChanged)]
        assert [(e.kind, e.model, e.external, e.seconds) for e in events] == [
            ("load", "one/a", True, None),
            ("unload", "one/a", True, None),
        ]


async def test_what_is_there_at_the_first_look_is_no_news_and_what_we_do_is_not_told_as_others():
    backend = one_of_two(held={"a"})
    async with open_house(backend) as house:
        await use(house, "b")
        for _ in range(3):
            house.fleet.look_again("one")
            await asyncio.sleep(0.01)
        events = [fact.event for fact in house.facts(ResidencyChanged)]
        assert [(e.kind, e.model, e.external, e.evicted_for) for e in events] == [
            ("unload", "one/a", False, "one/b"),
            ("load", "one/b", False, ""),
        ]


async def test_a_model_that_its_server_loads_by_itself_is_there_once_that_is_done():
    backend = one_of_two()
    async with open_house(backend) as house:
        state = "loading"

        async def told():
            return [Resident("a", None, "unknown", state=state)]

        backend.residents = told
        house.fleet.look_again("one")
        await until(lambda: house.fleet.model("one/a").residency == "loading")
        state = "resident"
        house.fleet.look_again("one")
        await until(lambda: house.fleet.model("one/a").ready)


class Late(ScriptedBackend):
    """Its driver gives memory back some time after a model has left."""

    late: int = 0

    def used(self) -> int:
        return super().used() + self.late

    async def unload(self, model) -> None:
        await super().unload(model)
        self.late += self._size(model.name)
        asyncio.get_running_loop().call_later(0.3, self.back, self._size(model.name))

    def back(self, size: int) -> None:
        self.late -= size


async def test_memory_that_comes_back_late_is_waited_for_and_nobody_is_refused_meanwhile():
    backend = Late([model("a", 5), model("b", 5), model("c", 5)])
    async with open_house(backend) as house:
        await use(house, "a")
        await house.residency.unload(house.fleet.model("one/a"), "asked for")
        assert house.fleet.devices[0].free < 5 * 1024**3
        assert not house.router.ledger.waits()["one/b"].blocked
        await use(house, "b")
        assert backend.most_held <= backend.capacity
        assert loads(backend) == ["a", "b"]


async def test_a_load_that_a_backend_began_by_itself_and_never_ends_is_not_waited_for_without_end():
    backend = ScriptedBackend([model("a", 6), model("b", 6)])
    async with open_house(backend, queue_seconds=0.1, load_timeout=0.2, bounds=Bounds(60, 1000)) as house:
        b = house.fleet.model("one/b")
        lease = await house.residency.acquire(house.fleet.model("one/a"))

        async def held():
            return [Resident("a", 6 * GIB, "reported"), Resident("b", state="loading")]

        backend.residents = held
        house.fleet.look_again("one")
        await until(lambda: b.residency == "loading")
        with pytest.raises(BackendError, match="one says that it loads one/b, and has not done so") as told:
            async with asyncio.timeout(10):
                await house.residency.acquire(b)
        assert (told.value.code, told.value.fallback) == ("load_timeout", True)
        assert not b.tickets
        lease.release()
