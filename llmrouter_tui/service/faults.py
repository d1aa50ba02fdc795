"""What is done about faults, and who may wait, as the settings say."""

from dataclasses import replace
from functools import partial

from llmrouter_tui.engine.residency import Residency
from llmrouter_tui.engine.router import Router
from llmrouter_tui.service.live import LiveSettings


def follow(live: LiveSettings, router: Router, residency: Residency) -> None:
    """Take the settings as they are now and as they change."""

    def take(deadline: str, seconds: float) -> None:
        router.watch.deadlines = replace(router.watch.deadlines, **{deadline: seconds})

    live.on_change("first_token_timeout_seconds", partial(take, "first_token"))
    live.on_change("stall_seconds", partial(take, "stall"))
    live.on_change("interrupted", lambda value: setattr(router, "resumes", value == "resume"))
    live.on_change("queue_limit", lambda most: setattr(residency.admission, "limit", most))
    live.on_change("queue_seconds", lambda seconds: setattr(residency.admission, "seconds", seconds))
