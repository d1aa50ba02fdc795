"""An image file as it is attached to a prompt: read, checked, told in words when it cannot be sent."""

import re
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from llmrouter_tui.core.asking import image_url

MIB = 1 << 20


class Image(NamedTuple):
    """An image that can be sent."""

    name: str
    kind: str
    size: int
    """Bytes of the file."""
    url: str
    """Its bytes as a data URL."""


def path_of(typed: str) -> Path:
    """The file that was typed, or dropped on the terminal, which quotes it in one of several ways."""
    said = typed.strip()
    if len(said) > 1 and said[0] == said[-1] and said[0] in "'\"":
        said = said[1:-1]
    elif said.startswith("file://"):
        said = unquote(urlsplit(said).path)
    elif "\\" in said and "/" in said:
        said = re.sub(r"\\(.)", r"\1", said)
    return Path(said).expanduser()


def load(typed: str, most: float) -> Image:
    """Read an image of at most ``most`` MiB. Raises ``ValueError`` in words for people."""
    path = path_of(typed)
    try:
        if path.is_dir():
            raise ValueError(f"{path} is a folder")
        size = path.stat().st_size
        if size > most * MIB:
            raise ValueError(f"{path.name} has {size / MIB:.1f} MiB; at most {most:g} MiB are sent (max_image_mb)")
        data = path.read_bytes()
    except FileNotFoundError:
        raise ValueError(f"there is no file {path}") from None
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror or error}") from None
    if not data:
        raise ValueError(f"{path.name} is empty")
    try:
        kind, url = image_url(data)
    except ValueError as error:
        raise ValueError(f"{path.name} cannot be sent: {error}") from None
    return Image(path.name, kind, len(data), url)
