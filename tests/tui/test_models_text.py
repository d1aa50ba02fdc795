"""The list of models and what is said of one, as text."""

from dataclasses import replace

import pytest

from llmrouter_tui.core.domain import Ability, Evidence, ModelView, Probed, Speed
from llmrouter_tui.tui import model_detail, models_text, roster, text
from llmrouter_tui.tui.models_text import Shown
from llmrouter_tui.tui.pending import EXPIRES, Pending
from llmrouter_tui.tui.roster import Roster
from llmrouter_tui.tui.state import Store
from llmrouter_tui.tui.symbols import ASCII, SYMBOLS
from llmrouter_tui.tui.text import Look
from tests.tui import scripted
from tests.tui.scripted import MODELS, NOW, SNAPSHOT

LOOK = Look()
BY_NAME = {item.info.name: item for item in MODELS}
BIG, PHI, DEEP, EMBED = (BY_NAME[name] for name in ("qwen3:32b", "phi4:14b", "deepseek-r1:14b", "nomic-embed-text"))


def store(**changes: object) -> Store:
    made = Store()
    made.reset(replace(SNAPSHOT, **changes))  # type: ignore[arg-type]
    return made


def shown(asked: str = "", **changes: object) -> Shown:
    return Shown(store(**changes), LOOK, NOW, asked)


def unproven(mean: float = 0.55) -> ModelView:
    """A model of which only the size is known."""
    ability = Ability(mean, 8.0, 0.16, (Evidence("prior", mean, 8.0, "7B parameters"),))
    return replace(PHI, abilities={"chat": ability, "coding": ability})


def said(lines: list[text.Line]) -> str:
    return "\n".join(text.plain(line).rstrip() for line in lines)


# ── scores ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_score_that_somebody_checked_stands_upright() -> None:
    assert models_text.score_cell(BIG, "coding", LOOK) == ("█.88", "strong")


def test_a_score_from_size_and_name_alone_is_marked_and_in_italics() -> None:
    assert models_text.score_cell(unproven(), "chat", LOOK) == ("~.55", "guess")


def test_a_fifth_of_a_rating_does_not_make_a_guess_knowledge() -> None:
    spilled = Evidence("rating", 1.0, 0.2, "1 up on other tasks")
    rated = Evidence("rating", 1.0, 1.0, "1 up")
    base = unproven().abilities["chat"]
    assert roster.is_guess(replace(base, evidence=(*base.evidence, spilled)))
    assert not roster.is_guess(replace(base, evidence=(*base.evidence, rated)))


def test_an_embedding_model_has_no_scores() -> None:
    assert models_text.score_cell(EMBED, "chat", LOOK) == ("—", "dim")
    assert "nothing to score" in said(model_detail.scores(EMBED, 60, LOOK))


def test_the_bar_is_sure_up_to_one_deviation_below_and_likely_to_one_above() -> None:
    assert text.plain(model_detail.quality_bar(0.5, 0.1, 20, LOOK)) == "▓" * 8 + "▒" * 4 + "·" * 8
    assert text.plain(model_detail.quality_bar(0.98, 0.1, 10, LOOK)) == "▓" * 9 + "▒"


def test_every_piece_of_evidence_is_listed_with_its_value_weight_and_note() -> None:
    lines = said(model_detail.scores(BIG, 70, LOOK)).splitlines()
    coding = lines[lines.index("coding  strength 24.0") + 1 :][:3]
    assert [line.split()[0] for line in coding] == ["rating", "benchmark", "prior"]
    assert coding[0].split()[-2:] == [".80", "6.0"]
    assert "9 ratings" in coding[0]
    assert "public figures" in coding[1]


def test_what_votes_say_is_told_between_ratings_and_grades() -> None:
    note = "preferred to 3 of 4 others in your votes"
    told = Evidence("judge", 0.6, 2.0, "graded"), Evidence("vote", 0.9, 1.5, note), Evidence("rating", 1.0, 1.0)
    lines = said(model_detail.scores(replace(BIG, abilities={"coding": Ability(0.7, 4.5, 0.1, told)}), 70, LOOK))
    listed = lines.partition("EVIDENCE")[2].splitlines()[2:5]
    assert [line.split()[0] for line in listed] == ["rating", "vote", "judge"]
    assert note in lines and "vote 33%" in lines


def test_a_task_says_what_share_of_its_weight_each_source_has() -> None:
    first = said(model_detail.scores(BIG, 90, LOOK)).splitlines()[1]
    assert first.startswith("coding")
    assert "benchmark 58%  rating 25%  prior 17%" in first
    ability = BIG.abilities["coding"]
    counted = replace(ability, evidence=tuple(replace(one, count=len(one.note)) for one in ability.evidence))
    first = said(model_detail.scores(replace(BIG, abilities={"coding": counted}), 100, LOOK)).splitlines()[1]
    told = [f"({len(one.note)})" for one in ability.evidence if one.note]
    assert told and all(count in first for count in told), "how many observations each source has"


