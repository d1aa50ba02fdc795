"""The seams between rooms. Rooms import these Protocols and never each other."""

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar, runtime_checkable

from llmrouter_tui.core.chat import ChatCall, ChatRequest
from llmrouter_tui.core.decision import (
    Decision,
    Effect,
    Exchange,
    ExchangePage,
    Feedback,
    Rates,
    Setting,
    Timings,
    Usage,
)
from llmrouter_tui.core.domain import (
    BackendView,
    Device,
    Footprint,
    ModelInfo,
    ModelView,
    ResidencyEvent,
    Resident,
    ServiceView,
    Speed,
)
from llmrouter_tui.core.dossier import Dossier, Listed
from llmrouter_tui.core.embedding import Embedded, EmbedRequest, Inputs
from llmrouter_tui.core.events import Envelope, FetchProgress, LogLine
from llmrouter_tui.core.export import RatingPage
from llmrouter_tui.core.forgetting import Forget, Forgotten
from llmrouter_tui.core.grades import Comparison, Grade, GradeFilter, GradePage, JudgeView, Overruled
from llmrouter_tui.core.keys import KeyView, NewKey
from llmrouter_tui.core.profile import Only, Order, PastRun, ProfileRun, Profiles, Result
from llmrouter_tui.core.queueing import Place
from llmrouter_tui.core.review import SPAN, Audit, Review
from llmrouter_tui.core.spending import Line, SpendView
from llmrouter_tui.core.sync import SyncedFigure, SyncProgress, SyncRecord, SyncView
from llmrouter_tui.core.vram import Placement, VramView
from llmrouter_tui.core.whatif import WhatIf

T = TypeVar("T")


# ── backends ──────────────────────────────────────────────────────────────────────────────────────────────────


class Reply(Protocol):
    """An answer under way. ``usage``, ``timings`` and ``finish_reason`` are complete once ``chunks`` is exhausted."""

    usage: Usage
    timings: Timings
    finish_reason: str

    def chunks(self) -> AsyncIterator[bytes]:
        """Canonical bytes. A stream yields whole SSE events (one or more per chunk) and always ends with
        ``[DONE]`` or raises ``BackendError``; a non-stream yields one JSON object.

        If the client did not ask for usage, the usage event is taken out of the stream (and read).
        """
        ...

    async def close(self) -> None:
        """Release the connection; before the end this aborts generation upstream. Idempotent, never raises."""
        ...


@runtime_checkable
class Backend(Protocol):
    """A server or engine that hosts models. Every failure is a ``BackendError``; nothing here loads a model
    except ``load``, ``chat`` and ``embed``."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def url(self) -> str: ...
    @property
    def manages_memory(self) -> bool:
        """Whether models can be loaded and unloaded here; False where they are simply always there."""
        ...

    @property
    def sets_context(self) -> bool:
        """Whether ``load`` decides with which context a model is loaded; False where its server does."""
        ...

    @property
    def places(self) -> int | None:
        """How many models it holds at the same time, whatever their size; None where it does not count them."""
        ...

    async def probe(self) -> str:
        """Check health without waking anything; the version or a word on what answered."""
        ...

    async def models(self) -> Sequence[ModelInfo]: ...

    async def residents(self) -> Sequence[Resident]: ...

    async def load(self, model: ModelInfo, *, keep_alive: float | None, context_length: int | None) -> None:
        """Load and return when the model is ready. Loading a loaded model only refreshes ``keep_alive``."""
        ...

    async def unload(self, model: ModelInfo) -> None:
        """Unload and return when the backend no longer holds it (bounded wait). Unknown or absent is no error."""
        ...

    async def chat(self, call: ChatCall) -> Reply:
        """Send the request; returns when the backend accepted it (its response headers are here)."""
        ...

    async def embed(
        self,
        model: ModelInfo,
        inputs: Inputs,
        *,
        context_length: int | None = None,
        dimensions: int | None = None,
        truncate: bool = False,
    ) -> Embedded:
        """A vector for each input (at least one). ``context_length``: as in ``ChatCall``. Whether ``dimensions`` were
        heeded, the vectors tell; ``truncate`` is for backends that would cut what is too long if they were let."""
        ...

    async def close(self) -> None: ...


@runtime_checkable
class Aimed(Protocol):
    """A backend that can be told which GPUs to load a model to."""

    def aim(self, model: ModelInfo, gpus: Sequence[str]) -> bool:
        """Load it there from now on: GPUs by their drivers' names (``Device.uuid``, empty where it has none). Whether
        it will do so; where not, it goes where the server puts it."""
        ...


@runtime_checkable
class Continuing(Protocol):
    """A backend that may be asked to go on with an answer that another one began (``ChatCall.resumes``)."""

    @property
    def continues(self) -> bool:
        """Whether its server goes on where the last turn, an assistant's, ends, instead of answering anew."""
        ...


