"""Measuring models over HTTP."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from aiohttp import web

from llmrouter_tui.core.ports.profile import ProfileControl
from llmrouter_tui.core.profile import Only, Profiles, Result
from llmrouter_tui.proxy.admin.table import BOTH, does, shows
from llmrouter_tui.proxy.bodies import SMALL, read_body
from llmrouter_tui.proxy.meta import decode_fields
from llmrouter_tui.proxy.operation import Operation, Parameter
from llmrouter_tui.proxy.replies import accepted, json_response


class ProfileBody(msgspec.Struct, forbid_unknown_fields=True):
    models: Annotated[list[str], msgspec.Meta(max_length=500)] = msgspec.field(default_factory=list)
    quick: bool = True
    again: bool = False
    only: Only = ""


_PROFILE = msgspec.json.Decoder(ProfileBody)
_ORDER = {
    "models": "a list of ids or names of models, as GET /admin/models lists them",
    "quick": "true or false",
    "again": "true or false",
    "only": 'empty or "failed"',
}


class ProfileAdmin:
    """The handlers of ``/admin/profiles`` and ``/admin/reprofile``."""

    def __init__(self, control: ProfileControl) -> None:
        self._control = control

    async def profile(self, request: web.Request) -> web.StreamResponse:
        """Measure models: all that cost no money without a body, those that ``models`` names with one; the quick
        profile unless ``quick`` is false, fresh results too where ``again`` is true, of all prompts just those that
        failed where ``only`` says so."""
        body = await read_body(request, SMALL)
        asked = decode_fields(body, _PROFILE, _ORDER) if body.strip() else ProfileBody()
        await self._control.profile(asked.models, quick=asked.quick, again=asked.again, only=asked.only)
        return accepted()

    async def cancel_profile(self, request: web.Request) -> web.StreamResponse:
        await self._control.cancel_profile()
        return accepted()

    async def profiles(self, request: web.Request) -> web.StreamResponse:
        """How far measuring is and what it found of each model; with ``?model=`` each prompt of one, with answers."""
        model = request.query.get("model")
        if model is None:
            return json_response(await self._control.profiles())
        return json_response(await self._control.profile_results(model))

    def operations(self) -> Sequence[Operation]:
        model = Parameter("model", "A model, by its id.")
        profiles = "How far measuring is and what it found of each model; of one named, what came of each prompt."
        measure = "Measure models: all that cost no money without a body."
        order = {"models": ["ollama/qwen3:8b"], "quick": True}
        return (
            shows("profiles", self.profiles, profiles, Profiles, list[Result], query=(model,), faults=BOTH),
            does("reprofile", self.profile, measure, ProfileBody, optional=True, faults=BOTH, example=order),
            does("reprofile", self.cancel_profile, "Stop measuring; what was found is kept.", method="DELETE"),
        )
