"""Two minutes of a steady stream of requests before servers that fail in every way. Thirty: see ``soak_faults``."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.soak_faults import Figures, soak

SECONDS = 120.0


@pytest.mark.slow
async def test_nothing_leaks_nothing_hangs_and_every_request_has_one_row(tmp_path: Path) -> None:
    figures = await soak(tmp_path, SECONDS)
    print(figures.told())
    assert (figures.lost, figures.doubled) == ([], [])
    assert (figures.hung, figures.leases) == (0, 0)
    assert {fate.outcome for fate in figures.fates} == {"answered", "failed", "left"}
    assert figures.growth < 0.10


def grown(shape: Callable[[float], float]) -> Figures:
    """Of five minutes with so many MB at each second, and now and then an answer of 64 MB."""
    sizes = [(at / 2, int((shape(at / 2) + 64 * (at % 20 == 0)) * 2**20)) for at in range(600)]
    return Figures(memory=sizes, seconds=300.0)


def test_a_leak_is_told_from_what_is_held_for_a_moment() -> None:
    assert abs(grown(lambda at: 150 + 40 * min(1.0, at / 100)).growth) < 0.01
    assert abs(grown(lambda at: 150).growth) < 0.01
    assert grown(lambda at: 150 + at).growth > 0.3
    assert grown(lambda at: 150 + at / 20).growth > 0.02
