"""Embeddings: which model, which replica, and what happens when one fails."""

import asyncio
from dataclasses import dataclass, field, replace

import pytest

from llmrouter_tui.core.breaker import COOL_SECONDS, TRIES
from llmrouter_tui.core.domain import ModelInfo
from llmrouter_tui.core.embedding import BATCH, Embedded, EmbedRequest, Inputs
from llmrouter_tui.core.errors import BackendError, RouterError
from llmrouter_tui.core.events import AttemptFailed, Decided, ExchangeFinished, ExchangeStarted
from llmrouter_tui.core.ports.history import FeedbackInput
from tests.engine.house import GIB, House, ScriptedBackend, model, open_house, until
from tests.engine.test_circuits import watched
from tests.engine.test_control import control_of

NOMIC, MXBAI, CHAT = "nomic-embed-text", "mxbai-embed-large", "qwen3:4b"
EMBEDS = {"capabilities": frozenset({"embedding"}), "capabilities_known": True}


@dataclass
class Embedder(ScriptedBackend):
    """Its vectors say which model made them of how long a text."""

    length: int = 3
    asked: list[dict[str, object]] = field(default_factory=list)
    given_up: int = 0

    async def embed(self, model: ModelInfo, inputs: Inputs, **how: object) -> Embedded:
        self.calls.append(("embed", model.name))
        self.asked.append({"inputs": inputs, **how})
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.given_up += 1
            raise
        if self.failures.get(model.name):
            raise self.failures[model.name].pop(0)
        mark = float(len(model.name))
        return Embedded([[mark, float(len(one)), 0.5][: self.length] for one in inputs], 2 * len(inputs))


def embedder(name: str = "one", *models: str, **more: object) -> Embedder:
    infos = [model(each, 1.0, name, **EMBEDS) for each in models or (NOMIC,)]
    return Embedder([*infos, model(CHAT, 2.0, name)], name, capacity=16 * GIB, **more)  # type: ignore[arg-type]


async def embed(house: House, *texts: str, name: str = "auto", **more: object) -> list[list[float]]:
    run = house.router.embed(EmbedRequest(name, texts or ("one",), **more))  # type: ignore[arg-type]
    try:
        return [list(vector) async for some in run.vectors() for vector in some]
    finally:
        run.close()


def gone(backend: str) -> BackendError:
    return BackendError("backend_unreachable", "it is gone", backend=backend, fallback=True, unhealthy=True)


async def test_each_input_gets_its_vector_from_a_loaded_model_and_the_record_tells_it() -> None:
    async with open_house(embedder()) as house:
        found = await embed(house, "a", "bcd", client="curl")
        assert [vector[1] for vector in found] == [1.0, 3.0]
        assert house.backends[0].calls == [("load", NOMIC), ("embed", NOMIC)]
        (finished,) = house.facts(ExchangeFinished)
        told = finished.exchange
        assert (told.outcome, told.model, told.requested, told.client) == ("ok", f"one/{NOMIC}", "auto", "curl")
        assert (told.usage.prompt_tokens, told.prompt, told.answer) == (4, "a", "")
        assert told.decision.analysis.task == "embedding"
        assert house.facts(ExchangeStarted)[0].exchange.id == told.id
        assert not house.facts(Decided)
        assert house.fleet.models[f"one/{NOMIC}"].leases == 0


async def test_many_inputs_go_to_the_backend_some_at_a_time_under_one_lease() -> None:
    async with open_house(embedder()) as house:
        found = await embed(house, *("x" * (1 + at % 7) for at in range(2 * BATCH + 1)))
        assert [vector[1] for vector in found] == [1.0 + at % 7 for at in range(2 * BATCH + 1)]
        assert [len(asked["inputs"]) for asked in house.backends[0].asked] == [BATCH, BATCH, 1]
        assert house.fleet.models[f"one/{NOMIC}"].used == 1


