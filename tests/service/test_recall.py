"""What the catalog knows of hosted models: the listed, their relatives, strangers; looked up off the loop."""

import asyncio
from dataclasses import replace

import pytest

from llmrouter_tui.brain import weights
from llmrouter_tui.core.ability import abilities
from llmrouter_tui.core.analysis import Analyst
from llmrouter_tui.core.domain import TASKS, ModelInfo
from llmrouter_tui.core.dossier import match_words
from llmrouter_tui.core.modes import mode_words
from llmrouter_tui.core.selection import decide
from llmrouter_tui.core.switches import switches
from llmrouter_tui.core.sync import SyncedFigure
from llmrouter_tui.service.public import Public
from llmrouter_tui.service.recall import Recall, recall
from tests.core.fleet import ask, fleet
from tests.core.prompts import HARD

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


@pytest.mark.parametrize(
    ("name", "kind", "mode", "thinks"),
    [
        ("qwen3:8b", "ollama", "", True),
        ("qwen3:8b-nothink", "ollama", "non_thinking", False),
        ("deepseek-v3.1:671b", "ollama", "thinking", True),
        ("deepseek-ai/DeepSeek-V3.1", "openai", "", False),
        ("deepseek/deepseek-chat-v3.1:thinking", "openai", "thinking", True),
        ("llama3.1:8b", "ollama", "", None),
    ],
)
async def test_the_figures_of_the_mode_that_a_model_is_run_in_are_the_ones_that_count(
    name: str, kind: str, mode: str, thinks: bool | None
) -> None:
    info = ModelInfo("here", name, capabilities=frozenset({"completion", "thinking"} if thinks is not None else ()))
    found = Recall(Public())
    found(info, kind)
    await found.look_up()
    recalled = found(info, kind)
    assert recalled is not None
    assert recalled.known is not None
    assert (recalled.match.mode, recalled.match.thinks) == (mode, thinks)
    entry = Public().snapshot.entries[recalled.known.id]
    own = set(entry.modes.get(mode, entry.figures))
    assert {ground.figure for ground in recalled.known.standings["math"].grounds} <= own
    assert ("reasoner" in recalled.known.leanings) is bool(thinks)
    if mode:
        assert mode_words(mode) in match_words(recalled.match)


def test_the_figures_of_the_modes_that_a_request_can_ask_for_are_known_too() -> None:
    thinking = replace(QWEN, capabilities=frozenset({"completion", "thinking"}))
    known = recall(Public(), thinking, "ollama")
    assert known is not None
    assert known.switchable
    assert set(known.modes) == {"non_thinking"}
    off = switches(thinking, "ollama", None, known)["think false"]
    assert off.hidden == 0
    assert off.shifts[TASKS.index("math")] < off.shifts[TASKS.index("chat")] - 0.5
    plain = recall(Public(), ModelInfo("ollama", "llama3.1:8b"), "ollama")
    assert plain is not None
    assert not plain.modes


async def test_what_is_known_is_the_same_until_other_figures_come() -> None:
    public = Public()
    found = Recall(public)
    found(QWEN, "ollama")
    await found.look_up()
    first, again = found(QWEN, "ollama"), found(QWEN, "ollama")
    assert first is not None
    assert again is not None
    assert first.known is again.known
    public.take([SyncedFigure("qwen3-8b", "arena_elo", 1300.0, "lmarena", "2026-11-20", 1.0)])
    later = found(QWEN, "ollama")
    assert later is not None
    assert later.known is not first.known


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
    recalled = found(QWEN, "ollama")
    assert recalled is not None
    assert recalled.known is not None
    assert recalled.known.id == "qwen3-8b"
    assert not found.asked


async def test_a_model_on_two_backends_is_told_of_both() -> None:
    found = Recall(Public())
    twin = ModelInfo("other", QWEN.name)
    assert found(QWEN, "ollama") is None
    assert found(twin, "ollama") is None
    assert await found.look_up() == {QWEN.id, twin.id}


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
    assert before.known is not None
    assert after.known is not None
    assert after.known.standings["math"].mean > before.known.standings["math"].mean


async def looked_up(*infos: ModelInfo) -> Recall:
    found = Recall(Public())
    for info in infos:
        found(info, "ollama")
    await found.look_up()
    return found


@pytest.mark.parametrize(
    ("name", "kind", "entry", "words"),
    [
        ("qwen3:8b", "alias", "qwen3-8b", "is one of its names"),
        ("qwen3:8b-q5_K_M", "grammar", "qwen3-8b", "the same words and sizes as"),
        ("acme/Qwen2.5-7B-Instruct-ft", "near", "qwen2.5-7b-instruct", ""),
        ("my-model", "none", "", ""),
    ],
)
async def test_how_a_name_matched_is_told(name: str, kind: str, entry: str, words: str) -> None:
    info = ModelInfo("ollama", name)
    recalled = (await looked_up(info))(info, "ollama")
    assert recalled is not None
    match = recalled.match
    assert (match.kind, match.id, match.by_user) == (kind, entry, False)
    assert words in match.how
    assert (match.own, match.near) == (("", entry) if kind == "near" else (entry, ""))


async def test_the_users_word_counts_before_the_name_and_stands_beside_it() -> None:
    found = await looked_up(QWEN)
    chosen, none, name = (found(QWEN, "ollama", said) for said in ("llama-3.1-8b-instruct", "", None))
    assert chosen is not None
    assert chosen.known is not None
    assert (chosen.known.id, chosen.known.related) == ("llama-3.1-8b-instruct", False)
    assert (chosen.match.own, chosen.match.id, chosen.match.by_user) == ("llama-3.1-8b-instruct", "qwen3-8b", True)
    assert match_words(chosen.match) == "llama-3.1-8b-instruct, by you (by its name: qwen3-8b)"
    assert none is not None
    assert (none.known, none.match.own, none.match.near) == (None, "", "")
    assert match_words(none.match) == "none, by you (by its name: qwen3-8b)"
    assert name is not None
    assert name.match.own == "qwen3-8b"


async def test_an_entry_that_left_the_catalog_is_no_word_any_more() -> None:
    recalled = (await looked_up(QWEN))(QWEN, "ollama", "left-the-catalog")
    assert recalled is not None
    assert (recalled.match.own, recalled.match.by_user) == ("qwen3-8b", False)


@pytest.mark.parametrize(("at", "task", "strongest"), [(0, "math", "r1"), (1, "coding", "70b"), (2, "reasoning", "r1")])
def test_figures_say_which_is_the_strongest_that_hard_prompts_reach_when_quality_is_all(
    at: int, task: str, strongest: str
) -> None:
    """The 70B for what takes knowledge and code. For proofs and puzzles a reasoner of 14B is ahead of it, by figures
    that both makers published: MATH-500 93.9 against MATH 77.0, GPQA diamond 59.1 against 50.5; AIME 2024 69.7, where
    Meta gives none for the 70B and LiveBench's mathematics have it at 42."""
    models = []
    for view in fleet().values():
        found = recall(Public(), view.info, "ollama")
        models.append(replace(view, abilities=abilities(view.info, known=found)))
    decision = decide(Analyst(weights()).analyse(ask(HARD[at][0])), models, preference=1.0)
    assert decision.analysis.task == task
    assert decision.chosen == fleet()[strongest].id
