"""How long a run of measuring still takes: what is left of each model, its load and its probes."""

from collections.abc import Callable, Sequence

from llmrouter_tui.core import estimate
from llmrouter_tui.core.pacing import KNOWN_FROM, Ahead, Company, Length, Pace, Waits, company, eta, length
from llmrouter_tui.core.ports.clock import Clock
from llmrouter_tui.core.prompts import Prompt
from llmrouter_tui.engine.fleet import Fleet
from llmrouter_tui.engine.measured import Measured
from llmrouter_tui.engine.record import ModelRecord
from llmrouter_tui.engine.traffic import Traffic


class Schedule:
    """Owns the paces of one run."""

    def __init__(
        self,
        fleet: Fleet,
        measured: Measured,
        traffic: Traffic,
        clock: Clock,
        thinks: Callable[[ModelRecord], bool],
        hopeless: Callable[[ModelRecord], bool] = lambda record: False,
    ) -> None:
        """``hopeless``: whether a model will not be loaded as it looks now, and so takes no time."""
        self._measured = measured
        self._traffic = traffic
        self._clock = clock
        self._waits = Waits()
        self._earlier: dict[str, Length] = {}
        """How long the answers of each model here were before this run."""
        self._models: tuple[str, ...] = ()
        self._fleet = fleet
        self._thinks = thinks
        self._paces: dict[str, Pace] = {}
        self._probed: dict[str, float] = {}
        """Seconds that the probes of a model took, of those that have had them."""
        self._hopeless = hopeless

    def begin(self, started: float, models: Sequence[str]) -> None:
        """Nothing is planned yet of a run of these models, ordered then (wall time)."""
        self._paces, self._probed = {}, {}
        self._earlier = {record.id: self._length(record, started) for record in self._fleet.models.values()}
        self._waits = Waits()
        self._models = tuple(models)

    def _length(self, record: ModelRecord, started: float) -> Length:
        results = (one for one in self._measured.of(record.id).values() if one.at < started)
        return length(results, self._thinks(record))

    def _company(self) -> Company:
        """Clients of models of the memory of those that are measured."""
        known, now = self._fleet.models, self._clock.wall()
        queues = {known[model].queue for model in self._models if model in known}
        running = [(one.at, now, one.model) for one in self._traffic.newest() if one.outcome == "running"]
        over = [(one.at, one.at + (one.seconds or 0.0), one.model) for one in self._traffic.recent]
        near = [(at, end) for at, end, model in (*running, *over) if model in known and known[model].queue in queues]
        return company(near, now)

    def waited(self, model: str, waited: float, worked: float) -> None:
        """A question was put after so many seconds, and answered in so many. What the first of a model waited for is
        its load too, which is counted by itself."""
        if self._paces[model].count:
            self._waits.add(self._clock.mono(), waited, self._company().wait(worked))

    def plan(self, record: ModelRecord, left: Sequence[Prompt]) -> None:
        """These prompts are left of a model."""
        guess = estimate.speed(record.info, record.pool)
        # what probes taught of it would hide how far off the guess was
        self._paces[record.id] = Pace(left, record.speed if record.speed.samples >= KNOWN_FROM else guess)

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
        """Seconds, if live traffic goes on as of late; None while nothing was measured."""
        slower, records, earlier = self._slower(), self._fleet.models, self._earlier
        known = ((records.get(model), pace) for model, pace in self._paces.items())
        ahead = [
            Ahead(
                pace,
                record.speed,
                self._thinks(record),
                self._load(record, slower),
                earlier.get(record.id, Length()),
                self._probed.get(record.id),
            )
            for record, pace in known
            if record is not None and not (pace.left and not record.ready and self._hopeless(record))
        ]
        elsewhere = [
            (self._thinks(records[model]), one)
            for model, one in earlier.items()
            if model in records and model not in self._paces
        ]
        here, worse = self._company(), self._waits.worse(self._clock.mono())
        return eta(ahead, elsewhere, (lambda seconds: worse * here.wait(seconds)) if here.share else None)

    def _load(self, record: ModelRecord, slower: float) -> float:
        """Seconds until it is in memory."""
        if record.ready or not record.home:
            return 0.0
        return record.load_seconds * (1.0 if record.load_history else slower)

    def _slower(self) -> float:
        """How many times longer loads took than their guess, of all that were seen."""
        seen = [record for record in self._fleet.models.values() if record.load_history]
        guesses = sum(estimate.speed(record.info, record.pool).load_seconds for record in seen)
        return sum(record.load_seconds for record in seen) / guesses if guesses else 1.0
