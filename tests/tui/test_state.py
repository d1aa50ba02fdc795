"""The store: from a snapshot, event by event."""

import time
from dataclasses import replace

import pytest

from llmrouter_tui.core import events as ev
from llmrouter_tui.core.decision import Attempt, Effect, Exchange, Setting, Usage
from llmrouter_tui.core.domain import Problem, ResidencyEvent
from llmrouter_tui.tui.rows import KEPT_ROWS, KEPT_WEIGHT
from llmrouter_tui.tui.state import Dirty, Store
from tests.tui import scripted
from tests.tui.scripted import BACKENDS, MODELS, NOW, SNAPSHOT


@pytest.fixture
def store() -> Store:
    store = Store()
    store.reset(SNAPSHOT)
    store.take_touched()
    return store


def push(store: Store, fact: ev.Fact, at: float = NOW) -> Dirty:
    return store.fold([ev.Envelope(store.seq + 1, at, at, fact)])


def begin(store: Store, id_: str = "new", at: float = NOW) -> None:
    push(store, ev.ExchangeStarted(Exchange(id_, at)), at)


def test_a_snapshot_fills_everything(store: Store) -> None:
    assert len(store.rows) == 40
    assert store.order[0] == "x8f21"
    assert store.in_flight == 2
    assert set(store.backends) == {"ollama", "llama.cpp", "vllm"}
    assert len(store.models) == 9
    assert store.total == 214
    assert store.preference == 0.5


def test_events_that_the_snapshot_counted_in_change_nothing(store: Store) -> None:
    old = ev.Envelope(SNAPSHOT.seq, NOW, NOW, ev.Progress("x8f21", 99))
    assert store.fold([old]) is Dirty.NONE
    assert store.rows["x8f21"].tokens == 0


def test_an_exchange_lives_from_arrival_to_last_byte(store: Store) -> None:
    begin(store)
    assert store.order[0] == "new"
    push(store, ev.Decided("new", scripted.CODE_BIG))
    push(store, ev.Waiting("new", scripted.BIG, "loading qwen3:32b", 7.0))
    row = store.rows["new"]
    assert row.waiting is not None
    push(store, ev.FirstToken("new", scripted.BIG, 0.9))
    assert row.waiting is None
    assert (row.model, row.exchange.ttft) == (scripted.BIG, 0.9)
    push(store, ev.Progress("new", 40), NOW + 1.9)
    assert row.decode == pytest.approx(40.0)
    done = replace(row.exchange, outcome="ok", usage=Usage(10, 44), seconds=2.0, decode_per_second=39.0)
    push(store, ev.ExchangeFinished(done))
    assert (row.tokens, row.decode, row.running) == (44, 39.0, False)
    row.exchange = replace(done, decode_per_second=None)
    assert row.decode is None, "an answer that was held back until it was whole has no speed"
    assert store.take_touched() == {"new"}
    assert store.take_touched() == set()


def test_every_change_of_a_row_gives_it_another_version(store: Store) -> None:
    begin(store)
    seen = {store.rows["new"].version}
    for fact in (ev.Decided("new", scripted.CHAT), ev.FirstToken("new", scripted.SMALL, 0.2), ev.Progress("new", 3)):
        push(store, fact)
        seen.add(store.rows["new"].version)
    assert len(seen) == 4


def test_a_failed_attempt_counts_against_its_backend(store: Store) -> None:
    begin(store)
    failed = Attempt("vllm/mistral:7b", "failed", 10.0, None, "load_timeout", "no answer in 10 s")
    dirty = push(store, ev.AttemptFailed("new", failed, scripted.BIG))
    assert dirty & Dirty.ATTENTION
    assert store.rows["new"].failed == 1
    messages = [cause.message for cause in store.attention.causes(NOW)]
    assert messages == ["vllm down for 12s, 1 request fell back"]


def test_a_refused_exchange_needs_no_start(store: Store) -> None:
    refused = Exchange("bad", NOW, "failed", code="invalid_request", message="not JSON")
    assert push(store, ev.ExchangeFinished(refused)) & Dirty.ROUTES
    assert store.order[0] == "bad"
    assert store.total == 215


