"""What was said is forgotten over HTTP: of an exchange, of a conversation, or all; never by a slip."""

import pytest

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.forgetting import Forget, Forgotten
from tests.proxy.conftest import Router


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("exchanges/x1/text", Forget(exchange="x1")),
        ("texts?session=id%3Awork", Forget(session="id:work")),
        ("texts?all=true", Forget()),
    ],
)
async def test_who_says_whose_texts_is_told_how_many_went(router: Router, path: str, wanted: Forget) -> None:
    answer = await router.http.delete(f"/admin/{path}")
    assert (answer.status_code, answer.json()) == (200, {"exchanges": 3, "grades": 2, "notes": 1})
    assert router.control.calls == [("forget", wanted)]


@pytest.mark.parametrize("query", ["", "?sesion=x", "?session=", "?all=false", "?session=x&all=true"])
async def test_without_saying_whose_nothing_is_forgotten(router: Router, query: str) -> None:
    answer = await router.http.delete(f"/admin/texts{query}")
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "session")
    assert router.control.calls == []


async def test_an_exchange_that_is_not_there_is_not_found(router: Router) -> None:
    assert (await router.http.delete("/admin/exchanges/nope/text")).status_code == 404


async def test_it_is_not_acknowledged_where_the_disk_refuses(router: Router) -> None:
    async def fails(wanted: Forget) -> Forgotten:
        raise RouterError("storage_unavailable", "the disk is full", retryable=True)

    router.control.forget = fails  # type: ignore[method-assign]
    assert (await router.http.delete("/admin/texts?all=true")).status_code == 503
