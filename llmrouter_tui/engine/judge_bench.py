"""Who judges: the model that the settings name, here or at an address of its own, else the ablest one here."""

from collections.abc import Callable, Set
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Final
from urllib.parse import urlsplit

from llmrouter_tui.core.ability import is_embedding
from llmrouter_tui.core.domain import ModelInfo
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.filters import forbidden
from llmrouter_tui.core.grades import Refusal
from llmrouter_tui.core.hosting import is_hosted, is_local
from llmrouter_tui.core.ports.backend import Backend
from llmrouter_tui.core.ports.clock import Clock
from llmrouter_tui.core.resolving import named
from llmrouter_tui.engine.fleet import Fleet
from llmrouter_tui.engine.record import ModelRecord

REST: Final = 300.0
LONGEST_REST: Final = 3_600.0
"""Seconds that a judge is left alone after it failed again and again; twice as long each time."""
KEPT: Final = 0.03
"""Ability by which another model must be ahead of one that was tried as a judge: to try a new one takes two dozen
calls, and grades move abilities by about that much. By judgement."""
APPEARS: Final = 60.0
"""Seconds after the start in which nobody new judges: servers and public figures are still coming, and who is the
ablest of those that are here by then says little."""

Connect = Callable[[str, str], Backend]
"""(address, variable that holds the key) → a server that is reached on its own."""


@dataclass(slots=True)
class JudgeSettings:
    """As the user set them; see ``settings.KEYS``."""

    enabled: bool = True
    model: str = ""
    base_url: str = ""
    api_key_env: str = ""
    share: float = 0.0
    daily_calls: int = 0
    rpm: int = 60


@dataclass(frozen=True, slots=True)
class Seat:
    """A judge as it is asked."""

    id: str
    """The model's id, or ``name at host``."""
    info: ModelInfo
    backend: Backend
    record: ModelRecord | None = None
    """None where it is reached on its own, and nothing here is loaded for it."""

    def gave(self, model: str) -> bool:
        """Whether answers of this model are its own: replicas are one model."""
        return model == self.id or model.partition("/")[2] == self.info.name


@dataclass(slots=True)
class _Rest:
    until: float
    seconds: float
    words: str
    remedy: str
    """What to do where it refused; empty where it may answer later."""


