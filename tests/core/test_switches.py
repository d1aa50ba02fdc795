"""What a request says of thinking: which models heed it, and what they are then in quality and in time."""

import math
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmrouter_tui.brain import weights
from llmrouter_tui.core.ability import abilities
from llmrouter_tui.core.analysis import Analyst
from llmrouter_tui.core.catalog import Benchmark, Figure, Ground, Known, Standing
from llmrouter_tui.core.decision import Candidate, Decision
from llmrouter_tui.core.domain import TASKS, CatalogMatch, ModelInfo, ModelView, Probed, Switched
from llmrouter_tui.core.selection import decide
from llmrouter_tui.core.switches import SWITCHES, heeded, heeding, heeding_words, switches, wants_thought
from tests.core.fleet import analysis, ask, fleet

CAN_THINK = frozenset({"completion", "thinking"})
HYBRID = ModelInfo("here", "qwen3:8b", capabilities=CAN_THINK)
GPT_OSS = ModelInfo("here", "gpt-oss:20b", family="gptoss", capabilities=CAN_THINK)
DISTILL = ModelInfo("here", "deepseek-r1:14b", capabilities=CAN_THINK)
PLAIN = ModelInfo("here", "llama3.1:8b")
HOSTED = ModelInfo("cloud", "gpt-5.1", local=False, hosted=True)
R1, BIG = "ollama/deepseek-r1:14b", "ollama/llama3.3:70b"


BOARD = {"board": Benchmark("board", "Board", "pct", dict.fromkeys(TASKS, 1.0))}


def standings(mean: float) -> dict[str, Standing]:
    ground = Ground(Figure("board", 100 * mean, "maker", "2025-04"), mean, 3.0)
    return {task: Standing(mean, 3.0, (ground,)) for task in TASKS}


BOTH = Known("both", {}, {}, thinks=True, switchable=True)


def tried(info: ModelInfo, how: str, *, can: bool = True) -> ModelInfo:
    return replace(info, probed=(Probed("thinking", can, 0.0, how=how),))


@pytest.mark.parametrize(
    ("switch", "info", "kind", "known", "mode"),
    [
        # Ollama reads every switch, for models that can think; what is no level for gpt-oss is one for no other
        ("think false", HYBRID, "ollama", None, "non_thinking"),
        ("enable_thinking false", HYBRID, "ollama", None, "non_thinking"),
        ("reasoning_effort none", HYBRID, "ollama", None, "non_thinking"),
        ("reasoning_effort low", HYBRID, "ollama", None, "thinking"),
        ("think false", DISTILL, "ollama", None, "non_thinking"),
        ("think false", PLAIN, "ollama", None, None),
        ("think false", GPT_OSS, "ollama", None, None),
        ("think low", GPT_OSS, "ollama", None, "low"),
        # vLLM and llama.cpp are told in their own word, and a template may have no use for it
        ("think false", HYBRID, "openai", BOTH, "non_thinking"),
        ("think false", DISTILL, "openai", None, None),
        ("enable_thinking false", HYBRID, "openai", BOTH, "non_thinking"),
        ("enable_thinking true", HYBRID, "llamacpp", BOTH, "thinking"),
        ("enable_thinking false", replace(HYBRID, capabilities=frozenset()), "openai", None, None),
        ("enable_thinking false", HYBRID, "llamacpp", None, "non_thinking"),
        ("enable_thinking false", DISTILL, "llamacpp", None, None),
        ("reasoning_effort none", HYBRID, "openai", BOTH, "non_thinking"),
        ("reasoning_effort low", HYBRID, "llamacpp", None, "thinking"),
        ("reasoning_effort low", GPT_OSS, "llamacpp", None, "low"),
        ("think low", GPT_OSS, "openai", None, "low"),
        # who is hosted elsewhere reads OpenAI's
        ("think false", replace(HOSTED, capabilities=CAN_THINK), "openai", BOTH, "non_thinking"),
        ("think false", HOSTED, "openai", BOTH, None),
        ("enable_thinking true", replace(HOSTED, capabilities=CAN_THINK), "anthropic", None, "thinking"),
        ("reasoning_effort none", HOSTED, "openai", BOTH, "non_thinking"),
        ("reasoning_effort low", HOSTED, "openai", BOTH, "low"),
        ("reasoning_effort none", HOSTED, "openai", replace(BOTH, switchable=False), None),
        ("reasoning_effort low", HOSTED, "openai", None, None),
        ("enable_thinking false", HOSTED, "openai", BOTH, None),
        # what was tried here is known best
        ("enable_thinking false", tried(DISTILL, "default"), "llamacpp", None, "non_thinking"),
        ("enable_thinking true", tried(HYBRID, "asked"), "llamacpp", None, "thinking"),
        ("think false", tried(HYBRID, "always"), "ollama", BOTH, None),
        ("think true", tried(HYBRID, "", can=False), "ollama", BOTH, None),
    ],
)
def test_a_switch_is_heeded_where_the_server_reads_it_and_the_model_can(
    switch: str, info: ModelInfo, kind: str, known: Known | None, mode: str | None
) -> None:
    assert heeded(switch, info, kind, known) == mode


@pytest.mark.parametrize("switch", sorted(SWITCHES))
def test_thinking_is_needed_where_it_is_asked_for(switch: str) -> None:
    assert wants_thought(switch) is (switch.split()[1] not in ("false", "none", "minimal"))
    assert not wants_thought("")


