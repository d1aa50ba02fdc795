"""Whether the router was right, on screen: the dialog, and a model's part of it in its detail."""

from dataclasses import replace

import pytest

from llmrouter_tui.core import events as ev
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.review import SPAN, Audit, Mark, Review, review
from llmrouter_tui.tui import review_text, text
from llmrouter_tui.tui.app import ControlCenter
from llmrouter_tui.tui.modals.review import ReviewDialog
from llmrouter_tui.tui.text import Look
from tests.tui import goldens
from tests.tui.scripted import BIG, MODELS, PHI, REVIEW, SMALL, ScriptedHost
from tests.tui.shots import at_sizes, build, screen_text, settled
from tests.tui.test_flows import calls, feed, fill, until
from tests.tui.test_models_page import page, put_cursor
from tests.tui.test_screens import SIZES, running

pytestmark = pytest.mark.thorough
"""Its keys are pressed in ``test_every_act``; the rest takes many starts of the program."""

UNRATED = review(Audit({("coding", BIG): 41}, ()), SPAN)


def plain(lines: list[text.Line]) -> list[str]:
    return [text.plain(line).rstrip() for line in lines]


def bare(model: str) -> str:
    return model.partition("/")[2]


def of_model(found: Review, model: str, cells: int = 44) -> list[str]:
    return plain(review_text.of_model(found, model, cells, Look(), bare))


# ── lines ──


def test_a_models_part_fits_a_narrow_panel_and_says_what_is_surprising() -> None:
    assert of_model(REVIEW, SMALL) == [
        "REVIEW      RATED       EXPECTED   SEEN    ±",
        "chat        9 of 84          .78    .89  .45",
        "coding      6 of 14          .62    .00  .55",
        "  worse than expected; better rated:",
        "  qwen3:32b +0.88 (8 ratings, passed over",
        "  6×)",
    ]


def test_with_room_a_row_says_behind_its_numbers_what_it_comes_to() -> None:
    assert of_model(REVIEW, BIG, 76)[1:] == [
        "coding      8 of 41          .86    .88  .48  too few to tell",
        "reasoning   5 of 21          .90    .80  .61  too few to tell",
    ]


def test_without_ratings_nothing_is_claimed() -> None:
    assert of_model(UNRATED, BIG)[0] == "REVIEW   none of its 41 answers in the last"
    assert of_model(UNRATED, PHI) == []
    once = review(Audit({("chat", PHI): 1}, ()), SPAN)
    assert of_model(once, PHI)[0] == "REVIEW   its one answer in the last 30 days"
    said = " ".join(plain(review_text.lines(UNRATED, 70, Look(), bare)))
    assert "none is rated" in said
    assert "u and d on the Routes page" in said
    assert "EXPECTED" not in said


@pytest.mark.parametrize("cells", [40, 44, 70, 80, 120])
def test_no_line_is_wider_than_its_panel(cells: int) -> None:
    odd = Audit({}, [Mark("x1", "", "a/名前" * 9, 0.0, 0.9, others=("b/\x1b[31mred",))] * 4 + [
        Mark("x2", "", "b/\x1b[31mred", 1.0, None)] * 3)  # fmt: skip
    for found in (REVIEW, UNRATED, review(odd)):
        lines = review_text.lines(found, max(cells, 60), Look(), lambda model: model)
        assert all(text.line_width(line) <= max(cells, 60) for line in lines)
        for row in found.rows:
            shown = review_text.of_model(found, row.model, cells, Look(), lambda model: model)
            assert all(text.line_width(line) <= cells for line in shown)
            assert "\x1b" not in "".join(map(text.plain, [*lines, *shown]))


# ── the dialog ──


async def test_the_palette_leads_to_the_review() -> None:
    async with running() as (app, pilot):
        await pilot.press("colon")
        fill(app, "router right")
        await until(app, pilot, lambda: "surprises first" in screen_text(app))
        await pilot.press("enter")
        await until(app, pilot, lambda: isinstance(app.screen, ReviewDialog))
        await until(app, pilot, lambda: "right 19 of 28 rated" in screen_text(app))
        assert calls(app) == []
        await pilot.press("escape")
        assert not isinstance(app.screen, ReviewDialog)


@at_sizes(*SIZES)
async def test_the_dialog(size: tuple[int, int]) -> None:
    async with running(size) as (app, pilot):
        app.screen.perform("review")  # type: ignore[attr-defined]
        await until(app, pilot, lambda: "right 19 of 28 rated" in screen_text(app))
        await settled(app, pilot)
        goldens.check(f"review-{size[0]}x{size[1]}", screen_text(app))


async def test_a_router_that_cannot_tell_says_why_in_the_dialog() -> None:
    async with running() as (app, pilot):
        host(app).control.reviewed = RouterError("storage_unavailable", "the disk is full")
        app.screen.perform("review")  # type: ignore[attr-defined]
        await until(app, pilot, lambda: "the disk is full" in screen_text(app))


# ── in the detail of a model ──


def host(app: ControlCenter) -> ScriptedHost:
    assert isinstance(app.host, ScriptedHost)
    return app.host


async def test_it_is_read_when_models_are_looked_at_and_not_before() -> None:
    async with running() as (app, pilot):
        assert host(app).control.spans == []
        app.go("models")
        await settled(app, pilot)
        await put_cursor(app, pilot, SMALL)
        await until(app, pilot, lambda: "worse than expected" in screen_text(app))
        await put_cursor(app, pilot, PHI)
        await until(app, pilot, lambda: "none of its 31 answers" in screen_text(app))
        assert host(app).control.spans == [SPAN]


async def test_what_was_rated_meanwhile_is_read_after_a_pause() -> None:
    now = [1_793_826_249.0]
    app = build(ScriptedHost())
    app.clock = lambda: now[0]
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(app, pilot)
        app.go("models")
        await settled(app, pilot)
        await put_cursor(app, pilot, BIG)
        spans = host(app).control.spans
        await until(app, pilot, lambda: len(spans) == 1 and page(app).reviews.found is not None)
        feed(app).push(ev.ModelsChanged((replace(MODELS[0], ratings_up=MODELS[0].ratings_up + 1),)))
        await settled(app, pilot)
        assert len(spans) == 1
        now[0] += 11
        page(app)._paint_model()
        await until(app, pilot, lambda: len(spans) == 2)
        now[0] += 290
        page(app)._paint_model()
        await settled(app, pilot)
        assert len(spans) == 2
        now[0] += 11
        page(app)._paint_model()
        await until(app, pilot, lambda: len(spans) == 3)


async def test_a_router_that_cannot_tell_is_asked_once_and_raises_no_alarm() -> None:
    async with running() as (app, pilot):
        host(app).control.reviewed = RouterError("not_found", "an older version")
        app.go("models")
        await settled(app, pilot)
        await put_cursor(app, pilot, BIG)
        await until(app, pilot, lambda: "not known: an older version" in screen_text(app))
        await put_cursor(app, pilot, PHI)
        assert len(host(app).control.spans) == 1
        assert [cause.key for cause in app.store.attention.causes(app.clock())] == ["down:vllm"]
        assert not list(app._notifications)
