"""The judge at work: who judges, when, what becomes of a reply, what it teaches, and what stays when it is stopped."""

import asyncio
from dataclasses import replace

import pytest

from llmrouter_tui.core.chat import ChatRequest
from llmrouter_tui.core.decision import Feedback
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.events import Graded, Rated
from llmrouter_tui.core.grades import Comparison, Grade
from llmrouter_tui.engine.clock import SystemClock
from llmrouter_tui.engine.judge_bench import APPEARS, KEPT, JudgeSettings
from llmrouter_tui.engine.judge_subjects import TESTED
from llmrouter_tui.engine.pairings import PAIRED
from llmrouter_tui.engine.transcript import EVERYTHING
from tests.engine.court import CHECKED, OPEN, always, assemble, court, fair, prose, soon
from tests.engine.house import request, until

TWO = (("able", 6.0), ("small", 2.0))


# ── who judges, and what ──


async def test_the_ablest_model_here_grades_what_waits_and_the_second_best_grades_its_answers() -> None:
    async with court(*TWO, ("third", 1.0)) as c:
        await c.results("small")
        await c.results("able", good=False, prompts=2)
        c.start()
        await c.idle()
        grades = await c.grades()
        assert {(g.judge, g.model) for g in grades} == {("one/able", "one/small"), ("one/small", "one/able")}
        assert {g.ref for g in grades if g.model == "one/small"} == {prompt.id for prompt in OPEN}
        assert {g.score for g in grades if g.model == "one/small"} == {9.0}
        assert {g.score for g in grades if g.model == "one/able"} == {2.0}
        one = next(g for g in grades if g.model == "one/small")
        assert (one.reason, one.own, one.code, one.answer) == ("so it is", False, "", "a good answer")
        assert one.seconds > 0


async def test_a_model_that_is_alone_grades_itself_marked_and_at_half_weight() -> None:
    async with court(("able", 6.0)) as c:
        await c.results("able", prompts=3)
        c.start()
        await c.idle()
        grades = await c.grades()
        assert [g.own for g in grades] == [True] * 3
        assert {g.weight for g in grades} == {0.125}


async def test_the_judge_of_the_settings_judges_also_where_another_is_abler() -> None:
    async with court(*TWO, settings=JudgeSettings(model="small")) as c:
        await c.results("able", prompts=2)
        c.start()
        await c.idle()
        assert {g.judge for g in await c.grades()} == {"one/small"}


async def test_the_judge_sees_rubric_and_criteria_at_temperature_0_but_not_what_a_program_looks_for() -> None:
    async with court(*TWO) as c:
        await c.results("small", prompts=1, checks=2)
        c.start()
        await c.idle()
        bodies = [body for name, body in c.bar.bodies]
        assert {body["temperature"] for body in bodies} == {0}
        texts = [str(body["messages"]) for body in bodies]
        assert sum("What counts for this question above all" in text for text in texts) == 1
        assert sum("A GOOD ANSWER" in text for text in texts) == bool(OPEN[0].check.reference)  # type: ignore[union-attr]


async def test_the_judge_is_tried_on_as_many_right_as_wrong_checked_answers_and_weighs_more_by_it() -> None:
    async with court(*TWO) as c:
        await c.results("small", prompts=1, checks=len(CHECKED))
        assert c.view.agreement.weight == 0.25
        c.start()
        await c.idle()
        tests = [g for g in await c.grades() if g.truth_by == "check"]
        assert (len(tests), sum(g.truth == 1.0 for g in tests)) == (2 * TESTED, TESTED)
        checks = c.view.agreement.checks
        assert (checks.both_good, checks.both_bad, checks.agree, checks.kappa) == (TESTED, TESTED, 1.0, 1.0)
        assert c.view.agreement.weight > 0.6
        await c.idle()
        assert len(await c.grades()) == 2 * TESTED + 1  # once is enough


