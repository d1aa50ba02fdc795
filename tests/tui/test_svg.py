"""A few screens with their colours, as SVG: ``pytest tests/tui/test_svg.py --snapshot-update`` writes them anew."""

from dataclasses import replace
from typing import Any

import pytest

from tests.tui.benches import PROFILES, RUN
from tests.tui.gradebooks import JUDGE
from tests.tui.scripted import SNAPSHOT, ScriptedHost
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


def test_profile_in_colour(snap_compare: Any) -> None:
    host = ScriptedHost(replace(SNAPSHOT, profile=RUN, judge=JUDGE))
    host.control.measured = PROFILES
    app = build(host)

    async def before(pilot: Any) -> None:
        await settled(app, pilot)
        app.go("profile")
        await settled(app, pilot, turns=5)

    assert snap_compare(app, terminal_size=(120, 36), run_before=before)
