"""Placement: what a plan may and may not do."""

from hypothesis import given
from hypothesis import strategies as st

from llmrouter_tui.core.placement import GIB, Occupant, Plan, Pool, place, with_place

POOLS = st.lists(st.sampled_from(["gpu0", "gpu1", "host"]), min_size=1, max_size=3, unique=True)


@st.composite
def machines(draw: st.DrawFn) -> tuple[list[Pool], list[Occupant]]:
    pools, occupants = [], []
    for name in draw(POOLS):
        budget = draw(st.integers(1, 48)) * GIB
        held = 0
        for index in range(draw(st.integers(0, 5))):
            footprint = draw(st.integers(1, 20)) * GIB // 2
            if held + footprint > budget:
                break
            held += footprint
            occupants.append(
                Occupant(
                    model=f"{name}-m{index}",
                    pool=name,
                    footprint=footprint,
                    leases=draw(st.integers(0, 1)),
                    pinned=draw(st.booleans()),
                    loading=draw(st.sampled_from([False, False, True])),
                    evictable=draw(st.sampled_from([True, True, False])),
                    idle_seconds=draw(st.floats(0, 4000)),
                    reload_seconds=draw(st.floats(0.1, 60)),
                )
            )
        foreign = draw(st.integers(0, (budget - held) // GIB)) * GIB
        pools.append(Pool(name, budget - held - foreign, budget))
    return pools, occupants


def room_after(plan: Plan, pools: list[Pool], occupants: list[Occupant]) -> int:
    pool = next(p for p in pools if p.name == plan.pool)
    mine = [o for o in occupants if o.pool == pool.name]
    free = min(pool.free, pool.budget - sum(o.footprint for o in mine))
    return free + sum(o.footprint for o in mine if o.model in plan.evict)


@given(machines(), st.integers(1, 60).map(lambda n: n * GIB))
def test_a_plan_never_exceeds_its_pool_and_never_touches_what_must_stay(machine, needed):
    pools, occupants = machine
    plan = place(needed, pools, occupants)
    if not plan.fits:
        assert plan.reason
        assert not plan.evict
        return
    assert room_after(plan, pools, occupants) >= needed
    by_name = {o.model: o for o in occupants}
    for victim in plan.evict:
        o = by_name[victim]
        assert o.pool == plan.pool
        assert o.evictable
        assert not o.pinned
    assert set(plan.drain) == {v for v in plan.evict if by_name[v].busy}


@given(machines(), st.integers(1, 60).map(lambda n: n * GIB))
def test_no_eviction_in_a_plan_can_be_dropped(machine, needed):
    pools, occupants = machine
    plan = place(needed, pools, occupants)
    sizes = {o.model: o.footprint for o in occupants}
    if plan.fits and plan.evict:
        room = room_after(plan, pools, occupants)
        assert all(room - sizes[victim] < needed for victim in plan.evict)


@given(machines(), st.integers(1, 60).map(lambda n: n * GIB))
def test_if_idle_models_free_enough_a_plan_without_draining_is_found(machine, needed):
    pools, occupants = machine
    for pool in pools:
        mine = [o for o in occupants if o.pool == pool.name]
        idle = sum(o.footprint for o in mine if o.evictable and not o.pinned and not o.busy)
        room = min(pool.free, pool.budget - sum(o.footprint for o in mine))
        if room + idle >= needed and needed <= pool.budget:
            plan = place(needed, pools, occupants)
            assert plan.fits
            assert not plan.drain
            return


def test_memory_that_is_not_measured_is_left_to_the_backend():
    assert place(99 * GIB, [], []).fits


def test_a_model_that_fits_evicts_nothing():
    plan = place(4 * GIB, [Pool("gpu0", 8 * GIB, 24 * GIB)], [Occupant("a", "gpu0", 16 * GIB)])
    assert plan == Plan(fits=True, pool="gpu0")


def test_the_victim_is_what_is_cheap_to_bring_back_and_long_idle():
    old = Occupant("old", "gpu0", 8 * GIB, idle_seconds=3000, reload_seconds=8)
    fresh = Occupant("fresh", "gpu0", 8 * GIB, idle_seconds=2, reload_seconds=8)
    assert place(8 * GIB, [Pool("gpu0", 0, 16 * GIB)], [fresh, old]).evict == ("old",)


def test_a_model_too_big_for_the_pool_is_told_the_size_of_both():
    plan = place(42 * GIB, [Pool("gpu0", 24 * GIB, 24 * GIB)], [])
    assert plan.reason == "needs 42.0 GiB, gpu0 can hold 24.0 GiB"


def test_what_must_stay_in_another_pool_is_no_reason():
    fixed = Occupant("fixed", "gpu1", 4 * GIB, evictable=False)
    plan = place(9 * GIB, [Pool("gpu0", 4 * GIB, 16 * GIB)], [fixed])
    assert "fixed" not in plan.reason


def test_a_model_that_is_being_loaded_is_waited_for_not_a_reason_to_refuse():
    fresh = Occupant("fresh", "gpu0", 12 * GIB, loading=True)
    plan = place(8 * GIB, [Pool("gpu0", 4 * GIB, 16 * GIB)], [fresh])
    assert plan.drain == ("fresh",)


def test_a_model_too_big_for_any_gpu_is_split_where_its_backend_can_put_the_rest_into_ram():
    gpus = [Pool("gpu0", 20 * GIB, 24 * GIB), Pool("gpu1", 8 * GIB, 8 * GIB)]
    ram = Pool("host", 40 * GIB, 60 * GIB)
    small = Occupant("small", "gpu0", 4 * GIB)
    plan = place(42 * GIB, gpus, [small], ram=ram)
    assert plan == Plan(fits=True, pool="gpu0", evict=("small",), spilled=18 * GIB)
    assert place(20 * GIB, gpus, [small], ram=ram) == Plan(fits=True, pool="gpu0")
    assert not place(42 * GIB, gpus, [small]).fits


def test_a_split_leaves_what_must_stay_and_makes_room_in_ram_too():
    pinned = Occupant("pinned", "gpu0", 4 * GIB, pinned=True)
    busy = Occupant("busy", "gpu0", 4 * GIB, leases=1)
    old = Occupant("old", "host", 10 * GIB)
    ram = Pool("host", 15 * GIB, 60 * GIB)
    plan = place(42 * GIB, [Pool("gpu0", 16 * GIB, 24 * GIB)], [pinned, busy, old], ram=ram)
    assert plan == Plan(fits=True, pool="gpu0", evict=("busy", "old"), drain=("busy",), spilled=22 * GIB)


def test_a_split_that_ram_has_no_room_for_is_refused_with_the_figures():
    plan = place(90 * GIB, [Pool("gpu0", 24 * GIB, 24 * GIB)], [], ram=Pool("host", 30 * GIB, 60 * GIB))
    assert not plan.fits
    assert plan.reason == "needs 90.0 GiB; 66.0 of them would go to RAM, which has no room for them"


@given(machines(), st.integers(20, 80).map(lambda n: n * GIB), st.integers(0, 64).map(lambda n: n * GIB))
def test_a_split_never_exceeds_the_gpu_or_ram_and_never_touches_what_must_stay(machine, needed, free):
    pools, occupants = machine
    gpus = [pool for pool in pools if pool.name != "host"]
    occupants = [o for o in occupants if o.pool != "host"]
    ram = Pool("host", free, 64 * GIB)
    plan = place(needed, gpus, occupants, ram=ram)
    if not plan.spilled:
        return
    kept = [o for o in occupants if o.model not in plan.evict]
    gpu = next(pool for pool in gpus if pool.name == plan.pool)
    assert plan.spilled <= ram.free
    assert needed - plan.spilled + sum(o.footprint for o in kept if o.pool == gpu.name) <= gpu.budget
    assert all(o in kept for o in occupants if o.pinned or not o.evictable or o.pool != gpu.name)


def test_a_server_that_counts_models_lets_the_cheapest_idle_one_go():
    fits = Plan(fits=True, pool="gpu0")
    warm = Occupant("warm", "gpu0", 0, idle_seconds=5)
    busy = Occupant("busy", "gpu0", 0, leases=1)
    cold = Occupant("cold", "gpu0", 8 * GIB, idle_seconds=2000)
    assert with_place(fits, 4, [warm, busy, cold]) == fits
    assert with_place(fits, 3, [warm, busy, cold]).evict == ("cold",)
    assert with_place(fits, 2, [busy, cold]).drain == ()
    assert with_place(fits, 1, [warm, busy]) == Plan(True, "gpu0", evict=("warm", "busy"), drain=("busy",))


def test_what_leaves_for_its_memory_frees_its_place_too():
    plan = Plan(fits=True, pool="gpu0", evict=("cold",))
    assert with_place(plan, 1, [Occupant("cold", "gpu0", 8 * GIB)]) == plan


def test_a_server_whose_places_are_all_kept_takes_no_other_model():
    kept = Occupant("kept", "gpu0", 0, pinned=True)
    plan = with_place(Plan(fits=True, pool="gpu0"), 1, [kept])
    assert plan == Plan(False, reason="its server holds no more than 1 at a time; kept must stay in memory")
