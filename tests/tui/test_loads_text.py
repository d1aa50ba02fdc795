"""Loads under way and waiting, what came and went and why, and what it cost, as text."""

from dataclasses import replace
from datetime import UTC
from typing import Any

import pytest

from llmrouter_tui.core.domain import ResidencyEvent
from llmrouter_tui.core.memory_words import remedy
from llmrouter_tui.core.vram import LoadProgress, Swaps, Thrash
from llmrouter_tui.tui import loads_text, text
from llmrouter_tui.tui.state import Store
from llmrouter_tui.tui.symbols import SYMBOLS
from llmrouter_tui.tui.text import Look
from tests.tui.scripted import BIG, GIB, NOW, PHI, SNAPSHOT

LOOK = Look(tz=UTC)
VISION = "llama.cpp/qwen2.5vl:7b"


def store(*events: ResidencyEvent, **vram: Any) -> Store:
    data = Store()
    data.reset(replace(SNAPSHOT, residency=events, vram=replace(SNAPSHOT.vram, **vram)))
    return data


def said(data: Store, cells: int = 78, now: float = NOW, look: Look = LOOK, rows: int = 12) -> list[str]:
    entries = loads_text.entries(data, now, cells, rows, look)
    lines = [text.plain(line).rstrip() for entry in entries for line in entry.lines]
    assert [line for line in lines if text.width(line) > cells] == []
    return lines


def event(**facts: Any) -> ResidencyEvent:
    known: dict[str, Any] = {"kind": "load", "model": PHI, "pool": "gpu1", "seconds": 4.9, "reason": ""}
    return ResidencyEvent(NOW, **(known | facts))


# ── under way ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_load_has_a_bar_as_full_as_its_time_is_over() -> None:
    data = store(loads=(LoadProgress(PHI, "gpu1", NOW - 2, 8.0, waiting=2),))
    [line] = said(data)
    assert line.startswith("▶     phi4:14b   GPU1  ▓▓▓▓▓▓··················")
    assert line.endswith("  2s of ~8.0s  2 wait")
    [later] = said(data, now=NOW + 2)
    assert (line.count("▓"), later.count("▓")) == (6, 12)


def test_a_load_that_takes_longer_than_expected_is_not_called_done() -> None:
    [line] = said(store(loads=(LoadProgress(PHI, "gpu1", NOW - 60, 5.0),)))
    assert "·" in line
    assert line.endswith("1m00s of ~5.0s")
    assert "·" in said(store(loads=(LoadProgress(PHI, "gpu1", NOW, 0.0),)))[0]


def test_a_load_that_waits_says_its_turn_for_what_and_for_how_many() -> None:
    waiting = LoadProgress(VISION, "gpu1", None, 6.4, 1, 3, f"{PHI} answers 3 requests")
    later = LoadProgress(BIG, "gpu0", None, 7.2, 2)
    first, second = said(store(loads=(waiting, later)))
    assert first.startswith("next  qwen2.5vl:7b GPU1  phi4:14b answers 3 requests")
    assert first.endswith("3 wait")
    assert second.startswith("2nd   qwen3:32b")
    assert second.endswith("waits for its turn")


@pytest.mark.parametrize(("rows", "listed", "last"), [(5, 1, "and 4 more wait for their turn"), (12, 5, "5th")])
def test_a_long_queue_leaves_half_of_the_panel_to_what_was(rows: int, listed: int, last: str) -> None:
    queue = tuple(LoadProgress(PHI, "gpu1", None, 5.0, place) for place in range(1, 6))
    lines = said(store(*SNAPSHOT.residency, loads=queue), rows=rows)
    waiting = [line for line in lines if "turn" in line]
    assert len([line for line in waiting if "GPU1" in line]) == listed
    assert waiting[-1].strip().startswith(last)


@pytest.mark.parametrize("symbols", list(SYMBOLS))
@pytest.mark.parametrize("cells", [40, 56, 78, 116])
def test_every_symbol_set_draws_all_of_it_at_every_width(cells: int, symbols: str) -> None:
    loads = (
        LoadProgress(PHI, "gpu1", NOW - 2, 8.0, waiting=2),
        LoadProgress(VISION, "gpu1", None, 6.4, 1, 3, f"{PHI} answers 3 requests"),
    )
    thrash = (Thrash("gpu1", (PHI, VISION), 6, 600.0),)
    data = store(*SNAPSHOT.residency, loads=loads, thrash=thrash, held=True)
    lines = said(data, cells, look=Look(SYMBOLS[symbols], UTC))
    assert symbols != "ascii" or [line for line in lines if not line.isascii()] == []