def test_guessed_scores_say_why_they_are_marked() -> None:
    assert "what its size and its name say" in said(model_detail.scores(unproven(), 120, LOOK))
    assert "its size and its name" not in said(model_detail.scores(BIG, 70, LOOK))


def test_the_languages_of_which_something_is_known_are_listed_in_points_of_quality() -> None:
    speaks = replace(BIG, languages={"zh": 0.2, "de": -0.1})
    for cells in (60, 120):
        lines = said(model_detail.scores(speaks, cells, LOOK)).splitlines()
        assert "LANGUAGES   de -.02  zh +.05" in lines
        assert max(map(len, lines)) <= cells
    assert "LANGUAGES" not in said(model_detail.scores(BIG, 60, LOOK))


# ── figures ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("count", "said_"),
    [(None, "—"), (137_000_000, "137M"), (1_700_000_000, "1.7B"), (8_030_261_312, "8B"), (32_762_123_264, "33B"),
     (70_600_000_000, "71B"), (999_000_000, "1B")],
)  # fmt: skip
def test_parameters_take_at_most_four_characters(count: int | None, said_: str) -> None:
    assert models_text.parameters_text(count) == said_


def test_estimates_carry_a_tilde() -> None:
    guessed = replace(PHI, footprint_source="estimated", speed=Speed(400, 38, 4.0, samples=0))
    assert models_text.memory_text(guessed, "—") == "~8.1G"
    assert models_text.speed_cell(guessed) == ("~38", "guess")
    assert models_text.speed_cell(PHI) == ("61", "")


def test_a_slow_model_is_not_said_to_stand_still() -> None:
    slow = replace(PHI, speed=Speed(40, 0.4, 4.0, samples=0))
    assert models_text.speed_cell(slow) == ("~0.4", "guess")
    assert "~0.4 tokens/s, prompt ~40 tokens/s" in said(model_detail.facts(slow, shown(), 160))


def test_facts_say_where_each_figure_comes_from() -> None:
    facts = said(model_detail.facts(replace(PHI, footprint_source="estimated"), shown(), 160))
    assert "estimated from its size" in facts
    assert "(12 answers measured)" in facts
    assert "ollama says so" in facts
    guessed = replace(PHI, info=replace(PHI.info, capabilities_known=False), speed=Speed(400, 38, 4.0))
    facts = said(model_detail.facts(guessed, shown(), 160))
    assert "guessed from its name" in facts
    assert "~38 tokens/s" in facts


def test_what_was_tried_is_told_against_what_was_declared() -> None:
    found = (
        Probed("tools", False, 1_790_000_000.0, "no tool is called", declared=True),
        Probed("vision", True, 1_790_000_000.0, "it read HORSE on red", declared=False),
        Probed("json", True, 1_790_000_000.0, how="schema", declared=True),
    )
    able = frozenset({"completion", "json", "vision"})
    tried = replace(PHI, info=replace(PHI.info, capabilities=able, probed=found))
    facts = said(model_detail.facts(tried, shown(), 220))
    assert "CAN      completion, json, vision (tried here)" in facts
    assert "PROBED   no tools, vision, json with schemas (2026-09-2" in facts
    assert "; ollama says tools: no tool is called; ollama says no vision: it read HORSE on red" in facts
    assert "PROBED" not in said(model_detail.facts(PHI, shown(), 160))


def test_a_price_is_said_where_there_is_one() -> None:
    hosted = replace(PHI, info=replace(PHI.info, local=False, hosted=True, price_in=0.5, price_out=1.5))
    facts = said(model_detail.facts(hosted, shown(), 160))
    assert "$0.5 a million tokens in, $1.5 out (told by its server)" in facts
    assert "none here: a provider runs it, prompts leave your machines" in facts
    near = replace(hosted, info=replace(hosted.info, hosted=False, priced_by="models.dev"))
    assert "it runs on another machine" in said(model_detail.facts(near, shown(), 160))
    assert "(told by models.dev)" in said(model_detail.facts(near, shown(), 160))
    assert "costs no money" in said(model_detail.facts(PHI, shown(), 160))


def test_a_problem_is_said_in_words() -> None:
    facts = said(model_detail.facts(replace(PHI, problem="its file is damaged"), shown(), 160))
    assert "PROBLEM  its file is damaged" in facts


