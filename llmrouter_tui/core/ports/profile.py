"""Measuring models: where its results are kept, and how it is commanded."""

from collections.abc import Sequence
from typing import Protocol

from llmrouter_tui.core.profile import Only, Order, PastRun, Profiles, Result


class ProfileStore(Protocol):
    """Where the results of measuring are kept; ``SqliteRepo`` is one. Raises ``RouterError``
    (``storage_unavailable``) when the file cannot be used now."""

    async def profile_results(self, model: str | None = None) -> Sequence[Result]:
        """All without the texts of the answers, or those of one model with them; oldest first."""
        ...

    async def store_profile_result(self, result: Result) -> None:
        """In the place of the older one of that model and prompt; on the disk on return."""
        ...

    async def profile_order(self) -> Order | None:
        """The newest order, if it did not end."""
        ...

    async def begin_profile(self, order: Order) -> None:
        """Remember an order until it ends."""
        ...

    async def end_profile(self, run: PastRun) -> None:
        """The order that began then is done, or the user stopped it."""
        ...

    async def profile_runs(self) -> Sequence[PastRun]:
        """All orders that are kept and what came of them, newest first."""
        ...


class ProfileControl(Protocol):
    """What can be asked of measuring, and told; a part of ``Control``."""

    async def profile(
        self, models: Sequence[str] = (), *, quick: bool = True, again: bool = False, only: Only = ""
    ) -> None:
        """Start measuring these models by id or name, or without names all that are enabled and cost no money: what is
        missing, failed or stale, with ``again`` everything, with ``only="failed"`` just the prompts that failed, of the
        full profile too. Refused while another run is under way, and where nothing failed."""
        ...

    async def cancel_profile(self) -> None:
        """Stop the run under way, if there is one; what it found is kept, and memory is put in order."""
        ...

    async def profiles(self) -> Profiles:
        """How far measuring is, and what it found of each model."""
        ...

    async def profile_results(self, model: str) -> Sequence[Result]:
        """What came of each prompt put to one model, by its id, with its answers; oldest first."""
        ...
