"""Whether an answer is right. Pure, and never an error, whatever a model says."""

from collections.abc import Sequence

from llmrouter_tui.core.checking.answers import check_choice, check_exact
from llmrouter_tui.core.checking.code import extract, fault_of
from llmrouter_tui.core.checking.numbers import check_number
from llmrouter_tui.core.checking.structured import check_calls, check_json
from llmrouter_tui.core.checking.terms import check_demands, check_terms
from llmrouter_tui.core.checking.text import spoken, unechoed
from llmrouter_tui.core.prompts import (
    Calls,
    Choice,
    Code,
    Demands,
    Exact,
    Json,
    Number,
    Prompt,
    Terms,
    ToolCall,
    Verdict,
)


def check(prompt: Prompt, answer: str, tool_calls: Sequence[ToolCall] = ()) -> Verdict | None:
    """The verdict on the answer to a prompt's last turn; thinking is not read.

    None where the text alone does not tell: code that has to be run (``engine.sandbox``), and what takes a judge.
    Neither is None where nothing was answered, or no code: that is wrong at once.
    """
    said, how = spoken(answer), prompt.check
    text = unechoed(said, prompt.turns)
    if isinstance(how, Calls):
        return check_calls(how, text, tool_calls)
    if not text:
        return Verdict(0.0, "it only repeats the question" if said else "nothing is answered")
    if isinstance(how, Code):
        fault = fault_of(extract(text, how.name), how.name)
        return Verdict(0.0, fault) if fault else None
    if isinstance(how, Exact):
        return check_exact(how, text)
    if isinstance(how, Number):
        return check_number(how, text)
    if isinstance(how, Choice):
        return check_choice(how, text)
    if isinstance(how, Json):
        return check_json(how, text)
    if isinstance(how, Terms):
        return check_terms(how, text)
    return check_demands(how, text) if isinstance(how, Demands) else None
