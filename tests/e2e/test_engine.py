"""Real prompts, real models: the embedded llama.cpp engine through the whole stack."""

import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import openai
import psutil
import pytest

from llmrouter_tui.core.checks import check
from llmrouter_tui.core.prompt_set import prompt
from tests.e2e.conftest import Router, serving

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("engine")]
SMALL = "SmolLM2-135M-Instruct.Q4_1"
COUNT = [{"role": "user", "content": "Count to five."}]
SECOND = "gemma-3-270m-it-Q4_K_M"


@pytest.fixture(scope="module")
def router(tmp_path_factory: pytest.TempPathFactory, weights: Path) -> Iterator[Router]:
    """Room for one model at a time, so that asking for the other one swaps."""
    config = f'gguf_folders = ["{weights}"]\nvram_max_gb = 0.45\ncontext_length = 2048\n'
    with serving(tmp_path_factory.mktemp("router"), "--embedded", config=config) as started:
        yield started


@pytest.fixture
def client(router: Router) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{router.url}/v1", api_key="none", max_retries=0)


def ask(client: openai.OpenAI, text: str, model: str = SMALL, **more: object) -> str:
    answer = client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": text}], temperature=0, max_tokens=16, **more
    )
    return answer.choices[0].message.content or ""


def test_a_real_model_answers(client, router):
    said = ask(client, "What is the capital of France?")
    assert len(said) > 10
    newest = router.call("/admin/snapshot")["exchanges"][0]
    assert newest["outcome"] == "ok"
    assert newest["usage"]["completion_tokens"] > 0
    assert newest["decode_per_second"] > 0
    assert newest["answer"] == said


def test_auto_chooses_and_says_so_in_headers(client):
    raw = client.chat.completions.with_raw_response.create(
        model="auto", messages=[{"role": "user", "content": "hi"}], max_tokens=4
    )
    assert raw.headers["x-router-model"].startswith("embedded/")
    assert raw.headers["x-router-task"] == "chat"
    assert float(raw.headers["x-router-score"]) > 0


def test_a_stream_arrives_in_pieces_with_usage_only_if_asked(client):
    def stream(**more):
        return list(
            client.chat.completions.create(
                model=SMALL,
                messages=[{"role": "user", "content": "Count to five."}],
                max_tokens=24,
                temperature=0,
                stream=True,
                **more,
            )
        )

    plain = stream()
    assert len(plain) > 5
    assert all(chunk.usage is None for chunk in plain)
    assert plain[-1].choices[0].finish_reason in ("stop", "length")
    assert stream(stream_options={"include_usage": True})[-1].usage.completion_tokens > 0


def test_json_mode_passes_through(client):
    text = ask(client, "Give me a JSON object with the key a.", response_format={"type": "json_object"}, stop=["}\n"])
    assert text.strip().startswith("{")


def test_asking_for_the_other_model_swaps_and_the_memory_is_really_gone(client, router):
    ask(client, "hi")
    before = children(router)
    ask(client, "hi", SECOND)
    assert router.residency() == {SMALL: "absent", SECOND: "resident"}
    assert len(children(router)) == 1
    assert not before & children(router)
    events = router.call("/admin/snapshot")["residency"]
    assert [(e["kind"], e["model"]) for e in events[:2]] == [
        ("load", f"embedded/{SECOND}"),
        ("unload", f"embedded/{SMALL}"),
    ]
    ask(client, "hi", SMALL)


@pytest.mark.thorough
def test_the_checks_tell_who_answers_from_who_only_goes_on_with_a_text(client):
    """The second one says that it follows instructions, and holds the weights of a base model."""

    def right(model: str) -> list[bool]:
        asked = (prompt("extract-phone"), prompt("fact-heart"))
        messages = ([{"role": "user", "content": one.turns[0]}] for one in asked)
        said = (
            client.chat.completions.create(model=model, messages=message, temperature=0, max_tokens=24)
            for message in messages
        )
        texts = [answer.choices[0].message.content or "" for answer in said]
        return [check(one, text).right for one, text in zip(asked, texts, strict=True)]

    assert right(SECOND) == [False, False]
    assert right(SMALL) == [True, True]


@pytest.mark.thorough
def test_who_leaves_before_its_turn_moves_nothing(client, router):
    ask(client, "hi")
    before = children(router)
    impatient = client.with_options(timeout=0.3)
    with client.chat.completions.create(
        model=SMALL, messages=COUNT, max_tokens=150, stream=True, extra_body={"ignore_eos": True}
    ) as answering:
        next(iter(answering))
        with pytest.raises(openai.APITimeoutError):
            ask(impatient, "hi", SECOND)
        router.until(lambda: not waiting(router), 5)
        last = [chunk.choices[0].finish_reason for chunk in answering][-1]
    assert last == "length"
    assert router.residency() == {SMALL: "resident", SECOND: "absent"}
    assert children(router) == before


