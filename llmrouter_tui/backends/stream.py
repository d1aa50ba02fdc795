"""Answers of servers that speak the canonical dialect, passed through byte for byte.

A read that holds only ordinary chunks is handed on as it came, which costs about a microsecond. Only a read that
may hold a finish, usage, an error or a cut event is split and looked at.
"""

from collections.abc import AsyncIterator
from typing import Any

import msgspec

from llmrouter_tui.backends.faults import complaint_of, read_complaint
from llmrouter_tui.backends.http import READ_TIMEOUT, Link, linger, why_broken
from llmrouter_tui.backends.room import shortened
from llmrouter_tui.backends.thinking import Way, told
from llmrouter_tui.backends.unspoken import cannot, name_limit_twice, refuse_unread
from llmrouter_tui.backends.wire import MOST_PIECE, Answer, TooMuchError
from llmrouter_tui.core.chat import ChatCall
from llmrouter_tui.core.decision import Timings, Usage
from llmrouter_tui.core.errors import BackendError
from llmrouter_tui.core.openai import (
    DONE,
    Chunk,
    read_chunk,
    read_timings,
    read_usage,
    replace_model,
    request_usage,
)
from llmrouter_tui.core.ports.backend import Reply
from llmrouter_tui.core.sse import Splitter, read_event

CHAT = "/v1/chat/completions"
WHOLE_ANSWER = 3.0
"""How many times longer than a pause of a stream a whole answer may take: nothing shows that it is being made."""


_DATA = b"data: "


async def open_chat(
    link: Link,
    call: ChatCall,
    *,
    path: str = CHAT,
    wire_name: str = "",
    read_timeout: float = READ_TIMEOUT,
    drops_streams: bool = False,
    leaves_out: str = "",
    thinks_by: Way = "",
) -> Reply:
    """Send a chat request to a server that speaks the canonical dialect; returns when it accepted it.

    The client's body goes out as it came, but for the model's name (``wire_name`` if the server calls it
    differently) and the wish for usage, which a stream always gets. ``drops_streams``: the server closes the
    connection after a stream, whatever it says. ``leaves_out``: what people call a server that does not read all of
    OpenAI's fields (``unspoken``). ``thinks_by``: how it is told whether to think.
    """
    request, model = call.request, call.model.name
    body = replace_model(request.body, wire_name or model)
    if request.switch:
        body = told(body, request.switch, call.model, thinks_by)
    if leaves_out:
        refuse_unread(call, leaves_out)
        body = name_limit_twice(body)
    if not request.stream:
        patience, parting = read_timeout * WHOLE_ANSWER, False
    else:
        patience, parting = read_timeout, drops_streams
        if not request.wants_usage:
            body = request_usage(body)
    try:
        answer = await link.open(path, body, model=model, read_timeout=patience, parting=parting)
    except BackendError as refusal:
        shorter = shortened(body, request.max_tokens, refusal)
        if shorter is None:
            raise
        answer = await link.open(path, shorter, model=model, read_timeout=patience, parting=parting)
    if not request.stream:
        return BodyReply(answer, link, call)
    return StreamReply(answer, link, model, hide_usage=not request.wants_usage)


