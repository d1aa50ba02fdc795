"""What the admin API adds to ``Control``: limits, checks and shapes for people with curl.

That every method arrives as it was meant is tested in ``tests/remote/test_control.py``.
"""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from llmrouter_tui.core.chat import ChatRequest
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.ports.control import Snapshot
from llmrouter_tui.proxy.admin.state import encode_snapshot
from tests.proxy.conftest import Router
from tests.proxy.scripted import BIG, SMALL, ScriptedControl


async def test_vram_and_backends_are_parts_of_the_snapshot(router: Router) -> None:
    whole = (await router.http.get("/admin/snapshot")).json()
    vram = (await router.http.get("/admin/vram")).json()
    assert vram == whole["vram"]
    assert vram["pools"][0]["device"] == whole["devices"][0]
    assert (await router.http.get("/admin/backends")).json() == whole["backends"]
    assert (await router.http.get("/admin/models")).json() == whole["models"]


async def test_what_a_load_would_mean_is_asked_without_a_body(router: Router) -> None:
    told = (await router.http.get(f"/admin/models/{BIG}/plan")).json()
    assert (told["verdict"], told["evict"], told["seconds"]) == ("evicts", [SMALL], 19.5)
    assert (await router.http.post(f"/admin/models/{BIG}/plan?context_length=4096")).json()["context_length"] == 4096
    assert router.control.calls == [("plan", BIG, None), ("plan", BIG, 4096)]
    assert (await router.http.get("/admin/models/box/none/plan")).status_code == 404


async def test_memory_is_cleared_and_released(router: Router) -> None:
    for what in ("clear", "release"):
        assert (await router.http.post(f"/admin/vram/{what}")).status_code == 202
    assert router.control.calls == [("clear_vram",), ("release_vram",)]


async def test_a_snapshot_is_encoded_in_slices_with_nothing_lost() -> None:
    control = ScriptedControl()
    many = tuple(replace(control.history[0], id=f"x{n}", prompt='"exchanges":[]') for n in range(205))
    snapshot: Snapshot = replace(await control.snapshot(), exchanges=many)
    decoded = json.loads(await encode_snapshot(snapshot))
    assert [item["id"] for item in decoded["exchanges"]] == [f"x{n}" for n in range(205)]
    assert decoded["exchanges"][7]["decision"]["candidates"][0]["model"] == SMALL
    assert decoded["total_exchanges"] == 2
    assert json.loads(await encode_snapshot(replace(snapshot, exchanges=())))["exchanges"] == []


WHOLE = {
    "messages": [
        {"role": "user", "content": "first"},
        {"role": "assistant", "content": "answer"},
        {"role": "user", "content": [{"type": "text", "text": "and now"}, {"type": "image_url"}]},
    ],
    "tools": [{"type": "function"}],
    "response_format": {"type": "json_object"},
}


async def test_explain_takes_the_whole_of_a_request(router: Router) -> None:
    response = await router.http.post("/admin/explain", json={**WHOLE, "model": "auto:best"})
    assert response.json()["requested"] == "auto:best"
    [(_, asked, *_)] = router.control.calls
    assert isinstance(asked, ChatRequest)
    assert (asked.model, asked.tools, asked.json_mode) == ("auto:best", 1, True)
    assert [(m.role, m.text, m.images) for m in asked.messages] == [
        ("user", "first", 0), ("assistant", "answer", 0), ("user", "and now", 1)
    ]  # fmt: skip


@pytest.mark.parametrize("body", [{"prompt": "hi"}, WHOLE])
async def test_what_is_explained_can_be_asked_for_a_client(router: Router, body: dict[str, object]) -> None:
    await router.http.post("/admin/explain", json=body, params={"client": "aider/0.9\n"})
    [(*_, client)] = router.control.calls
    assert client == "aider/0.9?"


