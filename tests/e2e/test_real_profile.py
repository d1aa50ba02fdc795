"""Two real models measured by the real engine: which one answers and which one babbles, and how fast each is."""

import time
from pathlib import Path
from typing import Any

import pytest

from llmrouter_tui.core.domain import TASKS
from tests.e2e.conftest import Router, serving

ANSWERS = "SmolLM2-135M-Instruct.Q4_1"
BABBLES = "gemma-3-270m-it-Q4_K_M"
"""It says that it follows instructions, and holds the weights of the base model that only goes on with a text."""


EVERYDAY = (
    "Hello! How are you today?",
    "What is the capital of France?",
    "Who wrote Hamlet?",
    "Write a Python function that reverses a string.",
    "Write a short poem about rain.",
    "Translate into English: Der Hund schläft im Garten.",
    "List three fruits as bullet points.",
    "Call me at 0317 55 82 90 tomorrow. What is the phone number?",
    "If all cats are animals and Tom is a cat, is Tom an animal?",
    "Summarize: The meeting was moved to Friday because the room is taken.",
)


def chosen(router: Router) -> list[str]:
    """Who would answer everyday prompts."""
    asked = (router.call("/admin/explain", {"prompt": prompt})["chosen"] for prompt in EVERYDAY)
    return [str(model).partition("/")[2] for model in asked]


def views(router: Router) -> dict[str, Any]:
    return {model["info"]["name"]: model for model in router.call("/admin/models")}


def report(router: Router, before: dict[str, Any]) -> None:
    for measured in router.call("/admin/profiles")["models"]:
        name = measured["model"].partition("/")[2]
        after = views(router)[name]
        print(
            f"\n{name}: TTFT {measured['ttft']:.2f} s, {measured['decode']:.1f} tok/s, prefill "
            f"{measured['prefill'] or 0:.0f} and long {measured['prefill_long'] or 0:.0f} tok/s, load "
            f"{after['speed']['load_seconds']:.1f} s, {(measured['footprint'] or 0) / 2**30:.2f} GiB, failed "
            f"{measured['failed']}, ungraded {measured['ungraded']}, cut off {measured['cut']}"
        )
        for score in measured["tasks"]:
            print(f"  {score['task']:12} {score['right']:.2f} of {score['checked']}")
        for task in TASKS:
            old, new = (view[task]["mean"] for view in (before[name]["abilities"], after["abilities"]))
            print(f"  {task:12} ability {old:.2f} → {new:.2f}")


@pytest.mark.slow
@pytest.mark.engine
@pytest.mark.parametrize("quick", [True, False], ids=["quick", "full"])
def test_who_answers_and_who_babbles(tmp_path: Path, weights: Path, quick: bool) -> None:
    config = f'gguf_folders = ["{weights}"]\ncontext_length = 4096\n'
    with serving(tmp_path, "--embedded", config=config) as router:
        router.until(lambda: len(views(router)) == 2 and all(view["match"] for view in views(router).values()))
        before, hoped = views(router), chosen(router)
        began = time.monotonic()
        router.call("/admin/reprofile", {"models": [ANSWERS, BABBLES], "quick": quick})
        told: dict[str, tuple[float, float]] = {}
        while (run := router.call("/admin/profiles")["run"])["running"]:
            for model in run["models"]:
                if model["state"] == "asking" and model["done"] == 10 and run["eta"] is not None:
                    told.setdefault(model["model"], (time.monotonic(), run["eta"]))
            assert time.monotonic() - began < 3600
            time.sleep(0.3)
        ended = time.monotonic()
        print(f"\n{'quick' if quick else 'full'}: {ended - began:.0f} s")
        for name, (at, eta) in told.items():
            print(f"after ten prompts of {name}: {eta:.0f} s told, {ended - at:.0f} s taken")
        report(router, before)
        first = told[f"embedded/{ANSWERS}"]
        assert first[1] == pytest.approx(ended - first[0], rel=1 / 3)
        profiles = {one["model"]: one for one in router.call("/admin/profiles")["models"]}
        right = {name: sum(s["right"] for s in profiles[f"embedded/{name}"]["tasks"]) for name in (ANSWERS, BABBLES)}
        assert right[ANSWERS] > 2 * right[BABBLES]
        answered = {name: sum(s["checked"] for s in one["tasks"]) + one["ungraded"] for name, one in profiles.items()}
        cut = {name: profiles[f"embedded/{name}"]["cut"] / answered[f"embedded/{name}"] for name in (ANSWERS, BABBLES)}
        assert cut[BABBLES] > 0.9 > 0.5 > cut[ANSWERS]
        share = [names.count(ANSWERS) for names in (hoped, chosen(router))]
        print(f"of {len(EVERYDAY)} everyday prompts {share[0]} → {share[1]} go to the one that answers")
        if not quick:
            assert share[1] > len(EVERYDAY) / 2
