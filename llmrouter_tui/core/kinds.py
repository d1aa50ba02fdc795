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
TASK_OF_KIND = tuple(TASKS.index(KIND_TASKS[kind]) for kind in KINDS)
"""Index in ``TASKS`` of each kind's task."""
