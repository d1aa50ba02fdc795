"""The models as a list: filter, order and focus over the store's models. Pure."""

from collections.abc import Callable, Mapping, Sequence

from llmrouter_tui.core.domain import TASKS, Ability, ModelView
from llmrouter_tui.tui import terms
from llmrouter_tui.tui.beside import NOTHING, Beside, empty_columns
from llmrouter_tui.tui.order import Ordered, Sort
from llmrouter_tui.tui.state import Store

Key = Callable[[ModelView, Beside], float | str]

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


def _task_sort(task: str) -> Sort[Key]:
    return Sort(task, task, lambda model, _: _or_low(quality(model, task)), True)


SORTS = (
    Sort("model", "name", lambda model, _: model.info.name.lower(), False),
    Sort("backend", "backend", lambda model, _: model.info.backend, False),
    Sort("size", "size", lambda model, _: _or_low(model.info.parameters), True),
    Sort("ctx", "context", lambda model, _: _or_low(model.info.context_length), True),
    Sort("vram", "memory", lambda model, _: _or_low(model.footprint), True),
    Sort("state", "state", lambda model, _: _state(model), False),
    Sort("toks", "tokens/s", lambda model, _: model.speed.decode, True),
    *(_task_sort(task) for task in SHOWN_TASKS),
    Sort("used", "used", lambda model, _: model.used, True),
    Sort("win", "votes won", lambda _, beside: _or_low(beside.win), True),
    Sort("you", "your ratings", lambda model, _: model.ratings_up - model.ratings_down, True),
    Sort("age", "age of measurements", lambda _, beside: _or_low(beside.measured), True),
)
BY_USE = next(sort for sort in SORTS if sort.id == "used")

FIELDS = {
    "model": "model", "name": "model", "backend": "backend", "size": "size", "ctx": "ctx", "context": "ctx",
    "vram": "vram", "mem": "vram", "state": "state", "toks": "tps", "tps": "tps", "used": "used", "win": "win",
    "you": "you", "can": "can", "needs": "can", "quant": "quant", "pool": "pool", "gpu": "pool", "code": "coding",
    "reason": "reasoning", "extract": "extraction", "translate": "translation", **{task: task for task in TASKS},
}  # fmt: skip
"""Field names that a filter accepts, and the value each asks for. Sizes are in billions, memory in GiB, votes won in
percent; ``you`` are good ratings less bad ones."""


def value(model: ModelView, name: str, beside: Beside = NOTHING) -> terms.Value:
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
        "win": beside.win * 100 if beside.win is not None else None,
        "you": float(model.ratings_up - model.ratings_down),
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
        ("hosted", model.info.hosted),
        ("withheld", bool(model.withheld)),
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


class Roster(Ordered[Key]):
    """Which models are listed, in which order, and which one has the focus."""

    def __init__(self, store: Store) -> None:
        super().__init__(BY_USE)
        self._store = store
        self.query = ""
        self.ids: list[str] = []
        self.focus = ""
        """Id of the selected model; empty while the list is empty."""
        self.beside: Mapping[str, Beside] = {}
        """Votes and measurements, by model."""
        self._terms: tuple[terms.Term, ...] = ()
        self._versions = Versions()

    @property
    def filtered(self) -> bool:
        return bool(self._terms)

    @property
    def selected(self) -> ModelView | None:
        """The model in focus."""
        return self._store.models.get(self.focus)

    def about(self, model_id: str) -> Beside:
        """Votes and measurements of one model."""
        return self.beside.get(model_id, NOTHING)

    def version(self, model_id: str) -> int:
        """Grows when the model changed."""
        model = self._store.models.get(model_id)
        return self._versions.of(model) if model else -1

    def refresh(self) -> None:
        """Bring the list up to date."""
        models = self._store.models
        found = [model for model in models.values() if self._passes(model)]
        found.sort(key=lambda model: model.id)
        found.sort(key=lambda model: self.sort.key(model, self.about(model.id)), reverse=self.falling)
        self.ids = [model.id for model in found]
        if self.focus not in self.ids:
            self.focus = self.ids[0] if self.ids else ""

    def _passes(self, model: ModelView) -> bool:
        return terms.matches(self._terms, lambda name: value(model, name, self.about(model.id)), lambda: words(model))

    def filter(self, query: str) -> None:
        """List only what matches."""
        self.query = query
        self._terms = terms.parse(query, FIELDS)
        self.refresh()

    def sorts(self) -> Sequence[Sort[Key]]:
        """Those that have something to tell."""
        return [sort for sort in SORTS if sort.id == self.sort.id or sort.id not in empty_columns(self.beside)]

    def rebuild(self) -> None:
        self.refresh()
