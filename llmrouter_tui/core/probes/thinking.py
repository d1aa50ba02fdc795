"""The probe of thinking."""

import re
from collections.abc import Mapping
from typing import Any, Final

from llmrouter_tui.core.probes.parts import Ask, Facts, Failure, Finding, Said, Script, number, refused


def thinking(seed: int, facts: Facts) -> Script:
    """Whether it thinks before it answers: as it is run, or when asked to; and whether that can be switched off."""
    said = yield _riddle(seed, {})
    if isinstance(said, Failure):
        return refused("thinking", said, facts)
    thinks_anyway = thought(said)
    switched = yield _riddle(seed + 1, think(not thinks_anyway, facts))
    if not thinks_anyway:
        if isinstance(switched, Said) and thought(switched):
            return Finding(True, "it thinks when it is asked to, and not otherwise", "asked")
        return Finding(False, "it answers without thinking, also when it is asked to think")
    if isinstance(switched, Said) and not thought(switched):
        return Finding(True, "it thinks before it answers, and not when that is switched off", "default")
    return Finding(True, "it thinks before it answers, and that cannot be switched off", "always")


def think(wanted: bool, facts: Facts) -> Mapping[str, Any]:
    """The fields that switch thinking on or off, where that can be done."""
    if facts.hosted:
        return {"reasoning_effort": "low" if wanted else "none"}
    return {"chat_template_kwargs": {"enable_thinking": wanted}}


def thought(said: Said) -> bool:
    """Whether an answer was thought about, apart from it or between tags; empty tags are none."""
    if said.thinking.strip() or said.reasoning_tokens:
        return True
    before, end, _ = said.text.partition("</think>")
    found = _OPENED.match(before)
    return bool((found[2] if found else before if end else "").strip())


_OPENED: Final = re.compile(r"\s*<(think|thinking|thought|reasoning)>(.*)", re.DOTALL | re.IGNORECASE)


def _riddle(seed: int, fields: Mapping[str, Any]) -> Ask:
    first, second = 12 + number(seed, "first", 80), 13 + number(seed, "second", 80)
    words = f"Is {first} times {second} more than 2500? Answer with yes or no only."
    return Ask(words, 64, fields=fields, thinks=True)