# ── gpu ───────────────────────────────────────────────────────────────────────────────────────────────────────


class Probe(Protocol):
    """Measures memory pools. Blocking: the engine calls it from its own thread only."""

    def sample(self) -> Sequence[Device]:
        """All pools now. A pool whose driver failed is returned with ``problem`` set, not left out."""
        ...

    def close(self) -> None: ...


# ── storage ───────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class ModelMemory:
    """What is remembered of a model between runs."""

    model: str
    speed: Speed | None = None
    footprint: Footprint | None = None
    pinned: bool = False
    enabled: bool = True
    used: int = 0
    loads: int = 0
    ratings_up: int = 0
    ratings_down: int = 0


class Repo(Protocol):
    """The only door to the database. Reads and ``now`` writes are awaited; the rest is written behind."""

    @property
    def problem(self) -> str:
        """Empty when writes reach the disk, else what is wrong in words (locked, full, read-only, in memory)."""
        ...

    @property
    def pending(self) -> int:
        """Facts waiting to be written."""
        ...

    def record(self, envelope: Envelope) -> None:
        """Write a fact behind. Never blocks, never raises; facts that are not stored are ignored."""
        ...

    async def rate(self, feedback: Feedback) -> None:
        """Store a rating; on return it survives ``kill -9``."""
        ...

    async def ratings(self) -> Sequence[Feedback]:
        """All standing ratings, oldest first, for learning at start."""
        ...

    async def rating_page(self, *, before: str | None, limit: int) -> RatingPage: ...

    async def memories(self) -> Mapping[str, ModelMemory]:
        """What is known of each model, by id."""
        ...

    def remember_speed(self, model: str, speed: Speed, footprint: Footprint | None) -> None:
        """Write behind what was measured."""
        ...

    async def set_model_state(self, model: str, *, pinned: bool | None = None, enabled: bool | None = None) -> None: ...

    async def matches(self) -> Mapping[str, str]:
        """The entry of the public catalog that the user says each of these models is, empty where it is none."""
        ...

    async def set_match(self, model: str, entry: str | None) -> None:
        """Keep the user's word on a model; None forgets it."""
        ...

    async def exchange(self, exchange_id: str) -> Exchange | None:
        """By exchange id or by the response id the client saw."""
        ...

    async def exchanges(self, *, before: str | None, limit: int, text: str = "") -> ExchangePage: ...

    async def audit(self, since: float) -> Audit:
        """What a review of the exchanges that arrived since then needs."""
        ...

    async def residency(self, since: float) -> Sequence[ResidencyEvent]:
        """Loads and unloads since then, and the newest fifty in any case; oldest first."""
        ...

    async def settings(self) -> Mapping[str, object]: ...

    async def set_setting(self, key: str, value: object) -> None:
        """Store a setting; None removes it."""
        ...

    async def prune(self, *, keep_days: float, now: float) -> int:
        """Drop old exchanges in small steps; how many went."""
        ...

    async def forget(self, wanted: Forget) -> Forgotten:
        """Take texts out of the file, with those of grades and the notes of ratings; on return it holds them no more.
        Raises ``RouterError``."""
        ...

    async def flush(self) -> None:
        """Everything recorded so far is on disk (or ``problem`` says why not)."""
        ...

    async def close(self) -> None: ...


class FigureStore(Protocol):
    """Where fetched public figures are kept, and what each run did; ``SqliteRepo`` is one. Raises ``RouterError``
    (``storage_unavailable``) when the file cannot be used now."""

    async def synced_figures(self) -> Sequence[SyncedFigure]:
        """All that is kept, by model, mode, key and source."""
        ...

    async def store_sync(self, record: SyncRecord, figures: Sequence[SyncedFigure] | None = None) -> None:
        """Keep what a run did and, with ``figures``, put them in the place of all figures of that source: both or
        neither, and on the disk on return."""
        ...

    async def sync_history(self, source: str | None = None, *, limit: int = 20) -> Sequence[SyncRecord]:
        """The newest runs, newest first: of one source, or ``limit`` of each."""
        ...


