"""Which language a text is in, cheaply: the script first, stop words where the script is Latin."""

import re
from collections.abc import Set as AbstractSet

from llmrouter_tui.core.languages import STOP_WORDS

_FOREIGN = re.compile(r"[\u0370-\u1fff\u3040-\u9fff\uac00-\ud7af]")
_SCRIPTS: tuple[tuple[str, str, str], ...] = (
    ("ja", "\u3040", "\u30ff"),
    ("ko", "\uac00", "\ud7af"),
    ("zh", "\u3400", "\u9fff"),
    ("ru", "\u0400", "\u04ff"),
    ("ar", "\u0600", "\u06ff"),
    ("he", "\u0590", "\u05ff"),
    ("hi", "\u0900", "\u097f"),
    ("th", "\u0e00", "\u0e7f"),
    ("el", "\u0370", "\u03ff"),
)
_DENSE = frozenset({"ja", "ko", "zh"})
_DENSE_FACTOR = 3
"""Letters of Latin text that say as much as one Chinese, Japanese or Korean character."""
_SAMPLE = 24
"""Letters whose script is looked up."""
_KANA_SHARE = 0.1
"""Japanese mixes Chinese characters with kana; Chinese has none."""

_LANGUAGES_OF: dict[str, tuple[str, ...]] = {
    word: tuple(lang for lang, words in STOP_WORDS.items() if word in words)
    for word in frozenset().union(*STOP_WORDS.values())
}
_VOTES = {word: (langs, 1.0 / len(langs)) for word, langs in _LANGUAGES_OF.items()}
"""The languages of a stop word, and what it says for each of them."""

CHARACTERS_PER_TOKEN = {
    "zh": 1.5,
    "ja": 1.3,
    "ko": 1.5,
    "ru": 2.6,
    "ar": 2.2,
    "he": 2.0,
    "hi": 2.2,
    "th": 2.0,
    "el": 2.2,
}
"""Characters a token covers in scripts other than Latin. For Chinese 1.5 to 1.8 is Qwen's published rule; the
others are by the same order of vocabulary coverage, rounded down so that a prompt is rather taken for too long."""
LATIN_CHARACTERS_PER_TOKEN = 4.0
"""OpenAI's published rule of thumb for English; code and other European languages run nearer 3.3."""


def language(text: str, words: AbstractSet[str]) -> str:
    """The two-letter code, or "" where nothing tells (very short, unknown, or several alike). ``words`` are the
    text's words in lower case."""
    if not text.isascii():
        found = _FOREIGN.findall(text)
        if found and (script := _script(found, len(text))):
            return script
    return _by_stop_words(words)


def _script(found: list[str], length: int) -> str:
    """The script of most foreign letters, if they carry at least half of the text."""
    sample = found[:: max(1, len(found) // _SAMPLE)]
    counts = {lang: sum(low <= c <= high for c in sample) for lang, low, high in _SCRIPTS}
    if counts["ja"] > _KANA_SHARE * len(sample):
        counts["ja"] += counts.pop("zh")
    best = max(counts, key=lambda lang: counts[lang])
    weight = len(found) * (_DENSE_FACTOR if best in _DENSE else 1)
    return best if counts[best] and weight * 2 >= length - len(found) else ""


def _by_stop_words(words: AbstractSet[str]) -> str:
    tally: dict[str, float] = {}
    for word in _VOTES.keys() & words:
        languages, vote = _VOTES[word]
        for lang in languages:
            tally[lang] = tally.get(lang, 0.0) + vote
    if not tally:
        return ""
    best = max(tally.values())
    leaders = [lang for lang, count in tally.items() if count == best]
    return leaders[0] if len(leaders) == 1 else "en" if "en" in leaders else ""


def tokens_of(characters: int, foreign: int, lang: str) -> int:
    """Estimated tokens of ``characters`` of Latin text and ``foreign`` characters of text in ``lang``."""
    latin = characters / LATIN_CHARACTERS_PER_TOKEN
    return round(latin + foreign / CHARACTERS_PER_TOKEN.get(lang, LATIN_CHARACTERS_PER_TOKEN) if foreign else latin)
