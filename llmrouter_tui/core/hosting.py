"""Where a model runs (in this machine's memory, on another machine of the user's, or at a provider) and why one that
runs elsewhere is withheld. Pure."""

import ipaddress
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from llmrouter_tui.core.domain import ModelInfo

_OWN_NAMES: Final = (".local", ".lan", ".home", ".home.arpa", ".internal", ".localdomain", ".intranet", ".ts.net")
"""Ends of names that only a network of one's own knows: mDNS, routers, RFC 8375, ICANN's ``.internal``, Tailscale."""
_SHARED: Final = ipaddress.ip_network("100.64.0.0/10")
"""Addresses of private overlays such as Tailscale (RFC 6598)."""

LOCAL_ONLY: Final = "local_only is on"
_UNNAMED: Final = "nobody named its server"
_UNKNOWN: Final = "its price is unknown"


def _host(url: str) -> str:
    return (urlsplit(url if "://" in url else f"http://{url}").hostname or "").lower().rstrip(".")


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def is_local(url: str) -> bool:
    """Whether an address is this machine's own, so that what runs there is in its memory."""
    host = _host(url)
    if host in ("localhost", "host.docker.internal") or host.endswith(".localhost"):
        return True
    address = _address(host)
    return address is not None and address.is_loopback


def is_hosted(url: str) -> bool:
    """Whether an address is out in the world: neither this machine's nor one of a private network. A name with dots
    that is none of a private network's counts as a provider's: names are not looked up."""
    if is_local(url):
        return False
    host = _host(url)
    if (address := _address(host)) is not None:
        mine = address.is_private or address.is_link_local
        return not (mine or (address.version == 4 and address in _SHARED))
    return "." in host and not host.endswith(_OWN_NAMES)


@dataclass(frozen=True, slots=True)
class Policy:
    """What may leave this machine."""

    local_only: bool = False
    budgets: str = ""
    """The budgets that are set, in words: ``$2.00 a day``; empty for none."""
    spent: str = ""
    """Which budget is spent, in words; empty for none."""


def withheld(info: ModelInfo, policy: Policy, *, configured: bool = True) -> str:
    """Why a model is not to be asked, in words; empty where it may be. ``configured``: the user named its server."""
    if policy.local_only and not info.local:
        return f"{'hosted' if info.hosted else 'on another machine'}: {LOCAL_ONLY}"
    if info.hosted and not configured:
        return f"hosted: {_UNNAMED}"
    if not policy.budgets:
        return ""
    if info.price_in is None and info.price_out is None:
        return f"hosted: {_UNKNOWN}, and the budget is {policy.budgets}" if info.hosted else ""
    return policy.spent if info.price_in or info.price_out else ""


def remedy(reason: str) -> str:
    """What to do about a reason of ``withheld``, for people."""
    if LOCAL_ONLY in reason:
        return "Switch local_only off (H on screen, or the setting), or name a model that runs on this machine."
    if _UNNAMED in reason:
        return "Add its server by its address (A on screen), or under [[backends]]: then it counts as meant."
    if _UNKNOWN in reason:
        return "Give price_in and price_out of its backend under [[backends]], or name a model of known price."
    return "Raise budget_day or budget_month, wait until they begin anew, or name a model that costs nothing."
