"""What the screen may ask about the machine around it: who serves on a port of ours, which port is free.

HTTP is imported when it is asked for: a router whose port is free never needs it here.
"""

import socket

from llmrouter_tui.core.ports.host import Host

ANSWER_SECONDS = 1.0
TRIED = 50
"""Ports looked at for a free one."""
_EVERYWHERE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}


class Nearby:
    """``tui.taken_port.Nearby``. ``key`` opens the other router's admin API if it asks for one."""

    def __init__(self, key: str, *, readonly: bool) -> None:
        self._key, self._readonly = key, readonly

    def look(self, host: str, port: int) -> tuple[str, int]:
        url = url_of(host, port)
        return (url if answers(url) else ""), free_port(host, port)

    def watch(self, url: str) -> Host:
        from llmrouter_tui.remote.host import RemoteHost

        return RemoteHost(url, key=self._key, readonly=self._readonly)


def url_of(host: str, port: int) -> str:
    """Where a router that serves on ``host`` is asked from this machine."""
    there = _EVERYWHERE.get(host, host)
    return f"http://{f'[{there}]' if ':' in there else there}:{port}"


def answers(url: str) -> bool:
    """Whether a router of ours serves there. Blocks for a second at most."""
    import httpx

    try:
        health = httpx.get(f"{url}/health", timeout=ANSWER_SECONDS, trust_env=False).json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        return False
    return isinstance(health, dict) and "version" in health


def free_port(host: str, above: int) -> int:
    """The first port above this one that can be opened on ``host``; 0 if none of the next ``TRIED`` can."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for port in range(above + 1, min(above + TRIED, 65_535) + 1):
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
        return port
    return 0
