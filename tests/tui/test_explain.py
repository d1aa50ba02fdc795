"""The explanation adds up as displayed and says everything."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmrouter_tui.core.decision import Attempt, Breakdown, Candidate, Decision, Effect, Exchange, Outcome, Seconds
from llmrouter_tui.core.domain import TASKS, Switched
from llmrouter_tui.core.events import Envelope, VramChanged, Waiting
from llmrouter_tui.core.vram import LoadProgress
from llmrouter_tui.tui import explain, ledger, text, timeline
from llmrouter_tui.tui.row import Row
from llmrouter_tui.tui.state import Dirty, Store
from llmrouter_tui.tui.symbols import BRAILLE
from llmrouter_tui.tui.text import Look
from tests.tui import scripted
from tests.tui.scripted import NOW, SNAPSHOT

LOOK = Look(BRAILLE, UTC)
ROW = re.compile(r"^[ »](\S.*?)((?:\s+-?\d*\.\d\d){5}) =\s+(-?\d*\.\d\d)")


@pytest.fixture
def store() -> Store:
    store = Store()
    store.reset(SNAPSHOT)
    return store


def lines(store: Store, id_: str, cells: int = 58) -> list[str]:
    return [text.plain(line) for line in explain.explanation(store.rows[id_], store, cells, LOOK)]


def parsed(shown: list[str]) -> list[tuple[str, list[int], int]]:
    found = [ROW.match(line) for line in shown]
    return [
        (m[1].strip(), [round(float(part) * 100) for part in m[2].split()], round(float(m[3]) * 100))
        for m in found
        if m
    ]


def test_an_answer_of_the_demo_says_that_it_is_made_up(store: Store) -> None:
    id_ = next(item.id for item in SNAPSHOT.exchanges if item.answer)
    assert not any("made-up" in line for line in lines(store, id_))
    store.service = replace(store.service, demo=True)
    shown = lines(store, id_)
    assert shown.index("         simulated model: made-up text") > next(
        at for at, line in enumerate(shown) if line.startswith("ANSWER")
    )


@pytest.mark.parametrize("id_", ["x8f21", "x8f20", "x8f1f", "x8f1e", "x8f1d", "x8f1c"])
@pytest.mark.parametrize("cells", [58, 76, 98])
def test_each_row_adds_up_and_the_chosen_score_is_the_ledgers(store: Store, id_: str, cells: int) -> None:
    rows = parsed(lines(store, id_, cells))
    assert len(rows) >= 2
    for name, terms, total in rows:
        assert sum(terms) == total, name
    score = ledger.score(store.rows[id_])
    chosen = store.name(store.rows[id_].model)
    assert score is not None
    assert [total for name, _, total in rows if chosen.startswith(name.rstrip("…"))] == [text.hundredths(score)]


class Fresh(Sequence[Candidate]):
    """Makes its candidates anew whenever they are looked at, as a decision that was just made does."""

    def __init__(self, ranked: Sequence[Candidate]) -> None:
        self._ranked = ranked

    def __len__(self) -> int:
        return len(self._ranked)

    def __getitem__(self, index: Any) -> Any:
        found = self._ranked[index]
        return [replace(c) for c in found] if isinstance(index, slice) else replace(found)


@pytest.mark.parametrize("decision", [scripted.CODE_BIG, scripted.BUSY, scripted.CHAT])
def test_candidates_are_known_by_their_model_and_not_by_the_object(store: Store, decision: Decision) -> None:
    fresh = replace(decision, candidates=Fresh(decision.candidates))
    assert explain.sentence(fresh, store.name, LOOK) == explain.sentence(decision, store.name, LOOK)
    assert explain.table(fresh, store.name, 98, LOOK) == explain.table(decision, store.name, 98, LOOK)


@given(st.lists(st.floats(0, 0.5, allow_nan=False), min_size=5, max_size=5))
def test_any_breakdown_adds_up_as_displayed(terms: list[float]) -> None:
    breakdown = Breakdown(*terms)
    candidate = Candidate(scripted.BIG, breakdown.score, breakdown, 0.5, Seconds(), True)
    decision = replace(scripted.CODE_BIG, candidates=(candidate,))
    shown = [text.plain(line) for line in explain.table(decision, lambda model: "m", 58, LOOK)]
    [(_, parts, total)] = parsed(shown)
    assert sum(parts) == total == text.hundredths(breakdown.score)


@pytest.mark.parametrize(
    ("why", "said"),
    [
        ("asked for by name", "llama3.1:8b was asked for by name."),
        ("only one with vision", "llama3.1:8b was the only one with vision."),
        ("only good enough one", "llama3.1:8b was the only good enough one."),
    ],
)
def test_a_choice_without_others_is_one_clause(why: str, said: str) -> None:
    alone = replace(scripted.CODE_BIG.candidates[0], model="ollama/llama3.1:8b")
    decision = replace(scripted.CODE_BIG, candidates=(alone,), chosen=alone.model, why=why)
    assert explain.sentence(decision, lambda model: model.partition("/")[2], LOOK) == said


def test_the_sentence_says_when_the_top_score_was_not_taken(store: Store) -> None:
    shown = " ".join(lines(store, "x8f1d")[:3])
    assert "The top score was qwen3:32b (.73); llama3.1:8b (.69) was taken: 32b busy; runner-up." in shown


def test_a_close_call_is_called_one(store: Store) -> None:
    assert "A close call: qwen3:32b scored -.02." in " ".join(lines(store, "x8f20")[:3])


def test_everything_is_there(store: Store) -> None:
    shown = "\n".join(lines(store, "x8f1d"))
    for words in (
        "INSTEAD  qwen3:32b: predicted quality .83 (+.23)",
        "2 filtered out: mistral:7b (vllm is down)",
        "TASK     coding .81",
        "▃ .33 easy   needs tools",
        "RESTS ON coding .60 ±.05 from benchmark",
        "TIME     decide 5ms  TTFT 0.3s  154t  96t/s  total 1.9s",
        "PROMPT   Write a python function",
        "ANSWER   def merge(a, b): ⏎",
        "YOU      - bad  ignored instructions",
    ):
        assert words in shown


def test_the_time_to_the_first_token_is_told_from_arrival_with_what_was_the_models_own(store: Store) -> None:
    row = store.rows["x8f1d"]
    attempt = replace(row.exchange.attempts[0], wait_seconds=6.0, ttft=0.3)
    row.exchange = replace(row.exchange, attempts=(attempt,), ttft=6.4, seconds=8.0)
    assert "TIME     decide 5ms  wait 6.0s  TTFT 6.4s (model 0.3s)" in "\n".join(lines(store, "x8f1d"))


def test_figures_stay_with_their_words_where_a_line_ends(store: Store) -> None:
    row = store.rows["x8f1d"]
    row.exchange = replace(row.exchange, attempts=(replace(row.exchange.attempts[0], wait_seconds=6.0, ttft=0.3),))
    shown = [line for cells in range(40, 90) for line in lines(store, row.id, cells) if line.strip()]
    assert not {"wait", "TTFT", "total", "(weight", "(model"} & {line.split(" ")[-1] for line in shown}
    assert not [line for line in shown if "\u00a0" in line]


def test_a_rating_is_told_beside_the_buttons_with_what_it_moved_where_that_fits(store: Store) -> None:
    row = store.rows["x8f1d"]
    row.effects = (Effect(row.model, "coding", 0.62, 0.6), Effect("ollama/phi4:14b", "coding", 0.71, 0.7))

    def said(cells: int) -> str:
        return text.plain(explain.rated(row, store.name, LOOK, cells))

    assert said(80) == "- bad  coding .62 → .60  phi4:14b coding .71 → .70"
    assert said(30) == "- bad  coding .62 → .60"
    assert said(10) == "- bad"
    row.exchange = replace(row.exchange, rating=None)
    assert said(30) == "taken back  coding .62 → .60"
    row.effects = ()
    assert said(80) == ""
    row.asks = True
    assert said(80) == "a close call: was it good?"
    assert said(20) == ""


def test_who_waits_is_told_for_what_and_that_goes_with_the_queue(store: Store) -> None:
    row = store.rows["x8f21"]
    row.waiting = Waiting(row.id, row.model, "queue", 24.0, 2, "llama.cpp/qwen2.5vl:7b is being loaded")
    load = LoadProgress(row.model, "gpu0", None, 7.0, 2, 1, "ollama/phi4:14b is loaded first; 3 requests before it")
    for loads, words in (
        ((), "WAITS    place 2 in the queue, about 24s: qwen2.5vl:7b is being loaded"),
        ((load,), "place 2 in the queue, about 24s: phi4:14b is loaded first; 3 requests before it"),
        ((replace(load, position=0, waits_for=""),), "WAITS    loading, about 24s"),
    ):
        moved = store.fold([Envelope(store.seq + 1, NOW, NOW, VramChanged(replace(store.vram, loads=loads)))])
        assert (Dirty.ROWS in moved) is bool(loads)
        assert " ".join(words.split()) in " ".join(" ".join(lines(store, row.id)).split())
    again = store.fold([Envelope(store.seq + 1, NOW, NOW, VramChanged(store.vram))])
    assert Dirty.ROWS not in again


def in_german(store: Store, **shifts: float) -> list[str]:
    """``x8f1d`` as if it had been asked in German, with what is known in it of the models with these names."""
    row = store.rows["x8f1d"]
    decision = row.exchange.decision
    assert decision is not None
    asked = replace(decision, analysis=replace(decision.analysis, language="de"))
    row.exchange = replace(row.exchange, decision=asked)
    for id_, model in store.models.items():
        known = {"de": shifts[id_]} if id_ in shifts else {}
        store.models[id_] = replace(model, languages=known)
    return lines(store, "x8f1d", 140)


def test_what_the_language_of_a_request_did_is_told(store: Store) -> None:
    shown = in_german(store, **{scripted.SMALL: -0.2, scripted.BIG: 0.001})
    [said] = [line for line in shown if line.startswith("LANGUAGE")]
    assert re.match(r"LANGUAGE German -\.0\d for llama3\.1:8b", said)
    assert scripted.BIG.partition("/")[2] not in said


def test_a_language_of_which_nothing_is_known_is_not_mentioned(store: Store) -> None:
    assert not [line for line in in_german(store) if line.startswith("LANGUAGE")]
    assert not [line for line in lines(store, "x8f1d") if line.startswith("LANGUAGE")]


def test_what_the_request_says_of_thinking_is_told(store: Store) -> None:
    assert not [line for line in lines(store, "x8f1d") if line.startswith("ASKED")]
    row = store.rows["x8f1d"]
    decision = row.exchange.decision
    assert decision is not None
    asked = replace(decision, analysis=replace(decision.analysis, switch="think false"))
    row.exchange = replace(row.exchange, decision=asked)
    [said] = [line for line in lines(store, "x8f1d", 140) if line.startswith("ASKED")]
    assert said.split(maxsplit=1)[1].startswith("think false: no model here heeds it")
    off = {"think false": Switched((-0.4,) * len(TASKS), 0.0)}
    store.models[scripted.SMALL] = replace(store.models[scripted.SMALL], switches=off)
    [said] = [line for line in lines(store, "x8f1d", 140) if line.startswith("ASKED")]
    assert re.search(r"think false: llama3\.1:8b answers at once, quality -\.\d\d; all others as usual", said)


def test_the_chosen_model_is_in_the_table_even_when_it_ranks_low(store: Store) -> None:
    ranked = scripted.CODE_BIG.candidates
    low = replace(scripted.CODE_BIG, chosen=ranked[-1].model)
    shown = [text.plain(line) for line in explain.table(low, store.name, 58, LOOK)]
    assert [line for line in shown if line.startswith("»qwen2.5vl:7b")]
    assert len([line for line in shown if " = " in line and "SCORE" not in line]) == explain.SHOWN


def test_the_effect_of_a_rating_is_told(store: Store) -> None:
    store.rows["x8f1d"].effects = (Effect(scripted.SMALL, "coding", 0.62, 0.6),)
    assert "EFFECT   llama3.1:8b coding .62 → .60" in lines(store, "x8f1d")
    store.rows["x8f1d"].effects = (Effect(scripted.SMALL, "coding", 0.7021, 0.6986),)
    assert "EFFECT   llama3.1:8b coding .702 → .699" in lines(store, "x8f1d")


def test_a_failure_lists_its_attempts_and_the_error(store: Store) -> None:
    told = " ".join(" ".join(lines(store, "x8f1a")).split())
    assert "✗ mistral:7b" in told
    assert "vllm did not answer in 10 s" in told
    assert any("ollama refused the connection [backend_unreachable]" in line for line in lines(store, "x8f18", 98))


def test_a_model_asked_for_by_name_has_no_table(store: Store) -> None:
    assert lines(store, "x8f16")[0].startswith("The client asked for qwen3:32b by name")


def test_a_replay_says_what_it_would_be_today(store: Store) -> None:
    row = store.rows["x8f1d"]
    shown = [text.plain(line) for line in explain.explanation(row, store, 58, LOOK, scripted.CODE_BIG)]
    assert any(line.startswith("TODAY    then llama3.1:8b (.69), now qwen3:32b (.86): best") for line in shown)
    again = [text.plain(line) for line in explain.explanation(row, store, 58, LOOK, scripted.BUSY)]
    assert "then llama3.1:8b (.69), now still llama3.1:8b (.69)" in " ".join(" ".join(again).split())


@pytest.mark.parametrize("cells", [56, 58, 76, 98, 140])
@pytest.mark.parametrize("id_", [SNAPSHOT.exchanges[i].id for i in range(12)])
def test_lines_fit_the_panel(store: Store, id_: str, cells: int) -> None:
    assert [line for line in lines(store, id_, cells) if text.width(line) > cells] == []


@pytest.mark.parametrize(
    ("outcome", "code", "title"),
    [("failed", "rate_limited", "Refused"), ("failed", "internal_error", "Failed"), ("cancelled", "", "Cancelled")],
)
def test_what_ended_before_a_decision_says_so_and_why_once_and_nothing_of_an_answer(
    outcome: Outcome, code: str, title: str
) -> None:
    why = "too many requests of open-webui" if outcome == "failed" else ""
    ended = Exchange("x", NOW, outcome=outcome, code=code, message=why, seconds=0.04, stream=True, prompt="Hi")
    shown = "\n".join(text.plain(line) for line in explain.explanation(Row(ended), Store(), 98, LOOK))
    assert explain.title(Row(ended), str, LOOK)[0].said == title
    assert "Not decided yet" not in shown
    assert shown.count(why or "client left") == 1
    assert "stream" not in shown


def test_time_without_a_first_token_is_not_called_a_stream() -> None:
    gone = Exchange("x", NOW, outcome="failed", seconds=3.0, stream=True, attempts=(Attempt("o/m", outcome="failed"),))
    assert timeline.parts(gone) == [("no answer", 3.0, "bad")]
