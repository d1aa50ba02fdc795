"""Names that clients are fixed on, and what they mean here: ``claude-*`` is ``auto``. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import translate

MOST = 200
"""Aliases."""
LONGEST = 512
"""Characters of a name."""
REMEMBERED = 1024
"""Names whose meaning is remembered."""


class AliasError(ValueError):
    """What is no alias: ``must`` says what it should be."""

    def __init__(self, must: str) -> None:
        super().__init__(must)
        self.must = must


@dataclass(frozen=True, slots=True)
class Alias:
    """A name, with ``*`` for any part, and the model (or ``auto`` and its kin) that is asked in its place."""

    name: str
    model: str

    def __str__(self) -> str:
        return f"{self.name} = {self.model}"

    @property
    def exact(self) -> bool:
        """Whether it means one name."""
        return not any(sign in self.name for sign in "*?[")


def parse(name: object, model: object) -> Alias:
    """Raises ``AliasError``."""
    if isinstance(name, str) and "=" in name:
        raise AliasError("must be a name without =")
    for word in (name, model):
        if not isinstance(word, str) or not word.strip() or len(word) > LONGEST or not word.isprintable():
            raise AliasError("must be a name and, behind =, the model that is asked in its place")
    return Alias(str(name).strip(), str(model).strip())


def parse_line(text: str) -> Alias:
    """``claude-* = auto``. Raises ``AliasError``."""
    name, _, model = text.partition("=")
    return parse(name, model)


class Aliases:
    """What names mean: a name before patterns, patterns in their order, in either case and with ``:latest`` or
    without."""

    def __init__(self, aliases: Sequence[Alias] = ()) -> None:
        self.all = tuple(aliases)
        self._exact = {_plain(alias.name): alias.model for alias in reversed(self.all) if alias.exact}
        self._patterns = [(re.compile(translate(_plain(a.name))), a.model) for a in self.all if not a.exact]
        self._known: dict[str, str] = {}

    def __bool__(self) -> bool:
        return bool(self.all)

    def meant(self, name: str) -> str:
        """The model to ask in place of a name; empty where no alias says so."""
        found = self._known.get(name)
        if found is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            found = self._known[name] = self._look_up(_plain(name))
        return found

    def _look_up(self, name: str) -> str:
        if name in self._exact:
            return self._exact[name]
        return next((model for pattern, model in self._patterns if pattern.fullmatch(name)), "")


def of_lines(lines: Iterable[object]) -> Aliases:
    """From what ``Setting.value`` holds."""
    return Aliases([parse_line(line) for line in lines if isinstance(line, str)])


def _plain(name: str) -> str:
    return name.strip().lower().removesuffix(":latest")