async def test_a_request_to_be_explained_may_leave_the_choice_and_name_its_session(router: Router) -> None:
    await router.http.post("/admin/explain", json=WHOLE, headers={"X-Session-Id": "s1"})
    [(_, asked, *_)] = router.control.calls
    assert isinstance(asked, ChatRequest)
    assert (asked.model, asked.session) == ("auto", "s1")


async def test_a_request_to_be_explained_may_be_as_large_as_one_to_be_answered(router: Router) -> None:
    long = {"messages": [{"role": "user", "content": "x" * 1_500_000}]}
    assert (await router.http.post("/admin/explain", json=long)).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "body", "param"),
    [
        ("POST", "explain", {}, "prompt"),
        ("POST", "explain", {"prompt": "  "}, "prompt"),
        ("POST", "explain", {"messages": []}, "messages"),
        ("POST", "explain", {"messages": [{"role": "wizard"}]}, "messages[0].role"),
        ("POST", "explain", {"messages": "x"}, "messages"),
        ("GET", "exchanges?limit=0", None, None),
        ("GET", "exchanges?limit=501", None, None),
        ("GET", "exchanges?limit=²", None, None),
        ("GET", "logs?limit=x", None, None),
        ("GET", f"models/{BIG}/plan?context_length=0", None, None),
        ("GET", f"models/{BIG}/plan?context_length=4k", None, None),
        ("GET", "preference/what-if?value=2", None, None),
        ("GET", "preference/what-if?value=nan", None, None),
        ("GET", "preference/what-if", None, "value"),
        ("POST", f"models/{BIG}/unload?force=maybe", None, None),
        ("POST", "settings", {"value": 1}, "key"),
        ("POST", "backends", {"kind": "ollama"}, "url"),
        ("POST", "sync", {"sources": "lmarena"}, "sources"),
        ("POST", "sync", {"sources": [1]}, "sources[0]"),
        ("POST", "sync", {"sources": ["lmsys"]}, "sources"),
        ("GET", "review?since=lately", None, None),
        ("GET", "review?since=", None, None),
        ("POST", "listen", {"port": 0}, "port"),
        ("POST", "listen", {"port": 70000}, "port"),
        ("POST", "listen", {"port": "1"}, "port"),
    ],
)
async def test_what_makes_no_sense_is_refused_with_the_field(
    router: Router, method: str, path: str, body: Any, param: str | None
) -> None:
    response = await router.http.request(method, f"/admin/{path}", json=body)
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (400, "invalid_request")
    assert error["param"] == (param or path.partition("?")[2].partition("=")[0])
    assert error["hint"]
    assert router.control.calls == []


@pytest.mark.parametrize("action", ["load", "unload", "pin", "unpin", "enable", "disable"])
async def test_actions_are_accepted_for_ids_with_slashes(router: Router, action: str) -> None:
    response = await router.http.post(f"/admin/models/{SMALL}/{action}")
    assert (response.status_code, response.json()) == (202, {"accepted": True})
    assert router.control.calls[0][1] == SMALL
    missing = await router.http.post(f"/admin/models/none/{action}")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "model_not_found")


async def test_what_another_preference_would_change_is_asked_by_its_value(router: Router) -> None:
    told = (await router.http.get("/admin/preference/what-if?value=.7")).json()
    assert router.control.calls == [("what_if", 0.7)]
    assert (told["preference"], told["looked_at"], told["changed"], told["quality"], told["seconds"]) == (
        0.7, 12, 1, 0.1, 2.5
    )  # fmt: skip
    change = {"exchange_id": "x1", "chosen": SMALL, "instead": BIG, "quality": 0.1, "seconds": 2.5, "task": ""}
    assert told["changes"] == [change]


async def test_a_text_is_looked_for_as_a_plain_word_of_the_filter(router: Router) -> None:
    await router.http.get("/admin/exchanges", params={"text": "two words", "filter": "task:code"})
    assert router.control.calls == [("exchanges", None, 100, 'task:coding "two words"')]


