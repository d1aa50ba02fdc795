"""Who fails again and again is left alone for a while, then tried with one request."""

from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmrouter_tui.core.breaker import (
    BACKEND_TRIES,
    CLOSED,
    COOL_SECONDS,
    LONGEST_SECONDS,
    TRIAL_SECONDS,
    TRIES,
    Circuit,
    asked,
    counts,
    failed,
    left,
    rests,
    words,
)
from llmrouter_tui.core.errors import BackendError, Code


def error(code: Code = "backend_error", *, fallback: bool = True, retry_after: float | None = None) -> BackendError:
    return BackendError(code, f"it said {code}", backend="b", model="m", fallback=fallback, retry_after=retry_after)


def failing(times: int, circuit: Circuit = CLOSED, now: float = 100.0, models: int = 1) -> Circuit:
    def once(known: Circuit, turn: int) -> Circuit:
        return failed(known, f"b/m{turn % models}", error(), now, backend=models > 1)

    return reduce(once, range(times), circuit)


def test_some_failures_are_borne_and_the_third_in_a_row_opens() -> None:
    assert rests(failing(TRIES - 1), 100.0) == 0.0
    assert rests(failing(TRIES), 100.0) == COOL_SECONDS


@pytest.mark.parametrize(
    "code", ["invalid_request", "context_length_exceeded", "out_of_memory", "model_not_found", "queue_full"]
)
def test_what_says_nothing_of_the_model_is_not_counted(code: Code) -> None:
    assert not counts(error(code))
    known = reduce(lambda circuit, _: failed(circuit, "b/m", error(code), 100.0), range(20), CLOSED)
    assert rests(known, 100.0) == 0.0


def test_the_clients_own_fault_is_never_counted_whatever_its_code() -> None:
    assert not counts(error("backend_error", fallback=False))


def test_after_its_rest_one_request_may_try_and_the_others_wait_for_its_outcome() -> None:
    opened = failing(TRIES)
    over = 100.0 + COOL_SECONDS
    assert rests(opened, over) == 0.0
    trying = asked(opened, over)
    assert rests(trying, over) == TRIAL_SECONDS
    assert asked(trying, over) is trying
    assert "tries it again after 3 failures" in words(trying, over)
    assert rests(left(trying), over) == 0.0, "its client left: the next one may try"
    assert rests(trying, over + TRIAL_SECONDS) == 0.0, "a trial that never ends keeps nobody away for ever"


def test_a_trial_that_fails_doubles_the_rest_up_to_a_bound() -> None:
    circuit, now, rest = failing(TRIES), 100.0, []
    for _ in range(8):
        now = circuit.until
        circuit = failed(asked(circuit, now), "b/m", error(), now)
        rest.append(rests(circuit, now))
    assert rest == [20.0, 40.0, 80.0, 160.0, LONGEST_SECONDS, LONGEST_SECONDS, LONGEST_SECONDS, LONGEST_SECONDS]


def test_what_was_under_way_when_it_opened_does_not_prolong_the_rest() -> None:
    assert failing(TRIES + 30).until == failing(TRIES).until


def test_a_backend_opens_by_failures_of_several_models_only() -> None:
    assert rests(failing(BACKEND_TRIES, models=2), 100.0) == COOL_SECONDS
    one = reduce(lambda circuit, _: failed(circuit, "b/m", error(), 100.0, backend=True), range(50), CLOSED)
    assert rests(one, 100.0) == 0.0


def test_one_that_says_when_to_come_back_is_left_alone_so_long_and_not_blamed() -> None:
    busy = failed(CLOSED, "b/m", error("rate_limited", retry_after=7.0), 100.0)
    assert (rests(busy, 100.0), busy.failures, busy.trips) == (7.0, 0, 0)
    assert "busy" in words(busy, 100.0)
    endless = failed(CLOSED, "b/m", error("rate_limited", retry_after=86_400.0), 100.0)
    assert rests(endless, 100.0) == LONGEST_SECONDS


steps = st.lists(st.tuples(st.sampled_from(["fail", "busy", "client", "ask", "leave", "ok"]), st.integers(0, 400)))


@given(steps)
def test_whatever_happens_nobody_is_left_alone_for_ever_and_success_forgives_all(
    happened: list[tuple[str, float]],
) -> None:
    circuit, now = CLOSED, 1.0
    for what, later in happened:
        now += later
        if what == "ask":
            circuit = asked(circuit, now)
        elif what == "leave":
            circuit = left(circuit)
        elif what == "ok":
            circuit = CLOSED
        else:
            fault = {
                "fail": error(),
                "busy": error("rate_limited", retry_after=1e9),
                "client": error("invalid_request", fallback=False),
            }[what]
            circuit = failed(circuit, "b/m", fault, now)
        assert 0.0 <= rests(circuit, now) <= max(LONGEST_SECONDS, TRIAL_SECONDS)
        assert rests(circuit, now + LONGEST_SECONDS + TRIAL_SECONDS) == 0.0
