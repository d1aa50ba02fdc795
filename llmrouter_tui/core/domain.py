"""Facts about the machine and its models: what exists, what is resident, what is known.

Units: bytes, seconds, tokens, tokens per second; wall times are Unix seconds. Every name here is the one
used in the database, the API and on screen.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

TASKS = (
    "chat",
    "factual",
    "reasoning",
    "math",
    "coding",
    "creative",
    "instruction",
    "extraction",
    "translation",
)
"""What a prompt can ask for; an analysis spreads probability over these."""

NEEDS = ("tools", "vision", "json", "embedding", "context", "thinking")
"""What a request can require of a model, besides talent."""

Capability = Literal["completion", "tools", "vision", "json", "embedding", "thinking"]
Source = Literal["rating", "vote", "judge", "profile", "benchmark", "affinity", "prior"]
FootprintSource = Literal["reported", "measured", "estimated", "unknown"]
ResidencyState = Literal["resident", "loading", "unloading", "absent", "unknown"]
BackendKind = Literal["ollama", "llamacpp", "openai", "anthropic", "embedded"]
BackendHealth = Literal["starting", "up", "down"]
MatchKind = Literal["alias", "grammar", "near", "none"]

HOST_POOL = "host"
"""The memory pool of a machine without a usable GPU: its RAM."""


def model_id(backend: str, name: str) -> str:
    """The identity of a model: ``backend/name``. Backend names hold no slash; model names may."""
    return f"{backend}/{name}"


@dataclass(frozen=True, slots=True)
class Probed:
    """What trying it here showed of one capability of a model."""

    capability: str
    """Of ``NEEDS``."""
    can: bool
    at: float
    reason: str = ""
    """Why, in words."""
    how: str = ""
    """Of ``thinking``: ``always``, by ``default``, or only when ``asked``; of ``json``: a ``schema`` is kept, or it is
    just an ``object``; of a ``context`` that is not read: it is ``cut``, ``refused``, or read and ``lost``."""
    tokens: int | None = None
    """Of a context: how many its server read."""
    declared: bool | None = None
    """What its backend says; None where it does not say."""


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What a backend says of one model it hosts. None means that the backend does not say."""

    backend: str
    name: str
    parameters: int | None = None
    active_parameters: int | None = None
    quantization: str = ""
    family: str = ""
    context_length: int | None = None
    capabilities: frozenset[str] = frozenset({"completion"})
    capabilities_known: bool = False
    """Whether the backend listed the capabilities; if not, they are a guess from names and are never a hard filter."""
    size_bytes: int | None = None
    kv_bytes_per_token: int | None = None
    """Of its cache of keys and values, in the layers that keep every token; for one conversation, as all that follows
    of the cache."""
    digest: str = ""
    price_in: float | None = None
    """Price of a million prompt tokens, in dollars; None where running the model costs no money."""
    price_out: float | None = None
    local: bool = True
    """Whether it runs in this machine's memory."""
    aliases: tuple[str, ...] = ()
    """Other names by which its backend knows it; the identity stays ``name``."""
    kv_window: int = 0
    """How many tokens the other layers keep."""
    kv_window_bytes: int = 0
    """Of a token, in those layers."""
    kv_state_bytes: int = 0
    """Of what recurrent layers keep, however much was read."""
    slots: int = 1
    """Conversations that have a whole context, and so a cache, of their own at the same time."""
    longest_context: int | None = None
    """What the model can read at most, where ``context_length`` is what it is loaded with."""
    cuts: bool = False
    """Whether its server may cut a prompt that is too long, and say nothing; the others count, and refuse."""
    probed: tuple[Probed, ...] = ()
    """What was tried here; ``capabilities`` go by it, whatever the backend says."""
    hosted: bool = False
    """Whether a provider runs it, so that prompts leave the user's own machines."""
    priced_by: str = ""
    """Who told the price: its server (empty), ``you``, or the public source by name."""
    via: tuple[str, ...] = ()
    """The routers on the way to it, by their ids, the next one first."""

    @property
    def id(self) -> str:
        return model_id(self.backend, self.name)

    def tried(self, capability: str) -> Probed | None:
        """What was found of a capability, if it was tried."""
        return next((one for one in self.probed if one.capability == capability), None)


@dataclass(frozen=True, slots=True)
class Footprint:
    """What a model takes in memory with one context, and how that is known."""

    bytes: int
    source: FootprintSource = "unknown"
    context_length: int | None = None
    """Tokens that it is loaded with; None where nobody told."""


