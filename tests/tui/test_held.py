"""Two names of the same weights: one memory, told once, under both names."""

from dataclasses import replace

from llmrouter_tui.tui import held, model_detail, models_text, panels, pools_text, text, vram_text
from llmrouter_tui.tui.modals.ask import Ask
from llmrouter_tui.tui.models_text import Shown
from llmrouter_tui.tui.state import Store
from llmrouter_tui.tui.text import Look
from tests.tui.scripted import MODELS, NOW, SNAPSHOT, machine
from tests.tui.shots import screen_text, settled
from tests.tui.test_flows import calls, until
from tests.tui.test_models_page import put_cursor
from tests.tui.test_screens import running

LOOK = Look()
PHI = next(item for item in MODELS if item.info.name == "phi4:14b")
OTHER = replace(
    PHI, info=replace(PHI.info, name="tutor"), shares="phi4:14b", leases=2, pinned=True, last_used=NOW - 2, used=1
)
TUTORED = machine(models=(OTHER, *MODELS))
"""``tutor`` is phi4 with another system prompt: it answers twice and is pinned."""


def store() -> Store:
    made = Store()
    made.reset(TUTORED)
    return made


def said(lines: list[text.Line]) -> str:
    return "\n".join(text.plain(line).rstrip() for line in lines)


def test_what_is_held_by_one_name_is_held_for_all() -> None:
    weights = held.of(PHI, TUTORED.models)
    assert weights.ids == ("ollama/phi4:14b", "ollama/tutor")
    assert (weights.model.leases, weights.model.pinned, weights.model.last_used) == (2, True, NOW - 2)
    assert held.of(OTHER, TUTORED.models) == weights
    assert len(held.held(TUTORED.models)) == len(held.held(MODELS))


def test_names_on_different_backends_share_nothing() -> None:
    elsewhere = replace(OTHER, info=replace(OTHER.info, backend="llama.cpp"))
    assert held.of(PHI, (PHI, elsewhere)).others == ()


def test_the_pools_draw_it_once_and_name_both() -> None:
    data = store()
    pool = data.vram.pools[1]
    legend = said(vram_text.legend(data, pool, NOW, 80, LOOK))
    assert legend == "▓ phi4:14b         8.1G   16k  busy, 2 answers  pinned  = tutor"
    assert "phi4:14b = tutor 8.1G" in said(vram_text.pools_brief(data, NOW, 100, LOOK))
    assert "phi4:14b = tutor 8.1G busy" in said(panels.vram_lines(data, NOW, 60, LOOK))
    assert "phi4:14b = tutor" in said(panels.vram_brief(data, NOW, 100, LOOK))
    assert pools_text.loaded_text(data.vram) == "3 models loaded"


def test_the_bar_is_no_longer_than_the_memory() -> None:
    plain = Store()
    plain.reset(SNAPSHOT)
    assert pools_text.bar(store().vram.pools[1], 60, LOOK) == pools_text.bar(plain.vram.pools[1], 60, LOOK)


def test_the_list_tells_the_memory_at_one_name_and_the_facts_name_the_other() -> None:
    shown = Shown(store(), LOOK, NOW)
    placed = models_text.place_columns(120, 16)
    assert " shared " in text.plain(models_text.row(OTHER, placed, shown))
    assert " 8.1G " in text.plain(models_text.row(PHI, placed, shown))
    assert "8.1G in GPU1" in said(model_detail.facts(OTHER, shown, 120))
    assert "once for it and phi4:14b: the same weights" in said(model_detail.facts(OTHER, shown, 120))
    assert "once for it and tutor: the same weights" in said(model_detail.facts(PHI, shown, 120))


def test_one_that_left_memory_tells_its_own_size_again() -> None:
    gone = replace(OTHER, residency="absent")
    assert " shared " not in text.plain(
        models_text.row(gone, models_text.place_columns(120, 16), Shown(store(), LOOK, NOW))
    )


async def test_unloading_one_name_asks_when_the_other_answers() -> None:
    async with running(snapshot=TUTORED, page="models") as (app, pilot):
        await put_cursor(app, pilot, PHI.id)
        await pilot.press("x")
        assert isinstance(app.screen, Ask)
        await settled(app, pilot)
        assert "phi4:14b = tutor is writing 2 answers." in screen_text(app)
        await pilot.press("w")
        await until(app, pilot, lambda: calls(app))
        assert calls(app) == [("unload", PHI.id, False)]