async def test_grades_of_open_prompts_are_evidence_and_tell_what_they_moved() -> None:
    async with court(*TWO) as c:
        await c.results("small", prompts=1)
        before = c.abilities("small")
        c.start()
        await c.idle()
        [fact] = c.house.facts(Graded)
        assert isinstance(fact, Graded)
        task, after = OPEN[0].task, c.abilities("small")
        [effect] = fact.effects
        assert (effect.model, effect.task, effect.before) == ("one/small", task, before[task])
        assert effect.after == pytest.approx(after[task], abs=0.002)  # the fleet may have settled it since
        assert after[task] > before[task] + 0.005
        assert "judge" in {e.source for e in c.house.fleet.models["one/small"].abilities[task].evidence}
        assert fact.grade.weight == 0.25


# ── manners ──


async def test_clients_come_first_and_the_judge_goes_on_after_them() -> None:
    async with court(*TWO) as c:
        await c.results("small", prompts=2)
        c.bar.gate.clear()
        live = asyncio.ensure_future(c.house.ask(name="able"))
        await until(lambda: c.house.fleet.models["one/able"].leases == 1)
        c.start()
        c.judge.changed()
        await until(lambda: c.view.state == "waiting")
        assert "live traffic first" in c.view.message
        assert not c.bar.bodies
        c.bar.gate.set()
        assert b"t2" in await live
        await c.idle()
        assert len(await c.grades()) == 2


async def test_memory_is_as_it_was_when_all_is_graded() -> None:
    async with court(*TWO) as c:
        await c.house.ask(name="small")
        await c.results("small", prompts=2)
        c.start()
        await c.idle()
        await until(lambda: c.bar.held == {"small"})
        assert c.bar.calls.count(("load", "able")) == 1


async def test_nothing_is_loaded_to_judge_while_clients_were_here_just_now() -> None:
    async with court(("able", 6.0), ("small", 4.0), quiet=3600.0) as c:
        await c.house.ask(name="small")
        await c.results("small", prompts=1)
        c.start()
        c.judge.changed()
        await until(lambda: c.view.state == "waiting")
        assert c.view.message == "clients used that memory just now"
        await c.desk.grade("prompt", OPEN[0].id, "small", "")  # the user need not wait
        await until(lambda: bool(c.graded()))


async def test_a_judge_that_fits_beside_those_in_memory_need_not_wait_until_clients_are_gone() -> None:
    async with court(("able", 4.0), ("small", 1.0), quiet=3600.0) as c:
        await c.house.ask(name="small")
        await c.results("small", prompts=1)
        c.start()
        await c.idle()
        assert [g.judge for g in await c.grades()] == ["one/able"]
        assert ("unload", "small") not in c.bar.calls


async def test_measuring_comes_before_judging() -> None:
    async with court(*TWO) as c:
        await c.results("small", prompts=1)
        c.busy[0] = True
        c.start()
        c.judge.changed()
        await until(lambda: c.view.message == "models are being measured")
        c.busy[0] = False
        await c.idle()
        assert len(await c.grades()) == 1


async def test_paused_it_stops_at_once_and_resumed_it_goes_on_where_it_stood() -> None:
    async with court(*TWO) as c:
        await c.results("small", prompts=3)
        c.start()
        c.bar.gate.clear()
        c.judge.changed()
        await until(lambda: len(c.bar.bodies) == 1)
        c.judge.pause(True)
        await until(lambda: c.view.state == "paused")
        assert (await c.grades(), c.view.queued) == ([], 3)
        assert c.house.fleet.models["one/able"].leases == 0
        c.bar.gate.set()
        c.judge.pause(False)
        await c.idle()
        assert len(await c.grades()) == 3


async def test_after_a_restart_only_what_is_ungraded_is_graded() -> None:
    async with court(*TWO) as c:
        await c.results("small", prompts=4)
        c.settings.daily_calls = 2
        c.start()
        c.judge.changed()
        await until(lambda: "2 calls of today are made" in c.view.message)
        first = await c.grades()
        await c.house.tasks.close()
        again = assemble(c.house, c.bar, JudgeSettings())
        await again.gradings.load()
        await again.limits.load()
        assert (again.view.today, again.view.mean) == (2, 9.0)
        again.start()
        await again.idle()
        assert len(first) == 2
        assert (await again.grades())[:2] == first
        assert len(await again.grades()) == 4
        assert len(c.bar.bodies) == 4


