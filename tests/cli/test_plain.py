"""Lines of text for pipes: the same facts in the same words as on screen."""

from dataclasses import replace

from llmrouter_tui.cli.plain import decision_lines, event_text, evidence_lines, model_lines
from llmrouter_tui.core.decision import Effect, Exchange, Usage
from llmrouter_tui.core.domain import TASKS, Probed, Switched
from llmrouter_tui.core.events import Envelope, ExchangeFinished
from llmrouter_tui.core.profile import ModelProfile, TaskScore
from llmrouter_tui.core.selection import decide
from llmrouter_tui.core.votes import Vote, Voted
from tests.core.fleet import analysis, fleet

SMALL = "ollama/llama3.2:3b"


def test_an_explanation_says_what_the_language_did() -> None:
    views = [replace(v, languages={"de": -0.4} if v.id == SMALL else {}) for v in fleet().values()]
    german = decide(analysis(language="de"), views, preference=0.5)
    [said] = [line for line in decision_lines(german, views) if line.startswith("language German")]
    assert said.startswith("language German -0.")
    assert f"for {SMALL}" in said
    english = decide(analysis(), views, preference=0.5)
    assert not [line for line in decision_lines(english, views) if line.startswith("language German")]
    assert not [line for line in decision_lines(german) if line.startswith("language German")]


def test_an_explanation_says_what_the_request_says_of_thinking() -> None:
    off = {"think false": Switched((-0.4,) * len(TASKS), 0.0)}
    views = [replace(v, switches=off if v.id == SMALL else {}) for v in fleet().values()]
    asked = decide(analysis(switch="think false"), views, preference=0.5)
    [said] = [line for line in decision_lines(asked, views) if line.startswith("asked with")]
    assert said.startswith(f"asked with think false: {SMALL} answers at once, quality -0.")
    assert not [
        line for line in decision_lines(decide(analysis(), views, preference=0.5), views) if "asked with" in line
    ]


def test_the_languages_known_of_a_model_follow_its_scores() -> None:
    view = fleet()["8b"]
    [said] = [
        line for line in evidence_lines([replace(view, languages={"zh": 0.2, "de": -0.1})]) if "languages" in line
    ]
    assert said.split()[:5] == ["languages", "de", "-0.02", "zh", "+0.05"]
    assert not [line for line in evidence_lines([view]) if "languages" in line]


def test_models_are_told_in_the_words_of_the_screen_and_what_only_embeds_has_no_scores() -> None:
    loaded, away = fleet("8b")["8b"], fleet("")["coder"]
    embeds = replace(away, info=replace(away.info, name="nomic-embed-text", capabilities=frozenset({"embedding"})))
    _, *rows = model_lines([loaded, replace(away, pinned=True), embeds])
    assert [row[39:49].strip() for row in rows] == ["loaded", "not loaded", "not loaded"]
    assert [row[37] for row in rows] == [" ", "P", " "]
    assert [row.split()[-9:].count("-") for row in rows] == [0, 0, 9]
    assert [line.strip() for line in evidence_lines([embeds])][-1:] == [
        "It makes embeddings, and no text: there is nothing to score."
    ]


def test_what_a_model_takes_is_told_with_how_that_is_known() -> None:
    view = fleet()["8b"]
    info = replace(view.info, context_length=16_384, longest_context=131_072)
    guessed = replace(view, info=info, footprint=7 << 30, footprint_source="estimated")
    assert evidence_lines([guessed])[2:4] == [
        "  memory       ~7.0 GiB   (estimated from its size and context)",
        "  context      16,384 of 131,072 tokens",
    ]
    seen = replace(view, footprint=7 << 30, footprint_source="reported")
    assert evidence_lines([seen])[2:4] == [
        "  memory       7.0 GiB   (its backend says so)",
        "  context      32,768 tokens",
    ]


def test_what_a_model_can_do_is_told_with_how_that_is_known() -> None:
    view = fleet()["8b"]
    [declared] = [line for line in evidence_lines([view]) if line.startswith("  can ")]
    assert declared == "  can          completion, tools   (ollama says so)"
    found = (Probed("tools", False, 1_790_000_000.0, "no tool is called", declared=True), Probed("vision", True, 1.0))
    able = frozenset({"completion", "vision"})
    tried = replace(view, info=replace(view.info, capabilities=able, probed=found))
    lines = evidence_lines([tried])
    at = next(at for at, line in enumerate(lines) if line.startswith("  can "))
    can, probed, against = lines[at : at + 3]
    assert can == "  can          completion, vision   (tried here)"
    assert probed.startswith("  probed       no tools, vision   (2026-09-2")
    assert against == f"               {view.info.backend} says tools: no tool is called"


def test_the_other_models_quality_is_told_before_the_preference_weighs_it() -> None:
    decision = decide(analysis(), list(fleet().values()), preference=0.5)
    lines = decision_lines(decision)
    chosen, other = decision.candidates[:2]
    gain = other.predicted_quality - chosen.predicted_quality
    said = f"instead {other.model}: predicted quality {other.predicted_quality:.3f} ({gain:+.3f}), "
    assert any(line.startswith(said) for line in lines)
    assert lines.index("terms of the score, weighted by the preference:") + 2 == next(
        at for at, line in enumerate(lines) if line.startswith("»")
    )


def test_an_answer_is_told_with_its_time_from_arrival_to_the_first_token() -> None:
    done = Exchange("x8f1d", 0.0, "ok", model=SMALL, ttft=6.4, seconds=8.0, usage=Usage(400, 154))
    for exchange, words in ((done, "8.0s TTFT 6.4s 154 tokens"), (replace(done, ttft=None), "8.0s 154 tokens")):
        assert event_text(Envelope(1, 0.0, 0.0, ExchangeFinished(exchange))) == f"8f1d ok {SMALL} {words}"


def test_how_a_model_did_here_is_told_beside_what_it_can_do_and_that_it_never_comes_to_an_end() -> None:
    view = fleet()["8b"]
    measured = ModelProfile(view.id, 1_790_000_000.0, (TaskScore("math", 4, 1.5),), ttft=0.214, decode=42.4, cut=1)
    [line] = [one for one in evidence_lines([view], {view.id: measured}) if one.startswith("  measured ")]
    assert line.startswith("  measured     1.5 of 4 checked answers right, TTFT 0.21 s, writes 42 tok/s   (2026-09-2")
    endless = evidence_lines([view], {view.id: replace(measured, cut=3, stale=2, stale_by={"age": 1, "digest": 1})})
    assert "               2 answers to be asked anew (new digest, too old)" in endless
    assert "               it babbles: 3 answers ended only where they were cut off" in endless
    other = evidence_lines([view], {"ollama/other": measured})
    assert other == evidence_lines([view])


def test_a_vote_is_told_with_what_it_moved() -> None:
    pair = ("x1", "x2")
    vote = Vote("x1-x2", 1.0, "coding", ("a/big", SMALL), "better", pair, SMALL)
    effects = (Effect("a/big", "coding", 0.7, 0.69), Effect(SMALL, "coding", 0.5, 0.52))
    moved = f"a/big coding 0.70 -> 0.69, {SMALL} coding 0.50 -> 0.52"
    told = {
        Voted(vote, effects): f"vote: llama3.2:3b better than big; {moved}",
        Voted(replace(vote, verdict="tie", winner="")): "vote: big and llama3.2:3b tied; ",
        Voted(replace(vote, verdict="both_bad", winner=""), (), True): "vote taken back: big and llama3.2:3b all bad; ",
    }
    assert {fact: event_text(Envelope(1, 1.0, 1.0, fact)) for fact in told} == told
