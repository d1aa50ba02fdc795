"""Keys and metrics of a router as a user starts it: what is kept of a key, and what others may read."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from tests.e2e.conftest import Router, serving

ADMIN, PLAIN = "omega-7351-secret", "plain-7351-secret"
CONFIG = f'admin_api_key = "{ADMIN}"\napi_keys = ["{PLAIN}"]\n'
ASK = {"model": "auto", "messages": [{"role": "user", "content": "hi"}]}


def status(router: Router, path: str, key: str, body: object = None) -> int:
    data = None if body is None else json.dumps(body).encode()
    asked = urllib.request.Request(router.url + path, data, {"Authorization": f"Bearer {key}"})
    try:
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_a_key_is_made_used_and_revoked_and_stands_nowhere(
    tmp_path: Path, cli: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(tmp_path, "--no-embedded", "--host", "127.0.0.1", config=CONFIG) as router:
        monkeypatch.setenv("ROUTER_ADMIN_API_KEY", ADMIN)
        at = ("--url", router.url)
        key = json.loads(cli("keys", "add", "alice", "--rpm", "30", "--json", *at).stdout)["key"]
        assert "30 requests/min" in cli("keys", *at).stdout
        # No backend is here: whoever is let in is told that.
        assert [status(router, "/v1/chat/completions", who, ASK) for who in (key, PLAIN, "wrong")] == [503, 503, 401]
        assert [status(router, "/metrics", who) for who in (ADMIN, key, PLAIN)] == [200, 401, 401]
        assert [status(router, "/admin/keys", who) for who in (ADMIN, key)] == [200, 401]
        assert "lets nobody in" in cli("keys", "revoke", "alice", *at).stdout
        assert status(router, "/v1/chat/completions", key, ASK) == 401
        asked = urllib.request.Request(f"{router.url}/admin/exchanges", headers={"x-api-key": ADMIN})
        with urllib.request.urlopen(asked) as answer:
            page = json.load(answer)
        assert [exchange["key"] for exchange in page["items"]] == ["", "", "", "alice"]
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.name != "config.toml")
    assert b"alice" in kept
    for secret in (key, ADMIN, PLAIN):
        assert secret.encode() not in kept
