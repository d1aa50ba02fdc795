"""An Ollama for tests, by the wire of its native API; see ``servers`` for the modes of failure."""

import asyncio
import json
import time
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from tests.backends.servers import PROMPT_TOKENS, TOKENS, Json, Server

GB = 1 << 30


class OllamaServer(Server):
    names = ("qwen3:4b", "nomic-embed-text:latest", "gpt-oss:120b-cloud", "gpt-oss:20b")
    moment = 0.15

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[str, Json] = {}
        overflow = "input length exceeds the context length"
        self.errors = {
            "unauthorized": (401, {"error": "unauthorized", "signin_url": "https://ollama.com/connect"}),
            "missing": (404, {"error": "model 'qwen3:4b' not found"}),
            "busy": (503, {"error": "server busy, please try again. maximum pending requests exceeded"}),
            "broken": (500, {"error": "llama runner process has terminated: exit status 2"}),
            "overflow": (400, {"error": overflow}),
            "oom": (500, {"error": "model requires more system memory (20.1 GiB) than is available (9.9 GiB)"}),
            "bad": (400, {"error": "invalid option type: temperature"}),
            "blind": (400, {"error": '"qwen3:4b" does not support image input'}),
        }

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", self.root),
            web.get("/api/version", self.version),
            web.get("/api/tags", self.tags),
            web.get("/api/ps", self.ps),
            web.post("/api/show", self.show),
            web.post("/api/generate", self.generate),
            web.post("/api/embed", self.embed),
            web.post("/api/chat", self.chat),
        ]

    async def root(self, request: web.Request) -> web.Response:
        return web.Response(text="Ollama is running")

    async def version(self, request: web.Request) -> web.Response:
        if self.mode == "unauthorized":
            return self.refusal() or web.Response()
        return web.json_response({"version": "0.33.0"})

    async def tags(self, request: web.Request) -> web.Response:
        models = []
        for name in self.names:
            details = {"format": "gguf", "family": "qwen3", "parameter_size": "4.0B", "quantization_level": "Q4_K_M"}
            if name.startswith("gpt-oss"):
                details["family"] = "gptoss"
            entry = {"name": name, "model": name, "size": 3 * GB, "digest": f"sha256:{name}", "details": details}
            if name.endswith("cloud"):
                entry |= {"remote_model": "gpt-oss:120b", "remote_host": "https://ollama.com:443"}
            models.append(entry)
        return web.json_response({"models": models})

    async def show(self, request: web.Request) -> web.Response:
        name = self.seen[-1].body["model"]
        caps = ["embedding"] if "embed" in name else ["completion", "tools", "thinking"]
        info = {
            "general.architecture": "qwen3",
            "general.parameter_count": 4_022_468_096,
            "qwen3.context_length": 40960,
            "qwen3.embedding_length": 2560,
            "qwen3.block_count": 36,
            "qwen3.attention.head_count": 32,
            "qwen3.attention.head_count_kv": 8,
            "qwen3.attention.key_length": 128,
            "qwen3.attention.value_length": 128,
        }
        return web.json_response({"license": "…", "template": "…", "model_info": info, "capabilities": caps})

    async def ps(self, request: web.Request) -> web.Response:
        return web.json_response({"models": list(self.held.values())})

    def load(self, asked: Json) -> None:
        name = asked["model"]
        seconds = asked.get("keep_alive", 300)
        until = "2318-11-22T20:30:00.123456789+02:00"
        if seconds >= 0:
            until = datetime.fromtimestamp(time.time() + seconds, UTC).isoformat().replace("+00:00", "Z")
        context = asked.get("options", {}).get("num_ctx", 4096)
        self.held[name] = {
            "name": name,
            "model": name,
            "size": 4 * GB,
            "size_vram": 3 * GB,
            "expires_at": until,
            "context_length": context,
        }

    async def generate(self, request: web.Request) -> web.Response:
        asked = self.seen[-1].body
        if asked["model"] not in self.names:
            return web.json_response({"error": f"model '{asked['model']}' not found"}, status=404)
        if asked.get("keep_alive") == 0:
            asyncio.get_running_loop().call_later(self.moment, self.held.pop, asked["model"], None)
            return web.json_response({"model": asked["model"], "response": "", "done": True, "done_reason": "unload"})
        if "embed" in asked["model"]:
            return web.json_response({"error": f'"{asked["model"]}" does not support generate'}, status=400)
        if self.mode == "oom":
            return self.refusal() or web.Response()
        self.load(asked)
        return web.json_response({"model": asked["model"], "response": "", "done": True, "done_reason": "load"})

    async def embed(self, request: web.Request) -> web.Response:
        self.load(self.seen[-1].body)
        return web.json_response({"model": self.seen[-1].body["model"], "embeddings": []})

    def last(self, **more: Any) -> Json:
        return {
            "model": "m",
            "created_at": "2026-11-22T20:30:00.123456789Z",
            "done": True,
            "done_reason": "stop",
            "total_duration": 3_000_000_000,
            "load_duration": 500_000_000,
            "prompt_eval_count": PROMPT_TOKENS,
            "prompt_eval_duration": 22_000_000,
            "eval_count": len(TOKENS),
            "eval_duration": 80_000_000,
            **more,
        }

    def messages(self, asked: Json) -> list[Json]:
        if tools := asked.get("tools"):
            names = [tools[0]["function"]["name"], tools[-1]["function"]["name"]]
            calls = [{"function": {"index": 0, "name": name, "arguments": {"city": "Oslo"}}} for name in names]
            return [{"content": "", "tool_calls": [call]} for call in calls]
        words = [{"content": token} for token in TOKENS]
        return [{"content": "", "thinking": "Hmm."}, *words] if asked.get("think") else words

    async def chat(self, request: web.Request) -> web.StreamResponse:
        if refused := self.refusal():
            return refused
        if self.mode == "hang":
            await self.hang()
        asked = self.seen[-1].body
        if asked.get("stream") is False:
            return await self.whole(request, asked)
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        await response.prepare(request)
        if self.mode == "empty":
            return response
        async with self.watching():
            for number, message in enumerate(self.messages(asked)):
                if number == 2 and await self.trouble(request, response):
                    return response
                await self.line(response, {"model": "m", "message": {"role": "assistant", **message}, "done": False})
                await asyncio.sleep(self.pace)
            await self.line(response, self.last(message={"role": "assistant", "content": ""}))
        return response

    async def line(self, response: web.StreamResponse, value: Json) -> None:
        await response.write(json.dumps(value).encode() + b"\n")

    async def trouble(self, request: web.Request, response: web.StreamResponse) -> bool:
        if self.mode == "die":
            assert request.transport is not None
            request.transport.abort()
        elif self.mode == "error":
            await response.write(b'{"error":"model runner has unexpectedly stopped"}\n')
        elif self.mode == "raw":
            await response.write(b"upstream connect error")
        elif self.mode == "garbage":
            await response.write(b'{"message":{"content":"\xff\n')
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
        parts = self.messages(asked)
        message: Json = {"role": "assistant", "content": "".join(part["content"] for part in parts)}
        calls = [call for part in parts for call in part.get("tool_calls", ())]
        if calls:
            message["tool_calls"] = calls
        return web.json_response(self.last(message=message))
