"""Measuring models: politely, prompt by prompt, stored at once; what failed is a failure; what was found teaches."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest

from llmrouter_tui.core.decision import Exchange
from llmrouter_tui.core.domain import TASKS, Footprint
from llmrouter_tui.core.errors import BackendError, RouterError
from llmrouter_tui.core.events import ExchangeStarted, ProfileChanged
from llmrouter_tui.core.measuring import LOAD
from llmrouter_tui.core.probing import is_probe
from llmrouter_tui.core.profile import SEEN, ProfileRun, Result
from llmrouter_tui.core.prompt_set import PROMPTS, QUICK
from llmrouter_tui.core.prompt_set.speed import speed
from llmrouter_tui.engine import asking, probing
from llmrouter_tui.engine.clock import SystemClock
from llmrouter_tui.engine.measured import weight
from llmrouter_tui.engine.profiler import Profiler
from llmrouter_tui.engine.sandbox import Confinement, Limits, Sandbox
from llmrouter_tui.engine.schedule import Schedule
from tests.engine.house import GIB, House, model, open_house, until
from tests.engine.scholars import Scholars, babble

BOX = Sandbox(Limits(seconds=6.0, cpu=1))
"""Shared, so that what confines it is tried out once."""
TIMED = {prompt.id for prompt in speed()}
ALL = len(QUICK) + len(TIMED)


@dataclass
class School:
    house: House
    backend: Scholars
    profiler: Profiler

    async def measured(self, *names: str, quick: bool = True, again: bool = False) -> dict[str, Result]:
        """One whole run; what came of the first model's prompts."""
        await self.profiler.start(names, quick=quick, again=again)
        await self.ended()
        return await self.results(names[0])

    async def ended(self) -> None:
        await until(lambda: not self.profiler.run.running, 30)

    async def results(self, name: str) -> dict[str, Result]:
        """By prompt; without that of its load and those of probes."""
        found = await self.profiler.results(f"one/{name}")
        return {one.prompt: one for one in found if one.prompt != LOAD and not is_probe(one.prompt)}

    def loads(self) -> list[tuple[str, str]]:
        return [call for call in self.backend.calls if call[0] in ("load", "unload")]

    def profiler_again(self) -> Profiler:
        """As after a restart."""
        self.profiler = make(self.house)
        return self.profiler


def make(house: House, box: Sandbox = BOX) -> Profiler:
    h = house
    return Profiler(
        h.fleet, h.residency, h.learning, h.router.traffic, h.measured, h.repo, box, h.bus, h.tasks, SystemClock()
    )


@contextlib.asynccontextmanager
async def school(*sizes: tuple[str, float], **more: object) -> AsyncIterator[School]:
    models = [model(name, gib, digest=f"{name}-1") for name, gib in sizes or (("a", 4.0), ("b", 6.0))]
    backend = Scholars(models, **more)
    async with open_house(backend) as house:
        yield School(house, backend, make(house))


# ── what is found ──


async def test_every_prompt_of_the_quick_profile_is_put_and_told_right_from_wrong() -> None:
    async with school() as s:
        found = await s.measured("a", "b")
        assert set(found) == {prompt.id for prompt in QUICK} | TIMED
        held = await BOX.confinement()
        wanted = {"checked", "timed"} if held.enough else {"checked", "timed", "unchecked"}
        assert {one.outcome for one in found.values()} == wanted
        assert [one for one in found.values() if one.outcome == "checked" and one.passed != 1.0] == []
        one = found["math-sum"]
        assert (one.decode, one.prefill, one.prompt_tokens, one.answer) == (30.0, 600.0, 60, "65")
        assert one.ttft is not None
        run = s.profiler.run
        assert [(m.model, m.state, m.done, m.total, m.failed) for m in run.models] == [
            ("one/a", "done", ALL, ALL, 0),
            ("one/b", "done", ALL, ALL, 0),
        ]


