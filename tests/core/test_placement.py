"""Placement: what a plan may and may not do."""

from dataclasses import replace
from itertools import chain, combinations

from hypothesis import given
from hypothesis import strategies as st

from llmrouter_tui.core.placement import GIB, Layout, Occupant, Plan, Pool, Seats, leavers, pin_refusal, place

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
                    uses=draw(st.floats(1, 50)),
                )
            )
        foreign = draw(st.integers(0, (budget - held) // GIB)) * GIB
        pools.append(Pool(name, budget - held - foreign, budget))
    return pools, [*occupants, *draw(stretched(pools))]


@st.composite
def stretched(draw: st.DrawFn, pools: list[Pool]) -> list[Occupant]:
    """At most one model that lies in two of the pools, in what they have free."""
    if len(pools) < 2 or draw(st.booleans()) or min(pool.free for pool in pools[:2]) < GIB:
        return []
    sizes = [draw(st.integers(1, pool.free // GIB)) * GIB for pool in pools[:2]]
    for at, size in enumerate(sizes):
        pools[at] = replace(pools[at], free=pools[at].free - size)
    parts = tuple((pool.name, size) for pool, size in zip(pools, sizes, strict=False))
    leases, pinned, idle = draw(st.integers(0, 1)), draw(st.booleans()), draw(st.floats(0, 4000))
    return [Occupant("wide", parts[0][0], sum(sizes), leases, pinned, idle_seconds=idle, parts=parts)]


NEEDED = st.integers(1, 60).map(lambda n: n * GIB)
LAYOUTS = st.sampled_from(["one", "either", "roomiest", "all"])


@st.composite
def servers(draw: st.DrawFn, occupants: list[Occupant]) -> Seats | None:
    """One that counts its models: some of those in memory are its, and one that is in a memory nobody sees."""
    if draw(st.booleans()):
        return None
    taken = [o for o in occupants if draw(st.booleans())]
    if draw(st.booleans()):
        taken.append(Occupant("elsewhere", "", 0, leases=draw(st.integers(0, 1)), pinned=draw(st.booleans())))
    return Seats(draw(st.integers(1, 4)), taken)


def room(pool: Pool, occupants: list[Occupant]) -> int:
    return min(pool.free, pool.budget - sum(o.inside(pool.name) for o in occupants))


def room_after(leaving: tuple[str, ...], pool: Pool, occupants: list[Occupant]) -> int:
    return max(0, room(pool, occupants) + sum(o.inside(pool.name) for o in occupants if o.model in leaving))


def enough(
    leaving: tuple[str, ...], needed: int, group: list[Pool], occupants: list[Occupant], seats: Seats | None
) -> bool:
    """Whether a model can go to a pool, or over several, once these have left: the definition, said once more and
    plainly."""
    if needed > sum(room_after(leaving, pool, occupants) for pool in group):
        return False
    return seats is None or sum(o.model not in leaving for o in seats.taken) < seats.count


def groups(pools: list[Pool], layout: Layout) -> list[list[Pool]]:
    """Where a server may put a model."""
    alone = [[pool] for pool in pools]
    return {"one": alone, "all": [pools]}.get(layout, [*alone, pools])


def chosen(plan: Plan, pools: list[Pool]) -> list[Pool]:
    """The pools that a plan rests on: one that has no room for a part of a model may be missing in it."""
    return pools if plan.parts else [pool for pool in pools if pool.name == plan.pool]


def subsets(models: list[str]):
    return chain.from_iterable(combinations(models, size) for size in range(len(models) + 1))


def known(occupants: list[Occupant], seats: Seats | None) -> dict[str, Occupant]:
    return {o.model: o for o in [*(seats.taken if seats else ()), *occupants]}


@given(st.data(), machines(), NEEDED, LAYOUTS)
def test_a_plan_never_exceeds_its_pools_and_never_touches_what_must_stay(data, machine, needed, layout):
    pools, occupants = machine
    seats = data.draw(servers(occupants))
    plan = place(needed, pools, occupants, seats=seats, layout=layout)
    if not plan.fits:
        assert plan.reason
        assert not plan.evict
        return
    by_pool = {pool.name: pool for pool in pools}
    taken = dict(plan.parts) or {plan.pool: needed}
    assert sum(taken.values()) == needed
    for name, size in taken.items():
        assert 0 < size <= room_after(plan.evict, by_pool[name], occupants)
    assert enough(plan.evict, needed, [by_pool[name] for name in taken], occupants, seats)
    by_name = known(occupants, seats)
    for victim in plan.evict:
        assert by_name[victim].evictable
        assert not by_name[victim].pinned
        touched = any(by_name[victim].inside(pool.name) for pool in chosen(plan, pools))
        assert touched or (seats is not None and by_name[victim] in seats.taken)
    assert set(plan.drain) == {v for v in plan.evict if by_name[v].busy}
    assert bool(plan.reason) == bool(plan.drain)


@given(st.data(), machines(), NEEDED, LAYOUTS)
def test_no_eviction_in_a_plan_can_be_dropped(data, machine, needed, layout):
    pools, occupants = machine
    seats = data.draw(servers(occupants))
    plan = place(needed, pools, occupants, seats=seats, layout=layout)
    for victim in plan.evict:
        others = tuple(v for v in plan.evict if v != victim)
        assert not enough(others, needed, chosen(plan, pools), occupants, seats)


@given(st.data(), machines(), NEEDED, LAYOUTS)
def test_a_plan_is_found_wherever_there_is_one_and_drains_nobody_where_idle_models_will_do(
    data, machine, needed, layout
):
    pools, occupants = machine
    seats = data.draw(servers(occupants))
    movable = [o for o in known(occupants, seats).values() if o.evictable and not o.pinned]
    plan = place(needed, pools, occupants, seats=seats, layout=layout)
    ways = [
        (len(group), all(not o.busy for o in movable if o.model in leaving))
        for leaving in subsets([o.model for o in movable][:10])
        for group in groups(pools, layout)
        if enough(leaving, needed, group, occupants, seats)
    ]
    if ways or len(movable) <= 10:
        assert plan.fits == bool(ways)
    narrowest = min((width for width, _ in ways), default=0)
    if any(idle for width, idle in ways if width == narrowest):
        assert not plan.drain


@given(machines(), NEEDED)
def test_a_server_that_lays_out_where_it_must_does_so_only_where_no_single_gpu_will_do(machine, needed):
    pools, occupants = machine
    alone, either = (place(needed, pools, occupants, layout=layout) for layout in ("one", "roomiest"))
    assert either.fits or not alone.fits
    assert not (alone.fits and either.parts)


@given(machines(), NEEDED)
def test_no_single_idle_model_would_have_been_missed_less(machine, needed):
    pools, occupants = machine
    plan = place(needed, pools, occupants)
    lost = sum(o.loss for o in occupants if o.model in plan.evict)
    if not plan.fits or plan.drain:
        return
    for pool in pools:
        for o in leavers([o for o in occupants if o.inside(pool.name)]):
            if enough((o.model,), needed, [pool], occupants, None):
                assert lost <= o.loss


@given(machines(), NEEDED)
def test_pins_that_are_accepted_one_after_another_fit_together(machine, needed):
    pools, occupants = machine
    for pool in pools:
        pinned = []
        for o in occupants:
            if not pin_refusal(o.model, o.footprint, pool, pinned):
                pinned.append(o)
        assert sum(o.footprint for o in pinned) <= pool.budget
        refused = pin_refusal("new", needed, pool, pinned)
        assert bool(refused) == (needed + sum(o.footprint for o in pinned) > pool.budget)


def test_a_pin_is_refused_with_the_arithmetic():
    y = Occupant("one/y", "gpu0", round(8.3 * GIB), pinned=True)
    pool = Pool("gpu0", 0, 12 * GIB)
    words = pin_refusal("one/x", round(9.1 * GIB), pool, [y])
    assert words == "pinning one/x needs 9.1 GiB; gpu0 holds 12.0 for models, 8.3 of it pinned already by one/y"
    assert pin_refusal("one/x", 13 * GIB, pool, []) == "pinning one/x needs 13.0 GiB; gpu0 holds 12.0 for models"
    assert "no more than 1 at a time, pinned: one/y" in pin_refusal("one/x", GIB, pool, [y], seats=Seats(1, [y]))


def test_what_does_not_fit_and_what_is_waited_for_is_told_with_the_arithmetic():
    pinned = Occupant("one/y", "gpu0", round(8.3 * GIB), pinned=True)
    idle = Occupant("one/z", "gpu0", GIB)
    plan = place(round(9.1 * GIB), [Pool("gpu0", 2 * GIB, 12 * GIB)], [pinned, idle])
    words = "needs 9.1 GiB; gpu0 could free 3.0 of 12.0: one/y must stay in memory (8.3), 0.7 are used by others"
    assert plan == Plan(fits=False, reason=words)
    busy = Occupant("one/z", "gpu0", 6 * GIB, leases=3)
    plan = place(7 * GIB, [Pool("gpu0", 2 * GIB, 12 * GIB)], [busy])
    assert plan.reason == "needs 7.0 GiB, 2.0 are free in gpu0; one/z answers 3 requests"
    loading = Occupant("one/z", "gpu0", 6 * GIB, loading=True)
    plan = place(None, [Pool("gpu0", 2 * GIB, 12 * GIB)], [], seats=Seats(1, [loading]))
    assert plan.reason == "its server holds no more than 1 at a time; one/z is being loaded"


def test_one_that_is_missed_less_leaves_rather_than_several():
    """By loss per byte the small ones come first, but together they are missed more."""
    small = [Occupant(f"small{n}", "gpu0", 3 * GIB, reload_seconds=6) for n in range(3)]
    large = Occupant("large", "gpu0", 7 * GIB, reload_seconds=15)
    assert place(7 * GIB, [Pool("gpu0", 0, 16 * GIB)], [*small, large]).evict == ("large",)


def test_memory_that_is_not_measured_is_left_to_the_backend():
    assert place(99 * GIB, [], []).fits


def test_a_model_that_fits_evicts_nothing():
    plan = place(4 * GIB, [Pool("gpu0", 8 * GIB, 24 * GIB)], [Occupant("a", "gpu0", 16 * GIB)])
    assert plan == Plan(fits=True, pool="gpu0")


def test_the_victim_is_what_is_cheap_to_bring_back_and_long_idle():
    old = Occupant("old", "gpu0", 8 * GIB, idle_seconds=3000, reload_seconds=8)
    fresh = Occupant("fresh", "gpu0", 8 * GIB, idle_seconds=2, reload_seconds=8)
    assert place(8 * GIB, [Pool("gpu0", 0, 16 * GIB)], [fresh, old]).evict == ("old",)


def test_a_model_that_is_asked_often_stays_though_another_was_asked_since():
    often = Occupant("often", "gpu0", 8 * GIB, idle_seconds=40, uses=12)
    once = Occupant("once", "gpu0", 8 * GIB, idle_seconds=5, uses=1)
    assert place(8 * GIB, [Pool("gpu0", 0, 16 * GIB)], [often, once]).evict == ("once",)
    forgotten = replace(often, idle_seconds=3600)
    assert place(8 * GIB, [Pool("gpu0", 0, 16 * GIB)], [forgotten, once]).evict == ("often",)


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
    assert (plan.evict, plan.drain, plan.spilled) == (("busy", "old"), ("busy",), 22 * GIB)


def test_a_split_that_ram_has_no_room_for_is_refused_with_the_figures():
    plan = place(90 * GIB, [Pool("gpu0", 24 * GIB, 24 * GIB)], [], ram=Pool("host", 30 * GIB, 60 * GIB))
    assert not plan.fits
    assert plan.reason == "needs 90.0 GiB; 66.0 of them would go to RAM, which has no room for them"


@given(machines(), st.integers(20, 80).map(lambda n: n * GIB), st.integers(0, 64).map(lambda n: n * GIB), LAYOUTS)
def test_a_split_never_exceeds_the_gpus_or_ram_and_never_touches_what_must_stay(machine, needed, free, layout):
    pools, occupants = machine
    gpus = [pool for pool in pools if pool.name != "host"]
    occupants = [o for o in occupants if not o.inside("host")]
    ram = Pool("host", free, 64 * GIB)
    plan = place(needed, gpus, occupants, ram=ram, layout=layout)
    if not plan.spilled:
        return
    assert plan.spilled <= ram.free
    for name, size in plan.parts or ((plan.pool, needed - plan.spilled),):
        assert size <= room_after(plan.evict, next(gpu for gpu in gpus if gpu.name == name), occupants)
    touched = [gpu.name for gpu in chosen(plan, gpus)]
    kept = [o for o in occupants if o.model not in plan.evict]
    assert all(o in kept for o in occupants if o.pinned or not o.evictable or not any(map(o.inside, touched)))


def test_two_cards_are_two_pools_and_a_model_goes_to_the_one_where_nobody_must_leave():
    a = Occupant("a", "gpu0", 20 * GIB)
    cards = [Pool("gpu0", 4 * GIB, 24 * GIB), Pool("gpu1", 24 * GIB, 24 * GIB)]
    assert place(20 * GIB, cards, [a]) == Plan(fits=True, pool="gpu1")


def test_a_server_that_picks_takes_the_card_with_the_most_room_and_one_that_is_told_the_card_that_it_fills_best():
    cards = [Pool("gpu0", 8 * GIB, 12 * GIB), Pool("gpu1", 20 * GIB, 24 * GIB)]
    assert place(6 * GIB, cards, [], layout="roomiest").pool == "gpu1"
    assert place(6 * GIB, cards, [], layout="either").pool == "gpu0"


def test_a_model_too_big_for_any_card_is_laid_out_in_proportion_to_their_room_where_its_server_does_that():
    cards = [Pool("gpu0", 20 * GIB, 24 * GIB), Pool("gpu1", 10 * GIB, 12 * GIB)]
    plan = place(27 * GIB, cards, [], layout="either")
    assert plan == Plan(fits=True, pool="gpu0", parts=(("gpu0", 18 * GIB), ("gpu1", 9 * GIB)))
    assert plan.pools == ("gpu0", "gpu1")
    assert place(6 * GIB, cards, [], layout="all").parts == (("gpu0", 4 * GIB), ("gpu1", 2 * GIB))
    words = "needs 40.0 GiB, gpu0 and gpu1 can hold 36.0 GiB"
    assert place(40 * GIB, cards, [], layout="either") == Plan(False, reason=words)


def test_what_others_use_beyond_the_budget_of_one_card_takes_nothing_of_the_other():
    """Less than no room is no room: it is not taken from what the other card has."""
    held = Occupant("held", "gpu0", 12 * GIB, pinned=True)
    cards = [Pool("gpu0", 0, 8 * GIB), Pool("gpu1", 10 * GIB, 10 * GIB)]
    assert place(9 * GIB, cards, [held], layout="all") == Plan(fits=True, pool="gpu1")


def test_a_model_that_lies_on_two_cards_leaves_both():
    wide = Occupant("wide", "gpu0", 16 * GIB, parts=(("gpu0", 8 * GIB), ("gpu1", 8 * GIB)))
    cards = [Pool("gpu0", 0, 8 * GIB), Pool("gpu1", 2 * GIB, 10 * GIB)]
    assert place(6 * GIB, cards, [wide]).evict == ("wide",)
    assert place(10 * GIB, cards, [wide]) == Plan(fits=True, pool="gpu1", evict=("wide",))
    assert place(9 * GIB, cards[:1], [wide]).reason == "needs 9.0 GiB, gpu0 can hold 8.0 GiB"


def test_a_model_does_not_stand_in_a_queue_where_another_card_is_at_hand():
    first, second = Occupant("first", "gpu0", 8 * GIB, uses=1), Occupant("second", "gpu1", 8 * GIB, uses=9)
    cards = [Pool("gpu0", 0, 8 * GIB, wait=20.0), Pool("gpu1", 0, 8 * GIB)]
    assert place(8 * GIB, cards, [first, second]).evict == ("second",)
    assert place(8 * GIB, [replace(cards[0], wait=0.0), cards[1]], [first, second]).evict == ("first",)


def test_a_card_that_holds_a_model_only_with_less_context_counts_with_that():
    cards = [Pool("gpu0", 2 * GIB, 24 * GIB), Pool("gpu1", 12 * GIB, 12 * GIB, needed=11 * GIB)]
    assert place(15 * GIB, cards, [Occupant("busy", "gpu0", 20 * GIB, leases=1)]) == Plan(fits=True, pool="gpu1")


def test_a_server_that_counts_models_lets_the_cheapest_idle_one_go():
    pools = [Pool("gpu0", 8 * GIB, 24 * GIB)]
    warm = Occupant("warm", "gpu0", 0, idle_seconds=5)
    busy = Occupant("busy", "gpu0", 0, leases=1)
    cold = Occupant("cold", "gpu0", 8 * GIB, idle_seconds=2000)

    def plan(count: int, taken: list[Occupant]) -> Plan:
        return place(GIB, pools, taken, seats=Seats(count, taken))

    assert plan(4, [warm, busy, cold]) == Plan(fits=True, pool="gpu0")
    assert plan(3, [warm, busy, cold]).evict == ("cold",)
    assert plan(2, [busy, cold]) == Plan(fits=True, pool="gpu0", evict=("cold",))
    assert plan(1, [warm, busy]).evict == ("warm", "busy")
    assert plan(1, [warm, busy]).drain == ("busy",)


def test_what_leaves_for_its_memory_frees_its_place_too():
    cold = Occupant("cold", "gpu0", 8 * GIB)
    plan = place(8 * GIB, [Pool("gpu0", 0, 8 * GIB)], [cold], seats=Seats(1, [cold]))
    assert plan == Plan(fits=True, pool="gpu0", evict=("cold",))


def test_what_leaves_for_its_place_frees_its_memory_too():
    """The neighbour would be missed less, but it need not leave once the sibling has."""
    sibling = Occupant("sibling", "gpu0", 8 * GIB)
    neighbour = Occupant("neighbour", "gpu0", 8 * GIB, idle_seconds=3000)
    plan = place(8 * GIB, [Pool("gpu0", 0, 16 * GIB)], [sibling, neighbour], seats=Seats(1, [sibling]))
    assert plan.evict == ("sibling",)


def test_a_server_whose_places_are_all_kept_takes_no_other_model():
    kept = Occupant("kept", "gpu0", 0, pinned=True)
    plan = place(GIB, [Pool("gpu0", 8 * GIB, 8 * GIB)], [kept], seats=Seats(1, [kept]))
    assert plan == Plan(False, reason="its server holds no more than 1 at a time; kept must stay in memory")


def test_a_server_that_counts_does_so_where_memory_is_not_measured_or_a_size_is_not_known():
    taken = Occupant("taken", "", 0)
    assert place(None, [], [], seats=Seats(1, [taken])).evict == ("taken",)
    assert place(GIB, [], [], seats=Seats(1, [taken])).evict == ("taken",)
    assert place(None, [Pool("gpu0", 0, 8 * GIB)], [], seats=Seats(1, [taken])).evict == ("taken",)
