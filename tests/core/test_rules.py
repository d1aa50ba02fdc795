"""The user's rules: how they are written, and what they do to a decision."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmrouter_tui.core.chat import ChatRequest, Message
from llmrouter_tui.core.decision import Decision
from llmrouter_tui.core.domain import TASKS, ModelView
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.rules import VERBS, Rule, RuleError, parse
from llmrouter_tui.core.ruling import WHY_MOST, by_rules
from llmrouter_tui.core.selection import decide
from tests.core.fleet import analysis, fleet
from tests.core.test_laws import Scene, scenes, unit
from tests.pace import effort

CODER, SMALL, LARGE, EYES = (
    "ollama/qwen2.5-coder:7b",
    "ollama/llama3.2:3b",
    "ollama/llama3.3:70b",
    "ollama/qwen2.5vl:7b",
)
FLEET = tuple(fleet().values())
LAW = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])


def asked(model: str = "auto", client: str = "", session: str = "") -> ChatRequest:
    return ChatRequest(model, (Message("user", "hi"),), b"{}", client=client, session=session)


def route(
    *rules: str,
    task: str = "chat",
    model: str = "auto",
    client: str = "",
    session: str = "",
    models: Sequence[ModelView] = FLEET,
    needs: frozenset[str] = frozenset(),
) -> Decision:
    """Decide on a request under rules."""
    found = analysis(task, needs=needs)
    return by_rules(
        [parse(rule) for rule in rules],
        asked(model, client, session),
        found,
        models,
        lambda left: decide(found, left, preference=0.5, requested=model),
    )


def without(*ids: str) -> tuple[ModelView, ...]:
    """The fleet with these away."""
    return tuple(replace(m, healthy=m.id not in ids) for m in FLEET)


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ("never llama3.3:70b for chat", Rule("never", ("llama3.3:70b",), "chat")),
        ("Always  a, box/b  for coding", Rule("always", ("a", "box/b"), "coding")),
        ("only a for client Open-WebUI, Math", Rule("only", ("a",), "math", "Open-WebUI")),
        ("always a for session s 1", Rule("always", ("a",), session="s 1")),
        ('never "My model, for fun" for client "Tool, too"', Rule("never", ("My model, for fun",), "", "Tool, too")),
        ("never a", Rule("never", ("a",))),
        ({"never": "a"}, Rule("never", ("a",))),
        ({"always": ["a", "b", "a"], "task": "coding", "client": "W"}, Rule("always", ("a", "b"), "coding", "W")),
    ],
)
def test_a_rule_is_a_sentence_or_a_table(said: object, rule: Rule) -> None:
    assert parse(said) == rule


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("use a for chat", "must begin with never, always or only"),
        ("never", "must say which model and for what"),
        ("never for chat", "must say which model and for what"),
        ("never a for", "must say which model and for what"),
        ("never a,, b for chat", "must name a model"),
        ("never a for cdoing", "must be for a task (the nearest to 'cdoing' is coding), for client NAME"),
        ("never a for xyzzy", "must be for a task (chat, factual, "),
        ("never a for coding, math", "must name one task; write another rule for math"),
        ("never a for coding,", "must say what it is for between the commas"),
        ("never a\nb for coding", "must hold no quotation marks or control characters"),
        (f"never {'a' * 500}", "must have at most 500 characters"),
        (7, "must be a sentence such as"),
        ({"task": "chat"}, "must have one of never, always and only"),
        ({"never": "a", "only": "b"}, "must have one of never, always and only"),
        ({"never": []}, "must name a model"),
        ({"never": [1]}, "must be a model, or a list of models"),
        ({"never": "a", "taks": "chat"}, "is no key of a rule; the nearest is task"),
        ({"never": "a", "client": 1}, "must be text"),
        ({"never": ["a" * 499, "b"]}, "must have at most 500 characters"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(said: object, words: str) -> None:
    with pytest.raises(RuleError) as caught:
        parse(said)
    assert words in caught.value.must


@pytest.mark.parametrize(
    "said",
    [
        f'never{" " * 200}a{" " * 200}for{" " * 80}"',
        f'never a{(" for" + " " * 60) * 7}"',
        {"never": "a", "x" * 900_000: 1},
        {"never": "a", "task": "x" * 900_000},
    ],
)
def test_no_rule_takes_long_to_refuse(said: object) -> None:
    """Settings are checked on the loop that passes answers on. (The first of these once took seven seconds.)"""

    def refused() -> None:
        with pytest.raises(RuleError):
            parse(said)

    assert effort(refused) < 20


names = st.from_regex(r'[^\s"](?:[^"\n]*[^\s"])?', fullmatch=True).filter(lambda s: s.isprintable() and len(s) < 60)


@st.composite
def rules(draw: st.DrawFn, models: st.SearchStrategy[str] = names) -> Rule:
    chosen = draw(st.lists(models, min_size=1, max_size=3, unique=True))
    client, session = draw(st.one_of(st.just(""), names)), draw(st.one_of(st.just(""), names))
    return Rule(draw(st.sampled_from(VERBS)), tuple(chosen), draw(st.sampled_from(["", *TASKS])), client, session)


@LAW
@given(rules())
def test_a_rule_is_read_as_it_is_shown(rule: Rule) -> None:
    assert parse(str(rule)) == rule


# ── acting ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_never_takes_a_model_out_and_says_which_rule_did() -> None:
    usual = route()
    decision = route(f"never {usual.chosen} for chat")
    assert decision.chosen == usual.candidates[1].model
    assert (usual.chosen, f"rule: never {usual.chosen} for chat") in decision.filtered
    assert route(f"never {usual.chosen} for coding") == usual


def test_always_takes_its_models_in_the_order_of_their_scores() -> None:
    decision = route("always llama3.3:70b, llama3.2:3b for chat")
    assert {c.model for c in decision.candidates} == {SMALL, LARGE}
    assert decision.chosen == SMALL
    assert decision.why.startswith("by rule: ")
    alone = route("always llama3.3:70b for chat")
    assert (alone.chosen, alone.why) == (LARGE, "set by rule for chat")
    assert all(reason == "rule: always llama3.3:70b for chat" for _, reason in alone.filtered)
    assert len(alone.filtered) == len(FLEET) - 1


@pytest.mark.parametrize(
    ("models", "needs", "said"),
    [
        (without(LARGE), frozenset(), "backend down; rule not met: always llama3.3:70b for chat"),
        (FLEET, frozenset({"vision"}), "no vision; rule not met: always llama3.3:70b for chat"),
    ],
)
def test_a_wish_that_cannot_be_met_leaves_the_usual_choice_and_says_so(
    models: tuple[ModelView, ...], needs: frozenset[str], said: str
) -> None:
    usual = route(models=models, needs=needs)
    decision = route("always llama3.3:70b for chat", models=models, needs=needs)
    assert decision.candidates == usual.candidates
    assert dict(decision.filtered)[LARGE] == said
    assert decision.why.startswith("rule unmet: ")


def test_a_wish_for_a_model_that_nobody_has_is_told_too() -> None:
    decision = route("always gone:1b for chat")
    assert decision.chosen == route().chosen
    assert ("gone:1b", "not here; rule not met: always gone:1b for chat") in decision.filtered


def test_only_is_refused_when_its_models_cannot_serve() -> None:
    with pytest.raises(RouterError) as caught:
        route("only llama3.3:70b for chat", models=without(LARGE))
    assert (caught.value.code, caught.value.retryable) == ("backend_unreachable", True)
    assert "your rules leave no other (only llama3.3:70b for chat)" in caught.value.message
    with pytest.raises(RouterError, match=r"Your rules leave no model .*only gone:1b\)"):
        route("only gone:1b")


def test_what_no_rule_took_away_is_refused_in_the_usual_words() -> None:
    nobody = without(*(m.id for m in FLEET))
    with pytest.raises(RouterError) as plain:
        route(models=nobody)
    with pytest.raises(RouterError) as ruled:
        route("always llama3.3:70b", models=nobody)
    assert ruled.value.message == plain.value.message


def test_firm_rules_come_before_wishes_and_the_first_wish_before_the_second() -> None:
    assert route("always llama3.3:70b", "never llama3.3:70b for chat").chosen != LARGE
    assert route("always llama3.3:70b", "always llama3.2:3b for chat").chosen == LARGE
    assert route("always llama3.3:70b, llama3.2:3b", "always llama3.2:3b for chat").chosen == SMALL
    both = route("only llama3.3:70b, llama3.2:3b", "only llama3.2:3b, qwen2.5-coder:7b")
    assert [c.model for c in both.candidates] == [SMALL]


@pytest.mark.parametrize(
    ("label", "meant"),
    [("Open-WebUI", True), ("open-webui/0.9", True), ("Open-WebUI (linux)", True), ("Open-WebUI-Fork/1", False),
     ("My Open-WebUI", False), ("", False)],
)  # fmt: skip
def test_a_client_is_known_by_its_name_up_to_its_version(label: str, meant: bool) -> None:
    assert (route("always llama3.3:70b for client Open-WebUI", client=label).chosen == LARGE) is meant


def test_a_session_is_known_by_its_whole_id() -> None:
    assert route("always llama3.3:70b for session s1", session="s1").chosen == LARGE
    assert route("always llama3.3:70b for session s1", session="s11").chosen != LARGE


def test_a_model_is_meant_by_its_whole_name_only() -> None:
    assert route("always llama3.3 for chat") == replace(route("always llama3.3 for chat"), chosen=route().chosen)
    assert route("always ollama/llama3.3:70b").chosen == LARGE
    assert route("always LLAMA3.3:70b").chosen == LARGE


def test_a_task_that_was_asked_for_counts_as_the_task() -> None:
    assert route("always llama3.3:70b for coding", model="auto:coding").chosen == LARGE


def test_a_model_asked_for_by_name_is_beyond_rules() -> None:
    assert route("never llama3.3:70b", "only llama3.2:3b", model="llama3.3:70b").chosen == LARGE


# ── laws ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def ruled(scene: Scene, written: Sequence[Rule], preference: float) -> Decision:
    return by_rules(
        written,
        asked(),
        scene.analysis,
        scene.models,
        lambda left: decide(
            scene.analysis, left, preference=preference, waits=scene.waits, continuity=scene.continuity
        ),
    )


written = st.lists(rules(st.from_regex(r"b/m[0-7]", fullmatch=True)), max_size=4)


@LAW
@given(scenes(), unit)
def test_no_rules_change_nothing(scene: Scene, preference: float) -> None:
    assert ruled(scene, [], preference) == scene.decide(preference)


@LAW
@given(scenes(), unit, written)
def test_rules_that_concern_other_requests_change_nothing(scene: Scene, preference: float, some: list[Rule]) -> None:
    others = [replace(rule, client="somebody else") for rule in some]
    assert ruled(scene, others, preference) == scene.decide(preference)


@LAW
@given(scenes(), unit, written)
def test_each_model_is_a_candidate_or_told_why_not(scene: Scene, preference: float, some: list[Rule]) -> None:
    everywhere = [replace(rule, task="", client="", session="") for rule in some]
    try:
        decision = ruled(scene, everywhere, preference)
    except RouterError as error:
        firm = [str(rule) for rule in everywhere if rule.verb != "always"]
        assert any(rule in error.message for rule in firm)
        return
    stay, out = {c.model for c in decision.candidates}, {model for model, _ in decision.filtered}
    assert stay | out >= {m.id for m in scene.models}
    assert stay.isdisjoint(out)
    assert len(decision.why) <= WHY_MOST
    for rule in everywhere:
        if rule.verb == "never":
            assert stay.isdisjoint(rule.models)
        elif rule.verb == "only":
            assert stay <= set(rule.models)
        else:
            met = stay <= set(rule.models)
            assert met or all("rule not met" in reason for m, reason in decision.filtered if m in rule.models)


@LAW
@given(scenes(), unit, written)
def test_candidates_keep_the_numbers_they_would_have_without_rules(
    scene: Scene, preference: float, some: list[Rule]
) -> None:
    usual = {c.model: c for c in scene.decide(preference).candidates}
    try:
        decision = ruled(scene, some, preference)
    except RouterError:
        return
    assert all(c == usual[c.model] for c in decision.candidates if c.model in usual)