class ProfileStore(Protocol):
    """Where the results of measuring are kept; ``SqliteRepo`` is one. Raises ``RouterError``
    (``storage_unavailable``) when the file cannot be used now."""

    async def profile_results(self, model: str | None = None) -> Sequence[Result]:
        """All without the texts of the answers, or those of one model with them; oldest first."""
        ...

    async def store_profile_result(self, result: Result) -> None:
        """In the place of the older one of that model and prompt; on the disk on return."""
        ...

    async def profile_order(self) -> Order | None:
        """The newest order, if it did not end."""
        ...

    async def begin_profile(self, order: Order) -> None:
        """Remember an order until it ends."""
        ...

    async def end_profile(self, run: PastRun) -> None:
        """The order that began then is done, or the user stopped it."""
        ...

    async def profile_runs(self) -> Sequence[PastRun]:
        """All orders that are kept and what came of them, newest first."""
        ...


class GradeStore(Protocol):
    """Where grades are kept; ``SqliteRepo`` is one. Raises ``RouterError`` (``storage_unavailable``) when the file
    cannot be used now."""

    async def store_grade(self, grade: Grade) -> None:
        """In the place of an older one of the same judge on the same answer; on the disk on return."""
        ...

    async def grades(self, wanted: GradeFilter, *, before: str | None = None, limit: int = 100) -> GradePage:
        """Newest first."""
        ...

    async def all_grades(self) -> Sequence[Grade]:
        """Without texts, oldest first, for learning at start; of very many the newest."""
        ...

    async def grade(self, grade_id: str) -> Grade | None: ...

    async def store_comparison(self, comparison: Comparison) -> None: ...

    async def comparisons(self, *, limit: int = 1000) -> Sequence[Comparison]:
        """Newest first."""
        ...

    async def judge_calls(self, since: float) -> int:
        """Calls of judges since then, for the budget of a day."""
        ...

    async def count_judge_call(self, at: float) -> None: ...


class SpendStore(Protocol):
    """Where it is kept what was paid for; ``SqliteRepo`` is one."""

    async def spend(self, since: str) -> Sequence[Line]:
        """From that day on (``2026-11-01``). Raises ``RouterError`` (``storage_unavailable``)."""
        ...

    def remember_spend(self, line: Line) -> None:
        """Add it to what is kept of that day, model and purpose; written behind."""
        ...


class Catalog(Protocol):
    """What is publicly known of models. Blocking: its first answer takes a tenth of a second."""

    def listed(self) -> Sequence[Listed]:
        """All entries, by id."""
        ...

    def dossiers(self, entries: Sequence[str]) -> Sequence[Dossier]:
        """These entries with their figures; those that there are not are left out."""
        ...


class Syncing(Protocol):
    """Fetches public figures."""

    async def run(
        self, sources: Sequence[str] = (), *, report: Callable[[SyncProgress], None] = lambda progress: None
    ) -> Sequence[SyncRecord]:
        """Ask these sources one after another, all that can be asked where none is named. What goes wrong with one
        is in its record, in words, and harms no other; nothing of it is stored then. Cancellable at any time."""
        ...


# ── engine, towards the proxy ─────────────────────────────────────────────────────────────────────────────────


class RouterErrorLike(Protocol):
    code: Any
    message: str


class Underway(Protocol):
    """What can be told of an exchange while it is under way."""

    id: str
    decision: Decision | None
    requested: str

    @property
    def model(self) -> str:
        """The model that answers (or is tried now)."""
        ...

    @property
    def attempts(self) -> int: ...

    @property
    def tokens(self) -> int:
        """Of the prompt and of the answer so far: as the backend counted them, else by our estimate and by the pieces
        that came."""
        ...

    @property
    def status_text(self) -> str:
        """What it waits for, for keep-alive comments: ``loading ollama/qwen3:32b, about 6 s``."""
        ...

    @property
    def wait(self) -> Place | None:
        """Where it stands in the queue while its model must be waited for; None when it need not be."""
        ...

    def fail(self, error: RouterErrorLike) -> None:
        """The proxy could not deliver; recorded as the outcome."""
        ...

    def close(self) -> None:
        """The end: releases the model, stops generation if the client left, publishes the record. Idempotent."""
        ...


