"""What the screen costs on a recorded hour at fifty events a second: ``python -m tests.tools.screen_cost``.

Every tick takes in a tenth of a second of events and paints at once, without a terminal; the cost is the CPU time of
the screen's thread. ``--seconds`` shortens the hour, ``--page`` and ``--size`` choose what is looked at.
"""

import argparse
import asyncio
import time
from collections.abc import Iterator
from itertools import islice
from statistics import median, quantiles

from llmrouter_tui.core import events as ev
from llmrouter_tui.tui.app import ControlCenter, _settle
from tests.recording.traffic import START, events
from tests.tui.scripted import NOW, ScriptedHost
from tests.tui.shots import build, settled

TICK = 0.1
CALIBRATION = 20_000


def calibrated() -> float:
    """Seconds of CPU that this machine takes now for a fixed piece of Python, the best of several."""
    best = float("inf")
    for _ in range(5):
        began, kept = time.thread_time(), {}
        for number in range(CALIBRATION):
            kept[number % 97] = f"{number:06d}".rjust(8)
        best = min(best, time.thread_time() - began)
    return best


async def _turns() -> None:
    """Let what was sent arrive; asking the pilot to wait for that would cost more than most ticks."""
    for _ in range(6):
        await asyncio.sleep(0)


async def ticks(app: ControlCenter, host: ScriptedHost, seconds: int) -> list[float]:
    """Seconds of CPU that each tick took."""
    story: Iterator[ev.Envelope] = events(seconds, seq=host.feed.seq)
    upcoming = next(story, None)
    costs: list[float] = []
    for step in range(1, int(seconds / TICK) + 1):
        until = NOW + step * TICK
        while upcoming is not None and upcoming.at <= until:
            host.feed.push(upcoming.fact, at=upcoming.at)
            upcoming = next(story, None)
        app.clock = lambda until=until: until  # type: ignore[misc]
        began = time.thread_time()
        app.tick()
        await _turns()
        app.screen._on_timer_update()  # Textual paints sixty times a second at most: here at once
        await _turns()
        costs.append(time.thread_time() - began)
    return costs


async def measure(page: str, size: tuple[int, int], seconds: int) -> list[float]:
    host = ScriptedHost(START)
    app = build(host)
    async with app.run_test(size=size) as pilot:
        app._timer.pause()
        await settled(app, pilot)
        app.go(page)
        await settled(app, pilot)
        _settle()  # as a program with a terminal does
        return await ticks(app, host, seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=3600)
    parser.add_argument("--page", default="dash")
    parser.add_argument("--size", default="160x45")
    asked = parser.parse_args()
    width, height = map(int, asked.size.split("x"))
    costs = asyncio.run(measure(asked.page, (width, height), asked.seconds))
    told = [1000 * cost for cost in islice(costs, 10, None)]
    parts = quantiles(told, n=100)
    print(
        f"{asked.page} {asked.size}: {len(told)} ticks, median {median(told):.2f} ms, p95 {parts[94]:.2f}, "
        f"p99 {parts[98]:.2f}, most {max(told):.2f}; calibration {1000 * calibrated():.2f} ms"
    )


if __name__ == "__main__":
    main()
