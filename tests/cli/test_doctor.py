"""What ``doctor`` says of memory pools and of the theme."""

from collections.abc import Sequence

import pytest

from llmrouter_tui.cli.doctor import _theme, pool_text
from llmrouter_tui.core.domain import HOST_POOL, Device
from llmrouter_tui.settings import KEYS
from llmrouter_tui.tui.theme import OURS

GIB = 1 << 30
HOST = Device(HOST_POOL, "RAM", "host", 64 * GIB, 14 * GIB, 50 * GIB)
NVIDIA = Device("gpu0", "NVIDIA GeForce RTX 4090", "nvidia", 24 * GIB, 4 * GIB, 20 * GIB)
RADEON = Device("gpu1", "AMD Radeon RX 7900 XTX", "amd", 24 * GIB, 0, 24 * GIB)
APU = Device("gpu0", "AMD Radeon 780M (shared RAM)", "amd", 16 * GIB, GIB, 15 * GIB)
LOST = Device("gpu0", "NVIDIA GeForce RTX 4090", "nvidia", 24 * GIB, 0, 0, problem="the GPU fell off the bus")

HERE, NOT_HERE = "the embedded engine runs here", "the embedded engine does not run here"


def test_a_pool_is_told_by_name_room_and_driver() -> None:
    assert pool_text(NVIDIA, "NVIDIA driver 580.65", [NVIDIA, HOST], None) == (
        "NVIDIA GeForce RTX 4090  20.0 of 24.0 GiB free  NVIDIA driver 580.65"
    )


def test_a_pool_that_cannot_be_measured_says_why_and_nothing_of_the_engine() -> None:
    text = pool_text(LOST, "NVIDIA driver 580.65", [LOST, HOST], ["CUDA0"])
    assert text == "NVIDIA GeForce RTX 4090  the GPU fell off the bus  NVIDIA driver 580.65"


@pytest.mark.parametrize(
    ("device", "others", "engine", "said"),
    [
        (HOST, [], [], HERE),
        (HOST, [NVIDIA], [], HERE),
        (NVIDIA, [HOST], [], f"{NOT_HERE}: its build has no GPU support, or not for this GPU"),
        (HOST, [NVIDIA], ["NVIDIA GeForce RTX 4090"], ""),
        (NVIDIA, [RADEON, HOST], ["NVIDIA GeForce RTX 4090"], HERE),
        (RADEON, [NVIDIA, HOST], ["NVIDIA GeForce RTX 4090"], NOT_HERE),
        (RADEON, [NVIDIA, HOST], ["AMD Radeon RX 7900 XTX (RADV NAVI31)"], HERE),
        (APU, [HOST], ["AMD Radeon Graphics (RADV PHOENIX)"], HERE),
    ],
)
def test_where_the_embedded_engine_runs(
    device: Device, others: Sequence[Device], engine: Sequence[str], said: str
) -> None:
    told = pool_text(device, "", [device, *others], engine).split("  ")[2:]
    assert told == ([said] if said else [])


def test_a_theme_that_is_none_is_told_with_those_there_are() -> None:
    assert _theme("") == _theme("nord") == []
    [line] = _theme("neon")
    assert line.startswith("✗ theme") and "'neon'" in line and "router-dark, router-light, mono" in line
    said = KEYS["theme"].doc
    assert all(ours.name in said for ours in OURS), "the example of a configuration file names them"
