"""Which path is answered by what, and the answer of paths and methods that are not served."""

import logging
from collections.abc import Callable, Mapping, Sequence

from aiohttp import web

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.proxy.dialects.anthropic_models import VERSION_HEADER
from llmrouter_tui.proxy.dialects.spoken import MESSAGES, dialect_at, refusal_at
from llmrouter_tui.proxy.operation import Access, Handler, Operation
from llmrouter_tui.proxy.replies import InternalError, error_response, request_id_of
from llmrouter_tui.proxy.security import Guard

log = logging.getLogger(__name__)

Check = Callable[[web.BaseRequest], None]


class Routes:
    """Fills a router. Security is checked in the wrapper of each handler: a middleware costs more on every request."""

    def __init__(self, router: web.UrlDispatcher, guard: Guard) -> None:
        self._router = router
        self._checks: Mapping[Access, Check] = {
            "everyone": guard.public,
            "client": guard.lists,
            "owner": guard.admin,
            "metrics": guard.metrics,
        }

    def doors(self, operations: Sequence[Operation]) -> None:
        """What models answer is checked behind its door: what is refused there is put on record."""
        for path, found in _by_path(operations).items():
            self._resource(path, {one.method: one.handler for one in found})

    def serve(self, operations: Sequence[Operation]) -> None:
        for path, found in _by_path(operations).items():
            self._resource(path, {one.method: guarded(one.handler, self._checks[one.access]) for one in found})

    def rest(self, operations: Sequence[Operation]) -> None:
        """Everything else, last."""
        handler = unknown_path(supported(operations))
        self._router.add_route("*", "/{path:(?s:.*)}", guarded(handler, self._checks["everyone"]))

    def _resource(self, path: str, handlers: Mapping[str, Handler]) -> None:
        resource = self._router.add_resource(path)
        for method, handler in handlers.items():
            resource.add_route(method, handler)
        resource.add_route("*", wrong_method(", ".join(handlers)))


def _by_path(operations: Sequence[Operation]) -> dict[str, list[Operation]]:
    found: dict[str, list[Operation]] = {}
    for operation in operations:
        found.setdefault(operation.path, []).append(operation)
    return found


def supported(operations: Sequence[Operation]) -> list[str]:
    """What clients may call, in words."""
    plain = [one for one in operations if one.access != "owner" and one.method != "HEAD" and not one.refuses]
    return [f"{one.method} {one.shown}" for one in plain]


def guarded(handler: Handler, check: Check) -> Handler:
    """A handler behind its check, whose failures are told in the dialect of its path."""

    async def handle(request: web.Request) -> web.StreamResponse:
        request_id = request_id_of(request)
        try:
            check(request)
            response = await handler(request)
        except RouterError as error:
            response = error_response(error, None, refusal_at(request.path))
        except Exception:
            log.exception("%s %s failed in the router (request %s)", request.method, request.path, request_id)
            response = error_response(InternalError(), None, refusal_at(request.path))
        return identified(response, request, request_id)

    return handle


def identified(response: web.StreamResponse, request: web.Request, request_id: str) -> web.StreamResponse:
    """The response under the id of its request, where its headers are not out yet; Anthropic's clients look for it
    under a name of their own."""
    if not response.prepared:
        response.headers["x-request-id"] = request_id
        if VERSION_HEADER in request.headers or dialect_at(request.path) is MESSAGES:
            response.headers["request-id"] = request_id
    return response


def wrong_method(allowed: str) -> Handler:
    async def refuse(request: web.Request) -> web.StreamResponse:
        error = RouterError(
            "invalid_request", f"{request.path} does not take {request.method}.", hint=f"Use {allowed}.", status=405
        )
        response = error_response(error, {"Allow": allowed}, refusal_at(request.path))
        return identified(response, request, request_id_of(request))

    return refuse


def unknown_path(known: Sequence[str]) -> Handler:
    """``known``: what there is instead."""

    async def refuse(request: web.Request) -> web.StreamResponse:
        hint = f"Supported: {', '.join(known)}, and /admin."
        if not request.path.startswith(("/v1/", "/api/", "/admin")):
            hint = f"The base URL of a client ends in /v1. {hint}"
        raise RouterError("not_found", f"There is no {request.method} {request.path[:200]} here.", hint=hint)

    return refuse