async def test_after_a_restart_who_judged_before_is_waited_for_and_is_tried_no_more() -> None:
    """A restart cost 26 calls once: whoever was up first judged until the usual judge was there, and was tried."""
    async with court(*TWO, ("third", 3.0)) as c:
        await c.results("small", prompts=1, checks=len(CHECKED))
        c.start()
        await c.idle()
        calls = len(c.bar.bodies)
        assert calls == 2 * TESTED + 1
        await c.house.tasks.close()
        again = assemble(c.house, c.bar, JudgeSettings())
        await again.gradings.load()
        able = c.house.fleet.models["one/able"]
        able.healthy = False  # its server is still starting
        await c.results("small", prompts=2)
        again.start()
        again.judge.changed()
        await until(lambda: again.view.state == "failed")
        assert again.view.message == "one/able, which judged before, is not to be reached yet"
        able.healthy = True
        await again.idle()
        assert [name for name, _ in c.bar.bodies[calls:]] == ["able"] * 2  # the two answers that are new


async def test_another_model_judges_where_it_is_clearly_abler_not_where_it_is_about_as_able() -> None:
    async with court(*TWO) as c:
        bench, models = c.judge._bench, c.house.fleet.models
        bench._tried = lambda: frozenset({"one/small"})
        bench._began -= APPEARS
        names = []
        for ahead in (KEPT - 0.01, KEPT + 0.01):
            base = models["one/small"].abilities
            models["one/able"].abilities = {
                task: replace(ability, mean=ability.mean + ahead) for task, ability in base.items()
            }
            seat = bench.usual()
            names.append(seat.id if seat is not None else "")
        assert names == ["one/small", "one/able"]


async def test_an_answer_that_was_measured_anew_is_graded_anew_and_the_old_grade_counts_no_more() -> None:
    async with court(*TWO) as c:
        await c.results("small", prompts=1)
        c.start()
        await c.idle()
        [old] = await c.grades()
        await c.results("small", good=False, prompts=1)
        record = c.house.fleet.models["one/small"]
        assert c.gradings.prompts(record.info) == []
        await c.idle()
        [new] = await c.grades()
        assert (old.score, new.score) == (9.0, 2.0)


async def test_a_model_that_never_comes_to_an_end_judges_only_where_the_user_names_it() -> None:
    async with court(*TWO) as c:
        await c.results("able", prompts=2)
        await c.results("small", prompts=2)
        assert not c.house.measured.babbles(c.house.fleet.models["one/able"].info)
        for prompt in CHECKED[:8]:
            said = {"completion_tokens": len(prompt.turns) * prompt.max_tokens, "answer": "on and on"}
            await c.measured("able", prompt, **said)
        assert c.house.measured.babbles(c.house.fleet.models["one/able"].info)
        c.start()
        await c.idle()
        assert {(g.judge, g.own) for g in await c.grades()} == {("one/small", False), ("one/small", True)}
        c.house.fleet.models["one/small"].enabled = False
        await c.desk.grade("prompt", OPEN[0].id, "small", "")
        await until(lambda: c.view.state == "failed")
        assert c.view.message == "one/able goes on without an end, and so cannot judge"
        await c.desk.grade("prompt", OPEN[0].id, "small", "able")
        await until(lambda: any(g.judge == "one/able" for g in c.graded()))


async def test_what_is_known_of_a_model_is_asked_for_by_its_name_or_its_id() -> None:
    async with court(*TWO) as c:
        assert [c.desk.called(name) for name in ("", "small", "one/small", "gone/x", "gpt at api.x.test")] == [
            "", "one/small", "one/small", "gone/x", "gpt at api.x.test",
        ]  # fmt: skip
        with pytest.raises(RouterError, match="there is no model 'smal' here"):
            c.desk.called("smal")


async def test_off_it_grades_nothing() -> None:
    async with court(*TWO, settings=JudgeSettings(enabled=False)) as c:
        await c.results("small", prompts=1)
        c.start()
        c.judge.changed()
        await soon()
        assert (c.view.state, c.bar.bodies) == ("off", [])
        with pytest.raises(RouterError, match="the judge is off"):
            await c.desk.grade("prompt", OPEN[0].id, "small", "")


# ── what the user wants ──


