"""Vectors for texts: texts that share words lie close together."""

import math
import random
import re

WORD = re.compile(r"\w+", re.UNICODE)
MIDDLE = 127.5
"""Middle of the values of a byte."""


def embed(text: str, dimensions: int) -> list[float]:
    """A vector of length 1: the sum of a fixed random direction per word."""
    total = [0.0] * dimensions
    for word in WORD.findall(text.lower()) or [text]:
        direction = random.Random(word).randbytes(dimensions)
        total = [value + byte - MIDDLE for value, byte in zip(total, direction, strict=True)]
    length = math.sqrt(sum(value * value for value in total))
    return [value / length for value in total]
