"""What a recording told so far: enough to answer what a screen asks besides its events. Pure."""

import math
from collections import OrderedDict, deque
from dataclasses import replace

from llmrouter_tui.core import events as ev
from llmrouter_tui.core.decision import Decision, Exchange, ExchangePage, place, placed
from llmrouter_tui.core.exchange_query import passes
from llmrouter_tui.core.forgetting import without_texts
from llmrouter_tui.core.grades import Grade, GradeFilter, GradePage
from llmrouter_tui.core.ports.control import Snapshot
from llmrouter_tui.core.profile import Profiles
from llmrouter_tui.core.query import EVERYTHING, Query

KEPT = 2000
"""Exchanges and grades of each kind that are kept."""
LINES = 2000


class Book:
    """Starts from a snapshot and takes in events."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._base = snapshot
        self._exchanges = OrderedDict((one.id, one) for one in reversed(snapshot.exchanges))
        self._grades: OrderedDict[str, Grade] = OrderedDict()
        self.models = {model.id: model for model in snapshot.models}
        self.settings = {setting.key: setting for setting in snapshot.settings}
        self.log = deque(snapshot.log, maxlen=LINES)
        self.vram, self.spend, self.sync = snapshot.vram, snapshot.spend, snapshot.sync
        self.judge, self.run = snapshot.judge, snapshot.profile
        self._fresh = 0

    def take(self, fact: ev.Fact) -> None:
        match fact:
            case ev.ExchangeStarted(exchange) | ev.ExchangeFinished(exchange):
                self._keep(exchange)
            case ev.Decided(id_, decision) if (known := self._exchanges.get(id_)) is not None:
                self._exchanges[id_] = replace(known, decision=decision)
            case ev.Rated(feedback) if (known := self._exchanges.get(feedback.exchange_id)) is not None:
                empty = feedback.rating is None and not feedback.comment
                self._exchanges[known.id] = replace(known, rating=None if empty else feedback)
            case ev.TextsForgotten(wanted):
                for one in [one for one in self._exchanges.values() if wanted.means(one)]:
                    self._exchanges[one.id] = without_texts(one)
            case ev.Graded(grade):
                self._grades[grade.id] = grade
                _bound(self._grades)
            case ev.ModelsChanged(models, removed):
                self.models.update({model.id: model for model in models})
                for id_ in removed:
                    self.models.pop(id_, None)
            case ev.SettingChanged(setting):
                self.settings[setting.key] = setting
            case ev.LogLine():
                self.log.append(fact)
            case ev.VramChanged(vram):
                self.vram = vram
            case ev.SpendChanged(spend):
                self.spend = spend
            case ev.SyncChanged(sync):
                self.sync = sync
            case ev.JudgeChanged(judge):
                self.judge = judge
            case ev.ProfileChanged(run):
                self.run = run

    def _keep(self, exchange: Exchange) -> None:
        if exchange.id not in self._exchanges:
            self._fresh += 1
        self._exchanges[exchange.id] = exchange
        _bound(self._exchanges)

    def exchange(self, id_: str) -> Exchange | None:
        """By its id, or by that of its answer."""
        found = self._exchanges.get(id_)
        return found or next((one for one in self._exchanges.values() if id_ and one.response_id == id_), None)

    def exchanges(self, before: str | None, limit: int, now: float, query: Query = EVERYTHING) -> ExchangePage:
        """Of those that had arrived by then."""
        edge = (math.inf, "") if before is None else placed(before)
        found = [one for one in self._arrived(now) if (one.at, one.id) < edge and passes(query, one)]
        items = tuple(found[:limit])
        older = len(found) - len(items)
        return ExchangePage(items, place(items[-1]) if older else None, self._total, older=older)

    def newer(self, after: str, limit: int, now: float) -> ExchangePage:
        """The next ones after that place, of those that had arrived by then."""
        edge = placed(after) if after else (-math.inf, "")
        known = self._arrived(now)
        found = [one for one in known if (one.at, one.id) > edge]
        items = tuple(found[-limit:])
        older = len(known) - len(found)
        before = place(items[-1]) if items and older else None
        return ExchangePage(items, before, self._total, after=place(items[0]) if found[:-limit] else None, older=older)

    def _arrived(self, now: float) -> list[Exchange]:
        arrived = (one for one in self._exchanges.values() if one.at <= now)
        return sorted(arrived, key=lambda one: (one.at, one.id), reverse=True)

    @property
    def _total(self) -> int:
        return self._base.total_exchanges + self._fresh

    def decision(self, prompt: str, now: float) -> Decision | None:
        """The newest one for just this prompt by then."""
        known = (one for one in reversed(self._exchanges.values()) if one.at <= now)
        same = (one.decision for one in known if prompt and one.prompt == prompt)
        return next((decision for decision in same if decision is not None), None)

    def grades(self, wanted: GradeFilter, before: str | None, limit: int) -> GradePage:
        """Of those given while it was recorded."""
        known = [grade for grade in reversed(self._grades.values()) if _meant(grade, wanted)]
        start = int(before) if before is not None and before.isdecimal() else 0
        end = start + limit
        return GradePage(tuple(known[start:end]), str(end) if end < len(known) else None, len(known))

    def profiles(self) -> Profiles:
        return Profiles(self.run)


def _bound(kept: OrderedDict[str, Exchange] | OrderedDict[str, Grade]) -> None:
    while len(kept) > KEPT:
        kept.popitem(last=False)


def _meant(grade: Grade, wanted: GradeFilter) -> bool:
    names = ("model", "task", "judge", "subject", "ref")
    right = all(getattr(wanted, name) in ("", getattr(grade, name)) for name in names)
    failed = wanted.failed is None or wanted.failed == (grade.score is None)
    return right and failed and (grade.disagrees or not wanted.disagree)
