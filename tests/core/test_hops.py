"""Which routers a request came through, and when that is once too often."""

import pytest

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.hops import MOST, arrived


def test_every_router_is_told_once_and_what_is_no_id_is_passed_over() -> None:
    assert arrived("a1, b2,a1,, x y, <c>, d-4", "me") == ("a1", "b2", "d-4")
    assert arrived("", "me") == ()
    assert arrived("a1", "") == ("a1",)


def test_who_finds_itself_refuses() -> None:
    with pytest.raises(RouterError, match="came through this router before") as refused:
        arrived("a1, me", "me")
    assert (refused.value.code, refused.value.status, refused.value.retryable) == ("routing_loop", 508, False)


def test_so_many_are_a_mistake() -> None:
    arrived(",".join(f"r{n}" for n in range(MOST)), "me")
    with pytest.raises(RouterError, match="came through 9 routers, and 8 is the most"):
        arrived(",".join(f"r{n}" for n in range(MOST + 1)), "me")
