"""A realistic fleet on one 24 GB card: sizes, speeds and load times as such machines have them."""

from dataclasses import replace
from typing import Any

from llmrouter_tui.core.ability import abilities
from llmrouter_tui.core.chat import ChatRequest, Message
from llmrouter_tui.core.decision import Analysis
from llmrouter_tui.core.domain import TASKS, ModelInfo, ModelView, ResidencyState, Speed

_SEEN = frozenset({"completion", "tools"})


def model(
    name: str,
    speed: Speed,
    *,
    resident: bool = False,
    capabilities: frozenset[str] = _SEEN,
    backend: str = "ollama",
    context: int = 32768,
    known: bool = True,
) -> ModelView:
    info = ModelInfo(
        backend,
        name,
        context_length=context,
        capabilities=capabilities,
        capabilities_known=known,
        quantization="Q4_K_M",
    )
    residency: ResidencyState = "resident" if resident else "absent"
    return ModelView(info, residency=residency, speed=speed, abilities=abilities(info))


def fleet(resident: str = "3b 8b") -> dict[str, ModelView]:
    """By short name; ``resident`` says which are in memory."""
    vision = _SEEN | {"vision"}
    thinking = frozenset({"completion", "thinking"})
    views = {
        "3b": model("llama3.2:3b", Speed(6000, 150, 2)),
        "8b": model("llama3.1:8b", Speed(3500, 95, 4)),
        "coder": model("qwen2.5-coder:7b", Speed(3500, 100, 4)),
        "r1": model("deepseek-r1:14b", Speed(1800, 55, 6), capabilities=thinking),
        "70b": model("llama3.3:70b", Speed(150, 9, 35)),
        "vl": model("qwen2.5vl:7b", Speed(3000, 90, 5), capabilities=vision),
    }
    return {k: replace(v, residency="resident" if k in resident.split() else "absent") for k, v in views.items()}


def ask(*turns: str, system: str = "", **fields: Any) -> ChatRequest:
    """A conversation: user and assistant by turns."""
    messages = [Message("user" if i % 2 == 0 else "assistant", t) for i, t in enumerate(turns)]
    if system:
        messages.insert(0, Message("system", system))
    return ChatRequest("auto", tuple(messages), b"{}", **fields)


def analysis(task: str = "chat", difficulty: float = 0.4, **fields: Any) -> Analysis:
    """An analysis made by hand."""
    base = Analysis({t: float(t == task) for t in TASKS}, task, difficulty, "medium", prompt_tokens=100)
    return replace(base, **fields)
