"""Decisions as the audit log keeps them: MessagePack without names, a third of the size of JSON and of its time.

A decision holds some ninety numbers; every request writes one. What earlier versions wrote as JSON is read too.
"""

import msgspec

from llmrouter_tui.core.decision import Analysis, Breakdown, Candidate, Decision, Level, Seconds

_AnalysisRow = tuple[dict[str, float], str, float, Level, frozenset[str], str, int, int, bool]
_Terms = tuple[float, float, float, float, float]
"""Quality, speed, continuity, pinned, cost."""
_Times = tuple[float, float, float, float]
"""Queue, load, prefill, decode."""
_CandidateRow = tuple[str, float, _Terms, float, _Times, bool, int | None, str]
_Row = tuple[_AnalysisRow, list[_CandidateRow], tuple[tuple[str, str], ...], str, float, str, float, str, float]

_encode = msgspec.msgpack.Encoder().encode
_PACKED = msgspec.msgpack.Decoder(_Row)
_JSON = msgspec.json.Decoder(Decision)


def pack(decision: Decision) -> bytes:
    """Raises ``ValueError``, ``TypeError`` or ``OverflowError`` for what cannot be encoded."""
    a = decision.analysis
    return _encode(
        (
            (
                a.tasks,
                a.task,
                a.difficulty,
                a.level,
                a.needs,
                a.language,
                a.prompt_tokens,
                a.expected_tokens,
                a.background,
            ),
            [_candidate_row(candidate) for candidate in decision.candidates],
            decision.filtered,
            decision.chosen,
            decision.margin,
            decision.why,
            decision.preference,
            decision.requested,
            decision.seconds,
        )
    )


def unpack(stored: bytes | str) -> Decision:
    """Raises ``msgspec.MsgspecError`` for what is no decision."""
    if isinstance(stored, str):
        return _JSON.decode(stored)
    analysis, candidates, filtered, *rest = _PACKED.decode(stored)
    return Decision(Analysis(*analysis), tuple(map(_candidate, candidates)), filtered, *rest)


def _candidate_row(c: Candidate) -> _CandidateRow:
    b, s = c.breakdown, c.seconds
    terms, times = (b.quality, b.speed, b.continuity, b.pinned, b.cost), (s.queue, s.load, s.prefill, s.decode)
    return c.model, c.score, terms, c.predicted_quality, times, c.resident, c.footprint, c.note


def _candidate(row: _CandidateRow) -> Candidate:
    model, score, terms, quality, times, resident, footprint, note = row
    return Candidate(model, score, Breakdown(*terms), quality, Seconds(*times), resident, footprint, note)
