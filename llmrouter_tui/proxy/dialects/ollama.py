"""``POST /api/chat`` and ``/api/generate``: Ollama's own way to ask, as canonical chats.

What the router owns does not pass: ``keep_alive`` and everything in ``options`` that would load a model anew
(``num_ctx``, ``num_gpu`` and their kin). ``truncate`` and ``shift`` do not either: nothing is cut in silence here. Nor
does ``context``, the tokens of an earlier answer, which only the model that gave them could read.

A request without messages or a prompt asks for nothing: it loads its model, or with ``keep_alive`` 0 unloads it.
"""

import re
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from llmrouter_tui.core.chat import ChatRequest
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.proxy.bodies import bad_request, decode
from llmrouter_tui.proxy.dialects.dialect import NothingAskedError
from llmrouter_tui.proxy.dialects.ollama_voice import CHAT, GENERATE, OllamaVoice, timestamp
from llmrouter_tui.proxy.parse import parse_chat, refuse_suffix

_SAME: Final = (
    "temperature",
    "top_p",
    "top_k",
    "min_p",
    "typical_p",
    "seed",
    "presence_penalty",
    "frequency_penalty",
    "repeat_penalty",
    "repeat_last_n",
    "num_keep",
    "mirostat",
    "mirostat_eta",
    "mirostat_tau",
)
"""Options that pass under their own names: OpenAI's, and those that llama.cpp and Ollama share."""
_PICTURES: Final[Mapping[str, str]] = {"/9j/": "jpeg", "iVBOR": "png", "R0lGOD": "gif", "UklGR": "webp", "Qk": "bmp"}
"""Kinds of images by how their base64 text begins: Ollama's clients send no more than that text."""
_NO_TIME: Final = re.compile(r"[-+]?(?:0*\.?0*(?:h|m|s|ms|us|µs|ns)?)+")


class OllamaFunction(msgspec.Struct):
    name: str
    arguments: dict[str, Any] | str | None = None


class OllamaCall(msgspec.Struct):
    function: OllamaFunction
    id: str | None = None


class OllamaTurn(msgspec.Struct):
    role: str
    content: str | None = None
    thinking: str | None = None
    images: list[str] | None = None
    tool_calls: list[OllamaCall] | None = None
    tool_name: str | None = None
    tool_call_id: str | None = None


class _Asked(msgspec.Struct):
    """What both paths share."""

    model: str
    stream: bool | None = None
    format: Any = None
    think: bool | str | None = None
    options: dict[str, Any] | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    keep_alive: Any = None


class OllamaChatBody(_Asked):
    messages: list[OllamaTurn] | None = None
    tools: list[msgspec.Raw] | None = None


class OllamaGenerateBody(_Asked):
    prompt: str | None = None
    system: str | None = None
    images: list[str] | None = None
    suffix: str | None = None
    template: str | None = None
    raw: bool | None = None


_CHAT: Final = msgspec.json.Decoder(OllamaChatBody)
_GENERATE: Final = msgspec.json.Decoder(OllamaGenerateBody)


class OllamaChat:
    """Ollama's chats."""

    takes: Final = OllamaChatBody

    def read(self, body: bytes, *, session: str, client: str) -> tuple[ChatRequest, OllamaVoice]:
        asked = decode(body, _CHAT)
        if not asked.messages:
            raise nothing_asked(asked.model, asked.keep_alive, {"message": {"role": "assistant", "content": ""}})
        fields = _shared(asked)
        fields["messages"] = _messages(asked.messages)
        if asked.tools:
            fields["tools"] = asked.tools
        return _canonical(fields, session, client), OllamaVoice(CHAT, asked.model)

    def refusal(self, error: RouterError) -> bytes:
        return refusal(error)


class OllamaGenerate:
    """Ollama's completions, as chats of one turn: every model can answer them."""

    takes: Final = OllamaGenerateBody

    def read(self, body: bytes, *, session: str, client: str) -> tuple[ChatRequest, OllamaVoice]:
        asked = decode(body, _GENERATE)
        if not asked.prompt and not asked.images:
            raise nothing_asked(asked.model, asked.keep_alive, {"response": ""})
        _refuse_raw(asked)
        fields = _shared(asked)
        system = [{"role": "system", "content": asked.system}] if asked.system else []
        fields["messages"] = [*system, {"role": "user", "content": _content(asked.prompt, asked.images)}]
        return _canonical(fields, session, client), OllamaVoice(GENERATE, asked.model)

    def refusal(self, error: RouterError) -> bytes:
        return refusal(error)


def refusal(error: RouterError) -> bytes:
    """An error as Ollama's clients read it: one text."""
    return msgspec.json.encode({"error": str(error).encode("utf-8", "replace").decode()})


def nothing_asked(model: str, keep_alive: object, said: dict[str, Any]) -> NothingAskedError:
    """What is answered once the model is loaded, or is being unloaded; ``said`` is how the path says nothing."""
    unload = _is_zero(keep_alive)
    end = {"done": True, "done_reason": "unload" if unload else "load"}
    told = {"model": model, "created_at": timestamp(time.time())} | said | end
    return NothingAskedError(model, unload=unload, answer=msgspec.json.encode(told))