class TestAuto:
    async def test_means_the_same_model_for_good_also_where_another_would_answer_sooner(self) -> None:
        backend = embedder("one", NOMIC, MXBAI)
        big = replace(backend.infos[1], parameters=10**10)
        backend.infos[1] = big
        kept: list[str] = []

        async def keep(name: str) -> None:
            kept.append(name)

        async with open_house(backend) as house:
            house.router.embedding.keep = keep
            assert (await embed(house))[0][0] == len(MXBAI)  # the largest
            await house.residency.unload(house.fleet.models[f"one/{MXBAI}"], "asked for")
            await house.residency.load(house.fleet.models[f"one/{NOMIC}"])
            assert (await embed(house))[0][0] == len(MXBAI)
            assert (await embed(house, name="auto:fast"))[0][0] == len(MXBAI)
            assert (await embed(house, name="AUTO:latest"))[0][0] == len(MXBAI)
            assert kept == [MXBAI]

    async def test_is_what_was_kept_and_nobody_takes_the_place_of_a_model_that_is_gone(self) -> None:
        async with open_house(embedder()) as house:
            house.router.embedding.model = NOMIC
            assert (await embed(house))[0][0] == len(NOMIC)
            house.router.embedding.model = MXBAI
            with pytest.raises(RouterError, match=f"auto embeds with '{MXBAI}', and no backend has it") as caught:
                await embed(house)
            assert (caught.value.code, "embedding_model" in caught.value.hint) == ("model_not_found", True)
            assert house.backends[0].calls.count(("embed", NOMIC)) == 1

    async def test_prefers_a_pinned_model_and_one_of_this_machine(self) -> None:
        here, there = embedder("one", NOMIC, MXBAI), embedder("two", "hosted-embed")
        there.infos[0] = replace(there.infos[0], local=False, parameters=10**12, price_in=0.1)
        async with open_house(here, there) as house:
            house.fleet.models[f"one/{NOMIC}"].pinned = True
            house.fleet.touch(house.fleet.models[f"one/{NOMIC}"])
            assert (await embed(house))[0][0] == len(NOMIC)

    async def test_is_refused_where_nobody_is_known_to_embed(self) -> None:
        async with open_house(ScriptedBackend([model(CHAT)])) as house:
            with pytest.raises(RouterError, match="No model here is known to embed") as caught:
                await embed(house)
            assert caught.value.code == "no_capable_model"
            (refused,) = house.facts(ExchangeFinished)
            assert (refused.exchange.outcome, refused.exchange.code) == ("failed", "no_capable_model")
            assert caught.value.exchange_id == refused.exchange.id

    async def test_goes_on_where_its_choice_cannot_be_stored(self) -> None:
        async def keep(name: str) -> None:
            raise RouterError("storage_unavailable", "the disk is full")

        async with open_house(embedder()) as house:
            house.router.embedding.keep = keep
            assert len(await embed(house)) == len(await embed(house)) == 1


class TestNames:
    async def test_a_name_means_that_model(self) -> None:
        async with open_house(embedder("one", NOMIC, MXBAI)) as house:
            assert (await embed(house, name=MXBAI))[0][0] == len(MXBAI)
            assert (await embed(house, name=f"one/{NOMIC}"))[0][0] == len(NOMIC)
            assert house.router.embedding.model == ""  # nothing was left to the router

    async def test_an_unknown_name_is_told_with_the_nearest(self) -> None:
        async with open_house(embedder()) as house:
            with pytest.raises(RouterError, match="no model 'nomic-embed'") as caught:
                await embed(house, name="nomic-embed")
            assert NOMIC in caught.value.hint

    async def test_a_model_that_only_chats_is_refused(self) -> None:
        backend = embedder()
        backend.infos[1] = replace(backend.infos[1], capabilities_known=True)
        async with open_house(backend) as house:
            with pytest.raises(RouterError, match=f"one/{CHAT} does not embed") as caught:
                await embed(house, name=CHAT)
            assert (caught.value.code, caught.value.retryable) == ("invalid_request", False)


class TestKeys:
    async def test_a_key_gets_no_other_meaning_of_auto_than_everyone(self) -> None:
        backend = embedder("one", NOMIC, MXBAI)
        backend.infos[1] = replace(backend.infos[1], parameters=10**10)
        async with open_house(backend) as house:
            with pytest.raises(RouterError) as caught:
                await embed(house, key="ann", allowed=(NOMIC,))
            assert (caught.value.code, house.router.embedding.model) == ("forbidden", MXBAI)
            assert (await embed(house, name=NOMIC, key="ann", allowed=(NOMIC,)))[0][0] == len(NOMIC)
            assert [one.exchange.key for one in house.facts(ExchangeFinished)] == ["ann", "ann"]


