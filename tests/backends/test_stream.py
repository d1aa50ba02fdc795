"""Pass-through of canonical streams: whatever the reads look like, the client gets whole events, unchanged."""

import json
from collections.abc import AsyncIterator, Sequence
from itertools import pairwise

import aiohttp
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from llmrouter_tui.backends.http import Link
from llmrouter_tui.backends.stream import StreamReply, open_chat, plain
from llmrouter_tui.core.decision import Usage
from llmrouter_tui.core.domain import ModelInfo
from llmrouter_tui.core.errors import BackendError
from tests.backends.conftest import call_for, read

ROLE = b'data: {"choices":[{"index":0,"delta":{"role":"assistant","content":null},"finish_reason":null}]}\n\n'
TEXT = b'data: {"choices":[{"index":0,"delta":{"content":"Hi \\"usage\\":{ \\"error\\""},"finish_reason":null}]}\n\n'
FINISH = b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}\n\n'
USAGE = b'data: {"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2}}\n\n'
DONE = b"data: [DONE]\n\n"
PING = b": ping\n\n"
WHOLE = ROLE + TEXT + TEXT + FINISH + USAGE + DONE
SHOWN = ROLE + TEXT + TEXT + FINISH + DONE


class Canned:
    """An answer that comes in the given reads."""

    complete = False

    def __init__(self, reads: Sequence[bytes]) -> None:
        self._reads = list(reads)

    async def readany(self) -> bytes:
        return self._reads.pop(0) if self._reads else b""

    def close(self) -> None: ...


def reply_of(reads: Sequence[bytes], *, hide_usage: bool = True) -> StreamReply:
    link = Link(None, "b", "http://127.0.0.1:1")  # type: ignore[arg-type]
    return StreamReply(Canned(reads), link, "m", hide_usage=hide_usage)  # type: ignore[arg-type]


async def failure(reads: Sequence[bytes]) -> tuple[bytes, BackendError]:
    got: list[bytes] = []
    with pytest.raises(BackendError) as caught:
        async for chunk in reply_of(reads).chunks():
            got.append(chunk)  # noqa: PERF401 - what came before the failure is looked at
    return b"".join(got), caught.value


def cut(raw: bytes, at: Sequence[int]) -> list[bytes]:
    return [raw[a:b] for a, b in pairwise([0, *sorted(at), len(raw)]) if a < b]


class TestReads:
    async def test_ordinary_chunks_are_handed_on_as_they_came(self) -> None:
        reads = [ROLE, TEXT + TEXT, TEXT]
        got = [chunk async for chunk in reply_of([*reads, FINISH, DONE]).chunks()]
        assert got[:3] == reads

    @given(st.lists(st.integers(0, len(WHOLE)), max_size=12))
    async def test_cut_anywhere_the_bytes_are_the_same(self, at: list[int]) -> None:
        reply = reply_of(cut(WHOLE, at))
        got = [chunk async for chunk in reply.chunks()]
        assert b"".join(got) == SHOWN
        assert all(chunk.endswith(b"\n\n") for chunk in got)
        assert (reply.usage, reply.finish_reason) == (Usage(5, 2), "stop")

    @given(st.lists(st.integers(0, len(WHOLE)), max_size=12))
    async def test_a_client_that_asked_gets_every_byte(self, at: list[int]) -> None:
        assert await read(reply_of(cut(WHOLE, at), hide_usage=False)) == WHOLE

    async def test_comments_are_for_the_connection_not_for_the_client(self) -> None:
        assert await read(reply_of([PING, ROLE, TEXT + PING + TEXT, PING, FINISH, DONE])) == SHOWN

    async def test_line_ends_become_canonical(self) -> None:
        crlf = WHOLE.replace(b"\n", b"\r\n")
        assert await read(reply_of([crlf])) == SHOWN

    @pytest.mark.parametrize("told", [b"data:", b"id:7\nevent: message\ndata:", b"retry: 5\ndata: ", b": hm\ndata: "])
    async def test_so_does_how_data_is_told(self, told: bytes) -> None:
        """What looks for the first word of an answer reads lines of one kind only."""
        raw = WHOLE.replace(b"data: ", told)
        assert await read(reply_of([raw])) == SHOWN
        assert await read(reply_of(cut(raw, [9, 80, 200]))) == SHOWN

    async def test_usage_inside_the_finish_chunk_stays(self) -> None:
        last = b'data: {"choices":[{"delta":{},"finish_reason":"length"}],"usage":{"prompt_tokens":1}}\n\n'
        reply = reply_of([ROLE, last, DONE])
        assert await read(reply) == ROLE + last + DONE
        assert (reply.usage.prompt_tokens, reply.finish_reason) == (1, "length")

    def test_text_that_speaks_of_errors_is_plain(self) -> None:
        assert plain(TEXT)
        assert not any(plain(event) for event in (FINISH, USAGE, DONE, PING, TEXT[:-1], TEXT[1:]))


