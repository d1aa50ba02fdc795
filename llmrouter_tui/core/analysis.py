"""What a request needs: task mix, difficulty, needs, language, and how many tokens go in and come out.

Two readers look at the text and their log-odds are averaged: cues written by hand (``words``, ``languages`` and the
form of the text in ``reading``), and the trained classifier. The one knows how people talk in a dozen languages, the
other what thousands of graded prompts showed; where they disagree neither is sure.
"""

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from operator import add
from typing import NamedTuple

from llmrouter_tui.core.background import READ, is_background
from llmrouter_tui.core.chat import ChatRequest, Message
from llmrouter_tui.core.classifier import Weights, by_task, marks, sort_out
from llmrouter_tui.core.decision import Analysis
from llmrouter_tui.core.difficulty import (
    answer_tokens,
    difficulty,
    expected_tokens,
    level,
    logit_of,
    on_literals,
    weigh,
)
from llmrouter_tui.core.domain import TASKS
from llmrouter_tui.core.kinds import KINDS, TASK_OF_KIND
from llmrouter_tui.core.language import tokens_of
from llmrouter_tui.core.making import maker
from llmrouter_tui.core.reading import KEEP, Turn, clip, read_turn

_CODING = TASKS.index("coding")
_TRACE = KINDS.index("trace")

TRAINED, TRAINED_DIFFICULTY = 0.7, 0.5
"""Share of the trained reader in the log-odds of the tasks and of difficulty; the rest is that of the cues. Chosen on
a quarter of the public training rows and the everyday prompts of the tests: from .7 on nothing is gained on the former
by hearing the cues less, and the latter lose. Graded prompts are English: elsewhere the share in difficulty is half."""
LEAST_KIND = 0.02
"""Kinds below this share are dropped from what is told and kept."""
SYSTEM_WEIGHT = 0.3
SYSTEM_READ = 800
SYSTEMS_KEPT = 64
"""System prompts remembered: at most 900 characters each."""
READINGS_KEPT = 256
"""Requests remembered by all that was read of them: clients ask again, and agents poll with the same words."""
CONTEXT_TURNS = 3
CONTEXT_DECAY = 0.6
ANSWER_READ = 2000
"""Characters of the last answer that are looked at, for code only."""
ANSWER_CODE = 2.0
LEANING = 0.75
"""How much of the context counts for a turn that says nothing itself but leans on it; 0.45 where it does not lean."""
NOT_LEANING = 0.45

IMAGE_TOKENS = 765
"""Tokens of an image: OpenAI's published count for 1024 x 1024 in high detail; LLaVA 1.5 takes 576."""
MESSAGE_TOKENS = 4
"""Template tokens around each message (ChatML: start, role, newline, end)."""
LONG_CONTEXT = 8192
"""Prompt and answer above this are a need of their own: many models are served with no more."""

_BACKGROUND_TASKS = dict.fromkeys(TASKS, 0.0) | {"extraction": 0.8, "instruction": 0.2}
_BACKGROUND_KINDS = {"summary": 0.8, "writing": 0.2}
_BACKGROUND_DIFFICULTY = 0.1
_BACKGROUND_ANSWER = 48

_NO_NEEDS: frozenset[str] = frozenset()

_analysis = maker(Analysis)


class Reading(NamedTuple):
    """What the words of a request say, whatever its fields."""

    turn: Turn
    language: str
    tasks: Mapping[str, float]
    kinds: Mapping[str, float]
    task: str
    difficulty: float
    answer: float
    """Tokens of a middling answer."""
    background: bool