def test_a_rating_arrives_with_what_it_moved_and_can_be_cleared(store: Store) -> None:
    row = store.rows["x8f1d"]
    row.pending = "+"
    up = scripted.rated("x8f1d", "up")
    push(store, ev.Rated(up, (Effect(scripted.SMALL, "coding", 0.6, 0.62),)))
    assert row.exchange.rating == up
    assert row.pending == ""
    assert row.effects[0].after == 0.62
    push(store, ev.Rated(replace(up, rating=None)))
    assert row.exchange.rating is None


def test_effects_shown_survive_a_new_snapshot(store: Store) -> None:
    push(store, ev.Rated(scripted.rated("x8f1d", "up"), (Effect(scripted.SMALL, "coding", 0.6, 0.62),)))
    store.reset(SNAPSHOT)
    assert store.rows["x8f1d"].effects


def test_a_name_that_two_backends_have_is_shown_with_its_backend(store: Store) -> None:
    assert store.name("ollama/qwen3:32b") == "qwen3:32b"
    twin = replace(MODELS[0], info=replace(MODELS[0].info, backend="vllm"))
    push(store, ev.ModelsChanged((twin,)))
    assert store.name("ollama/qwen3:32b") == "ollama/qwen3:32b"
    push(store, ev.ModelsChanged((), ("vllm/qwen3:32b",)))
    assert store.name("ollama/qwen3:32b") == "qwen3:32b"
    assert store.name("gone/hf.co/x/y:Q4") == "hf.co/x/y:Q4"


def test_old_rows_go_and_running_ones_stay(store: Store) -> None:
    begin(store, "runner")
    for i in range(KEPT_ROWS + 50):
        begin(store, f"n{i}")
        push(store, ev.ExchangeFinished(replace(store.rows[f"n{i}"].exchange, outcome="ok")))
    assert len(store.order) == len(store.rows) == KEPT_ROWS
    assert "runner" in store.rows


def test_rates_follow_the_events(store: Store) -> None:
    later = NOW + 1000
    assert store.rates.per_minute(later) == 0
    for i in range(6):
        begin(store, f"r{i}", later + i)
        push(store, ev.FirstToken(f"r{i}", scripted.SMALL, 0.1 * (i + 1)), later + i)
        push(store, ev.Progress(f"r{i}", 50), later + i)
    assert store.rates.per_minute(later + 6) == 6
    assert store.rates.tokens_per_second(later + 6) == pytest.approx(30.0)
    assert store.rates.ttft_p50(later + 6) == pytest.approx(0.35)
    requests, tokens, _ = store.rates.series(later + 6)
    assert len(requests) == len(tokens) == 60
    assert sum(tokens) * 10 == pytest.approx(300)
    assert store.rates.per_minute(later + 66) == 0


def test_tokens_that_nobody_asks_for_are_forgotten_all_the_same(store: Store) -> None:
    begin(store, "r")
    for second in range(600):
        push(store, ev.Progress("r", second + 1), NOW + second)
    assert len(store.rates._tokens._slots) <= 12
    assert store.rates.tokens_per_second(NOW + 599) == pytest.approx(1.0, abs=0.15)


def test_outcomes_are_counted_and_cancelled_ones_are_neither(store: Store) -> None:
    before = store.rates.outcomes(NOW)
    for outcome in ("ok", "failed", "cancelled"):
        begin(store, outcome)
        push(store, ev.ExchangeFinished(replace(store.rows[outcome].exchange, outcome=outcome)))
    after = store.rates.outcomes(NOW)
    assert (after.ok, after.failed) == (before.ok + 1, before.failed + 1)


def test_outcomes_are_of_the_last_ten_minutes(store: Store) -> None:
    begin(store, "late")
    push(store, ev.ExchangeFinished(replace(store.rows["late"].exchange, outcome="failed")), NOW + 300)
    assert store.rates.outcomes(NOW + 599).ok == SNAPSHOT.rates.ok
    assert store.rates.outcomes(NOW + 700) == (0, 0, 1)
    assert store.rates.outcomes(NOW + 1000) == (0, 0, 0)


