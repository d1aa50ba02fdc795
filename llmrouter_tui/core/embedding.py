"""Texts as vectors: what is asked for, and what comes back. Vectors of different models do not compare, whatever their
length: they are points of different spaces."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

Inputs = Sequence[str] | Sequence[Sequence[int]]
"""Texts, or texts as tokens of the model that is asked; never both in one request."""

MAX_INPUTS: Final = 2048
"""Inputs of one request, as many as OpenAI takes."""
MAX_TOKENS: Final = 300_000
"""Tokens of one request in all, where they are counted: as many as OpenAI takes."""
BATCH: Final = 64
"""Inputs that a backend is given at a time: an answer of 64 vectors of 4,096 numbers is 5 MB of JSON, which is read in
some 10 ms."""


@dataclass(frozen=True, slots=True)
class EmbedRequest:
    """A checked request."""

    model: str
    inputs: Inputs
    dimensions: int | None = None
    """How long the vectors are to be; None for what the model gives."""
    truncate: bool = False
    """Whether an input that is too long may be cut, where its backend can; else it is refused."""
    session: str = ""
    client: str = ""
    key: str = ""
    """The name of the key that it came with; empty for a key without a name, or none."""
    allowed: tuple[str, ...] = ()
    """What that key may ask for, as ``keys.permits`` reads it; empty for every model."""

    @property
    def tokens(self) -> bool:
        """Whether the inputs are lists of tokens."""
        return not isinstance(self.inputs[0], str)


@dataclass(frozen=True, slots=True)
class Embedded:
    """What a backend made of inputs."""

    vectors: Sequence[Sequence[float]]
    """One for each input, in their order."""
    prompt_tokens: int | None = None
    """As the backend counted them; None where it did not."""
