"""When a load that failed is tried once more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmrouter_tui.core.errors import STATUS
from llmrouter_tui.core.second_try import MAY_BE_MEMORY, NOISE, second_try, taken

GIB = 1024**3
ROOMS = st.none() | st.integers(0, 100)


@pytest.mark.parametrize("code", ["out_of_memory", "backend_error"])
def test_room_that_others_took_is_made_anew_whatever_the_server_says(code):
    assert second_try(code, needed=5 * GIB, before=8 * GIB, now=4 * GIB) == "anew"
    assert second_try(code, needed=5 * GIB, before=8 * GIB, now=8 * GIB, others_came=True) == "anew", (
        "they may have left since"
    )


def test_with_the_room_that_was_thought_only_the_word_for_it_means_memory():
    assert second_try("out_of_memory", needed=5 * GIB, before=8 * GIB, now=8 * GIB) == "roomier"
    assert second_try("backend_error", needed=5 * GIB, before=8 * GIB, now=8 * GIB) == "", (
        "its file is broken, or its server is"
    )


def test_less_room_that_is_still_enough_is_no_excuse():
    assert not taken(5 * GIB, 8 * GIB, 6 * GIB)
    assert taken(5 * GIB, 8 * GIB, 4 * GIB)


def test_a_model_of_unknown_size_may_need_all_the_room_there_was():
    assert taken(None, 8 * GIB, 7 * GIB)
    assert not taken(None, 8 * GIB, 8 * GIB)


def test_where_memory_is_not_measured_only_who_came_tells():
    assert second_try("backend_error", needed=5 * GIB, before=None, now=None) == ""
    assert second_try("backend_error", needed=5 * GIB, before=None, now=None, others_came=True) == "anew"


def test_memory_that_only_moves_a_little_was_not_taken():
    """A model of which a part goes to RAM needs more than there is anyway."""
    assert not taken(20 * GIB, 8 * GIB, 8 * GIB - NOISE)


@given(st.sampled_from(sorted(set(STATUS) - set(MAY_BE_MEMORY))), ROOMS, ROOMS, ROOMS, st.booleans())
def test_what_is_not_about_memory_is_never_tried_again(code, needed, before, now, came):
    assert second_try(code, needed=needed, before=before, now=now, others_came=came) == ""