async def test_the_model_that_answers_is_told_from_the_one_that_babbles_in_every_task() -> None:
    async with school(("clever", 4.0), ("babbler", 4.0), answers={"babbler": babble}) as s:
        models = s.house.fleet.models
        before = models["one/clever"].abilities["math"].mean
        assert before == models["one/babbler"].abilities["math"].mean
        await s.measured("clever", "babbler")
        clever, babbler = models["one/clever"].abilities, models["one/babbler"].abilities
        judged = [t for t in TASKS if t != "coding"] if not (await BOX.confinement()).enough else TASKS
        assert [task for task in judged if clever[task].mean <= babbler[task].mean] == []
        told, others = [e for e in clever["math"].evidence if e.source == "profile"]
        assert told.note.startswith("2 of 2 checks passed here, difficulty up to 0.46")
        assert "checks passed in other tasks" in others.note
        moved = {effect.task: effect for effect in s.profiler.run.models[0].moved}
        assert (moved["math"].before, moved["math"].after) == (before, clever["math"].mean)


async def test_open_ended_answers_are_kept_for_a_judge_and_count_for_nothing_yet() -> None:
    async with school() as s:
        found = await s.measured("a", quick=False)
        judged = [prompt for prompt in PROMPTS if prompt.judged]
        assert {found[p.id].outcome for p in judged} == {"ungraded"}
        assert {found[p.id].passed for p in judged} == {None}
        assert {found[p.id].answer for p in judged} == {"A fine text."}
        assert not any(prompt.needs == {"tools"} and prompt.id in found for prompt in PROMPTS)
        [profile] = s.profiler.profiles().models
        assert profile.ungraded == len(judged)
        assert (profile.decode, profile.prefill) == (30.0, 600.0)


async def test_where_code_cannot_be_confined_its_answers_are_not_run_and_the_run_says_so() -> None:
    async with school() as s:
        box = Sandbox()
        box._found = Confinement(False, "code is not run: nothing holds it here")
        s.profiler = make(s.house, box)
        found = await s.measured("a")
        code = [found["code-initials"], found["code-pages"]]
        assert [(one.outcome, one.passed, one.reason) for one in code] == [
            ("unchecked", None, "code is not run: nothing holds it here")
        ] * 2
        assert s.profiler.run.code == "code is not run: nothing holds it here"
        told = s.house.fleet.models["one/a"].abilities["coding"].evidence
        assert not any("passed here" in e.note for e in told)


async def test_speed_is_learned_and_nothing_of_it_looks_like_a_client() -> None:
    async with school() as s:
        await s.measured("a")
        record = s.house.fleet.models["one/a"]
        assert (record.speed.decode, record.speed.prefill) == (30.0, 600.0)
        assert record.speed.samples >= ALL
        assert (record.used, len(record.tickets), record.leases) == (0, 0, 0)
        assert s.house.facts(ExchangeStarted) == []
        assert not s.house.router.traffic.recent


async def test_a_model_that_thinks_unannounced_is_asked_again_with_room_to_think() -> None:
    async with school(answers={"a": lambda prompt: "x" * 360 + "</think>" + "65"}) as s:
        found = await s.measured("a")
        assert found["math-sum"].passed == 1.0
        assert found["math-sum"].thought_seconds is not None
        rooms = [body["max_tokens"] for body in s.backend.bodies if "27 + 38" in str(body["messages"])]
        assert rooms[-1] > 300


async def test_each_task_tells_how_far_it_is_and_what_came_last_is_told() -> None:
    async with school(("a", 4.0)) as s:
        await s.measured("a")
        tasks = {row.task: row for row in s.profiler.run.models[0].tasks}
        assert list(tasks) == [*TASKS, "speed"]
        assert (tasks["math"].done, tasks["math"].total, tasks["math"].right, tasks["math"].checked) == (2, 2, 2.0, 2)
        assert (tasks["speed"].done, tasks["speed"].total, tasks["speed"].checked) == (5, 5, 0)
        seen = s.profiler.run.seen
        assert [one.prompt for one in seen[-2:]] == ["speed-long-1", "speed-long-2"]
        assert (len(seen), seen[-1].outcome, seen[-1].passed) == (SEEN, "timed", None)


