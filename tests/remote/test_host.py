"""A screen's host for a router elsewhere: its own loop in its own thread, entered and ended from any other."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future

import pytest

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.events import Progress
from llmrouter_tui.core.ports.host import Host
from llmrouter_tui.remote.host import RemoteHost
from tests.proxy.conftest import Router
from tests.proxy.scripted import SMALL
from tests.remote.test_feed import until


class Running:
    """A host in its thread."""

    def __init__(self, host: RemoteHost) -> None:
        self.host: Host = host
        self.thread = threading.Thread(target=host.run, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        self.host.stop()
        self.thread.join(10)
        assert not self.thread.is_alive()


@pytest.fixture
def hosts() -> Iterator[list[Running]]:
    running: list[Running] = []
    yield running
    for each in running:
        each.stop()


async def test_a_host_brings_snapshot_events_and_commands(router: Router, hosts: list[Running]) -> None:
    hosts.append(running := Running(RemoteHost(router.url)))
    host = running.host
    snapshot = await asyncio.wrap_future(host.submit(host.control.snapshot()))
    assert snapshot.service.state == "serving"
    await asyncio.wrap_future(host.submit(host.control.load(SMALL)))
    assert router.control.calls == [("load", SMALL)]
    await until(lambda: host.feed.connected)
    router.bus.publish(Progress("x1", 3))
    found: list[object] = []

    def arrived() -> bool:
        found.extend(envelope.fact for envelope in host.feed.drain()[0])
        return bool(found)

    await until(arrived)
    assert found == [Progress("x1", 3)]


async def test_a_command_given_before_the_loop_runs_waits_for_it(router: Router, hosts: list[Running]) -> None:
    host = RemoteHost(router.url)
    early = host.submit(host.control.models())
    hosts.append(Running(host))
    models = await asyncio.wrap_future(early)
    assert len(models) == 3


async def test_a_host_stopped_before_it_ran_ends_at_once(router: Router) -> None:
    host = RemoteHost(router.url)
    host.stop()
    await asyncio.to_thread(host.run)
    assert not host.feed.connected


async def test_after_the_end_commands_fail_in_words(router: Router) -> None:
    running = Running(RemoteHost(router.url))
    await until(lambda: running.host.feed.connected)
    await asyncio.to_thread(running.stop)
    running.host.stop()
    late = running.host.submit(running.host.control.snapshot())
    error = late.exception(1)
    assert isinstance(error, RouterError)
    assert error.code == "shutting_down"


async def test_commands_under_way_end_with_the_host(router: Router) -> None:
    running = Running(RemoteHost(router.url))
    pending = running.host.submit(asyncio.sleep(3600))
    await until(lambda: running.host.feed.connected)
    await asyncio.to_thread(running.stop)
    with pytest.raises(CancelledError):
        pending.result(1)


async def test_readonly_is_known_and_kept(router: Router, hosts: list[Running]) -> None:
    hosts.append(running := Running(RemoteHost(router.url, readonly=True)))
    assert running.host.readonly
    error = await asyncio.wrap_future(_caught(running.host))
    assert error.code == "forbidden"
    assert router.control.calls == []


def _caught(host: Host) -> Future[RouterError]:
    async def attempt() -> RouterError:
        with pytest.raises(RouterError) as caught:
            await host.control.load(SMALL)
        return caught.value

    return host.submit(attempt())