class TestReplicas:
    async def test_the_one_with_fewest_requests_in_flight_is_asked(self) -> None:
        one, two = embedder("one"), embedder("two")
        async with open_house(one, two) as house:
            await house.residency.load(house.fleet.models[f"one/{NOMIC}"])
            await house.residency.load(house.fleet.models[f"two/{NOMIC}"])
            one.gate.clear()
            two.gate.clear()
            asking = [asyncio.ensure_future(embed(house, name=NOMIC)) for _ in range(6)]
            await until(lambda: len(one.asked) + len(two.asked) == 6)
            one.gate.set()
            two.gate.set()
            await asyncio.gather(*asking)
            assert (len(one.asked), len(two.asked)) == (3, 3)

    async def test_another_one_does_what_is_left_when_one_dies_in_the_middle(self) -> None:
        one, two = embedder("one"), embedder("two")
        async with open_house(one, two) as house:
            run = house.router.embed(EmbedRequest("auto", tuple("x" * at for at in range(1, 2 * BATCH + 1))))
            stream = run.vectors()
            found = list(await anext(stream))
            first = one if run.model.startswith("one/") else two
            first.failures[NOMIC] = [gone(first.name)]
            found += [vector async for some in stream for vector in some]
            run.close()
            assert [vector[1] for vector in found] == [float(at) for at in range(1, 2 * BATCH + 1)]
            (failed,) = house.facts(AttemptFailed)
            second = two if first is one else one
            assert (failed.attempt.model, failed.next_model) == (f"{first.name}/{NOMIC}", f"{second.name}/{NOMIC}")
            outcomes = [(a.model, a.outcome) for a in house.facts(ExchangeFinished)[0].exchange.attempts]
            assert outcomes == [(f"{first.name}/{NOMIC}", "failed"), (f"{second.name}/{NOMIC}", "ok")]
            assert sum(record.leases for record in house.fleet.models.values()) == 0

    async def test_no_other_model_is_asked_when_the_last_one_has_failed(self) -> None:
        backend = embedder("one", NOMIC, MXBAI)
        backend.failures[NOMIC] = [gone("one")]
        async with open_house(backend) as house:
            with pytest.raises(BackendError, match="it is gone"):
                await embed(house, name=NOMIC)
            assert ("embed", MXBAI) not in backend.calls
            assert house.facts(ExchangeFinished)[0].exchange.outcome == "failed"

    async def test_the_clients_own_fault_is_not_tried_elsewhere(self) -> None:
        one, two = embedder("one"), embedder("two")
        fault = BackendError("invalid_request", "no", backend="one", fallback=False)
        one.failures[NOMIC], two.failures[NOMIC] = [fault], [fault]
        async with open_house(one, two) as house:
            with pytest.raises(BackendError, match="no"):
                await embed(house)
            assert len(one.asked) + len(two.asked) == 1

    async def test_vectors_of_another_length_are_no_replicas(self) -> None:
        one, two = embedder("one"), embedder("two", length=2)
        async with open_house(one, two) as house:
            run = house.router.embed(EmbedRequest("auto", ("x",) * (BATCH + 1)))
            stream = run.vectors()
            await anext(stream)
            first = one if run.model.startswith("one/") else two
            first.failures[NOMIC] = [gone(first.name)]
            with pytest.raises(RouterError, match="the first of this request have"):
                await anext(stream)
            run.close()


class TestDimensions:
    async def test_go_to_the_backend(self) -> None:
        async with open_house(embedder(length=2)) as house:
            assert len((await embed(house, dimensions=2))[0]) == 2
            assert house.backends[0].asked[0]["dimensions"] == 2

    async def test_are_refused_where_the_model_does_not_heed_them(self) -> None:
        async with open_house(embedder()) as house:
            with pytest.raises(RouterError, match="gives vectors of 3 numbers and cannot be told to give 2") as caught:
                await embed(house, dimensions=2)
            assert (caught.value.code, caught.value.param) == ("invalid_request", "dimensions")
            assert house.facts(ExchangeFinished)[0].exchange.code == "invalid_request"