# ── what was ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_loads_unloads_and_failures_have_signs_and_reasons() -> None:
    failed = event(kind="load_failed", seconds=None, reason="out of memory")
    lines = said(store(failed, *SNAPSHOT.residency))
    assert lines[0] == "21:04:09 ✗ phi4:14b     GPU1        failed: out of memory"
    assert lines[1] == "21:03:58 + qwen2.5vl:7b GPU1  6.4s  for a vision request 8f1e"
    assert lines[2].startswith("21:03:58 - phi4:14b")


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"reason": "for ollama/phi4:14b"}, "for phi4:14b"),
        ({"reason": "idle 6m", "evicted_for": VISION}, "evicted for qwen2.5vl:7b, idle 6m"),
        ({"reason": f"for {VISION}", "evicted_for": VISION}, "evicted for qwen2.5vl:7b"),
        ({"reason": f"needs room ({VISION} answers 1 request)"}, "needs room (qwen2.5vl:7b answers 1 request)"),
        ({"evicted_for": VISION, "exchange_id": "x8f1e"}, "evicted for qwen2.5vl:7b 8f1e"),
        ({"external": True}, "not ours"),
        ({"external": True, "reason": "seen at ollama"}, "not ours, seen at ollama"),
        ({"reason": "for 8f1e", "exchange_id": "x8f1e"}, "for 8f1e"),
    ],
)
def test_why_a_model_came_or_went(facts: dict[str, Any], why: str) -> None:
    assert loads_text.cause(event(**facts), store()) == why


def test_one_for_which_room_is_made_has_its_turn_now() -> None:
    [line] = said(store(loads=(LoadProgress(VISION, "gpu1", None, 6.4, 0, 1, f"{PHI} answers 1 request"),)))
    assert line.startswith("now   qwen2.5vl:7b GPU1  phi4:14b answers 1 request")


def test_without_any_load_it_says_so() -> None:
    assert said(store()) == ["Nothing was loaded or unloaded yet."]


def test_while_loads_are_held_that_stands_first_with_the_way_back() -> None:
    assert said(store(event(), held=True))[0] == (
        "Loads are held to keep the memory free for other work; L on VRAM loads again."
    )


# ── what it cost ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_head_says_what_swaps_cost_today() -> None:
    assert [part.said for part in loads_text.notes(store(swaps=Swaps(31, 19, 252.0)))] == [
        "31 loads", "19 evictions", "4m12s lost today"
    ]  # fmt: skip
    assert loads_text.notes(store(swaps=Swaps())) == ()


def test_models_that_take_turns_are_named_with_the_remedy() -> None:
    turns = Thrash("gpu1", (PHI, VISION), 6, 590.0, remedy(int(14.5 * GIB), int(11.5 * GIB)))
    line = " ".join(said(store(thrash=(turns,))))
    assert line == (
        "! phi4:14b and qwen2.5vl:7b threw each other out of GPU1 6 times in 10 min: together they need 14.5 of 11.5 "
        "GiB: pin one, switch one off for requests, or give them less context (P pins, e on Models switches off)"
    )


def test_what_unloading_all_would_get_in_the_way_of() -> None:
    assert [text.plain(line) for line in loads_text.interrupted(store())] == [
        "qwen3:32b, llama3.1:8b are writing 2", "answers: they end first."
    ]  # fmt: skip
    idle = tuple(
        replace(pool, holders=tuple(replace(holder, leases=0) for holder in pool.holders))
        for pool in SNAPSHOT.vram.pools
    )
    assert loads_text.interrupted(store(pools=idle)) == []
    loads = (LoadProgress(VISION, "gpu1", NOW, 6.4, waiting=1),)
    assert [text.plain(line) for line in loads_text.interrupted(store(pools=idle, loads=loads))] == [
        "qwen2.5vl:7b is being loaded.",
        "1 request waits for a model.",
    ]
    asked = tuple(
        replace(pool, holders=tuple(replace(holder, state="loading", waiting=1) for holder in pool.holders[:1]))
        for pool in idle[:1]
    )
    loads = (LoadProgress(asked[0].holders[0].models[0], "gpu0", NOW, 6.4, waiting=1),)
    assert text.plain(loads_text.interrupted(store(pools=asked, loads=loads))[-1]) == "1 request waits for a model."


