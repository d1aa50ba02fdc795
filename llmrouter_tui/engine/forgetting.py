"""Taking back what was said: from the disk first, then from memory, then it is told."""

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.events import TextsForgotten
from llmrouter_tui.core.forgetting import Forget, Forgotten
from llmrouter_tui.core.ports.repo import Repo
from llmrouter_tui.engine.bus import Bus
from llmrouter_tui.engine.judge import Judge
from llmrouter_tui.engine.traffic import Traffic


async def forget(wanted: Forget, repo: Repo, traffic: Traffic, judge: Judge, bus: Bus) -> Forgotten:
    """Raises ``RouterError`` where it could not be taken from the disk; memory keeps it then too."""
    if wanted.exchange and wanted.exchange in traffic.running:
        raise RouterError("invalid_request", "this answer is not finished; forget it when it is")
    judge.forget(wanted.exchange)  # first: what it reads now would be written after it
    gone = await repo.forget(wanted)
    traffic.forget(wanted)
    bus.publish(TextsForgotten(wanted))
    return gone
