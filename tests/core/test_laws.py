"""The laws of the score, over random fleets and requests."""

from dataclasses import dataclass, replace
from random import Random
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from llmrouter_tui.core import scoring
from llmrouter_tui.core.decision import Analysis, Breakdown, Decision
from llmrouter_tui.core.domain import TASKS, Ability, ModelInfo, ModelView, Speed
from llmrouter_tui.core.scoring import WEIGHTS, shown
from llmrouter_tui.core.selection import Wait, decide
from tests.core.fleet import analysis

unit = st.floats(0, 1)
EPSILON = 1e-7
"""Scores that agree to nine decimals are ties, so a law may miss by that much and no more."""


@dataclass(frozen=True)
class Scene:
    """A request, a fleet, and what the fleet would have to wait for."""

    analysis: Analysis
    models: tuple[ModelView, ...]
    waits: dict[str, Wait]
    continuity: str

    def decide(self, preference: float) -> Decision:
        return decide(self.analysis, self.models, preference=preference, waits=self.waits, continuity=self.continuity)

    def with_model(self, model: ModelView) -> "Scene":
        return replace(self, models=tuple(model if m.id == model.id else m for m in self.models))


def ability(mean: float) -> Ability:
    return Ability(mean, 8.0, 0.1)


@st.composite
def models(draw: st.DrawFn, name: str) -> ModelView:
    paid = draw(st.booleans())
    info = ModelInfo(
        "b",
        name,
        parameters=draw(st.one_of(st.none(), st.integers(10**8, 10**11))),
        price_in=draw(st.floats(0, 20)) if paid else None,
        price_out=draw(st.floats(0, 80)) if paid else None,
        capabilities=draw(st.sampled_from([frozenset({"completion"}), frozenset({"completion", "thinking"})])),
    )
    return ModelView(
        info,
        residency=draw(st.sampled_from(["resident", "absent"])),
        pinned=draw(st.booleans()),
        speed=Speed(draw(st.floats(10, 9000)), draw(st.floats(1, 300)), draw(st.floats(0, 90))),
        abilities={t: ability(draw(st.floats(0.02, 0.98))) for t in TASKS},
    )


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    fleet = tuple(draw(models(f"m{i}")) for i in range(draw(st.integers(1, 6))))
    shares = [draw(st.floats(0, 1)) for _ in TASKS]
    assume(sum(shares) > 0.1)
    tasks = {t: s / sum(shares) for t, s in zip(TASKS, shares, strict=True)}
    asked = analysis(difficulty=draw(unit), tasks=tasks, level=draw(st.sampled_from(["easy", "hard"])))
    waits = {m.id: Wait(draw(st.floats(0, 60)), draw(st.floats(0, 60))) for m in fleet if draw(st.booleans())}
    return Scene(asked, fleet, waits, draw(st.sampled_from(["", *(m.id for m in fleet)])))


@given(scenes(), unit)
def test_the_terms_sum_to_the_score(scene: Scene, preference: float) -> None:
    for c in scene.decide(preference).candidates:
        b = c.breakdown
        assert c.score == b.quality + b.speed + b.continuity + b.pinned + b.cost
        assert all(0 <= term <= 1 for term in (b.quality, b.speed, b.continuity, b.pinned, b.cost))
        assert 0 <= c.score <= 1 + EPSILON


@given(*[unit] * 5)
def test_the_terms_as_printed_sum_to_the_score_as_printed(q: float, s: float, c: float, p: float, k: float) -> None:
    breakdown = Breakdown(q / 5, s / 5, c / 5, p / 5, k / 5)
    *terms, score = (round(100 * x) for x in shown(breakdown))
    assert sum(terms) == score == round(100 * breakdown.score)
    exact = (breakdown.quality, breakdown.speed, breakdown.continuity, breakdown.pinned, breakdown.cost)
    assert all(abs(term - 100 * x) <= 1 for term, x in zip(terms, exact, strict=True))


