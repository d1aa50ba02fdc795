"""The filter words, and the list they act on."""

from dataclasses import replace

import pytest

from llmrouter_tui.core import events as ev
from llmrouter_tui.core.decision import Feedback
from llmrouter_tui.tui.ledger import LedgerView
from llmrouter_tui.tui.rows import KEPT_ROWS
from llmrouter_tui.tui.state import Store
from tests.tui import scripted
from tests.tui.scripted import NOW, SNAPSHOT


@pytest.fixture
def store() -> Store:
    store = Store()
    store.reset(SNAPSHOT)
    return store


@pytest.fixture
def view(store: Store) -> LedgerView:
    view = LedgerView(store)
    view.refresh()
    return view


def push(store: Store, *facts: ev.Fact) -> None:
    for fact in facts:
        store.fold([ev.Envelope(store.seq + 1, NOW, NOW, fact)])


def shown(view: LedgerView, query: str) -> list[str]:
    view.filter(query)
    return [id_[-4:] for id_ in view.ids if not id_.startswith("x8e")]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("task:math", ["8f1c", "8f19"]),
        ("task:code", ["8f21", "8f1d", "8f1a"]),
        ("margin:<0", ["8f1d"]),
        ("margin:<.05 task:chat state:ok", ["8f1b"]),
        ("you:-", ["8f1d"]),
        ("you:+", ["8f1f"]),
        ("model:qwen task:extraction", ["8f1e"]),
        ("state:failed", ["8f18"]),
        ("state:retried", ["8f1a"]),
        ("code:503", ["8f18"]),
        ("state:running !task:chat", ["8f21"]),
        ("receipt", ["8f1e"]),
        ("qwen2.5vl:7b", ["8f1e"]),
        ("ttft:>5", ["8f1e"]),
        ("need:tools level:easy", ["8f1d"]),
        ("tokens:=154", ["8f1d"]),
        ("task:music", []),
    ],
)
def test_filter_words_pick_exchanges(view: LedgerView, query: str, expected: list[str]) -> None:
    assert shown(view, query) == expected


def test_what_is_not_understood_changes_nothing_and_is_told(view: LedgerView) -> None:
    view.filter("task:math")
    before = list(view.ids)
    for query, unfinished in (("task:math task:", True), ("task:math margin:nonsense", False)):
        view.filter(query)
        assert view.ids == before
        assert view.problem is not None
        assert view.problem.unfinished is unfinished
    view.filter("")
    assert view.problem is None
    assert len(view.ids) > len(before)


def test_what_was_found_further_back_stands_below_and_goes_with_the_filter(store: Store, view: LedgerView) -> None:
    math = [one for one in SNAPSHOT.exchanges if one.decision and one.decision.analysis.task == "math"]
    older = [replace(one, id=f"old{n}", at=one.at - 1e6 - n) for n, one in enumerate([*math, *math])]
    view.filter("task:math")
    newest = list(view.ids)
    assert store.add_found([*older, *math]) == len(older)
    view.refresh()
    assert view.ids == [*newest, *sorted((one.id for one in older), key=lambda id_: -store.found[id_].exchange.at)]
    push(store, ev.Rated(Feedback("old0", "down", NOW, -1.0)))
    assert shown(view, "task:math you:-") == []
    view.filter("")
    assert not store.found
    assert view.row("old0") is None


def test_a_lone_exclamation_mark_is_a_word_like_any_other(view: LedgerView) -> None:
    assert shown(view, "thanks!") == ["8f1b"]


def test_an_exchange_appears_in_a_filtered_list_once_it_matches(store: Store, view: LedgerView) -> None:
    view.filter("state:failed")
    before = list(view.ids)
    running = store.rows["x8f21"].exchange
    push(store, ev.ExchangeFinished(replace(running, outcome="failed", code="out_of_memory")))
    view.refresh(store.take_touched())
    assert view.ids == ["x8f21", *before]


def test_sorting_by_margin_puts_doubtful_routes_on_top(view: LedgerView) -> None:
    while view.sort.id != "margin":
        view.shift_sort(1)
    margins = [view.row(id_).exchange.decision.margin for id_ in view.ids[:12]]  # type: ignore[union-attr]
    assert margins == sorted(margins)
    assert margins[0] < 0


def test_every_order_can_be_reversed_and_lists_the_same(view: LedgerView) -> None:
    everything = set(view.ids)
    for _ in range(12):
        view.shift_sort(-1)
        view.reverse()
        assert set(view.ids) == everything


def test_the_focus_follows_the_newest_until_a_row_is_chosen(store: Store, view: LedgerView) -> None:
    assert view.focus == "x8f21"
    push(store, ev.ExchangeStarted(scripted.exchange("new1", 0, None, outcome="running")))
    view.refresh(store.take_touched())
    assert view.focus == "new1"
    view.select("x8f1d")
    push(store, ev.ExchangeStarted(scripted.exchange("new2", 0, None, outcome="running")))
    view.refresh(store.take_touched())
    assert view.focus == "x8f1d"
    assert view.ids[0] == "new2"


def test_a_paused_list_holds_still_and_counts_what_waits(store: Store, view: LedgerView) -> None:
    view.pause(True)
    before = list(view.ids)
    push(
        store,
        ev.ExchangeStarted(scripted.exchange("new1", 0, None, outcome="running")),
        ev.Progress("x8f21", 500),
    )
    view.refresh(store.take_touched())
    assert view.ids == before
    assert view.waiting == 1
    row = view.row("x8f21")
    assert row is not None
    assert row.tokens == 0
    view.pause(False)
    assert view.ids[0] == "new1"
    assert view.waiting == 0
    caught_up = view.row("x8f21")
    assert caught_up is not None
    assert caught_up.tokens == 500


def test_a_filter_that_stands_for_days_remembers_no_more_than_what_is_listed(store: Store, view: LedgerView) -> None:
    view.filter("task:math")
    for number in range(3 * KEPT_ROWS):
        push(store, ev.ExchangeStarted(scripted.exchange(f"n{number:05d}", 0, None)))
        if number % 50 == 0:
            view.refresh(store.take_touched())
    assert len(view._passes) <= 2 * len(store.rows) + 200
    assert view.ids == []
