"""What is publicly known of a name, as lines of text: for ``models --why`` and ``eval-names``. Needs no router."""

from collections.abc import Iterable, Mapping, Sequence
from typing import IO, Any

import msgspec

from llmrouter_tui.catalog.snapshot import names
from llmrouter_tui.core.domain import CatalogMatch, ModelView
from llmrouter_tui.core.dossier import OWN, Dossier, match_words
from llmrouter_tui.service.public import named


class _Question(msgspec.Struct):
    input: str
    kind: str | None = None


def answer_names(lines: Iterable[bytes], out: IO[bytes]) -> None:
    """Answer each line ``{"input", "kind"}`` with one line ``{"id", "near"}``, at once; a line that cannot be read is
    answered with what is wrong with it."""
    for line in lines:
        try:
            question = msgspec.json.decode(line, type=_Question)
            match = names().match(question.input, question.kind or "")
            answer = {"id": match.id, "near": match.near}
        except msgspec.MsgspecError as error:
            answer = {"id": None, "near": None, "error": str(error)}
        out.write(msgspec.json.encode(answer) + b"\n")
        out.flush()


def matches(name: str, views: Sequence[ModelView], kinds: Mapping[str, str]) -> Sequence[CatalogMatch]:
    """What the router takes these models for, or where it does not say, and of a name that no backend (``kinds`` by
    their names) has, what the shipped catalog does."""

    def shipped(name: str, kind: str = "", *, local: bool = False) -> CatalogMatch:
        return named(name, kind, local=local).taken()

    found = [v.match or shipped(v.info.name, kinds.get(v.info.backend, ""), local=v.info.local) for v in views]
    return list(dict.fromkeys(found)) or [shipped(name)]


def entries_of(found: Iterable[CatalogMatch]) -> Sequence[str]:
    """The entries whose figures are to be told."""
    return [match.own for match in found if match.own]


def lines_of(found: Sequence[CatalogMatch], dossiers: Iterable[Dossier]) -> list[str]:
    """What a name is taken for, the abilities that its public figures make, and each figure with source and date."""
    known = {one.id: one for one in dossiers}
    lines: list[str] = []
    for match in found:
        lines += ["", f"public figures: {match_words(match)}"]
        if match.own in known:
            lines += _dossier_lines(known[match.own].run_in(match.mode))
    return lines[1:]


def facts_of(found: Sequence[CatalogMatch], dossiers: Iterable[Dossier]) -> list[dict[str, Any]]:
    """The same for a program."""
    known = {one.id: one for one in dossiers}
    return [
        {
            "id": match.own or None,
            "near": match.near or None,
            "match": match,
            "known": known[match.own].run_in(match.mode) if match.own in known else None,
        }
        for match in found
    ]


def _dossier_lines(known: Dossier) -> list[str]:
    lines = [f"  {known.about}", ""]
    for task in known.tasks:
        lines.append(f"  {task.task:12} {task.mean:.2f}   weight {task.strength:.2f}")
        lines += [
            f"    {f.title:34.34} {f.result:>8} = {f.share:.2f}  weight {f.weight:.2f}  {f.as_of:10}  {f.source}"
            for f in task.figures
        ]
    if known.own:
        lines.append(f"  {OWN}")
        lines += [f"    {f.title:34.34} {f.result:>8}  {f.as_of:10}  {f.source}" for f in known.own]
    return lines if known.tasks or known.own else [*lines, "  no figures are known"]
