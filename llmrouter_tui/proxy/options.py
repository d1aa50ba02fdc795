"""What the proxy is told when it is built."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProxyOptions:
    """Frozen settings of the HTTP door. Keys are secrets: they are compared, never logged or shown."""

    version: str = ""
    max_body: int = 32 << 20
    """Bytes of the largest request body."""
    api_keys: tuple[str, ...] = ()
    """Keys for ``/v1``; empty lets everyone in who can reach the port."""
    admin_key: str = ""
    """Key for ``/admin``; empty lets loopback clients in and nobody else."""
    allowed_hosts: tuple[str, ...] = ()
    """Host names, besides loopback names and addresses, by which a browser may call this router."""
    signature: Callable[[str], str] | None = None
    """Makes the line that is put under an answer from the id of its model; None for no signature."""
    early: float = 1.0
    """Seconds after which a stream gets its headers although its model is not ready."""
    keepalive: float = 5.0
    """Seconds between comments while a stream waits for its model."""
    heartbeat: float = 10.0
    """Seconds between comments on an idle event stream."""
    grace: float = 2.0
    """Seconds that answers under way get to finish when the server stops."""
