"""Lines of text for pipes: what a language did is told as on screen."""

from dataclasses import replace

from llmrouter_tui.core.selection import decide
from llmrouter_tui.plain import decision_lines, evidence_lines
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


def test_the_languages_known_of_a_model_follow_its_scores() -> None:
    view = fleet()["8b"]
    [said] = [
        line for line in evidence_lines([replace(view, languages={"zh": 0.2, "de": -0.1})]) if "languages" in line
    ]
    assert said.split()[:5] == ["languages", "de", "-0.02", "zh", "+0.05"]
    assert not [line for line in evidence_lines([view]) if "languages" in line]
