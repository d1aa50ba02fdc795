"""The number that an answer gives, however it is written.

A written number may have two readings (``1.234`` in English and in German); it is right if one of them is.
"""

import re
import unicodedata
from typing import NamedTuple

from llmrouter_tui.core.checking.text import marked
from llmrouter_tui.core.prompts import Number, Verdict

SPELLED = 15
"""Words up to which a text that spells a number is taken to give it as its answer."""

_SUPER = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_RAISED = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+")
_PLAIN = r"(?:\d{1,3}(?:[, ']\d{3})+(?!\d)(?:\.\d+)?|\d{1,3}(?:\.\d{3})+(?!\d)(?:,\d+)?|\d+(?:[.,]\d+)?|\.\d+)"
_NUMBER = re.compile(
    r"(?P<sign>(?<![\w)\]])[-+−]\s?)?"
    r"(?:\\[dt]?frac\s?\{(?P<top>\d{1,15})\}\s?\{(?P<bottom>\d{1,15})\}"
    r"|(?P<whole>\d{1,9} )?(?<![\d.])(?P<over>\d{1,15}) ?[/⁄] ?(?P<under>\d{1,15})(?![\d/])"
    rf"|(?P<plain>{_PLAIN})(?:e(?P<e>[-+]?\d{{1,3}})\b|\s?(?:[x×*·]|\\times|\\cdot)\s?10\^\{{?(?P<ten>[-+]?\d{{1,3}})\}}?)?)"
    r"(?P<percent>\s?\\?%)?",
    re.IGNORECASE,
)
_SAYS = re.compile(
    r"=|≈|\\approx|\b(?:is|are|was|be|equals?|gives|makes|leaves|costs?|totals?|gets?|has|have|takes?|pays?|yields|remain"
    r"|ist|sind|macht|ergibt|bleiben|bleibt|kostet|beträgt|dauert|est|sont|donne|reste|coûte|es|son|queda|cuesta"
    r"|tardan?)\b",
    re.IGNORECASE,
)
_HEDGE = re.compile(r"\s*[^\s\d]{0,8}\s*\b(?:or|oder|ou|o)\s+[^\s\d]{0,3}(?=\d)", re.IGNORECASE)
_UNITS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_OTHERS = (
    "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
    "zéro une deux trois quatre cinq six sept huit neuf dix onze douze",
    "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce",
)
_WORDS = {word: number for number, word in enumerate(_UNITS)}
_WORDS |= {ten: 20 + 10 * at for at, ten in enumerate(_TENS)}
_WORDS |= {f"{ten}-{unit}": _WORDS[ten] + _WORDS[unit] for ten in _TENS for unit in _UNITS[1:10]}
_WORDS |= {word: number for row in _OTHERS for number, word in enumerate(row.split()) if word not in _WORDS}
_WORD = re.compile(rf"\b(?:{'|'.join(_TENS)})[- ](?:{'|'.join(_UNITS[1:10])})\b|[^\W\d_]+", re.IGNORECASE)


class Found(NamedTuple):
    """A number in a text: how it may be read, and where it stands."""

    readings: frozenset[float]
    start: int
    end: int


def check_number(check: Number, text: str) -> Verdict:
    """Whether the number that the text gives as its answer is the right one."""
    claimed = claim(text)
    if claimed is None:
        return Verdict(0.0, "no number is given")
    if not claimed:
        return Verdict(0.0, "more than one number is offered")
    if any(abs(one - check.value) <= check.tolerance for one in claimed):
        return Verdict(1.0, f"{check.value:g} is right")
    return Verdict(0.0, f"{min(claimed):g} is given, {check.value:g} is right")


def claim(text: str) -> frozenset[float] | None:
    """The readings of the number that a text gives as its answer; empty where it offers several; None without any."""
    *pointed, _last, _whole = marked(text) if text.strip() else ["", ""]
    for part in pointed:
        got = _claimed(_tidy(part), first=True)
        if got is not None:
            return got
    for row in reversed(_tidy(text).splitlines()):
        for sentence in reversed(re.split(r"(?<=[.!?])\s+", row)):
            got = None if _asks(sentence) else _claimed(sentence, first=False)
            if got is not None:
                return got
    return None


def _asks(sentence: str) -> bool:
    """Who repeats the question gives no answer with it, and "los dos" in it is no 2."""
    return sentence.rstrip().endswith("?") or sentence.lstrip().startswith("¿")


def numbers(text: str) -> list[Found]:
    """The numbers of a text in digits; where there are none and the text is short, in words."""
    found = [Found(_readings(one), one.start(), one.end()) for one in _NUMBER.finditer(text)]
    if found or len(text.split()) > SPELLED:
        return found
    spelled = ((_WORDS.get(one.group().lower().replace(" ", "-")), one) for one in _WORD.finditer(text))
    return [Found(frozenset({float(n)}), one.start(), one.end()) for n, one in spelled if n is not None]


def _claimed(part: str, *, first: bool) -> frozenset[float] | None:
    found = numbers(part)
    if not found:
        return None
    chosen = found[0] if first else found[-1]
    for says in reversed(list(_SAYS.finditer(part))):
        after = [one for one in found if one.start >= says.end()]
        if after:
            chosen = after[0] if not first or says.group() in "=≈" else chosen
            break
    if _HEDGE.match(part, chosen.end):
        return frozenset()
    return chosen.readings


def _tidy(text: str) -> str:
    """One spelling of digits, blanks and raised digits; no emphasis, no money, no LaTeX blanks."""
    raised = _RAISED.sub(lambda found: "^" + found.group().translate(_SUPER), text)
    same = unicodedata.normalize("NFKC", raised).replace("−", "-").replace("**", "").replace("`", "").replace("$", "")
    return re.sub(r"\\[,;!]|\{,\}", lambda found: "," if found.group() == "{,}" else "", same)


def _readings(found: re.Match[str]) -> frozenset[float]:
    sign = -1.0 if (found["sign"] or "").strip() in ("-", "−") else 1.0
    if found["top"] or found["over"]:
        under = int(found["bottom"] or found["under"])
        share = int(found["top"] or found["over"]) / under if under else float("nan")
        values = {share + int(found["whole"] or 0)}
    else:
        power = int(found["e"] or found["ten"] or 0)
        values = {value * 10.0**power for value in _plain(found["plain"])} if abs(power) < 290 else set()
    if found["percent"]:
        values |= {value / 100 for value in values}
    return frozenset(sign * value for value in values)


def _plain(written: str) -> set[float]:
    points, commas = written.count("."), written.count(",")
    bare = written.replace(" ", "").replace("'", "")
    english = bare.replace(",", "")
    german = bare.replace(".", "").replace(",", ".")
    if not commas and not points:
        return {_float(bare)}
    if commas and points:
        return {_float(english if bare.rfind(".") > bare.rfind(",") else german)}
    mark = "," if commas else "."
    whole, _, rest = bare.rpartition(mark)
    if mark in whole:
        return {_float(bare.replace(mark, ""))}
    decimal = _float(bare.replace(",", "."))
    return {decimal, _float(whole + rest)} if len(rest) == 3 and 1 <= len(whole) <= 3 else {decimal}


def _float(digits: str) -> float:
    return float(digits[:300] or "nan")
