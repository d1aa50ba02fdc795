"""The palette finds what goes by a name: models with what can be done to them, settings, colours; letters may lack."""

from typing import Any

from textual.widgets import Input

from llmrouter_tui.tui import names
from llmrouter_tui.tui.actions import BY_ID
from llmrouter_tui.tui.modals.settings import SettingsDialog
from llmrouter_tui.tui.pages.ask import AskPage
from llmrouter_tui.tui.pages.models import ModelsPage
from llmrouter_tui.tui.palette import closeness
from tests.tui.scripted import ScriptedHost
from tests.tui.shots import build, settled
from tests.tui.test_flows import calls, until
from tests.tui.test_screens import running


def test_letters_of_a_word_may_lack() -> None:
    assert 0 < closeness("sttngs", BY_ID["settings"]) < closeness("setting", BY_ID["settings"])
    assert closeness("zzz", BY_ID["settings"]) == 0


async def choose(app: Any, pilot: Any, typed: str) -> None:
    await pilot.press("colon")
    app.screen.query_one(Input).value = typed
    await until(app, pilot, lambda: app.screen.query_one("OptionList").option_count)
    await pilot.pause(0.1)
    await pilot.press("enter", "enter")


async def test_a_model_is_loaded_by_its_name_from_any_page() -> None:
    async with running(page="log") as (app, pilot):
        found = {one.title: one for one in names.named(app.screen)}
        titles = [title for title in found if title.startswith("load ")]
        assert {"show qwen3:32b", "unload qwen3:32b", "ask qwen3:32b", "colours nord"} <= set(found)
        found[titles[0]].go()
        await until(app, pilot, lambda: calls(app))
        assert isinstance(app.screen, ModelsPage)
        name, model = calls(app)[0][:2]
        assert (name, f"load {app.store.name(model)}") == ("load", titles[0])
        app.at_model("ollama/gone:7b", "model.enable")  # it left while the palette was open
        await settled(app, pilot)
        assert [note.message for note in app._notifications][-1] == "no backend has gone:7b any more"
        assert len(calls(app)) == 1


async def test_a_model_is_asked_and_a_setting_opened_by_name() -> None:
    async with running() as (app, pilot):
        await choose(app, pilot, "ask qwen3:32b")
        await until(app, pilot, lambda: isinstance(app.screen, AskPage))
        assert [app.store.name(model) for model in app.asks.draft.picked] == ["qwen3:32b"]
        key = next(iter(app.store.settings))
        {one.title: one for one in names.named(app.screen)}[f"setting {key}"].go()
        await settled(app, pilot, turns=1)
        assert isinstance(app.screen, SettingsDialog)
        assert app.screen.list.cursor == key


async def test_a_read_only_screen_offers_nothing_that_changes_a_model() -> None:
    app = build(ScriptedHost(readonly=True))
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(app, pilot)
        titles = [one.title.split()[0] for one in names.named(app.screen)]  # type: ignore[arg-type]
        assert set(titles) == {"show", "setting", "colours"}
