"""The chat connections: what is kept, what is dropped, and how every way of failing is told, over real sockets."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from llmrouter_tui.backends import wire
from llmrouter_tui.backends.wire import HIGH_WATER, BrokenOffError, HungUpError, NotHttpError, Wire

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\n"
HELLO = OK + b"Content-Length: 5\r\n\r\nhello"


async def request_of(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """The head and the body of one request."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    return head, await reader.readexactly(length)


class Peer:
    """A server that does with each connection what it is told to."""

    def __init__(self, talk: Talk) -> None:
        self.connections = 0
        self.ended = 0
        self._talk = talk

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await self._talk(reader, writer)
        writer.close()
        self.ended += 1


@contextlib.asynccontextmanager
async def talking(talk: Talk, fields: dict[str, str] | None = None) -> AsyncIterator[tuple[Wire, Peer]]:
    peer = Peer(talk)
    server = await asyncio.start_server(peer, "127.0.0.1", 0)
    to = Wire(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", fields or {})
    try:
        yield to, peer
    finally:
        to.close()
        server.close()


def saying(*answers: bytes) -> Talk:
    """Answer one request after the other on a connection, then close it."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            await request_of(reader)
            writer.write(answer)
            await writer.drain()

    return talk


async def forever(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        await request_of(reader)
        writer.write(HELLO)


async def told(to: Wire, body: bytes = b"{}", *, parting: bool = False) -> bytes:
    return await (await to.post("/x", body, read_timeout=2, parting=parting)).read()


class TestAnswers:
    @pytest.mark.parametrize(
        "answer",
        [
            HELLO,
            OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
            OK + b"Connection: close\r\n\r\nhello",
            b"HTTP/1.1 100 Continue\r\n\r\n" + HELLO,
            b"HTTP/1.0 200 OK\r\n\r\nhello",
        ],
    )
    async def test_however_it_is_framed_it_is_read_whole(self, answer: bytes) -> None:
        async with talking(saying(answer)) as (to, _):
            assert await told(to) == b"hello"

    @pytest.mark.parametrize("status", [204, 304])
    async def test_without_a_body_it_is_complete_at_once(self, status: int) -> None:
        async with talking(saying(b"HTTP/1.1 %d X\r\n\r\n" % status)) as (to, _):
            answer = await to.post("/x", b"", read_timeout=2)
            assert (answer.status, await answer.read(), answer.complete) == (status, b"", True)

    async def test_pieces_come_as_they_are_sent(self) -> None:
        go = asyncio.Event()

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await request_of(reader)
            writer.write(OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
            await go.wait()
            writer.write(b"3\r\ntwo\r\n0\r\n\r\n")

        async with talking(talk) as (to, _):
            answer = await to.post("/x", b"", read_timeout=2)
            assert await answer.readany() == b"one"
            assert not answer.complete
            go.set()
            assert [await answer.readany(), await answer.readany()] == [b"two", b""]

    async def test_names_of_fields_are_lower_case(self) -> None:
        async with talking(saying(OK + b"X-Thing: A\r\nCONTENT-LENGTH: 0\r\n\r\n")) as (to, _):
            answer = await to.post("/x", b"", read_timeout=2)
            assert answer.fields == {"x-thing": "A", "content-length": "0"}

    @pytest.mark.parametrize("size", [0, 10, 200_000])
    async def test_the_request_is_sent_whole_with_its_fields(self, size: int) -> None:
        seen: list[tuple[bytes, bytes]] = []

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            seen.append(await request_of(reader))
            writer.write(HELLO)

        async with talking(talk, {"Authorization": "Bearer k"}) as (to, _):
            await told(to, b"x" * size)
        head, body = seen[0]
        assert head.startswith(b"POST /x HTTP/1.1\r\nHost: 127.0.0.1:")
        assert b"\r\nAuthorization: Bearer k\r\n" in head
        assert body == b"x" * size


class TestConnections:
    async def test_a_complete_answer_leaves_its_connection_for_the_next(self) -> None:
        async with talking(forever) as (to, peer):
            for _ in range(3):
                await told(to)
            assert peer.connections == 1

    async def test_answers_side_by_side_have_one_each(self) -> None:
        async with talking(forever) as (to, peer):
            await asyncio.gather(*(told(to) for _ in range(5)))
            assert peer.connections == 5

    async def test_parting_asks_for_the_end_of_it(self) -> None:
        heads: list[bytes] = []

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            heads.append((await request_of(reader))[0])
            writer.write(HELLO)

        async with talking(talk) as (to, peer):
            await told(to, parting=True)
            await told(to)
            assert peer.connections == 2
        assert [b"Connection: close" in head for head in heads] == [True, False]

    async def test_one_that_the_server_wants_to_close_is_not_used_again(self) -> None:
        async with talking(saying(OK + b"Connection: close\r\nContent-Length: 5\r\n\r\nhello")) as (to, peer):
            await told(to)
            await told(to)
            assert peer.connections == 2

    async def test_one_that_was_idle_for_long_is_not_used_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(wire, "KEEP_IDLE", 0.02)
        async with talking(forever) as (to, peer):
            await told(to)
            await asyncio.sleep(0.1)
            assert peer.ended == 1  # closed when its time was up, not at the next request
            await told(to)
            assert peer.connections == 2

    async def test_one_that_speaks_unasked_is_not_used_again(self) -> None:
        async with talking(saying(HELLO + HELLO, HELLO)) as (to, peer):
            assert await told(to) == b"hello"
            await asyncio.sleep(0.05)
            assert await told(to) == b"hello"
            assert peer.connections == 2

    async def test_letting_go_of_an_answer_ends_its_connection(self) -> None:
        left = asyncio.Event()

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await request_of(reader)
            writer.write(OK + b"Content-Length: 9\r\n\r\nhe")
            with contextlib.suppress(ConnectionError):
                await reader.read()
            left.set()

        async with talking(talk) as (to, _):
            answer = await to.post("/x", b"", read_timeout=2)
            await answer.readany()
            answer.close()
            await asyncio.wait_for(left.wait(), 2)

    async def test_who_stops_waiting_ends_the_connection(self) -> None:
        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await request_of(reader)
            await reader.read()

        async with talking(silent) as (to, peer):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await to.post("/x", b"", read_timeout=5)
            async with asyncio.timeout(2):
                while not peer.ended:
                    await asyncio.sleep(0.01)

    async def test_a_slow_reader_slows_the_server(self) -> None:
        """What waits here is bounded, and all of it arrives."""
        total, sent = 40 * HIGH_WATER, 0

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal sent
            await request_of(reader)
            writer.write(OK + b"Content-Length: %d\r\n\r\n" % total)
            while sent < total:
                writer.write(b"x" * 65536)
                sent += 65536
                await writer.drain()

        async with talking(talk) as (to, _):
            answer = await to.post("/x", b"", read_timeout=0.1)
            await asyncio.sleep(0.4)  # longer than the server may be silent: it is us who do not listen
            assert sent < total
            assert len(await answer.read()) == total


class TestFailures:
    async def test_silence_ends_after_the_time_given(self) -> None:
        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await request_of(reader)
            writer.write(OK + b"Content-Length: 5\r\n\r\nhe")
            await reader.read()

        async with talking(silent) as (to, _):
            answer = await to.post("/x", b"", read_timeout=0.1)
            assert await answer.readany() == b"he"
            with pytest.raises(TimeoutError):
                await answer.readany()

    @pytest.mark.parametrize(
        ("answer", "error"),
        [
            (b"", HungUpError),
            (b"SSH-2.0-OpenSSH_9.6\r\n", NotHttpError),
            (OK + b"Content-Length: 9\r\n\r\nhell", BrokenOffError),
            (OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhell", BrokenOffError),
            (OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", NotHttpError),
        ],
    )
    async def test_each_is_told_apart(self, answer: bytes, error: type[Exception]) -> None:
        async with talking(saying(answer)) as (to, _):
            with pytest.raises(error):
                await told(to)

    async def test_a_hang_up_on_a_kept_connection_is_one_before_any_answer(self) -> None:
        async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await request_of(reader)
            writer.write(HELLO)
            await request_of(reader)

        async with talking(once) as (to, _):
            await told(to)
            with pytest.raises(HungUpError):
                await told(to)

    async def test_what_came_before_the_break_is_delivered_first(self) -> None:
        async with talking(saying(OK + b"Content-Length: 9\r\n\r\nhell")) as (to, _):
            answer = await to.post("/x", b"", read_timeout=2)
            await asyncio.sleep(0.05)
            assert await answer.readany() == b"hell"
            with pytest.raises(BrokenOffError):
                await answer.readany()

    async def test_nobody_there(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with pytest.raises(ConnectionRefusedError):
            await told(Wire(f"http://127.0.0.1:{port}", {}))

    async def test_no_such_name(self) -> None:
        with pytest.raises(socket.gaierror):
            await told(Wire("http://no-such-host.invalid:1", {}))

    @pytest.mark.parametrize("url", ["ftp://127.0.0.1", "http://", "http://127.0.0.1:99999", "nonsense"])
    def test_an_address_that_is_none(self, url: str) -> None:
        with pytest.raises(ValueError, match=r"address|[Pp]ort|[Hh]ost"):
            Wire(url, {})

    @pytest.mark.parametrize("value", ["a\r\nX: b", "käse", "\0"])
    def test_fields_that_would_break_the_request(self, value: str) -> None:
        with pytest.raises(ValueError, match="cannot be sent"):
            Wire("http://127.0.0.1:1", {"Authorization": value})
