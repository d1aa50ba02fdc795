"""Models come and go in the simulated Ollama's memory as they do in a real one, and the card's memory follows."""

import asyncio
import json
from datetime import UTC, datetime

import aiohttp
import pytest

from llmrouter_tui.demo.cast import DEEPSEEK_R1_14B, GIB, LLAMA31_8B, PHI4_14B, QWEN3_32B, QWEN25_CODER_7B
from llmrouter_tui.demo.durations import parse_keep_alive
from llmrouter_tui.demo.scheduler import CPU_PENALTY, FOREVER
from llmrouter_tui.demo.server import Luck, Refusal
from tests.demo.conftest import SPEED, Client, Json, Make, eventually

OTHERS = int(0.7 * GIB)
LONG = "Implement an LRU cache in Python with O(1) get and put."


async def load(client: Client, model: str, status: int = 200, **more: object) -> Json:
    return await client.post("/api/generate", {"model": model, **more}, status)


async def ps(client: Client, model: str) -> Json:
    return next(m for m in (await client.get("/api/ps"))["models"] if m["name"] == model)


async def remaining(client: Client, model: str) -> float:
    expires = datetime.fromisoformat((await ps(client, model))["expires_at"])
    return (expires - datetime.now(UTC)).total_seconds()


async def test_an_empty_prompt_loads_and_the_card_fills(ollama: Client) -> None:
    assert ollama.gpu.used == OTHERS
    answer = await load(ollama, "llama3.1:8b")
    assert (answer["done"], answer["done_reason"]) == (True, "load")
    entry = await ps(ollama, "llama3.1:8b")
    assert entry["size"] == entry["size_vram"] == LLAMA31_8B.footprint(8192)
    assert entry["context_length"] == 8192
    assert ollama.gpu.used == OTHERS + LLAMA31_8B.footprint(8192)
    assert 290 < await remaining(ollama, "llama3.1:8b") <= 300
    chat = await ollama.post("/api/chat", {"model": "llama3.1:8b", "messages": []})
    assert chat["done_reason"] == "load"


async def test_memory_fills_while_the_model_loads_and_ps_lists_it_already(make: Make) -> None:
    ollama = await make(speed=10.0)
    loading = asyncio.ensure_future(load(ollama, "qwen3:32b"))
    await ollama.becomes("qwen3:32b")
    seen = {ollama.gpu.used}
    while not loading.done():
        seen.add(ollama.gpu.used)
        await asyncio.sleep(0.01)
    await loading
    assert len(seen) >= 3
    assert max(seen | {ollama.gpu.used}) == OTHERS + QWEN3_32B.footprint(8192)


async def test_unloading_is_answered_at_once_and_done_later(make: Make) -> None:
    ollama = await make(speed=4.0)
    await load(ollama, "llama3.1:8b")
    answer = await load(ollama, "llama3.1:8b", keep_alive=0)
    assert (answer["done"], answer["done_reason"]) == (True, "unload")
    assert await ollama.held() == ["llama3.1:8b"]
    await ollama.becomes()
    await ollama.frees(OTHERS)


async def test_a_model_that_answers_is_unloaded_only_when_it_is_done(make: Make) -> None:
    ollama = await make(speed=4.0)
    body = {"model": "llama3.1:8b", "messages": [{"role": "user", "content": LONG}]}
    async with ollama.session.post(ollama.origin + "/api/chat", json=body) as response:
        await response.content.readline()
        await load(ollama, "llama3.1:8b", keep_alive=0)
        await asyncio.sleep(0.3)
        assert await ollama.held() == ["llama3.1:8b"]
        lines = (await response.text()).splitlines()
    assert json.loads(lines[-1])["done_reason"] == "stop"
    await ollama.becomes()


