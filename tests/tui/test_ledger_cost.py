"""What a change of the list costs, counted in rows drawn."""

from typing import Any

from llmrouter_tui.core import events as ev
from llmrouter_tui.tui.app import ControlCenter
from llmrouter_tui.tui.widgets.ledger import KEPT_SCREENS, Ledger
from tests.tui import scripted
from tests.tui.shots import screen_text, settled
from tests.tui.test_screens import running


def counted(app: ControlCenter) -> tuple[Ledger, list[str]]:
    """The ledger in view, and the keys of rows that it draws from now on."""
    ledger: Ledger = app.screen.query_one(Ledger)
    drawn: list[str] = []
    draw = ledger._draw

    def count(key: str, cells: int) -> Any:
        drawn.append(key)
        return draw(key, cells)

    ledger._draw = count
    return ledger, drawn


def start(app: ControlCenter, *ids: str) -> None:
    for id_ in ids:
        app.host.feed.push(ev.ExchangeStarted(scripted.exchange(id_, 0, scripted.CHAT, outcome="running")))  # type: ignore[attr-defined]


async def test_new_rows_are_drawn_and_rows_that_move_are_not() -> None:
    async with running() as (app, pilot):
        _, drawn = counted(app)
        start(app, "zz0001", "zz0002")
        await settled(app, pilot)
        before = app.store.order[2]  # had the cursor, and has it no more
        assert set(drawn) == {"zz0001", "zz0002", before}
        lines = [line for line in screen_text(app).splitlines() if "small task" in line or "coding" in line]
        assert "0002" in lines[0] and "0001" in lines[1] and before[-4:] in lines[2]


async def test_a_change_draws_its_own_row_only() -> None:
    async with running() as (app, pilot):
        _, drawn = counted(app)
        app.host.feed.push(ev.Progress("x8f20", 88))  # type: ignore[attr-defined]
        await settled(app, pilot)
        assert drawn == ["x8f20"]
        assert "▶  88t" in screen_text(app)


async def test_rows_out_of_view_are_not_drawn() -> None:
    async with running() as (app, pilot):
        ledger, drawn = counted(app)
        start(app, *(f"zz{i:04d}" for i in range(1500)))
        await settled(app, pilot)
        assert len(drawn) <= ledger.size.height
        assert "1499" in screen_text(app)


async def test_what_is_kept_of_rows_is_bounded() -> None:
    async with running() as (app, pilot):
        ledger, _ = counted(app)
        for batch in range(40):
            start(app, *(f"z{batch:02d}{i:03d}" for i in range(40)))
            await settled(app, pilot, turns=1)
        assert len(ledger._strips) <= KEPT_SCREENS * ledger.outer_size.height


async def test_the_focus_shows_on_every_row() -> None:
    async with running() as (app, pilot):
        ledger, _ = counted(app)

        def edge(y: int) -> Any:
            return app.screen._compositor.render_strips()[ledger.region.y + y]._segments[0].style

        focused = edge(3)
        app.screen.set_focus(None)
        await settled(app, pilot)
        assert edge(3) != focused
        ledger.focus()
        await settled(app, pilot)
        assert edge(3) == focused


async def test_charts_are_drawn_when_the_traffic_moved() -> None:
    async with running() as (app, pilot):
        page: Any = app.screen
        drawn: list[int] = []
        draw = page.throughput._draw
        page.throughput._draw = lambda cells, rows: drawn.append(1) or draw(cells, rows)
        start(app, *(f"zz{i:04d}" for i in range(1000)))
        await settled(app, pilot)
        assert len(drawn) == 1
        assert str(app.store.rates.per_minute(scripted.NOW)) in screen_text(app)
        start(app, "zzy")  # one in a thousand
        await settled(app, pilot)
        assert len(drawn) == 1
        start(app, *(f"zzz{i:04d}" for i in range(50)))
        await settled(app, pilot)
        assert len(drawn) == 2
