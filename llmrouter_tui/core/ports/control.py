"""The control plane as one: everything that can be asked of a running router."""

from collections.abc import AsyncIterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from llmrouter_tui.core.decision import Exchange, Rates, Setting
from llmrouter_tui.core.domain import BackendView, Device, ModelView, ResidencyEvent, ServiceView
from llmrouter_tui.core.events import FetchProgress, LogLine
from llmrouter_tui.core.grades import JudgeView
from llmrouter_tui.core.ports.asking import AskControl
from llmrouter_tui.core.ports.backend import BackendControl
from llmrouter_tui.core.ports.figures import FigureControl
from llmrouter_tui.core.ports.history import HistoryControl
from llmrouter_tui.core.ports.judging import JudgeControl
from llmrouter_tui.core.ports.keys import KeyControl
from llmrouter_tui.core.ports.models import ModelControl
from llmrouter_tui.core.ports.profile import ProfileControl
from llmrouter_tui.core.ports.review import ReviewControl
from llmrouter_tui.core.ports.settings import SettingControl
from llmrouter_tui.core.ports.votes import VoteControl
from llmrouter_tui.core.profile import ProfileRun
from llmrouter_tui.core.restoring import Restoration
from llmrouter_tui.core.spending import SpendView
from llmrouter_tui.core.sync import SyncView
from llmrouter_tui.core.vram import VramView


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything a screen needs to start from. ``seq`` is the last event already counted in."""

    seq: int
    at: float
    service: ServiceView
    backends: tuple[BackendView, ...] = ()
    models: tuple[ModelView, ...] = ()
    devices: tuple[Device, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    """The newest 200, newest first, running ones included."""
    residency: tuple[ResidencyEvent, ...] = ()
    """The newest 50 loads and unloads, newest first."""
    settings: tuple[Setting, ...] = ()
    log: tuple[LogLine, ...] = ()
    rates: Rates = Rates()
    total_exchanges: int = 0
    fetch: FetchProgress | None = None
    embedded_available: bool = False
    """Whether the embedded engine is installed, so that a starter model would run."""
    sync: SyncView = SyncView()
    vram: VramView = VramView()
    profile: ProfileRun = ProfileRun()
    judge: JudgeView = JudgeView()
    spend: SpendView = SpendView()


class Control(
    AskControl,
    BackendControl,
    FigureControl,
    HistoryControl,
    JudgeControl,
    KeyControl,
    ModelControl,
    ProfileControl,
    ReviewControl,
    SettingControl,
    VoteControl,
    Protocol,
):
    """Everything a person or a script can ask of a running router. Every failure is a ``RouterError``.

    Commands return when they were accepted; what they changed arrives as events.
    """

    async def snapshot(self) -> Snapshot: ...

    async def logs(self, *, limit: int = 500) -> Sequence[LogLine]: ...

    async def restore(self, content: AsyncIterable[bytes]) -> Restoration:
        """Go on with a copy of the database, which comes in pieces: what was there is kept beside it, and the router
        restarts. Refused, and nothing touched, where the copy is not whole and ours, of this version or an older."""
        ...

    async def shutdown(self) -> None: ...
