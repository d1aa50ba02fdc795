"""LM Studio and llama-swap for tests; see ``servers`` for the modes of failure."""

import asyncio

from aiohttp import web

from tests.backends.servers import Json, OpenAIServer, wrapped


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
        self.healthless = False
        """Whether the servers behind it have no ``/health``."""
        self.losing = 0
        """Requests that it will lose, because it kept a connection that the server behind it closed."""
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
            web.get("/upstream/{model:.+}/v1/models", self.behind),
            web.post("/api/models/unload/{model:.+}", self.unload),
        ]

    async def health(self, request: web.Request) -> web.Response:
        return web.Response(text="OK")

    async def version(self, request: web.Request) -> web.Response:
        return web.json_response({"version": "250", "commit": "abc", "build_date": "2026-10-01"})

    def entry(self, name: str) -> Json:
        status = {"value": "loaded" if name in self.running else "unloaded"}
        told = {"aliases": ["smart"]} if name == "coder" else {}
        meta = {"llamaswap": {"type": "model", **told}}
        return super().entry(name) | {"meta": meta, "status": status}

    async def models(self, request: web.Request) -> web.Response:
        alias = self.entry("coder") | {"id": "smart", "meta": {"llamaswap": {"type": "alias", "modelID": "coder"}}}
        painter = self.entry("painter") | {
            "architecture": {"input_modalities": ["text"], "output_modalities": ["image"]},
            "capabilities": {"image_generation": True},
        }
        return web.json_response({"data": [alias, *(self.entry(name) for name in self.names), painter]})

    async def chat(self, request: web.Request) -> web.StreamResponse:
        if self.losing:
            self.losing -= 1
            await asyncio.sleep(self.pace)
            return web.Response(status=502)
        return await super().chat(request)

    async def behind(self, request: web.Request) -> web.Response:
        assert request.match_info["model"] in self.running, "this loads a model and must not be asked"
        meta = {"n_ctx": 8192, "n_params": 4_000_000_000, "size": 2_400_000_000, "ftype": "Q4_K"}
        return web.json_response({"data": [{"id": "/models/any.gguf", "owned_by": "llamacpp", "meta": meta}]})

    async def list_running(self, request: web.Request) -> web.Response:
        running = [{"model": m, "state": "ready", "cmd": "llama-server --api-key s3cret"} for m in sorted(self.running)]
        return web.json_response({"running": running})

    async def upstream(self, request: web.Request) -> web.Response:
        name = request.match_info["model"]
        if name not in self.names:
            return web.json_response({"src": "llama-swap", **wrapped(404, "model not found", "")[1]}, status=404)
        self.running.add(name)
        if self.healthless:
            return web.Response(status=404, text="Not Found")
        return web.json_response({"status": "ok"})

    async def unload(self, request: web.Request) -> web.Response:
        if request.match_info["model"] not in self.names:
            return web.json_response({"src": "llama-swap", **wrapped(404, "model not found", "")[1]}, status=404)
        self.running.discard(request.match_info["model"])
        return web.Response(text="OK")
