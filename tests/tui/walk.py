"""A walk through every page and the dialogs that matter, over a machine that lived: traffic, measuring, grades, votes,
curves, an answered prompt. Also a program for the eye: ``python -m tests.tui.walk OUT_DIR SIZE THEME …`` writes each
screen of it as SVG, into a folder of yours."""

import asyncio
import sys
from collections.abc import AsyncIterator, Coroutine, Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar, cast

from llmrouter_tui.core import events as ev
from llmrouter_tui.core.domain import ResidencyEvent
from llmrouter_tui.core.whatif import WhatIf, what_if
from llmrouter_tui.tui.actions import PAGES
from llmrouter_tui.tui.app import ControlCenter
from llmrouter_tui.tui.modals.whatif import WhatIfDialog
from llmrouter_tui.tui.widgets.prompt import Prompt
from tests.tui.benches import OVER, PROFILES, RESULTS, RUN
from tests.tui.gradebooks import GRADES, JUDGE
from tests.tui.scripted import BIG, NOW, PHI, SNAPSHOT, ScriptedControl, ScriptedHost
from tests.tui.shots import build, remember, screen_text, settled
from tests.tui.test_comparisons import FOUND
from tests.tui.test_flows import until
from tests.tui.test_leaderboard import VOTES
from tests.tui.test_trends import went

T = TypeVar("T")
LIVED = replace(
    SNAPSHOT,
    profile=RUN,
    judge=JUDGE,
    log=tuple(replace(line, at=line.at - 60 * ago) for ago in range(7, -1, -1) for line in SNAPSHOT.log),
    residency=(*SNAPSHOT.residency, ResidencyEvent(NOW - 900, "unload", BIG, "gpu0", 0.4, "made room", "", False, PHI)),
)
PROMPT = "Write a Python function that merges two sorted lists"
ANSWER = """Walk both lists at once and always take the smaller head:

```python
def merge(a, b):
    out, i, j = [], 0, 0
    while i < len(a) and j < len(b):
        if a[i] <= b[j]:
            out.append(a[i]); i += 1
        else:
            out.append(b[j]); j += 1
    return out + a[i:] + b[j:]
```

- It is **stable**: of equal values those of `a` come first.
- It takes `O(n + m)` steps and as much memory.
"""
OPENED: dict[str, tuple[str, Sequence[str]]] = {
    "rate": ("routes", ("j", "j", "j", "d", "2")),
    "note": ("routes", ("n",)),
    "why": ("routes", ("j", "j", "enter")),
    "what-if": ("routes", ("w", *["left"] * 6)),
    "model": ("models", ("enter",)),
    "abilities": ("models", ("Q",)),
    "leaderboard": ("models", ("W",)),
    "plots": ("models", ("T", "4")),
    "match": ("models", ("m",)),
    "confirm": ("models", ("x",)),
    "inbox": ("dash", ("i",)),
    "help": ("dash", ("question_mark",)),
    "palette": ("dash", ("colon",)),
    "quit": ("dash", ("q",)),
    "measure": ("profile", ("b",)),
}
"""What stands over a page: its name, that page, and the keys that open it."""


class Lived(ScriptedControl):
    """What the choices shown would have been is computed, not made up."""

    async def what_if(self, preference: float) -> WhatIf:
        decisions = [(one.id, one.decision) for one in self.now.exchanges if one.decision]
        return what_if(decisions, preference)


class LivedHost(ScriptedHost):
    """Knows whether every question of the screen is answered."""

    def __init__(self) -> None:
        super().__init__(LIVED)
        control = self.control = Lived(LIVED, self.feed)
        control.measured, control.results, control.went, control.compared = PROFILES, RESULTS, went, FOUND
        control.graded = {grade.id: grade for grade in GRADES}
        control.given = {vote.id: vote for vote in VOTES}
        self.asked: list[Future[Any]] = []

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        asked = super().submit(coroutine)
        self.asked = [*(one for one in self.asked if not one.done()), asked]
        return asked


async def still(app: ControlCenter, pilot: Any) -> str:
    """The screen's text, once every question is answered and nothing moves any more."""
    host, before = cast(LivedHost, app.host), ""
    for _ in range(100):
        await settled(app, pilot, turns=1)
        shown = screen_text(app)
        if shown == before and all(one.done() for one in host.asked):
            return shown
        before = shown
    raise AssertionError("it never came to rest")


async def converse(app: ControlCenter, pilot: Any) -> None:
    """Ask, and rate the answer."""
    control = cast(LivedHost, app.host).control
    app.screen.query_one(Prompt).text = PROMPT
    await until(app, pilot, lambda: app.asks.known)
    await pilot.press("ctrl+j")
    await until(app, pilot, lambda: control.answers)
    control.answers[0].say(ANSWER)
    control.answers[0].end()
    await until(app, pilot, lambda: app.asks.round and not app.asks.round.running)
    await pilot.press("u")


async def pages(app: ControlCenter, pilot: Any) -> AsyncIterator[str]:
    """Go to every page; yields its name once it is there and still."""
    await settled(app, pilot)
    remember(app)
    for page in PAGES:
        app.go(page)
        await settled(app, pilot, turns=1)
        if page == "models":
            await pilot.press("j", "j")
        if page == "ask" and app.asks.round is None:
            await converse(app, pilot)
        await still(app, pilot)
        yield page


async def dialogs(app: ControlCenter, pilot: Any) -> AsyncIterator[str]:
    """Open what stands over pages, one after the other; yields each one's name once it is there and still."""
    for name, (page, keys) in OPENED.items():
        if name == "measure":
            app.host.feed.push(ev.ProfileChanged(OVER))  # type: ignore[attr-defined]
        app.go(page)
        await settled(app, pilot, turns=1)
        await pilot.press(*keys)
        if isinstance(app.screen, WhatIfDialog):
            await until(app, pilot, lambda: app.screen.found)  # type: ignore[attr-defined]
        await still(app, pilot)
        yield name
        await pilot.press("escape")
        await settled(app, pilot, turns=1)


def begin(**more: Any) -> ControlCenter:
    app = build(LivedHost(), **more)
    app.asks.seed = "1"
    return app


async def draw(folder: Path, size: tuple[int, int], theme: str) -> None:
    """Each screen as SVG."""
    app = begin(symbols="ascii" if theme == "ascii" else "braille")
    async with app.run_test(size=size) as pilot:
        await settled(app, pilot)
        app.theme = "mono" if theme == "ascii" else theme
        for walk in (pages, dialogs):
            async for name in walk(app, pilot):
                (folder / f"{name}-{size[0]}x{size[1]}-{theme}.svg").write_text(app.export_screenshot())


if __name__ == "__main__":
    target, wide, *themes = sys.argv[1:]
    Path(target).mkdir(parents=True, exist_ok=True)
    width, height = map(int, wide.split("x"))
    for one in themes:
        asyncio.run(draw(Path(target), (width, height), one))
