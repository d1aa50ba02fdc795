"""Who may come in: keys, loopback, and what a browser may do on behalf of a web page."""

import hmac
from collections.abc import Iterable, Sequence
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

from llmrouter_tui.core.domain import ModelView
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.keys import ApiKey, digest, permits
from llmrouter_tui.core.limiting import Limit
from llmrouter_tui.proxy.limits import Caller, Limits
from llmrouter_tui.proxy.options import ProxyOptions

CALLER: Final = web.RequestKey("caller", Caller)
"""Under this a request that no model answers knows whose key it came with."""
DEMO: Final = "demo"
"""The name of the key that the demo's own traffic sends."""
_KNOWN_HOSTS = 64
_FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-IP")


class Guard:
    """Checks for each kind of path; each returns or raises ``RouterError``.

    A web page can make its visitor's browser call any address. Three things stop it: the ``Host`` header must name
    this machine (else a name of the page's own was pointed here: DNS rebinding), a foreign ``Origin`` may change
    nothing, and no answer carries CORS headers.
    """

    def __init__(self, options: ProxyOptions, limits: Limits) -> None:
        self.limits: Final = limits
        self._plain = tuple([digest(key.encode()) for key in options.api_keys if key])
        self._callers: list[tuple[bytes, Caller]] = []
        """The hash of each key, and whose it is: what is compared are hashes, which nobody can choose."""
        self._named: Sequence[ApiKey] = ()
        self._asks = False
        """Whether a key must be sent under ``/v1``."""
        self._demo = (digest(options.demo_key.encode()),) if options.demo_key else ()
        admin, metrics = options.admin_key.encode(), options.metrics_key.encode()
        self._admin = (digest(admin), *self._demo) if admin else ()
        self._metrics = (*self._admin, *((digest(metrics),) if metrics else ()))
        self._allowed = frozenset(name.lower().rstrip(".") for name in options.allowed_hosts)
        self._known: set[str] = set()
        self._loopback = True
        self._insecure = options.insecure
        self.use_keys(options.named_keys)

    def use_keys(self, named: Iterable[ApiKey]) -> None:
        """Let these keys in besides the plain ones, from now on. What a key used of its limit stays used. A key without
        a digest (its variable is not set) lets nobody in, but is asked for."""
        before = dict(self._callers)
        self._named = [key for key in named if key.enabled]
        usual = self.limits.usual
        wanted = [(known, ApiKey(""), usual) for known in self._plain]
        wanted += [(bytes.fromhex(key.digest), key, key.limit(usual)) for key in self._named if key.digest]
        wanted += [(known, ApiKey(DEMO), Limit()) for known in self._demo]
        self._callers = [(known, self._caller(key, limit, before.get(known))) for known, key, limit in wanted]
        self._asks = bool(self._plain or self._named)

    def use_limit(self, usual: Limit) -> None:
        """What each key may do without a limit of its own, and each address where there are no keys."""
        self.limits.usual = usual
        self.use_keys(self._named)

    def _caller(self, key: ApiKey, limit: Limit, before: Caller | None) -> Caller:
        meter = self.limits.meter(limit)
        if before is not None and before.meter is not None and meter is not None:
            meter = before.meter
            meter.change(limit, self.limits.now())
        return Caller(key.name, key.models, meter)

    def bind(self, host: str) -> None:
        """Learn which address is served: names are guarded where only this machine is answered, since no other name is
        right there. Where a key is asked for, no page of somebody else's has it."""
        self._loopback = is_loopback(host)

    def public(self, request: web.BaseRequest) -> None:
        if self._loopback:
            self._check_host(request)

    def api(self, request: web.BaseRequest) -> Caller | None:
        """Whose key came with a request under ``/v1`` or ``/api``; None where none is asked for."""
        if self._loopback:
            self._check_host(request)
        if self._asks:
            return self._whose(request)
        if request.method == "POST":
            self._check_origin(request)
        if self._loopback or self._insecure:
            return None
        self._check_host(request)
        if not self._from_here(request):
            raise RouterError(
                "forbidden",
                "This router answers only clients on its own machine while it has no API key.",
                hint="Set ROUTER_API_KEYS for the router, or make a key: llmrouter-tui keys add NAME.",
            )
        return None

    def lists(self, request: web.BaseRequest) -> None:
        """The same for what no model answers: it is counted apart."""
        caller = self.api(request)
        self.limits.call(request.remote, admin=False)
        if caller is not None:
            request[CALLER] = caller

    def admin(self, request: web.BaseRequest) -> None:
        self._owner(request, self._admin, "the admin key", "admin API", "ROUTER_ADMIN_API_KEY")
        self.limits.call(request.remote, admin=True)

    def metrics(self, request: web.BaseRequest) -> None:
        self._owner(
            request, self._metrics, "the metrics key or the admin key", "page of metrics", "ROUTER_METRICS_API_KEY"
        )

    def _owner(self, request: web.BaseRequest, keys: tuple[bytes, ...], key: str, what: str, variable: str) -> None:
        """With one of these keys; without any set, from this machine."""
        self._check_origin(request)
        if keys:
            self.public(request)
            self._check_key(request, keys, key)
            return
        self._check_host(request)
        if not self._from_here(request):
            raise RouterError(
                "forbidden",
                f"The {what} answers only clients on this machine while no key for it is set.",
                hint=f"Set {variable} for the router and send it as a Bearer token.",
            )

    def _from_here(self, request: web.BaseRequest) -> bool:
        """Whether a client is on this machine, and speaks for itself."""
        return is_loopback(request.remote or "") and not any(name in request.headers for name in _FORWARDED)

    def _check_host(self, request: web.BaseRequest) -> None:
        host = request.headers.get("Host", "")
        if host in self._known:
            return
        name = host_name(host)
        if not (name in self._allowed or is_loopback(name) or _is_address(name) or not name):
            raise RouterError(
                "forbidden",
                f"The host name {name[:80]!r} is not one that this router answers to.",
                hint="Call it by its address or as localhost, or add the name to allowed_hosts.",
            )
        if len(self._known) >= _KNOWN_HOSTS:
            self._known.clear()
        self._known.add(host)

    def _check_origin(self, request: web.BaseRequest) -> None:
        """Refuse web pages from elsewhere; programs that are no web page (``app://…``) send other schemes."""
        origin = request.headers.get("Origin")
        if origin is None or self._is_own(origin, request):
            return
        raise RouterError(
            "forbidden",
            f"A web page at {origin[:80]!r} may not command this router.",
            hint="Add the page's host name to allowed_hosts if it is yours.",
        )

    def _is_own(self, origin: str, request: web.BaseRequest) -> bool:
        try:
            parts = urlsplit(origin)
        except ValueError:
            return False
        admin = request.path.startswith("/admin")
        if parts.scheme not in ("http", "https"):
            return not admin and origin != "null"
        same = parts.netloc.lower() == request.headers.get("Host", "").lower()
        local_page = not admin and is_loopback(host_name(parts.netloc))
        return same or local_page or (parts.hostname or "") in self._allowed

    def _whose(self, request: web.BaseRequest) -> Caller:
        given = _presented(request)
        found: Caller | None = None
        for sent in given:
            for known, caller in self._callers:  # all of them, whichever it is
                if hmac.compare_digest(known, sent):
                    found = caller
        if found is None:
            raise _no_key(given, "an API key")
        return found

    def _check_key(self, request: web.BaseRequest, keys: tuple[bytes, ...], what: str) -> None:
        given = _presented(request)
        matches = [hmac.compare_digest(known, sent) for sent in given for known in keys]
        if not any(matches):
            raise _no_key(given, what)


