"""Which context models get, what they were seen to take with it, and what they are weighed to take."""

from collections.abc import Sequence
from dataclasses import replace

from llmrouter_tui.core.domain import Device, Footprint, ModelInfo, Resident
from llmrouter_tui.core.footprint import estimated
from llmrouter_tui.engine.footprints import other_weights
from llmrouter_tui.engine.record import ModelRecord
from tests.engine.house import GIB, House, ScriptedBackend, model, open_house, until

KIB = 1024


def long(name: str = "a", gib: float = 4.0) -> ModelInfo:
    """It can read 128k tokens, each of which takes 128 KiB."""
    return replace(model(name, gib), context_length=131_072, kv_bytes_per_token=128 * KIB)


class Setter(ScriptedBackend):
    """Like Ollama: it loads with the context that it is told, and tells that and what the model takes, by default as
    much as was expected."""

    def __init__(self, infos: list[ModelInfo], *, capacity: int = 24 * GIB) -> None:
        super().__init__(infos, kind="ollama", sets_context=True, capacity=capacity)
        self.loaded: dict[str, int] = {}
        self.takes: int | None = None
        self.looks = 0

    async def load(self, model: ModelInfo, *, keep_alive: float | None, context_length: int | None) -> None:
        await super().load(model, keep_alive=keep_alive, context_length=context_length)
        self.loaded[model.name] = context_length or 4096

    async def residents(self) -> Sequence[Resident]:
        self.looks += 1
        return [
            Resident(name, self.takes or self._size(name), "reported", context_length=self.loaded[name])
            for name in self.held
        ]


class Silent(ScriptedBackend):
    """It tells what it holds, and nothing of memory."""

    def __init__(self, infos: list[ModelInfo], **more: object) -> None:
        super().__init__(infos, **more)  # type: ignore[arg-type]
        self.drift = 0
        """By how much more is in use at every look."""
        self.others = 0

    def used(self) -> int:
        self.others += self.drift
        return super().used() + self.others

    async def residents(self) -> Sequence[Resident]:
        return [Resident(name) for name in self.held]


async def held_by_others(house: House, backend: Setter, context: int) -> None:
    backend.held.add("a")
    backend.loaded["a"] = context
    house.fleet.look_again("one")
    await until(lambda: house.fleet.model("one/a").residency == "resident")


async def test_a_model_is_loaded_and_asked_with_the_largest_context_that_fits() -> None:
    backend = Setter([long()])
    async with open_house(backend, context=None) as house:
        view = house.fleet.model("one/a").view()
        assert (view.info.context_length, view.info.longest_context) == (32_768, 131_072)
        await house.ask(name="one/a")
        await house.ask(name="one/a")
        assert backend.contexts == [32_768]
        assert {reply._call.context_length for reply in backend.replies} == {32_768}


async def test_the_users_context_goes_before_as_far_as_the_model_can_read() -> None:
    backend = Setter([long("a"), replace(long("b"), context_length=2048)])
    async with open_house(backend, context=16_384) as house:
        contexts = {record.info.name: record.info.context_length for record in house.fleet.models.values()}
        assert contexts == {"a": 16_384, "b": 2048}


async def test_models_that_never_leave_leave_less_room_for_the_context_of_others() -> None:
    alone, beside = Setter([long(gib=4)], capacity=12 * GIB), Setter([long(gib=4)], capacity=12 * GIB)
    always = ScriptedBackend([replace(model("v", 6), local=True)], name="two", manages_memory=False)
    async with open_house(alone, context=None) as house:
        free = house.fleet.model("one/a").context or 0
    async with open_house(beside, always, context=None) as house:
        house.fleet.sampled([Device("gpu0", "GPU", "nvidia", 12 * GIB, 7 * GIB, 5 * GIB)])
        house.fleet.look_again("one")
        await until(lambda: (house.fleet.model("one/a").context or 0) < free)
        record = house.fleet.model("one/a")
        assert house.router.ledger.plan(record).fits
        assert record.context and record.context >= 4096


