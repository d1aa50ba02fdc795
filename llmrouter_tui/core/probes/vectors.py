"""The probe of embeddings."""

import math
from collections.abc import Sequence

from llmrouter_tui.core.probes.parts import Embed, Facts, Failure, Finding, Script, refused


def embedding(seed: int, facts: Facts) -> Script:
    """Whether texts come back as vectors: one each, all of one length, another for another text."""
    said = yield Embed((f"A cat sleeps on sofa {seed % 97}.", "The invoice is due on Monday."))
    return refused("embedding", said, facts) if isinstance(said, Failure) else read_vectors(said.vectors, 2)


def read_vectors(vectors: Sequence[Sequence[float]], texts: int) -> Finding:
    lengths = {len(vector) for vector in vectors}
    if len(vectors) != texts or len(lengths) != 1 or min(lengths) < 2:
        return Finding(False, f"{texts} texts came back as {len(vectors)} vectors of {sorted(lengths) or 'no'} numbers")
    if not all(math.isfinite(number) for vector in vectors for number in vector):
        return Finding(False, "its vectors hold what is no number")
    if list(vectors[0]) == list(vectors[1]) or not any(vectors[0]):
        return Finding(False, "texts that differ came back as the same vector, or as none")
    return Finding(True, f"each text comes back as {lengths.pop():,} numbers")
