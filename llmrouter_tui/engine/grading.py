"""The grades in memory: what learning reads of them, how each judge stands, which answers are still to be graded."""

import contextlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import Final

from llmrouter_tui.core.agreement import OVERRULED, OWN, Standing, value, weight_of
from llmrouter_tui.core.difficulty import easiness_of
from llmrouter_tui.core.domain import ModelInfo
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.grades import Agreement, Grade
from llmrouter_tui.core.kinds import KINDS, within
from llmrouter_tui.core.lessons import Tally
from llmrouter_tui.core.measuring import same_weights
from llmrouter_tui.core.ports.clock import Clock
from llmrouter_tui.core.ports.judging import GradeStore
from llmrouter_tui.core.profile import Result
from llmrouter_tui.core.yardstick import Checked
from llmrouter_tui.engine.measured import Measured

TRY_AGAIN: Final = 3_600.0
"""Seconds after which an answer is put to a judge anew that could not be reached, or had no time, for it."""
NEWEST: Final = 200
"""Graded answers to clients that are evidence of a model's abilities; lessons count all of them."""
LASTING: Final = frozenset({"malformed", "context_length_exceeded", "invalid_request"})
"""Failures that the same judge would repeat."""

Answer = tuple[str, str, str]
"""(subject, ref, model) of what was graded."""


