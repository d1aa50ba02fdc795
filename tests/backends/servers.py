"""Small model servers for tests: each speaks the wire of the real one, over a real socket, and can be told to fail.

Modes of failure, set on ``mode``: ``unauthorized missing busy broken loading overflow oom bad blind`` answer with the
server's own error body before anything else; ``hang`` never answers; ``die eof error raw garbage stall`` go wrong
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
PNG = "iVBORw0KGgoAAAANSUhEUg=="

Json = dict[str, Any]


@dataclass
class Seen:
    """A request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    raw: bytes

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
    _runner: web.AppRunner | None = None

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
        raw = await request.read()
        self.seen.append(Seen(request.method, request.path_qs, dict(request.headers), raw))
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

    def __init__(self) -> None:
        super().__init__()
        self.calls: Json = {}
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
        return [web.get("/v1/models", self.models), web.post("/v1/chat/completions", self.chat)]

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
        elif self.mode == "stall":
            await asyncio.sleep(30)
        return self.mode in ("die", "error", "raw", "garbage", "stall", "eof")

    async def whole(self, request: web.Request, asked: Json) -> web.Response:
        if self.mode == "empty":
            return web.Response(content_type="application/json")
        if self.mode == "garbage":
            return web.Response(text="{not json", content_type="application/json")
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

    def routes(self) -> list[web.RouteDef]:
        return [*super().routes(), web.get("/health", self.health), web.get("/version", self.version)]

    async def health(self, request: web.Request) -> web.Response:
        return web.Response()

    async def version(self, request: web.Request) -> web.Response:
        return web.json_response({"version": "0.33.0"})

    def entry(self, name: str) -> Json:
        return super().entry(name) | {"root": name, "parent": None, "max_model_len": 32768, "permission": []}


class LlamaCppServer(OpenAIServer):
    """``llama-server`` with one model: the model's name in a request is ignored."""

    owner = "llamacpp"
    names = ("/models/Qwen3-4B-Q4_K_M.gguf",)
    compact = True
    sleeping = False

    def __init__(self) -> None:
        super().__init__()
        overflow = "request (90 tokens) exceeds the available context size (8 tokens), try increasing it"
        image = "image input is not supported - hint: if this is unexpected, you may need to provide the mmproj"
        self.errors |= {
            "unauthorized": wrapped(401, "Invalid API Key", "authentication_error"),
            "busy": wrapped(429, "too many requests", "unavailable_error"),
            "loading": wrapped(503, "Loading model", "unavailable_error"),
            "overflow": wrapped(400, overflow, "exceed_context_size_error", n_prompt_tokens=90, n_ctx=8),
            "oom": wrapped(500, "failed to allocate compute buffers", "server_error"),
            "blind": wrapped(500, image, "server_error"),
        }

    def routes(self) -> list[web.RouteDef]:
        return [
            *super().routes(),
            web.get("/health", self.health),
            web.get("/props", self.props),
            web.get("/slots", self.woken),
            web.get("/metrics", self.woken),
        ]

    async def woken(self, request: web.Request) -> web.Response:
        raise AssertionError(f"{request.path} wakes a model and must not be asked")

    async def health(self, request: web.Request) -> web.Response:
        if self.mode == "loading":
            return self.refusal() or web.Response()
        return web.json_response({"status": "ok"})

    async def props(self, request: web.Request) -> web.Response:
        assert "model" not in request.query, "/props?model= loads a model and must not be asked"
        return web.json_response(
            {
                "default_generation_settings": {"params": {}, "n_ctx": 4096},
                "total_slots": 4,
                "model_alias": self.names[0],
                "model_path": self.names[0],
                "model_ftype": "Q4_K_M",
                "modalities": {"vision": True, "video": False, "audio": False},
                "chat_template": "{% if enable_thinking %}<think>{% endif %}",
                "chat_template_caps": {"supports_tools": True, "supports_tool_calls": True},
                "build_info": "b9999-abc",
                "is_sleeping": self.sleeping,
            }
        )

    async def models(self, request: web.Request) -> web.Response:
        name = self.names[0]
        meta = {"n_ctx": 16384, "n_ctx_train": 40960, "n_params": 4_022_468_096, "size": 2_491_000_000, "ftype": "Q4_K"}
        entry = {
            "id": name,
            "aliases": [name],
            "object": "model",
            "created": 1,
            "owned_by": "llamacpp",
            "architecture": {"input_modalities": ["text", "image"], "output_modalities": ["text"]},
            "meta": meta,
        }
        told = [{"name": name, "model": name, "capabilities": ["completion", "multimodal"]}]
        return web.json_response({"models": told, "object": "list", "data": [entry]})

    def null_usage(self, asked: Json) -> Json:
        return {}

    def extras(self) -> Json:
        return {"timings": {"prompt_n": 8, "prompt_per_second": 500.5, "predicted_n": 4, "predicted_per_second": 61.25}}


