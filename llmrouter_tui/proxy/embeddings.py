"""The door of embeddings: drives an exchange, tells the vectors in the dialect of its path."""

import asyncio

from aiohttp import web

from llmrouter_tui.core.embedding import EmbedRequest
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.ports.exchanges import EmbedRun
from llmrouter_tui.proxy.dialects.embedding import EmbedVoice
from llmrouter_tui.proxy.door import Door
from llmrouter_tui.proxy.screening import check_inputs


class EmbedDoor(Door[EmbedRequest, EmbedVoice, EmbedRun]):
    """The handler of one path."""

    def _check(self, asked: EmbedRequest) -> None:
        check_inputs(asked, self._options)

    def _begin(self, asked: EmbedRequest) -> EmbedRun:
        return self._exchanges.embed(asked)

    async def _run(
        self, request: web.Request, run: EmbedRun, asked: EmbedRequest, voice: EmbedVoice, request_id: str
    ) -> web.StreamResponse:
        try:
            parts = [voice.some(vectors) async for vectors in run.vectors()]
            body = voice.whole(parts, run.model.partition("/")[2], run.usage)
            return web.Response(body=body, headers=self._headers(run, request_id))
        except RouterError as failure:
            error = failure
        except asyncio.CancelledError:
            error = self._stopped(run)
        except Exception:
            error = self._failed(run)
        return self._refuse(error, self._headers(run, request_id))
