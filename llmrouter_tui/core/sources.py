"""Who a log line comes from, in words that people know: on the Log page, in its filters and in the log file."""

ROUTER = "router"
"""Where no better word is known."""

_ROOMS = {
    "backends": "backends",
    "backends.gguf_shelf": "embedded",
    "engine.attempt": "route",
    "engine.exchange": "route",
    "engine.router": "route",
    "engine.fleet": "backends",
    "engine.holdings": "backends",
    "engine.lookout": "backends",
    "engine.arrivals": "memory",
    "engine.loading": "memory",
    "engine.moving": "memory",
    "engine.residency": "memory",
    "gpu": "memory",
    "proxy": "proxy",
    "service.listening": "proxy",
    "storage": "database",
}
"""By module, or by the room that it is in. A line that is about one backend has the backend's name instead."""

_PROBLEMS = {
    "api_key_missing": "settings",
    "database": "database",
    "database_damaged": "database",
    "embedded_engine": "embedded",
    "no_embedded_engine": "embedded",
    "judge_paused": "judge",
    "loads_held": "memory",
    "not_serving": "proxy",
    "pinned_model": "settings",
    "pins": "settings",
    "port_taken": "proxy",
    "stored_setting": "settings",
}


def source(logger: str, told: str = "") -> str:
    """The word for lines of ``logger`` (``llmrouter_tui.engine.moving``); ``told`` is the line's own word, if any."""
    if told:
        return told
    module = logger.partition(".")[2]
    while module:
        if module in _ROOMS:
            return _ROOMS[module]
        module = module.rpartition(".")[0]
    return ROUTER


def source_of_problem(code: str) -> str:
    """The word for what a problem is about."""
    return _PROBLEMS.get(code, ROUTER)
