"""``POST /v1/messages``: Anthropic's Messages, answered by any model here.

Both of its API versions are taken. The newer one (2026-10-21) has no ``temperature``, ``top_p`` and ``top_k``, and its
own servers refuse them; here they mean what they always meant, to the models that know them.
"""

import json
import re
from dataclasses import replace
from functools import partial
from typing import Any, Final

import msgspec

from llmrouter_tui.core.chat import ChatRequest
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.proxy.bodies import bad_request, decode
from llmrouter_tui.proxy.dialects.anthropic_asked import ASKED, KNOWN, Format, MessagesBody, Tool, ToolChoice
from llmrouter_tui.proxy.dialects.anthropic_errors import error_object
from llmrouter_tui.proxy.dialects.anthropic_turns import MARK, canonical_messages, plain
from llmrouter_tui.proxy.dialects.anthropic_voice import MessageVoice
from llmrouter_tui.proxy.parse import MAX_SESSION, clean_label, parse_chat

Json = dict[str, Any]

LOW_BUDGET: Final = 4096
MEDIUM_BUDGET: Final = 16_384
"""Tokens of thinking up to which a budget counts as little, and as a middling amount: other models know efforts only.
By judgement: Claude Code's three levels of thinking, 4,000, 10,000 and 31,999, come out as low, medium and high."""

_FIELDS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_CHOICES: Final = {"auto": "auto", "any": "required", "none": "none"}
_SESSION: Final = re.compile(r"_session_([0-9A-Za-z-]+)$")


class Messages:
    """Anthropic's Messages."""

    takes: Final = MessagesBody

    def read(self, body: bytes, *, session: str, client: str) -> tuple[ChatRequest, MessageVoice]:
        asked = decode(body, ASKED)
        if asked.max_tokens is None:
            raise bad_request(
                "The field 'max_tokens' is missing.", param="max_tokens", hint="Add 'max_tokens' to the request."
            )
        if asked.max_tokens < 1:
            raise bad_request(
                "The field 'max_tokens' must be at least 1: there is no cache here to be warmed without an answer.",
                param="max_tokens",
                hint="Correct its value.",
            )
        chat = canonical(body, asked, session=session, client=client)
        return chat, MessageVoice(asked.stop_sequences or ())

    def refusal(self, error: RouterError) -> bytes:
        return msgspec.json.encode(error_object(error))


class Counted:
    """``POST /v1/messages/count_tokens``: the same request, of which only the size is wanted."""

    def read(self, body: bytes, *, session: str, client: str) -> ChatRequest:
        """Raises ``RouterError`` as ``Messages`` does; ``max_tokens`` may be missing."""
        return canonical(body, decode(body, ASKED), session=session, client=client)


def canonical(body: bytes, asked: MessagesBody, *, session: str, client: str) -> ChatRequest:
    """The request as the router sees it. What neither Anthropic nor this router knows passes through."""
    if not asked.messages:
        raise bad_request("The field 'messages' is empty.", param="messages", hint="Send at least one message.")
    if asked.mcp_servers:
        raise bad_request(
            "The field 'mcp_servers' asks for tools that only Anthropic's own servers can call.",
            param="mcp_servers",
            hint="Connect the client to the MCP server, and offer its tools in 'tools'.",
        )
    fields: Json = {key: value for key, value in decode(body, _FIELDS).items() if key not in KNOWN}
    messages = canonical_messages(asked.system, asked.messages)
    fields |= {"model": asked.model, "messages": plain(messages)}
    fields |= _plain_fields(asked)
    if asked.tools:
        fields["tools"] = [_tool(tool, f"tools[{index}]") for index, tool in enumerate(asked.tools)]
        fields |= _tool_choice(asked.tool_choice)
    if effort := _effort(asked):
        fields["reasoning_effort"] = effort
    if wanted := (asked.output_config and asked.output_config.format) or asked.output_format:
        fields["response_format"] = _response_format(wanted)
    user = asked.metadata.user_id if asked.metadata is not None else None
    chat = parse_chat(msgspec.json.encode(fields), session=session or conversation(user or ""), client=client)
    # An effort is a wish that models without thinking may ignore; thinking is a need where it is switched on.
    thinking = asked.thinking is not None and asked.thinking.type == "enabled"
    marked = partial(_with_marks, fields, asked, messages) if b'"cache_control"' in body else None
    return replace(chat, thinking=thinking, marked=marked)


