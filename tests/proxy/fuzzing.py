"""Asks a server what its description allows, and what it does not, and holds each answer against the description."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from hypothesis import HealthCheck, Phase, given, settings

from llmrouter_tui.core.errors import STATUS
from llmrouter_tui.proxy.operation import OCTETS

ENDLESS = ("/admin/events",)
"""An answer that has no end is tested by itself."""
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
WAIT = 20.0
"""Seconds after which an answer is taken not to come, or not to end."""
MOST = 64 << 20
"""Bytes of an answer."""


@dataclass
class Findings:
    asked: Counter[tuple[str, int]] = field(default_factory=Counter)
    """Requests by operation and status."""
    faults: list[str] = field(default_factory=list)
    """What was wrong, with the request that shows it."""

    def statuses(self) -> Counter[int]:
        found: Counter[int] = Counter()
        for (_, status), times in self.asked.items():
            found[status] += times
        return found


def fuzz(
    url: str,
    *,
    examples: int,
    wanted: Callable[[str], bool] = lambda label: True,
    away: bool = False,
) -> Findings:
    """Ask every operation whose label (``POST /v1/messages``) is wanted so many times with what is described, and as
    often with what is not. ``away``: models may be out of reach, which is a typed answer and no fault."""
    import schemathesis
    from schemathesis.config import SchemathesisConfig

    document = httpx.get(f"{url}/openapi.json", timeout=WAIT, trust_env=False).json()
    schema = schemathesis.openapi.from_dict(document, config=SchemathesisConfig())
    findings = Findings()
    with _session() as session:
        for found in schema.get_all_operations():
            operation = found.ok()
            if operation.path not in ENDLESS and wanted(operation.label):
                _fuzz_one(operation, url, session, examples, findings, away)
    return findings


def _session() -> Any:
    """Sends requests; an answer that has no end is a fault, as one that does not come."""
    from schemathesis.transport.requests import ManagedCookiesSession

    class Bounded(ManagedCookiesSession):
        def send(self, request: Any, **options: Any) -> Any:
            answer = super().send(request, **options)
            if not answer.headers.get("Content-Type", "").startswith("text/event-stream"):
                answer._content = _read(answer)
                answer._content_consumed = True
            return answer

    return Bounded()


def _read(answer: Any) -> bytes:
    parts: list[bytes] = []
    size, deadline = 0, time.monotonic() + WAIT
    for part in answer.iter_content(1 << 16):
        parts.append(part)
        size += len(part)
        assert size < MOST, f"{answer.url} answers more than {MOST >> 20} MB"
        assert time.monotonic() < deadline, f"{answer.url} is still answering after {WAIT} s"
    return b"".join(parts)


def _fuzz_one(operation: Any, url: str, session: Any, examples: int, findings: Findings, away: bool) -> None:
    from schemathesis.generation.modes import GenerationMode

    modes = [GenerationMode.POSITIVE]
    if operation.query or any(body.media_type != OCTETS for body in operation.body):  # no bytes are no file
        modes.append(GenerationMode.NEGATIVE)
    for mode in modes:

        @settings(
            max_examples=examples,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(operation.as_strategy(generation_mode=mode))
        def ask(case: Any) -> None:
            answer = case.call(base_url=url, session=session, timeout=WAIT)
            findings.asked[operation.label, answer.status_code] += 1
            checks = _checks(away and _is_typed(answer))
            case.validate_response(answer, checks=checks, transport_kwargs={"base_url": url})

        try:
            ask()
        except (Exception, BaseExceptionGroup) as error:
            findings.faults.append(f"{operation.label}: {error}")


def _checks(out_of_reach: bool) -> list[Any]:
    from schemathesis.checks import CHECKS as KNOWN
    from schemathesis.checks import load_all_checks

    load_all_checks()
    return [KNOWN.get_one(name) for name in CHECKS if not (out_of_reach and name == "not_a_server_error")]


def _is_typed(answer: Any) -> bool:
    """Whether a 5xx says in the dialect of its path that a model is out of reach, busy or away: the router's own code
    for that status, or for Ollama's clients, who are told no code, its words."""
    if answer.status_code not in (502, 503, 504, 529):
        return False
    told = answer.json()["error"]
    if isinstance(told, str):
        return bool(told)
    code = told.get("code") or told["details"]["error_code"]
    return code in STATUS and code != "internal_error"


class Background:
    """Runs coroutines on a loop of its own, so that whoever asks may block."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._loop = make()
        self._thread = threading.Thread(target=self._loop.run_forever, name="served", daemon=True)
        self._thread.start()

    def run(self, work: Any) -> Any:
        import asyncio

        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()
