"""Routers behind routers: through which ones a request came, so that none of them is asked twice.

Every router has an id, another one after each start, and sends it on with a client's request, together with the ids
that came with it. One that finds its own id there would go round for ever, and refuses. Providers are told none of it.
"""

import re
from contextvars import ContextVar
from typing import Final

from llmrouter_tui.core.errors import RouterError

HEADER: Final = "X-Router-Hops"
MOST: Final = 8
"""Routers that a request may have come through."""
_ID: Final = re.compile(r"[A-Za-z0-9-]{1,64}")

PASSED: ContextVar[tuple[str, ...]] = ContextVar("PASSED", default=())
"""Through which routers the request came that is answered in this context, this one first: set by its door, read where
models are asked, and in every task that is begun for it. What the router asks on its own account came through none."""


def arrived(told: str, own: str) -> tuple[str, ...]:
    """The routers that a request came through, as its header tells. Raises ``routing_loop`` where this one, ``own``,
    is among them, and where they are too many."""
    hops = tuple(dict.fromkeys(hop for part in told.split(",") if _ID.fullmatch(hop := part.strip())))
    if own and own in hops:
        raise RouterError(
            "routing_loop",
            "This request came through this router before: its backends lead back to it.",
            hint="Take the router that leads back here out of the backends of one of the two.",
        )
    if len(hops) > MOST:
        raise RouterError(
            "routing_loop",
            f"This request came through {len(hops)} routers, and {MOST} is the most.",
            hint="Name the model's own server as a backend.",
        )
    return hops
