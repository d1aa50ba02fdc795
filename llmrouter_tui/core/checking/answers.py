"""Short answers: a name or a phrase, and a letter out of several."""

import re

from llmrouter_tui.core.checking.text import boxed, marked, normal, plain, short
from llmrouter_tui.core.counting import sentences
from llmrouter_tui.core.prompts import Choice, Exact, Verdict

SENTENCE = 25
"""Words up to which an answer may say more than it was asked for."""

_NOT = re.compile(
    r"(?:\bnot|n't|\bnor|\bnever|\brather than|\binstead of|\bunlike|\bnicht|\bstatt|\bkeine?|\bpas|\bnon|\bno es)"
    r"\s+(?:an?\s+|the\s+|option\s+|der\s+|die\s+|das\s+|le\s+|la\s+|el\s+)?[(\"']{0,2}\Z",
    re.IGNORECASE,
)
_BARE = re.compile(r"\(?([A-Z])\)?[).:]?\.?")
_LEADING = re.compile(r"\s*[*_\"'(\[]{0,3}(?:option\s+|choice\s+)?\(?([A-Z])\b[)\].:*_,]", re.IGNORECASE)
_LETTER = re.compile(
    r"\b(?:option|choice|letter|buchstabe)\s+[*_\"'(\[]{0,3}([A-Z])\b"  # option B
    r"|\(([A-Z])\)"  # (B)
    r"|(?<![\w'’])([A-Z])(?=[).:,;!?*\"]|\s*\Z|\s*\n)"  # B) or B at an end
    r"|(?<![\w'’])([A-Z])(?=\s+(?:or|and|oder|und|ou|et|y)\s+[A-Z]\b)"  # A or B
    r"|(?<![\w'’])([B-HJ-Z])(?![\w'’])"  # any capital that is no word
)
_OTHERS_FALL = re.compile(r"\b(?:but|sondern|mais|sino|rather|instead)\b", re.IGNORECASE)


def check_exact(check: Exact, text: str) -> Verdict:
    """Whether the answer is one of those accepted."""
    accepted = [normal(one) for one in check.accepted]
    wrong = [normal(one) for one in check.wrong]
    told = sentences(text)
    for part in (*marked(text), *told[-1:], *told[:1]):
        said = normal(part)
        if said in accepted:
            return Verdict(1.0, f"{check.accepted[0]} is right")
        if len(said.split()) > SENTENCE:
            continue
        if any(asserted(said, one) for one in wrong):
            return Verdict(0.0, f'"{short(part)}" names another answer than {check.accepted[0]}')
        if any(asserted(said, one) for one in accepted):
            return Verdict(1.0, f"{check.accepted[0]} is right")
    return Verdict(0.0, f'"{short(text)}" is not {check.accepted[0]}' if text else "nothing is answered")


def asserted(text: str, phrase: str) -> bool:
    """Whether a phrase stands in a text as whole words, and not only to be denied."""
    if not phrase:
        return False
    edge, end = (r"(?<!\w)", r"(?!\w)") if phrase.isascii() else ("", "")
    places = re.finditer(edge + re.escape(phrase) + end, text)
    return any(not _NOT.search(text[max(0, one.start() - 40) : one.start()]) for one in places)


def check_choice(check: Choice, text: str) -> Verdict:
    """Whether the letter that the answer settles on is the right one; its text counts where no letter is given."""
    letters = "ABCDEFGHIJ"[: len(check.options)]
    got = _settled(text, letters) or _by_text(text, check, letters)
    if not got:
        return Verdict(0.0, "no letter is given")
    if len(got) > 1:
        return Verdict(0.0, f"{' and '.join(sorted(got))} are both given")
    right = got == check.letter
    return Verdict(float(right), f"{check.letter} is right" if right else f"{got} is given, {check.letter} is right")


def _settled(text: str, letters: str) -> str:
    """The letter, or the letters, that an answer gives; most telling place first."""
    for part in boxed(text)[-1:]:
        if found := _BARE.fullmatch(plain(part).strip()):
            return _known(found.group(1), letters)
    *pointed, last, whole = marked(text) if text.strip() else ["", ""]
    for part in pointed:
        if got := _given(part, letters):
            return got
    first = whole.strip().split("\n", 1)[0]
    for part in (whole, first, last):
        if bare := _BARE.fullmatch(plain(part).strip()):
            return _known(bare.group(1), letters)
    if (lead := _LEADING.match(first)) and _known(lead.group(1), letters):
        rest = _given(first[lead.end() :], letters) if len(first.split()) <= SENTENCE else ""
        return rest if _OTHERS_FALL.search(first) and rest else lead.group(1).upper()
    return _given(last, letters)


def _given(part: str, letters: str) -> str:
    """The letters that a sentence claims, without those that it denies. Of "B rather than C" that is B."""
    same = plain(part)
    if (bare := _BARE.fullmatch(same.strip())) or (bare := re.fullmatch(r"\(?([a-j])[).]?", same.strip())):
        return _known(bare.group(1), letters)
    found: list[str] = []
    for one in _LETTER.finditer(same):
        letter = next(group for group in one.groups() if group)
        start = one.start() + one.group().index(letter)
        if _known(letter, letters) and not _NOT.search(re.sub(r"option\s+\W*\Z", "", same[max(0, start - 40) : start])):
            found.append(letter)
    return "".join(dict.fromkeys(found))


def _by_text(text: str, check: Choice, letters: str) -> str:
    said = normal(text)
    if len(said.split()) > 2 * SENTENCE:
        said = normal(marked(text)[-2])
    options = {letter: normal(of) for letter, of in zip(letters, check.options, strict=False)}
    named = {letter: of for letter, of in options.items() if asserted(said, of)}
    longest = [
        letter for letter, of in named.items() if not any(of != other and of in other for other in named.values())
    ]
    return "".join([letter for letter, of in options.items() if of == said] or longest)


def _known(letter: str, letters: str) -> str:
    return letter.upper() if letter.upper() in letters else ""
