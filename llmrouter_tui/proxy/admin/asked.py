"""What a path under ``/admin`` is asked behind the question mark. A value that cannot be read is refused in words."""

import time

from aiohttp import web

from llmrouter_tui.core.exchange_query import parse_query
from llmrouter_tui.core.query import Query, QueryError
from llmrouter_tui.core.review import parse_span
from llmrouter_tui.proxy.bodies import bad_request


def whole_number(request: web.Request, name: str, *, default: int, most: int) -> int:
    given = request.query.get(name)
    if given is None:
        return default
    if not (given.isascii() and given.isdecimal() and len(given) < 10 and 1 <= int(given) <= most):
        raise bad_request(
            f"The parameter {name!r} must be a whole number from 1 to {most}.", param=name, hint="Correct it."
        )
    return int(given)


def span_of(request: web.Request, *, default: float | None) -> float | None:
    """The seconds that ``?since=7d`` goes back; None for all."""
    given = request.query.get("since")
    try:
        return default if given is None else parse_span(given)
    except ValueError as error:
        raise bad_request(f"The parameter 'since': {error}.", param="since", hint="Correct it.") from error


def filter_of(request: web.Request) -> Query:
    """The exchanges that ``?filter=task:code margin:<.05`` asks for; all without it."""
    try:
        return parse_query(request.query.get("filter", ""), time.time())
    except QueryError as error:
        hint = "The README lists what a filter can ask for."
        raise bad_request(f"The parameter 'filter': {error}.", param="filter", hint=hint) from error


def share(request: web.Request, name: str) -> float:
    """A parameter that must be given."""
    try:
        value = float(request.query.get(name, ""))
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        hint = f"Such as {request.path}?{name}=0.7."
        raise bad_request(f"The parameter {name!r} must be a number from 0 to 1.", param=name, hint=hint)
    return value


def flag(request: web.Request, name: str) -> bool:
    given = request.query.get(name, "false").lower()
    if given not in ("true", "false", "1", "0"):
        raise bad_request(f"The parameter {name!r} must be true or false.", param=name, hint="Correct it.")
    return given in ("true", "1")
