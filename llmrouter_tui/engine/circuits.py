"""Who failed again and again: left alone for a while, then tried with one request. The rule is ``core.breaker``."""

import logging
from collections.abc import Mapping
from dataclasses import replace

from llmrouter_tui.core.breaker import CLOSED, Circuit, asked, failed, left, rests, words
from llmrouter_tui.core.domain import ModelView, Rest
from llmrouter_tui.core.errors import BackendError
from llmrouter_tui.core.ports.clock import Clock
from llmrouter_tui.engine.fleet import Fleet

log = logging.getLogger(__name__)


class Circuits:
    """Of every model and backend that failed of late; those that answered since are forgotten."""

    def __init__(self, fleet: Fleet, clock: Clock) -> None:
        self._fleet = fleet
        self._clock = clock
        self._models: dict[str, Circuit] = {}
        self._backends: dict[str, Circuit] = {}

    def __bool__(self) -> bool:
        """Whether anybody failed since it last answered: without that there is nothing to ask."""
        return bool(self._models)

    def asked(self, model: str) -> None:
        """A request is sent to it: the trial, where its rest is over."""
        if self._models:
            now = self._clock.mono()
            for known, key in self._of(model):
                if key in known:
                    known[key] = asked(known[key], now)

    def answered(self, model: str) -> None:
        """It gave a whole answer: what it did before is forgiven, and its backend."""
        if self._models:
            was = self._models.pop(model, CLOSED)
            backend = self._backends.pop(_backend(model), CLOSED)
            if was.open or backend.open:
                log.info("%s answers again", model)
                self._tell(model)

    def left(self, model: str) -> None:
        """A request to it ended without a word on how well it does."""
        if self._models:
            for known, key in self._of(model):
                if key in known:
                    known[key] = left(known[key])

    def failed(self, model: str, error: BackendError) -> None:
        now = self._clock.mono()
        for known, key in self._of(model):
            was = known.get(key, CLOSED)
            circuit = failed(was, model, error, now, backend=known is self._backends)
            if circuit == CLOSED:
                continue
            known[key] = circuit
            if circuit.until > was.until:
                log.warning("%s is %s: %s", key, words(circuit, now), circuit.why)
                self._tell(model)

    def leave_alone(self, models: tuple[ModelView, ...]) -> tuple[ModelView, ...]:
        """The same models, with a word at those that nobody is to be sent to now; the very same where there are none:
        what is known of them is remembered by that."""
        now = self._clock.mono()
        resting = {key: words(one, now) for key, one in self._models.items() if rests(one, now)}
        whole = {key: f"{key} is {words(one, now)}" for key, one in self._backends.items() if rests(one, now)}
        if not (resting or whole):
            return models
        return tuple(
            [
                replace(model, problem=why) if (why := _why(model, resting, whole)) and not model.problem else model
                for model in models
            ]
        )

    def _of(self, model: str) -> tuple[tuple[dict[str, Circuit], str], tuple[dict[str, Circuit], str]]:
        return (self._models, model), (self._backends, _backend(model))

    def _tell(self, model: str) -> None:
        """Show it on the model, and on its neighbours where their whole backend is left alone."""
        backend = _backend(model)
        for record in self._fleet.models.values():
            if record.info.backend == backend:
                rest = self._rest(record.id)
                if rest != record.rest:
                    record.rest = rest
                    self._fleet.touch(record)

    def _rest(self, model: str) -> Rest | None:
        now, wall = self._clock.mono(), self._clock.wall()
        open_ = [one for known, key in self._of(model) if (one := known.get(key, CLOSED)).open]
        if not open_:
            return None
        longest = max(open_, key=lambda circuit: circuit.until)
        return Rest(wall + longest.until - now, longest.failures, longest.why)


def _backend(model: str) -> str:
    return model.partition("/")[0]


def _why(model: ModelView, resting: Mapping[str, str], backends: Mapping[str, str]) -> str:
    return resting.get(model.id) or backends.get(model.info.backend, "")
