"""Two models' answers beside each other: whom the judge preferred, and having it compare two."""

from dataclasses import replace
from datetime import UTC
from typing import Any

import pytest

from llmrouter_tui.core.decision import Effect
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.grades import Comparison, Preferred
from llmrouter_tui.core.profile import ProfileRun, Profiles
from llmrouter_tui.tui import comparisons_text, text
from llmrouter_tui.tui.app import ControlCenter
from llmrouter_tui.tui.modals.comparisons import ComparisonsDialog
from llmrouter_tui.tui.modals.pair import PairDialog
from llmrouter_tui.tui.pairs import Pair, pairs
from llmrouter_tui.tui.text import Look
from tests.tui import goldens
from tests.tui.benches import OF_BIG, OF_SMALL
from tests.tui.gradebooks import BIG, JUDGE, NOW, PHI, SMALL
from tests.tui.shots import at_sizes, screen_text, settled
from tests.tui.test_flows import until
from tests.tui.test_judge_page import commanded, judged
from tests.tui.test_profile_page import OVER, benched
from tests.tui.test_screens import SIZES

pytestmark = pytest.mark.thorough
"""Its keys are pressed in ``test_every_act``; the rest takes many starts of the program."""

LOOK = Look(tz=UTC)


def compared(
    prompt: str,
    task: str,
    forward: Preferred,
    swapped: Preferred,
    *,
    first: str = BIG,
    second: str = SMALL,
    **more: Any,
) -> Comparison:
    """Two verdicts on one prompt, as the engine puts them together."""
    same = forward == swapped
    facts: dict[str, Any] = {"reason": "livelier, and it rhymes"} | more
    return Comparison(
        NOW - 300, PHI, prompt, task, first, second, forward if same else "tie", not same, forward=forward,
        swapped=swapped, **facts,
    )  # fmt: skip


FAILED = replace(
    compared("chat-neighbour", "chat", "tie", "tie"), preferred=None, forward=None, swapped=None, code="malformed",
    reason="it said nothing",
)  # fmt: skip
FOUND = (
    compared("creative-letter", "creative", "first", "first"),
    compared("create-river", "creative", "second", "second", first=SMALL, second=BIG),
    compared("create-kettle", "creative", "first", "second", reason="warmer / swapped: shorter"),
    compared("chat-no", "chat", "second", "second"),
    compared("chat-tea", "chat", "tie", "tie"),
    FAILED,
    replace(compared("chat-no", "chat", "first", "first", first=PHI, second=SMALL), at=NOW - 7200),
)


def name(model: str) -> str:
    return model.partition("/")[2]


def whole(pair: Pair | None, cells: int = 90) -> list[str]:
    lines = comparisons_text.whole(pair, cells, LOOK, name)
    assert [line for line in lines if text.line_width(line) > cells] == []
    return [" ".join(text.plain(line).split()) for line in lines]


def test_comparisons_count_by_pair_whoever_was_named_first() -> None:
    ours, other = pairs(FOUND)
    assert (ours.first, ours.wins(BIG), ours.wins(SMALL), ours.ties(), ours.swayed, ours.failed) == (BIG, 2, 1, 2, 1, 1)
    assert (ours.wins(BIG, "creative"), ours.wins(SMALL, "chat"), ours.tasks) == (2, 1, ["chat", "creative"])
    assert (other.first, other.second) == (PHI, SMALL)
    assert pairs(()) == []


def test_who_won_more_often_comes_first() -> None:
    lost = [compared(f"p{n}", "chat", "second", "second") for n in range(3)]
    [pair] = pairs(lost)
    assert (pair.first, pair.wins(pair.first)) == (SMALL, 3)


def test_each_prompt_tells_what_was_preferred_in_both_orders_and_why() -> None:
    lines = whole(pairs(FOUND)[0])
    assert lines[:4] == [
        "TASK A qwen3:32b B llama3.1:8b TIES", "chat 0 1 1", "creative 2 0 1", "all 2 1 2",
    ]  # fmt: skip
    assert "1 of the ties only because the order decided, 1 came to no verdict." in lines
    assert "creative-letter creative A A qwen3:32b" in lines
    assert "create-river creative A A qwen3:32b" in lines
    assert "create-kettle creative A B a tie: the order decided" in lines
    assert "warmer / swapped: shorter" in lines
    assert "chat-tea chat tie tie a tie" in lines
    assert "chat-neighbour chat ? ? no verdict" in lines
    assert "the judge's reply could not be read: it said nothing" in lines


@pytest.mark.parametrize("cells", [40, 60, 82, 120])
def test_it_fits_into_any_width(cells: int) -> None:
    for pair in pairs(FOUND):
        whole(pair, cells)
        line = comparisons_text.row(pair, NOW, cells, LOOK, name, pending=True)
        assert text.line_width(line) <= cells
    for line in comparisons_text.brief(pairs(FOUND), cells, LOOK, name):
        assert text.line_width(line) <= cells