async def test_keep_alive_is_kept_without_and_overwritten_with_a_new_one(ollama: Client) -> None:
    await load(ollama, "llama3.1:8b", keep_alive=-1)
    assert datetime.fromisoformat((await ps(ollama, "llama3.1:8b"))["expires_at"]).year > 2300
    await ollama.say("llama3.1:8b", "hi")
    assert await remaining(ollama, "llama3.1:8b") > 1e9, "a request without keep_alive leaves the pin"
    await ollama.say("llama3.1:8b", "hi", keep_alive="5m")
    assert await remaining(ollama, "llama3.1:8b") <= 300, "one with it takes the pin away"
    await ollama.say("llama3.1:8b", "hi", keep_alive="50ms")
    await ollama.becomes()


async def test_ps_lists_the_longest_remaining_first(ollama: Client) -> None:
    await load(ollama, "llama3.1:8b", keep_alive=60)
    await load(ollama, "qwen2.5-coder:7b", keep_alive="1h")
    assert await ollama.held() == ["qwen2.5-coder:7b", "llama3.1:8b"]


async def test_unloading_what_is_not_there_is_no_error(ollama: Client) -> None:
    assert (await load(ollama, "llama3.1:8b", keep_alive=0))["done_reason"] == "unload"
    assert await ollama.held() == []


async def test_an_embedding_model_is_preloaded_by_embedding_nothing(make: Make) -> None:
    ollama = await make(second=True)
    await ollama.post("/api/embed", {"model": "nomic-embed-text", "input": "", "keep_alive": -1})
    assert await ollama.held() == ["nomic-embed-text:latest"]
    await load(ollama, "nomic-embed-text", keep_alive=0)
    await ollama.becomes()


async def test_what_does_not_fit_sends_idle_models_away(ollama: Client) -> None:
    await load(ollama, "phi4:14b")
    await load(ollama, "deepseek-r1:14b", keep_alive="1h")
    assert set(await ollama.held()) == {"phi4:14b", "deepseek-r1:14b"}
    assert ollama.gpu.used == OTHERS + PHI4_14B.footprint(8192) + DEEPSEEK_R1_14B.footprint(8192)
    await load(ollama, "llama3.1:8b")
    assert set(await ollama.held()) == {"deepseek-r1:14b", "llama3.1:8b"}, "the shorter keep-alive goes first"
    await load(ollama, "qwen3:32b")
    assert await ollama.held() == ["qwen3:32b"]


async def test_a_busy_model_is_waited_for_before_it_makes_room(make: Make) -> None:
    ollama = await make(speed=12.0)
    body = {"model": "qwen3:32b", "messages": [{"role": "user", "content": LONG}], "think": False}
    async with ollama.session.post(ollama.origin + "/api/chat", json=body) as response:
        await response.content.readline()
        other = asyncio.ensure_future(load(ollama, "llama3.1:8b"))
        lines = (await response.text()).splitlines()
        assert json.loads(lines[-1])["done_reason"] == "stop"
    await other
    assert await ollama.held() == ["llama3.1:8b"]


async def test_no_more_than_three_models_are_held(ollama: Client) -> None:
    for model in ("qwen2.5-coder:7b", "llama3.1:8b", "phi4:14b"):
        await load(ollama, model, options={"num_ctx": 1024})
    assert len(await ollama.held()) == 3
    await load(ollama, "deepseek-r1:14b", options={"num_ctx": 1024})
    assert "deepseek-r1:14b" in await ollama.held()
    assert len(await ollama.held()) <= 3


async def test_another_context_reloads_the_model_and_none_does_not(ollama: Client) -> None:
    await load(ollama, "llama3.1:8b")
    assert await least_used(ollama, "llama3.1:8b") == OTHERS + LLAMA31_8B.footprint(8192)
    assert await least_used(ollama, "llama3.1:8b", num_ctx=8192) == OTHERS + LLAMA31_8B.footprint(8192)
    assert await least_used(ollama, "llama3.1:8b", num_ctx=16_384) == OTHERS
    assert (await ps(ollama, "llama3.1:8b"))["context_length"] == 16_384
    assert ollama.gpu.used == OTHERS + LLAMA31_8B.footprint(16_384)


async def least_used(client: Client, model: str, **options: int) -> int:
    """The least memory in use while the model answers."""
    least = client.gpu.used
    asking = asyncio.ensure_future(client.say(model, "hi", options=options))
    while not asking.done():
        least = min(least, client.gpu.used)
        await asyncio.sleep(0)
    await asking
    return least


