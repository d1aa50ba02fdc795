"""What a request needs: task mix, difficulty, needs, language, and how many tokens go in and come out.

A hand-made first classifier: the cues of ``words`` and ``languages`` and the form of the text (``reading``) as
log-odds per task, over the last user turn, the system prompt and the turns before. A trained one takes its place
later; what it returns stays.
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from operator import add

from llmrouter_tui.core.background import READ, is_background
from llmrouter_tui.core.chat import ChatRequest, Message
from llmrouter_tui.core.decision import Analysis
from llmrouter_tui.core.difficulty import difficulty, expected_tokens, level, weigh
from llmrouter_tui.core.domain import TASKS
from llmrouter_tui.core.language import tokens_of
from llmrouter_tui.core.making import maker
from llmrouter_tui.core.reading import Turn, clip, read_turn

_CODING = TASKS.index("coding")

SYSTEM_WEIGHT = 0.3
SYSTEM_READ = 800
SYSTEMS_KEPT = 64
"""System prompts remembered: at most 900 characters each."""
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
TOOL_TOKENS = 120
"""A tool's definition, name, description and a few parameters, by judgement."""
LONG_CONTEXT = 8192
"""Prompt and answer above this are a need of their own: many models are served with no more."""

_BACKGROUND_TASKS = dict.fromkeys(TASKS, 0.0) | {"extraction": 0.8, "instruction": 0.2}
_BACKGROUND_DIFFICULTY = 0.1
_BACKGROUND_ANSWER = 48

_NO_NEEDS: frozenset[str] = frozenset()

_analysis = maker(Analysis)


def analyse(request: ChatRequest) -> Analysis:
    """Read a request. Pure and bounded: time does not grow with the length of any one text."""
    messages, limit = request.messages, request.max_tokens
    last = len(messages) - 1
    if last >= 0 and messages[last].role != "user":
        last = _last_user(messages)
    turn = read_turn(clip(messages[last].text)) if last >= 0 else read_turn("")
    before = _context(messages, last) if last > 0 else ()
    lang = turn.language or next((t.language for t in before if t.language), "en")
    prompt_tokens, images = _size(messages, lang, request.tools)
    logits: Sequence[float] = turn.logits
    background, lean = turn.background, 0.0
    if before:
        lean = _lean(turn)
        logits = _with_context(logits, before, lean, _answered_code(messages, last))
    if messages and messages[0].text and messages[0].role in ("system", "developer"):
        pull, housekeeping = _system(messages[0].text[:READ])
        logits = list(map(add, logits, pull))
        background = background or (housekeeping and len(messages) <= 3)
    if background:
        return _background(lang, prompt_tokens, limit)
    tasks, task, base, growth, answer = weigh(logits)
    hard = difficulty(base, growth, turn)
    if lean:
        hard += min(1.0, 1.6 * lean) * max(0.0, difficulty(base, growth, before[0]) - hard)
    expected = expected_tokens(answer, tasks["translation"], hard, turn, limit)
    needs, most = _NO_NEEDS, prompt_tokens + expected
    if images or request.tools or request.json_mode or request.thinking or most > LONG_CONTEXT:
        needs = _needs(request, images, most)
    return _analysis(tasks, task, hard, level(hard), needs, lang, prompt_tokens, expected)


def _last_user(messages: Sequence[Message]) -> int:
    """Index of the last user turn (the last turn of any kind if there is none); -1 without messages."""
    for i in range(len(messages) - 1, -1, -1):
        if messages[i].role == "user":
            return i
    return len(messages) - 1


def _context(messages: Sequence[Message], last: int) -> Sequence[Turn]:
    """The user turns before the last, newest first."""
    found: list[Turn] = []
    for i in range(last - 1, max(-1, last - 40), -1):
        if messages[i].role == "user" and messages[i].text:
            found.append(read_turn(clip(messages[i].text)))
            if len(found) == CONTEXT_TURNS:
                break
    return found


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


def _size(messages: Sequence[Message], lang: str, tools: int) -> tuple[int, int]:
    """(estimated prompt tokens, images) of all messages."""
    characters = foreign = images = 0
    for message in messages:
        text = message.text
        if text.isascii():
            characters += len(text)
        else:
            foreign += len(text)
        images += message.images
    tokens = tokens_of(characters, foreign, lang) + MESSAGE_TOKENS * len(messages)
    return tokens + IMAGE_TOKENS * images + TOOL_TOKENS * tools, images


def _needs(request: ChatRequest, images: int, tokens: int) -> frozenset[str]:
    found = (
        ("vision", images),
        ("tools", request.tools and not request.tool_choice_none),
        ("json", request.json_mode),
        ("thinking", request.thinking),
        ("context", tokens > LONG_CONTEXT),
    )
    return frozenset([need for need, wanted in found if wanted])


def _background(lang: str, prompt_tokens: int, limit: int | None) -> Analysis:
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
    )
