"""What the simulated models say: prepared texts where the prompt is known, templates by kind where it is not.

The same seed, model and conversation always give the same answer.
"""

import json
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from llmrouter_tui.demo.cast import SimModel
from llmrouter_tui.demo.exam.book import Said
from llmrouter_tui.demo.exam.examiner import judge
from llmrouter_tui.demo.exam.question import recognized
from llmrouter_tui.demo.exam.senses import sensed
from llmrouter_tui.demo.exam.sitting import sit
from llmrouter_tui.demo.musing import GLANCE, KINDS, length, muse
from llmrouter_tui.demo.structured import Call, choose_call, facts, fill
from llmrouter_tui.demo.texts.entry import Entry
from llmrouter_tui.demo.texts.going_on import GOING_ON
from llmrouter_tui.demo.texts.library import ENTRIES, GENERIC, WEAK
from llmrouter_tui.demo.texts.words import OTHER_LETTERS

WORDS = re.compile(r"[^\W\d_]+", re.UNICODE)
TITLE = re.compile(r"\btitle\b.*\b(conversation|chat|words)\b|\b(conversation|chat)\b.*\btitle\b", re.I | re.S)
FOLLOW_UPS = re.compile(r"follow[- _]?up questions", re.I)
CUES = (
    ("coding", re.compile(r"```|\b(code|function|python|rust|sql|bash|script|regex|class|bug|api|tests?)\b", re.I)),
    ("math", re.compile(r"\d\s*[-+*/^=]\s*\d|\b(solve|sum|integral|probability|percent|equation|how many)\b", re.I)),
    ("creative", re.compile(r"\b(poem|story|haiku|lyrics|slogan|write a (short )?(scene|song))\b", re.I)),
    ("reasoning", re.compile(r"\b(why|compare|trade-?offs?|should (i|we)|pros and cons|explain)\b", re.I)),
)  # fmt: skip
SHORT_QUESTION = 7
"""Words; to shorter ones nothing is added."""
LANGUAGES = (
    ("de", re.compile(r"\b(der|die|das|und|ist|nicht|wie|ich|ein|eine|bitte|mit)\b", re.I)),
    ("fr", re.compile(r"\b(le|la|les|est|une|des|pour|dans|comment|pas|vous)\b", re.I)),
    ("es", re.compile(r"\b(el|los|las|una|para|cómo|qué|por|está|con|del)\b", re.I)),
)


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a conversation."""

    role: str
    text: str = ""
    images: tuple[str, ...] = ()
    """Base64."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What one model is asked. ``schema`` is a JSON schema, ``"json"`` for any object, or None for prose."""

    model: SimModel
    turns: tuple[Turn, ...]
    tools: tuple[Mapping[str, Any], ...] = ()
    schema: Any = None
    think: bool = False
    seed: int = 0

    @property
    def last(self) -> Turn:
        return self.turns[-1]

    @property
    def text(self) -> str:
        """The last thing a person said."""
        return next((turn.text for turn in reversed(self.turns) if turn.role == "user"), "")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model says, before it is cut to any length."""

    text: str = ""
    thinking: str = ""
    calls: tuple[Call, ...] = ()


def compose(ask: Ask) -> Answer:
    """The model's answer."""
    key = f"{ask.seed}:{ask.model.name}:" + "\x1e".join(turn.text for turn in ask.turns)
    thinking = _thinking(ask, random.Random(f"{key}:thinking")) if ask.think else ""
    if ask.last.role == "tool":
        return Answer(_from_tool(ask.last.text), thinking)
    if (said := _measured(ask)) is not None:
        return Answer(said, thinking) if isinstance(said, str) else Answer("", thinking, said)
    if ask.tools and (call := choose_call(ask.tools, ask.text)):
        return Answer("", thinking, (call,))
    if ask.schema is not None:
        return Answer(_json(ask), thinking)
    if TITLE.search(ask.text[:400]):
        return Answer(_title(ask.text), thinking)
    if FOLLOW_UPS.search(ask.text[:400]):
        return Answer(_follow_ups(ask.text), thinking)
    return Answer(_prose(ask, random.Random(key)), thinking)


def _measured(ask: Ask) -> Said | None:
    """What it says to a prompt of the prompt set, to a probe, or as a judge; None where it is asked something else."""
    asked = [turn.text for turn in ask.turns if turn.role == "user"]
    if question := recognized(asked):
        return sit(ask.model, question, ask.seed)
    if (seen := sensed(ask.text, ask.last.images)) is not None:
        return seen
    return judge(ask.model, ask.turns[0].text, asked[0], len(asked) > 1, ask.seed) if asked else None


