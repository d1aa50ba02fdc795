"""How things went, as a recording tells it: from its beginning up to the time that is shown, whoever jumped where."""

from pathlib import Path
from typing import Final

from llmrouter_tui.core.decision import Exchange
from llmrouter_tui.core.domain import ResidencyEvent
from llmrouter_tui.core.events import DevicesSampled, Envelope, ExchangeFinished, ResidencyChanged
from llmrouter_tui.core.trends import KEPT, Fold, Swap, Trends, Work, figures, grid, trends
from llmrouter_tui.recording.lines import begins
from llmrouter_tui.recording.reader import Recording

_FINEST: Final = min(KEPT)
_TOLD: Final = tuple(begins(kind) for kind in (ExchangeFinished, DevicesSampled, ResidencyChanged))


class Course:
    """Reads a recording once, as far as it is asked for; for one thread at a time. Raises ``RouterError``."""

    def __init__(self, path: Path) -> None:
        self._recording = Recording(path)
        self._begin()

    def trends(self, span: float, now: float) -> Trends:
        """The ``span`` seconds before ``now``."""
        if now < self._read:
            self._begin()
        self._read_until(now)
        cut = grid(now, span)
        work = [Work(at, model, *sums) for (at, model), sums in self._work.items()]  # type: ignore[arg-type]
        return trends(cut, work, [fold.reading(*key) for key, fold in self._pools.items()], self._swaps)

    def close(self) -> None:
        self._recording.close()

    def _begin(self) -> None:
        """What it knew when it began."""
        self._read = self._recording.begins
        """Up to when."""
        self._next: Envelope | None = None
        """Read before its time."""
        self._work: dict[tuple[int, str], list[float]] = {}
        self._pools: dict[tuple[int, str], Fold] = {}
        self._swaps: list[Swap] = []
        snapshot = self._recording.start_at(self._read)
        for exchange in snapshot.exchanges:
            self._finished(exchange)
        for event in snapshot.residency:
            self._moved(event)

    def _read_until(self, now: float) -> None:
        while (item := self._next or self._recording.read(_TOLD)) is not None:
            self._next = None
            if isinstance(item, Envelope):
                if item.at > now:
                    self._next = item
                    break
                self._take(item)
        self._read = max(self._read, now)

    def _take(self, envelope: Envelope) -> None:
        match envelope.fact:
            case ExchangeFinished(exchange):
                self._finished(exchange)
            case ResidencyChanged(event):
                self._moved(event)
            case DevicesSampled(devices):
                for device in devices:
                    if not device.problem:
                        self._pools.setdefault((_step(envelope.at), device.pool), Fold()).add(device)

    def _finished(self, one: Exchange) -> None:
        if one.outcome == "running":
            return
        sums = self._work.setdefault((_step(one.at), one.model), [0.0] * (len(Work._fields) - 2))
        told = figures(one.outcome, one.code, one.ttft, one.usage.completion_tokens, one.decode_per_second)
        for index, figure in enumerate(told):
            sums[index] += figure

    def _moved(self, event: ResidencyEvent) -> None:
        """What counts is told by ``core.swapping.counted``."""
        if event.kind in ("load", "unload") and not event.external:
            self._swaps.append(Swap(_step(event.at), event.seconds or 0.0))


def _step(at: float) -> int:
    return int(at) // _FINEST * _FINEST
