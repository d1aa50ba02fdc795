"""Memory pools and who holds them, as the Dash and VRAM tell it: labels, bars, what each model does. Pure.

All facts are the engine's (``core.vram``); here they only become words and bars.
"""

from collections.abc import Callable, Sequence

from llmrouter_tui.core.domain import HOST_POOL, Device
from llmrouter_tui.core.vram import Holder, PoolView, VramView
from llmrouter_tui.tui import text
from llmrouter_tui.tui.state import Store
from llmrouter_tui.tui.text import Line, Look
from llmrouter_tui.tui.widgets import chart

SMALLEST = 64 * 1024**2
"""Bytes of other programs that are worth a word."""
GUESSED = "GPU guessed"
"""Of a model whose server picks the GPU while nothing shows which."""
WHERE = 5
"""Cells of a column that says where a model lies."""
MAKERS = ("NVIDIA GeForce ", "NVIDIA ", "GeForce ", "AMD Radeon ", "AMD ", "Apple ")


def pools(view: VramView) -> list[PoolView]:
    """Pools worth showing: GPUs, and the host's RAM where there is no GPU or a model lives in it."""
    gpus = has_gpu(view)
    return [pool for pool in view.pools if pool.device.pool != HOST_POOL or not gpus or tenants(pool)]


def has_gpu(view: VramView) -> bool:
    """Whether any pool is a GPU."""
    return any(pool.device.pool != HOST_POOL for pool in view.pools)


def tenants(pool: PoolView) -> list[Holder]:
    """The models in a pool, the largest first."""
    return [holder for holder in pool.holders if holder.models]


def loaded_text(view: VramView) -> str:
    """``3 models loaded``; names of the same weights are one, and so are the parts of one in several pools."""
    count = len({holder.models for pool in view.pools for holder in tenants(pool)})
    return f"{count} model{'s' if count != 1 else ''} loaded"


# ── a pool ────────────────────────────────────────────────────────────────────────────────────────────────────────


def place_name(pool: str) -> str:
    """``GPU0``, or ``RAM`` for the host."""
    return "RAM" if pool == HOST_POOL else pool.upper()


def places(parts: Sequence[tuple[str, int]], pool: str) -> str:
    """Where a model would lie: ``GPU1``; over several, how many they are."""
    return f"{len(parts)}GPUs" if len(parts) > 1 else place_name(pool)


def laid_out(parts: Sequence[tuple[str, int]], spilled: int) -> str:
    """``22.0G on GPU0, 11.3G on GPU1, 8.7G in RAM``: how much of a model lies where."""
    said = [f"{text.size(size)} on {place_name(name)}" for name, size in parts]
    return ", ".join([*said, *([f"{text.size(spilled)} in RAM"] if spilled else [])])


def device_name(device: Device, cells: int) -> str:
    """The device's name without its maker."""
    name = text.tame(device.name)
    for maker in MAKERS:
        name = name.removeprefix(maker)
    return text.clip(name, cells) if name != place_name(device.pool) else ""


def used_text(device: Device) -> str:
    """``19.8/24.0G``"""
    return f"{text.gib(device.used)}/{text.gib(device.total)}G"


def busy_label(device: Device) -> str:
    """What is busy there: the GPU, or the processor beside RAM."""
    return "CPU" if device.pool == HOST_POOL else "util"


def parts(pool: PoolView) -> list[tuple[float, str]]:
    """Bytes and role of each model, and of what no model here accounts for. Of one that loads or goes, only what is
    there now."""
    models = tenants(pool)
    whole = sum(holder.bytes for holder in models if holder.state == "resident")
    found: list[tuple[float, str]] = []
    for index, holder in enumerate(models):
        there = holder.bytes if holder.state == "resident" else max(0, min(holder.bytes, pool.device.used - whole))
        found.append((float(there), fill_role(index)))
    return [*found, (float(pool.other), "other")]


