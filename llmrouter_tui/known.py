"""What is publicly known of a name, as lines of text: for ``models --why`` and ``eval-names``. Needs no router."""

from collections.abc import Iterable, Sequence
from typing import IO, Any

import msgspec

from llmrouter_tui.catalog.snapshot import Snapshot, names
from llmrouter_tui.core.catalog import Entry, Standing, standings
from llmrouter_tui.core.matching import Match
from llmrouter_tui.core.sync import BY_KEY, SOURCES


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


def matches(said: Iterable[tuple[str, str, bool]]) -> Sequence[Match]:
    """What names mean: (name, kind of the backend that says it or empty, whether it runs the weights here)."""
    return list(dict.fromkeys(names().match(name, kind, local=local) for name, kind, local in said))


def lines_of(name: str, found: Sequence[Match], snapshot: Snapshot) -> list[str]:
    """The match of a name, the abilities that its public figures make, and each figure with source and date."""
    lines: list[str] = []
    for match in found:
        lines += ["", *_match_lines(name, match)]
        if match.id:
            lines += _entry_lines(snapshot.entries[match.id], snapshot)
    return lines[1:]


def facts_of(found: Sequence[Match], snapshot: Snapshot) -> list[dict[str, Any]]:
    """The same for a program."""
    return [
        {
            "id": match.id,
            "near": match.near,
            "how": match.how,
            "abilities": standings(snapshot.entries[match.id], snapshot.benchmarks) if match.id else {},
        }
        for match in found
    ]


def _match_lines(name: str, match: Match) -> list[str]:
    if match.id:
        return [f"public figures: {match.id}   ({match.how})"]
    if match.near:
        return [f"public figures: none of {name}", f"  nearest is {match.near}, whose figures are not this model's"]
    return [f"public figures: none of {name}"]


def _entry_lines(entry: Entry, snapshot: Snapshot) -> list[str]:
    facts = [
        f"{entry.parameters / 1e9:.3g}B parameters" if entry.parameters else "size unknown",
        f"{entry.active_parameters / 1e9:.3g}B active" if entry.active_parameters else "",
        f"context {entry.context}" if entry.context else "",
        ", ".join(sorted(entry.capabilities)),
        f"released {entry.released}" if entry.released else "",
        f"figures also for: {', '.join(entry.modes)}" if entry.modes else "",
    ]
    lines = ["  " + " · ".join(filter(None, facts)), ""]
    if not entry.figures:
        return [*lines, "  no figures are known"]
    for task, found in standings(entry, snapshot.benchmarks).items():
        lines += _standing_lines(task, found, snapshot)
    return [*lines, *_by_key_lines(entry)]


def _by_key_lines(entry: Entry) -> list[str]:
    """Figures fetched with the user's key: shown to the user only, and in no ability, for others are told those."""
    labels = {SOURCES[source] for source in BY_KEY}
    own = [figure for figure in entry.figures if figure.source in labels]
    lines = [f"    {f.key:34.34} {f.value:>8.4g}  {f.as_of:10}  {f.source}" for f in own]
    return ["  not counted, for your eyes only", *lines] if lines else []


def _standing_lines(task: str, found: Standing, snapshot: Snapshot) -> list[str]:
    lines = [f"  {task:12} {found.mean:.2f}   weight {found.strength:.2f}"]
    for ground in found.grounds:
        figure, benchmark = ground.figure, snapshot.benchmarks[ground.figure.key]
        value = f"{figure.value:.4g}{'%' if benchmark.unit == 'pct' else ''}"
        lines.append(
            f"    {benchmark.title:34.34} {value:>8} = {ground.share:.2f}  weight {ground.weight:.2f}  "
            f"{figure.as_of:10}  {figure.source}"
        )
    return lines
