"""A slip in the name of a field is told to the router's owner, never passed over; clients' requests may hold more."""

import pytest

from tests.proxy.conftest import Router
from tests.proxy.scripted import BIG, SMALL


@pytest.mark.parametrize(
    ("path", "body", "field", "hint"),
    [
        ("reprofile", {"quik": True}, "quik", "Did you mean 'quick'?"),
        ("sync", {"source": ["lmarena"]}, "source", "Did you mean 'sources'?"),
        ("settings", {"key": "port", "valeu": 1}, "valeu", "Did you mean 'value'?"),
        ("backends", {"url": "http://127.0.0.1:9", "token": "x"}, "token", "The fields are url, kind, name."),
        ("listen", {"port": 1234, "host": "0.0.0.0"}, "host", "The fields are port."),
        ("explain", {"promt": "hi"}, "promt", "Did you mean 'prompt'?"),
        ("rate", {"exchange_id": "x1", "ratin": "up"}, "ratin", "Did you mean 'rating'?"),
        ("keys", {"name": "a", "rmp": 5}, "rmp", "Did you mean 'rpm'?"),
        ("judge", {"pause": True}, "pause", "Did you mean 'paused'?"),
        ("judge/compare", {"first": BIG, "secund": SMALL}, "secund", "Did you mean 'second'?"),
        ("grades", {"subject": "prompt", "reff": "x", "model": SMALL}, "reff", "Did you mean 'ref'?"),
        ("votes", {"exchanges": ["a", "b"], "verdikt": "tie"}, "verdikt", "Did you mean 'verdict'?"),
    ],
)
async def test_a_field_that_is_none_is_refused_with_the_nearest(
    router: Router, path: str, body: dict[str, object], field: str, hint: str
) -> None:
    answer = await router.http.post(f"/admin/{path}", json=body)
    told = answer.json()["error"]
    assert (answer.status_code, told["param"], told["code"]) == (400, field, "invalid_request")
    assert told["message"].startswith(f"There is no field {field!r}.")
    assert hint in told["hint"]
    assert router.control.calls == []


async def test_a_client_may_send_more_than_is_known(router: Router) -> None:
    answer = await router.http.post("/v1/feedback", json={"exchange_id": "x1", "rating": "up", "source": "app"})
    assert answer.status_code == 200


async def test_it_is_described_so(router: Router) -> None:
    schemas = (await router.http.get("/openapi.json")).json()["components"]["schemas"]
    closed = {name for name, schema in schemas.items() if schema.get("additionalProperties") is False}
    assert {"ProfileBody", "SettingBody", "BackendBody", "RateBody", "KeyBody", "VoteBody"} <= closed
    assert not closed & {"FeedbackBody", "ChatBody"}
