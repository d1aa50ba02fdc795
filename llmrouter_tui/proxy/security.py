"""Who may come in: keys, loopback, and what a browser may do on behalf of a web page."""

import hmac
from ipaddress import ip_address
from urllib.parse import urlsplit

from aiohttp import web

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.proxy.options import ProxyOptions

_KNOWN_HOSTS = 64
_FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-IP")


class Guard:
    """Checks for each kind of path; each returns or raises ``RouterError``.

    A web page can make its visitor's browser call any address. Three things stop it: the ``Host`` header must name
    this machine (else a name of the page's own was pointed here: DNS rebinding), a foreign ``Origin`` may change
    nothing, and no answer carries CORS headers.
    """

    def __init__(self, options: ProxyOptions) -> None:
        self._api_keys = tuple(key.encode() for key in options.api_keys if key)
        self._admin_key = options.admin_key.encode()
        self._allowed = frozenset(name.lower().rstrip(".") for name in options.allowed_hosts)
        self._known: set[str] = set()
        self._loopback = True

    def bind(self, host: str) -> None:
        """Learn which address is served: names are only guarded on loopback, where no other name is right."""
        self._loopback = is_loopback(host)

    def public(self, request: web.BaseRequest) -> None:
        if self._loopback:
            self._check_host(request)

    def api(self, request: web.BaseRequest) -> None:
        if self._loopback:
            self._check_host(request)
        if self._api_keys:
            self._check_key(request, self._api_keys, "an API key")
        elif request.method == "POST":
            self._check_origin(request)

    def admin(self, request: web.BaseRequest) -> None:
        self._check_origin(request)
        if self._admin_key:
            self.public(request)
            self._check_key(request, (self._admin_key,), "the admin key")
            return
        self._check_host(request)
        forwarded = any(name in request.headers for name in _FORWARDED)
        if forwarded or not is_loopback(request.remote or ""):
            raise RouterError(
                "forbidden",
                "The admin API answers only clients on this machine while no admin key is set.",
                hint="Set ROUTER_ADMIN_API_KEY for the router and send it as a Bearer token.",
            )

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

    def _check_key(self, request: web.BaseRequest, keys: tuple[bytes, ...], what: str) -> None:
        given = _presented(request)
        matches = [hmac.compare_digest(key, given) for key in keys]
        if any(matches):
            return
        found = "The key that was sent is not valid" if given else f"This router wants {what}"
        raise RouterError("unauthorized", f"{found}.", hint=f"Send {what} as 'Authorization: Bearer …'.")


def _presented(request: web.BaseRequest) -> bytes:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    given = token.strip() if scheme.lower() == "bearer" else request.headers.get("x-api-key", "")
    return given.encode("utf-8", "surrogateescape")


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
