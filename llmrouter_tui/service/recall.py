"""What the catalog knows of the models that are hosted, for abilities: by their names, looked up once each."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from itertools import chain
from typing import NamedTuple

from llmrouter_tui.catalog.snapshot import Snapshot
from llmrouter_tui.core.catalog import NOT_THINKING, THINKING, Known, known
from llmrouter_tui.core.domain import CatalogMatch, ModelInfo
from llmrouter_tui.core.matching import Match
from llmrouter_tui.core.modes import EFFORTS, run_in
from llmrouter_tui.service.public import Public

Asked = tuple[str, tuple[str, ...], str, bool, int | None]
KEPT = 4096
"""Names remembered, more than any fleet has."""


class Recalled(NamedTuple):
    """What became of a name: the entry that it is taken for, and what is known by that."""

    match: CatalogMatch
    known: Known | None


def recall(public: Public, info: ModelInfo, kind: str = "") -> Known | None:
    """What is known of a model on a backend of ``kind``, or of its relative; None where neither is listed. Reads the
    catalog at the first call of a process (a tenth of a second), then takes up to some milliseconds."""
    return _known(public, public.match(info, kind), info, kind)


class Recall:
    """``recall`` for an event loop: it answers from what was looked up, and a thread looks up what was asked for."""

    def __init__(self, public: Public) -> None:
        self._public = public
        self._matches: dict[Asked, Match] = {}
        self._wanted: dict[Asked, dict[str, ModelInfo]] = defaultdict(dict)
        """By id, the models that are called so: the same name may be on several backends."""
        self._wake = asyncio.Event()
        self._snapshot: Snapshot | None = None
        self._known: dict[tuple[object, ...], Known | None] = {}
        """What the entries of that snapshot say of models that are run alike."""

    def __call__(self, info: ModelInfo, kind: str, chosen: str | None = None) -> Recalled | None:
        """What is known of a model: the match of its name unless the user has ``chosen`` an entry, or with an empty
        word none of them, and what that entry says. None as long as its name was not looked up, which this asks for."""
        asked = info.name, info.aliases, kind, info.local, info.parameters
        if asked not in self._matches:
            self._wanted[asked][info.id] = info
            self._wake.set()
            return None
        match = self._matches[asked]
        if chosen and chosen not in self._public.snapshot.entries:  # another catalog had it
            chosen = None
        meant = match if chosen is None else Match(chosen or None, said=match.said)
        known = self._said(meant, info, kind)
        taken = match.taken(chosen)
        return Recalled(replace(taken, mode=known.mode, thinks=known.thinks) if known else taken, known)

    def _said(self, match: Match, info: ModelInfo, kind: str) -> Known | None:
        if self._snapshot is not self._public.snapshot or len(self._known) >= KEPT:
            self._snapshot, self._known = self._public.snapshot, {}
        alike = match.id, match.near, match.said, kind, "thinking" in info.capabilities
        if alike not in self._known:
            self._known[alike] = _known(self._public, match, info, kind)
        return self._known[alike]

    @property
    def asked(self) -> bool:
        """Whether names wait to be looked up."""
        return bool(self._wanted)

    async def look_up(self) -> frozenset[str]:
        """Wait until names are asked for and look them up; the ids of the models whose answer is there now."""
        await self._wake.wait()
        self._wake.clear()
        wanted, self._wanted = self._wanted, defaultdict(dict)
        found = await asyncio.to_thread(self._match, wanted)
        if len(self._matches) + len(found) > KEPT:
            self._matches.clear()
        self._matches |= found
        return frozenset(chain.from_iterable(wanted.values()))

    def _match(self, wanted: Mapping[Asked, Mapping[str, ModelInfo]]) -> dict[Asked, Match]:
        self._public.usual()  # needed by what is asked next, on the loop
        return {asked: self._public.match(next(iter(infos.values())), asked[2]) for asked, infos in wanted.items()}


def _known(public: Public, match: Match, info: ModelInfo, kind: str) -> Known | None:
    found, related = match.id or match.near, not match.id
    if not found:
        return None
    entry, benchmarks = public.snapshot.entries[found], public.snapshot.benchmarks
    languages = public.languages(entry, related=related)
    if related or not entry.thinks:
        return known(entry, benchmarks, related=related, languages=languages)
    usual = run_in(entry, match.said, info, kind)
    others = {asked: run_in(entry, asked, info, kind) for asked in (THINKING, NOT_THINKING, *sorted(EFFORTS))}
    told = {mode: known(entry, benchmarks, mode=mode) for mode in {*others.values()} - {usual}}
    return replace(
        known(entry, benchmarks, languages=languages, mode=usual),
        modes={asked: told[mode] for asked, mode in others.items() if mode in told},
        switchable=not entry.modes.keys().isdisjoint((THINKING, NOT_THINKING)),
    )
