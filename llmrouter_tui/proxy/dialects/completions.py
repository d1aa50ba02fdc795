"""``POST /v1/completions``, OpenAI's older way to ask: a text in, a text out, routed like any chat.

The canonical form of a prompt is a conversation with one message of a user, so every model can answer, and the choice,
the queue and the fallback are those of chats. This means that a prompt is answered and not gone on with letter by
letter: models that were made for chats do no better elsewhere. What only raw text could do is refused by name: a
``suffix`` (filling the middle), prompts of tokens, several prompts in one request, ``best_of``.
"""

from itertools import accumulate
from typing import Any, Final

import msgspec

from llmrouter_tui.core.chat import ChatRequest
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.proxy.bodies import bad_request, decode
from llmrouter_tui.proxy.dialects.canonical import Answer, Choice, Tokens, read_answer, read_events
from llmrouter_tui.proxy.dialects.chat import sse_comment
from llmrouter_tui.proxy.parse import parse_chat, refuse_suffix
from llmrouter_tui.proxy.replies import error_event, error_json

MAX_LOGPROBS: Final = 20
"""Of the canonical ``top_logprobs``; OpenAI's limit for completions is 5."""
_THINKING: Final = b": thinking\n\n"
"""Completions have no place for thoughts; this keeps who waits for the answer from giving up meanwhile."""
_DONE: Final = b"data: [DONE]\n\n"
_OWN: Final = ("prompt", "suffix", "echo", "best_of", "logprobs", "messages")


class CompletionBody(msgspec.Struct):
    prompt: Any = None
    suffix: str | None = None
    echo: bool | None = None
    best_of: int | None = None
    logprobs: int | bool | None = None
    n: int | None = None


_READ: Final = msgspec.json.Decoder(CompletionBody)
_FIELDS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


class Completions:
    """Text completions."""

    takes: Final = CompletionBody

    def read(self, body: bytes, *, session: str, client: str) -> tuple[ChatRequest, "CompletionVoice"]:
        asked = decode(body, _READ)
        prompt = _prompt(asked.prompt)
        _refuse_raw(asked)
        fields: dict[str, Any] = {k: v for k, v in decode(body, _FIELDS).items() if k not in _OWN}
        fields["messages"] = [{"role": "user", "content": prompt}]
        fields |= _logprobs(asked.logprobs)
        chat = parse_chat(msgspec.json.encode(fields), session=session, client=client)
        return chat, CompletionVoice(prompt if asked.echo else "")

    def refusal(self, error: RouterError) -> bytes:
        return error_json(error)


def _prompt(given: object) -> str:
    """The one text to answer. A list of one text is what some clients make of a text."""
    if isinstance(given, list) and len(given) == 1 and isinstance(given[0], str):
        given = given[0]
    if isinstance(given, str):
        if given:
            return given
        raise bad_request("The field 'prompt' is empty.", param="prompt", hint="Send the text to be answered.")
    if given is None:
        raise bad_request("The field 'prompt' is missing.", param="prompt", hint="Add 'prompt' to the request.")
    if isinstance(given, list) and given and all(isinstance(text, str) for text in given):
        raise bad_request(
            f"The field 'prompt' holds {len(given)} texts; this router answers one in a request.",
            param="prompt",
            hint="Send a request for each: they are answered side by side.",
        )
    raise bad_request(
        "The field 'prompt' must be a string: tokens mean something else to each model.",
        param="prompt",
        hint="Send the text itself.",
    )


def _refuse_raw(asked: CompletionBody) -> None:
    refuse_suffix(asked.suffix)
    if asked.best_of is not None and asked.best_of > (asked.n or 1):
        raise bad_request(
            "The field 'best_of' asks for answers that are thrown away.",
            param="best_of",
            hint="Leave it out, or set n.",
        )


def _logprobs(wanted: int | bool | None) -> dict[str, Any]:
    if wanted is None or wanted is False:
        return {}
    most = 0 if wanted is True else wanted
    if not 0 <= most <= MAX_LOGPROBS:
        raise bad_request(
            f"The field 'logprobs' must be between 0 and {MAX_LOGPROBS}.", param="logprobs", hint="Correct its value."
        )
    return {"logprobs": True, "top_logprobs": most}


class CompletionVoice:
    """One text completion. ``echo`` is the prompt where it is to stand before the answer."""

    content_type: Final = "text/event-stream"

    def __init__(self, echo: str) -> None:
        self._echo = echo
        self._length: dict[int, int] = {}
        """Characters said so far, by choice: where the next token of ``logprobs`` begins."""

    def feed(self, chunk: bytes) -> bytes:
        return b"".join([_DONE if event is None else self._event(event) for event in read_events(chunk)])

    def whole(self, body: bytes) -> bytes:
        answer = read_answer(body)
        choices = [self._choice(choice) for choice in answer.choices or ()]
        return msgspec.json.encode(_object(answer, choices) | {"usage": _usage(answer.usage or Tokens())})

    def waiting(self, status: str) -> bytes:
        return sse_comment(status)

    def failed(self, error: RouterError) -> bytes:
        return error_event(error)

    def _event(self, event: Answer) -> bytes:
        said = [c for c in event.choices or () if _said(c) or c.finish_reason or c.logprobs]
        if not said and event.usage is None:
            return _THINKING if any(choice.turn.thought for choice in event.choices or ()) else b""
        plain = _object(event, [self._choice(choice) for choice in said])
        if event.usage is not None:
            plain["usage"] = _usage(event.usage)
        return b"data: " + msgspec.json.encode(plain) + b"\n\n"

    def _choice(self, choice: Choice) -> dict[str, Any]:
        at, said = choice.index or 0, _said(choice)
        prefix = self._echo if at not in self._length else ""
        start = self._length.setdefault(at, len(self._echo))
        self._length[at] = start + len(said)
        finish = _finish(choice.finish_reason)
        return {
            "text": prefix + said,
            "index": at,
            "logprobs": _legacy(choice.logprobs, start),
            "finish_reason": finish,
        }


def _said(choice: Choice) -> str:
    return choice.turn.text or choice.turn.refusal or ""


def _finish(reason: str | None) -> str | None:
    """A completion knows neither tools nor functions."""
    return "stop" if reason in ("tool_calls", "function_call") else reason


def _object(answer: Answer, choices: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": answer.id or "",
        "object": "text_completion",
        "created": int(answer.created or 0),
        "model": answer.model or "",
        "choices": choices,
    }


def _usage(tokens: Tokens) -> dict[str, int]:
    prompt, completion = tokens.prompt_tokens or 0, tokens.completion_tokens or 0
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def _legacy(logprobs: object, start: int) -> dict[str, Any] | None:
    """The canonical ``{content: [{token, logprob, top_logprobs}]}`` as four lists of equal length."""
    content = logprobs.get("content") if isinstance(logprobs, dict) else None
    if not isinstance(content, list):
        return None
    tokens = [token for token in content if isinstance(token, dict)]
    words = [str(token.get("token") or "") for token in tokens]
    offsets = list(accumulate(map(len, words), initial=start))[:-1]
    return {
        "tokens": words,
        "token_logprobs": [token.get("logprob") for token in tokens],
        "top_logprobs": [_top(token.get("top_logprobs")) for token in tokens],
        "text_offset": offsets,
    }


def _top(found: object) -> dict[str, Any]:
    entries = [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []
    return {str(entry.get("token") or ""): entry.get("logprob") for entry in entries}
