"""What a model would have to wait for: of one as of all, and one asked for costs no look at all others."""

import asyncio

from tests.engine.house import ScriptedBackend, model, open_house, until


async def test_the_wait_of_one_is_the_same_whether_all_are_looked_at_or_not():
    backend = ScriptedBackend([model(name, 4) for name in "abcdef"], load_seconds=20)
    backend.held = {"a", "b"}
    async with open_house(backend, queue_seconds=1e6) as house:
        ledger, a = house.router.ledger, house.fleet.model("one/a")
        leases = [await house.residency.acquire(a) for _ in range(a.side_by_side)]
        waiting = [asyncio.ensure_future(house.residency.acquire(house.fleet.model(f"one/{name}"))) for name in "cde"]
        await until(lambda: house.fleet.model("one/e").place == 2)
        records = list(house.fleet.models.values())
        house.fleet.touch(a)
        alone = [(round(ledger.wait(record).queue, 1), round(ledger.start(record), 1)) for record in records]
        all_waits = ledger.waits()
        together = [(round(all_waits[record.id].queue, 1), round(ledger.start(record), 1)) for record in records]
        assert alone == together
        assert alone[0][0] > 0  # it answers as many as it can
        assert alone[3] < alone[4] < alone[5]  # in the order of the queue
        for lease in leases:
            lease.release()
        for client in waiting:
            client.cancel()


async def test_a_crowd_that_comes_for_many_models_does_not_have_all_of_them_planned_again_for_each(monkeypatch):
    models, comers = 80, 20
    backend = ScriptedBackend([model(f"m{i}", 4) for i in range(models)], load_seconds=20)
    backend.held = {"m0", "m1"}
    async with open_house(backend, queue_seconds=1e6) as house:
        ledger, plans = house.router.ledger, 0
        plan_over = ledger.plan_over

        def counted(*what, **how):
            nonlocal plans
            plans += 1
            return plan_over(*what, **how)

        monkeypatch.setattr(ledger, "plan_over", counted)
        records = [house.fleet.model(f"one/m{i}") for i in range(2, 2 + comers)]
        waiting = [asyncio.ensure_future(house.residency.acquire(record)) for record in records]
        await until(lambda: sum(record.place is not None for record in records) == comers)
        assert plans < comers * models / 2
        for client in waiting:
            client.cancel()
