"""What one turn of a conversation shows: cues for each task, and features of its form.

The read is bounded: the head and the tail of a long text, cue words only where the question stands (its first and
last lines), and form (code, formulas, lists) in all that is read. ``read_turn`` is a pure function of the text read,
so its results are kept: the earlier turns of a conversation were read when they were new.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from operator import add

from llmrouter_tui.core.asides import said_by_user
from llmrouter_tui.core.background import READ, is_background
from llmrouter_tui.core.difficulty import form
from llmrouter_tui.core.domain import TASKS
from llmrouter_tui.core.language import language, tokens_of
from llmrouter_tui.core.languages import LATIN, NEEDLES
from llmrouter_tui.core.making import maker
from llmrouter_tui.core.words import (
    ANAPHORA,
    ANSWER_LENGTHS,
    NUMBER_WORDS,
    PHRASES,
    QUESTION_STARTS,
    WORDS,
    Cues,
    word_set,
)

HEAD, TAIL = 2000, 1000
"""Characters read of a turn, at most."""
SHORT = 500
"""A prompt up to this long is all question; of a longer one the first and last lines are."""
CAP = 7.0
"""Log-odds that one task can collect; more words say no more."""
KEEP = 512
"""Turns remembered: at most 3,000 characters each, 1.5 MB of Latin text."""

_PRIOR = {
    "chat": 0.7,
    "factual": 0.8,
    "reasoning": 0.1,
    "math": -0.4,
    "coding": -0.1,
    "creative": -0.3,
    "instruction": 0.5,
    "extraction": -0.4,
    "translation": -1.2,
}
"""Log-odds of the tasks before anything was read, by judgement."""
_PRIORS = tuple(_PRIOR[t] for t in TASKS)


def _with_digits(pattern: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """(for any text, for ASCII, where digits are found three times as fast)."""
    return re.compile(pattern), re.compile(pattern.replace(r"[\d", "[0-9").replace(r"\d", "[0-9]"))


_QUOTES = re.compile(r"[\"“«「„']")
_QUOTED = re.compile(r"[\"“„«「][^\"”“»」\n]{1,200}[\"”“»」]|(?<!\w)'[^'\n]{2,200}'(?!\w)")
"""What is quoted is material, not the question."""
_WORD = re.compile(r"[^\W_]+")
_SPACED = bytes(byte if byte < 128 and chr(byte).isalnum() else 32 for byte in range(256))
"""What ``_WORD`` finds in ASCII is what remains between spaces: four times as fast."""
_DIGITS = b"0123456789"
_CODE_LINE = re.compile(
    r"\n[ \t]*(?:def \w+\(|class \w+[(:{ ]|import [\w{*]+|from \S+ import|return \S+;?(?=\n|$)|function |const \w|"
    r"let \w+ ?=|var \w+ ?=|#include|#!/|public |private |if ?\(|for ?\(|while ?\(|fn \w+|func \w+|package \w|"
    r"use \w+::|SELECT |INSERT |CREATE |UPDATE |@\w+\n|</?[a-z]+[ >]|[}\])]+[;,]?\n|\$ \w|>>> |sudo |    at \w)"
)
_FILE = re.compile(
    r"\.(?=[a-z])(?:py|jsx?|tsx?|java|cpp|hpp|rs|go|rb|php|cs|sh|sql|html|css|json|ya?ml|toml|ipynb|kt|swift|lua|c|h|log|env)\b"
)
Signs = tuple[tuple[str, tuple[str, ...]], ...]
"""(a rare character, signs that need it): a text without the character is not searched for the signs."""
_INLINE: Signs = (
    ("=", ("==",)),
    (">", ("=>", "->", ">>> ")),
    ("!", ("!=",)),
    ("+", ("+=",)),
    (";", ("();",)),
    ("(", ("print(", "):\n")),
    ("<", ("</",)),
    ("&", ("&&",)),
    (":", ("::",)),
    ('"', ('"""',)),
    ("S", ("SELECT ",)),
)
_TRACE: Signs = (("(", ("Traceback (",)), ("", ("Exception", "egmentation fault")), (":", ("rror:", "panic:")))
_LATEX = re.compile(
    r"\\(?:frac|int|sum|sqrt|lim|begin|alpha|beta|theta|lambda|cdot|times|infty|partial|mathbb|left|leq|geq|pi|prod|in)\b"
)
_SYMBOLS = re.compile(r"[∫∑√∞≤≥π∂∈∀∃×÷²³]")
_ARITHMETIC = _with_digits(
    r"\d\s*(?:[+*^×÷=]\s*[\d(a-z]|[-/]\s*\d+\s*(?:[=?]|$)|[*/×÷]\s*\d)|\d\s+[-/x]\s+\d|\d\s?%\s(?:off?|von|de|di)\b"
)
_EQUATION = re.compile(r"[xyzabn](?<![^\W\d]\w)(?:\s?[+=]\s?\d|\^\d|²)|f(?<!\wf)\(x\)")
_NUMBER = _with_digits(r"\d\d*(?:[.,]\d+)*")
_OPTION = re.compile(r"\n[ \t]*\(?[A-Ea-e][).:]\s")
_BULLET = re.compile(r"\n[ \t]*(?:[-*•]|\d{1,2}[.)])\s")

