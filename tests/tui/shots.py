"""Looks at a screen: its text, line by line, and SVG files. Also a program for the eye:
``python -m tests.tui.shots OUT_DIR`` writes every page as SVG and text; ``--live`` runs it with made-up traffic."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from llmrouter_tui.core import events as ev
from llmrouter_tui.tui.app import ControlCenter
from llmrouter_tui.tui.symbols import SYMBOLS
from llmrouter_tui.tui.text import Look
from tests.tui import scripted
from tests.tui.scripted import NOW, ScriptedHost


def at_sizes(*sizes: tuple[int, int]) -> Any:
    """For a test that is run at each of these sizes: at the first one always, at the others with what is thorough."""
    cases = [
        pytest.param(size, id=f"{size[0]}x{size[1]}", marks=[pytest.mark.thorough] if at else [])
        for at, size in enumerate(sizes)
    ]
    return pytest.mark.parametrize("size", cases)


def build(host: ScriptedHost | None = None, *, symbols: str = "braille", **more: Any) -> ControlCenter:
    """The control center over a scripted host, with a clock that stands still and times in UTC."""
    app = ControlCenter(
        host or ScriptedHost(), look=Look(SYMBOLS[symbols], UTC), symbols=symbols, clock=lambda: NOW, **more
    )
    start = app.run_test

    @asynccontextmanager
    async def run_test(**options: Any) -> AsyncIterator[Any]:
        async with start(**options) as pilot:
            press = pilot.press

            async def press_and_wait(*keys: str) -> None:
                await press(*keys)
                await quiet(app, pilot)

            pilot.press = press_and_wait  # type: ignore[method-assign]
            yield pilot

    app.run_test = run_test  # type: ignore[assignment,method-assign]
    return app


async def quiet(app: ControlCenter, pilot: Any) -> None:
    """Wait until every key has done its work, and until a switch of screens is painted (Textual holds that back)."""
    while app.is_running and (app._keystrokes.busy or app._batch_count):
        await asyncio.sleep(0.005)
    await pilot.pause()


def screen_text(app: ControlCenter) -> str:
    """What is on the screen, without colour."""
    strips = app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in strips) + "\n"


async def settled(app: ControlCenter, pilot: Any, *, turns: int = 3) -> None:
    """Wait until the first snapshot is shown, or why there is none, and nothing is in the queues."""
    for _ in range(200):
        await pilot.pause()
        if app.store.ready or app.crashed or app.unanswered:
            break
        await asyncio.sleep(0.01)
    await quiet(app, pilot)
    for _ in range(turns):
        app.tick()
        await pilot.pause()


def remember(app: ControlCenter) -> None:
    """Tell the screen ten minutes of memory samples, as if it had been open that long."""
    for at, sampled in scripted.memory_story():
        app.store.memory.sampled(sampled.devices, at)
    app.tick()


async def write(folder: Path) -> None:
    for width, height in ((120, 36), (80, 24), (60, 16)):
        app = build()
        async with app.run_test(size=(width, height)) as pilot:
            await settled(app, pilot)
            remember(app)
            for page in app.pages:
                app.go(page)
                await settled(app, pilot)
                name = folder / f"{page}-{width}x{height}"
                name.with_suffix(".svg").write_text(app.export_screenshot())
                name.with_suffix(".txt").write_text(screen_text(app))


class LiveHost(ScriptedHost):
    """Made-up traffic that never ends."""

    async def _main(self) -> None:
        self._traffic = asyncio.get_running_loop().create_task(self._flow())
        await super()._main()
        self._traffic.cancel()

    async def _flow(self) -> None:
        number = 0
        pool = [item for item in scripted.EXCHANGES if item.decision and item.outcome == "ok"]
        while True:
            number += 1
            self._one = asyncio.get_running_loop().create_task(
                self._request(f"y{number:05d}", pool[number % len(pool)])
            )
            await asyncio.sleep(0.9)

    async def _request(self, id_: str, like: Any) -> None:
        def push(fact: ev.Fact) -> None:
            self.feed.push(fact, at=time.time())

        fresh = scripted.Exchange(id_, time.time(), stream=True, prompt=like.prompt)
        push(ev.ExchangeStarted(fresh))
        await asyncio.sleep(0.1)
        push(ev.Decided(id_, like.decision))
        await asyncio.sleep(like.ttft)
        push(ev.FirstToken(id_, like.model, like.ttft))
        tokens = 0
        while tokens < (like.usage.completion_tokens or 50):
            await asyncio.sleep(0.25)
            tokens += 12
            push(ev.Progress(id_, tokens))
        push(ev.ExchangeFinished(replace(like, id=id_, at=fresh.at, rating=None)))


if __name__ == "__main__":
    if "--live" in sys.argv:
        shift = time.time() - NOW
        shown = replace(
            scripted.SNAPSHOT,
            at=time.time(),
            exchanges=tuple(
                replace(item, at=item.at + shift) for item in scripted.EXCHANGES if item.outcome != "running"
            ),
            backends=tuple(replace(item, since=item.since + shift) for item in scripted.BACKENDS),
            rates=replace(scripted.RATES, samples=tuple((at + shift, *rest) for at, *rest in scripted.RATES.samples)),
            service=replace(scripted.SNAPSHOT.service, demo="--demo" in sys.argv),
        )
        ControlCenter(LiveHost(shown), symbols="ascii" if "--ascii" in sys.argv else "braille").run()
    else:
        target = Path(sys.argv[1])
        target.mkdir(parents=True, exist_ok=True)
        asyncio.run(write(target))
