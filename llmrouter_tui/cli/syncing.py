"""Public figures brought up to date: what a sync is made of here, and how the command line tells of one."""

import asyncio
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from llmrouter_tui.catalog.sync.run import Terms
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.ports.control import Control
from llmrouter_tui.core.sync import SyncProgress, SyncRecord, outcome, so_far, title
from llmrouter_tui.service.sync import make_sync
from llmrouter_tui.settings import Settings
from llmrouter_tui.storage.repo import open_repo

POLL = 0.25
"""Seconds between two looks at a router that does it."""


async def sync_into(
    database: Path,
    settings: Settings,
    sources: Sequence[str],
    report: Callable[[SyncProgress], None],
    *,
    terms: Terms | None = None,
) -> list[SyncRecord]:
    """One run with the database opened for it. Raises ``RouterError``, also where nothing could be kept."""
    repo = await open_repo(database)
    try:
        if repo.problem:
            raise RouterError("storage_unavailable", repo.problem)
        return await make_sync(repo, settings, terms=terms).run(sources, report=report)
    finally:
        await repo.close()


def told(records: Sequence[SyncRecord]) -> list[str]:
    """The outcome, a line for each source; one sentence where none could be reached."""
    if records and all(record.status == "offline" for record in records):
        alone = f"{title(records[0].source)} could not"
        who = alone if len(records) == 1 else f"None of the {len(records)} sources could"
        return [f"{who} be reached: {records[0].message}. The figures that are here stay in use."]
    return [_line(record) for record in records]


def _line(record: SyncRecord) -> str:
    stay = "" if record.good else "; the figures that are here stay in use"
    return f"{title(record.source):22} {record.status:10} {outcome(record)}{stay}"


class Ticker:
    """One line on a terminal that is written over; nothing where stderr is no terminal."""

    def __init__(self) -> None:
        self._shows = sys.stderr.isatty()
        self._width = 0

    def __call__(self, progress: SyncProgress) -> None:
        if self._shows:
            self._write("" if progress.state == "done" else f"{title(progress.source)}: {so_far(progress)}"[:100])

    def _write(self, line: str) -> None:
        click.echo(f"\r{line:{self._width}}\r{line}", nl=False, err=True)
        self._width = len(line)


def run(database: Path, settings: Settings, sources: Sequence[str]) -> list[SyncRecord]:
    """Run it from the command line. Raises ``RouterError``, and ``KeyboardInterrupt`` once what was under way is
    recorded as cancelled."""
    return asyncio.run(sync_into(database, settings, sources, Ticker()))


def run_at(url: str, key: str, sources: Sequence[str]) -> list[SyncRecord] | None:
    """Have a running router do it, so that it uses the figures at once; None if it is a demo, which asks nobody.
    Raises as ``run`` does."""
    from llmrouter_tui.remote.control import RemoteControl

    async def there() -> list[SyncRecord] | None:
        control = RemoteControl(url, key=key)
        try:
            return None if (await control.snapshot()).service.demo else await follow(control, sources, Ticker())
        finally:
            await control.aclose()

    return asyncio.run(there())


async def follow(
    control: Control, sources: Sequence[str], report: Callable[[SyncProgress], None], *, pause: float = POLL
) -> list[SyncRecord]:
    """Start a run at a router, or join the one that is under way there, and wait for its end; cancelled here, it is
    cancelled there. Raises ``RouterError``."""
    view = await control.sync_view()
    before = {source.name: source.last for source in view.sources}
    if not view.running:
        await control.sync(sources)
    try:
        while (view := await control.sync_view()).running:
            if view.now is not None and view.now.progress is not None:
                report(view.now.progress)
            await asyncio.sleep(pause)
    except asyncio.CancelledError:
        await control.cancel_sync()
        raise
    report(SyncProgress("", "done"))
    return [s.last for s in view.sources if s.last is not None and s.last != before.get(s.name)]