class LlamaRouterServer(LlamaCppServer):
    """``llama-server`` in router mode, with models that take a moment to load and to stop."""

    names = ("qwen3-4b", "gemma3-1b", "cursed")
    moment = 0.15

    def __init__(self) -> None:
        super().__init__()
        self.status: dict[str, Json] = {
            name: {"value": "unloaded", "args": ["--api-key", "s3cret"]} for name in self.names
        }
        self.errors["missing"] = wrapped(400, "model 'qwen3-4b' not found", "invalid_request_error")

    def routes(self) -> list[web.RouteDef]:
        return [
            *super().routes(),
            web.get("/models", self.listed),
            web.post("/models/load", self.load),
            web.post("/models/unload", self.unload),
            web.post("/tokenize", self.tokenize),
        ]

    async def props(self, request: web.Request) -> web.Response:
        assert "model" not in request.query, "/props?model= loads a model and must not be asked"
        return web.json_response({"role": "router", "max_instances": 4, "models_autoload": True, "build_info": "b9999"})

    async def listed(self, request: web.Request) -> web.Response:
        data = []
        for name, status in self.status.items():
            entry = {
                "id": name,
                "aliases": [],
                "tags": [],
                "status": status,
                "source": "models_dir",
                "can_remove": False,
            }
            entry["architecture"] = {"input_modalities": ["text"], "output_modalities": ["text"]}
            if status["value"] == "loaded":
                entry["meta"] = {"n_ctx": 8192, "n_params": 4_000_000_000, "size": 2_000_000_000, "ftype": "Q4_K"}
            data.append(entry)
        return web.json_response({"object": "list", "data": data})

    models = listed

    async def load(self, request: web.Request) -> web.Response:
        status = self.status.get(self.seen[-1].body["model"])
        if status is None:
            return web.json_response(wrapped(404, "File Not Found", "not_found_error")[1], status=404)
        if status["value"] != "unloaded":
            return web.json_response(wrapped(400, "model is already running", "invalid_request_error")[1], status=400)
        status["value"] = "loading"
        asyncio.get_running_loop().call_later(self.moment, self.loaded, self.seen[-1].body["model"])
        return web.json_response({"success": True})

    def loaded(self, name: str) -> None:
        status = self.status[name]
        if name == "cursed":
            status |= {"value": "unloaded", "failed": True, "exit_code": 1}
        else:
            status["value"] = "loaded"

    async def unload(self, request: web.Request) -> web.Response:
        status = self.status.get(self.seen[-1].body["model"])
        if status is None:
            return web.json_response(wrapped(404, "File Not Found", "not_found_error")[1], status=404)
        if status["value"] == "unloaded":
            return web.json_response(wrapped(400, "model is not running", "invalid_request_error")[1], status=400)
        stopped = {"value": "unloaded", "exit_code": 0}
        asyncio.get_running_loop().call_later(self.moment, status.update, stopped)
        return web.json_response({"success": True})

    async def tokenize(self, request: web.Request) -> web.Response:
        self.status[self.seen[-1].body["model"]]["value"] = "loaded"
        return web.json_response({"tokens": [1]})