def test_the_weights_sum_to_one() -> None:
    assert sum(WEIGHTS) == pytest.approx(1)


@given(scenes(), unit, st.randoms(use_true_random=False))
def test_the_order_of_models_does_not_matter(scene: Scene, preference: float, random: Random) -> None:
    shuffled = list(scene.models)
    random.shuffle(shuffled)
    assert replace(scene, models=tuple(shuffled)).decide(preference) == scene.decide(preference)


@given(scenes(), unit, unit)
def test_raising_the_preference_never_lowers_predicted_quality(scene: Scene, one: float, other: float) -> None:
    low, high = sorted((one, other))
    before, after = scene.decide(low).candidates[0], scene.decide(high).candidates[0]
    assert after.predicted_quality >= before.predicted_quality - EPSILON / max(high - low, 1e-3)


@given(scenes(), unit, st.sampled_from(TASKS), st.floats(0.001, 0.5))
def test_better_evidence_never_loses_a_choice_it_won(scene: Scene, preference: float, task: str, gain: float) -> None:
    won = scene.decide(preference).chosen
    model = next(m for m in scene.models if m.id == won)
    better = replace(model, abilities={**model.abilities, task: ability(min(0.99, model.abilities[task].mean + gain))})
    assert scene.with_model(better).decide(preference).chosen == won


@given(scenes(), unit, st.floats(1.01, 50), st.sampled_from(["prefill", "decode", "load_seconds", "wait"]))
def test_slower_never_wins_a_choice_it_lost(scene: Scene, preference: float, factor: float, part: str) -> None:
    won = scene.decide(preference).chosen
    for model in scene.models:
        if model.id != won:
            assert _slower(scene, model, factor, part).decide(preference).chosen != model.id


def _slower(scene: Scene, model: ModelView, factor: float, part: str) -> Scene:
    if part == "wait":
        wait = scene.waits.get(model.id)
        if wait is None:
            return scene
        return replace(scene, waits={**scene.waits, model.id: Wait(wait.queue + factor, wait.load + factor)})
    value = getattr(model.speed, part)
    changed = value * factor if part == "load_seconds" else value / factor
    return scene.with_model(replace(model, speed=replace(model.speed, **{part: changed})))


@given(scenes(), unit, st.data())
def test_an_ineligible_model_never_wins(scene: Scene, preference: float, data: st.DataObject) -> None:
    out = data.draw(st.sets(st.sampled_from([m.id for m in scene.models]), max_size=len(scene.models) - 1))
    how: dict[str, Any] = data.draw(
        st.sampled_from([{"enabled": False}, {"healthy": False}, {"problem": "it failed to load"}])
    )
    barred = tuple(replace(m, **how) if m.id in out else m for m in scene.models)
    decision = replace(scene, models=barred).decide(preference)
    assert decision.chosen not in out
    assert out <= {model for model, _ in decision.filtered}
    assert out.isdisjoint(c.model for c in decision.candidates)


LANGUAGES = ("de", "fr", "zh")
known_languages = st.dictionaries(st.sampled_from(LANGUAGES), st.floats(-0.6, 0.6))


@st.composite
def foreign_scenes(draw: st.DrawFn) -> Scene:
    """A request in some language, and a fleet of which it is partly known how it stands in languages."""
    scene = draw(scenes())
    fleet = tuple(replace(m, languages=draw(known_languages)) for m in scene.models)
    asked = replace(scene.analysis, language=draw(st.sampled_from(["en", "", "pt", *LANGUAGES])))
    return replace(scene, analysis=asked, models=fleet)


def without_languages(scene: Scene) -> Scene:
    return replace(scene, models=tuple(replace(m, languages={}) for m in scene.models))


