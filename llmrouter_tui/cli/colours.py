"""The colours that were chosen on a screen of this machine, kept for the next one."""

from pathlib import Path

import platformdirs

from llmrouter_tui.settings import APP


def _file() -> Path:
    return platformdirs.user_state_path(APP, appauthor=False) / "theme"


def kept() -> str:
    """The theme's name; empty where none was chosen, or it cannot be read."""
    try:
        return _file().read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def keep(name: str) -> bool:
    """Keep it; whether that could be done."""
    try:
        _file().parent.mkdir(parents=True, exist_ok=True)
        _file().write_text(f"{name}\n", "utf-8")
    except OSError:
        return False
    return True