async def test_an_answer_is_graded_again_by_the_judge_that_the_user_names() -> None:
    async with court(*TWO, ("third", 3.0), opinions={"third": always(4.0)}) as c:
        await c.results("small", prompts=1)
        c.start()
        await c.idle()
        await c.desk.grade("prompt", OPEN[0].id, "small", "third")
        await until(lambda: len(c.graded()) == 2)
        assert [(g.judge, g.score) for g in await c.grades()] == [("one/able", 9.0), ("one/third", 4.0)]
        assert [g.weight for g in await c.grades()] == [0.0, 0.25]  # the newest of an answer counts


async def test_a_judge_that_fails_where_it_graded_before_leaves_its_mark_as_it_was_and_the_failure_is_told() -> None:
    async with court(*TWO) as c:
        await c.results("small", prompts=1)
        c.start()
        await c.idle()
        c.settle()
        before = await c.grades()
        abilities = c.abilities("small")
        c.bar.opinions["able"] = prose
        await c.desk.grade("prompt", OPEN[0].id, "small", "")
        await until(lambda: len(c.graded()) == 2)
        assert [(g.score, g.code) for g in c.graded()] == [(9.0, ""), (None, "malformed")]
        assert await c.grades() == before
        assert c.abilities("small") == abilities
        again = assemble(c.house, c.bar, c.settings)
        await again.gradings.load()
        assert again.gradings.mean == 9.0


async def test_of_an_answer_that_is_new_a_failed_grade_takes_the_place_of_the_mark_of_the_old_one() -> None:
    async with court(*TWO) as c:
        await c.results("small", prompts=1)
        c.start()
        await c.idle()
        c.bar.opinions["able"] = prose
        await c.results("small", prompts=1)
        await c.idle()
        assert [(g.score, g.code) for g in await c.grades()] == [(None, "malformed")]


@pytest.mark.parametrize(
    ("subject", "ref", "model", "judge", "words"),
    [
        ("prompt", "no-such", "small", "", "has no answer to a prompt"),
        ("prompt", OPEN[0].id, "nobody", "", "no model 'nobody'"),
        ("prompt", OPEN[0].id, "small", "nobody", "no model 'nobody' here to judge"),
        ("exchange", "x9", "", "", "no exchange or response"),
        ("rating", "x9", "", "", "neither prompt nor exchange"),
    ],
)
async def test_what_cannot_be_graded_is_refused_in_words(
    subject: str, ref: str, model: str, judge: str, words: str
) -> None:
    async with court(*TWO) as c:
        await c.results("small", prompts=1)
        with pytest.raises(RouterError, match=words):
            await c.desk.grade(subject, ref, model, judge)


async def test_a_mark_that_the_user_puts_right_counts_in_the_judges_place_and_against_it() -> None:
    async with court(*TWO) as c:
        await c.results("small", prompts=1)
        c.start()
        await c.idle()
        [grade] = await c.grades()
        c.settle()
        high = c.abilities("small")[grade.task]
        done = await c.records.overrule(grade.id, 1.0)
        [effect] = done.effects
        assert (effect.before, effect.after) == (high, c.abilities("small")[grade.task])
        [changed] = await c.grades()
        assert (changed.mark, changed.score, changed.weight, changed.disagrees) == (1.0, 9.0, 1.0, True)
        assert effect.after < effect.before
        assert done.why == ""
        assert c.view.agreement.user.kind == 1
        assert c.view.disagree == 1
        await c.records.overrule(grade.id, None)
        c.settle()
        assert c.abilities("small")[grade.task] == high
        assert c.view.agreement.user.count == 0
        with pytest.raises(RouterError, match="from 1 to 10"):
            await c.records.overrule(grade.id, 11.0)
        with pytest.raises(RouterError, match="no grade 'g9'"):
            await c.records.overrule("g9", 5.0)


async def test_the_users_mark_of_an_answer_stands_when_it_is_graded_again() -> None:
    async with court(*TWO) as c:
        await c.results("small", prompts=1)
        c.start()
        await c.idle()
        await c.records.overrule((await c.grades())[0].id, 3.0)
        await c.desk.grade("prompt", OPEN[0].id, "small", "")
        await until(lambda: len(c.graded()) == 3)
        [again] = await c.grades()
        assert (again.score, again.overruled) == (9.0, 3.0)