class Bench:
    """Chooses judges, and lets those rest that fail."""

    def __init__(
        self,
        fleet: Fleet,
        settings: JudgeSettings,
        connect: Connect,
        clock: Clock,
        tried: Callable[[], Set[str]] = frozenset,
        withheld: Callable[[ModelInfo], str] = lambda info: "",
        priced: Callable[[str, ModelInfo], ModelInfo] = lambda url, info: info,
        babbles: Callable[[ModelInfo], bool] = lambda info: False,
    ) -> None:
        """``tried``: judges that graded answers of which it is known what they are worth; of one at an address of its
        own ``withheld`` tells why it is not to be asked, and ``priced`` what it costs; ``babbles``: whether a model
        was seen to go on without an end, which makes no judge unless the user names it."""
        self._babbles = babbles
        self._withheld = withheld
        self._priced = priced
        self._tried = tried
        self._began = clock.mono()
        self._fleet = fleet
        self._settings = settings
        self._connect = connect
        self._clock = clock
        self._resting: dict[str, _Rest] = {}
        self._hosted: tuple[tuple[str, str, str], Seat] | None = None
        self.why = ""
        """Why there is no judge, when there was none last time."""

    def usual(self) -> Seat | None:
        """Who judges everything but its own answers; None where there is nobody now."""
        if not self._settings.model and not self._settings.base_url:
            return self._ablest()
        seat = self._named_by_settings()
        if seat is not None and (reason := self._reason(seat)):
            self.why = f"{seat.id} may not be asked ({reason})"
            return None
        return None if seat is None or self._rests(seat.id) else seat

    def _reason(self, seat: Seat) -> str:
        """Why nothing may go to a judge; empty where it may."""
        return self._withheld(seat.info) if seat.record is None else seat.record.withheld

    def for_answer(self, model: str) -> Seat | None:
        """Who judges an answer of this model: the usual one, for its own answers the ablest other one, and itself only
        where there is no other."""
        seat = self.usual()
        if seat is None or not seat.gave(model):
            return seat
        return self._ablest(but=seat) or seat

    def named(self, name: str) -> Seat:
        """A judge that the user asks for. Raises ``RouterError``."""
        usual = self.usual()
        if usual is not None and name == usual.id:
            return usual
        record = self._found(name)
        if record is None:
            raise RouterError("model_not_found", f"there is no model {name!r} here to judge", param="judge")
        if record.withheld:
            raise forbidden(record.id, record.withheld)
        return _seat(record)

    def rest(self, seat: Seat, words: str, seconds: float = 0.0, remedy: str = "") -> None:
        """Leave a judge alone for a while, at least for so many seconds; ``remedy``: what to do where it refused."""
        before = self._resting.get(seat.id)
        usual = min(LONGEST_REST, before.seconds * 2) if before is not None else REST
        self._resting[seat.id] = _Rest(self._clock.mono() + max(usual, seconds), usual, words, remedy)

    @property
    def refusal(self) -> Refusal | None:
        """Of a judge that refused and did not answer since."""
        refused = ((judge, rest) for judge, rest in self._resting.items() if rest.remedy)
        return next((Refusal(judge, rest.words, rest.remedy) for judge, rest in refused), None)

    def well(self, seat: Seat) -> None:
        """It answered."""
        self._resting.pop(seat.id, None)

    def wake(self) -> None:
        """The settings are others, or the user asks: nobody rests any more."""
        self._resting.clear()

    def _rests(self, judge: str) -> bool:
        rest = self._resting.get(judge)
        if rest is None or self._clock.mono() >= rest.until:
            return False
        left = max(1.0, rest.until - self._clock.mono())
        self.why = (
            f"{judge} is asked again in {left / 60:.0f} min: {rest.words}"
            if left >= 90
            else (f"{judge} is asked again in {left:.0f} s: {rest.words}")
        )
        return True

    def _named_by_settings(self) -> Seat | None:
        wanted = self._settings
        if wanted.base_url:
            return self._at_address()
        record = self._found(wanted.model)
        if record is None:
            self.why = f"judge_model names {wanted.model!r}, which is not here"
            return None
        if not (record.enabled and record.healthy):
            self.why = f"{record.id} is {'disabled' if not record.enabled else 'not to be reached'} now"
            return None
        return _seat(record)

    def _at_address(self) -> Seat | None:
        wanted = self._settings
        if not wanted.model:
            self.why = f"judge_model does not say which model at {wanted.base_url} is to judge"
            return None
        key = (wanted.base_url, wanted.api_key_env, wanted.model)
        host = urlsplit(wanted.base_url).netloc.rpartition("@")[2]
        here, hosted = is_local(wanted.base_url), is_hosted(wanted.base_url)
        info = self._priced(wanted.base_url, ModelInfo(host, wanted.model, local=here, hosted=hosted))
        if self._hosted is None or self._hosted[0] != key:
            seat = Seat(f"{wanted.model} at {host}", info, self._connect(wanted.base_url, wanted.api_key_env))
            self._hosted = (key, seat)
        elif self._hosted[1].info != info:
            self._hosted = (key, replace(self._hosted[1], info=info))
        return self._hosted[1]

    def _found(self, name: str) -> ModelRecord | None:
        found = [self._fleet.models[view.id] for view in named(name, self._fleet.views())]
        return min(found, key=lambda record: (not record.ready, record.id), default=None)

    def _ablest(self, but: Seat | None = None) -> Seat | None:
        """Of the models in this machine's memory that cost nothing: what is graded leaves the machine only where the
        user said so."""
        able = [
            record
            for record in self._fleet.models.values()
            if _may_judge(record) and not (but and but.gave(record.id)) and not self._rests(record.id)
        ]
        tried = self._tried()
        known = [record for record in able if record.id in tried]
        if tried and but is None and self._clock.mono() - self._began < APPEARS:
            if not known and (missing := sorted(judge for judge in tried if self._is_missing(judge))):
                self.why = f"{missing[0]}, which judged before, is not to be reached yet"
                return None
            able = known or able
        able.sort(key=lambda record: (_worth(record, tried), record.ready, record.id), reverse=True)
        found = next((record for record in able if not self._babbles(record.info)), None)
        if found is not None:
            return _seat(found)
        if able:
            self.why = f"{able[0].id} goes on without an end, and so cannot judge"
        elif not any(_may_judge(record) for record in self._fleet.models.values()):
            self.why = "no model here can judge"
        return None

    def _is_missing(self, judge: str) -> bool:
        """Whether it may still come."""
        record = self._fleet.models.get(judge)
        return (record is None or not record.healthy) and " at " not in judge


def _seat(record: ModelRecord) -> Seat:
    return Seat(record.id, record.info, record.backend, record)


def _may_judge(record: ModelRecord) -> bool:
    here = record.info.local and not record.info.price_in and not record.info.price_out
    return here and record.enabled and record.healthy and not record.shares and not is_embedding(record.info)


def _worth(record: ModelRecord, tried: Set[str]) -> float:
    """Its ability on average over the tasks, because a judge has to know what is good at each; more where it was
    tried."""
    mean = fmean(ability.mean for ability in record.abilities.values()) if record.abilities else 0.0
    return round(mean + (KEPT if record.id in tried else 0.0), 6)


def remedy(seat: Seat, error: RouterError) -> str:
    """What to do about a judge that refuses, as a clause."""
    if error.code == "context_length_exceeded":
        return "choose a judge with a larger context"
    if error.code == "model_not_found":
        return "choose a model that is there"
    hint = error.hint.rstrip(".") or "choose another judge"
    if seat.record is None:
        hint = hint.replace("name it with api_key_env", "name its variable with judge_api_key_env")
    return hint[:1].lower() + hint[1:]
