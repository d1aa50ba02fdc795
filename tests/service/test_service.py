"""The crossing from the screen's thread to the router's loop."""

from concurrent.futures import Future

import pytest

from llmrouter_tui.service.service import _copy


def test_an_answer_for_somebody_who_has_left_is_dropped_in_silence(caplog: pytest.LogCaptureFixture) -> None:
    """A dialog that closes cancels what it asked; the answer comes all the same."""
    answer: Future[int] = Future()
    asked: Future[int] = Future()
    answer.add_done_callback(lambda found: _copy(found, asked))
    asked.cancel()
    answer.set_result(1)
    assert asked.cancelled()
    assert caplog.records == []