async def test_a_mark_that_the_user_puts_while_the_answer_is_graded_again_stands_beside_the_judges_new_one() -> None:
    async with court(*TWO) as c:
        await c.results("small", prompts=1)
        c.start()
        await c.idle()
        [old] = await c.grades()
        c.bar.opinions["able"] = always(5.0)
        c.bar.gate.clear()
        await c.desk.grade("prompt", OPEN[0].id, "small", "")
        await until(lambda: len(c.bar.bodies) == 2)
        await c.records.overrule(old.id, 3.0)
        c.bar.gate.set()
        await until(lambda: len(c.graded()) == 3)
        [again] = await c.grades()
        assert (again.id != old.id, again.score, again.overruled) == (True, 5.0, 3.0)
        assert c.house.learning._grades(c.house.fleet.models["one/small"].info)[0].passed == pytest.approx(2 / 9)
        restarted = assemble(c.house, c.bar, JudgeSettings())
        await restarted.gradings.load()
        [kept] = await restarted.grades()
        assert (kept.score, kept.overruled, kept.weight) == (5.0, 3.0, 1.0)
        await c.records.overrule(old.id, None)  # the grade that was marked is known by its old name
        [back] = await c.grades()
        assert (back.id, back.score, back.overruled) == (again.id, 5.0, None)


async def test_a_mark_that_is_given_back_is_given_back_of_all_grades_of_that_answer() -> None:
    async with court(*TWO, ("third", 3.0), opinions={"third": always(4.0)}) as c:
        await c.results("small", prompts=1)
        c.start()
        await c.idle()
        before = c.abilities("small")
        [grade] = await c.grades()
        await c.records.overrule(grade.id, 1.0)
        await c.desk.grade("prompt", OPEN[0].id, "small", "third")
        await until(lambda: len(c.graded()) == 3)
        assert [(g.score, g.overruled) for g in await c.grades()] == [(9.0, 1.0), (4.0, 1.0)]
        await c.records.overrule(grade.id, 10.0)
        assert [(g.score, g.overruled) for g in await c.grades()] == [(9.0, 10.0), (4.0, 10.0)]
        await c.records.overrule(grade.id, None)
        assert [(g.score, g.overruled) for g in await c.grades()] == [(9.0, None), (4.0, None)]
        assert c.abilities("small") != before  # the third one's grade is the newest


async def test_a_mark_that_moves_nothing_says_why() -> None:
    async with court(*TWO) as c:
        await c.results("small", prompts=0, checks=1)
        c.start()
        await c.idle()
        [tried] = await c.grades()
        done = await c.records.overrule(tried.id, 1.0 if tried.score == 9.0 else 10.0)
        assert (done.effects, done.why.startswith("a program checked that answer")) == ((), True)
        await c.results("small", prompts=1)
        await c.idle()
        opened = next(g for g in await c.grades() if g.truth_by == "")
        await c.results("small", prompts=1)
        assert "asked anew since" in (await c.records.overrule(opened.id, 2.0)).why
        c.house.fleet.models.pop("one/small")
        assert "one/small is not here now" in (await c.records.overrule(opened.id, 3.0)).why


async def test_two_models_are_compared_in_both_orders_by_a_third() -> None:
    async with court(*TWO, ("third", 3.0)) as c:
        await c.results("small", prompts=3)
        await c.results("third", good=False, prompts=3)
        c.start()
        found = await c.desk.compare("small", "third", "")
        assert [(one.judge, one.preferred, one.swayed) for one in found] == [("one/able", "first", False)] * 3
        assert {(one.forward, one.swapped) for one in found} == {("first", "first")}
        back = await c.desk.compare("third", "small", OPEN[0].task)
        assert {one.preferred for one in back} == {"second"}
        assert await c.house.repo.comparisons() == [replace(one, effects=()) for one in (*back[::-1], *found[::-1])]


