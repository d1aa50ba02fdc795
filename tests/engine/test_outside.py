"""Nothing leaves this machine while ``local_only`` is on, and nothing is paid for once a budget is spent: whoever asks,
whichever way, and also where the switch is thrown while a request waits."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime

import pytest

from llmrouter_tui.core.decision import Usage
from llmrouter_tui.core.errors import BackendError, RouterError
from llmrouter_tui.core.events import ExchangeFinished, SpendChanged
from llmrouter_tui.core.hosting import Policy
from llmrouter_tui.core.prompt_set import PROMPTS
from llmrouter_tui.engine.asking import Asking
from llmrouter_tui.engine.judge_bench import Bench, JudgeSettings
from llmrouter_tui.engine.manners import Manners
from llmrouter_tui.engine.outside import Outside
from llmrouter_tui.engine.sandbox import Sandbox
from llmrouter_tui.engine.spending import Spending
from tests.engine.house import House, ScriptedBackend, model, open_house, request, until

PRICES = {"local": False, "hosted": True, "price_in": 1.0, "price_out": 2.0}
LOCAL_ONLY = Policy(local_only=True)
HI = next(prompt for prompt in PROMPTS if prompt.task == "chat" and len(prompt.turns) == 1)


class Calendar:
    """A clock that a test sets."""

    def __init__(self, day: str = "2026-11-23") -> None:
        self.set(day)

    def set(self, day: str) -> None:
        self.now = datetime.fromisoformat(f"{day} 12:00").timestamp()

    def wall(self) -> float:
        return self.now

    def mono(self) -> float:
        return self.now


def cloud(*names: str, **more: object) -> ScriptedBackend:
    """A provider with these models, which are always there."""
    infos = [model(name, 8, "cloud", **(PRICES | more)) for name in names]
    return ScriptedBackend(infos, "cloud", "openai", "https://api.example.com", manages_memory=False)


@asynccontextmanager
async def abroad(*backends: ScriptedBackend, budget: float = 0.0):
    """A house that has a provider too, and counts what it costs."""
    async with open_house(*(backends or (ScriptedBackend([model("small", 1)]), cloud("big")))) as house:
        calendar = Calendar()
        spending = Spending(house.repo, house.bus, calendar)
        outside = Outside(house.fleet)
        spending.on_budget = lambda: outside.follow(Policy(False, spending.budgets, spending.spent))
        spending.set_budgets(day=budget)
        house.router.charge = spending.charge
        yield house, outside, spending, calendar


def last(house: House):
    return house.facts(ExchangeFinished)[-1].exchange


class TestLocalOnly:
    async def test_it_is_seen_by_the_next_decision_and_taken_back_as_soon(self) -> None:
        async with abroad() as (house, outside, _, _):
            await house.ask(name="cloud/big")
            outside.follow(LOCAL_ONLY)
            with pytest.raises(RouterError, match=r"cloud/big may not be asked \(hosted: local_only is on\)") as caught:
                await house.ask(name="cloud/big")
            assert caught.value.status == 403
            assert last(house).code == "forbidden"
            await house.ask("prove the four colour theorem, at length")
            assert last(house).model == "one/small"
            assert ("cloud/big", "hosted: local_only is on") in last(house).decision.filtered
            outside.follow(Policy())
            await house.ask(name="cloud/big")
            assert [name for _, name in house.backends[1].calls] == ["big", "big"]

    async def test_a_model_that_appears_later_is_withheld_from_the_start(self) -> None:
        async with abroad() as (house, outside, _, _):
            outside.follow(LOCAL_ONLY)
            fresh = replace(cloud("new"), name="other")
            fresh.infos = [replace(info, backend="other") for info in fresh.infos]
            await house.lookout.join(fresh, configured=True)
            assert house.fleet.model("other/new").view().withheld == "hosted: local_only is on"

    async def test_thrown_between_decision_and_request_it_holds_back_the_prompt(self) -> None:
        async with abroad() as (house, outside, _, _):
            run = house.router.begin(request(name="cloud/big"))
            outside.follow(LOCAL_ONLY)
            with pytest.raises(BackendError, match="local_only is on") as caught:
                await run.open()
            run.close()
            assert (caught.value.code, caught.value.status, caught.value.retryable) == ("forbidden", 403, False)
            assert house.backends[1].calls == []
            assert house.fleet.model("cloud/big").leases == 0

    async def test_what_failed_here_falls_back_to_nothing_outside(self) -> None:
        async with abroad(ScriptedBackend([model("small", 1)]), cloud("big", price_out=1e5)) as (house, outside, _, _):
            house.router.preference = 0.0
            run = house.router.begin(request())
            assert [c.model for c in run.decision.candidates] == ["one/small", "cloud/big"]
            outside.follow(LOCAL_ONLY)
            house.backends[0].failures["small"] = [
                BackendError("backend_error", "it broke", backend="one", fallback=True)
            ]
            with pytest.raises(BackendError):
                await run.open()
            run.close()
            assert [attempt.code for attempt in last(house).attempts] == ["backend_error"]
            assert house.backends[1].calls == []

    async def test_an_answer_that_broke_off_is_not_gone_on_with_outside(self) -> None:
        here, away = ScriptedBackend([model("small", 1)], continues=True), cloud("big", price_out=1e5)
        away.continues = True
        here.die_at = {1}
        async with abroad(here, away) as (house, outside, _, _):
            house.router.preference = 0.0
            run = house.router.begin(request())
            await run.open()
            outside.follow(LOCAL_ONLY)
            with pytest.raises(BackendError, match="it died"):
                async for _ in run.body():
                    pass
            run.close()
            assert ("chat", "small") in here.calls
            assert away.calls == []

    async def test_it_is_neither_measured_nor_probed(self) -> None:
        async with abroad() as (house, outside, _, _):
            outside.follow(LOCAL_ONLY)
            record = house.fleet.model("cloud/big")
            with pytest.raises(BackendError, match="local_only is on"):
                await Manners(house.fleet, house.residency, house.bus, house.tasks).hold(record, lambda *_: None)
            asking = Asking(house.residency, house.learning, house.router.traffic, Sandbox(), Calendar())
            result = await asking.ask(record, HI)
            assert (result.outcome, result.code) == ("failed", "forbidden")
            assert house.backends[1].calls == []

    async def test_a_provider_behind_a_server_that_was_only_found_is_not_asked(self) -> None:
        found = cloud("kimi:cloud")
        async with abroad(ScriptedBackend([model("small", 1)])) as (house, _, _, _):
            await house.lookout.join(found, configured=False)
            with pytest.raises(RouterError, match="nobody named its server"):
                await house.ask(name="kimi:cloud")
            assert found.calls == []


class TestSpending:
    async def test_an_answer_is_paid_for_by_its_tokens_and_the_record_says_so(self) -> None:
        async with abroad() as (house, _, spending, _):
            await house.ask(name="cloud/big")
            assert last(house).cost == pytest.approx((5 * 1.0 + 3 * 2.0) / 1e6)
            await house.ask(name="one/small")
            assert last(house).cost is None
            view = spending.view()
            assert view.today == view.month == pytest.approx(11e-6)
            assert [(m.model, m.requests) for m in view.models] == [("cloud/big", 1)]

    async def test_what_a_client_did_not_wait_for_is_paid_by_what_was_written(self) -> None:
        async with abroad() as (house, _, spending, _):
            house.backends[1].gate.clear()
            run = house.router.begin(request(name="cloud/big"))
            opening = asyncio.ensure_future(run.open())
            await until(lambda: bool(house.backends[1].replies))
            house.backends[1].replies[0].usage = Usage()
            opening.cancel()
            await asyncio.gather(opening, return_exceptions=True)
            run.close()
            assert spending.view().today > 0
            assert spending.view().models[0].requests == 1

    async def test_a_spent_budget_withholds_what_costs_money_until_the_day_is_over(self) -> None:
        async with abroad(budget=20e-6) as (house, _, spending, calendar):
            for _ in range(2):
                await house.ask(name="cloud/big")
            with pytest.raises(RouterError, match=r"budget of \$0\.000020 a day is spent: \$0\.000022"):
                await house.ask(name="cloud/big")
            await house.ask()
            assert last(house).model == "one/small"
            calendar.set("2026-11-24")
            await spending.step()
            await house.ask(name="cloud/big")
            assert spending.view().today == pytest.approx(11e-6)
            assert spending.view().month == pytest.approx(33e-6)
            calendar.set("2026-12-01")
            assert spending.view().month == 0.0

    async def test_a_higher_budget_lets_them_in_again(self) -> None:
        async with abroad(budget=10e-6) as (house, _, spending, _):
            await house.ask(name="cloud/big")
            with pytest.raises(RouterError, match="is spent"):
                await house.ask(name="cloud/big")
            spending.set_budgets(day=1.0)
            await house.ask(name="cloud/big")
            spending.set_budgets(month=10e-6)
            with pytest.raises(RouterError, match="a month is spent"):
                await house.ask(name="cloud/big")

    async def test_with_a_budget_what_has_no_price_is_not_asked_and_without_one_it_is_counted_apart(self) -> None:
        mute = cloud("big", price_in=None, price_out=None)
        async with abroad(ScriptedBackend([model("small", 1)]), mute) as (house, _, spending, _):
            await house.ask(name="cloud/big")
            assert (last(house).cost, spending.view().unpriced, spending.view().month) == (None, 1, 0.0)
            spending.set_budgets(day=5.0)
            with pytest.raises(RouterError, match=r"its price is unknown, and the budget is \$5\.00 a day"):
                await house.ask(name="cloud/big")

    async def test_measuring_counts_as_spending(self) -> None:
        async with abroad() as (house, _, spending, _):
            asking = Asking(
                house.residency, house.learning, house.router.traffic, Sandbox(), Calendar(), spending.charge
            )
            await asking.ask(house.fleet.model("cloud/big"), HI)
            assert spending.view().purposes == {"profile": pytest.approx(11e-6)}

    async def test_it_is_there_again_after_a_restart(self) -> None:
        async with abroad() as (house, _, _, calendar):
            await house.ask(name="cloud/big")
            await house.repo.flush()
            again = Spending(house.repo, house.bus, calendar)
            again.set_budgets(day=11e-6)
            await again.load()
            assert again.view().today == pytest.approx(11e-6)
            assert "is spent" in again.spent

    async def test_a_screen_is_told_when_something_changed_and_only_then(self) -> None:
        async with abroad() as (house, _, spending, _):
            await spending.step()
            await spending.step()
            await house.ask(name="cloud/big")
            await spending.step()
            await spending.step()
            told = [fact.spend for fact in house.facts(SpendChanged)]
            assert [round(view.today * 1e6) for view in told] == [0, 11]


class TestJudges:
    async def test_a_judge_at_an_address_of_its_own_gets_nothing_while_prompts_stay_here(self) -> None:
        away = cloud("judge-1")
        async with abroad() as (house, outside, _, calendar):
            settings = JudgeSettings(model="judge-1", base_url="https://api.example.com/v1")
            bench = Bench(house.fleet, settings, lambda url, key: away, calendar, withheld=outside.reason)
            seat = bench.usual()
            assert seat is not None
            assert (seat.info.local, seat.info.hosted) == (False, True)
            outside.follow(LOCAL_ONLY)
            assert bench.usual() is None
            assert bench.why == "judge-1 at api.example.com may not be asked (hosted: local_only is on)"
            outside.follow(Policy(budgets="$1.00 a day"))
            assert bench.usual() is None
            assert "its price is unknown, and the budget is $1.00 a day" in bench.why