@dataclass(frozen=True, slots=True)
class Resident:
    """A model that a backend holds in memory, as the backend tells it."""

    name: str
    footprint: int | None = None
    """Bytes it takes in memory, in all."""
    footprint_source: FootprintSource = "unknown"
    state: ResidencyState = "resident"
    expires_at: float | None = None
    context_length: int | None = None
    pid: int | None = None
    shares: str = ""
    """The resident whose memory this is: a second name of the same weights (``footprint`` is not to be added)."""
    on_gpu: int | None = None
    """Those bytes of its footprint that are on GPUs: 0 where it runs in RAM. None: not told, it is all in one place."""
    crowd: tuple[int, int] | None = None
    """Requests that its server works on and that wait there, whoever asked; None where it does not tell."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that moved an ability: ``value`` 0..1 with ``weight`` in pseudo-observations."""

    source: Source
    value: float
    weight: float
    note: str = ""
    count: int = 0
    """Ratings, votes, checks, grades or figures of this very task that it sums up; 0 where it rests on none."""


@dataclass(frozen=True, slots=True)
class Ability:
    """Estimated quality (0..1) of a model on one task, and what the estimate rests on."""

    mean: float
    strength: float
    """Pseudo-observations behind the mean."""
    uncertainty: float
    """One standard deviation of the mean."""
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast a model is on this hardware. ``samples`` 0 means estimated from its size, not measured."""

    prefill: float
    decode: float
    load_seconds: float
    samples: int = 0
    load_samples: int = 0
    ttft: float | None = None
    token_ratio: float = 1.0
    """Tokens that it counts for one of our estimate: tokenizers differ by a third."""


AUTOMATIC = "automatic"
"""In the place of a catalog id: what the model's name says."""


@dataclass(frozen=True, slots=True)
class CatalogMatch:
    """Which entry of the public catalog a model is taken for: as its name says, unless the user said otherwise."""

    kind: MatchKind = "none"
    """How its name matches: it is one of the entry's names (``alias``), has the same words and sizes (``grammar``), or
    is only that of a relative (``near``)."""
    id: str = ""
    """The entry that the name means, or the relative's."""
    how: str = ""
    """In words: by which of the entry's spellings."""
    by_user: bool = False
    """Whether ``chosen`` holds in the place of all this."""
    chosen: str = ""
    """The entry that the user chose; empty: it is none of them."""
    mode: str = ""
    """The mode that it is run in here and whose figures count; empty: the entry's usual one."""
    thinks: bool | None = None
    """Whether it thinks before it answers, run so; None where that entry does not tell."""

    @property
    def own(self) -> str:
        """The entry whose figures are the model's own; empty for none."""
        if self.by_user:
            return self.chosen
        return self.id if self.kind in ("alias", "grammar") else ""

    @property
    def near(self) -> str:
        """The relative whose figures are a weak guess for it; empty for none."""
        return self.id if self.kind == "near" and not self.by_user else ""


class Switched(NamedTuple):
    """What a model is in another mode of thinking than its usual one, when a request asks for that."""

    shifts: tuple[float, ...]
    """By task, in the order of ``TASKS``: logits by which it is better so."""
    hidden: float
    """Tokens that it writes before its answer: 1 as much as models that think, 0 none."""


class Lesson(NamedTuple):
    """What grades taught of a model."""

    means: tuple[float, ...]
    """Ability per kind of prompt at middling difficulty, 0..1, in the order of ``kinds.KINDS``."""
    slope: float
    """How far easiness moves the logit of its quality."""


@dataclass(frozen=True, slots=True)
class Rest:
    """Why a model is left alone for a while."""

    until: float
    """Wall time; from then on one request tries it, and the others follow when that one was answered."""
    failures: int
    """In a row, of its own or of its whole backend; 0 where it only said that it is busy."""
    why: str
    """The last of them, in words."""


