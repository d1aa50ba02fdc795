"""Between the canonical dialect and Ollama's native one: pure translation, both ways.

Only the native ``/api/chat`` lets context, keep-alive and thinking be set and tells timings. What would make Ollama
load the model again (``num_ctx``, ``num_gpu``, ``shift`` and their kin) or change how long it stays (``keep_alive``)
is never taken from the client: the router owns both. Nor is ``truncate``: left to itself, Ollama silently cuts a
prompt that is too long, and answers the rest.
"""

import base64
import json
import math
import urllib.parse
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from llmrouter_tui.backends.unspoken import cannot, refuse_unread
from llmrouter_tui.core.chat import ChatCall, ChatRequest

_OPTIONS = (
    "temperature",
    "top_p",
    "top_k",
    "min_p",
    "typical_p",
    "seed",
    "stop",
    "num_predict",
    "num_keep",
    "presence_penalty",
    "frequency_penalty",
    "repeat_penalty",
    "repeat_last_n",
    "mirostat",
    "mirostat_eta",
    "mirostat_tau",
)
"""What may change per request without loading the model again (``Options`` of Ollama's ``api/types.go``, less its
``Runner`` part)."""

LAUNCH: Mapping[str, Any] = {"shift": False}
"""How the model's process is to be started, the same in every request, since another value starts it again. Without
a shift of its context an answer ends at the context's end (``length``), instead of going on with its beginning
forgotten."""

_PASSED = ("logprobs", "top_logprobs")
"""Top-level fields that both sides know by the same name."""

_UNKNOWN = {"logit_bias": "bias of single tokens", "grammar": "grammars; a JSON schema it has"}
"""What would change an answer, and what of it Ollama lacks."""

_LEVELS = {"minimal": "low", "low": "low", "medium": "medium", "high": "high", "xhigh": "high", "max": "max"}


def request_body(call: ChatCall) -> bytes:
    """The ``/api/chat`` body for a call. Raises ``BackendError`` for what Ollama cannot be asked.

    It has no ``keep_alive``: the one that the model was loaded with goes on. With one, a request that reaches a busy
    model which Ollama is about to unload for another takes the unloading back, and every load waits for ever.
    """
    refuse_unread(call, "Ollama")
    asked: dict[str, Any] = json.loads(call.request.body)
    if call.request.choices > 1:
        raise cannot(call, "Ollama gives one answer to a request; n must be 1.", "n")
    for name, what in _UNKNOWN.items():
        if asked.get(name):
            raise cannot(call, f"Ollama has no {what}.", name)
    body: dict[str, Any] = {
        "model": call.model.name,
        "messages": _messages(call, asked.get("messages")),
        "stream": call.request.stream,
        "truncate": False,
        **LAUNCH,
    }
    if tools := _tools(asked):
        body["tools"] = tools
    if (wanted := _format(call, asked)) is not None:
        body["format"] = wanted
    if (think := _think(call, asked)) is not None:
        body["think"] = think
    body |= {key: asked[key] for key in _PASSED if asked.get(key) is not None}
    options = _options(asked)
    if call.context_length is not None:
        options["num_ctx"] = call.context_length
    if options:
        body["options"] = options
    return json.dumps(body).encode()


def keep_alive(seconds: float) -> int:
    """Ollama's ``keep_alive``: whole seconds, -1 for ever."""
    return -1 if seconds < 0 else math.ceil(seconds)


