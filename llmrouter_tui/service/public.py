"""What is publicly known of models in this process: the shipped figures, joined with those that were fetched."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache

from llmrouter_tui.catalog.snapshot import Snapshot, names, shipped
from llmrouter_tui.core.catalog import Entry
from llmrouter_tui.core.domain import ModelInfo
from llmrouter_tui.core.dossier import Dossier, Listed, dossier, listed
from llmrouter_tui.core.fluency import Usual, shifts, usual
from llmrouter_tui.core.matching import Match
from llmrouter_tui.core.modes import may_be, split_mode
from llmrouter_tui.core.sync import SyncedFigure, anchored, joined

UNLIKE = 3.0
"""A model that is so many times as large as another, or as small, is none of it, whatever it is called. (Counts of the
same weights differ by less: with or without embeddings, and packed weights counted as they are packed.)"""


class Public:
    """One for a router. Nothing is read before the first question (then some 60 ms, once in a process); what is asked
    after ``take`` sees the new figures, from any thread."""

    def __init__(self) -> None:
        self._taken: tuple[Snapshot, Usual] | None = None
        """One reference, so that threads never see one of them without the other."""

    @property
    def snapshot(self) -> Snapshot:
        """Everything that is known now."""
        return self._taken[0] if self._taken else shipped()

    def take(self, fetched: Iterable[SyncedFigure]) -> None:
        """Put these figures in the place of all that were fetched before."""
        joined = with_fetched(shipped(), fetched)
        self._taken = joined, usual(joined.entries.values(), joined.benchmarks)

    def usual(self) -> Usual:
        """What is usual in each language; worked out at the first call, in some milliseconds."""
        return self._taken[1] if self._taken else _usual_as_shipped()

    def languages(self, entry: Entry, *, related: bool = False) -> dict[str, float]:
        """How a model that is this entry, or ``related`` to it, stands in languages."""
        return shifts(entry, self.snapshot.benchmarks, self.usual(), related=related)

    def match(self, info: ModelInfo, kind: str = "") -> Match:
        """What the name of a model means on a backend of ``kind``: its own name first, then its other names. A name
        that only adds a mode (``qwen3:8b-nothink``) means the model, run so. Nothing, where that is of another size:
        people call their models as they like."""
        found = [named(name, kind, local=info.local) for name in (info.name, *info.aliases)]
        found = [match if self._as_large(match, info) else Match(None, said=match.said) for match in found]
        return next((match for match in found if match.id), found[0])

    def _as_large(self, match: Match, info: ModelInfo) -> bool:
        """Whether a model may be what its name means, by how large it is; a relative may be of any size."""
        entry = self.snapshot.entries.get(match.id or "")
        if entry is None or not entry.parameters or not info.parameters:
            return True
        return 1 / UNLIKE < info.parameters / entry.parameters < UNLIKE

    def listed(self) -> Sequence[Listed]:
        """All entries, by id."""
        entries = self.snapshot.entries
        return [listed(entries[entry_id]) for entry_id in sorted(entries)]

    def dossiers(self, entries: Sequence[str]) -> Sequence[Dossier]:
        """These entries with their figures; those that there are not are left out."""
        known, benchmarks = self.snapshot.entries, self.snapshot.benchmarks
        return [dossier(known[entry_id], benchmarks) for entry_id in dict.fromkeys(entries) if entry_id in known]


def named(name: str, kind: str = "", *, local: bool = False) -> Match:
    """What a name means in the shipped catalog, with what it says of the mode that the model is run in."""
    whole = names().match(name, kind, local=local)
    bare, mode = split_mode(name)
    if not whole.id and mode:
        found = names().match(bare, kind, local=local)
        tuned = "/" in bare and not found.exact  # somebody's own Thinking
        if found.id and not tuned and may_be(mode, shipped().entries[found.id]):
            whole = found
    return whole._replace(said=mode) if whole.id else whole


@cache
def _usual_as_shipped() -> Usual:
    return usual(shipped().entries.values(), shipped().benchmarks)


def with_fetched(snapshot: Snapshot, fetched: Iterable[SyncedFigure]) -> Snapshot:
    """The snapshot joined with fetched figures; those of models that it does not know are passed over."""
    by_model: dict[str, list[SyncedFigure]] = defaultdict(list)
    for figure in fetched:
        by_model[figure.model].append(figure)
    if not by_model:
        return snapshot
    entries = dict(snapshot.entries)
    for model, figures in by_model.items():
        if (entry := entries.get(model)) is not None:
            entries[model] = joined(entry, figures)
    return replace(snapshot, entries=entries, benchmarks=anchored(snapshot.benchmarks))
