"""Languages: what figures of a language add to what is known of a model overall, and what that does to choices."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmrouter_tui.core.catalog import Benchmark, Entry, Figure
from llmrouter_tui.core.decision import Decision
from llmrouter_tui.core.domain import ModelView
from llmrouter_tui.core.fluency import (
    HALF_AT,
    LEAST,
    LOGITS,
    RELATED,
    Moved,
    Usual,
    moved,
    moved_words,
    points,
    shifts,
    told,
    usual,
)
from llmrouter_tui.core.selection import decide
from tests.core.fleet import analysis, fleet

BENCHMARKS = {
    key: Benchmark(key, key, "elo", weights, 1000, 1500)
    for key, weights in (
        ("arena_elo", {"chat": 1.0}),
        ("arena_de", {"lang:de": 1.0}),
        ("arena_ja", {"lang:ja": 1.0}),
    )
}


def entry(**ratings: float) -> Entry:
    return Entry(
        "m", figures=tuple(Figure(f"arena_{key}", value, "LMArena", "2026-10") for key, value in ratings.items())
    )


def catalog() -> Iterator[Entry]:
    """Models of which every one is 50 points weaker in Japanese, and none is anything else than usual."""
    for elo in range(1100, 1500, 10):
        yield entry(elo=elo, de=elo, ja=elo - 50)


USUAL = usual(catalog(), BENCHMARKS)


def of(what: Entry, **options: Any) -> dict[str, float]:
    return shifts(what, BENCHMARKS, USUAL, **options)


def test_a_model_that_is_as_usual_everywhere_is_moved_nowhere_however_good_it_is() -> None:
    for good in (1150, 1300, 1440):
        assert of(entry(elo=good, de=good, ja=good - 50)) == {"de": pytest.approx(0), "ja": pytest.approx(0)}


def test_a_rating_above_what_is_usual_counts_by_half_in_logits() -> None:
    """Thirty points are .06 of the scale, four times that in logits, and one rating is believed by half."""
    found = of(entry(elo=1300, ja=1280))
    assert found == {"ja": pytest.approx(LOGITS * 0.06 * 1 / (1 + HALF_AT))}
    assert told(found, "{:+.3f}".format) == "ja +0.030"
    assert told({"ja": 0.1, "de": -0.4}, "{:+.2f}".format) == "de -0.10  ja +0.02"


def test_a_language_without_a_rating_is_not_in_it_and_neither_is_a_model_without_an_overall_one() -> None:
    assert of(entry(elo=1300)) == {}
    assert of(entry(de=1400)) == {}


def test_a_relatives_ratings_count_less() -> None:
    own, relative = of(entry(elo=1300, de=1400)), of(entry(elo=1300, de=1400), related=True)
    assert relative["de"] == pytest.approx(RELATED * own["de"])
    assert 0 < RELATED < 1


def test_a_few_models_do_not_tell_what_is_usual() -> None:
    some = list(catalog())
    assert usual(some[: LEAST - 1], BENCHMARKS) == {}
    assert usual(some[:LEAST], BENCHMARKS).keys() == {"de", "ja"}
    assert usual([entry(elo=1300, de=1300)] * LEAST, BENCHMARKS) == {}


ratings = st.floats(1000, 1500)


@given(ratings, ratings, st.floats(0, 300))
def test_a_better_rating_in_a_language_never_lowers_it_there_and_moves_no_other(
    elo: float, de: float, more: float
) -> None:
    before, after = of(entry(elo=elo, de=de, ja=1200)), of(entry(elo=elo, de=de + more, ja=1200))
    assert after["de"] >= before["de"]
    assert after["ja"] == before["ja"]


@given(ratings, ratings)
def test_shifts_are_bounded(elo: float, de: float) -> None:
    assert abs(of(entry(elo=elo, de=de))["de"]) <= LOGITS / (1 + HALF_AT)


@given(st.floats(-3, 3))
def test_points_are_what_a_shift_moves_a_quality_of_one_half(shift: float) -> None:
    assert points(shift) == pytest.approx(1 / (1 + math.exp(-shift)) - 0.5)


# ── choices ──


def speaking(**languages: Mapping[str, float]) -> tuple[ModelView, ...]:
    """The fleet, all of it in memory, with what is known of these models in languages."""
    views = fleet("3b 8b coder r1 70b vl")
    return tuple(replace(view, languages=languages.get(name, {})) for name, view in views.items())


def asked(models: tuple[ModelView, ...], language: str, task: str = "chat", preference: float = 0.5) -> Decision:
    return decide(analysis(task, language=language), models, preference=preference)


def quality(decision: Decision, model: str) -> float:
    return next(c.predicted_quality for c in decision.candidates if c.model == model)


@pytest.mark.parametrize("task", ["chat", "translation"])
def test_a_request_counts_with_what_is_known_in_its_language(task: str) -> None:
    plain, german = asked(speaking(), "de", task), asked(speaking(**{"8b": {"de": 0.2, "ja": -3.0}}), "de", task)
    before, after = quality(plain, "ollama/llama3.1:8b"), quality(german, "ollama/llama3.1:8b")
    assert math.log(after / (1 - after)) == pytest.approx(math.log(before / (1 - before)) + 0.2)
    assert quality(german, "ollama/llama3.2:3b") == quality(plain, "ollama/llama3.2:3b")


def test_what_is_learned_later_counts_at_once() -> None:
    models = speaking(**{"8b": {"de": 0.2}})
    first = quality(asked(models, "de"), "ollama/llama3.1:8b")
    worse = tuple(replace(m, languages={"de": -0.2}) if m.languages else m for m in models)
    assert quality(asked(worse, "de"), "ollama/llama3.1:8b") < first
    assert quality(asked(models, "de"), "ollama/llama3.1:8b") == first


def test_what_a_language_moved_is_told() -> None:
    known = {"ollama/llama3.2:3b": {"de": -0.4}, "ollama/llama3.1:8b": {"de": 0.02}}
    models = speaking(**{"3b": {"de": -0.4}, "8b": {"de": 0.02}})
    decision = asked(models, "de")
    found = moved(decision, known)
    assert found is not None
    assert found.language == "German"
    [(model, gain)] = [move for move in found.moves if move[0] == "ollama/llama3.2:3b"]
    assert gain == pytest.approx(quality(decision, model) - quality(asked(speaking(), "de"), model))
    assert moved(asked(models, "en"), known) is None
    assert moved(asked(models, "ja"), known) is None


def test_the_model_that_would_have_been_first_without_is_named() -> None:
    without = asked(speaking(), "de")
    name = next(n for n, v in fleet().items() if v.id == without.chosen)
    decision = asked(speaking(**{name: {"de": -0.8}}), "de")
    assert decision.chosen != without.chosen
    found = moved(decision, {without.chosen: {"de": -0.8}})
    assert found is not None
    assert found.otherwise == without.chosen
    assert found.moves[0][0] == without.chosen
    assert found.moves[0][1] < 0


def test_a_language_that_changes_no_choice_names_no_other() -> None:
    best = asked(speaking(), "de").chosen
    name = next(n for n, v in fleet().items() if v.id == best)
    found = moved(asked(speaking(**{name: {"de": 0.3}}), "de"), {best: {"de": 0.3}})
    assert found is not None
    assert (found.moves[0][0], found.otherwise) == (best, "")


def test_words_name_the_first_few_models_and_count_the_others() -> None:
    moves = tuple((f"b/m{n}", -0.04 + n / 100) for n in range(4))

    def words(found: Moved) -> str:
        return moved_words(found, lambda model: model.partition("/")[2], "{:+.2f}".format)

    assert words(Moved("German", moves[:1], "")) == "German -0.04 for m0"
    assert words(Moved("German", moves[:2], "b/x")) == "German -0.04 for m0, -0.03 for m1; without it x would be first"
    assert words(Moved("German", moves, "")).endswith("-0.02 for m2, 1 more")


def test_lines_come_from_the_catalog_as_it_is() -> None:
    lines: Usual = usual((entry(elo=e, de=1000 + (e - 1000) / 2) for e in range(1100, 1500, 10)), BENCHMARKS)
    assert lines["de"].slope == pytest.approx(0.5)
    assert lines["de"].at_zero == pytest.approx(0)
