"""The classifier's weights as shipped: ``weights.bin``, described in ``CARD.md`` beside it."""

import json
import zlib
from collections.abc import Sequence
from functools import cache
from importlib import resources

from llmrouter_tui.core.classifier import OUTPUTS, Weights, packed

FORMAT = 1
FILE = "weights.bin"


@cache
def weights() -> Weights:
    """The shipped weights, read once (about 10 ms). Raises ``ValueError`` if the file is of another make."""
    return load(resources.files(__name__).joinpath(FILE).read_bytes())


def load(data: bytes) -> Weights:
    """Weights from a file's bytes: zlib over a JSON line, the words one a line, a blank line, and their cells."""
    head, _, rest = zlib.decompress(data).partition(b"\n")
    facts = json.loads(head)
    if facts["format"] != FORMAT or facts["outputs"] != OUTPUTS:
        raise ValueError(
            f"weights of format {facts['format']} with {facts['outputs']} outputs, not {FORMAT}, {OUTPUTS}"
        )
    words, _, cells = rest.partition(b"\n\n")
    return Weights(
        packed(words.decode().split("\n"), cells),
        tuple(facts["scales"]),
        tuple(tuple(row) for row in facts["numbers"]),
        tuple(facts["bias"]),
    )


def dump(
    words: Sequence[str],
    cells: bytes,
    scales: Sequence[float],
    numbers: Sequence[Sequence[float]],
    bias: Sequence[float],
) -> bytes:
    """The bytes that ``load`` reads."""
    facts = {
        "format": FORMAT,
        "outputs": OUTPUTS,
        "scales": [float(f"{x:.5g}") for x in scales],
        "numbers": [[round(x, 4) for x in row] for row in numbers],
        "bias": [round(x, 4) for x in bias],
    }
    return zlib.compress(b"\n".join([json.dumps(facts).encode(), *[w.encode() for w in words], b"", cells]), 9)
