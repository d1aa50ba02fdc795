"""What traffic teaches: speeds from every answer, abilities from ratings. Better routes tomorrow."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from operator import is_
from typing import Protocol

from llmrouter_tui.core.ability import abilities, answered, logit
from llmrouter_tui.core.catalog import Known
from llmrouter_tui.core.decision import Analysis, Effect, Feedback, Timings, Usage
from llmrouter_tui.core.domain import Ability, CatalogMatch, ModelInfo, Speed
from llmrouter_tui.core.making import maker
from llmrouter_tui.core.ports.clock import Clock
from llmrouter_tui.core.ports.repo import Repo
from llmrouter_tui.core.preferred import Preference, preferred
from llmrouter_tui.core.switches import switches
from llmrouter_tui.core.votes import name_of
from llmrouter_tui.core.yardstick import PAIRS, Checked, bounded
from llmrouter_tui.engine.pairings import Bout
from llmrouter_tui.engine.record import ModelRecord
from llmrouter_tui.engine.yardstick import Yardstick

WEIGHT = 0.2
"""Weight of a new sample against the running mean, once a few samples are in."""
SHORT_ANSWER = 8
"""Answers of fewer tokens say nothing of decoding speed."""
PIECE = 8
"""Tokens that come together at most where an answer is written as it is made. By judgement."""
STRAY, GUESSED_STRAY = 4.0, 20.0
"""A sample further from what is known than this, up or down, counts as this far; from a guess by size. By judgement:
what was measured as far off were clocks that did not run while the model worked."""
SHORT_PROMPT = 32
"""Prompts of fewer tokens say nothing of prefill speed."""
COUNTABLE = 100
"""Estimates of fewer tokens say nothing of how a model counts: its template weighs too much."""
MOST_TOKENS = 4.0
"""No tokenizer is further from the estimate than this, up or down; what says so counts something else."""
NOTICED = 0.03
"""Smaller changes of the ratio change no decision."""
UNLIKE = 0.002
"""Smaller changes of an ability change nothing of what it says to have beaten it."""

Recall = Callable[[ModelInfo, str, str | None], tuple[CatalogMatch, Known | None] | None]
"""What is publicly known of a model on a backend of a kind, and by which entry of the catalog: by that which the user
chose (empty: by none), if that is not None. Asked on the event loop, so it must be quick; None until it is known."""

_speed = maker(Speed)


class Voices(Protocol):
    """What the user's votes say of a model."""

    def said(self, info: ModelInfo) -> Sequence[Preference]:
        """Beside others."""
        ...

    def disliked(self, info: ModelInfo) -> Sequence[Feedback]:
        """Its answers that were found bad with those beside them, as the ratings that they count for."""
        ...