async def test_an_answer_that_is_preferred_in_both_orders_speaks_for_its_model_and_against_the_other() -> None:
    async with court(*TWO, ("third", 3.0)) as c:
        await c.results("small", prompts=1)
        await c.results("third", good=False, prompts=1)
        c.settings.daily_calls = 2  # for the comparison; grades wait
        before = {name: c.abilities(name) for name in ("small", "third")}
        c.start()
        [found] = await c.desk.compare("small", "third", "")
        task = OPEN[0].task
        assert {effect.model for effect in found.effects} == {"one/small", "one/third"}
        assert c.abilities("small")[task] > before["small"][task]
        assert c.abilities("third")[task] < before["third"][task]
        evidence = c.house.fleet.models["one/small"].abilities[task].evidence
        assert [e.note for e in evidence if e.source == "judge"] == ["better in 1 of 1 comparisons here"]
        models = c.house.fleet.models.values()
        assert c.house.learning.settle(models) == [] or c.house.learning.settle(models) == []  # it comes to rest


async def test_a_comparison_counts_once_whichever_comes_first_and_no_more_where_the_newest_is_swayed() -> None:
    async with court(*TWO, ("third", 3.0)) as c:
        await c.results("small", prompts=1)
        await c.results("third", good=False, prompts=1)
        small, at = c.house.fleet.models["one/small"].info, SystemClock().wall()
        said = Comparison(at, "one/able", OPEN[0].id, OPEN[0].task, "one/small", "one/third", "first")
        before = c.abilities("small")
        await c.records.keep_comparison(said)
        once, [bout] = c.abilities("small"), c.pairings.bouts(small)
        assert (bout.other, bout.won, bout.weight) == ("third", True, 0.25 * PAIRED)
        turned = replace(said, at=at + 1, first="one/third", second="one/small", preferred="second")
        await c.records.keep_comparison(turned)
        assert c.abilities("small") == once
        await c.records.keep_comparison(replace(turned, at=at + 2, preferred=None, code="malformed"))
        assert c.abilities("small") == once  # the first one stands
        for nothing in (
            replace(said, at=at + 3, preferred="tie", swayed=True),
            replace(said, at=at + 4, preferred="tie"),
        ):
            await c.records.keep_comparison(said)
            assert c.abilities("small") == once
            await c.records.keep_comparison(nothing)
            assert c.abilities("small") == before
        again = assemble(c.house, c.bar, JudgeSettings())
        await again.pairings.load()
        assert again.pairings.bouts(small) == []


async def test_a_comparison_counts_as_long_as_both_answers_are_the_newest_and_less_where_the_judge_took_part() -> None:
    async with court(*TWO) as c:
        await c.results("small", prompts=1)
        await c.results("able", good=False, prompts=1)
        small, at = c.house.fleet.models["one/small"].info, SystemClock().wall()
        before = c.abilities("small")
        said = Comparison(at, "one/able", OPEN[0].id, OPEN[0].task, "one/small", "one/able", "first")
        await c.records.keep_comparison(said)
        assert [bout.weight for bout in c.pairings.bouts(small)] == [0.25 * PAIRED * 0.5]
        await c.results("able", good=True, prompts=1)
        assert c.pairings.bouts(small) == []
        assert c.abilities("small") == before


async def test_what_cannot_be_compared_is_refused_in_words() -> None:
    async with court(*TWO) as c:
        await c.results("small", prompts=1)
        for first, second, task, words in (
            ("small", "able", "", "no open prompt that both answered"),
            ("small", "small", "", "not one with itself"),
            ("small", "able", "poetry", "is no task"),
        ):
            with pytest.raises(RouterError, match=words):
                await c.desk.compare(first, second, task)


# ── answers of clients ──


async def test_a_share_of_what_clients_get_is_graded_with_the_whole_conversation_only_if_that_is_wanted() -> None:
    async with court(*TWO, ("third", 3.0)) as c:
        c.house.router.overheard = c.judge.overhear
        await c.house.ask("Write a poem about rain.", name="small")
        assert c.view.queued == 0
        c.settings.share = 1.0
        await c.house.ask("Write a poem about rain.", name="small")
        assert c.view.queued == 1
        c.start()
        await c.idle()
        [grade] = await c.grades()
        exchange = c.house.router.traffic.recent[-1]
        assert exchange.decision is not None
        assert (grade.subject, grade.ref, grade.model) == ("exchange", exchange.id, "one/small")
        assert (grade.task, grade.question) == (exchange.decision.analysis.task, "Write a poem about rain.")
        assert (grade.answer, grade.kinds) == ("t0 t1 t2 ", exchange.decision.analysis.kinds)