async def test_an_answer_is_told_while_it_comes_with_its_question() -> None:
    async with school(answers={"a": lambda prompt: "x" * 3000 + "It is a keeper."}) as s:
        s.backend.gate.clear()
        s.backend.end.clear()
        await s.profiler.start(["a"], quick=True, again=False)
        await until(lambda: s.profiler.run.question.startswith("Diary"))
        assert s.profiler.run.answer == ""
        s.backend.gate.set()

        def told() -> list[ProfileRun]:
            return [fact.run for fact in s.house.facts(ProfileChanged)]

        await until(lambda: told()[-1].answer.endswith("It is a keeper."))
        s.backend.end.set()
        await s.ended()
        assert max(len(run.answer) for run in told()) <= asking.ENDING
        assert {(run.question, run.answer) for run in told() if not run.running} == {("", "")}


async def test_what_a_load_takes_is_part_of_the_profile() -> None:
    async with school(("a", 4.0), load_seconds=0.05) as s:
        await s.house.residency.load(s.house.fleet.models["one/a"])
        await until(lambda: s.house.fleet.models["one/a"].seen is not None)
        await s.measured("a")
        [profile] = s.profiler.profiles().models
        assert (profile.footprint, profile.footprint_source) == (4 * GIB, "reported")
        assert profile.load_seconds is not None
        assert profile.load_seconds >= 0.05


async def test_memory_that_was_weighed_around_a_load_is_told_and_a_mere_estimate_is_not() -> None:
    async with school() as s:
        record = s.house.fleet.models["one/a"]
        record.seen = Footprint(5 * GIB, "measured", 8192)
        record.load_history.append(3.0)
        told = weight(record, 9.0)
        assert told is not None
        assert (told.prompt, told.footprint, told.footprint_source, told.seconds) == (LOAD, 5 * GIB, "measured", 3.0)
        record.seen = Footprint(5 * GIB, "estimated", 8192)
        told = weight(record, 9.0)
        assert told is not None
        assert (told.footprint, told.footprint_source) == (None, "")
        record.load_history.clear()
        assert weight(record, 9.0) is None


async def test_runs_are_remembered_with_what_they_found_and_moved() -> None:
    async with school(answers={"a": babble}) as s:
        await s.measured("a")
        await s.profiler.start(["b"], quick=True, again=False, note="by itself, while idle")
        s.profiler.cancel()
        await s.ended()
        second, first = s.profiler.profiles().history
        assert (second.models, second.note) == (("one/b",), "by itself, while idle, stopped")
        assert (first.models, first.prompts, first.failed, first.note) == (("one/a",), ALL, 0, "")
        assert {effect.model for effect in first.moved} == {"one/a"}
        [known], profile = first.found, s.profiler.profiles().models[0]
        assert (known.model, known.tasks, known.decode) == ("one/a", profile.tasks, profile.decode)
        assert [run.started for run in await s.house.repo.profile_runs()] == [second.started, first.started]


# ── failures ──


def broken(count: int) -> list[BackendError]:
    return [BackendError("backend_error", "out of cheese", backend="one", fallback=True) for _ in range(count)]


async def test_a_failed_answer_is_a_failure_with_its_code_and_never_a_fast_one() -> None:
    async with school() as s:
        s.backend.failures["a"] = broken(1)
        found = await s.measured("a")
        [failed] = [one for one in found.values() if one.outcome == "failed"]
        assert (failed.code, failed.reason, failed.passed) == ("backend_error", "out of cheese", None)
        assert (failed.ttft, failed.decode, failed.prefill) == (None, None, None)
        progress = s.profiler.run.models[0]
        assert (progress.state, progress.done, progress.failed) == ("done", ALL, 1)
        [profile] = s.profiler.profiles().models
        assert (profile.failed, profile.failures) == (1, {"backend_error": 1})
        checked = len([e for e in found.values() if e.outcome == "checked"])
        assert len(s.house.measured.checks(s.backend.infos[0])) == checked


