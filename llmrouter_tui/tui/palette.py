"""The command palette over the registry of acts: found by the footer's word, by the key, by the description. What goes
by a name is found too: models, to do something to one, settings and colours."""

from collections.abc import Iterator
from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.markup import escape

from llmrouter_tui.tui import actions, names
from llmrouter_tui.tui.actions import Action
from llmrouter_tui.tui.closeness import ranked
from llmrouter_tui.tui.names import Named
from llmrouter_tui.tui.pages.base import Page

LABEL = 12
"""Cells of the footer's word, before the description."""
LEAST_TYPED = 3
"""Letters from which names are looked for, and letters spread over a word."""
MOST_NAMED = 20
SPREAD = 0.2
"""How well a word is what was typed whose letters it only has in that order."""


class Acts(Provider):
    """Every act of the page below, with its key; those that cannot work now say why. A search also finds the acts of
    other pages, and leads there."""

    def _page(self) -> Page | None:
        return self.screen if isinstance(self.screen, Page) else None

    async def discover(self) -> Hits:
        page = self._page()
        if page is None:
            return
        for action in _here(page):
            yield DiscoveryHit(_shown(action), partial(page.perform, action.id), help=_help(page, action))

    async def search(self, query: str) -> Hits:
        page, found = self._page(), False
        if page is None:
            return
        for action in _here(page):
            if score := closeness(query, action):
                found = True
                yield Hit(score, _shown(action), partial(page.perform, action.id), help=_help(page, action))
        for action, place in _elsewhere(page):
            if score := closeness(query, action):
                found = True
                go = partial(page.center.go, place)
                yield Hit(score / 2, _shown(action), go, help=escape(f"on {actions.PLACES[place]}: goes there first"))
        for score, named in self._named(page, query):
            found = True
            yield Hit(score, Content.assemble((named.title, "bold")), named.go, help=escape(named.about))
        if not found:
            yield Hit(1.0, Content(f"Nothing matches {query!r}."), _nothing, help="esc closes; ? lists all keys")

    def _named(self, page: Page, query: str) -> Iterator[tuple[float, Named]]:
        """What goes by a name: models, settings, colours; the closest first, behind acts."""
        if len(query.strip()) < LEAST_TYPED:
            return
        things = names.named(page)
        for place, named in enumerate(ranked(query, things, lambda one: one.title)[:MOST_NAMED]):
            yield 0.3 - place / 1000, named


def closeness(query: str, action: Action) -> float:
    """How well an act is what was typed, 0 to 1: its key or the footer's word best, then its description. Every word
    must be found; a key counts only as it is written (``P`` is not ``p``)."""
    typed, label = query.strip(), action.label.casefold()
    if typed and typed in (action.show, *action.keys.split(",")):
        return 1.0
    words = typed.casefold().split()
    said = f"{label} {action.description.casefold()}"
    if not words:
        return 0.0
    if not all(word in said for word in words):
        return SPREAD if len(typed) >= LEAST_TYPED and ranked(typed, [label], str) else 0.0
    whole = " ".join(words)
    if whole == label:
        return 1.0
    if label.startswith(whole):
        return 0.9
    if whole in label:
        return 0.7
    begun = all(any(part.startswith(word) for part in said.split()) for word in words)
    return 0.6 if begun else 0.4


def _here(page: Page) -> Iterator[Action]:
    return (action for action in page.acts() if action.id != "palette")


def _elsewhere(page: Page) -> Iterator[tuple[Action, str]]:
    """Acts that only other pages have, and the first of those pages."""
    center = page.center
    known = {action.id for action in page.acts()}
    for place in center.pages:
        for action in center.keys.available(
            place, center.pages, readonly=center.host.readonly, replay=center.playback is not None
        ):
            if action.id not in known:
                known.add(action.id)
                yield action, place


def _nothing() -> None:
    """What an entry does that only says something."""


def _shown(action: Action) -> Content:
    return Content.assemble((f"{action.label:<{LABEL}}", "bold"), " ", action.description)


def _help(page: Page, action: Action) -> str:
    reason = actions.why_not(action, page.situation())
    said = f"not now: {reason}" if reason else action.group
    return escape(f"{f'key {action.show}' if action.show else 'no key':<{LABEL}} {said}")
