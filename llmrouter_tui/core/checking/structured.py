"""JSON in an answer, and the calls of tools."""

import json
import re
from collections.abc import Sequence
from typing import Any

from llmrouter_tui.core.checking.terms import missing
from llmrouter_tui.core.checking.text import short
from llmrouter_tui.core.counting import unfenced
from llmrouter_tui.core.prompts import Call, Calls, Json, ToolCall, Verdict
from llmrouter_tui.core.shapes import Fields, Fit, fit

TRIES = 40
"""Places in a text at which JSON is looked for."""

_FENCE = re.compile(r"```[^\n`]*\n(.*?)```", re.DOTALL)
_ERRORS = (ValueError, RecursionError)


def check_json(check: Json, text: str) -> Verdict:
    """Whether the answer is JSON of the right shape and values; in part right is right by its share."""
    found, value = _decoded(text, bare=check.bare)
    if not found:
        return Verdict(0.0, "it is not JSON" + (" alone" if check.bare and _decoded(text, bare=False)[0] else ""))
    got = fit(check.shape, value)
    return Verdict(got.share, "; ".join(got.faults[:3]) or "all values are right")


def check_calls(check: Calls, text: str, calls: Sequence[ToolCall]) -> Verdict:
    """Whether just the right tools are called, each with the right arguments."""
    if not check.calls:
        if calls:
            return Verdict(0.0, f"{short(calls[0].name, 40)} is called, where no tool helps")
        lacks = missing(check.says, text)
        if not text or lacks:
            return Verdict(0.0, f"no tool is called, and {lacks or 'nothing'} is {'not ' if lacks else ''}said")
        return Verdict(1.0, "rightly no tool is called")
    if not calls:
        return Verdict(0.0, "no tool is called")
    left, faults, share = list(calls[:20]), [], 0.0
    for wanted in check.calls:
        best = max(left, key=lambda one: _fitting(wanted, one).share, default=None)
        if best is None:
            faults.append(f"{wanted.name} is not called as often as it should be")
            continue
        got = _fitting(wanted, best)
        share += got.share
        faults += got.faults[:2]
        left.remove(best)
    if left:
        faults.append(f"{short(left[0].name, 40)} is called too often")
    passed = share / max(len(check.calls), len(calls))
    return Verdict(1.0 if not faults else min(passed, 0.9) / 2, "; ".join(faults[:3]) or "the calls are right")


def _fitting(wanted: Call, call: ToolCall) -> Fit:
    if call.name != wanted.name:
        return Fit(0, 1, (f"{short(call.name, 40) or 'nothing'} is called, not {wanted.name}",))
    try:
        arguments = json.loads(call.arguments or "{}")
    except _ERRORS:
        return Fit(1, 2, (f"the arguments of {call.name} are not JSON",))
    if not isinstance(arguments, dict):
        return Fit(1, 2, (f"the arguments of {call.name} are no object",))
    given = [(name, of) for name, of in wanted.optional if name in arguments]
    got = fit(Fields((*wanted.arguments, *given)), arguments)
    return Fit(got.right + 1, got.total + 1, tuple(f"{call.name}: {fault}" for fault in got.faults))


def _decoded(text: str, *, bare: bool) -> tuple[bool, Any]:
    """(whether there is JSON, its value): the whole text, a fence, or else the longest that stands in it."""
    for whole in (text, unfenced(text)):
        try:
            return True, json.loads(whole)
        except _ERRORS:
            pass
    if bare:
        return False, None
    for part in reversed(_FENCE.findall(text)):
        try:
            return True, json.loads(part)
        except _ERRORS:
            pass
    return _longest(text)


def _longest(text: str) -> tuple[bool, Any]:
    decoder, best, length, at = json.JSONDecoder(), None, 0, 0
    for _ in range(TRIES):
        start = min((i for i in (text.find("{", at), text.find("[", at)) if i >= 0), default=-1)
        if start < 0:
            break
        try:
            value, at = decoder.raw_decode(text, start)
        except _ERRORS:
            at = start + 1
            continue
        if at - start > length:
            best, length = value, at - start
    return length > 0, best
