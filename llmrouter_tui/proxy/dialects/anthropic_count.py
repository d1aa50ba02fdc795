"""``POST /v1/messages/count_tokens``: how long a request is."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import msgspec
from aiohttp import web

from llmrouter_tui.core.domain import ModelView
from llmrouter_tui.core.ports.control import Control
from llmrouter_tui.proxy.bodies import read_body
from llmrouter_tui.proxy.dialects.anthropic import Counted
from llmrouter_tui.proxy.parse import named_by
from llmrouter_tui.proxy.replies import decision_headers, raw_response
from llmrouter_tui.proxy.security import CALLER

_COUNTED: Final = Counted()


class TokenCount:
    """The handler."""

    def __init__(self, control: Control, max_body: int) -> None:
        self._control = control
        self._max_body = max_body

    async def post(self, request: web.Request) -> web.StreamResponse:
        """The router's own estimate, by what it learned of the tokenizer of the model that would answer. It says that
        it is one: no model is asked, and none is loaded for it."""
        body = await read_body(request, self._max_body)
        client, session = named_by(request.headers)
        chat = _COUNTED.read(body, session=session, client=client)
        if (caller := request.get(CALLER)) is not None:
            chat = replace(chat, key=caller.name, allowed=caller.models)
        decision = await self._control.explain(chat, client=client)
        ratio = _token_ratio(await self._control.models(), decision.chosen)
        tokens = max(1, round(decision.analysis.prompt_tokens * ratio))
        told = {"input_tokens": tokens, "estimated": True, "estimated_for": decision.chosen}
        response = raw_response(msgspec.json.encode(told))
        response.headers.update(decision_headers(decision, decision.chosen))
        return response


def _token_ratio(models: Sequence[ModelView], chosen: str) -> float:
    return next((view.speed.token_ratio for view in models if view.id == chosen), 1.0)
