"""Ask: a prompt and its route, answers as they come, blind comparisons, and every act of the page."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from textual.command import CommandPalette

from llmrouter_tui.core import events as ev
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.ports.history import FeedbackInput
from llmrouter_tui.core.votes import VoteInput
from llmrouter_tui.tui.app import ControlCenter
from llmrouter_tui.tui.modals.ask_extras import ImageDialog, SystemDialog
from llmrouter_tui.tui.modals.ask_models import AskModelsDialog
from llmrouter_tui.tui.modals.help import HelpDialog
from llmrouter_tui.tui.pages.ask import AskPage
from tests.tui import goldens
from tests.tui.scripted import BIG, PHI, SMALL, SNAPSHOT, ScriptedAnswer, ScriptedHost
from tests.tui.shots import at_sizes, build, screen_text, settled
from tests.tui.test_flows import until

CODE = "Walk both lists:\n\n```python\ndef merge(a, b):\n    return sorted(a + b)\n```\n\nIt is **stable**."


@asynccontextmanager
async def asking(size: tuple[int, int] = (120, 36), **host: Any) -> AsyncIterator[tuple[ControlCenter, Any]]:
    """The page with its prompt under the cursor."""
    app = build(ScriptedHost(**host))
    app.asks.seed = "1"
    async with app.run_test(size=size) as pilot:
        await settled(app, pilot)
        await pilot.press("7")
        await settled(app, pilot)
        yield app, pilot


def asked(app: ControlCenter) -> list[ScriptedAnswer]:
    return app.host.control.answers  # type: ignore[attr-defined,no-any-return]


def done(app: ControlCenter, act: str) -> list[tuple[Any, ...]]:
    return [call[1:] for call in app.host.control.calls if call[0] == act]  # type: ignore[attr-defined]


def shown(app: ControlCenter) -> str:
    return " ".join(screen_text(app).replace("│", " ").split())


async def write(app: ControlCenter, pilot: Any, said: str) -> None:
    await pilot.press(*["space" if c == " " else c for c in said])
    await until(app, pilot, lambda: app.asks.known)


async def ask(app: ControlCenter, pilot: Any, said: str = "merge two lists", answers: int = 1) -> list[ScriptedAnswer]:
    """Write a prompt and send it, which leaves it."""
    await write(app, pilot, said)
    before = len(asked(app))
    await pilot.press("ctrl+j")
    await until(app, pilot, lambda: len(asked(app)) == before + answers)
    return asked(app)[before:]


async def answered(app: ControlCenter, pilot: Any, *answers: ScriptedAnswer, said: str = CODE) -> None:
    for answer in answers:
        answer.say(said)
        answer.end()
    await until(app, pilot, lambda: not app.asks.round.running and all(a.exchange for a in app.asks.round.answers))


@at_sizes((120, 36), (80, 24))
async def test_from_the_empty_page_to_a_rated_answer(size: tuple[int, int]) -> None:
    name = f"{size[0]}x{size[1]}"
    async with asking(size) as (app, pilot):
        goldens.check(f"ask-empty-{name}", screen_text(app))
        [answer] = await ask(app, pilot)
        assert answer.request.messages[-1].text == "merge two lists"
        answer.say("", thinking="the user wants code")
        answer.say(CODE[:60])
        await until(app, pilot, lambda: "def merge" in screen_text(app))
        goldens.check(f"ask-writing-{name}", screen_text(app))
        await answered(app, pilot, answer, said=CODE[60:])
        await pilot.press("u")
        await until(app, pilot, lambda: "+ good" in screen_text(app))
        assert done(app, "rate") == [(FeedbackInput(answer.id, rating="up"),)]
        effects = [note.message for note in app._notifications] if size[0] < 100 else [shown(app)]
        assert any("coding .62 → .60" in said for said in effects)
        goldens.check(f"ask-rated-{name}", screen_text(app))


@at_sizes((120, 36), (80, 24), (60, 16))
async def test_a_blind_comparison_hides_names_until_the_vote(size: tuple[int, int]) -> None:
    async with asking(size) as (app, pilot):
        await pilot.press("escape", "c", "enter")
        two = await ask(app, pilot, answers=2)
        assert BIG in {one.request.model for one in two}
        assert all(one.request.allowed == (one.request.model,) for one in two)
        names = [app.store.name(one.request.model) for one in two]
        await pilot.press("left")
        for one, reason, seconds in zip(two, ("queue", "load"), (40.0, 9.0), strict=True):
            place = 2 if reason == "queue" else 0
            app.host.feed.push(  # type: ignore[attr-defined]
                ev.Waiting(one.id, one.request.model, reason, seconds, place, f"{names[0]} answers 3 requests")
            )
        await until(app, pilot, lambda: screen_text(app).count("40s") == 2)
        assert "queue" in screen_text(app)
        assert not any(told in screen_text(app) for told in (*names, "9s"))
        assert done(app, "vote") == []
        said = [note.message for note in app._notifications]
        assert said[-1] == "A better: no vote was taken, the answers are still being written"
        await answered(app, pilot, *two)
        seen = screen_text(app)
        assert "ranking hidden until you vote" in seen and ".74" in seen
        assert not any(told in seen for told in (*names, "tok/s", "2.1s"))
        goldens.check(f"ask-blind-{size[0]}x{size[1]}", screen_text(app))
        heads = [line for line in screen_text(app).splitlines() if " A " in line and " B " in line and "─" in line]
        assert heads and not any(name in line for line in heads for name in names)
        await pilot.press("m")
        assert ".86" not in screen_text(app)
        await pilot.press("escape", "u")
        assert done(app, "rate") == []
        order = [answer.id for answer in app.asks.round.answers]
        await pilot.press("right")
        await until(app, pilot, lambda: app.asks.round.voted)
        assert done(app, "vote") == [(VoteInput(tuple(order), "better", order[1]),)]
        await settled(app, pilot)
        assert ("tok/s" in screen_text(app)) is (size[0] >= 80)
        assert "ranking hidden" not in screen_text(app)
        goldens.check(f"ask-voted-{size[0]}x{size[1]}", screen_text(app))
        outcome = [note.message for note in app._notifications] if size[0] < 100 else [shown(app)]
        assert any("your vote: the best is" in said for said in outcome)
        await pilot.press("left")
        assert len(done(app, "vote")) == 1
        if size[0] < 80:  # the leaderboard is a dialog of a larger screen
            return
        await pilot.press("W")
        await until(app, pilot, lambda: "1 vote" in screen_text(app) and "ago" in screen_text(app))
        await pilot.press("0")
        await until(app, pilot, lambda: "You have not voted yet." in screen_text(app))
        await pilot.press("escape")
        await until(app, pilot, lambda: "your vote was taken back" in shown(app))


async def test_esc_leaves_the_prompt_then_stops_then_shows_the_names() -> None:
    async with asking() as (app, pilot):
        await pilot.press("escape", "c", "enter")
        two = await ask(app, pilot, answers=2)
        two[0].say("begun")
        await until(app, pilot, lambda: "begun" in screen_text(app))
        await pilot.press("escape")
        await until(app, pilot, lambda: not app.asks.round.running)
        assert all(one.closed.wait(2) for one in two)
        assert [answer.state for answer in app.asks.round.answers] == ["stopped", "stopped"]
        await settled(app, pilot)
        assert "Stopped; the model was let go." in screen_text(app)
        await pilot.press("enter")
        await answered(app, pilot, *await ask(app, pilot, "x", answers=2))
        assert app.asks.round.hidden
        await pilot.press("escape")
        await settled(app, pilot)
        assert not app.asks.round.hidden
        assert app.store.name(BIG) in screen_text(app)
        await pilot.press("left")
        assert done(app, "vote") == []


async def test_letters_and_digits_are_the_prompts_and_the_newest_route_is_shown() -> None:
    async with asking() as (app, pilot):
        await write(app, pilot, "u1q?:x")
        assert app.asks.draft.prompt == "u1q?:x"
        assert app.current_mode == "ask"
        assert done(app, "explain")[-1][0].messages[-1].text == "u1q?:x"
        assert "coding .81" in shown(app)
        app.host.control.refuse = RouterError("backend_unreachable", "no model can be reached")  # type: ignore[attr-defined]
        await pilot.press("y")
        await until(app, pilot, lambda: "no model can be reached" in screen_text(app))
        app.host.control.refuse = None  # type: ignore[attr-defined]
        await pilot.press("escape", "1")
        await settled(app, pilot)
        assert app.current_mode == "dash"


async def test_an_answer_goes_on_while_other_pages_are_shown() -> None:
    demo = replace(SNAPSHOT, service=replace(SNAPSHOT.service, demo=True))
    async with asking(snapshot=demo) as (app, pilot):
        [answer] = await ask(app, pilot)
        assert "made-up" not in screen_text(app)
        await pilot.press("1")
        answer.say("written meanwhile")
        await until(app, pilot, lambda: "meanwhile" in app.asks.round.answers[0].text)
        await pilot.press("7")
        await settled(app, pilot)
        assert "written meanwhile" in screen_text(app)
        assert "simulated model: made-up text" in screen_text(app)


async def test_an_answer_that_fails_says_why_and_what_came_stays() -> None:
    async with asking() as (app, pilot):
        [answer] = await ask(app, pilot)
        answer.say("the beginning")
        answer.end(RouterError("out_of_memory", "qwen3:32b needs \x1b[31m3 GiB more"))
        await until(app, pilot, lambda: "3 GiB more" in screen_text(app))
        assert "the beginning" in screen_text(app)
        assert "\x1b" not in screen_text(app)


async def test_picked_and_excluded_models_a_system_prompt_and_an_image_go_along(tmp_path: Path) -> None:
    (tmp_path / "cat.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"x" * 3000)
    async with asking() as (app, pilot):
        await pilot.press("escape", "m")
        assert isinstance(app.screen, AskModelsDialog)
        await pilot.press(*"phi", "enter", "escape")
        assert app.asks.draft.picked == (PHI,)
        await pilot.press("S")
        assert isinstance(app.screen, SystemDialog)
        await pilot.press(*"brief", "ctrl+j")
        await pilot.press("f")
        assert isinstance(app.screen, ImageDialog)
        app.screen.path.value = f"'{tmp_path}/dog.png'"
        await pilot.press("enter")
        await until(app, pilot, lambda: "There is no file" in shown(app))
        app.screen.path.value = f"file://{tmp_path}/cat.png"
        await pilot.press("enter")
        await until(app, pilot, lambda: isinstance(app.screen, AskPage))
        await pilot.press("enter")
        [answer] = await ask(app, pilot, "what")
        said = [(turn.role, turn.text, turn.images) for turn in answer.request.messages]
        assert said == [("system", "brief", 0), ("user", "what", 1)]
        assert answer.request.allowed == (PHI,)
        assert "image cat.png 3 KiB" in shown(app)
        await pilot.press("m", "enter", "down", "ctrl+x", "escape")
        assert len(app.asks.draft.excluded) == 1


async def test_another_model_is_asked_the_same_and_stands_beside() -> None:
    async with asking() as (app, pilot):
        [answer] = await ask(app, pilot)
        await answered(app, pilot, answer)
        await pilot.press("a", *"llama3.1", "enter")
        await until(app, pilot, lambda: len(asked(app)) == 2)
        assert (asked(app)[1].request.model, asked(app)[1].request.messages[-1].text) == (SMALL, "merge two lists")
        await settled(app, pilot)
        assert "A qwen3:32b" in shown(app)
        assert "B llama3.1:8b" in shown(app)
        await pilot.press("y", "p")
        assert app.clipboard == "merge two lists"
        await answered(app, pilot, asked(app)[1])
        await pilot.click("#answer-1")
        await pilot.click("Choice")  # Good, the first of them
        await until(app, pilot, lambda: done(app, "rate"))
        assert done(app, "rate") == [(FeedbackInput(asked(app)[1].id, rating="up"),)], "of the answer that was chosen"


async def test_earlier_prompts_come_back_with_up() -> None:
    async with asking() as (app, pilot):
        for said in ("one", "two"):
            [answer] = await ask(app, pilot, said)
            await answered(app, pilot, answer)
            await pilot.press("enter")
        assert screen_text(app).splitlines()[-1].split("  ")[:3] == [" ^j send", "esc other keys", "↑ earlier"]
        await pilot.press("backspace", "up", "up")
        await settled(app, pilot)
        assert app.asks.draft.prompt == "one"
        await pilot.press("f1")
        assert isinstance(app.screen, HelpDialog)
        await pilot.press("escape", "ctrl+p")
        assert isinstance(app.screen, CommandPalette)
        await pilot.press("escape")
        await pilot.press("down")
        await settled(app, pilot)
        assert app.asks.draft.prompt == "two"


async def test_a_prompt_of_the_list_is_taken_along_with_a() -> None:
    app = build(ScriptedHost())
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(app, pilot)
        await pilot.press("2", "j", "j", "a")
        await settled(app, pilot)
        assert app.current_mode == "ask"
        assert app.asks.draft.prompt == SNAPSHOT.exchanges[2].prompt
        assert SNAPSHOT.exchanges[2].prompt[:10] in screen_text(app)


async def test_a_read_only_screen_shows_the_route_and_asks_nothing() -> None:
    async with asking((80, 24), readonly=True) as (app, pilot):
        await write(app, pilot, "why")
        assert "coding .81" in shown(app)
        await pilot.press("ctrl+j")
        assert asked(app) == []
        assert "This screen is read-only" in shown(app)


async def test_an_empty_prompt_or_no_model_is_said() -> None:
    async with asking() as (app, pilot):
        await pilot.press("ctrl+j")
        assert [note.message for note in app._notifications] == ["send: the prompt is empty"]
        app.host.control.now = replace(SNAPSHOT, models=())  # type: ignore[attr-defined]
        await pilot.press("escape", "s", "a", "t", "y")
        assert len(app._notifications) == 5
        assert asked(app) == []


async def test_a_hostile_answer_breaks_no_screen() -> None:
    async with asking() as (app, pilot):
        [answer] = await ask(app, pilot)
        await answered(
            app, pilot, answer, said="[bold red]x[/] [@click=app.quit]y[/]\x1b[2J\u202e ![i](http://e.vil/p)"
        )
        await settled(app, pilot)
        assert "[bold red]x[/] [@click=app.quit]y[/]" in screen_text(app)
        assert "\x1b" not in screen_text(app)
        assert app.is_running
