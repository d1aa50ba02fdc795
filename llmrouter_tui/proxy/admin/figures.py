"""What is publicly known of models, over HTTP."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

import msgspec
from aiohttp import web

from llmrouter_tui.core.dossier import Dossier, Listed
from llmrouter_tui.core.ports.figures import FigureControl
from llmrouter_tui.core.sync import BY_KEY, SyncedFigure, SyncView
from llmrouter_tui.proxy.admin.table import STORED, does, shows
from llmrouter_tui.proxy.bodies import SMALL, read_body
from llmrouter_tui.proxy.meta import decode_fields
from llmrouter_tui.proxy.operation import Json, Operation, Parameter
from llmrouter_tui.proxy.replies import accepted, json_response


class SyncBody(msgspec.Struct, forbid_unknown_fields=True):
    sources: Annotated[list[str], msgspec.Meta(max_length=20)] = msgspec.field(default_factory=list)


class MatchBody(msgspec.Struct, forbid_unknown_fields=True):
    id: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None


_SYNC = msgspec.json.Decoder(SyncBody)
_MATCH = msgspec.json.Decoder(MatchBody)
_SOURCES = {"sources": "a list of names of sources, as GET /admin/sync lists them"}
_ENTRY = {"id": "an id that GET /admin/catalog lists, null for no match, or automatic"}


class FigureAdmin:
    """The handlers of ``/admin/catalog``, ``/admin/benchmarks`` and ``/admin/sync``."""

    def __init__(self, control: FigureControl) -> None:
        self._control = control

    async def catalog(self, request: web.Request) -> web.StreamResponse:
        """All entries of the public catalog in short, or those that ``?id=`` names with their figures, without what
        belongs to the holder of a key."""
        asked = request.query.getall("id", [])
        if not asked:
            return json_response(await self._control.catalog())
        return json_response([replace(found, own=()) for found in await self._control.known(asked)])

    async def match(self, request: web.Request) -> web.StreamResponse:
        """Which entry of the catalog a model is: ``{"id": "qwen3-8b"}``, null for none, "automatic" for by its name."""
        asked = decode_fields(await read_body(request, SMALL), _MATCH, _ENTRY)
        await self._control.match(request.match_info["id"], asked.id or "")
        return accepted()

    async def figures(self, request: web.Request) -> web.StreamResponse:
        """What was fetched of each ``?model=``, without the figures that belong to the holder of a key."""
        figures = await self._control.figures(request.query.getall("model", []))
        return json_response([figure for figure in figures if figure.source not in BY_KEY])

    async def sync_view(self, request: web.Request) -> web.StreamResponse:
        return json_response(await self._control.sync_view())

    async def sync(self, request: web.Request) -> web.StreamResponse:
        """Fetch public figures: from all sources without a body, from those that ``sources`` names with one."""
        body = await read_body(request, SMALL)
        await self._control.sync(decode_fields(body, _SYNC, _SOURCES).sources if body.strip() else ())
        return accepted()

    async def cancel_sync(self, request: web.Request) -> web.StreamResponse:
        await self._control.cancel_sync()
        return accepted()

    def operations(self) -> Sequence[Operation]:
        many: Json = {"type": "array", "items": {"type": "string"}}
        entry = Parameter("id", "An entry; as often as there are.", many)
        models = Parameter("model", "A model, by its id in the catalog; as often as there are.", many)
        catalog = "The entries of the public catalog in short, or those named with their figures."
        fetch = "Fetch public figures: from all sources without a body."
        sources = {"sources": ["lmarena"]}
        match = "Say which entry of the public catalog it is; null for none, automatic for by its name."
        return (
            does("models/{id:(?s:.+)}/match", self.match, match, MatchBody, faults=STORED, example={"id": "qwen3-8b"}),
            shows("catalog", self.catalog, catalog, list[Listed], list[Dossier], query=(entry,)),
            shows(
                "benchmarks",
                self.figures,
                "The public figures that were fetched of these models.",
                list[SyncedFigure],
                query=(models,),
                faults=STORED,
            ),
            shows("sync", self.sync_view, "How far fetching public figures is.", SyncView),
            does("sync", self.sync, fetch, SyncBody, optional=True, faults=STORED, example=sources),
            does("sync", self.cancel_sync, "Stop fetching.", method="DELETE"),
        )
