"""``Control`` over HTTP: the admin API of a router that runs elsewhere."""

from collections.abc import AsyncIterable, AsyncIterator, Sequence

import httpx
import msgspec

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.events import LogLine
from llmrouter_tui.core.export import What
from llmrouter_tui.core.ports.control import Snapshot
from llmrouter_tui.core.query import EVERYTHING, Query
from llmrouter_tui.core.restoring import Restoration
from llmrouter_tui.remote.commands.asking import AskCommands
from llmrouter_tui.remote.commands.backends import BackendCommands
from llmrouter_tui.remote.commands.figures import FigureCommands
from llmrouter_tui.remote.commands.history import HistoryCommands
from llmrouter_tui.remote.commands.judging import JudgeCommands
from llmrouter_tui.remote.commands.keys import KeyCommands
from llmrouter_tui.remote.commands.models import ModelCommands
from llmrouter_tui.remote.commands.profile import ProfileCommands
from llmrouter_tui.remote.commands.review import ReviewCommands
from llmrouter_tui.remote.commands.settings import SettingCommands
from llmrouter_tui.remote.commands.votes import VoteCommands
from llmrouter_tui.remote.link import out_of_reach, refused

_SNAPSHOT = msgspec.json.Decoder(Snapshot)
_RESTORATION = msgspec.json.Decoder(Restoration)
_LOGS = msgspec.json.Decoder(tuple[LogLine, ...])

ERROR_LINE = 65_536
"""Bytes at the end of an export that may be its word of why it is not complete."""
RESTORE_SECONDS = 1_800.0
"""Each write and read of it: the router reads all of a copy before it answers."""


class RemoteControl(
    AskCommands,
    BackendCommands,
    FigureCommands,
    HistoryCommands,
    JudgeCommands,
    KeyCommands,
    ModelCommands,
    ProfileCommands,
    ReviewCommands,
    SettingCommands,
    VoteCommands,
):
    """Commands for a router at ``url``. Every failure is a ``RouterError``: the router's own, as it was raised
    there, or ``backend_unreachable``. A read-only control refuses commands before anything is sent."""

    async def snapshot(self) -> Snapshot:
        return await self._get("snapshot", _SNAPSHOT)

    async def export(
        self, what: What, *, form: str, since: str, texts: bool, query: Query = EVERYTHING
    ) -> AsyncIterator[bytes]:
        """What is on record, as it comes. Raises ``RouterError``, also where it breaks off."""
        params = {"what": what, "format": form, "since": since, "texts": str(texts).lower()}
        if query:
            params["filter"] = str(query)
        last = b""
        try:
            async with self._client.stream("GET", "/admin/export", params=params) as response:
                if not response.is_success:
                    await response.aread()
                    raise refused(self.root, response)
                async for data in response.aiter_raw():
                    last = (last + data)[-ERROR_LINE:]
                    yield data
        except httpx.TransportError as error:
            raise out_of_reach(self.root, error) from error
        if form == "jsonl" and last.rpartition(b"\n")[0].rpartition(b"\n")[2].startswith(b'{"error":'):
            words = "it is not complete: the router broke it off, and says why in its last line"
            raise RouterError("storage_unavailable", words, retryable=True)

    async def logs(self, *, limit: int = 500) -> Sequence[LogLine]:
        return await self._get("logs", _LOGS, {"limit": str(limit)})

    async def restore(self, content: AsyncIterable[bytes]) -> Restoration:
        self._may_command()
        headers = {"Content-Type": "application/octet-stream"}
        try:
            answer = await self._client.post(
                "/admin/restore", content=content, headers=headers, timeout=RESTORE_SECONDS
            )
        except httpx.TransportError as error:
            raise out_of_reach(self.root, error) from error
        if not answer.is_success:
            raise refused(self.root, answer)
        return self._read(answer.content, _RESTORATION)

    async def shutdown(self) -> None:
        await self._command("POST", "shutdown")
