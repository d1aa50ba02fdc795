"""What was measured on the machine of the screen's tests: a run under way, the results and the runs before."""

from dataclasses import replace

from llmrouter_tui.core.decision import Effect
from llmrouter_tui.core.profile import (
    ModelProfile,
    ModelProgress,
    PastRun,
    ProfileRun,
    Profiles,
    Result,
    Seen,
    TaskProgress,
    TaskScore,
)

NOW = 1_793_826_249.0
BIG, SMALL, PHI, DEEP = "ollama/qwen3:32b", "ollama/llama3.1:8b", "ollama/phi4:14b", "ollama/deepseek-r1:14b"


def scores(**right: tuple[int, float]) -> tuple[TaskScore, ...]:
    return tuple(TaskScore(task, checked, share) for task, (checked, share) in right.items())


def tasks(*done: tuple[str, int, int, float, int]) -> tuple[TaskProgress, ...]:
    return tuple(TaskProgress(task, at, total, right, checked) for task, at, total, right, checked in done)


OF_SMALL = ModelProfile(
    SMALL,
    NOW - 1_300,
    scores(
        chat=(3, 2.3), factual=(3, 2.0), reasoning=(3, 1.5), math=(4, 2.0), coding=(4, 2.5), instruction=(4, 3.0),
        extraction=(3, 2.0), translation=(2, 1.5), tools=(2, 1.0),
    ),
    ungraded=5, ttft=0.21, decode=96.0, prefill=1920.0, failures={},
)  # fmt: skip
OF_BIG = ModelProfile(
    BIG,
    NOW - 40,
    scores(math=(4, 3.5), reasoning=(2, 2.0), coding=(2, 2.0)),
    failed=1, ttft=0.9, decode=38.0, prefill=760.0, failures={"prompt_timeout": 1},
)  # fmt: skip
OF_DEEP = ModelProfile(
    DEEP,
    NOW - 31 * 86_400,
    scores(math=(4, 4.0), coding=(4, 3.0)),
    stale=18,
    stale_by={"age": 18},
    decode=44.0,
    thought_seconds=6.2,
)
SMALL_THEN = ModelProfile(
    SMALL, NOW - 256_800, scores(chat=(3, 2.5), math=(4, 2.5), coding=(4, 2.0), tools=(2, 2.0)), failed=2,
    ttft=0.30, decode=84.0, prefill=1900.0, load_seconds=2.8, footprint=5 * 1024**3, failures={"prompt_timeout": 2},
)  # fmt: skip
BIG_THEN = ModelProfile(BIG, NOW - 256_700, scores(math=(4, 3.0), reasoning=(2, 2.0)), ttft=0.9, decode=38.0)
HISTORY = (
    PastRun(NOW - 259_200, NOW - 256_700, False, (BIG, SMALL, PHI), 288, 2, 2_460, "by itself, while idle",
            (Effect(SMALL, "coding", 0.55, 0.58), Effect(BIG, "math", 0.80, 0.84)), (SMALL_THEN, BIG_THEN)),
    PastRun(NOW - 777_600, NOW - 777_350, True, ("ollama/gemma3:4b", SMALL), 32, 0, 240.0, found=(
        replace(SMALL_THEN, at=NOW - 777_350, decode=95.0, tasks=scores(chat=(2, 2.0), coding=(2, 1.0))),
        ModelProfile("ollama/gemma3:4b", NOW - 777_400, scores(chat=(2, 1.0)), decode=120.0))),
    PastRun(NOW - 900_000, NOW - 899_000, True, (BIG,), 32, 0, 240.0, "stopped"),
)  # fmt: skip
RUN = ProfileRun(
    running=True,
    started=NOW - 720,
    quick=False,
    models=(
        ModelProgress(SMALL, "done", 27, 27, 0, 19, 0, "", 250.0,
                      (Effect(SMALL, "coding", 0.58, 0.60), Effect(SMALL, "chat", 0.80, 0.78)),
                      tasks(("coding", 4, 4, 2.5, 4), ("math", 4, 4, 2.0, 4))),
        ModelProgress(BIG, "asking", 14, 27, 3, 11, 1, "", 362.0, (),
                      tasks(("chat", 0, 3, 0.0, 0), ("reasoning", 2, 2, 2.0, 2), ("math", 4, 4, 3.5, 4),
                            ("coding", 7, 12, 5.5, 6), ("creative", 1, 1, 0.0, 0), ("tools", 0, 2, 0.0, 0))),
        ModelProgress(PHI, "queued", 0, 42, tasks=tasks(("coding", 0, 12, 0.0, 0), ("math", 0, 4, 0.0, 0))),
    ),
    prompt="code-shelf",
    task="coding",
    eta=660.0,
    question="Write a class LruCache with get and put in O(1).",
    answer="class LruCache:\n    def __init__(self, size):\n        self.size = size\n        self.kept = {}",
    seen=(
        Seen("code-pages", "coding", "checked", 1.0, "5 of 5 cases", 4.1),
        Seen("code-growth", "coding", "failed", None, "no answer in 60 s", 60.0),
        Seen("math-rolls", "math", "checked", 0.5, "the second turn is wrong", 6.0),
        Seen("create-river", "creative", "ungraded", None, "", 9.0),
        Seen("code-intervals", "coding", "checked", 1.0, "6 of 6 cases", 5.6),
    ),
)  # fmt: skip
OVER = replace(
    RUN,
    running=False,
    models=(*(replace(model, state="done") for model in RUN.models[:2]), replace(RUN.models[2], state="stopped")),
    prompt="", task="", eta=None, question="", answer="",
)  # fmt: skip
PROFILES = Profiles(RUN, (OF_SMALL, OF_BIG, OF_DEEP), HISTORY)


def result(prompt: str, task: str, outcome: str = "checked", passed: float | None = 1.0, **more: object) -> Result:
    facts: dict[str, object] = {
        "reason": "", "ttft": 0.9, "prefill": 760.0, "decode": 38.0, "prompt_tokens": 60, "completion_tokens": 212,
        "seconds": 5.6, "answer": "The answer is 42.", "quantization": "Q4_K_M",
    }  # fmt: skip
    return Result(BIG, prompt, task, NOW - 300, outcome, passed, **(facts | more))  # type: ignore[arg-type]


LONG_ANSWER = "\n".join(
    ["def merge(a, b):", "    i = j = 0", "    out = []", *(f"    # step {n}" for n in range(40)), "    return out"]
)
RESULTS = (
    result("math-rolls", "math", passed=0.0, reason="40320 is not 40328", answer="It is 40328."),
    result("code-intervals", "coding", reason="6 of 6 cases", answer=LONG_ANSWER),
    result("code-growth", "coding", "failed", None, code="prompt_timeout", reason="no answer in 60 s", answer="",
           seconds=60.0, decode=None, completion_tokens=None),
    result("follow-word", "instruction", passed=0.5, reason="3 of 6 demands: it has 7 lines, not 5"),
    result("create-river", "creative", "ungraded", None, reasoning_tokens=90, thought_seconds=2.4),
    *(result(f"factual-{n}", "factual", seconds=1.0 + n / 10) for n in range(20)),
)  # fmt: skip
