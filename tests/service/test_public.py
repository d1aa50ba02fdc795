"""What is publicly known of a model: shipped figures, and fetched ones as soon as they are taken in."""

import pytest

from llmrouter_tui.catalog.snapshot import shipped
from llmrouter_tui.core.catalog import Standing
from llmrouter_tui.core.domain import ModelInfo
from llmrouter_tui.core.fluency import HALF_AT
from llmrouter_tui.core.sync import BY_KEY, SOURCES, SyncedFigure
from llmrouter_tui.service.public import Public, with_fetched
from llmrouter_tui.service.recall import recall

QWEN = ModelInfo("ollama", "qwen3:32b")


def standing(public: Public, task: str) -> Standing:
    found = recall(public, QWEN, "ollama")
    assert found is not None
    return found.standings[task]


def fetched(key: str, value: float, source: str = "lmarena", model: str = "qwen3-32b") -> SyncedFigure:
    return SyncedFigure(model, key, value, source, "2026-11-20", 1_795_000_000.0)


def test_a_model_stands_on_the_shipped_figures_before_anything_was_fetched() -> None:
    public = Public()
    assert public.snapshot is shipped()
    assert public.match(QWEN, "ollama").id == "qwen3-32b"
    assert standing(public, "coding").grounds


def test_fetched_figures_are_seen_at_once_with_source_and_date_and_go_with_the_next_fetch() -> None:
    public = Public()
    before = standing(public, "coding")
    public.take([fetched("arena_coding", 1480.0)])
    after = standing(public, "coding")
    assert after.mean > before.mean
    ground = next(g for g in after.grounds if g.figure.key == "arena_coding")
    assert ground.figure == ("arena_coding", 1480.0, "LMArena", "2026-11-20")
    public.take([])
    assert standing(public, "coding") == before


def test_other_names_of_a_model_are_asked_where_its_own_says_nothing() -> None:
    public = Public()
    assert public.match(ModelInfo("vllm", "my-model")).id is None
    assert public.match(ModelInfo("vllm", "my-model", aliases=("Qwen/Qwen3-32B",)), "openai").id == "qwen3-32b"


@pytest.mark.parametrize(
    ("name", "kind", "entry", "said"),
    [
        ("qwen3:8b", "ollama", "qwen3-8b", ""),
        ("qwen3:8b-nothink", "ollama", "qwen3-8b", "non_thinking"),
        ("qwen3:8b-q4_K_M-no_think", "ollama", "qwen3-8b", "non_thinking"),
        ("qwen3-8b-thinking", "ollama", "qwen3-8b", "thinking"),
        ("qwen3:4b-thinking", "ollama", "qwen3-4b-thinking-2507", "thinking"),
        ("exaone-4.0-32b-thinking", "llamacpp", "exaone-4.0-32b", "thinking"),
        ("deepseek/deepseek-chat-v3.1:thinking", "openai", "deepseek-v3.1", "thinking"),
        ("gpt-5-low", "openai", "gpt-5", "low"),
        ("llama3.1:8b-thinking", "ollama", None, ""),
        ("qwen3-8b-high", "ollama", None, ""),
        ("acme/Qwen3-8B-thinking", "vllm", None, ""),
    ],
)
def test_a_name_that_only_adds_a_mode_means_the_model_and_nobody_elses_tune_is_it(
    name: str, kind: str, entry: str | None, said: str
) -> None:
    match = Public().match(ModelInfo("b", name, local=kind != "openai"), kind)
    assert (match.id, match.said) == (entry, said)


def test_models_that_the_catalog_does_not_know_are_passed_over() -> None:
    joined = with_fetched(shipped(), [fetched("arena_elo", 1300.0, model="left-the-catalog")])
    assert joined.entries == shipped().entries


@pytest.mark.parametrize("source", sorted(BY_KEY))
def test_no_ability_rests_on_figures_that_must_not_be_passed_on(source: str) -> None:
    """Abilities are told to clients and watchers; the figures behind these belong to the holder of the key."""
    public = Public()
    before = recall(public, QWEN, "ollama")
    assert before is not None
    public.take([fetched("aa_intelligence_index_4_1", 30.5, source), fetched("aa_coding_index_4_1", 20.0, source)])
    assert SOURCES[source] in {figure.source for figure in public.snapshot.entries[before.id].figures}
    after = recall(public, QWEN, "ollama")
    assert after is not None
    assert after.standings == before.standings


def sisters(ids: list[str]) -> list[tuple[str, str]]:
    """Each model with the one whose name begins most like its own, if that is a good part of it."""

    def alike(one: str, other: str) -> int:
        return next(
            (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
        )

    pairs = [(one, max((i for i in ids if i != one), key=lambda other: (alike(one, other), other))) for one in ids]
    return [(one, other) for one, other in pairs if alike(one, other) >= 6]


def test_half_of_what_a_sister_is_off_in_a_language_foretells_figures_that_were_left_out() -> None:
    """What languages count by (``fluency.HALF_AT``), on the shipped figures: better than none of it and than all."""
    public = Public()
    half = {e.id: found for e in public.snapshot.entries.values() if (found := public.languages(e))}
    whole = {model: {lang: shift * (1 + HALF_AT) for lang, shift in found.items()} for model, found in half.items()}
    pairs = sisters(sorted(half))
    told = [(whole[one][lang], half[other][lang]) for one, other in pairs for lang in whole[one] if lang in half[other]]
    assert len(told) > 500
    none = sum(true**2 for true, _ in told)
    by_half = sum((true - guess) ** 2 for true, guess in told)
    by_all = sum((true - guess * (1 + HALF_AT)) ** 2 for true, guess in told)
    assert by_half < 0.85 * none
    assert by_half < 0.85 * by_all


def test_models_that_are_known_for_a_language_are_moved_to_where_they_are() -> None:
    public = Public()

    def in_(language: str, model: str) -> float:
        return public.languages(public.snapshot.entries[model])[language]

    assert in_("ja", "llama-3-70b-instruct") < -0.2
    assert in_("ja", "command-r-08-2024") > 0.2
    assert in_("zh", "qwen1.5-32b-chat") > 0.2
    assert in_("zh", "llama-2-70b-chat") < -0.2
    assert public.languages(public.snapshot.entries["qwen3-8b"]) == {}


def test_fetched_figures_of_a_language_are_counted_at_once() -> None:
    public = Public()
    entry = public.snapshot.entries["qwen3-32b"]
    public.take([fetched("arena_de", 1200.0)])
    low = public.languages(public.snapshot.entries["qwen3-32b"])["de"]
    public.take([fetched("arena_de", 1450.0)])
    assert public.languages(public.snapshot.entries["qwen3-32b"])["de"] > max(low, 0)
    public.take([])
    assert public.languages(public.snapshot.entries["qwen3-32b"]) == Public().languages(entry)


def test_a_model_that_is_called_like_a_much_larger_one_is_not_taken_for_it() -> None:
    public = Public()
    assert public.match(ModelInfo("ollama", "qwen3:32b", parameters=32_800_000_000), "ollama").id == "qwen3-32b"
    own = ModelInfo("ollama", "qwen3:32b", parameters=268_000_000)
    assert public.match(own, "ollama").kind == "none"
    assert recall(public, own, "ollama") is None
