"""Measuring from the command line: followed at a router, told in words, stopped when it is interrupted."""

import asyncio
import contextlib
import json
import os
import pty
import re
import subprocess
import sys
from dataclasses import dataclass, field, replace

import pytest

from llmrouter_tui.cli.profiling import doing, eta_words, follow, scores, stopped, told
from llmrouter_tui.core.domain import Probed
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.profile import ModelProfile, ModelProgress, ProfileRun, Profiles, TaskScore
from tests.cli.test_cli import run
from tests.e2e.conftest import free_port
from tests.proxy.conftest import Router
from tests.proxy.conftest import router as router
from tests.proxy.conftest import routers as routers
from tests.proxy.scripted import BIG, SMALL, ScriptedControl


@dataclass
class Runs(ScriptedControl):
    """Is done after some looks."""

    looks: int = 3
    orders: list[str] = field(default_factory=list)

    async def profile(self, models=(), *, quick=True, again=False, only="") -> None:
        self.orders.append("profile")

    async def cancel_profile(self) -> None:
        self.orders.append("cancel_profile")

    async def profiles(self) -> Profiles:
        self.looks -= 1
        going = replace(self.measuring.run, running=self.looks > 0)
        return replace(self.measuring, run=going)


async def test_a_run_is_started_and_followed_to_its_end() -> None:
    control, seen = Runs(), list[ProfileRun]()
    found = await follow(control, [SMALL], seen.append, pause=0)
    assert control.orders == ["profile"]
    assert not found.run.running
    assert [run.running for run in seen] == [True, False]


def test_what_was_right_is_told_to_the_tenth_where_parts_of_answers_were() -> None:
    tasks = (
        TaskScore("chat", 2, 0.125),
        TaskScore("math", 4, 4.0),
        TaskScore("coding", 2, 1.5),
        TaskScore("tools", 1, 0),
    )
    assert scores(ModelProfile(SMALL, 0.0, tasks)) == "chat 0.1/2  math 4/4  coding 1.5/2  tools 0/1"


async def test_without_names_the_run_under_way_is_joined() -> None:
    control = Runs()
    await follow(control, [], lambda run: None, pause=0)
    assert control.orders == []


async def test_interrupted_it_is_stopped_there() -> None:
    control = Runs(looks=10**9)
    following = asyncio.get_running_loop().create_task(follow(control, [SMALL], lambda run: None, pause=0.01))
    await asyncio.sleep(0.05)
    following.cancel()
    with pytest.raises(asyncio.CancelledError):
        await following
    assert control.orders == ["profile", "cancel_profile"]


async def test_when_the_router_is_gone_it_is_said_that_measuring_goes_on_when_it_is_back() -> None:
    class Gone(Runs):
        async def profiles(self) -> Profiles:
            if self.looks == 1:
                raise RouterError("backend_unreachable", "No connection to the router.", hint="Start it there.")
            return await super().profiles()

    with pytest.raises(RouterError, match="measuring goes on by itself when that router runs again"):
        await follow(Gone(), [SMALL], lambda run: None, pause=0)
    with pytest.raises(RouterError, match="Start it there"):  # it was never there: nothing goes on
        await follow(Gone(looks=1), [SMALL], lambda run: None, pause=0)


def test_what_goes_on_is_said_in_words() -> None:
    run = ScriptedControl().measuring.run
    assert doing(run) == f"{BIG} waits: 1 request of live traffic first"
    asking = replace(run, models=(ModelProgress(BIG, "asking"),))
    assert doing(asking) == f"{BIG} math-rolls"
    assert doing(replace(run, models=(ModelProgress(BIG, "loading"),))) == f"{BIG} is loaded"
    assert [eta_words(seconds) for seconds in (None, 62.4, 600.0)] == ["", "about 62 s left", "about 10 min left"]


def test_stopping_says_what_was_stopped() -> None:
    models = (ModelProgress(BIG, "done", 4, 4), ModelProgress(SMALL, "asking", 2, 19))
    run = ProfileRun(running=True, models=models)
    assert stopped(run) == f"stopped measuring at {SMALL}, after 6 of 23 prompts; what was found is kept"
    assert stopped(replace(run, running=False)) == "nothing was being measured"


