"""A model server that misbehaves, on bare sockets: what it sends is written here byte for byte.

It lists its models as llama.cpp does, and each chat goes wrong in the server's mode: ``refuse`` (nobody listens any
more), ``reset``, ``500``, ``429``, ``hang``, ``headers`` (and nothing else), ``stall``, ``die``, ``half`` (a line) and
``garbage`` after two tokens, ``drip`` (a byte a second), ``long`` (a line of 64 MB), ``html``, ``empty``, ``endless``,
``chatter`` (comments for ever); ``""`` answers.
"""

import asyncio
import contextlib
import json
from collections.abc import Callable, Sequence

MODES = (
    "refuse",
    "reset",
    "500",
    "429",
    "hang",
    "headers",
    "stall",
    "die",
    "half",
    "garbage",
    "drip",
    "long",
    "html",
    "empty",
    "endless",
    "chatter",
)
LONG = 64 << 20
TOKENS = ("The ", "sea ", "is ", "blue.")
_MIB = b"x" * (1 << 20)


def token(text: str | None, finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": {} if text is None else {"content": text}, "finish_reason": finish}
    body = {"id": "chatcmpl-up", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
    return f"data: {json.dumps(body, separators=(',', ':'))}\n\n".encode()


def whole(text: str) -> bytes:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
    body = {"id": "chatcmpl-up", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
    return json.dumps({**body, "usage": usage}).encode()


def error(status: int, words: str, more: str = "") -> bytes:
    body = json.dumps({"error": {"message": words, "type": "server_error", "code": status}}).encode()
    head = f"HTTP/1.1 {status} Oh\r\nContent-Type: application/json\r\n{more}Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


class Upstream:
    """One server. ``asked`` counts chats, ``left`` those whose caller closed the connection before the end."""

    def __init__(
        self,
        mode: str,
        models: Sequence[str],
        *,
        pace: float = 0.0,
        tokens: int = len(TOKENS),
        draw: Callable[[], str] | None = None,
    ) -> None:
        """``draw``: the mode of each chat, where it is not always the same. ``pace``: seconds between tokens."""
        self.mode = mode
        self.draw = draw
        self.models = tuple(models)
        self.pace = pace
        self.tokens = tokens
        self.asked = self.left = self.answered = 0
        self.bodies: list[dict[str, object]] = []
        self.port = 0
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=1 << 26)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Nobody listens any more, and nothing that was open stays."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self._open):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                while await self._one(reader, writer):
                    pass
        finally:
            self._open.discard(writer)
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request; whether the connection is kept."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        lines = head.split("\r\n")
        fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
        body = await reader.readexactly(int(fields.get("content-length", "0")))
        if lines[0].startswith("GET"):
            listed = [{"id": name, "object": "model", "owned_by": "llamacpp"} for name in self.models]
            text = json.dumps({"object": "list", "data": listed}).encode()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(text))
            writer.write(text)
            await writer.drain()
            return True
        self.asked += 1
        asked = json.loads(body)
        self.bodies.append(asked)
        del self.bodies[:-100]
        gone = asyncio.ensure_future(reader.read(1))
        work = asyncio.ensure_future(self._chat(writer, bool(asked.get("stream"))))
        try:
            await asyncio.wait((gone, work), return_when=asyncio.FIRST_COMPLETED)
            if work.done() and not work.cancelled() and work.exception() is None:
                self.answered += 1
            else:
                self.left += 1
        finally:
            for task in (gone, work):
                task.cancel()
            await asyncio.gather(gone, work, return_exceptions=True)
        return False

    async def _chat(self, writer: asyncio.StreamWriter, stream: bool) -> None:
        async def send(data: bytes) -> None:
            writer.write(data)
            await writer.drain()

        mode = self.draw() if self.draw else self.mode
        kind = "text/event-stream" if stream else "application/json"
        if mode == "reset":
            writer.transport.abort()
        elif mode == "500":
            await send(error(500, "the engine died"))
        elif mode == "429":
            await send(error(429, "too many requests", "Retry-After: 1\r\n"))
        elif mode == "hang":
            await asyncio.sleep(3600)
        elif mode == "html":
            await send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<html>Welcome!</html>")
        else:
            await send(f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nConnection: close\r\n\r\n".encode())
            await self._body(mode, stream, writer)

    async def _body(self, mode: str, stream: bool, writer: asyncio.StreamWriter) -> None:
        async def send(data: bytes) -> None:
            writer.write(data)
            await writer.drain()
            await asyncio.sleep(self.pace)

        begun = token("The ") + token("sea ") if stream else whole("The sea")[:60]
        if mode in ("stall", "die", "half", "garbage"):
            await send(begun)
        if mode in ("headers", "stall"):
            await asyncio.sleep(3600)
        elif mode == "die":
            await asyncio.sleep(0.02)
            writer.transport.abort()
        elif mode == "half":
            await send(token("is ")[:25] if stream else b"")
        elif mode == "garbage":
            await send(b"\xff\xfe\x00garbage\r\n\r\n\x80\n\n")
        elif mode == "drip":
            for byte in b"".join(map(token, TOKENS)):
                await send(bytes((byte,)))
                await asyncio.sleep(1.0)
        elif mode == "long":
            for _ in range(LONG >> 20):
                await send(_MIB)
        elif mode == "endless":
            while True:
                await send(token("on ") if stream else b" ")
                await asyncio.sleep(0.01)
        elif mode == "chatter":
            while True:
                await send(b": still here\n\n" if stream else b"\n")
                await asyncio.sleep(0.01)
        elif mode != "empty" and stream:
            for number in range(self.tokens):
                await send(token(TOKENS[number % len(TOKENS)]))
            await send(token(None, "stop") + b"data: [DONE]\n\n")
        elif mode != "empty":
            for _ in range(self.tokens):
                await asyncio.sleep(self.pace)
            await send(whole("".join(TOKENS)))