class TestEnds:
    async def test_done_is_added_after_a_finish(self) -> None:
        assert await read(reply_of([ROLE, TEXT, TEXT, FINISH])) == SHOWN

    async def test_a_last_event_without_its_blank_line_counts(self) -> None:
        assert await read(reply_of([ROLE, TEXT, TEXT, FINISH, b"data: [DONE]\n"])) == SHOWN
        assert await read(reply_of([ROLE, TEXT, TEXT, FINISH.strip()])) == SHOWN

    async def test_without_a_finish_it_is_an_interruption(self) -> None:
        got, error = await failure([ROLE, TEXT])
        assert got == ROLE + TEXT
        assert (error.code, error.fallback) == ("upstream_interrupted", True)

    async def test_done_without_a_finish_is_an_end(self) -> None:
        assert await read(reply_of([ROLE, TEXT, DONE])) == ROLE + TEXT + DONE

    @pytest.mark.parametrize("reads", [[], [DONE], [PING, DONE], [USAGE, DONE]])
    async def test_nothing_at_all_is_a_failure(self, reads: list[bytes]) -> None:
        got, error = await failure(reads)
        assert (got, error.code, error.fallback) == (b"", "backend_error", True)


class TestErrors:
    async def test_what_came_before_in_the_same_read_is_delivered(self) -> None:
        got, error = await failure([ROLE + TEXT + b'data: {"error":{"message":"boom"}}\n\n' + TEXT])
        assert got == ROLE + TEXT
        assert error.code == "upstream_interrupted"
        assert "boom" in error.message

    @pytest.mark.parametrize(
        ("said", "code"),
        [
            (b'data: {"error":{"message":"CUDA out of memory"}}\n\n', "out_of_memory"),
            (b'event: error\ndata: {"error":{"message":"boom","type":"server_error"}}\n\n', "backend_error"),
            (b'{"error":{"message":"maximum context length is 8 tokens"}}', "context_length_exceeded"),
            (b'{"error":"no such luck"}', "backend_error"),
            (b'{"choices":[{"message":{"content":"Hi"}}]}', "backend_error"),
            (b"proxy error: Failed to read connection", "upstream_interrupted"),
            (b"<html>502</html>", "upstream_interrupted"),
            (b'data: {"choices":\n\n', "upstream_interrupted"),
        ],
    )
    async def test_before_the_first_token_the_cause_is_told(self, said: bytes, code: str) -> None:
        got, error = await failure([said])
        assert (got, error.code, error.fallback) == (b"", code, True)

    async def test_raw_text_after_tokens_never_reaches_the_client(self) -> None:
        got, error = await failure([ROLE, TEXT, b"proxy error: Failed", b" to read connection"])
        assert got == ROLE + TEXT
        assert "proxy error: Failed to read connection" in error.message

    async def test_a_chunk_that_is_not_json_never_reaches_the_client(self) -> None:
        got, error = await failure([ROLE, TEXT, b'data: {"choices":[{"delta":\n\n', FINISH, DONE])
        assert got == ROLE + TEXT
        assert error.code == "upstream_interrupted"


class TestConnection:
    @pytest.fixture
    async def server(self) -> AsyncIterator[tuple[str, list[int]]]:
        """Answers whole streams, and counts connections."""
        ports: list[int] = []

        async def chat(request: web.Request) -> web.StreamResponse:
            assert request.transport is not None
            ports.append(request.transport.get_extra_info("peername")[1])
            body = json.loads(await request.read())
            if not body["stream"]:
                return web.json_response({"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}]})
            response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
            await response.prepare(request)
            await response.write(WHOLE)
            return response

        app = web.Application()
        app.router.add_post("/v1/chat/completions", chat)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}", ports
        await runner.cleanup()

    @pytest.mark.parametrize("stream", [True, False])
    async def test_is_used_again_after_a_whole_answer(
        self, server: tuple[str, list[int]], session: aiohttp.ClientSession, stream: bool
    ) -> None:
        url, ports = server
        link = Link(session, "b", url)
        for _ in range(3):
            await read(await open_chat(link, call_for(ModelInfo("b", "m"), stream=stream)))
        assert len(set(ports)) == 1
