"""The queue for memory: who may pass whom, and for how long."""

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmrouter_tui.core.queueing import BOUNDS, Ahead, Bounds, Holder, Stop, Turn, Waiter, obstacle, timeline, turn

SECONDS = st.floats(0, 40)
HOLDERS = st.dictionaries(
    st.sampled_from("abc"), st.builds(Holder, busy=st.booleans(), idle_seconds=SECONDS, load_seconds=SECONDS)
)
WAITERS = st.builds(
    Waiter,
    model=st.sampled_from("uvwxyz"),
    evict=st.lists(st.sampled_from("abcd"), unique=True).map(tuple),
    overtaken_seconds=SECONDS,
    overtaken=st.integers(0, 20),
    load_seconds=SECONDS,
    urgent=st.booleans(),
)
QUEUES = st.lists(WAITERS, unique_by=lambda waiter: waiter.model, max_size=5)


@given(QUEUES, HOLDERS)
def test_only_the_first_begins_and_it_is_never_passed_beyond_the_bounds(queue, holders):
    told = turn(queue, holders)
    assert told.model in ("", queue[0].model if queue else "")
    if queue:
        first = queue[0]
        if first.overtaken_seconds >= BOUNDS.seconds or first.overtaken >= BOUNDS.requests or first.urgent:
            assert told.model == first.model
        assert (told.model == "") == (told.again is not None)


@given(QUEUES, HOLDERS)
def test_who_displaces_nobody_begins_at_once(queue, holders):
    if queue and not any(model in holders for model in queue[0].evict):
        assert turn(queue, holders) == Turn(queue[0].model)


@given(QUEUES.filter(bool), HOLDERS)
def test_who_is_told_to_ask_again_begins_then_if_nothing_happened_meanwhile(queue, holders):
    told = turn(queue, holders)
    if told.again is None:
        return
    assert 0 < told.again <= BOUNDS.seconds
    later = [replace(queue[0], overtaken_seconds=queue[0].overtaken_seconds + told.again)]
    idle = {name: replace(one, idle_seconds=one.idle_seconds + told.again) for name, one in holders.items()}
    assert turn(later, idle).model == queue[0].model


def test_a_model_that_just_answered_is_left_for_a_moment_for_who_asked_it():
    first = Waiter("b", evict=("a",), load_seconds=3.0)
    assert turn([first], {"a": Holder(idle_seconds=0.1, load_seconds=2.0)}).again == pytest.approx(0.4)
    assert turn([first], {"a": Holder(idle_seconds=0.6, load_seconds=2.0)}) == Turn("b")
    assert turn([first], {"a": Holder(idle_seconds=0.0, load_seconds=90.0)}).again == 1.0
    assert turn([replace(first, urgent=True)], {"a": Holder(busy=True)}) == Turn("b")


def test_a_load_begins_when_those_before_it_are_loaded_and_have_answered_who_waited():
    stops = [Stop("a", load=3, batch=6), Stop("b", hold=1, load=8, batch=2), Stop("c", load=5, displaces=True)]
    assert timeline(stops) == {"a": 0, "b": 4, "c": 14, "": 19}
    assert timeline([]) == {"": 0}


@given(st.lists(st.builds(Stop, model=st.text(min_size=1), hold=SECONDS, load=SECONDS, batch=SECONDS), max_size=6))
def test_nobody_begins_before_those_before_it_are_loaded(stops):
    begins, at = timeline(stops), 0.0
    for stop in {one.model: one for one in stops}.values() if len({s.model for s in stops}) == len(stops) else ():
        assert begins[stop.model] >= at
        at = begins[stop.model] + stop.load


# ── a whole pool, played through ──


