"""Which model of the public catalog a model is: seen on the Models page, and corrected there."""

from dataclasses import replace

import pytest

from llmrouter_tui.catalog.snapshot import shipped
from llmrouter_tui.core import events as ev
from llmrouter_tui.core.domain import AUTOMATIC, CatalogMatch
from llmrouter_tui.core.dossier import Told, listed
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.ports.control import Snapshot
from llmrouter_tui.core.sync import SyncView
from llmrouter_tui.tui import closeness, public_text, text
from llmrouter_tui.tui.app import ControlCenter
from llmrouter_tui.tui.modals.match import MatchDialog
from llmrouter_tui.tui.text import Look
from tests.tui import goldens
from tests.tui.scripted import CATALOG, DOSSIER, MODELS, SNAPSHOT, ScriptedControl, ScriptedHost
from tests.tui.shots import at_sizes, build, screen_text, settled
from tests.tui.test_flows import calls, feed, fill, until
from tests.tui.test_models_page import BIG, page, put_cursor, said
from tests.tui.test_screens import SIZES, running

pytestmark = pytest.mark.thorough
"""Its keys are pressed in ``test_every_act``; the rest takes many starts of the program."""

MISTRAL = "vllm/mistral:7b"
ENTRIES = [listed(entry) for entry in shipped().entries.values()]


def control(app: ControlCenter) -> ScriptedControl:
    assert isinstance(app.host, ScriptedHost)
    return app.host.control


def corrected(chosen: str) -> Snapshot:
    """The usual fleet, where the user said which entry qwen3:32b is."""

    def match(old: CatalogMatch | None) -> CatalogMatch:
        return replace(old or CatalogMatch(), by_user=True, chosen=chosen)

    models = tuple(replace(m, match=match(m.match)) if m.id == BIG else m for m in MODELS)
    return replace(SNAPSHOT, models=models)


def facts(app: ControlCenter) -> str:
    """What the pane at the right says of the selected model, unwrapped."""
    return " ".join(
        " ".join(line.split("││")[1].strip(" │") for line in screen_text(app).splitlines() if "││" in line).split()
    )


def boxed(app: ControlCenter) -> str:
    """The dialog alone."""
    box = app.screen.query_one(".dialog").region
    lines = screen_text(app).splitlines()[box.y : box.bottom]
    return "".join(f"{line[box.x : box.right]}\n" for line in lines)


async def dialog(app: ControlCenter, pilot: object, model: str = BIG) -> MatchDialog:
    await put_cursor(app, pilot, model)
    await pilot.press("m")  # type: ignore[attr-defined]
    await until(app, pilot, lambda: isinstance(app.screen, MatchDialog) and "no match" in screen_text(app))
    assert isinstance(app.screen, MatchDialog)
    return app.screen


def labels(typed: str, model: str = "qwen3:32b") -> list[str]:
    return [one.label for one in public_text.choices(typed, model, None, CATALOG)]


# ── finding one of hundreds ──


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("llama3.1:8b", "llama-3.1-8b-instruct"),
        ("llama 3.1 8b inst", "llama-3.1-8b-instruct"),
        ("llama318b", "llama-3.1-8b-instruct"),
        ("Qwen 8B", "qwen3-8b"),
        ("qwen2.5-coder:7b", "qwen2.5-coder-7b-instruct"),
        ("gpt4o", "gpt-4o"),
        ("deepsek r1", "deepseek-r1"),
        ("mistral-small 24b 2501", "mistral-small-24b-instruct-2501"),
        ("llama-3.1-8b", "llama-3.1-8b"),
    ],
)
def test_a_part_of_a_name_finds_it_in_the_whole_catalog(typed: str, first: str) -> None:
    assert public_text.choices(typed, "", None, ENTRIES)[0].entry == first


def test_what_holds_no_word_of_what_was_typed_is_not_listed() -> None:
    assert closeness.ranked("qwen llama", ["qwen3-8b", "llama-3.1-8b"], str) == []
    assert closeness.ranked("8b", ["qwen3-0.8b", "qwen3-8b", "qwen3-18b"], str)[0] == "qwen3-8b"


def test_while_nothing_is_typed_the_likely_ones_follow_the_two_answers_without_an_entry() -> None:
    assert labels("")[:3] == ["by its name", "no match", "qwen3-32b"]
    assert labels("", "acme/my-llama3.1-8b-tune")[2] in ("llama-3.1-8b", "llama-3.1-8b-instruct")
    assert labels("zzz") == ["by its name", "no match"]
    assert labels("gpt")[0] == "gpt-4o"


# ── what is shown ──


def test_figures_are_told_with_result_date_and_source_in_any_width() -> None:
    for cells in (40, 68, 120):
        lines = [text.plain(line) for line in public_text.figures(DOSSIER, cells, Look())]
        assert all(text.width(line) <= cells for line in lines)
    figure = next(line for line in lines if "MATH-500" in line)
    assert figure.split()[1:4] == ["97.2%", ".97", "2025-04"]
    assert figure.rstrip().endswith("maker (QwenLM/Qwen3@7a2f61ffc7)")


def test_figures_of_the_users_key_are_told_apart() -> None:
    own = replace(DOSSIER, own=(Told("AA index", 30.5, "", 0, 0, "2026-11-20", "Artificial Analysis"),))
    lines = [text.plain(line) for line in public_text.figures(own, 100, Look())]
    at = lines.index("not counted, for your eyes only")
    assert lines[at + 1].split()[:4] == ["AA", "index", "30.5", "—"]
    nothing = replace(DOSSIER, tasks=())
    assert "no figures of it are known" in text.plain(public_text.figures(nothing, 100, Look())[-1])


