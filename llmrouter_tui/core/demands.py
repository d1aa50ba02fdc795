"""Instructions that a program can verify, one class for each. ``fault`` tells in words what a text does wrong, or
nothing where it does what was asked.

What counts as a word, a line or a sentence is in ``core.counting``.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal as OneOf
from typing import Protocol

from llmrouter_tui.core.counting import WORD, lines, paragraphs, sentences, times, unfenced, words
from llmrouter_tui.core.language import language

_MARKS = "*_`#>\"'“”‘’«»„ \t"
"""What markdown and quotes put around a text without belonging to it."""
_BULLET = re.compile(r"^\s*(?:[-*•+–]|\d{1,3}[.)])\s+\S")
_STEP = re.compile(r"^\s*\**(\d{1,3})[.)]\**\s+\S")
_NAMES = {"en": "English", "de": "German", "fr": "French", "es": "Spanish", "it": "Italian", "zh": "Chinese",
          "ja": "Japanese"}  # fmt: skip


class Demand(Protocol):
    """One thing that a text must do."""

    def fault(self, text: str) -> str:
        """What is wrong, or "" where nothing is."""


def _range(what: str, got: int, least: int, most: int) -> str:
    if least <= got <= most:
        return ""
    asked = f"{least}" if least == most else f"at most {most}" if not least else f"{least} to {most}"
    return f"{got} {what}, not {asked}"


@dataclass(frozen=True, slots=True)
class Literal:
    """Just this, and nothing else."""

    text: str

    def fault(self, text: str) -> str:
        return "" if text.strip() == self.text else f'it is not just "{self.text}"'


@dataclass(frozen=True, slots=True)
class Words:
    """So many words."""

    least: int
    most: int

    def fault(self, text: str) -> str:
        return _range("words", len(words(text)), self.least, self.most)


@dataclass(frozen=True, slots=True)
class Characters:
    """So many characters, for scripts that separate no words."""

    least: int
    most: int

    def fault(self, text: str) -> str:
        return _range("characters", len(text.strip()), self.least, self.most)


@dataclass(frozen=True, slots=True)
class Sentences:
    """So many sentences."""

    least: int
    most: int

    def fault(self, text: str) -> str:
        return _range("sentences", len(sentences(text)), self.least, self.most)


@dataclass(frozen=True, slots=True)
class Lines:
    """So many lines that hold anything."""

    least: int
    most: int

    def fault(self, text: str) -> str:
        return _range("lines", len(lines(text)), self.least, self.most)


@dataclass(frozen=True, slots=True)
class Paragraphs:
    """So many paragraphs."""

    least: int
    most: int

    def fault(self, text: str) -> str:
        return _range("paragraphs", len(paragraphs(text)), self.least, self.most)


@dataclass(frozen=True, slots=True)
class Bullets:
    """So many points of a list; with ``only``, nothing else."""

    least: int
    most: int
    only: bool = False

    def fault(self, text: str) -> str:
        points = [line for line in text.splitlines() if _BULLET.match(line)]
        if self.only and len(points) < len(lines(text)):
            return "there is text beside the list"
        return _range("points", len(points), self.least, self.most)


@dataclass(frozen=True, slots=True)
class Steps:
    """A list numbered from 1, of so many steps."""

    number: int

    def fault(self, text: str) -> str:
        found = [int(step.group(1)) for line in text.splitlines() if (step := _STEP.match(line))]
        return "" if found == list(range(1, self.number + 1)) else f"the steps are numbered {found or 'nowhere'}"


@dataclass(frozen=True, slots=True)
class Has:
    """Each of these, at least once or just so often."""

    phrases: tuple[str, ...]
    exactly: int | None = None

    def fault(self, text: str) -> str:
        for phrase in self.phrases:
            got = times(text, phrase)
            if got == 0 and self.exactly != 0:
                return f'"{phrase}" is missing'
            if self.exactly is not None and got != self.exactly:
                return f'"{phrase}" stands there {got} times, not {self.exactly}'
        return ""


@dataclass(frozen=True, slots=True)
class HasAny:
    """At least one of these."""

    phrases: tuple[str, ...]

    def fault(self, text: str) -> str:
        return (
            "" if any(times(text, phrase) for phrase in self.phrases) else f'nothing like "{self.phrases[0]}" is said'
        )


@dataclass(frozen=True, slots=True)
class Lacks:
    """None of these words."""

    phrases: tuple[str, ...]

    def fault(self, text: str) -> str:
        return next((f'"{phrase}" is used' for phrase in self.phrases if times(text, phrase)), "")


@dataclass(frozen=True, slots=True)
class LacksCharacters:
    """None of these characters, in either case."""

    characters: str

    def fault(self, text: str) -> str:
        held = set(text.casefold())
        return next((f'the character "{c}" is used' for c in self.characters if c.casefold() in held), "")


@dataclass(frozen=True, slots=True)
class Starts:
    """Begins with this."""

    text: str

    def fault(self, text: str) -> str:
        begins = text.lstrip(_MARKS + "\n").startswith(self.text) or text.lstrip().startswith(self.text)
        return "" if begins else f'it does not begin with "{self.text}"'


@dataclass(frozen=True, slots=True)
class Ends:
    """Ends with this; if that is a word, an end mark may follow."""

    text: str

    def fault(self, text: str) -> str:
        marks = _MARKS + "\n" + ("" if not self.text[-1:].isalnum() else ".!?")
        ends = text.rstrip(marks).endswith(self.text) or text.rstrip().endswith(self.text)
        return "" if ends else f'it does not end with "{self.text}"'


@dataclass(frozen=True, slots=True)
class InCase:
    """All letters in one case, or each word with a capital."""

    case: OneOf["lower", "upper", "title"]

    def fault(self, text: str) -> str:
        letters = [c for c in text if c.isalpha()]
        if not letters:
            return "there are no letters"
        if self.case == "title":
            found = next((w for w in WORD.findall(text) if w[0].islower()), "")
            return f'"{found}" has no capital' if found else ""
        good = all(c == (c.lower() if self.case == "lower" else c.upper()) or c == "ß" for c in letters)
        return "" if good else f"not all letters are {self.case} case"


@dataclass(frozen=True, slots=True)
class InLanguage:
    """In the language of this code."""

    code: str

    def fault(self, text: str) -> str:
        got = language(text, {word.lower() for part in WORD.findall(text) for word in re.split(r"['’]", part)})
        if got == self.code:
            return ""
        asked = _NAMES.get(self.code, self.code)
        return f"it is {_NAMES.get(got, got)}, not {asked}" if got else f"it cannot be told to be {asked}"


@dataclass(frozen=True, slots=True)
class Csv:
    """Lines of values between commas: this header, then so many rows of as many values."""

    header: str
    rows: int

    def fault(self, text: str) -> str:
        got = lines(unfenced(text))
        if not got or _tight(got[0]) != _tight(self.header):
            return f'the first line is not "{self.header}"'
        columns = self.header.count(",") + 1
        wrong = next((line for line in got if line.count(",") + 1 != columns), "")
        return f'"{wrong[:40]}" has not {columns} values' if wrong else _range("rows", len(got) - 1, *[self.rows] * 2)


@dataclass(frozen=True, slots=True)
class Table:
    """A markdown table with these columns and so many rows below the rule."""

    columns: tuple[str, ...]
    rows: int

    def fault(self, text: str) -> str:
        rows = [_cells(line) for line in lines(unfenced(text)) if line.startswith("|")]
        if len(rows) < 2 or not all(re.fullmatch(r":?-+:?", cell) for cell in rows[1]):
            return "there is no markdown table"
        if [cell.strip("*").casefold() for cell in rows[0]] != [name.casefold() for name in self.columns]:
            return f"its columns are not {', '.join(self.columns)}"
        if any(len(row) != len(self.columns) for row in rows):
            return "its rows differ in length"
        return _range("rows", len(rows) - 2, self.rows, self.rows)


@dataclass(frozen=True, slots=True)
class Acrostic:
    """The lines begin with the letters of this word."""

    word: str

    def fault(self, text: str) -> str:
        got = "".join(line.lstrip(_MARKS)[:1] for line in lines(text))
        return "" if got.casefold() == self.word.casefold() else f'the lines begin with "{got[:20]}"'


@dataclass(frozen=True, slots=True)
class Alphabet:
    """Each word begins with the letter after that of the word before it, from this one on."""

    first: str

    def fault(self, text: str) -> str:
        found = WORD.findall(text)
        if not found or found[0][0].casefold() != self.first.casefold():
            return f'the first word does not begin with "{self.first}"'
        for before, after in pairwise(found):
            if ord(after[0].casefold()[0]) != ord(before[0].casefold()[0]) + 1:
                return f'"{after[:20]}" does not follow on "{before[:20]}"'
        return ""


@dataclass(frozen=True, slots=True)
class Growing:
    """Line by line so many words."""

    counts: tuple[int, ...]

    def fault(self, text: str) -> str:
        got = tuple(len(words(line)) for line in lines(text))
        return "" if got == self.counts else f"the lines have {', '.join(map(str, got[:12])) or 'no'} words"


@dataclass(frozen=True, slots=True)
class EachLine:
    """The same of every line; the marks of lists are not looked at."""

    demand: Demand

    def fault(self, text: str) -> str:
        for number, line in enumerate(lines(text), 1):
            if fault := self.demand.fault(re.sub(r"^(?:[-*•+–]|\d{1,3}[.)])\s+", "", line)):
                return f"line {number}: {fault}"
        return ""


@dataclass(frozen=True, slots=True)
class Part:
    """Something of one part only: the line or paragraph at ``index`` (negative from the end)."""

    of: OneOf["line", "paragraph"]
    index: int
    demand: Demand

    def fault(self, text: str) -> str:
        parts = lines(text) if self.of == "line" else paragraphs(text)
        if not -len(parts) <= self.index < len(parts):
            return f"it has only {len(parts)} {self.of}s"
        where = "the last" if self.index == -1 else f"{self.of} {self.index + 1}"
        fault = self.demand.fault(parts[self.index])
        return f"{where}: {fault}" if fault else ""


def _tight(line: str) -> str:
    return re.sub(r"\s*,\s*", ",", line.strip()).casefold()


def _cells(line: str) -> Sequence[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]
