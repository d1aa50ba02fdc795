"""Where a model turned up: told from processes, from what grew, or guessed; never lost and never counted twice."""

from hypothesis import given
from hypothesis import strategies as st

from llmrouter_tui.core.whereabouts import by_growth, by_processes, by_use, divided, shared

GIB = 1024**3


@given(st.integers(0, 80 * GIB), st.dictionaries(st.sampled_from("abcd"), st.integers(1, 24 * GIB), min_size=1))
def test_what_is_divided_is_together_what_it_was(size, sizes):
    parts = divided(size, shared(sizes))
    assert sum(part for _, part in parts) == size
    assert all(part >= 0 for _, part in parts)


def test_a_model_is_where_memory_grew_by_about_its_size():
    assert by_growth({"gpu0": 0, "gpu1": 8 * GIB}, 9 * GIB) == (("gpu1", 1.0),)
    assert by_growth({"gpu0": 6 * GIB, "gpu1": 2 * GIB}, 8 * GIB) == (("gpu0", 0.75), ("gpu1", 0.25))


def test_a_drivers_context_on_another_card_is_no_part_of_a_model():
    assert by_growth({"gpu0": 8 * GIB, "gpu1": GIB // 4}, 8 * GIB) == (("gpu0", 1.0),)


def test_growth_that_is_not_about_its_size_says_nothing():
    assert by_growth({"gpu0": GIB, "gpu1": 0}, 8 * GIB) == ()
    assert by_growth({"gpu0": 20 * GIB, "gpu1": 0}, 8 * GIB) == ()


def test_the_models_of_a_server_are_told_apart_by_the_size_of_their_processes():
    processes = [{"gpu0": 4 * GIB}, {"gpu0": 3 * GIB, "gpu1": 6 * GIB}]
    found = by_processes({"small": 4 * GIB, "large": 9 * GIB}, processes)
    assert found == {"small": (("gpu0", 1.0),), "large": (("gpu0", 1 / 3), ("gpu1", 2 / 3))}
    assert by_processes({"small": 4 * GIB, "other": 40 * GIB}, processes[1:]) == {}


def test_the_only_model_of_a_server_has_all_its_processes():
    assert by_processes({"a": GIB}, [{"gpu0": 2 * GIB}, {"gpu1": 2 * GIB}]) == {"a": (("gpu0", 0.5), ("gpu1", 0.5))}


@given(
    st.dictionaries(st.text("ab", min_size=1), st.integers(0, 30 * GIB), max_size=6),
    st.dictionaries(st.sampled_from(["gpu0", "gpu1", "gpu2"]), st.integers(-GIB, 30 * GIB), min_size=1),
    st.booleans(),
)
def test_a_guess_places_every_model_once_on_the_cards_that_there_are(sizes, unexplained, over_all):
    placed = by_use(sizes, unexplained, over_all=over_all)
    assert set(placed) == set(sizes)
    for where in placed.values():
        assert {pool for pool, _ in where} <= set(unexplained)
        assert abs(sum(share for _, share in where) - 1) < 1e-9
        assert over_all or len(where) == 1


def test_a_guess_puts_each_where_most_is_in_use_that_no_other_accounts_for():
    placed = by_use({"a": 9 * GIB, "b": 5 * GIB}, {"gpu0": 5 * GIB, "gpu1": 10 * GIB}, over_all=False)
    assert placed == {"a": (("gpu1", 1.0),), "b": (("gpu0", 1.0),)}
