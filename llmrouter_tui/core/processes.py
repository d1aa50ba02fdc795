"""Whose GPU memory is it? From processes that a driver shows to the backends that they belong to."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from llmrouter_tui.core.domain import Device, Process

NAMES: Mapping[str, tuple[str, ...]] = {
    "ollama": ("ollama",),
    "llamacpp": ("llama-server", "llama-swap"),
    "openai": ("vllm", "sglang", "lm studio", "lm-studio", "lmstudio", "llmster", "tabbyapi", "koboldcpp", "localai"),
}
"""How the programs of a kind of backend are called, in small letters, at the start of their processes' names (vLLM's
are ``VLLM::EngineCore`` and the like). Asked only where the system does not tell who listens on the backend's port,
as for a server that another user runs: on Linux that is the usual installation of Ollama."""

LOCAL = ("localhost", "0.0.0.0", "::1", "::")


@dataclass(frozen=True, slots=True)
class Claim:
    """What is known of the processes of one owner: of a backend, or of one model of a backend."""

    owner: str
    pids: tuple[int, ...] = ()
    """Processes that are certainly its own; their children are too."""
    port: int | None = None
    """Where it listens on this machine."""
    names: tuple[str, ...] = ()
    """What its processes' names begin with, in small letters."""


@dataclass(frozen=True, slots=True)
class Share:
    """Memory of one owner in one pool."""

    bytes: int = 0
    pids: tuple[int, ...] = ()
    """Largest first."""


def claim(backend: str, kind: str, url: str, pids: Sequence[int] = ()) -> Claim | None:
    """What is known of a backend's processes; None for one on another machine, which has none here."""
    port = local_port(url)
    if port is None and not pids:
        return None
    return Claim(backend, tuple(pids), port, NAMES.get(kind, ()) if port is not None else ())


def local_port(url: str) -> int | None:
    """The port of an address on this machine; None for any other address, and for none."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return None
    if host not in LOCAL and not host.startswith("127."):
        return None
    return port or (443 if parts.scheme == "https" else 80)


def shares(device: Device, claims: Sequence[Claim]) -> dict[str, Share]:
    """The memory of each owner in a pool, and under ``""`` that of processes that are nobody's.

    A process belongs to the owner of its nearest ancestor (itself first) that is a claimed pid or listens on a claimed
    port. An owner that gets nothing so gets the rest of the processes with its names, if no other such owner has those
    names too: two that cannot be told apart get neither. What no process is shown for (the driver's own memory) is in
    no share.
    """
    known = {process.pid: process for process in device.lineage}
    by_pid = {pid: claim.owner for claim in claims for pid in claim.pids}
    by_port = {claim.port: claim.owner for claim in claims if claim.port is not None}
    owners = {pid: _descent(pid, known, by_pid, by_port) for pid, _ in device.processes}
    unmet = [claim for claim in claims if claim.names and claim.owner not in owners.values()]
    found: dict[str, Share] = {}
    for pid, size in sorted(device.processes, key=lambda one: (-one[1], one[0])):
        owner = owners[pid] or _namesake(pid, known, unmet)
        so_far = found.get(owner, Share())
        found[owner] = Share(so_far.bytes + size, (*so_far.pids, pid))
    return found


def strangers(device: Device, mine: Collection[int]) -> tuple[tuple[str, int], ...]:
    """(name, bytes) of the processes in a pool that are not ``mine``, those of one name together, the largest first;
    ``pid 812`` where the system does not tell the name."""
    names = {process.pid: process.name for process in device.lineage}
    held: dict[str, int] = {}
    for pid, size in device.processes:
        if pid not in mine and size:
            name = names.get(pid) or f"pid {pid}"
            held[name] = held.get(name, 0) + size
    return tuple(sorted(held.items(), key=lambda one: (-one[1], one[0])))


def _descent(pid: int, known: Mapping[int, Process], by_pid: Mapping[int, str], by_port: Mapping[int, str]) -> str:
    if pid in by_pid:
        return by_pid[pid]
    for process in _ancestors(pid, known):
        if process.pid in by_pid:
            return by_pid[process.pid]
        for port in process.ports:
            if port in by_port:
                return by_port[port]
    return ""


def _namesake(pid: int, known: Mapping[int, Process], claims: Sequence[Claim]) -> str:
    """The only owner with a name of the process or of its nearest named ancestor."""
    for process in _ancestors(pid, known):
        name = process.name.lower()
        owners = {claim.owner for claim in claims if name.startswith(claim.names)}
        if owners:
            return owners.pop() if len(owners) == 1 else ""
    return ""


def _ancestors(pid: int, known: Mapping[int, Process]) -> Iterator[Process]:
    """The process itself, its parent and so on, as far as known. Ends also where reused pids make a circle."""
    seen: set[int] = set()
    while pid in known and pid not in seen:
        seen.add(pid)
        yield known[pid]
        pid = known[pid].parent