class Analyst:
    """Reads requests. Pure and bounded: time does not grow with the length of any one text. What was read of a turn is
    kept, so the earlier turns of a conversation cost nothing."""

    def __init__(self, weights: Weights) -> None:
        self._marks = lru_cache(maxsize=KEEP)(partial(_marks, weights))
        self._read = lru_cache(maxsize=READINGS_KEPT)(self._read_anew)

    def analyse(self, request: ChatRequest) -> Analysis:
        messages, limit = request.messages, request.max_tokens
        last = len(messages) - 1
        if last >= 0 and messages[last].role != "user":
            last = _last_user(messages)
        before = _context(messages, last) if last > 0 else ()
        system = ""
        if messages and messages[0].role in ("system", "developer"):
            system = messages[0].text[:READ]
        found = self._read(
            clip(messages[last].text) if last >= 0 else "",
            before,
            bool(before) and _answered_code(messages, last),
            system,
            len(messages) <= 3,
        )
        prompt_tokens, images = _size(messages, found.language, request.tool_characters)
        if found.background:
            return _background(found.language, prompt_tokens, limit, request.switch)
        turn, tasks, hard = found.turn, found.tasks, found.difficulty
        expected = expected_tokens(found.answer, tasks["translation"], hard, turn, limit)
        needs, most = _NO_NEEDS, prompt_tokens + expected
        if images or request.tools or request.json_mode or request.thinking or most > LONG_CONTEXT:
            needs = _needs(request, images, most)
        return _analysis(
            tasks,
            found.task,
            hard,
            level(hard),
            needs,
            found.language,
            prompt_tokens,
            expected,
            False,
            found.kinds,
            request.switch,
        )

    def _read_anew(self, text: str, earlier: tuple[str, ...], answered: bool, system: str, short: bool) -> Reading:
        """``earlier``: the user turns before, newest first; ``answered``: whether the answer before held code;
        ``short``: whether the conversation is so short that a system prompt may make it housekeeping."""
        turn, before = read_turn(text), [read_turn(t) for t in earlier]
        lang = turn.language or next((t.language for t in before if t.language), "en")
        logits: Sequence[float] = turn.logits
        background, lean = turn.background, 0.0
        if before:
            lean = _lean(turn)
            logits = _with_context(logits, before, lean, answered)
        if system:
            pull, housekeeping = _system(system)
            logits = list(map(add, logits, pull))
            background = background or (housekeeping and short)
        shares, base, growth = weigh(logits)
        hard = difficulty(base, growth, turn)
        if lean:
            hard += min(1.0, 1.6 * lean) * max(0.0, difficulty(base, growth, before[0]) - hard)
        trained = sort_out(
            self._marks(text),
            [self._marks(t) for t in earlier],
            self._marks(system[:SYSTEM_READ]) if system else (),
            answered,
        )
        kinds = _joined(trained.kinds, shares)
        tasks = by_task(kinds)
        share = TRAINED_DIFFICULTY if lang == "en" else TRAINED_DIFFICULTY / 2
        odds = share * logit_of(trained.easiness) + (1 - share) * math.log(hard / (1 - hard))
        if kinds[_TRACE] > LEAST_KIND:
            odds += kinds[_TRACE] * on_literals(text)
        hard = _sigmoid(odds)
        return Reading(
            turn,
            lang,
            dict(zip(TASKS, tasks, strict=True)),
            _told(kinds),
            TASKS[tasks.index(max(tasks))],
            hard,
            answer_tokens(tasks),
            background,
        )


def _marks(weights: Weights, text: str) -> tuple[float, ...]:
    return marks(weights, text, read_turn(text))


def _joined(kinds: Sequence[float], shares: Sequence[float]) -> list[float]:
    """The kinds' shares such that their tasks' log-odds are the weighted mean of the trained ones and ``shares``."""
    trained = by_task(kinds)
    factors = [(share / max(t, 1e-9)) ** (1 - TRAINED) for share, t in zip(shares, trained, strict=True)]
    joined = [kind * factors[task] for kind, task in zip(kinds, TASK_OF_KIND, strict=True)]
    total = sum(joined)
    return [kind / total for kind in joined]


