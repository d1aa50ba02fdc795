"""The post-mortem: what marks may say of choices, and what too few of them may not."""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmrouter_tui.core.review import SPAN, Audit, Mark, Review, Reviewed, parse_span, review, routed, said_span
from llmrouter_tui.core.review_words import HOW_TO_RATE, calibration, caveats, headline, note, period

BIG, SMALL, TWIN = "a/big", "a/small", "b/big"
DAY = 86_400.0


def mark(seen: float, expected: float | None = 0.8, *, model: str = BIG, task: str = "coding", **more: object) -> Mark:
    return Mark(more.pop("id", "x1"), task, model, seen, expected, **more)  # type: ignore[arg-type]


def of(*marks: Mark, answered: int = 0) -> Review:
    counts = {(m.task, m.model): answered for m in marks} if answered else {}
    return review(Audit(counts, marks), 7 * DAY)


def only(found: Review) -> Reviewed:
    [row] = found.rows
    return row


# ── laws ──

shares = st.floats(0, 1)
any_marks = st.lists(
    st.builds(
        Mark,
        exchange_id=st.integers(0, 999).map(lambda n: f"x{n:03}"),
        task=st.sampled_from(("coding", "chat")),
        model=st.sampled_from((BIG, SMALL, TWIN)),
        seen=shares,
        expected=st.none() | shares,
        routed=st.booleans(),
        others=st.sets(st.sampled_from((SMALL, TWIN, "c/third"))).map(tuple),
    ),
    max_size=40,
)


@given(st.lists(st.tuples(shares, shares), max_size=40), shares)
def test_a_mark_that_is_as_expected_never_makes_anything_more_surprising(
    pairs: list[tuple[float, float]], as_expected: float
) -> None:
    marks = [mark(seen, expected) for seen, expected in pairs]
    more = of(*marks, mark(as_expected, as_expected))
    before = abs(only(of(*marks)).compared.surprise) if marks else 0.0
    assert abs(only(more).compared.surprise) <= before + 1e-9


@given(any_marks, st.randoms(use_true_random=False))
def test_the_order_of_marks_does_not_matter(marks: list[Mark], rng: random.Random) -> None:
    assert of(*rng.sample(marks, len(marks))) == of(*marks)


@given(any_marks)
def test_everything_is_counted_once_and_no_claim_goes_beyond_its_marks(marks: list[Mark]) -> None:
    found = of(*marks)
    assert sum(row.rated for row in found.rows) == found.rated == len(marks)
    assert found.right <= found.chosen <= found.rated
    assert found.regretted <= found.chosen - found.right
    assert sum(band.count for band in found.bands) == found.compared.count
    for row in found.rows:
        assert row.compared.count <= row.rated <= row.answered
        assert abs(row.compared.surprise) <= max(0.0, 1 - row.compared.margin)
        assert all(regret.by > 0 and regret.rated >= 3 for regret in row.regrets)
    surprises = [abs(row.compared.surprise) for row in found.rows]
    assert surprises == sorted(surprises, reverse=True)


@given(st.dictionaries(st.tuples(st.sampled_from(("coding", "")), st.sampled_from((BIG, SMALL))), st.integers(1, 9)))
def test_without_marks_nothing_is_claimed(answered: dict[tuple[str, str], int]) -> None:
    found = review(Audit(answered, ()))
    assert (found.rated, found.right, found.compared.count, found.bands) == (0, 0, 0, ())
    assert found.answered == sum(answered.values())
    for row in found.rows:
        assert (row.verdict, row.seen, row.regrets, row.compared.surprise) == ("not rated", None, (), 0.0)
    assert not calibration(found)


@given(st.integers(1, 10**9))
def test_a_span_reads_as_it_is_said(seconds: int) -> None:
    assert parse_span(said_span(float(seconds))) == seconds


# ── how sure ──


@pytest.mark.parametrize(
    ("seen", "verdict"),
    [
        ([0.0], "too few to tell"),
        ([0.0] * 2 + [1.0] * 3, "too few to tell"),
        ([0.0] * 4 + [1.0] * 16, "no surprise"),
        ([0.0] * 2, "too few to tell"),
        ([0.0] * 4, "worse"),
        ([0.0] * 12 + [1.0] * 8, "worse"),
    ],
)
def test_few_ratings_do_not_shout(seen: list[float], verdict: str) -> None:
    row = only(of(*map(mark, seen)))
    assert (row.verdict, row.rated) == (verdict, len(seen))


def test_a_model_that_is_better_than_expected_is_a_surprise_too() -> None:
    row = only(of(*[mark(1.0, 0.4)] * 9))
    assert row.verdict == "better"
    assert row.compared.difference == pytest.approx(0.6)
    assert row.compared.surprise == pytest.approx(0.6 - 1.3581 / 3, abs=1e-4)


def test_marks_whose_expectation_is_not_known_count_but_are_not_compared() -> None:
    row = only(of(*[mark(0.0, None)] * 9))
    assert (row.verdict, row.seen, row.rated, row.compared.count) == ("not compared", 0.0, 9, 0)
    mixed = only(of(mark(0.0, None), mark(1.0, 0.8)))
    assert (mixed.seen, mixed.compared.count, mixed.compared.seen) == (0.5, 1, 1.0)


def test_surprises_come_first_then_what_is_far_from_expectation_then_what_is_not_rated() -> None:
    marks = [mark(0.0, 0.9, model="a/bad")] * 9 + [mark(0.0, 0.9, model="a/once")] + [mark(1.0, 0.9, model="a/fine")]
    found = review(Audit({("coding", "a/busy"): 500, ("coding", "a/idle"): 1}, marks))
    assert [row.model for row in found.rows] == ["a/bad", "a/once", "a/fine", "a/busy", "a/idle"]