class Learning:
    """Owns the ratings in memory and turns samples into what a ``ModelRecord`` knows."""

    def __init__(
        self,
        repo: Repo,
        clock: Clock,
        recall: Recall = lambda info, kind, chosen: None,
        checks: Callable[[ModelInfo], Sequence[Checked]] = lambda info: (),
        grades: Callable[[ModelInfo], Sequence[Checked]] = lambda info: (),
        live: Callable[[ModelInfo], Sequence[Checked]] = lambda info: (),
        bouts: Callable[[ModelInfo], Sequence[Bout]] = lambda info: (),
        votes: Voices | None = None,
    ) -> None:
        """Answers of a model: ``checks`` those to the prompt set that a program checked, ``grades`` those that a judge
        graded, ``live`` those that clients got and a judge graded. Grades are of a ``group`` per judge. ``bouts``:
        its answers beside those of others, as judges compared them; ``votes``: as the user did."""
        self._repo = repo
        self._clock = clock
        self._recall = recall
        self._checks = checks
        self._grades = grades
        self._live = live
        self._bouts = bouts
        self._votes = votes
        self._apart: dict[str, Mapping[str, Ability]] = {}
        """Abilities by name without what comparisons say: two that are compared do not draw each other on and on."""
        self._otherwise: set[str] = set()
        """Names whose abilities apart are others than when somebody was compared with them."""
        self._yardstick = Yardstick()
        self._ratings: dict[str, dict[str, Feedback]] = defaultdict(dict)
        """By the name of a model and the exchange: replicas share what they can do."""
        self._chosen: dict[str, str] = {}
        """Entries of the catalog that the user chose, by model; empty for none of them."""

    async def start(self) -> None:
        """Read the standing ratings, and what the user said of names."""
        self._chosen = dict(await self._repo.matches())
        for feedback in await self._repo.ratings():
            self._ratings[name_of(feedback.model)][feedback.exchange_id] = feedback

    def refresh(self, record: ModelRecord) -> None:
        """Compute the model's abilities anew."""
        own = [one for one in self._ratings[record.info.name].values() if one.model == record.id]
        record.match, known = self._recalled(record)
        before = self._before(record, known)
        answers = self._answers(record.info, live=True)
        self._yardstick.take(record, before, answers)
        apart = answered(before, answers, self._yardstick.shifts)
        self._keep_apart(record.info.name, apart)
        compared = self._compared(record.info)
        told = answered(before, [*answers, *compared], self._yardstick.shifts) if compared else apart
        record.abilities = self._voted(record.info, told)
        record.languages = known.languages if known else {}
        grounds = record.info, known
        if record.switched is None or not all(map(is_, grounds, record.switched)):
            record.switches, record.switched = switches(record.info, record.backend.kind, record.match, known), grounds
        record.ratings_up = sum(one.score > 0 for one in own)
        record.ratings_down = sum(one.score < 0 for one in own)
        record.changed()

    def untaught(self, record: ModelRecord) -> Mapping[str, Ability]:
        """Its abilities without the grades of what clients got: those are counted by kinds of prompts, on top of
        this."""
        before = self._before(record, self._recalled(record)[1])
        answers = [*self._answers(record.info, live=False), *self._compared(record.info)]
        return self._voted(record.info, answered(before, answers, self._yardstick.shifts))

    def settle(self, records: Iterable[ModelRecord]) -> list[ModelRecord]:
        """Bring abilities in line where what is common to all measured models, or what a model is that others were
        compared with, is seen otherwise than before: those of which that is news."""
        moved: dict[str, ModelRecord] = {}
        records = list(records)
        if self._yardstick.settle():
            moved = {record.id: record for record in records if self._yardstick.has(record)}
            for record in moved.values():
                self.refresh(record)
        others, self._otherwise = self._otherwise, set()
        for record in records if others else ():
            if any(other in others for other in self._rivals(record.info)):
                self.refresh(record)
                moved[record.id] = record
        return list(moved.values())

    def _keep_apart(self, name: str, apart: Mapping[str, Ability]) -> None:
        old = self._apart.get(name)
        if old is None or any(abs(ability.mean - old[task].mean) > UNLIKE for task, ability in apart.items()):
            self._apart[name] = apart
            self._otherwise.add(name)

    def _compared(self, info: ModelInfo) -> list[Checked]:
        """Its comparisons with models that are known here."""
        return [
            Checked(bout.task, 0.5, float(bout.won), bout.weight, PAIRS, logit(bounded(apart[bout.task].mean)))
            for bout in self._bouts(info)
            if (apart := self._apart.get(bout.other)) is not None and bout.task in apart
        ]

    def _rivals(self, info: ModelInfo) -> set[str]:
        """Names of those that it was compared with."""
        voted = self._votes.said(info) if self._votes else ()
        return {bout.other for bout in self._bouts(info)} | {one.other for one in voted}

    def _voted(self, info: ModelInfo, told: Mapping[str, Ability]) -> Mapping[str, Ability]:
        """With what the user preferred, on top of all that is known besides."""
        return preferred(told, said, self._apart) if self._votes and (said := self._votes.said(info)) else told

    def _recalled(self, record: ModelRecord) -> tuple[CatalogMatch | None, Known | None]:
        return self._recall(record.info, record.backend.kind, self._chosen.get(record.id)) or (None, None)

    def _before(self, record: ModelRecord, known: Known | None) -> Mapping[str, Ability]:
        """Its abilities as they are thought without any answer that was looked at."""
        ratings = list(self._ratings[record.info.name].values())
        disliked = self._votes.disliked(record.info) if self._votes else ()
        bad = [one for one in disliked if self.rating(one.model, one.exchange_id) is None]
        return abilities(record.info, ratings=ratings, disliked=bad, now=self._clock.wall(), known=known)

    def _answers(self, info: ModelInfo, *, live: bool) -> Sequence[Checked]:
        return [*self._checks(info), *self._grades(info), *(self._live(info) if live else ())]

    def rating(self, model: str, exchange_id: str) -> Feedback | None:
        """What the user said of an answer, if it stands."""
        return self._ratings[name_of(model)].get(exchange_id)

    def matched(self, record: ModelRecord, entry: str | None) -> None:
        """The user said which entry of the catalog a model is, none with an empty word; None goes by its name."""
        if entry is None:
            self._chosen.pop(record.id, None)
        else:
            self._chosen[record.id] = entry
        self.refresh(record)

    def rated(
        self, record: ModelRecord | None, feedback: Feedback, replicas: Iterable[ModelRecord] = ()
    ) -> tuple[Effect, ...]:
        """Count a rating in (or out, when cleared), for ``replicas`` of its model too; what it moved on its own task
        of the model itself."""
        standing = self._ratings[name_of(feedback.model)]
        if feedback.rating is None:
            standing.pop(feedback.exchange_id, None)
        else:
            standing[feedback.exchange_id] = feedback
        for replica in replicas:
            self.refresh(replica)
        if record is None:
            return ()
        before = record.abilities.get(feedback.task)
        self.refresh(record)
        after = record.abilities.get(feedback.task)
        if before is None or after is None:
            return ()
        return (Effect(record.id, feedback.task, before.mean, after.mean),)

    def answered(
        self,
        record: ModelRecord,
        usage: Usage,
        timings: Timings,
        ttft: float | None,
        seconds: float | None,
        crowd: float = 1.0,
        pieces: int | None = None,
    ) -> None:
        """Learn speed from an answer: the backend's own counters where it has them, else the clock. ``seconds`` is
        how long the model was at it, None where the clock cannot tell. ``crowd``: the requests that it had, by as many
        as it answers side by side; those before this one were part of its time."""
        record.used += 1
        if seconds is not None:
            record.timed_answers += 1
            record.mean_seconds += max(WEIGHT, 1 / record.timed_answers) * (seconds / crowd - record.mean_seconds)
        self.timed(record, usage, timings, ttft, seconds, pieces)

    def timed(
        self,
        record: ModelRecord,
        usage: Usage,
        timings: Timings,
        ttft: float | None,
        seconds: float | None,
        pieces: int | None = None,
    ) -> None:
        """The same of an answer that no client asked for: it counts as no use. ``pieces`` came after the first one."""
        old = record.speed
        weight = WEIGHT if old.samples >= 4 else 1.0 / (old.samples + 1)
        decode, prefill = timings.decode_per_second, timings.prefill_per_second
        tokens = usage.completion_tokens or 0
        if decode is None and ttft is not None and seconds is not None:
            decode = by_clock(tokens, ttft, seconds, pieces)
        if tokens < SHORT_ANSWER or (decode is not None and decode <= 0):
            decode = None
        if decode is not None and old.decode > 0:
            stray = STRAY if old.samples else GUESSED_STRAY
            decode = min(max(decode, old.decode / stray), old.decode * stray)
        fresh = (usage.prompt_tokens or 0) - (usage.cached_tokens or 0)
        if fresh < SHORT_PROMPT:
            prefill = None
        if decode is None and prefill is None and ttft is None:
            return
        record.speed = _speed(
            prefill=_mean(old.prefill, prefill, weight),
            decode=_mean(old.decode, decode, weight),
            load_seconds=old.load_seconds,
            samples=old.samples + (decode is not None),
            load_samples=old.load_samples,
            ttft=ttft if old.ttft is None else _mean(old.ttft, ttft, weight),
            token_ratio=old.token_ratio,
        )
        record.changed()
        self._repo.remember_speed(record.id, record.speed, record.seen)

    def counted(self, record: ModelRecord, analysis: Analysis, usage: Usage) -> None:
        """Learn how the model counts tokens, from prompts whose estimate rests on text alone."""
        estimate, said = analysis.prompt_tokens, usage.prompt_tokens
        if not said or estimate < COUNTABLE or not analysis.needs.isdisjoint(("vision", "tools")):
            return
        ratio = min(MOST_TOKENS, max(1 / MOST_TOKENS, said / estimate))
        record.token_ratio += (ratio - record.token_ratio) * WEIGHT
        if abs(record.token_ratio / record.speed.token_ratio - 1) > NOTICED:
            record.speed = replace(record.speed, token_ratio=record.token_ratio)
            record.changed()
            self._repo.remember_speed(record.id, record.speed, record.seen)

    def noticed(self, record: ModelRecord) -> None:
        """Keep what a model was seen to take."""
        self._repo.remember_speed(record.id, record.speed, record.seen)

    def loaded(self, record: ModelRecord, seconds: float) -> None:
        """Learn how long a load takes."""
        old = record.speed
        weight = 0.4 if old.load_samples else 1.0
        record.speed = replace(
            old, load_seconds=_mean(old.load_seconds, seconds, weight), load_samples=old.load_samples + 1
        )
        record.loads += 1
        record.changed()
        self._repo.remember_speed(record.id, record.speed, record.seen)


def by_clock(tokens: int, ttft: float, seconds: float, pieces: int | None = None) -> float | None:
    """Tokens per second after the first, where the clock tells; ``pieces`` came after the first one."""
    few = tokens < SHORT_ANSWER or (pieces is not None and pieces < SHORT_ANSWER)
    if few or held_back(tokens, pieces) or seconds - ttft <= 0.01:
        return None
    return (tokens - 1) / (seconds - ttft)


def held_back(tokens: int, pieces: int | None) -> bool:
    """Whether an answer came in too few ``pieces`` to have come as it was made (a tool call, which servers hold back
    until it is whole, or what a proxy kept): most of it was made before the first of them."""
    return pieces is not None and pieces * PIECE < tokens


def _mean(old: float, new: float | None, weight: float) -> float:
    return old if new is None or new <= 0 else old + weight * (new - old)
