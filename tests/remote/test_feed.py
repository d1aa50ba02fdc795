"""The feed brings every fact, says when some are missing, and comes back after a break."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmrouter_tui.core.decision import Attempt, Effect, Feedback, Setting
from llmrouter_tui.core.domain import BackendView, Device, ResidencyEvent, ServiceView
from llmrouter_tui.core.events import (
    FACTS,
    AttemptFailed,
    BackendChanged,
    Decided,
    DevicesSampled,
    Envelope,
    ExchangeFinished,
    ExchangeStarted,
    Fact,
    FetchProgress,
    FirstToken,
    Graded,
    JudgeChanged,
    LogLine,
    ModelsChanged,
    ProfileChanged,
    Progress,
    Rated,
    ResidencyChanged,
    ServiceChanged,
    SettingChanged,
    SpendChanged,
    SyncChanged,
    TextsForgotten,
    VramChanged,
    Waiting,
)
from llmrouter_tui.core.forgetting import Forget
from llmrouter_tui.core.grades import Agreement, Concord, Grade, JudgeView
from llmrouter_tui.core.spending import Line, view
from llmrouter_tui.core.votes import Vote, Voted
from llmrouter_tui.proxy.admin.watch import RESET, encode_event
from llmrouter_tui.remote.events import Events, Reset
from llmrouter_tui.remote.feed import RING, RemoteFeed
from llmrouter_tui.remote.link import open_client
from tests.proxy.conftest import Router, Routers
from tests.proxy.scripted import MEMORY, SMALL, ScriptedControl, decision, model_views

EXCHANGE = ScriptedControl().history[0]
ONE_OF_EACH: list[Fact] = [
    ExchangeStarted(EXCHANGE),
    Decided("x1", decision()),
    Waiting("x1", SMALL, "loading", 6.0),
    FirstToken("x1", SMALL, 0.2),
    Progress("x1", 12),
    AttemptFailed("x1", Attempt(SMALL, "failed", code="out_of_memory"), "other"),
    ExchangeFinished(EXCHANGE),
    Rated(Feedback("x1", "up", 1.0), (Effect(SMALL, "coding", 0.6, 0.62),)),
    Voted(
        Vote("x1-x2", 1.0, "coding", (SMALL, "big/m"), "better", ("x1", "x2"), SMALL),
        (Effect(SMALL, "coding", 0.6, 0.62),),
    ),
    TextsForgotten(Forget(session="id:work")),
    BackendChanged(BackendView("box", "ollama", "http://127.0.0.1:1")),
    ModelsChanged(model_views(), ("gone",)),
    ResidencyChanged(ResidencyEvent(1.0, "unload", SMALL, "gpu0", 0.2, "room for another")),
    DevicesSampled((Device("host", "RAM", "host", 8, 4, 4, processes=((12, 3),)),)),
    ServiceChanged(ServiceView("serving")),
    SettingChanged(Setting("quality_preference", 0.7, "set")),
    FetchProgress("fetching", 10, 93),
    SyncChanged(ScriptedControl().view),
    VramChanged(MEMORY),
    ProfileChanged(ScriptedControl().measuring.run),
    Graded(Grade("g1", 1.0, "box/judge", SMALL, "creative", 0.4, "prompt", "creative-letter", 7.0, "warm and clear")),
    JudgeChanged(JudgeView("grading", "box/judge", agreement=Agreement(user=Concord(3, 2, 1)))),
    SpendChanged(view([Line("2026-11-23", "far/big", "judge", 0.5, 1)], "2026-11-23", budget_day=2.0)),
    LogLine(1.0, "warn", "engine", "line\u2028separator\x1b[31m"),
]


async def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        await asyncio.sleep(0.01)


class Watching:
    """A feed that follows a router in the background."""

    def __init__(self, router: Router) -> None:
        self.feed = RemoteFeed()
        self.client = open_client(router.url, "")
        self.task = asyncio.get_running_loop().create_task(self.feed.follow(self.client))

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        await self.client.aclose()


@pytest.fixture
async def watching(router: Router) -> AsyncIterator[Watching]:
    watch = Watching(router)
    await until(lambda: watch.feed.connected)
    yield watch
    await watch.stop()


async def test_every_kind_of_fact_arrives_as_it_was_published(router: Router, watching: Watching) -> None:
    assert {type(fact).__name__ for fact in ONE_OF_EACH} == set(FACTS)
    sent = [router.bus.publish(fact) for fact in ONE_OF_EACH]
    await until(lambda: len(watching.feed._ring) == len(sent))
    got, cut = watching.feed.drain()
    assert list(got) == sent
    assert cut  # a new connection: the screen takes a snapshot first
    assert watching.feed.drain() == ([], False)
    assert watching.feed.dropped == 0


async def test_a_drain_takes_no_more_than_it_is_told(router: Router, watching: Watching) -> None:
    for tokens in range(5):
        router.bus.publish(Progress("x1", tokens))
    await until(lambda: len(watching.feed._ring) == 5)
    assert [envelope.seq for envelope in watching.feed.drain(3)[0]] == [1, 2, 3]
    assert [envelope.seq for envelope in watching.feed.drain(3)[0]] == [4, 5]


async def test_an_undrained_feed_drops_the_oldest_and_says_so(router: Router, watching: Watching) -> None:
    watching.feed.drain()
    for start in range(0, RING + 1000, 500):
        for tokens in range(start, start + 500):
            router.bus.publish(Progress("x1", tokens))
        await until(lambda seq=router.bus.seq: bool(watching.feed._ring) and watching.feed._ring[-1].seq == seq)  # type: ignore[misc]
    got, cut = watching.feed.drain(limit=10_000)
    assert cut
    assert len(got) == RING
    assert got[-1].seq == router.bus.seq
    assert watching.feed.dropped == router.bus.seq - RING


async def test_what_the_router_dropped_asks_for_a_snapshot(router: Router, watching: Watching) -> None:
    watching.feed.drain()
    for tokens in range(2000):  # more than the router keeps for one watcher, in one turn of its loop
        router.bus.publish(Progress("x1", tokens))
    await until(lambda: bool(watching.feed._ring) and watching.feed._ring[-1].seq == 2000)
    got, cut = watching.feed.drain()
    assert cut
    assert got[0].seq > 1


async def test_a_feed_comes_back_after_the_router_was_away(routers: Routers) -> None:
    router = await routers.start()
    port = router.server.port
    watch = Watching(router)
    await until(lambda: watch.feed.connected)
    watch.feed.drain()
    await router.server.stop()
    await until(lambda: not watch.feed.connected)
    assert watch.feed.drain() == ([], False)
    await router.server.start("127.0.0.1", port)
    await until(lambda: watch.feed.connected)
    router.bus.publish(Progress("x1", 1))
    await until(lambda: len(watch.feed._ring) == 1)
    assert watch.feed.drain()[1]
    await watch.stop()


async def test_an_address_that_is_no_router_is_tried_again(routers: Routers) -> None:
    router = await routers.start(admin_key="k3y")
    watch = Watching(router)
    await asyncio.sleep(0.1)
    assert not watch.feed.connected
    assert not watch.task.done()
    await watch.stop()


@given(st.lists(st.integers(1, 60), max_size=40))
def test_events_are_split_right_wherever_the_network_cuts(cuts: list[int]) -> None:
    sent = [Envelope(seq, 1.5, 2.5, fact) for seq, fact in enumerate(ONE_OF_EACH, 1)]
    stream = b": watching\n\n" + RESET + b"".join(encode_event(envelope) for envelope in sent) + b": idle\n\n"
    events, found, at = Events(), [], 0
    for size in [*cuts, len(stream)]:
        found += events.feed(stream[at : at + size])
        at += size
    assert isinstance(found[0], Reset)
    assert found[1:] == sent


def test_facts_of_another_version_are_passed_over() -> None:
    events = Events()
    unknown = b'id: 1\nevent: BrandNew\ndata: {"seq":1}\n\n'
    other_form = b'id: 2\nevent: Progress\ndata: {"seq":2,"at":1,"mono":1,"fact":{"bytes":3}}\n\n'
    known = encode_event(Envelope(3, 1.0, 1.0, Progress("x1", 9)))
    assert events.feed(unknown + other_form + known) == [Envelope(3, 1.0, 1.0, Progress("x1", 9))]