def test_the_outcome_tells_scores_speeds_failures_and_what_moved() -> None:
    lines = told(ScriptedControl().measuring)
    assert lines == [
        f"{SMALL}  done: 18 of 18 prompts in 32 s, 1 failed",
        "  math 1.5/2  1 wait for a judge",
        (
            "  TTFT 0.20 s, reads 800 tok/s, writes 42 tok/s, after long prompts 40 tok/s, thinks 1.5 s, "
            "loads in 7.5 s, takes 4.7 GiB"
        ),
        "  math 0.50 → 0.55",
        f"{BIG}  waiting: 2 of 18 prompts in 0 s; 1 request of live traffic first",
        "The code of answers was not checked: code is not run: nothing holds it here.",
    ]


def test_the_outcome_tells_what_was_tried_and_where_the_backend_says_otherwise() -> None:
    measuring = ScriptedControl().measuring
    tools = Probed("tools", False, 1.0, "it wrote the call of the tool as text", declared=True)
    tried = replace(measuring.models[0], probes=(tools, Probed("thinking", True, 1.0, how="default", declared=True)))
    lines = told(replace(measuring, models=(tried, *measuring.models[1:])))
    backend = SMALL.partition("/")[0]
    assert lines[3:5] == ["  no tools, thinking", f"  {backend} says tools: it wrote the call of the tool as text"]


def test_who_never_comes_to_an_end_is_said_to_babble() -> None:
    measuring = ScriptedControl().measuring
    endless = replace(measuring.models[0], cut=3)
    assert told(replace(measuring, models=(endless, *measuring.models[1:])))[2] == (
        "  it babbles: 3 answers ended only where they were cut off"
    )


def test_without_a_router_it_says_so() -> None:
    ended = run("profile", "--port", str(free_port()))
    assert ended.returncode == 1
    assert "no router runs at" in ended.stderr


@pytest.mark.thorough
async def test_at_a_router_it_is_ordered_as_the_flags_say_and_told_as_json(router: Router) -> None:
    control = router.control
    control.measuring = replace(control.measuring, run=replace(control.measuring.run, running=False))
    ended = await asyncio.to_thread(run, "profile", SMALL, "--full", "--again", "--json", "--url", router.url)
    assert ("profile", (SMALL,), False, True) in control.calls
    assert json.loads(ended.stdout)["run"]["models"][0]["model"] == SMALL
    assert ended.returncode == 1  # one of its models did not come to its end
    await asyncio.to_thread(run, "profile", "--failed", "--url", router.url)
    assert ("profile", (), True, False, "failed") in control.calls
    refused = await asyncio.to_thread(run, "profile", "gpt", "--url", router.url)
    assert refused.returncode == 2
    assert "no model 'gpt'" in refused.stderr
    stopped = await asyncio.to_thread(run, "profile", "--stop", "--url", router.url)
    assert stopped.returncode == 0
    assert stopped.stdout == "nothing was being measured\n"
    assert control.calls[-1] == ("cancel_profile",)


async def test_on_a_terminal_a_bar_tells_how_far_it_is_and_how_long_it_takes(router: Router) -> None:
    control = router.control
    control.measuring = replace(control.measuring, run=replace(control.measuring.run, running=True))

    def end() -> None:
        control.measuring = replace(control.measuring, run=replace(control.measuring.run, running=False))

    asyncio.get_running_loop().call_later(1.5, end)
    screen = await asyncio.to_thread(on_terminal, "profile", "--url", router.url)
    assert "20/36" in screen
    assert "1 request of live traffic first" in screen
    assert "about 62 s left" in screen


def on_terminal(*arguments: str) -> str:
    """What the command writes to a terminal 200 columns wide on stderr."""
    outer, inner = pty.openpty()
    env = {name: value for name, value in os.environ.items() if not name.startswith("ROUTER_")}
    env |= {"COLUMNS": "200", "TERM": "xterm"}
    process = subprocess.Popen(
        [sys.executable, "-m", "llmrouter_tui.cli", *arguments], stdout=subprocess.PIPE, stderr=inner, env=env
    )
    os.close(inner)
    told = b""
    with contextlib.suppress(OSError):  # how Linux tells that the other end is closed
        while part := os.read(outer, 4096):
            told += part
    os.close(outer)
    process.communicate(timeout=30)
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", told.decode())