_INDEX = {task: i for i, task in enumerate(TASKS)}
_HARD = len(TASKS)
_CHAT, _FACTUAL, _REASONING = _INDEX["chat"], _INDEX["factual"], _INDEX["reasoning"]
_MATH, _CODING, _EXTRACTION, _TRANSLATION = (_INDEX[t] for t in ("math", "coding", "extraction", "translation"))

Indexed = tuple[tuple[int, float], ...]


def _indexed(cues: Cues) -> Indexed:
    return tuple((_INDEX.get(task, _HARD), weight) for task, weight in cues)


_WORDS: dict[str, Indexed] = {word: _indexed(cues) for word, cues in WORDS.items()}
_NEEDLES = {lang: tuple((n, _indexed(cues)) for n, cues in table) for lang, table in NEEDLES.items()}
_PHRASES: dict[str, list[tuple[str, frozenset[str], Indexed]]] = {}
"""By first word; each with the words that it holds as wholes: most phrases lack one and need not be searched for."""
for _phrase, _cues in PHRASES:
    _whole = frozenset(_phrase.split(" ")[1:-1])
    _PHRASES.setdefault(_phrase.split()[0], []).append((_phrase, _whole, _indexed(_cues)))
_LAST_OF_LENGTHS = frozenset(phrase.split()[-1] for phrase, _ in ANSWER_LENGTHS)


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn as read. ``scores`` are log-odds per task, in the order of ``TASKS``."""

    scores: tuple[float, ...]
    evidence: float
    """The strongest score: how much the turn says by itself."""
    hard: float
    """What its words add to (or take from) the difficulty."""
    language: str
    """Two letters, or "" where nothing tells."""
    words: int
    tokens: int
    code: bool
    latex: bool
    options: bool
    arithmetic: bool
    constraints: int
    """List items: things to obey or to answer."""
    asked_tokens: int
    """Length of the answer where the prompt says it; 0 otherwise."""
    leans: bool
    """Whether it leans on what was said before."""
    logits: tuple[float, ...]
    """Log-odds per task with those that hold before anything was read."""
    doublings: float
    hardness: tuple[float, ...]
    """What its form says of its difficulty, see ``difficulty.form``."""
    background: bool
    """A chat client's own housekeeping."""


_new_turn = maker(Turn)


def clip(text: str) -> str:
    """The part of a text that is read."""
    text = said_by_user(text)
    return text if len(text) <= HEAD + TAIL else f"{text[:HEAD]}\n{text[-TAIL:]}"


@lru_cache(maxsize=KEEP)
def read_turn(text: str) -> Turn:
    """Read a clipped turn."""
    prose = " ".join(text.split("```")[0::2]) if "```" in text else text
    ask, rest = _zones(prose)
    lowered = ask.lower()
    said = _QUOTED.sub(" ", lowered) if _has_quotes(lowered) else lowered
    tokens = said.encode().translate(_SPACED).decode().split() if said.isascii() else _WORD.findall(said)
    words = set(tokens)
    joined = f" {' '.join(tokens)} "
    lang = language(ask, words)
    scores = [0.0] * (_HARD + 1)
    _add_words(scores, tokens, words)
    _add_phrases(scores, joined, words)
    lang = _add_foreign(scores, joined, lang, len(tokens))
    if said is not lowered and not _FOREIGN_TONGUES.isdisjoint(words):
        scores[_TRANSLATION] += 2.0
    if rest:
        _add(scores, _WORDS, set(rest.lower().split()), 0.25)
    return _turn(text, ask, lowered, tokens, words, joined, lang, scores)