def test_who_stays_when_all_are_unloaded_is_told() -> None:
    shown = store()
    assert loads_text.staying(shown) == ""
    served = replace(shown.models[PHI], loadable=False)
    shown.models[PHI] = served
    assert loads_text.staying(shown) == "phi4:14b stays in memory: its server cannot unload it."
    assert " ".join(text.plain(line) for line in loads_text.interrupted(shown)).endswith("its server cannot unload it.")
    shown.models[PHI] = replace(served, residency="absent")
    assert loads_text.staying(shown) == ""


def test_a_load_that_waits_while_loads_are_held_says_that() -> None:
    waits = LoadProgress(VISION, "gpu1", None, 6.4, 1, 1, f"{PHI} answers 1 request")
    shown = next(line for line in said(store(loads=(waits,), held=True)) if "qwen2.5vl" in line)
    assert shown.split() == ["held", "qwen2.5vl:7b", "GPU1", "loads", "held", "1", "waits"]
    assert "It is not loaded into GPU1" in " ".join(whole(loads=(waits,), held=True, at=1))


# ── an entry, opened ──────────────────────────────────────────────────────────────────────────────────────────────


def whole(*residency: ResidencyEvent, at: int = 0, **facts: Any) -> list[str]:
    data = store(*residency, **facts)
    return loads_text.whole(loads_text.entries(data, NOW, 78, 12, LOOK)[at], data, NOW, LOOK).splitlines()


def test_a_failed_load_is_told_to_its_last_word() -> None:
    words = f"{PHI} did not load: cudaMalloc failed: out of memory, " + "allocating 8.1 GiB on device 1 " * 4
    failed = event(kind="load_failed", seconds=None, reason=words.strip())
    assert whole(failed) == [
        "2026-11-04 21:04:09  Loading into GPU1 failed.",
        "",
        f"Why: {words.replace(PHI, 'phi4:14b').strip()}",
    ]


def test_what_came_and_what_went_is_told_with_its_day_and_its_reason() -> None:
    came, went = event(reason="for 8f1c", exchange_id="x8f1c"), event(kind="unload", evicted_for=VISION, seconds=0.4)
    assert whole(came, went)[0].endswith("Loaded into GPU1 in 4.9s.")
    assert whole(came, went)[2] == "Why: for the request 8f1c"
    assert whole(came, went, at=1)[0].endswith("Unloaded from GPU1 in 0.4s.")
    assert whole(came, went, at=1)[2] == "Why: evicted for qwen2.5vl:7b"


def test_a_load_and_one_that_waits_are_told_with_what_is_waited_for() -> None:
    loads = (
        LoadProgress(VISION, "gpu1", NOW - 2, 6.4, waiting=2),
        LoadProgress(PHI, "gpu1", None, 8.0, 2, 1, f"{VISION} is being loaded"),
    )
    assert whole(loads=loads) == [
        "It is being loaded into GPU1, for 2s now. Loading it should take 6.4s.", "2 requests wait for it."
    ]  # fmt: skip
    assert whole(loads=loads, at=1)[:3] == [
        "It is the 2nd in the queue of GPU1.", "It waits: qwen2.5vl:7b is being loaded.", "1 request waits for it."
    ]  # fmt: skip


def test_where_lines_are_scarce_a_warning_takes_one_and_is_whole_when_opened() -> None:
    turns = Thrash("gpu1", (PHI, VISION), 6, 590.0, remedy(int(14.5 * GIB), int(11.5 * GIB)))
    data = store(thrash=(turns,))
    [entry] = loads_text.entries(data, NOW, 78, 5, LOOK)
    assert [text.plain(line)[-1] for line in entry.lines] == ["…"]
    assert "give them less context (P pins" in loads_text.whole(entry, data, NOW, LOOK)


def test_an_entry_is_about_one_model_or_says_why_it_is_about_none() -> None:
    turns, gone = Thrash("gpu1", (PHI, VISION), 6, 590.0), event(model="ollama/gone:7b")
    data = store(event(), gone, thrash=(turns,))
    circle, here, away = loads_text.entries(data, NOW, 78, 12, LOOK)
    assert [loads_text.about(one) for one in (None, circle, here, away)] == ["", "", PHI, "ollama/gone:7b"]
    assert [loads_text.why_no_model(one, data) for one in (None, circle, here, away)] == [
        "no load or eviction is selected",
        "this is about several models; choose one of them under What would fit",
        "",
        "no backend has gone:7b any more",
    ]
