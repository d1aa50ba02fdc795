"""``POST /v1/responses``, OpenAI's newer way to ask: items in, items out, over the same exchange as chats.

Nothing is stored here, so a conversation is sent whole in ``input``. What asks for a memory or for OpenAI's own
machines (``previous_response_id``, ``conversation``, ``background``, ``prompt``, tools that run there) is refused by
name; only a search of the web that is merely on offer is left out. ``store`` has no effect, and the answer says
``"store": false``; ``truncation`` has none either: what is too long is refused, never cut. Fields that chats know by
the same name pass through.
"""

from typing import Any, Final

import msgspec

from llmrouter_tui.core.chat import ChatRequest
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.proxy.bodies import bad_request, decode
from llmrouter_tui.proxy.dialects.responses_tools import ResponsesTool, ResponsesToolChoice, Toolbox
from llmrouter_tui.proxy.dialects.responses_turns import ResponsesItem, messages
from llmrouter_tui.proxy.dialects.responses_voice import ResponseVoice
from llmrouter_tui.proxy.parse import parse_chat
from llmrouter_tui.proxy.replies import error_json

_OWN: Final = frozenset(
    {
        "input",
        "instructions",
        "previous_response_id",
        "conversation",
        "background",
        "background_options",
        "prompt",
        "store",
        "include",
        "max_output_tokens",
        "max_tool_calls",
        "text",
        "reasoning",
        "tools",
        "tool_choice",
        "truncation",
        "stream_options",
        "context_management",
        "prompt_cache_options",
        "top_logprobs",
        "messages",
        "max_tokens",
        "access_programs",
        "image",
        "moderation",
        "generate",
    }
)
"""Fields that chats do not have, or have in another shape."""
_LOGPROBS: Final = "message.output_text.logprobs"
_ELSEWHERE: Final = {
    "max_completion_tokens": "max_output_tokens",
    "reasoning_effort": "reasoning.effort",
    "response_format": "text.format",
    "messages": "input",
}
"""Canonical fields by the name that the client gave them."""


class ResponsesReasoning(msgspec.Struct):
    effort: str | None = None
    summary: str | None = None


class ResponsesFormat(msgspec.Struct):
    type: str
    name: str | None = None
    schema: dict[str, Any] | None = None
    strict: bool | None = None
    description: str | None = None


class ResponsesText(msgspec.Struct):
    format: ResponsesFormat | None = None
    verbosity: str | None = None


class ResponsesBody(msgspec.Struct):
    input: str | list[ResponsesItem] | None = None
    instructions: str | None = None
    previous_response_id: str | None = None
    conversation: Any = None
    background: bool | None = None
    prompt: Any = None
    stream: bool | None = None
    include: list[str] | None = None
    max_output_tokens: int | None = None
    top_logprobs: int | None = None
    text: ResponsesText | None = None
    reasoning: ResponsesReasoning | None = None
    tools: list[ResponsesTool] | None = None
    tool_choice: str | ResponsesToolChoice | None = None


_READ: Final = msgspec.json.Decoder(ResponsesBody)
_FIELDS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


class Responses:
    """OpenAI's responses, without a store."""

    takes: Final = ResponsesBody

    def read(self, body: bytes, *, session: str, client: str) -> tuple[ChatRequest, ResponseVoice]:
        asked = decode(body, _READ)
        _refuse_stateful(asked)
        if not asked.input:
            raise bad_request("The field 'input' is empty.", param="input", hint="Send a text or a list of items.")
        given = decode(body, _FIELDS)
        fields: dict[str, Any] = {name: value for name, value in given.items() if name not in _OWN}
        toolbox = Toolbox(asked.tools or ())
        fields |= toolbox.fields(asked.tool_choice) | _format(asked.text) | _limits(asked)
        fields["messages"] = messages(asked.instructions or "", asked.input, toolbox)
        try:
            chat = parse_chat(msgspec.json.encode(fields), session=session, client=client)
        except RouterError as error:
            raise _named_as_asked(error) from error
        return chat, ResponseVoice(given, toolbox.called)

    def refusal(self, error: RouterError) -> bytes:
        return error_json(error)


def _refuse_stateful(asked: ResponsesBody) -> None:
    for name in ("previous_response_id", "conversation"):
        if getattr(asked, name):
            raise bad_request(
                f"The field {name!r} refers to a stored conversation; this router stores none.",
                param=name,
                hint="Send the whole conversation in 'input' (store=False in OpenAI's SDKs).",
            )
    if asked.background:
        raise bad_request(
            "The field 'background' asks for an answer to be fetched later; this router stores none.",
            param="background",
            hint="Leave it out, and stream the answer.",
        )
    if asked.prompt is not None:
        raise bad_request(
            "The field 'prompt' refers to a template that OpenAI stores.",
            param="prompt",
            hint="Send its text as 'instructions' and 'input'.",
        )


def _format(text: ResponsesText | None) -> dict[str, Any]:
    if text is None:
        return {}
    fields: dict[str, Any] = {"verbosity": text.verbosity} if text.verbosity else {}
    wanted = text.format
    if wanted is None or wanted.type == "text":
        return fields
    if wanted.type == "json_object":
        return fields | {"response_format": {"type": "json_object"}}
    if wanted.type != "json_schema" or wanted.schema is None:
        raise bad_request(
            f"The field 'text.format' is not one that this router knows: {wanted.type[:60]!r}.",
            param="text.format",
            hint="Use text, json_object, or json_schema with its schema.",
        )
    schema: dict[str, Any] = {"name": wanted.name or "answer", "schema": wanted.schema}
    for key in ("strict", "description"):
        if (value := getattr(wanted, key)) is not None:
            schema[key] = value
    return fields | {"response_format": {"type": "json_schema", "json_schema": schema}}


def _limits(asked: ResponsesBody) -> dict[str, Any]:
    """How long, how thoughtful, and with which figures."""
    fields: dict[str, Any] = {}
    if asked.max_output_tokens is not None:
        fields["max_completion_tokens"] = asked.max_output_tokens
    if asked.reasoning is not None and asked.reasoning.effort is not None:
        fields["reasoning_effort"] = asked.reasoning.effort
    if asked.stream:
        fields["stream_options"] = {"include_usage": True}  # the last event tells it
    if asked.top_logprobs is not None or _LOGPROBS in (asked.include or ()):
        fields |= {"logprobs": True, "top_logprobs": asked.top_logprobs or 0}
    return fields


def _named_as_asked(error: RouterError) -> RouterError:
    """The error with the field's name as the client wrote it."""
    name = _ELSEWHERE.get(error.param or "")
    if name is None:
        return error
    return bad_request(error.message.replace(repr(error.param), repr(name)), param=name, hint=error.hint)