async def test_what_failed_is_asked_again_by_the_next_order_and_nothing_else() -> None:
    async with school() as s:
        s.backend.failures["a"] = broken(2)
        await s.measured("a")
        s.backend.prompts.clear()
        found = await s.measured("a")
        assert {prompt for _, prompt in s.backend.prompts} == {"speed-short-1", "speed-short-2"}
        assert "failed" not in {one.outcome for one in found.values()}
        assert s.profiler.run.models[0].fresh == ALL - 2


@pytest.mark.thorough
async def test_only_what_failed_is_asked_again_when_that_is_wanted_of_the_full_profile_too() -> None:
    async with school() as s:
        with pytest.raises(RouterError, match="no prompt failed"):
            await s.profiler.start((), quick=True, again=False, only="failed")
        await s.measured("a", quick=False)
        known = await s.results("a")
        failed = replace(known["math-rolls"], outcome="failed", passed=None, code="prompt_timeout")
        full = next(one for one in PROMPTS if not one.quick and not one.needs)
        s.house.measured.take(failed)
        s.house.measured.take(replace(known[full.id], outcome="failed", passed=None))
        s.backend.prompts.clear()
        await s.profiler.start((), quick=True, again=False, only="failed")
        await s.ended()
        assert set(s.backend.prompts) == {("a", "math-rolls"), ("a", full.id)}
        assert [(m.model, m.done, m.total) for m in s.profiler.run.models] == [("one/a", 2, 2)]


async def test_a_prompt_that_is_timed_and_gets_no_answer_is_a_failure() -> None:
    async with school(answers={"a": lambda prompt: "" if prompt.id == "speed-short-2" else "fine"}) as s:
        found = await s.measured("a")
        assert (found["speed-short-1"].outcome, found["speed-short-1"].decode) == ("timed", 30.0)
        silent = found["speed-short-2"]
        assert (silent.outcome, silent.decode, silent.ttft) == ("failed", None, None)


async def test_a_model_that_fails_again_and_again_is_left_alone_and_the_next_one_has_its_turn() -> None:
    async with school() as s:
        s.backend.failures["a"] = broken(99)
        await s.measured("a", "b")
        first, second = s.profiler.run.models
        assert (first.state, first.done, first.message) == ("failed", 3, "3 prompts in a row failed: out of cheese")
        assert second.state == "done"


async def test_a_model_that_cannot_be_loaded_fails_in_words_and_the_next_one_has_its_turn() -> None:
    async with school(("huge", 40.0), ("b", 4.0)) as s:
        await s.measured("huge", "b")
        huge, other = s.profiler.run.models
        assert (huge.state, other.state) == ("failed", "done")
        assert "does not fit" in huge.message


async def test_an_answer_that_takes_longer_than_the_speed_allows_is_cut_off_and_a_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(asking, "time_limit", lambda prompt, speed, room: 0.02)
    monkeypatch.setattr(probing, "time_limit", lambda *_: 0.02)
    async with school() as s:
        s.backend.gate.clear()
        found = await s.measured("a")
        assert {(one.outcome, one.code) for one in found.values()} == {("failed", "prompt_timeout")}
        assert all(reply.closed for reply in s.backend.replies)


# ── manners ──


async def test_live_traffic_comes_first_and_the_lease_is_given_back_between_prompts() -> None:
    async with school() as s:
        s.backend.held.add("b")
        await s.house.ask(name="one/a")
        s.backend.gate.clear()
        client = asyncio.get_running_loop().create_task(s.house.ask(name="one/a"))
        await until(lambda: s.house.fleet.models["one/a"].leases == 1)
        await s.profiler.start(["a"], quick=True, again=False)
        await until(lambda: s.profiler.run.models[0].state == "waiting")
        assert s.profiler.run.models[0].message == "1 request of live traffic first"
        assert s.backend.prompts == []
        s.backend.gate.set()
        await client
        await until(lambda: len(s.backend.prompts) > 1)
        second = await s.house.ask(name="one/a")
        assert b"[DONE]" in second
        await s.ended()
        assert s.profiler.run.models[0].done == ALL


