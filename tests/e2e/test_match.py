"""A running router's word on a name, corrected by the user: abilities follow at once, all screens hear of it, and it is
there after a restart; on the command line too."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from click.testing import Result

from llmrouter_tui.core.domain import AUTOMATIC, ModelView
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.events import ModelsChanged
from llmrouter_tui.remote.control import RemoteControl
from tests.e2e.test_sync import MODEL, NOWHERE, Running, hosting, router

ID = f"box/{MODEL}"
OTHER = "llama-3.1-8b-instruct"


@pytest.fixture
async def url() -> AsyncIterator[str]:
    async with hosting() as address:
        yield address


async def view(running: Running) -> ModelView:
    [found] = await running.call(running.control.models())
    return found  # type: ignore[no-any-return]


async def correct(running: Running, entry: str) -> ModelView:
    await running.call(running.control.match(ID, entry))
    return await view(running)


async def test_a_correction_counts_at_once_and_everyone_hears_of_it(tmp_path: Path, url: str) -> None:
    async with router(tmp_path, url, NOWHERE) as running:
        before = await view(running)
        assert before.match is not None
        assert (before.match.kind, before.match.own, before.match.by_user) == ("alias", "qwen3-32b", False)
        await asyncio.sleep(0.3)
        running.service.feed.drain()
        after = await correct(running, OTHER)
        assert after.match is not None
        assert (after.match.own, after.match.id, after.match.by_user) == (OTHER, "qwen3-32b", True)
        assert after.abilities["math"].mean < before.abilities["math"].mean
        assert "2024-07" in await running.evidence()
        heard: list[ModelView] = []

        async def told() -> bool:
            facts = [envelope.fact for envelope in running.service.feed.drain()[0]]
            heard.extend(model for fact in facts if isinstance(fact, ModelsChanged) for model in fact.models)
            return any(model.match == after.match for model in heard)

        await running.until(told)
        none = await correct(running, "")
        assert none.match is not None
        assert none.match.own == ""
        assert not any(e.source == "benchmark" for a in none.abilities.values() for e in a.evidence)
        assert (await correct(running, AUTOMATIC)).abilities == before.abilities


@pytest.mark.thorough
async def test_a_correction_is_there_after_a_restart_and_so_is_its_end(tmp_path: Path, url: str) -> None:
    async with router(tmp_path, url, NOWHERE) as running:
        chosen = await correct(running, "qwen3-14b")
    async with router(tmp_path, url, NOWHERE) as running:
        again = await view(running)
        assert again.match == chosen.match
        assert again.abilities == chosen.abilities
        await correct(running, AUTOMATIC)
    async with router(tmp_path, url, NOWHERE) as running:
        last = (await view(running)).match
        assert last is not None
        assert not last.by_user


@pytest.mark.thorough
async def test_what_there_is_not_is_refused_with_what_comes_near(tmp_path: Path, url: str) -> None:
    async with router(tmp_path, url, NOWHERE) as running:
        with pytest.raises(RouterError, match=r"no model 'qwen3-32'.*near are .*qwen3-32b"):
            await correct(running, "qwen3-32")
        with pytest.raises(RouterError) as missing:
            await running.call(running.control.match("box/other", OTHER))
        assert missing.value.code == "model_not_found"
        now = (await view(running)).match
        assert now is not None
        assert not now.by_user


async def test_from_another_terminal_and_from_the_command_line(
    tmp_path: Path, url: str, cli: Callable[..., Result]
) -> None:
    async with router(tmp_path, url, NOWHERE) as running:
        root = f"http://127.0.0.1:{(await running.call(running.control.snapshot())).service.port}"
        control = RemoteControl(root)
        await control.match(ID, OTHER)
        [seen] = await control.models()
        assert seen.match is not None
        assert seen.match.own == OTHER
        [known] = await control.known([OTHER])
        assert {"coding", "math"} <= {task.task for task in known.tasks}
        assert OTHER in {one.id for one in await control.catalog()}
        await control.aclose()

        async def models(*arguments: str) -> Result:
            return await asyncio.to_thread(cli, "models", *arguments, "--url", root)

        why = await models("--why", MODEL)
        assert f"public figures: {OTHER}, by you (by its name: qwen3-32b)" in why.stdout
        assert "MATH" in why.stdout
        set_ = await models("--match", f"{MODEL}=none")
        assert (set_.exit_code, set_.stdout) == (0, f"{ID}   public figures: none, by you (by its name: qwen3-32b)\n")
        [found] = json.loads((await models("--why", MODEL, "--json")).stdout)["catalog"]
        assert (found["id"], found["known"], found["match"]["by_user"]) == (None, None, True)
        back = await models("--match", f"{MODEL}={AUTOMATIC}")
        assert back.stdout.startswith(f"{ID}   public figures: qwen3-32b (")
        wrong = await models("--match", f"{MODEL}=qwen3-32")
        assert wrong.exit_code == 2
        assert "near are" in wrong.stderr
        assert (await models("--match", "other=qwen3-8b")).exit_code == 2
        assert "write NAME=ID" in (await models("--match", "qwen3-8b")).stderr
