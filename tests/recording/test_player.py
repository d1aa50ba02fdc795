"""Playing: events come as their time comes, which can be stopped, hurried and moved."""

import asyncio
import inspect
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from llmrouter_tui.core.decision import Exchange
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.events import Envelope, ExchangeFinished, ExchangeStarted
from llmrouter_tui.core.grades import GradeFilter
from llmrouter_tui.core.ports.control import Control
from llmrouter_tui.core.trends import Curve, Swap, Work, figures, grid, trends
from llmrouter_tui.recording.control import RecordedControl
from llmrouter_tui.recording.lines import event_line, snapshot_line
from llmrouter_tui.recording.player import Player
from llmrouter_tui.recording.reader import Recording
from tests.recording.traffic import START, events, write
from tests.tui.scripted import NOW

SECONDS = 30
POOLS = ("gpu0", "gpu1", "host")
SPECIAL = {"grades": GradeFilter(), "trends": 600.0}
"""Arguments that are no text."""


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


class Playing:
    """A player whose time a test turns, and a screen that does what screens do."""

    def __init__(self, path: Path, speed: float = 1.0) -> None:
        self.clock = Clock()
        self.player = Player(Recording(path), speed, self.clock)
        self.seen: list[Envelope] = []
        self.snapshots = 0
        self.look()

    def look(self, after: float = 0.0) -> None:
        """Some seconds later the screen looks: at a snapshot where one is due, and at all events since."""
        self.clock.now += after
        for _ in range(20):
            got, cut = self.player.drain()
            if cut or not self.snapshots:
                self.snapshots += 1
                snapshot = self.player.restart()
                self.seen = [one for one in self.seen if one.seq <= snapshot.seq]
            self.seen += got
            self.player.fill()

    @property
    def at(self) -> float:
        return round(self.player.now() - NOW, 3)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("it") / "it.jsonl", SECONDS)


def due(until: float) -> list[int]:
    return [envelope.seq for envelope in events(SECONDS) if envelope.at <= NOW + until]


def test_events_come_as_their_time_comes(path: Path) -> None:
    it = Playing(path, speed=2.0)
    for step in range(1, 6):
        it.look(after=1.0)
        assert it.at == 2.0 * step
        assert [one.seq for one in it.seen] == due(2.0 * step)


def test_it_is_stopped_hurried_and_goes_on_where_it_stood(path: Path) -> None:
    it = Playing(path)
    it.look(after=2.0)
    it.player.pause(True)
    it.look(after=60.0)
    assert (it.at, it.player.playing().paused) == (2.0, True)
    it.player.pause(False)
    it.player.pace(10.0)
    it.look(after=1.0)
    assert it.at == 12.0
    assert [one.seq for one in it.seen] == due(12.0)


def test_at_the_end_it_stands_and_says_so(path: Path) -> None:
    it = Playing(path, speed=10.0)
    it.look(after=9.0)
    playing = it.player.playing()
    assert playing.over
    assert (playing.at, playing.ends, playing.broken) == (NOW + SECONDS, NOW + SECONDS, "")
    assert [one.seq for one in it.seen] == due(SECONDS)


def test_a_jump_back_and_forth_shows_what_was_so_then(path: Path) -> None:
    it = Playing(path)
    it.look(after=20.0)
    it.player.pause(True)
    it.player.go(NOW + 7.0)
    assert it.at == 7.0, "it says at once where it goes"
    it.look(after=3.0)
    assert (it.at, it.snapshots) == (7.0, 2)
    assert [one.seq for one in it.seen] == due(7.0)
    it.player.go(NOW + 10_000)
    it.look()
    assert it.at == SECONDS
    it.player.go(NOW - 10_000)
    it.look()
    assert it.at == 0.0


def test_what_was_lost_is_counted_and_mended_by_the_snapshot_behind_it(path: Path, tmp_path: Path) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    story = list(events(SECONDS))
    kept = [event_line(one) for one in story if not 10 < one.at - NOW <= 12]
    later = [index for index, one in enumerate(story) if one.at - NOW <= 10][-1] + 1
    mending = replace(START, seq=story[later].seq + 150, at=NOW + 13.0)
    put = next(i for i, one in enumerate(s for s in story if not 10 < s.at - NOW <= 12) if one.at > NOW + 13.0)
    torn = tmp_path / "torn.jsonl"
    torn.write_bytes(b"".join([*lines[:2], *kept[:put], snapshot_line(mending), *kept[put:], lines[-1]]))
    it = Playing(torn)
    it.look(after=12.5)
    missing = sum(10 < one.at - NOW <= 12 for one in story)
    assert (it.player.playing().lost, it.snapshots) == (missing, 1)
    it.look(after=2.0)
    it.look()
    assert it.snapshots == 2
    it.look(after=2.0)
    assert (it.player.playing().lost, it.snapshots) == (missing, 2), "once"


