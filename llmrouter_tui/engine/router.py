"""The door from the proxy to the engine: begins exchanges, decides, and records what never became one."""

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

from llmrouter_tui.core.aliases import Aliases
from llmrouter_tui.core.chat import ChatRequest
from llmrouter_tui.core.decision import Analysis, Decision, Exchange
from llmrouter_tui.core.domain import ModelView
from llmrouter_tui.core.embedding import EmbedRequest
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.events import ExchangeFinished
from llmrouter_tui.core.keys import not_permitted, permits
from llmrouter_tui.core.making import maker
from llmrouter_tui.core.ports.clock import Clock
from llmrouter_tui.core.resolving import LONGEST_NAME, named
from llmrouter_tui.core.rules import Rule
from llmrouter_tui.core.ruling import by_rules
from llmrouter_tui.core.selection import decide
from llmrouter_tui.engine.backend_record import BackendRecord
from llmrouter_tui.engine.bus import Bus
from llmrouter_tui.engine.circuits import Circuits
from llmrouter_tui.engine.deadlines import Watch
from llmrouter_tui.engine.embedding import Embedding, EmbedRun
from llmrouter_tui.engine.exchange import Run
from llmrouter_tui.engine.fleet import Fleet
from llmrouter_tui.engine.ids import Ids
from llmrouter_tui.engine.learning import Learning
from llmrouter_tui.engine.ledger import Ledger
from llmrouter_tui.engine.residency import Residency
from llmrouter_tui.engine.sessions import Sessions
from llmrouter_tui.engine.spending import Charge, free
from llmrouter_tui.engine.tasks import Tasks
from llmrouter_tui.engine.traffic import Traffic
from llmrouter_tui.engine.transcript import PREVIEW, Keep

_new_exchange = maker(Exchange)

ALLOWED = 256
"""Sets of allowed names whose meaning is remembered."""


