"""What may leave this machine: the models that run elsewhere are withheld while ``local_only`` is on, and those that
cost money once a budget is spent.

The reason stands in each ``ModelRecord``, so that decisions see it, and is looked at once more where a model is asked:
the switch may be thrown while a request waits for its turn. Answers under way go on: their prompts have left.
"""

import logging
from collections.abc import Callable

from llmrouter_tui.core.domain import ModelInfo
from llmrouter_tui.core.errors import BackendError
from llmrouter_tui.core.hosting import Policy, remedy, withheld
from llmrouter_tui.engine.fleet import Fleet
from llmrouter_tui.engine.record import ModelRecord

log = logging.getLogger(__name__)


class Outside:
    """Holds the policy, and brings the fleet in line with it."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self.policy = Policy()
        self.changed: Callable[[], None] = lambda: None
        """Called when the policy is another one."""
        fleet.withheld = self.reason

    def reason(self, info: ModelInfo, configured: bool = True) -> str:
        """Why a model is not to be asked, in words; empty where it may be."""
        return withheld(info, self.policy, configured=configured)

    def follow(self, policy: Policy) -> None:
        """Let this hold from now on."""
        before, self.policy = self.policy, policy
        if policy == before:
            return
        if self._fleet.withhold():
            count = sum(bool(record.withheld) for record in self._fleet.models.values())
            log.info("%s may not be asked now", f"{count} models" if count != 1 else "1 model")
        self.changed()


def keep_in(record: ModelRecord) -> None:
    """The last look before a prompt leaves. Raises ``BackendError`` where the model is withheld."""
    if record.withheld:
        raise kept_in(record.info, record.withheld)


def kept_in(info: ModelInfo, reason: str) -> BackendError:
    """The error for a prompt that may not go to a model; another one may be asked."""
    return BackendError(
        "forbidden",
        f"{info.id} may not be asked ({reason})",
        backend=info.backend,
        model=info.name,
        fallback=True,
        retryable=False,
        hint=remedy(reason),
        param="model",
        blames=False,
    )