async def test_what_other_programs_keep_leaves_less_context_rather_than_no_room(monkeypatch) -> None:
    monkeypatch.setattr("llmrouter_tui.engine.strangers.SPAN", 0.0)
    backend = Setter([long(gib=5)], capacity=12 * GIB)
    async with open_house(backend, context=None) as house:
        record = house.fleet.model("one/a")
        free = record.context or 0

        async def others_take(gib: float, other_than: int) -> None:
            for _ in range(2):
                house.fleet.sampled([Device("gpu0", "GPU", "nvidia", 12 * GIB, int(gib * GIB), int((12 - gib) * GIB))])
            house.fleet.look_again("one")
            await until(lambda: record.context != other_than)

        await others_take(5.0, free)
        assert 4096 <= (record.context or 0) < free
        assert house.router.ledger.plan(record).fits
        await others_take(0.5, record.context or 0)
        assert record.context == free


async def test_a_server_that_is_down_for_a_moment_keeps_its_room(monkeypatch) -> None:
    backend = Setter([long(gib=4)], capacity=12 * GIB)
    always = ScriptedBackend([model("v", 6, backend="two")], name="two", manages_memory=False)
    async with open_house(backend, always, context=None) as house:
        room = house.router.ledger.room("gpu0")
        always.down = True
        house.fleet.look_again("two")
        await until(lambda: not house.fleet.model("two/v").healthy)
        assert house.router.ledger.room("gpu0") == room
        monkeypatch.setattr("llmrouter_tui.engine.ledger.LATELY", 0.0)
        assert house.router.ledger.room("gpu0") == 12 * GIB


async def test_where_the_server_decides_its_context_holds() -> None:
    backend = ScriptedBackend([long()], capacity=24 * GIB)
    async with open_house(backend, context=None) as house:
        await house.ask(name="one/a")
        assert house.fleet.model("one/a").info.context_length == 131_072
        assert backend.contexts == [None]


async def test_a_model_that_somebody_loaded_with_more_is_used_as_it_is() -> None:
    backend = Setter([long()])
    async with open_house(backend, context=None) as house:
        await held_by_others(house, backend, 65_536)
        await house.ask(name="one/a")
        assert backend.contexts == []
        assert backend.replies[0]._call.context_length == 65_536
        assert house.fleet.model("one/a").view().info.context_length == 65_536


async def test_one_that_somebody_loaded_with_less_is_loaded_anew() -> None:
    backend = Setter([long()])
    async with open_house(backend, context=None) as house:
        await held_by_others(house, backend, 4096)
        await house.ask(name="one/a")
        assert backend.contexts == [32_768]


async def test_a_context_never_changes_while_the_model_is_loaded_and_shrinks_before_the_next_load() -> None:
    """More was seen than expected, as if its server kept more conversations."""
    backend = Setter([long()])
    async with open_house(backend, context=None) as house:
        record = house.fleet.model("one/a")
        backend.takes = 15 * GIB
        await house.ask(name="one/a")
        await until(lambda: record.seen is not None)
        assert record.seen == Footprint(15 * GIB, "reported", 32_768)
        assert record.info.context_length == 32_768
        await house.ask(name="one/a")
        await house.residency.unload(record, "asked for")
        house.fleet.look_again("one")
        await until(lambda: record.info.context_length != 32_768)
        assert record.info.context_length == 16_384
        backend.takes = None
        await house.ask(name="one/a")
        assert backend.contexts == [32_768, 16_384]


async def test_what_was_seen_with_one_context_corrects_the_estimate_for_others() -> None:
    backend = Setter([long()])
    async with open_house(backend, context=None) as house:
        record = house.fleet.model("one/a")
        guess = estimated(record.info, "gpu0", 32_768)
        assert (record.needed_bytes(), record.view().footprint_source) == (guess, "estimated")
        backend.takes = int((guess or 0) * 0.9)
        await house.ask(name="one/a")
        await until(lambda: record.seen is not None)
        assert (record.needed_bytes(), record.view().footprint_source) == (backend.takes, "reported")
        shorter, told = record.expected(8192), estimated(record.info, "gpu0", 8192)
        assert shorter is not None
        assert told is not None
        assert shorter.source == "estimated"
        assert abs(shorter.bytes - told * 0.9) < 16


async def test_what_was_seen_is_known_after_a_restart() -> None:
    backend = Setter([long()])
    async with open_house(backend, context=None) as house:
        record = house.fleet.model("one/a")
        backend.takes = 9 * GIB
        await house.residency.load(record)
        await until(lambda: record.seen is not None)
        memory = (await house.learning._repo.memories())["one/a"]
        assert memory.footprint == Footprint(9 * GIB, "reported", 32_768)
        again = ModelRecord(record.info, record.backend, "gpu0", memory, memory.speed or record.speed)
        assert again.expected() == memory.footprint


