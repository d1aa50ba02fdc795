"""What the user's rules do to a decision. Pure.

Rules act where the router chooses (``auto`` and its kin); a client that names a model gets that model. ``never`` and
``only`` are firm: when they leave nobody who can serve, the request is refused, and the refusal names them. ``always``
is a wish: when none of its models can serve (away, too small, blind), the usual choice is made among the rest, and the
explanation says so; the same when they could and all failed. Of several wishes the first counts, and each later one
chooses within it where it can.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from llmrouter_tui.core.chat import ChatRequest
from llmrouter_tui.core.decision import Analysis, Decision
from llmrouter_tui.core.domain import ModelView
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.resolving import named, resolve
from llmrouter_tui.core.rules import Rule

WHY_MOST = 28
"""Characters of a WHY clause, as the ledger's column has them."""

_RULE = "rule: "
_WISHED = f"{_RULE}always "

Models = tuple[ModelView, ...]
Choose = Callable[[Models], Decision]
"""The usual decision among some models. Raises ``RouterError`` when none of them can serve."""


def by_rules(
    rules: Sequence[Rule],
    request: ChatRequest,
    analysis: Analysis,
    models: Sequence[ModelView],
    choose: Choose,
) -> Decision:
    """The decision of ``choose`` among the models that the rules leave; every model that a rule took out is told with
    the rule, and so is a wish that could not be met.

    Raises ``RouterError`` as ``choose`` does, in words that name the firm rules when they are part of the reason.
    """
    everyone, resolved = tuple(models), resolve(request.model, models)
    task = resolved.task or analysis.task
    acting = [] if resolved.named else [r for r in rules if r.concerns(task, request.client, request.session)]
    if not acting:
        return choose(everyone)
    out = _barred(acting, everyone)
    left = tuple([m for m in everyone if m.id not in out])
    granted: Decision | None = None
    unmet: list[Rule] = []
    for rule in [r for r in acting if r.verb == "always"]:
        meant = rule.meant(everyone)
        wanted = tuple([m for m in left if m.id in meant])
        decision = _try(choose, wanted)
        if decision is None:
            unmet.append(rule)
        else:
            out |= {m.id: rule for m in left if m.id not in meant}
            granted, left = decision, wanted
    return _told(granted or _firmly(choose, left, out), out, unmet, everyone)


def by_wish(decision: Decision) -> bool:
    """Whether an ``always`` left models out, which may be asked when all that it wished for have failed."""
    return any(reason.startswith(_WISHED) for _, reason in decision.filtered)


def _barred(rules: Iterable[Rule], models: Models) -> dict[str, Rule]:
    """The models that firm rules take out, each with the first rule that does."""
    out: dict[str, Rule] = {}
    for rule in rules:
        if rule.verb != "always":
            meant = rule.meant(models)
            for model in models:
                if (model.id in meant) is (rule.verb == "never"):
                    out.setdefault(model.id, rule)
    return out


def _try(choose: Choose, models: Models) -> Decision | None:
    try:
        return choose(models) if models else None
    except RouterError:
        return None


def _firmly(choose: Choose, left: Models, out: Mapping[str, Rule]) -> Decision:
    """Choose among what firm rules left. Their refusal names them."""
    firm = "; ".join(dict.fromkeys(str(rule) for rule in out.values()))
    if out and not left:
        raise RouterError(
            "no_capable_model",
            f"Your rules leave no model for this request ({firm}).",
            hint="Change the rules (the command 'rules', or the setting), or name a model.",
        )
    try:
        return choose(left)
    except RouterError as error:
        if not out:
            raise
        raise RouterError(
            error.code,
            f"{error.message.removesuffix('.')}, and your rules leave no other ({firm}).",
            hint=error.hint,
            retryable=error.retryable,
            retry_after=error.retry_after,
            param=error.param,
            status=error.status,
        ) from error


def _told(decision: Decision, out: Mapping[str, Rule], unmet: Sequence[Rule], models: Models) -> Decision:
    """The decision with what rules did in its reasons."""
    reasons = dict(decision.filtered) | {model: f"{_RULE}{rule}" for model, rule in out.items()}
    for rule in unmet:
        for name in rule.models:
            for model in [m.id for m in named(name, models)] or [name]:
                reasons[model] = f"{reasons.get(model, 'not here')}; rule not met: {rule}"
    if not out and not unmet:
        return decision
    return replace(decision, filtered=tuple(sorted(reasons.items())), why=_why(decision, out, unmet))


def _why(decision: Decision, out: Mapping[str, Rule], unmet: Sequence[Rule]) -> str:
    """The WHY clause: what a rule decided comes first."""
    deciding = [rule for rule in out.values() if rule.verb != "never"]
    alone = len(decision.candidates) == 1
    if deciding and alone:
        rule = deciding[-1]
        what = rule.task or rule.client or rule.session
        return _cut(f"set by rule for {what}" if what else "set by your rule")
    if deciding:
        return _headed("by rule", decision.why)
    if unmet:
        return _headed("rule unmet", decision.why)
    return "only one your rules allow" if alone else decision.why


def _headed(head: str, why: str) -> str:
    return f"{head}: {why}" if len(head) + 2 + len(why) <= WHY_MOST else _cut(f"{head}: {why.partition(',')[0]}")


def _cut(text: str) -> str:
    return text if len(text) <= WHY_MOST else f"{text[: WHY_MOST - 1].rstrip()}…"
