"""The control plane: everything a screen, a script or the admin API can ask of a running router."""

from collections.abc import AsyncIterable, Sequence

from llmrouter_tui.core.events import LogLine
from llmrouter_tui.core.ports.control import Snapshot
from llmrouter_tui.core.restoring import Restoration
from llmrouter_tui.engine.commands.asking import AskCommands
from llmrouter_tui.engine.commands.backends import BackendCommands
from llmrouter_tui.engine.commands.figures import FigureCommands
from llmrouter_tui.engine.commands.history import HistoryCommands
from llmrouter_tui.engine.commands.judging import JudgeCommands
from llmrouter_tui.engine.commands.keys import KeyCommands
from llmrouter_tui.engine.commands.models import ModelCommands
from llmrouter_tui.engine.commands.profile import ProfileCommands
from llmrouter_tui.engine.commands.review import ReviewCommands
from llmrouter_tui.engine.commands.settings import SettingCommands
from llmrouter_tui.engine.commands.votes import VoteCommands


class EngineControl(
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
    """``core.ports.control.Control`` in this process."""

    async def snapshot(self) -> Snapshot:
        p = self._p
        seq = p.bus.seq
        return Snapshot(
            seq=seq,
            at=p.clock.wall(),
            service=p.status.view(),
            backends=tuple(record.view() for record in p.fleet.every()),
            models=p.fleet.views(),
            devices=p.fleet.devices,
            exchanges=p.router.traffic.newest(),
            residency=p.journal.residency(),
            settings=tuple(p.settings.views()),
            log=p.journal.lines(),
            rates=p.router.traffic.rates(),
            total_exchanges=p.status.stored_exchanges + p.router.traffic.finished_total,
            fetch=p.fetching.state,
            embedded_available=p.embedded_available,
            sync=p.syncs.view(),
            vram=p.vram.view(),
            profile=p.profiler.run,
            judge=p.judge.view(),
            spend=p.spending.view(),
        )

    async def logs(self, *, limit: int = 500) -> Sequence[LogLine]:
        return self._p.journal.lines()[-limit:]

    async def restore(self, content: AsyncIterable[bytes]) -> Restoration:
        return await self._p.restore(content)

    async def shutdown(self) -> None:
        self._p.stop()
