"""What a simulated model answers when it is put a prompt of the set."""

import random

from llmrouter_tui.demo.cast import SimModel
from llmrouter_tui.demo.exam.book import SHEETS, Said, right, wrong
from llmrouter_tui.demo.exam.question import Question, knows

TALKATIVE = 0.6
"""Verbosity from which a model tells how it came to a result."""
HEARD = "I see. Go on."


def sit(model: SimModel, question: Question, seed: int) -> Said:
    """Its answer: right or wrong as its talent has it."""
    prompt = question.prompt
    if not question.last:
        sheet = SHEETS.get(prompt.id)
        return sheet.first if sheet and sheet.first else HEARD
    rng = random.Random(f"{seed}:{model.name}:{prompt.id}:words")
    said = right(prompt) if knows(model, prompt, seed) else wrong(prompt, rng)
    return _brief(said) if isinstance(said, str) and model.verbosity < TALKATIVE else said


def _brief(text: str) -> str:
    """Of a text that ends in a result only that."""
    *_, last = text.split("\n\n")
    return last if last.startswith(("Answer:", "Respuesta:")) else text
