"""One model as the engine keeps it: what its backend says, what was learned, who holds it now."""

from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from statistics import median
from typing import TYPE_CHECKING

from llmrouter_tui.core.domain import (
    HOST_POOL,
    Ability,
    CatalogMatch,
    Footprint,
    Lesson,
    ModelInfo,
    ModelView,
    ResidencyState,
    Rest,
    Speed,
    Switched,
)
from llmrouter_tui.core.footprint import expected, for_context
from llmrouter_tui.core.placement import HALF_LIFE, Layout, Plan
from llmrouter_tui.core.ports.backend import Backend
from llmrouter_tui.core.ports.repo import ModelMemory
from llmrouter_tui.core.whereabouts import Shares, Whence, divided

if TYPE_CHECKING:
    from llmrouter_tui.engine.leasing import Lease
    from llmrouter_tui.engine.turns import Line

IN_MEMORY = ("resident", "loading", "unloading")
LOADS = 9
"""Loads of which the median tells how long the next one takes."""


class ModelRecord:
    """Mutable and engine-only; the rest of the world sees ``view()``."""

    def __init__(self, info: ModelInfo, backend: Backend, pool: str, memory: ModelMemory | None, speed: Speed) -> None:
        memory = memory or ModelMemory(info.id)
        self.id = info.id
        self.told = info
        """What its backend says of it."""
        self.info = info
        """The same, with the context that it is loaded with, or would be."""
        self.context: int | None = None
        """The context that was chosen for it."""
        self.grounds: tuple[object, ...] | None = None
        """What that choice rests on."""
        self.backend = backend
        self.reach: tuple[str, ...] = (pool,) if pool else ()
        """The memory pools that its backend can use; none where it is elsewhere."""
        self.usual = pool
        """That of them with the most memory."""
        self.layout: Layout = "one"
        """How its backend lays it out over them."""
        self.aim: tuple[str, ...] = ()
        """Those that it is being loaded to, or waits for."""
        self.where: Shares = ()
        """Where it is in memory, as far as that is known."""
        self.whence: Whence = ""
        """How that is known."""
        self.contexts: dict[str, int | None] = {}
        """The context that it would have in each pool, where they differ in size."""
        self.residency: ResidencyState = "unknown" if backend.manages_memory else "resident"
        self.seen: Footprint | None = memory.footprint
        """What it took when it was last in memory."""
        self.most: int | None = None
        """Bytes that it can take at most now, by what its GPU has in use; None: not limited."""
        self.on_gpu: int | None = None
        """How many of them are on GPUs, as its backend tells; None: it is all in its pool."""
        self.loaded_context: int | None = None
        """The context length it was loaded with, as its backend tells."""
        self.pid: int | None = None
        """The process of its own that it runs in, where its backend tells."""
        self.pinned = memory.pinned
        self.enabled = memory.enabled
        self.healthy = True
        self.leases = 0
        self.holders: set[Lease] = set()
        """Who holds it."""
        self.tickets: set[Lease] = set()
        """Who waits for it to be loaded."""
        self.ours = False
        self.wanted = False
        """A load of it is under way or waits for its turn."""
        self.asked = False
        """The user asked for that load: it goes on, whoever waits for it."""
        self.place: int | None = None
        """Its place in the queue of those that are to be loaded; 0: it is its turn, None: it is not in it."""
        self.line: Line | None = None
        """The queue whose first waits for memory that this one has a part of."""
        self.passed = (0.0, 0)
        """For how long, and by how many requests, it was passed in queues that it left for another."""
        self.plan: Plan | None = None
        """How room for it is to be made, now that it is its turn."""
        self.at_least = 0
        """So many bytes were seen not to be enough for it."""
        self.draining = False
        self.since: float | None = None
        """When the router last began to move it, or had moved it."""
        self.in_motion = False
        """Whether the router moves it right now: what its backend tells meanwhile is half the truth."""
        self.turns = 0
        """Counts its ways in and out of memory: what was asked of a backend before one is not news after it."""
        self.shares = ""
        """The name whose weights in memory it shares; empty for its own."""
        self.gave_up: float | None = None
        """When it last left memory by the router's hand, or began to: wall time."""
        self.brought: float | None = None
        """When it was last seen that somebody else had loaded it: wall time."""
        self.lost = False
        """Whether it is out of memory though nobody here sent it away: its server let it go, or could not load it."""
        self.brought_back = 0.0
        """When it was last loaded for its pin, after it was lost: monotonic time."""
        self.rivals: set[str] = set()
        """Models that its server was seen to let go when this one came, or for which it let this one go."""
        self.failures = 0
        """Loads that failed in a row."""
        self.last_used: float | None = None
        self.uses = 0.0
        """Requests of late, each counting half after five minutes, as of ``last_used``."""
        self.side_by_side = 1 if backend.kind == "ollama" else 4
        """Answers that its server makes at the same time before others must wait."""
        self.crowd = (0, 0)
        """Requests that its server said it works on, and that wait there, whoever asked."""
        self.speed = memory.speed or speed
        self.load_history = deque([self.speed.load_seconds] if self.speed.load_samples else [], LOADS)
        """What its loads took: the mean of earlier runs, then those of this one."""
        self.token_ratio = self.speed.token_ratio
        """Running mean of the tokens that it counts for one of our estimate."""
        self.abilities: Mapping[str, Ability] = {}
        self.lesson: Lesson | None = None
        self.languages: Mapping[str, float] = {}
        self.switches: Mapping[str, Switched] = {}
        self.switched: tuple[object, ...] | None = None
        """What they rest on."""
        self.match: CatalogMatch | None = None
        self.used = memory.used
        self.ratings_up = memory.ratings_up
        self.ratings_down = memory.ratings_down
        self.loads = memory.loads
        self.problem = ""
        self.withheld = ""
        """Why no prompt may go to it, in words."""
        self.rest: Rest | None = None
        self.mean_seconds = 6.0
        """Running mean of what one exchange holds it, for queue estimates; a guess before the first one."""
        self.timed_answers = 0
        """How many it rests on."""
        self._view: ModelView | None = None
        self._expected: tuple[ModelInfo, str, Footprint | None, Footprint | None] | None = None

    def remember(self, memory: ModelMemory | None) -> None:
        """Know of earlier runs what it would have known at its start."""
        if memory is None:
            return
        self.seen = self.seen or memory.footprint
        self.used, self.loads = memory.used, memory.loads
        if memory.speed is not None:
            self.speed, self.token_ratio = memory.speed, memory.speed.token_ratio
            self.load_history = deque([memory.speed.load_seconds] if memory.speed.load_samples else [], LOADS)

    @property
    def home(self) -> str:
        """The memory pool it is in, or would be loaded to; of several the first. Empty where it is elsewhere."""
        if self.aim:
            return self.aim[0]
        return self.where[0][0] if self.where and self.residency in IN_MEMORY else self.usual

    @home.setter
    def home(self, pool: str) -> None:
        """Say that it can be in no other."""
        self.reach, self.usual, self.where = ((pool,) if pool else ()), pool, ()

    @property
    def roams(self) -> bool:
        """Whether there are several pools that it may be in."""
        return len(self.reach) > 1

    @property
    def pools(self) -> tuple[str, ...]:
        """The pools that it has memory of, or would have."""
        if self.where and len(self.where) > 1 and self.residency in IN_MEMORY and self.pool != HOST_POOL:
            return tuple(pool for pool, _ in self.where)
        return (self.pool,) if self.pool else ()

    @property
    def parts(self) -> tuple[tuple[str, int], ...]:
        """What it takes of each where it is in several; empty where it is in one."""
        if len(self.where) < 2 or self.residency not in IN_MEMORY or self.pool == HOST_POOL:
            return ()
        return divided(self.held_bytes() or 0, self.where)

    def held_in(self, pool: str) -> int:
        """Bytes that it takes of a pool, or would take."""
        if parts := self.parts:
            return dict(parts).get(pool, 0)
        return (self.held_bytes() or 0) if pool == self.pool else 0

    @property
    def pool(self) -> str:
        """The memory that it is in, or would be loaded to: one that found no place on a GPU may be in RAM."""
        return HOST_POOL if self.on_gpu == 0 and self._held and self.home else self.home

    def told_crowd(self, crowd: tuple[int, int]) -> None:
        """Its server said what it has to do. What it works on while nobody waits, it can do side by side."""
        running, waiting = self.crowd = crowd
        if not waiting:
            self.side_by_side = max(self.side_by_side, running)

    def used_at(self, now: float) -> None:
        """A request let go of it."""
        past = max(0.0, now - self.last_used) if self.last_used else None  # clocks are set back, too
        self.uses = 1.0 + (self.uses * 0.5 ** (past / HALF_LIFE) if past is not None else 0.0)
        self.last_used = now

    @property
    def key(self) -> str:
        """Where it is moved in turn with others: its memory, or its backend where that is not ours to see."""
        return self.pool or self.info.backend

    @property
    def keys(self) -> tuple[str, ...]:
        """The same of one that is in several."""
        return self.pools or (self.info.backend,)

    @property
    def queue(self) -> str:
        """The same, of where it would be loaded to."""
        return self.home or self.info.backend

    @property
    def queues(self) -> tuple[str, ...]:
        """Where it waits for its turn."""
        return self.aim or (self.queue,)

    @property
    def _held(self) -> bool:
        return self.residency in ("resident", "unloading")

    @property
    def splits(self) -> bool:
        """Whether its backend puts what a GPU cannot hold into RAM."""
        return self.backend.kind == "ollama" and self.home != HOST_POOL

    @property
    def ready(self) -> bool:
        """Whether it can be asked at once."""
        return self.residency == "resident" and not self.draining and (self.ours or not self.cramped)

    @property
    def cramped(self) -> bool:
        """Whether somebody loaded it with less context than it is used with here: it is loaded anew then, in view
        of everyone, where Ollama would do so in the middle of a chat."""
        loaded, wanted = self.loaded_context, self.info.context_length
        return self.backend.kind == "ollama" and loaded is not None and wanted is not None and loaded < wanted

    @property
    def moving(self) -> bool:
        """Whether it is on its way in or out of memory."""
        return self.wanted or self.draining or self.residency in ("loading", "unloading")

    @property
    def awaited(self) -> bool:
        """Whether anybody still wants the load that is under way."""
        return self.asked or bool(self.tickets)

    @property
    def weights(self) -> str:
        """The name under which its backend holds its weights."""
        return self.shares or self.info.name

    def expected(self, context_length: int | None = None) -> Footprint | None:
        """What it takes or would take with this context, or its own where none is given."""
        if context_length is not None:
            return expected(self.info, self.home, context_length, self.seen)
        known = self._expected
        if known is None or known[0] is not self.info or known[1] != self.home or known[2] is not self.seen:
            fresh = expected(self.info, self.home, self.info.context_length, self.seen)
            known = self._expected = (self.info, self.home, self.seen, fresh)
        found, most = known[3], self.most
        if found is not None and most is not None and found.source == "estimated" and most < found.bytes:
            return replace(found, bytes=most)
        return found

    def for_context(self, context_length: int | None = None) -> int | None:
        """What of that this context takes, or its own where none is given; None where it is not told."""
        return for_context(self.info, self.home, context_length or self.info.context_length, self.seen)

    def needed_bytes(self) -> int | None:
        """What loading it would take."""
        found = self.expected()
        return max(found.bytes, self.at_least) if found else self.at_least or None

    def needed_in(self, pool: str) -> int | None:
        """The same in a pool of its reach, with the context that it would have there."""
        context = self.contexts.get(pool, self.info.context_length)
        if context == self.info.context_length:
            return self.needed_bytes()
        found = expected(self.info, pool, context, self.seen)
        return max(found.bytes, self.at_least) if found else self.at_least or None

    @property
    def load_seconds(self) -> float:
        """What loading it would take, by what it took before, else by its size."""
        return median(self.load_history) if self.load_history else self.speed.load_seconds

    def held_bytes(self) -> int | None:
        """What it takes of its pool: of one that is split over a GPU and RAM, the GPU's part."""
        return self.on_gpu if self.on_gpu and self._held else self.needed_bytes()

    def changed(self) -> None:
        self._view = None

    def view(self) -> ModelView:
        if self._view is None:
            self._view = self._make_view()
        return self._view

    def _make_view(self) -> ModelView:
        found = self.expected() if self.seen is not None or self.home else None
        return ModelView(
            info=self.info,
            residency=self.residency,
            pool=self.pool,
            footprint=self.held_bytes() if found else None,
            footprint_source=found.source if found else "unknown",
            pinned=self.pinned,
            enabled=self.enabled,
            healthy=self.healthy,
            leases=self.leases,
            waiting=len(self.tickets),
            ours=self.ours,
            last_used=self.last_used,
            speed=self.speed,
            abilities=self.abilities,
            used=self.used,
            ratings_up=self.ratings_up,
            ratings_down=self.ratings_down,
            loads=self.loads,
            problem=self.problem,
            loadable=self.backend.manages_memory,
            splits=self.splits,
            shares=self.shares,
            match=self.match,
            lesson=self.lesson,
            languages=self.languages,
            switches=self.switches,
            rest=self.rest,
            withheld=self.withheld,
        )