async def test_a_review_looks_back_as_far_as_asked(router: Router) -> None:
    told = (await router.http.get("/admin/review?since=7d")).json()
    assert (told["span"], told["answered"], told["rated"], told["right"], told["regretted"]) == (604_800, 14, 7, 3, 4)
    [first, *_] = told["rows"]
    assert (first["task"], first["model"], first["verdict"]) == ("coding", SMALL, "worse")
    assert first["compared"] == {
        "count": 4, "expected": 0.7, "seen": 0.0, "difference": -0.7, "margin": pytest.approx(0.679, abs=1e-3),
        "surprise": pytest.approx(-0.021, abs=1e-3),
    }  # fmt: skip
    assert first["regrets"][0]["instead"] == BIG
    await router.http.get("/admin/review")
    await router.http.get("/admin/review?since=all")
    assert router.control.calls == [("review", 7 * 86_400.0), ("review", 30 * 86_400.0), ("review", None)]


async def test_rate_tells_what_it_moved(router: Router) -> None:
    response = await router.http.post("/admin/rate", json={"exchange_id": "x1", "rating": "up"})
    assert response.json()["effects"] == [{"model": SMALL, "task": "coding", "before": 0.6, "after": 0.64}]


async def test_secrets_are_veiled_wherever_they_could_show(router: Router) -> None:
    for path in ("snapshot", "settings"):
        assert "sk-very-secret" not in (await router.http.get(f"/admin/{path}")).text
    changed = await router.http.post("/admin/settings", json={"key": "openai_api_key", "value": "sk-other"})
    assert changed.json()["value"] == "(set)"
    cleared = await router.http.post("/admin/settings", json={"key": "openai_api_key", "value": None})
    assert cleared.json()["value"] is None


async def test_an_error_of_control_keeps_its_code_and_one_of_ours_stays_inside(router: Router) -> None:
    async def broken() -> Snapshot:
        raise ZeroDivisionError("inner detail")

    async def stopping() -> Snapshot:
        raise RouterError("shutting_down", "The router is stopping.", retryable=True, retry_after=1)

    router.control.snapshot = broken  # type: ignore[method-assign]
    response = await router.http.get("/admin/snapshot")
    assert (response.status_code, response.json()["error"]["code"]) == (500, "internal_error")
    assert "inner detail" not in response.text
    assert (await router.http.get("/health")).json()["status"] == "degraded"
    router.control.snapshot = stopping  # type: ignore[method-assign]
    response = await router.http.get("/admin/snapshot")
    assert (response.status_code, response.headers["retry-after"]) == (503, "1")


async def test_a_slow_command_blocks_nobody_else(router: Router) -> None:
    gate = asyncio.Event()

    async def slow(model: str) -> None:
        await gate.wait()

    router.control.load = slow  # type: ignore[method-assign]
    loading = asyncio.ensure_future(router.http.post(f"/admin/models/{BIG}/load"))
    assert (await router.http.get("/health")).status_code == 200
    assert not loading.done()
    gate.set()
    assert (await loading).status_code == 202


async def test_public_figures_are_fetched_watched_and_cancelled(router: Router) -> None:
    assert (await router.http.post("/admin/sync")).status_code == 202
    assert (await router.http.post("/admin/sync", json={"sources": ["lmarena"]})).status_code == 202
    assert (await router.http.delete("/admin/sync")).status_code == 202
    assert router.control.calls == [("sync", ()), ("sync", ("lmarena",)), ("cancel_sync",)]
    view = (await router.http.get("/admin/sync")).json()
    assert view["asking"] == ["livebench"]
    assert [(s["name"], s["host"]) for s in view["sources"]] == [("lmarena", "hf.example"), ("livebench", "lb.example")]
    assert (view["sources"][0]["last"]["status"], view["sources"][1]["progress"]["pages"]) == ("ok", 2)
    assert view == (await router.http.get("/admin/snapshot")).json()["sync"]


