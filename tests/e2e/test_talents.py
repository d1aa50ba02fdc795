"""Over simulated models of known talents: what measuring finds out, what ratings teach, and a kill in the middle."""

import json
import os
import random
import signal
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from llmrouter_tui.core.checks import check
from llmrouter_tui.core.domain import TASKS
from llmrouter_tui.core.prompt_set import PROMPTS, QUICK
from llmrouter_tui.core.prompts import Prompt
from llmrouter_tui.demo.cast import EVERYONE, GIB, LLAMA31_8B, SimModel
from llmrouter_tui.demo.exam.book import right
from tests.e2e.conftest import Router, serving
from tests.e2e.simulated import Ollama, simulated

EXACT = ("coding", "math", "reasoning", "extraction")
"""What one of two models is good at; the other one at the rest."""


def actor(name: str, talent: Mapping[str, float], parameters: float = 8.0) -> SimModel:
    """Nothing but its talent and its name tells it from others of its size."""
    size = int(parameters * 1e9)
    return replace(
        LLAMA31_8B, name=name, parameters=size, size=GIB, talent=talent, capabilities=("completion",), verbosity=0.4
    )


def views(router: Router) -> dict[str, Any]:
    return {model["info"]["name"]: model for model in router.call("/admin/models")}


def ability(router: Router, name: str, task: str) -> float:
    return float(views(router)[name]["abilities"][task]["mean"])


def measure(router: Router, names: Sequence[str], *, quick: bool, seconds: float) -> Any:
    router.call("/admin/reprofile", {"models": list(names), "quick": quick})
    router.until(lambda: not router.call("/admin/profiles")["run"]["running"], seconds)
    return router.call("/admin/profiles")


# ── what measuring finds out ──


def test_two_models_alike_but_for_their_talents_are_told_apart_in_every_task(tmp_path: Path) -> None:
    exact = actor("left:8b", {task: 0.98 if task in EXACT else 0.02 for task in TASKS})
    fluent = actor("right:8b", {task: 0.02 if task in EXACT else 0.98 for task in TASKS})
    with simulated(exact, fluent) as (_, config), serving(tmp_path, config=config) as router:
        router.until(lambda: len(views(router)) == 2)
        for task in TASKS:
            assert ability(router, "left:8b", task) == ability(router, "right:8b", task)
        told = measure(router, ("left:8b", "right:8b"), quick=True, seconds=60)
        assert [model["failed"] for model in told["run"]["models"]] == [0, 0]
        for task in TASKS:
            gap = ability(router, "left:8b", task) - ability(router, "right:8b", task)
            assert gap > 0.05 if task in EXACT else gap < -0.05, (task, gap)


@dataclass(frozen=True, slots=True)
class Order:
    """How two rows of numbers for the same models agree."""

    spearman: float
    right: int
    pairs: int
    """Of models that differ by ``GAP`` in truth, how many are in their true order, of how many."""


GAP = 0.3
"""Ten answers tell talents apart from about twice their standard error of .15."""


def order(true: Sequence[float], told: Sequence[float]) -> Order:
    first, second = ranks(true), ranks(told)
    mean = (len(true) + 1) / 2
    spread = sum((a - mean) ** 2 for a in first) * sum((b - mean) ** 2 for b in second)
    both = sum((a - mean) * (b - mean) for a, b in zip(first, second, strict=True))
    apart = [(i, j) for i, j in combinations(range(len(true)), 2) if abs(true[i] - true[j]) >= GAP]
    right = sum((true[i] - true[j]) * (told[i] - told[j]) > 0 for i, j in apart)
    return Order(both / spread**0.5 if spread else 0.0, right, len(apart))


def ranks(values: Sequence[float]) -> list[float]:
    """From 1; equal ones share theirs."""
    return [sum(a < b for a in values) + (values.count(b) + 1) / 2 for b in values]


def strangers(seed: int) -> list[SimModel]:
    """Nine models of one size that nobody has heard of, each with talents of its own."""
    rng = random.Random(seed)
    return [actor(f"stranger-{n}:8b", {task: rng.uniform(0.2, 0.95) for task in TASKS}) for n in "abcdefghi"]


def famous() -> list[SimModel]:
    """The demo's models, of which public figures are known, by those talents that the demo gives them."""
    return [replace(model, size=GIB) for model in EVERYONE.values() if not model.embeds]


