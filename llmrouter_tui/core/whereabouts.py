"""On which GPUs a model lies whose server picks them by itself and tells nobody: from what can be seen. Pure.

What a server's processes hold of each GPU says it best, where the driver shows them; else what each GPU has more in use
than before the load; else it is a guess, and called so.
"""

from collections.abc import Iterable, Mapping
from typing import Literal

Whence = Literal["", "told", "processes", "growth", "guess"]
"""How it is known: the server was told, by its processes' memory, by what the GPUs had more in use after the load, or
it is only assumed. Empty where there is no choice."""
Shares = tuple[tuple[str, float], ...]
"""By pool the share of a model's memory that is there, in the order of the pools; 1 together."""

LEAST, MOST = 0.5, 2.0
"""Memory this far from what a model was thought to take is not its own."""
CRUMB = 1 / 16
"""A smaller part than this of a model is none: a driver's context on a GPU that holds no layer."""
SMALLEST = 64 * 1024**2
"""Where nothing was expected, so many bytes must have gone."""


def shared(sizes: Mapping[str, int]) -> Shares:
    """Shares by bytes, without crumbs."""
    total = sum(size for size in sizes.values() if size > 0)
    parts = {pool: size for pool, size in sizes.items() if size > CRUMB * total}
    whole = sum(parts.values())
    return tuple((pool, size / whole) for pool, size in parts.items()) if whole > 0 else ()


def by_growth(grown: Mapping[str, int], expected: int | None) -> Shares:
    """From what each GPU has more in use than before; nothing where that is not about what was expected."""
    more = {pool: size for pool, size in grown.items() if size > 0}
    total = sum(more.values())
    likely = total >= SMALLEST if expected is None else LEAST * expected <= total <= MOST * expected
    return shared(more) if likely else ()


def by_processes(sizes: Mapping[str, int], processes: Iterable[Mapping[str, int]]) -> dict[str, Shares]:
    """Models of one server and its processes' memory by pool: each model has a process of its own, told apart by size.
    The closest pair first; a process that is nobody's size is nobody's. One model has all the processes."""
    known = [dict(process) for process in processes]
    if len(sizes) == 1 and known:
        pools = dict.fromkeys(pool for process in known for pool in process)
        found = shared({pool: sum(process.get(pool, 0) for process in known) for pool in pools})
        return dict.fromkeys(sizes, found) if found else {}
    pairs = sorted(
        (max(size, whole) / min(size, whole), model, at)
        for model, size in sizes.items()
        for at, process in enumerate(known)
        if size > 0 and (whole := sum(process.values())) > 0 and LEAST * size <= whole <= MOST * size
    )
    placed: dict[str, Shares] = {}
    taken: set[int] = set()
    for _, model, at in pairs:
        if model not in placed and at not in taken:
            placed[model] = shared(known[at])
            taken.add(at)
    return placed


def by_use(sizes: Mapping[str, int], unexplained: Mapping[str, int], *, over_all: bool) -> dict[str, Shares]:
    """A guess: each model, the largest first, is where most is in use that no other accounts for; over all GPUs in
    proportion to that where its server does so."""
    left = dict(unexplained)
    placed: dict[str, Shares] = {}
    for model, size in sorted(sizes.items(), key=lambda one: (-one[1], one[0])):
        if not left:
            break
        if over_all:
            placed[model] = shared(left) or tuple((pool, 1 / len(left)) for pool in left)
        else:
            most = max(left, key=lambda pool: left[pool])
            left[most] -= size
            placed[model] = ((most, 1.0),)
    return placed


def divided(size: int, shares: Shares) -> tuple[tuple[str, int], ...]:
    """Bytes by pool, which are ``size`` together: nothing is lost to rounding."""
    parts: list[tuple[str, int]] = []
    left, rest = size, sum(share for _, share in shares)
    for pool, share in shares:
        part = left if share >= rest else int(left * share / rest)
        left, rest = left - part, rest - share
        parts.append((pool, part))
    if parts and left:
        parts[-1] = (parts[-1][0], parts[-1][1] + left)
    return tuple(parts)
