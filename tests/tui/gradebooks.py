"""What was graded on the machine of the screen's tests, and how the judge stands."""

from typing import Any

from llmrouter_tui.core.grades import Agreement, Bias, Concord, Grade, JudgeView

NOW = 1_793_826_249.0
BIG, SMALL, PHI, TINY = "ollama/qwen3:32b", "ollama/llama3.1:8b", "ollama/phi4:14b", "ollama/gemma3:4b"


def grade(id_: str, ago: float, model: str, task: str, score: float | None, reason: str = "", **more: Any) -> Grade:
    """One grade of phi4, ``ago`` seconds before ``NOW``."""
    facts: dict[str, Any] = {"subject": "prompt", "ref": "create-river", "difficulty": 0.4, "weight": 0.3} | more
    return Grade(id_, NOW - ago, PHI, model, task, score=score, reason=reason, **facts)


ROOKS = "How many ways can 8 rooks be placed on a board so that none attacks another?"
GRADES = (
    grade("g1", 60, SMALL, "coding", 6.0, "no edge cases", subject="exchange", ref="x8f1d",
          question="Write a python function that merges two sorted lists without using sorted().",
          answer="def merge(a, b):\n    i = j = 0\n    out = []", truth=0.0, truth_by="user"),
    grade("g2", 120, PHI, "math", 8.0, "correct, concise, shows its reasoning", subject="exchange", ref="x8f1c",
          own=True, question=ROOKS, answer="8! = 40320 ways: each row must hold one rook.", truth=0.0,
          truth_by="check"),
    grade("g3", 130, BIG, "coding", 9.0, "clean, tested", ref="code-race", truth=1.0, truth_by="check"),
    grade("g4", 180, BIG, "reasoning", 8.0, "sound argument", subject="exchange", ref="x8f1f",
          truth=1.0, truth_by="user"),
    grade("g5", 310, TINY, "chat", 3.0, "off topic", ref="chat-neighbour"),
    grade("g6", 320, SMALL, "chat", 7.0, "friendly", ref="chat-neighbour"),
    grade("g7", 430, "llama.cpp/qwen2.5vl:7b", "extraction", None, "no number in: It is a fine answer.",
          code="malformed", weight=0.0),
)  # fmt: skip
JUDGE = JudgeView(
    "grading", PHI, queued=12, done=148, failed=1, eta=240.0, today=149, budget=500, mean=7.4,
    current="ollama/gemma3:4b create-kettle", disagree=2,
    agreement=Agreement(
        PHI, Concord(41, 11, 6, 3), Concord(30, 12, 2, 4), (Bias("chat", -1.1, 12), Bias(PHI, 0.8, 9)),
        (1, 1, 2, 4, 6, 11, 30, 48, 33, 12), 0.32,
    ),
)  # fmt: skip
