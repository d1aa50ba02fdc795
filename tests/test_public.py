"""What is publicly known of a model: shipped figures, and fetched ones as soon as they are taken in."""

import pytest

from llmrouter_tui.catalog.snapshot import shipped
from llmrouter_tui.core.domain import ModelInfo
from llmrouter_tui.core.sync import BY_KEY, SOURCES, SyncedFigure
from llmrouter_tui.public import Public, with_fetched

QWEN = ModelInfo("ollama", "qwen3:32b")


def fetched(key: str, value: float, source: str = "lmarena", model: str = "qwen3-32b") -> SyncedFigure:
    return SyncedFigure(model, key, value, source, "2026-11-20", 1_795_000_000.0)


def test_a_model_stands_on_the_shipped_figures_before_anything_was_fetched() -> None:
    public = Public()
    assert public.snapshot is shipped()
    assert public.match(QWEN, "ollama").id == "qwen3-32b"
    assert public.standings(QWEN, "ollama")["coding"].grounds


def test_fetched_figures_are_seen_at_once_with_source_and_date_and_go_with_the_next_fetch() -> None:
    public = Public()
    before = public.standings(QWEN, "ollama")["coding"]
    public.take([fetched("arena_coding", 1480.0)])
    after = public.standings(QWEN, "ollama")["coding"]
    assert after.mean > before.mean
    ground = next(g for g in after.grounds if g.figure.key == "arena_coding")
    assert ground.figure == ("arena_coding", 1480.0, "LMArena", "2026-11-20")
    public.take([])
    assert public.standings(QWEN, "ollama")["coding"] == before


def test_other_names_of_a_model_are_asked_where_its_own_says_nothing() -> None:
    public = Public()
    assert public.entry(ModelInfo("vllm", "my-model")) is None
    assert public.standings(ModelInfo("vllm", "my-model")) == {}
    named = public.entry(ModelInfo("vllm", "my-model", aliases=("Qwen/Qwen3-32B",)), "openai")
    assert named is not None
    assert named.id == "qwen3-32b"


def test_models_that_the_catalog_does_not_know_are_passed_over() -> None:
    joined = with_fetched(shipped(), [fetched("arena_elo", 1300.0, model="left-the-catalog")])
    assert joined.entries == shipped().entries


@pytest.mark.parametrize("source", sorted(BY_KEY))
def test_no_ability_rests_on_figures_that_must_not_be_passed_on(source: str) -> None:
    """Abilities are told to clients and watchers; the figures behind these belong to the holder of the key."""
    public = Public()
    before = public.standings(QWEN, "ollama")
    public.take([fetched("aa_intelligence_index_4_1", 30.5, source), fetched("aa_coding_index_4_1", 20.0, source)])
    entry = public.entry(QWEN, "ollama")
    assert entry is not None
    assert SOURCES[source] in {figure.source for figure in entry.figures}
    assert public.standings(QWEN, "ollama") == before
