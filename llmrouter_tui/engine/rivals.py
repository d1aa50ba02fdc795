"""Models of which a server holds only one at a time, which it tells nobody: llama-swap has groups of such models.

Found out by what happens: one goes by itself while another is loaded. From then on the router lets the one go before it
loads the other, so that requests wait in its own queue, where nobody is passed for ever.
"""

from collections.abc import Iterable
from itertools import combinations

from llmrouter_tui.engine.record import ModelRecord


def learn(models: Iterable[ModelRecord], went: Iterable[ModelRecord], since: float) -> None:
    """``went``: those of a server's models that it let go by itself since the wall time ``since``, when it was last
    looked at."""
    here = [model for model in models if model.residency == "resident"]
    for gone in went:
        for came in here:
            if came.ours and came.since is not None and came.since >= since:
                came.rivals.add(gone.id)
                gone.rivals.add(came.id)
    for one, other in combinations(here, 2):
        one.rivals.discard(other.id)
        other.rivals.discard(one.id)