async def test_traffic_for_another_model_of_that_memory_is_waited_for_too() -> None:
    async with school(("a", 6.0), ("b", 6.0)) as s:
        await s.house.ask(name="one/b")
        s.backend.gate.clear()
        client = asyncio.get_running_loop().create_task(s.house.ask(name="one/b"))
        await until(lambda: s.house.fleet.models["one/b"].leases == 1)
        await s.profiler.start(["a"], quick=True, again=False)
        await until(lambda: s.profiler.run.models[0].state == "waiting")
        assert ("load", "a") not in s.backend.calls
        s.backend.gate.set()
        await client
        await s.ended()
        assert s.profiler.run.models[0].state == "done"


async def test_in_the_queue_for_memory_a_client_that_comes_later_is_before_what_is_measured() -> None:
    async with school(("a", 4.0), ("b", 2.0), ("c", 6.0), load_seconds=0.4) as s:
        models = s.house.fleet.models
        asked_for = asyncio.get_running_loop().create_task(s.house.residency.load(models["one/b"]))
        await until(lambda: models["one/b"].residency == "loading")
        await s.profiler.start(["a"], quick=True, again=False)
        await until(lambda: bool(models["one/a"].tickets))
        client = asyncio.get_running_loop().create_task(s.house.ask(name="one/c"))
        await asyncio.gather(asked_for, client)
        await s.ended()
        assert [name for kind, name in s.loads() if kind == "load"][:3] == ["b", "c", "a"]
        assert s.profiler.run.models[0].done == ALL


async def test_who_needs_the_memory_does_not_wait_for_an_answer_that_is_being_measured() -> None:
    async with school(("a", 6.0), ("b", 6.0)) as s:
        s.backend.gate.clear()
        await s.profiler.start(["a"], quick=True, again=False)
        await until(lambda: len(s.backend.replies) == 1)
        client = asyncio.get_running_loop().create_task(s.house.ask(name="one/b"))
        await until(lambda: ("load", "b") in s.backend.calls)
        assert s.backend.replies[0].closed
        assert await s.results("a") == {}
        s.backend.gate.set()
        assert b"[DONE]" in await client
        await s.ended()
        assert (s.profiler.run.models[0].done, s.profiler.run.models[0].failed) == (ALL, 0)


async def test_a_server_that_answers_one_at_a_time_answers_the_client() -> None:
    async with school(kind="ollama", sets_context=True) as s:
        s.backend.gate.clear()
        await s.profiler.start(["a"], quick=True, again=False)
        await until(lambda: len(s.backend.replies) == 1)
        client = asyncio.get_running_loop().create_task(s.house.ask(name="one/a"))
        await until(lambda: s.backend.replies[0].closed)
        s.backend.gate.set()
        assert b"[DONE]" in await client
        await s.ended()
        assert s.profiler.run.models[0].done == ALL


async def test_what_was_not_in_memory_is_unloaded_and_what_had_to_leave_is_loaded_again() -> None:
    async with school(("a", 6.0), ("b", 6.0)) as s:
        await s.house.residency.load(s.house.fleet.models["one/b"])
        await s.measured("a")
        assert s.loads() == [("load", "b"), ("unload", "b"), ("load", "a"), ("unload", "a"), ("load", "b")]
        assert s.backend.held == {"b"}


async def test_a_model_that_was_in_memory_stays() -> None:
    async with school() as s:
        await s.house.residency.load(s.house.fleet.models["one/a"])
        await s.measured("a")
        assert s.loads() == [("load", "a")]


async def test_a_model_that_a_client_used_meanwhile_stays() -> None:
    async with school() as s:
        await s.profiler.start(["a"], quick=True, again=False)
        await until(lambda: len(s.backend.prompts) > 2)
        await s.house.ask(name="one/a")
        await s.ended()
        assert s.backend.held == {"a"}


# ── stopping and going on ──


