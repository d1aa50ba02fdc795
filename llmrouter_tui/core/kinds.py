"""Kinds of prompts: what the nine tasks fall into where models differ.

A person reads and rates tasks; the classifier tells kinds apart, and grades are counted by kind, because a model may
be good at school science and bad at exams though both are facts. Where nothing is known of a kind, its task speaks.
"""

from collections.abc import Mapping

from llmrouter_tui.core.domain import TASKS

KIND_TASKS: Mapping[str, str] = {
    "smalltalk": "chat",
    "personal": "chat",
    "trivia": "factual",
    "explain": "factual",
    "school": "factual",
    "exam": "factual",
    "common": "reasoning",
    "puzzle": "reasoning",
    "expert": "reasoning",
    "argument": "reasoning",
    "word": "math",
    "formal": "math",
    "quant": "math",
    "function": "coding",
    "trace": "coding",
    "debug": "coding",
    "build": "coding",
    "story": "creative",
    "ideas": "creative",
    "constrained": "creative",
    "howto": "instruction",
    "writing": "instruction",
    "summary": "extraction",
    "extract": "extraction",
    "translate": "translation",
}
"""Task of each kind. ``common`` is common sense, ``expert`` graduate science, ``word`` arithmetic in stories,
``quant`` science with figures, ``trace`` reading code, ``constrained`` writing within rules."""

KINDS = tuple(KIND_TASKS)
KIND_INDEX = {kind: at for at, kind in enumerate(KINDS)}
_KINDS_OF = {task: tuple(kind for kind, of in KIND_TASKS.items() if of == task) for task in TASKS}
TASK_OF_KIND = tuple(TASKS.index(KIND_TASKS[kind]) for kind in KINDS)
"""Index in ``TASKS`` of each kind's task."""


def spread(tasks: Mapping[str, float]) -> dict[str, float]:
    """Shares of the kinds where only those of the tasks are known; they add up to 1."""
    total = sum(tasks.values()) or 1.0
    each = {task: share / total / len(_KINDS_OF[task]) for task, share in tasks.items() if share}
    return {kind: share for task, share in each.items() for kind in _KINDS_OF[task]}


def within(kinds: Mapping[str, float] | None, task: str) -> dict[str, float]:
    """Shares of the kinds of one task, when it is known that it is that. Kinds that only another version knows, whose
    decisions are read or watched, are of no task."""
    told = {kind: share for kind, share in (kinds or {}).items() if KIND_TASKS.get(kind) == task}
    total = sum(told.values())
    return {kind: share / total for kind, share in told.items()} if total else spread({task: 1.0})


_WORDS = {
    "smalltalk": "small talk",
    "personal": "personal matters",
    "trivia": "plain facts",
    "explain": "explaining",
    "school": "school science",
    "exam": "an exam question",
    "common": "common sense",
    "puzzle": "a puzzle",
    "expert": "expert science",
    "argument": "an argument",
    "word": "a sum in words",
    "formal": "formulas and proofs",
    "quant": "science with figures",
    "function": "writing a function",
    "trace": "reading code",
    "debug": "finding a bug",
    "build": "building software",
    "story": "a story or a poem",
    "ideas": "ideas",
    "constrained": "writing within rules",
    "howto": "a how-to",
    "writing": "letters and texts",
    "summary": "a summary",
    "extract": "picking out facts",
}


def likeliest(kinds: Mapping[str, float] | None, task: str) -> str:
    """The kind that a prompt of this task mostly is, in words; empty where none stands out."""
    told = within(kinds, task) if kinds else {}
    best = max(told, key=lambda kind: told[kind], default="")
    return _WORDS.get(best, "") if best and told[best] > 0.5 else ""
