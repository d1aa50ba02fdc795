"""``POST /v1/chat/completions``: the canonical dialect itself. Bytes pass through both ways as they are."""

from typing import Final

from llmrouter_tui.core.chat import ChatRequest
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.proxy.parse import ChatBody, parse_chat
from llmrouter_tui.proxy.replies import error_event, error_json


class Unchanged:
    """The voice of the canonical dialect. The door hands a stream on without asking it about each chunk."""

    content_type: Final = "text/event-stream"

    def feed(self, chunk: bytes) -> bytes:
        return chunk

    def whole(self, body: bytes) -> bytes:
        return body

    def waiting(self, status: str) -> bytes:
        return sse_comment(status)

    def failed(self, error: RouterError) -> bytes:
        return error_event(error)


UNCHANGED: Final = Unchanged()


class ChatCompletions:
    """OpenAI's chat completions."""

    takes: Final = ChatBody

    def read(self, body: bytes, *, session: str, client: str) -> tuple[ChatRequest, Unchanged]:
        return parse_chat(body, session=session, client=client), UNCHANGED

    def refusal(self, error: RouterError) -> bytes:
        return error_json(error)


def sse_comment(status: str) -> bytes:
    """A line that clients of server-sent events skip, and people and reverse proxies see."""
    return f": waiting — {status}\n\n".encode("utf-8", "replace")
