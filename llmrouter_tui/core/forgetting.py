"""Taking the words of clients out of what is kept: whose, and what came of it."""

from dataclasses import dataclass, replace

from llmrouter_tui.core.decision import Attempt, Exchange

EXPLICIT = "id:"
"""Begins the session of a conversation that its client named."""


@dataclass(frozen=True, slots=True)
class Forget:
    """Whose texts go: one exchange's, by its id; all of a session, by its id or as the client named it; with neither,
    of everything that is stored."""

    exchange: str = ""
    session: str = ""

    @property
    def sessions(self) -> tuple[str, str]:
        """The session as exchanges may have it on record."""
        return self.session, EXPLICIT + self.session

    def means(self, exchange: Exchange) -> bool:
        if self.exchange:
            return exchange.id == self.exchange
        return not self.session or exchange.session in self.sessions


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many had texts that are gone now."""

    exchanges: int = 0
    grades: int = 0
    notes: int = 0
    """Of the user, on ratings; the ratings stay."""

    def __add__(self, other: "Forgotten") -> "Forgotten":
        return Forgotten(self.exchanges + other.exchanges, self.grades + other.grades, self.notes + other.notes)

    @property
    def words(self) -> str:
        counted = ((self.exchanges, "exchange"), (self.grades, "grade"), (self.notes, "note"))
        said = [f"{count:,} {what}{'s' * (count != 1)}" for count, what in counted if count]
        return f"the texts of {_listed(said)} are gone" if said else "no texts were stored"


def without_texts(exchange: Exchange) -> Exchange:
    """The record without the words of its client, its model, and of errors, which may quote them."""
    rating = exchange.rating
    return replace(
        exchange,
        prompt="",
        answer="",
        message="",
        attempts=wordless(exchange.attempts),
        rating=replace(rating, comment="") if rating is not None else None,
    )


def wordless(attempts: tuple[Attempt, ...]) -> tuple[Attempt, ...]:
    """Attempts without the words of their errors; their codes stay."""
    if not any(attempt.message for attempt in attempts):
        return attempts
    return tuple(replace(attempt, message="") for attempt in attempts)


def _listed(parts: list[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