def test_what_a_model_is_then_is_what_its_figures_of_that_mode_say() -> None:
    off = Known("both", standings(0.4), BOARD, thinks=False, mode="non_thinking")
    on = Known("both", standings(0.8), BOARD, thinks=True, modes={"non_thinking": off}, switchable=True)
    found = switches(HYBRID, "ollama", CatalogMatch("alias", "both", thinks=True), on)
    assert set(found) == {"think false", "enable_thinking false", "reasoning_effort none"}
    become = found["think false"]
    assert become.hidden == 0
    before, after = abilities(HYBRID, known=on), abilities(HYBRID, known=off)
    for task, shift in zip(TASKS, become.shifts, strict=True):
        was, now = before[task].mean, after[task].mean
        assert shift == pytest.approx(math.log(now / (1 - now)) - math.log(was / (1 - was)), abs=1e-3)
        assert shift < 0


def test_without_figures_of_the_mode_only_the_time_is_another() -> None:
    found = switches(HYBRID, "ollama")
    assert found["think false"] == Switched((0.0,) * len(TASKS), 0.0)
    assert "think true" not in found


def test_an_effort_writes_less_or_more_before_the_answer() -> None:
    found = switches(GPT_OSS, "ollama")
    assert 0 < found["reasoning_effort low"].hidden < found["reasoning_effort medium"].hidden < 1
    assert "reasoning_effort high" not in found
    assert found["think max"].hidden > 1


def test_who_does_not_think_by_itself_thinks_when_asked_to() -> None:
    named = replace(HYBRID, name="qwen3:8b-nothink")
    assert switches(named, "ollama")["think true"].hidden == 1
    assert "think false" not in switches(named, "ollama")
    assert not switches(PLAIN, "ollama")


# ── choices ──


def models(known: Mapping[str, Switched] = {}) -> tuple[ModelView, ...]:
    views = fleet("3b 8b coder r1 70b vl").values()
    return tuple(replace(v, switches=known) if v.id == R1 else v for v in views)


OFF = {"think false": Switched((-0.5,) * len(TASKS), 0.0)}


def candidate(switch: str, known: Mapping[str, Switched], model: str = R1, **fields: float) -> Candidate:
    decided = decide(analysis("math", 0.6, switch=switch, **fields), models(known), preference=0.5)
    return next(c for c in decided.candidates if c.model == model)


def test_a_request_that_switches_thinking_off_counts_with_that_mode_in_quality_and_in_time() -> None:
    usual, off = candidate("", OFF), candidate("think false", OFF)
    odds, less = (c.predicted_quality / (1 - c.predicted_quality) for c in (usual, off))
    assert math.log(less / odds) == pytest.approx(-0.5, abs=0.02)
    assert off.seconds.decode < usual.seconds.decode / 3
    assert candidate("think false", OFF, BIG) == candidate("", OFF, BIG)


def test_who_does_not_heed_it_is_counted_as_ever() -> None:
    assert candidate("think false", {}) == candidate("", {})
    assert candidate("enable_thinking false", OFF) == candidate("", OFF)


def test_it_counts_in_other_languages_too() -> None:
    views = tuple(replace(v, languages={"de": 0.2}) if v.id == R1 else v for v in models(OFF))

    def logit(language: str, switch: str) -> float:
        decided = decide(analysis("math", 0.6, language=language, switch=switch), views, preference=0.5)
        quality = next(c.predicted_quality for c in decided.candidates if c.model == R1)
        return math.log(quality / (1 - quality))

    assert logit("de", "think false") == pytest.approx(logit("en", "") - 0.3, abs=0.02)


def test_what_is_learned_later_counts_at_once() -> None:
    first = candidate("think false", OFF)
    assert candidate("think false", {"think false": Switched((0.5,) * len(TASKS), 0.0)}) != first
    assert candidate("think false", OFF) == first


@given(st.floats(-3, 3), st.floats(0, 2), st.floats(0, 1))
def test_a_mode_that_is_better_or_quicker_never_loses_a_choice(better: float, hidden: float, preference: float) -> None:
    def decided(shift: float, hidden: float) -> Decision:
        known = {"think low": Switched((shift,) * len(TASKS), hidden)}
        return decide(analysis("math", 0.7, switch="think low"), models(known), preference=preference)

    if decided(0.0, 1.0).chosen == R1 and better >= 0 and hidden <= 1:
        assert decided(better, hidden).chosen == R1


def test_the_analysis_passes_on_what_the_request_says() -> None:
    analyst = Analyst(weights())
    assert analyst.analyse(ask("Why is the sky blue?", switch="think false")).switch == "think false"
    title = ask("### Task:\nGenerate a concise title for the chat.\n### Chat History:\nhi", switch="think false")
    assert analyst.analyse(title).switch == "think false"
    assert analyst.analyse(ask("Why is the sky blue?")).switch == ""


# ── words ──


def told(switch: str, known: Mapping[str, Switched]) -> str:
    views = models(known)
    decided = decide(analysis("math", 0.6, switch=switch), views, preference=1.0)
    found = heeding(decided, {view.id: view.switches for view in views})
    return heeding_words(found, str, "{:+.2f}".format) if found else ""


def test_what_the_switch_did_is_told() -> None:
    gain = candidate("think false", OFF).predicted_quality - candidate("", OFF).predicted_quality
    words = told("think false", OFF)
    assert words.startswith(f"think false: {R1} answers at once, quality -")
    assert float(words.split("quality ")[1].split(";")[0]) == pytest.approx(gain, abs=0.02)
    assert told("reasoning_effort low", OFF) == "reasoning_effort low: no model here heeds it"
    assert told("", OFF) == ""


@pytest.mark.parametrize(("hidden", "words"), [(0.3, "thinks less"), (1.0, "thinks"), (2.0, "thinks more")])
def test_how_much_a_model_thinks_is_told(hidden: float, words: str) -> None:
    plain = {"think low": Switched((0.0,) * len(TASKS), hidden)}
    assert told("think low", plain) == f"think low: {R1} {words}; all others as usual"
