"""Whatever is asked of the router, in its description or against it: no failure of its own, and every answer is as
described, comes and ends. Few examples here; ``LLMROUTER_FUZZ=100`` asks more, and ``tests/e2e/test_fuzz.py`` a whole
router."""

import os
from collections.abc import Iterator

import pytest

from tests.proxy.conftest import Routers, pytest_asyncio_loop_factories
from tests.proxy.fuzzing import Background, fuzz

EXAMPLES = int(os.environ.get("LLMROUTER_FUZZ", "2"))
PARTS = ("/v1/chat", "/v1/c", "/v1/responses", "/v1/messages", "/v1/", "/api/", "/admin/models", "/admin/", "/")
"""By the longest that fits: the description in pieces that a test can do."""


def part_of(label: str) -> str:
    return max((part for part in PARTS if label.partition(" ")[2].startswith(part)), key=len)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A router in front of a scripted engine, on a thread of its own."""
    (make,) = pytest_asyncio_loop_factories().values()
    served = Background(make)
    started = Routers()
    router = served.run(started.start())
    yield router.url
    served.run(started.stop())
    served.end()


@pytest.mark.thorough
@pytest.mark.xdist_group("fuzz")
@pytest.mark.parametrize("part", PARTS)
def test_whatever_is_asked_is_answered_as_described(url: str, part: str) -> None:
    found = fuzz(url, examples=EXAMPLES, wanted=lambda label: part_of(label) == part)
    assert found.faults == []
    assert found.asked, "something was asked"
    assert set(found.statuses()) & {200, 201, 202}, "something was understood"