@pytest.mark.slow
@pytest.mark.parametrize("quick", [True, False], ids=["quick", "full"])
@pytest.mark.parametrize("cast", ["strangers 1", "strangers 2", "strangers 3", "famous"])
def test_abilities_rank_the_models_as_their_talents_do(tmp_path: Path, cast: str, quick: bool) -> None:
    models = famous() if cast == "famous" else strangers(int(cast.split()[1]))
    with simulated(*models) as (_, config), serving(tmp_path, config=config) as router:
        router.until(lambda: len(views(router)) == len(models))
        if cast == "famous":
            router.until(lambda: all(view["match"] for view in views(router).values()))
        before = views(router)
        told = measure(router, [model.name for model in models], quick=quick, seconds=1200)
        after = views(router)
    assert {model["state"] for model in told["run"]["models"]} == {"done"}
    tally = [0, 0, 0]
    for task in TASKS:
        true = [model.likes(task) for model in models]
        then, now = (
            order(true, [view[model.name]["abilities"][task]["mean"] for model in models]) for view in (before, after)
        )
        tally = [tally[0] + then.right, tally[1] + now.right, tally[2] + now.pairs]
        print(
            f"{cast:12} {'quick' if quick else 'full':5} {task:12} Spearman {then.spearman:+.2f} → {now.spearman:+.2f}"
            f"  pairs apart by {GAP}: {then.right} → {now.right} of {now.pairs}"
        )
    print(f"{cast}: {tally[0]} → {tally[1]} of {tally[2]} pairs in their true order")
    if not quick:
        assert tally[1] > 0.9 * tally[2]


# ── what ratings teach ──


@dataclass(frozen=True, slots=True)
class Pair:
    """By public figures the first is the better one at the task, and here the second is."""

    task: str
    promising: SimModel
    modest: SimModel
    compares: bool = False
    """Whether the user puts every other question to the modest one by its name. Else it is first asked when the other
    has fallen below what is believed of it."""


CODERS = Pair("coding", actor("qwen2.5-coder:7b", {"chat": 0.1}, 7.6), actor("llama3.1:8b", {"chat": 0.9}, 8.0))
COUNTERS = Pair("math", actor("qwen3:32b", {"chat": 0.1}, 32.8), actor("llama3.2:3b", {"chat": 0.9}, 3.2), True)
RATINGS = 200


def answered(router: Router, prompt: Prompt, model: str = "auto") -> tuple[str, str, str]:
    """(model, exchange, text) of an answer."""
    body = {"model": model, "messages": [{"role": "user", "content": prompt.turns[0]}]}
    asked = urllib.request.Request(
        f"{router.url}/v1/chat/completions", json.dumps(body).encode(), {"content-type": "application/json"}
    )
    with urllib.request.urlopen(asked, timeout=30) as answer:
        who, exchange = answer.headers["x-router-model"], answer.headers["x-router-exchange-id"]
        return who.partition("/")[2], exchange, json.load(answer)["choices"][0]["message"]["content"]


def good(prompt: Prompt, text: str) -> bool:
    """Whether an answer is right, as a person would see who tries it."""
    verdict = check(prompt, text)
    return verdict.right if verdict is not None else str(right(prompt)) in text


@dataclass(slots=True)
class Taught:
    """What came of rating by rating."""

    before: float = 0.0
    after: float = 0.0
    """Share of the task's prompts for which the better model would be chosen."""
    asked: list[str] = field(default_factory=list)
    """Who answered."""
    liked: list[bool] = field(default_factory=list)

    def last(self, name: str) -> int:
        """The rating of its last answer."""
        return max(at for at, one in enumerate(self.asked, 1) if one == name)


def chosen_for(router: Router, name: str, prompts: Sequence[Prompt]) -> float:
    """Share of the prompts that would be put to it."""
    asked = [router.call("/admin/explain", {"prompt": prompt.turns[0]})["chosen"] for prompt in prompts]
    return sum(str(model).partition("/")[2] == name for model in asked) / len(prompts)


def rate(router: Router, pair: Pair, seed: int, *, all_of_them: bool) -> Taught:
    """Until the choice is right for every prompt of the task, or on and on to the last rating."""
    prompts = [one for one in PROMPTS if one.task == pair.task and len(one.turns) == 1 and not one.judged]
    rng = random.Random(seed)
    router.until(lambda: len(views(router)) == 2 and all(view["match"] for view in views(router).values()))
    for name in (pair.promising.name, pair.modest.name) * 3:  # both are in memory, and their speeds known
        answered(router, prompts[0], name)
    assert ability(router, pair.promising.name, pair.task) > ability(router, pair.modest.name, pair.task) + 0.1
    taught = Taught(before=chosen_for(router, pair.modest.name, prompts))
    while len(taught.asked) < RATINGS:
        if not all_of_them and len(taught.asked) % 5 == 4 and chosen_for(router, pair.modest.name, prompts) == 1:
            break
        prompt = rng.choice(prompts)
        by_name = pair.compares and len(taught.asked) % 2 == 1
        model, exchange, text = answered(router, prompt, pair.modest.name if by_name else "auto")
        taught.asked.append(model)
        taught.liked.append(good(prompt, text))
        router.call("/v1/feedback", {"exchange_id": exchange, "rating": "up" if taught.liked[-1] else "down"})
    taught.after = chosen_for(router, pair.modest.name, prompts)
    return taught


