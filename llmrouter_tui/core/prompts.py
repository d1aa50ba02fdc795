"""Prompts that measure what a model can do, and how each answer is told right from wrong. Facts only.

The prompts themselves are in ``core.prompt_set``, the checks are made by ``core.checks``. Difficulty is the 0..1 of
``core.difficulty``, whose cuts tell easy, medium and hard.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from llmrouter_tui.core.demands import Demand
from llmrouter_tui.core.shapes import Shape

Kind = Literal["exact", "number", "choice", "json", "demands", "terms", "calls", "code", "rubric"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check says: ``passed`` 0..1, and why, in words."""

    passed: float
    reason: str

    @property
    def right(self) -> bool:
        return self.passed >= 1.0


@dataclass(frozen=True, slots=True)
class Exact:
    """A short answer that is one of these, apart from case, punctuation, articles and a sentence around it."""

    accepted: tuple[str, ...]
    wrong: tuple[str, ...] = ()
    """Answers that spoil one, when they are claimed beside it."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number, written in any usual way. ``tolerance`` is absolute."""

    value: float
    tolerance: float = 1e-6


@dataclass(frozen=True, slots=True)
class Choice:
    """One letter out of several; ``options`` are the texts of A, B, C … as the prompt has them."""

    letter: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Json:
    """JSON of this shape, in a fence or not; ``bare`` where nothing else may stand around it."""

    shape: Shape
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Demands:
    """Instructions that a program can verify, each on its own."""

    demands: tuple[Demand, ...]


@dataclass(frozen=True, slots=True)
class Terms:
    """What a text has to mention: of each group one spelling; a trailing ``*`` stands for any ending of the word."""

    groups: tuple[tuple[str, ...], ...]
    forbidden: tuple[str, ...] = ()
    """Any of these shows that it was not understood."""
    language: str = ""
    """The two-letter code of the language in which it must be; empty where that is not looked at."""
    most_words: int = 0
    """0 for any number."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a tool; of each argument the shape that is right. Arguments that are not named may be left out."""

    name: str
    arguments: tuple[tuple[str, Shape], ...]
    optional: tuple[tuple[str, Shape], ...] = ()


@dataclass(frozen=True, slots=True)
class Calls:
    """The calls that are right, in any order; without any, calling a tool is wrong. ``says`` is what the text has to
    mention then, as in ``Terms``."""

    calls: tuple[Call, ...] = ()
    says: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """One test of code: statements whose last is an expression, and its value as a Python literal, or what it raises.
    The value never reaches the process in which the code runs."""

    code: str
    expected: str = ""
    raises: str = ""


@dataclass(frozen=True, slots=True)
class Code:
    """Python that defines ``name`` and does in each case what it should."""

    name: str
    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True)
class Rubric:
    """Nothing that a program can tell: what a judge looks at, and a good answer where there is one."""

    criteria: str
    reference: str = ""


Check = Exact | Number | Choice | Json | Demands | Terms | Calls | Code | Rubric

KINDS: dict[type, Kind] = {
    Exact: "exact",
    Number: "number",
    Choice: "choice",
    Json: "json",
    Demands: "demands",
    Terms: "terms",
    Calls: "calls",
    Code: "code",
    Rubric: "rubric",
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument of a tool that is offered. ``type`` is JSON Schema's; a list is of ``items``."""

    name: str
    type: str
    description: str
    required: bool = True
    one_of: tuple[str, ...] = ()
    items: str = ""


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that is offered to the model."""

    name: str
    description: str
    parameters: tuple[Parameter, ...]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call as a model made it: ``arguments`` is JSON text, as on the wire."""

    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """One question with the check of its answer. ``id`` is stable: results are kept under it."""

    id: str
    task: str
    difficulty: float
    turns: tuple[str, ...]
    """What the user says; each turn after the first follows the model's answer to the one before. The answer to the
    last is checked."""
    check: Check
    max_tokens: int
    """Room for one answer, in tokens, without what a model thinks before it."""
    quick: bool = False
    """Whether the quick profile takes it."""
    system: str = ""
    tools: tuple[Tool, ...] = ()
    json_mode: bool = False
    """Asks the backend for JSON (``response_format``)."""
    language: str = "en"
    needs: frozenset[str] = field(default_factory=frozenset)
    """Of ``domain.NEEDS``: a model without it is not asked."""
    context: int = 0
    """Tokens of context that it takes, estimated; 0 for a short one."""

    @property
    def kind(self) -> Kind:
        return KINDS[type(self.check)]

    @property
    def judged(self) -> bool:
        """Whether it takes a judge."""
        return isinstance(self.check, Rubric)


def messages(prompt: Prompt, answers: Sequence[str] = ()) -> list[dict[str, str]]:
    """The conversation in OpenAI's form, up to the turn that follows these answers. ``answers`` are without thinking;
    one for each turn that was answered.

    Raises ``ValueError`` when there are as many answers as turns, or more: nothing is left to ask.
    """
    if len(answers) >= len(prompt.turns):
        raise ValueError(f"{prompt.id} has {len(prompt.turns)} turns, and {len(answers)} are answered")
    told = [{"role": "system", "content": prompt.system}] if prompt.system else []
    for turn, answer in zip(prompt.turns, answers, strict=False):
        told += [{"role": "user", "content": turn}, {"role": "assistant", "content": answer}]
    return [*told, {"role": "user", "content": prompt.turns[len(answers)]}]


def request(prompt: Prompt, answers: Sequence[str] = ()) -> dict[str, Any]:
    """The fields of a chat request that the prompt decides: messages, max_tokens, tools, response_format; greedy, so
    that a repeat says the same."""
    fields: dict[str, Any] = {
        "messages": messages(prompt, answers),
        "max_tokens": prompt.max_tokens,
        "temperature": 0,
    }
    if prompt.tools:
        fields["tools"] = [offered(tool) for tool in prompt.tools]
    if prompt.json_mode:
        fields["response_format"] = {"type": "json_object"}
    return fields


def offered(tool: Tool) -> dict[str, Any]:
    """The tool as a request offers it, in OpenAI's form."""
    properties: dict[str, Any] = {}
    for one in tool.parameters:
        properties[one.name] = {"type": one.type, "description": one.description}
        if one.one_of:
            properties[one.name]["enum"] = list(one.one_of)
        if one.items:
            properties[one.name]["items"] = {"type": one.items}
    required = [one.name for one in tool.parameters if one.required]
    schema = {"type": "object", "properties": properties, "required": required}
    return {"type": "function", "function": {"name": tool.name, "description": tool.description, "parameters": schema}}