async def test_a_rating_tells_how_right_the_judge_was_before_and_after_it_graded() -> None:
    async with court(*TWO) as c:
        c.house.router.overheard, c.settings.share = c.judge.overhear, 1.0
        await c.house.ask("Write a poem about rain.", name="small")
        exchange = c.house.router.traffic.recent[-1]
        c.start()
        await c.idle()
        down = Feedback(exchange.id, "down", 1.0, -1.0, model="one/small", task="creative")
        c.house.bus.publish(Rated(down))
        await until(lambda: c.view.agreement.user.count == 1)
        [grade] = await c.grades()
        assert (grade.truth, grade.truth_by) == (0.0, "user")
        cleared = Feedback(exchange.id, None, 2.0, model="one/small", task="creative")
        c.house.bus.publish(Rated(cleared))
        await until(lambda: c.view.agreement.user.count == 0)


async def test_grades_of_clients_answers_become_lessons_that_route() -> None:
    async with court(*TWO) as c:
        await c.lessons.step()
        assert c.house.fleet.models["one/small"].lesson is None
        for at in range(40):
            for name, score in (("small", 10.0), ("able", 1.0)):
                grade = Grade(
                    f"g{at}{name}", float(at), "far", f"one/{name}", "creative", 0.4, "exchange", f"x{at}{name}", score,
                    kinds={"story": 1.0},
                )  # fmt: skip
                c.gradings.take(grade)
        before = c.house.router.decide(poem())
        await c.lessons.step()
        models = c.house.fleet.models
        assert models["one/small"].lesson is not None
        assert models["one/able"].lesson is not None
        after = c.house.router.decide(poem())
        quality = [{x.model: x.predicted_quality for x in d.candidates} for d in (before, after)]
        assert quality[0]["one/small"] < quality[0]["one/able"]
        assert quality[1]["one/small"] > quality[1].get("one/able", 0.0)  # it may be hopeless now
        assert "judge" in {e.source for e in models["one/small"].abilities["creative"].evidence}


def poem() -> ChatRequest:
    return request("Write a short story about an old lighthouse keeper.")


async def test_an_exchange_is_graded_when_the_user_asks_where_its_whole_answer_is_known() -> None:
    async with court(*TWO) as c:
        await c.house.ask("Write a poem about rain.", name="small")
        exchange = c.house.router.traffic.recent[-1]
        c.start()
        await c.desk.grade("exchange", exchange.id, "", "")
        await until(lambda: len(c.graded()) == 1)
        long = "word " * 200
        c.house.router.traffic.recent[-1] = replace(exchange, answer=long)
        with pytest.raises(RouterError, match="only the beginning of that answer is kept"):
            await c.desk.grade("exchange", exchange.id, "", "")
        c.desk.keep = EVERYTHING
        await c.desk.grade("exchange", exchange.id, "", "")


# ── replies that are none ──


async def test_a_reply_that_is_no_grade_is_asked_for_once_more_and_then_counted_as_failed_never_as_a_number() -> None:
    once: list[str] = []

    def at_first(question: str, answer: str) -> str:
        once.append(answer)
        return prose(question, answer) if len(once) == 1 else fair(question, answer)

    async with court(*TWO, opinions={"able": at_first}) as c:
        await c.results("small", prompts=1)
        c.start()
        await c.idle()
        [grade] = await c.grades()
        assert (grade.score, len(c.bar.bodies)) == (9.0, 2)
        c.bar.opinions["able"] = prose
        await c.desk.grade("prompt", OPEN[0].id, "small", "")
        await until(lambda: len(c.graded()) == 2)
        failed = c.graded()[-1]
        assert (failed.score, failed.mark, failed.code, failed.weight) == (None, None, "malformed", 0.0)
        assert "What a lovely answer" in failed.reason
        assert c.view.failed == 1
