"""Measuring in a whole router: over the simulated fleet with its traffic, and over a real model that is killed in the
middle."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from llmrouter_tui.core.measuring import LOAD
from llmrouter_tui.core.probing import is_probe
from llmrouter_tui.core.prompt_set import QUICK
from llmrouter_tui.core.prompt_set.speed import speed
from tests.e2e.conftest import ROOT, Router, serving

SMALL = "SmolLM2-135M-Instruct.Q4_1"


def profile(router: Router, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = {k: v for k, v in os.environ.items() if not k.startswith("ROUTER_")}
    command = [sys.executable, "-m", "llmrouter_tui.cli", "profile", *arguments, "--url", router.url]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment, cwd=ROOT)


def view(router: Router, name: str) -> Any:
    return next(m for m in router.call("/admin/models") if m["info"]["name"] == name)


def grounds(router: Router, name: str) -> set[str]:
    return {e["source"] for ability in view(router, name)["abilities"].values() for e in ability["evidence"]}


@pytest.mark.thorough
def test_over_the_fleet_a_model_is_measured_beside_its_traffic(tmp_path: Path) -> None:
    with serving(tmp_path, "--demo") as router:
        assert "profile" not in grounds(router, "gemma3:4b")
        ended = profile(router, "gemma3:4b", "--json")
        assert ended.returncode == 0, ended.stderr
        told = json.loads(ended.stdout)
        [progress] = told["run"]["models"]
        asked = {one.id for one in (*QUICK, *speed())}
        assert (progress["state"], progress["done"], progress["failed"]) == ("done", len(asked), 0)
        assert sum(task["done"] for task in progress["tasks"]) == len(asked)
        [measured] = [one for one in told["models"] if one["model"] == progress["model"]]
        assert sum(score["checked"] for score in measured["tasks"]) + measured["unchecked"] == len(QUICK)
        assert measured["decode"] > 0
        assert measured["decode_long"] > 0
        assert 0 < measured["prefill_long"] < 100_000
        assert measured["footprint_source"] == "reported"
        tried = {one["capability"]: one["can"] for one in measured["probes"]}
        assert tried | {"context": True} == {
            "thinking": False,
            "tools": False,
            "json": True,
            "vision": True,
            "context": True,
        }
        assert view(router, "gemma3:4b")["info"]["probed"] == measured["probes"]
        assert "profile" in grounds(router, "gemma3:4b")
        results = router.call(f"/admin/profiles?model={measured['model']}")
        found = {one["prompt"] for one in results}
        assert {name for name in found if not is_probe(name) and name != LOAD} == asked
        texts = {one.turns[-1] for one in QUICK}
        exchanges = router.call("/admin/exchanges?limit=500")["items"]
        assert not [one for one in exchanges if one["prompt"] in texts]
        again = profile(router, "gemma3:4b")
        assert f"0 of 0 prompts in 0 s, {len(asked)} fresh ones left as they were" in again.stdout
        second, first = router.call("/admin/profiles")["history"][:2]
        assert (second["prompts"], first["prompts"], first["moved"]) == (0, len(asked), progress["moved"])


@pytest.mark.thorough
@pytest.mark.engine
@pytest.mark.xdist_group("engine")
def test_a_real_model_is_measured_and_after_a_kill_it_goes_on_where_it_stood(tmp_path: Path, weights: Path) -> None:
    config = f'gguf_folders = ["{weights}"]\ncontext_length = 1024\n'
    database = tmp_path / "router.db"

    def found(router: Router) -> dict[str, Any]:
        results = router.call(f"/admin/profiles?model=embedded/{SMALL}")
        return {one["prompt"]: one for one in results if not is_probe(one["prompt"]) and one["prompt"] != LOAD}

    with serving(tmp_path, "--embedded", config=config, database=database) as router:
        router.call("/admin/reprofile", {"models": [SMALL]})
        router.until(lambda: len(found(router)) >= 1, 60)
        os.kill(router.process.pid, signal.SIGKILL)
        router.process.wait()
    with serving(tmp_path, "--embedded", config=config, database=database) as router:
        before = found(router)
        assert len(before) >= 1
        router.until(lambda: len(found(router)) >= len(before) + 1, 60)
        router.call("/admin/reprofile", method="DELETE")
        router.until(lambda: not router.call("/admin/profiles")["run"]["running"], 60)
        after = found(router)
        told = router.call("/admin/profiles")
        [progress], [past] = told["run"]["models"], told["history"]
        assert progress["done"] == past["prompts"] == len(after)
        assert past["note"] == "stopped"
        assert {name: after[name] for name in before} == before
        assert router.residency()[SMALL] == "absent"
        [measured] = router.call("/admin/profiles")["models"]
        assert measured["failed"] == 0
        tried = {one["capability"]: (one["can"], one["how"]) for one in measured["probes"]}
        assert tried["json"] == (True, "schema")  # by grammar, whatever the model says
        assert tried["vision"] == (False, "")
        assert view(router, SMALL)["info"]["probed"] == measured["probes"]
        assert measured["decode"] > 0
        assert 0 < measured["ttft"] < 60
        assert view(router, SMALL)["speed"]["samples"] >= 2
