"""From the canonical dialect to Anthropic's Messages: pure translation of requests.

What its API has no word for is left out where it only colours an answer (``seed``, penalties, ``logit_bias``, and since
version 2026-10-21 ``temperature``, ``top_p`` and ``top_k``), and refused where the answer would lack what was asked for
(``n``, ``logprobs``, sound), so that another kind of backend may do it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from llmrouter_tui.backends.anthropic_schema import closed
from llmrouter_tui.backends.anthropic_turns import blocks_of_system, mark_of, turns
from llmrouter_tui.backends.reading import count, mapping, objects
from llmrouter_tui.backends.thinking import effort_of
from llmrouter_tui.backends.unspoken import cannot, refuse_unread
from llmrouter_tui.core.chat import ChatCall

VERSION: Final = "2026-10-21"
"""Of the API. The older one (2023-06-01) still takes temperatures, but newer models refuse them under both, and so
would fail for clients that send one out of habit; this one refuses them everywhere, so they are left out everywhere."""
USUAL_MOST: Final = 8192
"""Tokens of an answer where neither the client nor the list of models says how long it may be; it must be said."""
BUDGETS: Final[Mapping[str, int]] = {
    "minimal": 1024,
    "low": 4096,
    "medium": 12_288,
    "high": 24_576,
    "xhigh": 32_768,
    "max": 49_152,
}
"""Tokens of thinking for an effort, for models that take budgets only. By judgement."""
LEAST_BUDGET: Final = 1024
"""The smallest that the API takes."""

_EFFORTS: Final = ("low", "medium", "high", "xhigh", "max")
_CHOICES: Final[Mapping[str, str]] = {"auto": "auto", "required": "any", "none": "none"}
_JSON: Final = "Answer with one JSON object and nothing else: no words around it, no code fence."


@dataclass(frozen=True, slots=True)
class Ways:
    """What the list of models tells of one. None where it does not tell."""

    most: int | None = None
    """Tokens of its longest answer."""
    thinking: frozenset[str] | None = None
    """The types of ``thinking`` that it takes."""
    efforts: frozenset[str] = frozenset()
    schemas: bool | None = None
    """Whether it keeps to a JSON schema."""


def ways_of(entry: Mapping[str, Any]) -> Ways:
    """Read an entry of ``/v1/models`` (``types/model_info.py`` of the ``anthropic`` client)."""
    told = entry.get("capabilities")
    if not isinstance(told, dict):
        return Ways(count(entry.get("max_tokens")))
    types, efforts = mapping(mapping(told.get("thinking")).get("types")), mapping(told.get("effort"))
    return Ways(
        count(entry.get("max_tokens")),
        frozenset(kind for kind in types if supported(types, kind)),
        frozenset(level for level in _EFFORTS if supported(efforts, level)),
        supported(told, "structured_outputs"),
    )


def supported(told: Mapping[str, Any], name: str) -> bool:
    return mapping(told.get(name)).get("supported") is True


def request_body(call: ChatCall, ways: Ways) -> bytes:
    """The body for a call. Raises ``BackendError`` for what Anthropic cannot be asked."""
    refuse_unread(call, "Anthropic")
    marked = call.request.marked
    asked: dict[str, Any] = json.loads(call.request.body if marked is None or call.resumes else marked())
    if call.request.choices > 1:
        raise cannot(call, "Anthropic gives one answer to a request; n must be 1.", "n")
    if asked.get("logprobs"):
        raise cannot(call, "Anthropic does not tell the probabilities of tokens.", "logprobs")
    given = asked.get("messages")
    messages = given if isinstance(given, list) else []
    wanted, told = _format(asked, ways)
    body: dict[str, Any] = {
        "model": call.model.name,
        "max_tokens": _most(asked, ways),
        "messages": turns(messages, lambda text: cannot(call, text, "messages")),
        "stream": call.request.stream,
    }
    if system := blocks_of_system(messages) + ([{"type": "text", "text": told}] if told else []):
        body["system"] = system
    body |= mark_of(asked)
    if stops := _stops(call, asked.get("stop")):
        body["stop_sequences"] = stops
    if isinstance(asked.get("user"), str) and asked["user"]:
        body["metadata"] = {"user_id": asked["user"]}
    body |= _tools(asked)
    effort = _asked_effort(call, asked)
    body |= _thinking(effort, body, ways)
    config = ({"format": wanted} if wanted else {}) | _effort(effort, ways)
    if config:
        body["output_config"] = config
    return json.dumps(body).encode()


def _most(asked: Mapping[str, Any], ways: Ways) -> int:
    """How long the answer may be: as the client says, within what the model can; without a word all that it can."""
    wanted = count(asked.get("max_completion_tokens")) or count(asked.get("max_tokens"))
    if wanted is None:
        return ways.most or USUAL_MOST
    return min(wanted, ways.most) if ways.most else wanted


def _stops(call: ChatCall, given: object) -> list[str]:
    stops = [given] if isinstance(given, str) else given if isinstance(given, list) else []
    if any(isinstance(stop, str) and not stop.strip() for stop in stops):
        raise cannot(call, "Anthropic takes no stop sequence that is blank.", "stop")
    return [stop for stop in stops if isinstance(stop, str)]


def _format(asked: Mapping[str, Any], ways: Ways) -> tuple[dict[str, Any] | None, str]:
    """The schema to keep to, or words that ask for JSON where there is no schema or the model keeps to none."""
    wanted = mapping(asked.get("response_format"))
    if wanted.get("type") == "json_object":
        return None, _JSON
    schema = mapping(wanted.get("json_schema")).get("schema")
    if wanted.get("type") != "json_schema" or not isinstance(schema, dict):
        return None, ""
    if ways.schemas is False:
        return None, f"{_JSON} It must fit this JSON schema: {json.dumps(schema, ensure_ascii=False)}"
    return {"type": "json_schema", "schema": closed(schema)}, ""


# ── tools ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _tools(asked: Mapping[str, Any]) -> dict[str, Any]:
    tools = [_tool(mapping(tool.get("function"))) | mark_of(tool) for tool in objects(asked.get("tools"))]
    if not tools:
        return {}
    choice = _tool_choice(asked.get("tool_choice"))
    if asked.get("parallel_tool_calls") is False and (choice is None or choice["type"] != "none"):
        choice = (choice or {"type": "auto"}) | {"disable_parallel_tool_use": True}
    return {"tools": tools} | ({"tool_choice": choice} if choice else {})


def _tool(function: Mapping[str, Any]) -> dict[str, Any]:
    parameters = function.get("parameters")
    schema = parameters if isinstance(parameters, dict) else {}
    strict = function.get("strict") is True
    tool: dict[str, Any] = {
        "name": function.get("name") or "",
        "input_schema": closed(schema) if strict else {"type": "object"} | schema,
    }
    if function.get("description"):
        tool["description"] = function["description"]
    return tool | ({"strict": True} if strict else {})


def _tool_choice(given: object) -> dict[str, Any] | None:
    name = mapping(mapping(given).get("function")).get("name")
    if name:
        return {"type": "tool", "name": name}
    return {"type": _CHOICES[given]} if isinstance(given, str) and given in _CHOICES else None


# ── thinking ────────────────────────────────────────────────────────────────────────────────────────────────────


def _asked_effort(call: ChatCall, asked: Mapping[str, Any]) -> str:
    """How much to think, in whatever way the client says it; empty where it does not."""
    given = asked.get("reasoning_effort")
    return given if isinstance(given, str) else effort_of(call.request.switch)


def _thinking(effort: str, body: Mapping[str, Any], ways: Ways) -> dict[str, Any]:
    """How the model is to think, where the client says anything of it and the model heeds it."""
    if effort not in BUDGETS and effort != "none":
        return {}
    types = frozenset({"enabled", "disabled"}) if ways.thinking is None else ways.thinking
    if effort == "none":
        return {"thinking": {"type": "disabled"}} if "disabled" in types else {}
    if body["messages"] and body["messages"][-1]["role"] == "assistant":
        return {}  # an answer that is begun cannot be thought about any more
    if "adaptive" in types:
        return {"thinking": {"type": "adaptive", "display": "summarized"}}
    budget = min(BUDGETS[effort], body["max_tokens"] - 1)
    if "enabled" not in types or budget < LEAST_BUDGET or _forced(body) or _unthought(body["messages"]):
        return {}
    return {"thinking": {"type": "enabled", "budget_tokens": budget}}


def _forced(body: Mapping[str, Any]) -> bool:
    """Whether a call of a tool is demanded, which leaves no room for thinking."""
    return mapping(body.get("tool_choice")).get("type") in ("any", "tool")


def _unthought(messages: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the conversation is amid calls of tools that were made without thinking, or with another's: a model that
    is given a budget must have thought before its calls."""
    for turn in reversed(messages):
        kinds = [block["type"] for block in turn["content"]]
        if turn["role"] == "assistant":
            return "tool_use" in kinds and kinds[0] not in ("thinking", "redacted_thinking")
        if "tool_result" not in kinds:
            return False
    return False


def _effort(given: str, ways: Ways) -> dict[str, Any]:
    """The wanted effort, or the next below it that the model knows, or its least."""
    wanted = "low" if given == "minimal" else given
    known = [level for level in _EFFORTS if level in ways.efforts]
    if wanted not in _EFFORTS or not known:
        return {}
    below = [level for level in known if _EFFORTS.index(level) <= _EFFORTS.index(wanted)]
    return {"effort": below[-1] if below else known[0]}
