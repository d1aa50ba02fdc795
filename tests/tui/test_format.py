"""Rows, status line, tabs, footer and panels as text at a width."""

from dataclasses import replace
from datetime import UTC

import pytest

from llmrouter_tui.core.decision import Attempt, Effect, Exchange, Rates
from llmrouter_tui.core.events import Waiting
from llmrouter_tui.core.ports.control import Snapshot
from llmrouter_tui.tui import actions, panels, pools_text, status, text
from llmrouter_tui.tui import format as fmt
from llmrouter_tui.tui.row import Row
from llmrouter_tui.tui.state import Store
from llmrouter_tui.tui.symbols import ASCII, BLOCK, BRAILLE, SYMBOLS
from llmrouter_tui.tui.text import Look
from llmrouter_tui.tui.widgets import chart
from tests.tui import scripted
from tests.tui.scripted import NOW, SNAPSHOT

LOOK = Look(BRAILLE, UTC)
WIDTHS = (40, 50, 58, 60, 76, 78, 80, 98, 99, 100, 116, 140, 158, 200)


@pytest.fixture
def store() -> Store:
    store = Store()
    store.reset(SNAPSHOT)
    return store


def row_text(row: Row, cells: int, look: Look = LOOK) -> str:
    placed = fmt.place_columns(cells)
    return text.plain(fmt.ledger_row(row, placed, cells, look, lambda model: model.partition("/")[2]))


@pytest.mark.parametrize("cells", WIDTHS)
def test_header_and_rows_have_the_same_width_and_fit(store: Store, cells: int) -> None:
    placed = fmt.place_columns(cells)
    head = text.width(text.plain(fmt.ledger_head(placed, cells, LOOK)))
    widths = {text.width(row_text(row, cells)) for row in store.rows.values()}
    assert widths == {head}
    assert head <= max(cells, 45)


@pytest.mark.parametrize("cells", WIDTHS)
def test_task_model_score_state_and_rating_never_go(cells: int) -> None:
    ids = [column.id for column, _ in fmt.place_columns(cells)]
    assert {"task", "chose", "score", "state", "you"} <= set(ids)


def test_columns_go_in_the_order_promised() -> None:
    gone: list[str] = []
    for cells in range(200, 46, -1):
        ids = [column.id for column, _ in fmt.place_columns(cells)]
        for column in fmt.COLUMNS:
            if column.id not in ids and column.id not in gone:
                gone.append(column.id)
    assert gone == ["prompt", "id", "ttft", "toks", "of", "diff", "why", "margin"]


def test_a_row_says_everything_at_full_width(store: Store) -> None:
    shown = row_text(store.rows["x8f1d"], 116)
    assert " ".join(shown.split()) == (
        "21:03:52 8f1d coding ▃ .33 llama3.1:8b 7 .69 -.04 ≠ 32b busy; runner-up 0.3s 96 ✓ 154t -"
    )


@pytest.mark.parametrize(
    ("id_", "state", "role"),
    [
        ("x8f21", "▶   0t", "run"),
        ("x8f1f", "✓ 640t", "good"),
        ("x8f1a", "↻→✓", "warn"),
        ("x8f18", "✗ 503", "bad"),
        ("x8f17", "⊘ left", "dim"),
    ],
)
def test_the_state_column_has_a_glyph_and_a_word(store: Store, id_: str, state: str, role: str) -> None:
    assert fmt.state(store.rows[id_], LOOK) == (state, role)


def test_a_waiting_exchange_says_for_what(store: Store) -> None:
    row = store.rows["x8f21"]
    row.waiting = Waiting("x8f21", scripted.BIG, "load", 7.0)
    assert fmt.state(row, LOOK) == ("▶ load", "run")
    assert fmt.why(row, LOOK) == "loading, about 7s"
    row.waiting = Waiting("x8f21", scripted.BIG, "queue", 24.0, 2, "vllm/qwen answers 3 requests")
    assert fmt.state(row, LOOK) == ("▶ wait", "run")
    assert fmt.why(row, LOOK) == "place 2 in the queue, about 24s: vllm/qwen answers 3 requests"
    row.waiting = Waiting("x8f21", scripted.BIG, "first token")
    assert fmt.state(row, LOOK) == ("▶ read", "run")
    assert fmt.why(row, LOOK) == "it is loaded and reads the prompt"


def test_a_margin_is_marked_when_close_and_when_the_top_score_was_not_taken() -> None:
    assert fmt.margin_text(0.11, LOOK) == ("+.11", "dim")
    assert fmt.margin_text(0.02, LOOK) == ("+.02 ≈", "warn")
    assert fmt.margin_text(-0.04, LOOK) == ("-.04 ≠", "bad")
    assert fmt.margin_text(None, LOOK)[0] == "—"


def test_a_load_shows_beside_the_first_token_time(store: Store) -> None:
    assert "6.4s L" in row_text(store.rows["x8f1e"], 116)


def test_a_hostile_prompt_cannot_leave_its_cell(store: Store) -> None:
    evil = replace(store.rows["x8f1c"].exchange, prompt="\x1b[2J\x1b[H\nowned\r\x07" * 9)
    shown = row_text(Row(evil), 200)
    assert "\x1b" not in shown
    assert "\n" not in shown
    assert "\r" not in shown


