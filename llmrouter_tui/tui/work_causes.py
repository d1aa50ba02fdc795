"""What of measuring and judging needs a person's eye, as causes for Attention. Pure."""

from collections.abc import Callable, Mapping, Sequence

from llmrouter_tui.core.grades import JudgeView, Refusal
from llmrouter_tui.core.profile import ModelProfile, ProfileRun, Profiles, Stale
from llmrouter_tui.tui import text
from llmrouter_tui.tui.attention import Cause

Name = Callable[[str], str]
JUDGE, PROFILE = "judge:", "profile:"
"""How the keys of these causes begin."""
DAY = 86_400.0
SOME = 3
"""Failed grades, and names in one line."""
STALE: Mapping[Stale, str] = {
    "quantization": "{} measured before it had this quantization",
    "digest": "{} measured before it had this digest: its weights are new",
    "prompts": "{} measured with other prompts than now",
    "age": "{} measured more than {days:.0f} days ago",
}
MANY = 0.1
"""Share of failed grades."""


def of_judge(view: JudgeView, name: Name) -> list[Cause]:
    """A judge that is refused or not to be had, that says what is no grade, and one that has no calls left today."""
    who = name(view.judge) if view.judge else "the judge"
    found = []
    if view.refusal is not None:
        found.append(_refuses(view.refusal, view.state == "failed", name))
    elif view.state == "failed":
        said = f"nothing is graded: {text.tame(view.message) or 'there is no judge'}"
        found.append(Cause(f"{JUDGE}failed", said, "(6, then c chooses a judge)", severity="warn"))
    asked = view.done + view.failed
    if view.failed >= SOME and view.failed >= MANY * asked:
        said = f"{who} gave no grade to {view.failed} of {asked} answers"
        found.append(Cause(f"{JUDGE}unread", said, "(6, then / is:failed says why)"))
    if view.budget and view.today >= view.budget and view.queued and view.state != "off":
        said = f"the judge's {text.count(view.budget)} calls of today are made, {view.queued} wait until midnight"
        found.append(Cause(f"{JUDGE}spent", said, "(judge_daily_calls allows more)", severity="note"))
    return found


def _refuses(refusal: Refusal, nobody: bool, name: Name) -> Cause:
    """``nobody``: no other judge took its place."""
    then = ", so nothing is graded" if nobody else ""
    said = f"{name(refusal.judge)} refuses to judge{then}: {text.tame(refusal.words)}"
    return Cause(f"{JUDGE}refused", said, f"({text.tame(refusal.hint)}; 6, then c chooses a judge)")


def of_profiles(found: Profiles, here: Sequence[str], max_age: float, name: Name) -> list[Cause]:
    """Models here whose figures are of other weights or prompts, or older than ``max_age`` seconds; what failed."""
    mine = [profile for profile in found.models if profile.model in here]
    failed = [profile for profile in mine if profile.failed]
    causes = []
    for cause, words in STALE.items():
        if stale := [profile for profile in mine if _mainly(profile) == cause]:
            said = words.format(_names(stale, name), days=max_age / DAY)
            severity = "note" if cause == "age" else "warn"
            causes.append(Cause(f"{PROFILE}{cause}", said, "(5, then b measures anew)", severity=severity))
    if failed:
        many = sum(profile.failed for profile in failed)
        said = f"{many} answer{'s' if many > 1 else ''} of {_names(failed, name)} failed in measuring"
        causes.append(Cause(f"{PROFILE}failed", said, "(5, then r asks again)"))
    return [*causes, *_gave_up(found.run, here, name)]


def _gave_up(run: ProfileRun, here: Sequence[str], name: Name) -> list[Cause]:
    """Models that the last run could not measure."""
    return [
        Cause(
            f"{PROFILE}gave up {one.model}",
            f"{name(one.model)} could not be measured: {text.tame(one.message) or 'it failed'}",
            "(5, then r tries again)",
        )
        for one in run.models
        if one.state == "failed" and one.model in here
    ]


def _mainly(profile: ModelProfile) -> Stale | None:
    """Why most of what is stale is so."""
    return max(profile.stale_by, key=lambda cause: profile.stale_by[cause], default=None)


def _names(profiles: Sequence[ModelProfile], name: Name) -> str:
    """``qwen3:8b``, ``a, b and 3 more``"""
    names = [name(profile.model) for profile in profiles]
    if len(names) <= SOME:
        return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
    return f"{', '.join(names[: SOME - 1])} and {len(names) - SOME + 1} more"