async def test_what_exceeds_the_card_runs_partly_on_the_cpu_and_slowly(ollama: Client) -> None:
    answer = await ollama.say("qwen3:32b", "hi", think=False, options={"num_ctx": 40_960})
    entry = await ps(ollama, "qwen3:32b")
    assert entry["size"] == QWEN3_32B.footprint(40_960)
    assert ollama.gpu.used == ollama.gpu.total == OTHERS + entry["size_vram"]
    on_cpu = 1 - entry["size_vram"] / entry["size"]
    assert 0.1 < on_cpu < 0.4
    rate = answer["eval_count"] / answer["eval_duration"] * 1e9
    assert rate < 1.3 * QWEN3_32B.decode * SPEED / (1 + CPU_PENALTY * on_cpu)


async def test_a_model_that_fits_nowhere_is_refused_and_disturbs_nobody(ollama: Client) -> None:
    await load(ollama, "llama3.1:8b")
    refused = await load(ollama, "llama3.3:70b", 500)
    assert "requires more system memory" in refused["error"]
    assert await ollama.held() == ["llama3.1:8b"]


async def test_memory_that_another_program_took_meanwhile_ends_the_load_as_on_a_real_card(make: Make) -> None:
    ollama = await make(speed=10.0)
    loading = asyncio.ensure_future(load(ollama, "qwen3:32b", 500))
    await ollama.becomes("qwen3:32b")
    ollama.gpu.reserve("game", 10 * GIB)
    assert "cudaMalloc failed: out of memory" in (await loading)["error"]
    assert await ollama.held() == []
    await ollama.frees(OTHERS + 10 * GIB)


async def test_then_its_other_models_leave_and_the_load_is_tried_once_more(make: Make) -> None:
    ollama = await make(speed=10.0)
    await load(ollama, "llama3.1:8b")
    loading = asyncio.ensure_future(load(ollama, "phi4:14b"))
    await ollama.becomes("phi4:14b", "llama3.1:8b")
    ollama.gpu.reserve("game", 10 * GIB)
    assert (await loading)["done_reason"] == "load"
    assert await ollama.held() == ["phi4:14b"]


async def test_it_plans_with_what_others_leave_and_never_sends_them_away(make: Make) -> None:
    ollama = await make()
    ollama.gpu.reserve("llamacpp/other", 14 * GIB)
    await load(ollama, "llama3.1:8b")
    await load(ollama, "qwen2.5-coder:7b")
    assert await ollama.held() == ["qwen2.5-coder:7b"]
    assert ollama.gpu.used == OTHERS + 14 * GIB + QWEN25_CODER_7B.footprint(8192)


async def test_requests_for_a_loading_model_share_one_load(ollama: Client) -> None:
    answers = await asyncio.gather(*(ollama.say("llama3.1:8b", f"hello {n}") for n in range(4)))
    assert all(answer["done_reason"] == "stop" for answer in answers)
    assert ollama.gpu.used == OTHERS + LLAMA31_8B.footprint(8192)


async def test_one_slot_serves_one_at_a_time_and_two_serve_two(make: Make) -> None:
    for parallel in (1, 2):
        ollama = await make(parallel=parallel, speed=16.0)
        await load(ollama, "llama3.1:8b")
        most = 0
        both = asyncio.gather(*(ollama.say("llama3.1:8b", LONG) for _ in range(2)))
        while not both.done():
            most = max(most, ollama.gpu.crowd)
            await asyncio.sleep(0.005)
        await both
        assert most == parallel


async def test_a_client_that_leaves_frees_the_slot(make: Make) -> None:
    ollama = await make(speed=2.0)
    async with aiohttp.ClientSession() as leaver:
        body = {"model": "qwen2.5-coder:7b", "messages": [{"role": "user", "content": LONG}]}
        async with leaver.post(ollama.origin + "/api/chat", json=body) as response:
            await response.content.readline()
            assert ollama.gpu.crowd == 1
    await eventually(lambda: _idle(ollama), 2.0)
    assert await ollama.held() == ["qwen2.5-coder:7b"]


