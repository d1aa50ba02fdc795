"""What an AMD GPU is called: by itself, by libdrm's list, by the list of PCI devices, else by its numbers."""

import re
from collections.abc import Iterable
from pathlib import Path

from llmrouter_tui.gpu.files import text

LISTS = (Path("/usr/share/libdrm/amdgpu.ids"), Path("/opt/amdgpu/share/libdrm/amdgpu.ids"))
"""libdrm's list of marketing names, by device and revision."""
PCI_LISTS = (Path("/usr/share/hwdata/pci.ids"), Path("/usr/share/misc/pci.ids"))
"""The list of all PCI devices; it knows chips rather than cards."""

_BRACKETS = re.compile(r"\[([^\]]+)\]")


def card_name(device: Path, lists: Iterable[Path] = LISTS, pci_lists: Iterable[Path] = PCI_LISTS) -> str:
    """The name for people. ``product_name`` is told by some server cards only (driver-misc.rst)."""
    own = text(device / "product_name")
    if own:
        return own
    chip, revision = _hex(text(device / "device")), _hex(text(device / "revision"))
    if not chip:
        return "AMD GPU"
    for names in lists:
        if found := _listed(text(names) or "", chip, revision):
            return found
    for names in pci_lists:
        if found := _pci_listed(text(names) or "", chip):
            return found
    return f"AMD GPU 1002:{chip}"


def _hex(said: str | None) -> str:
    return (said or "").lower().removeprefix("0x")


def _listed(names: str, chip: str, revision: str) -> str:
    """In lines ``744C,	C8,	AMD Radeon RX 7900 XTX``."""
    for line in names.splitlines():
        parts = [part.strip() for part in line.split(",", 2)]
        if len(parts) == 3 and parts[0].lower() == chip and parts[1].lower() == revision:
            return parts[2]
    return ""


def _pci_listed(names: str, chip: str) -> str:
    """Under a line ``1002  Advanced Micro Devices…``, in lines ``<tab>744c  Navi 31 [Radeon RX 7900 XT/7900 XTX]``."""
    ours = False
    for line in names.splitlines():
        if line[:1] not in ("\t", "#", ""):
            ours = line.startswith("1002 ")
        elif ours and line.startswith(f"\t{chip} "):
            said = line.split(None, 1)[1]
            brackets = _BRACKETS.search(said)
            return f"AMD {brackets[1] if brackets else said}"
    return ""