class LmStudioServer(OpenAIServer):
    owner = "organization_owner"
    names = ("qwen/qwen3-4b", "nomic-embed")

    def __init__(self) -> None:
        super().__init__()
        self.instances: dict[str, list[Json]] = {name: [] for name in self.names}
        overflow = (
            "Trying to keep the first 90 tokens when context the overflows. However, the model is loaded with "
            "context length of only 8 tokens, which is not enough."
        )
        self.errors |= {
            "unauthorized": (401, {"error": "API token required"}),
            "missing": (404, {"error": {"message": "Model 'qwen/qwen3-4b' not found", "code": "model_not_found"}}),
            "overflow": (400, {"error": overflow}),
            "oom": (500, {"error": "Model loading was stopped due to insufficient system resources"}),
        }

    def routes(self) -> list[web.RouteDef]:
        return [
            *super().routes(),
            web.get("/api/v1/models", self.known),
            web.post("/api/v1/models/load", self.load),
            web.post("/api/v1/models/unload", self.unload),
            web.get("/{any:.*}", self.unexpected),
        ]

    async def unexpected(self, request: web.Request) -> web.Response:
        return web.json_response({"error": f"Unexpected endpoint or method. ({request.method} {request.path})"})

    async def known(self, request: web.Request) -> web.Response:
        chat = {
            "type": "llm",
            "publisher": "qwen",
            "key": "qwen/qwen3-4b",
            "display_name": "Qwen3 4B",
            "architecture": "qwen3",
            "quantization": {"name": "Q4_K_M", "bits_per_weight": 4},
            "size_bytes": 2_497_281_120,
            "params_string": "4B",
            "loaded_instances": self.instances["qwen/qwen3-4b"],
            "max_context_length": 262144,
            "format": "gguf",
            "capabilities": {"vision": False, "trained_for_tool_use": True},
        }
        embed = {
            "type": "embedding",
            "key": "nomic-embed",
            "display_name": "Nomic",
            "size_bytes": 84_106_624,
            "params_string": None,
            "loaded_instances": self.instances["nomic-embed"],
            "max_context_length": 2048,
            "format": "gguf",
        }
        return web.json_response({"models": [chat, embed]})

    async def load(self, request: web.Request) -> web.Response:
        asked = self.seen[-1].body
        held = self.instances[asked["model"]]
        ident = asked["model"] if not held else f"{asked['model']}:{len(held) + 1}"
        held.append({"id": ident, "config": {"context_length": asked.get("context_length", 4096)}})
        return web.json_response({"type": "llm", "instance_id": ident, "load_time_seconds": 0.1, "status": "loaded"})

    async def unload(self, request: web.Request) -> web.Response:
        ident = self.seen[-1].body["instance_id"]
        for held in self.instances.values():
            for instance in list(held):
                if instance["id"] == ident:
                    held.remove(instance)
                    return web.json_response({"instance_id": ident})
        return web.json_response(
            {"error": {"message": "Model instance not found", "type": "model_not_found"}}, status=404
        )


class LlamaSwapServer(OpenAIServer):
    owner = "llama-swap"
    names = ("coder", "author/writer")

    def __init__(self) -> None:
        super().__init__()
        self.running: set[str] = set()
        busy = {"message": "too many requests", "type": "concurrency_limit", "param": None, "code": None}
        missing = {
            "message": "no router for requested model",
            "type": "invalid_request_error",
            "param": None,
            "code": None,
        }
        self.errors |= {
            "busy": (429, {"src": "llama-swap", "error": busy}),
            "missing": (404, {"src": "llama-swap", "error": missing}),
        }

    def routes(self) -> list[web.RouteDef]:
        return [
            *super().routes(),
            web.get("/health", self.health),
            web.get("/api/version", self.version),
            web.get("/running", self.list_running),
            web.get("/upstream/{model:.+}/health", self.upstream),
            web.post("/api/models/unload/{model:.+}", self.unload),
        ]

    async def health(self, request: web.Request) -> web.Response:
        return web.Response(text="OK")

    async def version(self, request: web.Request) -> web.Response:
        return web.json_response({"version": "250", "commit": "abc", "build_date": "2026-10-01"})

    def entry(self, name: str) -> Json:
        status = {"value": "loaded" if name in self.running else "unloaded"}
        caps = {"vision": False, "function_calling": True}
        return super().entry(name) | {"context_length": 8192, "capabilities": caps, "status": status}

    async def list_running(self, request: web.Request) -> web.Response:
        running = [{"model": m, "state": "ready", "cmd": "llama-server --api-key s3cret"} for m in sorted(self.running)]
        return web.json_response({"running": running})

    async def upstream(self, request: web.Request) -> web.Response:
        name = request.match_info["model"]
        if name not in self.names:
            return web.json_response({"src": "llama-swap", **wrapped(404, "model not found", "")[1]}, status=404)
        self.running.add(name)
        return web.json_response({"status": "ok"})

    async def unload(self, request: web.Request) -> web.Response:
        if request.match_info["model"] not in self.names:
            return web.json_response({"src": "llama-swap", **wrapped(404, "model not found", "")[1]}, status=404)
        self.running.discard(request.match_info["model"])
        return web.Response(text="OK")
