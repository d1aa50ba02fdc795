"""What is stored, by a router that runs or in the database alone: exported, and forgotten."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import msgspec

from llmrouter_tui.core import export
from llmrouter_tui.core.decision import ExchangePage
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.export import RatingPage, What
from llmrouter_tui.core.forgetting import Forget, Forgotten
from llmrouter_tui.core.grades import GradeFilter, GradePage
from llmrouter_tui.core.profile import ModelProfile, ProfileRun, Profiles, Result
from llmrouter_tui.core.query import EVERYTHING, Query
from llmrouter_tui.core.ranking import to_plain
from llmrouter_tui.core.restoring import NOT_RESTORED, Restoration
from llmrouter_tui.core.votes import VotePage
from llmrouter_tui.remote.control import RemoteControl
from llmrouter_tui.storage.repo import SqliteRepo, open_repo

PIECE = 1 << 18
"""Bytes sent at a time."""
RESTART_SECONDS = 120.0
"""A router that restarts gives answers under way ``stop_seconds``, and then looks at its backends."""
Write = Callable[[bytes], object]


class Stored:
    """``core.export.Source`` over the database alone."""

    def __init__(self, repo: SqliteRepo) -> None:
        self._repo = repo

    async def exchanges(
        self, *, before: str | None = None, limit: int = 100, query: Query = EVERYTHING
    ) -> ExchangePage:
        return await self._repo.exchanges(before=before, limit=limit, query=query)

    async def ratings(self, *, before: str | None = None, limit: int = 100) -> RatingPage:
        return await self._repo.rating_page(before=before, limit=limit)

    async def grades(self, wanted: GradeFilter, *, before: str | None = None, limit: int = 100) -> GradePage:
        return await self._repo.grades(wanted, before=before, limit=limit)

    async def votes(self, *, before: str | None = None, limit: int = 100) -> VotePage:
        return await self._repo.vote_page(before=before, limit=limit)

    async def profiles(self) -> Profiles:
        """Which models were measured, no more."""
        newest = {result.model: result.at for result in await self._repo.profile_results()}
        return Profiles(ProfileRun(), tuple(ModelProfile(model, at) for model, at in newest.items()))

    async def profile_results(self, model: str) -> Sequence[Result]:
        return await self._repo.profile_results(model)


def existing(database: Path | None) -> Path | None:
    """The file, if there is one."""
    return database if database is not None and database.exists() else None


async def forget_in(database: Path | None, wanted: Forget) -> Forgotten:
    """Raises ``RouterError``."""
    if database is None:
        return Forgotten()
    async with _opened(database) as repo:
        if wanted.exchange:
            found = await repo.exchange(wanted.exchange)
            if found is None:
                raise RouterError("not_found", f"there is no exchange or response {wanted.exchange!r}")
            wanted = Forget(exchange=found.id)
        return await repo.forget(wanted)


async def forget_at(url: str, key: str, wanted: Forget) -> Forgotten:
    """Raises ``RouterError``."""
    control = RemoteControl(url, key=key)
    try:
        return await control.forget(wanted)
    finally:
        await control.aclose()


async def restore_at(url: str, key: str, file: Path) -> Restoration:
    """Have the router there go on with this copy, and wait until it does. Raises ``RouterError``."""
    control = RemoteControl(url, key=key)
    try:
        before = (await control.snapshot()).service.started_at
        given = await control.restore(_pieces(file))
        await _begun_anew(control, before)
        return given
    finally:
        await control.aclose()


async def _begun_anew(control: RemoteControl, before: float) -> None:
    deadline = time.monotonic() + RESTART_SECONDS
    while time.monotonic() < deadline:
        await asyncio.sleep(0.1)
        with suppress(RouterError):  # it is away for a moment
            service = (await control.snapshot()).service
            if service.started_at != before and service.state == "serving":
                break
    else:
        words = f"the router at {control.root} took the copy, and does not answer after {RESTART_SECONDS:.0f} s"
        raise RouterError("backend_unreachable", words, hint="its log tells why")
    for problem in service.problems:
        if problem.code == NOT_RESTORED:
            raise RouterError("storage_unavailable", problem.message, hint=problem.hint)


async def _pieces(file: Path) -> AsyncIterator[bytes]:
    with file.open("rb") as opened:
        while data := await asyncio.to_thread(opened.read, PIECE):
            yield data


async def export_from(
    database: Path | None,
    what: What,
    write: Write,
    *,
    form: str,
    span: float | None,
    texts: bool,
    query: Query = EVERYTHING,
) -> None:
    """Raises ``RouterError``."""
    names = export.columns(what, texts=texts) if form == "csv" else []
    if names:
        write(export.table([names]).encode())
    if database is None:
        return
    encoder = msgspec.json.Encoder(enc_hook=to_plain)
    oldest = -math.inf if span is None else time.time() - span
    async with _opened(database) as repo:
        async for page in export.pages(Stored(repo), what, oldest=oldest, texts=texts, query=query):
            if names:
                write(export.table(export.row(record, names) for record in page).encode("utf-8", "replace"))
            else:
                write(encoder.encode_lines(page))


async def export_at(
    url: str, key: str, what: What, write: Write, *, form: str, since: str, texts: bool, query: Query = EVERYTHING
) -> None:
    """Raises ``RouterError``."""
    control = RemoteControl(url, key=key, readonly=True)
    try:
        async for data in control.export(what, form=form, since=since, texts=texts, query=query):
            write(data)
    finally:
        await control.aclose()


@asynccontextmanager
async def _opened(database: Path) -> AsyncIterator[SqliteRepo]:
    repo = await open_repo(database)
    try:
        if repo.problem:
            raise RouterError("storage_unavailable", repo.problem)
        yield repo
    finally:
        await repo.close()
