"""Measuring models, over HTTP."""

from collections.abc import Sequence

import msgspec

from llmrouter_tui.core.profile import Only, Profiles, Result
from llmrouter_tui.remote.commands.line import Commands

_PROFILES = msgspec.json.Decoder(Profiles)
_RESULTS = msgspec.json.Decoder(tuple[Result, ...])


class ProfileCommands(Commands):
    """``core.ports.profile.ProfileControl`` over HTTP."""

    async def profile(
        self, models: Sequence[str] = (), *, quick: bool = True, again: bool = False, only: Only = ""
    ) -> None:
        body = {"models": list(models), "quick": quick, "again": again, "only": only}
        await self._command("POST", "reprofile", body)

    async def cancel_profile(self) -> None:
        await self._command("DELETE", "reprofile")

    async def profiles(self) -> Profiles:
        return await self._get("profiles", _PROFILES)

    async def profile_results(self, model: str) -> tuple[Result, ...]:
        return await self._get("profiles", _RESULTS, {"model": model})
