"""What routing would do, and a prompt that a person puts to it."""

from dataclasses import replace

from llmrouter_tui.core.chat import ChatRequest, Message
from llmrouter_tui.core.decision import Decision
from llmrouter_tui.core.ports.asking import Asking
from llmrouter_tui.engine.answering import Answering
from llmrouter_tui.engine.commands.parts import Commands
from llmrouter_tui.engine.sessions import Sessions


class AskCommands(Commands):
    """``core.ports.asking.AskControl`` in this process."""

    async def explain(self, prompt: str | ChatRequest, *, model: str = "auto", client: str = "") -> Decision:
        router, request = self._p.router, prompt
        if isinstance(request, str):
            request = ChatRequest(model=model, messages=(Message("user", request),), body=b"{}")
        if client:
            request = replace(request, client=client)
        return router.decide(request, router.sessions.model(Sessions.key(request), request))

    async def ask(self, request: ChatRequest) -> Asking:
        return Answering(self._p.router.begin(request))