class Router:
    """The door from the proxy: implements ``core.ports.exchanges.Exchanges``."""

    def __init__(
        self,
        fleet: Fleet,
        ledger: Ledger,
        residency: Residency,
        learning: Learning,
        bus: Bus,
        clock: Clock,
        tasks: Tasks,
        analyse: Callable[[ChatRequest], Analysis],
        keep: Keep = PREVIEW,
    ) -> None:
        self.fleet = fleet
        self.ledger = ledger
        self.residency = residency
        self.learning = learning
        self.bus = bus
        self.clock = clock
        self.tasks = tasks
        self.analyse = analyse
        self.keep = keep
        self.sessions = Sessions(clock)
        self.traffic = Traffic(clock)
        self._ids = Ids()
        self.preference = 0.5
        self.rules: Sequence[Rule] = ()
        self.aliases = Aliases()
        self.draining = False
        self.watch = Watch(clock)
        self.spoke: dict[str, float] = {}
        """When each backend that was asked last gave a token, of those requests that are over: monotonic seconds."""
        self.resumes = True
        """Whether another model goes on with an answer of plain text that broke off."""
        self.overheard: Callable[[ChatRequest, Exchange], None] = lambda request, exchange: None
        """Called when an exchange is over, with all that was said before; what it keeps of that is in memory only."""
        self.charge: Charge = free
        """Puts down what answers cost."""
        self.circuits = Circuits(fleet, clock)
        self.embedding = Embedding(self)
        self._allowed: dict[tuple[str, ...], tuple[tuple[ModelView, ...], tuple[ModelView, ...]]] = {}
        """What each set of allowed names meant last, and among which models."""

    def begin(self, request: ChatRequest) -> Run:
        """Analyse, decide, announce. Raises ``RouterError``; the refusal is recorded like any exchange."""
        run = Run(self, request)
        try:
            if self.draining:
                raise RouterError("shutting_down", "the router is shutting down", retryable=True, retry_after=5)
            run.decide()
        except RouterError as error:
            error.exchange_id = run.id
            run.fail(error)
            run.close()
            raise
        return run

    def embed(self, request: EmbedRequest) -> EmbedRun:
        """The same for embeddings."""
        return self.embedding.begin(request)

    def decide(self, request: ChatRequest, continuity: str = "", failed: Collection[str] = ()) -> Decision:
        """The decision for a request, without acting on it: what ``explain`` shows is what routing does. Models that
        just ``failed`` are out of it."""
        started = self.clock.mono()
        models = self.fleet.views()
        asked = request.model
        if self.aliases and (meant := self.meant(asked, models)):
            request = replace(request, model=meant)
        if request.allowed and models:
            models = self.permitted(request, models, asked)
        if failed:
            models = tuple([replace(m, problem="it just failed") if m.id in failed else m for m in models])
        if not models:
            raise self.nobody_here()
        try:
            analysis = self.analyse(request)
            if self.circuits:
                with suppress(RouterError):  # who is left alone is asked all the same where nobody else can answer
                    others = self.circuits.leave_alone(models)
                    return self._choose(request, analysis, others, continuity, started)
            return self._choose(request, analysis, models, continuity, started)
        except RouterError as error:
            if error.code == "backend_unreachable" and all(b.health != "up" for b in self.fleet.backends.values()):
                raise self.nobody_here() from None
            tell_of_alias(error, asked, request.model)
            raise

    def meant(self, requested: str, models: Sequence[ModelView]) -> str:
        """What an alias says to ask for in place of a name; empty where none does, or a model is called so."""
        meant = "" if requested == "auto" else self.aliases.meant(requested)
        return "" if not meant or meant == requested or named(requested, models) else meant

    def _choose(
        self, request: ChatRequest, analysis: Analysis, models: Sequence[ModelView], continuity: str, started: float
    ) -> Decision:
        if self.rules:
            return self._by_rules(request, analysis, models, continuity, started)
        return decide(
            analysis,
            models,
            preference=self.preference,
            requested=request.model,
            waits=self.ledger.waits(),
            continuity=continuity,
            clock=self.clock.mono,
            since=started,
        )

    def _by_rules(
        self, request: ChatRequest, analysis: Analysis, models: Sequence[ModelView], continuity: str, started: float
    ) -> Decision:
        choose = partial(
            decide,
            analysis,
            preference=self.preference,
            requested=request.model,
            waits=self.ledger.waits(),
            continuity=continuity,
            clock=self.clock.mono,
            since=started,
        )
        return by_rules(self.rules, request, analysis, models, choose)

    def nobody_here(self) -> RouterError:
        """No model can be reached: who is away, and since when."""
        now = self.clock.wall()
        down = [_away(record, now) for record in self.fleet.backends.values() if record.health != "up"]
        down += [f"{name} is switched off" for name in self.fleet.off]
        if down:
            message, hint = f"no model can be reached ({'; '.join(down)})", "start the backend, or add another one"
        else:
            message = "there is no model here yet"
            hint = (
                "start a model server, or put a GGUF file where the embedded engine looks: llmrouter-tui doctor tells"
            )
        return RouterError("backend_unreachable", message, hint=hint, retryable=True, retry_after=5)

    def permitted(
        self, request: ChatRequest | EmbedRequest, models: tuple[ModelView, ...], asked: str
    ) -> tuple[ModelView, ...]:
        """Those that the request's key may ask for. Raises ``forbidden`` where it names another, or none is here;
        ``asked`` is the name that it is told: what an alias means may be none of its business."""
        allowed = request.allowed
        known = self._allowed.get(allowed)
        if known is None or known[0] is not models:
            if len(self._allowed) >= ALLOWED:
                self._allowed.clear()
            known = self._allowed[allowed] = models, tuple([m for m in models if permits(allowed, m)])
        left = known[1]
        if not left or (request.model != "auto" and named(request.model, models) and not named(request.model, left)):
            raise not_permitted(request.key, asked, allowed, left)
        return left

    def refused(self, *, client: str, requested: str, code: str, message: str, prompt: str = "", key: str = "") -> str:
        """Record a request that never became an exchange."""
        now = self.clock.wall()
        exchange = _new_exchange(
            id=self.new_id(now),
            at=now,
            outcome="failed",
            requested=requested,
            client=client,
            seconds=0.0,
            code=code,
            message=message,
            prompt=prompt[: self.keep.prompt],
            key=key,
        )
        self.traffic.finished(exchange)
        self.bus.publish(ExchangeFinished(exchange))
        return exchange.id

    def new_id(self, wall: float) -> str:
        return self._ids.new(wall)

    def remember(self, newest_first: Sequence[Exchange]) -> None:
        """Begin with what the database holds of earlier runs."""
        self.traffic.remember(newest_first)
        self._ids.follow(newest_first)


def tell_of_alias(error: RouterError, asked: str, meant: str) -> None:
    """Let an error say of a name that is not known where it comes from."""
    if error.code == "model_not_found" and asked != meant:
        error.message = f"{asked[:LONGEST_NAME]!r} is an alias of {meant!r}. {error.message}"


def _away(record: BackendRecord, now: float) -> str:
    seconds = max(0.0, now - record.since)
    age = f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
    where = f" at {record.backend.url}" if record.backend.url else ""
    return f"{record.backend.name}{where}, {record.health} for {age}: {record.detail}"
