"""What routing would do, and a prompt that a person puts to it, over HTTP."""

import msgspec

from llmrouter_tui.core.chat import ChatRequest
from llmrouter_tui.core.decision import Decision
from llmrouter_tui.remote.asking import RemoteAnswering, open_answer
from llmrouter_tui.remote.commands.line import Commands

_DECISION = msgspec.json.Decoder(Decision)


class AskCommands(Commands):
    """``core.ports.asking.AskControl`` over HTTP."""

    async def explain(self, prompt: str | ChatRequest, *, model: str = "auto", client: str = "") -> Decision:
        """Explaining is pure: a read-only control may ask. A request is sent as its body stands."""
        body = {"prompt": prompt, "model": model} if isinstance(prompt, str) else msgspec.Raw(prompt.body)
        params: dict[str, str | list[str]] = {"client": client} if client else {}
        if not isinstance(prompt, str) and prompt.allowed:
            params["among"] = list(prompt.allowed)
        return self._read(await self._send("POST", "explain", params=params or None, body=body), _DECISION)

    async def ask(self, request: ChatRequest) -> RemoteAnswering:
        self._may_command()
        return await open_answer(self._client, self.root, request)
