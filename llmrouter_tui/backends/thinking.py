"""Whether and how much a model is to think, as its server is told.

Clients say it in three ways: Ollama's ``think``, ``chat_template_kwargs.enable_thinking`` of templates, and OpenAI's
``reasoning_effort``, which Anthropic's ``thinking`` has become at the door. vLLM and llama.cpp heed the second, and of
models with levels (gpt-oss) the third; who is hosted elsewhere heeds the third. What the client said in the server's
own way stays as it is.
"""

import re
from typing import Final, Literal

import msgspec

from llmrouter_tui.core.catalog import NOT_THINKING
from llmrouter_tui.core.domain import ModelInfo
from llmrouter_tui.core.switches import SWITCHES

Way = Literal["template", "effort", "unknown", ""]
"""How a server is told: by its template, by an effort, or as the client said it. One that may be either is told by its
template what is Ollama's word, which nobody else knows; an effort it may know."""

_FIELDS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_OWN_TEMPLATE: Final = re.compile(r"mistral|mixtral|ministral|magistral|devstral|codestral|pixtral|voxtral")
"""vLLM refuses ``chat_template_kwargs`` where the tokenizer is Mistral's own."""
_USUAL: Final = "medium"
"""The effort of a model that is to think and not told how much."""


def told(body: bytes, switch: str, model: ModelInfo, way: Way) -> bytes:
    """The same request for such a server. ``switch`` is what it says of thinking, one of ``SWITCHES``."""
    field, value = switch.split()
    if not way or field == "enable_thinking" or (field == "reasoning_effort" and way != "template"):
        return body
    fields = _FIELDS.decode(body)
    fields.pop("think", None)
    if way != "effort":
        _by_template(fields, value, model)
    elif can_think(model):
        fields.setdefault("reasoning_effort", msgspec.Raw(msgspec.json.encode(effort_of(switch))))
    return msgspec.json.encode(fields)


def effort_of(switch: str) -> str:
    """What a request says of thinking as OpenAI says it; empty where it says nothing."""
    value = switch.partition(" ")[2]
    return {"true": _USUAL, "false": "none"}.get(value, value)


def can_think(model: ModelInfo) -> bool:
    """Whether a model is known to think: others refuse an effort, or are told to for nothing."""
    tried = model.tried("thinking")
    return tried.can if tried is not None else "thinking" in model.capabilities


def _by_template(fields: dict[str, msgspec.Raw], value: str, model: ModelInfo) -> None:
    if value == "none":
        del fields["reasoning_effort"]  # not every version knows the word
    elif value not in ("true", "false"):
        fields.setdefault("reasoning_effort", msgspec.Raw(msgspec.json.encode(value)))
    if _OWN_TEMPLATE.search(model.name.lower()) or not (can_think(model) or _unknown(model)):
        return
    given = fields.get("chat_template_kwargs")
    extra = msgspec.json.decode(given) if given is not None else None
    wanted = {"enable_thinking": SWITCHES[f"think {value}" if value != "none" else "think false"] != NOT_THINKING}
    fields["chat_template_kwargs"] = msgspec.Raw(
        msgspec.json.encode(wanted | extra if isinstance(extra, dict) else wanted)
    )


def _unknown(model: ModelInfo) -> bool:
    return model.tried("thinking") is None and not model.capabilities_known
