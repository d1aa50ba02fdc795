"""What the catalog knows of hosted models: the listed, their relatives, strangers; looked up off the loop."""

import asyncio

from llmrouter_tui.core.ability import abilities
from llmrouter_tui.core.domain import ModelInfo
from llmrouter_tui.core.sync import SyncedFigure
from llmrouter_tui.public import Public
from llmrouter_tui.recall import Recall, recall

QWEN = ModelInfo("ollama", "qwen3:8b")
TUNE = ModelInfo("vllm", "acme/Qwen2.5-7B-Instruct-ft")


def test_a_listed_model_is_known_a_tune_by_its_relative_and_a_stranger_not_at_all() -> None:
    public = Public()
    known, relative = recall(public, QWEN, "ollama"), recall(public, TUNE, "openai")
    assert known is not None
    assert relative is not None
    assert (known.id, known.related, known.released) == ("qwen3-8b", False, "2025-04")
    assert (relative.id, relative.related) == ("qwen2.5-7b-instruct", True)
    assert recall(public, ModelInfo("vllm", "my-model"), "openai") is None


def test_public_figures_reach_abilities_with_source_and_date() -> None:
    math = abilities(QWEN, known=recall(Public(), QWEN, "ollama"))["math"]
    told = next(e for e in math.evidence if e.note.startswith("MATH-500"))
    assert told.source == "benchmark"
    assert "97.4%, 2025-04, maker (QwenLM/Qwen3" in told.note


async def test_a_loop_gets_no_answer_until_a_thread_has_looked_and_then_at_once() -> None:
    found = Recall(Public())
    waiting = asyncio.ensure_future(found.look_up())
    await asyncio.sleep(0)
    assert not waiting.done()
    assert found(QWEN, "ollama") is None
    assert found(TUNE, "openai") is None
    assert found.asked
    assert await waiting == {QWEN.id, TUNE.id}
    assert not found.asked
    known = found(QWEN, "ollama")
    assert known is not None
    assert known.id == "qwen3-8b"
    assert not found.asked


async def test_fetched_figures_are_seen_without_another_look() -> None:
    public = Public()
    found = Recall(public)
    found(QWEN, "ollama")
    await found.look_up()
    before = found(QWEN, "ollama")
    public.take([SyncedFigure("qwen3-8b", "arena_math", 1500.0, "lmarena", "2026-11-20", 0.0)])
    after = found(QWEN, "ollama")
    assert before is not None
    assert after is not None
    assert after.standings["math"].mean > before.standings["math"].mean