async def test_a_client_that_leaves_a_whole_answer_frees_the_slot_too(make: Make) -> None:
    ollama = await make(speed=2.0)
    await ollama.say("qwen2.5-coder:7b", "hi", options={"num_predict": 1})
    asking = asyncio.ensure_future(ollama.say("qwen2.5-coder:7b", LONG))
    await eventually(lambda: _working(ollama))
    asking.cancel()
    await eventually(lambda: _idle(ollama), 2.0)


async def test_a_client_that_leaves_during_the_load_aborts_it(make: Make) -> None:
    ollama = await make(speed=1.0)
    asking = asyncio.ensure_future(load(ollama, "qwen3:32b"))
    await ollama.becomes("qwen3:32b")
    asking.cancel()
    await ollama.becomes()
    await ollama.frees(OTHERS)


async def test_who_waits_for_an_aborted_load_starts_it_again(make: Make) -> None:
    ollama = await make(speed=5.0)
    first = asyncio.ensure_future(load(ollama, "llama3.1:8b"))
    await ollama.becomes("llama3.1:8b")
    second = asyncio.ensure_future(load(ollama, "llama3.1:8b"))
    await asyncio.sleep(0.05)
    first.cancel()
    assert (await second)["done_reason"] == "load"


async def test_a_full_queue_is_503(make: Make) -> None:
    ollama = await make(max_queue=1, speed=1.0)
    first = asyncio.ensure_future(load(ollama, "llama3.1:8b"))
    await ollama.becomes("llama3.1:8b")
    refused = await load(ollama, "phi4:14b", 503)
    assert "server busy" in refused["error"]
    first.cancel()


async def test_a_load_can_fail_and_leaves_nothing_behind(make: Make) -> None:
    ollama = await make(luck=Luck(1, load=1.0))
    refused = await load(ollama, "llama3.1:8b", 500)
    assert "llama runner process has terminated" in refused["error"]
    assert await ollama.held() == []
    await ollama.frees(OTHERS)


async def test_a_runner_can_die_before_the_first_token(make: Make) -> None:
    ollama = await make(luck=Luck(1, run=1.0))
    body = {"model": "llama3.1:8b", "messages": [{"role": "user", "content": "hi"}]}
    refused = await ollama.post("/api/chat", body, 500)
    assert "has terminated" in refused["error"]
    assert await ollama.held() == []


async def test_a_stream_can_die_with_an_error_line_or_without_a_word(make: Make) -> None:
    ollama = await make(luck=Luck(3, stream=1.0))
    ends = set()
    for _ in range(8):
        body = {"model": "llama3.1:8b", "messages": [{"role": "user", "content": LONG}]}
        async with ollama.session.post(ollama.origin + "/api/chat", json=body) as response:
            assert response.status == 200
            try:
                lines = (await response.text()).splitlines()
            except aiohttp.ClientPayloadError:
                ends.add("cut")
            else:
                assert set(json.loads(lines[-1])) == {"error"}
                ends.add("told")
    assert ends == {"cut", "told"}
    assert ollama.gpu.crowd == 0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(None, None), (0, 0.0), ("0", 0.0), (90, 90.0), ("5m", 300.0), ("1h30m", 5400.0), ("1.5s", 1.5), ("250ms", 0.25)],
)
def test_keep_alive_is_seconds_or_a_go_duration(value: object, seconds: float | None) -> None:
    assert parse_keep_alive(value) == seconds


def test_a_negative_keep_alive_is_for_ever() -> None:
    assert parse_keep_alive(-1) == parse_keep_alive("-1m") == FOREVER


@pytest.mark.parametrize("value", ["5", "-1", "", "5 m", [], True])
def test_anything_else_is_refused(value: object) -> None:
    with pytest.raises(Refusal):
        parse_keep_alive(value)


async def _idle(client: Client) -> bool:
    return client.gpu.crowd == 0


async def _working(client: Client) -> bool:
    return client.gpu.crowd > 0
