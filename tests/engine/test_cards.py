"""Several GPUs are several pools: who is loaded where, who leaves, and how it is found out where a server put it."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from llmrouter_tui.core.domain import HOST_POOL, Device, ModelInfo, Process, Resident
from llmrouter_tui.core.errors import BackendError
from llmrouter_tui.core.queueing import Bounds
from llmrouter_tui.engine.clock import SystemClock
from llmrouter_tui.engine.journal import Journal
from llmrouter_tui.engine.vram import Vram
from tests.engine.house import GIB, House, ScriptedBackend, model, open_house, until

TWO = {"gpu0": 16, "gpu1": 12}


@dataclass
class Server(ScriptedBackend):
    """One that puts each model where it likes: on the card with the most room, over all where none has enough, as
    Ollama does; or where ``stays`` says; or where it is told."""

    cards: dict[str, int] = field(default_factory=lambda: dict(TWO))
    kind: str = "ollama"
    stays: dict[str, str] = field(default_factory=dict)
    told: dict[str, list[str]] = field(default_factory=dict)
    lies: dict[str, dict[str, int]] = field(default_factory=dict)
    shows: bool = False
    """Whether the driver shows processes: one for each model, children of the server's."""

    def free(self, card: str) -> int:
        return self.cards[card] * GIB - sum(parts.get(card, 0) for parts in self.lies.values())

    async def load(self, model: ModelInfo, *, keep_alive: float | None, context_length: int | None) -> None:
        if model.name not in self.held:
            size, cards = self._size(model.name), list(self.cards)
            wanted = [c for c in (self.stays.get(model.name), *self.told.get(model.name, ())) if c]
            alone = [c for c in wanted or cards if self.free(c) >= size]
            if alone and self.kind != "llamacpp":
                parts = {max(alone, key=self.free): size}
            else:
                room = {c: self.free(c) for c in wanted or cards}
                parts = {c: size * free // sum(room.values()) for c, free in room.items()}
                parts[list(room)[-1]] += size - sum(parts.values())
            if sum(self.free(c) for c in self.cards) < size:
                raise BackendError("out_of_memory", "no room", backend=self.name, fallback=True)
            self.lies[model.name] = parts
            await super().load(model, keep_alive=keep_alive, context_length=context_length)

    async def unload(self, model: ModelInfo) -> None:
        await super().unload(model)
        self.lies.pop(model.name, None)

    async def residents(self) -> Sequence[Resident]:
        return [Resident(n, self._size(n), "reported", on_gpu=self._size(n)) for n in sorted(self.held)]

    def devices(self) -> list[Device]:
        found = []
        for card, total in self.cards.items():
            inside = {name: parts[card] for name, parts in self.lies.items() if parts.get(card)}
            names = sorted(self.lies)
            shown = tuple((100 + names.index(name), size) for name, size in inside.items()) if self.shows else ()
            lineage = (Process(9, 1, "ollama", (1,)), *(Process(pid, 9, "runner") for pid, _ in shown))
            used = sum(inside.values())
            device = Device(card, card, "nvidia", total * GIB, used, total * GIB - used, processes=shown)
            found.append(replace(device, lineage=lineage, sampled_at=time.time(), uuid=f"GPU-{card}"))
        return found


class Aimed(Server):
    """The embedded engine: it goes where it is told."""

    def aim(self, model: ModelInfo, gpus: Sequence[str]) -> bool:
        self.told[model.name] = [gpu.removeprefix("GPU-") for gpu in gpus]
        return True


def house(server: Server, **more):
    return open_house(server, devices=server.devices, **more)


def places(house: House, server: Server) -> dict[str, dict[str, int]]:
    """Where the router thinks that the models in memory are."""
    occupants = house.router.ledger.occupants()
    return {o.model: dict(o.parts) or {o.pool: o.footprint} for o in occupants}


async def use(house: House, *names: str) -> None:
    for name in names:
        (await house.residency.acquire(house.fleet.model(f"one/{name}"))).release()


async def test_two_models_that_do_not_fit_one_card_together_stay_on_two_cards_under_alternating_traffic():
    server = Server([model("a", 9), model("b", 9)])
    async with house(server) as h:
        for _ in range(6):
            await use(h, "a", "b")
        assert server.calls == [("load", "a"), ("load", "b")]
        assert places(h, server) == {"one/a": {"gpu0": 9 * GIB}, "one/b": {"gpu1": 9 * GIB}}
        assert [(v.pool, v.residency) for v in h.fleet.views()] == [("gpu0", "resident"), ("gpu1", "resident")]


async def test_who_must_leave_is_of_the_card_where_that_costs_least_and_the_other_goes_on():
    server = Server([model("a", 9), model("b", 9), model("c", 9)])
    async with house(server) as h:
        await use(h, "a", "b")
        answering = await h.residency.acquire(h.fleet.model("one/a"))
        await use(h, "c")
        assert server.calls[-2:] == [("unload", "b"), ("load", "c")]
        assert places(h, server) == {"one/a": {"gpu0": 9 * GIB}, "one/c": {"gpu1": 9 * GIB}}
        answering.release()


async def test_a_model_only_one_card_can_hold_waits_there_and_loads_on_the_other_card_go_on():
    server = Server([model("a", 9), model("big", 13), model("c", 9)])
    async with house(server, bounds=Bounds(seconds=30, requests=100)) as h:
        await use(h, "a")
        answering = await h.residency.acquire(h.fleet.model("one/a"))
        waiting = asyncio.ensure_future(h.residency.acquire(h.fleet.model("one/big")))
        big = h.fleet.model("one/big")
        await until(lambda: big.place is not None)
        assert big.queues == ("gpu0",)
        async with asyncio.timeout(5):
            await use(h, "c")
        assert places(h, server)["one/c"] == {"gpu1": 9 * GIB}
        assert not waiting.done()
        answering.release()
        async with asyncio.timeout(5):
            (await waiting).release()
        assert places(h, server) == {"one/big": {"gpu0": 13 * GIB}, "one/c": {"gpu1": 9 * GIB}}


async def test_a_model_that_waits_goes_to_the_other_card_as_soon_as_that_is_idle():
    server = Server([model("a", 9), model("b", 9), model("c", 9)])
    async with house(server, bounds=Bounds(seconds=60, requests=1000)) as h:
        await use(h, "a", "b")
        first, second = [await h.residency.acquire(h.fleet.model(f"one/{name}")) for name in "ab"]
        waiting = asyncio.ensure_future(h.residency.acquire(h.fleet.model("one/c")))
        c = h.fleet.model("one/c")
        await until(lambda: c.place is not None)
        before = c.queues
        (second if before == ("gpu0",) else first).release()
        async with asyncio.timeout(10):
            (await waiting).release()
        assert c.pool != before[0]
        (first if before == ("gpu0",) else second).release()


async def test_two_models_that_wait_at_the_same_time_do_not_stand_in_one_queue_while_the_other_card_is_idle():
    server = Server([model(name, 9) for name in "abcd"], load_seconds=0.05)
    async with house(server) as h:
        await use(h, "a", "b")
        both = [asyncio.ensure_future(h.residency.acquire(h.fleet.model(f"one/{name}"))) for name in "cd"]
        async with asyncio.timeout(10):
            for waiting in both:
                (await waiting).release()
        assert {m.pool for m in h.fleet.models.values() if m.residency == "resident"} == {"gpu0", "gpu1"}
        assert len([call for call in server.calls if call[0] == "unload"]) == 2


async def test_a_server_that_puts_a_model_elsewhere_than_thought_is_believed_by_what_the_cards_have_in_use():
    server = Server([model("a", 5), model("b", 12), model("c", 3)], stays={"a": "gpu1"})
    async with house(server) as h:
        await use(h, "a")
        assert h.fleet.model("one/a").whence == "growth"
        assert places(h, server) == {"one/a": {"gpu1": 5 * GIB}}
        await use(h, "b", "c")
        assert [call for call in server.calls if call[0] == "unload"] == []


async def test_a_model_that_nobody_saw_loading_is_where_its_process_has_its_memory():
    server = Server([model("a", 5), model("b", 4)], shows=True)
    server.held, server.lies = {"a", "b"}, {"a": {"gpu1": 5 * GIB}, "b": {"gpu0": 4 * GIB}}
    async with house(server) as h:
        assert places(h, server) == {"one/a": {"gpu1": 5 * GIB}, "one/b": {"gpu0": 4 * GIB}}
        assert {m.whence for m in h.fleet.models.values()} == {"processes"}


async def test_where_nothing_shows_it_a_model_is_thought_to_be_where_memory_is_in_use_and_that_is_said():
    server = Server([model("a", 5)])
    server.held, server.lies = {"a"}, {"a": {"gpu1": 5 * GIB}}
    async with house(server) as h:
        assert places(h, server) == {"one/a": {"gpu1": 5 * GIB}}
        assert h.fleet.model("one/a").whence == "guess"


async def test_a_model_larger_than_any_card_is_laid_out_over_all_by_a_server_that_does_so():
    server = Server([model("wide", 22), model("a", 5), model("b", 9)])
    async with house(server) as h:
        await use(h, "a", "b", "wide")
        assert sorted(server.calls[2:4]) == [("unload", "a"), ("unload", "b")]
        parts = places(h, server)["one/wide"]
        assert parts == server.lies["wide"]
        assert (sum(parts.values()), set(parts)) == (22 * GIB, {"gpu0", "gpu1"})
        await use(h, "b")
        assert server.calls[-2:] == [("unload", "wide"), ("load", "b")]
        assert h.fleet.model("one/wide").pools == ("gpu0",)


async def test_one_that_is_larger_than_all_together_is_refused_with_the_arithmetic_and_nobody_leaves():
    server = Server([model("huge", 40), model("a", 4)])
    async with house(server) as h:
        await use(h, "a")
        with pytest.raises(BackendError, match=r"gpu0 and gpu1 can hold 28\.0 GiB"):
            await use(h, "huge")
        assert server.calls == [("load", "a")]


async def test_llamacpp_lays_every_model_out_over_all_cards_and_one_that_stays_on_one_is_counted_there():
    server = Server([model("a", 5), model("b", 6)], kind="llamacpp", stays={"b": "gpu1"})
    async with house(server) as h:
        await use(h, "a")
        assert places(h, server)["one/a"] == server.lies["a"]
        assert set(server.lies["a"]) == {"gpu0", "gpu1"}
        await use(h, "b")
        assert places(h, server)["one/b"] == {"gpu1": server._size("b")}


async def test_two_that_each_want_a_card_of_a_model_that_lies_on_both_wait_for_it_once():
    server = Server([model("wide", 22), model("a", 9), model("b", 9)])
    async with house(server) as h:
        answering = await h.residency.acquire(h.fleet.model("one/wide"))
        both = [asyncio.ensure_future(h.residency.acquire(h.fleet.model(f"one/{name}"))) for name in "ab"]
        await until(lambda: all(h.fleet.model(f"one/{name}").place is not None for name in "ab"))
        answering.release()
        async with asyncio.timeout(10):
            for waiting in both:
                (await waiting).release()
        assert [call for call in server.calls if call[0] == "unload"] == [("unload", "wide")]
        assert len(places(h, server)) == 2


async def test_a_backend_that_can_be_told_is_told_which_card():
    server = Aimed([model("a", 9), model("b", 9), model("wide", 22)], kind="embedded")
    async with house(server) as h:
        await use(h, "a", "b")
        assert server.told == {"a": ["gpu1"], "b": ["gpu0"]}  # the card that it fills best, then the other
        assert {m.id: m.whence for m in h.fleet.models.values() if m.ready} == {"one/a": "told", "one/b": "told"}
        await use(h, "wide")
        assert server.told["wide"] == ["gpu0", "gpu1"]


async def test_a_model_gets_the_context_that_the_card_can_hold_that_it_goes_to():
    long = replace(model("a", 5, kv_bytes_per_token=200_000), context_length=131072)
    keeper = model("keeper", 18)
    server = Server([long, keeper], cards={"gpu0": 24, "gpu1": 8}, sets_context=True)
    async with house(server, context=None) as h:
        a = h.fleet.model("one/a")
        free = a.info.context_length
        assert (a.contexts["gpu0"], free) == (free, free)
        assert a.contexts["gpu1"] < free
        keeping = await h.residency.acquire(h.fleet.model("one/keeper"))
        await use(h, "a")
        assert (a.pool, a.info.context_length, server.contexts[-1]) == ("gpu1", a.contexts["gpu1"], a.contexts["gpu1"])
        keeping.release()
        await h.residency.unload(a, "asked for")
        await until(lambda: a.info.context_length == free)
        assert h.router.ledger.best(a, tokens=a.contexts["gpu1"] + 1).pools == ("gpu0",)


async def test_pins_are_counted_over_the_cards_together():
    server = Server([model("a", 9), model("b", 9), model("c", 6)])
    async with house(server) as h:
        for name in "ab":
            assert h.residency.pin_refusal(h.fleet.model(f"one/{name}")) == ""
            h.fleet.model(f"one/{name}").pinned = True
        assert "one/c needs" in h.residency.pin_refusal(h.fleet.model("one/c"))


async def test_ram_is_no_card_of_those():
    server = Server([model("a", 5)])
    devices = server.devices
    server.devices = lambda: [*devices(), Device(HOST_POOL, "RAM", "host", 64 * GIB, 0, 64 * GIB)]
    async with house(server) as h:
        assert h.fleet.model("one/a").reach == ("gpu0", "gpu1")


def troubled(server: Server, *cards: str) -> None:
    """The driver reads these no more: it tells what it last saw, with nothing free."""
    seen = server.devices()
    last = {d.pool: replace(d, free=0, problem="the GPU fell off the bus") for d in seen if d.pool in cards}
    sound = server.devices
    server.devices = lambda: [last.get(d.pool, d) for d in sound()]


async def test_a_card_that_cannot_be_measured_is_planned_from_what_was_last_known():
    server = Server([model("a", 9), model("b", 9)], cards={"gpu0": 16})
    async with open_house(server, devices=lambda: server.devices()) as h:
        await use(h, "a")
        troubled(server, "gpu0")
        h.fleet.sampled(server.devices())
        vram = Vram(h.fleet, h.router.ledger, h.residency, Journal(), h.bus, SystemClock())
        view = vram.view().pools[0]
        assert view.device.problem == "the GPU fell off the bus"
        assert (view.budget, view.free) == (16 * GIB, 7 * GIB)
        await use(h, "b")
        assert server.calls[-2:] == [("unload", "a"), ("load", "b")]
        h.fleet.model("one/b").pinned = True
        with pytest.raises(BackendError, match=r"one/b must stay.*gpu0: the GPU fell off the bus"):
            await use(h, "a")


async def test_of_two_cards_the_one_that_can_be_measured_is_used():
    server = Server([model("a", 9), model("b", 9)], stays={"a": "gpu1", "b": "gpu1"})
    async with open_house(server, devices=lambda: server.devices()) as h:
        troubled(server, "gpu0")
        h.fleet.sampled(server.devices())
        await use(h, "a", "b")
        assert server.calls == [("load", "a"), ("unload", "a"), ("load", "b")]
        assert h.fleet.model("one/b").pool == "gpu1"
