"""A few screens with their colours, as SVG: ``pytest tests/tui/test_svg.py --snapshot-update`` writes them anew."""

from typing import Any

import pytest

from tests.tui.shots import build, settled


@pytest.mark.parametrize("theme", ["router-dark", "router-light", "mono"])
def test_routes_in_each_theme(snap_compare: Any, theme: str) -> None:
    app = build()

    async def before(pilot: Any) -> None:
        await settled(app, pilot)
        app.theme = theme
        app.go("routes")
        await settled(app, pilot)
        await pilot.press("j", "j", "j", "j")
        await settled(app, pilot)

    assert snap_compare(app, terminal_size=(120, 36), run_before=before)