async def test_other_weights_under_the_same_name_are_not_judged_by_the_old_ones() -> None:
    backend = Setter([long()])
    async with open_house(backend, context=None) as house:
        record = house.fleet.model("one/a")
        await house.ask(name="one/a")
        await until(lambda: record.seen is not None)
        seen = record.seen
        for fresh, kept in ((replace(long(), family="told at last"), seen), (replace(long(), digest="other"), None)):
            backend.held.clear()
            backend.infos = [fresh]
            house.fleet.look_again("one")
            await until(lambda fresh=fresh: record.told == fresh)
            assert record.seen == kept
        assert not other_weights(replace(long(), size_bytes=None), long())
        assert other_weights(long(), replace(long(), size_bytes=7))


async def test_a_process_that_gains_a_page_is_no_news() -> None:
    backend = Setter([long()])
    async with open_house(backend, context=None) as house:
        record = house.fleet.model("one/a")
        backend.takes = 6 * GIB
        await house.ask(name="one/a")
        await until(lambda: record.seen is not None)
        looks, backend.takes = backend.looks, backend.takes + 4096
        house.fleet.look_again("one")
        await until(lambda: backend.looks > looks)
        assert record.seen == Footprint(6 * GIB, "reported", 32_768)


async def test_an_estimate_is_no_more_than_its_gpu_has_in_use() -> None:
    """Of a server that always holds its model and tells nothing, such as vLLM."""
    backend = Silent([model("a", 4)], capacity=24 * GIB, manages_memory=False)
    async with open_house(backend) as house:
        record = house.fleet.model("one/a")
        guess = record.needed_bytes() or 0
        for used, told in ((3 * GIB, 3 * GIB), (2 * GIB, 2 * GIB), (20 * GIB, guess)):
            house.fleet.sampled([Device("gpu0", "GPU", "nvidia", 24 * GIB, used, 24 * GIB - used)])
            assert (record.view().footprint, record.view().footprint_source) == (told, "estimated")


class TestWeighing:
    async def test_a_load_that_no_backend_reports_is_weighed_on_its_gpu(self) -> None:
        backend = Silent([model("a", 4)], capacity=24 * GIB)
        async with open_house(backend) as house:
            await house.ask(name="one/a")
            view = house.fleet.model("one/a").view()
            assert (view.footprint, view.footprint_source) == (4 * GIB, "measured")

    async def test_it_is_not_where_something_else_moves_in_the_pool(self) -> None:
        backend = Silent([model("a", 4)], capacity=24 * GIB)
        async with open_house(backend) as house:
            backend.drift = GIB // 4
            await house.ask(name="one/a")
            assert house.fleet.model("one/a").view().footprint_source == "estimated"

    async def test_it_is_not_where_another_model_comes_or_goes_meanwhile(self) -> None:
        other = Silent([model("b", 4, backend="two")], name="two", load_seconds=0.05)
        backend = Silent([model("a", 4)], capacity=24 * GIB, load_seconds=0.05)
        async with open_house(backend, other) as house:
            record = house.fleet.model("two/b")

            async def load(model: ModelInfo, *, keep_alive: float | None, context_length: int | None) -> None:
                backend.held.add("a")
                record.turns += 1

            backend.load = load  # type: ignore[method-assign]
            await house.ask(name="one/a")
            assert house.fleet.model("one/a").view().footprint_source == "estimated"

    async def test_a_difference_that_cannot_be_the_models_is_not_taken(self) -> None:
        backend = Silent([model("a", 4)], capacity=24 * GIB)
        async with open_house(backend) as house:
            backend._size = lambda name: 0  # type: ignore[method-assign]
            await house.ask(name="one/a")
            assert house.fleet.model("one/a").view().footprint_source == "estimated"

    async def test_what_the_backend_reports_beats_it(self) -> None:
        backend = Setter([long()])
        backend.takes = 9 * GIB
        async with open_house(backend, context=None) as house:
            record = house.fleet.model("one/a")
            await house.ask(name="one/a")
            await until(lambda: record.seen is not None and record.seen.source == "reported")
            assert record.seen == Footprint(9 * GIB, "reported", 32_768)
