"""The public question sets as training rows: prompt, the kinds it can be, and each model's grade.

They are read from a folder given by the user and are not part of this project.
"""

import gzip
import json
import re
from pathlib import Path
from typing import NamedTuple

SETS = ("ulab", "zeroeval", "mmlupro")
KINDS_OF: dict[str, dict[str, str]] = {
    "ulab": {
        "gsm8k": "word",
        "agentverse-mgsm": "word",
        "math": "formal",
        "mbpp": "function",
        "human_eval": "function",
        "natural_qa": "trivia",
        "trivia_qa": "trivia",
        "mmlu": "exam argument",
        "gpqa": "expert",
        "arc_challenge": "school",
        "openbook_qa": "school",
        "commonsense_qa": "common",
        "agentverse-logicgrid": "puzzle",
        "commongen": "constrained",
    },
    "zeroeval": {"gsm": "word", "math-l5": "formal", "crux": "trace"},
    "mmlupro": {
        "math": "formal quant",
        "physics": "quant",
        "chemistry": "quant",
        "engineering": "quant",
        "law": "exam argument",
        "philosophy": "exam argument",
        "history": "exam",
        "psychology": "exam",
        "biology": "exam",
        "health": "exam",
        "other": "exam",
        "economics": "exam quant",
        "business": "exam quant",
        "computer science": "exam trace quant",
    },
}
"""The kinds that a set's own label allows: a weak label."""

_OPTIONS = re.compile(r"\n\s*\(?[aA][).:]|\n\s*(?:options?|choices?):|\bA\) |\(A\) ", re.I)


class Row(NamedTuple):
    set: str
    prompt: str
    kinds: tuple[str, ...]
    scores: dict[str, float]
    label: str


def load(folder: Path, name: str, split: str) -> list[Row]:
    """Rows of one split; training rows whose question is also in the test split are dropped."""
    with gzip.open(folder / f"{name}.{split}.jsonl.gz", "rt", encoding="utf-8") as lines:
        raw = [json.loads(line) for line in lines]
    rows = [Row(name, r["prompt"], tuple(KINDS_OF[name][r["task"]].split()), r["scores"], r["task"]) for r in raw]
    if split == "train":
        tested = {identity(r.prompt) for r in load(folder, name, "test")}
        rows = [r for r in rows if identity(r.prompt) not in tested]
    return rows


def sizes(folder: Path, name: str) -> dict[str, float]:
    """Parameters in billions per model."""
    found = json.loads((folder / f"{name}.models.json").read_text("utf-8"))
    return {model: float(facts.get("params_b") or 8) for model, facts in found.items()}


def identity(prompt: str) -> str:
    """Letters and digits of the question before its first option."""
    start = _OPTIONS.search(prompt, 20)
    text = prompt[: start.start()] if start else prompt
    text = re.sub(r"^\s*(?:question|q|problem)\s*:|answer\s*:\s*$", "", text.strip(), flags=re.I)
    return re.sub(r"[\W_]+", "", text.lower()) or prompt
