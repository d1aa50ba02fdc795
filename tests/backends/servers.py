"""Small model servers for tests: each speaks the wire of the real one, over a real socket, and can be told to fail.

Modes of failure, set on ``mode``: ``unauthorized missing busy broken loading overflow oom bad blind`` answer with the
server's own error body before anything else; ``hang`` never answers; ``die eof error raw garbage deep stall`` go wrong
after two tokens of a stream; ``empty`` is a 200 answer with nothing in it.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

TOKENS = ("Hello", ", ", "wor", "ld")
ANSWER = "".join(TOKENS)
PROMPT_TOKENS = 11
DEEP = b'{"choices":' + b"[" * 100_000
"""More lists inside each other than anybody reads."""
PNG = "iVBORw0KGgoAAAANSUhEUg=="

Json = dict[str, Any]


def vector(text: str) -> list[float]:
    """What the servers make of a text."""
    return [float(len(text)), 1, -0.5]


@dataclass
class Seen:
    """A request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    raw: bytes
    pairs: tuple[tuple[str, str], ...] = ()
    """The headers, those that are repeated too."""

    @property
    def body(self) -> Json:
        return json.loads(self.raw)


@dataclass
class Server:
    """What all have in common: start, stop, a record of requests, and the ways to fail."""

    mode: str = ""
    pace: float = 0.0
    """Seconds between tokens."""
    seen: list[Seen] = field(default_factory=list)
    sent: bytes = b""
    """What the last stream sent."""
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a client left in the middle of an answer."""
    url: str = ""
    errors: dict[str, tuple[int, Any]] = field(default_factory=dict)
    drops_streams: bool = False
    """Close a connection after a stream that promised to keep it, as late as can be: when it is used again."""
    dropped: int = 0
    """Requests that came over a connection that was being closed."""
    _runner: web.AppRunner | None = None
    _closing: set[Any] = field(default_factory=set)

    def routes(self) -> list[web.RouteDef]:
        raise NotImplementedError

    async def start(self) -> None:
        app = web.Application(middlewares=[self._record])
        app.add_routes(self.routes())
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    @web.middleware
    async def _record(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if request.transport in self._closing:
            self.dropped += 1
            request.transport.abort()
        raw = await request.read()
        if self.drops_streams and b'"stream": true' in raw and request.headers.get("Connection") != "close":
            self._closing.add(request.transport)
        self.seen.append(
            Seen(request.method, request.path_qs, dict(request.headers), raw, tuple(request.headers.items()))
        )
        return await handler(request)

    def asked(self, path: str) -> list[Seen]:
        return [seen for seen in self.seen if seen.path.split("?")[0] == path]

    def refusal(self) -> web.Response | None:
        """The error answer of the current mode, in this server's own words."""
        if self.mode not in self.errors:
            return None
        status, body = self.errors[self.mode]
        headers = {"Retry-After": "7"} if self.mode == "busy" and status == 429 else None
        if isinstance(body, str):
            return web.Response(status=status, text=body, headers=headers)
        return web.json_response(body, status=status, headers=headers)

    @contextlib.asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        try:
            yield
        except (asyncio.CancelledError, ConnectionError):
            self.gone.set()
            raise

    async def hang(self) -> None:
        async with self.watching():
            await asyncio.sleep(30)


def wrapped(status: int, message: str, kind: str, **more: Any) -> tuple[int, Json]:
    """An error as OpenAI shapes it."""
    return status, {"error": {"message": message, "type": kind, "code": status, **more}}