def test_a_long_name_loses_its_owner_before_its_end() -> None:
    assert fmt.short_model("hf.co/bartowski/Llama-3.2-3B:Q4", 16) == "Llama-3.2-3B:Q4"
    assert fmt.short_model("qwen2.5-coder:14b-instruct", 16) == "qwen2.5-coder:1…"


def test_a_retry_names_the_backend_that_failed(store: Store) -> None:
    assert fmt.why(store.rows["x8f1a"], LOOK) == "best coding, resident (↻ vllm t/o)"


def test_an_exchange_before_its_decision_is_a_calm_row() -> None:
    shown = row_text(Row(Exchange("new00", NOW)), 116)
    assert "…" in shown
    assert "▶" in shown


def test_a_failed_attempt_without_a_known_code_still_has_words() -> None:
    attempt = Attempt("a/b", "failed", code="rate_limited")
    row = Row(Exchange("x", NOW, "ok", model="c/d", attempts=(attempt,)))
    assert "rate limited" in fmt.why(row, LOOK)


def test_the_ascii_set_needs_nothing_but_ascii(store: Store) -> None:
    look = Look(ASCII, UTC)
    shown = [text.plain(line) for line in panels.vram_lines(store, NOW, 56, look)]
    shown += [text.plain(line) for line in panels.throughput_lines(store, NOW, 56, 7, look, 0.7)]
    shown.append(text.plain(status.status_line(store, NOW, 120, look)))
    for id_ in ("x8f21", "x8f1d", "x8f1a", "x8f18", "x8f17", "x8f16"):
        shown.append(row_text(store.rows[id_], 116, look))
    assert [line for line in shown if not line.isascii()] == []


@pytest.mark.parametrize("cells", [46, 52, 56, 76])
def test_a_gpu_with_a_long_name_keeps_its_load_and_loses_its_history_first(store: Store, cells: int) -> None:
    gpu = replace(store.devices[0], name="NVIDIA GeForce RTX 4090 (simulated)")
    store.devices = (gpu, *store.devices[1:])
    first = text.plain(panels.vram_lines(store, NOW, cells, LOOK)[0])
    assert first.endswith(" 94%")
    assert "util" in first
    assert text.width(first) <= cells


@pytest.mark.parametrize("cells", [58, 78, 118])
def test_brief_panels_cut_no_figure_and_no_name(store: Store, cells: int) -> None:
    store.rates.restart(NOW, Rates(ok=1000), [], [])
    shown = [text.plain(panels.throughput_brief(store, NOW, cells, LOOK))]
    shown += [text.plain(line) for line in panels.vram_brief(store, NOW, cells, LOOK)]
    assert [line for line in shown if "…" in line or text.width(line) > cells] == []
    assert "failed 0" in shown[0]


# ── status, tabs, footer ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("cells", WIDTHS)
@pytest.mark.parametrize("demo", [False, True])
def test_the_status_line_always_fits_and_always_says_demo(store: Store, cells: int, demo: bool) -> None:
    shown = text.plain(status.status_line(store, NOW, cells, LOOK, demo=demo))
    assert text.width(shown) <= cells
    assert ("DEMO" in shown) is demo
    assert ":11436" in shown


def test_the_status_line_at_both_sizes(store: Store) -> None:
    assert text.plain(status.status_line(store, NOW, 120, LOOK)).strip() == (
        "llmrouter  ● serving 127.0.0.1:11436  ollama ●  llama.cpp ●  vllm ✗ down 12s"
        "   2 in flight   10/min   p50 0.5s   21:04"
    )
    assert text.plain(status.status_line(store, NOW, 80, LOOK)).strip() == (
        "llmrouter ● :11436 ollama ● llama.cpp ● vllm ✗   2 in flight  10/min  p50 0.5s"
    )


def test_many_backends_become_a_count_and_those_that_are_down(store: Store) -> None:
    for i in range(9):
        store.backends[f"server-number-{i}"] = replace(scripted.BACKENDS[0], name=f"server-number-{i}")
    shown = text.plain(status.status_line(store, NOW, 80, LOOK))
    assert "11 backends ● vllm ✗" in shown


def test_room_that_a_figure_left_goes_to_the_names_of_backends(store: Store) -> None:
    store.backends.pop("vllm")
    assert "2 backends ●" in text.plain(status.status_line(store, NOW, 60, LOOK, demo=True))


def test_what_is_wrong_with_the_service_is_in_the_status_line(store: Store) -> None:
    assert "✗ proxy stopped" in text.plain(status.status_line(store, NOW, 80, LOOK, crashed="boom"))
    assert "✗ out of reach" in text.plain(status.status_line(store, NOW, 80, LOOK, connected=False))
    store.service = replace(store.service, state="failed", problems=(scripted.PORT_TAKEN,))
    assert "✗ port 11436 is taken" in text.plain(status.status_line(store, NOW, 80, LOOK))
    assert "○ starting" in text.plain(status.status_line(Store(), NOW, 80, LOOK))


