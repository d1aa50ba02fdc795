"""What a simulated model answers when it is put a prompt of the set."""

import random
from typing import Final

from llmrouter_tui.core.prompts import Code, Prompt
from llmrouter_tui.demo.cast import SimModel
from llmrouter_tui.demo.exam.book import SHEETS, Said, right, wrong
from llmrouter_tui.demo.exam.question import Question, knows
from llmrouter_tui.demo.generation import tokens
from llmrouter_tui.demo.texts.going_on import EXPLAINED, WORKINGS

TALKATIVE: Final = 0.6
"""Verbosity from which a model tells how it came to a result."""
FILLS: Final = 0.6
"""Of the room for an answer, what the most talkative model fills where it shows how it came to a result."""
HEARD = "I see. Go on."


def sit(model: SimModel, question: Question, seed: int) -> Said:
    """Its answer: right or wrong as its talent has it."""
    prompt = question.prompt
    if not question.last:
        sheet = SHEETS.get(prompt.id)
        return sheet.first if sheet and sheet.first else HEARD
    rng = random.Random(f"{seed}:{model.name}:{prompt.id}:words")
    said = right(prompt) if knows(model, prompt, seed) else wrong(prompt, rng)
    if not isinstance(said, str):
        return said
    return _at_length(said, prompt, model.verbosity) if model.verbosity >= TALKATIVE else _brief(said)


def _at_length(text: str, prompt: Prompt, verbosity: float) -> str:
    """With how it came to a result in front of it, as far as the room goes that it likes to fill; code is followed by
    a word on it."""
    room = FILLS * verbosity * prompt.max_tokens - len(tokens(text))
    before, gap, last = text.rpartition("\n\n")
    if isinstance(prompt.check, Code) and text.startswith("```"):
        return "\n\n".join((text, *_filling(EXPLAINED, room)))
    if last.startswith("Answer:"):
        return "\n\n".join((*_filling(WORKINGS, room), before + gap + last))
    return text


def _filling(paragraphs: tuple[str, ...], room: float) -> list[str]:
    """As many of them as there is room for, in tokens."""
    found: list[str] = []
    for paragraph in paragraphs:
        room -= len(tokens(paragraph))
        if room < 0:
            break
        found.append(paragraph)
    return found


def _brief(text: str) -> str:
    """Of a text that ends in a result only that."""
    *_, last = text.split("\n\n")
    return last if last.startswith(("Answer:", "Respuesta:")) else text
