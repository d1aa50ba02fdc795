"""How long a run of measuring still takes: what is left of each model, its load and its probes."""

from collections.abc import Callable, Sequence

from llmrouter_tui.core import estimate
from llmrouter_tui.core.pacing import Ahead, Pace, eta
from llmrouter_tui.core.prompts import Prompt
from llmrouter_tui.engine.fleet import Fleet
from llmrouter_tui.engine.record import ModelRecord


class Schedule:
    """Owns the paces of one run."""

    def __init__(self, fleet: Fleet, thinks: Callable[[ModelRecord], bool]) -> None:
        self._fleet = fleet
        self._thinks = thinks
        self._paces: dict[str, Pace] = {}
        self._probed: dict[str, float] = {}
        """Seconds that the probes of a model took, of those that have had them."""
        self._hopeless: set[str] = set()

    def begin(self) -> None:
        """Nothing is planned yet."""
        self._paces, self._probed, self._hopeless = {}, {}, set()

    def plan(self, record: ModelRecord, left: Sequence[Prompt], *, hopeless: bool = False) -> None:
        """These prompts are left of a model; ``hopeless``: as it looks now it will not be loaded, and takes no time."""
        self._paces[record.id] = Pace(left, record.speed)
        (self._hopeless.add if hopeless else self._hopeless.discard)(record.id)

    def left(self, model: str) -> tuple[Prompt, ...]:
        return tuple(self._paces[model].left)

    def probed(self, model: str, seconds: float) -> None:
        """Its probes are over."""
        self._probed[model] = seconds

    def done(self, model: str, prompt: Prompt, seconds: float) -> None:
        """One prompt less is left."""
        self._paces[model].done(prompt, seconds)

    def over(self, model: str) -> None:
        """No more is asked of it."""
        self._paces[model].over()

    def eta(self) -> float | None:
        """Seconds, if nobody else asks anything meanwhile; None while nothing was measured."""
        slower = self._slower()
        known = ((self._fleet.models.get(model), pace) for model, pace in self._paces.items())
        return eta(
            [
                Ahead(pace, record.speed, self._thinks(record), self._before(record, slower))
                for record, pace in known
                if record is not None and record.id not in self._hopeless
            ]
        )

    def _before(self, record: ModelRecord, slower: float) -> float:
        """Seconds until its first prompt, or its next."""
        probes = (
            0.0 if record.id in self._probed or not self._probed else sum(self._probed.values()) / len(self._probed)
        )
        if record.ready or not record.home:
            return probes
        return probes + record.load_seconds * (1.0 if record.load_history else slower)

    def _slower(self) -> float:
        """How many times longer loads took than their guess, of all that were seen."""
        seen = [record for record in self._fleet.models.values() if record.load_history]
        guesses = sum(estimate.speed(record.info, record.pool).load_seconds for record in seen)
        return sum(record.load_seconds for record in seen) / guesses if guesses else 1.0
