"""The models as Profile lists them: those of the run first, then those measured before, then the others. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from llmrouter_tui.core.ability import is_embedding
from llmrouter_tui.core.domain import NEEDS, ModelView
from llmrouter_tui.core.profile import ModelProfile, ModelProgress, ProfileRun, Profiles, TaskProgress, TaskScore
from llmrouter_tui.tui.state import Store
from llmrouter_tui.tui.work_text import IN_TURN, asked_about


@dataclass(frozen=True, slots=True)
class Benched:
    """One model: what it is, how far it is in the run under way or the last one, and what is known of it so far."""

    id: str
    view: ModelView | None = None
    progress: ModelProgress | None = None
    profile: ModelProfile | None = None
    turn: int = 0
    """Its place among those that wait for their turn, from 1; 0 where it waits for none."""
    about: str = ""
    """The task or need that it is asked about now."""
    running: bool = False
    """Whether the run is under way."""

    @property
    def active(self) -> bool:
        """Whether it is its turn."""
        return self.running and self.progress is not None and self.progress.state in IN_TURN

    def task(self, name: str) -> TaskProgress | None:
        """How far the run is with one task of it, where it has prompts there."""
        tasks = self.progress.tasks if self.progress else ()
        return next((task for task in tasks if task.task == name and task.total), None)

    def score(self, name: str) -> TaskScore | None:
        """What was checked of it in one task, in all runs."""
        tasks = self.profile.tasks if self.profile else ()
        return next((task for task in tasks if task.task == name and task.checked), None)


def benched(store: Store, found: Profiles | None) -> dict[str, Benched]:
    """All that can be measured, by id, in the order of the list."""
    run = store.profile
    known = {profile.model: profile for profile in found.models} if found else {}
    rows = {one.id: one for one in _of_run(run, store.models, known)}
    rest = [model for model in store.models.values() if model.id not in rows and not is_embedding(model.info)]
    rest.sort(key=lambda model: model.id)
    rest.sort(key=lambda model: -known[model.id].at if model.id in known else 0.0)
    rows.update({model.id: Benched(model.id, model, None, known.get(model.id)) for model in rest})
    return rows


def _of_run(run: ProfileRun, models: Mapping[str, ModelView], known: Mapping[str, ModelProfile]) -> list[Benched]:
    rows, turn = [], 0
    for progress in run.models:
        waits = run.running and progress.state == "queued"
        turn += waits
        about = asked_about(run) if progress.state in IN_TURN else ""
        rows.append(
            Benched(
                progress.model,
                models.get(progress.model),
                progress,
                known.get(progress.model),
                turn if waits else 0,
                about,
                run.running,
            )
        )
    return rows


def needs_seen(rows: Mapping[str, Benched]) -> tuple[str, ...]:
    """The needs beyond text about which any model was or will be asked."""
    found = {task.task for row in rows.values() for task in (row.progress.tasks if row.progress else ()) if task.total}
    found |= {task.task for row in rows.values() for task in (row.profile.tasks if row.profile else ())}
    return tuple(need for need in NEEDS if need in found)


def failed_prompts(store: Store, rows: Mapping[str, Benched]) -> tuple[str, ...]:
    """Models of which an answer failed."""
    return tuple(row.id for row in rows.values() if row.id in store.models and row.profile and row.profile.failed)


def gave_up(store: Store, rows: Mapping[str, Benched]) -> tuple[str, ...]:
    """Models that could not be measured in the last run."""
    ended = [row.id for row in rows.values() if row.progress and row.progress.state == "failed"]
    return tuple(id_ for id_ in ended if id_ in store.models)