def test_why_nothing_may_go_to_a_model_is_said_and_what_to_do() -> None:
    kept_in = replace(PHI, withheld="hosted: local_only is on")
    facts = said(model_detail.facts(kept_in, shown(), 160))
    assert "WITHHELD hosted: local_only is on. Switch local_only off (H on screen, or the setting)" in facts
    assert "hosted: local_only is on" in said(model_detail.preview(kept_in, shown(), 160))
    assert models_text.state_cell(kept_in, shown(), 9)[0] == "○ kept in"
    assert roster.state_words(kept_in).endswith(" withheld")


# ── state ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("model", "cell"),
    [
        (BIG, "● GPU0 busy"),
        (PHI, "● GPU1 4m"),
        (DEEP, "○ not loaded"),
        (EMBED, "○ not loaded"),
        (BY_NAME["mistral:7b"], "✗ down"),
        (replace(PHI, enabled=False), "● off, GPU1"),
        (replace(DEEP, enabled=False), "○ off"),
        (replace(DEEP, residency="loading"), "▶ loading"),
        (replace(PHI, pool="host", last_used=NOW), "● RAM"),
        (replace(PHI, loadable=False), "● always"),
        (replace(PHI, loadable=False, info=replace(PHI.info, local=False, hosted=True)), "● hosted"),
        (replace(PHI, loadable=False, info=replace(PHI.info, local=False)), "● elsewhere"),
        (replace(PHI, withheld="hosted: local_only is on"), "○ withheld"),
        (replace(PHI, problem="its file is damaged"), "✗ problem"),
    ],
)
def test_where_a_model_is_and_what_it_does(model: ModelView, cell: str) -> None:
    assert models_text.state_cell(model, shown())[0] == cell


def test_a_narrow_column_has_a_shorter_word_and_never_a_glyph_alone() -> None:
    column = next(column for column in models_text.COLUMNS if column.id == "state")
    for model in (DEEP, EMBED, PHI, BIG, replace(PHI, enabled=False), replace(DEEP, enabled=False)):
        said = models_text.state_cell(model, shown(), column.narrow)[0]
        assert len(said) <= column.narrow
        assert said[2:].strip()
    assert models_text.state_cell(DEEP, shown(), column.narrow)[0] == "○ on disk"


def test_what_was_asked_is_marked_until_it_happened() -> None:
    assert models_text.state_cell(DEEP, shown("load"))[0] == "▶ load?"


def test_a_backend_that_takes_no_orders_says_so() -> None:
    always = replace(PHI, loadable=False)
    assert models_text.why_not_load(always, store()) == "ollama holds its models itself and takes no such orders"
    single = replace(BY_NAME["qwen2.5:7b"], loadable=False)
    assert models_text.why_not_unload(single, store()) == "llama.cpp holds this one model as long as it runs"


def test_loading_and_unloading_say_why_they_cannot_be_done() -> None:
    assert models_text.why_not_load(BIG, store()) == "it is loaded"
    assert models_text.why_not_unload(DEEP, store()) == "it is not loaded"
    assert models_text.why_not_load(DEEP, store()) == ""
    assert models_text.why_not_unload(BIG, store()) == ""
    assert "vllm is down" in models_text.why_not_load(BY_NAME["mistral:7b"], store())


# ── columns ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("cells", [56, 58, 76, 78, 100, 116, 156, 200])
def test_columns_fit_every_width_and_the_important_ones_stay(cells: int) -> None:
    placed = models_text.place_columns(cells, longest=19)
    assert sum(size + column.gap for column, size in placed) <= cells
    assert {"model", "state", "vram", "toks", "coding"} <= {column.id for column, _ in placed}
    line = models_text.row(BIG, placed, shown())
    assert text.line_width(line) == sum(size + column.gap for column, size in placed)


def test_all_nine_tasks_are_shown_where_there_is_room() -> None:
    ids = [column.id for column, _ in models_text.place_columns(156, longest=15)]
    assert [id_ for id_ in ids if id_ in roster.SHOWN_TASKS] == list(roster.SHOWN_TASKS)


def test_the_column_that_orders_the_list_is_never_dropped() -> None:
    ids = [column.id for column, _ in models_text.place_columns(76, longest=15, sort="translation")]
    assert "translation" in ids


def test_the_ascii_set_is_ascii() -> None:
    placed = models_text.place_columns(116, longest=15)
    look = Look(SYMBOLS["ascii"])
    for model in MODELS:
        line = models_text.row(model, placed, Shown(store(), look, NOW))
        assert text.plain(line).isascii(), text.plain(line)
    assert look.symbols is ASCII


# ── filter and order ──────────────────────────────────────────────────────────────────────────────────────────────


def listed(query: str) -> list[str]:
    made = Roster(store())
    made.filter(query)
    return [id_.partition("/")[2] for id_ in made.ids]


def test_the_most_used_come_first() -> None:
    assert listed("")[:3] == ["nomic-embed-text", "llama3.1:8b", "qwen3:32b"]


