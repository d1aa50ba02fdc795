"""Save what the list shows, or the screen: on every page."""

import asyncio
from typing import TYPE_CHECKING, ClassVar

from textual.screen import Screen

from llmrouter_tui.tui import modals, sheets
from llmrouter_tui.tui.sheets import Form, Sheet
from llmrouter_tui.tui.widgets.lines import center

if TYPE_CHECKING:
    from llmrouter_tui.tui.modals.save import Wanted

    Base = Screen[None]
else:
    Base = object


class SavingActs(Base):
    """Mixed into each page, which tells its rows by ``sheet``."""

    PAGE: ClassVar[str]

    def sheet(self) -> Sheet | None:
        """What the list of this page shows now; None without a list."""
        return None

    def do_save(self) -> None:
        self._ask_where("csv")

    def do_screenshot(self) -> None:
        self._ask_where("svg")

    def _ask_where(self, form: Form) -> None:
        sheet = self.sheet()

        def chosen(wanted: "Wanted | None") -> None:
            if wanted is not None:
                self.call_after_refresh(self._write, sheet, wanted)

        self.app.push_screen(modals.SaveDialog(sheet, self.PAGE, form), chosen)

    async def _write(self, sheet: Sheet | None, wanted: "Wanted") -> None:
        if sheet is None or wanted.form == "svg":
            said = self.app.export_screenshot()  # the dialog is gone: it is not in the picture
        else:
            said = await asyncio.to_thread(sheet.written, wanted.form, texts=wanted.texts)
        try:
            await asyncio.to_thread(sheets.write_new, wanted.path, said)
        except OSError as error:
            center(self).say(f"Not saved: {wanted.path}: {error.strerror or error}", bad=True)
        else:
            center(self).say(f"Saved {wanted.path}")