def test_what_the_client_did_wrong_is_no_failure(store: Store) -> None:
    before = store.rates.outcomes(NOW)
    for code in ("model_not_found", "invalid_request", "backend_error"):
        begin(store, code)
        push(store, ev.ExchangeFinished(replace(store.rows[code].exchange, outcome="failed", code=code)))
    after = store.rates.outcomes(NOW)
    assert (after.ok, after.failed) == (before.ok, before.failed + 1)


def test_attention_has_one_entry_a_cause_and_dismissal_lasts_until_it_changes(store: Store) -> None:
    failed = ResidencyEvent(NOW, "load_failed", "ollama/gemma3:4b", "gpu1", None, "out of memory")
    push(store, ev.ResidencyChanged(failed))
    push(store, ev.ResidencyChanged(failed))
    taken = Problem("port_taken", "port 11436 is taken", "pid 8123 holds it", NOW)
    push(store, ev.ServiceChanged(replace(SNAPSHOT.service, state="failed", problems=(taken,))))
    causes = store.attention.causes(NOW)
    assert [cause.severity for cause in causes] == ["bad", "bad", "warn"]
    assert {cause.count for cause in causes if cause.key.startswith("load:")} == {2}
    assert store.attention.dismiss(NOW) == 3
    assert store.attention.causes(NOW) == []
    push(store, ev.ResidencyChanged(failed))
    assert [cause.key for cause in store.attention.causes(NOW)] == ["load:ollama/gemma3:4b"]


def test_a_backend_that_comes_back_is_forgiven_and_can_fall_again(store: Store) -> None:
    vllm = BACKENDS[2]
    store.attention.dismiss(NOW)
    push(store, ev.BackendChanged(replace(vllm, health="up", since=NOW)))
    push(store, ev.BackendChanged(replace(vllm, health="down", since=NOW + 60)))
    assert [cause.message for cause in store.attention.causes(NOW + 65)] == ["vllm down for 5s"]


def test_a_setting_that_changed_is_seen(store: Store) -> None:
    assert push(store, ev.SettingChanged(Setting("quality_preference", 0.75, "set"))) == Dirty.SETTINGS
    assert store.preference == 0.75


def test_figures_are_exact_at_any_rate(store: Store) -> None:
    later = NOW + 1000
    started = [ev.ExchangeStarted(Exchange(f"m{i}", later + i / 400)) for i in range(20_000)]  # 50 seconds
    store.fold(ev.Envelope(store.seq + 1 + i, fact.exchange.at, 0, fact) for i, fact in enumerate(started))
    assert store.rates.per_minute(later + 50) == 20_000
    assert store.rates.per_minute(later + 80) == pytest.approx(12_000, abs=80)
    assert store.total == 214 + 20_000
    assert store.in_flight == 20_002


def test_long_texts_leave_room_for_fewer_rows(store: Store) -> None:
    heavy = KEPT_WEIGHT // 100
    for i in range(300):
        begin(store, f"h{i}")
        push(store, ev.ExchangeFinished(Exchange(f"h{i}", NOW, outcome="ok", prompt=f"{i:04d}" * (heavy // 4))))
    assert 90 < len(store.rows) < 105
    assert store.order[0] == "h299"
    assert set(store.order) == set(store.rows)
    assert {"x8f21", "x8f20"} <= set(store.rows)  # these run
    assert "h200" not in store.rows
    assert store.full


def test_history_that_was_asked_for_stays_as_new_rows_come(store: Store) -> None:
    older = [Exchange(f"o{i}", NOW - 10_000 - i, outcome="ok") for i in range(KEPT_ROWS)]
    assert store.add_older(older) == KEPT_ROWS
    begin(store)
    assert len(store.order) == 40 + KEPT_ROWS
    assert store.order[0] == "new" and store.order[-1] == f"o{KEPT_ROWS - 2}"


def test_every_fact_is_understood(store: Store) -> None:
    assert set(store._handlers) == set(ev.FACTS.values())


def test_ten_thousand_events_are_taken_in_quickly(store: Store) -> None:
    for i in range(50):
        begin(store, f"p{i}")
    envelopes = [
        ev.Envelope(store.seq + 1 + i, NOW + i / 1000, NOW, ev.Progress(f"p{i % 50}", i)) for i in range(10_000)
    ]
    began = time.process_time()
    store.fold(envelopes)
    assert time.process_time() - began < 1.0  # 1,000 a second must cost a few percent of a core, not more
