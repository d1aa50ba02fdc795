"""Facts without a word of what clients, models, judges or the user said. Pure.

Errors go too: servers quote prompts in them. Codes, figures, names and times stay, and the router's own problems.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from llmrouter_tui.core import events as ev
from llmrouter_tui.core.decision import Exchange, Feedback
from llmrouter_tui.core.domain import ModelView
from llmrouter_tui.core.export import silent
from llmrouter_tui.core.forgetting import wordless
from llmrouter_tui.core.grades import Grade, JudgeView
from llmrouter_tui.core.ports.control import Snapshot
from llmrouter_tui.core.profile import ProfileRun

LEFT_OUT: Final = "(not recorded)"


def _exchange(exchange: Exchange) -> Exchange:
    found = silent(exchange)
    assert isinstance(found, Exchange)
    return found


def _feedback(feedback: Feedback) -> Feedback:
    found = silent(feedback)
    assert isinstance(found, Feedback)
    return found


def _grade(grade: Grade) -> Grade:
    found = silent(grade)
    assert isinstance(found, Grade)
    return found


def _model(model: ModelView) -> ModelView:
    return model if model.rest is None else replace(model, rest=replace(model.rest, why=LEFT_OUT))


def _run(run: ProfileRun) -> ProfileRun:
    return replace(
        run,
        question="",
        answer="",
        models=tuple(replace(model, message="") for model in run.models),
        seen=tuple(replace(one, reason="") for one in run.seen),
    )


def _judge(judge: JudgeView) -> JudgeView:
    refusal = replace(judge.refusal, words=LEFT_OUT) if judge.refusal is not None else None
    return replace(judge, message=LEFT_OUT if judge.state == "failed" else judge.message, refusal=refusal)


def _line(line: ev.LogLine) -> ev.LogLine:
    """Of a warning what it is about: behind the first colon it tells what a server answered."""
    if line.level not in ("warn", "error"):
        return line
    about, colon, _ = line.text.partition(": ")
    return replace(line, text=f"{about}: {LEFT_OUT}") if colon else line


_SILENT: Final[dict[type, Callable[[Any], Any]]] = {
    ev.ExchangeStarted: lambda fact: replace(fact, exchange=_exchange(fact.exchange)),
    ev.ExchangeFinished: lambda fact: replace(fact, exchange=_exchange(fact.exchange)),
    ev.AttemptFailed: lambda fact: replace(fact, attempt=wordless((fact.attempt,))[0]),
    ev.Rated: lambda fact: replace(fact, feedback=_feedback(fact.feedback)),
    ev.ModelsChanged: lambda fact: replace(fact, models=tuple(_model(model) for model in fact.models)),
    ev.ProfileChanged: lambda fact: replace(fact, run=_run(fact.run)),
    ev.Graded: lambda fact: replace(fact, grade=_grade(fact.grade)),
    ev.JudgeChanged: lambda fact: replace(fact, judge=_judge(fact.judge)),
    ev.LogLine: _line,
}
WORDLESS: Final[frozenset[str]] = frozenset(
    {
        "Decided", "Waiting", "FirstToken", "Progress", "Voted", "TextsForgotten", "BackendChanged", "ResidencyChanged",
        "DevicesSampled", "VramChanged", "ServiceChanged", "SettingChanged", "FetchProgress", "SyncChanged",
        "SpendChanged",
    }
)  # fmt: skip
"""Kinds of facts that carry nothing that anybody said. One that is neither here nor above is not recorded."""
TREATED: Final[frozenset[str]] = frozenset(kind.__name__ for kind in _SILENT)


def quiet(fact: ev.Fact) -> ev.Fact | None:
    """The fact without texts; None for a kind of which nobody said whether it has any."""
    make = _SILENT.get(type(fact))
    if make is not None:
        return make(fact)  # type: ignore[no-any-return]
    return fact if type(fact).__name__ in WORDLESS else None


def quiet_snapshot(snapshot: Snapshot) -> Snapshot:
    return replace(
        snapshot,
        exchanges=tuple(_exchange(exchange) for exchange in snapshot.exchanges),
        models=tuple(_model(model) for model in snapshot.models),
        log=tuple(_line(line) for line in snapshot.log),
        profile=_run(snapshot.profile),
        judge=_judge(snapshot.judge),
    )
