"""All that is served under ``/admin``."""

from collections.abc import Sequence
from dataclasses import replace

from llmrouter_tui.core.ports.control import Control
from llmrouter_tui.proxy.admin.asking import AskAdmin
from llmrouter_tui.proxy.admin.backends import BackendAdmin
from llmrouter_tui.proxy.admin.export import Export
from llmrouter_tui.proxy.admin.figures import FigureAdmin
from llmrouter_tui.proxy.admin.history import HistoryAdmin
from llmrouter_tui.proxy.admin.judging import JudgeAdmin
from llmrouter_tui.proxy.admin.keys import KeyAdmin
from llmrouter_tui.proxy.admin.models import ModelAdmin
from llmrouter_tui.proxy.admin.profile import ProfileAdmin
from llmrouter_tui.proxy.admin.restore import Restore
from llmrouter_tui.proxy.admin.review import ReviewAdmin
from llmrouter_tui.proxy.admin.settings import SettingAdmin
from llmrouter_tui.proxy.admin.state import StateAdmin
from llmrouter_tui.proxy.admin.texts import Texts
from llmrouter_tui.proxy.admin.votes import VoteAdmin
from llmrouter_tui.proxy.admin.watch import Watch
from llmrouter_tui.proxy.live import Live
from llmrouter_tui.proxy.meta import Meta
from llmrouter_tui.proxy.operation import Operation


def owner_operations(control: Control, meta: Meta, watch: Watch, watchers: Live) -> Sequence[Operation]:
    """All of them, each behind the admin key. ``watchers``: the readers of what is streamed."""
    subjects = (
        StateAdmin(control),
        watch,
        HistoryAdmin(control, meta),
        Export(control, watchers),
        AskAdmin(control),
        ReviewAdmin(control),
        Texts(control),
        Restore(control),
        VoteAdmin(control),
        ModelAdmin(control),
        BackendAdmin(control),
        SettingAdmin(control),
        KeyAdmin(control),
        FigureAdmin(control),
        ProfileAdmin(control),
        JudgeAdmin(control),
    )
    told = [operation for subject in subjects for operation in subject.operations()]
    return [replace(one, path=f"/admin/{one.path}", access="owner") for one in told]
