"""Every command and question of ``Control`` goes through HTTP and comes back as what the router's own control says."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from llmrouter_tui.core.domain import BackendView
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.exchange_query import parse_query
from llmrouter_tui.core.keys import KeyView
from llmrouter_tui.core.ports.control import Control
from llmrouter_tui.core.ports.history import FeedbackInput
from llmrouter_tui.core.query import EVERYTHING
from llmrouter_tui.core.restoring import Restoration
from llmrouter_tui.core.votes import VoteInput
from llmrouter_tui.proxy.parse import parse_chat
from llmrouter_tui.remote.control import RemoteControl
from tests.proxy.conftest import Router, Routers
from tests.proxy.scripted import BIG, SMALL, VOTE

UNSET_PORT = "http://127.0.0.1:9"


@pytest.fixture
async def remote(router: Router) -> AsyncIterator[RemoteControl]:
    control = RemoteControl(router.url)
    yield control
    await control.aclose()


async def refusal(control: RemoteControl, what: str, *args: object, **kwargs: object) -> RouterError:
    with pytest.raises(RouterError) as caught:
        await getattr(control, what)(*args, **kwargs)
    return caught.value


async def test_the_snapshot_arrives_whole(router: Router, remote: RemoteControl) -> None:
    here, there = await remote.snapshot(), await router.control.snapshot()
    assert here.models == there.models
    assert here.exchanges == there.exchanges
    assert (here.backends, here.devices, here.residency) == (there.backends, there.devices, there.residency)
    assert (here.service, here.log, here.rates) == (there.service, there.log, there.rates)
    assert here.embedded_available
    assert here.sync == there.sync
    assert here.vram == there.vram
    assert here.profile == there.profile


async def test_questions_get_the_routers_own_answers(router: Router, remote: RemoteControl) -> None:
    control: Control = router.control
    assert await remote.models() == await control.models()
    assert await remote.exchange("x1") == await control.exchange("x1")
    assert await remote.exchange("chatcmpl-1") == await control.exchange("x1")
    assert await remote.logs(limit=7) == await control.logs(limit=7)
    assert await remote.vram() == await control.vram()
    assert await remote.plan(BIG) == await control.plan(BIG)
    assert await remote.plan(SMALL, context_length=2048) == await control.plan(SMALL, context_length=2048)
    assert await remote.sync_view() == await control.sync_view()
    assert await remote.figures(["qwen3-4b", "é&="]) == tuple(await control.figures(["qwen3-4b"]))
    assert await remote.figures([]) == ()
    assert await remote.profiles() == await control.profiles()
    assert await remote.profile_results("box/ü é&=") == tuple(await control.profile_results(SMALL))
    assert ("profile_results", "box/ü é&=") in router.control.calls
    assert await remote.catalog() == tuple(await control.catalog())
    assert await remote.known(["qwen3-32b"]) == (replace(router.control.dossier, own=()),)
    assert await remote.known([]) == ()
    page = await remote.exchanges(before="x9", limit=1)
    assert page == await control.exchanges(before="x9", limit=1)
    assert page.before == "x1"
    words = EVERYTHING.and_word("qwen3:4b é&=")
    assert (await remote.exchanges(query=words)).items == ()
    assert router.control.calls[-1] == ("exchanges", None, 100, '"qwen3:4b é&="')
    await remote.exchanges(query=parse_query('text:"é&= +" !margin:<.05'))
    assert router.control.calls[-1][-1] == 'text:"é&= +" !margin:<0.05'
    await remote.exchanges(after="", limit=3, count=True)
    assert router.control.calls[-1] == ("exchanges", None, 3, "", "", True)


async def test_explain_asks_about_the_very_prompt(router: Router, remote: RemoteControl) -> None:
    decided = await remote.explain("naïve\n\x00 prompt", model="auto:fast")
    assert decided == await router.control.explain("naïve\n\x00 prompt", model="auto:fast")
    assert router.control.calls[-2:] == [("explain", "naïve\n\x00 prompt", "auto:fast", "")] * 2
    await remote.explain("hi", client="Open-WebUI/0.9 é&=")
    assert router.control.calls[-1] == ("explain", "hi", "auto", "Open-WebUI/0.9 é&=")


async def test_explain_sends_a_whole_request_as_it_stands(router: Router, remote: RemoteControl) -> None:
    asked = parse_chat('{"model":"auto:fast","messages":[{"role":"user","content":"né"}],"tools":[{}]}'.encode())
    assert (await remote.explain(asked)).requested == "auto:fast"
    [(_, arrived, *_)] = router.control.calls
    assert arrived == asked


async def test_what_another_preference_would_change_is_told_whole(router: Router, remote: RemoteControl) -> None:
    assert await remote.what_if(0.7) == await router.control.what_if(0.7)
    assert await remote.what_if(1 / 3) == await router.control.what_if(1 / 3)


async def test_curves_arrive_whole(router: Router, remote: RemoteControl) -> None:
    told = await remote.trends(86_400.0)
    assert told == await router.control.trends(86_400.0)
    assert told.curve("ttft") is not None and told.curve("memory", "GPU0") is not None


@pytest.mark.parametrize("span", [604_800.0, 90.0, None])
async def test_a_review_arrives_whole(router: Router, remote: RemoteControl, span: float | None) -> None:
    assert await remote.review(span) == await router.control.review(span)
    assert router.control.calls == [("review", span)] * 2


async def test_commands_reach_the_model_that_was_named(router: Router, remote: RemoteControl) -> None:
    await remote.load(SMALL)
    await remote.unload(BIG)
    await remote.unload(BIG, force=True)
    await remote.pin(SMALL, True)
    await remote.pin(SMALL, False)
    await remote.enable(BIG, False)
    await remote.enable(BIG, True)
    assert router.control.calls == [
        ("load", SMALL),
        ("unload", BIG, False),
        ("unload", BIG, True),
        ("pin", SMALL, True),
        ("pin", SMALL, False),
        ("enable", BIG, False),
        ("enable", BIG, True),
    ]


@pytest.mark.parametrize("name", ["box/a b", "box/50%", "box/q?x#y", "box/ünï", "box/load/load", "box/%2F"])
async def test_odd_model_names_survive_the_path(router: Router, remote: RemoteControl, name: str) -> None:
    error = await refusal(remote, "load", name)
    assert error.code == "model_not_found"
    assert repr(name) in error.message


async def test_the_other_commands(router: Router, remote: RemoteControl) -> None:
    await remote.retry_backend("my box")
    await remote.fetch_starter()
    await remote.cancel_fetch()
    await remote.clear_vram()
    await remote.release_vram()
    await remote.sync()
    await remote.sync(["lmarena", "models.dev"])
    await remote.cancel_sync()
    await remote.profile()
    await remote.profile([SMALL, "a b"], quick=False, again=True)
    await remote.profile(only="failed")
    await remote.cancel_profile()
    await remote.match(SMALL, "qwen3-4b")
    await remote.match(SMALL, "")
    await remote.listen(11999)
    await remote.shutdown()
    expected = [
        ("retry_backend", "my box"), ("fetch_starter",), ("cancel_fetch",), ("clear_vram",),
        ("release_vram",), ("sync", ()),
        ("sync", ("lmarena", "models.dev")), ("cancel_sync",),
        ("profile", (), True, False), ("profile", (SMALL, "a b"), False, True), ("profile", (), True, False, "failed"),
        ("cancel_profile",),
        ("match", SMALL, "qwen3-4b"),
        ("match", SMALL, ""), ("listen", 11999), ("shutdown",),
    ]  # fmt: skip
    assert router.control.calls == expected


async def pieces(data: bytes, count: int) -> AsyncIterator[bytes]:
    for start in range(0, len(data), len(data) // count):
        yield data[start : start + len(data) // count]


async def test_a_copy_of_the_database_arrives_whole(router: Router, remote: RemoteControl) -> None:
    data = bytes(range(256)) * 40_000  # more than any other body may be
    given = await remote.restore(pieces(data, 7))
    assert given == Restoration(len(data), "/there/router.db.before-restore")
    assert router.control.calls == [("restore", data)]
    refused = await router.http.post("/admin/restore", json={})
    assert refused.status_code == 415, "what a web page could send is not read"
    assert router.control.calls == [("restore", data)]


async def test_keys_come_and_go(router: Router, remote: RemoteControl) -> None:
    made = await remote.add_key("alice", models=("qwen*",), rpm=30, concurrent=0)
    assert (made.name, made.key) == ("alice", "llmr-alice")
    assert await remote.keys() == (KeyView("alice", "set", ("qwen*",), 30, None, 0, 7.0),)
    await remote.revoke_key("alice")
    assert await remote.keys() == ()
    with pytest.raises(RouterError, match="no key 'alice'"):
        await remote.revoke_key("alice")


async def test_backends_come_and_go(router: Router, remote: RemoteControl) -> None:
    added = await remote.add_backend("openai", "http://127.0.0.1:8000", "vllm")
    assert added == BackendView("vllm", "openai", "http://127.0.0.1:8000", configured=True)
    off = await remote.enable_backend("vllm", False)
    assert (off.name, off.enabled) == ("vllm", False)
    assert (await remote.enable_backend("vllm", True)).enabled
    await remote.remove_backend("vllm")
    assert [view.name for view in router.control.servers] == ["box"]
    assert (await refusal(remote, "remove_backend", "vllm")).code == "not_found"


@pytest.mark.parametrize(
    "feedback",
    [
        FeedbackInput("x1", rating="down", reasons=("too slow", "refused"), comment="né"),
        FeedbackInput("chatcmpl-1", stars=5),
        FeedbackInput("x1", score=-0.25),
        FeedbackInput("x1", clear=True),
    ],
)
async def test_a_rating_comes_back_with_its_effects(
    router: Router, remote: RemoteControl, feedback: FeedbackInput
) -> None:
    rated = await remote.rate(feedback)
    assert router.control.calls == [("rate", feedback)]
    assert rated == await router.control.rate(feedback)
    assert rated.effects[0].after == 0.64


async def test_votes_are_given_read_and_taken_back(router: Router, remote: RemoteControl) -> None:
    assert (await remote.votes()).items == (VOTE,)
    assert await remote.votes(before="15.0:x", limit=7) == await router.control.votes()
    given = VoteInput(("x3", "x1"), "tie")
    assert await remote.vote(given) == await router.control.vote(given)
    assert await remote.leaderboard("coding") == await router.control.leaderboard("coding")
    board = await remote.leaderboard()
    assert (board.votes, [row.model for row in board.rows]) == (2, ["library/qwen3:4b", "qwen3:32b"])
    back = await remote.take_back_vote("x1-x3")
    assert (back.vote.verdict, back.taken_back, back.effects[0].after) == ("tie", True, 0.60)
    assert (await refusal(remote, "take_back_vote", "x1-x3")).code == "not_found"
    wanted = [
        ("votes", None, 100),
        ("votes", "15.0:x", 7),
        ("vote", given),
        ("leaderboard", ""),
        ("leaderboard", "coding"),
    ]
    assert all(call in router.control.calls for call in wanted)


async def test_settings_are_set_but_secrets_never_leave_the_router(router: Router, remote: RemoteControl) -> None:
    changed = await remote.set_setting("quality_preference", 0.9)
    assert (changed.value, changed.origin) == (0.9, "set")
    secret = await remote.set_setting("openai_api_key", "sk-new-secret")
    shown = [*await remote.settings(), *(await remote.snapshot()).settings, secret]
    assert router.control.kept["openai_api_key"].value == "sk-new-secret"
    assert {setting.value for setting in shown if setting.secret} == {"(set)"}
    told = await remote.reload()
    assert [one.key for one in told] == list(router.control.kept)
    assert {one.value for one in told if one.secret} == {"(set)"}
    error = await refusal(remote, "set_setting", "nope", 1)
    assert (error.code, error.param) == ("invalid_request", "key")


async def test_the_routers_error_is_raised_here_as_there(remote: RemoteControl) -> None:
    error = await refusal(remote, "load", "box/none")
    assert error.code == "model_not_found"
    assert error.message == "There is no model 'box/none'."
    assert error.hint == "Did you mean another?"
    assert (error.status, error.retryable) == (404, False)


async def test_a_readonly_control_asks_and_never_commands(router: Router) -> None:
    control = RemoteControl(router.url, readonly=True)
    assert (await control.snapshot()).service.state == "serving"
    await control.explain("hello")
    before = list(router.control.calls)
    commands: list[tuple[object, ...]] = [
        ("load", SMALL), ("unload", SMALL), ("pin", SMALL, True), ("enable", SMALL, False), ("set_setting", "a", 1),
        ("retry_backend", "box"), ("add_backend", "ollama", "u"), ("remove_backend", "box"), ("fetch_starter",),
        ("enable_backend", "box", False), ("reload",),
        ("cancel_fetch",), ("clear_vram",), ("release_vram",), ("sync",),
        ("cancel_sync",), ("profile",), ("cancel_profile",), ("match", SMALL, ""), ("listen", 1234), ("shutdown",),
        ("rate", FeedbackInput("x1", rating="up")), ("restore", pieces(b"12", 2)),
    ]  # fmt: skip
    for name, *args in commands:
        assert (await refusal(control, str(name), *args)).code == "forbidden"
    assert router.control.calls == before
    await control.aclose()


async def test_the_admin_key_is_sent(routers: Routers) -> None:
    router = await routers.start(admin_key="k3y")
    right, wrong = RemoteControl(router.url, key="k3y"), RemoteControl(router.url, key="nope")
    assert (await right.snapshot()).service.version == "1.2.3"
    refused = await refusal(wrong, "snapshot")
    assert refused.code == "unauthorized"
    assert "ROUTER_ADMIN_API_KEY" in refused.hint
    await right.aclose()
    await wrong.aclose()


async def test_a_router_that_is_not_there() -> None:
    control = RemoteControl(UNSET_PORT)
    error = await refusal(control, "snapshot")
    assert (error.code, error.retryable) == ("backend_unreachable", True)
    assert UNSET_PORT in error.message
    assert "nothing listens there" in error.message
    await control.aclose()


async def test_a_name_that_no_machine_has() -> None:
    control = RemoteControl("http://no.such.host.invalid:11436")
    assert "the name does not resolve" in (await refusal(control, "snapshot")).message
    await control.aclose()


@pytest.mark.parametrize(
    ("typed", "root"),
    [
        ("127.0.0.1:11436", "http://127.0.0.1:11436"),
        ("http://box:11436/v1/", "http://box:11436"),
        (" https://router.example/llm ", "https://router.example/llm"),
        ("[::1]:11436", "http://[::1]:11436"),
    ],
)
async def test_addresses_as_people_type_them(typed: str, root: str) -> None:
    control = RemoteControl(typed)
    assert control.root == root
    await control.aclose()


@pytest.mark.parametrize("typed", ["", "ftp://box", "http://", "http://box:port", "http://box:99999", "http://a b"])
def test_what_is_no_address(typed: str) -> None:
    with pytest.raises(RouterError) as caught:
        RemoteControl(typed)
    assert caught.value.code == "invalid_request"
