"""What is done about faults, as the settings say."""

from dataclasses import replace
from functools import partial

from llmrouter_tui.engine.router import Router
from llmrouter_tui.service.live import LiveSettings


def follow(live: LiveSettings, router: Router) -> None:
    """Take the settings as they are now and as they change."""

    def take(deadline: str, seconds: float) -> None:
        router.watch.deadlines = replace(router.watch.deadlines, **{deadline: seconds})

    live.on_change("first_token_timeout_seconds", partial(take, "first_token"))
    live.on_change("stall_seconds", partial(take, "stall"))
    live.on_change("interrupted", lambda value: setattr(router, "resumes", value == "resume"))
