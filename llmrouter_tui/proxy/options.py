"""What the proxy is told when it is built."""

from collections.abc import Callable
from dataclasses import dataclass, field

from llmrouter_tui.core.keys import ApiKey
from llmrouter_tui.core.limiting import Limit


@dataclass(frozen=True, slots=True)
class ProxyOptions:
    """Frozen settings of the HTTP door. Keys are secrets: they are compared, never logged or shown."""

    version: str = ""
    router_id: str = ""
    """Told to routers before and behind this one (``core.hops``)."""
    max_body: int = 32 << 20
    """Bytes of the largest request body."""
    max_prompt_chars: int = 0
    """Characters of all messages of a request together; 0: any number."""
    max_image: int = 20 << 20
    """Bytes of the largest image in a request."""
    allow_image_urls: bool = False
    """Whether requests may name images by web address, which model servers then fetch."""
    api_keys: tuple[str, ...] = field(default=(), repr=False)
    """Keys of clients without a name; with no key at all everyone comes in who can reach the port."""
    named_keys: tuple[ApiKey, ...] = ()
    """Keys with names, for the start; ``ProxyServer.use_keys`` changes them."""
    admin_key: str = field(default="", repr=False)
    """Key for ``/admin``; empty lets loopback clients in and nobody else."""
    metrics_key: str = field(default="", repr=False)
    """Key for ``/metrics`` besides the admin key; without either loopback clients come in and nobody else."""
    demo_key: str = field(default="", repr=False)
    """What the demo's own traffic sends: it is let in beside the keys above, and nobody is asked for one because of
    it."""
    insecure: bool = False
    """Whether clients of other machines may ask although there is no key."""
    limit: Limit = Limit()
    """What each key may do that has no limit of its own, or each address where there are no keys."""
    max_exchanges: int = 512
    """Exchanges of all clients that are answered or wait at the same time."""
    allowed_hosts: tuple[str, ...] = ()
    """Host names, besides loopback names and addresses, by which a browser may call this router."""
    signature: Callable[[str], str] | None = None
    """Makes the line that is put under an answer from the id of its model; None for no signature."""
    early: float = 1.0
    """Seconds after which a stream gets its headers although its model is not ready."""
    keepalive: float = 5.0
    """Seconds between comments while a stream waits for its model."""
    silent: float = 30.0
    """Seconds after which a connection is closed on which nothing was asked yet; it may be twice as long."""
    heartbeat: float = 10.0
    """Seconds between comments on an idle event stream."""
    grace: float = 2.0
    """Seconds that answers under way get to finish when the server stops."""