async def test_stopped_it_keeps_what_it_found_and_puts_memory_in_order() -> None:
    async with school() as s:
        await s.profiler.start(["a", "b"], quick=True, again=False)
        await until(lambda: s.profiler.run.done >= 3)
        s.backend.gate.clear()
        s.profiler.cancel()
        await s.ended()
        assert [m.state for m in s.profiler.run.models] == ["stopped", "stopped"]
        assert len(await s.results("a")) == s.profiler.run.done >= 3
        assert (s.backend.held, s.house.fleet.models["one/a"].leases) == (set(), 0)
        assert await s.house.repo.profile_order() is None


async def test_after_a_restart_it_goes_on_where_it_stood() -> None:
    async with school() as s:
        s.backend.failures["a"] = broken(1)
        await s.profiler.start(["a", "b"], quick=True, again=True)
        await until(lambda: s.profiler.run.done >= 3)
        assert s.profiler._task is not None
        s.profiler._task.cancel()  # as the end of the router does
        await s.ended()
        found = await s.results("a")
        before = len(s.backend.prompts)
        await s.profiler_again().resume()
        await s.ended()
        asked = [prompt for name, prompt in s.backend.prompts[before:] if name == "a"]
        assert not set(asked) & set(found)
        assert len(await s.results("a")) == len(await s.results("b")) == ALL
        assert await s.house.repo.profile_order() is None
        progress = s.profiler.run.models[0]
        assert (progress.done, progress.total, progress.fresh, progress.failed) == (ALL, ALL, 0, 1)
        [past] = s.profiler.profiles().history
        assert (past.prompts, past.failed, past.note) == (2 * ALL, 1, "")
        s.backend.prompts.clear()
        await s.profiler_again().resume()
        assert not s.profiler.run.running
        assert s.profiler.profiles().history == (past,)


async def test_what_is_fresh_is_left_and_what_is_of_other_weights_is_measured_anew() -> None:
    async with school() as s:
        await s.measured("a")
        s.backend.prompts.clear()
        await s.measured("a")
        assert (s.backend.prompts, s.profiler.run.models[0].fresh, s.profiler.run.models[0].state) == ([], ALL, "done")
        record = s.house.fleet.models["one/a"]
        [known, _] = [e.weight for e in record.abilities["math"].evidence if e.source == "profile"]
        s.backend.infos[0] = replace(s.backend.infos[0], digest="a-2")
        s.house.fleet.listed(s.house.fleet.backends["one"], s.backend.infos)
        [kept, _] = [e.weight for e in record.abilities["math"].evidence if e.source == "profile"]
        assert 0.4 < kept / known < 0.7, "half, by a yardstick that moved with it"
        found = await s.measured("a")
        assert {one.digest for one in found.values()} == {"a-2"}
        s.backend.prompts.clear()
        await s.measured("a", again=True)
        assert len({prompt for _, prompt in s.backend.prompts}) == ALL


async def test_what_is_older_than_the_user_wants_is_stale_and_measured_anew() -> None:
    async with school() as s:
        await s.measured("a")
        s.profiler.max_age = 0.0
        [profile] = s.profiler.profiles().models
        assert profile.stale >= ALL
        await s.measured("a")
        assert (s.profiler.run.models[0].done, s.profiler.run.models[0].fresh) == (ALL, 0)


async def test_the_next_start_knows_what_was_found() -> None:
    async with school() as s:
        await s.measured("a")
        info, known = s.backend.infos[0], s.house.measured
        fresh = type(known)(s.house.repo, SystemClock())
        await fresh.load()
        assert sorted(fresh.checks(info)) == sorted(known.checks(info))


# ── orders ──


async def test_orders_that_make_no_sense_are_refused_in_words() -> None:
    embedder = model("bge-m3", 1.0, capabilities=frozenset({"embedding"}), capabilities_known=True)
    async with open_house(Scholars([model("a"), embedder])) as house:
        profiler = make(house)
        with pytest.raises(RouterError, match="no model 'gpt'"):
            await profiler.start(["gpt"], quick=True, again=False)
        await profiler.start((), quick=True, again=False)
        assert [m.model for m in profiler.run.models] == ["one/a"]
        with pytest.raises(RouterError, match="already"):
            await profiler.start((), quick=True, again=False)