class Gradings:
    """Owns every grade that may count, without texts."""

    def __init__(self, store: GradeStore, measured: Measured, clock: Clock) -> None:
        self._store = store
        self._measured = measured
        self._clock = clock
        self._grades: dict[Answer, dict[str, Grade]] = defaultdict(dict)
        """By answer and judge."""
        self._ids: dict[str, Grade] = {}
        self._replaced: dict[str, str] = {}
        """Grades that a later one of the same judge and answer took the place of, by id."""
        self._named: dict[str, set[Answer]] = defaultdict(set)
        """Answers to prompts by the name of their model: replicas share what they can do."""
        self._standings: dict[str, Standing] = {}
        self._marked, self._marks = 0, 0.0
        self._live: dict[str, dict[Answer, None]] = {}
        """Answers to clients that are graded, by the name of their model, the newest grade last."""
        self._tallies: dict[str, dict[tuple[str, bool], Tally]] = {}
        """Their grades as lessons count them, by name, and by judge (empty: the user) and whether it was its own."""
        self.disagree = 0
        """Grades where judge and truth are on different sides."""
        self.version = 0
        """Grows with every grade that comes, changes or goes."""

    async def load(self) -> None:
        """Take in what earlier runs left, if the database can be read now."""
        with contextlib.suppress(RouterError):
            for grade in await self._store.all_grades():
                self.take(grade)

    # ── in ──

    def take(self, grade: Grade) -> Grade:
        """Count a grade, in the place of an older one of that judge and answer; as it counts now, with its texts."""
        answer = (grade.subject, grade.ref, grade.model)
        self._count(answer, -1)
        older = self._grades[answer].get(grade.judge)
        if older is not None:
            self._standing(older.judge).take(older, -1)
            self._ids.pop(older.id, None)
            if older.id != grade.id:
                self._replaced[older.id] = grade.id
            self.disagree -= older.disagrees
        kept = replace(grade, question="", answer="")
        self._grades[answer][grade.judge] = self._ids[grade.id] = kept
        if grade.subject == "prompt":
            self._named[grade.model.partition("/")[2]].add(answer)
        self._standing(grade.judge).take(kept)
        self.disagree += kept.disagrees
        self._count(answer, 1)
        self.version += 1
        return self.weighed(grade)

    def _count(self, answer: Answer, sign: int) -> None:
        """Count the grade of an answer that stands in or out of the sums over all."""
        grade = self.standing(answer)
        if grade is None or grade.mark is None:
            return
        self._marked += sign
        self._marks += sign * grade.mark
        if answer[0] != "exchange":
            return
        name, by = grade.model.partition("/")[2], "" if grade.overruled is not None else grade.judge
        kinds = grade.kinds or within(None, grade.task)
        shares = [kinds.get(kind, 0.0) for kind in KINDS]
        tally = self._tallies.setdefault(name, {}).setdefault((by, grade.own), Tally())
        tally.add(shares, easiness_of(grade.difficulty), value(grade.mark), sign)
        live = self._live.setdefault(name, {})
        live.pop(answer, None)
        if sign > 0:
            live[answer] = None

    def _standing(self, judge: str) -> Standing:
        return self._standings.setdefault(judge, Standing(judge))

    # ── out ──

    def weighed(self, grade: Grade) -> Grade:
        """With the weight that it has now; 0 where another grade of that answer counts in its place."""
        counts = self.standing((grade.subject, grade.ref, grade.model))
        if counts is None or counts.id != grade.id:
            return replace(grade, weight=0.0)
        return replace(grade, weight=weight_of(grade, self._standing(grade.judge).weight))

    def standing(self, answer: Answer) -> Grade | None:
        """The grade of an answer that counts: what the user put right, else the newest that has a mark."""
        marked = [grade for grade in self._grades.get(answer, {}).values() if grade.mark is not None]
        return max(marked, key=lambda grade: (grade.overruled is not None, grade.at), default=None)

    def of(self, subject: str, ref: str, model: str = "") -> list[Grade]:
        """All grades of an answer; of an exchange whoever gave it."""
        if model:
            return list(self._grades.get((subject, ref, model), {}).values())
        return [grade for grade in self._ids.values() if (grade.subject, grade.ref) == (subject, ref)]

    def now(self, grade_id: str) -> str:
        """The grade that took the place of this one, by their ids; itself where none did."""
        while (later := self._replaced.get(grade_id)) is not None:
            grade_id = later
        return grade_id

    def users(self, grade: Grade) -> float | None:
        """The user's mark of that very answer, whichever grade it was put in the place of."""
        result = self._measured.of(grade.model).get(grade.ref) if grade.subject == "prompt" else None
        since = result.at if result is not None else 0.0
        marked = [g for g in self.of(grade.subject, grade.ref, grade.model) if g.overruled is not None]
        return next((g.overruled for g in marked if g.at >= since), None)

    def outlived(self, grade: Grade) -> bool:
        """Whether it is a failure where its judge's mark of that very answer stands."""
        result = self._measured.of(grade.model).get(grade.ref) if grade.subject == "prompt" else None
        older = self._grades.get((grade.subject, grade.ref, grade.model), {}).get(grade.judge)
        stands = older is not None and older.score is not None and (result is None or older.at >= result.at)
        return grade.score is None and stands

    def idle(self, grade: Grade, info: ModelInfo | None) -> str:
        """Why a grade teaches nothing of its model, in words; empty where it does."""
        if info is None:
            return f"{grade.model} is not here now"
        if grade.subject == "exchange":
            counts = any(one.id == grade.id for one, _ in self.exchanges(info))
            return "" if counts else f"the newest {NEWEST} graded answers of a model count"
        result = self._measured.of(grade.model).get(grade.ref)
        if result is None:
            return "that answer is not kept any more"
        if result.outcome == "checked":
            return "a program checked that answer, so a mark of it tells only how far its judge is to be believed"
        if grade.at < result.at or not same_weights(result, info):
            return "the model was asked anew since, or is another build of that name"
        return ""

    def worth(self, judge: str) -> float:
        """Observations that a grade of this judge counts for."""
        return self._standing(judge).weight

    def agreement(self, judge: str) -> Agreement:
        return self._standing(judge).agreement

    def tried(self) -> frozenset[str]:
        """Judges that gave marks to answers that a program checked."""
        return frozenset(judge for judge, standing in self._standings.items() if standing.concord("check").count)

    @property
    def mean(self) -> float | None:
        """Of all marks that count."""
        return self._marks / self._marked if self._marked else None

    # ── what learning reads ──

    def prompts(self, info: ModelInfo) -> list[tuple[Grade, float]]:
        """Grades of these weights' answers to the prompt set as they stand, and what each counts for: those of
        prompts that only a judge can tell about. What a program checked needs no second opinion."""
        newest: dict[str, Grade] = {}
        for answer in sorted(self._named.get(info.name, ()), key=lambda answer: answer[2] == info.id):
            _, ref, model = answer
            result = self._measured.of(model).get(ref)
            grade = self.standing(answer)
            if result is None or grade is None or result.outcome != "ungraded":
                continue
            if same_weights(result, info) and grade.at >= result.at:
                newest[ref] = grade
        return [(grade, self.weighed(grade).weight) for grade in newest.values()]

    def exchanges(self, info: ModelInfo) -> list[tuple[Grade, float]]:
        """The same of answers that clients got from a model of that name: the newest."""
        newest = islice(reversed(self._live.get(info.name, {})), NEWEST)
        found = (self.standing(answer) for answer in newest)
        return [(grade, self.weighed(grade).weight) for grade in found if grade is not None]

    def tally(self, info: ModelInfo) -> Tally:
        """All grades of answers that clients got from a model of that name, each by its weight."""
        total = Tally()
        for (judge, own), tally in self._tallies.get(info.name, {}).items():
            weight = (self._standing(judge).weight * (OWN if own else 1.0)) if judge else OVERRULED
            for at, (count, marks) in tally.cells.items():
                before = total.cells.get(at, (0.0, 0.0))
                total.cells[at] = before[0] + weight * count, before[1] + weight * marks
        return total

    @property
    def live(self) -> bool:
        """Whether any answer to a client was graded."""
        return any(self._live.values())

    def has(self, info: ModelInfo) -> bool:
        """Whether any answer of a model of that name was graded."""
        return bool(self._named.get(info.name) or self._live.get(info.name))

    def checked(self, info: ModelInfo) -> list[Checked]:
        """What ``prompts`` say, as it is learned from."""
        return _checked(self.prompts(info))

    def live_checked(self, info: ModelInfo) -> list[Checked]:
        """What ``exchanges`` say, as it is learned from."""
        return _checked(self.exchanges(info))

    # ── what is to be done ──

    def open(self, result: Result, judge: str) -> bool:
        """Whether an answer to a prompt is still to be put to this judge: nobody graded it, and it did not fail at it
        for good."""
        answer = ("prompt", result.prompt, result.model)
        grades = [grade for grade in self._grades.get(answer, {}).values() if grade.at >= result.at]
        if any(grade.mark is not None for grade in grades):
            return False
        failure = next((grade for grade in grades if grade.judge == judge), None)
        return failure is None or not (failure.code in LASTING or self._clock.wall() - failure.at < TRY_AGAIN)

    def tested(self, judge: str) -> list[Grade]:
        """What a judge said, or failed to say, of answers that a program checked."""
        return [grade for grade in self._ids.values() if grade.judge == judge and grade.truth_by == "check"]


def _checked(grades: Sequence[tuple[Grade, float]]) -> list[Checked]:
    """The user's own marks are nobody's leniency but the user's."""
    return [
        Checked(grade.task, grade.difficulty, value(grade.mark), weight, grade.judge if grade.overruled is None else "")
        for grade, weight in grades
        if grade.mark is not None and weight > 0
    ]