def _prose(ask: Ask, rng: random.Random) -> str:
    for piece, text in OTHER_LETTERS.items():
        if piece in ask.text:
            return text
    entry = GENERIC["vision"] if ask.last.images else _known(ask)
    if entry is not None:
        return _cut(entry.parts, ask, rng)
    parts = tuple(
        part.replace("{topic}", _topic(ask.text)) for part in GENERIC[_language(ask.text) or _kind(ask)].parts
    )
    return _cut(parts, ask, rng)


def _known(ask: Ask) -> Entry | None:
    """The prepared text whose cue words the prompt shares most; a follow-up is helped by what was said before."""
    now = {word.lower() for word in WORDS.findall(ask.text)}
    before = {word.lower() for turn in ask.turns[:-1] if turn.role == "user" for word in WORDS.findall(turn.text)}
    scored = [(_weight(e.cues & now) + (len(e.cues & before) if e.cues & now else 0), e) for e in ENTRIES]
    score, entry = max(scored, key=lambda item: item[0])
    return entry if score >= 4 or (score >= 2 and len(now) <= 3) else None


def _weight(words: frozenset[str]) -> int:
    return sum(1 if word in WEAK else 2 for word in words)


def _cut(parts: Sequence[str], ask: Ask, rng: random.Random) -> str:
    """The first part always, of the rest as much as the model likes to write."""
    return "\n\n".join((parts[0], *_some(parts[1:], ask, rng), *_some(_more(ask), ask, rng)))


def _some(parts: Sequence[str], ask: Ask, rng: random.Random) -> Sequence[str]:
    share = ask.model.verbosity + rng.uniform(-0.25, 0.25)
    return parts[: round(len(parts) * min(1.0, max(0.0, share)))]


def _more(ask: Ask) -> Sequence[str]:
    """What may be added to an answer where more than a line was asked for."""
    if _kind(ask) not in GOING_ON or _language(ask.text) or len(WORDS.findall(ask.text)) < SHORT_QUESTION:
        return ()
    return GOING_ON[_kind(ask)].parts


def _kind(ask: Ask) -> str:
    return next((name for name, pattern in CUES if pattern.search(ask.text)), "chat")


def _thinking(ask: Ask, rng: random.Random) -> str:
    """Longer the harder the question; about what needs no thought only a glance."""
    return muse(_topic(ask.text), _room_to_think(ask, rng), rng)


def _room_to_think(ask: Ask, rng: random.Random) -> int:
    if question := recognized([turn.text for turn in ask.turns if turn.role == "user"]):
        return length(question.prompt.difficulty, rng)
    if ask.last.role == "tool" or ask.tools or ask.schema is not None or TITLE.search(ask.text[:400]):
        return GLANCE
    return length(KINDS[_kind(ask)], rng)


def _json(ask: Ask) -> str:
    shape = ask.schema
    value = fill(shape, ask.text) if isinstance(shape, Mapping) else facts(ask.text)
    return json.dumps(value, ensure_ascii=False, indent=2)


def _from_tool(result: str) -> str:
    try:
        value = json.loads(result)
    except ValueError:
        return f"The tool answered: {result.strip()}"
    if not isinstance(value, dict):
        return f"The tool answered {value}."
    parts = [
        f"{str(key).replace('_', ' ')} {item}" for key, item in value.items() if not isinstance(item, (dict, list))
    ]
    return "Here is what I found: " + ", ".join(parts) + "."


def _title(text: str) -> str:
    words = [word for word in WORDS.findall(_said(text)) if len(word) > 3][:4]
    return " ".join(words).capitalize() or "New conversation"


def _follow_ups(text: str) -> str:
    topic = _topic(_said(text))
    questions = [f"What should I know first about {topic}?", f"What goes wrong most often with {topic}?", "What next?"]
    return json.dumps({"follow_ups": questions}, ensure_ascii=False)


def _said(text: str) -> str:
    """The first thing a person said, in a chat history that a client has put into a prompt."""
    return text.split("USER:", 1)[-1].split("\nASSISTANT:", 1)[0]


def _language(text: str) -> str:
    """A language the prompt is clearly in, other than English."""
    hits = [(len(pattern.findall(text)), name) for name, pattern in LANGUAGES]
    count, name = max(hits)
    return name if count >= 3 else ""


def _topic(text: str) -> str:
    """A few words that name what the prompt is about."""
    words = [word for word in WORDS.findall(text) if len(word) > 4]
    return " ".join(words[-3:]).lower() or "this"
