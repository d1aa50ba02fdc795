"""The judge of a router that runs elsewhere: every question and command goes through HTTP and means the same there."""

import pytest

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.grades import GradeFilter
from llmrouter_tui.core.ports.control import Control
from llmrouter_tui.remote.control import RemoteControl
from tests.proxy.conftest import Router
from tests.proxy.scripted import BIG, SMALL
from tests.remote.test_control import remote

__all__ = ["remote"]


async def test_what_the_judge_said_and_how_it_is_arrive_whole(router: Router, remote: RemoteControl) -> None:
    control: Control = router.control
    every = GradeFilter(SMALL, "creative", BIG, "prompt", "é&=", disagree=True, failed=False)
    assert await remote.grades(GradeFilter()) == await control.grades(GradeFilter())
    assert await remote.grades(every, before="12.0:g1") == await control.grades(every, before="12.0:g1")
    assert router.control.calls[2] == ("grades", every, "12.0:g1", 100)
    assert await remote.judge_view() == await control.judge_view()


async def test_what_the_user_wants_of_it_reaches_it(router: Router, remote: RemoteControl) -> None:
    await remote.grade("exchange", "x1", judge=BIG)
    assert await remote.overrule("g1", 3.0) == await router.control.overrule("g1", 3.0)
    await remote.pause_judge(True)
    assert await remote.compare(SMALL, BIG, "creative") == await router.control.compare(SMALL, BIG, "creative")
    assert await remote.comparisons(limit=9) == await router.control.comparisons(limit=9)
    assert router.control.calls == [
        ("grade", "exchange", "x1", "", BIG),
        ("overrule", "g1", 3.0),
        ("overrule", "g1", 3.0),
        ("pause_judge", True),
        ("compare", SMALL, BIG, "creative"),
        ("compare", SMALL, BIG, "creative"),
        ("comparisons", 9),
        ("comparisons", 9),
    ]
    with pytest.raises(RouterError, match="no grade 'g/9'"):
        await remote.overrule("g/9", None)


async def test_a_readonly_control_reads_grades_and_commands_nothing(router: Router) -> None:
    watching = RemoteControl(router.url, readonly=True)
    assert (await watching.grades(GradeFilter())).total == 5
    for command in (watching.grade("prompt", "x"), watching.overrule("g1", 2.0), watching.pause_judge(True)):
        with pytest.raises(RouterError, match="read-only"):
            await command
    with pytest.raises(RouterError, match="read-only"):
        await watching.compare(SMALL, BIG)
    await watching.aclose()