async def test_a_name_is_corrected_to_an_entry_to_none_and_back(router: Router) -> None:
    for said in ("qwen3-4b", None, "automatic"):
        assert (await router.http.post(f"/admin/models/{SMALL}/match", json={"id": said})).status_code == 202
    assert router.control.calls == [("match", SMALL, "qwen3-4b"), ("match", SMALL, ""), ("match", SMALL, "automatic")]
    assert (await router.http.post("/admin/models/box/none/match", json={"id": None})).status_code == 404


@pytest.mark.parametrize("body", [{}, {"id": ""}, {"id": 5}, {"id": "x" * 201}])
async def test_a_correction_that_names_no_entry_is_refused(router: Router, body: object) -> None:
    refused = await router.http.post(f"/admin/models/{SMALL}/match", json=body)
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "id")
    assert "GET /admin/catalog" in refused.json()["error"]["message"]
    assert router.control.calls == []


async def test_the_catalog_is_listed_and_its_entries_are_told_without_what_belongs_to_the_holder_of_a_key(
    router: Router,
) -> None:
    assert [one["id"] for one in (await router.http.get("/admin/catalog")).json()] == ["qwen3-32b", "qwen3-4b"]
    [told] = (await router.http.get("/admin/catalog?id=qwen3-32b&id=unknown")).json()
    figure = told["tasks"][0]["figures"][0]
    assert (figure["title"], figure["value"], figure["as_of"], figure["source"]) == (
        "MATH-500", 97.2, "2025-04", "maker"
    )  # fmt: skip
    assert told["own"] == []
    assert (await router.control.known(["qwen3-32b"]))[0].own


async def test_figures_that_belong_to_the_holder_of_a_key_do_not_leave_the_router(router: Router) -> None:
    told = (await router.http.get("/admin/benchmarks?model=qwen3-32b&model=qwen3-4b")).json()
    assert [(f["model"], f["source"], f["value"]) for f in told] == [
        ("qwen3-32b", "lmarena", 1350.0), ("qwen3-4b", "lmarena", 1200.0)
    ]  # fmt: skip
    assert len(await router.control.figures(["qwen3-32b", "qwen3-4b"])) == 3
    assert (await router.http.get("/admin/benchmarks")).json() == []


async def test_measuring_is_ordered_with_and_without_a_body(router: Router) -> None:
    assert (await router.http.post("/admin/reprofile")).status_code == 202
    assert (await router.http.post("/admin/reprofile", json={"models": [SMALL], "quick": False})).status_code == 202
    assert (await router.http.post("/admin/reprofile", json={"only": "failed"})).status_code == 202
    assert (await router.http.delete("/admin/reprofile")).status_code == 202
    assert router.control.calls == [
        ("profile", (), True, False),
        ("profile", (SMALL,), False, False),
        ("profile", (), True, False, "failed"),
        ("cancel_profile",),
    ]


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"models": "all"}, 400, "a list of ids or names of models"),
        ({"quick": "yes"}, 400, "true or false"),
        ({"models": ["gpt"]}, 404, "no model 'gpt'"),
    ],
)
async def test_orders_that_cannot_be_read_are_refused_in_words(
    router: Router, body: dict[str, object], status: int, words: str
) -> None:
    answer = await router.http.post("/admin/reprofile", json=body)
    assert answer.status_code == status
    assert words in answer.text
    assert router.control.calls == []


async def test_what_was_measured_is_told_of_all_in_short_and_of_one_prompt_by_prompt(router: Router) -> None:
    told = (await router.http.get("/admin/profiles")).json()
    assert told["run"] == (await router.http.get("/admin/snapshot")).json()["profile"]
    assert [profile["model"] for profile in told["models"]] == [SMALL]
    one = (await router.http.get("/admin/profiles", params={"model": SMALL})).json()
    assert [(result["prompt"], result["passed"], result["code"]) for result in one] == [
        ("math-sum", 1.0, ""),
        ("chat-name", None, "prompt_timeout"),
    ]