@pytest.mark.thorough
def test_two_models_by_turns_are_answered_in_batches(client, router):
    ask(client, "hi")
    loads = router.call("/admin/vram")["swaps"]["loads"]
    models = [SECOND if number % 2 else SMALL for number in range(8)]
    with ThreadPoolExecutor(len(models)) as pool:
        said = list(pool.map(lambda model: ask(client, "Count to five.", model), models))
    assert all(said)
    assert router.call("/admin/vram")["swaps"]["loads"] - loads <= 2, "in the order of arrival it would be seven"


@pytest.mark.thorough
def test_a_pinned_model_is_kept_and_who_does_not_fit_beside_it_is_told(client, router):
    ask(client, "hi")
    router.call(f"/admin/models/embedded/{SMALL}/pin", {})
    with pytest.raises(openai.APIStatusError) as refused:
        ask(client, "hi", SECOND)
    assert "must stay in memory" in str(refused.value)
    router.call(f"/admin/models/embedded/{SMALL}/unpin", {})


@pytest.mark.thorough
def test_an_answer_under_way_is_finished_before_its_model_is_unloaded(client, router):
    ask(client, "hi")
    chunks: list[object] = []

    def read() -> None:
        chunks.extend(
            client.chat.completions.create(
                model=SMALL,
                messages=[{"role": "user", "content": "Tell me a story."}],
                max_tokens=150,
                stream=True,
                extra_body={"ignore_eos": True},
            )
        )

    reading = threading.Thread(target=read)
    reading.start()
    router.until(lambda: router.call("/admin/snapshot")["models"] and busy(router))
    assert ask(client, "hi", SECOND) is not None
    reading.join(60)
    assert chunks[-1].choices[0].finish_reason == "length"
    ask(client, "hi", SMALL)


def test_a_client_that_hangs_up_stops_the_engine(client, router):
    ask(client, "hi")
    stream = client.chat.completions.create(
        model=SMALL,
        messages=[{"role": "user", "content": "Write for ever."}],
        max_tokens=1500,
        stream=True,
        extra_body={"ignore_eos": True},
    )
    next(iter(stream))
    stream.close()
    router.until(lambda: not busy(router), 5)
    newest = router.call("/admin/snapshot")["exchanges"][0]
    assert newest["outcome"] == "cancelled"
    (engine,) = [psutil.Process(pid) for pid in children(router)]
    router.until(lambda: engine.cpu_percent(0.3) < 40, 10)


def test_an_image_for_a_model_that_sees_none_is_refused_in_words(client, router):
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(model=SMALL, messages=[{"role": "user", "content": [image]}])
    assert refused.value.code == "invalid_request"
    assert "image" in str(refused.value)


def test_a_prompt_beyond_every_context_is_refused_before_anything_is_loaded(client):
    with pytest.raises(openai.BadRequestError) as refused:
        ask(client, "word " * 20_000, "auto")
    assert refused.value.code == "context_length_exceeded"


def test_what_only_the_models_own_count_finds_too_long_is_refused_in_its_figures(client):
    """Each digit is a token of this model; by our estimate the prompt would fit."""
    with pytest.raises(openai.BadRequestError) as refused:
        ask(client, "8675309 " * 500, SMALL)
    assert refused.value.code == "context_length_exceeded"
    assert re.search(r"4\d{3} tokens.*\(2048 tokens\)", str(refused.value))


def test_a_rating_counts_at_once(client, router):
    raw = client.chat.completions.create(model=SMALL, messages=[{"role": "user", "content": "hi"}], max_tokens=4)
    said = router.call("/admin/rate", {"exchange_id": raw.id, "rating": "down", "reasons": ["not correct"]})
    (effect,) = said["effects"]
    assert effect["after"] < effect["before"]


@pytest.mark.thorough
def test_no_engine_outlives_a_router_that_is_killed(tmp_path: Path, weights: Path):
    with serving(tmp_path, "--embedded") as doomed:
        doomed.call(f"/admin/models/embedded/{SMALL}/load", {})
        doomed.until(lambda: doomed.residency()[SMALL] == "resident")
        engines = children(doomed)
        assert engines
        doomed.process.kill()
        deadline = time.monotonic() + 10
        while any(psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie" for pid in engines):
            assert time.monotonic() < deadline
            time.sleep(0.05)


def children(router: Router) -> set[int]:
    return {p.pid for p in psutil.Process(router.process.pid).children(recursive=True) if p.status() != "zombie"}


def waiting(router: Router) -> bool:
    return any(m["waiting"] for m in router.call("/admin/snapshot")["models"])


def busy(router: Router) -> bool:
    return any(m["leases"] for m in router.call("/admin/snapshot")["models"])