@pytest.mark.parametrize(
    ("kind", "prices"), [("openai", {"price_in": 1.0, "price_out": 2.0}), ("anthropic", {"hosted": True})]
)
async def test_what_costs_money_is_only_measured_by_its_name(kind: str, prices: dict[str, float]) -> None:
    backend = Scholars([model("paid", **prices, local=False)])
    backend.kind = kind
    async with open_house(backend) as house:
        profiler = make(house)
        with pytest.raises(RouterError, match="no model here to measure"):
            await profiler.start((), quick=True, again=False)
        await profiler.start(["paid"], quick=True, again=False)
        assert profiler.run.running


async def test_progress_is_told_but_folded_and_an_eta_comes_with_it() -> None:
    async with school() as s:
        await s.measured("a", quick=False)
        told = [fact.run for fact in s.house.facts(ProfileChanged)]
        assert told[0].running
        assert not told[-1].running
        assert len(told) < told[-1].done
        assert any(run.eta is not None for run in told)
        assert told[-1].eta is None


async def test_memory_that_is_kept_for_other_work_is_waited_for() -> None:
    async with school() as s:
        await s.house.residency.clear()
        await s.profiler.start(["a"], quick=True, again=False)
        await until(lambda: s.profiler.run.models[0].state == "waiting")
        assert s.backend.prompts == []
        await s.house.residency.release()
        await s.ended()
        assert s.profiler.run.models[0].state == "done"


async def test_what_probes_taught_of_a_model_does_not_hide_how_far_off_the_guesses_of_all_are() -> None:
    async with school() as s:
        house, clock = s.house, SystemClock()
        first, second = house.fleet.models["one/a"], house.fleet.models["one/b"]
        schedule = Schedule(house.fleet, house.measured, house.router.traffic, clock, lambda record: False)
        guess = first.speed
        etas = []
        for probed in (guess, replace(guess, prefill=guess.prefill / 20)):
            first.speed = probed
            schedule.begin(clock.wall(), ["one/a", "one/b"])
            schedule.plan(first, QUICK)
            schedule.plan(second, QUICK)
            first.speed = replace(guess, prefill=guess.prefill / 20, samples=9)
            for prompt in QUICK[:5]:
                schedule.done("one/a", prompt, 2.0)
            etas.append(schedule.eta())
        assert etas[0] is not None
        assert etas[0] == pytest.approx(etas[1])


async def test_the_eta_counts_on_clients_of_that_memory_as_of_late_and_on_earlier_answers() -> None:
    async with school() as s:
        house = s.house
        record = house.fleet.models["one/a"]
        clock = SystemClock()
        schedule = Schedule(house.fleet, house.measured, house.router.traffic, clock, lambda record: False)

        def eta() -> float:
            schedule.begin(clock.wall(), ["one/a"])
            schedule.plan(record, QUICK)
            for prompt in QUICK[:5]:
                schedule.done("one/a", prompt, 2.0)
            told = schedule.eta()
            assert told is not None
            return told

        alone, now = eta(), clock.wall()
        elsewhere = Exchange("x1", now - 100.0, "ok", model="two/far", seconds=100.0)
        house.router.traffic.finished(elsewhere)
        assert eta() == pytest.approx(alone)
        for at in range(10):
            house.router.traffic.finished(Exchange(f"y{at}", now - 200.0 + 20 * at, "ok", model="one/b", seconds=10.0))
        beside = eta()
        assert 1.1 * alone < beside < 3.0 * alone
        for prompt in QUICK:
            tokens = 5 * prompt.max_tokens
            house.measured.take(Result("one/a", prompt.id, prompt.task, 1.0, "checked", 1.0, completion_tokens=tokens))
        assert eta() > 1.1 * beside
