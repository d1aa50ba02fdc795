"""What routing would do, over HTTP."""

from collections.abc import Sequence
from dataclasses import replace

import msgspec
from aiohttp import web

from llmrouter_tui.core.decision import Decision
from llmrouter_tui.core.ports.asking import AskControl
from llmrouter_tui.proxy.admin.table import BOTH
from llmrouter_tui.proxy.bodies import bad_request, decode, read_body
from llmrouter_tui.proxy.operation import Operation, Parameter, needed
from llmrouter_tui.proxy.operations_client import AMONG
from llmrouter_tui.proxy.parse import MAX_CLIENT, MAX_SESSION, ChatBody, clean_label
from llmrouter_tui.proxy.question import is_chat, read_chat
from llmrouter_tui.proxy.replies import decision_headers, json_response


class ExplainBody(msgspec.Struct, forbid_unknown_fields=True):
    prompt: str = ""
    model: str = "auto"


_EXPLAIN = msgspec.json.Decoder(ExplainBody)


class AskAdmin:
    """The handler of ``/admin/explain``."""

    def __init__(self, control: AskControl) -> None:
        self._control = control

    async def explain(self, request: web.Request) -> web.StreamResponse:
        """What routing would do with a prompt, or with a whole chat-completion body. ``?client=`` says who would ask:
        the one that asks here is seldom the one whose rules are meant."""
        client = clean_label(request.query.get("client", ""), MAX_CLIENT)
        body = await read_body(request, request.client_max_size)
        if is_chat(body):
            session = clean_label(request.headers.get("X-Session-Id", ""), MAX_SESSION)
            asked = replace(read_chat(body, session=session), allowed=tuple(request.query.getall("among", ())))
            return _explained(await self._control.explain(asked, client=client))
        bare = decode(body, _EXPLAIN)
        if not bare.prompt.strip():
            raise bad_request(
                "There is no prompt to explain.",
                param="prompt",
                hint="Send 'prompt', or a chat-completion body with 'messages'.",
            )
        return _explained(await self._control.explain(bare.prompt, model=bare.model, client=client))

    def operations(self) -> Sequence[Operation]:
        client = Parameter("client", "Who would ask, as it names itself: its rules act then.")
        explain = "What routing would do with a prompt, or with a whole chat-completion body. No model is asked."
        return (
            Operation(
                "POST",
                "explain",
                self.explain,
                explain,
                (Decision,),
                takes=(ExplainBody, ChatBody),
                needs={"anyOf": [needed("prompt", pattern=r"\S"), needed("messages", type="array", minItems=1)]},
                query=(client, AMONG),
                faults=BOTH,
                decides=True,
                example={"prompt": "Prove that there is no largest prime."},
            ),
        )


def _explained(decision: Decision) -> web.Response:
    response = json_response(decision)
    response.headers.update(decision_headers(decision, decision.chosen))
    return response
