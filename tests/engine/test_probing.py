"""Probing: what a model can do is tried, politely and once, and decisions go by what was found."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest

from llmrouter_tui.core.ability import is_embedding
from llmrouter_tui.core.decision import Timings
from llmrouter_tui.core.domain import ModelInfo, Probed
from llmrouter_tui.core.errors import BackendError, RouterError
from llmrouter_tui.core.filters import lacks
from llmrouter_tui.core.measuring import MAX_AGE
from llmrouter_tui.core.probes import SCRIPTS
from llmrouter_tui.core.probing import VERSION, words
from llmrouter_tui.core.profile import Order, ProfileRun, Result
from llmrouter_tui.engine import probing
from llmrouter_tui.engine.asking import Asking
from llmrouter_tui.engine.clock import SystemClock
from llmrouter_tui.engine.manners import PATIENCE, Manners
from llmrouter_tui.engine.measured import Measured
from llmrouter_tui.engine.probing import Probing
from llmrouter_tui.engine.progress import Progress
from llmrouter_tui.engine.sandbox import Sandbox
from tests.engine.house import House, model, open_house, request, until
from tests.engine.pupils import ALL, Pupils, refusal

DECLARED = frozenset({"completion", "tools", "json"})
TRIED = set(SCRIPTS) - {"embedding"}
"""Of a model whose backend tells what it can do, and not that it embeds."""


@dataclass
class School:
    house: House
    backend: Pupils
    probing: Probing

    async def probe(self, name: str = "a", *, quick: bool = True, again: bool = False, only: str = "") -> None:
        """As at the beginning of a profile."""
        order = Order(SystemClock().wall(), (f"one/{name}",), quick, again, only)  # type: ignore[arg-type]
        await self.probing.probe(self.house.fleet.models[f"one/{name}"], order, lambda state, words: None, MAX_AGE)

    def info(self, name: str = "a") -> ModelInfo:
        return self.house.fleet.models[f"one/{name}"].info

    def found(self, name: str = "a") -> dict[str, bool]:
        return {one.capability: one.can for one in self.info(name).probed}

    async def results(self, name: str = "a") -> dict[str, Result]:
        return {one.prompt: one for one in await self.house.repo.profile_results(f"one/{name}")}


def make(house: House) -> Probing:
    h, clock = house, SystemClock()
    asking = Asking(h.residency, h.learning, h.router.traffic, Sandbox(), clock)
    progress = Progress(h.bus, clock, lambda: None, asking.live)
    progress.begin(ProfileRun(True, 0.0, True, ()))
    progress.tell_model = lambda at_once=True, **changes: None  # type: ignore[method-assign]
    manners = Manners(h.fleet, h.residency, h.bus, h.tasks)
    return Probing(h.fleet, h.residency, h.learning, h.measured, h.repo, asking, manners, progress, clock)


@contextlib.asynccontextmanager
async def school(*infos: ModelInfo, **more: object) -> AsyncIterator[School]:
    told = infos or (declared("a"),)
    backend = Pupils(list(told), **more)
    async with open_house(backend) as house:
        house.fleet.probed = house.measured.probed
        for record in house.fleet.models.values():
            record.speed = replace(record.speed, prefill=2000.0)
        yield School(house, backend, make(house))


def declared(name: str, **more: object) -> ModelInfo:
    return model(name, digest=f"{name}-1", capabilities=DECLARED, capabilities_known=True, **more)


# ── what is found ──


async def test_what_a_model_can_do_is_found_whatever_it_is_called_and_whatever_is_declared() -> None:
    async with school(declared("plain-text-7b"), can={}) as s:
        await s.probe("plain-text-7b")
        assert s.found("plain-text-7b") == dict.fromkeys(TRIED, True)
        assert s.info("plain-text-7b").capabilities == DECLARED | {"vision", "thinking"}


async def test_what_is_declared_and_not_so_is_no_longer_believed() -> None:
    async with school(declared("a"), can={"a": frozenset({"json"})}) as s:
        await s.probe()
        assert s.info().capabilities == {"completion", "json"}
        [tools] = [one for one in s.info().probed if one.capability == "tools"]
        assert (tools.can, tools.declared, tools.reason) == (False, True, "no tool is called")
        assert lacks(s.info(), "tools") == "no tools (probed)"


async def test_the_words_of_a_server_that_refuses_are_kept() -> None:
    async with school(can={"a": frozenset()}, refuses=frozenset({"vision", "tools"})) as s:
        await s.probe()
        found = await s.results()
        assert found["probe-vision"].reason == "one (a) cannot do what the request needs: it does not support vision"
        assert (found["probe-vision"].outcome, found["probe-vision"].passed) == ("checked", 0.0)
        assert s.backend.tried.count("vision") == 1
        assert found["probe-json"].passed == 0.0


async def test_a_model_that_thinks_is_told_not_to_while_the_rest_is_tried() -> None:
    async with school() as s:
        await s.probe()
        assert s.info().tried("thinking").how == "default"  # type: ignore[union-attr]
        rest = [body for body, need in zip(s.backend.bodies, s.backend.tried, strict=False) if need != "thinking"]
        switches = {json.dumps(body.get("chat_template_kwargs")) for body in rest}
        assert switches == {'{"enable_thinking": false}'}


async def test_a_model_that_only_embeds_is_asked_for_nothing_else() -> None:
    embedder = model("m", 1.0, capabilities=frozenset({"embedding"}), capabilities_known=True)
    async with school(embedder, can={"m": frozenset({"embedding"})}) as s:
        await s.probe("m")
        assert s.backend.tried == ["embedding"]
        assert s.found("m") == {"embedding": True}


async def test_a_model_that_embeds_after_all_is_told_from_one_that_only_embeds() -> None:
    plain = model("m", 1.0, capabilities=frozenset({"completion"}))
    async with school(plain, can={"m": ALL | {"embedding"}}) as s:
        await s.probe("m")
        assert s.found("m") == dict.fromkeys(SCRIPTS, True)
        assert not is_embedding(s.info("m"))


async def test_an_embedder_that_does_not_embed_is_no_chat_model_for_that() -> None:
    embedder = model("m", 1.0, capabilities=frozenset({"embedding"}), capabilities_known=True)
    async with school(embedder, can={"m": frozenset()}) as s:
        await s.probe("m")
        assert s.found("m") == {"embedding": False}
        assert is_embedding(s.info("m"))
        with pytest.raises(RouterError, match="embedding model"):
            s.house.router.decide(request("hi"))


async def test_a_context_that_would_take_long_to_read_is_for_a_full_profile() -> None:
    async with school() as s:
        record = s.house.fleet.models["one/a"]
        record.speed = replace(record.speed, prefill=200.0)
        await s.probe()
        assert (await s.results())["probe-context"].reason == "reading 7,324 tokens would take about 37 s"
        s.backend.tried.clear()
        await s.probe()
        assert s.backend.tried == []
        await s.probe(quick=False)
        assert s.backend.tried == ["context", "context"]
        assert s.found()["context"]


async def test_a_context_is_tried_again_by_the_speed_that_the_other_probes_show() -> None:
    async with school() as s:
        record = s.house.fleet.models["one/a"]
        record.speed = replace(record.speed, prefill=100.0)
        await s.probe()
        s.backend.timings = Timings(2000.0, 30.0)
        await s.probe(again=True)
        assert s.found()["context"]


async def test_a_context_that_a_server_cuts_is_taken_for_what_it_reads() -> None:
    async with school(sets_context=False) as s:
        record = s.house.fleet.models["one/a"]
        cut = Result("one/a", "probe-context", "context", 9e9, "checked", 0.0, "", "cut", prompt_tokens=2000)
        s.house.measured.take(replace(cut, version=VERSION, quantization=record.info.quantization))
        s.house.fleet.believe(record)
        assert record.info.context_length == 2000


# ── what is not known ──


def broken(count: int, code: str = "backend_unreachable") -> list[BackendError]:
    return [BackendError(code, "out of reach", backend="one", fallback=True) for _ in range(count)]  # type: ignore[arg-type]


async def test_what_cannot_be_reached_is_unknown_and_what_is_declared_holds() -> None:
    async with school() as s:
        s.backend.failures["a"] = broken(9)
        await s.probe()
        assert s.found() == {}
        assert s.info().capabilities == DECLARED
        assert [(one.outcome, one.passed, one.code) for one in (await s.results()).values()] == [
            ("failed", None, "backend_unreachable")
        ] * probing.GIVE_UP
        s.backend.failures.clear()
        await s.probe()
        assert set(s.found()) == TRIED


async def test_what_takes_too_long_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probing, "time_limit", lambda *_: 0.02)
    async with school() as s:
        s.backend.gate.clear()
        await s.probe()
        assert s.found() == {}
        assert {one.code for one in (await s.results()).values()} == {"prompt_timeout"}
        assert all(reply.closed for reply in s.backend.replies)


async def test_a_failure_does_not_forget_what_was_known() -> None:
    async with school() as s:
        await s.probe()
        before = await s.results()
        s.backend.failures["a"] = broken(9)
        await s.probe(again=True)
        assert await s.results() == before
        assert s.found()["tools"]


# ── once, and again ──


async def test_what_is_fresh_is_not_tried_again_unless_that_is_asked_for() -> None:
    async with school() as s:
        await s.probe()
        s.backend.tried.clear()
        await s.probe()
        assert s.backend.tried == []
        s.backend.can["a"] = ALL - {"tools"}
        await s.probe(again=True)
        assert set(s.backend.tried) == TRIED
        assert not s.found()["tools"]


async def test_other_weights_are_not_believed_to_be_the_same() -> None:
    async with school(can={"a": ALL - {"tools"}}) as s:
        await s.probe()
        assert "tools" not in s.info().capabilities
        s.backend.infos[0] = replace(s.backend.infos[0], digest="a-2")
        s.house.fleet.listed(s.house.fleet.backends["one"], s.backend.infos)
        assert (s.found(), s.info().capabilities) == ({}, DECLARED)
        s.backend.can.clear()
        await s.probe()
        assert "tools" in s.info().capabilities


async def test_the_next_start_knows_what_was_found() -> None:
    async with school(can={"a": ALL - {"tools"}}) as s:
        await s.probe()
        measured = Measured(s.house.repo, SystemClock())
        await measured.load()
        assert measured.probed(s.backend.infos[0]) == s.info().probed
        s.house.fleet.probed = measured.probed
        s.house.fleet.drop_models(s.house.fleet.backends["one"], keep=())
        s.house.fleet._gone.clear()
        s.house.fleet.listed(s.house.fleet.backends["one"], s.backend.infos)
        assert lacks(s.info(), "tools") == "no tools (probed)"


async def test_only_what_failed_is_tried_where_only_that_is_asked_for() -> None:
    async with school() as s:
        s.backend.failures["a"] = broken(1)
        await s.probe()
        s.backend.tried.clear()
        await s.probe(only="failed")
        assert set(s.backend.tried) == {"thinking"}


# ── manners ──


async def test_a_client_does_not_wait_for_a_probe_and_the_probe_is_made_after_it() -> None:
    async with school(declared("a"), model("b", 6.0)) as s:
        s.backend.gate.clear()
        probe = asyncio.get_running_loop().create_task(s.probe())
        await until(lambda: len(s.backend.replies) == 1)
        client = asyncio.get_running_loop().create_task(s.house.ask(name="one/b"))
        await until(lambda: ("load", "b") in s.backend.calls)
        assert s.backend.replies[0].closed
        s.backend.gate.set()
        assert b"[DONE]" in await client
        await probe
        assert set(s.found()) == TRIED
        assert PATIENCE > 1


async def test_no_exchange_is_made_of_a_probe_and_it_counts_for_no_ability() -> None:
    async with school() as s:
        before = dict(s.house.fleet.models["one/a"].abilities)
        await s.probe()
        record = s.house.fleet.models["one/a"]
        assert (record.used, record.leases, list(s.house.router.traffic.recent)) == (0, 0, [])
        assert s.house.measured.checks(record.info) == []
        assert dict(record.abilities) == before
        [profile] = s.house.measured.profiles({"one/a": record.info})
        assert (profile.tasks, profile.failed, profile.ungraded, profile.unchecked) == ((), 0, 0, 0)
        assert {one.capability for one in profile.probes} == TRIED


# ── decisions ──


async def test_a_model_that_fails_the_probe_is_not_chosen_for_tools_and_the_decision_says_why() -> None:
    async with school(declared("a"), declared("b", gib=2.0), can={"a": ALL - {"tools"}}) as s:
        asked = request("What is the weather in Rome?", tools=1)
        assert {c.model for c in s.house.router.decide(asked).candidates} == {"one/a", "one/b"}
        await s.probe("a")
        decision = s.house.router.decide(asked)
        assert [c.model for c in decision.candidates] == ["one/b"]
        assert decision.filtered == (("one/a", "no tools (probed)"),)
        with pytest.raises(RouterError, match="cannot call tools"):
            s.house.router.decide(replace(asked, model="one/a"))


async def test_a_model_that_sees_is_chosen_for_pictures_though_nobody_declared_it() -> None:
    async with school(declared("odd"), declared("b", gib=2.0), can={"b": ALL - {"vision"}}) as s:
        asked = request("What is this?")
        asked = replace(asked, messages=(replace(asked.messages[0], images=1),))
        with pytest.raises(RouterError, match="No model can serve"):
            s.house.router.decide(asked)
        await s.probe("odd")
        await s.probe("b")
        decision = s.house.router.decide(asked)
        assert [c.model for c in decision.candidates] == ["one/odd"]
        assert decision.filtered == (("one/b", "no vision (probed)"),)


async def test_a_guess_that_was_tried_is_a_guess_no_more() -> None:
    plain = model("mystery", capabilities=frozenset({"completion"}))
    async with school(plain, can={"mystery": frozenset()}) as s:
        asked = request("What is the weather in Rome?", tools=1)
        [candidate] = s.house.router.decide(asked).candidates
        assert candidate.note == "tools unknown"
        await s.probe("mystery")
        with pytest.raises(RouterError, match=r"one/mystery: no tools \(probed\)"):
            s.house.router.decide(asked)


async def test_json_is_asked_of_others_first_where_a_model_was_seen_to_fail_at_it() -> None:
    async with school(declared("a"), can={"a": ALL - {"json"}}) as s:
        asked = request("A list of cats as JSON.", json_mode=True)
        [before] = s.house.router.decide(asked).candidates
        await s.probe()
        [after] = s.house.router.decide(asked).candidates
        assert after.predicted_quality == pytest.approx(before.predicted_quality / 2)
        assert after.note == "no json (probed)"


async def test_an_error_for_one_request_changes_nothing() -> None:
    """Only probes decide: what a client sends may be wrong for other reasons."""
    async with school() as s:
        s.backend.failures["a"] = [refusal("one", "a", "it does not support tools")]
        with contextlib.suppress(RouterError):
            await s.house.ask(name="one/a")
        assert s.info().probed == ()


def test_findings_are_told_shortly() -> None:
    told = [
        Probed("tools", True, 0.0),
        Probed("vision", False, 0.0),
        Probed("thinking", True, 0.0, how="asked"),
        Probed("context", False, 0.0, how="cut"),
        Probed("json", True, 0.0, how="schema"),
    ]
    assert [words(one) for one in told] == [
        "tools",
        "no vision",
        "thinking when asked",
        "context is cut",
        "json with schemas",
    ]
