"""The formula of ROUTING by itself, which decisions must agree with."""

import math
from collections.abc import Sequence
from operator import mul

from llmrouter_tui.core.domain import Lesson


def predicted_quality(kinds: Sequence[float], easiness: float, lesson: Lesson) -> float:
    """Probability of a good answer: σ(logit(Σ p·ability) + slope·easiness)."""
    mean = sum(map(mul, kinds, lesson.means))
    mean = 0.001 if mean < 0.001 else 0.999 if mean > 0.999 else mean
    return mean / (mean + (1 - mean) * math.exp(-lesson.slope * easiness))
