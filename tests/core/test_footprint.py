"""What a model takes in memory, and which context it gets."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmrouter_tui.core.domain import HOST_POOL, Footprint, ModelInfo
from llmrouter_tui.core.footprint import (
    FLOOR,
    GPU_OVERHEAD,
    GPU_SHARE,
    HOST_OVERHEAD,
    USUAL,
    cache_bytes,
    correction,
    estimated,
    expected,
    for_context,
    largest_context,
)

GIB, MIB, KIB = 1024**3, 1024**2, 1024

LLAMA = ModelInfo(
    "o", "llama3.1:8b", 8_030_000_000, size_bytes=int(4.58 * GIB), context_length=131_072, kv_bytes_per_token=128 * KIB
)
"""32 layers of 8 KV heads of 128 + 128 numbers."""
GEMMA = ModelInfo(
    "o",
    "gemma3:12b",
    size_bytes=7 * GIB,
    context_length=131_072,
    kv_bytes_per_token=8 * 8 * 512 * 2,
    kv_window_bytes=40 * 8 * 512 * 2,
    kv_window=1024,
)
SMOL = ModelInfo("e", "smollm2", size_bytes=98_362_432, context_length=8192, kv_bytes_per_token=23_040, slots=2)

CONTEXTS = st.integers(1, 1_000_000)
MODELS = st.builds(
    ModelInfo,
    st.just("b"),
    st.just("m"),
    parameters=st.none() | st.integers(10**8, 10**11),
    size_bytes=st.none() | st.integers(10**8, 10**11),
    context_length=st.none() | st.integers(256, 1_000_000),
    kv_bytes_per_token=st.none() | st.integers(0, 10**6),
    kv_window=st.integers(0, 8192),
    kv_window_bytes=st.integers(0, 10**6),
    kv_state_bytes=st.integers(0, 10**8),
    slots=st.integers(1, 4),
)
POOLS = st.sampled_from(["gpu0", HOST_POOL])
SEEN = st.none() | st.builds(
    Footprint, st.integers(10**7, 10**11), st.sampled_from(["reported", "measured"]), st.none() | CONTEXTS
)


class TestEstimate:
    def test_is_weights_cache_and_buffers(self) -> None:
        assert cache_bytes(LLAMA, 8192) == GIB
        assert estimated(LLAMA, "gpu0", 8192) == int(4.58 * GIB * 1.02) + GIB + GPU_OVERHEAD
        assert estimated(LLAMA, HOST_POOL, 8192) == int(4.58 * GIB * 1.02) + GIB + HOST_OVERHEAD

    @pytest.mark.parametrize(("context", "mib"), [(1024, 193), (4096, 328), (8192, 508)])
    def test_is_what_the_embedded_engine_was_measured_to_take(self, context: int, mib: int) -> None:
        """Resident memory of its process on the CPU, with two slots."""
        told = estimated(SMOL, HOST_POOL, context)
        assert told == pytest.approx(mib * MIB, rel=0.15)

    def test_a_window_takes_no_more_than_itself_and_a_batch(self) -> None:
        assert cache_bytes(GEMMA, 1024) == 1024 * 48 * 8 * 512 * 2
        assert cache_bytes(GEMMA, 131_072) == 131_072 * 8 * 8 * 512 * 2 + (1024 + 512) * 40 * 8 * 512 * 2

    def test_every_slot_has_a_cache_and_a_state(self) -> None:
        one = replace(SMOL, slots=1, kv_state_bytes=MIB)
        assert cache_bytes(replace(one, slots=3), 4096) == 3 * cache_bytes(one, 4096)

    @pytest.mark.parametrize(
        ("parameters", "kib"), [(135e6, 22.5), (1.2e9, 32), (3.2e9, 112), (8e9, 128), (32e9, 256), (70e9, 320)]
    )
    def test_a_cache_that_nobody_tells_is_of_the_right_order(self, parameters: float, kib: float) -> None:
        guess = cache_bytes(ModelInfo("b", "m", int(parameters)), 1024) / 1024 / KIB
        assert kib / 2 < guess < kib * 2

    def test_embeddings_keep_nothing(self) -> None:
        model = ModelInfo("b", "nomic-embed-text", 137_000_000, capabilities=frozenset({"embedding"}))
        assert cache_bytes(model, 8192) == 0

    def test_there_is_none_without_a_size(self) -> None:
        assert estimated(ModelInfo("b", "mystery"), "gpu0", 8192) is None
        assert expected(ModelInfo("b", "mystery"), "gpu0", 8192) is None

    @given(MODELS, POOLS, CONTEXTS, CONTEXTS, SEEN)
    def test_never_falls_with_context(
        self, model: ModelInfo, pool: str, one: int, other: int, seen: Footprint | None
    ) -> None:
        less, more = sorted((one, other))
        assert (estimated(model, pool, less) or 0) <= (estimated(model, pool, more) or 0)
        small, large = expected(model, pool, less, seen), expected(model, pool, more, seen)
        if small is not None and large is not None:
            assert small.bytes <= large.bytes + 1


class TestSeen:
    @given(MODELS, POOLS, CONTEXTS, st.integers(10**7, 10**11))
    def test_what_was_seen_beats_what_was_estimated(self, model: ModelInfo, pool: str, context: int, size: int) -> None:
        seen = Footprint(size, "measured", context)
        assert expected(model, pool, context, seen) is seen

    def test_what_was_less_shrinks_every_estimate(self) -> None:
        seen = Footprint(int((estimated(LLAMA, "gpu0", 8192) or 0) * 0.9), "reported", 8192)
        assert correction(LLAMA, "gpu0", seen).whole == pytest.approx(0.9)
        larger = expected(LLAMA, "gpu0", 32_768, seen)
        assert larger is not None
        assert larger.source == "estimated"
        assert larger.bytes == pytest.approx((estimated(LLAMA, "gpu0", 32_768) or 0) * 0.9)

    def test_what_was_more_is_put_down_to_the_cache(self) -> None:
        """Ollama with ``OLLAMA_NUM_PARALLEL=4``: the same model with four caches."""
        four = replace(LLAMA, slots=4)
        seen = Footprint(estimated(four, "gpu0", 32_768) or 0, "reported", 32_768)
        assert correction(LLAMA, "gpu0", seen).cache == pytest.approx(4)
        for context in (4096, 8192, 65_536):
            found = expected(LLAMA, "gpu0", context, seen)
            assert found is not None
            assert found.bytes == pytest.approx(estimated(four, "gpu0", context))
        assert largest_context(LLAMA, "gpu0", int(23.5 * GIB), seen) == 8192

    def test_what_of_it_the_context_takes_is_corrected_alike(self) -> None:
        told, cache = estimated(LLAMA, "gpu0", 8192) or 0, cache_bytes(LLAMA, 8192)
        assert for_context(LLAMA, "gpu0", 8192) == cache == GIB
        more, less = Footprint(told + GIB, "reported", 8192), Footprint(told // 2, "reported", 8192)
        assert for_context(LLAMA, "gpu0", 8192, more) == pytest.approx(2 * GIB)
        assert for_context(LLAMA, "gpu0", 8192, less) == pytest.approx(GIB / 2)
        assert for_context(replace(LLAMA, kv_bytes_per_token=None), "gpu0", 8192) is None

    def test_without_a_context_it_holds_for_all(self) -> None:
        seen = Footprint(6 * GIB, "measured")
        assert expected(LLAMA, "gpu0", 32_768, seen) is seen
        assert correction(LLAMA, "gpu0", seen) == (1.0, 1.0)

    def test_it_is_all_there_is_of_a_model_of_unknown_size(self) -> None:
        seen = Footprint(6 * GIB, "measured", 8192)
        assert expected(ModelInfo("b", "mystery"), "gpu0", 4096, seen) is seen


class TestContext:
    @pytest.mark.parametrize(
        ("room", "context"), [(23.5, 32_768), (11.5, 16_384), (7.5, 8192), (6.5, 8192), (5.8, 4096), (4.0, 8192)]
    )
    def test_grows_with_the_card_in_steps(self, room: float, context: int) -> None:
        """What fits not even with the least gets the usual one: it is split, or refused."""
        assert largest_context(LLAMA, "gpu0", int(room * GIB)) == context

    def test_a_cache_with_windows_leaves_room_for_much_more(self) -> None:
        assert largest_context(GEMMA, "gpu0", int(23.5 * GIB)) == 65_536

    def test_ends_where_the_model_does(self) -> None:
        assert largest_context(replace(LLAMA, context_length=40_960), "gpu0", 80 * GIB) == 40_960
        assert largest_context(replace(LLAMA, context_length=2048), "gpu0", 80 * GIB) == 2048
        assert (
            largest_context(replace(LLAMA, context_length=4096, longest_context=131_072), "gpu0", 80 * GIB) == 131_072
        )

    def test_is_smaller_in_ram(self) -> None:
        assert largest_context(LLAMA, HOST_POOL, int(23.5 * GIB)) == 16_384

    def test_is_the_usual_one_where_memory_or_size_is_unknown(self) -> None:
        assert largest_context(LLAMA, "gpu0", None) == USUAL
        assert largest_context(ModelInfo("b", "mystery", context_length=131_072), "gpu0", 80 * GIB) == USUAL

    def test_is_none_where_the_model_does_not_tell_its_own(self) -> None:
        assert largest_context(ModelInfo("b", "m", size_bytes=GIB), "gpu0", 80 * GIB) is None

    def test_shrinks_when_more_was_seen_than_estimated(self) -> None:
        room = int(7.5 * GIB)
        seen = Footprint(8 * GIB, "reported", USUAL)
        assert largest_context(LLAMA, "gpu0", room) == USUAL
        assert largest_context(LLAMA, "gpu0", room, seen) == FLOOR

    @given(MODELS, POOLS, st.integers(10**8, 10**11), SEEN)
    def test_its_footprint_fits_if_any_does(
        self, model: ModelInfo, pool: str, room: int, seen: Footprint | None
    ) -> None:
        context = largest_context(model, pool, room, seen)
        if context is None or model.context_length is None:
            assert context is None
            return
        assert context <= model.context_length
        least = expected(model, pool, min(FLOOR, model.context_length), seen)
        found = expected(model, pool, context, seen)
        if least is not None and found is not None and least.bytes <= room:
            assert found.bytes <= room
            assert context <= USUAL or cache_bytes(model, context) <= room * GPU_SHARE

    @given(MODELS, POOLS, st.integers(10**8, 10**11), st.integers(0, 10**11))
    def test_more_room_never_means_less_context(self, model: ModelInfo, pool: str, room: int, more: int) -> None:
        small, large = largest_context(model, pool, room), largest_context(model, pool, room + more)
        least = estimated(model, pool, min(FLOOR, model.context_length or FLOOR))
        if small is not None and large is not None and least is not None and least <= room:
            assert small <= large