class ExchangeRun(Underway, Protocol):
    """One exchange under way, driven by the proxy: ``open``, then ``body`` to its end, and ``close`` in any case.
    ``begin`` has already decided, so headers are known before ``open``."""

    async def open(self) -> None:
        """Get a model and its first token, falling back as needed. Raises ``RouterError`` when nothing is left."""
        ...

    def body(self) -> AsyncIterator[bytes]:
        """Canonical bytes (see ``core.chat``). A failure after the first token raises ``RouterError``."""
        ...


class EmbedRun(Underway, Protocol):
    """A request for embeddings under way, driven by the proxy: ``vectors`` to their end, and ``close`` in any case."""

    @property
    def usage(self) -> Usage:
        """Tokens so far; ``prompt_tokens`` is None where a backend does not count them."""
        ...

    def vectors(self) -> AsyncIterator[Sequence[Sequence[float]]]:
        """A vector for each input, in their order, some at a time. Raises ``RouterError`` when no replica is left."""
        ...


class Exchanges(Protocol):
    """The door from the proxy to the engine."""

    def begin(self, request: ChatRequest) -> ExchangeRun:
        """Analyse and decide. Raises ``RouterError``; the refused exchange is recorded all the same."""
        ...

    def embed(self, request: EmbedRequest) -> EmbedRun:
        """The same for embeddings."""
        ...

    def refused(self, *, client: str, requested: str, code: str, message: str, prompt: str = "", key: str = "") -> str:
        """Record a request that the door turned away (bad JSON, too large); its exchange id."""
        ...