def test_filters_by_field() -> None:
    assert listed("backend:llama.cpp") == ["qwen2.5vl:7b", "qwen2.5:7b"]
    assert set(listed("can:vision")) == {"qwen2.5vl:7b", "gemma3:4b"}
    assert listed("size:>14 state:loaded") == ["qwen3:32b"]
    assert listed("code:>.75") == ["qwen3:32b", "deepseek-r1:14b"]
    assert listed("state:busy") == ["llama3.1:8b", "qwen3:32b"]
    assert set(listed("!state:loaded vram:<4")) == {"nomic-embed-text", "gemma3:4b"}
    assert listed("qwen3:32b") == ["qwen3:32b"]


def test_orders_by_any_column_both_ways() -> None:
    made = Roster(store())
    while made.sort.id != "math":
        made.shift_sort(1)
    assert made.ids[0] == "ollama/phi4:14b"
    made.reverse()
    assert made.ids[-1] == "ollama/phi4:14b"


def test_the_focus_survives_and_moves_when_its_model_goes() -> None:
    data = store()
    made = Roster(data)
    made.refresh()
    made.focus = PHI.id
    made.shift_sort(1)
    assert made.focus == PHI.id
    del data.models[PHI.id]
    made.refresh()
    assert made.focus == made.ids[0]


def test_a_version_grows_only_when_the_model_changed() -> None:
    data = store()
    made = Roster(data)
    first = made.version(PHI.id)
    assert made.version(PHI.id) == first
    data.models[PHI.id] = replace(PHI, used=32)
    assert made.version(PHI.id) == first + 1


def test_a_model_that_is_switched_off_says_so_once_wherever_it_is() -> None:
    for model, words in (
        (replace(DEEP, enabled=False), "○ off, no request goes to it"),
        (replace(DEEP, enabled=False, residency="loading"), "▶ loading, off: no request goes to it"),
    ):
        assert words in said(model_detail.facts(model, shown(), 160))


# ── pending marks ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_mark_goes_when_the_event_says_it_happened() -> None:
    data, pending = store(), Pending()
    pending.ask(DEEP.id, "load", NOW)
    pending.settle(data.models, data.residency, NOW)
    assert pending.what(DEEP.id) == "load"
    data.models[DEEP.id] = replace(DEEP, residency="loading")
    pending.settle(data.models, data.residency, NOW)
    assert pending.what(DEEP.id) == ""


def test_a_mark_goes_when_the_load_waits_in_the_queue() -> None:
    data, pending = store(), Pending()
    pending.ask(DEEP.id, "load", NOW)
    pending.settle(data.models, data.residency, NOW, {PHI.id})
    assert pending.what(DEEP.id) == "load"
    pending.settle(data.models, data.residency, NOW, {DEEP.id})
    assert pending.what(DEEP.id) == ""


def test_a_mark_goes_when_the_load_failed_after_it_was_asked() -> None:
    data, pending = store(), Pending()
    failed = scripted.ResidencyEvent(NOW + 2, "load_failed", DEEP.id, "gpu1", None, "does not fit")
    pending.ask(DEEP.id, "load", NOW)
    pending.settle(data.models, [replace(failed, at=NOW - 60)], NOW)
    assert pending.what(DEEP.id) == "load"
    pending.settle(data.models, [failed], NOW + 2)
    assert pending.what(DEEP.id) == ""


def test_no_mark_stays_for_ever() -> None:
    data, pending = store(), Pending()
    pending.ask(PHI.id, "pin", NOW)
    pending.settle(data.models, (), NOW + EXPIRES + 1)
    assert pending.what(PHI.id) == ""


# ── what a score rests on ─────────────────────────────────────────────────────────────────────────────────────────


def test_below_the_list_the_best_scores_tell_how_sure_they_are_and_the_first_what_it_rests_on() -> None:
    lines = said(model_detail.preview(BIG, shown(), 78)).splitlines()
    assert lines[1] == "BEST AT  reasoning .90 ±.05, coding .88 ±.05, math .86 ±.05"
    assert lines[2] == "RESTS ON reasoning: benchmark .93 58%, rating .82 25%, prior .55 17%"
    guess = said(model_detail.preview(unproven(), shown(), 78)).splitlines()
    assert guess[1:3] == ["BEST AT  chat ~.55 ±.16, coding ~.55 ±.16", "RESTS ON chat: prior .55 100%"]
    assert "embeddings" in said(model_detail.preview(EMBED, shown(), 78))


@pytest.mark.parametrize("cells", [50, 60, 68, 72, 96, 120])
def test_every_source_stays_in_view_as_long_as_there_is_room_for_it(cells: int) -> None:
    line = text.plain(model_detail.scores(BIG, cells, LOOK)[1])
    assert text.width(line) <= cells
    assert "benchmark 58%" in line
    assert ("prior 17%" in line) is (cells >= 68)
