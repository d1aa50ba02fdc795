"""Public figures as evidence of an ability: what a result between its anchors is worth here, and how much of it."""

import math
from collections.abc import Mapping, Sequence

from llmrouter_tui.core.catalog import HIGHEST, LOWEST, Benchmark, Benchmarks, Figure, Known, Standing
from llmrouter_tui.core.domain import Evidence

EVERYDAY = 0.8
"""Public figures are of exam questions; everyday prompts are easier. Logits added to them, and so to the lines of size
that were drawn through them; by judgement."""

MOST, HALF_AT = 40.0, 1.0
"""Pseudo-observations of ever more figures, and the sum of their weights at which they count half of that: a second
board repeats much of the first. Chosen by how well size, date, kind and the other figures together foretell figures
left out of the catalog (``tests/tools/equating_figures.py``), against a dated prior of 12; on one scale figures agree
more than on anchors alone, where the half was 2."""
LISTED = 3
"""Figures told one by one, the heaviest; the others are told together, if they are several."""

RELATED_MOST = 7.0
"""The same of a relative's figures. Of 25 tunes in the catalog of November 2026 each compared with the relative that
its name would be given, logits were off by .3 (factual) to 1.0 (math), about what a Beta of this strength is."""
TUNED: Mapping[str, float] = {
    "chat": -0.1,
    "factual": -0.2,
    "reasoning": 0.0,
    "math": -0.1,
    "coding": -0.15,
    "creative": -0.1,
    "instruction": -0.4,
    "extraction": -0.3,
    "translation": 0.0,
}
"""What tuning by others moves, in logits: medians and means of the same 25 pairs, between which they were rounded.
What people tune for follows instructions less well."""


def evidence(known: Known, task: str, penalty: float) -> Sequence[Evidence]:
    """What public figures say of a task; empty where there are none. ``penalty`` is lost to quantization, in logits."""
    standing = known.standings.get(task)
    if standing is None:
        return ()
    if known.related:
        value = worth(standing.mean, TUNED.get(task, 0.0) - penalty)
        weight = RELATED_MOST * standing.strength / (standing.strength + HALF_AT)
        return (Evidence("prior", value, weight, f"relative of {known.id}"),)
    return _listed(standing, known.benchmarks, penalty)


def worth(share: float, shift: float = 0.0) -> float:
    """The quality that a result stands for, given where it lies between its anchors."""
    bounded = min(HIGHEST, max(LOWEST, share))
    odds = bounded / (1 - bounded) * math.exp(EVERYDAY + shift)
    return odds / (1 + odds)


def _listed(standing: Standing, benchmarks: Benchmarks, penalty: float) -> Sequence[Evidence]:
    listed = LISTED if len(standing.grounds) > LISTED + 1 else LISTED + 1
    scale = MOST / (standing.strength + HALF_AT) * standing.strength / sum(g.weight for g in standing.grounds)
    told = [
        Evidence("benchmark", worth(g.share, -penalty), g.weight * scale, _note(g.figure, benchmarks[g.figure.key]), 1)
        for g in standing.grounds[:listed]
    ]
    rest = standing.grounds[listed:]
    if rest:
        weight = sum(g.weight for g in rest)
        value = sum(worth(g.share, -penalty) * g.weight for g in rest) / weight
        told.append(Evidence("benchmark", value, weight * scale, f"{len(rest)} more figures", len(rest)))
    return told


def _note(figure: Figure, benchmark: Benchmark) -> str:
    unit = "%" if benchmark.unit == "pct" else ""
    return f"{benchmark.title} {figure.value:.4g}{unit}, {figure.as_of}, {figure.source}"