# ── control plane ─────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything a screen needs to start from. ``seq`` is the last event already counted in."""

    seq: int
    at: float
    service: ServiceView
    backends: tuple[BackendView, ...] = ()
    models: tuple[ModelView, ...] = ()
    devices: tuple[Device, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    """The newest 200, newest first, running ones included."""
    residency: tuple[ResidencyEvent, ...] = ()
    """The newest 50 loads and unloads, newest first."""
    settings: tuple[Setting, ...] = ()
    log: tuple[LogLine, ...] = ()
    rates: Rates = Rates()
    total_exchanges: int = 0
    fetch: FetchProgress | None = None
    embedded_available: bool = False
    """Whether the embedded engine is installed, so that a starter model would run."""
    sync: SyncView = SyncView()
    vram: VramView = VramView()
    profile: ProfileRun = ProfileRun()
    judge: JudgeView = JudgeView()
    spend: SpendView = SpendView()


@dataclass(frozen=True, slots=True)
class FeedbackInput:
    """A rating as a person gives it; exactly one of the three kinds, or ``clear``."""

    exchange_id: str
    """An exchange id or a response id."""
    rating: Literal["up", "down"] | None = None
    stars: int | None = None
    score: float | None = None
    reasons: tuple[str, ...] = ()
    comment: str = ""
    clear: bool = False


@dataclass(frozen=True, slots=True)
class Rated:
    """What a rating did."""

    feedback: Feedback
    effects: tuple[Effect, ...] = ()


class JudgeControl(Protocol):
    """What can be asked of the judge, and told it; a part of ``Control``."""

    async def grades(self, wanted: GradeFilter, *, before: str | None = None, limit: int = 100) -> GradePage:
        """What judges said, newest first."""
        ...

    async def grade(self, subject: str, ref: str, model: str = "", *, judge: str = "") -> None:
        """Have one answer graded (again): of an exchange by its id, or of ``model`` to a prompt of the set; by the
        usual judge, or by the model named. Queued; a ``Graded`` event tells the outcome."""
        ...

    async def overrule(self, grade_id: str, mark: float | None) -> Overruled:
        """Put the user's own mark of an answer, 1..10, in the place of a judge's; None gives it back. What it moved, or
        why it moved nothing. It stands whoever grades that answer again."""
        ...

    async def pause_judge(self, paused: bool) -> None: ...

    async def compare(self, first: str, second: str, task: str = "") -> Sequence[Comparison]:
        """Put the answers that two models gave to the same open prompts to the judge, in both orders each; of one
        task, or of all."""
        ...

    async def comparisons(self, *, limit: int = 1000) -> Sequence[Comparison]:
        """What came of comparing, newest first; of the same judge, prompt and models the newest one."""
        ...

    async def judge_view(self) -> JudgeView: ...


class KeyControl(Protocol):
    """What can be asked of clients' keys, and told; a part of ``Control``."""

    async def keys(self) -> Sequence[KeyView]:
        """Those that have a name and are not revoked."""
        ...

    async def add_key(
        self,
        name: str,
        *,
        models: Sequence[str] = (),
        rpm: int | None = None,
        tpm: int | None = None,
        concurrent: int | None = None,
    ) -> NewKey:
        """Make a key that lets in at once. Its text is in the answer and nowhere else. Without ``models`` it may ask
        for all; a limit that is None is the one for all clients, 0 is none."""
        ...

    async def revoke_key(self, name: str) -> None:
        """It lets nobody in from now on; what is under way goes on."""
        ...


class Control(JudgeControl, KeyControl, Protocol):
    """Everything a person or a script can ask of a running router. Every failure is a ``RouterError``.

    Commands return when they were accepted; what they changed arrives as events.
    """

    async def snapshot(self) -> Snapshot: ...
    async def exchanges(self, *, before: str | None = None, limit: int = 100, text: str = "") -> ExchangePage: ...
    async def exchange(self, exchange_id: str) -> Exchange: ...
    async def explain(self, prompt: str | ChatRequest, *, model: str = "auto", client: str = "") -> Decision:
        """What routing would do with a prompt for ``model``, or with a whole request, which names its model itself;
        asked by ``client``, as it names itself, whose rules act then."""
        ...

    async def rate(self, feedback: FeedbackInput) -> Rated: ...
    async def ratings(self, *, before: str | None = None, limit: int = 100) -> RatingPage:
        """What stands, newest first, also of exchanges that are in the history no more."""
        ...

    async def forget(self, wanted: Forget) -> Forgotten:
        """Take what was said out of the database, and the user's notes on it; on return it is gone from the disk.
        Figures, decisions, ratings and marks stay."""
        ...

    async def models(self) -> Sequence[ModelView]: ...
    async def load(self, model: str) -> None: ...
    async def unload(self, model: str, *, force: bool = False) -> None:
        """``force`` does not wait for answers in flight; without it the model is drained first."""
        ...

    async def pin(self, model: str, pinned: bool) -> None:
        """Refused with the arithmetic where the pins of a pool would not fit together."""
        ...

    async def vram(self) -> VramView:
        """Who holds which memory, and what each load would mean, now."""
        ...

    async def plan(self, model: str, *, context_length: int | None = None) -> Placement:
        """What loading a model would mean now, with another context than it would get where one is given. Changes
        nothing."""
        ...

    async def clear_vram(self) -> None:
        """Free the memory for other work: every model is drained and unloaded, pinned ones too, and none is loaded
        until ``release_vram``."""
        ...

    async def release_vram(self) -> None:
        """Load again as needed, pinned models at once."""
        ...

    async def enable(self, model: str, enabled: bool) -> None: ...
    async def spend(self) -> SpendView:
        """What was paid today and this month, and the budgets."""
        ...

    async def settings(self) -> Sequence[Setting]: ...
    async def set_setting(self, key: str, value: object) -> Setting: ...
    async def what_if(self, preference: float) -> WhatIf:
        """What another quality preference (0..1) would have chosen for the newest exchanges."""
        ...

    async def review(self, span: float | None = SPAN) -> Review:
        """How right the choices of the last so many seconds were, of all that is kept where ``span`` is None."""
        ...

    async def reload(self) -> Sequence[Setting]:
        """Read the configuration file again and let what differs take effect; those settings. A backend that the file
        still has as before keeps its connections and its models. A file that cannot be used changes nothing."""
        ...

    async def retry_backend(self, name: str) -> None: ...
    async def add_backend(self, kind: str, url: str, name: str = "") -> BackendView:
        """Use a server from now on, and keep it as a setting. Without a ``kind`` the server is asked which it is;
        without a ``name`` it is named after what it is."""
        ...

    async def remove_backend(self, name: str) -> None:
        """Forget a server; one that the file names, or that answers on this machine, stays away until it is added."""
        ...

    async def enable_backend(self, name: str, enabled: bool) -> BackendView:
        """Use a server again, or use it no more until then; it stays listed. What is under way there goes on."""
        ...

    async def fetch_starter(self) -> None:
        """Start (or start again) getting the starter model for the embedded engine."""
        ...

    async def cancel_fetch(self) -> None: ...
    async def sync(self, sources: Sequence[str] = ()) -> None:
        """Start fetching public figures from these sources, from all that can be asked where none is named. Refused
        while another run is under way."""
        ...

    async def cancel_sync(self) -> None:
        """Stop the run under way, if there is one; the source in turn stays as it was."""
        ...

    async def sync_view(self) -> SyncView: ...
    async def profile(
        self, models: Sequence[str] = (), *, quick: bool = True, again: bool = False, only: Only = ""
    ) -> None:
        """Start measuring these models by id or name, or without names all that are enabled and cost no money: what is
        missing, failed or stale, with ``again`` everything, with ``only="failed"`` just the prompts that failed, of the
        full profile too. Refused while another run is under way, and where nothing failed."""
        ...

    async def cancel_profile(self) -> None:
        """Stop the run under way, if there is one; what it found is kept, and memory is put in order."""
        ...

    async def profiles(self) -> Profiles:
        """How far measuring is, and what it found of each model."""
        ...

    async def profile_results(self, model: str) -> Sequence[Result]:
        """What came of each prompt put to one model, by its id, with its answers; oldest first."""
        ...

    async def catalog(self) -> Sequence[Listed]:
        """The entries of the public catalog, by id."""
        ...

    async def known(self, entries: Sequence[str]) -> Sequence[Dossier]:
        """What is publicly known of these entries of the catalog, those that there are not left out; over HTTP without
        what may not be passed on."""
        ...

    async def match(self, model: str, entry: str) -> None:
        """Say which entry of the catalog a model is, by its id: none where that is empty, ``AUTOMATIC`` to go by its
        name again."""
        ...

    async def figures(self, models: Sequence[str]) -> Sequence[SyncedFigure]:
        """What was fetched of these models, by their ids in the catalog; over HTTP without what may not be passed
        on."""
        ...

    async def listen(self, port: int) -> None:
        """Try to serve on this port (after ``port_taken``), and keep it as the setting."""
        ...

    async def logs(self, *, limit: int = 500) -> Sequence[LogLine]: ...
    async def shutdown(self) -> None: ...


class Feed(Protocol):
    """Events for a screen: filled by another thread, drained on the screen's own timer."""

    def drain(self, limit: int = 2000) -> tuple[Sequence[Envelope], bool]:
        """Events since the last call, and whether some were dropped (or the stream was cut), so that the
        screen must start again from a snapshot."""
        ...

    @property
    def dropped(self) -> int:
        """How many events were dropped since the start."""
        ...

    @property
    def connected(self) -> bool:
        """Whether events can arrive; False while a watched router is out of reach."""
        ...


class Host(Protocol):
    """A running router or a watch of one: what ``cli`` builds and the screen runs in its worker thread."""

    @property
    def control(self) -> Control: ...
    @property
    def feed(self) -> Feed: ...
    @property
    def readonly(self) -> bool: ...

    def run(self) -> None:
        """Run until ``stop``; blocks. Problems that can be lived with are in the snapshot, not raised."""
        ...

    def stop(self) -> None:
        """Ask it to end, from any thread."""
        ...

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a control call on the host's own loop, from any thread."""
        ...


class Subscription(Protocol):
    """An async ring of events; a full ring drops the oldest and says so."""

    async def next(self, timeout: float) -> tuple[Sequence[Envelope], bool]:
        """Events so far (maybe none after ``timeout`` seconds) and whether some were dropped before them."""
        ...

    def close(self) -> None: ...


class Subscriptions(Protocol):
    """The bus as the proxy's event stream sees it."""

    def subscribe(self, size: int) -> Subscription: ...


class Starter(Protocol):
    """Gets the starter model's weights."""

    async def fetch(self, report: Callable[[FetchProgress], None]) -> str:
        """The path of the checked file. Raises ``RouterError`` in words that a person can act on."""
        ...


class Clock(Protocol):
    """Time as the engine sees it; tests bring their own."""

    def wall(self) -> float: ...
    def mono(self) -> float: ...


Discover = Callable[[], Awaitable[Sequence[Backend]]]
"""Looks around on loopback and returns a backend for each server that answers."""