class StreamReply:
    """A canonical stream under way (``core.ports.backend.Reply``)."""

    def __init__(self, answer: Answer, link: Link, model: str, *, hide_usage: bool) -> None:
        self.usage = Usage()
        self.timings = Timings()
        self.finish_reason = ""
        self._answer = answer
        self._link = link
        self._model = model
        self._hide_usage = hide_usage
        self._splitter = Splitter()
        self._begun = False
        self._done = False

    async def chunks(self) -> AsyncIterator[bytes]:
        """Whole events, as they came, up to ``[DONE]``."""
        read = self._answer.readany
        cut = False
        try:
            while not self._done:
                try:
                    data = await read()
                except OSError as error:
                    if not self.finish_reason:  # after the finish chunk nothing is lost
                        raise self._link.interrupted(why_broken(error), self._model) from error
                    data = b""
                if not data:
                    break
                if not cut and plain(data):
                    self._begun = True
                    yield data
                    continue
                events, failure = self._sift(self._splitter.feed(data))
                cut = self._splitter.pending
                if self._splitter.size > MOST_PIECE:
                    raise self._link.interrupted(why_broken(TooMuchError()), self._model)
                if events:
                    yield events
                if failure:
                    raise failure
            ending = self._ending()
            if ending:
                yield ending
            await linger(self._answer)
        finally:
            self._answer.close()

    async def close(self) -> None:
        """Drop the connection; a server that still generates stops."""
        self._answer.close()

    def _sift(self, events: list[bytes]) -> tuple[bytes, BackendError | None]:
        """The events to hand on, and the failure that comes after them."""
        kept: list[bytes] = []
        try:
            for event in events:
                kept.append(self._take(event))  # noqa: PERF401 - what came before a failure is kept
        except BackendError as error:
            return b"".join(kept), error
        return b"".join(kept), None

    def _take(self, event: bytes) -> bytes:
        """Read one event; what of it is handed on, as lines are in the canonical format: what reads them further on
        knows only these. Some servers leave out the blank (Spring's), or name and number events."""
        if b"\r\n" in event:
            event = event.replace(b"\r\n", b"\n")
        if plain(event):
            self._begun = True
            return event
        parsed = read_event(event)
        if parsed.alien:
            raise self._alien(event)
        if parsed.data is None:
            return b""
        if not event.startswith(_DATA):
            event = _DATA + parsed.data.replace(b"\n", b"\n" + _DATA) + b"\n\n"
        if parsed.data.strip() == b"[DONE]":
            self._done = True
            if not self._begun:
                raise self._link.broken("answered with an empty stream", self._model)
            return event
        try:
            chunk = read_chunk(parsed.data)
        except (ValueError, RecursionError):
            raise self._link.interrupted("it sent a chunk that is not JSON.", self._model) from None
        return self._note(chunk, event)

    def _note(self, chunk: Chunk, event: bytes) -> bytes:
        if chunk.error:
            raise self._failure(chunk.error)
        self.usage = chunk.usage or self.usage
        self.timings = chunk.timings or self.timings
        self.finish_reason = chunk.finish_reason or self.finish_reason
        if chunk.usage and not chunk.choices and self._hide_usage:
            return b""
        self._begun = True
        return event

    def _failure(self, said: Any) -> BackendError:
        """An error event: by its cause while nothing was answered yet, an interruption afterwards."""
        if self._begun:
            words = complaint_of(said).text or "it sent an error."
            return self._link.interrupted(words, self._model)
        return self._link.said_no(said, self._model)

    def _alien(self, event: bytes) -> BackendError:
        """Bytes that are no event: the text of a proxy in front of the model, or a JSON error or body."""
        complaint = read_complaint(event)
        if not complaint.structured:
            return self._link.interrupted(complaint.text or "it sent text that is not part of a stream.", self._model)
        if complaint.text:
            return self._failure(complaint.text)
        return self._link.broken("answered a request for a stream with a whole body", self._model)

    def _ending(self) -> bytes:
        """What is still to be sent when the bytes have ended; raises when that is no proper end."""
        if self._done:
            return b""
        rest = self._splitter.rest.strip()
        last = self._take(rest + b"\n\n") if rest else b""
        if self._done:
            return last
        if not self._begun:
            raise self._link.broken("answered with an empty stream", self._model)
        if not self.finish_reason:
            raise self._link.interrupted("its stream ended without a finish.", self._model)
        return last + DONE


def plain(data: bytes) -> bool:
    """Whether a read surely holds whole, ordinary chunks only. A wrong no costs a little time, a wrong yes is
    impossible for what servers write: quotes inside of JSON text are escaped."""
    return (
        data.startswith(_DATA)
        and data.endswith(b"}\n\n")
        and b'"error"' not in data
        and b'"finish_reason":"' not in data
        and b'"usage":{' not in data
        and b'"finish_reason": "' not in data
        and b'"usage": {' not in data
        and b"\n:" not in data
    )


class _Choice(msgspec.Struct):
    finish_reason: str | None = None


class _Completion(msgspec.Struct):
    choices: list[_Choice] | None = None
    usage: dict[str, Any] | None = None
    timings: dict[str, Any] | None = None
    stats: dict[str, Any] | None = None
    error: Any = None


_completion = msgspec.json.Decoder(_Completion)


class BodyReply:
    """A whole canonical answer under way (``core.ports.backend.Reply``)."""

    def __init__(self, answer: Answer, link: Link, call: ChatCall) -> None:
        self.usage = Usage()
        self.timings = Timings()
        self.finish_reason = ""
        self._answer = answer
        self._link = link
        self._call = call
        self._model = call.model.name

    async def chunks(self) -> AsyncIterator[bytes]:
        """The one JSON object."""
        try:
            body = await self._answer.read()
        except OSError as error:
            raise self._link.interrupted(why_broken(error), self._model) from error
        finally:
            self._answer.close()
        self._read(body)
        yield body

    async def close(self) -> None:
        """Drop the connection; a server that still generates stops."""
        self._answer.close()

    def _read(self, body: bytes) -> None:
        if not body.strip():
            raise self._link.broken("answered with an empty body", self._model)
        try:
            told = _completion.decode(body)
            finish = told.choices[0].finish_reason if told.choices else None
            speeds = {"timings": told.timings, "stats": told.stats}
            chunk = Chunk(
                choices=len(told.choices or ()),
                finish_reason=finish or "",
                usage=read_usage(told.usage),
                timings=read_timings(speeds),
                error=told.error,
            )
        except (msgspec.DecodeError, RecursionError):
            chunk = self._leniently(body)
        if chunk.error:
            raise self._link.said_no(chunk.error, self._model)
        if not chunk.choices:
            raise self._link.broken("answered without any choice", self._model)
        if chunk.choices < (wanted := self._call.request.choices):
            raise cannot(self._call, f"{self._link.backend} gave {chunk.choices} of {wanted} answers asked for.", "n")
        self.usage = chunk.usage or self.usage
        self.timings = chunk.timings or self.timings
        self.finish_reason = chunk.finish_reason

    def _leniently(self, body: bytes) -> Chunk:
        try:
            return read_chunk(body)
        except (ValueError, RecursionError):
            raise self._link.broken("answered with something that is not JSON", self._model) from None