def _presented(request: web.BaseRequest) -> list[bytes]:
    """The hashes of the keys that came: one in either header. Anthropic's clients send both where they know two, one of
    which may be for somebody else, so either may be the right one; ``x-api-key``, the last, is the one that counts
    where both are right, as at Anthropic."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    bearer = token.strip() if scheme.lower() == "bearer" else ""
    named = request.headers.get("x-api-key", "")
    return [digest(key.encode("utf-8", "surrogateescape")) for key in (bearer, named) if key]


def _no_key(given: Sequence[bytes], what: str) -> RouterError:
    found = "The key that was sent is not valid" if given else f"This router wants {what}"
    return RouterError("unauthorized", f"{found}.", hint=f"Send {what} as 'Authorization: Bearer …'.")


def visible(request: web.BaseRequest, models: Sequence[ModelView]) -> Sequence[ModelView]:
    """Those of the models that whoever asks may ask for."""
    caller = request.get(CALLER)
    if caller is None or not caller.models:
        return models
    return [model for model in models if permits(caller.models, model)]


def host_name(host: str) -> str:
    """The name in a ``Host`` header, lower case, without port and brackets."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    name, colon, _ = host.rpartition(":")
    return (name if colon else host).lower().rstrip(".")


def is_loopback(name: str) -> bool:
    """Whether a name or address always means this machine (RFC 6761 for ``localhost`` and names under it)."""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ip_address(name.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return address.is_loopback or (mapped is not None and mapped.is_loopback)


def _is_address(name: str) -> bool:
    try:
        ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return True