def _options(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Sampling parameters, from the client's ``options`` and from the top level, which wins."""
    native = asked.get("options")
    options = {k: v for k, v in native.items() if k in _OPTIONS} if isinstance(native, dict) else {}
    options |= {key: asked[key] for key in _OPTIONS if asked.get(key) is not None}
    limit = asked.get("max_completion_tokens") or asked.get("max_tokens")
    if limit is not None:
        options["num_predict"] = limit
    if (repetition := asked.get("repetition_penalty")) is not None:
        options.setdefault("repeat_penalty", repetition)
    if isinstance(options.get("stop"), str):
        options["stop"] = [options["stop"]]
    return options


def _format(call: ChatCall, asked: Mapping[str, Any]) -> object:
    wanted = asked.get("response_format")
    if not isinstance(wanted, dict):
        return asked.get("format")
    if wanted.get("type") == "json_schema":
        described = wanted.get("json_schema")
        schema = described.get("schema") if isinstance(described, dict) else None
        return schema if isinstance(schema, dict) else "json"
    if wanted.get("type") not in ("json_object", "text"):
        raise cannot(call, "Ollama knows the formats text, json_object and json_schema.", "response_format")
    return "json" if wanted["type"] == "json_object" else None


def _think(call: ChatCall, asked: Mapping[str, Any]) -> object:
    """Ollama refuses ``think`` for a model that cannot, where other servers ignore the wish; so do we, also where
    Ollama is too old to tell. Levels are for gpt-oss; other models think or do not."""
    if "thinking" not in call.model.capabilities:
        return None
    if asked.get("think") is not None:
        return asked["think"]
    extra = asked.get("chat_template_kwargs")
    if isinstance(extra, dict) and isinstance(extra.get("enable_thinking"), bool):
        return extra["enable_thinking"]
    effort = asked.get("reasoning_effort")
    if not isinstance(effort, str):
        return None
    if effort == "none":
        return False
    return _LEVELS.get(effort, effort) if call.model.family.replace("-", "").startswith("gptoss") else True


def _tools(asked: Mapping[str, Any]) -> list[Any]:
    """The tools on offer; a choice of one function is kept by offering only that one."""
    tools, choice = asked.get("tools"), asked.get("tool_choice")
    if not isinstance(tools, list) or choice == "none":
        return []
    name = _function_name(choice)
    return [t for t in tools if _function_name(t) == name] if name else tools


class CallRules(NamedTuple):
    """What a request says of tool calls and Ollama cannot be told: its answers are held to it."""

    required: bool = False
    """A call must be made: a required choice, or a named function."""
    single: bool = False
    """Not more than one."""


_FREE = CallRules()


def call_rules(request: ChatRequest) -> CallRules:
    """Decodes the body only where it may hold a rule."""
    body = request.body
    if not request.tools or request.tool_choice_none:
        return _FREE
    if b'"tool_choice"' not in body and b'"parallel_tool_calls"' not in body:
        return _FREE
    asked = json.loads(body)
    choice = asked.get("tool_choice")
    return CallRules(choice == "required" or bool(_function_name(choice)), asked.get("parallel_tool_calls") is False)


def _function_name(value: object) -> str:
    function = value.get("function") if isinstance(value, dict) else None
    name = function.get("name") if isinstance(function, dict) else None
    return name if isinstance(name, str) else ""


# ── messages ──────────────────────────────────────────────────────────────────────────────────────────────────


def _messages(call: ChatCall, value: object) -> list[dict[str, Any]]:
    names: dict[str, str] = {}
    turns = value if isinstance(value, list) else []
    return [_message(call, turn, names) for turn in turns if isinstance(turn, dict)]


def _message(call: ChatCall, turn: Mapping[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """One turn. ``names`` gathers which function each tool call id belongs to."""
    role = turn.get("role")
    words, images = _content(call, turn.get("content"))
    message: dict[str, Any] = {"role": "system" if role == "developer" else role, "content": words}
    if images:
        message["images"] = images
    thought = turn.get("reasoning_content") or turn.get("reasoning")
    if isinstance(thought, str) and thought:
        message["thinking"] = thought
    if isinstance(turn.get("tool_calls"), list):
        message["tool_calls"] = [_tool_call(call, c, names) for c in turn["tool_calls"] if isinstance(c, dict)]
    if role in ("tool", "function"):
        ident = turn.get("tool_call_id")
        message["role"] = "tool"
        message["tool_name"] = names.get(ident, "") if isinstance(ident, str) else ""
        message["tool_name"] = message["tool_name"] or turn.get("name") or ""
        if ident:
            message["tool_call_id"] = ident
    return message


def _tool_call(call: ChatCall, made: Mapping[str, Any], names: dict[str, str]) -> dict[str, Any]:
    function = made.get("function")
    function = function if isinstance(function, dict) else {}
    arguments = function.get("arguments")
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments or "{}")
        except (ValueError, RecursionError):
            arguments = None
    if not isinstance(arguments, dict):
        raise cannot(call, "The arguments of a tool call in the history are not a JSON object.", "messages")
    name = _function_name(made)
    translated: dict[str, Any] = {"function": {"name": name, "arguments": arguments}}
    if isinstance(made.get("id"), str):
        names[made["id"]] = name
        translated["id"] = made["id"]
    return translated


def _content(call: ChatCall, content: object) -> tuple[str, list[str]]:
    """Text and images of a turn's content, which may be text, parts or nothing."""
    if not isinstance(content, list):
        return (content if isinstance(content, str) else ""), []
    words: list[str] = []
    images: list[str] = []
    for part in content:
        kind = part.get("type") if isinstance(part, dict) else "text"
        if isinstance(part, str):
            words.append(part)
        elif kind in ("text", "input_text", "refusal"):
            words.append(str(part.get("text") or part.get("refusal") or ""))
        elif kind == "image_url":
            images.append(_image(call, part.get("image_url")))
        else:
            raise cannot(call, f"Ollama takes no content of type {kind}.", "messages")
    return "\n".join(words), images


def _image(call: ChatCall, value: object) -> str:
    """The base64 text of an image that came as a data URL."""
    url = value.get("url") if isinstance(value, dict) else value
    if not isinstance(url, str) or not url.startswith("data:"):
        raise cannot(
            call, "Ollama takes images only as data URLs (data:image/png;base64,…), not by address.", "messages"
        )
    head, _, data = url.partition(",")
    if head.endswith(";base64"):
        return urllib.parse.unquote(data) if "%" in data else data
    return base64.b64encode(urllib.parse.unquote_to_bytes(data)).decode()


# ── answers ───────────────────────────────────────────────────────────────────────────────────────────────────


def finish_reason(last: Mapping[str, Any], tool_calls: int) -> str:
    """``tool_calls`` where any were made, else Ollama's reason (its load and unload count as a stop)."""
    if tool_calls:
        return "tool_calls"
    return "length" if last.get("done_reason") == "length" else "stop"


def canonical_calls(made: Iterable[object], exchange_id: str, first: int) -> list[dict[str, Any]]:
    """Tool calls with index, id and arguments as JSON text; the index counts on over a whole answer."""
    calls: list[dict[str, Any]] = []
    for item in made:
        function = item.get("function") if isinstance(item, dict) else None
        if not isinstance(item, dict) or not isinstance(function, dict):
            continue
        index = first + len(calls)
        arguments = function.get("arguments")
        words = arguments if isinstance(arguments, str) else json.dumps(arguments or {})
        ident = item.get("id") or f"call_{exchange_id}_{index}"
        function = {"name": function.get("name") or "", "arguments": words}
        calls.append({"index": index, "id": ident, "type": "function", "function": function})
    return calls
