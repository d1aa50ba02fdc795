"""What is no recording, one that is damaged, one of a newer version."""

import gzip
from pathlib import Path

import pytest

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.events import Envelope
from llmrouter_tui.recording.lines import Ended, Unknown
from llmrouter_tui.recording.reader import Recording
from tests.recording.traffic import START, write
from tests.tui.scripted import NOW


def read(path: Path) -> tuple[int, int, bool, str]:
    """How many events, how many unknown ones, whether the end was reached, and why not."""
    recording = Recording(path)
    assert recording.start_at(NOW).seq == START.seq
    found = []
    while (item := recording.read()) is not None:
        found.append(item)
        if isinstance(item, Ended):
            break
    count = sum(isinstance(item, Envelope) for item in found)
    return count, sum(isinstance(item, Unknown) for item in found), isinstance(found[-1], Ended), recording.broken


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write(tmp_path / "it.jsonl", 4)


def test_it_knows_its_span_before_it_is_played(path: Path) -> None:
    recording = Recording(path)
    assert (recording.begins, recording.ends) == (NOW, NOW + 4)
    assert read(path)[2:] == (True, "")


def test_a_packed_one_is_read_too(path: Path) -> None:
    packed = path.with_suffix(".gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert read(packed) == read(path)
    packed.write_bytes(packed.read_bytes()[:-2000])
    assert 0 < read(packed)[0] < read(path)[0]
    assert "cannot be read further" in read(packed)[3]


def test_one_that_was_cut_off_is_read_up_to_there(path: Path) -> None:
    count = read(path)[0]
    data = path.read_bytes()
    end = data.rstrip().rfind(b"\n")
    path.write_bytes(data[: end + 1])
    assert read(path) == (count, 0, False, "it has no end: whoever recorded it was cut off")
    path.write_bytes(data[: end - 50])
    assert read(path) == (count - 1, 0, False, "its last line was cut off")
    assert NOW + 3 < Recording(path).ends <= NOW + 4


def test_a_damaged_line_ends_it(path: Path) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    lines[12] = b"\x00\xff" + lines[12][2:]
    path.write_bytes(b"".join(lines))
    assert read(path) == (10, 0, False, "what follows is damaged")


def test_kinds_and_forms_of_a_newer_version_are_told_apart(path: Path) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    lines[5:5] = [
        b'{"event":"ModelDreamt","seq":104,"at":1793826249.1,"mono":0,"fact":{"of":"sheep"}}\n',
        b'{"event":"Progress","seq":105,"at":1793826249.1,"mono":0,"fact":{"tokens":{"in":1}}}\n',
    ]
    path.write_bytes(b"".join(lines))
    assert read(path)[1:] == (2, True, "")


def test_what_is_no_recording_is_refused_in_words(path: Path) -> None:
    nothing = path.with_name("nothing.jsonl")
    with pytest.raises(RouterError, match="cannot be read: No such file"):
        Recording(nothing)
    for content in (b"", b"hello\n", b'{"a": 1}\n', b"\xff\xfe\x00"):
        nothing.write_bytes(content)
        with pytest.raises(RouterError, match="is no recording of llmrouter-tui"):
            Recording(nothing)
    nothing.write_bytes(b'{"recording":2,"version":"9.0"}\n')
    with pytest.raises(RouterError, match=r"recorded by llmrouter-tui 9\.0.*form 2"):
        Recording(nothing)
    nothing.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(RouterError, match="before anything was recorded"):
        Recording(nothing)
