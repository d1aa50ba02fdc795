"""Two minutes of a steady stream of requests before servers that fail in every way. Thirty: see ``soak_faults``."""

from pathlib import Path

import pytest

from tests.e2e.soak_faults import RATE, soak

SECONDS = 120.0


@pytest.mark.slow
async def test_nothing_leaks_nothing_hangs_and_every_request_has_one_row(tmp_path: Path) -> None:
    figures = await soak(tmp_path, SECONDS)
    print(figures.told())
    assert len(figures.fates) > 0.9 * RATE * SECONDS
    assert (figures.lost, figures.doubled) == ([], [])
    assert (figures.hung, figures.leases) == (0, 0)
    assert {fate.outcome for fate in figures.fates} == {"answered", "failed", "left"}
    assert figures.growth < 0.10