class TestLeaving:
    async def test_a_client_that_leaves_frees_the_backend_and_the_model(self) -> None:
        backend = embedder()
        async with open_house(backend) as house:
            backend.gate.clear()
            asking = asyncio.ensure_future(embed(house))
            await until(lambda: bool(backend.asked))
            asking.cancel()
            await asyncio.wait([asking])
            assert asking.cancelled()
            assert backend.given_up == 1
            assert house.fleet.models[f"one/{NOMIC}"].leases == 0
            assert house.facts(ExchangeFinished)[0].exchange.outcome == "cancelled"

    async def test_a_client_that_leaves_while_the_model_loads_waits_no_longer(self) -> None:
        backend = embedder(load_seconds=30.0)
        async with open_house(backend) as house:
            asking = asyncio.ensure_future(embed(house))
            await until(lambda: bool(backend.calls))
            asking.cancel()
            await asyncio.wait([asking])
            assert not house.fleet.models[f"one/{NOMIC}"].tickets

    async def test_a_model_that_is_unloaded_by_force_gives_way_to_a_replica(self) -> None:
        one, two = embedder("one"), embedder("two")
        async with open_house(one, two) as house:
            one.gate.clear()
            two.gate.clear()
            asking = asyncio.ensure_future(embed(house))
            await until(lambda: bool(one.asked or two.asked))
            busy, other = (one, two) if one.asked else (two, one)
            other.gate.set()
            await house.residency.unload(house.fleet.models[f"{busy.name}/{NOMIC}"], "asked for", force=True)
            assert len(await asking) == 1
            assert (busy.given_up, len(other.asked)) == (1, 1)
            assert "unloaded by force" in house.facts(AttemptFailed)[0].attempt.message

    async def test_a_model_that_embeds_is_not_unloaded_under_it(self) -> None:
        backend = embedder()
        async with open_house(backend) as house:
            backend.gate.clear()
            asking = asyncio.ensure_future(embed(house))
            await until(lambda: bool(backend.asked))
            going = asyncio.ensure_future(
                house.residency.unload(house.fleet.models[f"one/{NOMIC}"], "asked for", force=False)
            )
            await asyncio.sleep(0.02)
            assert ("unload", NOMIC) not in backend.calls
            backend.gate.set()
            await asyncio.gather(asking, going)
            assert backend.calls[-1] == ("unload", NOMIC)


async def test_vectors_are_not_rated() -> None:
    async with open_house(embedder()) as house:
        await embed(house)
        (finished,) = house.facts(ExchangeFinished)
        await house.repo.flush()
        control = control_of(house, house.repo, router=house.router)
        with pytest.raises(RouterError, match="vectors are not rated"):
            await control.rate(FeedbackInput(finished.exchange.id, rating="up"))


async def test_a_replica_that_fails_again_and_again_is_left_alone_then_tried_with_one_request() -> None:
    broken, whole = embedder("one"), embedder("two")
    ident = f"one/{NOMIC}"
    words = BackendError("backend_error", "it broke", backend="one", model=NOMIC, fallback=True)
    async with open_house(broken, whole) as house:
        broken.failures[NOMIC] = [words] * TRIES
        for _ in range(TRIES):
            house.fleet.models[f"two/{NOMIC}"].leases += 1  # so that the first is asked first
            await embed(house, "x", name=NOMIC)
            house.fleet.models[f"two/{NOMIC}"].leases -= 1
        asked = len(broken.asked)
        assert asked == TRIES and house.fleet.models[ident].view().rest is not None
        await asyncio.gather(*(embed(house, "x", name=NOMIC) for _ in range(4)))
        assert len(broken.asked) == asked, "it rests"
        assert len(await embed(house, "x", name=ident)) == 1, "named, and nobody else can answer"
        assert house.fleet.models[ident].view().rest is None, "it answered"


async def test_a_client_that_leaves_a_trial_lets_the_next_one_try() -> None:
    backend = embedder()
    ident = f"one/{NOMIC}"
    async with open_house(backend) as house:
        clock = watched(house)
        error = BackendError("backend_error", "it broke", backend="one", model=NOMIC, fallback=True)
        for _ in range(TRIES):
            house.router.circuits.failed(ident, error)
        clock.later = COOL_SECONDS + 1
        backend.gate.clear()
        leaving = asyncio.ensure_future(embed(house, "x"))
        await until(lambda: bool(backend.asked))
        others = house.router.circuits.leave_alone(house.fleet.views())
        assert any(one.id == ident and one.problem for one in others), "one request tries it"
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)
        others = house.router.circuits.leave_alone(house.fleet.views())
        assert not any(one.id == ident and one.problem for one in others)
