"""The command palette over the registry of acts."""

from collections.abc import Callable
from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider

from llmrouter_tui.tui import actions
from llmrouter_tui.tui.actions import Action
from llmrouter_tui.tui.pages.base import Page


class Acts(Provider):
    """Every act of the page below, with its key; those that cannot work now say why."""

    def _page(self) -> Page | None:
        return self.screen if isinstance(self.screen, Page) else None

    def _help(self, page: Page, action: Action) -> str:
        reason = actions.why_not(action, page.situation())
        key = f"{action.show}   " if action.show else ""
        return f"{key}{f'not now: {reason}' if reason else action.group}"

    def _acts(self, page: Page) -> list[tuple[Action, str, Callable[[], None]]]:
        """Each act with its help line and what runs it."""
        acts = [action for action in page.acts() if action.id != "palette"]
        return [(action, self._help(page, action), partial(page.perform, action.id)) for action in acts]

    async def discover(self) -> Hits:
        page = self._page()
        for action, said, run in self._acts(page) if page else []:
            yield DiscoveryHit(action.description, run, help=said)

    async def search(self, query: str) -> Hits:
        page, matcher = self._page(), self.matcher(query)
        for action, said, run in self._acts(page) if page else []:
            score = matcher.match(f"{action.description} {action.label}")
            if score > 0:
                yield Hit(score, matcher.highlight(action.description), run, help=said)
