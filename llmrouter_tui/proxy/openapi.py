"""``GET /openapi.json``: what is served here, in OpenAPI 3.1, made from what the routes are filled from."""

import asyncio
import re
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Final

import msgspec
from aiohttp import web

from llmrouter_tui.core.errors import STATUS
from llmrouter_tui.proxy import answers
from llmrouter_tui.proxy.dialects.dialect import Dialect
from llmrouter_tui.proxy.dialects.spoken import MESSAGES, OLLAMA, dialect_at
from llmrouter_tui.proxy.openapi_schemas import Schemas
from llmrouter_tui.proxy.operation import JSON, OCTETS, PLACE, Access, Json, Operation, Parameter
from llmrouter_tui.proxy.replies import raw_response

_ERRORS: Final[Mapping[str, type]] = {
    "OpenAI": answers.OpenAIError,
    "Anthropic": answers.AnthropicError,
    "Ollama": answers.OllamaError,
}
"""The shape of a failure by dialect."""
_DIALECTS: Final[Mapping[Dialect, str]] = {MESSAGES: "Anthropic", OLLAMA: "Ollama"}
_REFUSED: Final[dict[Access, tuple[str, ...]]] = {
    "everyone": ("403",),
    "client": ("401", "403", "429"),
    "owner": ("401", "403", "429"),
    "metrics": ("401", "403"),
}
_KEYS: Final[dict[Access, str]] = {"client": "clientKey", "owner": "adminKey", "metrics": "metricsKey"}
_TAGS: Final = (("/admin/", "admin"), ("/api/", "Ollama"), ("/v1/messages", "Anthropic"), ("/v1/", "OpenAI"))
_FILE: Final[Json] = {"type": "string", "format": "binary"}
_WORDS: Final = {"4XX": "Refused, by the router or by the model's server.", "529": "The router has too much to do."}


class Description:
    """The handler. The description is made when it is first asked for."""

    def __init__(self, version: str) -> None:
        self._version = version
        self._operations: Sequence[Operation] = ()
        self._body = b""

    def tell(self, operations: Sequence[Operation]) -> None:
        """What there is to describe, this description too."""
        self._operations = operations

    async def document(self, request: web.Request) -> web.StreamResponse:
        if not self._body:
            self._body = await asyncio.to_thread(self._made)
        return raw_response(self._body)

    def _made(self) -> bytes:
        return msgspec.json.encode(described(self._operations, self._version))


def described(operations: Sequence[Operation], version: str) -> Json:
    """The whole document."""
    takes = [kind for operation in operations for kind in operation.takes]
    told = [kind for operation in operations for kind in operation.answers]
    schemas = Schemas(takes, [*told, *_ERRORS.values()])
    paths: dict[str, Json] = {}
    for operation in operations:
        methods = paths.setdefault(operation.shown, {})
        methods[operation.method.lower()] = _operation(operation, schemas)
    failures = {(_failing(operation), status) for operation in operations for status in _statuses(operation)}
    return {
        "openapi": "3.1.0",
        "info": {"title": "llmrouter-tui", "version": version or "0", "description": _about()},
        "paths": paths,
        "components": {
            "schemas": schemas.parts,
            "responses": {how + status: _failure(how, status, schemas) for how, status in sorted(failures)},
            "headers": _HEADERS,
            "parameters": _PARAMETERS,
            "securitySchemes": _security_schemes(),
        },
    }


def _about() -> str:
    codes = ", ".join(STATUS)
    return (
        "A router in front of model servers, in the dialects of OpenAI, Anthropic and Ollama. Failures are told in the"
        f" dialect of their path, with a stable code: {codes}. Bodies are described as far as the router reads them;"
        " other fields pass through to the model's server, and under /admin they are refused."
    )


# ── one operation ─────────────────────────────────────────────────────────────────────────────────────────────


def _operation(operation: Operation, schemas: Schemas) -> Json:
    told: Json = {
        "operationId": _identity(operation),
        "summary": operation.about.partition(". ")[0].rstrip("."),
        "description": operation.about,
        "tags": [_tag(operation.path)],
        "responses": _responses(operation, schemas),
    }
    if parameters := _parameters(operation):
        told["parameters"] = parameters
    if operation.takes:
        told["requestBody"] = _body(operation, schemas)
    elif operation.file:
        told["requestBody"] = {"required": True, "content": {OCTETS: {"schema": _FILE}}}
    if key := _KEYS.get(operation.access):
        told["security"] = [{key: []}, {f"{key}Header": []}, {}]
    return told


def _identity(operation: Operation) -> str:
    """A name that no other operation has: ``post_admin_models_id_load``."""
    words = re.findall(r"\w+", operation.shown)
    return "_".join([operation.method.lower(), *words])


def _tag(path: str) -> str:
    return next((tag for prefix, tag in _TAGS if path.startswith(prefix)), "router")


