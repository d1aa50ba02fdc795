"""Who is asked next where a model failed, and which of several failures is told."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from llmrouter_tui.core.chat import ChatRequest
from llmrouter_tui.core.decision import Decision
from llmrouter_tui.core.errors import BackendError, RouterError
from llmrouter_tui.core.ports.backend import Continuing
from llmrouter_tui.core.ruling import by_wish
from llmrouter_tui.engine.record import ModelRecord

if TYPE_CHECKING:
    from llmrouter_tui.engine.router import Router

MAX_ATTEMPTS = 4


class Fallback:
    """The models that may be asked yet, best first; made when the first one failed."""

    def __init__(self, router: "Router", request: ChatRequest, decision: Decision) -> None:
        self._router = router
        self._request = request
        self._left = [c.model for c in decision.candidates if c.model != decision.chosen]
        self._tried: list[str] = []
        self.decision = decision
        """The decision that these are of: another one where all that were wished for have failed."""

    def after(self, model: str, failure: BackendError) -> str:
        """Who is asked now that this one failed; empty: nobody."""
        self._tried.append(model)
        self._left = self._still(model, failure, self._left)
        if not self._left:
            self._left = self._beyond_wishes(model, failure)
        if not failure.fallback or not self._left or len(self._tried) >= MAX_ATTEMPTS:
            return ""
        return self._left.pop(0)

    def spend(self, models: Iterable[str]) -> None:
        """These were tried before."""
        self._tried = list(models)
        self._left = [name for name in self._left if name not in self._tried]

    def to_resume(self, model: str, failure: BackendError, *, said: bool) -> str:
        """Who is asked to go on with an answer that broke off: the best one whose server goes on with what was
        ``said``; anyone where that is nothing yet."""
        models = self._router.fleet.models
        self._left = [name for name in self._left if name != model]
        if said:
            self._left = [name for name in self._left if (known := models.get(name)) and _goes_on(known)]
        return self.after(model, failure)

    def _still(self, model: str, error: BackendError, left: list[str]) -> list[str]:
        """Who may still be asked: nobody for the client's own fault, no neighbour on a backend that is gone or that
        cannot be asked this at all, nobody to whom nothing may go any more."""
        if not error.fallback:
            return []
        models = self._router.fleet.models
        left = [name for name in left if (known := models.get(name)) is None or not known.withheld]
        if error.unhealthy or error.everywhere:
            return [name for name in left if not name.startswith(f"{error.backend}/")]
        if error.code == "context_length_exceeded":
            return self._roomier(model, left)
        if error.code == "queue_full":
            return self._ready(left)
        return left

    def _beyond_wishes(self, model: str, failure: BackendError) -> list[str]:
        """Who may be asked where all models failed that an ``always`` wished for: the usual choice, decided anew so
        that the record tells it."""
        if not failure.fallback or not by_wish(self.decision):
            return []
        try:
            decision = self._router.decide(self._request, failed=set(self._tried))
        except RouterError:
            return []
        left = self._still(model, failure, [c.model for c in decision.candidates])
        if left:
            self.decision = decision
        return left

    def _ready(self, left: list[str]) -> list[str]:
        """Who can be asked at once."""
        models = self._router.fleet.models
        return [name for name in left if (model := models.get(name)) and model.ready]

    def _roomier(self, model: str, left: list[str]) -> list[str]:
        """Who may have room for what was too long for a model: those with a larger context, the largest first, since
        where that is too small all are; where no context is known, the next one."""
        models = self._router.fleet.models
        small = models.get(model)
        tried = (small.info.context_length or small.loaded_context) if small is not None else None
        tried = tried or self.decision.analysis.prompt_tokens
        known = [(m.info.context_length, m.id) for name in left if (m := models.get(name)) and m.info.context_length]
        larger = [(context, name) for context, name in known if context > tried]
        if larger:
            return [name for _, name in sorted(larger, key=lambda found: -found[0])]
        return [] if known else left[:1]


def _goes_on(record: ModelRecord) -> bool:
    return isinstance(record.backend, Continuing) and record.backend.continues


def more_telling(known: BackendError | None, fresh: BackendError) -> BackendError:
    """Of several failures the one to report: a fault that may pass is not covered up by one that will not."""
    if known is None or not known.retryable or fresh.retryable or not fresh.fallback:
        return fresh
    return known
