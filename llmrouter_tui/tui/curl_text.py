"""A request as a line for the shell that can be pasted as it is. Pure."""

import json
import shlex

from llmrouter_tui.core.decision import Exchange

KEY = '"Authorization: Bearer $ROUTER_API_KEY"'
"""The shell puts the key in; where none is needed it may be empty."""


def curl(exchange: Exchange, url: str) -> str:
    """The prompt, as far as it is kept, asked again of what the client asked; ``url`` ends with ``/v1``."""
    body: dict[str, object] = {
        "model": exchange.requested,
        "messages": [{"role": "user", "content": exchange.prompt.encode("utf-8", "replace").decode()}],
    }
    if exchange.stream:
        body["stream"] = True
    given = shlex.quote(json.dumps(body, ensure_ascii=False))
    stream = " -N" if exchange.stream else ""
    address = shlex.quote(f"{url}/chat/completions")
    return f"curl{stream} {address} -H {KEY} -H 'Content-Type: application/json' -d {given}"


def reachable(url: str) -> str:
    """An address that listens everywhere, as this machine reaches it."""
    for everywhere in ("//0.0.0.0:", "//[::]:", "//:::"):
        url = url.replace(everywhere, "//127.0.0.1:", 1)
    return url
