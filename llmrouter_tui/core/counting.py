"""Words, sentences, lines and paragraphs of a text, as a person counts them."""

import re

WORD = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")
_ABBREVIATION = re.compile(r"\b(?:e\.g|i\.e|vs|dr|mr|mrs|approx|z\.b|d\.h|bzw|usw)\.", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"'”’»)*_]*\s+|[。！？]+[」』”]?|[.!?][\"'”’»)*_]*\Z")
_BLANK = re.compile(r"\n[ \t]*\n")


def words(text: str) -> list[str]:
    """The words of a text, as a person counts them: what stands between blanks, without bare punctuation."""
    return [word for word in text.split() if WORD.search(word)]


def lines(text: str) -> list[str]:
    """The lines that hold anything, without outer blanks."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def paragraphs(text: str) -> list[str]:
    """What blank lines separate."""
    return [part.strip() for part in _BLANK.split(text) if part.strip()]


def sentences(text: str) -> list[str]:
    """The sentences; a line without an end mark counts as one, points in numbers and usual abbreviations end none."""
    plain = _ABBREVIATION.sub(lambda found: found.group().replace(".", "\u2024"), text)
    return [part.strip() for line in lines(plain) for part in _SENTENCE_END.split(line) if WORD.search(part)]


def times(text: str, phrase: str) -> int:
    """How often a word or phrase stands in a text, whatever its case."""
    edge = r"(?<!\w)" if _latin(phrase[:1]) else ""
    end = r"(?!\w)" if _latin(phrase[-1:]) else ""
    return len(re.findall(edge + re.escape(phrase) + end, text, re.IGNORECASE))


def _latin(letter: str) -> bool:
    return letter.isascii() and letter.isalnum()


def unfenced(text: str) -> str:
    """What a code fence around the whole text holds; the text itself where there is none."""
    found = re.fullmatch(r"\s*```[^\n`]*\n(.*?)\n?\s*```\s*", text, re.DOTALL)
    return found.group(1) if found else text
