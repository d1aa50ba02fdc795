"""Where log lines go: a rotating file beside the database under a screen, stderr under ``serve``."""

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path

FORMAT = "%(asctime)s %(levelname)-7s %(name)s  %(message)s"
LOGGER = "llmrouter_tui"


def to_stderr() -> None:
    """One line per event on stderr."""
    _use(logging.StreamHandler())


def to_file(database: Path | None) -> None:
    """A file of at most 5 MB beside the database; no file where the folder cannot be written."""
    try:
        if database is None:
            raise OSError
        database.parent.mkdir(parents=True, exist_ok=True)
        _use(RotatingFileHandler(database.parent / "llmrouter-tui.log", maxBytes=5_000_000, backupCount=1, delay=True))
    except OSError:
        quiet()


def quiet() -> None:
    """Keep log lines away from the terminal."""
    _use(logging.NullHandler())


def _use(handler: logging.Handler) -> None:
    handler.setFormatter(logging.Formatter(FORMAT))
    logger = logging.getLogger(LOGGER)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(handler)