async def test_the_figures_of_a_model_are_asked_for_when_it_is_looked_at_and_once() -> None:
    async with running((160, 60), page="models") as (app, pilot):
        await put_cursor(app, pilot, BIG)
        await until(app, pilot, lambda: "PUBLIC FIGURES" in screen_text(app))
        scores = [line.split("││")[0].strip(" │").split() for line in screen_text(app).splitlines()]
        assert ["LMArena", "coding", "1388", ".68", "2026-11-20", "LMArena"] in scores
        await pilot.press("down")
        await until(app, pilot, lambda: "PUBLIC FIGURES" not in screen_text(app))
        await pilot.press("up")
        await until(app, pilot, lambda: "PUBLIC FIGURES" in screen_text(app))
        assert control(app).looked_up.count("qwen3-32b") == 1
        feed(app).push(ev.SyncChanged(SyncView()))
        await until(app, pilot, lambda: control(app).looked_up.count("qwen3-32b") == 2)


async def test_a_relative_lends_no_figures() -> None:
    async with running((160, 60), page="models") as (app, pilot):
        await put_cursor(app, pilot, MISTRAL)
        assert "only a weak guess from mistral-7b-instruct-v0.3" in facts(app)
        assert "mistral-7b-instruct-v0.3" not in control(app).looked_up


# ── the picker ──


@at_sizes(*SIZES)
async def test_the_picker(size: tuple[int, int]) -> None:
    async with running(size, page="models") as (app, pilot):
        await dialog(app, pilot)
        fill(app, "qwen")
        await pilot.press("down")
        await settled(app, pilot)
        goldens.check(f"match-{size[0]}x{size[1]}", boxed(app))


async def test_one_is_typed_and_chosen_and_shown_as_by_you_beside_what_the_name_says() -> None:
    async with running(page="models") as (app, pilot):
        await dialog(app, pilot)
        fill(app, "llama 8b")
        await pilot.press("enter")
        await until(app, pilot, lambda: "llama-3.1-8b-instruct, by you" in screen_text(app))
        assert calls(app) == [("match", BIG, "llama-3.1-8b-instruct")]
        assert "llama-3.1-8b-instruct, by you (by its name: qwen3-32b)" in facts(app)


async def test_it_is_none_of_them_or_goes_by_its_name_again() -> None:
    async with running(page="models") as (app, pilot):
        await dialog(app, pilot)
        await pilot.press("down", "enter")
        await until(app, pilot, lambda: "none, by you" in screen_text(app))
        await dialog(app, pilot)
        await pilot.press("enter")
        await until(app, pilot, lambda: "by you" not in screen_text(app))
        assert calls(app) == [("match", BIG, ""), ("match", BIG, AUTOMATIC)]


async def test_how_it_is_now_is_ticked() -> None:
    async with running(snapshot=corrected("qwen3-14b"), page="models") as (app, pilot):
        await dialog(app, pilot)
        [ticked] = [line for line in screen_text(app).splitlines() if "figures ✓" in line or "qwen3-32b ✓" in line]
        assert "qwen3-14b" in ticked


async def test_leaving_changes_nothing_and_the_list_scrolls_with_the_mark() -> None:
    async with running(page="models") as (app, pilot):
        picker = await dialog(app, pilot)
        for _ in range(MatchDialog.ROWS + 3):
            await pilot.press("down")
        assert "mistral-7b-instruct-v0.3" in screen_text(app) or "gemma-3-4b-it" in screen_text(app)
        await pilot.press("pageup", "pageup", "up")
        assert picker.at == 0
        await pilot.press("escape")
        assert not isinstance(app.screen, MatchDialog)
        assert calls(app) == []


async def test_letters_typed_right_before_the_choice_count() -> None:
    async with running(page="models") as (app, pilot):
        await dialog(app, pilot)
        await pilot.press(*"gpt", "enter")
        await until(app, pilot, lambda: calls(app) == [("match", BIG, "gpt-4o")])


async def test_a_refusal_is_said_in_the_corner() -> None:
    async with running(page="models") as (app, pilot):
        control(app).refuse = RouterError("not_found", "the catalog has no model 'gpt-4o'")
        await dialog(app, pilot)
        fill(app, "gpt")
        await pilot.press("enter")
        await until(app, pilot, lambda: any("match not changed" in note for note in said(app)))
        assert page(app).chosen() == next(model for model in MODELS if model.id == BIG)


async def test_a_catalog_that_cannot_be_read_is_said_and_no_match_can_still_be_chosen() -> None:
    async with running(page="models") as (app, pilot):

        async def refuse() -> object:
            raise RouterError("backend_unreachable", "the router is out of reach")

        control(app).catalog = refuse  # type: ignore[method-assign,assignment]
        await dialog(app, pilot)
        await until(app, pilot, lambda: "The catalog was not read: the router is out of reach" in screen_text(app))
        await pilot.press("down", "enter")
        await until(app, pilot, lambda: calls(app) == [("match", BIG, "")])


async def test_a_read_only_screen_shows_it_and_has_no_key_for_it() -> None:
    app = build(ScriptedHost(readonly=True))
    async with app.run_test(size=(160, 60)) as pilot:
        await settled(app, pilot)
        app.go("models")
        await settled(app, pilot)
        await put_cursor(app, pilot, BIG)
        assert "m match" not in screen_text(app)
        assert "CATALOG" in screen_text(app)
        await pilot.press("m")
        assert not isinstance(app.screen, MatchDialog)
