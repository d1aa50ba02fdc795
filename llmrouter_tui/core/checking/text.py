"""What of an answer is looked at: without thinking, without the marks of markdown."""

import re
import unicodedata
from collections.abc import Sequence

LONGEST = 60_000
"""Characters of an answer that are read; of a longer one its end, where answers stand."""

_THINKING = re.compile(r"<(think|thinking|thought|reasoning)>.*?(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE)
_STRAY = re.compile(r"</(?:think|thinking|thought|reasoning)>", re.IGNORECASE)
_EMPHASIS = re.compile(r"[*_`~]+")
_ARTICLE = re.compile(
    r"^(?:the|an?|der|die|das|den|dem|ein|eine|le|la|les|un|une|el|los|las|una)\s+|^l['’]", re.IGNORECASE
)
_ACCENT = re.compile("[\u0300-\u036f]")
_LATEX_TEXT = re.compile(r"\\(?:text|mathrm|mathbf|textbf)\s*\{([^{}]*)\}")


def spoken(answer: str) -> str:
    """The answer without what was only thought: blocks of thinking, closed or not, and everything before an end of
    thinking whose beginning the chat template kept for itself. Of a very long answer the end."""
    told = _THINKING.sub("", answer)
    ends = list(_STRAY.finditer(told))
    if ends:
        told = told[ends[-1].end() :]
    return told[-LONGEST:].strip()


def plain(text: str) -> str:
    """A text in one spelling: compatible characters made the same, one kind of quotes and dashes, no emphasis."""
    same = unicodedata.normalize("NFKC", text).replace("’", "'").replace("‘", "'").replace("−", "-").replace("–", "-")
    return _EMPHASIS.sub("", _LATEX_TEXT.sub(r"\1", same))


def normal(text: str) -> str:
    """A short answer as it is compared: plain, without case, accents of spelling, articles, punctuation and outer
    blanks. Points and commas within numbers stay."""
    low = _ACCENT.sub("", unicodedata.normalize("NFD", plain(text).casefold().replace("n't", " not")))
    low = unicodedata.normalize("NFC", low)
    low = re.sub(r"(?<!\d)[.,](?!\d)|[.,](?!\d)|(?<!\d)[.,]", " ", low)
    low = re.sub(r"[\"'“”„«»()\[\]{}:;!?。、，！？「」『』·|\\$#>-]", " ", low)
    low = " ".join(low.split())
    return _ARTICLE.sub("", low).strip()


def marked(text: str) -> list[str]:
    """What the text itself points out as its answer, most telling first: boxed, after "answer:", in bold, its last
    line, the whole."""
    found = [*boxed(text)[-1:], *_after_marker(text)[-1:]]
    bold = re.findall(r"\*\*([^*\n]{1,200})\*\*", text)
    if len(bold) == 1:
        found.append(bold[0])
    rows = [row.strip() for row in text.splitlines() if row.strip()]
    return [*found, *rows[-1:], text]


_BOXED = re.compile(r"\\(?:boxed|fbox)\s*\{")
_MARKER = re.compile(
    r"\b(?:answer|antwort|lösung|réponse|reponse|respuesta|risposta|solution)\b(?: (?:to|auf|à|a) [^\n:.?!]{0,50}?)?"
    r"[*_ ]{0,4}(?:\b(?:is|was|should be|would be|must be|ist|lautet|est|es)\b[*_ ]{0,4}:?|[:=：]|\n)"
    r"[\s*_]{0,8}([^\n]+)"
    r"|(?:答案|答え|回答)(?:是|为|は)?[:：]? {0,4}([^\n]+)",
    re.IGNORECASE,
)


def boxed(text: str) -> list[str]:
    r"""What stands in ``\boxed{…}``, with braces within."""
    found: list[str] = []
    for start in list(_BOXED.finditer(text))[-20:]:
        depth, at = 1, start.end()
        while at < min(len(text), start.end() + 300) and depth:
            depth += {"{": 1, "}": -1}.get(text[at], 0)
            at += 1
        if not depth:
            found.append(text[start.end() : at - 1])
    return found


def _after_marker(text: str) -> list[str]:
    return [(one.group(1) or one.group(2)).strip() for one in _MARKER.finditer(text)]


def short(text: str, most: int = 60) -> str:
    """The beginning of a text, on one line, for a reason."""
    flat = " ".join(text[: most * 4].split())
    return flat if len(flat) <= most else flat[: most - 1] + "…"


def unechoed(text: str, turns: Sequence[str]) -> str:
    """An answer without the questions that it repeats at its beginning, as models do that only continue a text; what a
    model adds to them stays."""
    for turn in (*turns, *turns[-1:]):
        pattern = r"\W*" + r"\W+".join(map(re.escape, re.findall(r"\w+", turn)[:400])) + r"\W*"
        found = re.match(pattern, text)
        text = text[found.end() :] if found else text
    return text
