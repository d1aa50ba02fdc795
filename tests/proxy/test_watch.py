"""The event stream: every fact in order, a heartbeat, and a word when some were lost."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from llmrouter_tui.core.decision import Setting
from llmrouter_tui.core.events import LogLine, Progress, SettingChanged
from llmrouter_tui.proxy.admin.watch import RING
from tests.proxy.conftest import Router


class Reader:
    """Blocks of an event stream, one at a time."""

    def __init__(self, parts: AsyncIterator[bytes]) -> None:
        self._parts = parts
        self._rest = b""

    async def block(self) -> str:
        while b"\n\n" not in self._rest:
            self._rest += await anext(self._parts)
        block, _, self._rest = self._rest.partition(b"\n\n")
        return block.decode()

    async def event(self) -> str:
        while (block := await self.block()).startswith(":"):
            pass
        return block


@asynccontextmanager
async def watching(router: Router) -> AsyncIterator[Reader]:
    async with router.http.stream("GET", "/admin/events") as response:
        assert response.headers["content-type"] == "text/event-stream"
        yield Reader(response.aiter_raw())


async def test_facts_come_with_number_name_and_data(router: Router) -> None:
    async with watching(router) as reader:
        assert await reader.block() == ": watching"
        sent = router.bus.publish(LogLine(1.5, "info", "engine", "line\nbreak é"))
        number, name, data = (await reader.event()).split("\n")
        assert (number, name) == ("id: 1", "event: LogLine")
        assert json.loads(data.removeprefix("data: ")) == {
            "seq": 1,
            "at": sent.at,
            "mono": sent.mono,
            "fact": {"at": 1.5, "level": "info", "source": "engine", "text": "line\nbreak é"},
        }
        for tokens in range(50):
            router.bus.publish(Progress("x1", tokens))
        numbers = [(await reader.event()).split("\n")[0] for _ in range(50)]
        assert numbers == [f"id: {n}" for n in range(2, 52)]


async def test_an_idle_stream_says_that_it_lives(router: Router) -> None:
    async with watching(router) as reader:
        assert [await reader.block() for _ in range(3)] == [": watching", ": idle", ": idle"]


async def test_lost_events_are_announced_before_what_is_left(router: Router) -> None:
    async with watching(router) as reader:
        await reader.block()
        for tokens in range(RING + 5):
            router.bus.publish(Progress("x1", tokens))
        assert await reader.event() == "event: reset\ndata: {}"
        assert (await reader.event()).startswith("id: 6\n")


async def test_several_watchers_see_the_same(router: Router) -> None:
    async with watching(router) as one, watching(router) as two:
        await one.block()
        await two.block()
        router.bus.publish(Progress("x1", 1))
        assert await one.event() == await two.event()
    async with asyncio.timeout(5):
        while router.bus.subscriptions:
            await asyncio.sleep(0.01)


async def test_a_secret_setting_is_veiled_in_its_event(router: Router) -> None:
    async with watching(router) as reader:
        await reader.block()
        router.bus.publish(SettingChanged(Setting("openai_api_key", "sk-very-secret", "set", secret=True)))
        event = await reader.event()
    assert "sk-very-secret" not in event
    assert '"value":"(set)"' in event
