"""What probes are made of: what is asked, what comes of it, what that shows."""

import re
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final, TypeVar

from llmrouter_tui.core.prompts import ToolCall

T = TypeVar("T")

TRIES: Final = 2
"""How often a model may be wrong before it cannot: it is asked something else each time."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One request: what the user says, and the fields that go with it."""

    content: str | Sequence[Mapping[str, Any]]
    max_tokens: int
    tokens: float = 60.0
    """To be read, roughly."""
    fields: Mapping[str, Any] = field(default_factory=dict)
    thinks: bool = False
    """Whether it is about thinking: then that is neither switched off nor given room."""


@dataclass(frozen=True, slots=True)
class Embed:
    """Texts to be turned into vectors."""

    texts: tuple[str, ...]
    max_tokens: int = 0
    tokens: float = 30.0


@dataclass(frozen=True, slots=True)
class Said:
    """An answer, or vectors."""

    text: str = ""
    thinking: str = ""
    """As far as the server tells it apart."""
    calls: tuple[ToolCall, ...] = ()
    prompt_tokens: int | None = None
    reasoning_tokens: int | None = None
    cut: bool = False
    """It filled all the room it had."""
    vectors: Sequence[Sequence[float]] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """There is no answer."""

    code: str
    words: str
    lasting: bool = False
    """Whether the same request would fail again."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a probe shows: yes, no, or None for unknown; why, in words."""

    can: bool | None
    reason: str
    how: str = ""
    """A word on how it can (see ``domain.Probed``); of what is not known for a failure, its code."""
    tokens: int | None = None
    """Of a context, how many the server read."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What scripts need to know of a model."""

    name: str
    backend: str = ""
    context: int | None = None
    prefill: float = 400.0
    """Tokens per second."""
    patience: float = 10.0
    """Seconds that reading a long text may be expected to take."""
    embeds: bool = True
    """Whether it may embed: not tried where its backend lists what it can do and that not, because a server may have to
    start it anew for that."""
    hosted: bool = False
    """Whether it is spoken to in the public dialect of OpenAI, or Anthropic's: they refuse, or leave out, the fields of
    other servers."""


Script = Generator[Ask | Embed, Said | Failure, Finding]


def refused(need: str, failure: Failure, facts: Facts) -> Finding:
    """What a failure says of a capability: no where the server says so, else nothing."""
    names = "|".join(re.escape(name) for name in (facts.name, facts.backend) if name)
    words = re.sub(rf"(?<!\w)(?:{names})(?!\w)", "", failure.words)
    if failure.lasting and failure.code in ("invalid_request", "backend_error") and _ABOUT[need].search(words):
        return Finding(False, failure.words)
    return Finding(None, failure.words, failure.code)


_ABOUT: Final[Mapping[str, re.Pattern[str]]] = {
    need: re.compile(words, re.IGNORECASE)
    for need, words in (
        ("vision", r"image|vision|visual|multi-?modal|mmproj|content (of )?type"),
        ("tools", r"\btools?\b|\btool_|function"),
        ("json", r"response_format|json|grammar|structured"),
        ("thinking", r"think|reasoning"),
        ("embedding", r"embed|pooling|does not know this call"),
        ("context", r"(?!)"),
    )
}
"""What a server that cannot do it speaks of."""


def number(seed: int, about: str, below: int) -> int:
    return int.from_bytes(sha256(f"{seed} {about}".encode()).digest()[:8], "big") % below


def pick(options: Sequence[T], seed: int, about: str) -> T:
    return options[number(seed, about, len(options))]
