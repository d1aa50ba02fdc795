"""llama.cpp's server for tests, in both of its modes; see ``servers`` for the modes of failure."""

import asyncio
from typing import ClassVar

from aiohttp import web

from tests.backends.servers import Json, OpenAIServer, wrapped


class LlamaCppServer(OpenAIServer):
    """``llama-server`` with one model: the model's name in a request is ignored. Both figures of its context are
    for one slot."""

    owner = "llamacpp"
    names = ("/models/Qwen3-4B-Q4_K_M.gguf",)
    compact = True
    sleeping = False

    def __init__(self) -> None:
        super().__init__()
        self.drops_streams = True
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
        meta = {"n_ctx": 4096, "n_ctx_train": 40960, "n_params": 4_022_468_096, "size": 2_491_000_000, "ftype": "Q4_K"}
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
    aliases: ClassVar[dict[str, list[str]]] = {"qwen3-4b": ["smart", "qwen3-4b"]}
    moment = 0.15
    places = 2

    def __init__(self) -> None:
        super().__init__()
        self.status: dict[str, Json] = {
            name: {"value": "unloaded", "args": ["--api-key", "s3cret"]} for name in self.names
        }
        self.busy: set[str] = set()
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
        told = {"role": "router", "max_instances": self.places, "models_autoload": True, "build_info": "b9999"}
        return web.json_response(told)

    async def listed(self, request: web.Request) -> web.Response:
        data = []
        for name, status in self.status.items():
            entry = {
                "id": name,
                "aliases": self.aliases.get(name, []),
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
        if not self.has_room():
            return web.json_response(wrapped(500, "model limit reached, try again later", "")[1], status=500)
        status["value"] = "loading"
        asyncio.get_running_loop().call_later(self.moment, self.loaded, self.seen[-1].body["model"])
        return web.json_response({"success": True})

    def has_room(self) -> bool:
        """Whether a place is free, or was made so: only an idle model leaves."""
        held = [name for name, status in self.status.items() if status["value"] in ("loaded", "loading")]
        idle = [name for name in held if name not in self.busy]
        if len(held) >= self.places and idle:
            self.status[idle[0]]["value"] = "unloaded"
        return len(held) < self.places or bool(idle)

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
