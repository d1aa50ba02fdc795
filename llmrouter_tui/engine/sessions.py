"""Which model answered a conversation so far: by explicit id, else by the fingerprint of its opening."""

from collections import OrderedDict

from llmrouter_tui.core.chat import ChatRequest
from llmrouter_tui.core.ports.clock import Clock

EXPIRY_SECONDS = 3600.0
LIMIT = 4096
OPENING = 400
"""Characters of each opening turn that make the fingerprint."""
_BITS = (1 << 64) - 1


class Sessions:
    """Remembers the last model per conversation for an hour."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last: OrderedDict[str, tuple[str, float]] = OrderedDict()

    @staticmethod
    def key(request: ChatRequest) -> str:
        """The conversation's identity in this run. Clients resend the whole history, so its opening is stable."""
        if request.session:
            return f"id:{request.session}"
        turns = request.messages
        opening = next((i for i, m in enumerate(turns) if m.role == "user"), None)
        if opening is None:
            return ""
        return f"op:{hash((turns[0].text[:OPENING], turns[opening].text[:OPENING])) & _BITS:x}"

    def model(self, key: str, request: ChatRequest) -> str:
        """The model that answered so far; empty for a new conversation.

        Without an explicit id only a request that already holds an answer continues anything: the same first
        question asked twice is two conversations.
        """
        if not key or (key[0] == "o" and not any(m.role == "assistant" for m in request.messages)):
            return ""
        found = self._last.get(key)
        if found is None or self._clock.mono() - found[1] > EXPIRY_SECONDS:
            return ""
        return found[0]

    def answered(self, key: str, model: str) -> None:
        if not key:
            return
        self._last[key] = (model, self._clock.mono())
        self._last.move_to_end(key)
        while len(self._last) > LIMIT:
            self._last.popitem(last=False)
