"""The screen takes less time the more the router needs."""

from llmrouter_tui.core import events as ev
from llmrouter_tui.tui.pace import LONGEST, Pace
from tests.tui import scripted
from tests.tui.shots import screen_text, settled
from tests.tui.test_screens import running


def due(cost: float, waited: float, router: float) -> bool:
    """Whether a frame is due ``waited`` seconds after one that cost ``cost`` seconds of CPU, while the router used
    ``router`` of a core."""
    pace = Pace()
    pace.begin(100.0, 5.0, 50.0)
    pace.drawn(5.0 + cost)
    return pace.due(100.0 + waited, 5.0 + cost, 50.0 + cost + router * waited)


def test_a_cheap_frame_is_followed_at_the_next_look() -> None:
    assert due(cost=0.008, waited=0.1, router=0.0)
    assert due(cost=0.008, waited=0.1, router=0.2)


def test_a_dear_frame_waits_for_its_share() -> None:
    assert not due(cost=0.03, waited=0.1, router=0.0)
    assert due(cost=0.03, waited=0.3, router=0.0)


def test_beside_a_router_under_load_frames_are_fewer() -> None:
    assert not due(cost=0.008, waited=0.1, router=0.9)
    assert due(cost=0.008, waited=0.3, router=0.9)


def test_the_screen_never_stands_still() -> None:
    assert due(cost=9.0, waited=LONGEST, router=1.0)


def test_the_first_frame_is_due_and_the_next_not_before_it_is_drawn() -> None:
    pace = Pace()
    assert pace.due(0.0, 0.0, 0.0)
    pace.begin(0.0, 0.0, 0.0)
    assert not pace.due(0.1, 0.001, 0.001)
    pace.drawn(0.002)
    assert pace.due(0.1, 0.002, 0.002)


async def test_what_happens_between_two_frames_is_taken_in_and_shown_with_the_next() -> None:
    async with running() as (app, pilot):
        told = []
        app.screen.absorb, absorb = lambda *what: (told.append(what), absorb(*what)), app.screen.absorb  # type: ignore
        app._timer.stop()
        app._pace.due = lambda *_: False  # type: ignore[method-assign]
        for batch in range(5):
            fresh = [scripted.exchange(f"zb{batch}{i:03d}", 0, scripted.CHAT, outcome="running") for i in range(60)]
            app.host.feed.push(*[ev.ExchangeStarted(exchange) for exchange in fresh])  # type: ignore[attr-defined]
            app.look_out()
        assert not told
        assert app.store.in_flight == 302
        app._pace.due = lambda *_: True  # type: ignore[method-assign]
        app.look_out()
        assert len(told) == 1
        await settled(app, pilot)
        assert "302 in flight" in screen_text(app)
        assert " 4059 " in screen_text(app)
