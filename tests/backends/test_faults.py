"""What servers say when they fail, in their own words, and what it means."""

import json
import time
from email.utils import formatdate

import pytest

from llmrouter_tui.backends.faults import Complaint, fault, read_complaint, retry_after
from llmrouter_tui.core.errors import BackendError


def of(status: int, body: str, **more: str) -> BackendError:
    return fault(read_complaint(body.encode()), backend="b", model="m", status=status, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ('{"error":{"message":"no","type":"t","code":"c","param":"p"}}', Complaint("no", "t c", "p", True)),
        ('{"error":{"message":"no","type":"t","code":400}}', Complaint("no", "t 400", None, True)),
        ('{"error":"Unauthorized"}', Complaint("Unauthorized", "", None, True)),
        ('{"detail":"Not Found"}', Complaint("Not Found", "", None, True)),
        ('{"detail":[{"loc":["body"],"msg":"field required"}]}', Complaint("field required", "", None, True)),
        ('{"object":"error","message":"bad","type":"T"}', Complaint("bad", "T", None, True)),
        ('{"src":"llama-swap","error":{"message":"no"}}', Complaint("no", "", None, True)),
        ('{"error":"{\\"error\\":{\\"message\\":\\"no\\",\\"type\\":\\"t\\"}}"}', Complaint("no", "t", None, True)),
        (
            '{"error":"{\\"error\\":{\\"message\\":\\"no\\"}}\\nout of memory"}',
            Complaint("no out of memory", "", None, True),
        ),
        ('{"error":"{\\"a\\":1}"}', Complaint('{"a":1}', "", None, True)),
        ('{"error":"{not json"}', Complaint("{not json", "", None, True)),
        ('"just text"', Complaint("just text", "", None, True)),
        ("null", Complaint("", "", None, True)),
        ("plain\n text\x00 ", Complaint("plain text")),
        ("<html><body>502</body></html>", Complaint()),
        ("", Complaint()),
    ],
)
def test_every_shape_of_error_is_read(body: str, complaint: Complaint) -> None:
    assert read_complaint(body.encode()) == complaint


def test_endless_words_are_cut() -> None:
    assert len(read_complaint(b"x" * 100_000).text) <= 300


@pytest.mark.parametrize(
    ("status", "words", "code", "fallback"),
    [
        (400, "This model's maximum context length is 8192 tokens. However, you requested 9000", "context", True),
        (400, "the request exceeds the available context size, try increasing it", "context", True),
        (400, "input length exceeds the context length", "context", True),
        (500, "The prompt is too long for this model", "context", True),
        (500, "cudaMalloc failed: out of memory", "out_of_memory", True),
        (500, "model requires more system memory (20 GiB) than is available (10 GiB)", "out_of_memory", True),
        (500, "memory layout cannot be allocated with num_gpu = 99", "out_of_memory", True),
        (500, "image input is not supported - hint: you may need to provide the mmproj", "invalid_request", True),
        (400, "registry.ollama.ai/library/gemma:2b does not support tools", "invalid_request", True),
        (400, '"llama3" does not support thinking', "invalid_request", True),
        (400, "Multimodal data provided, but model does not support multimodal requests.", "invalid_request", True),
        (400, "temperature must be a number", "invalid_request", False),
        (500, 'option "temperature" must be of type float32', "invalid_request", False),
        (500, 'invalid format: "xml"; expected "json" or a valid JSON Schema object', "invalid_request", False),
        (422, "field required", "invalid_request", False),
        (413, "Request Entity Too Large", "body_too_large", False),
        (401, "Unauthorized", "backend_error", True),
        (403, "", "backend_error", True),
        (404, "model 'x' not found, try pulling it first", "model_not_found", True),
        (400, "model 'x' not found", "model_not_found", True),
        (404, "404 page not found", "backend_error", True),
        (429, "slow down", "rate_limited", True),
        (503, "server busy, please try again. maximum pending requests exceeded", "queue_full", True),
        (500, "model limit reached, try again later", "queue_full", True),
        (500, "an error was encountered while running the model: unexpected EOF", "backend_error", True),
        (503, "Loading model", "model_loading", True),
        (503, "upstream failed", "backend_error", True),
        (500, "boom", "backend_error", True),
        (502, "", "backend_error", True),
    ],
)
def test_the_cause_decides(status: int, words: str, code: str, fallback: bool) -> None:
    error = of(status, json.dumps({"error": {"message": words}}))
    assert error.code.startswith(code)
    assert error.fallback is fallback
    assert not error.unhealthy
    assert "b (m)" in error.message
    assert words[:40] in error.message


def test_a_refused_key_names_where_the_key_comes_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "wrong")
    assert of(401, "no", api_key_env="MY_KEY").hint == "Check the key in MY_KEY."
    assert "api_key_env" in of(401, "no").hint


def test_a_key_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MY_KEY", raising=False)
    error = of(401, "no", api_key_env="MY_KEY")
    assert "MY_KEY" in error.message
    assert "not set" in error.message


def test_a_gateway_without_words_is_given_some() -> None:
    assert "the server behind it did not answer (HTTP 502)" in of(502, "").message


def test_an_empty_purse_is_not_worth_a_retry() -> None:
    error = of(429, '{"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}}')
    assert (error.code, error.fallback, error.retryable) == ("rate_limited", True, False)


def test_the_clients_mistake_keeps_its_field() -> None:
    assert of(400, '{"error":{"message":"bad","param":"top_p"}}').param == "top_p"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
)
def test_when_to_come_back(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, 0) == seconds


def test_when_to_come_back_as_a_date() -> None:
    now = time.time()
    wait = retry_after({"retry-after": formatdate(now + 30, usegmt=True)}, now)
    assert wait is not None
    assert 28 < wait <= 30
