"""The small files of sysfs, which may vanish or be refused at any moment."""

from pathlib import Path


def text(path: Path) -> str | None:
    """What a file says; None where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None


def number(path: Path) -> int | None:
    """The whole number in a file; None where there is none."""
    said = text(path)
    try:
        return None if said is None else int(said)
    except ValueError:
        return None