class OpenAIServer(Server):
    """A hosted-like server with the plain dialect; the parent of the others."""

    owner = "openai"
    names = ("gpt-test", "text-embed")
    compact = False
    """JSON without blanks, as llama.cpp and OpenAI write it."""

    def __init__(self, *, drops_streams: bool = False) -> None:
        super().__init__(drops_streams=drops_streams)
        self.errors = {
            "unauthorized": wrapped(401, "Incorrect API key provided: sk-secret", "invalid_request_error"),
            "missing": wrapped(404, "The model 'gpt-test' does not exist", "invalid_request_error"),
            "busy": wrapped(429, "Rate limit reached", "requests"),
            "broken": wrapped(500, "The server had an error", "server_error"),
            "loading": wrapped(503, "The model is still loading", "server_error"),
            "overflow": wrapped(400, "This model's maximum context length is 8 tokens", "invalid_request_error"),
            "oom": wrapped(500, "CUDA out of memory", "server_error"),
            "bad": wrapped(400, "Expected 'messages' to be an array", "invalid_request_error", param="messages"),
            "blind": wrapped(400, "gpt-test is not a multimodal model", "invalid_request_error"),
        }

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/v1/models", self.models),
            web.post("/v1/chat/completions", self.chat),
            web.post("/v1/embeddings", self.embeddings),
        ]

    async def models(self, request: web.Request) -> web.Response:
        if self.mode == "unauthorized":
            return self.refusal() or web.Response()
        return web.json_response({"object": "list", "data": [self.entry(name) for name in self.names]})

    def entry(self, name: str) -> Json:
        return {"id": name, "object": "model", "created": 1, "owned_by": self.owner}

    def dump(self, value: Json) -> str:
        return json.dumps(value, separators=(",", ":")) if self.compact else json.dumps(value)

    def event(self, choices: list[Json] | None, **more: Any) -> bytes:
        body = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 5, "model": "m", "choices": choices}
        return f"data: {self.dump(body | more)}\n\n".encode()

    def usage(self) -> Json:
        return {
            "prompt_tokens": PROMPT_TOKENS,
            "completion_tokens": len(TOKENS),
            "total_tokens": PROMPT_TOKENS + len(TOKENS),
            "prompt_tokens_details": {"cached_tokens": 3},
        }

    def extras(self) -> Json:
        """What the last chunk and a whole answer say besides usage."""
        return {}

    def null_usage(self, asked: Json) -> Json:
        """OpenAI and vLLM write ``usage: null`` into every chunk when usage was asked for."""
        return {"usage": None} if asked.get("stream_options", {}).get("include_usage") else {}

    async def chat(self, request: web.Request) -> web.StreamResponse:
        if refused := self.refusal():
            return refused
        if self.mode == "hang":
            await self.hang()
        asked = self.seen[-1].body
        if not asked.get("stream"):
            return await self.whole(request, asked)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        self.sent = b""
        if self.mode == "empty":
            return response
        async with self.watching():
            await self.tokens(request, response, asked)
        return response

    async def send(self, response: web.StreamResponse, data: bytes) -> None:
        self.sent += data
        await response.write(data)

    async def tokens(self, request: web.Request, response: web.StreamResponse, asked: Json) -> None:
        null = self.null_usage(asked)
        await self.send(response, self.event([self.choice({"role": "assistant", "content": ""})], **null))
        for number, delta in enumerate(self.deltas(asked)):
            if number == 2 and await self.trouble(request, response):
                return
            await self.send(response, self.event([self.choice(delta)], **null))
            await asyncio.sleep(self.pace)
        finish = "tool_calls" if asked.get("tools") else "stop"
        with_usage = asked.get("stream_options", {}).get("include_usage")
        await self.send(
            response, self.event([self.choice({}, finish)], **null, **({} if with_usage else self.extras()))
        )
        if with_usage:
            await self.send(response, self.event([], usage=self.usage(), **self.extras()))
        await self.send(response, b"data: [DONE]\n\n")

    def choice(self, delta: Json, finish: str | None = None) -> Json:
        return {"index": 0, "delta": delta, "finish_reason": finish}

    def deltas(self, asked: Json) -> list[Json]:
        if not asked.get("tools"):
            return [{"content": token} for token in TOKENS]
        name = asked["tools"][0]["function"]["name"]
        first = {"index": 0, "id": "call_1", "type": "function", "function": {"name": name, "arguments": ""}}
        parts = [{"index": 0, "function": {"arguments": part}} for part in ('{"city"', ':"Oslo"}')]
        return [{"tool_calls": [call]} for call in (first, *parts)]

    async def trouble(self, request: web.Request, response: web.StreamResponse) -> bool:
        """Go wrong if the mode says so; whether the stream is over."""
        if self.mode == "die":
            assert request.transport is not None
            request.transport.abort()
        elif self.mode == "error":
            await self.send(response, b'data: {"error":{"message":"engine died","type":"server_error"}}\n\n')
        elif self.mode == "raw":
            await self.send(response, b"proxy error: Failed to read connection")
        elif self.mode == "garbage":
            await self.send(response, b'data: {"choices":[{"delta":{"content":"\xff\n\n')
        elif self.mode == "deep":
            await self.send(response, b"data: %b\n\n" % DEEP)
        elif self.mode == "stall":
            await asyncio.sleep(30)
        return self.mode in ("die", "error", "raw", "garbage", "deep", "stall", "eof")

    async def embeddings(self, request: web.Request) -> web.Response:
        """In the wrong order, which the dialect allows."""
        if self.mode == "no embeddings":
            words = "This server does not support embeddings. Start it with `--embeddings`"
            return web.json_response(
                {"error": {"code": 501, "message": words, "type": "not_supported_error"}}, status=501
            )
        if refused := self.refusal():
            return refused
        texts = self.seen[-1].body["input"] if self.mode != "empty" else ()
        async with self.watching():
            await asyncio.sleep(self.pace)
        data = [{"object": "embedding", "index": at, "embedding": vector(text)} for at, text in enumerate(texts)]
        usage = {"prompt_tokens": PROMPT_TOKENS, "total_tokens": PROMPT_TOKENS}
        return web.json_response({"object": "list", "data": data[::-1], "usage": usage})

    async def whole(self, request: web.Request, asked: Json) -> web.Response:
        if self.mode == "empty":
            return web.Response(content_type="application/json")
        if self.mode == "garbage":
            return web.Response(text="{not json", content_type="application/json")
        if self.mode == "deep":
            return web.Response(body=DEEP, content_type="application/json")
        if self.mode == "die":
            assert request.transport is not None
            request.transport.abort()
        async with self.watching():
            await asyncio.sleep(self.pace)
        message: Json = {"role": "assistant", "content": ANSWER}
        finish = "stop"
        if asked.get("tools"):
            finish = "tool_calls"
            function = {"name": asked["tools"][0]["function"]["name"], "arguments": '{"city":"Oslo"}'}
            call = {"id": "call_1", "type": "function", "function": function}
            message = {"role": "assistant", "content": None, "tool_calls": [call]}
        body = {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 5,
            "model": asked["model"],
            "choices": [{"index": 0, "message": message, "finish_reason": finish}],
            "usage": self.usage(),
            **self.extras(),
        }
        self.sent = self.dump(body).encode()
        return web.Response(body=self.sent, content_type="application/json")