def test_what_came_of_it_is_told_in_a_line() -> None:
    said = "qwen3:32b 2 : 1 llama3.1:8b, 2 ties, 1 without a verdict"
    assert comparisons_text.summary(FOUND[:6], LOOK, name) == f"{said}; no ability moved"
    effects = (Effect(BIG, "creative", 0.7, 0.71), Effect(SMALL, "creative", 0.5, 0.49))
    found = (replace(FOUND[0], effects=effects), *FOUND[1:6])
    moved = "qwen3:32b creative .70 → .71, llama3.1:8b creative .50 → .49"
    assert comparisons_text.summary(found, LOOK, name) == f"{said}; {moved}"
    assert comparisons_text.summary((), LOOK, name) == "Nothing was compared."


def told(app: ControlCenter) -> list[str]:
    return [note.message for note in app._notifications]


@at_sizes(*SIZES)
async def test_the_judge_page_shows_who_was_preferred_to_whom(size: tuple[int, int]) -> None:
    async with judged(size, compared=FOUND) as (app, pilot):
        await pilot.press("C")
        await until(app, pilot, lambda: "create-kettle" in screen_text(app))
        goldens.check(f"compared-{size[0]}x{size[1]}", screen_text(app))
        await pilot.press("j")
        await until(app, pilot, lambda: "phi4:14b beside llama3.1:8b" in screen_text(app))
        await pilot.press("escape")
        assert not isinstance(app.screen, ComparisonsDialog)
        if size[0] > 100:
            await until(app, pilot, lambda: "qwen3:32b 2 : 1 llama3.1:8b  2 ties" in screen_text(app))


@at_sizes(*SIZES)
async def test_two_models_are_chosen_and_compared(size: tuple[int, int]) -> None:
    async with judged(size) as (app, pilot):
        control: Any = app.host.control
        control.measured = Profiles(ProfileRun(), (replace(OF_BIG, ungraded=18), replace(OF_SMALL, ungraded=5)))
        app.measurements._reading._read_at = None
        app.measurements.look()
        await until(app, pilot, lambda: app.measurements.found and app.measurements.found.models)
        await pilot.press("C")
        await until(app, pilot, lambda: "Nothing was compared yet." in screen_text(app))
        await pilot.press("n", "space", "enter")
        await until(app, pilot, lambda: "Two models have to be marked." in screen_text(app))
        await pilot.press("j", "space", "t")
        await settled(app, pilot)
        goldens.check(f"pair-{size[0]}x{size[1]}", screen_text(app))
        control.holds, control.compared = True, FOUND[:1]
        await pilot.press("enter")
        await until(app, pilot, lambda: "▶ now" in screen_text(app))
        assert commanded(app) == [("compare", BIG, SMALL, "chat")]
        control.holds = False
        await until(app, pilot, lambda: "creative-letter" in screen_text(app))
        assert "▶ now" not in screen_text(app)
        assert told(app)[-1] == "qwen3:32b 1 : 0 llama3.1:8b, 0 ties; no ability moved"


async def test_a_refusal_is_said_and_nothing_is_left_pending() -> None:
    async with judged() as (app, pilot):
        app.host.control.refuse = RouterError("not_found", "there is no open prompt that both answered")  # type: ignore[attr-defined]
        app.comparisons.ask(BIG, SMALL, "", lambda found: None)
        await until(app, pilot, lambda: told(app))
        assert told(app) == ["Not compared: there is no open prompt that both answered"]
        assert app.comparisons.pending == []


@pytest.mark.parametrize("page", ["profile", pytest.param("models", marks=pytest.mark.thorough)])
async def test_two_marked_models_are_compared_from_where_they_are_marked(page: str) -> None:
    async with benched(run=OVER, page=page) as (app, pilot):
        app.store.judge = JUDGE
        await pilot.press("j", "space", "j", "space")
        assert "2 marked" in screen_text(app)
        marked = set(app.screen.marked_models())  # type: ignore[attr-defined]
        await pilot.press("C")
        assert isinstance(app.screen, PairDialog)
        await pilot.press("C")
        await until(app, pilot, lambda: [call for call in app.host.control.calls if call[0] == "compare"])  # type: ignore[attr-defined]
        [call] = [call for call in app.host.control.calls if call[0] == "compare"]  # type: ignore[attr-defined]
        assert set(call[1:3]) == marked


async def test_without_a_judge_nothing_is_compared_and_it_says_why() -> None:
    async with judged(judge=replace(JUDGE, state="off")) as (app, pilot):
        await pilot.press("C", "n", "space", "j", "space", "enter")
        await until(app, pilot, lambda: "there is no judge; c on Judge chooses one" in screen_text(app))
        assert commanded(app) == []


async def test_a_read_only_screen_shows_comparisons_and_starts_none() -> None:
    async with judged(compared=FOUND, readonly=True) as (app, pilot):
        await pilot.press("C", "n")
        await until(app, pilot, lambda: "create-kettle" in screen_text(app))
        assert isinstance(app.screen, ComparisonsDialog)
        assert "n compares" not in screen_text(app)


async def test_in_ascii_all_of_it_is_ascii() -> None:
    async with judged(compared=FOUND, symbols="ascii") as (app, pilot):
        await pilot.press("C")
        await until(app, pilot, lambda: "create-kettle" in screen_text(app))
        assert {char for char in screen_text(app) if not char.isascii()} == set()
        await pilot.press("n", "space")
        assert {char for char in screen_text(app) if not char.isascii()} == set()