@dataclass
class Pool:
    """Memory for one model. Requests come at times of their own, or when their client's last one was answered."""

    bounds: Bounds
    load_seconds: float
    answer_seconds: float
    now: float = 0.0
    resident: str = ""
    idle_since: float = -99.0
    held_up: float = 0.0
    """Seconds that the queue was held up in all; ``passed`` requests in all that were taken meanwhile."""
    passed: int = 0
    swaps: int = 0
    answering: list[tuple[float, int]] = field(default_factory=list)
    queue: dict[str, list[int]] = field(default_factory=dict)
    came: dict[str, tuple[float, int]] = field(default_factory=dict)
    worst: tuple[float, int] = (0.0, 0)

    def arrive(self, client: int, model: str) -> None:
        if model == self.resident:
            self.passed += bool(self.queue)
            self.answering.append((self.now + self.answer_seconds, client))
            return
        if model not in self.queue:
            self.came[model] = (self.held_up, self.passed)
        self.queue.setdefault(model, []).append(client)

    def look(self) -> float | None:
        """Swap if it is time; else when to look again."""
        waiters = [
            Waiter(
                m, (self.resident,), self.held_up - self.came[m][0], self.passed - self.came[m][1], self.load_seconds
            )
            for m in self.queue
        ]
        holders = {self.resident: Holder(bool(self.answering), self.now - self.idle_since, self.load_seconds)}
        told = turn(waiters, holders if self.resident else {}, self.bounds)
        return self.now + told.again if told.again is not None else None if not told.model else self.swap(waiters[0])

    def swap(self, first: Waiter) -> float:
        self.worst = max(self.worst[0], first.overtaken_seconds), max(self.worst[1], first.overtaken)
        drained = max([self.now, *(end for end, _ in self.answering)])
        self.back = [client for _, client in self.answering]
        self.now = drained + self.load_seconds
        self.swaps += 1
        self.resident = first.model
        self.answering = [(self.now + self.answer_seconds, client) for client in self.queue.pop(first.model)]
        return self.now


def play(clients: list[str], rounds: int, bounds: Bounds, load: float = 4.0, answer: float = 2.0) -> Pool:
    """Each client asks its model again as soon as it was answered, ``rounds`` times; until all are served."""
    pool = Pool(bounds, load, answer)
    left = dict.fromkeys(range(len(clients)), rounds)
    asking = list(range(len(clients)))
    for _ in range(100_000):
        for client in asking:
            if left[client]:
                left[client] -= 1
                pool.arrive(client, clients[client])
        asking = []
        before, swaps = pool.now, pool.swaps
        pool.back = []
        again = pool.look()
        if pool.swaps > swaps:
            asking = pool.back
            continue
        ends = [end for end, _ in pool.answering]
        if not ends and again is None:
            return pool
        pool.now = min([*ends, *([again] if again is not None else [])])
        pool.held_up += (pool.now - before) if pool.queue else 0.0
        asking = [client for end, client in pool.answering if end <= pool.now]
        pool.answering = [(end, client) for end, client in pool.answering if end > pool.now]
        if asking and not pool.answering:
            pool.idle_since = pool.now
    raise AssertionError("somebody waits for ever")


FCFS = Bounds(seconds=0.0, requests=0)


@given(
    st.lists(st.sampled_from("abcd"), min_size=2, max_size=8),
    st.integers(1, 12),
    st.floats(0.5, 30),
    st.floats(0.1, 12),
)
def test_everyone_is_served_and_nobody_is_passed_beyond_the_bounds(clients, rounds, load, answer):
    pool = play(clients, rounds, BOUNDS, load, answer)
    assert not pool.queue
    assert pool.worst[0] <= BOUNDS.seconds + 1e-6
    assert pool.worst[1] <= BOUNDS.requests + len(clients)  # those who are taken in the same instant


@pytest.mark.parametrize("load", [0.5, 4.0, 20.0])
def test_clients_that_take_turns_are_served_in_batches(load):
    """Two clients, each with its own model: in turn, every request would be a swap."""
    ours, strict = play(["a", "b"], 60, BOUNDS, load), play(["a", "b"], 60, FCFS, load)
    assert strict.swaps >= 119
    assert ours.swaps <= strict.swaps / 4


# ── in words ──


@pytest.mark.parametrize(
    ("ahead", "answering", "words"),
    [
        ((), (), ""),
        ((), (("v/q", 1),), "v/q answers 1 request"),
        ((), (("v/q", 3), ("o/x", 2), ("o/y", 1)), "v/q answers 3 requests, o/x answers 2 requests and 1 more"),
        ((Ahead("o/a", 0, True),), (), "o/a is being loaded"),
        ((Ahead("o/a", 1, True),), (), "o/a is being loaded; 1 request before it"),
        ((Ahead("o/a", 2),), (("v/q", 1),), "o/a is loaded first (v/q answers 1 request); 2 requests before it"),
        ((Ahead("o/a", 2, True), Ahead("o/b", 3)), (), "o/a is being loaded, then o/b; 5 requests before it"),
        (
            (Ahead("o/a"), Ahead("o/b"), Ahead("o/c"), Ahead("o/d"), Ahead("o/e", 1)),
            (),
            "o/a is loaded first, then o/b, o/c and 2 more; 1 request before it",
        ),
    ],
)  # fmt: skip
def test_what_a_load_waits_for_is_told_in_the_order_in_which_it_comes(ahead, answering, words):
    assert obstacle(ahead, answering) == words
