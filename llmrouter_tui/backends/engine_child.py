"""The process that holds one model of the embedded engine: ``python -m llmrouter_tui.backends.engine_child``.

It reads one JSON line from standard input (what to load), prints one JSON line when it serves (its port and devices)
or when it cannot (``error``), and then lives until standard input ends. That end comes with ``unload`` or with the
parent's death, however it died, so no engine outlives the router. Only what this file needs is imported: it starts
as often as a model is loaded.
"""

import contextlib
import ctypes
import json
import os
import select
import signal
import sys
import threading
from dataclasses import asdict, dataclass
from typing import Any, Final

NICE: Final = 5
"""Below the router: while a model computes on the CPU, the proxy and the screen must still get their turn."""
PR_SET_PDEATHSIG: Final = 1


@dataclass(frozen=True, slots=True)
class Order:
    """What the child is to load. ``context`` is in tokens per request; ``slots`` requests run at once."""

    model: str
    alias: str
    context: int
    slots: int
    threads: int
    key: str
    """Every request must carry it, so that no other user of this machine can use the engine."""
    projector: str = ""
    embedding: bool = False
    gpus: str = ""
    """UUIDs of the NVIDIA GPUs to use, with commas; empty for all."""


def main() -> None:
    """Load what the order says and serve it until the parent is gone."""
    answers = _private_stdout()
    line = sys.stdin.buffer.readline()
    if not line:
        return
    follow_parent()
    order = None if line.strip() == b"null" else Order(**json.loads(line))
    try:
        answer, server = (describe_build(), None) if order is None else start(order)
    except Exception as error:
        answer, server = {"error": f"{error}"}, None
    answers.write(json.dumps(answer) + "\n")
    answers.flush()
    if server is not None:
        threading.Event().wait()


def _private_stdout() -> Any:
    """Keep standard output for our one line; whatever the engine prints there joins its log on standard error."""
    sys.stdout.flush()
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return answers


# ── never outlive the parent ──────────────────────────────────────────────────────────────────────────────────


def follow_parent() -> None:
    """End this process when the parent's end of standard input closes, even while the engine loads.

    A thread sees the end of the pipe, but the engine holds Python's lock while it loads: on Linux the kernel
    kills us besides, and on other POSIX systems a small helper process does.
    """
    with contextlib.suppress(OSError, ValueError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    elif os.name == "posix":
        guard_by_process()
    threading.Thread(target=_until_stdin_ends, daemon=True).start()


def _until_stdin_ends() -> None:
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            pass
    os._exit(0)


def guard_by_process() -> None:
    """Fork a helper that kills this process when standard input ends, and ends itself when this process does."""
    ours, its = os.pipe()
    engine = os.getpid()
    if os.fork():
        os.close(ours)
        return
    os.close(its)
    # The helper may hold no end of the answer or log pipes: the parent waits for those to close.
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 1)
    os.dup2(null, 2)
    os.closerange(3, ours)
    os.closerange(ours + 1, 64)
    while True:
        ready, _, _ = select.select([0, ours], [], [])
        if ours in ready:
            os._exit(0)
        if not os.read(0, 4096):
            os.kill(engine, signal.SIGKILL)
            os._exit(0)


# ── the engine ────────────────────────────────────────────────────────────────────────────────────────────────


def start(order: Order) -> tuple[dict[str, Any], object]:
    """Load the model and serve it; the ready line and the server, which lives as long as it is referenced.

    ``device_bytes`` is what the GPUs have less than before the load; 0 where the build uses none.
    """
    if order.gpus:
        os.environ["CUDA_VISIBLE_DEVICES"] = order.gpus  # read when the driver is first used
    import xllamacpp

    if hasattr(os, "nice"):
        os.nice(NICE)
    before = _devices(xllamacpp)
    server = xllamacpp.Server(_params(xllamacpp, order))
    after = _devices(xllamacpp)
    taken = sum(max(0, one["free"] - two["free"]) for one, two in zip(before, after, strict=False))
    address = str(server.listening_address)
    answer = {"port": int(address.rsplit(":", 1)[1]), "device_bytes": taken, "devices": after}
    return answer, server


def _params(xllamacpp: Any, order: Order) -> Any:
    params = xllamacpp.CommonParams()
    params.model.path = order.model
    params.model_alias = {order.alias}
    params.mmproj.path = order.projector
    params.n_ctx = order.context * order.slots
    params.n_parallel = order.slots
    params.ctx_shift = False
    params.n_gpu_layers = -1  # as many as fit
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = order.threads
    params.cache_ram_mib = 0  # by default it may grow to 8 GiB, and a footprint must stay what it was measured to be
    params.cache_idle_slots = False
    params.embedding = order.embedding
    if order.embedding:
        params.n_batch = params.n_ubatch = max(2048, order.context)  # an input must fit in one batch to be pooled
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [order.key]
    params.endpoint_slots = False
    params.ui = False
    params.use_jinja = True
    params.verbosity = 2  # warnings and errors
    return params


def describe_build() -> dict[str, Any]:
    """The engine's version and the GPUs that this build can use."""
    import xllamacpp

    return {"version": str(xllamacpp.__version__), "devices": _devices(xllamacpp)}


def _devices(xllamacpp: Any) -> list[dict[str, Any]]:
    """GPUs with their memory in bytes; empty for a build without GPU support or a machine without one."""
    return [
        {"name": info["name"], "description": info["description"], "free": info["memory_free"]}
        for info in xllamacpp.get_device_info()
        if info["type"].name.endswith(("_GPU", "_IGPU"))
    ]


def order_line(order: Order | None) -> bytes:
    """The line that a child reads: an order, or None to be told of the build only."""
    return json.dumps(None if order is None else asdict(order)).encode() + b"\n"


if __name__ == "__main__":
    main()