@given(foreign_scenes(), unit, st.sampled_from(["en", "", "pt"]))
def test_what_is_known_in_a_language_touches_no_request_in_another(scene: Scene, preference: float, other: str) -> None:
    scene = replace(scene, analysis=replace(scene.analysis, language=other))
    assert scene.decide(preference) == without_languages(scene).decide(preference)


@given(foreign_scenes(), unit)
def test_a_model_of_which_nothing_is_known_in_the_language_is_unmoved(scene: Scene, preference: float) -> None:
    language = scene.analysis.language
    before = {c.model: c for c in without_languages(scene).decide(preference).candidates}
    after = {c.model: c for c in scene.decide(preference).candidates}
    for model in scene.models:
        if language not in model.languages and model.id in before and model.id in after:
            assert after[model.id] == before[model.id]


@given(foreign_scenes(), unit, st.floats(0.001, 1))
def test_better_figures_of_a_language_never_lose_a_choice(scene: Scene, preference: float, gain: float) -> None:
    won, language = scene.decide(preference).chosen, scene.analysis.language
    model = next(m for m in scene.models if m.id == won)
    known = {**model.languages, language: model.languages.get(language, 0.0) + gain}
    assert scene.with_model(replace(model, languages=known)).decide(preference).chosen == won


@given(foreign_scenes(), unit, st.randoms(use_true_random=False))
def test_the_order_of_models_does_not_matter_in_any_language(scene: Scene, preference: float, random: Random) -> None:
    shuffled = list(scene.models)
    random.shuffle(shuffled)
    assert replace(scene, models=tuple(shuffled)).decide(preference) == scene.decide(preference)


@given(foreign_scenes())
def test_at_full_preference_the_best_quality_in_the_language_wins(scene: Scene) -> None:
    decision = scene.decide(1.0)
    assert decision.candidates[0].predicted_quality >= max(c.predicted_quality for c in decision.candidates) - EPSILON


@given(scenes())
def test_at_full_preference_the_best_predicted_quality_wins(scene: Scene) -> None:
    decision = scene.decide(1.0)
    assert decision.candidates[0].predicted_quality >= max(c.predicted_quality for c in decision.candidates) - EPSILON


@given(scenes(), st.floats(-0.3, 0.3))
def test_at_no_preference_quality_plays_no_part_beyond_the_floor(scene: Scene, change: float) -> None:
    """Moving every ability moves no choice as long as the same models stand above the floor."""

    def moved(m: ModelView) -> ModelView:
        return replace(m, abilities={t: ability(min(0.98, max(0.02, a.mean + change))) for t, a in m.abilities.items()})

    other = replace(scene, models=tuple(moved(m) for m in scene.models)).decide(0.0)
    decision = scene.decide(0.0)
    assume({c.model for c in other.candidates} == {c.model for c in decision.candidates})
    assert [c.model for c in other.candidates] == [c.model for c in decision.candidates]
    assert all(c.breakdown.quality == 0 for c in decision.candidates)


@given(scenes(), unit)
def test_hopeless_models_are_out_at_any_preference(scene: Scene, preference: float) -> None:
    decision = scene.decide(preference)
    best = max(c.predicted_quality for c in decision.candidates)
    assert all(c.predicted_quality >= scoring.FLOOR * best for c in decision.candidates)
    assert {m for m, _ in decision.filtered} == {m for m, _ in scene.decide(1 - preference).filtered}


@given(scenes(), unit)
def test_the_margin_is_the_lead_over_the_next(scene: Scene, preference: float) -> None:
    decision = scene.decide(preference)
    scores = [c.score for c in decision.candidates]
    assert decision.chosen == decision.candidates[0].model
    assert decision.margin == (scores[0] - scores[1] if len(scores) > 1 else 0.0)
    assert scores == sorted(scores, reverse=True) or min(decision.margin, 0) > -EPSILON


@given(scenes(), unit)
def test_the_reason_is_short(scene: Scene, preference: float) -> None:
    assert 0 < len(scene.decide(preference).why) <= 28