def test_one_that_breaks_off_plays_to_there_and_says_why(path: Path, tmp_path: Path) -> None:
    torn = tmp_path / "torn.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    torn.write_bytes(b"".join(lines[:500]) + b'{"event":"Progress","se')
    it = Playing(torn, speed=100.0)
    it.look(after=3.0)
    playing = it.player.playing()
    assert playing.over
    assert "cut off" in playing.broken
    assert len(it.seen) == 498
    assert playing.at == playing.ends == it.seen[-1].at


async def test_it_answers_what_it_tells_and_refuses_the_rest_in_words(path: Path) -> None:
    it = Playing(path)
    it.look(after=9.0)
    control: Any = RecordedControl(it.player)
    started = [one.fact.exchange.id for one in it.seen if isinstance(one.fact, ExchangeStarted)]
    page = await control.exchanges(limit=5)
    assert [one.id for one in page.items] == started[::-1][:5]
    older = await control.exchanges(before=page.before, limit=500)
    assert older.before is None
    assert len(page.items) + len(older.items) == len(started) + len(START.exchanges)
    assert (await control.exchange(started[0])).outcome == "ok"
    known = page.items[0]
    assert await control.explain(known.prompt) == known.decision
    assert (await control.grades(GradeFilter())).total == 0
    for call in (control.explain("never asked"), control.load("m"), control.review(), control.exchange("zzz")):
        with pytest.raises(RouterError, match="this is a recording"):
            await call


async def test_plots_show_what_had_been_recorded_by_then_whoever_jumped_where(path: Path) -> None:
    it = Playing(path)
    control = RecordedControl(it.player)
    for at in (NOW, NOW + SECONDS, NOW + 12.0):
        it.player.go(at)
        it.look()
        known = [
            one.fact.exchange for one in events(SECONDS) if isinstance(one.fact, ExchangeFinished) and one.at <= at
        ]
        shown = (await control.trends(3600.0)).curves
        assert values(one for one in shown if one.of not in POOLS) == {
            curve: pytest.approx(expected) for curve, expected in values(told((*START.exchanges, *known), at)).items()
        }
        assert {one.of for one in shown if one.what == "memory"} == {*POOLS}
    control.close()


def values(curves: Iterable[Curve]) -> dict[tuple[str, str], list[float]]:
    return {(one.what, one.of): [-1.0 if value is None else value for value in one.values] for one in curves}


def told(exchanges: Iterable[Exchange], now: float) -> list[Curve]:
    """The curves of these, and of the moves that were known at the beginning."""
    work = [
        Work(int(one.at), one.model, *figures(one.outcome, one.code, one.ttft, tokens, one.decode_per_second))  # type: ignore[arg-type]
        for one in exchanges
        for tokens in (one.usage.completion_tokens,)
    ]
    own = [one for one in START.residency if one.kind in ("load", "unload") and not one.external]
    lost = [Swap(int(one.at), one.seconds or 0.0) for one in own]
    return [*trends(grid(now, 3600.0), work, (), lost).curves]


async def test_every_question_and_command_has_an_answer(path: Path) -> None:
    """None is forgotten: each is answered, or refused as a recording must."""
    it = Playing(path)
    control = RecordedControl(it.player)
    names = [name for name, _ in inspect.getmembers(Control, inspect.isfunction) if not name.startswith("_")]
    assert len(names) > 40
    told = []
    for name in names:
        arguments = [
            SPECIAL.get(name, "x")
            for parameter in list(inspect.signature(getattr(Control, name)).parameters.values())[1:]
            if parameter.default is parameter.empty and parameter.kind is parameter.POSITIONAL_OR_KEYWORD
        ]
        try:
            answer = getattr(control, name)(*arguments)
            if inspect.isawaitable(answer):
                await asyncio.wait_for(answer, 5)
            told.append(name)
        except RouterError as error:
            assert "this is a recording" in error.message, name
    control.close()
    questions = {"snapshot", "exchanges", "models", "vram", "settings", "profiles", "grades", "logs", "trends"}
    assert questions <= set(told)