def test_the_current_tab_is_bracketed_and_only_pages_that_exist_are_listed() -> None:
    pieces = fmt.tabs("routes", ["dash", "routes", "log"], 120)
    assert "".join(piece[0] for piece in pieces) == "  1 Dash [2 Routes] 8 Log "


@pytest.mark.parametrize("cells", [60, 80, 120])
def test_the_footer_fits_and_always_ends_with_quit(cells: int) -> None:
    shown = actions.footer(actions.available("routes", actions.PAGES))
    pieces = fmt.footer(shown, [""] * len(shown), cells, LOOK)
    assert sum(text.width(piece[0]) for piece in pieces) <= cells + 2
    assert pieces[-1][2] == "quit"


# ── panels ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_memory_bar_is_proportional_and_marks_what_is_not_ours(store: Store) -> None:
    bar = text.plain(pools_text.bar(store.vram.pools[0], 48, LOOK))
    assert (bar.count("▓"), bar.count("▒"), bar.count("░"), bar.count("·"), bar[47]) == (28, 10, 2, 7, "│")


def test_the_line_that_models_do_not_pass_is_drawn_over_what_lies_beyond_it() -> None:
    drawn = chart.meter([(4.0, "fill0"), (14.0, "other")], 20.0, 20, BRAILLE, 0.5)
    assert text.plain(drawn) == "▓▓▓▓░░░░░░│░░░░░░░··"
    assert [role for _, role in drawn] == ["fill0", "other", "free"]


def test_host_memory_is_shown_only_when_it_matters() -> None:
    def shown(snapshot: Snapshot) -> list[str]:
        return [pool.device.pool for pool in pools_text.pools(snapshot.vram)]

    assert shown(SNAPSHOT) == ["gpu0", "gpu1"]
    assert shown(scripted.RAM_ONLY) == ["host"]
    moved = tuple(replace(one, pool="host") if one.info.name == "phi4:14b" else one for one in scripted.MODELS)
    assert shown(scripted.machine(models=moved)) == ["gpu0", "gpu1", "host"]
    assert shown(scripted.machine(devices=())) == []


@pytest.mark.parametrize("cells", [20, 40, 56, 76, 120])
def test_panel_lines_fit_their_width(store: Store, cells: int) -> None:
    lines = [
        *panels.vram_lines(store, NOW, cells, LOOK),
        *panels.vram_brief(store, NOW, cells, LOOK),
        panels.throughput_brief(store, NOW, cells, LOOK),
        panels.attention_line(store.attention.causes(NOW), cells, hint=True),
    ]
    assert [text.plain(line) for line in lines if text.line_width(line) > cells] == []


def test_a_device_with_a_problem_says_so_instead_of_zeros(store: Store) -> None:
    store.reset(scripted.machine(devices=(replace(scripted.DEVICES[0], problem="driver lost"),)))
    assert "! driver lost" in [text.plain(line) for line in panels.vram_lines(store, NOW, 56, LOOK)]


def test_the_slider_shows_where_it_is_and_where_it_was_asked_to_go() -> None:
    assert text.plain(chart.slider(0.5, 11, BRAILLE)) == "─────●─────"
    assert text.plain(chart.slider(0.0, 11, BRAILLE, ghost=1.0)) == "●─────────◌"


def test_charts_have_the_size_asked_for_in_every_symbol_set() -> None:
    values = [float(i % 7) for i in range(90)]
    for symbols in SYMBOLS.values():
        drawn = chart.graph(values, 20, 3, symbols)
        assert [text.width(line) for line in drawn] == [20, 20, 20]
        assert text.width(chart.spark(values, 13, symbols)) == 13
        assert chart.graph([], 5, 1, symbols)[0].strip(" \u2800") == ""


def test_braille_shows_the_newest_value_at_the_right() -> None:
    assert chart.graph([0, 0, 0, 4], 2, 1, BRAILLE) == ["⠀⢸"]
    assert chart.graph([4, 4], 1, 2, BRAILLE) == ["⣿", "⣿"]
    assert chart.graph([1, 2, 4, 8], 4, 1, BLOCK) == ["▁▂▄█"]


def test_the_filter_line_suggests_what_there_is_room_for_and_always_how_it_is_cleared() -> None:
    examples = ("task:code", "you:-")
    whole = "words, task:code you:-   ! inverts   esc clears"
    assert fmt.filter_hint(examples, len(whole)) == whole
    assert fmt.filter_hint(examples, len(whole) - 1) == "words, task:code   ! inverts   esc clears"
    assert fmt.filter_hint(examples, 30) == "words   ! inverts   esc clears"


def test_what_moved_less_than_can_be_read_is_told_in_words() -> None:
    assert fmt.effect_text(Effect("a/m", "chat", 0.62, 0.60), str, Look()) == "a/m chat .62 → .60"
    assert fmt.effect_text(Effect("a/m", "chat", 0.6184, 0.6171), str, Look()) == "a/m chat .618 → .617"
    assert fmt.effect_text(Effect("a/m", "chat", 0.61842, 0.61841), str, Look()) == (
        "a/m chat .618, down by less than .001"
    )