def bar(pool: PoolView, cells: int, look: Look) -> Line:
    """Models by size, then other programs, then what is free, and the line that models do not pass."""
    device = pool.device
    most = pool.budget / device.total if pool.budget and device.total else 1.0
    return chart.meter(parts(pool), device.total, cells, look.symbols, most)


def fill_role(index: int) -> str:
    """The role of the n-th model in a memory bar."""
    return f"fill{index % 4}"


def fill(holder: Holder, index: int, look: Look) -> str:
    """The pattern that a model has in the bar; ``?`` where its size is not told."""
    return look.symbols.fills[index % len(look.symbols.fills)] if holder.bytes else "?"


# ── a holder ──────────────────────────────────────────────────────────────────────────────────────────────────────


def names(ids: Sequence[str], name: Callable[[str], str]) -> str:
    """``qwen3:8b = assistant``: all names of the same weights, as ``name`` calls each."""
    return " = ".join(name(id_) for id_ in ids)


def named(said: str, store: Store) -> str:
    """Words of the router, each model id in them as the screen calls that model."""
    return " ".join(_called(word, store) for word in text.tame(said).split())


def _called(word: str, store: Store) -> str:
    bare = word.strip(".,:;()")
    return word.replace(bare, store.name(bare)) if bare in store.models else word


def size_text(holder: Holder) -> str:
    """``14.1G``, ``~5.1G`` for an estimate, ``?`` where it is not told."""
    if not holder.bytes:
        return "?"
    return f"{'~' if holder.source == 'estimated' else ''}{text.size(holder.bytes)}"


def idle(holder: Holder, view: VramView, now: float) -> float | None:
    """Seconds since its last answer, now."""
    return None if holder.idle_seconds is None else holder.idle_seconds + max(0.0, now - view.at)


def doing(holder: Holder, idle_seconds: float | None, *, brief: bool = False) -> str:
    """``busy, 2 answers, 1 waits``, ``leaving, 2 answers``, ``warm 4s``, ``idle 4m``, ``loading``; ``brief`` leaves
    counts and seconds out."""
    if holder.leases and holder.state == "unloading":
        said = "leaving" if brief else f"leaving, {counted(holder.leases, 'answer')}"
    elif holder.leases:
        said = "busy" if brief else f"busy, {counted(holder.leases, 'answer')}"
    elif holder.state in ("loading", "unloading"):
        said = holder.state
    elif idle_seconds is None:
        said = "idle" if brief else "not used yet"
    elif idle_seconds < 60:
        said = "warm" if brief else f"warm {text.ago(idle_seconds)}"
    else:
        said = f"idle {text.ago(idle_seconds)}"
    return said if brief or not holder.waiting else f"{said}, {waits(holder.waiting)}"


def of_context(size: int, context: str, cache: int | None) -> str:
    """``1.6G of that for 32k of context``, or ``32k of context`` where its bytes are not told, or are few."""
    if cache is None or not context or not SMALLEST <= cache < size:
        return f"{context} of context" if context else ""
    return f"{text.size(cache)} of that for {context} of context"


def counted(number: int, what: str) -> str:
    """``1 answer``, ``3 answers``."""
    return f"{number} {what}{'s' if number != 1 else ''}"


def waits(number: int) -> str:
    """``1 waits``, ``3 wait``."""
    return f"{number} wait{'s' if number == 1 else ''}"


def turns(pool: PoolView) -> dict[tuple[str, ...], str]:
    """By names: ``first to go`` where room is needed in this pool, ``2nd to go``; without those that may not leave."""
    inside = [holder for holder in tenants(pool) if holder.state == "resident"]
    ranked = sorted((holder.rank, holder.models) for holder in inside if holder.rank is not None)
    return {models: f"{ordinal(place)} to go" for place, (_, models) in enumerate(ranked, 1)}


def ordinal(place: int) -> str:
    """``first``, ``2nd``, ``11th``."""
    if place == 1:
        return "first"
    ends = {1: "st", 2: "nd", 3: "rd"} if place % 100 not in (11, 12, 13) else {}
    return f"{place}{ends.get(place % 10, 'th')}"
