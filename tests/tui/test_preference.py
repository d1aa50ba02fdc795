"""Moving the preference tells what it would change, once the keys rest."""

from collections.abc import Callable

import pytest

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.whatif import WhatIf
from llmrouter_tui.tui.app import ControlCenter
from llmrouter_tui.tui.errands import what_if_text
from tests.tui.test_flows import until
from tests.tui.test_screens import running


def notes(app: ControlCenter) -> list[str]:
    return [note.message for note in app._notifications]


class Later:
    """Timers that go off when a test says so."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []

    def __call__(self, seconds: float, act: Callable[[], None]) -> "Later":
        self.waiting.append(act)
        return self

    def stop(self) -> None:
        self.waiting.clear()


async def test_it_is_told_what_would_change() -> None:
    async with running() as (app, pilot):
        await pilot.press("right_curly_bracket")
        await until(app, pilot, lambda: notes(app))
        assert notes(app) == [
            "Quality .55: of the last 200 choices 14 would change, on average +.03 quality and 1.2s longer."
        ]


async def test_another_step_starts_the_wait_anew() -> None:
    async with running() as (app, pilot):
        app.preference._later = later = Later()
        await pilot.press("right_curly_bracket")
        await until(app, pilot, lambda: later.waiting)
        first = later.waiting[0]
        await pilot.press("left_curly_bracket")
        await until(app, pilot, lambda: later.waiting and later.waiting[0] is not first)
        assert len(later.waiting) == 1
        later.waiting[0]()
        await until(app, pilot, lambda: notes(app))
        assert notes(app)[0].startswith("Quality .50: ")


async def test_a_preference_that_was_refused_tells_only_that() -> None:
    async with running() as (app, pilot):
        app.preference._later = later = Later()
        app.host.control.refuse = RouterError("invalid_request", "it is fixed")  # type: ignore[attr-defined]
        await pilot.press("right_curly_bracket")
        await until(app, pilot, lambda: notes(app) and app.preference.asked is None)
        assert notes(app) == ["Preference not changed: it is fixed"]
        assert later.waiting == []


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (WhatIf(0.3, 200), "Quality .30: of the last 200 choices none would change."),
        (
            WhatIf(0.3, 9, 1, -0.04, -12.3),
            "Quality .30: of the last 9 choices 1 would change, -.04 quality and 12s faster.",
        ),
    ],
)
def test_it_is_said_in_a_sentence(found: WhatIf, said: str) -> None:
    assert what_if_text(found) == said
