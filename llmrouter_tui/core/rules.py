"""The user's own rules as they are written: never use a model for something, always (or only) use some for something.

A rule is a sentence: ``never llama3.3:70b for chat``, ``always qwen2.5-coder:7b for client aider``, ``only gemma3:4b,
ollama/phi4:14b for coding``. What they do to a decision is in ``core.ruling``.
"""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from llmrouter_tui.core.domain import TASKS, ModelView
from llmrouter_tui.core.resolving import named

Verb = Literal["never", "always", "only"]
VERBS: tuple[Verb, ...] = get_args(Verb)
LONGEST = 500
"""Characters of a rule, as a sentence."""
MOST = 50
"""Rules; every request asks each of them which models here it means (up to a tenth of a millisecond)."""
_TOO_LONG = f"must have at most {LONGEST} characters"

_FIELDS = ("task", "client", "session")
_SENTENCE = re.compile(r'(\w+)\s++((?:"[^"]*"|[^"])+?)(?:\s++for\s++((?:"[^"]*"|[^"])++))?', re.IGNORECASE)
"""Possessive, because what a person or a client sends must not be tried in a million ways."""
_COMMA = re.compile(r',(?=(?:[^"]*"[^"]*")*[^"]*$)')
"""Between things, not inside quotation marks."""
_CONDITION = re.compile(r"(client|session)\s+(.+)", re.IGNORECASE)
_ENDS = frozenset("/ (;")
"""What may follow a client's name: its version, its system."""


class RuleError(ValueError):
    """A rule that cannot be read. ``must`` is the end of a sentence that begins with the rule's place; ``inside`` is
    the field at fault of a rule given as fields."""

    def __init__(self, must: str, inside: str = "") -> None:
        super().__init__(must)
        self.must, self.inside = must, inside


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. It concerns requests that fit all of ``task``, ``client`` and ``session``; an empty one fits all."""

    verb: Verb
    models: tuple[str, ...]
    """Names as a client may write them: ``backend/name``, a name, an alias; whole names only."""
    task: str = ""
    client: str = ""
    """The name that a client gives itself (User-Agent), whole or up to its version."""
    session: str = ""
    """A conversation's explicit id."""

    def __str__(self) -> str:
        """The sentence that ``parse`` reads."""
        said = f"{self.verb} {', '.join(map(_quoted, self.models))}"
        for_ = [self.task] if self.task else []
        for_ += [f"{k} {_quoted(v)}" for k, v in (("client", self.client), ("session", self.session)) if v]
        return f"{said} for {', '.join(for_)}" if for_ else said

    def concerns(self, task: str, client: str, session: str) -> bool:
        """Whether it speaks of a request with this main task, from this client, in this conversation."""
        return (
            (not self.task or self.task == task)
            and (not self.session or self.session == session)
            and (not self.client or _is_client(self.client, client))
        )

    def meant(self, models: Sequence[ModelView]) -> frozenset[str]:
        """Ids of the models here that it names."""
        return frozenset([m.id for name in self.models for m in named(name, models)])


# ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────


def parse(given: object) -> Rule:
    """Read a rule: a sentence, or fields (``never``, ``always`` or ``only`` with one model or a list of them; ``task``,
    ``client``, ``session``). Raises ``RuleError``."""
    if isinstance(given, Rule):
        return given
    if isinstance(given, str):
        return _sentence(given.strip())
    if isinstance(given, Mapping):
        return _from_fields(given)
    raise RuleError("must be a sentence such as 'never llama3.3:70b for chat'")


def _sentence(text: str) -> Rule:
    verb = text.partition(" ")[0].lower()
    if len(text) > LONGEST:
        raise RuleError(_TOO_LONG)
    if verb not in VERBS:
        raise RuleError("must begin with never, always or only")
    found = _SENTENCE.fullmatch(text)
    if found is None or re.match(r"for\s|.*\sfor$", found[2], re.IGNORECASE):
        raise RuleError(f"must say which model and for what, as '{verb} llama3.1:8b for chat'")
    fields: dict[str, str] = {}
    for part in _COMMA.split(found[3]) if found[3] else ():
        if not part.strip():
            raise RuleError("must say what it is for between the commas")
        condition = _CONDITION.fullmatch(part.strip())
        key, value = (condition[1].lower(), condition[2]) if condition else ("task", part)
        if key in fields:
            raise RuleError(f"must name one {key}; write another rule for {value.strip()}")
        fields[key] = _unquoted(value)
    return _checked(verb, [_unquoted(name) for name in _COMMA.split(found[2])], fields)


def _unquoted(text: str) -> str:
    text = text.strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


def _from_fields(given: Mapping[object, object]) -> Rule:
    verbs = [verb for verb in VERBS if verb in given]
    for key in given:
        if key not in (*VERBS, *_FIELDS):
            near = difflib.get_close_matches(str(key)[:LONGEST], (*VERBS, *_FIELDS), 1, 0.0)[0]
            raise RuleError(f"is no key of a rule; the nearest is {near}", f".{key}")
    if len(verbs) != 1:
        raise RuleError("must have one of never, always and only, with the models")
    verb = verbs[0]
    models = given[verb]
    if isinstance(models, str):
        models = [models]
    if not isinstance(models, list | tuple) or not all(isinstance(name, str) for name in models):
        raise RuleError("must be a model, or a list of models", f".{verb}")
    fields: dict[str, str] = {}
    for key in _FIELDS:
        value = given.get(key, "")
        if not isinstance(value, str):
            raise RuleError("must be text", f".{key}")
        fields[key] = value
    return _checked(verb, models, fields)


def _checked(verb: str, models: Iterable[str], fields: Mapping[str, str]) -> Rule:
    names = tuple(dict.fromkeys(name.strip() for name in models))
    said = {key: value.strip() for key, value in fields.items()}
    if not names or not all(names):
        raise RuleError("must name a model")
    if any('"' in text or not text.isprintable() for text in (*names, *said.values())):
        raise RuleError("must hold no quotation marks or control characters inside names")
    task = said.get("task", "").lower()
    if task and task not in TASKS:
        near = difflib.get_close_matches(task[:LONGEST], TASKS, 1, 0.4)
        known = f"the nearest to {task!r} is {near[0]}" if near else ", ".join(TASKS)
        raise RuleError(f"must be for a task ({known}), for client NAME or for session ID")
    picked: Verb = next(known for known in VERBS if known == verb)
    rule = Rule(picked, names, task, said.get("client", ""), said.get("session", ""))
    if len(str(rule)) > LONGEST:
        raise RuleError(_TOO_LONG)
    return rule


def _quoted(name: str) -> str:
    return f'"{name}"' if "," in name or " for " in f" {name.lower()} " else name


def _is_client(wanted: str, label: str) -> bool:
    """``Open-WebUI`` is ``open-webui`` and ``Open-WebUI/0.9``, and not ``Open-WebUI-Fork``."""
    size, low = len(wanted), label.lower()
    return low.startswith(wanted.lower()) and (len(label) == size or label[size] in _ENDS)
