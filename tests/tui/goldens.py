"""Screens kept as text files beside the tests: a diff shows what changed on screen, line by line.

``UPDATE_GOLDENS=1 pytest tests/tui`` writes them anew; read the diff before committing it.
"""

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "goldens"


def check(name: str, shown: str) -> None:
    """``shown`` is what the golden file says."""
    path = FOLDER / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDENS"):
        FOLDER.mkdir(exist_ok=True)
        path.write_text(shown, encoding="utf-8")
    assert path.exists(), f"no golden {path.name}; write it with UPDATE_GOLDENS=1"
    assert shown.splitlines() == path.read_text(encoding="utf-8").splitlines()
