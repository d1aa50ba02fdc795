"""A decision comes back as it was; what the first version wrote is read too."""

from dataclasses import astuple, replace

import msgspec
import pytest
from hypothesis import given

from llmrouter_tui.core.decision import Decision
from llmrouter_tui.storage import rows
from llmrouter_tui.storage.packing import pack, unpack
from tests.storage import facts


@given(facts.decisions)
def test_any_decision_comes_back_as_it_was(decision: Decision) -> None:
    assert unpack(pack(decision)) == decision


def test_rows_of_the_first_version_are_json() -> None:
    found = unpack(msgspec.json.encode(facts.DECISION).decode())
    assert replace(found, candidates=tuple(found.candidates)) == facts.DECISION


def test_rows_of_the_second_version_hold_candidates_one_by_one() -> None:
    assert unpack(_singly(facts.DECISION)) == facts.DECISION


def test_rows_of_the_third_version_say_nothing_of_thinking() -> None:
    row = msgspec.msgpack.decode(pack(facts.DECISION))
    row[1] = row[1][:9]
    assert unpack(msgspec.msgpack.encode(row)) == facts.DECISION


def test_it_is_less_than_half_of_the_json() -> None:
    assert len(pack(facts.DECISION)) < len(msgspec.json.encode(facts.DECISION)) / 2


@pytest.mark.parametrize("stored", [b"\x00", pack(facts.DECISION)[:-1], msgspec.msgpack.encode([1, 2]), "{", "[]"])
def test_what_is_no_decision_is_refused(stored: bytes | str) -> None:
    with pytest.raises(msgspec.MsgspecError):
        unpack(stored)


def test_one_with_other_tasks_than_there_are_is_none() -> None:
    row = msgspec.msgpack.decode(pack(facts.DECISION))
    row[0] += bytes(8)
    assert rows.decision(msgspec.msgpack.encode(row)) is None


def _singly(decision: Decision) -> bytes:
    """As the second version packed it."""
    a = astuple(decision.analysis)[:9]
    candidates = [
        (
            c.model,
            c.score,
            astuple(c.breakdown),
            c.predicted_quality,
            astuple(c.seconds),
            c.resident,
            c.footprint,
            c.note,
        )
        for c in decision.candidates
    ]
    d = decision
    rest = d.chosen, d.margin, d.why, d.preference, d.requested, d.seconds
    return msgspec.msgpack.encode((a, candidates, d.filtered, *rest))
