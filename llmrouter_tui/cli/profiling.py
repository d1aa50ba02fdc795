"""Measuring as the command line tells of it: a bar while it goes on, a line per model when it is over."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from llmrouter_tui.core.domain import NEEDS, TASKS
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.ports.control import Control
from llmrouter_tui.core.probing import against, shortly
from llmrouter_tui.core.profile import ModelProfile, ModelProgress, Only, ProfileRun, Profiles, right_words

POLL: Final = 0.5
"""Seconds between two looks at a router that does it."""
GIB: Final = 1024**3
MOVED: Final = 4
"""Changes of abilities that a line has room for, the largest."""
GOES_ON: Final = "What was found is kept, and measuring goes on by itself when that router runs again."


async def follow(
    control: Control,
    models: Sequence[str],
    report: Callable[[ProfileRun], None],
    *,
    quick: bool = True,
    again: bool = False,
    only: Only = "",
    pause: float = POLL,
) -> Profiles:
    """Start a run at a router (where no model is named: or join the one that is under way there) and wait for its end;
    cancelled here, it is stopped there. Raises ``RouterError``."""
    found = await control.profiles()
    if models or not found.run.running:
        await control.profile(models, quick=quick, again=again, only=only)
    try:
        while (found := await control.profiles()).run.running:
            report(found.run)
            await asyncio.sleep(pause)
    except asyncio.CancelledError:
        await control.cancel_profile()
        raise
    except RouterError as error:
        if error.code != "backend_unreachable":
            raise
        raise RouterError(error.code, error.message, hint=GOES_ON) from error
    report(found.run)
    return found


class Bar:
    """A bar on the terminal that is written over; nothing where stderr is no terminal."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[eta]}"),
        )
        self._progress = Progress(*columns, console=console, disable=not console.is_terminal, transient=True)
        self._task: TaskID = self._progress.add_task("", total=None, eta="")

    def __enter__(self) -> "Bar":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def __call__(self, run: ProfileRun) -> None:
        self._progress.update(
            self._task, description=doing(run), completed=run.done, total=run.total or None, eta=eta_words(run.eta)
        )


def doing(run: ProfileRun) -> str:
    """What goes on now: ``ollama/qwen3:8b math-rolls``, ``ollama/qwen3:8b waits: 2 requests of live traffic first``."""
    now = _in_turn(run)
    if now is None:
        return "measuring"
    if now.state == "loading":
        return f"{now.model} is loaded"
    return f"{now.model} waits: {now.message}" if now.state == "waiting" else f"{now.model} {run.prompt}"


def stopped(run: ProfileRun) -> str:
    """What ``--stop`` stopped: ``stopped measuring at ollama/qwen3:8b, after 2 of 23 prompts; ...``."""
    if not run.running:
        return "nothing was being measured"
    now = _in_turn(run)
    at = f" at {now.model}," if now else ""
    return f"stopped measuring{at} after {run.done} of {run.total} prompts; what was found is kept"


def _in_turn(run: ProfileRun) -> ModelProgress | None:
    return next((model for model in run.models if model.state in ("waiting", "loading", "asking")), None)


def eta_words(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return f"about {seconds:.0f} s left" if seconds < 90 else f"about {seconds / 60:.0f} min left"


def told(found: Profiles) -> list[str]:
    """The outcome of the last run, a few lines for each of its models."""
    known = {profile.model: profile for profile in found.models}
    lines = [line for model in found.run.models for line in _lines(model, known.get(model.model))]
    if found.run.code:
        lines.append(f"The code of answers was not checked: {found.run.code}.")
    return lines


def _lines(model: ModelProgress, profile: ModelProfile | None) -> list[str]:
    parts = [f"{model.done} of {model.total} prompts in {model.seconds:.0f} s"]
    parts += [f"{model.fresh} fresh ones left as they were"] if model.fresh else []
    parts += [f"{model.failed} failed"] if model.failed else []
    lines = [f"{model.model}  {model.state}: {', '.join(parts)}{f'; {model.message}' if model.message else ''}"]
    if profile is not None:
        told = scores(profile), endless(profile), speeds(profile), shortly(profile.probes)
        lines += [f"  {words}" for words in told if words]
        lines += [f"  {words}" for words in against(profile.probes, model.model.partition("/")[0])]
    if model.moved:
        largest = sorted(model.moved, key=lambda effect: -abs(effect.after - effect.before))[:MOVED]
        lines.append("  " + ", ".join(f"{e.task} {e.before:.2f} → {e.after:.2f}" for e in largest))
    return lines


def scores(profile: ModelProfile) -> str:
    """What it passed of what was checked, by task: ``chat 2/3  math 1.5/2``."""
    by_task = {score.task: score for score in profile.tasks}
    known = [by_task[task] for task in (*TASKS, *NEEDS) if task in by_task]
    told = [f"{score.task} {right_words(score.right)}/{score.checked}" for score in known]
    told += [f"{profile.ungraded} wait for a judge"] if profile.ungraded else []
    return "  ".join(told)


def endless(profile: ModelProfile) -> str:
    """That a model does not come to an end, where it does not."""
    return f"it babbles: {profile.cut} answers ended only where they were cut off" if profile.babbles else ""


def speeds(profile: ModelProfile) -> str:
    """Medians: ``TTFT 0.21 s, reads 850 tok/s, writes 42 tok/s, loads in 4 s, takes 5.0 GiB``."""
    told = [f"TTFT {profile.ttft:.2f} s"] if profile.ttft is not None else []
    told += [f"reads {profile.prefill:.0f} tok/s"] if profile.prefill is not None else []
    told += [f"long prompts {profile.prefill_long:.0f} tok/s"] if profile.prefill_long is not None else []
    told += [f"writes {profile.decode:.0f} tok/s"] if profile.decode is not None else []
    told += [f"after long prompts {profile.decode_long:.0f} tok/s"] if profile.decode_long is not None else []
    told += [f"thinks {profile.thought_seconds:.1f} s"] if profile.thought_seconds is not None else []
    told += [f"loads in {profile.load_seconds:.1f} s"] if profile.load_seconds is not None else []
    told += [f"takes {profile.footprint / GIB:.1f} GiB"] if profile.footprint is not None else []
    return ", ".join(told)
