"""The models as a list: filter, order and focus over the store's models. Pure."""

from collections.abc import Callable
from typing import NamedTuple

from llmrouter_tui.core.domain import TASKS, Ability, ModelView
from llmrouter_tui.tui import terms
from llmrouter_tui.tui.state import Store

Key = Callable[[ModelView], float | str]

SHOWN_TASKS = (
    "coding",
    "math",
    "reasoning",
    "chat",
    "factual",
    "creative",
    "instruction",
    "extraction",
    "translation",
)
"""Tasks in the order of their columns: the first ones stay when the terminal narrows."""

GUESS_BELOW = 0.5
"""Pseudo-observations."""


class Sort(NamedTuple):
    """A column that the list can be ordered by. ``falling`` is the order it starts with."""

    id: str
    label: str
    key: Key
    falling: bool


def quality(model: ModelView, task: str) -> float | None:
    """The estimated quality of a model on a task; None where nothing is known."""
    ability = model.abilities.get(task)
    return ability.mean if ability else None


def guessed(model: ModelView, task: str) -> bool:
    """Whether a score rests on the model's size and name: next to nobody has checked, graded or rated it."""
    ability = model.abilities.get(task)
    return ability is not None and is_guess(ability)


def is_guess(ability: Ability) -> bool:
    """Whether all evidence but size and name together weighs less than half an observation."""
    return sum(item.weight for item in ability.evidence if item.source not in ("prior", "affinity")) < GUESS_BELOW


def embeds_only(model: ModelView) -> bool:
    """Whether the model makes embeddings and no text."""
    return "embedding" in model.info.capabilities and "completion" not in model.info.capabilities


def _or_low(value: float | None) -> float:
    return -1e9 if value is None else value


def _state(model: ModelView) -> float:
    order = {"resident": 0, "loading": 1, "unloading": 2, "unknown": 3, "absent": 4}
    return order[model.residency] + (0 if model.healthy and not model.problem else 10) - (0.5 if model.busy else 0)


def _task_sort(task: str) -> Sort:
    return Sort(task, task, lambda model: _or_low(quality(model, task)), True)


SORTS = (
    Sort("model", "name", lambda model: model.info.name.lower(), False),
    Sort("backend", "backend", lambda model: model.info.backend, False),
    Sort("size", "size", lambda model: _or_low(model.info.parameters), True),
    Sort("ctx", "context", lambda model: _or_low(model.info.context_length), True),
    Sort("vram", "memory", lambda model: _or_low(model.footprint), True),
    Sort("state", "state", _state, False),
    Sort("toks", "tokens/s", lambda model: model.speed.decode, True),
    *(_task_sort(task) for task in SHOWN_TASKS),
    Sort("used", "used", lambda model: model.used, True),
    Sort("you", "your ratings", lambda model: model.ratings_up - model.ratings_down, True),
)
BY_USE = next(sort for sort in SORTS if sort.id == "used")

FIELDS = {
    "model": "model", "name": "model", "backend": "backend", "size": "size", "ctx": "ctx", "context": "ctx",
    "vram": "vram", "mem": "vram", "state": "state", "toks": "tps", "tps": "tps", "used": "used", "can": "can",
    "needs": "can", "quant": "quant", "pool": "pool", "gpu": "pool", "code": "coding", "reason": "reasoning",
    "extract": "extraction", "translate": "translation", **{task: task for task in TASKS},
}  # fmt: skip
"""Field names that a filter accepts, and the value each asks for. Sizes are in billions, memory in GiB."""


def value(model: ModelView, name: str) -> terms.Value:
    """The value of a filter field."""
    info = model.info
    if name in TASKS:
        return quality(model, name)
    simple: dict[str, terms.Value] = {
        "model": info.name,
        "backend": info.backend,
        "size": info.parameters / 1e9 if info.parameters else None,
        "ctx": float(info.context_length) if info.context_length else None,
        "vram": model.footprint / 1024**3 if model.footprint is not None else None,
        "state": state_words(model),
        "tps": model.speed.decode,
        "used": float(model.used),
        "can": " ".join(sorted(info.capabilities)),
        "quant": info.quantization,
        "pool": model.pool,
    }
    return simple.get(name)


def state_words(model: ModelView) -> str:
    """The words that ``state:`` finds a model by."""
    said: list[str] = [model.residency]
    if model.residency == "resident":
        said.append("loaded")
    for word, holds in (
        ("busy", model.busy),
        ("idle", model.residency == "resident" and not model.busy),
        ("pinned", model.pinned),
        ("off", not model.enabled),
        ("down", not model.healthy),
    ):
        if holds:
            said.append(word)
    return " ".join(said)


def words(model: ModelView) -> str:
    """The text that plain words of a filter are searched in."""
    info = model.info
    can = " ".join(info.capabilities)
    return f"{info.id} {info.family} {info.quantization} {can} {model.pool} {state_words(model)} {model.problem}"


class Versions:
    """Counts how often each model changed, so that a row is drawn again only then."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[ModelView, int]] = {}

    def of(self, model: ModelView) -> int:
        """A number that grows when the model differs from the last time it was asked for."""
        known = self._seen.get(model.id)
        if known is None or known[0] is not model:
            known = self._seen[model.id] = (model, known[1] + 1 if known else 0)
        return known[1]


class Roster:
    """Which models are listed, in which order, and which one has the focus."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.query = ""
        self.sort = BY_USE
        self.falling = True
        self.ids: list[str] = []
        self.focus = ""
        """Id of the selected model; empty while the list is empty."""
        self._terms: tuple[terms.Term, ...] = ()
        self._versions = Versions()

    @property
    def filtered(self) -> bool:
        return bool(self._terms)

    @property
    def selected(self) -> ModelView | None:
        """The model in focus."""
        return self._store.models.get(self.focus)

    def version(self, model_id: str) -> int:
        """Grows when the model changed."""
        model = self._store.models.get(model_id)
        return self._versions.of(model) if model else -1

    def refresh(self) -> None:
        """Bring the list up to date."""
        models = self._store.models
        found = [model for model in models.values() if self._passes(model)]
        found.sort(key=lambda model: model.id)
        found.sort(key=lambda model: self.sort.key(model), reverse=self.falling)
        self.ids = [model.id for model in found]
        if self.focus not in self.ids:
            self.focus = self.ids[0] if self.ids else ""

    def _passes(self, model: ModelView) -> bool:
        return terms.matches(self._terms, lambda name: value(model, name), lambda: words(model))

    def filter(self, query: str) -> None:
        """List only what matches."""
        self.query = query
        self._terms = terms.parse(query, FIELDS)
        self.refresh()

    def shift_sort(self, step: int) -> None:
        """Order by the column ``step`` places to the right."""
        index = next(i for i, sort in enumerate(SORTS) if sort.id == self.sort.id)
        self.sort = SORTS[(index + step) % len(SORTS)]
        self.falling = self.sort.falling
        self.refresh()

    def reverse(self) -> None:
        """The same column the other way round."""
        self.falling = not self.falling
        self.refresh()
