"""Right answers and wrong ones to the prompts of the set: written where words are asked for, made from the check where
that tells them."""

import json
import random
from collections.abc import Mapping
from typing import Any

from llmrouter_tui.core.demands import Literal
from llmrouter_tui.core.prompts import Call as Wanted
from llmrouter_tui.core.prompts import Calls, Choice, Demands, Exact, Json, Number, Prompt, Terms
from llmrouter_tui.core.shapes import AllOf, Each, Fields, Holds, OfType, Shape, Value
from llmrouter_tui.demo.structured import Call
from llmrouter_tui.demo.texts.forms import FORMS
from llmrouter_tui.demo.texts.open_ended import OPEN
from llmrouter_tui.demo.texts.programs import MISTAKES, SOLUTIONS
from llmrouter_tui.demo.texts.riddles import RIDDLES
from llmrouter_tui.demo.texts.sheet import Sheet
from llmrouter_tui.demo.texts.talk import TALK

SHEETS: Mapping[str, Sheet] = {**TALK, **RIDDLES, **FORMS, **OPEN}
UNSURE = "I am not sure about that, so I would rather not guess."
PLAIN: Mapping[str, Any] = {
    "string": "text",
    "number": 1.5,
    "integer": 1,
    "boolean": True,
    "null": None,
    "array": [],
    "object": {},
}

Said = str | tuple[Call, ...]
"""A text, or calls of tools."""


def right(prompt: Prompt) -> Said:
    """An answer that passes."""
    how = prompt.check
    if prompt.id in SOLUTIONS:
        return _fenced(SOLUTIONS[prompt.id])
    if (sheet := SHEETS.get(prompt.id)) and sheet.right:
        return sheet.right
    if isinstance(how, Exact):
        return how.accepted[0]
    if isinstance(how, Number):
        return f"{how.value:g}"
    if isinstance(how, Choice):
        return _option(how, how.letter)
    if isinstance(how, Json):
        return _written(made(how.shape))
    if isinstance(how, Terms):
        return ", ".join(group[0] for group in how.groups)
    if isinstance(how, Demands) and isinstance(how.demands[0], Literal):
        return how.demands[0].text
    if isinstance(how, Calls) and how.calls:
        return tuple(Call(one.name, _arguments(one)) for one in how.calls)
    return UNSURE


def wrong(prompt: Prompt, rng: random.Random) -> Said:
    """An answer that does not pass, one of those that are easily given."""
    how = prompt.check
    if prompt.id in MISTAKES:
        return _fenced(MISTAKES[prompt.id])
    if (sheet := SHEETS.get(prompt.id)) and sheet.wrong:
        return rng.choice(sheet.wrong)
    if isinstance(how, Number):
        return f"{how.value + rng.choice((-10, -1, 1, 2, 10)):g}"
    if isinstance(how, Choice):
        letters = "ABCDEFGHIJ"[: len(how.options)].replace(how.letter, "")
        return _option(how, rng.choice(letters))
    if isinstance(how, Terms) and how.forbidden:
        return ", ".join((*(group[0] for group in how.groups[1:]), rng.choice(how.forbidden)))
    if isinstance(how, Calls):
        return _called_wrongly(prompt, how, rng)
    return UNSURE


def made(shape: Shape) -> Any:
    """A value of a shape."""
    if isinstance(shape, Value):
        return shape.accepted[0]
    if isinstance(shape, Holds):
        return shape.words[0]
    if isinstance(shape, Fields):
        return {name: made(of) for name, of in shape.fields}
    if isinstance(shape, Each):
        return [made(of) for of in shape.items]
    if isinstance(shape, AllOf):
        return [made(shape.item)] * shape.least
    assert isinstance(shape, OfType)
    return PLAIN[shape.type]


def _called_wrongly(prompt: Prompt, how: Calls, rng: random.Random) -> Said:
    """A call where none helps; else none, or one whose last argument is another."""
    if not how.calls:
        tool = rng.choice(prompt.tools)
        return (
            Call(tool.name, {one.name: one.one_of[0] if one.one_of else PLAIN[one.type] for one in tool.parameters}),
        )
    if rng.random() < 0.4:
        return UNSURE
    first = how.calls[0]
    arguments = _arguments(first)
    name, value = next((name, value) for name, value in reversed(arguments.items()) if not isinstance(value, list))
    other: Any = not value if isinstance(value, bool) else value + 15 if isinstance(value, int) else "next week"
    return (Call(first.name, arguments | {name: other}),)


def _arguments(call: Wanted) -> dict[str, Any]:
    return {name: made(of) for name, of in call.arguments}


def _option(how: Choice, letter: str) -> str:
    return f"{letter}) {how.options[ord(letter) - ord('A')]}"


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _fenced(code: str) -> str:
    return f"```python\n{code.strip()}\n```"
