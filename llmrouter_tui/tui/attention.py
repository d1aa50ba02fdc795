"""What needs a person's eye: one entry per cause, with how often, since when and what to do. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from llmrouter_tui.core.domain import BackendView, Problem, ResidencyEvent
from llmrouter_tui.core.memory_words import HELD, RELEASED_BY_KEY
from llmrouter_tui.core.vram import Thrash, VramView
from llmrouter_tui.tui import text


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing that is wrong. ``key`` is what a dismissal remembers."""

    key: str
    message: str
    hint: str = ""
    severity: str = "warn"
    """``bad`` when something does not work, ``warn`` when it works less well, ``note`` for the rest."""
    since: float = 0.0
    last: float = 0.0
    count: int = 1
    detail: str = ""


@dataclass(slots=True)
class AttentionBook:
    """Collects causes from facts; ``causes`` lists those that stand and were not dismissed, worst first."""

    problems: tuple[Problem, ...] = ()
    down: dict[str, BackendView] = field(default_factory=dict)
    fallbacks: dict[str, int] = field(default_factory=dict)
    standing: dict[str, Cause] = field(default_factory=dict)
    dismissed: dict[str, tuple[float, int]] = field(default_factory=dict)

    def backend(self, view: BackendView, removed: bool = False) -> None:
        """A backend that is down is one cause until it is back."""
        if view.health == "down" and not removed:
            self.down[view.name] = view
        else:
            self.down.pop(view.name, None)
            self.fallbacks.pop(view.name, None)
            self.dismissed.pop(f"down:{view.name}", None)

    def fell_back(self, backend: str) -> None:
        """A request left this backend for another model."""
        self.fallbacks[backend] = self.fallbacks.get(backend, 0) + 1

    def residency(self, event: ResidencyEvent) -> None:
        """A load that failed stands until the same model loads."""
        key = f"load:{event.model}"
        if event.kind == "load_failed":
            self.add(Cause(key, f"{event.model} did not load: {event.reason}", severity="bad", since=event.at))
        elif event.kind == "unload_failed":
            self.add(Cause(key, f"{event.model} did not unload: {event.reason}", severity="bad", since=event.at))
        else:
            self.standing.pop(key, None)

    def vram(self, view: VramView) -> bool:
        """Memory that is held free, and models that throw each other out, stand as long as that is so; whether
        anything changed."""
        causes = [_thrash(one, view.at) for one in view.thrash]
        if view.held:
            causes.append(Cause(HOLD, HELD, f"({RELEASED_BY_KEY})"))
        return self.keep(MEMORY, causes, view.at)

    def keep(self, kind: str, causes: Sequence[Cause], at: float) -> bool:
        """Let just these causes stand of those whose keys begin with ``kind``, as long as they are told; whether
        anything changed. What was dismissed comes back once it was gone in between."""
        wanted = {cause.key: cause for cause in causes}
        about = [key for key in (*self.standing, *self.dismissed) if key.startswith(kind)]
        gone = [key for key in about if key not in wanted]
        for key in gone:
            self.standing.pop(key, None)
            self.dismissed.pop(key, None)
        changed = bool(gone)
        for key, cause in wanted.items():
            known = self.standing.get(key)
            since = known.since if known else cause.since or at
            cause = replace(cause, since=since, last=since)
            if key not in self.dismissed and cause != known:
                self.standing[key], changed = cause, True
        return changed

    def add(self, cause: Cause) -> None:
        """Note a cause; the same key again only counts up."""
        known = self.standing.get(cause.key)
        if known:
            cause = replace(cause, since=known.since, count=known.count + 1)
        self.standing[cause.key] = replace(cause, last=cause.last or cause.since)

    def dismiss(self, now: float, key: str = "") -> int:
        """Hide one cause, or everything shown now, until it changes; how many went."""
        shown = [cause for cause in self.causes(now) if key in ("", cause.key)]
        for cause in shown:
            self.dismissed[cause.key] = (cause.since, cause.count)
            self.standing.pop(cause.key, None)
        return len(shown)

    def causes(self, now: float) -> list[Cause]:
        """Standing causes, worst first; times in the words are told from ``now``."""
        found = [self._down(view, now) for view in self.down.values()]
        found += [self._problem(problem) for problem in self.problems]
        found += self.standing.values()
        found = [cause for cause in found if self.dismissed.get(cause.key) != (cause.since, cause.count)]
        return sorted(found, key=lambda cause: ("bad", "warn", "note").index(cause.severity))

    def _down(self, view: BackendView, now: float) -> Cause:
        moved = self.fallbacks.get(view.name, 0)
        words = f"{view.name} down for {text.span(now - view.since)}" if view.since else f"{view.name} is down"
        if moved:
            words += f", {moved} request{'s' if moved > 1 else ''} fell back"
        return Cause(f"down:{view.name}", words, since=view.since, last=now, count=1 + moved, detail=view.detail)

    def _problem(self, problem: Problem) -> Cause:
        return Cause(
            f"problem:{problem.code}",
            problem.message,
            problem.hint,
            severity="bad" if problem.code in BLOCKING else "warn",
            since=problem.since,
            count=problem.count,
            detail=problem.detail,
        )


def _thrash(thrash: Thrash, at: float) -> Cause:
    message = f"{' and '.join(thrash.models)} keep throwing each other out of {thrash.pool}"
    return Cause(f"{THRASH}{' '.join(thrash.models)}", message, "(4 says what helps)", since=at)


MEMORY = "memory:"
HOLD, THRASH = f"{MEMORY}held", f"{MEMORY}thrash:"
BLOCKING = frozenset({"port_taken", "not_serving", "database_full", "database_locked", "worker_crashed"})
"""Problem codes that stop something from working at all."""