def test_ratings_move_a_wrong_prior_to_the_right_choice(tmp_path: Path) -> None:
    with simulated(CODERS.promising, CODERS.modest) as (_, config), serving(tmp_path, config=config) as router:
        taught = rate(router, CODERS, 1, all_of_them=False)
        assert (taught.before, taught.after) == (0.0, 1.0)
        assert taught.asked[0] == CODERS.promising.name
        assert len(taught.asked) < RATINGS
        promising, modest = (ability(router, one.name, "coding") for one in (CODERS.promising, CODERS.modest))
        assert promising < modest


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 6))
@pytest.mark.parametrize("pair", [CODERS, COUNTERS], ids=["coding", "math"])
def test_the_right_choice_stays_to_the_last_of_two_hundred_ratings(tmp_path: Path, pair: Pair, seed: int) -> None:
    cast = pair.promising, pair.modest
    with simulated(*cast, seed=seed) as (_, config), serving(tmp_path, config=config) as router:
        router.until(lambda: len(views(router)) == 2 and all(view["match"] for view in views(router).values()))
        before = [ability(router, one.name, pair.task) for one in cast]
        taught = rate(router, pair, seed, all_of_them=True)
        after = [ability(router, one.name, pair.task) for one in cast]
    liked = [sum(taught.liked[at : at + 50]) / 50 for at in range(0, RATINGS, 50)]
    print(
        f"\n{pair.task} seed {seed}: the better one chosen for {taught.before:.0%} → {taught.after:.0%} of prompts,"
        f" the worse one for the last time at rating {taught.last(pair.promising.name)}; abilities "
        f"{before[0]:.2f} and {before[1]:.2f} → {after[0]:.2f} and {after[1]:.2f}; liked by fifties "
        + " ".join(f"{share:.0%}" for share in liked)
    )
    assert len(taught.asked) == RATINGS
    assert taught.before == 0.0
    assert taught.after > 0.8  # and for all of them where luck does not spare the worse one, nine times of ten
    assert after[0] < after[1]
    assert liked[-1] > liked[0]


# ── a kill in the middle ──


@pytest.fixture
def slow_one() -> Iterator[tuple[Ollama, str]]:
    """Slow enough to be killed in the middle."""
    with simulated(actor("solid:8b", {"chat": 0.7}), speed=25.0) as made:
        yield made


@pytest.mark.thorough
def test_after_a_kill_it_goes_on_and_no_prompt_is_put_twice_but_the_one_that_was_cut_off(
    tmp_path: Path, slow_one: tuple[Ollama, str]
) -> None:
    server, config = slow_one
    database = tmp_path / "router.db"

    def run(router: Router) -> Any:
        return router.call("/admin/profiles")["run"]

    with serving(tmp_path, config=config, database=database) as router:
        router.until(lambda: views(router))
        router.call("/admin/reprofile", {"models": ["solid:8b"]})
        router.until(lambda: len(server.asked) >= 6)
        os.kill(router.process.pid, signal.SIGKILL)
        router.process.wait()
    killed, before = time.time(), dict(server.asked)
    assert len(before) < len(QUICK)
    with serving(tmp_path, config=config, database=database) as router:
        router.until(lambda: run(router)["models"] and run(router)["models"][0]["state"] == "done", 60)
        results = {one["prompt"]: one for one in router.call("/admin/profiles?model=sim/solid:8b")}
        assert {one.id for one in QUICK} <= results.keys()
        assert "failed" not in {one["outcome"] for one in results.values()}
        assert {prompt for _, prompt in server.asked} == {one.id for one in QUICK}
        assert sum(server.asked.values()) <= len(QUICK) + 1
        kept = {name for name, result in results.items() if result["at"] < killed}
        assert len({prompt for _, prompt in before} - kept) <= 1  # all but what was being answered
        assert {server.asked["solid:8b", one.id] for one in QUICK if one.id in kept} == {1}
        assert not run(router)["running"]
