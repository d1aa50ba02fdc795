"""Which path is answered by what, and the answer of paths and methods that are not served."""

import logging
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.proxy.admin import Admin
from llmrouter_tui.proxy.chat import ChatDoor
from llmrouter_tui.proxy.dialects.anthropic_count import TokenCount
from llmrouter_tui.proxy.dialects.spoken import EMBEDDED, SPOKEN, refusal_at
from llmrouter_tui.proxy.embeddings import EmbedDoor
from llmrouter_tui.proxy.judging import JudgeAdmin
from llmrouter_tui.proxy.keys import KeyAdmin
from llmrouter_tui.proxy.meta import Meta
from llmrouter_tui.proxy.metrics import Metrics
from llmrouter_tui.proxy.ollama import Ollama
from llmrouter_tui.proxy.replies import InternalError, error_response
from llmrouter_tui.proxy.security import Guard
from llmrouter_tui.proxy.watch import Watch

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Check = Callable[[web.BaseRequest], None]

SUPPORTED = (
    *(f"POST {way.path}" for way in SPOKEN),
    *(f"POST {path}" for path in EMBEDDED),
    "POST /v1/messages/count_tokens",
    "GET /v1/models",
    "GET /v1/models/{id}",
    "POST /v1/feedback",
    "GET /api/tags",
    "GET /api/ps",
    "POST /api/show",
    "GET /api/version",
    "GET /health",
    "GET /metrics",
)
_ACTIONS = "load|unload|pin|unpin|enable|disable"


class Routes:
    """Fills a router. Security is checked in the wrapper of each handler: a middleware costs more on every request."""

    def __init__(self, router: web.UrlDispatcher, guard: Guard) -> None:
        self._router = router
        self._guard = guard

    def door(self, path: str, door: ChatDoor | EmbedDoor) -> None:
        """What models answer is checked behind its door: what is refused there is put on record."""
        self._resource(path, {"POST": door.post})

    def meta(self, meta: Meta) -> None:
        self._add("/v1/models", self._guard.lists, {"GET": meta.models})
        self._add("/v1/models/{id:.+}", self._guard.lists, {"GET": meta.model})
        self._add("/v1/feedback", self._guard.lists, {"POST": meta.feedback})
        self._add("/health", self._guard.public, {"GET": meta.health, "HEAD": meta.health})

    def counting(self, counter: TokenCount) -> None:
        self._add("/v1/messages/count_tokens", self._guard.lists, {"POST": counter.post})

    def ollama(self, ollama: Ollama) -> None:
        """Ollama's API besides what its models answer."""
        lists = self._guard.lists
        self._add("/", self._guard.public, {"GET": ollama.hello, "HEAD": ollama.hello})
        self._add("/api/version", lists, {"GET": ollama.version, "HEAD": ollama.version})
        self._add("/api/tags", lists, {"GET": ollama.tags, "HEAD": ollama.tags})
        self._add("/api/ps", lists, {"GET": ollama.ps})
        self._add("/api/show", lists, {"POST": ollama.show})
        for name in ("pull", "push", "create", "copy"):
            self._add(f"/api/{name}", lists, {"POST": ollama.refuse})
        self._add("/api/delete", lists, {"DELETE": ollama.refuse})
        self._add("/api/blobs/{digest}", lists, {"POST": ollama.refuse, "HEAD": ollama.refuse})

    def keys(self, keys: KeyAdmin) -> None:
        self._add("/admin/keys", self._guard.admin, {"GET": keys.list, "POST": keys.add})
        self._add("/admin/keys/{name}", self._guard.admin, {"DELETE": keys.revoke})

    def metrics(self, metrics: Metrics) -> None:
        self._add("/metrics", self._guard.metrics, {"GET": metrics.page})

    def admin(self, admin: Admin, judge: JudgeAdmin, watch: Watch) -> None:
        paths: dict[str, dict[str, Handler]] = {
            "snapshot": {"GET": admin.snapshot},
            "events": {"GET": watch.events},
            "exchanges": {"GET": admin.exchanges},
            "exchanges/{id}": {"GET": admin.exchange},
            "explain": {"POST": admin.explain},
            "models": {"GET": admin.models},
            f"models/{{id:.+}}/{{action:{_ACTIONS}}}": {"POST": admin.act},
            "settings": {"GET": admin.settings, "POST": admin.set_setting},
            "preference/what-if": {"GET": admin.what_if},
            "review": {"GET": admin.review},
            "models/{id:.+}/plan": {"GET": admin.plan, "POST": admin.plan},
            "vram": {"GET": admin.vram},
            "vram/clear": {"POST": admin.clear_vram},
            "vram/release": {"POST": admin.release_vram},
            "backends": {"GET": admin.backends, "POST": admin.add_backend},
            "backends/{name}": {"DELETE": admin.remove_backend},
            "backends/{name}/retry": {"POST": admin.retry_backend},
            "logs": {"GET": admin.logs},
            "rate": {"POST": admin.rate},
            "starter": {"POST": admin.fetch_starter, "DELETE": admin.cancel_fetch},
            "models/{id:.+}/match": {"POST": admin.match},
            "catalog": {"GET": admin.catalog},
            "benchmarks": {"GET": admin.figures},
            "sync": {"GET": admin.sync_view, "POST": admin.sync, "DELETE": admin.cancel_sync},
            "reprofile": {"POST": admin.profile, "DELETE": admin.cancel_profile},
            "profiles": {"GET": admin.profiles},
            "grades": {"GET": judge.grades, "POST": judge.grade},
            "grades/{id}/overrule": {"POST": judge.overrule},
            "judge": {"GET": judge.view, "POST": judge.pause},
            "judge/compare": {"GET": judge.comparisons, "POST": judge.compare},
            "listen": {"POST": admin.listen},
            "shutdown": {"POST": admin.shutdown},
        }
        for path, handlers in paths.items():
            self._add(f"/admin/{path}", self._guard.admin, handlers)

    def rest(self) -> None:
        """Everything else, last."""
        self._router.add_route("*", "/{path:.*}", guarded(unknown_path, self._guard.public))

    def _add(self, path: str, check: Check, handlers: Mapping[str, Handler]) -> None:
        self._resource(path, {method: guarded(handler, check) for method, handler in handlers.items()})

    def _resource(self, path: str, handlers: Mapping[str, Handler]) -> None:
        resource = self._router.add_resource(path)
        for method, handler in handlers.items():
            resource.add_route(method, handler)
        resource.add_route("*", wrong_method(", ".join(handlers)))


def guarded(handler: Handler, check: Check) -> Handler:
    """A handler behind its check, whose failures are told in the dialect of its path."""

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            check(request)
            return await handler(request)
        except RouterError as error:
            return error_response(error, None, refusal_at(request.path))
        except Exception:
            log.exception("%s %s failed in the router", request.method, request.path)
            return error_response(InternalError(), None, refusal_at(request.path))

    return handle


def wrong_method(allowed: str) -> Handler:
    async def refuse(request: web.Request) -> web.StreamResponse:
        error = RouterError(
            "invalid_request", f"{request.path} does not take {request.method}.", hint=f"Use {allowed}.", status=405
        )
        return error_response(error, {"Allow": allowed}, refusal_at(request.path))

    return refuse


async def unknown_path(request: web.Request) -> web.StreamResponse:
    hint = f"Supported: {', '.join(SUPPORTED)}, and /admin."
    if not request.path.startswith(("/v1/", "/api/", "/admin")):
        hint = f"The base URL of a client ends in /v1. {hint}"
    raise RouterError("not_found", f"There is no {request.method} {request.path[:200]} here.", hint=hint)