@dataclass(frozen=True, slots=True)
class ModelView:
    """Everything a person or a decision needs to know of one model, at one moment."""

    info: ModelInfo
    residency: ResidencyState = "unknown"
    pool: str = ""
    """The memory pool it is in or would be loaded to; empty for models that are not in this machine's memory."""
    footprint: int | None = None
    footprint_source: FootprintSource = "unknown"
    pinned: bool = False
    enabled: bool = True
    healthy: bool = True
    leases: int = 0
    """Exchanges that hold the model now."""
    waiting: int = 0
    """Exchanges that wait for the model to be loaded."""
    ours: bool = False
    """Whether this router loaded it."""
    last_used: float | None = None
    speed: Speed = Speed(prefill=400.0, decode=20.0, load_seconds=10.0)
    abilities: Mapping[str, Ability] = field(default_factory=dict)
    used: int = 0
    ratings_up: int = 0
    ratings_down: int = 0
    loads: int = 0
    problem: str = ""
    """Why it cannot serve now, in words; empty when it can."""
    loadable: bool = True
    """Whether its backend loads and unloads it on request; False where it is simply always there."""
    splits: bool = False
    """Whether its backend puts what a GPU cannot hold into RAM."""
    shares: str = ""
    """The name, on the same backend, whose weights in memory it shares (``footprint`` is not to be added); empty for
    its own."""
    match: CatalogMatch | None = None
    """What it is in the public catalog; None as long as that was not looked up."""
    lesson: Lesson | None = None
    """What its graded answers say on top of its abilities; None without grades."""
    languages: Mapping[str, float] = field(default_factory=dict)
    """By language, logits by which it is better there than it is anyway; languages of which nothing is known are not in
    it."""
    switches: Mapping[str, Switched] = field(default_factory=dict)
    """By what a request can say of thinking (``think false``), what that makes of the model; what it does not heed, or
    what is its usual way, is not in it."""
    rest: Rest | None = None
    """Set from its failures on until it answers again."""
    withheld: str = ""
    """Why no prompt may go to it, in words: it runs elsewhere, and ``local_only`` is on or a budget is spent."""

    @property
    def id(self) -> str:
        return self.info.id

    @property
    def busy(self) -> bool:
        return self.leases > 0


@dataclass(frozen=True, slots=True)
class BackendView:
    """A backend and how it is."""

    name: str
    kind: str
    url: str
    health: BackendHealth = "starting"
    since: float = 0.0
    detail: str = ""
    """Version when up, what went wrong when down."""
    models: int = 0
    configured: bool = False
    """Named by the user, not found by looking around."""
    places: int | None = None
    """How many models it holds at the same time; None where it does not count them."""
    enabled: bool = True
    """Whether it is used; one that is not is neither asked nor looked at."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process that holds GPU memory, or one that such a process comes from, as the system tells it."""

    pid: int
    parent: int
    name: str
    ports: tuple[int, ...] = ()
    """Where it listens; empty also where the system does not tell this user."""


@dataclass(frozen=True, slots=True)
class Device:
    """One memory pool as measured: a GPU, or the host's RAM. None means that the driver does not say."""

    pool: str
    name: str
    kind: str
    total: int
    used: int
    free: int
    utilization: float | None = None
    """0..1"""
    temperature: float | None = None
    power: float | None = None
    power_limit: float | None = None
    processes: tuple[tuple[int, int], ...] = ()
    """(pid, bytes) of the processes that the driver shows."""
    sampled_at: float = 0.0
    problem: str = ""
    lineage: tuple[Process, ...] = ()
    """The largest of those processes and their ancestors; up to some seconds older than ``processes``."""
    uuid: str = ""
    """How its driver names it, for programs that are told which GPU to use; empty where it does not."""


@dataclass(frozen=True, slots=True)
class ResidencyEvent:
    """A load or an unload, for the history on the VRAM page."""

    at: float
    kind: Literal["load", "unload", "load_failed", "unload_failed"]
    model: str
    pool: str
    seconds: float | None
    reason: str
    exchange_id: str = ""
    external: bool = False
    """Whether somebody else did it; it was only noticed here."""
    evicted_for: str = ""
    """The model for which it had to leave."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that needs a person's eye: one per cause, counted, with what to do about it."""

    code: str
    message: str
    hint: str = ""
    since: float = 0.0
    count: int = 1
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ServiceView:
    """The state of the proxy itself."""

    state: Literal["starting", "serving", "failed", "stopping"] = "starting"
    host: str = "127.0.0.1"
    port: int = 11436
    version: str = ""
    demo: bool = False
    """True when backends and GPUs are simulated; every screen says so."""
    started_at: float = 0.0
    problems: tuple[Problem, ...] = ()
    recording: bool = False
    """Whether what happens is written to a file (``--record``)."""

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}/v1"
