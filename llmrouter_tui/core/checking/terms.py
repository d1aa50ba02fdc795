"""Texts that are told by what they must mention: translations, explanations, needles."""

import re
from collections.abc import Sequence

from llmrouter_tui.core.checking.text import plain, short
from llmrouter_tui.core.counting import words
from llmrouter_tui.core.demands import InLanguage
from llmrouter_tui.core.prompts import Demands, Terms, Verdict


def check_terms(check: Terms, text: str) -> Verdict:
    """The square of the share of the groups that are mentioned, because some are met by chance; nothing where the
    language is wrong or something forbidden is said."""
    if not text:
        return Verdict(0.0, "nothing is answered")
    if check.language and (fault := InLanguage(check.language).fault(text)):
        return Verdict(0.0, fault)
    said = plain(text)
    if wrong := next((term for term in check.forbidden if holds(said, term)), ""):
        return Verdict(0.0, f'"{wrong}" is wrong there')
    if check.most_words and len(words(text)) > check.most_words:
        return Verdict(0.0, f"{len(words(text))} words, not at most {check.most_words}")
    lacks = [group[0] for group in check.groups if not any(holds(said, term) for term in group)]
    if not lacks:
        return Verdict(1.0, "everything needed is there")
    named = ", ".join(f'"{term}"' for term in lacks[:3])
    return Verdict(((len(check.groups) - len(lacks)) / len(check.groups)) ** 2, f"missing: {named}")


def missing(groups: Sequence[Sequence[str]], text: str) -> str:
    """The first group of which a text says nothing; "" where it says something of each."""
    said = plain(text)
    return next((group[0] for group in groups if not any(holds(said, term) for term in group)), "")


def holds(text: str, term: str) -> bool:
    """Whether a term stands in a text: as whole words where it is written in Latin letters, with any ending after a
    ``*``; anywhere in other scripts."""
    stem = plain(term.replace("*", ""))
    latin = stem.isascii() or any("a" <= c <= "z" for c in stem.casefold())
    edge, end = (r"(?<!\w)", "" if term.endswith("*") else r"(?!\w)") if latin else ("", "")
    return re.search(edge + re.escape(stem) + end, text, re.IGNORECASE) is not None


def check_demands(check: Demands, text: str) -> Verdict:
    """All demands met is right; else half the square of the share that is met, because babble meets many by chance."""
    if not text:
        return Verdict(0.0, "nothing is answered")
    faults = [fault for demand in check.demands if (fault := demand.fault(text))]
    if not faults:
        return Verdict(1.0, "all that was asked is done")
    met = len(check.demands) - len(faults)
    return Verdict((met / len(check.demands)) ** 2 / 2, short("; ".join(faults[:3]), 160))
