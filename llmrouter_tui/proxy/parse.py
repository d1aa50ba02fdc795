"""From the bytes of a canonical request (``POST /v1/chat/completions``) to a checked ``core.chat.ChatRequest``.

Only the fields that routing reads are decoded; everything else stays in the bytes and passes through.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from llmrouter_tui.core.chat import ChatRequest, Message
from llmrouter_tui.core.making import maker
from llmrouter_tui.core.switches import SWITCHES, wants_thought
from llmrouter_tui.proxy.bodies import bad_request, decode

ROLES = frozenset({"system", "developer", "user", "assistant", "tool", "function"})
MAX_MODEL = 512
MAX_SESSION = 256
MAX_CLIENT = 200
"""Characters kept of a client's User-Agent."""
MAX_CHOICES = 128
MAX_TOKENS = 2**31 - 1
MAX_PEEK = 1 << 20
_NONE = b'"none"'
_Unread = msgspec.Raw | msgspec.UnsetType
"""A field that is passed on as it is, and looked into seldom; unset where it is missing."""

_new_message, _new_request = maker(Message), maker(ChatRequest)


class ChatPart(msgspec.Struct):
    """A piece of a message. vLLM fetches what an address names whatever type the piece says that it is of, where it
    has a ``uuid`` too."""

    type: str
    text: str | None = None
    image_url: _Unread = msgspec.UNSET
    audio_url: _Unread = msgspec.UNSET
    video_url: _Unread = msgspec.UNSET


class ChatTurn(msgspec.Struct):
    role: str
    content: str | list[ChatPart] | None = None
    tool_calls: list[msgspec.Raw] | None = None


class StreamOptions(msgspec.Struct):
    include_usage: bool | None = None


class ResponseFormat(msgspec.Struct):
    type: str


class ChatBody(msgspec.Struct):
    model: str
    messages: list[ChatTurn]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    tools: list[msgspec.Raw] | None = None
    functions: list[msgspec.Raw] | None = None
    tool_choice: _Unread = msgspec.UNSET
    response_format: ResponseFormat | None = None
    max_tokens: int | float | None = None
    max_completion_tokens: int | float | None = None
    n: int | None = None
    reasoning_effort: str | None = None
    modalities: list[str] | None = None
    think: _Unread = msgspec.UNSET
    chat_template_kwargs: _Unread = msgspec.UNSET
    metadata: _Unread = msgspec.UNSET
    session_id: str | int | None = None
    conversation_id: str | int | None = None


class _Peek(msgspec.Struct):
    """What can still be shown of a request that was refused."""

    model: Any = ""
    messages: Any = ()
    prompt: Any = ""
    input: Any = ""


class _Session(msgspec.Struct):
    session_id: str | int | None = None
    conversation_id: str | int | None = None


class _Template(msgspec.Struct):
    enable_thinking: bool | None = None


_TEMPLATE = msgspec.json.Decoder(_Template)
_DECODER = msgspec.json.Decoder(ChatBody)
_PEEK = msgspec.json.Decoder(_Peek)
_SESSION = msgspec.json.Decoder(_Session)


def parse_chat(body: bytes, *, session: str = "", client: str = "") -> ChatRequest:
    """Check a body and read what routing needs. ``session`` is the id a header gave; it wins over fields.

    Raises ``RouterError`` ``invalid_request`` naming the field and what to do.
    """
    chat = decode(body, _DECODER)
    _check(chat)
    messages = tuple([_message(turn, index) for index, turn in enumerate(chat.messages)])
    options, fmt, switch = chat.stream_options, chat.response_format, _switch(chat)
    tools = [*(chat.tools or ()), *(chat.functions or ())]
    return _new_request(
        model=chat.model,
        messages=messages,
        body=body,
        stream=bool(chat.stream),
        wants_usage=options is not None and bool(options.include_usage),
        has_stream_options=options is not None,
        tools=len(tools),
        tool_characters=sum([len(memoryview(tool)) for tool in tools]),
        tool_choice_none=isinstance(chat.tool_choice, msgspec.Raw) and bytes(chat.tool_choice) == _NONE,
        json_mode=fmt is not None and fmt.type in ("json_object", "json_schema"),
        thinking=wants_thought(switch) if switch else chat.reasoning_effort is not None,
        max_tokens=_max_tokens(chat),
        choices=_choices(chat.n),
        session=session or _session(chat),
        client=client,
        switch=switch,
    )


def _check(chat: ChatBody) -> None:
    """What no router could answer."""
    checked_model(chat.model)
    if not chat.messages:
        raise bad_request("The field 'messages' is empty.", param="messages", hint="Send at least one message.")
    if chat.modalities is not None and "audio" in chat.modalities:
        raise bad_request(
            "The field 'modalities' asks for audio, which this router does not route.",
            param="modalities",
            hint="Ask for text, and have it spoken by another program.",
        )


def _switch(chat: ChatBody) -> str:
    """What the body says of thinking, where it is something that servers know: Ollama's field before that of templates,
    this before OpenAI's, as Ollama's backend passes them on. What none of them knows passes through unread."""
    said = bytes(chat.think).decode().strip('"') if isinstance(chat.think, msgspec.Raw) else ""
    if said and said != "null":
        return switch if (switch := f"think {said}") in SWITCHES else ""
    if isinstance(chat.chat_template_kwargs, msgspec.Raw):
        try:
            enabled = _TEMPLATE.decode(chat.chat_template_kwargs).enable_thinking
        except ValueError:
            enabled = None
        if enabled is not None:
            return f"enable_thinking {str(enabled).lower()}"
    if chat.reasoning_effort is None:
        return ""
    return switch if (switch := f"reasoning_effort {chat.reasoning_effort}") in SWITCHES else ""