# ── regret ──

LIKED = [mark(1.0, 0.5, model=SMALL)] * 3


def test_a_bad_choice_is_regretted_where_a_candidate_is_better_rated_on_that_task() -> None:
    bad = [mark(0.0, id=f"x{n}", others=(SMALL, "a/unknown")) for n in (1, 3, 2)]
    found = of(*bad, mark(1.0), *LIKED)
    [row] = [row for row in found.rows if row.model == BIG]
    [regret] = row.regrets
    assert (regret.instead, regret.times, regret.rated, regret.exchange_id) == (SMALL, 3, 3, "x3")
    assert regret.seen == 1.0
    assert regret.by == pytest.approx(0.75)
    assert (found.regretted, found.chosen, found.right) == (3, 7, 4)


@pytest.mark.parametrize(
    "marks",
    [
        pytest.param([mark(0.0), *LIKED], id="it was no candidate"),
        pytest.param([mark(0.0, others=(SMALL,)), *LIKED[:2]], id="it is hardly known"),
        pytest.param([mark(0.0, others=(SMALL,), task="chat"), *LIKED], id="it is good at another task"),
        pytest.param(
            [mark(0.0, others=(SMALL,)), *[mark(1.0)] * 9, *LIKED[:2], mark(0.5, model=SMALL)], id="no better"
        ),
        pytest.param([mark(1.0, others=(SMALL,)), *LIKED], id="the answer was good"),
        pytest.param([mark(0.0, others=(SMALL,), routed=False), *LIKED], id="the client named the model"),
        pytest.param([mark(0.0, others=(TWIN,)), *[mark(1.0, model=TWIN)] * 3], id="it is the same model elsewhere"),
    ],
)
def test_a_choice_is_not_regretted_where(marks: list[Mark]) -> None:
    found = of(*marks)
    assert found.regretted == 0
    assert not any(row.regrets for row in found.rows)


def test_what_the_client_named_is_no_choice_of_the_router() -> None:
    found = of(mark(0.0, routed=False), mark(1.0))
    assert (found.rated, found.chosen, found.right) == (2, 1, 1)
    assert [routed(name) for name in ("auto", " Auto:Best", "auto:math", "", "qwen3:32b", "autoqwen")] == [
        True, True, True, True, False, False
    ]  # fmt: skip


# ── words ──


def test_the_first_line_says_whether_the_router_was_right() -> None:
    bad = [mark(0.0, 0.9, id="x1", others=(SMALL,))] * 9
    found = of(*bad, *LIKED, answered=40)
    assert headline(found) == (
        "right 3 of 12 rated; for all 9 others a better-rated model was at hand; a/big is worse than expected at "
        "coding (80 answers in the last 7 days)"
    )
    one = headline(of(mark(1.0)))
    assert one == "right 1 of 1 rated; no surprise that is more than chance (1 answer in the last 7 days)"
    assert headline(of(mark(1.0, routed=False))).startswith("1 answer of 1 rated in the last 7 days. All were asked of")


def test_what_is_not_there_is_said_calmly_with_how_to_rate() -> None:
    nothing, unrated = review(Audit({}, ())), review(Audit({("chat", BIG): 1200}, ()), SPAN)
    assert headline(nothing) == "Nothing was answered in all that is kept, so there is nothing to review."
    assert "Of 1,200 answers in the last 30 days none is rated" in headline(unrated)
    assert (caveats(nothing), caveats(unrated)) == ("", HOW_TO_RATE)


def test_calibration_is_a_line() -> None:
    found = of(*[mark(1.0, 0.9)] * 3, mark(0.0, 0.9), *[mark(0.0, 0.4)] * 2, mark(1.0, None))
    assert calibration(found) == (
        "expected 73% good, seen 50% ± 55% (6 ratings); by expectation 40% → 0% of 2, 90% → 75% of 4"
    )
    assert calibration(of(mark(1.0, 0.9))) == "expected 90% good, seen 100% ± 100% (1 rating)"


def test_a_row_says_what_should_have_been_chosen() -> None:
    row = only(of(mark(0.0)))
    assert note(row) == "too few to tell"
    [row] = [r for r in of(*[mark(0.0, others=(SMALL,))] * 4, *LIKED).rows if r.model == BIG]
    assert (
        note(row, lambda model: model[2:])
        == "worse than expected; better rated: small +1.00 (3 ratings, passed over 4×)"
    )


def test_ratings_that_were_not_looked_at_are_owned_up_to() -> None:
    audit = Audit({}, (mark(1.0), mark(1.0)), cut=True)
    assert "Only the newest 2 ratings" in caveats(review(audit))
    assert "newest" not in caveats(review(replace(audit, cut=False)))


@pytest.mark.parametrize(
    ("said", "seconds", "words"),
    [
        ("7d", 7 * DAY, "the last 7 days"), (" 2W ", 14 * DAY, "the last 14 days"), ("1d", DAY, "the last day"),
        ("90m", 5400.0, "the last 90 minutes"), ("12h", DAY / 2, "the last 12 hours"),
        ("all", None, "all that is kept"),
    ],
)  # fmt: skip
def test_spans_of_time(said: str, seconds: float | None, words: str) -> None:
    assert parse_span(said) == seconds
    assert period(seconds) == words


@pytest.mark.parametrize("said", ["", "d", "7", "7y", "-1d", "0d", "1.5h", "²d", "7 d", "99999999999w", "week"])
def test_what_is_no_span_is_refused_with_an_example(said: str) -> None:
    with pytest.raises(ValueError, match="7d, 12h, 90m, 2w, or all"):
        parse_span(said)
