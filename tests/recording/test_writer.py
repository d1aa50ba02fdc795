"""A recording under way: what is handed over is on the disk soon, and nothing ever waits for it."""

import resource
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from llmrouter_tui import codec
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.events import Envelope, LogLine, Progress
from llmrouter_tui.core.ports.control import Snapshot
from llmrouter_tui.recording import writer
from llmrouter_tui.recording.lines import Ended, Item
from llmrouter_tui.recording.reader import Recording
from llmrouter_tui.recording.writer import RING, Recorder
from tests.recording.traffic import START, events

FAILED: list[str] = []


@pytest.fixture
def path(tmp_path: Path) -> Path:
    FAILED.clear()
    return tmp_path / "it.jsonl"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "FLUSH_SECONDS", 0.01)


def recorder(path: Path, *, texts: bool = False) -> Recorder:
    return Recorder(path, version="0.1.0", texts=texts, failed=FAILED.append)


def items(path: Path) -> Iterator[Item]:
    recording = Recording(path)
    yield recording.start_at(recording.begins)
    while (item := recording.read()) is not None:
        yield item
        if isinstance(item, Ended):
            break


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


def test_what_was_handed_over_is_read_back_in_order(path: Path) -> None:
    story = list(events(3))
    with_texts = recorder(path, texts=True)
    with_texts.start_from(START, 0.0)
    for envelope in story:
        with_texts.put(envelope)
    with_texts.close()
    first, *rest = items(path)
    assert isinstance(first, Snapshot)
    assert first == codec.decode_snapshot(codec.encode_snapshot(START))
    assert rest[:-1] == [codec.decode(type(one.fact).__name__, codec.encode(one)) for one in story]
    assert isinstance(rest[-1], Ended)
    assert Recording(path).header.texts


def test_a_file_named_gz_is_packed_and_can_be_played_as_far_as_it_came(path: Path) -> None:
    packed = path.with_suffix(".jsonl.gz")
    one = recorder(packed)
    one.start_from(START, 0.0)
    for envelope in events(3):
        one.put(envelope)
    until(lambda: packed.stat().st_size > 5_000)
    cut = path.with_name("cut.jsonl.gz")
    cut.write_bytes(packed.read_bytes())
    one.close()
    whole = list(items(packed))
    assert isinstance(whole[-1], Ended) and len(whole) == 2 + len(list(events(3)))
    assert packed.stat().st_size * 2 < sum(len(codec.encode(one)) for one in whole if isinstance(one, Envelope))
    assert list(items(cut)) == whole[:-1], "the router was killed"


def test_half_a_character_that_a_server_told_stops_nothing_and_what_else_does_is_told(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = LogLine(START.at, "info", "engine", "half \ud800 a pair")
    one = recorder(path)
    one.start_from(START, 0.0)
    one.put(Envelope(START.seq + 1, START.at, 0.0, line))
    until(lambda: b"half ? a pair" in path.read_bytes())
    monkeypatch.setattr(writer, "quiet", lambda fact: 1 / 0)
    one.put(Envelope(START.seq + 2, START.at, 0.0, line))
    until(lambda: FAILED)
    one.close()
    [words] = FAILED
    assert words == f"recording to {path} ended: ZeroDivisionError: division by zero"


def test_without_being_asked_for_texts_it_keeps_none_and_only_its_owner_reads_it(path: Path) -> None:
    silent = recorder(path)
    silent.start_from(START, 0.0)
    for envelope in events(8):
        silent.put(envelope)
    until(lambda: path.stat().st_size > 100_000)  # it is on the disk while the recording goes on
    silent.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    said = path.read_bytes()
    for exchange in START.exchanges:
        assert exchange.prompt.encode() not in said
        assert not exchange.answer or exchange.answer[:20].encode() not in said


def test_a_snapshot_is_due_at_once_every_five_minutes_and_after_a_loss(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "FLUSH_SECONDS", 60.0)
    slow = recorder(path)
    assert slow.due(1.0)
    slow.start_from(START, 1.0)
    assert not slow.due(300.0)
    assert slow.due(301.0)
    slow.start_from(START, 301.0)
    for seq in range(START.seq + 1, START.seq + RING + 500):
        slow.put(Envelope(seq, START.at, 0.0, Progress("x", seq)))
    assert not slow.due(302.0), "there is no room"
    slow.close()
    kept = [item.seq for item in items(path) if isinstance(item, Envelope)]
    assert kept == list(range(START.seq + 1, START.seq + 1 + len(kept)))
    assert len(kept) < RING + 499


def test_a_full_disk_ends_the_recording_in_words_and_the_router_goes_on(path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    try:
        full = recorder(path)
        full.start_from(START, 0.0)
        for envelope in events(60):
            full.put(envelope)
        until(lambda: FAILED)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert FAILED[0].startswith(f"recording to {path} ended: ")
    full.put(next(events(1)))
    assert not full.due(1e9)
    full.close()
    assert sum(isinstance(item, Snapshot | Envelope) for item in items(path)) > 10, "what was written can be played"
    assert len(FAILED) == 1


def test_a_file_that_is_there_is_left_alone(path: Path) -> None:
    path.write_text("mine")
    with pytest.raises(RouterError, match="is there already"):
        recorder(path)
    assert path.read_text() == "mine"
    with pytest.raises(RouterError, match="cannot record to"):
        recorder(path.parent / "nowhere" / "it.jsonl")
