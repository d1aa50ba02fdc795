"""``eval-route``: the protocol by which the router is measured, and what it answers."""

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from llmrouter_tui.cli.evaluation import Evaluation, read_graded, run

MODELS: Mapping[str, Mapping[str, Any]] = {
    "tiny-3b": {"params_b": 3.0, "price": 0.1},
    "huge-70b": {"params_b": 70.0, "price": 0.9},
}
SUM = "Tom has 3 boxes with 12 eggs each and sells 5 eggs. How many eggs are left?"
STORY = "Write a short story about a lighthouse keeper who is afraid of water."


def asked(**fields: Any) -> str:
    return json.dumps({"id": "q", "prompt": SUM, "candidates": ["tiny-3b", "huge-70b"], **fields})


def graded(prompt: str, **scores: float) -> dict[str, Any]:
    return {"prompt": prompt, "scores": {name.replace("_", "-"): score for name, score in scores.items()}}


def written(folder: Path, rows: list[Any], name: str = "train.jsonl") -> Path:
    text = "".join(json.dumps(row) + "\n" for row in rows)
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


def quality(line: str) -> dict[str, float]:
    return dict(json.loads(line)["quality"])


# ── the protocol ──


def test_each_line_is_answered_with_its_id_and_a_quality_for_each_candidate() -> None:
    answers = [json.loads(line) for line in run([asked(id="a"), "", asked(id=7, candidates=["tiny-3b"])], {})]
    assert [a["id"] for a in answers] == ["a", 7]
    assert set(answers[0]["quality"]) == {"tiny-3b", "huge-70b"}
    assert set(answers[1]["quality"]) == {"tiny-3b"}
    assert all(0 < q < 1 for a in answers for q in a["quality"].values())


def test_lines_are_answered_one_by_one_and_not_at_the_end() -> None:
    def questions() -> Any:
        yield asked(id="first")
        raise AssertionError("asked for more before the first was answered")

    assert json.loads(next(run(questions(), {})))["id"] == "first"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("broken", "is no JSON: "),
        ("[]", "is no JSON object; it is to have id, prompt, candidates"),
        ("5", "is no JSON object"),
        ('{"id": 1}', "has no prompt and no candidates; it is to have id, prompt, candidates"),
        ('{"id": 1, "prompt": "x"}', "has no candidates; "),
        (asked(prompt=5), "prompt is to be a text"),
        (asked(candidates=5), "candidates a list of names"),
        (asked(candidates=[5]), "candidates a list of names"),
    ],
)
def test_a_line_that_is_no_question_is_named_in_words(line: str, words: str) -> None:
    answers = run([asked(), line], {})
    next(answers)
    with pytest.raises(ValueError, match=f"^line 2:? .*{words}"):
        next(answers)


def test_files_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nowhere"):
        list(run([asked()], {"ROUTEEVAL_TRAIN": str(tmp_path / "nowhere.jsonl")}))
    for row, words in (
        ({"prompt": "no scores"}, "has no scores"),
        ([], "is no JSON object"),
        ({"prompt": "x", "scores": {"m": "good"}}, "prompt is to be a text and scores grades"),
        ({"prompt": 5, "scores": {"m": 1}}, "prompt is to be a text"),
    ):
        with pytest.raises(ValueError, match=f"ROUTEEVAL_TRAIN, .*, line 2.* {words}"):
            list(run([asked()], {"ROUTEEVAL_TRAIN": str(written(tmp_path, [graded(SUM, tiny_3b=1.0), row]))}))
    with pytest.raises(ValueError, match=r"ROUTEEVAL_MODELS, .* is no JSON"):
        list(run([asked()], {"ROUTEEVAL_MODELS": os.devnull}))
    with pytest.raises(ValueError, match=r"ROUTEEVAL_MODELS, .*'m' is to have an object"):
        list(run([asked()], {"ROUTEEVAL_MODELS": str(written(tmp_path, [{"m": 7}]))}))


def test_graded_prompts_are_read_plain_or_gzipped(tmp_path: Path) -> None:
    rows = [graded(SUM, tiny_3b=1.0), graded(STORY, huge_70b=0.0)]
    plain, packed = written(tmp_path, rows), written(tmp_path, rows, "train.jsonl.gz")
    assert list(read_graded(plain)) == list(read_graded(packed)) == rows


def test_the_command_speaks_it_and_says_in_a_line_what_is_wrong(tmp_path: Path) -> None:
    sizes = tmp_path / "models.json"
    sizes.write_text(json.dumps(MODELS))
    command = [sys.executable, "-m", "llmrouter_tui.cli", "eval-route"]
    given = {**os.environ, "ROUTEEVAL_MODELS": str(sizes)}
    good = subprocess.run(command, input=asked() + "\n", capture_output=True, text=True, env=given, timeout=60)
    assert good.returncode == 0
    assert quality(good.stdout)["huge-70b"] > quality(good.stdout)["tiny-3b"]
    bad = subprocess.run(command, input='{"id": 1}\n', capture_output=True, text=True, env=given, timeout=60)
    assert bad.returncode == 2
    assert bad.stdout == ""
    assert "eval-route: " in bad.stderr
    assert "Traceback" not in bad.stderr


# ── what it knows ──


def test_with_nothing_known_the_larger_model_is_expected_to_be_better() -> None:
    found = Evaluation(MODELS, ()).answer(SUM, ["tiny-3b", "huge-70b"])
    assert found["huge-70b"] > found["tiny-3b"]


def test_public_figures_count_without_any_grade() -> None:
    models = {"qwen2.5-7b-instruct": {"params_b": 7.6}, "mistral-7b-instruct-v0.3": {"params_b": 7.2}}
    found = Evaluation(models, ()).answer(SUM, list(models))
    assert found["qwen2.5-7b-instruct"] > found["mistral-7b-instruct-v0.3"] + 0.05


def test_sizes_are_read_from_names_where_nobody_says_them() -> None:
    found = Evaluation({}, ()).answer(SUM, ["tiny-3b", "huge-70b"])
    assert found["huge-70b"] > found["tiny-3b"]


def test_grades_turn_the_expectation_on_their_kind_of_prompt() -> None:
    rows = [graded(f"{i} {SUM}", tiny_3b=1.0, huge_70b=0.0) for i in range(30)]
    evaluation = Evaluation(MODELS, rows)
    sums, story = (evaluation.answer(text, ["tiny-3b", "huge-70b"]) for text in (SUM, STORY))
    assert sums["tiny-3b"] > sums["huge-70b"]
    assert sums["tiny-3b"] - sums["huge-70b"] > story["tiny-3b"] - story["huge-70b"]


def test_a_candidate_that_nobody_mentioned_is_answered_too() -> None:
    evaluation = Evaluation(MODELS, [graded(SUM, tiny_3b=1.0)])
    evaluation.answer(SUM, ["tiny-3b"])
    assert set(evaluation.answer(SUM, ["tiny-3b", "newcomer-8b"])) == {"tiny-3b", "newcomer-8b"}


@pytest.mark.parametrize("prompt", ["", "x" * 300_000, "🙂" * 50, "Wie spät ist es?"])
def test_any_prompt_is_answered(prompt: str) -> None:
    assert all(0 < q < 1 for q in Evaluation(MODELS, ()).answer(prompt, list(MODELS)).values())
