"""``eval-route``: predicted quality per model for prompts on stdin, by the code that routes.

One JSON line in (``id``, ``prompt``, ``candidates``), one out (``id``, ``quality``). The environment names what may be
known before: ``ROUTEEVAL_TRAIN``, graded prompts (as a judge would grade them), and ``ROUTEEVAL_MODELS``, sizes and
prices. With neither, names and the shipped public figures are all there is.
"""

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from llmrouter_tui.brain import weights
from llmrouter_tui.core.ability import abilities
from llmrouter_tui.core.analysis import Analyst
from llmrouter_tui.core.chat import ChatRequest, Message
from llmrouter_tui.core.classifier import Sorted
from llmrouter_tui.core.decision import Analysis
from llmrouter_tui.core.difficulty import easiness_of
from llmrouter_tui.core.domain import ModelInfo, ModelView
from llmrouter_tui.core.kinds import KINDS
from llmrouter_tui.core.lessons import Tally, learn
from llmrouter_tui.core.selection import predicted
from llmrouter_tui.service.public import Public
from llmrouter_tui.service.recall import recall

_PUBLIC = Public()
"""The shipped figures."""


class Evaluation:
    """What was learned before the first question, and the answers."""

    def __init__(self, models: Mapping[str, Mapping[str, Any]], graded: Iterable[Mapping[str, Any]]) -> None:
        self._models = models
        self._tallies: dict[str, Tally] = {}
        for row in graded:
            self._count(row)
        self._views: dict[str, ModelView] = {}

    def answer(self, prompt: str, candidates: Sequence[str]) -> dict[str, float]:
        """Predicted quality per candidate, as a decision counts with it."""
        if not self._views.keys() >= set(candidates):
            names = sorted(self._models.keys() | self._tallies.keys() | set(candidates))
            self._views = views({name: info_of(name, self._models.get(name, {})) for name in names}, self._tallies)
        found = predicted(analyse(prompt), [self._views[name] for name in candidates])
        return {name: found[self._views[name].id] for name in candidates}

    def _count(self, row: Mapping[str, Any]) -> None:
        found = sort_prompt(row["prompt"])
        for model, grade in row["scores"].items():
            self._tallies.setdefault(model, Tally()).add(found.kinds, found.easiness, float(grade))


def views(infos: Mapping[str, ModelInfo], tallies: Mapping[str, Tally]) -> dict[str, ModelView]:
    """The models as the router would see them: what is known without grades, and what the grades taught."""
    known = {name: recall(_PUBLIC, info) for name, info in infos.items()}
    before = {name: abilities(info, known=known[name]) for name, info in infos.items()}
    lessons = learn(before, tallies) if tallies else {}
    return {
        name: ModelView(
            info,
            "resident",
            abilities=before[name],
            lesson=lessons.get(name),
            languages=found.languages if (found := known[name]) else {},
        )
        for name, info in infos.items()
    }


def analyse(prompt: str) -> Analysis:
    """What a prompt that stands alone is taken for."""
    return _analyst().analyse(ChatRequest("auto", (Message("user", prompt),), b"{}"))


def sort_prompt(prompt: str) -> Sorted:
    """The same, as grades are counted: shares of all kinds, and easiness."""
    found = analyse(prompt)
    kinds = found.kinds or {}
    return Sorted(tuple(kinds.get(kind, 0.0) for kind in KINDS), easiness_of(found.difficulty))


@cache
def _analyst() -> Analyst:
    return Analyst(weights())


def info_of(name: str, facts: Mapping[str, Any]) -> ModelInfo:
    """What a backend would tell of a model. It is a chat model, whatever its name says: it was graded as one."""
    total, active = facts.get("params_b"), facts.get("active_b")
    return ModelInfo(
        "eval",
        name,
        parameters=round(total * 1e9) if total else None,
        active_parameters=round(active * 1e9) if active else None,
        price_out=facts.get("price"),
        capabilities=frozenset({"completion"}),
        capabilities_known=True,
    )


def run(lines: Iterable[str], environment: Mapping[str, str]) -> Iterator[str]:
    """Answers, one line per line. Raises ``ValueError`` for what is not as the protocol says, in words."""
    models, train = environment.get("ROUTEEVAL_MODELS"), environment.get("ROUTEEVAL_TRAIN")
    facts = _facts(Path(models)) if models else {}
    evaluation = Evaluation(facts, read_graded(Path(train)) if train else ())
    for number, line in enumerate(lines, 1):
        if line.strip():
            identity, prompt, candidates = _question(line, number)
            answer = evaluation.answer(prompt, candidates)
            yield json.dumps({"id": identity, "quality": {m: round(q, 5) for m, q in answer.items()}})


def _question(line: str, number: int) -> tuple[object, str, list[str]]:
    asked = _row(line, f"line {number}", ("id", "prompt", "candidates"))
    prompt, candidates = asked["prompt"], asked["candidates"]
    if not isinstance(prompt, str) or not isinstance(candidates, list) or not all(map(_is_text, candidates)):
        raise ValueError(f"line {number}: prompt is to be a text and candidates a list of names")
    return asked["id"], prompt, candidates


def _row(line: str, where: str, wanted: Sequence[str]) -> dict[str, Any]:
    """A line's JSON object with all that is wanted. Raises ``ValueError`` in words."""
    try:
        row = json.loads(line)
    except ValueError as error:
        raise ValueError(f"{where} is no JSON: {error}") from error
    if not isinstance(row, dict):
        raise ValueError(f"{where} is no JSON object; it is to have {', '.join(wanted)}")
    if missing := [name for name in wanted if name not in row]:
        raise ValueError(f"{where} has no {' and no '.join(missing)}; it is to have {', '.join(wanted)}")
    return row


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _facts(path: Path) -> dict[str, dict[str, Any]]:
    """What is told of models. Raises ``ValueError`` in words."""
    facts = _row(path.read_text("utf-8"), f"ROUTEEVAL_MODELS, {path},", ())
    if wrong := [name for name, told in facts.items() if not isinstance(told, dict)]:
        raise ValueError(f"ROUTEEVAL_MODELS, {path}: {wrong[0]!r} is to have an object with params_b and the like")
    return facts


def read_graded(path: Path) -> Iterator[Mapping[str, Any]]:
    """Graded prompts: JSON lines with ``prompt`` and ``scores``, gzipped or plain. Raises ``ValueError`` in words."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                where = f"ROUTEEVAL_TRAIN, {path}, line {number},"
                row = _row(line, where, ("prompt", "scores"))
                if not isinstance(row["prompt"], str) or not _are_grades(row["scores"]):
                    raise ValueError(f"{where} is wrong: prompt is to be a text and scores grades by model")
                yield row


def _are_grades(scores: object) -> bool:
    return isinstance(scores, dict) and all(isinstance(grade, int | float) for grade in scores.values())
