"""What lies behind a failed connection, as the system tells it: HTTP libraries wrap it in words of their own."""

from collections.abc import Iterator


def cause_words(error: BaseException) -> str:
    """The innermost cause that a person can do something about, without a full stop."""
    for cause in _causes(error):
        if type(cause).__name__ == "gaierror":  # by its name: core knows no sockets
            return "the name does not resolve"
        if isinstance(cause, ConnectionRefusedError):
            return "nothing listens there"
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
    return str(error).strip().rstrip(".") or type(error).__name__


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error and all that led to it, the innermost of several attempts included."""
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            for attempt in error.exceptions:
                yield from _causes(attempt)
        error = error.__cause__ or error.__context__