def _told(kinds: Sequence[float]) -> Mapping[str, float]:
    """Those that matter, by name; they add up to 1."""
    most = {kind: share for kind, share in zip(KINDS, kinds, strict=True) if share >= LEAST_KIND}
    total = sum(most.values())
    return {kind: share / total for kind, share in most.items()}


def _sigmoid(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x))


def _last_user(messages: Sequence[Message]) -> int:
    """Index of the last user turn (the last turn of any kind if there is none); -1 without messages."""
    for i in range(len(messages) - 1, -1, -1):
        if messages[i].role == "user":
            return i
    return len(messages) - 1


def _context(messages: Sequence[Message], last: int) -> tuple[str, ...]:
    """The user turns before the last, newest first, clipped."""
    found: list[str] = []
    for i in range(last - 1, max(-1, last - 40), -1):
        if messages[i].role == "user" and (said := clip(messages[i].text)):
            found.append(said)
            if len(found) == CONTEXT_TURNS:
                break
    return tuple(found)


def _answered_code(messages: Sequence[Message], last: int) -> bool:
    """Whether the answer before the last user turn held code."""
    return last > 0 and messages[last - 1].role == "assistant" and "```" in messages[last - 1].text[:ANSWER_READ]


def _lean(turn: Turn) -> float:
    """How much of the context counts: less, the more the turn says by itself."""
    return (LEANING if turn.leans else NOT_LEANING) * math.exp(-turn.evidence / 2.5)


def _with_context(logits: Sequence[float], before: Sequence[Turn], lean: float, answered_code: bool) -> Sequence[float]:
    """The log-odds of a turn in view of the turns before, newest first."""
    weight = lean * 1.3
    for earlier in before:
        logits = [x + weight * score for x, score in zip(logits, earlier.scores, strict=True)]
        weight *= CONTEXT_DECAY
    if answered_code:
        logits = [*logits]
        logits[_CODING] += lean * 1.3 * ANSWER_CODE
    return logits


@lru_cache(maxsize=SYSTEMS_KEPT)
def _system(head: str) -> tuple[tuple[float, ...], bool]:
    """What a system prompt, cut to ``READ``, adds to the log-odds of the tasks; whether it asks for housekeeping."""
    scores = read_turn(head[:SYSTEM_READ]).scores
    return tuple([SYSTEM_WEIGHT * score for score in scores]), is_background(head)


def _size(messages: Sequence[Message], lang: str, characters: int) -> tuple[int, int]:
    """(estimated prompt tokens, images) of all messages, and of so many ``characters`` besides."""
    foreign = images = 0
    for message in messages:
        text = message.text
        if text.isascii():
            characters += len(text)
        else:
            foreign += len(text)
        images += message.images
    tokens = tokens_of(characters, foreign, lang) + MESSAGE_TOKENS * len(messages)
    return tokens + IMAGE_TOKENS * images, images


def _needs(request: ChatRequest, images: int, tokens: int) -> frozenset[str]:
    found = (
        ("vision", images),
        ("tools", request.tools and not request.tool_choice_none),
        ("json", request.json_mode),
        ("thinking", request.thinking),
        ("context", tokens > LONG_CONTEXT),
    )
    return frozenset([need for need, wanted in found if wanted])


def _background(lang: str, prompt_tokens: int, limit: int | None, switch: str) -> Analysis:
    expected = _BACKGROUND_ANSWER if limit is None else max(1, min(limit, _BACKGROUND_ANSWER))
    return Analysis(
        tasks=dict(_BACKGROUND_TASKS),
        task="extraction",
        difficulty=_BACKGROUND_DIFFICULTY,
        level=level(_BACKGROUND_DIFFICULTY),
        needs=frozenset({"context"} if prompt_tokens > LONG_CONTEXT else ()),
        language=lang,
        prompt_tokens=prompt_tokens,
        expected_tokens=expected,
        background=True,
        kinds=dict(_BACKGROUND_KINDS),
        switch=switch,
    )
