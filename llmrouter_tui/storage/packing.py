"""Decisions as the audit log keeps them: MessagePack without names, and numbers in blocks.

A decision holds some ninety numbers; every request writes one. What earlier versions wrote is read too: JSON, and
candidates packed one by one.
"""

import struct

import msgspec

from llmrouter_tui.core.decision import Analysis, Breakdown, Candidate, Decision, Level, Seconds
from llmrouter_tui.core.domain import TASKS
from llmrouter_tui.core.ranking import Ranking

UNENCODABLE = (UnicodeError, OverflowError, TypeError, ValueError, struct.error, msgspec.MsgspecError)
"""What ``pack`` raises for what cannot be kept."""

_Rest = tuple[tuple[tuple[str, str], ...], str, float, str, float, str, float]
"""The fields of a decision after its candidates."""


class _Facts(msgspec.Struct, array_like=True):
    """The fields of an analysis after its tasks; the last ones are not there in what earlier versions wrote."""

    task: str
    difficulty: float
    level: Level
    needs: frozenset[str]
    language: str
    prompt_tokens: int
    expected_tokens: int
    background: bool
    kinds: dict[str, float] | None
    switch: str = ""


_Row = tuple[bytes, _Facts, tuple[str, ...], tuple[str, ...], bytes, _Rest]
"""Shares of the tasks, the rest of the analysis; models, notes and block of the ranking, the rest of the decision."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Row).decode
_NOTHING = (0.0,) * len(TASKS)
_shares = struct.Struct(f"<{len(TASKS)}d")


def pack(decision: Decision) -> bytes:
    """Raises one of ``UNENCODABLE`` for what cannot be encoded."""
    a, ranked = decision.analysis, decision.candidates
    if not isinstance(ranked, Ranking):
        ranked = Ranking.of(ranked)
    facts = (
        a.task,
        a.difficulty,
        a.level,
        a.needs,
        a.language,
        a.prompt_tokens,
        a.expected_tokens,
        a.background,
        a.kinds,
        a.switch,
    )
    rest = (
        decision.filtered,
        decision.chosen,
        decision.margin,
        decision.why,
        decision.preference,
        decision.requested,
        decision.seconds,
    )
    shares = _shares.pack(*map(a.tasks.get, TASKS, _NOTHING))
    return _encode((shares, facts, ranked.models, ranked.notes, ranked.block, rest))


def unpack(stored: bytes | str) -> Decision:
    """Raises ``msgspec.MsgspecError`` or ``ValueError`` for what is no decision."""
    if isinstance(stored, str):
        return _JSON.decode(stored)
    if stored[:1] == _SINGLY:
        row = _decode_singly(stored)
        return Decision(Analysis(*row[0]), Ranking.of(map(_candidate, row[1])), *row[2:])
    shares, facts, models, notes, block, rest = _decode(stored)
    if len(shares) != _shares.size:
        raise ValueError("the shares are not of the tasks that there are")
    tasks = dict(zip(TASKS, _shares.unpack(shares), strict=True))
    return Decision(Analysis(tasks, *msgspec.structs.astuple(facts)), Ranking(models, notes, block), *rest)


# ── what earlier versions wrote ──

_AnalysisRow = tuple[dict[str, float], str, float, Level, frozenset[str], str, int, int, bool]
_Terms = tuple[float, float, float, float, float]
_Times = tuple[float, float, float, float]
_CandidateRow = tuple[str, float, _Terms, float, _Times, bool, int | None, str]
_SINGLY = b"\x99"
"""First byte of a list of nine."""
_decode_singly = msgspec.msgpack.Decoder(
    tuple[_AnalysisRow, list[_CandidateRow], tuple[tuple[str, str], ...], str, float, str, float, str, float]
).decode
_JSON = msgspec.json.Decoder(Decision)


def _candidate(row: _CandidateRow) -> Candidate:
    model, score, terms, quality, times, resident, footprint, note = row
    return Candidate(model, score, Breakdown(*terms), quality, Seconds(*times), resident, footprint, note)
