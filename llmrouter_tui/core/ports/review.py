"""How things went."""

from typing import TYPE_CHECKING, Protocol

from llmrouter_tui.core.review import SPAN, Review
from llmrouter_tui.core.spending import SpendView

if TYPE_CHECKING:  # what it weighs is not needed to name it
    from llmrouter_tui.core.trends import Trends
    from llmrouter_tui.core.whatif import WhatIf


class ReviewControl(Protocol):
    """How things went, and how they might have gone; a part of ``Control``."""

    async def review(self, span: float | None = SPAN) -> Review:
        """How right the choices of the last so many seconds were, of all that is kept where ``span`` is None."""
        ...

    async def what_if(self, preference: float) -> "WhatIf":
        """What another quality preference (0..1) would have chosen for the newest exchanges."""
        ...

    async def trends(self, span: float) -> "Trends":
        """How things went over the last so many seconds, up to the longest that is kept, as curves."""
        ...

    async def spend(self) -> SpendView:
        """What was paid today and this month, and the budgets."""
        ...
