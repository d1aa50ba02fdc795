"""Asking a router that runs elsewhere: the answer as it comes, its record's id, its end for every reason."""

import asyncio
import contextlib

import pytest

from llmrouter_tui.core.asking import ASKER, Piece, Question, request_of
from llmrouter_tui.core.errors import BackendError, RouterError
from llmrouter_tui.remote.control import RemoteControl
from tests.proxy.conftest import Router, Routers
from tests.proxy.scripted import BIG, SMALL, Script

QUESTION = Question("why is the sky blue?", "be brief", model=SMALL, among=(SMALL, BIG))


@contextlib.asynccontextmanager
async def remote_of(router: Router, **options: object):
    control = RemoteControl(router.url, **options)
    try:
        yield control
    finally:
        await control.aclose()


async def heard(control: RemoteControl, question: Question = QUESTION) -> list[Piece]:
    asking = await control.ask(request_of(question))
    try:
        return [piece async for piece in asking.pieces()]
    finally:
        await asking.close()


async def test_an_answer_comes_over_http_as_it_does_here(router: Router) -> None:
    async with remote_of(router) as control:
        asking = await control.ask(request_of(QUESTION))
        assert [piece.text async for piece in asking.pieces()] == ["Hel", "lo"]
        await asking.close()
        [run] = router.exchanges.runs
        assert asking.id == run.id
        assert (run.request.model, run.request.allowed, run.request.client) == (SMALL, (SMALL, BIG), ASKER)
        assert [turn.text for turn in run.request.messages] == ["be brief", "why is the sky blue?"]
        assert run.outcome == "ok"


async def test_no_signature_tells_who_answered(routers: Routers) -> None:
    router = await routers.start(signature=lambda model: f"\n\n-- {model}")
    async with remote_of(router) as control:
        assert "".join(piece.text for piece in await heard(control)) == "Hello"


async def test_who_closes_early_stops_the_model(router: Router) -> None:
    router.exchanges.script = Script(endless=True, pause=0.005)
    async with remote_of(router) as control:
        asking = await control.ask(request_of(QUESTION))
        await anext(asking.pieces())
        await asking.close()
        [run] = router.exchanges.runs
        async with asyncio.timeout(5):
            await run.closed.wait()
        assert run.outcome == "cancelled"


@pytest.mark.parametrize("when", ["begin_error", "open_error", "body_error"])
async def test_a_failure_is_told_as_it_was_raised_there(router: Router, when: str) -> None:
    error = BackendError("out_of_memory", "qwen3:32b needs 3 GiB more", backend="big", fallback=False)
    router.exchanges.script = Script(chunks=(), **{when: error})
    async with remote_of(router) as control:
        with pytest.raises(RouterError, match="needs 3 GiB more") as caught:
            await heard(control)
        assert caught.value.code == "out_of_memory"


async def test_without_the_admin_key_nobody_asks(routers: Routers) -> None:
    router = await routers.start(admin_key="secret")
    async with remote_of(router) as stranger, remote_of(router, key="secret") as owner:
        with pytest.raises(RouterError) as caught:
            await heard(stranger)
        assert caught.value.code == "unauthorized"
        assert len(await heard(owner)) == 2


async def test_a_read_only_watch_sends_nothing(router: Router) -> None:
    async with remote_of(router, readonly=True) as control:
        with pytest.raises(RouterError, match="read-only: nothing was sent"):
            await control.ask(request_of(QUESTION))
    assert router.exchanges.runs == []


async def test_the_route_is_asked_among_the_same_models(router: Router) -> None:
    async with remote_of(router) as control:
        await control.explain(request_of(QUESTION, send=False))
    [(_, arrived, *_)] = router.control.calls
    assert arrived.allowed == (SMALL, BIG)