def peek(body: bytes) -> tuple[str, str]:
    """The model's name and the last user text of a body that was refused, as far as they can be read cheaply."""
    if len(body) > MAX_PEEK:
        return "", ""
    try:
        seen = _PEEK.decode(body)
    except (ValueError, RecursionError):
        return "", ""
    model = seen.model if isinstance(seen.model, str) else ""
    text = seen.prompt if isinstance(seen.prompt, str) else ""
    if isinstance(seen.input, str):
        text = text or seen.input
    return model[:MAX_MODEL], _last_text(seen.messages) or text or _last_text(seen.input)


def _last_text(messages: object) -> str:
    if not isinstance(messages, list):
        return ""
    for turn in reversed(messages):
        if isinstance(turn, dict) and turn.get("role", "user") == "user":
            content = turn.get("content")
            if isinstance(content, str):
                return content
            if isinstance(content, list):
                texts = [part.get("text") for part in content if isinstance(part, dict)]
                return "\n".join(text for text in texts if isinstance(text, str))
    return ""


def _message(turn: ChatTurn, index: int) -> Message:
    role, content = turn.role, turn.content
    if role not in ROLES:
        raise bad_request(
            f"The field 'messages[{index}].role' is {role[:40]!r}, which is no role.",
            param=f"messages[{index}].role",
            hint=f"Use one of: {', '.join(sorted(ROLES))}.",
        )
    calls = len(turn.tool_calls) if turn.tool_calls else 0
    if isinstance(content, list):
        text, images = _parts(content, index)
        return _new_message(role, text, images, calls)
    return _new_message(role, content or "", 0, calls)


def _parts(parts: list[ChatPart], index: int) -> tuple[str, int]:
    """The text of a message made of parts, and how many images are in it."""
    texts: list[str] = []
    images = 0
    for at, part in enumerate(parts):
        kind = part.type
        if kind in ("text", "input_text"):
            if part.text is None:
                path = f"messages[{index}].content[{at}].text"
                raise bad_request(f"The field {path!r} is missing.", param=path, hint=f"Add {path!r} to the request.")
            texts.append(part.text)
        if kind in ("image_url", "input_image", "image") or _is_given(part.image_url):
            images += 1
        elif medium := _medium(part):
            raise bad_request(
                f"The request holds {medium}, which this router does not route.",
                param=f"messages[{index}].content[{at}]",
                hint="Send the transcript as text.",
            )
    return "\n".join(texts), images


def _medium(part: ChatPart) -> str:
    """What else than text and images a piece is; empty: nothing."""
    if "audio" in part.type or _is_given(part.audio_url):
        return "audio"
    return "video" if "video" in part.type or _is_given(part.video_url) else ""


def _is_given(field: _Unread) -> bool:
    return isinstance(field, msgspec.Raw) and bytes(memoryview(field)[:4]) != b"null"


def _max_tokens(chat: ChatBody) -> int | None:
    """The bound on the answer; zero and less mean none to several servers."""
    name = "max_tokens" if chat.max_completion_tokens is None else "max_completion_tokens"
    value = chat.max_tokens if chat.max_completion_tokens is None else chat.max_completion_tokens
    if value is None:
        return None
    if value != int(value) or value > MAX_TOKENS:
        raise bad_request(
            f"The field {name!r} must be a whole number up to {MAX_TOKENS}.", param=name, hint="Correct its value."
        )
    return int(value) if value > 0 else None


def _choices(n: int | None) -> int:
    if n is None:
        return 1
    if not 1 <= n <= MAX_CHOICES:
        raise bad_request(
            f"The field 'n' must be between 1 and {MAX_CHOICES}.", param="n", hint="Leave it out for one answer."
        )
    return n


def _session(chat: ChatBody) -> str:
    """A conversation's id from the fields that clients use. ``user`` names a person and is no conversation."""
    given = chat.session_id if chat.session_id is not None else chat.conversation_id
    if given is None and isinstance(chat.metadata, msgspec.Raw) and bytes(chat.metadata).startswith(b"{"):
        try:
            fields = _SESSION.decode(chat.metadata)
        except (ValueError, RecursionError):
            return ""
        given = fields.session_id if fields.session_id is not None else fields.conversation_id
    return clean_label(str(given), MAX_SESSION) if given is not None else ""


def checked_model(model: str) -> str:
    """A name that may be one of a model. Raises ``RouterError``."""
    if not model or len(model) > MAX_MODEL or not model.isprintable():
        raise bad_request(
            f"The field 'model' must be a name of 1 to {MAX_MODEL} printable characters.",
            param="model",
            hint="Use 'auto', or an id from GET /v1/models.",
        )
    return model


def refuse_suffix(suffix: str | None) -> None:
    """Raise ``RouterError`` where an answer is to stand between two texts."""
    if suffix:
        raise bad_request(
            "The field 'suffix' asks to fill in between two texts, which chat models cannot do.",
            param="suffix",
            hint="Call the model's own server for that, or ask for it in words.",
        )


def named_by(fields: Mapping[str, str]) -> tuple[str, str]:
    """What a client calls itself in its headers, and the conversation that a request belongs to; empty: it does
    not."""
    return clean_label(fields.get("User-Agent", ""), MAX_CLIENT), clean_label(
        fields.get("X-Session-Id", ""), MAX_SESSION
    )


def clean_label(text: str, limit: int) -> str:
    """A name that a client gave itself, safe to store and to show."""
    if text.isprintable() and len(text) <= limit:
        return text
    return "".join(char if char.isprintable() else "?" for char in text[:limit])
