"""A ranking is a sequence of candidates that are made when somebody looks."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmrouter_tui.core.decision import Breakdown, Candidate, Seconds
from llmrouter_tui.core.ranking import Ranking, score_of, to_plain

numbers = st.floats(-1e6, 1e6)
words = st.text(max_size=8)


def _candidate(model: str, terms: Breakdown, *rest: object) -> Candidate:
    return Candidate(model, terms.score, terms, *rest)  # type: ignore[arg-type]


candidates = st.builds(
    _candidate,
    words,
    st.builds(Breakdown, numbers, numbers, numbers, numbers, numbers),
    numbers,
    st.builds(Seconds, numbers, numbers, numbers, numbers),
    st.booleans(),
    st.none() | st.integers(0, 2**53),
    words,
)
several = st.lists(candidates, max_size=5)


@given(several)
def test_it_gives_back_every_candidate_exactly(given: list[Candidate]) -> None:
    ranking = Ranking.of(given)
    assert list(ranking) == given
    assert [ranking[i] for i in range(len(ranking))] == given
    assert ranking == given and ranking == tuple(given) and given == ranking


@given(several, st.slices(5))
def test_it_is_cut_like_a_list(given: list[Candidate], part: slice) -> None:
    assert list(Ranking.of(given)[part]) == given[part]


@given(several, several)
def test_two_are_equal_when_their_candidates_are(one: list[Candidate], other: list[Candidate]) -> None:
    assert (Ranking.of(one) == Ranking.of(other)) == (one == other)
    assert Ranking.of(one) == Ranking.of(one) and hash(Ranking.of(one)) == hash(Ranking.of(one))


@given(candidates)
def test_an_index_outside_is_an_error_as_for_a_list(one: Candidate) -> None:
    assert Ranking.of([one])[-1] == one
    with pytest.raises(IndexError):
        Ranking.of([one])[1]


def test_its_parts_must_fit_together() -> None:
    with pytest.raises(ValueError, match="as many"):
        Ranking(("a",), (), b"")


@given(several)
def test_json_shows_the_candidates(given: list[Candidate]) -> None:
    encoded = msgspec.json.encode({"candidates": Ranking.of(given)}, enc_hook=to_plain)
    assert encoded == msgspec.json.encode({"candidates": given})
    with pytest.raises(TypeError, match="complex"):
        to_plain(1j)


@given(st.lists(candidates, max_size=5, unique_by=lambda c: c.model))
def test_a_score_is_found_without_making_candidates(given: list[Candidate]) -> None:
    for ranked in (Ranking.of(given), given):
        assert [score_of(ranked, c.model) for c in given] == [c.score for c in given]
        assert score_of(ranked, "no such model") is None