def _has_quotes(lowered: str) -> bool:
    if lowered.isascii():
        return '"' in lowered or "'" in lowered
    return _QUOTES.search(lowered) is not None


def _count_numbers(lowered: str, words: set[str]) -> int:
    """Numbers in digits, each one; and in words, each word once."""
    count = len(NUMBER_WORDS & words)
    if lowered.isascii() and len(raw := lowered.encode()) == len(raw.translate(None, _DIGITS)):
        return count
    return count + len(_NUMBER[lowered.isascii()].findall(lowered))


def _turn(
    text: str, ask: str, lowered: str, tokens: list[str], words: set[str], joined: str, lang: str, scores: list[float]
) -> Turn:
    """The features of form, their share of the scores, and all of it together."""
    lines = "\n" + text
    code = _add_code(scores, text, lines)
    scores[_CODING] += 2.4 if "c++" in lowered or "c#" in lowered or ".net" in lowered else 0.0
    numbers = _count_numbers(lowered, words)
    latex = ("\\" in text and _LATEX.search(text) is not None) or (not text.isascii() and bool(_SYMBOLS.search(ask)))
    arithmetic = not code and _is_arithmetic(lowered, numbers)
    _add_numbers(scores, numbers, latex, arithmetic, "?" in ask or not _ASKING.isdisjoint(words))
    options = not code and (len(_OPTION.findall(lines)) >= 3 or ("B)" in text and "C)" in text))
    constraints = 0 if code else len(_BULLET.findall(lines))
    _add_form(scores, text, words, len(tokens), options, code)
    scores[_REASONING] += 2.0 if constraints >= 4 and "?" in ask and len(text) > SHORT else 0.0
    foreign = 0 if text.isascii() else len(text)
    capped = tuple([score if score < CAP else CAP for score in scores[:_HARD]])
    hard = max(-0.2, min(0.45, scores[_HARD]))
    count = len(tokens) if len(ask) == len(text) else max(len(tokens), len(text) // 12)
    doublings, hardness = form(count, hard, constraints, latex=latex, options=options, code=code, arithmetic=arithmetic)
    return _new_turn(
        scores=capped,
        evidence=max(capped),
        hard=hard,
        language=lang,
        words=count,
        tokens=tokens_of(len(text) - foreign, foreign, lang),
        code=code,
        latex=latex,
        options=options,
        arithmetic=arithmetic,
        constraints=constraints,
        asked_tokens=0 if _LAST_OF_LENGTHS.isdisjoint(words) else _asked_tokens(joined),
        leans=len(tokens) <= 14 and not ANAPHORA.isdisjoint(words),
        logits=tuple(map(add, _PRIORS, capped)),
        doublings=doublings,
        hardness=hardness,
        background=is_background(text[:READ]),
    )


def _asked_tokens(joined: str) -> int:
    return next((n for phrase, n in ANSWER_LENGTHS if phrase in joined), 0)


def _zones(prose: str) -> tuple[str, str]:
    """(where the question stands, more to glance at). Where a first paragraph of its own asks, the end is taken for
    material unless it is a short line or a question itself."""
    if len(prose) <= SHORT:
        return prose, ""
    head = prose[:300]
    paragraph = head.find("\n\n", 8)
    if paragraph > 0:
        head = head[:paragraph]
    tail = prose[-220:]
    line = tail.rfind("\n", 0, -8)
    if line > 0:
        tail = tail[line + 1 :]
    if paragraph > 0 and len(tail) > 120 and not prose.rstrip().endswith(("?", "？", "؟")):
        tail = ""
    return f"{head} \n{tail}", prose[len(head) : len(head) + 600]


def _add(scores: list[float], table: dict[str, Indexed], words: set[str], factor: float) -> None:
    for word in table.keys() & words:
        for task, weight in table[word]:
            scores[task] += weight * factor


def _add_words(scores: list[float], tokens: list[str], words: set[str]) -> None:
    """Each word once; those that open the prompt twice, because there stands what is to be done with the rest."""
    _add(scores, _WORDS, words, 1.0)
    hard = scores[_HARD]
    _add(scores, _WORDS, set(tokens[:5]), 1.0)
    scores[_HARD] = hard
    if tokens and tokens[0] in QUESTION_STARTS:
        scores[_FACTUAL] += 0.4


def _add_phrases(scores: list[float], joined: str, words: set[str]) -> None:
    for first in _PHRASES.keys() & words:
        for phrase, whole, cues in _PHRASES[first]:
            if whole <= words and phrase in joined:
                for task, weight in cues:
                    scores[task] += weight


def _add_foreign(scores: list[float], joined: str, lang: str, count: int) -> str:
    """Cues of the prompt's language; a short prompt of no known language is tried in all Latin ones."""
    if lang == "en" or (not lang and count > 12):
        return lang
    sums: dict[str, float] = {}
    for candidate in (lang,) if lang else LATIN:
        for needle, cues in _NEEDLES.get(candidate, ()):
            if needle in joined:
                for task, weight in cues:
                    scores[task] += weight * 1.5
                    sums[candidate] = sums.get(candidate, 0.0) + abs(weight)
    return lang or max(sums, key=lambda c: sums[c], default="")


def _add_code(scores: list[float], text: str, lines: str) -> bool:
    """Signs of code: fences, lines that start like code, file names, operators, stack traces."""
    fence = "```" in text
    found = sum([1 for _ in islice(_CODE_LINE.finditer(lines), 4)])
    points = (2.5 if fence else 0.0) + min(4.0, 1.2 * found) + min(2.4, 0.8 * _count(_INLINE, text, 3))
    points += 1.6 if not fence and text.count("`") >= 2 else 0.0
    points += 1.4 if _FILE.search(text) else 0.0
    points += 1.6 if _count(_TRACE, text, 1) else 0.0
    scores[_CODING] += points
    return fence or found >= 2 or points >= 3.0


def _count(table: Signs, text: str, most: int) -> int:
    """How many of the signs are in a text; no more are looked for once there are ``most``."""
    count = 0
    for rare, signs in table:
        if rare in text:
            for sign in signs:
                if sign in text:
                    count += 1
        if count >= most:
            break
    return count


def _is_arithmetic(lowered: str, numbers: int) -> bool:
    """A sum or an equation somewhere in the question."""
    if numbers and _ARITHMETIC[lowered.isascii()].search(lowered):
        return True
    return ("=" in lowered or "^" in lowered or "(x)" in lowered or "²" in lowered) and bool(_EQUATION.search(lowered))


def _add_numbers(scores: list[float], numbers: int, latex: bool, arithmetic: bool, asks: bool) -> None:
    """Maths without magic words: formulas, sums, and stories with several numbers and a question."""
    scores[_MATH] += (2.5 if latex else 0.0) + (2.6 if arithmetic else 0.0)
    if numbers >= 2 and scores[_MATH] > 0.8:
        scores[_MATH] += min(2.5, 0.6 * numbers)
    elif numbers >= 3 and asks:
        scores[_MATH] += min(2.0, 0.5 * numbers)


def _add_form(scores: list[float], text: str, words: set[str], count: int, options: bool, code: bool) -> None:
    """What the shape of the prompt says: exam questions, long material, a word or two, code that is translated."""
    if options:
        scores[_FACTUAL] += 1.2
        scores[_REASONING] += 1.2
    if len(text) > 1200 and not code:
        scores[_EXTRACTION] += 1.8 if scores[_EXTRACTION] >= 1.5 else 0.8
    if count <= 2 and max(scores[:_HARD]) < 1.0:
        scores[_CHAT] += 1.5
    if scores[_TRANSLATION] >= 4.0 and scores[_CODING] >= 3.0 and _FOREIGN_TONGUES.isdisjoint(words):
        scores[_CODING] += scores[_TRANSLATION] - 1.0
        scores[_TRANSLATION] = 0.0


_ASKING = word_set("how what many much")
_FOREIGN_TONGUES = word_set(
    "french german spanish italian portuguese russian chinese mandarin japanese korean arabic hindi english dutch "
    "polish turkish latin swedish ukrainian englisch deutsch anglais inglés inglese inglês"
)