def _is_zero(keep_alive: object) -> bool:
    """Whether this is no time: a number of seconds, or text as Go writes durations (``0``, ``0s``, ``0h0m0s``)."""
    if isinstance(keep_alive, str):
        return bool(_NO_TIME.fullmatch(keep_alive.strip()))
    return isinstance(keep_alive, int | float) and not isinstance(keep_alive, bool) and keep_alive == 0


def _canonical(fields: dict[str, Any], session: str, client: str) -> ChatRequest:
    return parse_chat(msgspec.json.encode(fields), session=session, client=client)


def _refuse_raw(asked: OllamaGenerateBody) -> None:
    """What only the text of a prompt as the model reads it could do."""
    refuse_suffix(asked.suffix)
    for name, given in (("raw", asked.raw), ("template", asked.template)):
        if given:
            raise bad_request(
                f"The field {name!r} asks for a prompt without the model's own template, which this router does not"
                " pass on: it may choose a model that has another one.",
                param=name,
                hint="Send the conversation to /api/chat, or call the model's own server.",
            )


def _shared(asked: _Asked) -> dict[str, Any]:
    """The canonical fields of what both paths share."""
    stream = asked.stream is not False
    fields: dict[str, Any] = {"model": asked.model, "messages": [], "stream": stream}
    if stream:
        fields["stream_options"] = {"include_usage": True}
    if (wanted := _format(asked.format)) is not None:
        fields["response_format"] = wanted
    fields |= _thinking(asked.think) | _options(asked.options or {})
    if asked.logprobs:
        fields["logprobs"] = True
        if asked.top_logprobs is not None:
            fields["top_logprobs"] = asked.top_logprobs
    return fields


def _format(wanted: object) -> dict[str, Any] | None:
    if wanted is None or wanted == "":
        return None
    if wanted == "json":
        return {"type": "json_object"}
    if isinstance(wanted, dict):
        return {"type": "json_schema", "json_schema": {"name": "answer", "schema": wanted}}
    raise bad_request(
        "The field 'format' must be \"json\" or a JSON schema.", param="format", hint="Leave it out for plain text."
    )


def _thinking(think: bool | str | None) -> dict[str, Any]:
    """On and off in Ollama's own word, which every backend tells its server in the way that one knows; levels as
    OpenAI's effort."""
    if isinstance(think, bool):
        return {"think": think}
    return {"reasoning_effort": think} if think else {}


def _options(given: Mapping[str, Any]) -> dict[str, Any]:
    fields = {name: given[name] for name in _SAME if given.get(name) is not None}
    if "repeat_penalty" in fields:
        fields["repetition_penalty"] = fields["repeat_penalty"]  # vLLM's name of it
    stop, limit = given.get("stop"), given.get("num_predict")
    if stop:
        fields["stop"] = [stop] if isinstance(stop, str) else stop
    if isinstance(limit, int | float) and limit > 0:  # 0, -1 and -2 leave it to the model
        fields["max_tokens"] = limit
    return fields


# ── messages ──────────────────────────────────────────────────────────────────────────────────────────────────


def _messages(turns: Sequence[OllamaTurn]) -> list[dict[str, Any]]:
    """The turns as canonical ones. Calls without an id are numbered through the conversation, and results find theirs
    by the name of the tool, in order."""
    open_calls: list[tuple[str, str]] = []
    return [_message(turn, open_calls, index) for index, turn in enumerate(turns)]


def _message(turn: OllamaTurn, open_calls: list[tuple[str, str]], index: int) -> dict[str, Any]:
    message: dict[str, Any] = {"role": turn.role, "content": _content(turn.content, turn.images)}
    if turn.thinking:
        message["reasoning_content"] = turn.thinking
    if turn.tool_calls:
        calls = [_call(call, f"call_{index}_{at}") for at, call in enumerate(turn.tool_calls)]
        open_calls += [(call["id"], call["function"]["name"]) for call in calls]
        message |= {"tool_calls": calls, "content": message["content"] or None}
    if turn.role == "tool":
        message["tool_call_id"] = _answered(turn, open_calls) or f"call_{index}"
    return message


def _call(call: OllamaCall, ident: str) -> dict[str, Any]:
    given = call.function.arguments
    words = given if isinstance(given, str) else msgspec.json.encode(given or {}).decode()
    return {"id": call.id or ident, "type": "function", "function": {"name": call.function.name, "arguments": words}}


def _answered(turn: OllamaTurn, open_calls: list[tuple[str, str]]) -> str:
    """The id of the call that a result is of, which is open no longer; empty where there is none."""
    if turn.tool_call_id:
        open_calls[:] = [call for call in open_calls if call[0] != turn.tool_call_id]
        return turn.tool_call_id
    of_this_name = [call for call in open_calls if call[1] == turn.tool_name]
    found = (of_this_name or open_calls)[:1]
    for call in found:
        open_calls.remove(call)
    return found[0][0] if found else ""


def _content(text: str | None, images: Sequence[str] | None) -> str | list[dict[str, Any]]:
    if not images:
        return text or ""
    parts: list[dict[str, Any]] = [{"type": "text", "text": text}] if text else []
    return [*parts, *({"type": "image_url", "image_url": {"url": _data_url(image)}} for image in images)]


def _data_url(image: str) -> str:
    if image.startswith("data:"):
        return image
    kind = next((kind for begin, kind in _PICTURES.items() if image.startswith(begin)), "png")
    return f"data:image/{kind};base64,{image}"
