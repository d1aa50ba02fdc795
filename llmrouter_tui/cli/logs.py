"""Where log lines go: a rotating file beside the database under a screen, stderr under ``serve``."""

import logging
from collections.abc import Iterable
from logging.handlers import RotatingFileHandler
from pathlib import Path

from llmrouter_tui.core.redaction import redactor
from llmrouter_tui.core.sources import source

FORMAT = "%(asctime)s %(levelname)-7s %(source)-10s %(message)s"
DEMO_FORMAT = "%(asctime)s %(levelname)-7s DEMO %(source)-10s %(message)s"
"""In the demo nothing that a line tells of is real, and the file is the one that real runs write to."""
LOGGER = "llmrouter_tui"


def to_stderr(*, demo: bool = False, secrets: Iterable[str] = ()) -> None:
    """One line per event on stderr."""
    _use(logging.StreamHandler(), demo, secrets)


def to_file(database: Path | None, *, demo: bool = False, secrets: Iterable[str] = ()) -> None:
    """A file of at most 5 MB beside the database; no file where the folder cannot be written."""
    try:
        if database is None:
            raise OSError
        database.parent.mkdir(parents=True, exist_ok=True)
        file = database.parent / "llmrouter-tui.log"
        _use(RotatingFileHandler(file, maxBytes=5_000_000, backupCount=1, delay=True), demo, secrets)
    except OSError:
        quiet()


def quiet() -> None:
    """Keep log lines away from the terminal."""
    _use(logging.NullHandler())


class _Line(logging.Formatter):
    """A line that says whom it comes from as the Log page does, and holds no secrets; nor does a traceback under it."""

    def __init__(self, form: str, secrets: Iterable[str]) -> None:
        super().__init__(form)
        self._redact = redactor(secrets)

    def format(self, record: logging.LogRecord) -> str:
        record.source = source(record.name, getattr(record, "source", ""))
        return self._redact(super().format(record))


def _use(handler: logging.Handler, demo: bool = False, secrets: Iterable[str] = ()) -> None:
    handler.setFormatter(_Line(DEMO_FORMAT if demo else FORMAT, secrets))
    logger = logging.getLogger(LOGGER)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(handler)