class VllmServer(OpenAIServer):
    owner = "vllm"
    names = ("Qwen/Qwen3-8B",)
    compact = True

    def __init__(self) -> None:
        super().__init__()
        self.errors |= {
            "unauthorized": (401, {"error": "Unauthorized"}),
            "missing": wrapped(404, "The model `Qwen/Qwen3-8B` does not exist.", "NotFoundError"),
            "busy": wrapped(503, "Server overloaded, please retry", "ServiceUnavailableError"),
        }
        self.crowd: tuple[int, int] | None = None
        """Requests that it works on and that wait, by its metrics; None: it was started without them."""

    def routes(self) -> list[web.RouteDef]:
        return [
            *super().routes(),
            web.get("/health", self.health),
            web.get("/version", self.version),
            web.get("/metrics", self.metrics),
        ]

    async def metrics(self, request: web.Request) -> web.Response:
        if self.crowd is None:
            raise web.HTTPNotFound
        lines = ["# HELP vllm:num_requests_running Number of requests in model execution batches."]
        for name, count in zip(("running", "waiting"), self.crowd, strict=True):
            lines += [f"# TYPE vllm:num_requests_{name} gauge"]
            lines += [
                f'vllm:num_requests_{name}{{engine="{rank}",model_name="{self.names[0]}"}} {part:.1f}'
                for rank, part in enumerate((count // 2, count - count // 2))
            ]
        lines += [f'vllm:num_requests_waiting_by_reason{{engine="0",reason="capacity"}} {self.crowd[1]}.0']
        return web.Response(text="\n".join(lines) + "\n")

    async def health(self, request: web.Request) -> web.Response:
        return web.Response()

    async def version(self, request: web.Request) -> web.Response:
        return web.json_response({"version": "0.33.0"})

    def entry(self, name: str) -> Json:
        return super().entry(name) | {"root": name, "parent": None, "max_model_len": 32768, "permission": []}
