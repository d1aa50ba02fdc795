"""What of measuring and judging needs attention, and when it no longer does."""

from dataclasses import replace

import pytest

from llmrouter_tui.core import events as ev
from llmrouter_tui.core.grades import JudgeView, Refusal
from llmrouter_tui.core.profile import ModelProgress, ProfileRun, Profiles
from llmrouter_tui.tui import work_causes
from llmrouter_tui.tui.state import Dirty, Store
from tests.tui.benches import BIG, DEEP, NOW, OF_BIG, OF_DEEP, OF_SMALL, OVER, SMALL
from tests.tui.gradebooks import JUDGE
from tests.tui.scripted import SNAPSHOT, ScriptedHost
from tests.tui.shots import build, screen_text, settled
from tests.tui.test_flows import until

MONTH = 30 * work_causes.DAY
SPENT = "the judge's 500 calls of today are made, 12 wait until midnight"
REFUSAL = Refusal("gpt at api.x.test", "api.x.test (gpt) refused the router's access: no", "check the key in X_KEY")
ALONE = f"gpt refuses to judge, so nothing is graded: {REFUSAL.words}"
BESIDE = f"gpt refuses to judge: {REFUSAL.words}"
HERE = (BIG, SMALL, DEEP)


def name(model: str) -> str:
    return model.partition("/")[2] or model.partition(" at ")[0]


def measured(*profiles: object, run: ProfileRun = OVER, here: tuple[str, ...] = HERE) -> list[str]:
    found = Profiles(run, profiles)  # type: ignore[arg-type]
    return [cause.message for cause in work_causes.of_profiles(found, here, MONTH, name)]


def judged(view: JudgeView) -> list[str]:
    return [cause.message for cause in work_causes.of_judge(view, name)]


def test_figures_that_are_old_or_of_other_weights_are_told_apart() -> None:
    assert measured(OF_SMALL) == []
    assert measured(OF_DEEP) == ["deepseek-r1:14b measured more than 30 days ago"]
    both = replace(OF_SMALL, stale=20, stale_by={"age": 2, "digest": 18})
    assert measured(both) == ["llama3.1:8b measured before it had this digest: its weights are new"]
    heavier = replace(OF_SMALL, stale=20, stale_by={"quantization": 20})
    assert measured(heavier) == ["llama3.1:8b measured before it had this quantization"]
    assert measured(replace(OF_SMALL, stale=1, stale_by={"prompts": 1})) == [
        "llama3.1:8b measured with other prompts than now"
    ]
    assert measured(OF_DEEP, here=()) == []


def test_what_failed_is_counted_over_the_models() -> None:
    assert measured(OF_BIG) == ["1 answer of qwen3:32b failed in measuring"]
    both = measured(OF_BIG, replace(OF_SMALL, failed=2))
    assert both == ["3 answers of qwen3:32b and llama3.1:8b failed in measuring"]


def test_a_model_that_could_not_be_measured_says_why() -> None:
    gone = ProfileRun(models=(ModelProgress(DEEP, "failed", message="no backend that is up has it"),))
    assert measured(run=gone) == ["deepseek-r1:14b could not be measured: no backend that is up has it"]


def test_of_many_models_some_are_named() -> None:
    many = [replace(OF_DEEP, model=f"box/m{n}") for n in range(5)]
    [said] = measured(*many, here=tuple(one.model for one in many))
    assert said == "m0, m1 and 3 more measured more than 30 days ago"


@pytest.mark.parametrize(
    ("view", "said"),
    [
        (JUDGE, []),
        (replace(JUDGE, state="failed", message="phi4 is down"), ["nothing is graded: phi4 is down"]),
        (replace(JUDGE, state="failed", message="asked again in 4 min: no key", refusal=REFUSAL), [ALONE]),
        (replace(JUDGE, refusal=REFUSAL), [BESIDE]),
        (replace(JUDGE, state="off", failed=2), []),
        (replace(JUDGE, done=6, failed=4), ["phi4:14b gave no grade to 4 of 10 answers"]),
        (replace(JUDGE, done=148, failed=4), []),
        (replace(JUDGE, state="waiting", today=500), [SPENT]),
        (replace(JUDGE, state="idle", today=500, queued=0), []),
    ],
)  # fmt: skip
def test_a_judge_that_cannot_be_read_is_refused_or_has_no_calls_left(view: JudgeView, said: list[str]) -> None:
    assert judged(view) == said


def test_a_cause_goes_when_it_is_over_and_what_was_dismissed_stays_away_until_then() -> None:
    store = Store()
    store.reset(SNAPSHOT)
    failed, now = replace(JUDGE, state="failed", message="it is down"), 1

    def told(view: JudgeView) -> list[str]:
        nonlocal now
        now += 1
        dirty = store.fold([ev.Envelope(store.seq + 1, NOW + now, 0.0, ev.JudgeChanged(view))])
        assert dirty & Dirty.JUDGE
        return [cause.key for cause in store.attention.causes(NOW) if cause.key.startswith("judge:")]

    assert told(failed) == ["judge:failed"]
    assert told(replace(failed, message="asked again in 4 min: it is down")) == ["judge:failed"]
    store.attention.dismiss(NOW)
    assert told(failed) == []
    assert told(JUDGE) == []
    assert told(failed) == ["judge:failed"]


async def test_the_dash_tells_them() -> None:
    host = ScriptedHost(replace(SNAPSHOT, profile=OVER, judge=replace(JUDGE, state="failed", message="phi4 is down")))
    host.control.measured = Profiles(OVER, (OF_DEEP,))
    app = build(host)
    async with app.run_test(size=(200, 45)) as pilot:
        await settled(app, pilot)
        await until(app, pilot, lambda: "measured more than 30 days ago (5, then b measures anew)" in screen_text(app))
        assert "nothing is graded: phi4 is down (6, then c chooses a judge)" in screen_text(app)
