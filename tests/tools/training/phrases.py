"""Prompts as people type them, made from our own templates: several thousand over kinds, levels and languages.

``prompts/*.txt`` hold templates: ``# kind: name difficulty`` opens a section, ``[a|b]`` is a choice, ``<slot>`` takes
a word from ``slots.txt`` or a block of code, ``<n:2-9>`` a number, ``~0.6`` at the start another difficulty. An entry
is a line, or a block between ``%`` lines.
"""

import random
import re
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent / "prompts"
BLOCKS = ("code", "trace", "codesig", "snippet")
LANGUAGES = ("de", "fr", "es", "it", "pt", "ru", "zh", "ja", "ko", "ar", "nl", "pl", "tr", "hi")
_CHOICE = re.compile(r"\[([^\[\]]*\|[^\[\]]*)\]")
_PLAIN = re.compile(r"\[([^\[\]|]*)\]")
_SLOT = re.compile(r"<([a-z0-9]+)>")
_NUMBER = re.compile(r"<n:(\d+)-(\d+)>")
_ENGLISH_VARIANTS, _OTHER_VARIANTS, _FOLLOW_VARIANTS = 9, 7, 8

POLITE = (
    "please ",
    "hey, ",
    "can you ",
    "could you please ",
    "hi! ",
    "I need you to ",
    "pls ",
    "quick question: ",
    "ok so ",
)
AFTER = (
    " thanks!",
    " thx",
    " please",
    " asap",
    " I'm in a hurry.",
    " thank you so much",
    " (for school)",
    " it's for work",
)
BEFORE = (
    "I'm preparing for my class tomorrow. ",
    "So I was talking to my brother yesterday and we could not agree. ",
    "I work in a small company and have no idea about this. ",
    "Sorry if this is a stupid question. ",
    "My boss wants this by noon. ",
    "Let me know if you need more details. ",
    "I've been trying all day. ",
    "Here is what I need.\n\n",
)


class Example(NamedTuple):
    """``kind`` is empty where the text alone does not say; ``leans`` where it belongs to what came before."""

    text: str
    kind: str
    difficulty: float
    language: str
    leans: bool


class Entry(NamedTuple):
    kind: str
    difficulty: float
    template: str


def examples(seed: int = 1) -> list[Example]:
    """All of them, without repetitions, in a fixed order."""
    rng = random.Random(seed)
    slots = _slots()
    found: dict[str, Example] = {}
    for language in ("en", *LANGUAGES):
        names = ("en_talk", "en_work") if language == "en" else (language,)
        for entry in (e for name in names for e in entries((HERE / f"{name}.txt").read_text("utf-8"))):
            for _ in range(_ENGLISH_VARIANTS if language == "en" else _OTHER_VARIANTS):
                text = _noise(_expand(entry.template, slots, rng), language, rng)
                found.setdefault(text, Example(text, entry.kind, entry.difficulty, language, False))
    for line in (HERE / "follow.txt").read_text("utf-8").splitlines():
        for _ in range(_FOLLOW_VARIANTS):
            if line and not line.startswith("#"):
                text = _noise(_expand(line, slots, rng), "", rng)
                found.setdefault(text, Example(text, "", 0.0, "", True))
    return list(found.values())


def entries(text: str) -> list[Entry]:
    """The templates of a file."""
    found = []
    for section in re.split(r"^# kind: ", text, flags=re.M)[1:]:
        head, _, body = section.partition("\n")
        kind, difficulty = head.split()
        for block in _blocks(body):
            own = re.match(r"~(0\.\d+) ", block)
            found.append(Entry(kind, float(own[1]) if own else float(difficulty), block[own.end() :] if own else block))
    return found


def _blocks(body: str) -> list[str]:
    if "\n%" in body:
        return [b.strip("\n") for b in body.split("\n%") if b.strip()]
    blocks: list[str] = []
    glue = False
    for line in body.splitlines():
        continues = line.startswith("assert ") or (line in ("<code>", "<trace>") and not glue)
        if blocks and (glue or continues):
            blocks[-1] += "\n" + line
            glue = False
        elif line:
            blocks.append(line)
        elif blocks:
            blocks[-1] += "\n"
            glue = True
    return [b.strip("\n") for b in blocks]


def _slots() -> dict[str, list[str]]:
    slots: dict[str, list[str]] = defaultdict(list)
    for section in (HERE / "slots.txt").read_text("utf-8").split("# slot: ")[1:]:
        name, _, body = section.partition("\n")
        slots[name.strip()] = [line for line in body.strip("\n").splitlines() if line]
    slots["long"] = [
        "<passage> " * 6,
        "<passage>\n\n<passage> <passage>\n\n<passage>",
        "<passage> " * 12,
        "<passage> <passage>",
        "<passage>\n<code>\n<passage> <passage>",
        "<passage> " * 25,
    ]
    for name in BLOCKS:
        slots[name] = [b.strip("\n") for b in (HERE / f"{name}.txt").read_text("utf-8").split("\n%\n")]
    return slots


def _expand(template: str, slots: dict[str, list[str]], rng: random.Random) -> str:
    text = template
    while (plain := _PLAIN.sub("\ue000\\1\ue001", text)) != text or _CHOICE.search(text):
        text = _CHOICE.sub(lambda m: rng.choice(m[1].split("|")), plain)
    text = _slots_in(text.replace("\ue000", "[").replace("\ue001", "]"), slots, rng)
    return _NUMBER.sub(lambda m: str(rng.randint(int(m[1]), int(m[2]))), text).strip()


def _slots_in(text: str, slots: dict[str, list[str]], rng: random.Random) -> str:
    def fill(match: "re.Match[str]") -> str:
        if match[1] not in slots:
            return match[0]
        value = rng.choice(slots[match[1]])
        return value if match[1] in BLOCKS else _SLOT.sub(fill, value)

    return _SLOT.sub(fill, text)


def _noise(text: str, language: str, rng: random.Random) -> str:
    """As hasty people type: lower case, missing marks, slips, a few words around."""
    prose = "```" not in text and "\n" not in text
    if language == "en" and len(text) > 25:
        if rng.random() < 0.08:
            text = rng.choice(BEFORE) + text
        if rng.random() < 0.08 and prose:
            text = rng.choice(POLITE) + text[0].lower() + text[1:]
        if rng.random() < 0.06 and prose:
            text += rng.choice(AFTER)
    if rng.random() < 0.15 and prose:
        text = text.lower()
    elif rng.random() < 0.15 and language == "en":
        text = text[0].upper() + text[1:]
    if rng.random() < 0.1:
        text = text.rstrip("?.! ？。！؟")
    if rng.random() < 0.06 and prose and text.isascii() and len(text) > 12:
        at = rng.randrange(2, len(text) - 3)
        text = (
            text[:at] + text[at + 1] + text[at] + text[at + 2 :] if rng.random() < 0.5 else text[:at] + text[at + 1 :]
        )
    return text


if __name__ == "__main__":
    made = examples()
    for one in random.Random(2).sample(made, 40):
        print(one.kind.ljust(11), one.difficulty, one.language, repr(one.text[:150]))
    print(len(made), "examples")
