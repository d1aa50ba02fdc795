"""A prepared answer."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """``parts`` from the bare answer to everything there is to say; given when a prompt holds enough ``cues``."""

    cues: frozenset[str]
    parts: tuple[str, ...]


def entry(cues: str, *parts: str) -> Entry:
    """``cues`` are lower-case words, separated by spaces."""
    return Entry(frozenset(cues.split()), tuple(part.strip("\n") for part in parts))
