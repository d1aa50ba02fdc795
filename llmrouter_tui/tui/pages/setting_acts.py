"""What every page leads to: settings, keys, backends, rules, and the file read again."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.screen import Screen

from llmrouter_tui.core.decision import Setting
from llmrouter_tui.core.domain import BackendView
from llmrouter_tui.tui import modals
from llmrouter_tui.tui.app_like import AppLike
from llmrouter_tui.tui.widgets.lines import center

if TYPE_CHECKING:
    Base = Screen[None]
else:
    Base = object


class SettingActs(Base):
    """Mixed into each page."""

    @property
    def _center(self) -> AppLike:
        return center(self)

    def do_settings(self) -> None:
        self.app.push_screen(modals.SettingsDialog())

    def do_keys(self) -> None:
        self.app.push_screen(modals.KeysDialog())

    def do_backends(self) -> None:
        self.app.push_screen(modals.BackendsDialog())

    def do_rules(self) -> None:
        self.app.push_screen(modals.RulesDialog(self._center.store.rules))

    def do_backend_add(self) -> None:
        def done(added: BackendView | None) -> None:
            if added is not None:
                count = f"{added.models} model{'s' if added.models != 1 else ''}"
                said = count if added.health == "up" else added.detail
                self._center.say(f"{added.name} ({added.kind}) is in: {said}.")

        self.app.push_screen(modals.BackendDialog(), done)

    def do_reload(self) -> None:
        def done(changed: Sequence[Setting]) -> None:
            names = ", ".join(setting.key for setting in changed)
            self._center.say(f"The file was read again: {f'{names} changed' if names else 'nothing differs'}.")

        self._center.command(self._center.host.control.reload(), "The file was not read again", done)