def _with_marks(fields: Json, asked: MessagesBody, messages: list[Json]) -> bytes:
    """The canonical body with what is to be cached."""
    more: Json = {"messages": messages}
    if asked.tools:
        both = zip(fields["tools"], asked.tools, strict=True)
        more["tools"] = [made | ({MARK: tool.cache_control} if tool.cache_control else {}) for made, tool in both]
    if asked.cache_control is not None:
        more[MARK] = asked.cache_control
    return msgspec.json.encode(fields | more)


def _plain_fields(asked: MessagesBody) -> Json:
    """What only has another name, or the same."""
    streamed = {"stream": True, "stream_options": {"include_usage": True}} if asked.stream else {}
    given = {
        "max_tokens": asked.max_tokens,
        "stop": asked.stop_sequences or None,
        "temperature": asked.temperature,
        "top_p": asked.top_p,
        "top_k": asked.top_k,
        "user": asked.metadata.user_id if asked.metadata is not None else None,
    }
    return streamed | {key: value for key, value in given.items() if value is not None}


def _tool(tool: Tool, where: str) -> Json:
    if tool.type not in (None, "custom"):
        raise bad_request(
            f"The tool {(tool.name or tool.type or '')[:60]!r} is of type {(tool.type or '')[:60]!r}, which only "
            "Anthropic's own models and servers know.",
            param=f"{where}.type",
            hint="Offer a tool of your own, with an input_schema.",
        )
    if not tool.name:
        raise bad_request(
            f"The field '{where}.name' is missing.", param=f"{where}.name", hint=f"Add '{where}.name' to the request."
        )
    function: Json = {"name": tool.name, "parameters": tool.input_schema or {"type": "object", "properties": {}}}
    if tool.description is not None:
        function["description"] = tool.description
    if tool.strict is not None:
        function["strict"] = tool.strict
    return {"type": "function", "function": function}


def _tool_choice(choice: ToolChoice | None) -> Json:
    if choice is None:
        return {}
    single: Json = {"parallel_tool_calls": False} if choice.disable_parallel_tool_use else {}
    if choice.type == "tool" and choice.name:
        return {"tool_choice": {"type": "function", "function": {"name": choice.name}}} | single
    if choice.type not in _CHOICES:
        missing = choice.type == "tool"
        raise bad_request(
            "The field 'tool_choice.name' is missing."
            if missing
            else f"The field 'tool_choice.type' is {choice.type[:40]!r}, which is no choice.",
            param="tool_choice.name" if missing else "tool_choice.type",
            hint="Name the tool." if missing else "Use auto, any, tool or none.",
        )
    return {"tool_choice": _CHOICES[choice.type]} | single


def _effort(asked: MessagesBody) -> str:
    """How much to think, in the canonical word; empty where the client leaves it to the model."""
    said = asked.output_config.effort if asked.output_config is not None else None
    thinking = asked.thinking
    if thinking is not None and thinking.type not in ("enabled", "disabled", "adaptive", "between_tools"):
        raise bad_request(
            f"The field 'thinking.type' is {thinking.type[:40]!r}, which is no way to think.",
            param="thinking.type",
            hint="Use enabled, disabled or adaptive.",
        )
    if thinking is not None and thinking.type == "disabled":
        return "none"
    if said or thinking is None or thinking.type != "enabled":
        return said or ""
    budget = thinking.budget_tokens or MEDIUM_BUDGET
    return "low" if budget <= LOW_BUDGET else "medium" if budget <= MEDIUM_BUDGET else "high"


def _response_format(wanted: Format) -> Json:
    if wanted.type != "json_schema" or wanted.schema is None:
        raise bad_request(
            "The field 'output_config.format' must be a JSON schema.",
            param="output_config.format",
            hint='Send {"type": "json_schema", "schema": {…}}.',
        )
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": wanted.schema, "strict": True}}


def conversation(user_id: str) -> str:
    """The id of the conversation that Claude Code writes into ``metadata.user_id``: at its end behind ``_session_``,
    or as ``session_id`` of a JSON object. Empty for an id that names a person."""
    if found := _SESSION.search(user_id):
        return found[1][:MAX_SESSION]
    if not user_id.startswith("{"):
        return ""
    try:
        told = json.loads(user_id)
    except (ValueError, RecursionError):
        return ""
    given = told.get("session_id") if isinstance(told, dict) else None
    return clean_label(given, MAX_SESSION) if isinstance(given, str) else ""
