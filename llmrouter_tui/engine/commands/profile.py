"""Measuring models."""

from collections.abc import Sequence

from llmrouter_tui.core.profile import Only, Profiles, Result
from llmrouter_tui.engine.commands.parts import Commands


class ProfileCommands(Commands):
    """``core.ports.profile.ProfileControl`` in this process."""

    async def profile(
        self, models: Sequence[str] = (), *, quick: bool = True, again: bool = False, only: Only = ""
    ) -> None:
        await self._p.profiler.start(models, quick=quick, again=again, only=only)

    async def cancel_profile(self) -> None:
        self._p.profiler.cancel()

    async def profiles(self) -> Profiles:
        return self._p.profiler.profiles()

    async def profile_results(self, model: str) -> Sequence[Result]:
        return await self._p.profiler.results(self._p.desk.called(model))