def _parameters(operation: Operation) -> list[Json]:
    places = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in PLACE.findall(operation.path)
    ]
    asked = [_query(parameter) for parameter in operation.query]
    heard = ["RequestId"] + (["SessionId", "Prefer"] if operation.decides else [])
    return [*places, *asked, *({"$ref": f"#/components/parameters/{name}"} for name in heard)]


def _query(parameter: Parameter) -> Json:
    return {
        "name": parameter.name,
        "in": "query",
        "description": parameter.about,
        "required": parameter.required,
        "schema": parameter.schema,
    }


def _body(operation: Operation, schemas: Schemas) -> Json:
    schema = schemas.of(operation.takes)
    content: Json = {"schema": {"allOf": [schema, operation.needs]} if operation.needs else schema}
    if operation.example is not None:
        content["example"] = operation.example
    return {"required": not operation.optional, "content": {JSON: content}}


# ── answers ───────────────────────────────────────────────────────────────────────────────────────────────────


def _responses(operation: Operation, schemas: Schemas) -> Json:
    failed = _failing(operation)
    responses: Json = {}
    if not operation.refuses:
        responses[str(operation.status)] = _success(operation, schemas)
    for status in sorted({*_statuses(operation)}):
        responses[status] = {"$ref": f"#/components/responses/{failed}{status}"}
    return responses


def _failing(operation: Operation) -> str:
    """How its failures are told."""
    return "Head" if operation.method == "HEAD" else _DIALECTS.get(dialect_at(operation.path), "OpenAI")


def _failure(how: str, status: str, schemas: Schemas) -> Json:
    told: Json = {"description": _phrase(status), "headers": _headers(())}
    if how in _ERRORS:
        told["content"] = {JSON: {"schema": schemas.of((_ERRORS[how],))}}
    return told


def _statuses(operation: Operation) -> Iterable[str]:
    """With which statuses it may fail. 500 is a fault of the router's own."""
    yield from ("500", *_REFUSED[operation.access], *operation.faults)
    if operation.refuses:
        yield str(operation.status)
    if operation.takes or operation.file:
        yield from ("400", "408", "413", "415")
    if operation.query:
        yield "400"
    if PLACE.search(operation.path):
        yield "404"


def _success(operation: Operation, schemas: Schemas) -> Json:
    told: Json = {
        "description": HTTPStatus(operation.status).phrase,
        "headers": _headers(_DECIDED if operation.decides else ()),
    }
    if operation.method == "HEAD":
        return told
    schema = schemas.of(operation.answers) if operation.answers else {"type": "string"}
    told["content"] = {operation.media: {"schema": schema}}
    if operation.also:
        told["content"][operation.also] = {}
    return told


def _phrase(status: str) -> str:
    return _WORDS.get(status) or HTTPStatus(int(status)).phrase


# ── what operations share ─────────────────────────────────────────────────────────────────────────────────────


def _header(about: str, kind: str = "string", *, always: bool = False) -> Json:
    return {"description": about, "required": always, "schema": {"type": kind}}


_HEADERS: Final[Json] = {
    "x-request-id": _header("The id that the client gave the request, or that of its exchange.", always=True),
    "x-router-exchange-id": _header("The exchange, for feedback and the admin API."),
    "x-router-model": _header("The model, as backend/name."),
    "x-router-task": _header("The task that the request was taken for."),
    "x-router-difficulty": _header("How hard it was taken to be, 0 to 1.", "number"),
    "x-router-score": _header("The score of that model.", "number"),
    "x-router-margin": _header("That less the score of the best other.", "number"),
    "x-router-attempts": _header("Models that were tried.", "integer"),
}
_DECIDED: Final = tuple([name for name in _HEADERS if name != "x-request-id"])


def _headers(names: Iterable[str]) -> Json:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in ("x-request-id", *names)}


def _said(name: str, about: str, schema: Json) -> Json:
    return {"name": name, "in": "header", "description": about, "required": False, "schema": schema}


_PARAMETERS: Final[Json] = {
    "RequestId": _said(
        "X-Request-Id",
        "An id of the client's own, which the answer repeats if it is up to 128 letters, digits and ._:-",
        {"type": "string"},
    ),
    "SessionId": _said("X-Session-Id", "The conversation that this is a part of.", {"type": "string"}),
    "Prefer": _said("Prefer", "How many seconds the client waits in all.", {"type": "string", "examples": ["wait=30"]}),
}


def _security_schemes() -> Json:
    """Each key as both of its headers. None is asked for while none of its kind is set."""
    schemes: Json = {}
    for key in _KEYS.values():
        schemes[key] = {"type": "http", "scheme": "bearer"}
        schemes[f"{key}Header"] = {"type": "apiKey", "in": "header", "name": "x-api-key"}
    return schemes
